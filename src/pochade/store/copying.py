"""Turns that go from one session file into another: a copy of all, a part of it, and what another file brings.

It stands apart from `file.py` because two files are involved, and what is promised is about names: a turn keeps its id
wherever it goes, unless another turn has it there; then it gets a new one, and so does every mention of it.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pochade.errors import StoreError
from pochade.inert import inert
from pochade.store import marks, records
from pochade.store.filing import drafting, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from pathlib import Path

    from pochade.store.file import Store
    from pochade.store.records import TurnRecord

__all__ = ["Merged", "export", "merge"]

_PAGES = 1024  # copied at once; in between, another process may write
_NAME = 40  # characters of an id, which in a stranger's file may be anything
_HANDED_ON = ("model", "pochade", "provenance", "settings")  # of a session's own entries to one of a part of it


@dataclass(frozen=True)
class Merged:
    """What came of another session's turns.

    Attributes
    ----------
    added : tuple of str
        Ids of the turns that are new here, oldest first.
    skipped : tuple of str
        Ids of those that were here already, as they are here.
    renamed : dict of str to str
        New ids by the old ones, where another turn had the old one; what was made from such a turn names the new one.
    hidden : tuple of str
        Ids of those, new or not, that are deleted here: a session's `restore` brings them back.
    """

    added: tuple[str, ...]
    skipped: tuple[str, ...]
    renamed: dict[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    def words(self) -> str:
        """Say it in sentences."""
        said = [f"{_turns(len(self.added))} came in; {_turns(len(self.skipped))} had been here before."]
        if self.hidden:
            back = f"deleted here: restore({inert(self.hidden[0], limit=_NAME)!r})"
            several = f"{len(self.hidden)} of these are {back} and the like bring them back."
            said.append(f"One of these is {back} brings it back." if len(self.hidden) == 1 else several)
        said += [
            f"Its turn {inert(old, limit=_NAME)} is called {new} here: another turn has that id."
            for old, new in self.renamed.items()
        ]
        return " ".join(said)

    def __str__(self) -> str:
        return self.words()


def _turns(count: int) -> str:
    return f"{count} turn{'' if count == 1 else 's'}"


def export(store: Store, path: Path, turns: Iterable[str] = ()) -> None:
    """Make a session file of all turns of another, or of some with everything that they were made from.

    Parameters
    ----------
    store : Store
        Whose turns they are; it may be written meanwhile.
    path : Path
        The new file, absolute.
    turns : iterable of str
        Ids; none stands for all. A copy of all is the same session, with its place and its settings; a part is another.

    Raises
    ------
    StoreError
        Something is there already, no file can be made there, or what is to be copied is damaged.
    """
    wanted = list(turns)
    anew = type(store)

    def all_of_it(draft: Path) -> None:
        with store.asking() as db:
            _back_up(db, draft)
        with anew.open(draft, readonly=False) as copy:
            copy.purge()  # who deleted something does not want to hand it on

    def part_of_it(draft: Path) -> None:
        meta = {key: value for key in _HANDED_ON if (value := store.meta(key)) is not None}
        # Held to itself from here on. No lock is kept on the file: another process that paints into it need not wait.
        with anew.create(draft, meta=meta) as copy, store.asking(), copy.writing() as db:
            for name in _family(store, wanted):
                _carry(store, db, _turn(store, name), name)

    _fresh(path, part_of_it if wanted else all_of_it)


def merge(store: Store, other: Store) -> Merged:
    """Take in the turns of another session file, in one transaction, behind those that are there.

    What was deleted there, and no other turn needs, stays there. What a picture shows is found out anew, and what it is
    found again by is left to whoever searches: the word of a file that may be a stranger's is not taken for either.

    Parameters
    ----------
    store : Store
        Where they go.
    other : Store
        Where they come from; only read.

    Raises
    ------
    ReadOnlyError
        `store` cannot be written.
    StoreError
        The other file is damaged, or the disk is full; then nothing came in.
    """
    added: list[str] = []
    skipped: list[str] = []
    names: dict[str, str] = {}
    shown = _shown(store, other)  # before the transaction: whoever reads this file need not wait for it
    passed_over = {turn.id for turn in other.removable()}
    with store.writing() as db:  # what is read of the other is read piece by piece: who paints into it need not wait
        origin = other.session_id
        for old in _ids(other):
            if old in passed_over:
                continue
            turn = _renamed(_turn(other, old), names, other.path)
            names[old], there = _room_for(db, turn, origin, store.promised)
            (skipped if there else added).append(names[old])
            if not there:
                _carry(other, db, dataclasses.replace(turn, id=names[old]), old, shown)
        gone = {row[0] for row in db.execute("SELECT id FROM turn WHERE deleted IS NOT NULL")}
    renamed = {old: new for old, new in names.items() if old != new}
    hidden = tuple(name for name in names.values() if name in gone)
    return Merged(tuple(added), tuple(skipped), renamed, hidden)


def _shown(store: Store, other: Store) -> dict[str, str | None]:
    """Find out what the other file's pictures show that are not here, by the bytes' hash."""
    with other.asking() as db:
        names = [row[0] for row in db.execute("SELECT DISTINCT hash FROM picture JOIN blob USING (hash)")]
    return {name: records.shown(other.blob(name)) for name in names if store.pixels(name) is None}


def _ids(store: Store) -> list[str]:
    """Return the ids of all turns, deleted or not, oldest first."""
    with store.asking() as db:
        return [row[0] for row in db.execute("SELECT id FROM turn ORDER BY number")]


def _turn(store: Store, name: str) -> TurnRecord:
    try:
        return store.get(name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sentence = f"{store.path} is damaged: what it says of turn {inert(str(name), limit=_NAME)} cannot be read."
        raise StoreError(sentence) from None


def _renamed(turn: TurnRecord, names: dict[str, str], path: Path) -> TurnRecord:
    """Return a turn with everything that it was made from under the names that this has here."""
    try:
        parent, image_turn = (None if old is None else names[old] for old in (turn.parent, turn.image_turn))
        given = tuple(None if old is None else names[old] for old in turn.reference_turns)
    except (KeyError, TypeError):
        sentence = (
            f"{path} is damaged: turn {inert(turn.id, limit=_NAME)} was made from a turn that is not there before it."
        )
        raise StoreError(sentence) from None
    return dataclasses.replace(turn, parent=parent, image_turn=image_turn, reference_turns=given)


def _room_for(db: sqlite3.Connection, turn: TurnRecord, origin: str, promised: Container[str]) -> tuple[str, bool]:
    """Return the id that a turn has or gets here, and whether it is here already."""
    # The new name follows from the old one, so that a file that is taken in again brings nothing twice.
    others = (records.spell(json.dumps([origin, turn.id, turn.images, attempt]), 3) for attempt in itertools.count())
    for name in itertools.chain((turn.id,), others):
        found = records.select(db, "WHERE id = ?", (name,))
        if found and _content(found[0]) == _content(turn):
            return name, True
        if not found and name not in promised:
            return name, False
    raise AssertionError("names never run out")


def _content(turn: TurnRecord) -> TurnRecord:
    """Return what a turn is, without its name and without what was said of it afterwards."""
    return dataclasses.replace(turn, id="", picked=0, starred=None, deleted=None)


def _fresh(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a file whole or not at all, and never in place of another.

    Parameters
    ----------
    path : Path
        The new file, absolute.
    fill : callable
        Makes it at the path that it is given, in the same folder.

    Raises
    ------
    StoreError
        Something is there already, or no file can be made there.
    """
    taken = f"{path} is there already, and nothing is written over: choose another name."
    if path.exists():
        raise StoreError(taken)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with drafting(path) as draft:
            try:
                fill(draft)
            except StoreError as error:
                raise type(error)(str(error).replace(str(draft), str(path))) from error
            publish(draft, path)
    except FileExistsError as error:
        raise StoreError(taken if path.exists() else f"{path} cannot be made: {error.strerror}.") from None
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path} cannot be made: {error.strerror or error}. Choose another place.") from error


