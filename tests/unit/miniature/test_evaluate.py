"""The ruler measures itself, and the packaged weights keep the level that their card states."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from pochade import miniature
from pochade.miniature import edits, evaluate, scorer, world
from pochade.miniature.world import Scene, Thing


def test_the_reader_accepts_true_pictures():
    rng = random.Random(1)
    scenes = [world.sample(rng) for _ in range(25)]
    assert sum(all(scorer.shows(world.draw(s), s)) for s in scenes) >= 24


def test_the_reader_refuses_pictures_in_which_one_thing_is_another():
    rng = random.Random(2)
    wrong = [edits.sample_edit(rng, "replace") for _ in range(15)]
    assert not any(all(scorer.shows(world.draw(e.after), e.before)) for e in wrong)


def test_the_reader_refuses_an_empty_picture_and_noise():
    scene = Scene("blue", (Thing("cat", None, 64, 70, 76),))
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    assert scorer.shows(world.draw(replace(scene, things=())), scene) == [False]
    assert scorer.shows(noise, scene) == [False]


def test_the_reader_tells_what_is_worn_and_in_which_colour():
    for thing in (Thing("cat", None, 64, 70, 76, ("top hat", "glasses")), Thing("car", "blue", 40, 64, 52)):
        found = scorer.read(world.draw(Scene("green", (thing,))), "green", thing)
        assert (found.name, found.worn) == (thing.name, thing.worn)
        assert thing.colour in (None, found.colour)


def test_a_wrong_background_is_measured():
    blue, teal = (Scene(name, (Thing("cat", None, 64, 70, 76),)) for name in ("blue", "teal"))
    assert evaluate.background_difference(world.draw(blue), blue) == 0
    assert evaluate.background_difference(world.draw(teal), blue) > 15


def test_the_interval_is_wilsons():
    low, high = evaluate.Row("x", 8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)  # Newcombe 1998 gives these for 8 of 10
    assert evaluate.Row("x", 0, 0).interval == (0.0, 1.0)


@pytest.fixture(scope="module")
def painter():
    return evaluate.Painter(miniature.folder())


def test_the_packaged_weights_paint_and_edit_as_well_as_their_card_says(painter):
    """A small sample of the rows; a row may fall below its stated interval by chance, so the bounds are wide."""
    stated = {row["row"]: row for row in json.loads((miniature.folder() / "evaluation.json").read_text())["rows"]}
    for row in evaluate.measure_pictures(painter, random.Random(99), 12):
        low, _ = stated[row.name]["interval"]
        assert row.share >= low - 0.25, row


def test_the_same_seed_paints_the_same_picture(painter):
    first, second = (painter(["a cat on a blue background"], seed=5)[0] for _ in range(2))
    assert (first == second).all()
