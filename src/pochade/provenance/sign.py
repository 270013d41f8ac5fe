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
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import c2pa

from pochade import __version__
from pochade.errors import ProvenanceError
from pochade.imaging.load import byte_hash
from pochade.provenance.boxes import crowded, manifest_store
from pochade.provenance.carried import carried, mime_of
from pochade.provenance.keys import anchors
from pochade.provenance.manifest import LABEL, MAX_WORDS, WORDS, definition, ingredient

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
"""Bytes of pochade's own manifests that a picture carries along, about 25 turns; c2pa itself ends at 200."""
_MOST_FOREIGN = 2_000_000
"""Bytes of others' manifests, which come with uploads: those of a few cameras or programs, with their thumbnails."""
_TEXT = (b"iTXt", b"tEXt", b"zTXt")
_SOFTWARE = f"pochade {__version__}"


_guard = threading.Lock()
_readings: OrderedDict[str, tuple[int, Future[_Credentials | None]]] = OrderedDict()


def _after_fork() -> None:
    global _guard  # noqa: PLW0603 - a lock that another thread held while the process forked stays locked for ever
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Manifest(NamedTuple):
    """One manifest among those of a source: the hash of its bytes, how many these are, and whether pochade wrote it."""

    hash: str
    size: int
    ours: bool


class _Credentials(NamedTuple):
    """What was read of a source.

    Its manifest's label; how its checks went; whether they went well; all of its manifests as bytes, b"" where c2pa has
    to take them out of the file; each of them by its label; and the addresses of the assertions with a person's words.
    """

    label: str
    results: Any
    sound: bool
    store: bytes
    manifests: dict[str, _Manifest]
    worded: tuple[str, ...]


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
        "minimal" leaves out the person's words, and takes them out of what its sources carry; "off" returns `picture`
        as it is.
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
        builder = _builder(facts, level, mime, anchors() + signer.anchor)
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


def _builder(facts: Facts, level: Level, mime: str, anchor: str) -> c2pa.Builder:
    """Build a manifest with its sources; of one whose credentials are not carried along, it is said why."""
    described = [
        {**ingredient(source, place, level), "format": _type(source)} for place, source in enumerate(facts.sources)
    ]
    kept = _carried_along(facts.sources, described, anchor)
    for place, found in kept.items():
        if found.store:
            data = {"format": "application/c2pa", "identifier": _store_name(place)}
            read = {"active_manifest": found.label, "validation_results": found.results, "manifest_data": data}
            described[place] |= read
    worded = sorted({address for found in kept.values() for address in found.worded}) if level == "minimal" else ()
    ready = [one for place, one in enumerate(described) if place not in kept or kept[place].store]
    said = {**definition(facts, level, mime, worded), "ingredients": ready}
    builder = c2pa.Builder(json.dumps(said, ensure_ascii=False), context=context(anchor))
    for place, found in kept.items():
        if found.store:
            builder.add_resource(_store_name(place), io.BytesIO(found.store))
        else:
            builder.add_ingredient(described[place], _type(facts.sources[place]), io.BytesIO(facts.sources[place].data))
    return builder


def _carried_along(
    sources: tuple[Source, ...], described: list[dict[str, Any]], anchor: str
) -> dict[int, _Credentials]:
    """Choose the sources whose credentials a picture carries along, by their place; say of each other one why not.

    c2pa keeps one manifest of a name: where two sources have different ones, as an honest picture and a forged copy of
    it do, both would read as the first. So the second is named without its own, and sound ones come first. History does
    not grow without end either: what is left out is looked up in the session file.
    """
    found = {place: _read_by(source.data, anchor).result() for place, source in enumerate(sources)}
    kept: dict[int, _Credentials] = {}
    held: dict[str, _Manifest] = {}
    for place in sorted(found, key=lambda place: not ((one := found[place]) and one.sound)):
        one = found[place]
        if one is None:
            if carried(sources[place].data):
                described[place]["description"] = "It carries Content Credentials that cannot be read."
            continue
        together = held | one.manifests
        fits = together == one.manifests | held and (one.store or len(sources) == 1)
        if fits and _size(together, ours=True) <= _MOST_HISTORY and _size(together, ours=False) <= _MOST_FOREIGN:
            kept[place], held = one, together
        elif one.sound:
            title = described[place].get("title", "an earlier picture")
            described[place]["title"] = f"{title}, whose own credentials stay in the session file"
        else:
            described[place]["description"] = "It carries Content Credentials that do not hold."
    return kept


