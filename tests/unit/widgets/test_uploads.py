import io

import numpy as np
import pytest
from PIL import Image

from pochade.errors import ImageError
from pochade.widgets.protocol import CHUNK_BYTES, Chunk
from pochade.widgets.uploads import MAX_OPEN, Uploads


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def chunk(upload, index=0, count=1):
    return Chunk(kind="chunk", seq=1, upload=upload, index=index, count=count)


def test_a_mask_in_parts_arrives_to_the_bit_in_whatever_order_they_come():
    mask = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60), dtype=np.uint8))
    data = png(mask)
    uploads = Uploads()
    for index in (2, 0, 1):
        uploads.add(chunk(5, index, 3), [data[index * len(data) // 3 : (index + 1) * len(data) // 3]])
    arrived = uploads.take_mask(5)
    assert arrived.mode == "L"
    assert arrived.tobytes() == mask.tobytes()


def test_a_mask_is_forgotten_once_it_is_taken():
    uploads = Uploads()
    uploads.add(chunk(1), [png(Image.new("L", (8, 8), 255))])
    uploads.take_mask(1)
    with pytest.raises(ImageError, match="did not arrive completely"):
        uploads.take_mask(1)


def test_a_mask_with_a_part_missing_is_refused():
    uploads = Uploads()
    uploads.add(chunk(1, 0, 2), [b"x"])
    with pytest.raises(ImageError, match="did not arrive completely"):
        uploads.take_mask(1)


@pytest.mark.parametrize("buffers", [[], [b"a", b"b"], [b"x" * (CHUNK_BYTES + 1)]])
def test_a_part_without_exactly_one_buffer_of_the_agreed_size_is_refused(buffers):
    with pytest.raises(ImageError):
        Uploads().add(chunk(1), buffers)


def test_a_part_that_contradicts_its_upload_is_refused():
    uploads = Uploads()
    uploads.add(chunk(1, 0, 2), [b"x"])
    with pytest.raises(ImageError):
        uploads.add(chunk(1, 1, 3), [b"x"])
    with pytest.raises(ImageError):
        uploads.add(chunk(2, 2, 2), [b"x"])


def test_forgotten_uploads_give_way_to_new_ones():
    uploads = Uploads()
    for upload in range(MAX_OPEN + 1):
        uploads.add(chunk(upload), [png(Image.new("L", (4, 4), 255))])
    with pytest.raises(ImageError):
        uploads.take_mask(0)
    assert uploads.take_mask(MAX_OPEN).size == (4, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        png(Image.new("RGB", (8, 8))),
        png(Image.new("1", (8, 8))),
        png(Image.new("L", (8, 8)))[:40],
    ],
    ids=["empty", "text", "three channels", "one bit", "truncated"],
)
def test_what_is_not_a_one_channel_png_is_refused(data):
    uploads = Uploads()
    uploads.add(chunk(1), [data])
    with pytest.raises(ImageError):
        uploads.take_mask(1)


def test_a_png_that_claims_to_be_huge_is_refused_before_it_is_decoded():
    data = bytearray(png(Image.new("L", (8, 8))))
    data[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    uploads = Uploads()
    uploads.add(chunk(1), [bytes(data)])
    with pytest.raises(ImageError):
        uploads.take_mask(1)
