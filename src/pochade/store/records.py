"""What a turn's record holds and how it lies in a session file's tables: plain functions on one connection.

They stand apart from `file.py`, which knows about threads, transactions and locks and nothing of columns. Nothing here
begins or ends a transaction except `lay_out`, which makes a file, and `bring_up`, which makes an older one today's.
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
from pochade.store.filing import VERSION, stamp

__all__ = ["TurnRecord", "bring_up", "insert", "keep", "lay_out", "pick", "select", "set_meta", "spell"]

_PICTURE = """
CREATE TABLE picture (
    turn   TEXT NOT NULL REFERENCES turn (id),
    role   TEXT NOT NULL CHECK (role IN ('image', 'source', 'mask', 'reference', 'changed')),
    place  INTEGER NOT NULL,
    hash   TEXT NOT NULL REFERENCES blob (hash),
    PRIMARY KEY (turn, role, place)
) WITHOUT ROWID
"""

# Living turns are counted and paged without reading a turn; removing one asks whether another needs it.
_INDEXES = """
CREATE INDEX turn_living ON turn (deleted, number, id);
CREATE INDEX turn_by_image_turn ON turn (image_turn);
CREATE INDEX picture_by_hash ON picture (hash)
"""

_SCHEMA = f"""
CREATE TABLE meta (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE blob (
    hash    TEXT PRIMARY KEY,   -- of the stored bytes
    pixels  TEXT,               -- of what they show; null where they are no picture
    bytes   BLOB NOT NULL
);
CREATE INDEX blob_by_pixels ON blob (pixels);

CREATE TABLE turn (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    parent      TEXT REFERENCES turn (id),
    created     REAL NOT NULL,
    task        TEXT NOT NULL,
    prompt      TEXT NOT NULL,
    seed        INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    steps       INTEGER NOT NULL,
    guidance    REAL NOT NULL,
    seconds     REAL NOT NULL,
    model       TEXT NOT NULL,
    image_turn  TEXT REFERENCES turn (id),
    details     TEXT NOT NULL,  -- JSON: notes, versions, reference_turns, image_index, extra
    picked      INTEGER NOT NULL DEFAULT 0,
    state       TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'stopped')),
    starred     REAL,           -- when, in seconds since 1970; null where it is not
    deleted     REAL
);
CREATE INDEX turn_by_parent ON turn (parent);
{_PICTURE};
{_INDEXES}"""

# What layout 1 lacks. A CHECK cannot be altered, so the table of pictures is copied into a new one.
_FROM_1 = (
    "ALTER TABLE turn ADD COLUMN picked INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE turn ADD COLUMN state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'stopped'))",
    "ALTER TABLE picture RENAME TO picture_1",
    _PICTURE,
    "INSERT INTO picture (turn, role, place, hash) SELECT turn, role, place, hash FROM picture_1",
    "DROP TABLE picture_1",
)

# What layout 2 lacks.
_FROM_2 = (
    "ALTER TABLE turn ADD COLUMN starred REAL",
    "ALTER TABLE turn ADD COLUMN deleted REAL",
    *_INDEXES.split(";\n"),
)

_STEPS = {1: _FROM_1, 2: _FROM_2}  # from which layout to the next

# What `turn` holds as columns of the same name; the other fields of a record are `size`, `details` and pictures.
_COLUMNS = (
    "id", "parent", "created", "task", "prompt", "seed", "n", "steps", "guidance", "seconds", "model", "image_turn",
    "picked", "state", "starred", "deleted",
)  # fmt: skip

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


def lay_out(db: sqlite3.Connection, meta: Mapping[str, str | None]) -> None:
    """Make a new file's tables. Page size and vacuum can only be set before the first of them."""
    db.execute("PRAGMA page_size = 16384")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("BEGIN IMMEDIATE")
    stamp(db)
    for statement in _SCHEMA.split(";\n"):
        db.execute(statement)
    set_meta(db, meta)
    db.execute("COMMIT")


def bring_up(db: sqlite3.Connection) -> None:
    """Bring a file of an older layout up to today's, where it lies, in one transaction; today's is left as it is.

    An error leaves the transaction open: closing the connection undoes all of it, as a crash does.
    """
    layout = db.execute("PRAGMA user_version").fetchone()[0]
    if layout >= VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    for step in range(max(layout, 1), VERSION):
        for statement in _STEPS[step]:
            db.execute(statement)
    stamp(db)
    db.execute("COMMIT")


def set_meta(db: sqlite3.Connection, entries: Mapping[str, str | None]) -> None:
    """Set entries of the file's own table of names and values; None removes one."""
    for key, value in entries.items():
        if value is None:
            db.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


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
    db.executemany(
        "INSERT INTO picture (turn, role, place, hash) VALUES (?, ?, ?, ?)",
        [(record.id, role, place, name) for role, place, name in pictures if name is not None],
    )


def select(db: sqlite3.Connection, which: str, parameters: tuple[object, ...]) -> list[TurnRecord]:
    """Return the turns that this end of a SELECT (WHERE, ORDER BY, LIMIT) picks."""
    # Every column by its own name: a file of an older layout that is only read has fewer.
    found = db.execute(f"SELECT * FROM turn {which}", parameters)  # noqa: S608  # our own words
    names = [column[0] for column in found.description]
    return [_record(db, dict(zip(names, row, strict=True))) for row in found.fetchall()]


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
        if pixels is None:
            with suppress(ImageError):  # bytes that are no picture are kept without one
                pixels = load.pixel_hash(load.load_image(data))
        db.execute("INSERT INTO blob (hash, pixels, bytes) VALUES (?, ?, ?)", (found, pixels, data))
    return found


def _record(db: sqlite3.Connection, row: dict[str, Any]) -> TurnRecord:
    details, size = json.loads(row.pop("details")), (row.pop("width"), row.pop("height"))
    del row["number"]
    pictures: dict[str, dict[int, str]] = {"image": {}, "source": {}, "mask": {}, "reference": {}, "changed": {}}
    asked = "SELECT role, place, hash FROM picture WHERE turn = ? ORDER BY place"
    for role, place, name in db.execute(asked, (row["id"],)):
        pictures[role][place] = name
    images, changed = pictures["image"], pictures["changed"]
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
