"""Where a conversation stands in its tree of turns, and the way back.

It stands apart from `session.py` because several threads move it (a cell, a click, a finished job) and the rules are
few and exact: a person's move always counts, a finished job's only if nobody moved since it was asked for. Only what
the turns do not tell by themselves is written down: a turn newer than the last note is where one stands.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pochade.errors import StoreError

if TYPE_CHECKING:
    from pochade.store import Store

__all__ = ["Place"]

_KEY = "place"


class Place:
    """The current turn and what `redo` would go to, by id; kept in the session file where that can be written.

    Attributes
    ----------
    current : str or None
        Id of the turn that the conversation goes on from.
    redo : tuple of str
        Ids that were undone, the last one first to come back.
    moves : int
        How often somebody went elsewhere; a request remembers it to see whether anybody did since.
    """

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self.current: str | None = None
        self.redo: tuple[str, ...] = ()
        self.moves = 0

    def go(self, name: str | None, store: Store | None) -> None:
        """Go to a turn, or to none."""
        self._move(name, (), store)

    def back(self, store: Store | None) -> None:
        """Go to what the current turn was made from, past what was deleted; nowhere where there is no current turn."""
        with self._guard:
            if self.current is not None and store is not None and self.current in store:
                above = store.nearest(store.get(self.current).parent)
                self._move(above, (*self.redo, self.current), store)

    def forward(self, store: Store | None) -> None:
        """Take back the last `back`; nowhere where there was none."""
        with self._guard:
            if self.redo:
                self._move(self.redo[-1], self.redo[:-1], store)

    def leave(self, name: str, store: Store) -> bool:
        """Go on without a turn that was deleted, and say whether that was where one stood.

        Nobody went elsewhere by this: what is being made of the turn is gone to all the same when it is finished.
        """
        with self._guard:
            stood = self.current == name
            self.current = store.nearest(self.current)
            self.redo = tuple(ahead for ahead in self.redo if ahead != name)
            self._keep(store)
            return stood

    def arrive(self, name: str, moves: int, store: Store) -> bool:
        """Go to a finished turn and say so, unless somebody went elsewhere since it was asked for."""
        with self._guard:
            if moves == self.moves:
                self.current, self.redo = name, ()
                return True
            self._keep(store)
            return False

    def stay(self, store: Store) -> None:
        """Stay where one stands although a newer turn is in the file, one that was stopped or restored."""
        with self._guard:
            self._keep(store)

    def recall(self, store: Store) -> None:
        """Go where the file says one stood. It may come from elsewhere and say anything; then to the last turn."""
        ids = store.ids()
        kept: Any = None
        with suppress(ValueError, RecursionError):
            kept = json.loads(store.meta(_KEY) or "null")
        if not isinstance(kept, dict) or kept.get("newest") != (ids[-1] if ids else None):
            kept = {"current": ids[-1] if ids else None}
        current, redo = kept.get("current"), kept.get("redo")
        with self._guard:
            self.current = current if current in ids else None
            self.redo = tuple(name for name in redo if name in ids) if isinstance(redo, list) else ()

    def _move(self, name: str | None, redo: tuple[str, ...], store: Store | None) -> None:
        with self._guard:
            self.moves += 1
            self.current, self.redo = name, redo
            self._keep(store)

    def _keep(self, store: Store | None) -> None:
        if store is None or not store.writable:
            return
        with suppress(StoreError):  # the turns are on the disk; where one stood among them is worth no failure
            newest = next(reversed(store.ids()), None)
            store.set_meta(_KEY, json.dumps({"current": self.current, "redo": self.redo, "newest": newest}))
