"""An edit changes what it names and nothing else, to the pixel; and training never sees the ones that are held out."""

import random
import zlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pochade.miniature import edits, layouts, looks, world
from pochade.miniature.drawing import writing
from pochade.miniature.drawing.scenery import overlay_box
from pochade.miniature.edits import EDITS, sample_edit
from pochade.miniature.reach import FULL, SMALL
from pochade.miniature.wordbook import FACES, SHAPES
from pochade.miniature.world import Scene, Text, Thing

FIRST = FULL.edits[:9]


def some(kind, count, reach=FULL, seed=3, **how):
    rng = random.Random(seed)
    return [sample_edit(rng, kind, reach=reach, **how) for _ in range(count)]


def changed_things(edit):
    before, after = edit.before.things, edit.after.things
    return [thing for thing in (*before, *after) if (thing in before) != (thing in after)]


@pytest.mark.parametrize("kind", [*FIRST, "count", "text"])
def test_an_edit_changes_its_target_and_nothing_else(kind):
    for edit in some(kind, 10, replace(FULL, styles=()), bucket="3:2"):
        before, after = world.draw(edit.before, 0.5), world.draw(edit.after, 0.5)
        assert (before != after).any()
        if kind == "background":
            assert edit.before.things == edit.after.things
            continue
        assert edit.before.background == edit.after.background
        touched = np.zeros(before.shape[:2], bool)
        for thing in changed_things(edit):
            left, top, right, bottom = (edge // 2 for edge in thing.extent)
            touched[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2] = True
        assert touched.mean() < 0.9
        assert (before[~touched] == after[~touched]).all()


@pytest.mark.parametrize("kind", list(EDITS))
def test_what_an_edit_does_not_name_stays_in_the_description(kind):
    for edit in some(kind, 60):
        before, after = edit.before, edit.after
        assert before != after
        assert before.bucket == after.bucket
        if kind == "two":
            continue
        assert (before.background == after.background) == (kind != "background")
        assert (before.style == after.style) == (kind != "style")
        assert (before.overlay == after.overlay) == (kind != "overlay")
        if kind in {"background", "style", "overlay"}:
            assert before.things == after.things
        elif kind != "count":
            assert len(changed_things(edit)) == (1 if kind in {"add", "remove"} else 2)


def test_a_game_interface_lies_over_a_picture_that_stays():
    for edit in some("overlay", 10):
        new = edit.argument.split("|")
        assert set(edit.after.overlay) == {*edit.before.overlay, *new}
        changed = (world.draw(edit.before) != world.draw(edit.after)).any(axis=-1)
        for part in new:
            left, top, width, height = overlay_box(part, *edit.after.size)
            assert changed[top : top + height, left : left + width].mean() > 0.5
            changed[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1] = False
        if edit.after.style in {"", "flat"}:
            assert not changed.any()


@pytest.mark.parametrize("kind", list(EDITS))
def test_the_thing_that_is_named_is_the_only_one_of_its_name(kind):
    for edit in some(kind, 60, seed=4):
        for part in edit.parts or (edit,):
            if part.target is not None and part.kind != "count":
                assert [thing.name for thing in part.before.things].count(part.target.name) == 1
                assert part.target in part.before.things


@pytest.mark.parametrize("bucket", FULL.buckets)
def test_after_an_edit_everything_is_whole_and_nothing_is_hidden(bucket):
    rng = random.Random(9)
    for _ in range(150):
        edit = sample_edit(rng, bucket=bucket)
        for thing in edit.after.things:
            assert world.within(thing, edit.after), edit
            assert all(world.apart(thing, other) for other in edit.after.things if other is not thing), edit
            if thing.text:
                assert writing.letter_height(thing) >= (32 if thing.text.font == "hei" else 12), edit


def test_an_addition_stands_where_it_is_said_to():
    found = Counter()
    for edit in some("add", 150):
        where, name = edit.argument.split("|")
        new = edit.after.things[-1]
        assert new.name == name
        assert edit.after.things[:-1] == edit.before.things
        found[where in layouts.RELATIONS] += 1
        if where in layouts.RELATIONS:
            dx, dy = layouts.RELATIONS[where]
            gaps = [(a - b) * step for a, b, step in zip(new.extent[:2], edit.target.extent[2:], (dx, dy), strict=True)]
            back = [
                (b - a) * -step for a, b, step in zip(new.extent[2:], edit.target.extent[:2], (dx, dy), strict=True)
            ]
            assert max(gap for gap, step in zip(gaps if dx + dy > 0 else back, (dx, dy), strict=True) if step) >= -12
        else:
            across, down = layouts.PLACES[where]
            width, height = edit.after.size
            assert (new.x < width / 3, new.y < height / 3) == (across < 0.5, down < 0.5)
    assert min(found.values()) > 10


def test_each_kind_does_what_its_argument_says():
    for edit in some("recolour", 30):
        new = next(thing for thing in edit.after.things if thing not in edit.before.things)
        assert new == replace(edit.target, colour=edit.argument)
        assert edit.before.style in edits.COLOURFUL  # elsewhere the colour could not be seen
        if edit.target.colour is None:  # a red apple is not made red
            assert edit.argument != looks.own_hue(edit.target.name)
    for edit in some("replace", 30):
        new = next(thing for thing in edit.after.things if thing not in edit.before.things)
        assert (new.name, new.x, new.y, new.side) == (edit.argument, edit.target.x, edit.target.y, edit.target.side)
        assert new.name in SHAPES or new.name in FULL.carriers or new.colour is None
    for edit in some("resize", 30):
        new = next(thing for thing in edit.after.things if thing not in edit.before.things)
        assert (new.side > edit.target.side) == (edit.argument == "bigger")
    for edit in some("count", 30):
        assert len(edit.after.things) == int(edit.argument) != len(edit.before.things)
        assert {(t.name, t.colour, t.worn) for t in (*edit.before.things, *edit.after.things)} == {
            (edit.target.name, edit.target.colour, edit.target.worn)
        }
    for edit in some("style", 30):
        assert edit.after.style == edit.argument
    for edit in some("background", 30):
        assert edit.after.background == edit.argument


@pytest.mark.parametrize(("name", "hue"), [("apple", "red"), ("fish", "blue"), ("car", "red"), ("umbrella", "purple")])
def test_a_drawing_knows_its_own_colour(name, hue):
    assert looks.own_hue(name) == hue


def test_what_cannot_be_recoloured_has_no_hue():
    with pytest.raises(ValueError, match="cat cannot be recoloured"):
        looks.own_hue("cat")


def test_clothes_are_put_on_and_taken_off_one_place_at_a_time():
    for edit in some("wear", 40):
        new = next(thing for thing in edit.after.things if thing not in edit.before.things)
        assert set(new.worn) == {*edit.target.worn, edit.argument}
        assert len({looks.slot(item) for item in new.worn}) == len(new.worn)
    for edit in some("take off", 20):
        new = next(thing for thing in edit.after.things if thing not in edit.before.things)
        assert set(new.worn) == set(edit.target.worn) - {edit.argument}


def test_another_text_keeps_script_font_and_ink():
    for edit in some("text", 40):
        index = edit.before.things.index(edit.target)
        old, new = edit.target.text, edit.after.things[index].text
        assert new == replace(old, words=edit.argument)
        assert new.words != old.words
        assert (new.words[0] > "~") == (old.words[0] > "~")


def test_two_edits_follow_one_another_and_name_what_was_there():
    dressings = 0
    for edit in some("two", 150):
        first, second = edit.parts
        assert (edit.before, first.after, edit.after) == (first.before, second.before, second.after)
        if (first.kind, second.kind) == ("wear", "wear"):
            dressings += 1
            assert first.target.name == second.target.name
        else:
            assert first.kind != second.kind
            assert second.target is None or second.target in edit.before.things
    assert dressings > 15


def test_a_cat_can_be_given_a_hat_and_a_monocle():
    scene = Scene("blue", (Thing("cat", None, 128, 140, 152),))
    rng = random.Random(1)
    given = {
        item for _ in range(300) for edit in [EDITS["wear"](rng, scene, SMALL)] if edit for item in [edit.argument]
    }
    assert {"top hat", "monocle"} <= given


def test_an_edit_stays_within_what_is_taught():
    for kind in SMALL.edits:
        for edit in some(kind, 40, SMALL):
            for thing in edit.after.things:
                assert thing.name in SMALL.names
                assert set(thing.worn) <= set(SMALL.worn)
                assert thing.text is None or set(thing.text.words) <= set(SMALL.letters)
            assert set(edit.after.overlay) <= set(SMALL.overlays)
            assert edit.after.style in {"", *SMALL.styles}
    rng = random.Random(5)
    assert {sample_edit(rng, reach=SMALL).kind for _ in range(400)} == set(SMALL.edits)


def test_training_never_sees_what_is_held_out():
    rng = random.Random(11)
    for _ in range(200):
        edit = sample_edit(rng)
        assert not edit.held_out
        assert not world.is_held_out(edit.before)
        assert not world.is_held_out(edit.after)
        unseen = sample_edit(rng, wanted=True)
        assert unseen.held_out or world.is_held_out(unseen.before) or world.is_held_out(unseen.after)


def kept(*key):
    """Whether a combination is one of those kept from training, reckoned without the world's help."""
    return zlib.crc32("/".join(key).encode()) % 10 == 0


def facts(one, other):
    """How two things stand to each other, told from where they are, from either side."""
    across, down = one.x - other.x, one.y - other.y
    pair = ("to the left of", "to the right of") if abs(across) > abs(down) else ("above", "below")
    first = (across if abs(across) > abs(down) else down) > 0
    return (one.name, pair[first], other.name), (other.name, pair[not first], one.name)


def test_no_picture_of_a_relation_that_is_held_out_is_trained_in_other_words():
    rng = random.Random(12)
    reach = replace(FULL, layouts=tuple(layout for layout in FULL.layouts if layout.startswith("relation")))
    for _ in range(300):
        scene = world.sample_scene(rng, reach)
        assert not any(kept(*fact) for fact in facts(*scene.things)), scene
    beside = [edit for edit in some("add", 500, seed=13) if edit.target]
    assert len(beside) > 100
    for edit in beside:
        assert not any(kept(*fact) for fact in facts(edit.after.things[-1], edit.target)), edit


def test_clothes_that_are_held_out_on_a_face_are_not_trained_among_others():
    rng = random.Random(14)
    reach = replace(FULL, names=tuple(sorted(FACES)), edits=("wear", "two"))
    trained = [world.sample_scene(rng, reach) for _ in range(400)] + [edit.after for edit in some("wear", 200, reach)]
    worn = [(thing.name, item) for scene in trained for thing in scene.things for item in thing.worn]
    assert len(worn) > 300
    assert [pair for pair in worn if kept(*pair)] == []


@pytest.mark.parametrize("kind", ["style", "overlay"])
def test_no_style_and_no_interface_is_held_out_as_a_whole(kind):
    taught = {part for edit in some(kind, 300) for part in edit.argument.split("|")}
    assert taught == set(FULL.styles if kind == "style" else FULL.overlays)


def test_a_reach_without_occasion_for_an_edit_says_so(monkeypatch):
    monkeypatch.setattr(edits, "_TRIES", 50)
    with pytest.raises(ValueError, match="'style'"):
        sample_edit(random.Random(1), "style", reach=replace(SMALL, styles=()))
    with pytest.raises(ValueError, match="'remove'"):
        sample_edit(random.Random(1), "remove", reach=replace(SMALL, most=1))


def test_two_edits_need_two_kinds(monkeypatch):
    monkeypatch.setattr(edits, "_TRIES", 50)
    with pytest.raises(ValueError, match="'two'"):
        sample_edit(random.Random(1), "two", reach=replace(SMALL, edits=("two", "add")))


def test_where_things_are_alone_the_other_kinds_are_drawn():
    rng = random.Random(2)
    kinds = {sample_edit(rng, reach=replace(FULL, most=1)).kind for _ in range(60)}
    assert "remove" not in kinds
    assert len(kinds) > 6


def test_writing_is_never_given_a_style_that_would_hide_it():
    sign = Scene("blue", (Thing("sign", None, 128, 140, 152, (), Text("HELLO")),))
    rng = random.Random(1)
    assert all(EDITS["style"](rng, sign, FULL) is None for _ in range(50))
    for edit in some("add", 200, seed=8):
        assert not (edit.after.style and any(thing.text for thing in edit.after.things))
