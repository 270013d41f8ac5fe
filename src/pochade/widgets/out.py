"""The way out: a picture in another format, and a turn under a name that the next cell can use.

It stands alone because these two things leave the session: the one into a file of the reader's, the other into the
notebook, where nothing that is there already may be lost.
"""

from __future__ import annotations

import builtins
import keyword
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from pochade.errors import RequestError
from pochade.imaging.encode import encoded
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound

if TYPE_CHECKING:
    from pochade.session import Session
    from pochade.turn import Turn

THE_NOTEBOOK_S_OWN = frozenset({"In", "Out", "exit", "quit", "get_ipython", "display"})


class OutRoom(Bound):
    """Answers "export" and "name"."""

    def __init__(self, session: Session, name: str, **options: object) -> None:
        self._named: dict[str, Turn] = {}
        super().__init__(session, name, **options)

    def _on_export(self, message: p.Export, _buffers: list[bytes]) -> None:
        self.later(lambda: self._export(message), seq=message.seq)

    def _on_name(self, message: p.Name, _buffers: list[bytes]) -> None:
        self.later(lambda: self._name(message), seq=message.seq)

    def _export(self, message: p.Export) -> None:
        turn = self._session[message.turn][message.index]
        data = turn.signed(encoded(turn.image, message.format.upper()))
        mime: p.Mime = "image/jpeg" if message.format == "jpeg" else "image/webp"
        self.tell(p.Exported(seq=message.seq, turn=message.turn, index=message.index, mime=mime), [data])

    def _name(self, message: p.Name) -> None:
        turn = self._session[message.turn][message.index]
        shell = notebook()
        name = unicodedata.normalize("NFKC", message.name)  # as Python reads it: another spelling is the same name
        check_name(name, shell.user_ns, self._named.get(name))
        shell.push({name: turn})
        self._named[name] = turn
        self.tell(p.Named(seq=message.seq, name=name))

    def _let_go(self) -> None:
        super()._let_go()
        self._named.clear()


def notebook() -> Any:
    """Return the notebook's shell; `RequestError` where this Python has none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        raise RequestError("A turn can be named only in a notebook. Copy its code instead.")
    return shell


def check_name(name: str, names: dict[str, Any], ours: Turn | None) -> None:
    """Refuse a name that the next cell could not use, or that means something else already.

    Parameters
    ----------
    name : str
        What the turn is to be called.
    names : dict
        What has a name in the notebook.
    ours : Turn or None
        What got this name here before; it may be replaced.

    Raises
    ------
    RequestError
        The sentence says what to do instead.
    """
    if not name.isidentifier():
        raise RequestError(
            f"{name!r} is no name in Python: use letters, digits and _, and begin with a letter, such as 'picture'."
        )
    if keyword.iskeyword(name):
        raise RequestError(f"{name!r} is a word of the Python language. Choose another name, such as 'picture'.")
    if name.startswith("_") or name in THE_NOTEBOOK_S_OWN:
        raise RequestError(f"{name!r} is one of the notebook's own names. Choose another, such as 'picture'.")
    if hasattr(builtins, name):
        raise RequestError(f"{name!r} is one of Python's own functions. Choose another name, such as 'picture'.")
    if name in names and (ours is None or names[name] is not ours):
        raise RequestError(
            f"There is a {name!r} in this notebook already. Choose another name, or run `del {name}` to free this one."
        )
