"""Reading a picture's Content Credentials: who, when, with what, from what, and whether it still holds.

It stands alone because this is the only door through which a stranger's manifest comes in. The file is measured before
it is read, c2pa may ask nobody on the network, and whatever it reports goes through `report`, which believes no type.
"""

from __future__ import annotations

import io
import json
import os
import re
import reprlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pochade.errors import ImageError, RequestError
from pochade.inert import inert
from pochade.provenance.boxes import FORMATS, changed_unsigned, crowded, manifest_store
from pochade.provenance.carried import carried, mime_of
from pochade.provenance.credentials import Credentials
from pochade.provenance.ours import known
from pochade.provenance.report import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.provenance.credentials import Certificate

__all__ = ["MAX_BYTES", "verify"]

MAX_BYTES = 256 * 2**20
"""The largest file that is read, in bytes."""

_OPENING = 64  # bytes that tell what kind of picture a file is
_REMOTE = re.compile(r"Remote.*?(https?://\S+)", re.DOTALL)
_SHOWN = 160  # characters of c2pa's own words
_KINDS = "PNG, JPEG, WebP, AVIF, GIF and TIFF"


def verify(picture: object, *, mime: str | None = None) -> Credentials:
    """Read what a picture's Content Credentials say, and check whether they hold.

    Nothing is asked on the network: neither for a manifest that lies elsewhere nor for revoked certificates. Trusted is
    who signed with the key that pochade made on this computer, which proves that picture and words belong together and
    come from here, and says nothing about who the person is; or with the certificate that the person put in its place.
    A picture that this one was made from can only be checked as far as its manifest travels along; whether its pixels
    held is what whoever signed next found out and recorded (`Ingredient.matched`).

    Parameters
    ----------
    picture
        A path, the bytes of a picture file, a binary file object, or a turn (its picked picture, as stored).
    mime : str, optional
        The kind of file, such as ``"image/heic"``; left out, its first bytes tell.

    Returns
    -------
    Credentials
        Of state "none" where the picture carries none.

    Raises
    ------
    RequestError
        For an open image or an array: these are pixels without the file that carries the credentials.
    ImageError
        When the file cannot be opened, is no picture, or has more than 256 MiB.
    """
    data, name = _bytes_of(picture, mime)
    kind = mime or mime_of(data)
    if kind is None:
        raise ImageError(f"{name} is not a picture of a kind that can carry credentials: {_KINDS} can.")
    found = "too many parts" if crowded(data, kind) else _read(data, kind)
    if isinstance(found, str):
        return _unread(found, data, kind)
    size = _size(data, kind)
    # c2pa found it: where it cannot be found here, its box is marked otherwise than pochade marks it.
    changed = changed_unsigned(data, kind) or (kind in FORMATS and not size)
    return told(found, mime=kind, size=size, changed=changed, ours=_ours())


def _read(data: bytes, mime: str) -> dict[str, Any] | str:
    """Return c2pa's report, or its own words where there is none: "" without any credentials."""
    import c2pa  # 50 ms

    from pochade.provenance.keys import anchors

    settings: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
    }
    if known := anchors():
        settings["trust"] = {"user_anchors": known}
    if mime not in c2pa.Reader.get_supported_mime_types():
        raise RequestError(
            f"mime={inert(mime, limit=40)!r}: no credentials can be read from such a file. {_KINDS} can."
        )
    try:
        # Made anew each time: one from before a fork is dead in the child, and it costs less than a millisecond.
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create(mime, io.BytesIO(data), context=context)
            if reader is None:
                return ""
            with reader:
                report = json.loads(reader.json())
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return str(error) or type(error).__name__
    return report if isinstance(report, dict) else "the report is no object"


def _ours() -> dict[str, Certificate]:
    """Return the serial numbers of this person's certificates."""
    from pochade.provenance.keys import folder

    return known(folder())


def _unread(why: str, data: bytes, mime: str) -> Credentials:
    """Say what it means that c2pa gave no report."""
    if not why:
        return Credentials("none", mime=mime)
    if remote := _REMOTE.match(why):
        address = inert(remote[1], limit=_SHOWN)
        problem = f"Its credentials lie elsewhere, at {address}; pochade never asks there (manifest.inaccessible)."
        return Credentials("none", mime=mime, problems=(problem,))
    words = inert(why, limit=_SHOWN)
    if carried(data) or manifest_store(data, mime):
        problem = f"It carries credentials, but they are damaged and cannot be read ({words})."
        return Credentials("invalid", mime=mime, problems=(problem,), size=_size(data, mime))
    return Credentials("none", mime=mime, problems=(f"The file itself is damaged or cut short ({words}).",))


def _size(data: bytes, mime: str) -> int:
    return len(manifest_store(data, mime) or b"")


def _bytes_of(picture: object, mime: str | None) -> tuple[bytes, str]:
    """Return the file's bytes, and what a sentence calls it."""
    if isinstance(picture, bytes | bytearray | memoryview):
        return _whole(io.BytesIO(picture).read, "The picture", mime), "The picture"
    if isinstance(picture, str | os.PathLike):
        return _from_path(os.fsdecode(picture), mime)
    if callable(read := getattr(picture, "read", None)):
        return _whole(read, "The picture", mime), "The picture"
    if isinstance(stored := getattr(picture, "png", None), bytes):
        return stored, "The picture"
    raise RequestError(
        f"{type(picture).__name__} carries no credentials, which are in the picture's file: "
        "pass its path, its bytes or a turn."
    )


def _from_path(text: str, mime: str | None) -> tuple[bytes, str]:
    name = f"The file {inert(reprlib.repr(text))}"
    if text.startswith(("http:", "https:", "data:")):
        raise ImageError(
            f"{inert(reprlib.repr(text))} is an address: pochade fetches nothing, so pass the file itself."
        )
    path = Path(text).expanduser()
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # asked before opening, since opening a pipe would wait for a writer
            raise ImageError(f"{name} is not a picture file but a folder or a device.")
        with path.open("rb") as stream:
            return _whole(stream.read, name, mime), name
    except FileNotFoundError:
        raise ImageError(f"{name} does not exist.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{name} cannot be opened: {getattr(error, 'strerror', None) or error}.") from None


def _whole(read: Callable[[int], object], name: str, mime: str | None) -> bytes:
    """Read a file, but only if its first bytes are a picture's, and never more than the largest."""
    opening = read(_OPENING)
    if not isinstance(opening, bytes):
        raise RequestError(f"{name} gives {type(opening).__name__}, not bytes: open the file with mode 'rb'.")
    if not opening:
        raise ImageError(f"{name} is empty: it has 0 bytes.")
    if mime is None and mime_of(opening) is None:
        return opening  # whatever follows, it is no picture
    rest = read(MAX_BYTES + 1 - len(opening))
    data = opening + (rest if isinstance(rest, bytes) else b"")
    if len(data) > MAX_BYTES:
        raise ImageError(f"{name} has more than {MAX_BYTES // 2**20} MiB, which is the most that pochade reads.")
    return data
