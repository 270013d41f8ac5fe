"""How a session shows itself: the live Studio, and beside it one ordinary picture that needs no kernel.

GitHub, nbviewer and an HTML export show only what a notebook has stored, so the current picture is an output of its
own, kept up to date. Its text is constant, because nbval compares text. The Studio hides it while it is live.
"""

from __future__ import annotations

import uuid
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from pochade.jupyter.kernel import in_kernel

if TYPE_CHECKING:
    from pochade.session import Session
    from pochade.turn import Turn
    from pochade.widgets.studio import Studio

__all__ = ["STATIC_TEXT", "StaticPicture", "in_kernel", "show"]

STATIC_TEXT = "pochade: the current picture"


class StaticPicture:
    """The picture beside a Studio; one display id, so that showing the Studio twice keeps both copies current."""

    def __init__(self) -> None:
        self._display_id = f"pochade-{uuid.uuid4().hex}"

    def show(self, studio: Studio, turn: Turn | None) -> None:
        """Put the Studio into the running cell's output, and the static picture right after it."""
        from IPython.display import display

        live, _ = studio._repr_mimebundle_() or ({}, {})
        display(live, raw=True)  # type: ignore[no-untyped-call]
        display(bundle(turn), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]

    def update(self, turn: Turn | None) -> None:
        """Replace the picture where it is shown; after a page reload this reaches nothing any more."""
        from IPython.display import update_display

        update_display(bundle(turn), raw=True, display_id=self._display_id)  # type: ignore[no-untyped-call]


def bundle(turn: Turn | None) -> dict[str, Any]:
    """Describe a turn as the static output: its stored bytes and constant text; without a turn only the text."""
    if turn is None:
        return {"text/plain": STATIC_TEXT}
    return {"image/png": b64encode(turn.png).decode(), "text/plain": STATIC_TEXT}


def show(session: Session) -> None:
    """Show a session's Studio in the running cell's output, with the static picture after it."""
    session.studio()._ipython_display_()
