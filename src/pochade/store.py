"""The durable history: one SQLite file a session, which is also the archive format (`.pochade`).

A turn and its pictures go in by one transaction, so a crash can lose what was being painted but never what was
finished. The module stands alone because it alone answers for threads, transactions and the right to write; everybody
else sees `TurnRecord` and bytes. Beside the file lies a small hidden lock file: its holder writes, all others read.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from pochade import records
from pochade.errors import ReadOnlyError, StoreError
from pochade.filing import BUSY_SECONDS, Holding, check_header, explain, hold
from pochade.imaging.load import byte_hash
from pochade.records import TurnRecord

if TYPE_CHECKING:
    from weakref import ref

__all__ = ["SUFFIX", "Store", "TurnRecord", "default_folder", "latest"]

SUFFIX = ".pochade"


class Store:
    """One session file, open. Make one with `Store.create` or `Store.open`; every method may be called by any thread.

    Attributes
    ----------
    path : pathlib.Path
        The file, absolute and with symbolic links resolved.
    writable : bool
        False when somebody else holds the file or permission is missing; then every write raises `ReadOnlyError`.
    holder : str or None
        Who holds the file, where it is held by somebody else.
    on_pick : weak reference to a callable, or None
        Given the turn's id when another of its pictures was picked.
    """

    def __init__(self, path: Path, holding: Holding) -> None:
        self.path = path
        self.writable = holding.lock is not None
        self.holder = holding.holder
        self._holding = holding
        self._guard = threading.RLock()
        self.on_pick: ref[Callable[[str], None]] | None = None
        self._taken: set[str] | None = None
        # Opened for writing even to read: whoever opens first after a crash has to undo the half-written turn.
        self._db: sqlite3.Connection | None = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA foreign_keys = ON")
        # A home directory is often a network disk, where a write-ahead log is unsafe.
        self._db.execute("PRAGMA synchronous = FULL")

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, meta: Mapping[str, str]) -> Self:
        """Make a new session file and open it for writing.

        Parameters
        ----------
        path : path-like
            Where; missing folders are made. Nothing may be there yet.
        meta : mapping of str to str
            First entries of the file's `meta`.

        Raises
        ------
        StoreError
            Something is there already, or the file cannot be written.
        """
        where = _absolute(path)
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.touch(exist_ok=False)
        except OSError as error:
            if isinstance(error, FileExistsError) and where.exists():
                raise StoreError(f"{where} is there already: open it, or choose another name.") from None
            raise StoreError(f"{where} cannot be made: {error.strerror}. Choose another place.") from error
        try:
            return cls._opened(where, _must_hold(where), partial(records.lay_out, meta=meta))
        except BaseException:
            where.unlink(missing_ok=True)
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, readonly: bool | None = None) -> Self:
        """Open a session file that exists. One of an older layout is brought up to today's when it is opened to write.

        Parameters
        ----------
        path : path-like
            The file.
        readonly : bool, optional
            True never writes; False insists on writing; None writes if nobody else does, and else only reads.

        Raises
        ------
        StoreError
            There is no such file, it is not a session file, it is damaged, or a newer pochade made it.
        ReadOnlyError
            ``readonly=False`` and the file cannot be written; the message says who holds it.
        """
        where = _absolute(path)
        check_header(where)
        if readonly:
            holding = Holding(reason="it was opened for reading")
        else:
            holding = hold(where) if readonly is None else _must_hold(where)

        def first(db: sqlite3.Connection) -> None:
            # Reading every id touches the tables' roots: a file cut short or overwritten shows now, not in mid-session.
            db.execute("SELECT count(id) FROM turn").fetchone()
            if holding.lock is not None:
                records.bring_up(db)

        return cls._opened(where, holding, first)

    @classmethod
    def _opened(cls, path: Path, holding: Holding, first: Callable[[sqlite3.Connection], object]) -> Self:
        """Connect, do what comes first, and leave nothing open where that fails."""
        store: Self | None = None
        try:
            store = cls(path, holding)
            with store._asking() as db:
                first(db)
        except BaseException as error:
            if store is not None:
                store.close()
            holding.release()
            if isinstance(error, sqlite3.Error):
                raise explain(error, path) from error
            raise
        return store

    def new_id(self, *made_from: object) -> str:
        """Give out an id: permanent, unique in this file, never given twice.

        Parameters
        ----------
        *made_from
            What the turn is made from: prompt, seed, parent's id and so on (strings, numbers, None, tuples of them).
            The same recipe gets the same id in every session, so code that names a turn works again in a new one.

        Returns
        -------
        str
            Four characters or more of a-z and 2-9, a letter first.
        """
        with self._guard:
            if self._taken is None:
                self._taken = set(self._column("SELECT id FROM turn"))  # unordered: read from the index alone
            recipe = json.dumps(made_from)
            # Few names are in use while the file is small, so short ones seldom meet.
            pairs = 2 + (len(self._taken) > 1000) + (len(self._taken) > 100_000)  # noqa: PLR2004
            fresh = (records.spell(f"{recipe}{attempt}", pairs) for attempt in count())
            chosen = next(name for name in fresh if name not in self._taken)
            self._taken.add(chosen)
            return chosen

    def add(
        self,
        record: TurnRecord,
        blobs: Mapping[str, bytes],
        *,
        pixels: Mapping[str, str] | None = None,
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a turn and its pictures, all or nothing; when it returns they are on the disk.

        Parameters
        ----------
        record : TurnRecord
            The turn. Its parent must be in the file already.
        blobs : mapping of str to bytes
            Bytes by their hash. Those that the file has already are not written again.
        pixels : mapping of str to str, optional
            `pixel_hash` of the picture (RGB or RGBA) that such bytes show, by the bytes' hash, for whoever has the
            picture at hand: bytes that it does not name are decoded to find out.
        meta : mapping of str to str, optional
            Entries of `meta` that change with this turn.

        Raises
        ------
        ReadOnlyError
            The file cannot be written.
        StoreError
            The disk is full, the id is taken, or the record names a picture or a turn that is not there.
        """
        with self._writing() as db:
            for name, data in blobs.items():
                records.keep(db, data, name, (pixels or {}).get(name))
            records.insert(db, record)
            records.set_meta(db, meta or {})

    def set_picked(self, id: str, index: int, *, tell: bool = True) -> None:  # noqa: A002
        """Say which of a turn's pictures the conversation goes on from, counted from 0; `tell` calls `on_pick`.

        Raises
        ------
        KeyError
            There is no turn of this id.
        RequestError
            The turn has no such picture.
        ReadOnlyError
            The file cannot be written.
        """
        with self._writing() as db:
            if id not in self:
                raise KeyError(f"{self.path.name} has no turn {id!r}")
            records.pick(db, id, index)
        if tell and self.on_pick is not None and (told := self.on_pick()) is not None:
            told(id)

    def get(self, id: str) -> TurnRecord:  # noqa: A002
        """Return the turn of this id; KeyError if there is none."""
        found = self._records("WHERE id = ?", (id,))
        if not found:
            raise KeyError(f"{self.path.name} has no turn {id!r}")
        return found[0]

    def ids(self) -> list[str]:
        """Return the ids of all turns, oldest first."""
        return self._column("SELECT id FROM turn ORDER BY number")

    def page(self, offset: int, limit: int) -> list[TurnRecord]:
        """Return up to `limit` turns, oldest first, leaving out the first `offset`."""
        return self._records("ORDER BY number LIMIT ? OFFSET ?", (limit, offset))

    def children(self, id: str) -> list[str]:  # noqa: A002
        """Return the ids of the turns that grew from this one, oldest first."""
        return self._column("SELECT id FROM turn WHERE parent = ? ORDER BY number", (id,))

    def __len__(self) -> int:
        with self._asking() as db:
            return int(db.execute("SELECT count(*) FROM turn").fetchone()[0])

    def __bool__(self) -> bool:
        return True  # a file without a turn is a file all the same

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return bool(self._column("SELECT id FROM turn WHERE id = ?", (id,)))

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their hash; the same bytes are kept once."""
        with self._writing() as db:
            return records.keep(db, data)

    def blob(self, hash: str) -> bytes:  # noqa: A002
        """Return the bytes of this hash; KeyError if there are none, StoreError if they are not what was stored."""
        with self._asking() as db:
            row = db.execute("SELECT bytes FROM blob WHERE hash = ?", (hash,)).fetchone()
        if row is None:
            raise KeyError(f"{self.path.name} has no picture {hash!r}")
        data = bytes(row[0])
        if byte_hash(data) != hash:
            raise StoreError(f"{self.path} is damaged: picture {hash[:8]}… is not what was stored. Restore a copy.")
        return data

    def meta(self, key: str, default: str | None = None) -> str | None:
        """Return an entry of the file's own table of names and values."""
        found = self._column("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0] if found else default

    def set_meta(self, key: str, value: str | None) -> None:
        """Set an entry of the file's own table, or remove it with None."""
        with self._writing() as db:
            records.set_meta(db, {key: value})

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
        return f"Store({self.path.name!r}{'' if self.writable else ', read-only'})"

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection, one thread at a time, and say what SQLite's errors mean."""
        with self._guard:
            if self._db is None:
                raise StoreError(f"{self.path} was closed: open it again with pochade.open({str(self.path)!r}).")
            try:
                yield self._db
            except sqlite3.Error as error:
                raise explain(error, self.path) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold one transaction: committed to the disk at the end, undone by any exception."""
        if not self.writable:
            raise ReadOnlyError(_refusal(self.path, self._holding))
        with self._asking() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # After some errors SQLite has undone it already, and the first error is the one worth telling.
                with suppress(sqlite3.Error):
                    db.rollback()
                raise

    def _column(self, query: str, parameters: tuple[object, ...] = ()) -> list[str]:
        with self._asking() as db:
            return [row[0] for row in db.execute(query, parameters)]

    def _records(self, which: str, parameters: tuple[object, ...]) -> list[TurnRecord]:
        with self._asking() as db:
            return records.select(db, which, parameters)


def default_folder() -> Path:
    """Return the folder of autosaved sessions: below ``POCHADE_HOME`` if that is set, else below the user's data."""
    home = os.environ.get("POCHADE_HOME") or platformdirs.user_data_dir("pochade", appauthor=False)
    return Path(home).expanduser().resolve() / "sessions"


def latest(notebook: str | None) -> Path | None:
    """Find the autosaved session with turns that was written last.

    Parameters
    ----------
    notebook : str or None
        Only sessions of this notebook (their ``meta("notebook")``, which is ``JPY_SESSION_NAME``); None: of any.

    Returns
    -------
    pathlib.Path or None
        None where there is no such session. Files that cannot be read are passed over.
    """
    for path in sorted(default_folder().glob(f"*{SUFFIX}"), key=_written, reverse=True):
        with suppress(StoreError), closing(Store.open(path, readonly=True)) as store:
            if len(store) and notebook in (None, store.meta("notebook")):
                return path
    return None


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser().resolve()


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # removed since it was listed
        return 0


def _must_hold(path: Path) -> Holding:
    holding = hold(path)
    if holding.lock is None:
        raise ReadOnlyError(_refusal(path, holding))
    return holding


def _refusal(path: Path, holding: Holding) -> str:
    if holding.holder is None:
        return f"{path} can only be read: {holding.reason}. Copy it to a place where you may write, and open the copy."
    return f"{path} can only be read: {holding.holder} is writing it. Close it there, then open it again."
