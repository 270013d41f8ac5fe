"""Small files of very many parts are refused before c2pa, which would go through them for minutes, ever sees them."""

import io
import struct

import pytest
from credentialed import picture, signed
from PIL import Image

from pochade.provenance.boxes import crowded
from pochade.provenance.carried import carried, mime_of
from pochade.provenance.verify import verify
from pochade.request import _credentialed

MANY = 60_000
FREE = struct.pack(">I", 8) + b"free"
EXTENDED = struct.pack(">I", 1) + b"free" + struct.pack(">Q", 16)
GIF = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
GIF_END = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\0;"


def box(kind, content):
    return struct.pack(">I", 8 + len(content)) + kind + content


def long_box(kind, content):
    return struct.pack(">I", 1) + kind + struct.pack(">Q", 16 + len(content)) + content


AVIF = box(b"ftyp", b"avif\0\0\0\0avifmif1")
CLAIMED = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4) + b"manifest\0" + bytes(48))
GIF_CLAIMED = b"!\xff\x0bC2PA_GIF\1\0\0\x02ab\0"
PNG = picture()
PNG_CLAIMED = PNG[:33] + struct.pack(">I", 4) + b"caBX" + bytes(8)
WEBP = b"RIFF" + struct.pack("<I", 4 + 8 * MANY) + b"WEBP"

CROWDS = {
    "boxes": AVIF + CLAIMED + FREE * MANY,
    "boxes behind a long one": AVIF + CLAIMED + EXTENDED + FREE * MANY,
    "long boxes": AVIF + CLAIMED + EXTENDED * MANY,
    "boxes in a container": AVIF + CLAIMED + box(b"moov", FREE * MANY),
    "boxes in a long container": AVIF + CLAIMED + long_box(b"moov", box(b"udta", FREE * MANY)),
    "boxes in a container to the end": AVIF + CLAIMED + bytes(4) + b"moov" + FREE * MANY,
    "boxes in meta": AVIF + CLAIMED + box(b"meta", bytes(4) + FREE * MANY),
    "boxes in a bare meta": AVIF + CLAIMED + box(b"meta", FREE * MANY),
    "boxes in each other": AVIF
    + CLAIMED
    + b"".join(struct.pack(">I", 8 * (MANY - number)) + b"moov" for number in range(MANY)),
    "extensions of a GIF": GIF + GIF_CLAIMED + b"!\xfe\x01a\0" * MANY + GIF_END,
    "empty extensions of a GIF": GIF + GIF_CLAIMED + b"!\xfe\0" * MANY + GIF_END,
    "blocks of a GIF": GIF + GIF_CLAIMED + b"!\xfe" + b"\x01a" * MANY + b"\0" + GIF_END,
    "chunks of a PNG": PNG_CLAIMED + (bytes(4) + b"teXt" + bytes(4)) * MANY,
    "chunks of a RIFF": WEBP + b"C2PA" + bytes(4) + (b"LIST" + bytes(4)) * MANY,
}


@pytest.fixture
def unread(monkeypatch):
    """c2pa must not be asked."""

    def read(*_):
        raise AssertionError("c2pa was given a crowded file")

    monkeypatch.setattr("pochade.provenance.verify._read", read)


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize("name", CROWDS)
def test_a_file_of_sixty_thousand_parts_is_neither_read_nor_kept_as_one_with_credentials(name):
    data = CROWDS[name]
    found = verify(data)
    assert not found.sound
    assert "too many parts" in found.problems[0]
    assert carried(data)
    assert _credentialed(data) is None


@pytest.mark.parametrize(
    "data",
    [
        *(picture(1, 512, kind) for kind in ("PNG", "JPEG", "WEBP", "AVIF")),
        *(
            signed(picture(1, 512, kind), mime=f"image/{kind.lower()}", said="long " * 20_000)
            for kind in ("PNG", "JPEG", "WEBP", "AVIF")
        ),
        CROWDS["boxes"][: len(AVIF + CLAIMED) + 8 * 1_000],
        CROWDS["blocks of a GIF"][:40_000],
    ],
)
def test_a_file_of_as_many_parts_as_real_ones_have_is_read(data):
    assert not crowded(data, mime_of(data))


def test_a_moving_gif_of_five_hundred_pictures_is_read():
    frames = [Image.effect_noise((96, 96), 90).convert("P") for _ in range(500)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    data = buffer.getvalue()
    assert len(data) > 2_000_000
    assert not crowded(data, "image/gif")
    assert verify(data).problems == ()
