import io

import numpy as np
import pytest
from PIL import Image

from pochade.errors import ImageError
from pochade.widgets.protocol import CHUNK_BYTES, Chunk
from pochade.widgets.uploads import MAX_ATTACHED, MAX_OPEN, Uploads


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


def attach(uploads, number, data, name="photo.png"):
    uploads.add(chunk(number), [data])
    return uploads.attach(number, name)


def test_a_soft_mask_keeps_every_grey():
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    uploads = Uploads()
    uploads.add(chunk(1), [png(ramp)])
    assert uploads.take_mask(1).tobytes() == ramp.tobytes()


def test_an_attached_picture_can_be_taken_again_and_again_until_it_is_detached():
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    uploads = Uploads()
    size, small = attach(uploads, 3, png(photo))
    assert size == (40, 30)
    assert small.size == (40, 30)
    for _ in range(2):
        assert uploads.picture(3).image.tobytes() == photo.tobytes()
    uploads.detach(3)
    uploads.detach(3)
    with pytest.raises(ImageError, match="Attach it again"):
        uploads.picture(3)


def test_a_photo_that_was_taken_sideways_is_upright():
    photo = Image.new("RGB", (40, 20), "red")
    exif = photo.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif)
    uploads = Uploads()
    assert attach(uploads, 1, buffer.getvalue())[0] == (20, 40)
    assert uploads.picture(1).image.size == (20, 40)


def test_a_large_picture_is_shown_small():
    assert max(attach(Uploads(), 1, png(Image.new("RGB", (900, 600))))[1].size) == 144


def test_what_is_attached_is_bounded_in_number_and_the_newest_stays():
    uploads = Uploads()
    for number in range(MAX_ATTACHED + 1):
        attach(uploads, number, png(Image.new("RGB", (4, 4))))
    with pytest.raises(ImageError):
        uploads.picture(0)
    assert uploads.picture(MAX_ATTACHED).image.size == (4, 4)


def test_what_is_attached_is_bounded_in_bytes_and_the_newest_stays(monkeypatch):
    data = png(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)))
    monkeypatch.setattr("pochade.widgets.uploads.MAX_ATTACHED_BYTES", len(data) // 2)
    uploads = Uploads()
    attach(uploads, 1, data)
    assert uploads.picture(1).image.size == (64, 64)
    attach(uploads, 2, data)
    assert uploads.picture(2).image.size == (64, 64)
    with pytest.raises(ImageError):
        uploads.picture(1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"words", "text"),
        (png(Image.new("RGB", (80, 80)))[:60], "damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "not a picture"),
    ],
    ids=["nothing", "text", "cut short", "HEIC"],
)
def test_what_is_no_picture_is_refused_by_its_name_and_not_kept(data, says):
    uploads = Uploads()
    with pytest.raises(ImageError, match=says) as caught:
        attach(uploads, 1, data, name="holiday.heic")
    assert "holiday.heic" in str(caught.value)
    with pytest.raises(ImageError):
        uploads.picture(1)
