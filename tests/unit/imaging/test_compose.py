"""What compose promises: outside the mask not one byte changes, and inside it the answer is seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.compose import compose


def noise(size, mode, seed):
    shape = (size[1], size[0], len(mode))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def square_mask(size, box):
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    answer_size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    parent_mode=st.sampled_from(["RGB", "RGBA"]),
    answer_mode=st.sampled_from(["RGB", "RGBA"]),
    feather=st.none() | st.integers(0, 50),
    coverage=st.floats(0.01, 0.99),
    soft=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_outside_the_mask_not_one_byte_changes(
    size, answer_size, parent_mode, answer_mode, feather, coverage, soft, seed
):
    rng = np.random.default_rng(seed)
    levels = np.where(rng.random((size[1], size[0])) < coverage, 255, 0).astype(np.uint8)
    levels.flat[0] = 90  # never empty, never full
    if soft:
        levels = np.where(levels > 0, rng.integers(1, 256, levels.shape), 0).astype(np.uint8)
    parent = noise(size, parent_mode, seed)
    before = parent.tobytes()
    result = compose(parent, noise(answer_size, answer_mode, seed + 1), Image.fromarray(levels), feather=feather)
    outside = levels == 0
    assert (result.mode, result.size) == (parent.mode, parent.size)
    assert np.array_equal(np.asarray(result)[outside], np.asarray(parent)[outside])
    assert parent.tobytes() == before


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_deep_inside_the_mask_every_byte_is_the_answers(mode):
    parent, answer = noise((300, 260), mode, 1), noise((300, 260), mode, 2)
    result = compose(parent, answer, square_mask((300, 260), (40, 40, 200, 200)))
    assert np.array_equal(np.asarray(result)[45:195, 45:195], np.asarray(answer)[45:195, 45:195])


def test_the_answer_fades_in_from_the_masks_edge():
    black, white = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), "white")
    row = np.asarray(compose(black, white, square_mask((64, 64), (16, 0, 48, 64)), feather=3))[32, :, 0]
    assert list(row[14:22]) == [0, 0, 64, 128, 191, 255, 255, 255]
    assert list(row) == list(row[::-1])


def test_no_edge_fades_where_the_mask_meets_the_pictures_border():
    black, white = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), "white")
    result = compose(black, white, square_mask((64, 64), (0, 0, 32, 64)), feather=4)
    assert result.getpixel((0, 0)) == (255, 255, 255)


def test_a_hard_edge_is_had_for_a_feather_of_nothing():
    black, white = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), "white")
    mask = square_mask((64, 64), (16, 16, 48, 48))
    assert compose(black, white, mask, feather=0).convert("L") == mask


@pytest.mark.parametrize("width", [1, 3, 5])
def test_the_middle_of_a_thin_stroke_shows_the_answer_in_full(width):
    black, white = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), "white")
    mask = square_mask((64, 64), (30, 0, 30 + width, 64))
    mask.paste(255, (50, 0, 64, 64))  # a broad area elsewhere must not thin the stroke
    result = compose(black, white, mask, feather=8)
    assert result.getpixel((30 + width // 2, 32)) == (255, 255, 255)


def test_an_edge_that_was_painted_soft_is_not_softened_again():
    black, white = Image.new("RGB", (64, 64)), Image.new("RGB", (64, 64), "white")
    ramp = np.zeros((64, 64), dtype=np.uint8)
    ramp[:, 20:24] = [40, 80, 120, 160]
    ramp[:, 24:] = 255
    row = np.asarray(compose(black, white, Image.fromarray(ramp), feather=1))[32, 18:26, 0]
    assert list(row) == [0, 0, 40, 80, 120, 160, 255, 255]


def test_a_soft_mask_mixes_by_its_levels():
    black, white = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "white")
    assert compose(black, white, Image.new("L", (8, 8), 100)).getpixel((4, 4)) == (100, 100, 100)


def test_a_transparent_parents_hidden_colours_do_not_tint_the_seam():
    hidden_green = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    result = np.asarray(compose(hidden_green, red, square_mask((64, 64), (16, 16, 48, 48)), feather=4))
    assert list(result[32, 16]) == [255, 0, 0, 51]
    assert list(result[32, 10]) == [0, 255, 0, 0]


def test_where_the_answer_is_transparent_an_opaque_parent_shows():
    parent = Image.new("RGB", (32, 32), (10, 20, 30))
    clear = Image.new("RGBA", (32, 32), (255, 255, 255, 0))
    assert compose(parent, clear, square_mask((32, 32), (8, 8, 24, 24))) == parent


def test_the_answer_is_brought_to_the_parents_size_and_not_the_other_way():
    parent = noise((50, 30), "RGB", 3)
    result = compose(parent, Image.new("RGB", (16, 16), "red"), square_mask((50, 30), (10, 5, 40, 25)))
    assert (result.size, result.getpixel((25, 15))) == ((50, 30), (255, 0, 0))


def test_a_mask_that_does_not_fit_is_refused_with_both_sizes():
    with pytest.raises(ImageError, match="8×8 but the picture is 16×16"):
        compose(Image.new("RGB", (16, 16)), Image.new("RGB", (16, 16)), square_mask((8, 8), (0, 0, 2, 2)))


def test_only_loaded_pictures_are_composed():
    with pytest.raises(ImageError, match="RGB or RGBA, not P"):
        compose(Image.new("P", (8, 8)), Image.new("RGB", (8, 8)), square_mask((8, 8), (0, 0, 2, 2)))
