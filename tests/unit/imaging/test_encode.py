"""Pictures in other formats: their pixels and nothing else."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.encode import encoded, format_of


def test_a_white_page_shows_through_what_jpeg_cannot_keep_clear():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    picture = Image.open(io.BytesIO(encoded(clear, "JPEG")))
    assert picture.mode == "RGB"
    assert np.asarray(picture).min() >= 250


def test_webp_keeps_what_is_clear():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    picture = Image.open(io.BytesIO(encoded(clear, "WEBP")))
    assert picture.mode == "RGBA"
    assert np.asarray(picture)[..., 3].max() == 0


def test_nothing_but_pixels_leaves():
    image = Image.new("RGB", (8, 8))
    image.info["comment"] = b"secret"
    image.info["exif"] = b"Exif\0\0secret"
    for kind in ("JPEG", "WEBP", "AVIF"):
        assert b"secret" not in encoded(image, kind)


def test_a_picture_that_is_too_large_for_a_format_says_which_one_takes_it():
    with pytest.raises(ImageError, match="Save it as PNG"):
        encoded(Image.new("RGB", (16_384, 1)), "WEBP")


def test_an_ending_means_a_format_and_one_that_means_none_is_refused() -> None:
    assert [format_of(Path(name)) for name in ("a.jpg", "b.JPEG", "c.webp", "d.avif")] == [
        "JPEG",
        "JPEG",
        "WEBP",
        "AVIF",
    ]
    with pytest.raises(ImageError, match=r"end the name in \.png, \.jpg, \.webp or \.avif"):
        format_of(Path("notes.txt"))
