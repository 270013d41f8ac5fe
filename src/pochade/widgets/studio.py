"""The Studio: canvas, prompt box, settings, queue and history of one session, in as many views as the page shows.

It is the rooms under one roof. A click becomes the same call that a cell would make, and beside the live view one
ordinary picture is kept for readers without a kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.jupyter.display import StaticPicture, in_kernel
from pochade.widgets.credentials import CredentialsRoom
from pochade.widgets.history import HistoryRoom
from pochade.widgets.masks import MaskRoom
from pochade.widgets.out import OutRoom
from pochade.widgets.prompt import PromptRoom
from pochade.widgets.queue import QueueRoom
from pochade.widgets.settings import SettingsRoom

if TYPE_CHECKING:
    from pochade.jobs import Event
    from pochade.session import Session
    from pochade.widgets import protocol as p

STATIC_SECONDS = 0.5


class Studio(PromptRoom, SettingsRoom, QueueRoom, HistoryRoom, MaskRoom, CredentialsRoom, OutRoom):
    """The live view of a session; `Session.studio()` gives the one it has."""

    def __init__(self, session: Session) -> None:
        self._static: StaticPicture | None = None
        super().__init__(session, "pochade-studio")

    def _slots(self) -> None:
        super()._slots()
        self._courier.slot("static", lambda: STATIC_SECONDS)

    def __repr__(self) -> str:
        return "pochade Studio"

    def _ipython_display_(self) -> None:
        if not in_kernel():
            raise NotImplementedError  # IPython then prints the repr
        if self._static is None:
            self._static = StaticPicture()
        self._static.show(self, self._current())

    def _mend(self, message: p.Mend) -> None:
        mend = super()._mend
        self.settled(lambda: mend(message), message.seq)  # another model may be on its way

    def _hear(self, event: Event) -> None:
        super()._hear(event)
        if event.kind == "current" and (static := self._static) is not None:
            self._courier.latest("static", lambda: static.update(self._current()))
