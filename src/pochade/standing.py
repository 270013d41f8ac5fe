"""Where a session stands among its turns, and which of them it has: what `Session` is as a sequence and as a tree.

It stands apart from `session.py`, which gets turns made, because going about among those that there are needs neither
a model nor a queue, and works in a file that can only be read, as far as that may be changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, overload
from weakref import WeakMethod

from pochade.errors import ReadOnlyError, RequestError
from pochade.job import Event
from pochade.listeners import Listeners
from pochade.place import Place
from pochade.turn import Turn
from pochade.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pochade.store import Store
    from pochade.store.keeping import Keeping

__all__ = ["Standing"]


class Standing(ABC):
    """The turns of a session, the current one among them, and the way from one to another.

    Attributes
    ----------
    turns : Turns
        Every turn that was not deleted, oldest first.
    """

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

    def _mine(self, turn: Turn | str) -> tuple[str, Store]:
        """Return the id of one of our turns, and the file that it can be changed in."""
        self._check_open()
        name, store = self.turns.id_of(turn), self._keeping.store
        if name is None or store is None:
            raise RequestError(f"{turn!r} is not a turn: give one of this session's, or its id.")
        if not store.writable:
            raise ReadOnlyError(f"This session can be looked at but not changed: {self.path} is read-only.")
        return name, store

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
