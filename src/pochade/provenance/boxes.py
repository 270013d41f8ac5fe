"""The manifest store as it lies in a picture file, and whether it lies there as pochade left it.

A signature covers the claim, and the claim covers the picture; a few bytes are covered by neither: the padding beside a
signature, the lengths and names of the outer boxes, a PNG chunk's checksum. c2pa overlooks changes there, which harm
nothing that is said. It stands alone because it looks at exactly these bytes, and needs neither c2pa nor a key for it.
Formats: JUMBF (ISO/IEC 19566-5), COSE_Sign1 (RFC 9052), CBOR (RFC 8949), and how C2PA embeds a store in each container.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FORMATS", "changed_unsigned", "crowded", "manifest_store"]

FORMATS = frozenset({"image/png", "image/jpeg", "image/webp", "image/avif"})
"""Kinds of files that pochade signs, and whose stores are found here."""

_MOST = 20_000  # chunks or boxes looked at in one file; real ones have the store among the first few
_MOST_RIFF, _MOST_BOXES = 5_000, 2_000  # c2pa takes four times as long for twice as many of these
_MOST_TINY, _TINY = 50_000, 64  # blocks of a GIF, and the bytes of one that is no tiny one
_CONTAINERS = frozenset(b"moov trak mdia minf stbl dinf edts udta tref treg mvex moof traf mfra meta schi".split())
_DEPTH = 32  # boxes and values in each other; pochade's own are at most 6 deep
_BMFF_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_OUTER = frozenset({b"c2pa.assertions", b"c2pa.claim", b"c2pa.claim.v2", b"c2pa.signature"})
_OUTER |= {b"c2pa.credentials", b"c2pa.databoxes"}
_BESIDE = frozenset({b"x5chain", b"pad", b"pad2", b"sigTst", b"sigTst2", b"rVals"})  # headers outside the signature
_PRIVATE = 0x10  # of a box's switches: a private box, the salt, follows its name
_NAMED = 0x03  # of a box's switches: it may be asked for, and has a name
_EMBEDDED = 21  # bytes in a BMFF box before the store: version and flags, "manifest", an offset of 8 bytes
_JPEG_BOX = b"\x02\x11"  # the number that c2pa gives its box among a JPEG's
_SIGN1 = 18  # CBOR's tag of a signature by one


class _Odd(Exception):  # noqa: N818 - a finding, not a fault of the program
    """The bytes are not as they were written."""


def manifest_store(data: bytes, mime: str) -> bytes | None:
    """Return the bytes of the manifest store in a picture file; None where there is none, or it cannot be found."""
    try:
        return b"".join(_pieces(data, mime)) or None
    except (_Odd, struct.error, IndexError):
        return None


def crowded(data: bytes, mime: str) -> bool:
    """Whether a file has more parts than any real picture: c2pa would go through millions of them for minutes.

    Counted are a PNG's chunks, a RIFF's, a GIF's tiny blocks, and everywhere else the boxes of ISO base media files
    with those inside them, as deep as c2pa goes. Of JPEG and TIFF c2pa itself reads no more than it can.
    """
    if mime in {"image/jpeg", "image/tiff"}:
        return False
    if data.startswith(b"\x89PNG"):
        return _many_chunks(data, 8, ">I", 0, 12, 1) > _MOST
    if data.startswith(b"RIFF"):
        return _many_chunks(data, 12, "<I", 4, 8, 2) > _MOST_RIFF
    if data.startswith(b"GIF8"):
        return _tiny_blocks(data) > _MOST_TINY
    return _many_boxes(data) > _MOST_BOXES


def _many_chunks(data: bytes, place: int, order: str, behind: int, beside: int, even: int) -> int:
    """Count chunks whose length stands `behind` their beginning, with so many bytes `beside` their content."""
    for number in range(_MOST + 1):
        if place + 8 > len(data):
            return number
        length = struct.unpack_from(order, data, place + behind)[0]
        place += length + beside + length % even
    return _MOST + 1


def _many_boxes(data: bytes) -> int:
    """Count the boxes of an ISO base media file, and those in its containers."""
    count, waiting = 0, [(0, len(data))]
    while waiting:
        place, end = waiting.pop()
        while place + 8 <= end and count <= _MOST_BOXES:
            count += 1
            length, kind = struct.unpack_from(">I4s", data, place)
            first = place + 8
            if length == 1 and place + 16 <= end:  # too long for four bytes
                length, first = struct.unpack_from(">Q", data, place + 8)[0], place + 16
            stop = min(place + length, end) if length else end
            if stop < first:
                break  # c2pa refuses the file here
            if kind in _CONTAINERS:
                # "meta" has four bytes before its boxes, but not in every file.
                waiting += [(first, stop), (first + 4, stop)] if kind == b"meta" else [(first, stop)]
            place = stop
    return count


def _tiny_blocks(data: bytes) -> int:
    """Count a GIF's extensions, pictures and data blocks that have less than 64 bytes; whole files have few of them."""
    count, place = 0, 13 + _colours(data, 10)
    while place < len(data) and data[place] in b"!," and count <= _MOST_TINY:
        count += 1
        place += 2 if data[place] == 0x21 else 11 + _colours(data, place + 9)  # noqa: PLR2004 - "!", an extension
        while place < len(data) and data[place] and count <= _MOST_TINY:
            count += data[place] < _TINY
            place += 1 + data[place]
        place += 1
    return count


