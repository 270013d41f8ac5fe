"""Colour differences agree with the published examples."""

import numpy as np
import pytest

from pochade.imaging.colour import delta_e, to_lab

# Sharma, Wu and Dalal (2005), table 1: pairs 1, 7, 13, 17, 25 and 34.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -0.001, 2.49), (50.0, 0.0009, -2.49), 4.8045),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), PUBLISHED)
def test_differences_are_those_of_the_publication(first, second, expected):
    assert delta_e(first, second) == pytest.approx(expected, abs=1e-4)
    assert delta_e(second, first) == pytest.approx(expected, abs=1e-4)


def test_white_is_white_and_red_is_where_it_belongs():
    assert np.allclose(to_lab([255, 255, 255]), [100, 0, 0], atol=0.01)
    assert np.allclose(to_lab([255, 0, 0]), [53.24, 80.09, 67.20], atol=0.05)
