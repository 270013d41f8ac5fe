"""Whose file is this, may it be written, and what is wrong with it: the questions asked around a session file.

They stand apart from `file.py` because they are about files, locks and disks, not about turns. The right to write is a
lock on a small hidden file beside the session, which the operating system gives back even when its holder was killed;
the text in it says who that is.
"""

import os
import platform
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from pochade.errors import ReadOnlyError, StoreError

__all__ = [
    "BUSY_SECONDS",
    "LARGEST",
    "PATIENT_SECONDS",
    "VERSION",
    "Holding",
    "check_header",
    "discard",
    "discard_drafts",
    "drafting",
    "explain",
    "held_by",
    "hold",
    "publish",
    "stamp",
]

VERSION = 4
"""What `user_version` of a session file says: the layout of its tables."""

BUSY_SECONDS = 10.0
"""How long a reader waits for a writer in another process, in seconds."""

PATIENT_SECONDS = 120.0
"""The same for the writer, whose turn would be lost: somebody may be checking or copying a large file."""

LARGEST = 2**29
"""The largest value that is read, made or kept in a file, in bytes: more than any picture has."""

_APPLICATION_ID = int.from_bytes(b"POCH")

_DRAFT = re.compile(r"\..+\.pochade(\.[0-9a-f]{8}\.part)+", re.DOTALL)

_GONE = (
    "{path} was moved, replaced or deleted while it was open, so nothing more is written: save what this session still "
    "has with its export('new.pochade'), or put the file back and open it again."
)
_DAMAGED = "{path} is damaged ({error}). Restore a copy, or save what is left of it with: sqlite3 FILE .recover"
_NO_LOCKS = (
    "The disk that {path} is on does not lock it ({error}): copy it to a disk of this machine, and open the copy."
)
_SHUT = (
    "{path} cannot be written any more ({error}): it was moved, or you may not write in its folder. Nothing was "
    "changed; make that possible, then try again."
)
_ONLY_READ = "{path} can only be read: copy it to a place where you may write, and open the copy."

# What SQLite's error names begin with, the longer first, and what each means to the person whose file it is.
_MEANINGS: tuple[tuple[str, type[StoreError], str], ...] = (
    ("SQLITE_FULL", StoreError, "The disk is full: nothing was changed in {path}. Make room, then try again."),
    ("SQLITE_CORRUPT", StoreError, _DAMAGED),
    ("SQLITE_NOTADB", StoreError, _DAMAGED),
    ("SQLITE_BUSY", StoreError, "Another program keeps {path} locked: close it there, then try again."),
    # The ways in which a network disk fails to lock.
    ("SQLITE_PROTOCOL", StoreError, _NO_LOCKS),
    ("SQLITE_IOERR_LOCK", StoreError, _NO_LOCKS),
    ("SQLITE_IOERR_RDLOCK", StoreError, _NO_LOCKS),
    ("SQLITE_IOERR_UNLOCK", StoreError, _NO_LOCKS),
    ("SQLITE_IOERR_CHECKRESERVEDLOCK", StoreError, _NO_LOCKS),
    ("SQLITE_CANTOPEN", StoreError, _SHUT),
    ("SQLITE_PERM", StoreError, _SHUT),
    ("SQLITE_READONLY_DIRECTORY", ReadOnlyError, _SHUT),
    ("SQLITE_READONLY_DBMOVED", StoreError, _GONE),
    ("SQLITE_READONLY", ReadOnlyError, _ONLY_READ),
    ("SQLITE_TOOBIG", StoreError, "Something is larger than a session file keeps: {path} was left as it is."),
    ("SQLITE_CONSTRAINT", StoreError, "That does not fit what {path} holds, so nothing was stored ({error})."),
)


@dataclass
class Holding:
    """The right to write a session file, or why it was not given.

    Attributes
    ----------
    lock : filelock.BaseFileLock or None
        The lock while it is held; None means that the file may only be read.
    holder : str or None
        Who holds it instead.
    reason : str or None
        Why nobody here can write, where it is not because of another holder.
    """

    lock: BaseFileLock | None = None
    holder: str | None = None
    reason: str | None = None

    def release(self) -> None:
        """Give the right back. The empty lock file stays: removing it could split two waiters over two files."""
        if self.lock is not None:
            _write_name(self.lock, "")
            self.lock.release()
            self.lock = None


def hold(path: Path, patience: float = 0.25) -> Holding:
    """Try to become the one who writes this file.

    It takes a moment's patience, in seconds: who asks `held_by` has the lock of a free file for an instant.
    """
    if not os.access(path, os.W_OK):
        return Holding(reason="you have no permission to write it")
    if not os.access(path.parent, os.W_OK):
        return Holding(reason="you have no permission to write in its folder, where SQLite prepares each change")
    lock = FileLock(_sidecar(path), thread_local=False)
    try:
        lock.acquire(timeout=patience, poll_interval=0.02)
    except Timeout:
        return Holding(holder=_read_name(Path(lock.lock_file)))
    except (OSError, NotImplementedError) as error:
        why = getattr(error, "strerror", None) or "locks are not known there"
        return Holding(reason=f"its lock file {lock.lock_file} cannot be used ({why})")
    _write_name(lock, _my_name())
    return Holding(lock=lock)


