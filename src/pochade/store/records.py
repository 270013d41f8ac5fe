"""What a turn's record holds and how it lies in a session file's tables: plain functions on one connection.

They stand apart from `file.py`, which knows about threads, transactions and locks and nothing of columns, and from
`layout.py`, which makes the tables. Nothing here begins or ends a transaction.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pochade.errors import ImageError, RequestError, StoreError
from pochade.imaging import load
from pochade.store.foreign import check_kinds

__all__ = [
    "TurnRecord",
    "has_fingerprints",
    "imprint",
    "imprint_of",
    "insert",
    "keep",
    "pick",
    "select",
    "shown",
    "spell",
]

# What `turn` holds as columns of the same name; the other fields of a record are `size`, `details` and pictures.
_COLUMNS = (
    "id", "parent", "created", "task", "prompt", "seed", "n", "steps", "guidance", "seconds", "model", "image_turn",
    "picked", "state", "starred", "deleted",
)  # fmt: skip

_FINGERPRINTED = 4  # the first layout that has them

_ROLES = ("image", "source", "mask", "reference", "changed", "original")

_DETAILS = ("notes", "versions", "reference_turns", "image_index", "extra")

# No 0, o, 1, l or i. A letter and a digit take turns, so an id never spells a word.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_DIGITS = "23456789"


@dataclass(frozen=True)
class TurnRecord:
    """Everything that is kept about a turn; pictures are named by the hash of their stored bytes.

    Attributes
    ----------
    id : str
        Short and permanent, unique in the file.
    parent : str or None
        Id of the turn that this one grew from.
    created : float
        When it was finished, in seconds since 1970 (UTC).
    task : str
        ``"generate"`` or ``"edit"``.
    prompt, seed, n, steps, guidance
        What was asked, with every default filled in. Picture k of n was painted from ``seed + k``.
    size : tuple of int
        Width and height of each picture in pixels.
    seconds : float
        What it took, without waiting in the queue.
    notes : tuple of str
        Sentences worth telling, such as a size that was rounded.
    model : str
        Name of the model.
    versions : dict of str to str
        What made it: packages, weights.
    image_turn : str or None
        Id of the turn whose picture was edited, if it was a turn's.
    reference_turns : tuple of (str or None)
        The same for each reference.
    images : tuple of str
        Hashes of the pictures that came back, in order.
    source : str or None
        Hash of the picture that was edited, where it was an upload.
    mask : str or None
        Hash of the mask.
    references : tuple of str
        Hashes of the references, in order.
    extra : dict
        Anything else that JSON can carry.
    changed : tuple of (str or None)
        For each of `images` the hash of the mask ("L") of where an edit truly changed the picture, None where that was
        not found out; empty where it was for none.
    picked : int
        Which of `images` the conversation goes on from, counted from 0.
    state : str
        ``"done"``, or ``"stopped"`` for a turn that was stopped and kept: then `images` are the pictures that were
        finished, fewer than `n`, or the last preview where there were none.
    image_index : int
        Which picture of `image_turn` was edited, counted from 0.
    starred, deleted : float or None
        When it was, in seconds since 1970 (UTC); None where it is not. A deleted turn is hidden until it is restored.
    originals : tuple of (str or None)
        Hashes of the files that were given, as they came, where they say something about themselves that the decoded
        picture cannot: first the one that was edited, then that of each reference, None where there is nothing. Empty
        where there is nothing at all.
    """

    id: str
    parent: str | None
    created: float
    task: str
    prompt: str
    seed: int
    n: int
    size: tuple[int, int]
    steps: int
    guidance: float
    seconds: float
    notes: tuple[str, ...]
    model: str
    versions: dict[str, str]
    image_turn: str | None
    reference_turns: tuple[str | None, ...]
    images: tuple[str, ...]
    source: str | None
    mask: str | None
    references: tuple[str, ...]
    extra: dict[str, Any] = field(default_factory=dict)
    changed: tuple[str | None, ...] = ()
    picked: int = 0
    state: str = "done"
    image_index: int = 0
    starred: float | None = None
    deleted: float | None = None
    originals: tuple[str | None, ...] = ()


def insert(db: sqlite3.Connection, record: TurnRecord) -> None:
    """Insert a turn and the names of its pictures, which must be there already."""
    details = {name: getattr(record, name) for name in _DETAILS}
    row = {name: getattr(record, name) for name in _COLUMNS}
    row |= {"width": record.size[0], "height": record.size[1], "details": json.dumps(details)}
    names = ", ".join(row)
    db.execute(f"INSERT INTO turn ({names}) VALUES (:{names.replace(', ', ', :')})", row)  # noqa: S608  # our own names
    pictures: list[tuple[str, int, str | None]] = [("source", 0, record.source), ("mask", 0, record.mask)]
    pictures += [("image", place, name) for place, name in enumerate(record.images)]
    pictures += [("reference", place, name) for place, name in enumerate(record.references)]
    pictures += [("changed", place, name) for place, name in enumerate(record.changed)]
    pictures += [("original", place, name) for place, name in enumerate(record.originals)]
    db.executemany(
        "INSERT INTO picture (turn, role, place, hash) VALUES (?, ?, ?, ?)",
        [(record.id, role, place, name) for role, place, name in pictures if name is not None],
    )


def select(db: sqlite3.Connection, which: str, parameters: tuple[object, ...]) -> list[TurnRecord]:
    """Return the turns that this end of a SELECT (WHERE, ORDER BY, LIMIT) picks."""
    # Every column by its own name: a file of an older layout that is only read has fewer.
    found = db.execute(f"SELECT * FROM turn {which}", parameters)  # noqa: S608  # our own words
    names = [column[0] for column in found.description]
    return [_read(db, dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _read(db: sqlite3.Connection, row: dict[str, Any]) -> TurnRecord:
    name = row["id"]
    try:
        return _record(db, row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"The file is damaged: what it says of turn {name!r} cannot be read. Restore a copy."
        ) from error


def pick(db: sqlite3.Connection, turn: str, index: int) -> None:
    """Set which of a turn's pictures the conversation goes on from; RequestError if it has no such picture."""
    count = db.execute("SELECT count(*) FROM picture WHERE turn = ? AND role = 'image'", (turn,)).fetchone()[0]
    if type(index) is not int or not 0 <= index < count:
        several = f"has {count} pictures, numbered from 0 to {count - 1}" if count > 1 else "has one picture, number 0"
        raise RequestError(f"Turn {turn!r} {several}: there is no picture {index!r} to pick.")
    db.execute("UPDATE turn SET picked = ? WHERE id = ?", (index, turn))


