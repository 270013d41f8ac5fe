"""The history of a Studio: going to turns, looking at them, finding them, and what is done to one of them as a whole.

It stands alone because a row of turns without a Studio asks for the same. Nothing is answered that the session does not
tell by itself: a turn that was starred, deleted or restored, and another current one, reach every view as its news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.errors import PochadeError
from pochade.widgets import protocol as p
from pochade.widgets.bound import PAGE, Bound
from pochade.widgets.cards import turn_card, twig_card, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pochade.store.outline import Twig

__all__ = ["HistoryRoom"]


class HistoryRoom(Bound):
    """A part that shows the turns of its session."""

    def _on_go(self, message: p.Go, _buffers: list[bytes]) -> None:
        self.later(lambda: self._go_to(message), seq=message.seq)

    def _on_step(self, message: p.Step, _buffers: list[bytes]) -> None:
        self.later(lambda: self._step(message), seq=message.seq)

    def _on_show(self, message: p.Show, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_whole(message), seq=message.seq)

    def _on_thumbs(self, message: p.Thumbs, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_thumbs(message), seq=message.seq)

    def _on_earlier(self, message: p.Earlier, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_page(message), seq=message.seq)

    def _on_find(self, message: p.Find, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_found(message), seq=message.seq)

    def _on_star(self, message: p.Star, _buffers: list[bytes]) -> None:
        self.later(lambda: self._star(message), seq=message.seq)

    def _on_delete(self, message: p.Delete, _buffers: list[bytes]) -> None:
        self.later(lambda: self._delete(message), seq=message.seq)

    def _on_restore(self, message: p.Restore, _buffers: list[bytes]) -> None:
        self.later(lambda: self._restore(message), seq=message.seq)

    def _go_to(self, message: p.Go) -> None:
        try:
            if message.turn is None:
                self._session.new()
                return
            turn = self._session[message.turn]
            if message.index is None or turn.deleted:  # a deleted one is refused, and keeps its picked picture
                self._session.current = turn
            else:
                turn.pick(message.index)
        except (PochadeError, KeyError, IndexError):
            if not self._session.closed:
                self._tell_moved()  # the view moved ahead of us: take it back to where the session is
            raise

    def _step(self, message: p.Step) -> None:
        if message.direction == "back":
            self._session.undo()
        else:
            self._session.redo()

    def _star(self, message: p.Star) -> None:
        self._session[message.turn].star(message.starred)

    def _delete(self, message: p.Delete) -> None:
        self._session.delete(message.turn)

    def _restore(self, message: p.Restore) -> None:
        self._session.restore(message.turn)

    def _tell_whole(self, message: p.Show) -> None:
        turn = self._session[message.turn]
        picture, data = whole(turn, message.index)
        self.tell(p.Pictures(seq=message.seq, card=turn_card(turn), pictures=[picture]), [data])

    def _tell_thumbs(self, message: p.Thumbs) -> None:
        pictures = self._thumbnails(message.turns)
        told = p.Pictures(seq=message.seq, card=None, pictures=[picture for picture, _ in pictures])
        self.tell(told, [data for _, data in pictures])

    def _tell_page(self, message: p.Earlier) -> None:
        turns = self._session.turns
        twigs = turns.outline(limit=PAGE, before=message.before)
        self.tell(p.Page(seq=message.seq, turns=_cards(twigs), total=len(turns)))

    def _tell_found(self, message: p.Find) -> None:
        twigs, total = self._session.turns.search(message.query, starred=message.starred, limit=PAGE)
        self.tell(p.Found(seq=message.seq, query=message.query, turns=_cards(twigs), total=total))


def _cards(twigs: Iterable[Twig]) -> list[p.TwigCard]:
    return [twig_card(twig) for twig in twigs]
