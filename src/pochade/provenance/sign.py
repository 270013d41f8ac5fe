"""Puts Content Credentials into a picture file: what is known of it, what it was made from, and the signature.

It stands alone because this is where c2pa's native library is met: what it would do by itself, such as fetching a
stranger's manifest or writing the same sentence a hundred times, is kept from happening here.
"""

from __future__ import annotations

import functools
import io
import json
import os
import struct
import threading
import zlib
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import c2pa

from pochade import __version__
from pochade.errors import ProvenanceError
from pochade.imaging.load import byte_hash
from pochade.provenance.carried import carried, mime_of
from pochade.provenance.keys import anchors
from pochade.provenance.manifest import MAX_WORDS, definition, ingredient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pochade.provenance.facts import Facts, Level, Source
    from pochade.provenance.signer import Signer

__all__ = ["FORMATS", "context", "expect", "mime_of", "sign", "try_out"]

FORMATS = ("image/png", "image/jpeg", "image/webp", "image/avif")
"""What can be signed."""

_PNG = b"\x89PNG\r\n\x1a\n"
_REMEMBERED = 8  # pictures whose credentials were read; a tenth of a megabyte each after twenty turns
_MOST_HISTORY = 150_000
"""Bytes of its ancestors' manifests that a picture carries along, about 25 turns; c2pa itself ends at 200."""
_TEXT = (b"iTXt", b"tEXt", b"zTXt")
_SOFTWARE = f"pochade {__version__}"


_guard = threading.Lock()
_readings: OrderedDict[str, tuple[int, Future[_Credentials | None]]] = OrderedDict()


class _Credentials(NamedTuple):
    """What was read of a source: its manifest's label, how its checks went, and all of its manifests as bytes."""

    label: str
    results: Any
    store: bytes


def sign(picture: bytes, mime: str, facts: Facts, level: Level, signer: Signer) -> bytes:
    """Sign a picture file.

    Parameters
    ----------
    picture : bytes
        The file: PNG, JPEG, WebP or AVIF. Credentials that it carries are replaced: what it was made from belongs into
        `Facts.sources`.
    mime : str
        Its type.
    facts : Facts
        What is known of it.
    level : "full", "minimal" or "off"
        "minimal" leaves out the person's words, "off" returns `picture` as it is.
    signer : Signer
        Who signs.

    Returns
    -------
    bytes
        The same pixels, byte for byte as they are encoded. A PNG says in text chunks too which software made it and,
        at "full", from which words.

    Raises
    ------
    ProvenanceError
        It cannot be signed; the message says why.
    """
    if level == "off":
        return picture
    if mime not in FORMATS or mime_of(picture) != mime:
        raise ProvenanceError(f"Only PNG, JPEG, WebP and AVIF pictures can be signed, and this is no {mime} file.")
    if mime == "image/png":
        words = facts.recipe.get("prompt") if level == "full" else None
        picture = _with_text(picture, words if isinstance(words, str) else None)
    target = io.BytesIO()
    try:
        builder = _builder(definition(facts, level, mime), facts.sources, level, anchors() + signer.anchor)
    except c2pa.C2paError as error:
        raise ProvenanceError(f"The picture could not be signed: {error}.") from None
    signer.sign(builder, mime, io.BytesIO(picture), target)
    return target.getvalue()


def context(anchor: str) -> c2pa.Context:
    """Return c2pa's context: nothing is fetched, and what ends at `anchor` (PEM; "" for none) is trusted."""
    return _context(os.getpid(), anchor)  # one that was made before a fork is dead in the child


@functools.lru_cache(maxsize=4)
def _context(_process: int, anchor: str) -> c2pa.Context:
    settings: dict[str, Any] = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "core": {"allowed_network_hosts": []},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if anchor:
        settings["trust"] = {"user_anchors": anchor}
    return c2pa.Context.from_dict(settings)


