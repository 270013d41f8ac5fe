"""What has to be pasted for a scene: tiles by number, boxes in pixels, in rounds that may each be painted at once.

A `Catalogue` numbers everything that is ever pasted; `Catalogue.compose` turns a scene into a few rows of numbers.
No tensor is touched, so that worker processes can compose scenes for a renderer on a device; `render.py` paints them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pochade.miniature.wordbook import (
    BY_NAME,
    CARRIERS,
    FONTS,
    HANZI,
    HUES,
    KINDS,
    LETTERS,
    NAMES,
    OVERLAYS,
    RATIOS,
    STYLES,
    WORN,
    advances,
    rgb,
    worn_place,
)

from . import atlas, scenery
from .writing import Box, carrier_box, inked_rows, letter_height, lettering, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pochade.miniature.world import Scene, Thing

__all__ = ["Catalogue", "Layers", "catalogue", "letter_height", "lettering", "truth"]

Rgb = tuple[int, int, int]
#: what a tile shows: ``("thing", name, hue or "")``, ``("worn", name)``, ``("glyph", font, character)``,
#: ``("frame" or "face", carrier)``, ``("overlay", name)``
Key = tuple[str, ...]

#: the columns of `Layers.pastes`
ROUND, TILE, LEFT, TOP, WIDTH, HEIGHT, RED, GREEN, BLUE = range(9)
_PLAIN: Rgb = (255, 255, 255)  #: a tint that changes nothing


@dataclass(frozen=True, eq=False)
class Layers:
    """A scene as what is to be painted; numbers alone, so that it crosses between processes cheaply.

    Attributes
    ----------
    size : tuple of int
        Width and height, pixels.
    top, bottom : tuple of int
        Colours between which the background goes from above to below.
    landscape : str
        The landscape that is painted instead, or ``""``.
    style : str
        The style laid over the things, or ``""``.
    pastes, overlay : numpy.ndarray
        Float32, ``(pastes, 9)``: what is pasted before and after the style, one row each: its round (the pastes of a
        round touch no common pixel), its tile, its left, top, width and height in pixels, and its tint.
    """

    size: tuple[int, int]
    top: Rgb
    bottom: Rgb
    landscape: str
    style: str
    pastes: np.ndarray
    overlay: np.ndarray


class Catalogue:
    """Every tile by its number.

    The numbers follow from the vocabulary's tables and are the same in every process.
    """

    def __init__(self) -> None:
        keys: list[Key] = []
        for kind in KINDS:
            if kind.name in CARRIERS:
                keys += [("frame", kind.name), ("face", kind.name)]
            else:
                coloured = kind.group != "shape" and kind.hue is not None
                keys += [("thing", kind.name, hue) for hue in ("", *(HUES if coloured else ()))]
        keys += [("worn", kind.name) for kind in WORN]
        keys += [("glyph", font, character) for font in FONTS for character in advances()[font] if character != " "]
        keys += [("overlay", name) for name in OVERLAYS]
        self.keys = tuple(keys)
        self.number = {key: index for index, key in enumerate(keys)}

    def picture(self, number: int) -> np.ndarray:
        """A tile's drawing: RGBA, ``(height, width, 4)``, uint8; what takes a tint is white."""
        kind, name, *rest = self.keys[number]
        if kind == "glyph":
            mask = atlas.glyph(name, rest[0])[slice(*inked_rows(name, rest[0]))]
            return np.stack([np.full_like(mask, 255)] * 3 + [mask], 2)
        if kind == "thing":
            drawing = atlas.full_sprite(name, "white" if BY_NAME[name].group == "shape" else rest[0] or None)
        elif kind == "worn":
            whole = atlas.full_sprite(name)
            drawing = whole.crop(whole.getbbox())
        elif kind == "overlay":
            drawing = scenery.overlay(name)
        else:
            drawing = scenery.carrier(name, RATIOS[name])[kind == "face"]
        return np.asarray(drawing)

    # -------------------------------------------------------------------------------------------------- composing

    def compose(self, scene: Scene, scale: float = 1.0) -> Layers:
        """What to paste where for a scene.

        Parameters
        ----------
        scene : Scene
            Written for the full canvas.
        scale : float
            Pixels of the picture to one of the full canvas.

        Raises
        ------
        ValueError
            For a colour, a thing, a style or a character that the miniature does not have.
        """
        width, height = scene.size
        size = round(width * scale), round(height * scale)
        rows: list[list[float]] = []
        stacks: list[tuple[Box, int]] = []  # what is already there: its box, and the last round it takes
        for thing in scene.things:
            pasted = self._thing(thing, scale)
            box = _around([row[LEFT : HEIGHT + 1] for row in pasted])
            first = max((last + 1 for other, last in stacks if _touch(box, other)), default=0)
            for row in pasted:
                row[ROUND] += first
            stacks.append((box, max(int(row[ROUND]) for row in pasted)))
            rows += pasted
        if scene.style and scene.style not in STYLES:
            raise ValueError(f"there is no style called {scene.style!r}; there are {', '.join(STYLES)}")
        top, bottom, landscape = _ground(scene.background)
        overlay = [
            [0, self.number["overlay", name], *_snapped(*scenery.overlay_box(name, width, height), scale), *_PLAIN]
            for name in scene.overlay
        ]
        return Layers(size, top, bottom, landscape, scene.style, _table(rows), _table(overlay))

    def _thing(self, thing: Thing, scale: float) -> list[list[float]]:
        """The pastes of a thing: itself, then what it wears or what is written on it, their rounds from 0."""
        if thing.name in CARRIERS:
            return self._carrier(thing, scale)
        if thing.name not in BY_NAME:
            raise ValueError(f"the miniature has no drawing of {thing.name!r}; NAMES lists what it has")
        shape = BY_NAME[thing.name].group == "shape"
        key = "thing", thing.name, "" if shape else thing.colour or ""
        if key not in self.number:
            colours = "the drawing's own" if BY_NAME[thing.name].hue is None else ", ".join(HUES)
            raise ValueError(f"a {thing.name} cannot be {thing.colour}; its colours are: {colours}")
        left, top, side, _ = _snapped(
            thing.x - thing.side // 2, thing.y - thing.side // 2, thing.side, thing.side, scale
        )
        tint = rgb(thing.colour or "red") if shape else _PLAIN
        rows: list[list[float]] = [[0, self.number[key], left, top, side, side, *tint]]
        for level, item in enumerate(thing.worn, 1):
            x, y, wide, high = worn_place(thing.name, item)
            box = left + x * side, top + y * side, wide * side, high * side
            rows.append([level, self.number["worn", item], *box, *_PLAIN])
        return rows

    def _carrier(self, thing: Thing, scale: float) -> list[list[float]]:
        left, top, side, high = carrier_box(thing)
        box = _snapped(left, top, side, high, scale)
        face = rgb(thing.colour) if thing.colour else scenery.OWN_COLOUR[thing.name]
        rows: list[list[float]] = [
            [0, self.number["frame", thing.name], *box, *_PLAIN],
            [1, self.number["face", thing.name], *box, *face],
        ]
        if thing.text is not None:
            ink = rgb(thing.text.ink)
            rows += [
                [2, self.number["glyph", each.font, each.character], *each.ink, *ink] for each in placed(thing, scale)
            ]
        return rows


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue of the packaged vocabulary."""
    return Catalogue()


def _table(rows: Sequence[Sequence[float]]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, BLUE + 1)


def _snapped(left: float, top: float, wide: float, high: float, scale: float) -> tuple[int, int, int, int]:
    """A box at whole pixels: drawings keep their edges, and a place on a small canvas is the same as on a large one."""
    return (
        math.ceil(left * scale),
        math.ceil(top * scale),
        max(1, round(wide * scale)),
        max(1, round(high * scale)),
    )


def _around(boxes: Sequence[Sequence[float]]) -> Box:
    """Left, top, right, bottom of boxes, in whole pixels outwards."""
    return (
        math.floor(min(box[0] for box in boxes)),
        math.floor(min(box[1] for box in boxes)),
        math.ceil(max(box[0] + box[2] for box in boxes)),
        math.ceil(max(box[1] + box[3] for box in boxes)),
    )


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _ground(background: str) -> tuple[Rgb, Rgb, str]:
    """Colours above and below, and the landscape, of a background's description."""
    if background in scenery.LANDSCAPES:
        return _PLAIN, _PLAIN, background
    if background.startswith("gradient "):
        above, below = background.split(" ")[1:]
        return rgb(above), rgb(below), ""
    plain = rgb(background)
    return plain, plain, ""


