"""The turns of a session in a row, one of which is chosen.

It stands alone so that a person's own app has a history: the chosen turn is a trait, which `observe` hears and `link`
ties to other parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from pochade.widgets.alone import Alone, TurnKey, known
from pochade.widgets.history import HistoryRoom

if TYPE_CHECKING:
    from traitlets.utils.bunch import Bunch

    from pochade.jobs import Event
    from pochade.session import Session
    from pochade.turn import Turn

__all__ = ["TurnStrip"]


class TurnStrip(Alone, HistoryRoom):
    """A session's turns to choose from; new ones appear as they are made, by whomever.

    Parameters
    ----------
    session : Session
        Whose turns they are.
    value : Turn or str, optional
        The turn that is chosen at first, or its id.
    go : bool, default False
        Whether choosing a turn also makes it the session's current one; then the choice follows the session too.
    **options
        ``lang``, "en" or "zh" for the words on it; ``layout`` and whatever else an ipywidget takes.

    Attributes
    ----------
    value : str or None
        The id of the chosen turn. It can be set, to a turn too, and linked; it is None again when that turn is deleted.

    Raises
    ------
    TraitError
        If the session has no such turn.
    """

    _shows_work = False
    _shows_whole = False
    part = traitlets.Unicode("strip").tag(sync=True)
    value = TurnKey().tag(sync=True)

    def __init__(self, session: Session, value: Turn | str | None = None, *, go: bool = False, **options: Any) -> None:
        self._goes = go
        self._moves = 0  # that were asked for here and are under way
        self._followed: str | None = ""  # what the session has chosen, where it was taken over from there last
        super().__init__(session, "pochade-strip", **options)
        if value is not None:
            self.set_trait("value", value)
        elif go:
            self._follow()

    def __repr__(self) -> str:
        count = 0 if self._session.closed else len(self._session.turns)
        return f"TurnStrip({count} turn{'' if count == 1 else 's'})"

    @property
    def turn(self) -> Turn | None:
        """The chosen turn."""
        return None if self.value is None else self._session[self.value]

    @traitlets.validate("value")
    def _known(self, proposal: Bunch) -> str | None:
        return known(self._session, proposal.value)

    @traitlets.observe("value")
    def _chosen(self, change: Bunch) -> None:
        if not self._goes or change.new == self._followed:
            return
        self._followed = ""
        self._moves += 1
        self.later(lambda: self._move_to(change.new))

    def _move_to(self, turn: str | None) -> None:
        try:
            if self._current_id() != turn:
                self._session.current = turn
        finally:
            self._moves -= 1
            self.call(self._follow)  # also where the session did not go: then the choice goes back

    def _follow(self) -> None:
        if self._moves > 0 or self._session.closed:  # several clicks in a row: only the last one counts
            return
        self._followed = current = self._current_id()
        self.set_trait("value", current)

    def _forget(self, turn: str) -> None:
        if self.value == turn:
            self.set_trait("value", None)

    def _current_id(self) -> str | None:
        current = self._current()
        return current.id if current is not None else None

    def _hear(self, event: Event) -> None:
        super()._hear(event)
        if self._goes and event.kind == "current":
            self.call(self._follow)
        elif not self._goes and event.kind == "changed" and event.turn is not None and event.turn.deleted:
            turn = event.turn.id
            self.call(lambda: self._forget(turn))