def try_out(signer: Signer) -> None:
    """Sign a picture of one pixel and read it back; `ProvenanceError` where that cannot be relied on."""
    row = zlib.compress(b"\0\0")
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    picture = _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", row) + _chunk(b"IEND", b"")
    made = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
    said = {"format": "image/png", "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}]}
    target, here = io.BytesIO(), context(signer.anchor)
    signer.sign(c2pa.Builder(said, context=here), "image/png", io.BytesIO(picture), target)
    with c2pa.Reader("image/png", target, context=here) as reader:
        if reader.get_validation_state() == "Invalid":
            failures = (reader.get_validation_results() or {}).get("activeManifest", {}).get("failure", [])
            said_by = "; ".join(str(one.get("explanation") or one.get("code")) for one in failures)
            raise ProvenanceError(f"What it signs reads as invalid: {said_by}.")


def _builder(said: dict[str, Any], sources: tuple[Source, ...], level: Level, anchor: str) -> c2pa.Builder:
    """Build a manifest with its sources; of one that c2pa cannot read, no more is said than that it was there.

    History does not grow without end: where a picture would carry too much of it, what it was made from is named
    without its own credentials, and those are looked up in the session file.
    """
    described = [ingredient(source, place, level) for place, source in enumerate(sources)]
    kept = {place: found for place, source in enumerate(sources) if (found := _kept(source, place, anchor)) is not None}
    files = [source.data for source in sources]
    history = 0
    for place, (_, store) in list(kept.items()):
        history += len(store)
        if history > _MOST_HISTORY:
            del kept[place]
            files[place] = _without_credentials(files[place])
            title = described[place].get("title", "an earlier picture")
            described[place]["title"] = f"{title}, whose own credentials stay in the session file"
    bare: set[int] = set()
    while True:
        ready = [
            {**described[place], "format": _type(source), **(kept[place][0] if place in kept else {})}
            for place, source in enumerate(sources)
            if place in kept or place in bare
        ]
        builder = c2pa.Builder(json.dumps({**said, "ingredients": ready}, ensure_ascii=False), context=context(anchor))
        for place, (_, store) in kept.items():
            builder.add_resource(_store_name(place), io.BytesIO(store))
        for place, source in enumerate(sources):
            if place in kept or place in bare:
                continue
            try:
                builder.add_ingredient(described[place], _type(source), io.BytesIO(files[place]))
            except c2pa.C2paError:
                bare.add(place)
                if carried(source.data):
                    described[place]["description"] = "It carries Content Credentials that cannot be read."
                break
        else:
            return builder


def _type(source: Source) -> str:
    return mime_of(source.data) or source.mime


def _store_name(place: int) -> str:
    return f"m{place}"


def expect(picture: bytes, signer: Signer) -> None:
    """Read a picture's credentials on a thread of its own: `signer` is likely to sign one that is made from it next.

    c2pa checks every ancestor anew, which after twenty turns takes twice as long as signing does; meanwhile a person
    thinks of the next words.
    """
    _read_by(picture, anchors() + signer.anchor)


def _read_by(picture: bytes, anchor: str) -> Future[_Credentials | None]:
    """Return what is read of a picture's credentials, or will be; the last few are remembered."""
    name = byte_hash(picture) + anchor
    with _guard:
        if name not in _readings or _readings[name][0] != os.getpid():
            _readings[name] = os.getpid(), _thread(os.getpid()).submit(_credentials, picture, anchor)
        _readings.move_to_end(name)
        while len(_readings) > _REMEMBERED:
            _readings.popitem(last=False)
        return _readings[name][1]


@functools.lru_cache(maxsize=1)
def _thread(_process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "pochade-credentials")  # threads do not live on after a fork


def _kept(source: Source, place: int, anchor: str) -> tuple[dict[str, Any], bytes] | None:
    """Describe the credentials of a PNG, which turns are stored as, and return their bytes."""
    found = _read_by(source.data, anchor).result() if mime_of(source.data) == "image/png" else None
    if found is None:
        return None
    data = {"format": "application/c2pa", "identifier": _store_name(place)}
    return {"active_manifest": found.label, "validation_results": found.results, "manifest_data": data}, found.store


def _credentials(picture: bytes, anchor: str) -> _Credentials | None:
    """Read the credentials of a PNG: how they were found, said briefly, and their bytes.

    c2pa's own way gives every check that went well a sentence beside its code; over twenty turns those sentences would
    be a tenth of what a picture carries. What went wrong keeps its own.
    """
    store = next((body for kind, body, _ in _chunks(picture) if kind == b"caBX"), None)
    if store is None:
        return None
    try:
        with c2pa.Reader("image/png", io.BytesIO(picture), context=context(anchor)) as reader:
            told = json.loads(reader.json())
    except (c2pa.C2paError, ValueError):
        return None
    label, results = told.get("active_manifest"), told.get("validation_results")
    if not isinstance(label, str) or not isinstance(results, dict):
        return None
    return _Credentials(label, _brief(results), bytes(store))


def _without_credentials(png: bytes) -> bytes:
    return _PNG + b"".join(whole for kind, _, whole in _chunks(png) if kind != b"caBX")


def _brief(results: Any) -> Any:
    """Take the sentences out of what went well."""
    if isinstance(results, list):
        return [_brief(one) for one in results]
    if not isinstance(results, dict):
        return results
    found = {name: one if name == "failure" else _brief(one) for name, one in results.items()}
    if "code" in found:
        found.pop("explanation", None)
    return found


def _with_text(png: bytes, words: str | None) -> bytes:
    """Write a PNG's text chunks, behind its first chunk: its pixels are not encoded again."""
    texts = {b"Software": _SOFTWARE, b"Description": words}
    told = b"".join(
        _chunk(b"iTXt", name + b"\0\0\0\0\0" + text[:MAX_WORDS].replace("\0", "").encode("utf-8", "replace"))
        for name, text in texts.items()
        if text
    )
    first, *rest = (whole for kind, body, whole in _chunks(png) if kind not in _TEXT or _keyword(body) not in texts)
    return b"".join((_PNG, first, told, *rest))


def _keyword(body: memoryview) -> bytes:
    return bytes(body[:80]).split(b"\0")[0]


def _chunks(png: bytes) -> Iterator[tuple[bytes, memoryview, memoryview]]:
    """Yield a PNG's chunks as far as it goes: name, body and all of it."""
    view, place = memoryview(png), len(_PNG)
    while place + 8 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        yield kind, view[place + 8 : place + 8 + length], view[place : place + 12 + length]
        place += 12 + length


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))))
