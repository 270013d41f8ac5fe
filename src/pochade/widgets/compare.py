"""Two pictures compared: under a divider, side by side, by their difference, or in turns.

It stands alone so that a notebook can compare any two pictures, and a person's own app any two turns: its sides are
traits, which `link` ties to a strip of turns. Pictures travel as messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import traitlets

from pochade.imaging.load import load_image, png_bytes
from pochade.turn import Turn
from pochade.widgets import protocol as p
from pochade.widgets.alone import Alone, TurnKey, known
from pochade.widgets.ended import ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image
    from traitlets.utils.bunch import Bunch

    from pochade.jobs import Event
    from pochade.session import Session

__all__ = ["Compare"]

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


class Compare(Alone):
    """Two pictures to compare.

    Parameters
    ----------
    left, right : picture, optional
        A turn, or a picture of any kind. With a session also the id of one of its turns.
    session : Session, optional
        Whose turns `left` and `right` name.
    **options
        ``mode`` and ``position`` as below; ``lang``, "en" or "zh" for the words on it; ``layout`` and whatever else an
        ipywidget takes.

    Attributes
    ----------
    left, right : str or None
        The ids of the turns that are shown, with a session. They can be set, to a turn too, and linked.
    mode : str
        ``"slider"``, ``"side"`` (side by side), ``"difference"`` or ``"flicker"``.
    position : float
        Where the divider stands, 0 (all right) to 1 (all left).

    Raises
    ------
    ImageError
        If a picture cannot be read.
    TraitError
        If the session has no turn of that id.
    """

    part = traitlets.Unicode("compare").tag(sync=True)
    left = TurnKey().tag(sync=True)
    right = TurnKey().tag(sync=True)
    mode = traitlets.Enum(("slider", "side", "difference", "flicker"), "slider").tag(sync=True)
    position = traitlets.Float(0.5, min=0.0, max=1.0).tag(sync=True)

    def __init__(
        self, left: object = None, right: object = None, *, session: Session | None = None, **options: Any
    ) -> None:
        self._session = session
        self._own: dict[Side, tuple[Image.Image, str]] = {}
        super().__init__("pochade-compare", **options)
        if session is not None:
            self._unsubscribe = session.subscribe(self._hear, lambda: False)
        self.show(left, right)

    def __repr__(self) -> str:
        return f"Compare({self.mode!r})"

    def show(self, left: object = None, right: object = None) -> None:
        """Show other pictures; a side that is left out stays.

        Parameters
        ----------
        left, right : picture, optional
            As in `Compare`.
        """
        for side, picture in zip(SIDES, (left, right), strict=True):
            if picture is None:
                continue
            if self._names(picture):
                self.set_trait(side, picture)
            else:
                self._put(side, picture)

    def close(self) -> None:
        """Take it off every page; the session stays as it is."""
        if hasattr(self, "_unsubscribe"):
            self._unsubscribe()
        super().close()

    @traitlets.validate("left", "right")
    def _known(self, proposal: Bunch) -> str | None:
        if self._session is None and proposal.value is not None:
            raise traitlets.TraitError("Without a session there are no turns to name: Compare(session=s).")
        return known(self._session, proposal.value) if self._session is not None else None

    @traitlets.observe("left", "right")
    def _named(self, change: Bunch) -> None:
        if change.new is not None:
            self._own.pop(change.name, None)
        self.later(lambda: self._tell_pair(None, (change.name,)))

    def _names(self, picture: object) -> bool:
        """Whether this is a turn of the session's, or the id of one."""
        if self._session is None or self._session.closed:
            return False
        turns = self._session.turns
        return turns.has(picture) if isinstance(picture, str) else turns.holds(picture)

    def _put(self, side: Side, picture: object) -> None:
        """Show a picture that is no turn of the session's."""
        self._own[side] = (
            load_image(picture, name=f"The {side} picture"),
            picture.prompt if isinstance(picture, Turn) else "",
        )
        self.set_trait(side, None)
        self.later(lambda: self._tell_pair(None, (side,)))

    def _hear(self, event: Event) -> None:
        # Another picture of a turn may have been picked.
        if event.kind == "current" and event.turn is not None:
            turn = event.turn.id
            sides = tuple(side for side in SIDES if getattr(self, side) == turn)
            if sides:
                self.later(lambda: self._tell_pair(None, sides))
        elif event.kind == "closed":
            self.later(self._let_go)

    def _let_go(self) -> None:
        """Let a closed session go."""
        self._unsubscribe()
        if self._session is not None:
            self._session = ended(self._session)
        self.retire()

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        self.greet(lambda: self._tell_pair(message.seq, SIDES), message.seq)

    def _tell_pair(self, seq: int | None, sides: tuple[Side, ...]) -> None:
        shown = {side: self._shown(side) for side in SIDES}
        sent = [side for side in sides if shown[side] is not None]
        left, right = (found[0] if found else None for found in (shown["left"], shown["right"]))
        pair = p.Pair(seq=seq, protocol=p.PROTOCOL, left=left, right=right, sides=sent)
        self.tell(pair, [found[1]() for side in sent if (found := shown[side]) is not None])

    def _shown(self, side: Side) -> tuple[p.SideCard, Callable[[], bytes]] | None:
        """Describe what a side shows, with what gives its PNG; none where it shows nothing."""
        name, session, own = getattr(self, side), self._session, self._own.get(side)
        if own is not None:
            image, label = own
            return p.SideCard(number=None, label=label), lambda: png_bytes(image)
        if name is None or session is None or session.closed:
            return None
        turn = session[name]
        try:
            number = session.turns.twig(name).number
        except KeyError:  # it was deleted
            number = None
        return p.SideCard(number=number, label=turn.prompt), lambda: turn.png
