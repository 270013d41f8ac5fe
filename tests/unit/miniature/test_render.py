"""The painter paints what a scene says, the same in every batch, and no paste touches what it does not cover."""

import pickle
import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from PIL import Image

from pochade.miniature.drawing import atlas, layers, render, scenery, styles, writing
from pochade.miniature.drawing.render import Renderer, truth
from pochade.miniature.wordbook import (
    CARRIERS,
    COLOURS,
    FACES,
    FONTS,
    HANZI,
    LETTERS,
    NAMES,
    OVERLAYS,
    SCENES,
    STYLES,
    WORDS,
    WORDS_ZH,
    WORN,
    worn_place,
)
from pochade.miniature.world import BUCKETS, FULL, Scene, Text, Thing, sample

CAT = Thing("cat", None, 128, 140, 120)
SCALES = (1.0, 0.5)


@pytest.fixture(scope="module")
def renderers():
    return {scale: Renderer("cpu", scale) for scale in SCALES}


@pytest.fixture(scope="module")
def painted(renderers):
    """Paints one scene: RGB, ``(H, W, 3)``, int."""

    def paint(scene, scale=1.0):
        renderer = renderers[scale]
        picture = renderer.paint([renderer.compose(scene)])[0]
        return ((picture + 1) * 127.5).round().int().permute(1, 2, 0).numpy()

    return paint


@pytest.fixture(scope="module")
def scenes():
    rng = random.Random(3)
    found = [sample(rng, FULL, "1:1") for _ in range(60)]
    return found + [replace(found[i], style=style) for i, style in enumerate(STYLES)]


def likeness(first, second):
    """Peak signal-to-noise ratio of two pictures of 0 to 255, decibels."""
    error = ((np.asarray(first, float) - np.asarray(second, float)) ** 2).mean()
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


# --------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("scale", SCALES)
def test_a_picture_does_not_depend_on_the_batch_it_is_painted_in(renderers, scenes, scale):
    renderer = renderers[scale]
    composed = [renderer.compose(scene) for scene in scenes]
    together = renderer.paint(composed)
    assert torch.equal(renderer.paint(composed[::-1]).flip(0), together)
    for index in range(0, len(composed), 7):
        assert torch.equal(renderer.paint(composed[index : index + 1])[0], together[index])


def test_a_picture_does_not_depend_on_what_was_painted_before(renderers, scenes):
    fresh = Renderer("cpu", 0.5, names=["cat"])
    some = [fresh.compose(scene) for scene in scenes[::-1][:20]]
    assert torch.equal(fresh.paint(some), renderers[0.5].paint(some))


def test_a_picture_does_not_depend_on_the_windows_that_its_pastes_are_grouped_in(renderers, scenes):
    coarse = Renderer("cpu", 0.5)
    coarse._windows = render._FEW  # as on an accelerator
    composed = [coarse.compose(scene) for scene in scenes]
    assert torch.equal(coarse.paint(composed), renderers[0.5].paint(composed))


def test_composed_scenes_cross_between_processes(renderers, scenes):
    composed = [renderers[0.5].compose(scene) for scene in scenes[:10]]
    sent = pickle.dumps(composed)
    assert len(sent) < 10 * 4000
    assert torch.equal(renderers[0.5].paint(pickle.loads(sent)), renderers[0.5].paint(composed))  # noqa: S301


def test_no_two_pastes_of_a_round_touch(renderers, scenes):
    for scene in scenes:
        rows = renderers[1.0].compose(scene).pastes
        for one, other in combinations(rows, 2):
            if one[layers.ROUND] == other[layers.ROUND]:
                assert not layers._touch(
                    layers._around([one[layers.LEFT : layers.RED]]), layers._around([other[layers.LEFT : layers.RED]])
                )


def test_pictures_of_different_sizes_are_refused(renderers):
    composed = [renderers[1.0].compose(Scene("red", (), bucket=bucket)) for bucket in ("1:1", "3:1")]
    with pytest.raises(ValueError, match="have one size"):
        renderers[1.0].paint(composed)
    with pytest.raises(ValueError, match="none"):
        renderers[1.0].paint([])


