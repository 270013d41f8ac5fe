"""How a scene, an edit or a blend of the miniature's world is put into English.

Terse to flowery, with synonyms; the first wording of each is the plain one. What both languages share is in
`speech.py`, the choice between them in `wording.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.miniature.layouts import PLACES, RELATIONS
from pochade.miniature.wordbook import BY_NAME, SCENES, article, plural

from . import speech
from .speech import OTHER_NAME, Speaker, grid_of

if TYPE_CHECKING:
    from pochade.miniature.edits import Edit
    from pochade.miniature.world import Scene, Text, Thing

_OPENINGS = (
    *("a picture of ", "draw ", "paint ", "an illustration of ", "please draw ", "I want ", "show me ", "make "),
    *("I would love to see ", "create an image of ", "could you paint me ", "please make me a lovely picture of "),
)
_ADJECTIVES = ("cute ", "nice ", "lovely ", "happy ", "beautiful ", "charming ", "wonderful ")
_SHORT_RELATIONS = {
    "to the left of": ("left of", "on the left of"),
    "to the right of": ("right of", "on the right of"),
    "above": ("over", "on top of"),
    "below": ("under", "beneath"),
}
_SIZES = {"tiny": "very small", "small": "little", "big": "large", "huge": "giant"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
_ORDINALS = ("first", "second", "third", "fourth")
#: words for things that stand without an article
_BARE_WORDS = (
    "glasses,sunglasses,spectacles,shades,grapes,bread,cheese,fries,french fries,popcorn,noodles,ramen,rice,honey,"
    "coffee,tea,milk,beer,wine,lightning,fire,saturn,scissors,jeans,trousers,socks,gloves,headphones,wool,broccoli,"
    "sushi,father christmas,santa,santa claus"
)
_BARE = frozenset(_BARE_WORDS.split(","))
#: style → how a prompt asks for it, and what an edit turns a picture into
STYLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "flat": (("in flat style", "in flat colours", "as flat design"), ("a flat picture", "flat design")),
    "pixel art": (
        ("in pixel art style", "as pixel art", "like a retro game"),
        ("pixel art", "a game scene", "a retro game scene"),
    ),
    "pencil sketch": (("as a pencil sketch", "drawn in pencil", "in pencil"), ("a pencil sketch", "a pencil drawing")),
    "blueprint": (("as a blueprint", "in blueprint style"), ("a blueprint", "a technical blueprint")),
    "oil": (("as an oil painting", "painted in oil", "in oils"), ("an oil painting",)),
    "watercolour": (
        ("as a watercolour", "in watercolour", "in watercolor", "as a watercolor painting"),
        ("a watercolour", "a watercolor painting"),
    ),
    "sepia": (("in sepia", "in sepia tones", "like an old photo"), ("a sepia picture", "an old sepia photo")),
    "night": (("in night colours", "with the lights out", "in the dark"), ("a night version", "a dark picture")),
    "neon": (("in neon style", "as neon lights", "in glowing neon"), ("a neon picture", "a glowing neon picture")),
}
_FONTS = {"serif": "serif", "mono": "typewriter", "bold": "bold"}


class English(Speaker):
    """The world in English."""

    pictures = (
        ("the first picture", "the second picture"),
        ("picture 1", "picture 2"),
        ("image 1", "image 2"),
        ("the first image", "the second image"),
    )

    # ------------------------------------------------------------------------------------------------- phrases

    def _name(self, name: str) -> str:
        synonyms = BY_NAME[name].synonyms
        return self._rng.choice(synonyms) if synonyms and self._chance(OTHER_NAME) else name

    def _colour(self, colour: str) -> str:
        return "grey" if colour == "gray" and self._chance(0.5) else colour

    def _phrase(self, thing: Thing, size: str = "", *, terse: bool = False) -> str:
        """A thing with all that it is: ``"a small fox with a top hat and glasses"``; terse: without the article."""
        name = words = self._name(thing.name)
        if thing.colour:
            words = f"{self._colour(thing.colour)} {words}"
        if size:
            words = f"{self._pick(size, size, _SIZES[size])} {words}"
        elif not terse and self._chance(0.06):
            words = self._rng.choice(_ADJECTIVES) + words
        if not terse:
            words = self._with_article(words, bare=name in _BARE)
        if thing.worn:
            items = " and ".join(self._name(item) if terse else self._item(item) for item in thing.worn)
            words += f" {self._pick('with', 'wearing', 'in')} {items}"
        return words + (self._written(thing.text) if thing.text else "")

    def _item(self, item: str) -> str:
        return self._with_article(self._name(item))

    @staticmethod
    def _with_article(words: str, *, bare: bool = False) -> str:
        return words if bare or words in _BARE else article(words) + words

    def _written(self, text: Text) -> str:
        """What stands on a carrier, with a space before it: ``' that says "HELLO" in red bold letters'``."""
        verb = self._pick("that says", "that says", "saying", "that reads", "with the text", "with the words")
        look = [self._colour(text.ink)] if text.ink != "black" or self._chance(0.1) else []
        look += [_FONTS[text.font]] if text.font in _FONTS else []
        return f' {verb} "{text.words}"' + (f" in {' '.join(look)} letters" if look else "")

    def _where(self, name: str) -> str:
        """Where a scene is: ``"on a blue background"``, ``"on a beach"``."""
        if name in SCENES:
            return self._pick(*SCENES[name])
        if name.startswith("gradient "):
            return f"on {self._gradient(name)}"
        name = self._colour(name)
        return self._pick(
            f"on {article(name)}{name} background", f"with {article(name)}{name} background", f"{name} background"
        )

    def _gradient(self, name: str) -> str:
        top, bottom = (self._colour(colour) for colour in name.split()[1:])
        return self._pick(
            f"a gradient background from {top} at the top to {bottom} at the bottom",
            f"a gradient from {top} to {bottom}",
            f"a background fading from {top} down to {bottom}",
        )

    @staticmethod
    def _interface(names: tuple[str, ...]) -> str:
        return _listed([name if name.endswith("s") else article(name) + name for name in names])

    # -------------------------------------------------------------------------------------------------- scenes

    def scene(self, scene: Scene) -> str:
        """A whole prompt for a scene."""
        terse = self._chance(0.12)
        parts = [self._subject(scene, terse=terse)]
        where = self._where(scene.background)
        said = scene.background != "white" or not self._chance(0.6)
        style = self._pick(*STYLES[scene.style][0]) if scene.style else ""
        grid = scene.layout.startswith("grid")
        opening = self._rng.choice(_OPENINGS) if not (terse or grid) and self._chance(0.5) else ""
        if scene.style and not opening and self._chance(0.3):
            parts.insert(0, f"{self._rng.choice(STYLES[scene.style][1])}:")
            style = ""
        if said and self._chance(0.12) and not opening:
            parts = [f"{where},", *parts]
        elif said:
            stands_alone = where.endswith(" background") and not where.startswith(("on ", "with "))
            parts[-1] += ";" if grid else "," if terse or stands_alone else ""
            parts.append(where)
        if style:
            parts[-1] += ","
            parts.append(style)
        if scene.overlay:
            parts[-1] += ","
            shown = self._interface(scene.overlay)
            parts.append(self._pick(f"with {shown}", f"with a game interface: {shown}", f"and a game HUD with {shown}"))
        return opening + " ".join(parts)

    def _subject(self, scene: Scene, *, terse: bool) -> str:
        kind, _, what = scene.layout.partition(" ")
        things = scene.things
        if kind == "grid":
            return self._grid(scene)
        if kind == "count" and speech.alike(things):
            return self._counted(things)
        if len(things) > 1:
            return self._several(scene, terse=terse)
        subject = self._phrase(things[0], what if kind == "size" else "", terse=terse)
        return subject + (f" {what}" if kind == "place" else "")

    def _several(self, scene: Scene, *, terse: bool) -> str:
        """Different things, and how they stand to each other."""
        kind, _, what = scene.layout.partition(" ")
        things = scene.things
        if kind == "between":
            middle, left, right = (self._phrase(t, terse=terse) for t in (things[0], *speech.across(things[1:])))
            return f"{middle} {self._pick('between', 'between', 'in between')} {left} and {right}"
        if kind == "relation":
            relation = self._pick(what, what, *_SHORT_RELATIONS[what])
            return f"{self._phrase(things[0], terse=terse)} {relation} {self._phrase(things[1], terse=terse)}"
        listed = _listed([self._phrase(t, terse=terse) for t in speech.across(things)])
        if kind != "row":
            return listed
        return self._pick(f"{listed} in a row", f"{listed} side by side", f"from left to right: {listed}", listed)

    def _counted(self, things: tuple[Thing, ...]) -> str:
        """Several of a kind: ``"four red apples"``; one of them is always "exactly one", for it stands as in a row."""
        thing, count = things[0], len(things)
        colour = f"{self._colour(thing.colour)} " if thing.colour else ""
        words = f"{colour}{thing.name if count == 1 else plural(thing.name)}"
        number = self._pick("exactly one", "just one", "only one") if count == 1 else _NUMBERS[count]
        out = f"{number if count == 1 else self._pick(number, number, str(count))} {words}"
        if thing.worn:
            each = " and ".join(self._item(item) for item in thing.worn)
            out += f", each with {each}" if count > 1 else f" with {each}"
        return out + (self._written(thing.text) if thing.text else "")

    def _grid(self, scene: Scene) -> str:
        """A grid, row by row and without articles: sixteen things must fit into a prompt."""
        rows, columns = grid_of(scene.layout)
        cells = [self._phrase(thing, terse=True) for thing in scene.things]
        lines = [", ".join(cells[i * columns : (i + 1) * columns]) for i in range(rows)]
        if len(cells) <= 6 and self._chance(0.3):
            return ", ".join(f"{_ORDINALS[i]} row: {line}" for i, line in enumerate(lines))
        shape = self._pick(f"{rows}x{columns} grid", f"{rows} by {columns} grid", f"{rows}x{columns} table")
        return f"{shape}: {'; '.join(lines)}"

    # --------------------------------------------------------------------------------------------------- edits

    def _politely(self, instruction: str) -> str:
        before = self._rng.choice(("please ", "now ", "can you ", "then ", "could you please ", ""))
        return before + instruction + ("" if before else ", please")

    def _the(self, edit: Edit, *, alone: bool) -> str:
        """The thing meant, which is the only one of its name: ``"the cat"``; ``"it"`` where nothing else is there."""
        target, single = speech.target(edit), len(edit.before.things) == 1
        if alone and single and self._chance(0.3):
            return "it"
        the = "this" if single and self._chance(0.2) else "the"
        colour = f"{self._colour(target.colour)} " if target.colour and self._chance(0.3) else ""
        return f"{the} {colour}{self._name(target.name)}"

    def _add(self, edit: Edit, *, alone: bool) -> str:
        where = edit.argument.split("|")[0]
        new = self._phrase(speech.new_thing(edit))
        verb = self._pick("add", "add", "put", "place", "draw")
        if where in RELATIONS:
            return f"{verb} {new} {self._pick(where, where, *_SHORT_RELATIONS[where])} {self._the(edit, alone=alone)}"
        return f"{verb} {new} {where}"

    def _remove(self, edit: Edit, *, alone: bool) -> str:
        return f"{self._pick('remove', 'delete', 'take away', 'erase', 'get rid of')} {self._the(edit, alone=alone)}"

    def _recolour(self, edit: Edit, *, alone: bool) -> str:
        the, colour = self._the(edit, alone=alone), self._colour(edit.argument)
        return self._pick(
            f"make {the} {colour}",
            f"paint {the} {colour}",
            f"change the colour of {the} to {colour}",
            f"turn {the} {colour}",
            f"color {the} {colour}",
        )

    def _background(self, edit: Edit, *, alone: bool) -> str:
        name = edit.after.background
        if name in SCENES:
            where = self._pick(*SCENES[name])
            place = name if name == "snow" else article(name) + name
            said = (f"change the background to {place}", f"put it {where}", f"move the scene {where}")
            return self._pick(*said, *((where, f"{where} instead") if alone else ()))
        if name.startswith("gradient "):
            gradient = self._gradient(name)
            return self._pick(f"change the background to {gradient}", f"make the background {gradient}")
        name = self._colour(name)
        said = (f"change the background to {name}", f"make the background {name}", f"put it on {name}")
        short = (f"{name} background", f"{article(name)}{name} background instead") if alone else ()
        return self._pick(*said, *short)

    def _move(self, edit: Edit, *, alone: bool) -> str:
        the, place = self._the(edit, alone=alone), edit.argument
        goal = "to " + place.split(" ", 1)[1] if place in PLACES else place
        return self._pick(f"move {the} {goal}", f"put {the} {place}", f"shift {the} {goal}", f"move {the} over {goal}")

    def _replace(self, edit: Edit, *, alone: bool) -> str:
        the, new = self._the(edit, alone=alone), self._phrase(speech.successor(edit))
        said = (
            f"replace {the} with {new}",
            f"turn {the} into {new}",
            f"change {the} to {new}",
            f"swap {the} for {new}",
        )
        return self._pick(*said, *((f"{new} instead of {the}",) if alone else ()))

    def _resize(self, edit: Edit, *, alone: bool) -> str:
        other = {"bigger": "larger"}.get(edit.argument, edit.argument)
        return f"make {self._the(edit, alone=alone)} {self._pick(edit.argument, edit.argument, other)}"

    def _wear(self, edit: Edit, *, alone: bool) -> str:
        return self._dress(self._the(edit, alone=alone), self._item(edit.argument))

    def _dress(self, the: str, items: str) -> str:
        return self._pick(
            f"give {the} {items}", f"put {items} on {the}", f"add {items} to {the}", f"let {the} wear {items}"
        )

    def _take_off(self, edit: Edit, *, alone: bool) -> str:
        item = self._name(edit.argument)
        the = self._the(edit, alone=alone)
        long = f"take the {item} off {the}"
        if speech.others_dressed(edit):
            return self._pick(long, f"remove the {item} from {the}")
        return self._pick(f"take off the {item}", f"remove the {item}", long)

    def _count(self, edit: Edit, *, alone: bool) -> str:
        before, after = len(edit.before.things), len(edit.after.things)
        thing = edit.after.things[0]
        many = f"{_NUMBERS[after]} {thing.name if after == 1 else plural(thing.name)}"
        said = (
            f"change the number of {plural(thing.name)} to {_NUMBERS[after]}",
            f"make it {many}",
            f"draw {many} instead of {_NUMBERS[before]}",
        )
        if after > before:
            more = after - before
            return self._pick(*said, f"add {_NUMBERS[more]} more {thing.name if more == 1 else plural(thing.name)}")
        fewer = before - after
        less = f"take away {_NUMBERS[fewer]} of the {plural(thing.name)}"
        return self._pick(*said, less, *((f"only {many}",) if alone else ()))

    def _style(self, edit: Edit, *, alone: bool) -> str:
        how, what = STYLES[edit.after.style]
        noun = self._pick(*what)
        said = (f"turn this into {noun}", f"redraw it {self._pick(*how)}", f"make it {noun}")
        return self._pick(*said, *((self._pick(*how),) if alone else ()))

    def _text(self, edit: Edit, *, alone: bool) -> str:
        the, words = self._the(edit, alone=alone), f'"{edit.argument}"'
        return self._pick(
            f"change the text on {the} to {words}",
            f"make {the} say {words}",
            f"write {words} on {the} instead",
            *((f"{the} should say {words}",) if alone else ()),
        )

    def _overlay(self, edit: Edit, *, alone: bool) -> str:
        shown = self._interface(tuple(edit.argument.split("|")))
        said = (f"add a game interface with {shown}", f"add {shown}", f"overlay {shown}", f"add a game HUD: {shown}")
        return self._pick(*said, f"put in {shown}", *((f"with {shown}",) if alone else ()))

    def _two(self, edit: Edit, *, alone: bool) -> str:
        pair = speech.dressed(edit)
        if pair and not self._chance(0.2):
            return self._dress(
                self._the(edit.parts[0], alone=alone), f"{self._item(pair[0])} and {self._item(pair[1])}"
            )
        first, second = (self._one(part, alone=False) for part in edit.parts)
        return f"{first}{self._pick(' and ', ' and ', ', then ', ' and then ')}{second}"

    # -------------------------------------------------------------------------------------------------- blends

    def _blends(self, one: str, other: str, first: str, second: str) -> dict[str, tuple[str, ...]]:
        mine, yours = f"the {first} from {one}", f"the {second} from {other}"
        where = f"on the background of {one}"
        return {
            "subject in scene": (f"put {mine} into {other}", f"add {mine} to {other}", f"{other} with {mine} in it"),
            "colours on object": (
                f"give the {second} in {other} the colour of the {first} in {one}",
                f"make {yours} the same colour as {mine}",
                f"paint {yours} in the colour of {mine}",
                f"use the colour of the {first} in {one} for the {second} in {other}",
            ),
            "style on scene": (
                f"redraw {other} in the style of {one}",
                f"make {other} look like {one}, in the same style",
                f"{other} in the style of {one}",
                f"apply the style of {one} to {other}",
            ),
            "together": (
                f"put {mine} to the left of {yours}, {where}",
                f"{mine} and {yours} side by side {where}",
                f"show {mine} together with {yours}, {where}",
                f"{mine} next to {yours}, {where}",
            ),
        }


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
