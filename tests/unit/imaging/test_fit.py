"""What a fit promises: nothing is resampled where it need not be, and the way back is exact."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.fit import Fit, extended, margins
from pochade.sizes import SizeRule

LARGE = SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=1024**2)
ONLY = SizeRule(default=(128, 128), multiple=16, min_side=128, max_side=128, max_pixels=128**2)


def noise(size, mode="RGB", seed=0):
    shape = (size[1], size[0], len(mode))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


@settings(max_examples=80, deadline=None)
@given(
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)),
    multiple=st.sampled_from([1, 8, 16, 28, 64]),
    low=st.integers(1, 100),
    high=st.integers(100, 500),
    share=st.floats(0.3, 1),
    mode=st.sampled_from(["RGB", "RGBA"]),
)
def test_every_picture_is_worked_on_at_a_size_that_the_model_takes_and_comes_back(
    size, multiple, low, high, share, mode
):
    assume(max(size) <= 8 * min(size))
    shortest, longest = -(-low // multiple) * multiple, high // multiple * multiple
    assume(shortest <= longest)
    rule = SizeRule((longest, longest), multiple, low, high, max(shortest**2, int(share * longest**2)))
    picture = noise(size, mode)
    try:
        fit = Fit.plan(size, rule)
    except ImageError as error:
        assert "too narrow" in str(error)  # noqa: PT017 - either outcome is right, for shapes of its own
        return
    work = fit.enter(picture)
    assert work.size == fit.work
    assert all(side % multiple == 0 and rule.min_side <= side <= rule.max_side for side in fit.work)
    assert math.prod(fit.work) <= rule.max_pixels
    back = fit.leave(work)
    assert (back.size, back.mode) == (size, mode)
    assert (fit.note is None) == (fit.inner == size)
    if not fit.scaled:
        assert back.tobytes() == picture.tobytes()


@pytest.mark.parametrize(
    ("size", "work"),
    [
        ((1024, 1024), (1024, 1024)),
        ((1000, 700), (1008, 704)),
        ((1, 1), (64, 64)),
        ((50, 64), (64, 64)),
        ((33, 256), (64, 256)),
    ],
)
def test_a_picture_within_the_limits_gets_the_next_larger_size(size, work):
    assert Fit.plan(size, LARGE).work == work


def test_a_size_that_the_model_takes_goes_in_as_it_is():
    picture = noise((256, 128))
    fit = Fit.plan(picture.size, LARGE)
    assert (fit.work, fit.scaled, fit.note) == ((256, 128), False, None)
    assert fit.enter(picture).tobytes() == picture.tobytes()


def test_the_rim_continues_the_picture_instead_of_framing_it():
    fit = Fit.plan((100, 90), LARGE)
    assert (fit.work, fit.offset) == ((112, 96), (6, 3))
    canvas = np.asarray(fit.enter(noise((100, 90))))
    assert np.array_equal(canvas[:, 5::-1], canvas[:, 6:12])
    assert np.array_equal(canvas[2::-1], canvas[3:6])


@pytest.mark.parametrize("size", [(4000, 3000), (1025, 1025), (3000, 400), (20, 33)])
def test_beyond_the_limits_a_copy_is_scaled_evenly_and_the_note_says_so(size):
    fit = Fit.plan(size, LARGE)
    across, down = fit.inner[0] / size[0], fit.inner[1] / size[1]
    assert abs(across - down) * max(size) <= 1  # no more than rounding to whole pixels
    assert f"copy of {fit.inner[0]}×{fit.inner[1]}" in fit.note
    assert "brought back" in fit.note


def test_a_scaled_copy_lies_where_it_came_from():
    ramp = np.linspace(0, 255, 600, dtype=np.uint8)[None, :].repeat(400, axis=0)
    picture = Image.fromarray(ramp).convert("RGB")
    fit = Fit.plan(picture.size, ONLY)
    back = np.asarray(fit.leave(fit.enter(picture))).astype(int)
    assert np.abs(back - np.asarray(picture)).max() <= 3


@pytest.mark.parametrize(("size", "inner"), [((128, 96), (128, 96)), ((300, 200), (128, 85)), ((20, 20), (128, 128))])
def test_a_model_of_one_size_works_on_any_size(size, inner):
    fit = Fit.plan(size, ONLY)
    assert (fit.work, fit.inner) == ((128, 128), inner)


@pytest.mark.parametrize(("rule", "size"), [(LARGE, (901, 100)), (ONLY, (700, 100))])
def test_what_is_too_narrow_is_refused_with_its_shape(rule, size):
    with pytest.raises(ImageError, match=f"{size[0]}×{size[1]} is .*:1.*[Cc]rop it"):
        Fit.plan(size, rule)


def test_the_rim_is_never_masked():
    fit = Fit.plan((100, 90), LARGE)
    mask = np.asarray(fit.enter_mask(Image.new("L", (100, 90), 255)))
    assert mask.sum() == 255 * 100 * 90
    assert (mask[3:93, 6:106] == 255).all()


def test_a_thin_stroke_is_not_lost_when_its_mask_is_made_smaller():
    mask = Image.new("L", (1000, 1000))
    mask.paste(200, (499, 0, 500, 1000))
    small = np.asarray(Fit.plan(mask.size, ONLY).enter_mask(mask))
    assert (small.max(axis=1) == 200).all()


def test_other_sizes_than_planned_for_are_refused():
    fit = Fit.plan((100, 90), LARGE)
    with pytest.raises(ImageError, match="The picture is 90×100, and 100×90 was planned"):
        fit.enter(noise((90, 100)))
    with pytest.raises(ImageError, match="The mask is 90×100"):
        fit.enter_mask(Image.new("L", (90, 100)))
    with pytest.raises(ImageError, match="The answer is 100×90, and 112×96 was planned"):
        fit.leave(noise((100, 90)))


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [
        ((100, 100), "16:9", (39, 0, 39, 0)),
        ((100, 100), "9:16", (0, 39, 0, 39)),
        ((99, 50), "2:1", (0, 0, 1, 0)),
        ((1920, 1080), " 4 : 3 ", (0, 180, 0, 180)),
        ((100, 200), "1.5:1", (100, 0, 100, 0)),
    ],
)
def test_a_new_shape_is_reached_by_growing_about_the_middle(size, ratio, expected):
    assert margins(size, ratio) == expected


@pytest.mark.parametrize("ratio", ["16x9", "0:1", "wide", "", "-1:2"])
def test_a_shape_that_is_none_is_refused_with_an_example(ratio):
    with pytest.raises(ImageError, match="such as '16:9'"):
        margins((100, 100), ratio)


def test_a_picture_that_has_the_shape_is_not_extended():
    with pytest.raises(ImageError, match="192×108, which is 16:9 already"):
        margins((192, 108), "16:9")


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    rim=st.tuples(*[st.integers(0, 90)] * 4).filter(any),
    mode=st.sampled_from(["RGB", "RGBA"]),
)
def test_outpainting_touches_no_pixel_of_the_picture_and_masks_exactly_the_rest(size, rim, mode):
    picture = noise(size, mode)
    canvas, mask = extended(picture, rim)
    left, top, right, bottom = rim
    assert canvas.mode == mode
    assert canvas.size == mask.size == (size[0] + left + right, size[1] + top + bottom)
    box = (left, top, left + size[0], top + size[1])
    assert canvas.crop(box).tobytes() == picture.tobytes()
    assert mask.crop(box).getextrema() == (0, 0)
    assert np.count_nonzero(np.asarray(mask) == 255) == canvas.width * canvas.height - size[0] * size[1]


def test_the_new_area_begins_like_the_picture_and_ends_in_a_blur_of_it():
    lines = np.zeros((128, 128, 3), np.uint8)
    lines[:, ::4] = (200, 160, 120)
    canvas = np.asarray(extended(Image.fromarray(lines), (0, 0, 0, 200))[0]).astype(int)
    assert np.abs(canvas[128] - canvas[127]).max() <= 50
    assert canvas[-1].std(axis=0).max() < 8
    assert np.abs(canvas[-1].mean(axis=0) - lines.mean(axis=(0, 1))).max() < 6


def test_hidden_colours_are_not_smeared_into_the_new_area():
    picture = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    picture.paste((200, 0, 0, 255), (0, 0, 64, 48))
    canvas = np.asarray(extended(picture, (0, 0, 64, 0))[0])
    seen = canvas[canvas[..., 3] > 128]
    assert seen[:, 1].max() <= 2


@pytest.mark.parametrize(
    "rim", [(0, 0, 0, 0), (-1, 0, 5, 0), (1, 2, 3), (1.5, 0, 0, 0), ("1", 0, 0, 0), "abcd", (1, 2, 3, 4, 5), None]
)
def test_margins_that_cannot_be_meant_are_refused(rim):
    with pytest.raises(ImageError, match=r"\(left, top, right, bottom\), whole pixels"):
        extended(noise((8, 8)), rim)


def test_a_canvas_of_too_many_pixels_is_refused_before_it_is_made():
    with pytest.raises(ImageError, match="at most 50,000,000"):
        extended(noise((8, 8)), (10_000, 10_000, 0, 0))