# ------------------------------------------------------------------------------------------------------------ truth


@lru_cache(maxsize=1)
def _character_class() -> dict[str, int]:
    return {character: index for index, character in enumerate((*LETTERS, *HANZI))}


def truth(scene: Scene, cells_y: int, cells_x: int, names: Sequence[str] = NAMES) -> np.ndarray:
    """Which thing, or which character, each token's middle shows.

    Parameters
    ----------
    scene : Scene
        What is painted.
    cells_y, cells_x : int
        Tokens from top to bottom and from left to right.
    names : sequence of str
        The things that are told apart; others count as background.

    Returns
    -------
    numpy.ndarray
        ``(cells_y, cells_x)``, int64: 0 for background, 1 + the thing's place in `names`, or 1 + ``len(names)`` + the
        character's place in ``LETTERS`` followed by ``HANZI``.
    """
    width, height = scene.size
    across, down = (np.arange(cells_x) + 0.5) * width / cells_x, (np.arange(cells_y) + 0.5) * height / cells_y
    grid = np.zeros((cells_y, cells_x), np.int64)
    number = _numbers(tuple(names))
    for thing in scene.things:
        wide = high = thing.side * 0.45
        if thing.name in CARRIERS:
            _, _, full_wide, full_high = carrier_box(thing)
            wide, high = full_wide / 2, full_high / 2
        near = np.abs(down - thing.y) < high, np.abs(across - thing.x) < wide
        grid[np.ix_(*near)] = number.get(thing.name, 0)
        for _, character, _, (left, top, step, tall) in placed(thing):
            inside = (down >= top) & (down < top + tall), (across >= left) & (across < left + step)
            grid[np.ix_(*inside)] = 1 + len(names) + _character_class()[character]
    return grid


@lru_cache(maxsize=16)
def _numbers(names: tuple[str, ...]) -> dict[str, int]:
    return {name: 1 + index for index, name in enumerate(names)}
