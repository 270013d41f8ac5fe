"""The two scorers find what is there, refuse what is not, and neither takes a melted thing for a whole one."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lacking import lacking

from pochade.errors import ModelError
from pochade.miniature import world
from pochade.miniature.reach import FULL, SMALL
from pochade.miniature.ruler.readers import melted
from pochade.miniature.scorer import letters, synthesis, training
from pochade.miniature.scorer.agree import Judge, Verdict, own_colour
from pochade.miniature.scorer.detector import Detector, packaged
from pochade.miniature.scorer.views import drawn, frame, padded, window
from pochade.miniature.wordbook import COLOURS, HANZI, STYLES
from pochade.miniature.world import Scene, Text, Thing

SCALE = 0.5
CAT = Thing("cat", None, 128, 140, 152)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(SMALL, SCALE)


def scenes(seed: int, count: int, **most: int) -> list[Scene]:
    rng = random.Random(seed)
    return [world.sample(rng, replace(SMALL, **most)) for _ in range(count)]


def right(scene: Scene, index: int, reading: synthesis.Reading) -> bool:
    thing = scene.things[index]
    same = (reading.name, set(reading.worn)) == (thing.name, set(thing.worn))
    return reading.something and same and thing.colour in (None, reading.colour)


def test_synthesis_finds_every_thing_of_true_pictures():
    asked = scenes(1, 20)
    found = [
        right(scene, i, synthesis.read(picture, scene, i, SMALL, SCALE))
        for scene, picture in zip(asked, drawn(asked, SCALE), strict=True)
        for i in range(len(scene.things))
    ]
    assert len(found) >= 20
    assert all(found)


def test_synthesis_works_at_full_scale_and_on_every_shape_of_canvas():
    rng = random.Random(8)
    for bucket in FULL.buckets:
        scene = world.sample(rng, replace(SMALL, buckets=FULL.buckets), bucket)
        (picture,) = drawn([scene], 1.0)
        assert picture.shape[:2] == scene.size[::-1]
        assert all(right(scene, i, synthesis.read(picture, scene, i, SMALL, 1.0)) for i in range(len(scene.things)))


def test_synthesis_reads_through_a_style():
    scene = Scene("teal", (CAT,), style="sepia")
    (picture,) = drawn([scene], SCALE)
    assert right(scene, 0, synthesis.read(picture, scene, 0, SMALL, SCALE))
    other = replace(scene, things=(replace(CAT, name="dog"),))
    assert not right(other, 0, synthesis.read(picture, other, 0, SMALL, SCALE))


def test_both_scorers_accept_true_pictures(judge: Judge):
    asked = scenes(2, 25)
    accepted = [judge.all_there(p, s) for p, s in zip(drawn(asked, SCALE), asked, strict=True)]
    assert sum(accepted) >= 24


def test_a_picture_of_another_thing_is_refused_by_both(judge: Judge):
    for name in ("dog", "fox", "bear"):
        scene = Scene("blue", (replace(CAT, name=name),))
        (verdict,) = judge.verdicts(drawn([scene], SCALE)[0], Scene("blue", (CAT,)))
        assert verdict == Verdict(drawn=False, learnt=False)


def test_an_empty_picture_and_noise_are_refused(judge: Judge):
    scene = Scene("blue", (CAT,))
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    for picture in (noise, drawn([Scene("blue", ())], SCALE)[0]):
        assert judge.verdicts(picture, scene) == [Verdict(drawn=False, learnt=False)]


def test_melted_things_are_refused(judge: Judge):
    rng = random.Random(5)
    asked = [Scene("green", (replace(CAT, name=name),)) for name in SMALL.things[:20]]
    pictures = drawn(asked, SCALE)
    accepted = [judge.all_there(melted(p, s.things[0], rng, SCALE), s) for p, s in zip(pictures, asked, strict=True)]
    assert sum(accepted) <= 1


def test_clothes_and_colours_count(judge: Judge):
    asked = Scene("yellow", (replace(CAT, worn=("top hat", "glasses")),))
    bare = Scene("yellow", (CAT,))
    dressed, plain = drawn([asked, bare], SCALE)
    assert judge.shows(dressed, asked) == [True]
    assert judge.shows(plain, asked) == [False]
    assert judge.shows(dressed, bare) == [False]
    blue, red = (Scene("white", (Thing("car", colour, 128, 140, 152),)) for colour in ("blue", "red"))
    (picture,) = drawn([blue], SCALE)
    assert (judge.shows(picture, blue), judge.shows(picture, red)) == ([True], [False])


def test_a_thing_too_many_is_seen_wherever_it_stands(judge: Judge):
    asked = Scene("teal", (Thing("cat", None, 80, 170, 100),))
    more = replace(asked, things=(*asked.things, Thing("apple", None, 200, 60, 70)))
    (picture,) = drawn([more], SCALE)
    (extra,) = judge.unasked(picture, asked)
    assert abs(extra.x - 200) < 24
    assert abs(extra.y - 60) < 24
    assert judge.unasked(drawn([asked], SCALE)[0], asked) == []


def test_what_the_detector_does_not_know_synthesis_decides_alone(judge: Judge):
    unknown = next(name for name in FULL.things if name not in judge.detector.labels.names)
    scene = Scene("blue", (replace(CAT, name=unknown),))
    wide = Judge(replace(SMALL, names=(*SMALL.names, unknown)), SCALE)
    (verdict,) = wide.verdicts(drawn([scene], SCALE)[0], scene)
    assert verdict == Verdict(drawn=True, learnt=None)
    assert verdict.right
    assert (wide.asked, wide.alone, wide.apart) == (0, 1, 0)


def test_an_unmentioned_thing_that_was_recoloured_is_refused_where_everything_must_be_right(judge: Judge):
    wrong = []
    for name in ("apple", "car", "balloon", "fish", "heart", "umbrella"):
        asked = Scene("white", (Thing(name, None, 128, 140, 152),))
        hues = [hue for hue in SMALL.hues if hue not in (own_colour(name), "pink")]
        blues = [replace(asked, things=(replace(asked.things[0], colour=hue),)) for hue in hues]
        true, *others = drawn([asked, *blues], SCALE)
        assert judge.shows(true, asked, strict=True) == [True]
        wrong += [judge.shows(picture, asked, strict=True)[0] for picture in others]
        assert all(judge.shows(picture, asked) == [True] for picture in others[:1])  # a prompt leaves it open
    assert not any(wrong), wrong


def test_a_shape_in_a_colour_near_the_one_that_was_asked_for_is_refused():
    wide = Judge(replace(SMALL, fills=FULL.fills), SCALE)
    for asked, painted in (("navy", "teal"), ("maroon", "brown"), ("red", "maroon"), ("#20b2aa", "cyan")):
        scene = Scene("white", (Thing("circle", asked, 128, 128, 120),))
        other = replace(scene, things=(replace(scene.things[0], colour=painted),))
        true, wrong = drawn([scene, other], SCALE)
        assert wide._drawn(true, scene, scene.things[0], synthesis.read(true, scene, 0, wide.reach, SCALE))
        assert not wide._drawn(wrong, scene, scene.things[0], synthesis.read(wrong, scene, 0, wide.reach, SCALE))


def test_no_named_colour_of_a_shape_passes_for_another():
    wide = Judge(replace(SMALL, fills=FULL.fills), SCALE)
    scenes = [Scene("white", (Thing("circle", colour, 128, 128, 120),)) for colour in COLOURS if colour != "white"]
    pictures = drawn(scenes, SCALE)
    for index, (scene, picture) in enumerate(zip(scenes, pictures, strict=True)):
        taken = [asked for asked in (scenes[index], scenes[index - 1]) if wide.coloured(picture, asked.things[0])]
        assert taken == [scene]


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_told_from_every_other_and_from_none(style: str):
    wide = Judge(replace(SMALL, styles=STYLES), SCALE)
    asked = Scene("teal", (CAT,), style=style)
    beside = replace(asked, things=(replace(CAT, x=CAT.x + 4, y=CAT.y - 4),))
    assert all(wide.styled(picture, asked) for picture in drawn([asked, beside], SCALE))
    others = [replace(asked, style=other) for other in ("", *STYLES) if other != style] + [replace(beside, style="")]
    assert not any(wide.styled(picture, asked) for picture in drawn(others, SCALE))


@pytest.mark.parametrize("style", STYLES)
def test_true_pictures_are_read_in_every_style(style: str):
    wide = Judge(replace(SMALL, styles=STYLES), SCALE)
    asked = [
        Scene(ground, (replace(CAT, name=name),), style=style) for name, ground in (("cat", "teal"), ("bus", "pink"))
    ]
    pictures = drawn(asked, SCALE)
    assert [wide.shows(picture, scene, strict=True) for picture, scene in zip(pictures, asked, strict=True)] == [
        [True]
    ] * 2
    assert not any(wide.unasked(picture, scene) for picture, scene in zip(pictures, asked, strict=True))
    assert not any(wide.shows(picture, scene)[0] for picture, scene in zip(pictures[::-1], asked, strict=True))


def test_the_detector_is_not_asked_about_styles_that_it_has_not_seen():
    detector = packaged()
    assert detector.knows(CAT)
    assert detector.knows(CAT, "pixel art")
    assert not detector.knows(CAT, "blueprint")


def test_disagreement_is_counted_and_counts_as_wrong():
    assert not Verdict(drawn=True, learnt=False).right
    assert not Verdict(drawn=True, learnt=False).agree
    assert not Verdict(drawn=False, learnt=True).right


def test_the_packaged_detector_is_small_and_knows_all_of_small():
    path = Path(training.__file__).parent / "detector.safetensors"
    assert path.stat().st_size <= 1_000_000
    assert set(SMALL.names) <= set(packaged().labels.names)
    assert set(SMALL.worn) <= set(packaged().labels.worn)


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 400])
def test_missing_or_damaged_weights_of_the_detector_are_named(tmp_path: Path, content: bytes | None):
    path = tmp_path / "detector.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"detector\.safetensors are missing or damaged"):
        Detector(path)


def test_a_detector_can_be_trained_and_read_again(tmp_path: Path):
    few = replace(SMALL, names=("cat", "apple", "star"), layouts=("",), overlays=())
    path = tmp_path / "few.safetensors"
    training.train(path, few, scale=SCALE, minutes=0.08)
    detector = Detector(path)
    assert detector.labels.names == ("cat", "apple", "star")
    (guess,) = detector.look(drawn([Scene("blue", (CAT,))], SCALE)[0], [CAT], SCALE)
    assert 0 <= guess.sure <= guess.thing + 1


def test_a_detector_whose_loss_is_not_finite_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bad = lambda *_: (torch.tensor(float("nan"), requires_grad=True), 0.0)  # noqa: E731
    monkeypatch.setattr(training, "_loss", bad)
    path = tmp_path / "bad.safetensors"
    with pytest.raises(FloatingPointError, match="nothing was written"):
        training.train(path, replace(SMALL, names=("cat", "apple")), scale=SCALE, minutes=0.05)
    assert not path.exists()


def test_junk_keeps_little_of_what_it_is_made_of():
    chance = torch.Generator().manual_seed(1)
    windows = torch.rand(8, 3, 40, 40, generator=chance) * 2 - 1
    mixed = training.junk(windows, windows.flip(0), chance)
    assert mixed.shape == windows.shape
    assert ((mixed - windows).abs().mean((1, 2, 3)) > 0.05).all()


def test_a_window_beyond_the_edge_is_filled_with_the_edge():
    picture = np.full((64, 64, 3), 77, np.uint8)
    seen = window(padded(picture), frame(Thing("cat", None, 4, 4, 60), 1.0), (20, 20))
    assert (seen == 77).all()


# ---------------------------------------------------------------------------------------------------------- letters


def sign(words: str, font: str = "sans") -> Scene:
    return Scene("teal", (Thing("sign", None, 128, 128, 200, (), Text(words, font, "black")),))


def test_true_texts_are_read_letter_by_letter_in_every_font():
    for font in FULL.fonts:
        words = "HELLO you 42" if font != FULL.fonts[-1] else HANZI[:3]
        scene = sign(words, font)
        found = letters.spelt(drawn([scene], 1.0)[0], scene, 0, 1.0)
        assert len(found) == len(words.replace(" ", ""))
        assert all(found), (font, found)


@pytest.mark.parametrize(("shown", "wrong"), [("HALLO", 1), ("HELLP", 4), ("HBLLO", 1)])
def test_a_wrong_letter_is_the_one_that_is_refused(shown: str, wrong: int):
    asked, other = sign("HELLO"), sign(shown)
    found = letters.spelt(drawn([other], 1.0)[0], asked, 0, 1.0)
    assert not found[wrong]


def test_an_empty_sign_says_nothing():
    asked = sign("HELLO")
    blank = replace(asked, things=(replace(asked.things[0], text=None),))
    assert not any(letters.spelt(drawn([blank], 1.0)[0], asked, 0, 1.0))
    assert letters.spelt(drawn([blank], 1.0)[0], blank, 0, 1.0) == []


def test_a_word_is_right_when_each_of_its_letters_is():
    assert letters.words_right("AB CDE", [True, True, True, False, True]) == [True, False]


def test_tesseract_reads_large_plain_words():
    if not letters.has_tesseract():
        lacking("no Tesseract on the PATH (Debian: apt-get install tesseract-ocr)")
    scene = sign("HELLO")
    assert letters.tesseract(drawn([scene], 1.0)[0], scene, 0, 1.0) == "HELLO"


def test_belief_in_tesseract_is_counted_by_height():
    assert letters.believed([(0, True), (0, False), (3, True)]) == {0: (1, 2), 3: (1, 1)}
