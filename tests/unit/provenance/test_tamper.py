"""One byte changed anywhere in a signed file, and the file no longer comes out sound.

c2pa by itself overlooks about one such change in a hundred over a small PNG: the padding beside the signature (1 kB of
zeros), the lengths, names and switches of the outer JUMBF boxes, the checksum of the PNG's chunk, none of which changes
what is said or shown. `pochade.provenance.boxes` looks at these, in what pochade signed. What is left is known and
named in `test_avif_leaves_the_names_of_its_brands_open`.
"""

import random
import struct
import zlib

import credentialed
import pytest
from credentialed import picture, signed, tampered, turn

from pochade.errors import ImageError
from pochade.provenance.boxes import changed_unsigned, manifest_store
from pochade.provenance.verify import verify


@pytest.fixture(autouse=True)
def trusted():
    credentialed.settle(credentialed.ada())


def sound(data):
    try:
        return verify(data).sound
    except ImageError:  # no picture any more
        return False


def with_text(png):
    """A text chunk, as pochade writes one before it signs."""
    body = b"iTXtDescription\0\0\0\0\0a cat"
    return png[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


def survivors(data, count, seed):
    """Return the places at which a change of one byte was overlooked."""
    draw = random.Random(seed)
    changes = [(draw.randrange(len(data)), draw.randrange(1, 256)) for _ in range(count)]
    return [(place, by) for place, by in changes if sound(tampered(data, place, by))]


def test_one_byte_changed_anywhere_in_a_png_is_found_a_thousand_times_in_a_thousand():
    parent = signed(with_text(picture(1, 256)), said=turn(prompt="a dog"))
    data = signed(with_text(picture(2, 256)), said=turn(prompt="a cat"), sources=(("parentOf", "turn 1", parent),))
    assert sound(data)
    assert survivors(data, 1000, 6) == []


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_one_byte_changed_anywhere_in_a_jpeg_or_webp_is_found(kind, mime):
    data = signed(picture(3, 256, kind), mime=mime, said=turn(prompt="a cat"))
    assert sound(data)
    assert survivors(data, 200, 7) == []


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_every_place_of_the_file_around_the_pixels_is_watched(kind, mime):
    data = signed(picture(3, 64, kind), mime=mime)
    start = data.find(manifest_store(data, mime)[:24])
    end = data.find(manifest_store(data, mime)[-24:]) + 24
    # Of the store every place that c2pa leaves open: each byte of the padding and of the boxes' heads among them.
    places = [*range(start + 200), *range(start + 200, end, 5), *range(end, min(end + 40, len(data)))]
    assert [place for place in places if sound(tampered(data, place, 1 << place % 8))] == []


@pytest.mark.parametrize("by", [1, 0x20, 0x80])
def test_padding_and_outer_boxes_are_watched_even_where_the_checksum_is_put_right(by):
    data = signed()
    start = data.find(b"caBX")
    end = start + 4 + struct.unpack(">I", data[start - 4 : start])[0]
    heads = [
        data.find(name, start) for name in (b"c2pa\0", b"c2pa.assertions\0", b"c2pa.claim.v2\0", b"c2pa.signature\0")
    ]
    padding = data.rfind(b"cpad")
    places = [place + step for place in heads for step in (-26, -25, -1, 0, 1, 2, 3)]
    places += [padding + 1, padding + 2, padding + 5, *range(padding + 8, padding + 900, 99), start + 5, start + 7]
    for place in places:
        changed = bytearray(tampered(data, place, by))
        changed[end : end + 4] = struct.pack(">I", zlib.crc32(changed[start:end]))
        assert not sound(bytes(changed)), place


def test_what_others_sign_is_judged_by_its_signature_alone():
    data = signed(agent={"name": "another program", "version": "1"})
    place = data.rfind(b"cpad") + 40
    assert verify(tampered(data, place)).state == "trusted"
    data = signed()
    changed = verify(tampered(data, data.rfind(b"cpad") + 40))
    assert changed.state == "invalid"
    assert changed.problems[0].endswith("(org.pochade.unsigned).")


def test_avif_leaves_the_names_of_its_brands_open():
    """C2PA's hash of such files leaves out the box "ftyp" and c2pa's own; every byte of pixels is covered."""
    data = signed(picture(3, 64, "AVIF"), mime="image/avif")
    assert sound(data)
    brands = struct.unpack(">I", data[:4])[0]
    draw = random.Random(8)
    changes = [(draw.randrange(brands, len(data)), draw.randrange(1, 256)) for _ in range(200)]
    assert [place for place, by in changes if sound(tampered(data, place, by))] == []


def test_an_unsigned_file_has_nothing_to_have_been_changed():
    for kind, mime in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("AVIF", "image/avif")):
        assert not changed_unsigned(picture(0, 64, kind), mime)
        assert manifest_store(picture(0, 64, kind), mime) is None


def test_garbage_in_place_of_boxes_is_odd_and_never_a_crash():
    draw = random.Random(9)
    data = signed()
    start = data.find(b"caBX") + 4
    for _ in range(3000):
        changed = bytearray(data)
        for _ in range(draw.choice((1, 8, 200))):
            changed[draw.randrange(start, start + 3000)] = draw.randrange(256)
        assert changed_unsigned(bytes(changed), "image/png") in {True, False}
    for mime in ("image/png", "image/jpeg", "image/webp", "image/avif"):
        for _ in range(300):
            noise = draw.randbytes(draw.randrange(300))
            assert changed_unsigned(noise, mime) in {True, False}
            manifest_store(noise, mime)
