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

__all__ = ["Turns"]


class Turns(Sequence[Turn]):
    """The turns of a session, oldest first: a live view that cannot be changed.

    ``turns[0]`` and ``turns[-1]`` count, ``turns["k3f9"]`` names, ``turns[2:5]`` is a tuple.

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

    def id_of(self, turn: Turn | str | None) -> str | None:
        """Return the id of one of these turns, given itself or its id; None for None.

        Raises
        ------
        RequestError
            If it is a turn of another session; `KeyError` if there is no turn of that id.
        """
        if isinstance(turn, str):
            return self[turn].id
        if turn is not None and turn not in self:
            raise RequestError(f"{turn!r} is not a turn of this session: edit its picture with image=turn instead.")
        return turn.id if turn is not None else None

    def has(self, name: str) -> bool:
        """Whether there is a turn of this id, without reading every other one."""
        store = self._store()
        return store is not None and name in store

    def __contains__(self, turn: object) -> bool:
        store = self._store()
        if store is None or not isinstance(turn, Turn):
            return False
        return turn.store.path == store.path and turn.id in store

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} turn{'' if len(self) == 1 else 's'}", *map(repr, self)])
