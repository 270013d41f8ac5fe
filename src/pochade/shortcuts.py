"""The short ways in: reopen what was saved, paint one picture, paint a mask.

They stand apart from `session.py` because they are built on it and on nothing else; `pochade.open`, `pochade.paint` and
`pochade.paint_mask` lead here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pochade.errors import StoreError
from pochade.session import Session, open_already
from pochade.store import latest

if TYPE_CHECKING:
    from pochade.turn import Turn
    from pochade.widgets.mask import MaskCanvas

__all__ = ["open_session", "paint", "paint_mask"]


def open_session(path: str | Path | None = None) -> Session:
    """Open a saved session, with all its turns; this is `pochade.open`.

    Parameters
    ----------
    path : str or Path, optional
        The session file. By default the latest autosaved session of this notebook, or outside notebooks of any.

    Returns
    -------
    Session
        The one that this process has open already, if it can be painted into, else a new one on that file: whoever
        wrote it may have let go of it since.

    Raises
    ------
    StoreError
        If there is no such file, or none was saved yet.
    """
    notebook = os.environ.get("JPY_SESSION_NAME")
    where = Path(path).expanduser().resolve() if path is not None else latest(notebook)
    if where is None:
        whose = "of this notebook " if notebook else ""
        raise StoreError(f"No session {whose}was saved yet. Start one with pochade.Session().")
    live = open_already(where)
    if live is not None and live.writable:
        return live
    if not where.exists():
        raise StoreError(f"There is no session file at {where}. Check the name, or start one with pochade.Session().")
    return Session(path=where)


def paint(
    prompt: str,
    *,
    model: str | Path | None = None,
    device: str | None = None,
    dtype: object = None,
    **options: Any,
) -> Turn:
    """Make one picture in an autosaved session of its own.

    Parameters
    ----------
    prompt : str
        What to paint.
    model, device, dtype
        As in `Session`.
    **options
        As in `Session.generate`.

    Returns
    -------
    Turn
        The finished turn.

    Raises
    ------
    RequestError, ModelError, StoreError
        As in `Session` and `Session.generate`.
    """
    return Session(model, device=device, dtype=dtype).generate(prompt, **options)


def paint_mask(image: object) -> MaskCanvas:
    """Make a canvas to paint a mask on; shown as a cell's value it stays there, and no cell waits for it.

    Parameters
    ----------
    image : picture
        What to paint over: a turn or a picture of any kind.

    Returns
    -------
    MaskCanvas
        A widget; its `mask` is a PIL image, `Session.edit` takes the canvas itself as `mask`, and
        ``canvas.observe(f, "painted")`` calls ``f`` after every stroke.
    """
    from pochade.widgets.mask import MaskCanvas

    return MaskCanvas(image)