# ----------------------------------------------------------------------------------------------------- backgrounds


def test_plain_backgrounds_are_exactly_their_colour(painted):
    for name, rgb in (*COLOURS.items(), ("#1e90ff", (30, 144, 255))):
        assert (painted(Scene(name, ())) == rgb).all()


def test_a_gradient_goes_from_the_colour_above_to_the_colour_below(painted):
    picture = painted(Scene("gradient navy #ffd700", (), bucket="2:3"))
    assert (picture[0] == COLOURS["navy"]).all()
    assert (picture[-1] == (255, 215, 0)).all()
    assert (np.diff(picture[:, 0, 0]) >= 0).all()


@pytest.mark.parametrize("scale", SCALES)
def test_every_landscape_fills_every_shape_and_is_like_no_other(painted, scale):
    for bucket, (width, height) in BUCKETS.items():
        drawn = {name: painted(Scene(name, (), bucket=bucket), scale) for name in SCENES}
        assert {picture.shape for picture in drawn.values()} == {(height * scale, width * scale, 3)}
        for one, other in combinations(drawn, 2):
            assert likeness(drawn[one], drawn[other]) < 20, (bucket, one, other)


# ---------------------------------------------------------------------------------------------------------- things


def test_everything_that_can_be_pasted_is_drawn():
    catalogue = layers.catalogue()
    empty = [key for n, key in enumerate(catalogue.keys) if not (catalogue.picture(n)[..., 3] > 128).any()]
    assert empty == []
    assert len(catalogue.number) == len(catalogue.keys)


