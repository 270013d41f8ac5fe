"""What shapes promise: a pixel is in when its centre is in, and what cannot be meant is refused with the reason."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.region import is_region, region

SIZE = (20, 12)


def inside(source, size=SIZE):
    mask = region(source, size)
    assert (mask.mode, mask.size) == ("L", size)
    levels = np.asarray(mask)
    assert set(np.unique(levels)) <= {0, 255}  # never antialiased
    return levels == 255


@pytest.mark.parametrize(
    "box", [(3, 2, 9, 7), [3, 2, 9, 7], {"box": (3, 2, 9, 7)}, {"box": np.array([3, 2, 9, 7])}, (2.6, 1.7, 8.7, 6.6)]
)
def test_a_box_covers_the_pixels_that_pillow_would_crop(box):
    expected = Image.new("L", SIZE)
    expected.paste(255, (3, 2, 9, 7))
    assert np.array_equal(inside(box), np.asarray(expected) == 255)


def test_an_ellipse_fills_its_box_and_nothing_beyond():
    drawn = inside({"ellipse": (2, 2, 18, 10)})
    assert drawn.any(axis=0).nonzero()[0].tolist() == list(range(2, 18))
    assert drawn.any(axis=1).nonzero()[0].tolist() == list(range(2, 10))
    assert np.array_equal(drawn, drawn[::-1, ::-1])
    assert abs(drawn.sum() - math.pi * 8 * 4) < 4


def test_boxes_next_to_each_other_meet_without_gap_or_overlap():
    left, right = inside((0, 0, 7.5, 12)), inside((7.5, 0, 20, 12))
    assert (left ^ right).all()


def test_polygons_that_share_an_edge_meet_without_gap_or_overlap():
    square = [(0, 0), (20, 0), (20, 12), (0, 12)]
    below, above = inside({"polygon": square[:3]}), inside({"polygon": [square[0], *square[2:]]})
    assert not (below & above).any()
    assert (below | above).all()


def test_a_square_polygon_is_the_box():
    corners = [(3, 2), (9, 2), (9, 7), (3, 7)]
    assert np.array_equal(inside({"polygon": corners}), inside((3, 2, 9, 7)))
    assert np.array_equal(inside({"polygon": np.array(corners[::-1])}), inside((3, 2, 9, 7)))


def test_what_a_polygon_encloses_twice_is_outside():
    twice = [(2, 2), (18, 2), (18, 10), (2, 10), (2, 2), (6, 4), (14, 4), (14, 8), (6, 8), (6, 4)]
    drawn = inside({"polygon": twice})
    assert not drawn[4:8, 6:14].any()
    assert drawn.sum() == 16 * 8 - 8 * 4


@settings(max_examples=60, deadline=None)
@given(points=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 12)), min_size=3, max_size=8, unique=True))
def test_polygons_follow_the_even_odd_rule_at_every_centre(points):
    expected = np.zeros(SIZE[::-1], dtype=bool)
    for row in range(SIZE[1]):
        for column in range(SIZE[0]):
            x, y = column + 0.5, row + 0.5
            for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
                if (y0 <= y) != (y1 <= y) and x >= x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                    expected[row, column] ^= True
    if expected.any():
        assert np.array_equal(inside({"polygon": points}), expected)
    else:
        with pytest.raises(ImageError, match="empty"):
            region({"polygon": points}, SIZE)


def test_several_shapes_are_united():
    both = inside([(0, 0, 4, 4), {"ellipse": (8, 2, 16, 10)}, {"polygon": [(16, 8), (20, 8), (20, 12)]}])
    apart = (
        inside((0, 0, 4, 4)) | inside({"ellipse": (8, 2, 16, 10)}) | inside({"polygon": [(16, 8), (20, 8), (20, 12)]})
    )
    assert np.array_equal(both, apart)


def test_shapes_may_reach_the_pictures_edge():
    assert inside((0, 0, 20, 12)).all()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ((0, 0, 21, 5), r"beyond the picture, which goes from \(0, 0\) to \(20, 12\)"),
        ((-1, 0, 5, 5), "beyond the picture"),
        ({"ellipse": (0, 0, 5, 13)}, "beyond the picture"),
        ({"polygon": [(0, 0), (30, 0), (0, 5)]}, "beyond the picture"),
        ((5, 5, 5, 9), "empty: x1 must be larger"),
        ((9, 5, 5, 9), "empty: x1 must be larger"),
        ((5.6, 5, 6.4, 9), "no pixel's centre"),
        ((0, 0, math.nan, 5), "not finite"),
        ((0, 0, math.inf, 5), "not finite"),
        ((0, 0, None, 5), "not finite"),
        ((0, 0, "9", 5), "no number"),
        ((0, 0, True, 5), "no number"),
        ((0, 0, 9), "four numbers"),
        ({"box": 5}, "four numbers"),
        ({"polygon": [(0, 0), (9, 9)]}, "at least three"),
        ({"polygon": [(0, 0), (9, 9), (0, 0), (9, 9)]}, "at least three"),
        ({"polygon": [(0, 0), (9, 9), (0, 9, 1)]}, "list of points"),
        ({"polygon": "abc"}, "list of points"),
        ([(0, 0), (9, 9), (0, 9)], "four numbers.*'polygon'"),
        ({"circle": (0, 0, 5, 5)}, "no known kind"),
        ({"box": (0, 0, 5, 5), "ellipse": (0, 0, 5, 5)}, "one of box, ellipse and polygon"),
        ({}, "one of box, ellipse and polygon"),
        ([], "not understood"),
        ([(0, 0, 5, 5), 3], "not understood"),
        ([[(0, 0, 5, 5)]], "four numbers"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(source, said):
    with pytest.raises(ImageError, match=said):
        region(source, SIZE)


def test_pictures_and_arrays_are_no_shapes():
    assert not any(map(is_region, (np.zeros((4, 4)), Image.new("L", (4, 4)), b"", "mask.png", None)))
