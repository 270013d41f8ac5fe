"""One session file, open: its connection, who may write it, its transactions, and its own table of names and values.

It stands apart from `file.py`, which keeps turns, because everything here would be the same for any other contents:
threads take turns on one connection, a write is all or nothing, and SQLite's errors are said in sentences. Beside the
file lies a small hidden lock file: its holder writes, all others read.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from weakref import WeakSet

from pochade.errors import ReadOnlyError, StoreError
from pochade.store.filing import BUSY_SECONDS, LARGEST, PATIENT_SECONDS, Holding, explain, hold
from pochade.store.layout import set_meta
from pochade.store.marks import speaks

__all__ = ["Database", "absolute", "is_open", "must_hold"]

_MOMENT_MS = 100  # a wait inside SQLite, in milliseconds
_PAUSE_SECONDS = 0.05  # in which others get their turn

_open: WeakSet["Database"] = WeakSet()


class Database:
    """A session file's connection; every method may be called by any thread.

    Attributes
    ----------
    path : pathlib.Path
        The file, absolute and with symbolic links resolved.
    writable : bool
        False when somebody else holds the file or permission is missing; then every write raises `ReadOnlyError`.
    holder : str or None
        Who holds the file, where it is held by somebody else.
    """

    def __init__(self, path: Path, holding: Holding) -> None:
        self.path = path
        self.writable = holding.lock is not None
        self.holder = holding.holder
        self._holding = holding
        self._guard = threading.RLock()
        # Opened for writing even to read: whoever opens first after a crash has to undo the half-written turn.
        self._db: sqlite3.Connection | None = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        _open.add(self)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
        self._db.execute("PRAGMA trusted_schema = OFF")  # a file may come from anybody, with views and triggers in it
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA foreign_keys = ON")
        # A home directory is often a network disk, where a write-ahead log is unsafe. What undoes a write is a file of
        # its own, and "extra" also waits until its end is on the disk: after a power cut it would undo a finished turn.
        self._db.execute("PRAGMA synchronous = EXTRA")
        self._db.create_function("speaks", 3, speaks, deterministic=True)  # SQLite folds the case of ASCII only

    @classmethod
    def _opened(cls, path: Path, holding: Holding, first: Callable[[sqlite3.Connection], object]) -> Self:
        """Connect, do what comes first, and leave nothing open where that fails."""
        made: Self | None = None
        try:
            made = cls(path, holding)
            with made.asking() as db:
                first(db)
        except BaseException as error:
            if made is not None:
                made.close()
            holding.release()
            if isinstance(error, sqlite3.Error):
                raise explain(error, path) from error
            raise
        return made

    def meta(self, key: str, default: str | None = None) -> str | None:
        """Return an entry of the file's own table of names and values."""
        found = self._column("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0] if found else default

    def set_meta(self, key: str, value: str | None) -> None:
        """Set an entry of the file's own table, or remove it with None."""
        with self.writing() as db:
            set_meta(db, {key: value})

    def close(self) -> None:
        """Close the file and let others write it. Closing twice is no error; anything else afterwards is."""
        with self._guard:
            if self._db is not None:
                self._db.close()
                self._db = None
            self._holding.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path.name!r}{'' if self.writable else ', read-only'})"

    @contextmanager
    def asking(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection, one thread at a time, and say what SQLite's errors mean."""
        with self._guard:
            if self._db is None:
                raise StoreError(f"{self.path} was closed: open it again with pochade.open({str(self.path)!r}).")
            try:
                yield self._db
            except sqlite3.Error as error:
                raise explain(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold one transaction: committed to the disk at the end, undone by any exception."""
        self._check_writable()
        with self._begun() as db:
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # After some errors SQLite has undone it already, and the first error is the one worth telling.
                with suppress(sqlite3.Error):
                    db.rollback()
                raise

    def _check_writable(self) -> None:
        if not self.writable:
            raise ReadOnlyError(_refusal(self.path, self._holding))

    @contextmanager
    def _begun(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction that nobody else reads in: then its end waits for nobody, and no wait holds anybody up.

        Inside SQLite a wait cannot be interrupted, so it waits a moment at a time, and in between others may ask.
        """
        end = time.monotonic() + PATIENT_SECONDS
        while True:
            with self.asking() as db:
                try:
                    db.execute(f"PRAGMA busy_timeout = {_MOMENT_MS}")
                    try:
                        db.execute("BEGIN EXCLUSIVE")
                    finally:
                        db.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
                except sqlite3.OperationalError as error:
                    if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > end:
                        raise
                else:
                    yield db
                    return
            time.sleep(_PAUSE_SECONDS)

    def _column(self, query: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        with self.asking() as db:
            return [row[0] for row in db.execute(query, parameters)]


def is_open(path: Path) -> bool:
    """Whether this process has a connection to a file (its resolved path).

    Then it must not be opened past SQLite: on POSIX systems closing any other descriptor of a file gives up the locks
    that the connection has, and another process may undo what is being written (sqlite.org/howtocorrupt.html, 2.2).
    """
    return any(one.path == path and one._db is not None for one in tuple(_open))  # noqa: SLF001 - one of us


def absolute(path: str | os.PathLike[str]) -> Path:
    """Return where a path leads, with symbolic links resolved."""
    return Path(path).expanduser().resolve()


def must_hold(path: Path) -> Holding:
    """Become the one who writes a file, or say in a `ReadOnlyError` who does."""
    holding = hold(path)
    if holding.lock is None:
        raise ReadOnlyError(_refusal(path, holding))
    return holding


def _refusal(path: Path, holding: Holding) -> str:
    if holding.holder is None:
        return f"{path} can only be read: {holding.reason}. Copy it to a place where you may write, and open the copy."
    return f"{path} can only be read: {holding.holder} is writing it. Close it there, then open it again."
