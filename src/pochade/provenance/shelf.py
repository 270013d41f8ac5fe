"""The file that the index of pictures lies in: made, made anew where it is of no use, and replaced by memory.

It stands apart from `index.py`, which asks and fills it, because everything in here is about a file that may be
missing, damaged, foreign, locked, of another version, or in a folder where nothing can be written. Beside it lies a
list of the session files elsewhere, the one thing that could not be read again from anywhere.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pochade.provenance.fingerprint import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["connected", "elsewhere", "note", "opened", "recovered", "strike", "writing"]

_APPLICATION_ID = int.from_bytes(b"POCI")
_LAYOUT = 2
_VERSION = _LAYOUT * 1000 + VERSION  # another fingerprint makes another index
_BUSY_SECONDS = 2.0
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH")
_OTHERWISE_LAID_OUT = ("no such table", "no such column")
_REPLACED = "SQLITE_READONLY_DBMOVED"  # another process found it damaged and made it anew

_SCHEMA = (
    """CREATE TABLE file (
        id       INTEGER PRIMARY KEY,
        path     TEXT NOT NULL UNIQUE,
        session  TEXT NOT NULL DEFAULT '',
        size     INTEGER NOT NULL DEFAULT -1,  -- as it was when it was read: another one is read again
        changed  INTEGER NOT NULL DEFAULT -1,
        last     INTEGER NOT NULL DEFAULT 0,   -- number of the last turn that was read
        failed   TEXT                          -- why it could not be
    )""",
    """CREATE TABLE picture (
        file     INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
        turn     TEXT NOT NULL,
        place    INTEGER NOT NULL,
        created  REAL NOT NULL,
        hash     TEXT NOT NULL,
        pixels   TEXT,
        PRIMARY KEY (file, turn, place)
    ) WITHOUT ROWID""",
    "CREATE INDEX picture_by_hash ON picture (hash)",
    "CREATE INDEX picture_by_pixels ON picture (pixels)",
    "CREATE TABLE look (hash TEXT PRIMARY KEY, value BLOB NOT NULL)",
)


def opened(path: Path, seconds: float = _BUSY_SECONDS) -> tuple[sqlite3.Connection, bool]:
    """Open the index, made anew where it is damaged; in memory, and then True is said, where it cannot be used.

    `seconds` is how long to wait for others who write it.
    """
    for _ in range(2):
        try:
            db = connected(path, seconds)
        except sqlite3.Error as error:
            if not _damaged(error):
                break
            _remove(path)
        except OSError:
            break
        else:
            db.execute(f"PRAGMA busy_timeout = {round(_BUSY_SECONDS * 1000)}")
            return db, False
    return _in_memory(), True


def recovered(db: sqlite3.Connection, path: Path, error: sqlite3.Error) -> tuple[sqlite3.Connection, bool]:
    """Go on after an error: with the new file where the old was damaged or replaced, else in memory."""
    db.close()
    if _damaged(error):
        _remove(path)
    elif getattr(error, "sqlite_errorname", None) != _REPLACED:
        return _in_memory(), True
    return opened(path)


def connected(path: Path, seconds: float) -> sqlite3.Connection:
    """Connect to the index, made if it is not there; `seconds` is how long to wait for others who write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # SQLite's journal gets the same mode
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=seconds, isolation_level=None, check_same_thread=False
    )
    try:
        _lay_out(db)
    except BaseException:
        db.close()
        raise
    return db


def _lay_out(db: sqlite3.Connection) -> None:
    """Make the tables where they are not there, or are another version's."""
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")  # what a person deletes is not to live on here
    db.execute("PRAGMA synchronous = NORMAL")
    stamp = (_APPLICATION_ID, _VERSION)
    if _stamp(db) == stamp:
        return
    with writing(db):
        if _stamp(db) == stamp:  # another process was quicker
            return
        names = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for name in ("picture", *(name for (name,) in names if name != "picture")):
            db.execute(f'DROP TABLE IF EXISTS "{name}"')
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_VERSION}")


def _stamp(db: sqlite3.Connection) -> tuple[int, int]:
    application, version = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    return application, version


def _in_memory() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _lay_out(memory)
    return memory


def _damaged(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.startswith(_DAMAGED) or (name == "SQLITE_ERROR" and str(error).startswith(_OTHERWISE_LAID_OUT))


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-journal")):
        with suppress(OSError):
            name.unlink(missing_ok=True)


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction, undone by any error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.rollback()
        raise


# The list beside it: a JSON string a line.


def elsewhere(path: Path) -> set[str]:
    """Read which session files lie elsewhere; `path` is the index's."""
    names = set()
    with suppress(OSError):
        for line in _list(path).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                name = json.loads(line)
                if isinstance(name, str) and Path(name).is_absolute():
                    names.add(name)
    return names


def note(path: Path, name: str) -> None:
    """Put a session file on the list, unless it is there. Raises OSError."""
    if name not in elsewhere(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(_list(path), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "w") as lines:
            lines.write(json.dumps(name) + "\n")


def strike(path: Path, names: Collection[str]) -> None:
    """Take session files off the list. Raises OSError."""
    noted = elsewhere(path)
    if noted.intersection(names):
        draft = _list(path).with_name(f"{_list(path).name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as lines:
            lines.writelines(json.dumps(name) + "\n" for name in sorted(noted.difference(names)))
        draft.replace(_list(path))


def _list(path: Path) -> Path:
    return path.with_name("elsewhere.txt")
