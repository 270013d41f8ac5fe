"""The way out: a picture in another format, and a turn under a name that the next cell can use.

It stands alone because these two things leave the session: the one into a file of the reader's, the other into the
notebook, where nothing that is there already may be lost.
"""

from __future__ import annotations

import builtins
import io
import keyword
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from pochade.errors import ImageError, RequestError
from pochade.imaging.load import load_image
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound

if TYPE_CHECKING:
    from pochade.session import Session
    from pochade.turn import Turn

QUALITY = 92
LONGEST = {"jpeg": 65_535, "webp": 16_383}
"""The longest side, in pixels, that a format can have."""
TITLES = {"jpeg": "JPEG", "webp": "WebP"}
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
        data = encoded(load_image(self._session[message.turn][message.index].png), message.format)
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


def encoded(image: Image.Image, kind: Literal["jpeg", "webp"]) -> bytes:
    """Encode a picture for others, without anything but its pixels.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode "RGB" or "RGBA".
    kind : "jpeg" or "webp"
        The format. Where JPEG cannot be transparent, a white page shows through.

    Raises
    ------
    ImageError
        When a side is longer than the format can have.
    """
    if max(image.size) > LONGEST[kind]:
        raise ImageError(
            f"{TITLES[kind]} has at most {LONGEST[kind]:,} pixels a side; this picture is "
            f"{image.width:,}×{image.height:,}. Save it as PNG."
        )
    bare, buffer = image.copy(), io.BytesIO()
    bare.info = {}
    if kind == "webp":
        bare.save(buffer, "WEBP", quality=QUALITY)
        return buffer.getvalue()
    if bare.mode == "RGBA":
        bare = Image.alpha_composite(Image.new("RGBA", bare.size, "white"), bare)
    bare.convert("RGB").save(buffer, "JPEG", quality=QUALITY, subsampling="4:4:4", optimize=True)
    return buffer.getvalue()


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
