"""Which file a session keeps its turns in, when that file is made, and what happens where two sessions want the same.

It stands apart from `session.py` because running a cell again is the most ordinary thing in a notebook: the new session
must get the file that the old one, not yet forgotten, still holds. Within a process a file is therefore opened once and
handed on; turns that somebody kept from the old session go on working.
"""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from pochade import __version__
from pochade.errors import ReadOnlyError, StoreError
from pochade.store import SUFFIX, Store, default_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Keeping", "held"]

_stores: WeakValueDictionary[Path, Store] = WeakValueDictionary()
_keepers: WeakValueDictionary[Path, Keeping] = WeakValueDictionary()  # of each file the last who came


def held(path: Path) -> Store | None:
    """Return the store that this process has open on a file (its resolved path), or None.

    Whoever only reads asks for it first: on POSIX systems closing a second connection gives up the locks of the first.
    """
    return _stores.get(path)


class Keeping:
    """The file of one session.

    Parameters
    ----------
    path : str, Path or None
        A file to continue, or to make at once. None chooses a new name in the user's data folder, which becomes a file
        with the first turn: a session in which nothing was painted leaves nothing behind.

    Attributes
    ----------
    path : Path
        The file, absolute.
    store : Store or None
        The file, open; None until it is made.

    Raises
    ------
    StoreError
        If the file is there and is not one of ours, or is damaged.
    """

    def __init__(self, path: str | Path | None) -> None:
        self._guard = threading.Lock()
        self.store: Store | None = None
        if path is None:
            self.path = next(path for path in _names() if not path.exists())
            _keepers[self.path] = self
            return
        self.path = Path(path).expanduser().resolve()
        self.store = _stores.get(self.path)
        if (self.store is None or not self.store.writable) and self.path.exists():
            self.store = _stores[self.path] = Store.open(self.path)
            _purge(self.store)  # of what was deleted before a crash
        _keepers[self.path] = self

    def opened(self, model: str) -> Store:
        """Return the file, made here if it is not there yet; as `writing`, but it may be read-only."""
        with self._guard:
            if self.store is None:
                notebook = os.environ.get("JPY_SESSION_NAME", "")
                meta = {"model": model, "notebook": notebook, "pochade": __version__}
                self.store = _stores[self.path] = Store.create(self.path, meta=meta)
            return self.store

    def writing(self, model: str) -> Store:
        """Return the file to write to; it is made here if it is not there yet.

        Parameters
        ----------
        model : str
            What a new file says its model is.

        Raises
        ------
        ReadOnlyError
            If it can only be read; the message says who is writing it.
        StoreError
            If it cannot be made.
        """
        store = self.opened(model)
        if not store.writable:
            holder = store.holder
            who = f"{holder} is writing it. Close it there" if holder else "you may not write it. Make that possible"
            raise ReadOnlyError(
                f"This session can be looked at but not painted into: {self.path} is read-only, because {who} and "
                f"open it again, or start a new one with pochade.Session()."
            )
        return store

    def close(self) -> tuple[str, ...]:
        """Close the file for everybody in this process, unless somebody newer keeps it, without what was deleted.

        Returns
        -------
        tuple of str
            Ids of the turns that were removed.
        """
        if self.store is None or _keepers.get(self.path) not in {None, self}:
            return ()
        if _stores.get(self.path) is self.store:
            del _stores[self.path]
        gone = _purge(self.store)
        self.store.close()
        return gone


def _names() -> Iterator[Path]:
    """Go through names for a new session. The day is there to be read by people: any clock will do."""
    while True:
        yield default_folder() / f"{datetime.now().astimezone():%Y-%m-%d}-{secrets.token_hex(3)}{SUFFIX}"


def _purge(store: Store) -> tuple[str, ...]:
    """Remove what was deleted and nobody needs; where there is no room even for that, the next time will do."""
    if store.writable:
        with suppress(StoreError):  # closed already, above all
            return store.purge().turns
    return ()
