"""Where a picture comes from, for the panel behind the Studio's badge.

It stands alone because what it tells was written by strangers: the words of a manifest, of a picture that was opened
and of everything that one was made from. They are cut, made inert and counted here, so that no file fills a page.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pochade.inert import inert
from pochade.provenance.report import ANCESTOR
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound

if TYPE_CHECKING:
    from pochade.provenance.credentials import Action, Credentials

__all__ = ["CredentialsRoom", "credentials_card"]

MOST_PICTURES = 60
"""How many pictures an account of one has at most, itself among them."""
MOST_DEPTH = 32
"""How many steps back it goes."""
MOST_ACTIONS = 20
MOST_PROBLEMS = 10
LONGEST_NAME = 120
LONGEST_TEXT = 600
"""How many characters of a prompt, or of what is wrong, it has."""


class CredentialsRoom(Bound):
    """Answers "credentials"."""

    def _on_credentials(self, message: p.Credentials, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_credentials(message), seq=message.seq)

    def _tell_credentials(self, message: p.Credentials) -> None:
        found = self._session[message.turn][message.index].credentials
        self.tell(
            p.CredentialsOf(
                seq=message.seq,
                turn=message.turn,
                index=message.index,
                sound=found.sound,
                card=credentials_card(found),
            )
        )


@dataclass
class _Place:
    """A picture in the account, and those it was made from."""

    found: Credentials
    relationship: str | None
    title: str | None
    matched: bool = False
    below: list[_Place] = field(default_factory=list)
    unlisted: int = 0


def credentials_card(found: Credentials) -> p.CredentialsCard:
    """Write the account of a picture, at most 60 pictures and 32 steps of it, the nearest ones first."""
    top = _Place(found, None, found.title)
    waiting, count = deque([(top, 0)]), 1
    while waiting:  # by nearness: one long line must not push out what stands beside its beginning
        place, depth = waiting.popleft()
        for ingredient in place.found.ingredients:
            if count == MOST_PICTURES or depth == MOST_DEPTH:
                place.unlisted += 1
                continue
            one = _Place(ingredient.credentials, ingredient.relationship, ingredient.title, ingredient.matched)
            place.below.append(one)
            waiting.append((one, depth + 1))
            count += 1
    return _card(top)


def _card(place: _Place) -> p.CredentialsCard:
    found = place.found
    return p.CredentialsCard(
        state=found.state,
        relationship=_cut(place.relationship),
        title=_cut(place.title or found.title),
        matched=place.matched,
        signer=_cut(found.signer),
        certificate=found.certificate,
        when=found.when.timestamp() if found.when is not None else None,
        timestamp=found.timestamp,
        software=_cut(found.software),
        model=_cut(found.model),
        made=found.made,
        actions=[_action(one) for one in found.actions[:MOST_ACTIONS]],
        prompt=_cut(found.prompt, LONGEST_TEXT),
        # That an ancestor does not hold is told by a box of its own, in the view's language.
        problems=[inert(one, limit=LONGEST_TEXT) for one in found.problems[:MOST_PROBLEMS] if one != ANCESTOR],
        ingredients=[_card(one) for one in place.below],
        repeated=found.repeated,
        unlisted=place.unlisted,
    )


def _action(one: Action) -> p.ActionCard:
    kind, words = (inert(text, limit=LONGEST_NAME) for text in (one.kind, one.words))
    return p.ActionCard(kind=kind, words=words, agent=_cut(one.agent))


def _cut(text: str | None, limit: int = LONGEST_NAME) -> str | None:
    return inert(text, limit=limit) if text else None
