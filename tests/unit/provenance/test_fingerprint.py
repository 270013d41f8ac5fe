import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from scenery import scenery

from pochade.provenance.fingerprint import LENGTH, VERSION, fingerprint
from pochade.provenance.likeness import ALIKE, ALIKE_LAID_OVER, Alike, alike, believed, laid_over, matrix

OTHERS = 40


@pytest.fixture(scope="module")
def stored():
    return matrix([fingerprint(scenery(seed)) for seed in range(OTHERS)])


def jpeg(image, quality):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def part(image, left, top, share):
    side = round(image.width * share)
    x, y = round(left * (image.width - side)), round(top * (image.height - side))
    return image.crop((x, y, x + side, y + side))


def labelled(image):
    image = image.copy()
    image.paste("white", (0, round(image.height * 0.8), image.width, round(image.height * 0.92)))
    return image


CHANGES = {
    "as it is": lambda image: image,
    "compressed to quality 30": lambda image: jpeg(image, 30),
    "reduced to a third": lambda image: image.resize((64, 64), Image.Resampling.BICUBIC),
    "enlarged": lambda image: image.resize((300, 300), Image.Resampling.BICUBIC),
    "stretched a little": lambda image: image.resize((200, 190), Image.Resampling.BICUBIC),
    "cut to half its area at a corner": lambda image: part(image, 0, 0, 0.71),
    "cut to half its area off its centre": lambda image: part(image, 0.4, 0.8, 0.71),
    "cut to another shape": lambda image: image.crop((0, 40, 192, 150)),
    "with a white border": lambda image: ImageOps.expand(image, (30, 10, 5, 40), "white"),
    "mirrored": ImageOps.mirror,
    "mirrored and cut": lambda image: part(ImageOps.mirror(image), 0.9, 0.2, 0.75),
    "with a label over it": labelled,
    "turned by 5°": lambda image: image.rotate(5, Image.Resampling.BICUBIC),
    "turned by −5°": lambda image: image.rotate(-5, Image.Resampling.BICUBIC),
    "without colour": lambda image: image.convert("L"),
    "with an opacity that hides nothing": lambda image: image.convert("RGBA"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("seed", [3, 17])
def test_a_picture_is_found_again_after_what_happens_to_pictures_and_no_other_is(stored, change, seed):
    found = alike(change(scenery(seed)), stored)
    assert [one.column for one in found] == [seed]
    assert ALIKE <= found[0].score <= 1


@pytest.mark.parametrize("change", [one for name, one in CHANGES.items() if "label" not in name])
def test_what_happens_to_pictures_shows_the_same_when_the_stored_one_is_laid_under(stored, change):
    image = change(scenery(3))
    (found,) = alike(image, stored)
    assert laid_over(image, found, scenery(3)) > 0.95
    assert laid_over(image, found, scenery(4)) < 0.5


def test_words_over_a_picture_show_something_else_only_where_they_are(stored):
    image = labelled(scenery(3))
    (found,) = alike(image, stored)
    assert 0.8 < laid_over(image, found, scenery(3)) < 0.95
    assert believed([(found, laid_over(image, found, scenery(3)))])[0] > ALIKE_LAID_OVER


def test_what_clearly_shows_more_of_the_same_is_believed_more():
    frame = np.array([[0, 1], [0, 1]], dtype=np.float32)
    near, far = Alike(0, 0.9, 0, frame), Alike(1, 0.7, 0, frame)
    assert believed([(near, 1.0), (far, 0.99)]) == pytest.approx([0.9, 0.693])
    assert believed([(near, 0.93), (far, 1.0)]) == pytest.approx([0.7 * 0.93, 0.7])
    assert believed([]) == []


@pytest.mark.parametrize("seed", range(100, 110))
def test_a_picture_that_was_never_stored_is_not_found(stored, seed):
    assert alike(scenery(seed), stored) == []


@pytest.mark.parametrize("colour", ["white", "black", "#3060a0"])
def test_an_even_picture_says_nothing_so_it_finds_nothing_and_is_not_found(colour):
    even = Image.new("RGB", (128, 128), colour)
    stored = matrix([fingerprint(even), fingerprint(scenery(1))])
    assert set(fingerprint(even)) == {0}
    assert alike(even, stored) == []
    assert [one.column for one in alike(scenery(1), stored)] == [1]


def test_of_two_that_are_alike_the_nearer_one_comes_first(stored):
    image = scenery(3)
    touched = image.copy()
    touched.paste(scenery(90).crop((0, 0, 70, 70)), (20, 60))
    both = np.hstack([stored, matrix([fingerprint(touched)])])
    assert [one.column for one in alike(image, both)] == [3, OTHERS]
    assert [one.column for one in alike(touched, both)] == [OTHERS, 3]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (700, 2), (128, 128), (1024, 900)])
def test_any_kind_and_shape_of_picture_has_a_fingerprint_of_the_same_length(mode, size):
    assert len(fingerprint(Image.new(mode, size))) == LENGTH <= 3000


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (700, 2), (3, 3)])
def test_a_picture_of_a_few_pixels_is_looked_for_without_harm(stored, size):
    assert alike(Image.new("RGB", size, "red"), stored) == []
    assert alike(scenery(5).resize(size), stored) == []


def test_nothing_is_alike_where_nothing_is_stored():
    assert alike(scenery(1), matrix([])) == []


def test_what_lies_behind_clear_parts_does_not_count():
    clear = scenery(8).convert("RGBA")
    hidden = clear.copy()
    box = (40, 40, 150, 150)
    clear.paste((255, 255, 255, 255), box)
    hidden.paste((0, 120, 30, 0), box)
    stored = matrix([fingerprint(clear)])
    assert alike(hidden, stored)[0].score > 0.95


def test_the_method_of_this_version_never_changes_unnoticed():
    """Another value here means another `VERSION`: what is stored in session files could no longer be compared."""
    ramp = Image.radial_gradient("L").rotate(20, Image.Resampling.BICUBIC).crop((10, 40, 200, 200))
    words = np.frombuffer(fingerprint(ramp), dtype="<u8")
    assert (VERSION, len(words), [f"{word:x}" for word in words[:2].tolist()]) == (
        1,
        164,
        ["ff01ff01fe09f956", "ff01ff01f609e976"],
    )
