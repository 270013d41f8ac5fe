"""The world keeps its promises: seeded, exact, within what a model is taught, and apart from what is held out."""

import json
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import combinations, pairwise
from multiprocessing import get_context

import numpy as np
import pytest

from pochade import miniature
from pochade.miniature import layouts, looks, world
from pochade.miniature.drawing import writing
from pochade.miniature.reach import BUCKETS, EDITS, FULL, REFERENCES, SMALL, Reach
from pochade.miniature.wordbook import CARRIERS, COLOURS, FACES, NAMES, SCENES, SHAPES, rgb
from pochade.miniature.world import Scene, Text, Thing

#: the lists that the card of the first weights has
FIRST_CARD = {
    "vocabulary": {
        "things": ["cat", "dog", "car", "tree", "star", "circle"],
        "synonyms": ["kitten"],
        "worn": ["top hat", "crown", "glasses"],
        "colours": ["red", "yellow", "blue", "teal", "white"],
        "scenes": ["beach", "snow"],
        "edits": ["add", "remove", "move"],
        "words": ["a", "cat"],
    }
}


def scenes(reach, count, seed=1, **how):
    rng = random.Random(seed)
    return [world.sample(rng, reach, **how) for _ in range(count)]


def bare(reach):
    """The same part of the world without styles and interfaces, which lie over what stands there."""
    return replace(reach, styles=(), overlays=())


# ------------------------------------------------------------------------------------------------------------- chance


def test_the_same_seed_gives_the_same_scenes_in_every_process():
    told = (
        "import random\nfrom pochade.miniature import edits, talks, world\nrng = random.Random(7)\n"
        "print([world.sample(rng) for _ in range(50)], [edits.sample_edit(rng) for _ in range(5)],"
        " talks.sample_talk(rng, turns=3), talks.sample_blend(rng))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", told], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 5000


def test_the_same_scene_gives_the_same_pixels():
    for scene in scenes(FULL, 6):
        assert world.draw(scene).tobytes() == world.draw(replace(scene)).tobytes()


