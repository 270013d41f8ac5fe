"""What load_mask promises: white is painted, soft stays soft, and a mask that cannot be meant is refused."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.mask import check_mask, load_mask

SIZE = (8, 6)
PAINTED = np.zeros((6, 8), dtype=bool)
PAINTED[1:4, 2:5] = True
LEVELS = np.where(PAINTED, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    "source",
    [
        PAINTED,
        LEVELS,
        PAINTED.astype(np.uint8),
        PAINTED.astype(np.int64),
        PAINTED.astype(float),
        torch.from_numpy(PAINTED),
        Image.fromarray(LEVELS),
        Image.fromarray(PAINTED),
        Image.fromarray(LEVELS).convert("RGBA"),
        SimpleNamespace(mask=Image.fromarray(LEVELS)),
        SimpleNamespace(mask=PAINTED, image=Image.new("RGB", SIZE)),
        np.ma.masked_array(LEVELS, mask=~PAINTED),
        (2, 1, 5, 4),
        [2, 1, 5, 4],
        {"box": (2, 1, 5, 4)},
        {"polygon": [(2, 1), (5, 1), (5, 4), (2, 4)]},
        [(2, 1, 4, 4), {"box": (3, 1, 5, 4)}],
        SimpleNamespace(mask=(2, 1, 5, 4)),
    ],
    ids=lambda source: f"{type(source).__name__} {getattr(source, 'mode', getattr(source, 'dtype', ''))}",
)
def test_every_kind_of_mask_means_the_same(source):
    mask = load_mask(source, SIZE)
    assert mask.mode == "L"
    assert np.array_equal(np.asarray(mask), LEVELS)


def test_a_mask_is_read_from_a_file():
    buffer = io.BytesIO()
    Image.fromarray(LEVELS).save(buffer, "PNG")
    assert np.array_equal(np.asarray(load_mask(buffer.getvalue(), SIZE)), LEVELS)


def test_of_a_transparent_layer_its_opacity_is_the_mask():
    layer = np.zeros((6, 8, 4), dtype=np.uint8)
    layer[..., 3] = LEVELS  # black paint on nothing
    assert np.array_equal(np.asarray(load_mask(Image.fromarray(layer), SIZE)), LEVELS)


def test_soft_values_are_kept():
    soft = np.linspace(0, 255, 48).astype(np.uint8).reshape(6, 8)
    assert np.array_equal(np.asarray(load_mask(soft, SIZE)), soft)
    assert np.array_equal(np.asarray(load_mask(soft / 255, SIZE)), soft)


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(ImageError, match="mask is 8×6 but the picture is 128×96"):
        load_mask(PAINTED, (128, 96))


@pytest.mark.parametrize("source", [np.zeros((6, 8)), SimpleNamespace(mask=None), Image.new("RGBA", SIZE)])
def test_an_empty_mask_is_refused(source):
    with pytest.raises(ImageError, match="The mask is empty"):
        load_mask(source, SIZE)


@pytest.mark.parametrize(
    "source", [np.ones((6, 8), dtype=bool), np.ones((6, 8), dtype=np.uint8), Image.new("RGBA", SIZE, "white")]
)
def test_a_mask_that_covers_everything_is_refused_and_says_to_leave_it_out(source):
    with pytest.raises(ImageError, match="leave mask out"):
        load_mask(source, SIZE)


def test_a_shape_that_covers_everything_says_to_leave_it_out_too():
    with pytest.raises(ImageError, match="leave mask out"):
        load_mask((0, 0, *SIZE), SIZE)


def test_a_box_meant_for_another_picture_is_refused():
    with pytest.raises(ImageError, match="beyond the picture"):
        load_mask((100, 100, 200, 200), SIZE)


def test_a_soft_mask_over_the_whole_picture_is_allowed():
    assert load_mask(np.full((6, 8), 128, dtype=np.uint8), SIZE).getextrema() == (128, 128)


def test_a_mask_that_cannot_be_read_is_called_the_mask():
    with pytest.raises(ImageError, match=r"^The mask is empty: it has 0 bytes"):
        load_mask(b"", SIZE)


def test_only_one_level_a_pixel_is_a_mask():
    with pytest.raises(ImageError, match="not RGB"):
        check_mask(Image.new("RGB", SIZE), SIZE)
