"""Does a file carry Content Credentials? A quick look at its outermost structure, without the library that reads them.

It stands alone because it is asked of every upload, of strangers' bytes and on threads that must not wait: it imports
nothing, reads no more than a few hundred headers, and answers False to whatever it does not understand. Yes means that
it is worth asking `pochade.verify`, no more. Where each format keeps a manifest is laid down in C2PA 2.4, appendix A.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["carried", "mime_of"]

_PNG = b"\x89PNG\r\n\x1a\n"
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the user type of C2PA's box in ISO base media files
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}
_BRANDS |= {b"mif1": "image/heif", b"msf1": "image/heif"}
_MOST = 2_000  # headers looked at; a real file has its manifest among the first few
_TIFF_TAG = 0xCD41
_STANDALONE = (0x01, *range(0xD0, 0xD9))  # JPEG markers without a length


def mime_of(data: bytes) -> str | None:  # noqa: PLR0911 - one a kind
    """Return the type of a picture file by how it begins; None where it is of none that can carry credentials."""
    start = bytes(data[:32])
    if start.startswith(_PNG):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[:4] == b"GIF8":
        return "image/gif"
    if start[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if start[4:8] == b"ftyp":
        compatible = (start[place : place + 4] for place in (8, 16, 20, 24, 28))
        return next((_BRANDS[brand] for brand in compatible if brand in _BRANDS), None)
    return None


def carried(data: bytes) -> bool:
    """Tell whether a picture file carries a C2PA manifest. Never raises, and never takes long.

    Parameters
    ----------
    data : bytes
        The file: PNG, JPEG, WebP, AVIF, HEIF, TIFF or GIF.
    """
    look = _LOOKS.get(mime_of(data) or "")
    return False if look is None else look(data)


def _png(data: bytes) -> bool:
    place = len(_PNG)
    for _ in range(_MOST):
        kind = data[place + 4 : place + 8]
        if kind == b"caBX":
            return True
        if len(kind) < 4 or kind == b"IEND":  # noqa: PLR2004 - a chunk's name
            return False
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return False


def _jpeg(data: bytes) -> bool:
    place = 2
    for _ in range(_MOST):
        if data[place : place + 1] != b"\xff":
            return False
        marker = data[place + 1 : place + 2]
        if marker in (b"\xda", b"\xd9", b""):  # the picture itself begins, or the file ends
            return False
        if marker == b"\xff":
            place += 1
            continue
        if marker[0] in _STANDALONE:
            place += 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        part = data[place + 4 : place + 2 + length][:64]
        if marker == b"\xeb" and part[:2] == b"JP" and b"jumb" in part and b"c2pa" in part:
            return True
        if length < 2:  # noqa: PLR2004 - a length counts itself
            return False
        place += 2 + length
    return False


def _riff(data: bytes) -> bool:
    place = 12
    for _ in range(_MOST):
        kind, length = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if kind == b"C2PA":
            return True
        if len(kind) < 4:  # noqa: PLR2004 - a chunk's name
            return False
        place += 8 + length + length % 2
    return False


def _boxes(data: bytes) -> bool:
    place = 0
    for _ in range(_MOST):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        header = 8
        if length == 1:  # the true length follows, in eight bytes
            length, header = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        if kind == b"uuid" and data[place + header : place + header + 16] == _BOX:
            return True
        if length < header:  # 0: to the end of the file
            return False
        place += length
    return False


def _tiff(data: bytes) -> bool:
    order: str = "little" if data[:2] == b"II" else "big"

    def number(place: int, size: int) -> int:
        return int.from_bytes(data[place : place + size], order)  # type: ignore[arg-type]

    place = number(4, 4)
    for _ in range(16):  # pages
        count = min(number(place, 2), _MOST)
        if any(number(place + 2 + 12 * entry, 2) == _TIFF_TAG for entry in range(count)):
            return True
        place = number(place + 2 + 12 * count, 4)
        if place == 0:
            return False
    return False


def _gif(data: bytes) -> bool:
    place = 13 + _table(data[10:11])
    for _ in range(_MOST):
        kind = data[place : place + 1]
        if kind == b"!":
            if data[place + 1 : place + 2] == b"\xff" and data[place + 3 : place + 11] == b"C2PA_GIF":
                return True
            place += 2
        elif kind == b",":
            place += 11 + _table(data[place + 9 : place + 10])
        else:
            return False
        for step in _blocks(data, place):
            place = step
    return False


def _table(flags: bytes) -> int:
    """Return the bytes that a GIF's colour table takes."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _blocks(data: bytes, place: int) -> Iterator[int]:
    """Step over a GIF's data blocks; the last place is behind them."""
    for _ in range(_MOST):
        length = data[place] if place < len(data) else 0
        place += 1 + length
        yield place
        if length == 0:
            return


_LOOKS = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _riff,
    "image/avif": _boxes,
    "image/heic": _boxes,
    "image/heif": _boxes,
    "image/tiff": _tiff,
    "image/gif": _gif,
}