def test_inventing_needs_neither_torch_nor_pillow():
    told = (
        "import sys\nfrom pochade.miniature import edits, layouts, looks, reach, talks, world\n"
        "print(sorted({'torch', 'PIL', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# ----------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("background", [*COLOURS, *SCENES, "#12ab9f", "gradient red blue", "gradient #102030 white"])
def test_every_background_can_be_drawn(background):
    picture = world.draw(Scene(background, ()))
    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
    if background in COLOURS or background.startswith("#"):
        assert (picture == np.array(rgb(background))).all()
    if background.startswith("gradient"):
        above, below = (np.array(rgb(colour)) for colour in background.split()[1:])
        assert np.abs(picture[0].astype(int) - above).max() <= 2
        assert np.abs(picture[-1].astype(int) - below).max() <= 2


@pytest.mark.parametrize("bucket", list(BUCKETS))
def test_a_picture_has_its_buckets_size_at_every_scale(bucket):
    width, height = BUCKETS[bucket]
    scene = world.sample(random.Random(2), FULL, bucket)
    assert scene.size == (width, height)
    assert world.draw(scene).shape == (height, width, 3)
    assert world.draw(scene, 0.5).shape == (height // 2, width // 2, 3)


def test_a_thing_is_drawn_within_its_extent():
    rng = random.Random(4)
    for name in (*rng.sample(sorted(FACES), 3), "car", "star", *CARRIERS):
        worn = ("top hat", "bow tie") if name in FACES else ()
        text = Text("HI") if name in CARRIERS else None
        thing = Thing(name, "blue" if name == "star" else None, 130, 150, 120, worn, text)
        changed = (world.draw(Scene("white", (thing,))) != 255).any(axis=-1)
        left, top, right, bottom = thing.extent
        assert changed[top:bottom, left:right].sum() > 500
        changed[max(0, top - 2) : bottom + 2, left - 2 : right + 2] = False
        assert not changed.any(), name


# ------------------------------------------------------------------------------------------------------------ placing


@pytest.mark.parametrize("bucket", list(BUCKETS))
def test_nothing_asked_for_is_cut_at_an_edge_or_hides_another_thing(bucket):
    width, height = BUCKETS[bucket]
    for scene in scenes(FULL, 400, bucket=bucket):
        assert scene.things
        for thing in scene.things:
            left, top, right, bottom = thing.extent
            assert left >= 0 <= top, scene
            assert right <= width, scene
            assert bottom <= height, scene
            assert (thing.x | thing.y | thing.side) % 2 == 0, scene  # whole pixels at half the size too
        assert all(world.apart(a, b) for a, b in combinations(scene.things, 2)), scene


@pytest.mark.parametrize("bucket", list(BUCKETS))
def test_what_a_layout_says_is_so(bucket):
    width, height = BUCKETS[bucket]
    found = Counter()
    for scene in scenes(FULL, 700, bucket=bucket):
        word, _, argument = scene.layout.partition(" ")
        found[word] += 1
        first, *others = scene.things
        if word == "relation":
            dx, dy = layouts.RELATIONS[argument]
            across, down = (first.x - others[0].x) * dx, (first.y - others[0].y) * dy
            assert across + down > 0.8 * first.side
            assert abs((first.x - others[0].x) * dy) + abs((first.y - others[0].y) * dx) <= 8
        elif word == "between":
            assert others[0].x < first.x < others[1].x
        elif word == "row":
            assert 2 <= len(scene.things) <= 5
            assert all(a.x < b.x for a, b in pairwise(scene.things))
        elif word == "count":
            assert len(scene.things) == int(argument)
            assert len({replace(thing, x=0, y=0) for thing in scene.things}) == 1
        elif word == "grid":
            rows, columns = (int(number) for number in argument.split("x"))
            assert len(scene.things) == rows * columns
            for i, thing in enumerate(scene.things):
                assert (thing.x * columns // width, thing.y * rows // height) == (i % columns, i // columns)
                assert thing.colour or thing.worn
            assert len({thing.name for thing in scene.things}) == rows * columns
        elif word == "place":
            across, down = layouts.PLACES[argument]
            assert abs(first.x - width * across) <= 12
            assert abs(first.y - height * down) <= 12
        else:
            assert not others
            assert abs(first.side - layouts.SIZES[argument] * min(width, height) / 256) <= 6
    assert set(found) == {"", "size", "place", "relation", "between", "row", "count", "grid"}


def test_two_things_are_also_taught_side_by_side_with_nothing_said_of_where():
    of_two = [s for s in scenes(SMALL, 1000) if s.layout == "row" and len(s.things) == 2]
    assert len(of_two) > 20
    for scene in of_two:
        left, right = scene.things
        assert left.x + 0.8 * left.side < right.x
        assert abs(left.y - right.y) <= 8
    without = replace(SMALL, layouts=tuple(layout for layout in SMALL.layouts if layout != "row"))
    assert not [s for s in scenes(without, 300) if s.layout == "row"]


def test_the_first_weights_placements_are_at_twice_their_pixels():
    square = BUCKETS["1:1"]
    assert [layouts.single(square, size) for size in ("small", "", "big")] == [
        (128, 134, 80),
        (128, 140, 152),
        (128, 144, 208),
    ]
    assert layouts.at(square, "in the top left corner") == (64, 64, 100)
    assert layouts.at(square, "at the bottom") == (128, 192, 100)
    assert layouts.related(square, "to the left of") == ((68, 136, 108), (188, 136, 108))
    assert layouts.related(square, "above") == ((128, 74, 100), (128, 198, 100))
    assert layouts.row(square, 3) == ((46, 132, 78), (128, 132, 78), (210, 132, 78))


def test_a_number_of_things_has_one_arrangement():
    reach = replace(bare(FULL), layouts=("count 5",))
    assert len({tuple((t.x, t.y, t.side) for t in scene.things) for scene in scenes(reach, 20)}) == 1


# -------------------------------------------------------------------------------------------------------------- looks


def test_colours_stand_out_from_their_background():
    for scene in scenes(FULL, 300):
        if scene.background in SCENES:
            continue
        grounds = scene.background.removeprefix("gradient ").split() if " " in scene.background else [scene.background]
        for thing in scene.things:
            for ground in grounds if thing.colour else []:
                difference = np.abs(np.subtract(rgb(thing.colour), rgb(ground)))
                assert difference.max() >= 48, scene


def test_shapes_are_not_rare_among_many_things():
    for reach in (SMALL, FULL):
        seen = [scene for scene in scenes(reach, 1000) if not scene.layout.startswith("grid")]
        share = sum(any(thing.name in SHAPES for thing in scene.things) for scene in seen) / len(seen)
        assert share > 0.09


def test_at_most_one_thing_is_worn_in_each_place():
    found = Counter()
    for scene in scenes(FULL, 600):
        for thing in scene.things:
            places = [looks.slot(item) for item in thing.worn]
            assert len(set(places)) == len(places)
            assert places == sorted(places, key=("hat", "eye", "neck").index)
            found.update(places)
    assert set(found) == {"hat", "eye", "neck"}


def test_texts_are_of_every_length_and_large_enough_to_read():
    reaches = [replace(bare(FULL), layouts=(layout,)) for layout in ("", "size huge", "place on the left")]
    seen = [scene for reach in reaches for scene in scenes(reach, 900)]
    signs = [thing for scene in seen for thing in scene.things if thing.text]
    latin = [(sign.text.words, sign) for sign in signs if sign.text.font != "hei"]
    chinese = [(sign.text.words, sign) for sign in signs if sign.text.font == "hei"]
    assert {len(words) for words, _ in latin} == set(range(1, 25))
    assert {len(words) for words, _ in chinese} == {1, 2, 3, 4}
    assert all(set(words) <= set(FULL.letters) for words, _ in latin)
    assert min(writing.letter_height(sign) for _, sign in latin) >= 12  # as painted, whatever carries them
    assert min(writing.letter_height(sign) for _, sign in chinese) >= 32
    assert len({sign.text.font for sign in signs}) == len(FULL.fonts)
    assert {sign.name for sign in signs} == set(CARRIERS)
    carrying = sum(any(t.text for t in scene.things) for scene in scenes(bare(FULL), 1000, seed=3)) / 1000
    assert 0.15 < carrying < 0.4


def test_the_ink_can_be_told_from_what_it_is_on():
    def light(colour):
        return np.dot(rgb(colour), (0.299, 0.587, 0.114))

    for scene in scenes(bare(FULL), 600):
        for thing in scene.things:
            if thing.text:
                assert abs(light(thing.text.ink) - light(thing.colour or "beige")) >= 90


# -------------------------------------------------------------------------------------------------------------- reach


@pytest.mark.parametrize("reach", [SMALL, Reach.from_card(FIRST_CARD)], ids=["small", "first"])
def test_a_scene_holds_nothing_that_is_not_taught(reach):
    for scene in scenes(reach, 600):
        assert scene.layout in reach.layouts
        assert scene.bucket == "1:1"
        assert scene.style in {"", *reach.styles}
        assert set(scene.overlay) <= set(reach.overlays)
        background = scene.background
        assert background in {*reach.colours, *reach.scenes} or (reach.hex and background.startswith("#"))
        for thing in scene.things:
            assert thing.name in reach.names
            assert set(thing.worn) <= set(reach.worn)
            assert thing.colour is None or thing.colour in (reach.fills if thing.name in SHAPES else reach.hues)
            if thing.text:
                assert len(thing.text.words) <= reach.text
                assert set(thing.text.words) <= set(reach.letters)
        assert len(scene.things) <= reach.most


def test_everything_that_is_taught_is_seen():
    for reach, count in ((SMALL, 6000), (Reach.from_card(FIRST_CARD), 1500)):
        seen = scenes(reach, count)
        assert {scene.layout for scene in seen} == set(reach.layouts)
        assert {thing.name for scene in seen for thing in scene.things} == set(reach.names)
        assert {item for scene in seen for thing in scene.things for item in thing.worn} == set(reach.worn)
        assert {*reach.colours, *reach.scenes} <= {scene.background for scene in seen}


def test_the_full_world_is_as_wide_as_it_says():
    assert len([name for name in FULL.names if name not in SHAPES and name not in CARRIERS]) >= 225
    assert set(FULL.names) == set(NAMES)
    assert set(SMALL.names) < set(FULL.names)
    assert len(set(SMALL.names)) == len(SMALL.names) >= 60
    assert FULL.edits == EDITS
    assert FULL.references == REFERENCES
    assert FULL.buckets == tuple(BUCKETS)
    assert (FULL.text, FULL.hanzi, FULL.most, FULL.talks) == (24, 4, 6, 10)


@pytest.mark.parametrize("reach", [SMALL, FULL], ids=["small", "full"])
def test_a_card_holds_all_that_its_model_was_taught(reach):
    card = json.loads(json.dumps({"vocabulary": reach.as_card()}))
    assert all(isinstance(word, str) for words in card["vocabulary"].values() for word in words)
    assert Reach.from_card(card) == Reach.from_card(card["vocabulary"]) == reach
    assert {"cat", "robot"} <= set(card["vocabulary"]["things"])
    assert {"kitten", "hat", "bowtie"} <= set(card["vocabulary"]["synonyms"])
    assert {"猫", "皇冠"} <= set(card["vocabulary"]["chinese"])


def test_a_reach_crosses_to_worker_processes():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        there = workers.submit(world.sample, random.Random(5), SMALL).result()
    assert there == world.sample(random.Random(5), SMALL)


def test_the_packaged_card_tells_what_the_packaged_weights_know():
    reach = Reach.from_card(miniature.card())
    assert {"cat", "star"} <= set(reach.names)
    assert world.sample(random.Random(1), reach).things[0].name in reach.names


def test_a_card_without_the_newer_lists_is_that_of_the_first_weights():
    reach = Reach.from_card(FIRST_CARD)
    assert reach.hues == reach.fills == ("red", "yellow", "blue")
    assert reach.languages == ("en",)
    assert "place in the middle" not in reach.layouts
    assert not any(layout.startswith(("count", "grid", "between")) for layout in reach.layouts)
    assert (reach.text, reach.hanzi, reach.most, reach.hex) == (0, 0, 3, True)


def test_a_card_of_another_world_is_refused_with_what_is_strange_in_it():
    strange = {**FIRST_CARD["vocabulary"], "things": ["cat", "gryphon"], "limits": ["wings 2"]}
    with pytest.raises(ValueError, match=r"wings, gryphon.*another version"):
        Reach.from_card({"vocabulary": strange})


def test_things_are_asked_for_one_at_a_time_where_no_more_are_taught():
    assert {len(scene.things) for scene in scenes(replace(SMALL, most=1), 200)} == {1}
    with pytest.raises(ValueError, match="at most 1 of"):
        world.sample(random.Random(1), replace(SMALL, most=1, layouts=("row",)))


def test_an_unknown_shape_of_canvas_is_refused():
    with pytest.raises(ValueError, match=r"'4:3'.*1:1, 3:2"):
        world.sample(random.Random(1), FULL, "4:3")


def test_a_grid_without_clothes_is_filled_with_what_has_colours():
    reach = replace(SMALL, worn=(), layouts=("grid 4x4",))
    for scene in scenes(reach, 20):
        assert all(thing.colour and not thing.worn for thing in scene.things)


# -------------------------------------------------------------------------------------------------------- holding out


def test_training_never_sees_what_is_held_out():
    rng = random.Random(11)
    for _ in range(300):
        assert not world.is_held_out(world.sample_scene(rng))
        assert world.is_held_out(world.sample_scene(rng, wanted=True))


def test_one_combination_in_ten_is_held_out():
    pairs = [(name, colour) for name in NAMES for colour in COLOURS]
    assert 0.07 < sum(world.held_out(*pair) for pair in pairs) / len(pairs) < 0.13


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (Scene("red", (Thing("cat", None, 64, 64, 50, ("crown",)),)), {("cat", "crown"), ("cat", "red")}),
        (Scene("#123456", (Thing("car", "blue", 64, 64, 50),)), {("car", "blue")}),
        (Scene("snow", (Thing("star", "blue", 64, 64, 50),), style="oil"), {("star", "snow"), ("star", "oil")}),
        (
            Scene("#123456", (Thing("cat", None, 9, 9, 9), Thing("dog", None, 9, 9, 9)), "relation above"),
            {("cat", "above", "dog"), ("dog", "below", "cat")},
        ),
        (
            Scene("#123456", (Thing("cat", None, 9, 9, 9), Thing("dog", None, 99, 9, 9)), "row"),
            {
                ("cat", "row", "dog"),
                ("dog", "row", "cat"),
                ("cat", "to the left of", "dog"),
                ("dog", "to the right of", "cat"),
            },
        ),
        (
            Scene("#123456", (Thing("cat", None, 9, 9, 9), Thing("cat", None, 40, 9, 9)), "count 2"),
            {("cat", "count 2")},
        ),
        (Scene("red", (Thing("car", "blue", 9, 9, 9), Thing("cat", None, 9, 9, 9)), "grid 1x2"), {("car", "blue")}),
        (Scene("#123456", (Thing("sign", None, 9, 9, 9, (), Text("Hello")),)), {("text", "hello")}),
    ],
)
def test_what_a_scene_combines_is_named(scene, expected):
    assert set(world.combinations(scene)) == expected


def test_what_the_first_weights_never_saw_is_still_held_out():
    cat, dog, frog = (Thing(name, None, 128, 140, 152) for name in ("cat", "dog", "frog"))
    assert world.is_held_out(Scene("white", (frog,)))
    assert world.is_held_out(Scene("beach", (replace(cat, name="lion"),)))
    assert world.is_held_out(Scene("#123456", (cat, dog), "relation above"))
    assert world.is_held_out(Scene("#123456", (replace(frog, worn=("top hat", "glasses")),)))
    assert not world.is_held_out(Scene("#123456", (cat, frog), "relation above"))