@pytest.mark.parametrize("side", [40, 64, 90, 128, 152, 200])
@pytest.mark.parametrize("scale", SCALES)
def test_things_are_as_sharp_as_when_resized_by_a_picture_library(painted, side, scale):
    found = []
    for name in NAMES[:40:4]:
        picture = painted(Scene("teal", (Thing(name, None, 128, 128, side),)), scale)
        length = round(side * scale)
        sprite = atlas.full_sprite(name).resize((length, length), Image.Resampling.LANCZOS)
        true = Image.new("RGB", (picture.shape[1], picture.shape[0]), COLOURS["teal"])
        place = round((128 - side // 2) * scale)
        true.paste(sprite, (place, place), sprite)
        box = slice(place, place + length)
        found.append(likeness(picture[box, box], np.asarray(true)[box, box]))
    assert min(found) > 26
    assert np.mean(found) > 30


def test_shapes_take_any_colour_exactly(painted):
    for colour, rgb in (("lime", COLOURS["lime"]), ("#123456", (0x12, 0x34, 0x56))):
        picture = painted(Scene("white", (Thing("square", colour, 128, 128, 100),)))
        assert (picture[100:156, 100:156] == rgb).all()


def test_later_things_lie_over_earlier_ones(painted):
    below, above = Thing("square", "red", 120, 128, 100), Thing("square", "blue", 150, 128, 100)
    assert (painted(Scene("white", (below, above)))[128, 135] == COLOURS["blue"]).all()
    assert (painted(Scene("white", (above, below)))[128, 135] == COLOURS["red"]).all()


def test_what_reaches_beyond_the_edge_is_cut_there(renderers):
    corner = Scene("white", (Thing("square", "red", 250, 128, 60), Thing("square", "red", 10, 4, 60)))
    renderer = renderers[1.0]
    plain, cut, after = renderer.paint([renderer.compose(s) for s in (Scene("white", ()), corner, Scene("white", ()))])
    assert (plain == 1).all()
    assert (after == 1).all()
    assert (cut[1:, 100:160, :200] == 1).all()
    assert (cut[1, 110:146, 230:] < 0).all()


def test_nothing_moves_for_a_hat_and_nothing_else_changes(painted):
    for wearer in sorted(FACES):
        for item in WORN:
            thing = Thing(wearer, None, 128, 150, 120)
            bare = painted(Scene("teal", (thing,)))
            dressed = painted(Scene("teal", (replace(thing, worn=(item.name,)),)))
            rows, columns = np.nonzero((bare != dressed).any(2))
            assert len(rows) > 60, (wearer, item.name)
            x, y, wide, high = worn_place(wearer, item.name)
            assert columns.min() >= 68 + x * 120 - 1
            assert columns.max() <= 68 + (x + wide) * 120 + 1
            assert rows.min() >= 90 + y * 120 - 1
            assert rows.max() <= 90 + (y + high) * 120 + 1


def test_half_the_scale_is_the_same_picture(painted, scenes):
    """Styles draw strokes whose ends fall otherwise; without them, half a picture is the picture at half the size."""
    worst = []
    for scene in scenes[:40]:
        full = painted(replace(scene, style=""))
        half = full.reshape(128, 2, 128, 2, 3).mean((1, 3))
        worst.append(likeness(half, painted(replace(scene, style=""), 0.5)))
    assert np.median(worst) > 30
    assert min(worst) > 20


# --------------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("scale", SCALES)
def test_all_words_fit_their_signs_and_no_two_letters_share_a_pixel(scale):
    rng = random.Random(8)
    for carrier in CARRIERS:
        for words in rng.sample(WORDS, 40) + rng.sample(WORDS_ZH, 20):
            thing = Thing(carrier, None, 128, 128, 200, text=Text(words, rng.choice(FONTS)))
            left, top, wide, high = (side * scale for side in writing.carrier_box(thing))
            boxes = [each.ink for each in writing.placed(thing, scale)]
            assert [character for _, character, _ in layers.lettering(thing, scale)] == list(words.replace(" ", ""))
            assert min(box[0] for box in boxes) >= left - 1
            assert max(box[0] + box[2] for box in boxes) <= left + wide + 1
            height = layers.letter_height(thing, scale)
            assert 0 < height <= high
            assert min(box[1] for box in boxes) >= top - 1
            assert max(box[1] + box[3] for box in boxes) <= top + high + 1
            for one, other in combinations(boxes, 2):
                assert not layers._touch(layers._around([one]), layers._around([other]))


@pytest.mark.parametrize("words", ["HELLO", "Happy Birthday", "生日快乐"])
def test_writing_changes_only_the_area_for_writing(painted, words):
    for carrier in CARRIERS:
        thing = Thing(carrier, "yellow", 128, 128, 220)
        blank = painted(Scene("blue", (thing,)))
        written = painted(Scene("blue", (replace(thing, text=Text(words, "sans", "red")),)))
        rows, columns = np.nonzero((blank != written).any(2))
        left, top, wide, high = writing.carrier_box(thing)
        x0, y0, x1, y1 = scenery.WRITING[carrier]
        assert len(rows) > 200
        assert columns.min() >= left + x0 * wide - 1
        assert columns.max() <= left + x1 * wide + 1
        assert rows.min() >= top + y0 * high - 2
        assert rows.max() <= top + y1 * high + 2
        inked = (np.abs(written - COLOURS["red"]).max(2) < 30) & (blank == COLOURS["yellow"]).all(2)
        assert inked.sum() > 50


def test_a_larger_sign_has_larger_letters_and_shorter_words_have_too():
    def height(words, side, scale=1.0):
        return layers.letter_height(Thing("sign", None, 128, 128, side, text=Text(words)), scale)

    assert height("HELLO", 200) > 1.5 * height("HELLO", 100)
    assert height("OK", 200) > height("Speed limit 30 km/h", 200) > 10
    assert height("HELLO", 200, 0.5) == pytest.approx(height("HELLO", 200) / 2, rel=0.08)
    assert height("", 200) == 0


# ------------------------------------------------------------------------------------------ styles, game interface


@pytest.mark.parametrize("scale", SCALES)
def test_styles_are_told_from_each_other_on_any_background(painted, scale):
    for background in ("white", "black", "red", "meadow", "night sky"):
        scene = Scene(background, (CAT, Thing("heart", "blue", 210, 60, 70)))
        drawn = {style: painted(replace(scene, style=style), scale) for style in ("", *STYLES)}
        for one, other in combinations(drawn, 2):
            assert likeness(drawn[one], drawn[other]) < 36, (background, one, other)


@pytest.mark.parametrize("style", STYLES)
def test_a_style_leaves_alone_what_is_far_from_a_change(painted, style):
    first = Scene("meadow", (Thing("apple", None, 60, 60, 70),), style=style)
    second = replace(first, things=(*first.things, Thing("dog", None, 190, 190, 70)))
    before, after = painted(first), painted(second)
    assert (before[:130, :130] == after[:130, :130]).all()
    assert (before != after).any()


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_game_interface_lies_over_the_style_and_inside_its_boxes(painted, bucket):
    scene = Scene("forest", (), bucket=bucket)
    width, height = scene.size
    game = tuple(OVERLAYS)
    before, after = painted(scene), painted(replace(scene, overlay=game))
    night = painted(replace(scene, overlay=game, style="night"))
    inside = np.zeros((height, width), bool)
    for name in OVERLAYS:
        left, top, wide, high = scenery.overlay_box(name, width, height)
        assert not inside[top : top + high, left : left + wide].any()
        assert left >= 4
        assert top >= 4
        assert left + wide <= width - 4
        assert top + high <= height - 4
        inside[top : top + high, left : left + wide] = True
        middle = slice(top + high // 4, top + 3 * high // 4), slice(left + wide // 8, left + wide // 4)
        assert (night[middle] == after[middle]).mean() > 0.6
    assert ((before != after).any(2) <= inside).all()


def test_styles_hold_on_every_shape_and_size():
    for size in ((80, 224), (256, 256), (50, 70)):
        pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
        for style in STYLES:
            for scale in (1.0, 0.5, 0.25):
                styled = styles.apply(style, pictures, scale)
                assert styled.shape == pictures.shape
                assert styled.isfinite().all()


# ----------------------------------------------------------------------------------------------------------- truth


def test_the_truth_names_what_each_token_shows():
    sign = Thing("sign", None, 128, 60, 240, text=Text("I", "bold"))
    grid = truth(Scene("red", (sign, Thing("cat", None, 64, 200, 80)), bucket="1:1"), 16, 16)
    assert grid[12, 4] == 1 + NAMES.index("cat")
    assert grid[15, 15] == 0
    assert grid[1, 2] == 1 + NAMES.index("sign")
    assert 1 + len(NAMES) + LETTERS.index("I") in grid
    assert 1 + len(NAMES) + len(LETTERS) + HANZI.index("福") in truth(
        Scene("red", (replace(sign, text=Text("福", "hei")),)), 16, 16
    )


def test_the_truth_counts_untaught_things_as_background_and_follows_the_shape():
    scene = Scene("red", (CAT, Thing("dog", None, 40, 40, 60)), bucket="3:2")
    grid = truth(scene, 14, 20, ("dog",))
    assert grid.shape == (14, 20)
    assert set(np.unique(grid)) == {0, 1}


# ------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("scene", "says"),
    [
        (Scene("blurple", ()), "'blurple' is no colour"),
        (Scene("#12345g", ()), "'#12345g' is no colour"),
        (Scene("red", (), style="baroque"), "no style called 'baroque'"),
        (Scene("red", (replace(CAT, name="gryphon"),)), "no drawing of 'gryphon'"),
        (Scene("red", (replace(CAT, colour="blue"),)), "a cat cannot be blue"),
        (Scene("red", (Thing("sign", None, 128, 128, 200, text=Text("naïve")),)), "cannot write 'ï'"),
        (Scene("red", (Thing("apple", None, 128, 128, 100, ("crown",)),)), "apple wears nothing"),
    ],
)
def test_what_cannot_be_painted_is_named(renderers, scene, says):
    with pytest.raises(ValueError, match=says):
        renderers[1.0].compose(scene)


def test_unknown_landscapes_and_styles_are_named():
    with pytest.raises(ValueError, match="no landscape called 'desert'"):
        scenery.landscape("desert", 64, 64)
    with pytest.raises(ValueError, match="no style called 'cubist'"):
        styles.apply("cubist", torch.zeros(1, 3, 8, 8))
