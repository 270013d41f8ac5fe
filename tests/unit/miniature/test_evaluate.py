"""The ruler measures itself, says what weights were not taught, and holds the packaged weights to what they state."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from pochade import miniature
from pochade.cli import app
from pochade.errors import ModelError
from pochade.miniature import evaluate, world
from pochade.miniature.reach import BUCKETS, EDITS, FULL, REFERENCES, SMALL
from pochade.miniature.ruler import changes, pictures, texts
from pochade.miniature.ruler.asked import Bench, find
from pochade.miniature.ruler.languages import language_row, paired_interval
from pochade.miniature.ruler.report import describe, sheet, write
from pochade.miniature.ruler.row import Row, figures, table
from pochade.miniature.scorer import synthesis
from pochade.miniature.scorer.agree import Judge
from pochade.miniature.scorer.views import drawn
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
    assert Row("x", value=1.0, goal=1.2).reached is True
    assert Row("x", value=1.3, goal=1.2).reached is False
    assert Row("x", 7, 10).reached is None
    assert Row.untaught("x", goal=0.8).reached is None


def test_the_table_says_what_was_not_taught_and_what_was_missed():
    said = table(
        [Row.untaught("signs", goal=0.5), Row("cats", 3, 4, goal=0.8), Row("speed", value=1.5, unit="s", goal=2)]
    )
    assert "| signs | not taught |" in said
    assert "| cats | 0.75 | 4 | 0.30–0.95 | 0.8 ✗ |" in said
    assert "| speed | 1.50 s |  |  | ≤ 2 s |" in said


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


def test_the_scorers_are_measured_before_anything_is_believed(bench: Bench):
    missed, accepted, apart, _ = evaluate.reader_rows(bench)
    assert missed.value is not None
    assert missed.value <= 0.1
    assert accepted.value is not None
    assert accepted.value <= 0.1
    assert apart.count > 0


def test_the_packaged_weights_paint_single_things(bench: Bench):
    bench.counts["tags"] = 60
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
