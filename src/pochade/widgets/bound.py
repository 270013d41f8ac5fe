"""A widget that follows a session: it sends the snapshot that every view begins with, and the news after it.

It holds no state of its own. What it shows is the session's turns, settings and jobs; what a view asks for is answered
in the rooms (`history`, `prompt`, `settings`, `queue`, `out`, `masks`), each a class on this one, put together by the
Studio and by the parts alone. Handlers run on a subshell's thread: they hand over or set a flag, the courier does the
rest.
"""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING

from pochade.errors import PochadeError, StoreError
from pochade.widgets import protocol as p
from pochade.widgets.cards import (
    MOST_JOBS,
    abilities_card,
    job_cards,
    offer,
    session_card,
    settings_card,
    thumbnail,
    turn_card,
    twig_card,
    whole,
)
from pochade.widgets.ended import ended
from pochade.widgets.knowing import Knowing
from pochade.widgets.part import Part, sentence
from pochade.widgets.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pochade.jobs import Event
    from pochade.session import Session
    from pochade.turn import Turn

PAGE = 200
"""How many turns a snapshot and a page have."""
FIRST_THUMBS = 24
"""How many thumbnails come with a snapshot; the others come when they are asked for."""

log = logging.getLogger(__name__)

Sent = tuple[p.Picture, bytes]


