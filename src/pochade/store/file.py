"""One session file: SQLite, which is also the archive format (`.pochade`), described in FORMAT.md.

A turn and its pictures go in by one transaction, so a crash can lose what was being painted but never what was
finished. The module stands alone because it is where a session file is made, opened and written; everybody else sees
`TurnRecord` and bytes. Turns that were deleted are hidden, not gone, until `purge`: whoever knows the id of one can
read it.
"""

import json
import math
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pochade.errors import RequestError, StoreError
from pochade.store import layout, marks, records
from pochade.store.checking import damage
from pochade.store.copying import Merged, export, merge
from pochade.store.database import absolute, is_open, must_hold
from pochade.store.filing import Holding, check_header, drafting, held_by, hold, publish
from pochade.store.foreign import check_schema
from pochade.store.marks import Removed
from pochade.store.reading import Reading
from pochade.store.records import TurnRecord

if TYPE_CHECKING:
    from weakref import ref

__all__ = ["Store", "TurnRecord"]

_PAGES = 256  # given back by one transaction: 4 MB


class Store(Reading):
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
        self._given: set[str] = set()  # ids that were given out, whether their turns came to be or not
        self._older: int | None = None  # the number of the newest turn before these

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
            with drafting(where) as draft:
                with closing(sqlite3.connect(draft, isolation_level=None)) as db:
                    layout.lay_out(db, meta)
                publish(draft, where)
        except OSError as error:
            if isinstance(error, FileExistsError) and where.exists():
                raise StoreError(f"{where} is there already: open it, or choose another name.") from None
            raise StoreError(f"{where} cannot be made: {error.strerror}. Choose another place.") from error
        except sqlite3.Error as error:
            raise StoreError(f"{where} cannot be made: {error}. Choose another place.") from error
        try:
            return cls.open(where, readonly=False)
        except BaseException:
            if held_by(where) is None:
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
        if not is_open(where):
            check_header(where)
        if readonly:
            holding = Holding(reason="it was opened for reading")
        else:
            holding = hold(where) if readonly is None else must_hold(where)

        def first(db: sqlite3.Connection) -> None:
            check_schema(db, where)
            # Reading every id touches the tables' roots: a file cut short or overwritten shows now, not in mid-session.
            db.execute("SELECT count(id) FROM turn").fetchone()
            if holding.lock is not None:
                layout.bring_up(db)

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
            recipe = json.dumps(made_from)
            if self._older is None:
                self._older = next(iter(self._column("SELECT number FROM turn ORDER BY number DESC LIMIT 1")), 0)
            used = len(self._given) + self._older
            # Few names are in use while the file is small, so short ones seldom meet.
            pairs = 2 + (used > 1000) + (used > 100_000)  # noqa: PLR2004
            fresh = (records.spell(f"{recipe}{attempt}", pairs) for attempt in count())
            chosen = next(name for name in fresh if name not in self._given and name not in self)
            self._given.add(chosen)
            return chosen

    def add(
        self,
        record: TurnRecord,
        blobs: Mapping[str, bytes],
        *,
        pixels: Mapping[str, str] | None = None,
        meta: Mapping[str, str] | None = None,
        fingerprints: Mapping[str, bytes] | None = None,
        fingerprint_version: int = 0,
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
        fingerprints : mapping of str to bytes, optional
            Fingerprints of pictures, by the bytes' hash.
        fingerprint_version : int
            Of the method that they were made by.

        Raises
        ------
        ReadOnlyError
            The file cannot be written.
        StoreError
            The disk is full, the id is taken, or the record names a picture or a turn that is not there.
        """
        with self.writing() as db:
            for name, data in blobs.items():
                records.keep(db, data, name, (pixels or {}).get(name))
            records.insert(db, record)
            records.imprint(db, fingerprints or {}, fingerprint_version)
            layout.set_meta(db, meta or {})

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

    def purge(self, wanted: Collection[str] = ()) -> Removed:
        """Remove the deleted turns that no other was made from, and the pictures that nobody else uses.

        Parameters
        ----------
        wanted : collection of str
            Ids of turns that something is being made from; they stay as well.

        Returns
        -------
        Removed
            What went; its bytes are overwritten, and the file is as much smaller, now or after a later one of these.
        """
        self._check_writable()
        with self.asking() as db:
            going, kept = marks.removable(db, wanted)
        gone = Removed(kept=tuple(kept))
        if going:  # to find nothing to remove, nobody who reads has to be waited for
            with self.writing() as db:
                gone = marks.purge(db, wanted)
        with suppress(StoreError):  # what went is overwritten: the empty pages can be given back another time
            self._shrink()
        return gone

    def _shrink(self) -> None:
        """Give the empty pages back to the disk, few at a time, so that nobody waits for all of it."""
        before = math.inf
        while 0 < (empty := self._column("PRAGMA freelist_count")[0]) < before:
            before = empty
            with self.writing() as db:
                for _ in range(min(empty, _PAGES)):
                    db.execute("PRAGMA incremental_vacuum(1)")  # `execute` does one page however many it is asked for

    def check(self, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Look at every byte that is kept and say in sentences what is damaged; nothing where all is well.

        Parameters
        ----------
        progress : callable, optional
            Told how many pictures were looked at, and how many there are.
        """
        return damage(self.asking, progress)

    def export(self, path: str | os.PathLike[str], *turns: str) -> Path:
        """Make a session file of all turns, or of these with everything that they were made from; return where.

        Every turn keeps its id, its stars and its pictures as they are. What was deleted and is not needed is left out.
        A copy of all is the same session; a part of it is another one.

        Raises
        ------
        KeyError
            There is no turn of one of these ids.
        RequestError
            One of these was deleted.
        StoreError
            Something is there already, no file can be made there, or what is to be copied is damaged.
        """
        for name in turns:
            if self.get(name).deleted is not None:
                raise RequestError(f"Turn {name!r} was deleted: bring it back with restore({name!r}), then export it.")
        where = absolute(path)
        export(self, where, turns)
        return where

    def merge(self, path: str | os.PathLike[str]) -> Merged:
        """Take in the turns of another session file, all or nothing, behind those that are there; that file stays.

        They keep their ids. A turn that is here already is passed over; where another turn has the id, the one that
        comes gets a new one, and so does every mention of it by those that come with it.

        Raises
        ------
        ReadOnlyError
            This file cannot be written.
        StoreError
            The other is no session file, is damaged or is this one, or the disk is full; then nothing came in.
        """
        self._check_writable()
        if absolute(path) == self.path:
            raise StoreError(f"{self.path} is this session itself: its turns are here already.")
        with type(self).open(path, readonly=True) as other:
            return merge(self, other)

    @property
    def promised(self) -> set[str]:
        """The ids that `new_id` gave out, whether their turns came to be or not."""
        return self._given

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their hash; the same bytes are kept once."""
        with self.writing() as db:
            return records.keep(db, data)

    def _mark(self, id: str, mark: Callable[[sqlite3.Connection, str], None]) -> None:  # noqa: A002
        with self.writing() as db:
            if id not in self:
                raise KeyError(f"{self.path.name} has no turn {id!r}")
            mark(db, id)
