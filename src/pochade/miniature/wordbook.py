"""What the miniature can be asked for: things, colours, backgrounds, styles, letters, and what can be worn.

The tables are data alone, so that the world (which draws them), the evaluation (which looks for them) and the model
card (which lists them) cannot disagree. The rows of the things are in ``things.py``, their pictures in
``drawing/atlas.py``.
"""

from __future__ import annotations

import re

from .drawing.lettering import FONTS, HANZI, HANZI_FONT, LATIN_FONTS, LETTERS, WORDS, WORDS_ZH, advances, characters
from .things import ROWS, WORN_ROWS, Kind

__all__ = [
    "BY_NAME",
    "BY_WORD",
    "CARRIERS",
    "COLOURS",
    "COLOURS_ZH",
    "FACES",
    "FONTS",
    "HANZI",
    "HANZI_FONT",
    "HUES",
    "KINDS",
    "LATIN_FONTS",
    "LETTERS",
    "NAMES",
    "OVERLAYS",
    "RATIOS",
    "SCENES",
    "SCENES_ZH",
    "SHAPES",
    "STYLES",
    "WORDS",
    "WORDS_ZH",
    "WORN",
    "WORN_RATIOS",
    "WRITABLE",
    "Kind",
    "advances",
    "article",
    "characters",
    "colourable",
    "plural",
    "rgb",
    "worn_place",
]

KINDS: tuple[Kind, ...] = ROWS
WORN: tuple[Kind, ...] = WORN_ROWS

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (224, 44, 44),
    "orange": (245, 140, 30),
    "yellow": (250, 215, 50),
    "green": (60, 165, 75),
    "teal": (0, 128, 128),
    "blue": (50, 110, 220),
    "purple": (130, 70, 190),
    "pink": (245, 150, 190),
    "brown": (125, 80, 50),
    "black": (25, 25, 28),
    "gray": (140, 140, 145),
    "white": (255, 255, 255),
    "cyan": (70, 215, 235),
    "magenta": (220, 40, 160),
    "navy": (24, 36, 100),
    "beige": (235, 220, 185),
    "maroon": (115, 20, 45),
    "olive": (125, 130, 35),
    "lime": (165, 230, 50),
    "lavender": (195, 180, 240),
}
COLOURS_ZH: dict[str, str] = {
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "teal": "蓝绿色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
    "black": "黑色",
    "gray": "灰色",
    "white": "白色",
    "cyan": "青色",
    "magenta": "品红色",
    "navy": "深蓝色",
    "beige": "米色",
    "maroon": "栗色",
    "olive": "橄榄色",
    "lime": "黄绿色",
    "lavender": "淡紫色",
}

#: colours that a drawing (not a background) can take: hue in degrees, saturation and value factors
HUES: dict[str, tuple[float, float, float]] = {
    "red": (0, 1.0, 1.0),
    "orange": (30, 1.0, 1.05),
    "yellow": (50, 1.0, 1.1),
    "green": (125, 0.85, 0.8),
    "blue": (215, 0.95, 1.0),
    "purple": (272, 0.8, 0.9),
    "pink": (335, 0.5, 1.15),
}

SCENES: dict[str, tuple[str, ...]] = {
    "beach": ("on a beach", "at the beach"),
    "meadow": ("in a meadow", "on the grass"),
    "snow": ("in the snow", "in a snowy landscape"),
    "night sky": ("under the night sky", "at night"),
    "sunset": ("at sunset", "in front of a sunset"),
    "forest": ("in a forest", "in the woods"),
    "city": ("in a city", "in front of a city"),
    "room": ("in a room", "indoors"),
}
SCENES_ZH: dict[str, tuple[str, ...]] = {
    "beach": ("在海滩上", "在沙滩上"),
    "meadow": ("在草地上", "在草原上"),
    "snow": ("在雪地里", "在雪景中"),
    "night sky": ("在夜空下", "在夜晚"),
    "sunset": ("在日落时", "在夕阳下"),
    "forest": ("在森林里", "在树林里"),
    "city": ("在城市里", "在城市前"),
    "room": ("在房间里", "在室内"),
}

STYLES: tuple[str, ...] = (
    *("flat", "pixel art", "pencil sketch", "blueprint", "oil"),
    *("watercolour", "sepia", "night", "neon"),
)
OVERLAYS: tuple[str, ...] = ("health bar", "minimap", "spell icons", "menu panel")