class Bound(Part):
    """A part of a session's Studio, or the whole of it."""

    _shows_work = True
    """Whether its views show what is being painted; where none does, no previews are made."""
    _shows_whole = True
    """Whether they show pictures larger than thumbnails; where none does, none are sent unasked."""

    def __init__(self, session: Session, name: str, **options: object) -> None:
        self._session = session
        self._settings = settings_card(session)
        self._knowing = Knowing(lambda: self.later(lambda: self._tell_tuned([])))
        self._uploads = Uploads()
        super().__init__(name, **options)
        self._slots()
        self._unsubscribe = session.subscribe(self._hear, watching=lambda: self._shows_work and self.live)
        if session.closed:  # its goodbye was said before there was anybody to hear it
            self.later(self._let_go)

    def close(self) -> None:
        """Take the widget off every page; the session stays as it is."""
        if hasattr(self, "_unsubscribe"):
            self._unsubscribe()
        super().close()

    def _slots(self) -> None:
        """Declare the courier's slots, before there is the first event to put into one; each room adds its own."""

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        self.greet(lambda: self._tell_snapshot(message.seq), message.seq)

    def _hear(self, event: Event) -> None:
        """Take an event of the session's, on whatever thread made it happen, often the one that paints."""
        match event.kind:
            case "done" | "cancelled" if event.turn is not None:  # one that was stopped may have been kept
                turn = event.turn
                self._news(lambda: self._tell_made(turn))
            case "current":
                self._news(self._tell_moved)
            case "changed" if event.turn is not None:
                turn = event.turn
                self._news(lambda: self._tell_changed(turn))
            case "settings" | "model":
                notes = [event.message] if event.message else []
                self.later(lambda: self._tell_tuned(notes))
            case "closed":
                self.later(lambda: self.tell(p.Closed()))
                self.later(self._let_go)

    def _news(self, task: Callable[[], None]) -> None:
        """Tell what happened to the turns, unless the session is closed before that: then its end is the news."""

        def told() -> None:
            try:
                if not self._session.closed:
                    task()
            except (PochadeError, KeyError, OSError):
                if not self._session.closed:
                    raise

        self.later(told)

    def _let_go(self) -> None:
        """Keep nothing of a session that was closed, though a view stays on its page; each room adds its own."""
        self._unsubscribe()
        self._settings = settings_card(self._session)
        self._session = ended(self._session)
        self._uploads = Uploads()
        self.retire()

    def _tell_snapshot(self, seq: int) -> None:
        session = self._session
        # A closed session has let go of its file: a view that still has its turns keeps them.
        twigs = [] if session.closed else session.turns.outline(limit=PAGE, before=p.MAX_SEQ)
        current = self._current()
        pictures = [*self._thumbnails([twig.id for twig in twigs[-FIRST_THUMBS:]]), *self._whole(current)]
        can = self._knowing.ask(session)
        snapshot = p.Snapshot(
            seq=seq,
            protocol=p.PROTOCOL,
            session=session_card(session, can),
            settings=self._settings_now(),
            abilities=abilities_card(can) if can is not None else None,
            turns=[twig_card(twig) for twig in twigs],
            total=0 if session.closed else len(session.turns),
            current=current.id if current is not None else None,
            index=current.picked if current is not None else 0,
            card=turn_card(current) if current is not None else None,
            jobs=job_cards(session),
            unlisted=max(0, len(session.jobs) - MOST_JOBS),
            pictures=[picture for picture, _ in pictures],
        )
        self.tell(snapshot, [data for _, data in pictures])
        if not self._session.closed and not twigs and not snapshot.jobs:
            self._tell_offer()
        self._told_snapshot()

    def _told_snapshot(self) -> None:
        """Send what a snapshot does not hold; each room adds its own."""

    def _tell_offer(self) -> None:
        notebook = os.environ.get("JPY_SESSION_NAME")
        try:
            found = offer(notebook, self._session.path) if notebook else None
        except (PochadeError, OSError, KeyError, IndexError):
            # It is a courtesy: a file that is damaged or was removed just now is not this session's trouble.
            log.debug("The latest session of this notebook cannot be offered.", exc_info=True)
            return
        if found is not None:
            self.tell(found[0], [found[1]])

    def _thumbnails(self, turns: Iterable[str]) -> list[Sent]:
        """Make the thumbnails of those turns that can be read: one that cannot must not keep the others from a view."""
        made = []
        for name in turns:
            try:
                made.append(thumbnail(self._session[name]))
            except (PochadeError, KeyError, OSError):
                log.debug("No thumbnail of turn %r can be made.", name, exc_info=True)
        return made

    def _whole(self, turn: Turn | None) -> list[Sent]:
        """Return a turn's picture where views show it; one that cannot be read is told of after what is told now."""
        if turn is None or not self._shows_whole:
            return []
        try:
            return [whole(turn)]
        except (PochadeError, KeyError, OSError) as error:
            self._news(partial(self.tell, p.Trouble(seq=None, message=sentence(error))))
            return []

    def _tell_made(self, turn: Turn) -> None:
        try:
            twig = self._session.turns.twig(turn.id)
        except KeyError:  # it was deleted meanwhile, which is told too
            return
        current = self._current()
        pictures = self._thumbnails([turn.id])
        if current is None or current.id != turn.id:  # else it comes with the news that it is the current one
            pictures += self._whole(turn)
        made = p.Made(
            twig=twig_card(twig),
            card=turn_card(turn),
            total=len(self._session.turns),
            pictures=[picture for picture, _ in pictures],
        )
        self.tell(made, [data for _, data in pictures])

    def _tell_moved(self) -> None:
        current = self._current()
        pictures = self._whole(current)
        if current is not None and len(current) > 1:  # another one may have been picked, which its thumbnail shows
            pictures += self._thumbnails([current.id])
        moved = p.Moved(
            current=current.id if current is not None else None,
            index=current.picked if current is not None else 0,
            card=turn_card(current) if current is not None else None,
            pictures=[picture for picture, _ in pictures],
        )
        self.tell(moved, [data for _, data in pictures])

    def _tell_changed(self, turn: Turn) -> None:
        """Tell how a turn is now, and those that grew from it: a deleted one hands its children to its parent."""
        turns = self._session.turns
        near = [turn, *(turns[name] for name in turns.offspring(turn.id))]
        living = [one for one in near if one in turns]
        changed = p.Changed(
            turns=[twig_card(turns.twig(one.id)) for one in living],
            gone=[one.id for one in near if one not in turns],
            total=len(turns),
        )
        self.tell(changed)

    def _tell_tuned(self, notes: list[str]) -> None:
        can = self._knowing.ask(self._session)
        tuned = p.Tuned(
            session=session_card(self._session, can),
            settings=self._settings_now(),
            abilities=abilities_card(can) if can is not None else None,
            notes=notes,
        )
        self.tell(tuned)

    def _settings_now(self) -> p.SettingsCard:
        try:
            return settings_card(self._session)
        except StoreError:  # closed: they stay as they were
            return self._settings

    def _current(self) -> Turn | None:
        """Return the current turn; none where the session is closed and has let go of its file."""
        session = self._session
        return None if session.closed else session.current
