"""The turns of a session as a sequence: counted, named or sliced, and never changed from outside.

It stands alone because a session that has painted nothing yet has no file either, and every view should still be able
to ask it for its turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, overload

from pochade.errors import RequestError
from pochade.turn import Turn

if TYPE_CHECKING:
    from pochade.store import Store
    from pochade.store.outline import Twig

__all__ = ["Turns"]


class Turns(Sequence[Turn]):
    """The turns of a session, oldest first: a live view that cannot be changed.

    ``turns[0]`` and ``turns[-1]`` count, ``turns["k3f9"]`` names, ``turns[2:5]`` is a tuple. Turns that were deleted do
    not count; as long as they can be restored, or others were made from them, their names still find them.

    Parameters
    ----------
    store : callable
        Returns the session's file, or None while there is none.
    """

    def __init__(self, store: Callable[[], Store | None]) -> None:
        self._store = store

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids, oldest first."""
        store = self._store()
        return tuple(store.ids()) if store is not None else ()

    def __len__(self) -> int:
        store = self._store()
        return len(store) if store is not None else 0

    @overload
    def __getitem__(self, which: int | str) -> Turn: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Turn, ...]: ...
    def __getitem__(self, which: int | str | slice) -> Turn | tuple[Turn, ...]:
        store = self._store()
        if isinstance(which, str):
            if store is None:
                raise KeyError(f"this session has no turn {which!r}: it has none yet")
            return Turn(store, store.get(which))
        if isinstance(which, slice):
            return tuple(self[index] for index in range(*which.indices(len(self))))
        count = len(self)
        index = which + count if which < 0 else which
        if store is None or not 0 <= index < count:
            raise IndexError(f"this session has no turn {which}: it has {count}, numbered from 0")
        return Turn(store, store.page(index, 1)[0])

    def find(self, words: str = "", *, starred: bool = False, limit: int | None = None) -> tuple[Turn, ...]:
        """Find turns by what was asked, the newest first.

        Parameters
        ----------
        words : str
            Parted by spaces; each must occur in the prompt, or in what the model was given instead of it, as a whole
            word or a part of one, in upper or lower case. Without words every turn is found.
        starred : bool
            Only those that were starred.
        limit : int, optional
            How many at most.
        """
        store = self._store()
        if store is None:
            return ()
        return tuple(Turn(store, record) for record in store.find(words, starred=starred, limit=limit))

    def outline(self, after: int = 0, limit: int = 500, *, before: int | None = None) -> list[Twig]:
        """Return the turns in outline, oldest first: what a tree of many is drawn from, quick to read.

        Parameters
        ----------
        after : int
            Only those whose number is above this; go on from the last one's to page through all.
        limit : int
            How many at most.
        before : int, optional
            Only those whose number is below this, and of these the last `limit`.
        """
        store = self._store()
        return store.outline(after, limit, before=before) if store is not None else []

    def search(self, words: str = "", *, starred: bool = False, limit: int = 500) -> tuple[list[Twig], int]:
        """Return what `find` finds in outline, the newest `limit` of them, and how many there are in all."""
        store = self._store()
        return store.search(words, starred=starred, limit=limit) if store is not None else ([], 0)

    def offspring(self, name: str) -> list[str]:
        """Return the ids of the living turns that hang on this one, past what was deleted, oldest first."""
        store = self._store()
        return store.offspring(name) if store is not None else []

    def twig(self, name: str) -> Twig:
        """Return one turn in outline, given its id; KeyError if there is none, or it was deleted."""
        store = self._store()
        if store is None:
            raise KeyError(f"this session has no turn {name!r}: it has none yet")
        return store.twig(name)

    def id_of(self, turn: Turn | str | None) -> str | None:
        """Return the id of one of these turns, deleted or not, given itself or its id; None for None.

        Raises
        ------
        RequestError
            If it is a turn of another session; `KeyError` if there is no turn of that id.
        """
        if isinstance(turn, str):
            return self[turn].id
        if turn is not None and not self.holds(turn):
            raise RequestError(f"{turn!r} is not a turn of this session: edit its picture with image=turn instead.")
        return turn.id if turn is not None else None

    def has(self, name: str) -> bool:
        """Whether there is a turn of this id, deleted or not, without reading every other one."""
        store = self._store()
        return store is not None and name in store

    def holds(self, turn: object) -> bool:
        """Whether this is a turn of this session, deleted or not."""
        store = self._store()
        return store is not None and isinstance(turn, Turn) and turn.store.path == store.path and turn.id in store

    def __contains__(self, turn: object) -> bool:
        store = self._store()
        return store is not None and isinstance(turn, Turn) and self.holds(turn) and store.nearest(turn.id) == turn.id

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} turn{'' if len(self) == 1 else 's'}", *map(repr, self)])
