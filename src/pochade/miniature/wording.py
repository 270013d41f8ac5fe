"""How a scene or an edit of the miniature's world is put into words.

Every scene and every edit has many wordings, terse to friendly; a seeded choice gives one. The first wording of each
(`plain=True`) is the one that the evaluation and the examples use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .vocabulary import BY_NAME, SCENES, SHAPES
from .world import PLACES, RELATIONS, SIZES, Scene, Thing

if TYPE_CHECKING:
    import random

    from .edits import Edit

_OPENINGS = (
    "",
    "",
    "",
    "",
    "a picture of ",
    "draw ",
    "paint ",
    "an illustration of ",
    "please draw ",
    "I want ",
    "show me ",
    "make ",
)
_ADJECTIVES = ("cute ", "little ", "nice ", "lovely ", "happy ", "beautiful ", "single ")
_SHORT_RELATIONS = {
    "to the left of": ("left of", "on the left of"),
    "to the right of": ("right of", "on the right of"),
    "above": ("over", "on top of"),
    "below": ("under", "beneath"),
}


class Wording:
    """Puts scenes and edits into words.

    Parameters
    ----------
    rng : random.Random
        Chooses among the wordings.
    plain : bool
        Always the first wording, without flourishes.
    """

    def __init__(self, rng: random.Random, *, plain: bool = False) -> None:
        self._rng = rng
        self._plain = plain

    def _pick(self, *options: str) -> str:
        return options[0] if self._plain else self._rng.choice(options)

    def _chance(self, probability: float) -> bool:
        return not self._plain and self._rng.random() < probability

    def name(self, name: str) -> str:
        """A word for a thing: mostly its name, at times a synonym."""
        synonyms = BY_NAME[name].synonyms
        return self._rng.choice(synonyms) if synonyms and self._chance(0.2) else name

    def phrase(self, thing: Thing, size: str = "") -> str:
        """A thing with article, size, colour and what it wears: ``"a small fox with a top hat and glasses"``."""
        words = self.name(thing.name)
        if thing.colour and (thing.name in SHAPES or thing.colour):
            words = f"{thing.colour} {words}"
        if size:
            words = f"{self._pick(size, {'small': 'tiny', 'big': 'large'}[size])} {words}"
        elif self._chance(0.08):
            words = self._rng.choice(_ADJECTIVES) + words
        out = self._article(words)
        if thing.worn:
            items = " and ".join(self.item(item) for item in thing.worn)
            out += f" {self._pick('with', 'wearing', 'in')} {items}"
        return out

    def item(self, item: str) -> str:
        """Something worn, with its article."""
        if item == "glasses":
            return "glasses"
        return self._article("hat" if item == "top hat" and self._chance(0.25) else item)

    @staticmethod
    def _article(words: str) -> str:
        return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"

    def background(self, name: str) -> str:
        """Where a scene is: ``"on a blue background"``, ``"on a beach"``."""
        if name in SCENES:
            return self._pick(*SCENES[name])
        article = "an" if name[0] in "aeiou" else "a"
        return self._pick(
            f"on {article} {name} background", f"with {article} {name} background", f"{name} background", f"on {name}"
        )

    def scene(self, scene: Scene) -> str:
        """A whole prompt for a scene."""
        first, *others = scene.things
        if not others:
            size = scene.relation if scene.relation in SIZES else ""
            subject = self.phrase(first, size)
            if scene.relation in PLACES:
                subject += f" {scene.relation}"
        elif scene.relation == "row":
            a, b, c = (self.phrase(thing) for thing in scene.things)
            subject = self._pick(f"{a}, {b} and {c} in a row", f"{a}, {b}, {c} side by side", f"{a}, {b} and {c}")
        else:
            relation = self._pick(scene.relation, scene.relation, *_SHORT_RELATIONS[scene.relation])
            subject = f"{self.phrase(first)} {relation} {self.phrase(others[0])}"
        opening = "" if self._plain else self._rng.choice(_OPENINGS)
        if scene.background == "white" and self._chance(0.6):
            return opening + subject
        where = self.background(scene.background)
        if self._chance(0.15):
            return f"{where}, {subject}"
        return (
            opening
            + subject
            + (", " if where.endswith("background") and where.startswith(scene.background) else " ")
            + where
        )

    def the(self, edit: Edit) -> str:
        """The thing that an edit names: ``"the cat"``, or ``"it"`` where only one thing is there."""
        if edit.target is None:
            raise ValueError(f"an edit of kind {edit.kind!r} names no thing")
        if len(edit.before.things) == 1 and self._chance(0.4):
            return "it"
        colour = f"{edit.target.colour} " if edit.target.colour and self._chance(0.3) else ""
        return f"the {colour}{self.name(edit.target.name)}"

    def edit(self, edit: Edit) -> str:
        """The instruction for an edit."""
        polite = self._rng.choice(("please ", "now ", "can you ", "then ")) if self._chance(0.12) else ""
        return polite + str(getattr(self, "_" + edit.kind.replace(" ", "_"))(edit))

    def _add(self, edit: Edit) -> str:
        where, _ = edit.argument.split("|")
        new = self.phrase(edit.after.things[-1])
        verb = self._pick("add", "add", "put", "place", "draw")
        if where in RELATIONS:
            relation = self._pick(where, where, *_SHORT_RELATIONS[where])
            return f"{verb} {new} {relation} {self.the(edit)}"
        return f"{verb} {new} {where}"

    def _remove(self, edit: Edit) -> str:
        return f"{self._pick('remove', 'delete', 'take away', 'erase')} {self.the(edit)}"

    def _recolour(self, edit: Edit) -> str:
        the, colour = self.the(edit), edit.argument
        return self._pick(
            f"make {the} {colour}",
            f"paint {the} {colour}",
            f"change the colour of {the} to {colour}",
            f"turn {the} {colour}",
            f"color {the} {colour}",
        )

    def _background(self, edit: Edit) -> str:
        name = edit.argument
        if name in SCENES:
            where = self._pick(*SCENES[name])
            return self._pick(
                f"change the background to a {name}",
                f"put it {where}",
                f"move the scene {where}",
                f"make it {where}",
                where,
            )
        return self._pick(
            f"change the background to {name}",
            f"make the background {name}",
            f"{name} background",
            f"put it on {name}",
            f"a {name} background instead",
        )

    def _move(self, edit: Edit) -> str:
        place = edit.argument
        goal = place.replace("in the", "to the").replace("on the", "to the").replace("at the", "to the")
        return self._pick(
            f"move {self.the(edit)} {goal}", f"put {self.the(edit)} {place}", f"shift {self.the(edit)} {goal}"
        )

    def _replace(self, edit: Edit) -> str:
        index = edit.before.things.index(edit.target)
        new, the = self.phrase(edit.after.things[index]), self.the(edit)
        return self._pick(
            f"replace {the} with {new}", f"turn {the} into {new}", f"change {the} to {new}", f"{new} instead of {the}"
        )

    def _resize(self, edit: Edit) -> str:
        other = {"bigger": "larger", "smaller": "tinier"}[edit.argument]
        return f"make {self.the(edit)} {self._pick(edit.argument, edit.argument, other)}"

    def _wear(self, edit: Edit) -> str:
        item, the = self.item(edit.argument), self.the(edit)
        return self._pick(
            f"give {the} {item}", f"put {item} on {the}", f"add {item} to {the}", f"{the} should wear {item}"
        )

    def _take_off(self, edit: Edit) -> str:
        item = self._pick(edit.argument, edit.argument, "hat") if edit.argument == "top hat" else edit.argument
        return self._pick(f"take off the {item}", f"remove the {item}", f"take the {item} off {self.the(edit)}")