def _colours(data: bytes, place: int) -> int:
    """Return the bytes of the colour table that these switches of a GIF announce."""
    switches = data[place] if place < len(data) else 0
    return 3 << ((switches & 7) + 1) if switches & 0x80 else 0


def changed_unsigned(data: bytes, mime: str) -> bool:
    """Whether any of the bytes that no signature covers are other than pochade writes them.

    It is asked of pictures whose signed claim says that pochade wrote it; other programs may do it differently.
    """
    try:
        store = b"".join(_pieces(data, mime, strict=True))
        if store:
            _check_store(store)
    except (_Odd, struct.error, IndexError):
        return True
    return False


def _pieces(data: bytes, mime: str, *, strict: bool = False) -> Iterator[bytes]:
    if mime == "image/png":
        return _in_png(data, strict=strict)
    if mime == "image/jpeg":
        return _in_jpeg(data, strict=strict)
    if mime == "image/webp":
        return _in_riff(data, strict=strict)
    if mime in {"image/avif", "image/heif", "image/heic"}:
        return _in_bmff(data, strict=strict)
    return iter(())


def _in_png(data: bytes, *, strict: bool) -> Iterator[bytes]:
    place = 8
    for _ in range(_MOST):
        if place + 12 > len(data):
            return
        length = struct.unpack_from(">I", data, place)[0]
        end = place + 8 + length
        if data[place + 4 : place + 8] == b"caBX":
            if strict and data[end : end + 4] != struct.pack(">I", zlib.crc32(data[place + 4 : end])):
                raise _Odd
            yield data[place + 8 : end]
        place = end + 4


def _in_jpeg(data: bytes, *, strict: bool) -> Iterator[bytes]:
    place, number, opening = 2, 0, b""
    while data[place] == 0xFF and data[place + 1] not in {0xDA, 0xD9}:  # noqa: PLR2004 - scan, end
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if data[place + 1] == 0xEB and data[place + 4 : place + 6] == b"JP":  # noqa: PLR2004 - APP11
            number += 1
            head = data[place + 6 : place + 20]  # which box, which part of it, and the box's own length and kind
            opening = opening or head[:2] + head[6:]
            if strict and (head[:2] + head[6:] != opening or head[:6] != _JPEG_BOX + struct.pack(">I", number)):
                raise _Odd
            yield data[place + 12 if number == 1 else place + 20 : end]
        place = end


def _in_riff(data: bytes, *, strict: bool) -> Iterator[bytes]:
    if strict and struct.unpack_from("<I", data, 4)[0] + 8 != len(data):
        raise _Odd
    place = 12
    for _ in range(_MOST):
        if place + 8 > len(data):
            return
        length = struct.unpack_from("<I", data, place + 4)[0]
        end = place + 8 + length
        if data[place : place + 4] == b"C2PA":
            if strict and any(data[end : end + length % 2]):
                raise _Odd
            yield data[place + 8 : end]
        place = end + length % 2