def _back_up(db: sqlite3.Connection, path: Path) -> None:
    """Copy a whole database, consistent even while others write, into a new file."""
    with closing(sqlite3.connect(path)) as copy:
        db.backup(copy, pages=_PAGES, sleep=0.001)


def _family(store: Store, turns: Iterable[str]) -> list[str]:
    """Return these turns and everything that they were made from, oldest first, deleted or not."""
    with store.asking() as db:
        rows = {row[0]: row for row in db.execute("SELECT id, parent, image_turn, details FROM turn ORDER BY number")}
    wanted: set[str | None] = set()
    ahead: set[str | None] = set(turns)
    while ahead:
        wanted |= ahead
        ahead = {name for turn in ahead for name in marks.needed(*rows[turn]) if name in rows} - wanted
    return [name for name in rows if name in wanted]


def _carry(
    source: Store, target: sqlite3.Connection, turn: TurnRecord, old: str, shown: Mapping[str, str | None] | None = None
) -> None:
    """Insert a turn that is called `old` in another file, with its pictures.

    What these show is as `shown` says. Without it the file is one's own: it says so itself, and its fingerprints come
    too. A picture that is not what was stored raises `StoreError`: what is damaged is not spread.
    """
    with source.asking() as db:
        names = [row[0] for row in db.execute("SELECT DISTINCT hash FROM picture WHERE turn = ?", (old,))]
    for name in names:
        if target.execute("SELECT 1 FROM blob WHERE hash = ?", (name,)).fetchone() is None:
            try:
                pixels = source.pixels(name) if shown is None else shown.get(name)
                records.keep(target, source.blob(name), name, pixels)
            except KeyError:
                lost = f"{source.path} is damaged: it has no bytes for a picture of turn {inert(old, limit=_NAME)}."
                raise StoreError(lost) from None
        with source.asking() as db:
            found = records.imprint_of(db, name) if shown is None else None
        if found is not None:
            records.imprint(target, {name: found[1]}, found[0])
    records.insert(target, turn)
