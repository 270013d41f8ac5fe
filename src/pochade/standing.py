"""Where a session stands among its turns, and which of them it has: what `Session` is as a sequence and as a tree.

It stands apart from `session.py`, which gets turns made, because going about among those that there are needs neither
a model nor a queue, and works in a file that can only be read, as far as that may be changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, overload
from weakref import WeakMethod

from pochade.errors import ReadOnlyError, RequestError
from pochade.imaging.load import pixel_hash
from pochade.imaging.sheet import contact_sheet
from pochade.job import Event
from pochade.listeners import Listeners
from pochade.place import Place
from pochade.store.leftovers import Purged, Trace, find_notebook, traces
from pochade.turn import Turn
from pochade.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pochade.request import Request
    from pochade.settings import Settings
    from pochade.store import Store
    from pochade.store.copying import Merged
    from pochade.store.keeping import Keeping

__all__ = ["Standing"]


class Standing(ABC):
    """The turns of a session, the current one among them, and the way from one to another.

    Attributes
    ----------
    turns : Turns
        Every turn that was not deleted, oldest first.
    """

    settings: Settings

    def __init__(self, keeping: Keeping) -> None:
        self._listeners = Listeners()
        self._keeping = keeping
        self._place = Place()
        self.turns = Turns(lambda: keeping.store)

    @property
    def path(self) -> Path:
        """The session file. A new session's is made by its first turn."""
        return self._keeping.path

    @property
    def writable(self) -> bool:
        """Whether new turns can be kept."""
        store = self._keeping.store
        return not self.closed and (store is None or store.writable)

    @property
    def holder(self) -> str | None:
        """Who else is writing the file; None where nobody is."""
        store = self._keeping.store
        return store.holder if store is not None else None

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether the session was closed."""

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that later requests are carried out by."""

    @abstractmethod
    def _check_open(self) -> None:
        """Refuse where the session is closed."""

    def _follow(self, store: Store) -> None:
        """Be told what is done to turns by themselves: `Turn.pick` and `Turn.star`."""
        store.on_pick = WeakMethod(self._picked)
        store.on_mark = WeakMethod(self._marked)

    @property
    def current(self) -> Turn | None:
        """The turn that `say` and `edit` go on from. Set it to a turn, an id or None to go on from there."""
        name = self._place.current
        try:
            return self.turns[name] if name is not None else None
        except KeyError:  # a file that is only read: whoever writes it deleted the turn and removed it
            return None

    @current.setter
    def current(self, turn: Turn | str | None) -> None:
        self._check_open()
        name = self.turns.id_of(turn)
        if name is not None and self.turns[name].deleted:
            raise RequestError(f"Turn {name!r} was deleted: bring it back with restore({name!r}), then go there.")
        self._go(lambda store: self._place.go(name, store))

    def new(self) -> None:
        """Begin afresh: the next `say` makes a picture. Every turn stays."""
        self.current = None

    def undo(self) -> Turn | None:
        """Go back to what the current turn was made from, and return it; None before the first. Every turn stays."""
        self._check_open()
        left, store = self.current, self._keeping.store
        if left is not None and store is not None and store.writable and left.parent is not None:
            made_from = left.record.image_index
            if left.record.image_turn == left.parent.id and left.parent.picked != made_from:
                store.set_picked(left.parent.id, made_from, tell=False)  # it is told with the move
        return self._go(self._place.back)

    def redo(self) -> Turn | None:
        """Take back the last `undo`, and return the current turn."""
        return self._go(self._place.forward)

    def delete(self, turn: Turn | str) -> Turn:
        """Take a turn out of the session, until `restore` brings it back; those made from it stay.

        Where it is the current one, the nearest that it was made from becomes that. It is removed from the file, with
        the pictures that nobody else uses, once the session is closed, unless turns that stay were made from it.

        Parameters
        ----------
        turn : Turn or str
            The turn or its id.

        Returns
        -------
        Turn
            The turn as it is now.

        Raises
        ------
        RequestError, KeyError
            If it is not one of this session's.
        ReadOnlyError
            If the session can only be looked at.
        """
        name, store = self._mine(turn)
        if not self.turns[name].deleted:
            store.delete(name)
            stood = self._place.leave(name, store)
            self._marked(name)
            if stood:
                self._listeners.tell(Event("current", turn=self.current))
        return self.turns[name]

    def restore(self, turn: Turn | str) -> Turn:
        """Bring a deleted turn back, at its place. It is not gone to; `delete` says what is raised."""
        name, store = self._mine(turn)
        if self.turns[name].deleted:
            store.restore(name)
            self._place.stay(store)
            self._marked(name)
        return self.turns[name]

    @property
    def deleted(self) -> tuple[Turn, ...]:
        """The turns that `restore` can bring back; the one that was deleted last is the last."""
        store = self._keeping.store
        return tuple(Turn(store, record) for record in store.deleted()) if store is not None else ()

    def purge(self) -> Purged:
        """Remove what was deleted for good, now instead of when the session is closed.

        A turn that others were made from stays, hidden, as long as these do. What is removed is overwritten in the
        file, which becomes smaller; a notebook that shows it is not changed, but it is said where it does.

        Returns
        -------
        Purged
            What went, what stayed, and which cells still show it; ``print`` it to read it in words.

        Raises
        ------
        ReadOnlyError
            If the session can only be looked at.
        """
        self._check_open()
        store = self._keeping.store
        if store is None:
            return Purged()
        self._check_writable(store)
        wanted = {name for job in self._listeners.jobs for name in _made_from(job.request)}
        going, notebook = store.removable(wanted), find_notebook(store.meta("notebook")) or find_notebook()
        several = [Turn(store, record) for record in going if len(record.images) > 1 and notebook is not None]
        sheets = {pixel_hash(contact_sheet(turn.images)) for turn in several}
        gone = store.purge(wanted)
        if gone.turns:
            from pochade.provenance.index import forget  # few sessions purge

            forget(self.path, gone.turns)
        left: tuple[Trace, ...] | None = ()
        if notebook is not None and gone.turns:
            pixels = sheets | {shown for _, shown in gone.pictures if shown is not None}
            left = traces(notebook, {name for name, _ in gone.pictures}, pixels, [record.prompt for record in going])
        return Purged(gone.turns, len(gone.pictures), gone.size, gone.kept, notebook, left)

    def export(self, path: str | Path, *turns: Turn | str) -> Path:
        """Make another session file of this session's turns.

        Another process that paints into the file need not wait. A job of this one goes on painting, but its turn is
        kept, and anybody who looks at the turns has an answer, only once the export is done.

        Parameters
        ----------
        path : str or Path
            Where. Nothing may be there yet.
        *turns : Turn or str
            Which, with everything that they were made from; without any, all that were not deleted. A copy of all is
            the same session, with its settings; a part is a session of its own. Turns keep their ids in both.

        Returns
        -------
        Path
            Where it is.

        Raises
        ------
        RequestError, KeyError
            If one of the turns is not this session's, or was deleted, or there is none yet.
        StoreError
            If something is there already, or no file can be made there.
        """
        self._check_open()
        store = self._keeping.store
        if store is None:
            raise RequestError("This session has no turn yet, so there is nothing to export.")
        return store.export(path, *(name for turn in turns if (name := self.turns.id_of(turn)) is not None))

    def merge(self, path: str | Path) -> Merged:
        """Take in the turns of another session file, which stays as it is; one stays where one stands.

        What was deleted there comes only where others were made from it, and then stays deleted.

        They keep their ids, and are behind the turns that are here. A turn that is here already is passed over; where
        another turn has the id, the one that comes gets a new one, and so does what is said of it by those that come
        with it. What is written in the pictures themselves stays, so their credentials name the session they come from.

        Parameters
        ----------
        path : str or Path
            The other file.

        Returns
        -------
        Merged
            What came in, what was here, and what is called otherwise here; ``print`` it to read it in words.

        Raises
        ------
        ReadOnlyError
            If this session can only be looked at.
        StoreError
            If the other is no session file, is damaged, or is this session's own; then nothing came in.
        """
        self._check_open()
        store = self._to_write()
        merged = store.merge(path)
        if merged.added:
            self._place.stay(store)
            for name in merged.added:
                self._marked(name)
        return merged

    def _to_write(self) -> Store:
        """Return the file to write to, made here if it is not there yet."""
        fresh, store = self._keeping.store is None, self._keeping.writing(self.model)
        if fresh:
            self.settings.keep_in_file()
        self._follow(store)
        return store

    def _mine(self, turn: Turn | str) -> tuple[str, Store]:
        """Return the id of one of our turns, and the file that it can be changed in."""
        self._check_open()
        name, store = self.turns.id_of(turn), self._keeping.store
        if name is None or store is None:
            raise RequestError(f"{turn!r} is not a turn: give one of this session's, or its id.")
        self._check_writable(store)
        return name, store

    def _check_writable(self, store: Store) -> None:
        if not store.writable:
            raise ReadOnlyError(f"This session can be looked at but not changed: {self.path} is read-only.")

    def _picked(self, turn: str) -> None:
        if not self.closed:
            self.current = turn

    def _marked(self, turn: str) -> None:
        if not self.closed:
            self._listeners.tell(Event("changed", turn=self.turns[turn]))

    def _go(self, move: Callable[[Store | None], None]) -> Turn | None:
        self._check_open()
        move(self._keeping.store)
        current = self.current
        self._listeners.tell(Event("current", turn=current))
        return current

    def __len__(self) -> int:
        return len(self.turns)

    @overload
    def __getitem__(self, which: int | str) -> Turn: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Turn, ...]: ...
    def __getitem__(self, which: int | str | slice) -> Turn | tuple[Turn, ...]:
        return self.turns[which]

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __bool__(self) -> bool:
        return True  # an empty session is still a session


def _made_from(request: Request) -> set[str]:
    """Return the ids of the turns that a request needs."""
    return {name for name in (request.image_turn, *request.reference_turns) if name is not None}
