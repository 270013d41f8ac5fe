"""What fields promises: pieces are those that hang together, and known values stay while unknown ones are filled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pochade.imaging.fields import from_rim, grown, measured, pieces, spread

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def walked(mask):
    """Number the pieces by walking from pixel to pixel."""
    numbers = np.zeros(mask.shape, int)
    for place in np.argwhere(mask):
        todo = [tuple(place)] if not numbers[tuple(place)] else []
        number = numbers.max() + 1
        while todo:
            row, column = todo.pop()
            if (
                0 <= row < mask.shape[0]
                and 0 <= column < mask.shape[1]
                and mask[row, column]
                and not numbers[row, column]
            ):
                numbers[row, column] = number
                todo += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return numbers


@settings(max_examples=200, deadline=None)
@given(mask=MASKS)
def test_pieces_are_what_a_walk_over_sides_reaches(mask):
    found, expected = pieces(mask), walked(mask)
    assert np.array_equal(found > 0, mask)
    pairs = {(int(a), int(b)) for a, b in zip(found[mask], expected[mask], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_a_spiral_is_one_piece():
    spiral = np.zeros((41, 41), bool)
    row, column, down, right = 0, 0, 0, 1
    for length in [40, *np.repeat(np.arange(40, 0, -2), 2)]:
        for _ in range(length):
            spiral[row, column] = True
            row, column = row + down, column + right
        down, right = right, -down
    assert len(set(pieces(spiral)[spiral])) == 1


def test_only_pieces_that_touch_the_rim_are_kept():
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = mask[0:3, 2] = mask[8, 8] = True
    assert np.argwhere(from_rim(mask)).tolist() == [[0, 2], [1, 2], [2, 2], [8, 8]]


@settings(max_examples=100, deadline=None)
@given(mask=MASKS, pixels=st.integers(0, 3))
def test_a_mask_grows_to_all_eight_sides(mask, pixels):
    expected = np.zeros_like(mask)
    for row, column in np.argwhere(mask):
        expected[max(row - pixels, 0) : row + pixels + 1, max(column - pixels, 0) : column + pixels + 1] = True
    assert np.array_equal(grown(mask, pixels), expected)


@settings(max_examples=100, deadline=None)
@given(mask=MASKS.filter(np.any), value=st.floats(-2, 2))
def test_known_values_stay_and_one_value_fills_everything(mask, value):
    values = np.random.default_rng(0).normal(size=(*mask.shape, 3))
    assert np.allclose(spread(values, mask.astype(float))[mask], values[mask])
    level = np.full((*mask.shape, 3), value)
    assert np.allclose(spread(np.where(mask[..., None], level, 99.0), mask.astype(float)), value)


def test_what_is_unknown_is_filled_by_what_is_nearest():
    values = np.zeros((64, 64, 1))
    values[:, 32:] = 1
    known = np.zeros((64, 64))
    known[:, :16] = known[:, 48:] = 1
    filled = spread(values, known)[..., 0]
    assert filled[:, :24].max() < 0.35
    assert filled[:, 40:].min() > 0.65


@pytest.mark.parametrize("shape", [(64, 64), (37, 51), (3, 100)])
def test_a_slope_is_followed_behind_what_hides_it(shape):
    slope = np.broadcast_to(np.linspace(0, 1, shape[1])[None, :, None], (*shape, 1))
    known = np.ones(shape, bool)
    known[:, shape[1] // 3 : shape[1] // 2] = False
    assert np.abs(measured(np.where(known[..., None], slope, 9), known, 8) - slope).max() < 0.15
