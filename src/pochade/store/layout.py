"""The tables of a session file: how a new one is laid out, and how an older one becomes one of today.

They stand apart from `records.py`, which fills them, because a layout is a promise to every file ever made: what is
written here is described in FORMAT.md, and a step from one layout to the next is never changed once it was released.
"""

import sqlite3
from collections.abc import Mapping
from uuid import uuid4

from pochade.store.filing import VERSION, stamp

__all__ = ["SCHEMA", "STEPS", "bring_up", "lay_out", "set_meta"]

_PICTURE = """
CREATE TABLE picture (
    turn   TEXT NOT NULL REFERENCES turn (id),
    role   TEXT NOT NULL CHECK (role IN ('image', 'source', 'mask', 'reference', 'changed', 'original')),
    place  INTEGER NOT NULL,
    hash   TEXT NOT NULL REFERENCES blob (hash),
    PRIMARY KEY (turn, role, place)
) WITHOUT ROWID
"""
_PICTURE_BY_HASH = "CREATE INDEX picture_by_hash ON picture (hash)"

# Living turns are counted and paged without reading a turn; removing one asks whether another needs it.
_TURN_INDEXES = (
    "CREATE INDEX turn_living ON turn (deleted, number, id)",
    "CREATE INDEX turn_by_image_turn ON turn (image_turn)",
)

_FINGERPRINT = """
CREATE TABLE fingerprint (
    hash     TEXT PRIMARY KEY REFERENCES blob (hash) ON DELETE CASCADE,
    version  INTEGER NOT NULL,  -- of the method: another one's cannot be compared
    value    BLOB NOT NULL
)
"""

SCHEMA = (
    """
CREATE TABLE meta (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) WITHOUT ROWID
""",
    """
CREATE TABLE blob (
    hash    TEXT PRIMARY KEY,   -- of the stored bytes
    pixels  TEXT,               -- of what they show; null where they are no picture
    bytes   BLOB NOT NULL
)
""",
    "CREATE INDEX blob_by_pixels ON blob (pixels)",
    """
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
)
""",
    "CREATE INDEX turn_by_parent ON turn (parent)",
    _PICTURE,
    *_TURN_INDEXES,
    _PICTURE_BY_HASH,
    _FINGERPRINT,
)

# A CHECK cannot be altered, so the table of pictures is copied into a new one.
_WITH_MORE_ROLES = (
    "ALTER TABLE picture RENAME TO picture_before",
    _PICTURE,
    "INSERT INTO picture (turn, role, place, hash) SELECT turn, role, place, hash FROM picture_before",
    "DROP TABLE picture_before",
)

# What layout 1 lacks.
_FROM_1 = (
    "ALTER TABLE turn ADD COLUMN picked INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE turn ADD COLUMN state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'stopped'))",
    *_WITH_MORE_ROLES,
)

# What layout 2 lacks.
_FROM_2 = (
    "ALTER TABLE turn ADD COLUMN starred REAL",
    "ALTER TABLE turn ADD COLUMN deleted REAL",
    *_TURN_INDEXES,
    _PICTURE_BY_HASH,
)

# What layout 3 lacks; besides, its file has no name of its own yet.
_FROM_3 = (*_WITH_MORE_ROLES, _PICTURE_BY_HASH, _FINGERPRINT)

STEPS = {1: _FROM_1, 2: _FROM_2, 3: _FROM_3}  # from which layout to the next


def lay_out(db: sqlite3.Connection, meta: Mapping[str, str | None]) -> None:
    """Make a new file's tables. Page size and vacuum can only be set before the first of them."""
    db.execute("PRAGMA page_size = 16384")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("BEGIN IMMEDIATE")
    stamp(db)
    for statement in SCHEMA:
        db.execute(statement)
    set_meta(db, {"session": uuid4().hex, **meta})
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
        for statement in STEPS[step]:
            db.execute(statement)
    set_meta(db, {"session": uuid4().hex})
    stamp(db)
    db.execute("COMMIT")


def set_meta(db: sqlite3.Connection, entries: Mapping[str, str | None]) -> None:
    """Set entries of the file's own table of names and values; None removes one."""
    for key, value in entries.items():
        if value is None:
            db.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))