def held_by(path: Path) -> str | None:
    """Return who writes a file at the moment; None where nobody does."""
    sidecar = _sidecar(path)
    with suppress(OSError):
        if not sidecar.read_text("utf-8", "replace"):
            return None  # whoever let go of it did so in good order
        holding = hold(path, 0)  # its holder may have been killed, and then the lock is free
        holding.release()
        return holding.holder
    return None


@contextmanager
def drafting(path: Path) -> Iterator[Path]:
    """Give a hidden name beside a file, in a folder that is there, for what is to become that file once it is whole.

    At the end what is left of it goes. Somebody who is killed before that leaves a draft; the next who makes one in the
    same folder removes it. A lock tells that a draft is still being made.
    """
    discard_drafts(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    lock = _draft_lock(draft)
    with suppress(OSError, NotImplementedError):  # on a disk without locks nobody's drafts are removed either
        lock.acquire(timeout=0)
    try:
        yield draft
    finally:
        discard(draft)
        _let_go(lock)


def discard_drafts(folder: Path) -> None:
    """Remove the drafts of session files, in a folder, whose makers are gone."""
    with suppress(OSError):
        for draft in [entry for entry in folder.iterdir() if _DRAFT.fullmatch(entry.name)]:
            lock = _draft_lock(draft)
            with suppress(OSError, NotImplementedError):  # among these the one that says that somebody has it
                lock.acquire(timeout=0)
                discard(draft)
                _let_go(lock)


def _draft_lock(draft: Path) -> BaseFileLock:
    return FileLock(f"{draft}.lock", thread_local=False)


def _let_go(lock: BaseFileLock) -> None:
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


def publish(draft: Path, path: Path) -> None:
    """Give a finished draft its name, at one moment; FileExistsError where there is a file already, which stays.

    Whoever looks, and whatever is killed, finds the whole file or none.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # some disks know no second names for a file
        if path.exists():
            raise FileExistsError(path) from None
        draft.rename(path)
    discard(draft)


def discard(draft: Path) -> None:
    """Remove a draft, or a file that nobody holds, and what lies beside it."""
    for left in (draft, _sidecar(draft), draft.with_name(f"{draft.name}-journal")):
        with suppress(OSError):
            left.unlink(missing_ok=True)


def stamp(db: sqlite3.Connection) -> None:
    """Mark a new database as a session file of this layout."""
    db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def check_header(path: Path) -> None:
    """Make sure, before anything touches it, that this is a session file that this pochade can read.

    Raises
    ------
    StoreError
        It is not there, is a folder, is somebody else's file, or was made by a newer pochade.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        raise StoreError(f"There is no session file at {path}. Check the name, or start a new session.") from None
    except IsADirectoryError:
        raise StoreError(f"{path} is a folder: name the session file in it.") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    version, application = (int.from_bytes(header[start : start + 4]) for start in (60, 68))
    if not header.startswith(b"SQLite format 3\0") or application != _APPLICATION_ID:
        what = "is empty" if not header else "is not a pochade session"
        raise StoreError(f"{path} {what}. It was left as it is; choose a session file (usually *.pochade).")
    if version > VERSION:
        raise StoreError(f"{path} was written by a newer pochade (layout {version}): upgrade pochade to open it.")


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Turn an error of SQLite's into one that says what happened to the file and what to do."""
    name = getattr(error, "sqlite_errorname", None) or ""
    for start, kind, sentence in _MEANINGS:
        if name.startswith(start):
            return kind(sentence.format(path=path, error=error))
    return StoreError(f"{path} could not be read or written ({error}). Check that its disk is there and well.")


def _sidecar(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def _my_name() -> str:
    notebook = os.environ.get("JPY_SESSION_NAME")
    return f"process {os.getpid()} on {platform.node()}" + (f" ({notebook})" if notebook else "")


def _read_name(sidecar: Path) -> str:
    try:
        text = sidecar.read_text("utf-8", "replace")[:300]
    except OSError:
        text = ""
    name = "".join(letter for letter in text if letter.isprintable())
    if name == _my_name():
        return f"another session of this same process ({name})"
    return name or "another process"


def _write_name(lock: BaseFileLock, name: str) -> None:
    # A soft lock, the stand-in where a file system has no locks, keeps its own text there. The name is a courtesy:
    # where it cannot be written (Windows forbids it while the file is locked) the lock holds all the same.
    if not isinstance(lock, SoftFileLock):
        with suppress(OSError):
            Path(lock.lock_file).write_text(name, "utf-8")
