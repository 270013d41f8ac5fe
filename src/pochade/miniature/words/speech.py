"""What every language of the miniature needs in order to speak: chance, and what of a scene or an edit must be told.

English (`english.py`) and Chinese (`chinese.py`) put the same scenes and edits into words; what does not depend on the
language stands here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from pochade.miniature import looks

if TYPE_CHECKING:
    import random

    from pochade.miniature.edits import Edit
    from pochade.miniature.talks import Blend
    from pochade.miniature.world import Scene, Thing

#: how often a second name is used for a thing where it has one
OTHER_NAME = 0.2


class Speaker(ABC):
    """Puts scenes, edits and blends into the words of one language.

    Parameters
    ----------
    rng : random.Random
        Chooses among the wordings.
    plain : bool
        Always the first and clearest wording, without flourishes.
    """

    stop = "."  #: what a sentence ends with, where one cares
    pictures: tuple[tuple[str, str], ...]  #: what the two pictures of a blend are called, the plain names first

    def __init__(self, rng: random.Random, *, plain: bool = False) -> None:
        self._rng = rng
        self._plain = plain

    def _pick(self, *options: str) -> str:
        return options[0] if self._plain else self._rng.choice(options)

    def _chance(self, probability: float) -> bool:
        return not self._plain and self._rng.random() < probability

    def ended(self, prompt: str) -> str:
        """A prompt as it is typed: now and then with a full stop."""
        return prompt + self.stop if self._chance(0.1) else prompt

    @abstractmethod
    def scene(self, scene: Scene) -> str:
        """A whole prompt for a scene."""

    @abstractmethod
    def _name(self, name: str) -> str:
        """What a thing is called, now and then by its other name."""

    def blend(self, blend: Blend) -> str:
        """The instruction for a picture that is made from two others.

        Raises
        ------
        ValueError
            If there are no words for a blend of this kind.
        """
        one, other = self.pictures[0] if self._plain else self._rng.choice(self.pictures)
        first, second = (self._name(source.things[0].name) for source in blend.sources)
        said = self._blends(one, other, first, second)
        if blend.kind not in said:
            raise ValueError(f"There are no words for a blend of kind {blend.kind!r}.")
        return self._pick(*said[blend.kind])

    @abstractmethod
    def _blends(self, one: str, other: str, first: str, second: str) -> dict[str, tuple[str, ...]]:
        """Every kind of blend in words: of the ``first`` thing in picture ``one``, the ``second`` in the ``other``."""

    def edit(self, edit: Edit) -> str:
        """The instruction for an edit.

        Raises
        ------
        ValueError
            If there are no words for an edit of this kind.
        """
        if self._chance(0.12):
            return self._politely(self._one(edit, alone=False))
        return self._one(edit, alone=True)

    @abstractmethod
    def _politely(self, instruction: str) -> str:
        """The same with a word of politeness, or of going on."""

    def _one(self, edit: Edit, *, alone: bool) -> str:
        """An edit as a sentence; one that does not stand ``alone`` must have a verb."""
        say: Any = getattr(self, "_" + edit.kind.replace(" ", "_"), None)
        if say is None:
            raise ValueError(f"There are no words for an edit of kind {edit.kind!r}.")
        return str(say(edit, alone=alone))


def grid_of(layout: str) -> tuple[int, int]:
    """Rows and columns of a layout such as ``"grid 4x4"``."""
    rows, columns = layout.removeprefix("grid ").split("x")
    return int(rows), int(columns)


def new_thing(edit: Edit) -> Thing:
    """The thing that is there after an edit and was not before."""
    return next(thing for thing in edit.after.things if thing not in edit.before.things)


def across(things: tuple[Thing, ...]) -> list[Thing]:
    """Things from left to right."""
    return sorted(things, key=lambda thing: (thing.x, thing.y))


def target(edit: Edit) -> Thing:
    """The thing that an edit names; of its name it is the only one there.

    Raises
    ------
    ValueError
        If the edit names none.
    """
    if edit.target is None:
        raise ValueError(f"An edit of kind {edit.kind!r} must name a thing, and this one names none.")
    return edit.target


def successor(edit: Edit) -> Thing:
    """What an edit's target has become."""
    return edit.after.things[edit.before.things.index(target(edit))]


def alike(things: tuple[Thing, ...]) -> bool:
    """Whether things differ in nothing but place and size."""
    return len({(t.name, t.colour, t.worn, t.text) for t in things}) == 1


def others_dressed(edit: Edit) -> bool:
    """Whether another thing than an edit's target wears something in the same place: one's hat is not the only one."""
    named, place = target(edit), looks.slot(edit.argument)
    return any(looks.slot(item) == place for thing in edit.before.things if thing != named for item in thing.worn)


def dressed(edit: Edit) -> tuple[str, str] | None:
    """The two items of a composition that only dresses one thing twice, else None."""
    first, second = edit.parts
    one, other = first.target, second.target
    if first.kind == second.kind == "wear" and one and other and (one.x, one.y) == (other.x, other.y):
        return first.argument, second.argument
    return None
