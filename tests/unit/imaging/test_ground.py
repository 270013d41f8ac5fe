"""What ground promises: the ground is what was painted, at every pixel, and no ground is found where there is none."""

import numpy as np
import pytest

from pochade.errors import ImageError
from pochade.imaging.ground import Vivid, measure_ground, share

GREEN = (0, 177, 64)


def plain(colour, size=(64, 64)):
    return np.full((*size, 3), colour, np.float32) / 255


def test_the_ground_is_the_colour_that_was_painted_behind_the_subject_too():
    seen = plain((20, 190, 80))
    seen[20:40, 10:50] = (0.9, 0.2, 0.1)
    assert np.abs(measure_ground(seen, GREEN, only=True).colours - plain((20, 190, 80))).max() < 0.01


def test_the_colour_that_was_asked_for_tells_ground_from_a_subject_that_covers_most_of_the_rim():
    seen = plain(GREEN)
    seen[:, 30:] = (0.9, 0.2, 0.1)
    assert np.abs(measure_ground(seen, GREEN, only=False).colours - plain(GREEN)).max() < 0.01
    with pytest.raises(ImageError, match=r"only 5\d% of its rim"):
        measure_ground(seen, None, only=False)


def test_noise_is_measured_within_limits():
    calm = measure_ground(plain(GREEN), None, only=False).noise
    rough = plain(GREEN) + np.random.default_rng(0).normal(0, 0.02, (64, 64, 3)).astype(np.float32)
    assert calm == pytest.approx(0.04)
    assert calm < measure_ground(rough, None, only=False).noise < 0.1001


@pytest.mark.parametrize(
    ("colour", "vivid"), [(GREEN, True), ((210, 30, 190), True), ("grey", False), ("white", False)]
)
def test_a_vivid_ground_is_told_from_a_grey_one(colour, vivid):
    levels = {"grey": (130, 128, 126), "white": (255, 255, 250)}.get(colour, colour)
    assert (Vivid.of(np.array(levels) / 255) is not None) == vivid


def test_the_share_of_a_ground_is_its_place_between_a_grey_and_itself():
    half = np.add(GREEN, (90, 90, 90)) / 2
    assert share([GREEN, (90, 90, 90), half, (200, 30, 30)], GREEN) == pytest.approx([1, 0, 0.5, -1.5], abs=0.02)
    assert not share([(10, 200, 30)], (128, 128, 128)).any()


def test_what_a_colour_holds_of_the_ground_is_taken_out_and_nothing_else():
    vivid = Vivid.of(np.array(GREEN) / 255)
    colours = np.array([(60, 160, 70), (200, 30, 30), (128, 128, 128)]) / 255
    cleaned = vivid.without(colours, np.full(3, 0.1))
    assert vivid.share(cleaned).max() == pytest.approx(0.1)
    assert cleaned[1:].tolist() == colours[1:].tolist()
    assert cleaned[0, [0, 2]].tolist() == colours[0, [0, 2]].tolist()
