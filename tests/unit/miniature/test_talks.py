"""Conversations and pictures made from two others: everything unmentioned stays, and the sources are what they say."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pochade.miniature import looks, talks, world
from pochade.miniature.drawing import atlas, scenery
from pochade.miniature.edits import sample_edit
from pochade.miniature.reach import FULL, SMALL
from pochade.miniature.talks import sample_blend, sample_talk
from pochade.miniature.wordbook import CARRIERS, SCENES, SHAPES, colourable, rgb


def blends(kind, count, seed=3, reach=FULL, **how):
    rng = random.Random(seed)
    return [sample_blend(rng, reach, kind, **how) for _ in range(count)]


def test_a_conversation_is_a_chain_of_edits():
    rng = random.Random(1)
    kinds = Counter()
    for _ in range(40):
        talk = sample_talk(rng, FULL, 10)
        assert len(talk.edits) == 10
        assert len(set(talk.scenes)) == len(talk.scenes) == 11  # nothing is done and undone
        for edit, before, after in zip(talk.edits, talk.scenes, talk.scenes[1:], strict=False):
            assert (edit.before, edit.after) == (before, after)
        kinds.update(edit.kind for edit in talk.edits)
    assert set(kinds) == set(FULL.edits)
    assert max(kinds.values()) < 0.3 * kinds.total()


def test_after_ten_turns_everything_is_whole_and_nothing_is_hidden():
    rng = random.Random(2)
    for bucket in FULL.buckets:
        for _ in range(6):
            last = sample_talk(rng, FULL, 10, bucket=bucket).scenes[-1]
            assert last.bucket == bucket
            assert all(world.within(thing, last) for thing in last.things)
            assert all(world.apart(a, b) for a in last.things for b in last.things if a is not b)


def test_what_a_turn_does_not_name_stays_to_the_pixel():
    rng = random.Random(3)
    turns = 0
    for _ in range(6):
        for edit in sample_talk(rng, replace(SMALL, edits=SMALL.edits[:9]), 4).edits:
            if edit.kind == "background":
                continue
            before, after = world.draw(edit.before, 0.5), world.draw(edit.after, 0.5)
            touched = np.zeros(before.shape[:2], bool)
            for thing in set(edit.before.things) ^ set(edit.after.things):
                left, top, right, bottom = (edge // 2 for edge in thing.extent)
                touched[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2] = True
            assert (before[~touched] == after[~touched]).all()
            turns += 1
    assert turns > 10


def test_training_never_hears_a_conversation_that_is_held_out():
    rng = random.Random(5)
    for _ in range(30):
        talk = sample_talk(rng, FULL, 4)
        assert not talk.held_out
        assert not any(edit.held_out for edit in talk.edits)
        assert not any(world.is_held_out(scene) for scene in talk.scenes)
        assert world.is_held_out(sample_talk(rng, FULL, 4, wanted=True).scenes[0])


def test_a_conversation_that_cannot_go_on_is_refused(monkeypatch):
    monkeypatch.setattr(talks, "_BEGINNINGS", 3)
    with pytest.raises(ValueError, match="3 times by take off"):
        sample_talk(random.Random(1), replace(SMALL, edits=("take off",)), 3)


@pytest.mark.parametrize("kind", FULL.references)
def test_a_blend_is_whole_on_one_canvas_and_not_held_out(kind):
    for bucket in FULL.buckets:
        for blend in blends(kind, 10, bucket=bucket):
            assert blend.kind == kind
            assert {scene.bucket for scene in (*blend.sources, blend.after)} == {bucket}
            assert blend.after not in blend.sources
            assert all(world.within(thing, blend.after) for thing in blend.after.things)
            assert not blend.held_out
    assert all(blend.held_out for blend in blends(kind, 10, wanted=True))


def test_the_subject_of_one_picture_goes_into_the_other_which_stays():
    for blend in blends("subject in scene", 40):
        first, second = blend.sources
        subject, there = first.things[0], second.things[0]
        assert second.background in SCENES
        assert blend.after.background == second.background
        assert blend.after.things[0] == there
        new = blend.after.things[1]
        assert new == replace(subject, x=new.x, y=new.y, side=new.side)
        assert world.apart(new, there)


def test_the_colour_of_one_thing_goes_to_the_other():
    for blend in blends("colours on object", 40):
        first, second = blend.sources
        assert second.things[0].colour != first.things[0].colour is not None
        assert blend.after == replace(second, things=(replace(second.things[0], colour=first.things[0].colour),))


def test_a_colour_that_a_thing_has_already_is_not_asked_for():
    seen = [blend.sources[1].things[0] for blend in blends("colours on object", 300)]
    for blend, thing in zip(blends("colours on object", 300), seen, strict=True):
        if thing.colour is None and colourable(thing.name) and thing.name not in SHAPES:
            assert blend.after.things[0].colour != looks.own_hue(thing.name), thing
    assert sum(thing.colour is None for thing in seen) > 50


def lost(thing, background):
    """How much of a thing in its own colours cannot be told from a plain background."""
    if thing.name in CARRIERS:
        colours = np.array([scenery.OWN_COLOUR[thing.name]])
    else:
        drawing = np.asarray(atlas.full_sprite(thing.name)).astype(int)
        colours = drawing[drawing[..., 3] > 128][:, :3]
    return max(
        (np.abs(colours - rgb(ground)).max(1) < 48).mean() for ground in background.removeprefix("gradient ").split()
    )


def test_no_thing_in_its_own_colours_vanishes_in_its_background():
    rng = random.Random(17)
    seen = [world.sample(rng) for _ in range(500)]
    seen += [sample_edit(rng, kind).after for kind in ("add", "background", "replace") for _ in range(150)]
    seen += [blend.after for blend in blends("together", 150)]
    own = [
        (thing.name, scene.background)
        for scene in seen
        for thing in scene.things
        if scene.background not in SCENES and thing.colour is None and lost(thing, scene.background) > 0.85
    ]
    assert own == []


def test_what_could_not_be_seen_on_any_background_is_refused():
    chicks = replace(SMALL, names=("chick",), colours=("yellow",), scenes=(), hex=False, layouts=("",))
    with pytest.raises(ValueError, match="stand out from its backgrounds"):
        world.sample(random.Random(1), chicks)


def test_the_style_of_one_picture_goes_to_the_other():
    found = set()
    for blend in blends("style on scene", 80):
        first, second = blend.sources
        assert second.style == ""
        assert blend.after == replace(second, style=first.style)
        found.add(first.style)
    assert found == set(FULL.styles) - {"flat"}


def test_two_subjects_come_together_side_by_side():
    for blend in blends("together", 40):
        first, second = blend.sources
        left, right = blend.after.things
        assert blend.after.background == first.background
        assert left == replace(first.things[0], x=left.x, y=left.y, side=left.side)
        assert right == replace(second.things[0], x=right.x, y=right.y, side=right.side)
        assert left.x < right.x
        assert world.apart(left, right)


def test_a_reach_without_references_says_so(monkeypatch):
    with pytest.raises(ValueError, match="list of references is empty"):
        sample_blend(random.Random(1), SMALL)
    monkeypatch.setattr(talks, "_BEGINNINGS", 20)
    with pytest.raises(ValueError, match="'style on scene'"):
        sample_blend(random.Random(1), replace(SMALL, styles=()), "style on scene")