def _size(manifests: dict[str, _Manifest], *, ours: bool) -> int:
    return sum(one.size for one in manifests.values() if one.ours == ours)


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
            try:
                reading = _thread(os.getpid()).submit(_credentials, picture, anchor)
            except RuntimeError:  # no thread begins any more once the program's own end is reached
                reading = Future()
                reading.set_result(_credentials(picture, anchor))
            _readings[name] = os.getpid(), reading
        _readings.move_to_end(name)
        while len(_readings) > _REMEMBERED:
            _readings.popitem(last=False)
        return _readings[name][1]


@functools.lru_cache(maxsize=1)
def _thread(_process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "pochade-credentials")  # threads do not live on after a fork


def _credentials(picture: bytes, anchor: str) -> _Credentials | None:
    """Read a picture's credentials: how they were found, said briefly, and their bytes.

    c2pa's own way gives every check that went well a sentence beside its code; over twenty turns those sentences would
    be a tenth of what a picture carries. What went wrong keeps its own. Of credentials that are too large to be carried
    along nothing is read or remembered but how large they are.
    """
    mime = mime_of(picture)
    if mime is None or not carried(picture) or crowded(picture, mime):
        return None
    store = manifest_store(picture, mime) or b""
    if len(store) > _MOST_HISTORY + _MOST_FOREIGN:
        size = {"": _Manifest("", len(store), ours=False)}
        return _Credentials("", None, sound=True, store=b"", manifests=size, worded=())
    try:
        with c2pa.Reader(mime, io.BytesIO(picture), context=context(anchor)) as reader:
            told = json.loads(reader.json())
    except (c2pa.C2paError, ValueError, RecursionError):
        return None
    label, results, read = told.get("active_manifest"), told.get("validation_results"), told.get("manifests")
    manifests = _manifests(store)
    if not isinstance(label, str) or not isinstance(results, dict) or not isinstance(read, dict):
        return None
    if store and read.keys() - manifests:
        return None
    sound = told.get("validation_state") != "Invalid"
    return _Credentials(label, _brief(results), sound, store, manifests, tuple(_worded(read)))


def _manifests(store: bytes) -> dict[str, _Manifest]:
    """Take a store apart: a box with a name and its manifests, each a box that begins with a name (ISO/IEC 19566-5).

    Nothing is returned of one that has two manifests of a name: nobody could say which of them is meant.
    """
    found: dict[str, _Manifest] = {}
    place = 8 + int.from_bytes(store[8:12])
    while (size := int.from_bytes(store[place : place + 4])) >= 8:  # noqa: PLR2004 - a box's own length and kind
        manifest = store[place : place + size]
        label = manifest[33:].split(b"\0", 1)[0].decode("utf-8", "replace")
        if label in found:
            return {}
        found[label] = _Manifest(byte_hash(manifest), size, f"{LABEL}\0".encode() in manifest)
        place += size
    return found


def _worded(manifests: dict[str, Any]) -> Iterator[str]:
    """Find the assertions in which pochade kept a person's words, and those that cannot be looked through."""
    for label, manifest in manifests.items():
        for one in manifest.get("assertions", ()):
            if one.get("label") == LABEL:
                said: Any = None
                with suppress(ValueError, RecursionError, KeyError, TypeError):
                    said = json.loads(one["data"]["json"])
                if not isinstance(said, dict) or said.keys() & set(WORDS):
                    yield f"self#jumbf=/c2pa/{label}/c2pa.assertions/{LABEL}"


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