def keep(db: sqlite3.Connection, data: bytes, name: str | None = None, pixels: str | None = None) -> str:
    """Insert bytes unless they are there; return their hash, which must be `name` if one is given.

    `pixels` is the hash of the pixels that they show, as `pixel_hash` of `load_image` tells it, where somebody has
    the picture at hand; without it the bytes are decoded to find out.
    """
    found = load.byte_hash(data)
    if name not in (None, found):
        raise StoreError(f"bytes with the hash {found[:8]}… were given as {name}: nothing was stored.")
    if db.execute("SELECT 1 FROM blob WHERE hash = ?", (found,)).fetchone() is None:
        pixels = shown(data) if pixels is None else pixels
        db.execute("INSERT INTO blob (hash, pixels, bytes) VALUES (?, ?, ?)", (found, pixels, data))
    return found


def shown(data: bytes) -> str | None:
    """Return the hash of the pixels that bytes show; None where they are no picture."""
    with suppress(ImageError):
        return load.pixel_hash(load.load_image(data))
    return None


def imprint(db: sqlite3.Connection, fingerprints: Mapping[str, bytes], version: int) -> None:
    """Keep fingerprints of stored pictures, by the bytes' hash; one of an older method gives way to a newer one's."""
    statement = """
        INSERT INTO fingerprint (hash, version, value) VALUES (?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET version = excluded.version, value = excluded.value
        WHERE excluded.version > fingerprint.version
    """
    db.executemany(statement, [(name, version, value) for name, value in fingerprints.items()])


def imprint_of(db: sqlite3.Connection, name: str) -> tuple[int, bytes] | None:
    """Return version and value of a picture's fingerprint, by the bytes' hash; None where it has none."""
    if not has_fingerprints(db):
        return None
    found = db.execute("SELECT version, value FROM fingerprint WHERE hash = ?", (name,)).fetchone()
    return None if found is None else (found[0], found[1])


def has_fingerprints(db: sqlite3.Connection) -> bool:
    """Whether fingerprints are kept in this file, which may be of an older layout if it is only read."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] >= _FINGERPRINTED)


def _record(db: sqlite3.Connection, row: dict[str, Any]) -> TurnRecord:
    details = json.loads(row.pop("details"))
    check_kinds(row, details)
    size = row.pop("width"), row.pop("height")
    del row["number"]
    pictures: dict[str, dict[int, str]] = {role: {} for role in _ROLES}
    asked = "SELECT role, place, hash FROM picture WHERE turn = ? ORDER BY place"
    for role, place, name in db.execute(asked, (row["id"],)):
        pictures[role][place] = name
    images, changed, originals = pictures["image"], pictures["changed"], pictures["original"]
    return TurnRecord(
        **row,
        size=size,
        notes=tuple(details["notes"]),
        versions=details["versions"],
        reference_turns=tuple(details["reference_turns"]),
        extra=details["extra"],
        images=tuple(images.values()),
        source=pictures["source"].get(0),
        mask=pictures["mask"].get(0),
        references=tuple(pictures["reference"].values()),
        changed=tuple(map(changed.get, images)) if changed else (),
        image_index=details.get("image_index", 0),
        originals=tuple(map(originals.get, range(1 + len(pictures["reference"])))) if originals else (),
    )


def spell(text: str, pairs: int) -> str:
    """Return an id of so many letters and digits, always the same for the same text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    letters = []
    for _ in range(pairs):
        number, letter = divmod(number, len(_LETTERS))
        number, digit = divmod(number, len(_DIGITS))
        letters.append(_LETTERS[letter] + _DIGITS[digit])
    return "".join(letters)
