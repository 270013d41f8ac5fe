"""What alignment promises: a twentieth of a pixel where a picture moved, and no motion where it cannot tell."""

import math

import editor
import numpy as np
import pytest
from PIL import Image, ImageDraw

from pochade.errors import ImageError
from pochade.imaging.align import STILL, Motion, align, undo

SIDE = 512


@pytest.fixture(scope="module", params=[3, 4])
def photo(request):
    return editor.photo(request.param, (SIDE, SIDE))


def a_third_replaced(picture, seed):
    other = editor.photo(seed, picture.size)
    left = picture.width // 3
    result = picture.copy()
    result.paste(other.crop((left, 0, 2 * left, picture.height)), (left, 0))
    return result


@pytest.mark.parametrize(
    ("shift", "zoom"),
    [((0.4, -0.3), 1.0), ((-7.6, 7.9), 1.0), ((2.3, -5.1), 1.03), ((-3.7, 1.2), 0.97), ((0, 0), 1.004)],
)
def test_shift_and_zoom_are_measured_to_a_twentieth_of_a_pixel_though_a_third_really_changed(photo, shift, zoom):
    ideal = a_third_replaced(photo, 77)
    answer = editor.repaint(ideal, editor.Habits(shift, zoom, decibels=31, drift=(3, -2, 1)), seed=1)
    found = align(photo, answer)
    assert math.dist(found[:2], shift) <= 0.05
    assert abs(found.zoom - zoom) * SIDE / 2 <= 0.1  # at the edges


@pytest.mark.parametrize("size", [(1024, 1024), (900, 300), (257, 301)])
def test_pictures_of_other_sizes_and_shapes_are_aligned_as_well(size):
    picture = editor.photo(5, size)
    found = align(picture, editor.repaint(picture, editor.Habits((3.3, -2.7), 1.01, jpeg=85), seed=2))
    assert math.dist(found[:2], (3.3, -2.7)) <= 0.05
    assert abs(found.zoom - 1.01) * max(size) / 2 <= 0.15


@pytest.mark.parametrize("decibels", [28, 34])
def test_noise_alone_is_no_motion(photo, decibels):
    assert align(photo, editor.repaint(photo, editor.Habits(decibels=decibels), seed=3)) == STILL


def test_a_motion_too_small_to_matter_is_none(photo):
    assert align(photo, editor.moved(photo, (0.02, 0.02), 1.0)) == STILL


def test_another_picture_has_not_moved(photo):
    assert align(photo, editor.photo(99, photo.size)) == STILL


def test_a_thing_that_moved_on_even_ground_is_not_the_picture_that_moved():
    pictures = [Image.new("RGB", (256, 256), (60, 110, 220)) for _ in range(2)]
    for picture, x in zip(pictures, (60, 66), strict=True):
        pen = ImageDraw.Draw(picture)
        pen.ellipse((x, 60, x + 120, 180), fill=(250, 190, 30))
        pen.ellipse((x + 30, 90, x + 45, 110), fill=(0, 0, 0))
    assert align(*pictures) == STILL


def test_a_thing_that_moved_in_a_photo_is_not_the_picture_that_moved(photo):
    moved = photo.copy()
    moved.paste(photo.crop((150, 150, 350, 350)), (156, 153))
    assert align(photo, moved) == STILL


def test_a_motion_along_stripes_cannot_be_seen_and_is_not_made_up():
    rows = np.random.default_rng(0).integers(0, 256, (256, 1, 1), dtype=np.uint8)
    stripes = Image.fromarray(rows.repeat(256, axis=1).repeat(3, axis=2))
    assert align(stripes, editor.repaint(stripes, editor.Habits((4, 0)), seed=4)) == STILL


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (63, 63), (64, 64), (128, 128)])
def test_small_and_empty_pictures_are_still(size):
    picture = Image.new("RGB", size, (9, 9, 9))
    assert align(picture, picture) == STILL


def test_a_motion_is_undone_in_place(photo):
    motion = Motion(4.3, -2.6, 1.02)
    answer = editor.moved(photo, motion[:2], motion.zoom)
    back = undo(answer, motion)
    inner = (slice(20, -20), slice(20, -20))
    error = np.asarray(back).astype(float)[inner] - np.asarray(photo).astype(float)[inner]
    before = np.asarray(answer).astype(float)[inner] - np.asarray(photo)[inner]
    assert np.square(error).mean() < np.square(before).mean() / 50
    assert back.size == photo.size


def test_transparency_moves_with_its_picture(photo):
    layer = photo.convert("RGBA")
    layer.putalpha(Image.linear_gradient("L").resize(photo.size))
    back = undo(layer, Motion(0.0, 10.0, 1.0))
    assert back.mode == "RGBA"
    assert back.getpixel((100, 200))[3] == pytest.approx(layer.getpixel((100, 210))[3], abs=1)


def test_rims_that_moved_out_of_sight_are_counted():
    assert Motion(3.2, -1.5, 1.0).unseen((100, 50)) == (0, 2, 4, 0)
    assert Motion(0.0, 0.0, 1.02).unseen((100, 50)) == (1, 1, 1, 1)
    assert STILL.unseen((100, 50)) == (0, 0, 0, 0)


def test_pictures_of_two_sizes_are_refused():
    with pytest.raises(ImageError, match="answer is 9×8 but the picture is 8×8"):
        align(Image.new("RGB", (8, 8)), Image.new("RGB", (9, 8)))
