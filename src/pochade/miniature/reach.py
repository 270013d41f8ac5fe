"""Which part of the world a model knows: as data, so that training, measuring and a model's card speak of one thing.

A `Reach` is what a preset trains and what a card lists. The world is larger than any one model; nothing in it asks
which model is meant, it samples within the reach that it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .layouts import FIRST_LAYOUTS, LAYOUTS
from .things import FIRST
from .wordbook import (
    BY_NAME,
    CARRIERS,
    COLOURS,
    FONTS,
    HUES,
    LETTERS,
    NAMES,
    OVERLAYS,
    SCENES,
    SHAPES,
    STYLES,
    WORN,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: width and height of the canvas by the word for its shape, pixels
BUCKETS: dict[str, tuple[int, int]] = {
    "1:1": (256, 256),
    "3:2": (320, 224),
    "2:3": (224, 320),
    "16:9": (352, 192),
    "9:16": (192, 352),
    "3:1": (448, 160),
    "1:3": (160, 448),
}
EDITS = (
    "add",
    "remove",
    "recolour",
    "background",
    "move",
    "replace",
    "resize",
    "wear",
    "take off",
    "count",
    "style",
    "text",
    "overlay",
    "two",
)
REFERENCES = ("subject in scene", "colours on object", "style on scene", "together")

#: the attributes of `Reach` that are numbers, which a card lists as ``"text 24"``
_NUMBERS = ("text", "hanzi", "glyph", "most", "talks", "hex")


@dataclass(frozen=True)
class Reach:
    """A part of the world.

    Attributes
    ----------
    names, worn : tuple of str
        Things (carriers of text among them) and what faces can wear.
    colours, hues, fills : tuple of str
        Colours of backgrounds; of things that can be recoloured; of shapes and carriers (``"hex"``: codes too).
    scenes, styles, overlays : tuple of str
        Landscapes (``"gradient"``: two colours running into each other too), styles, parts of a game's interface.
    layouts : tuple of str
        Keys of `layouts.LAYOUTS`.
    edits, references : tuple of str
        Kinds of edits, and of pictures made from two others.
    buckets, languages : tuple of str
        Canvas shapes (keys of `BUCKETS`) and the languages of prompts.
    fonts : tuple of str
        Fonts of painted text.
    letters : str
        The characters that painted text is made of.
    text, hanzi : int
        The longest painted text in letters and in Chinese characters; 0: none.
    glyph : int
        The least width of a painted letter, pixels of the full canvas.
    most : int
        Things in a scene at most, grids apart.
    hex : bool
        Whether backgrounds are given as hex codes too.
    talks : int
        Turns of the longest conversation.
    """

    names: tuple[str, ...]
    worn: tuple[str, ...]
    colours: tuple[str, ...]
    hues: tuple[str, ...]
    fills: tuple[str, ...]
    scenes: tuple[str, ...]
    layouts: tuple[str, ...] = FIRST_LAYOUTS
    edits: tuple[str, ...] = EDITS[:9]
    styles: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ("1:1",)
    languages: tuple[str, ...] = ("en",)
    fonts: tuple[str, ...] = ()
    letters: str = ""
    text: int = 0
    hanzi: int = 0
    glyph: int = 9
    most: int = 3
    talks: int = 1
    hex: bool = True

    @cached_property
    def carriers(self) -> tuple[str, ...]:
        """The things that carry text, where any text is taught."""
        return tuple(n for n in self.names if n in CARRIERS) if self.text or self.hanzi else ()

    @cached_property
    def things(self) -> tuple[str, ...]:
        """The things that carry none."""
        return tuple(n for n in self.names if n not in CARRIERS)

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """The plain shapes."""
        return tuple(n for n in self.names if n in SHAPES)

    def as_card(self) -> dict[str, list[str]]:
        """The lists of words that a model's card keeps under ``"vocabulary"``; `from_card` reads them."""
        known = {
            "things": list(self.names),
            "synonyms": [word for name in (*self.names, *self.worn) for word in BY_NAME[name].synonyms],
            "limits": [f"{name} {int(getattr(self, name))}" for name in _NUMBERS],
            "letters": list(self.letters),
        }
        if "zh" in self.languages:
            known["chinese"] = [word for name in (*self.names, *self.worn) for word in BY_NAME[name].chinese]
        return known | {name: list(getattr(self, name)) for name in _LISTS}

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> Reach:
        """Read what a model knows from its card, or from the card's ``"vocabulary"``.

        A list that the card lacks is what the first weights knew, which wrote none.

        Raises
        ------
        ValueError
            The card speaks of something that this world does not have.
        """
        known = card.get("vocabulary", card)
        limits = dict(limit.rsplit(" ", 1) for limit in known.get("limits", ()))
        unknown = sorted(set(limits) - set(_NUMBERS)) + _strangers(known)
        if unknown:
            raise ValueError(
                f"The card lists what this version's world does not have: {', '.join(unknown)}. "
                "Its weights belong to another version of pochade."
            )
        coloured = tuple(colour for colour in HUES if colour in known["colours"])
        given: dict[str, Any] = {"names": tuple(known["things"]), "hues": coloured, "fills": coloured}
        given |= {name: tuple(known[name]) for name in _LISTS if name in known}
        given |= {name: int(number) for name, number in limits.items()}
        given["hex"] = bool(given.get("hex", True))
        return cls(**given, letters="".join(known.get("letters", ())))