def _in_bmff(data: bytes, *, strict: bool) -> Iterator[bytes]:
    place = 0
    for _ in range(_MOST):
        if place + 8 > len(data):
            return
        length = struct.unpack_from(">I", data, place)[0]
        end = place + length if length else len(data)
        if length == 1:  # too long for four bytes
            end = place + struct.unpack_from(">Q", data, place + 8)[0]
        if end < place + 8:
            raise _Odd
        if data[place + 4 : place + 8] == b"uuid" and data[place + 8 : place + 24] == _BMFF_UUID:
            if strict and data[place + 24 : place + 24 + _EMBEDDED] != bytes(4) + b"manifest\0" + bytes(8):
                raise _Odd
            yield data[place + 24 + _EMBEDDED : end]
        place = end


def _check_store(store: bytes) -> None:
    for _, root in _boxes(store, 0, len(store)):
        label, manifests = _described(store, *root)
        if label != b"c2pa":
            raise _Odd
        for _, manifest in manifests:
            for _, part in _described(store, *manifest)[1]:
                label, contents = _described(store, *part)
                if label not in _OUTER:
                    raise _Odd
                if label == b"c2pa.assertions":
                    for _, assertion in contents:
                        _described(store, *assertion)
                if label == b"c2pa.signature":
                    for _, (start, end) in contents:
                        _check_signature(store[start:end])


def _described(store: bytes, start: int, end: int) -> tuple[bytes, list[tuple[bytes, tuple[int, int]]]]:
    """Return a superbox's name and what is in it."""
    (kind, (first, last)), *contents = _boxes(store, start, end)
    switches = store[first + 16]
    if kind != b"jumd" or switches not in {_NAMED, _NAMED | _PRIVATE}:
        raise _Odd
    close = store.index(b"\0", first + 17, last) if b"\0" in store[first + 17 : last] else -1
    if close < 0 or (not switches & _PRIVATE and close != last - 1):
        raise _Odd
    return store[first + 17 : close], contents


def _boxes(store: bytes, start: int, end: int) -> list[tuple[bytes, tuple[int, int]]]:
    """Return kind and extent of the boxes that fill this part of the store exactly."""
    found = []
    while start < end:
        length = struct.unpack_from(">I", store, start)[0]
        if length < 8 or start + length > end:  # noqa: PLR2004 - a box's own length and kind
            raise _Odd
        found.append((store[start + 4 : start + 8], (start + 8, start + length)))
        start += length
    if not found:
        raise _Odd
    return found


def _check_signature(cose: bytes) -> None:
    """Look at a COSE_Sign1: what stands beside the signature must be known, and its padding empty."""
    value, end = _value(cose, 0, 0)
    if end != len(cose) or not isinstance(value, tuple) or value[0] != _SIGN1:
        raise _Odd
    parts = value[1]
    if not isinstance(parts, list) or len(parts) != 4 or parts[2] is not None or not isinstance(parts[1], list):  # noqa: PLR2004
        raise _Odd
    for key, header in zip(parts[1][::2], parts[1][1::2], strict=True):
        if not isinstance(key, int) and key not in _BESIDE:
            raise _Odd
        if key in {b"pad", b"pad2"} and (not isinstance(header, bytes) or any(header)):
            raise _Odd


def _value(data: bytes, place: int, depth: int) -> tuple[Any, int]:
    """Read one CBOR value: a map as a flat list, text as bytes, a tag as (tag, value); numbers at their shortest."""
    kind, low = data[place] >> 5, data[place] & 31
    place += 1
    if depth > _DEPTH:
        raise _Odd
    if kind == 7:  # noqa: PLR2004 - simple values; the only ones in a signature's headers are these
        return {20: False, 21: True, 22: None}[low] if low in {20, 21, 22} else _odd(), place
    number = low
    if low >= 24:  # noqa: PLR2004 - the number follows, in 1, 2, 4 or 8 bytes
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(low) or _odd()
        number = int.from_bytes(data[place : place + width])
        place += width
        if number < (24 if width == 1 else 1 << 4 * width):
            raise _Odd
    if kind in {0, 1}:
        return number if kind == 0 else -1 - number, place
    if kind in {2, 3}:
        if place + number > len(data):
            raise _Odd
        return data[place : place + number], place + number
    if kind == 6:  # noqa: PLR2004 - a tag
        value, place = _value(data, place, depth + 1)
        return (number, value), place
    found: list[Any] = []
    for _ in range(min(number * (kind - 3), len(data))):
        value, place = _value(data, place, depth + 1)
        found.append(value)
    return found, place


def _odd() -> Any:
    raise _Odd
