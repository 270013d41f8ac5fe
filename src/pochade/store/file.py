"""One session file: SQLite, which is also the archive format (`.pochade`).

A turn and its pictures go in by one transaction, so a crash can lose what was being painted but never what was
finished. The module stands alone because everybody else sees `TurnRecord` and bytes: only here are turns asked for by
their tables. Turns that were deleted are hidden, not gone, until `purge`: whoever knows the id of one can read it.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from pochade.errors import StoreError
from pochade.imaging.load import byte_hash
from pochade.store import marks, records
from pochade.store.database import Database, absolute, must_hold
from pochade.store.filing import Holding, check_header, hold
from pochade.store.outline import Twig, twigs
from pochade.store.records import TurnRecord

if TYPE_CHECKING:
    from weakref import ref

__all__ = ["SUFFIX", "Store", "TurnRecord", "default_folder", "latest"]

SUFFIX = ".pochade"


class Store(Database):
    """One session file, open. Make one with `Store.create` or `Store.open`; every method may be called by any thread.

    Attributes
    ----------
    path, writable, holder
        See `Database`.
    on_pick, on_mark : weak reference to a callable, or None
        Given the turn's id when another of its pictures was picked, and when it was starred or its star taken away.
    """

    def __init__(self, path: Path, holding: Holding) -> None:
        super().__init__(path, holding)
        self.on_pick: ref[Callable[[str], None]] | None = None
        self.on_mark: ref[Callable[[str], None]] | None = None
        self._taken: set[str] | None = None

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
        where = absolute(path)
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.touch(exist_ok=False)
        except OSError as error:
            if isinstance(error, FileExistsError) and where.exists():
                raise StoreError(f"{where} is there already: open it, or choose another name.") from None
            raise StoreError(f"{where} cannot be made: {error.strerror}. Choose another place.") from error
        try:
            return cls._opened(where, must_hold(where), partial(records.lay_out, meta=meta))
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
        where = absolute(path)
        check_header(where)
        if readonly:
            holding = Holding(reason="it was opened for reading")
        else:
            holding = hold(where) if readonly is None else must_hold(where)

        def first(db: sqlite3.Connection) -> None:
            # Reading every id touches the tables' roots: a file cut short or overwritten shows now, not in mid-session.
            db.execute("SELECT count(id) FROM turn").fetchone()
            if holding.lock is not None:
                records.bring_up(db)

        return cls._opened(where, holding, first)

    def new_id(self, *made_from: object) -> str:
        """Give out an id: permanent, and no other turn's in this file.

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
        self._mark(id, lambda db, name: records.pick(db, name, index))
        if tell and self.on_pick is not None and (told := self.on_pick()) is not None:
            told(id)

    def set_starred(self, id: str, *, on: bool) -> None:  # noqa: A002
        """Star a turn, or take its star away, and call `on_mark`. It raises what `set_picked` raises."""
        when = time.time() if on else None
        self._mark(id, lambda db, name: marks.star(db, name, when))
        if self.on_mark is not None and (told := self.on_mark()) is not None:
            told(id)

    def delete(self, id: str) -> None:  # noqa: A002
        """Hide a turn until it is restored, or removed by `purge`. It raises what `set_picked` raises."""
        self._mark(id, lambda db, name: marks.delete(db, name, time.time()))

    def restore(self, id: str) -> None:  # noqa: A002
        """Show a deleted turn again, at its place. It raises what `set_picked` raises."""
        self._mark(id, marks.restore)

    def purge(self) -> int:
        """Remove the deleted turns that no other was made from, and the pictures that nobody else uses.

        Returns
        -------
        int
            How many turns were removed; their bytes are overwritten, and the file is as much smaller.
        """
        with self._writing() as db:
            gone = marks.purge(db)
        if gone:
            with self._asking() as db:
                db.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after the first page
        return gone

    def get(self, id: str) -> TurnRecord:  # noqa: A002
        """Return the turn of this id, deleted or not; KeyError if there is none."""
        found = self._records("WHERE id = ?", (id,))
        if not found:
            raise KeyError(f"{self.path.name} has no turn {id!r}")
        return found[0]

    def ids(self) -> list[str]:
        """Return the ids of all turns that were not deleted, oldest first."""
        return self._ids("{living} ORDER BY number")

    def page(self, offset: int, limit: int) -> list[TurnRecord]:
        """Return up to `limit` turns that were not deleted, oldest first, leaving out the first `offset`."""
        numbers = "SELECT number FROM turn WHERE {living} ORDER BY number LIMIT ? OFFSET ?"
        return self._records(f"WHERE number IN ({numbers}) ORDER BY number", (limit, offset))

    def children(self, id: str) -> list[str]:  # noqa: A002
        """Return the ids of the turns that grew from this one and were not deleted, oldest first."""
        return self._ids("parent = ? AND {living} ORDER BY number", (id,))

    def offspring(self, id: str) -> list[str]:  # noqa: A002
        """Return the ids of `children`, and of those that grew from this one past turns that were deleted since."""
        with self._asking() as db:
            return marks.offspring(db, id)

    def deleted(self) -> list[TurnRecord]:
        """Return the turns that can be restored, the one that was deleted last at the end."""
        with self._asking() as db:
            return records.select(db, "WHERE deleted IS NOT NULL ORDER BY deleted", ()) if marks.marked(db) else []

    def nearest(self, id: str | None) -> str | None:  # noqa: A002
        """Return this id, or that of the nearest turn it grew from, that was not deleted; None where there is none."""
        with self._asking() as db:
            return marks.nearest(db, id)

    def find(self, words: str, *, starred: bool = False, limit: int | None = None) -> list[TurnRecord]:
        """Return the turns whose prompt, or what was made of it, has every one of these words; newest first.

        Parameters
        ----------
        words : str
            Parted by spaces, in upper or lower case, in full or in part; none find every turn.
        starred : bool
            Only starred ones.
        limit : int, optional
            How many at most.
        """
        with self._asking() as db:
            which, folded = marks.matching(db, words, starred=starred)
            most = -1 if limit is None else limit
            return records.select(db, f"WHERE {which} ORDER BY number DESC LIMIT ?", (folded, most))

    def search(self, words: str, *, starred: bool = False, limit: int = 500) -> tuple[list[Twig], int]:
        """Return what `find` finds in outline, the newest `limit` of them, and how many there are in all."""
        with self._asking() as db:
            which, folded = marks.matching(db, words, starred=starred)
            asked = f"SELECT number FROM turn WHERE {which} ORDER BY number DESC"  # noqa: S608 - our own words
            numbers = [row[0] for row in db.execute(asked, (folded,))]
            wanted = f"AND number IN ({','.join(map(str, numbers[:limit]))}) ORDER BY number DESC"
            return twigs(db, wanted, ()), len(numbers)

    def outline(self, after: int = 0, limit: int = 500, *, before: int | None = None) -> list[Twig]:
        """Return the outline of up to `limit` turns, oldest first: the next after a number, or the last before one."""
        with self._asking() as db:
            if before is None:
                return twigs(db, "AND number > ? ORDER BY number LIMIT ?", (after, limit))
            return twigs(db, "AND number > ? AND number < ? ORDER BY number DESC LIMIT ?", (after, before, limit))[::-1]

    def twig(self, id: str) -> Twig:  # noqa: A002
        """Return the outline of one turn; KeyError if there is none, or it was deleted."""
        with self._asking() as db:
            found = twigs(db, "AND id = ?", (id,))
        if not found:
            raise KeyError(f"{self.path.name} has no turn {id!r}")
        return found[0]

    def __len__(self) -> int:
        with self._asking() as db:
            asked = f"SELECT count(*) FROM turn WHERE {marks.living(db)}"  # noqa: S608 - our own words
            return int(db.execute(asked).fetchone()[0])

    def __bool__(self) -> bool:
        return True  # a file without a turn is a file all the same

    def __contains__(self, id: object) -> bool:  # noqa: A002
        """Whether there is a turn of this id, deleted or not."""
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

    def _records(self, which: str, parameters: tuple[object, ...]) -> list[TurnRecord]:
        with self._asking() as db:
            return records.select(db, which.format(living=marks.living(db)), parameters)

    def _ids(self, which: str, parameters: tuple[object, ...] = ()) -> list[str]:
        with self._asking() as db:
            asked = f"SELECT id FROM turn WHERE {which}".format(living=marks.living(db))  # noqa: S608 - our own words
            return [row[0] for row in db.execute(asked, parameters)]

    def _mark(self, id: str, mark: Callable[[sqlite3.Connection, str], None]) -> None:  # noqa: A002
        with self._writing() as db:
            if id not in self:
                raise KeyError(f"{self.path.name} has no turn {id!r}")
            mark(db, id)


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


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # removed since it was listed
        return 0
