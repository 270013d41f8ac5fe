"""What sizes promise: read as people write them, rounded with a word about it, refused above the limit by name."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pochade.errors import RequestError
from pochade.sizes import Settled, SizeRule, brief, parse_size, resolve_size, whole_number

SMALL = SizeRule(default=(128, 128), multiple=16, min_side=64, max_side=256, max_pixels=65_536)
LARGE = SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2**22)
ONE = SizeRule(default=(128, 128), multiple=16, min_side=128, max_side=128, max_pixels=128 * 128)
ODD = SizeRule(default=(96, 96), multiple=32, min_side=50, max_side=150, max_pixels=12_000)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        ((640, 480), (640, 480)),
        ([640, 480], (640, 480)),
        ((np.int64(640), np.int32(480)), (640, 480)),
        ("640x480", (640, 480)),
        (" 640 X 480 ", (640, 480)),
        ("640×480", (640, 480)),
        ("６４０×４８０", (640, 480)),  # noqa: RUF001 - as a Chinese keyboard types it
        ("16:9", "16:9"),
        ("16：9", "16:9"),  # noqa: RUF001 - the same
        ("2.39 : 1", "2.39:1"),
        ("square", "1:1"),
        ("Landscape", "3:2"),
        ("portrait", "2:3"),
        ("1MP", "1MP"),
        ("1.50 megapixels", "1.5MP"),
        ("16:9 2MP", "16:9 2MP"),
        ("portrait @ 0.5 Mp", "2:3 0.5MP"),
    ],
)
def test_a_size_is_read_as_people_write_it(written, meant):
    assert parse_size(written) == meant


@pytest.mark.parametrize(
    "wrong",
    [
        "", "big", "640", "0MP", "MP", "5x5 1MP", "640x", "0x5", "-5x5", "0:1", "1:0", "16:9:4", 640, 1.5, True,
        (640,), (1, 2, 3), (0, 5), (-1, 5), (True, True), (64.0, 64.0), ("64", "64"), "9" * 5_000, {640, 480},
        (10**5_000, 64),
    ],
    ids=lambda wrong: brief(wrong)[:20],
)  # fmt: skip
def test_a_size_that_makes_no_sense_is_refused_with_examples(wrong):
    with pytest.raises(RequestError, match="'16:9'") as caught:
        parse_size(wrong)
    assert len(str(caught.value)) < 250


def test_without_a_wish_the_models_own_size_is_painted():
    assert resolve_size(None, SMALL) == Settled((128, 128), (128, 128), None)


def test_a_size_that_the_model_takes_is_kept_without_a_word():
    assert resolve_size((192, 96), SMALL) == Settled((192, 96), (192, 96), None)
    assert resolve_size("256x256", SMALL) == Settled((256, 256), (256, 256), None)


@pytest.mark.parametrize(
    ("asked", "painted"),
    [
        ((100, 130), (96, 128)),
        ((1, 1), (64, 64)),
        ((255, 255), (256, 256)),
        ((72, 64), (80, 64)),
        ((80, 40), (128, 64)),
    ],
)
def test_pixels_come_out_as_they_were_asked_and_the_note_names_what_was_painted(asked, painted):
    settled = resolve_size(asked, SMALL)
    assert (settled.work, settled.final) == (painted, asked)
    assert f"{asked[0]}×{asked[1]}" in settled.note
    assert f"{painted[0]}×{painted[1]}" in settled.note


@settings(max_examples=60, deadline=None)
@given(asked=st.tuples(st.integers(64, 256), st.integers(64, 256)))
def test_what_is_scaled_to_the_asked_pixels_keeps_its_shape(asked):
    work = resolve_size(asked, SMALL).work
    assert abs(math.log((work[0] / work[1]) / (asked[0] / asked[1]))) < 0.13  # so small a model has few sides


def test_pixels_of_a_shape_that_the_model_has_not_are_refused():
    with pytest.raises(RequestError, match="200×30 is too narrow"):
        resolve_size((200, 30), SMALL)


@pytest.mark.parametrize("asked", [(257, 64), (64, 100_000), "300x300"])
def test_a_size_above_the_limit_is_refused_and_the_limit_named(asked):
    with pytest.raises(RequestError, match="at most 256 pixels a side and 65,536 in all"):
        resolve_size(asked, SMALL)


def test_rounding_never_crosses_the_limit():
    assert resolve_size((125, 95), ODD).work == (96, 64)  # 128×96 is nearer, but more pixels than the model takes


@pytest.mark.parametrize(
    ("ratio", "rule", "painted"),
    [
        ("1:1", SMALL, (128, 128)),
        ("square", LARGE, (1024, 1024)),
        ("16:9", SMALL, (176, 96)),
        ("9:16", SMALL, (96, 176)),
        ("3:2", SMALL, (144, 96)),
        ("4:1", SMALL, (256, 64)),
        ("3:2", LARGE, (1248, 832)),
    ],
)
def test_a_ratio_is_painted_at_the_area_of_the_models_default(ratio, rule, painted):
    assert resolve_size(ratio, rule).work == painted


def test_a_ratio_has_a_note_only_when_it_could_not_be_met():
    assert resolve_size("3:2", SMALL).note is None
    assert "16:9 was asked; 176×96" in resolve_size("16:9", SMALL).note


@pytest.mark.parametrize(
    ("asked", "painted"),
    [("1MP", (1024, 1024)), ("2:1 2MP", (2016, 1008)), ("0.25mp", (496, 496)), ("4 megapixels", (2000, 2000))],
)
def test_an_area_is_painted_in_the_shape_that_was_asked_or_the_models_own(asked, painted):
    assert resolve_size(asked, LARGE).work == painted


def test_an_area_above_the_limit_is_refused():
    with pytest.raises(RequestError, match=r"5MP is above .* 4,194,304 in all"):
        resolve_size("5MP", LARGE)


@pytest.mark.parametrize("ratio", ["5:1", "1:5", "50000000:1"])
def test_a_shape_that_the_model_cannot_paint_is_refused_with_those_it_can(ratio):
    with pytest.raises(RequestError, match="from 1:4 to 4:1"):
        resolve_size(ratio, SMALL)


@pytest.mark.parametrize("asked", [None, (128, 128), "128x128", "square", "2:2"])
def test_a_model_of_one_size_paints_it(asked):
    assert resolve_size(asked, ONE) == Settled((128, 128), (128, 128), None)


@pytest.mark.parametrize("asked", [(120, 120), (64, 64), (1, 1)])
def test_a_model_of_one_size_scales_what_is_smaller_and_says_so(asked):
    settled = resolve_size(asked, ONE)
    assert (settled.work, settled.final) == ((128, 128), asked)
    assert f"{asked[0]}×{asked[1]} was asked: this model painted 128×128" in settled.note


@pytest.mark.parametrize("asked", [(256, 256), (128, 129), "16:9", "landscape", "1:1.01", "1MP"])
def test_a_model_of_one_size_says_plainly_that_it_has_no_other(asked):
    sentence = r"this model paints 128×128 only: leave size out, or ask for size=\(128, 128\)\."
    with pytest.raises(RequestError, match=sentence) as caught:
        resolve_size(asked, ONE)
    assert str(caught.value).startswith(("256×256", "128×129", "16:9", "3:2", "1:1.01", "1MP"))


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300))
    | st.sampled_from(["3:1", "2:5", "1.91:1", "portrait", "0.02MP", "3:2 0.01MP"]),
    rule=st.sampled_from([SMALL, ONE, ODD]),
)
def test_whatever_is_asked_what_is_painted_obeys_the_rule(size, rule):
    try:
        settled = resolve_size(size, rule)
    except RequestError:
        return
    assert all(side % rule.multiple == 0 and rule.min_side <= side <= rule.max_side for side in settled.work)
    assert math.prod(settled.work) <= rule.max_pixels
    assert settled.final == (settled.work if isinstance(size, str) else size)
    assert (settled.note is None) == (settled.work == size) or isinstance(size, str)


def test_a_whole_number_is_neither_a_float_nor_a_truth_nor_text():
    assert whole_number(np.int8(4)) == 4
    assert [whole_number(value) for value in (4.0, True, np.True_, "4", None)] == [None] * 5