#: the attributes that a card keeps under their own name
_LISTS = (
    "worn",
    "colours",
    "hues",
    "fills",
    "scenes",
    "layouts",
    "edits",
    "styles",
    "overlays",
    "references",
    "buckets",
    "languages",
    "fonts",
)


def _strangers(known: Mapping[str, list[str]]) -> list[str]:
    """Words of a card that this world has no meaning for."""
    world: dict[str, Any] = {
        "things": NAMES,
        "worn": [w.name for w in WORN],
        "colours": COLOURS,
        "hues": HUES,
        "fills": [*COLOURS, "hex"],
        "scenes": [*SCENES, "gradient"],
        "layouts": LAYOUTS,
        "edits": EDITS,
        "styles": STYLES,
        "overlays": OVERLAYS,
        "references": REFERENCES,
        "buckets": BUCKETS,
        "languages": ("en", "zh"),
        "fonts": FONTS,
    }
    return [word for part, words in world.items() for word in known.get(part, ()) if word not in words]


FULL = Reach(
    names=NAMES,
    worn=tuple(w.name for w in WORN),
    colours=tuple(COLOURS),
    hues=tuple(HUES),
    fills=(*COLOURS, "hex"),
    scenes=(*SCENES, "gradient"),
    layouts=tuple(LAYOUTS),
    edits=EDITS,
    styles=STYLES,
    overlays=OVERLAYS,
    references=REFERENCES,
    buckets=tuple(BUCKETS),
    languages=("en", "zh"),
    fonts=FONTS,
    letters=LETTERS,
    text=24,
    hanzi=4,
    glyph=9,
    most=6,
    talks=10,
)

#: what a small model learns on two processor cores, at half the canvas: the first weights' world and somewhat more
SMALL = Reach(
    names=(
        *(kind.name for kind in FIRST),
        *("duck", "octopus", "crab", "whale", "ladybird", "snail", "unicorn", "lemon", "watermelon", "carrot"),
        *("pineapple", "hamburger", "doughnut", "ice cream", "fried egg", "bus", "tractor", "train", "tent", "snowman"),
        *("rainbow", "key", "book", "robot", "ghost", "basketball", "bell", "trophy"),
    ),
    worn=("top hat", "crown", "glasses", "monocle", "bow tie"),
    colours=tuple(COLOURS)[:12],
    hues=tuple(HUES),
    fills=tuple(HUES),
    scenes=tuple(SCENES)[:5],
    layouts=(*FIRST_LAYOUTS, "between", "count 1", "count 2", "count 3", "count 4"),
    edits=tuple(kind for kind in EDITS if kind != "text"),
    styles=("pixel art",),
    overlays=("health bar", "minimap"),
    languages=("en", "zh"),
    most=4,
    talks=4,
)
