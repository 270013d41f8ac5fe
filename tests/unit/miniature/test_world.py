"""The world keeps its promises: seeded, exact, and what is not mentioned stays."""

import random
from dataclasses import replace

import numpy as np
import pytest

from pochade.miniature import edits, world
from pochade.miniature.atlas import full_sprite, sprite
from pochade.miniature.vocabulary import COLOURS, FACES, HUES, KINDS, NAMES, SCENES, WORN
from pochade.miniature.wording import Wording


def test_the_same_seed_gives_the_same_scenes_words_and_pixels():
    def run():
        rng = random.Random(7)
        wording = Wording(rng)
        scenes = [world.sample(rng) for _ in range(20)]
        return scenes, [wording.scene(s) for s in scenes], [world.draw(s).tobytes() for s in scenes]

    assert run() == run()


@pytest.mark.parametrize("background", [*COLOURS, *SCENES, "#12ab9f"])
def test_every_background_can_be_drawn(background):
    picture = world.draw(world.Scene(background, ()))
    assert picture.shape == (128, 128, 3)
    assert picture.dtype == np.uint8
    if background.startswith("#"):
        assert picture[0, 0].tolist() == [0x12, 0xAB, 0x9F]


@pytest.mark.parametrize("kind", [*KINDS, *WORN], ids=lambda kind: kind.name)
def test_every_thing_has_a_drawing_that_fills_its_square(kind):
    box = full_sprite(kind.name).getbbox()
    assert max(box[2] - box[0], box[3] - box[1]) >= 115


@pytest.mark.parametrize("name", ["car", "apple", "balloon", "umbrella", "fish", "mushroom", "star"])
def test_a_recoloured_thing_changes_colour_and_keeps_its_outline(name):
    drawings = {colour: np.asarray(full_sprite(name, colour)) for colour in HUES}
    assert len({drawing.tobytes() for drawing in drawings.values()}) == len(HUES)
    assert all((drawing[..., 3] == drawings["red"][..., 3]).all() for drawing in drawings.values())


@pytest.mark.parametrize("name", sorted(FACES))
def test_what_is_worn_shows_and_does_not_move_its_wearer(name):
    bare, dressed = np.asarray(sprite(name, None, 96)), np.asarray(sprite(name, None, 96, ("crown",)))
    assert (bare != dressed).any()
    assert (bare[-20:] == dressed[-20:]).all()


@pytest.mark.parametrize("kind", list(edits.EDITS))
def test_an_edit_changes_its_target_and_nothing_else(kind):
    rng = random.Random(3)
    for _ in range(20):
        edit = edits.sample_edit(rng, kind)
        before, after = world.draw(edit.before), world.draw(edit.after)
        assert (before != after).any()
        if kind == "background":
            assert edit.before.things == edit.after.things
            continue
        assert edit.before.background == edit.after.background
        changed = [
            t
            for t in (*edit.before.things, *edit.after.things)
            if (t in edit.before.things) != (t in edit.after.things)
        ]
        touched = np.zeros((128, 128), bool)
        for thing in changed:  # a thing's square, and the room above it for a hat
            left, top, right, bottom = thing.box
            touched[max(0, top - thing.side // 2) : bottom + 1, max(0, left) : right + 1] = True
        assert (before[~touched] == after[~touched]).all()


def test_training_never_sees_what_is_held_out():
    rng = random.Random(11)
    for _ in range(300):
        edit = edits.sample_edit(rng)
        assert not edit.held_out
        assert not world.is_held_out(edit.before)
        assert not world.is_held_out(edit.after)
        assert world.is_held_out(world.sample_scene(rng, wanted=True))


def test_one_combination_in_ten_is_held_out():
    pairs = [(name, colour) for name in NAMES for colour in COLOURS]
    assert 0.07 < sum(world.held_out(*pair) for pair in pairs) / len(pairs) < 0.13


def test_prompts_name_everything_that_is_to_be_seen():
    rng = random.Random(5)
    for _ in range(200):
        scene = world.sample(rng)
        words = Wording(rng, plain=True).scene(scene)
        assert all(thing.name in words for thing in scene.things)
        assert all(thing.colour is None or thing.colour in words for thing in scene.things)
        assert all(item in words for thing in scene.things for item in thing.worn)


def test_one_scene_has_many_wordings():
    rng = random.Random(6)
    scene = replace(world.sample(rng, most=1), background="blue")
    assert len({Wording(rng).scene(scene) for _ in range(60)}) > 15