CARRIERS: tuple[str, ...] = ("sign", "card", "banner", "whiteboard")  #: things that carry a text
#: carrier → the part that writing fills, as fractions of its width and of its height
WRITABLE: dict[str, tuple[float, float]] = {
    "sign": (0.88, 0.56),
    "card": (0.86, 0.82),
    "banner": (0.74, 0.66),
    "whiteboard": (0.88, 0.76),
}
#: height of a carrier as a fraction of its width
RATIOS: dict[str, float] = {"sign": 0.8, "card": 0.6, "banner": 0.3, "whiteboard": 0.72}

# --------------------------------------------------------------------------------------------------------- look-ups

SHAPES = frozenset(k.name for k in KINDS if k.group == "shape")
FACES = frozenset(k.name for k in KINDS if k.wearer)
BY_NAME: dict[str, Kind] = {k.name: k for k in (*KINDS, *WORN)}
NAMES: tuple[str, ...] = tuple(k.name for k in KINDS)
#: every word for a thing or something worn, English and Chinese → its name
BY_WORD: dict[str, str] = {word: k.name for k in (*KINDS, *WORN) for word in (k.name, *k.synonyms, *k.chinese)}
#: height of what is worn as a fraction of its width, as drawn
WORN_RATIOS: dict[str, float] = {
    "top hat": 0.828,
    "crown": 0.953,
    "glasses": 0.352,
    "monocle": 1.264,
    "bow tie": 0.5625,
    "party hat": 1.391,
    "graduation cap": 0.898,
    "sunglasses": 0.352,
}

_NARROW = {"party hat": 0.62}  #: hats narrower than a brim: fraction of the wearer's hat width

_VOWELS = ("hour",)  # spelt with a consonant, spoken with a vowel
_CONSONANTS = ("unicorn", "uniform", "ufo", "one-", "eu")  # the other way round


def colourable(name: str) -> bool:
    """Whether things of this name can be asked for in a colour."""
    return BY_NAME[name].hue is not None


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of a name of `COLOURS` or of a hex code such as ``"#1e90ff"``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if colour in COLOURS:
        return COLOURS[colour]
    if re.fullmatch("#[0-9a-fA-F]{6}", colour):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    raise ValueError(f"{colour!r} is no colour: give one of {', '.join(COLOURS)}, or a hex code such as #1e90ff")


def plural(name: str) -> str:
    """The plural of a thing's name: ``"mice"``, ``"butterflies"``, ``"cups of tea"``."""
    kind = BY_NAME[name]
    if kind.plural:
        return kind.plural
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


def article(words: str) -> str:
    """``"a "`` or ``"an "``, as the first word is spoken: an hourglass, a unicorn."""
    first = words.lower()
    vowel = first.startswith(_VOWELS) or (first[0] in "aeiou" and not first.startswith(_CONSONANTS))
    return "an " if vowel else "a "


def worn_place(wearer: str, item: str) -> tuple[float, float, float, float]:
    """Say where something worn goes: left, top, width and height, as fractions of the wearer's side.

    The place counts from the sprite's own top left corner; a hat's top is often above it (negative).

    Raises
    ------
    ValueError
        If the thing wears nothing.
    """
    kind = BY_NAME[wearer]
    if kind.wearer is None or kind.neck is None or kind.eye is None:
        raise ValueError(f"a {wearer} wears nothing; what can: {', '.join(sorted(FACES))}")
    hat_y, hat_width, eyes_y, eyes_width = kind.wearer
    place, ratio = BY_NAME[item].group, WORN_RATIOS[item]
    if place == "neck":
        (y, width), x = kind.neck, 0.5
    elif place == "eyes":
        x, y, width = 0.5, eyes_y, eyes_width
    elif place == "eye":  # the glass is a square as wide as the drawing; the chain hangs below it
        (x, y), width = kind.eye, 0.48 * eyes_width
        return x - width / 2, y - width / 2, width, width * ratio
    else:
        x, width = 0.5, hat_width * _NARROW.get(item, 1.0)
        y = hat_y - 0.36 * width * ratio  # a seventh of the hat comes down over the head
    return x - width / 2, y - width * ratio / 2, width, width * ratio
