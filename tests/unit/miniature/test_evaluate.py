"""The ruler measures itself, says what weights were not taught, and holds the packaged weights to what they state."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter
from typer.testing import CliRunner

from pochade import miniature
from pochade.cli import app
from pochade.errors import ModelError
from pochade.miniature import evaluate, world
from pochade.miniature.reach import BUCKETS, EDITS, FULL, REFERENCES, SMALL
from pochade.miniature.ruler import changes, pictures, texts
from pochade.miniature.ruler.asked import Bench, find
from pochade.miniature.ruler.flagship import flagship, flagship_rows
from pochade.miniature.ruler.languages import language_row, paired_interval
from pochade.miniature.ruler.readers import spoilt
from pochade.miniature.ruler.report import describe, sheet, write
from pochade.miniature.ruler.row import Row, design_effect, figures, paired_effect, table
from pochade.miniature.scorer import synthesis
from pochade.miniature.scorer.agree import Judge
from pochade.miniature.scorer.views import drawn
from pochade.miniature.words.wording import Wording
from pochade.miniature.world import Scene, Thing

if TYPE_CHECKING:
    from pathlib import Path

CAT = Thing("cat", None, 128, 140, 152)


@pytest.fixture(scope="module")
def painter() -> evaluate.Painter:
    return evaluate.Painter(miniature.folder())


@pytest.fixture
def bench(painter: evaluate.Painter) -> Bench:
    return Bench(
        painter, Judge(painter.reach, painter.scale), {"": 2, "tags": 6, "reader": 10, "conversation": 1}, repeats=1
    )


# ------------------------------------------------------------------------------------------------------------- rows


def test_the_interval_is_wilsons():
    low, high = Row("x", 8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)  # Newcombe 1998 gives these for 8 of 10
    assert Row("x", 0, 0).interval == (0.0, 1.0)


def test_a_goal_is_reached_from_below_by_shares_and_from_above_by_values():
    assert Row("x", 8, 10, goal=0.8).reached is True
    assert Row("x", 7, 10, goal=0.8).reached is False
    assert Row("x", count=1, value=1.0, goal=1.2).reached is True
    assert Row("x", count=1, value=1.3, goal=1.2).reached is False
    assert Row("x", 7, 10).reached is None
    assert Row.untaught("x", goal=0.8).reached is None


def test_no_goal_is_reached_where_nothing_was_measured():
    assert Row("x", value=0.0, count=0, goal=0.01).reached is None
    assert Row("x", 0, 0, goal=0.01).reached is None


def test_the_interval_covers_the_truth_also_where_pictures_of_one_prompt_are_right_together():
    rng, covered, believed = random.Random(2), 0, 0
    for _ in range(400):
        chances = [rng.betavariate(1.2, 0.8) for _ in range(80)]  # 0.6 on average
        prompts = [(sum(rng.random() < chance for _ in range(4)), 4) for chance in chances]
        right = sum(each for each, _ in prompts)
        low, high = Row("x", right, 320, effect=design_effect(prompts)).interval
        covered += low <= 0.6 <= high
        low, high = Row("x", right, 320).interval
        believed += low <= 0.6 <= high
    assert covered >= 0.92 * 400
    assert believed < 0.90 * 400


def test_the_paired_interval_covers_the_truth_also_where_pictures_of_one_prompt_are_right_together():
    rng, covered = random.Random(3), 0
    for _ in range(400):
        scenes = []
        for _ in range(80):
            first, second = rng.choice(((0.5, 0.1), (0.1, 0.1), (0.0, 0.3)))  # 0.2 and 0.5 / 3 on average
            rolls = [rng.random() for _ in range(4)]
            scenes.append((sum(r < first for r in rolls), sum(first <= r < first + second for r in rolls), 4))
        sums = [sum(each[which] for each in scenes) for which in (0, 1)]
        low, high = paired_interval(*sums, 320, paired_effect(scenes))
        covered += low <= 0.2 - 0.5 / 3 <= high
    assert covered >= 0.92 * 400


def test_answers_that_stand_alone_count_in_full_and_answers_that_are_all_alike_by_their_clusters():
    assert design_effect([(1, 1), (0, 1)] * 50) == pytest.approx(1, abs=0.02)
    assert design_effect([(4, 4), (0, 4)] * 50) == pytest.approx(4, abs=0.1)
    assert design_effect([(4, 4)] * 50) == 4
    assert design_effect([]) == 1
    assert paired_effect([(4, 0, 4), (0, 4, 4)] * 50) == pytest.approx(4, abs=0.1)
    assert paired_effect([(0, 0, 4)] * 50) == 4
    assert paired_effect([]) == 1
    assert figures(Row("x", 10, 16, effect=4.0))["effect"] == 4.0


def test_the_table_says_what_was_not_taught_and_what_was_missed():
    said = table(
        [
            Row.untaught("signs", goal=0.5),
            Row("cats", 3, 4, goal=0.8),
            Row("speed", count=5, value=1.5, unit="s", goal=2),
        ]
    )
    assert "| signs | not taught |" in said
    assert "| cats | 0.75 | 4 | 0.30–0.95 | 0.8 ✗ |" in said
    assert "| speed | 1.50 s | 5 |  | ≤ 2 s |" in said


def test_figures_are_plain_data_with_protocol_and_interval(tmp_path: Path):
    write(tmp_path / "evaluation.json", [Row("cats", 3, 4, "held out", 0.8), Row.untaught("signs")], 7.4, 1)
    report = json.loads((tmp_path / "evaluation.json").read_text())
    assert report["rows"][0] == json.loads(json.dumps(figures(Row("cats", 3, 4, "held out", 0.8))))
    assert report["rows"][0]["interval"][0] == pytest.approx(0.3006, abs=1e-3)
    assert report["rows"][1]["taught"] is False
    assert "right" not in report["rows"][1]


def test_paired_differences_are_tighter_where_the_same_pictures_are_right():
    same, low_same = paired_interval(0, 0, 100), paired_interval(20, 20, 100)
    assert same[1] - same[0] < low_same[1] - low_same[0]
    low, high = paired_interval(30, 5, 100)
    assert 0 < low < 0.25 < high


# ---------------------------------------------------------------------------------------------------------- scenes


def test_the_tags_are_genevals_553():
    assert sum(pictures.TAGS.values()) == 553


@pytest.mark.parametrize("tag", pictures.TAGS)
def test_every_tag_has_held_out_prompts_in_the_whole_world(tag: str):
    change = pictures._two if tag == "two objects" else None
    found = find(random.Random(1), FULL, 3, lambda scene: pictures.tag_of(scene) == tag, change=change)
    assert len(found) == 3
    assert all(world.is_held_out(scene) for scene in found)


def test_two_objects_are_right_on_either_side(bench: Bench):
    bench.judge.reach = SMALL
    dog, cat = Thing("dog", None, 70, 128, 88), Thing("cat", None, 186, 128, 88)
    asked = Scene("teal", (dog, cat), layout="row")
    swapped = replace(asked, things=(replace(dog, x=186), replace(cat, x=70)))
    wrong = replace(asked, things=(dog, replace(cat, name="bear")))
    both, other_way, bear = drawn([asked, swapped, wrong], bench.scale)
    assert pictures.read_tag(bench.judge, both, asked) == ([True, True], True)
    assert pictures.read_tag(bench.judge, other_way, asked) == ([True, True], True)
    assert pictures.read_tag(bench.judge, bear, asked) == ([True, False], False)
    said = replace(asked, layout="relation to the left of")
    assert pictures.read_tag(bench.judge, other_way, said) == ([False, False], False)


def test_the_readers_are_tried_on_things_and_pictures_that_nobody_asked_to_change(bench: Bench):
    apple, rng = Scene("white", (Thing("apple", None, 128, 140, 120),)), random.Random(1)
    changed = [spoilt(rng, bench, apple, "another colour or other clothes") for _ in range(30)]
    colours = {scene.things[0].colour for scene in changed if scene is not None}
    assert len(colours) >= 5
    assert not colours & {None, "red"}
    other = spoilt(rng, bench, replace(apple, style="sepia"), "another style")
    assert other is not None
    assert other.things == apple.things
    assert other.style in {"", *bench.reach.styles} - {"sepia"}


def test_a_kind_of_scene_that_was_not_taught_is_not_found():
    few = replace(SMALL, layouts=("",))
    assert find(random.Random(1), few, 2, lambda scene: scene.layout.startswith("count")) == []


def test_whatever_touches_the_border_counts_as_cut():
    whole = Scene("teal", (CAT,))
    cut = Scene("teal", (replace(CAT, x=30),))
    for scene, touches in ((whole, False), (cut, True)):
        (picture,) = drawn([scene], 0.5)
        assert pictures.cut_at_an_edge(picture, scene, 0.5) is touches


def test_a_wrong_background_is_measured():
    blue, teal = (Scene(name, (CAT,)) for name in ("blue", "teal"))
    shown_blue, shown_teal = drawn([blue, teal], 0.5)
    assert synthesis.background_difference(shown_blue, blue, 0.5) == 0
    assert synthesis.background_difference(shown_teal, blue, 0.5) > 15


def test_the_colour_of_a_shape_is_measured_inside_it():
    shape = Thing("circle", "#20b2aa", 128, 140, 120)
    (picture,) = drawn([Scene("white", (shape,))], 0.5)
    assert synthesis.colour_difference(picture, shape, (0x20, 0xB2, 0xAA), 0.5) < 1
    assert synthesis.colour_difference(picture, shape, (0xB2, 0x20, 0xAA), 0.5) > 20


def test_unchanged_area_is_measured_where_nothing_changes():
    before = np.zeros((8, 8, 3), np.uint8)
    after = before.copy()
    after[:4] = 200
    same = np.zeros((8, 8), bool)
    same[4:] = True
    assert changes.kept_psnr(before, after, same) > 100
    assert changes.kept_psnr(before, after, ~same) < 5
    assert np.isnan(changes.kept_psnr(before, after, np.zeros((8, 8), bool)))


def test_a_scene_is_right_only_with_its_background_and_its_interface(bench: Bench):
    bench.judge.reach = SMALL
    asked = Scene("teal", (CAT,), overlay=SMALL.overlays[:1])
    true, bare, other = drawn([asked, replace(asked, overlay=()), replace(asked, background="pink")], bench.scale)
    assert changes.scene_right(bench, true, asked)
    assert not changes.scene_right(bench, bare, asked)
    assert not changes.scene_right(bench, other, asked)


def test_an_interface_that_is_painted_softly_is_no_thing_that_nobody_asked_for(bench: Bench):
    bench.judge.reach = SMALL
    asked = Scene("teal", (CAT,), overlay=SMALL.overlays)
    dog = Thing("dog", None, 52, 196, 76)
    true, bare, other = drawn([asked, replace(asked, overlay=()), replace(asked, things=(CAT, dog))], bench.scale)
    soft = np.asarray(Image.fromarray(true).filter(ImageFilter.GaussianBlur(1.2)))
    over = (true != bare).any(-1, keepdims=True)
    assert changes.scene_right(bench, np.where(over, soft, true), asked)
    assert not changes.scene_right(bench, np.where(over, soft, other), asked)


@pytest.mark.parametrize("kept", [True, False])
def test_a_turn_is_right_only_when_what_it_took_away_is_gone(bench: Bench, *, kept: bool):
    bench.judge.reach = SMALL
    small = replace(CAT, x=64, y=180, side=84)
    before = Scene("teal", (small, Thing("apple", None, 190, 170, 70)))
    for after in (
        replace(before, things=(replace(small, y=60), before.things[1])),  # moved
        replace(before, things=before.things[1:]),  # taken away
        Scene("blue", before.things[1:]),  # taken away, and the background changed
    ):
        shown = replace(after, things=(*after.things, small)) if kept else after
        (picture,) = drawn([shown], bench.scale)
        facts = changes.facts_of(bench, picture, after)
        assert changes.turn_right(bench, picture, before, after, facts) is not kept


def test_an_edit_that_recolours_what_it_does_not_name_is_wrong(bench: Bench):
    bench.judge.reach = SMALL
    asked = Scene("teal", (CAT, Thing("apple", None, 190, 60, 60)))
    green = replace(asked, things=(CAT, replace(asked.things[1], colour="green")))
    true, wrong = drawn([asked, green], bench.scale)
    assert changes.scene_right(bench, true, asked)
    assert not changes.scene_right(bench, wrong, asked)


@pytest.mark.parametrize(
    ("least", "most", "chinese"), [*((*each[1:3], False) for each in texts._LENGTHS), (1, 4, True)]
)
def test_the_words_on_signs_were_never_seen_in_training(*, least: int, most: int, chinese: bool):
    scenes = texts.signs(random.Random(3), FULL, 40, least, most, chinese=chinese)
    words = [t.text.words for scene in scenes for t in scene.things if t.text]
    assert len(words) == 40
    assert all(least <= len(word) <= most and word.isascii() is not chinese for word in words)
    assert all(world.held_out("text", word.lower()) for word in words)


# ----------------------------------------------------------------------------------------------------- the weights


def test_the_first_weights_are_measured_on_what_their_card_lists(bench: Bench):
    rows = [*pictures.grid_rows(bench), *texts.text_rows(bench), language_row(bench), *changes.reference_rows(bench)]
    assert len(rows) == 2 + 3 + 1 + len(REFERENCES)
    untaught = {"1:1"} ^ set(BUCKETS)
    assert {row.name.split()[1].rstrip(":") for row in pictures.bucket_rows(bench) if not row.taught} == untaught
    reach = bench.reach
    for row, known in zip(
        rows,
        [
            *["grid 4x4" in reach.layouts] * 2,
            reach.text >= 1,
            reach.text >= 13,
            reach.hanzi > 0,
            "zh" in reach.languages,
            *(kind in reach.references for kind in REFERENCES),
        ],
        strict=True,
    ):
        assert row.taught is known, row


def test_every_kind_of_edit_has_its_row(bench: Bench):
    bench.counts["edit"] = 1
    rows = changes.edit_rows(bench)
    assert [row.name for row in rows] == [f"edit: {kind}" for kind in EDITS]
    assert {row.name for row in rows if row.taught} == {f"edit: {kind}" for kind in bench.reach.edits}
    assert all(row.count == 1 for row in rows if row.taught)


def test_conversations_are_counted_at_the_third_fifth_and_tenth_turn(bench: Bench):
    rows = changes.conversation_rows(bench)
    assert [row.name.split(":")[0] for row in rows[::2]] == [f"conversation, turn {turn}" for turn in (3, 5, 10)]
    assert all(row.count == 1 for row in rows[::2])
    assert all(row.right <= row.count for row in rows)


def test_the_first_conversation_changes_what_it_says_and_nothing_else():
    talk = flagship(FULL)
    assert talk is not None
    assert talk == flagship(SMALL)
    assert not talk.held_out  # people should see what was taught
    assert [edit.before for edit in talk.edits] == list(talk.scenes[:-1])
    assert [edit.after for edit in talk.edits] == list(talk.scenes[1:])
    for language, words in (("en", ("cat", "hat", "monocle", "pixel", "minimap")), ("zh", "猫礼单像地")):
        wording = Wording(random.Random(2), plain=True, language=language)
        said = [wording.scene(talk.scenes[0]), *map(wording.edit, talk.edits)]
        assert all(word in prompt.lower() for word, prompt in zip(words, said, strict=True)), said
    assert flagship(replace(SMALL, worn=("crown",))) is None


def test_the_first_conversation_is_right_where_its_true_pictures_are_handed_in(bench: Bench):
    talk = flagship(SMALL)
    assert talk is not None
    true = drawn(talk.scenes, bench.scale)

    class Hand:
        reach, scale = SMALL, bench.scale

        def __init__(self, given: list[np.ndarray]) -> None:
            self.left = iter([*given, *given])  # in English, and again in Chinese

        def __call__(self, words: list[str], *_: object, **__: object) -> list[np.ndarray]:
            return [next(self.left) for _ in words]

    def reads(given: list[np.ndarray]) -> list[Row]:
        return flagship_rows(Bench(Hand(given), Judge(SMALL, bench.scale), {"": 1}, repeats=1))

    for row in reads([*true]):
        assert (row.right, row.count) == (1, 1), row
        assert row.remark == "cat 100%, hat 100%, monocle 100%, game scene 100%, interface 100%"
    for row in reads([true[0], true[0], true[2], true[3], true[3]]):
        assert (row.right, row.count) == (0, 1), row
        assert row.remark == "cat 100%, hat 0%, monocle 100%, game scene 100%, interface 0%"


def test_the_scorers_are_measured_before_anything_is_believed(bench: Bench):
    missed, accepted, apart, _ = evaluate.reader_rows(bench)
    assert missed.value is not None
    assert missed.value <= 0.1
    assert accepted.value is not None
    assert accepted.value <= 0.1
    assert apart.count > 0


def test_the_packaged_weights_paint_single_things(bench: Bench):
    bench.counts["tags"] = 45
    rows = {row.name: row for row in pictures.tag_rows(bench)}
    assert list(rows) == [*pictures.TAGS, "six tags together"]
    assert rows["single object"].share >= 0.4, rows["single object"]


def test_the_same_seed_paints_the_same_picture(painter: evaluate.Painter):
    first, second = (painter(["a cat on a blue background"], seed=5)[0] for _ in range(2))
    assert (first == second).all()


def test_a_batch_paints_what_single_calls_paint(painter: evaluate.Painter):
    words = ["a cat on a blue background", "a red car on a beach"]
    together = painter(words, seed=5)
    alone = [painter([word], seed=5 + k)[0] for k, word in enumerate(words)]
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(together, alone, strict=True)) <= 2


def test_the_model_card_lists_what_is_known_and_every_row(painter: evaluate.Painter, tmp_path: Path):
    rows = [Row("cats", 3, 4, goal=0.8), Row.untaught("signs")]
    said = describe(painter.card, rows, ["cat"])
    assert "| cats | 0.75 | 4 |" in said
    assert "- things: cat, dog" in said
    assert "synthesis decides alone" in said
    sheet(painter, tmp_path / "sheet.png", count=9)
    assert (tmp_path / "sheet.png").stat().st_size > 0


@pytest.mark.parametrize("device", ["cuda:99", "paintbrush"])
def test_a_device_that_is_not_there_is_named(device: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(ModelError, match=f"There is no device '{device}'"):
        evaluate.Painter(miniature.folder(), device=device)
    with pytest.raises(SystemExit, match="1"):
        evaluate.main(["--parts", "grid", "--device", device])
    assert f"There is no device '{device}'" in capsys.readouterr().err


def test_a_share_of_the_table_asks_for_so_many_fewer_pictures():
    (row,) = evaluate.evaluate(parts=["hex"], share=0.03)[:1]
    assert row.count == 3
    assert "hex" in row.name


def test_another_seed_asks_for_other_pictures(capsys: pytest.CaptureFixture[str]):
    printed = []
    for seed in ("1", "1", "2"):
        evaluate.main(["--parts", "hex", "--share", "0.03", "--seed", seed])
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


def test_a_share_of_the_table_is_written_only_where_that_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(miniature.folder(), tmp_path / "model")
    monkeypatch.setattr(evaluate, "PARTS", {"hex": evaluate.PARTS["hex"]})
    before = (tmp_path / "model" / "evaluation.json").read_bytes()
    evaluate.main([str(tmp_path / "model"), "--share", "0.03"])
    assert (tmp_path / "model" / "evaluation.json").read_bytes() == before
    evaluate.main([str(tmp_path / "model"), "--share", "0.03", "--seed", "5", "--write"])
    report = json.loads((tmp_path / "model" / "evaluation.json").read_text())
    assert (report["share"], report["seed"]) == (0.03, 5)
    assert "hex" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize("share", ["0", "-1", "1.5", "nan"])
def test_a_share_that_cannot_be_measured_is_refused(share: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        evaluate.main(["--share", share])
    assert "above 0 and up to 1" in capsys.readouterr().err


def test_a_card_of_another_world_is_refused_with_its_strange_word(tmp_path: Path):
    folder = tmp_path / "model"
    shutil.copytree(miniature.folder(), folder)
    card = json.loads((folder / "card.json").read_text())
    card["vocabulary"]["things"].append("perpetual motion machine")
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="perpetual motion machine"):
        evaluate.Painter(folder)


def test_bench_measures_the_miniature_and_writes_its_figures(tmp_path: Path):
    out = tmp_path / "figures.json"
    done = CliRunner().invoke(app, ["bench", "grid", "--miniature", "--quick", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert "16-object grid: cells" in done.output
    assert json.loads(out.read_text())["rows"][0]["row"] == "16-object grid: cells"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--quick"], "--quick belongs to --miniature"), (["cats", "--miniature"], "There is no part 'cats'")],
)
def test_bench_says_what_it_cannot_measure(arguments: list[str], said: str):
    done = CliRunner().invoke(app, ["bench", *arguments])
    assert done.exit_code != 0
    assert said in done.output
