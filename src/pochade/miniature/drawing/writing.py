"""Writing on signs: how words break into lines, how large they become, and where each letter goes.

Letters are placed here and nowhere else, so that what is painted, what training calls the truth and what the ruler
looks for are the same places.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pochade.miniature.wordbook import RATIOS

from . import atlas, scenery
from .lettering import FONTS, HANZI, HANZI_FONT, LARGEST, LEADING, LETTERS, advances, broken

if TYPE_CHECKING:
    from pochade.miniature.world import Thing

#: left, top, width, height
Box = tuple[float, float, float, float]


class Placed(NamedTuple):
    """A character on a sign: its font, itself, and the boxes of its glyph's whole cell and of the ink in it, pixels."""

    font: str
    character: str
    cell: Box
    ink: Box


def carrier_box(thing: Thing) -> Box:
    """Left, top, width and height of something that carries writing, pixels of the full canvas."""
    high = round(thing.side * RATIOS[thing.name])
    return thing.x - thing.side // 2, thing.y - high // 2, thing.side, high


@lru_cache(maxsize=1024)
def inked_rows(font: str, character: str) -> tuple[int, int]:
    """First row of a glyph's picture that has ink, and the one after the last."""
    rows = np.flatnonzero(atlas.glyph(font, character).max(1) > 64)
    return int(rows[0]), int(rows[-1]) + 1


def _extent(words: str, font: str) -> tuple[int, int]:
    """Rows between which all the words lie; at least those of a capital, so that a full stop is not blown up."""
    tall = "国" if font == HANZI_FONT else "H"
    reached = [inked_rows(font_of(font, c), c) for c in {tall, *words} - {" "}]
    return min(first for first, _ in reached), max(last for _, last in reached)


@lru_cache(maxsize=4096)
def font_of(font: str, character: str) -> str:
    """The font that has a character: the one asked for, else the first that does (Chinese letters have their own).

    Raises
    ------
    ValueError
        When no font has it.
    """
    for each in (font, *FONTS):
        if character in advances()[each]:
            return each
    raise ValueError(
        f"the miniature cannot write {character!r}; it writes {LETTERS} and {len(HANZI)} Chinese characters"
    )


def _length(words: str, font: str) -> int:
    """Width of words in one line, in pixels of the glyphs' drawings."""
    return sum(advances()[font_of(font, c)][c] for c in words)


@lru_cache(maxsize=4096)
def _lines(words: str, font: str, shape: float) -> tuple[tuple[str, ...], float]:
    """Words `broken` into lines, as high as their own letters; and the height of a line over that of the area."""
    first, last = _extent(words, font)
    return broken(words, partial(_length, font=font), last - first, shape)


def _writing_box(thing: Thing, scale: float) -> Box:
    left, top, wide, high = (side * scale for side in carrier_box(thing))
    x0, y0, x1, y1 = scenery.WRITING[thing.name]
    return left + x0 * wide, top + y0 * high, (x1 - x0) * wide, (y1 - y0) * high


def letter_height(thing: Thing, scale: float = 1.0) -> float:
    """Height of a line of writing, from its tallest letter to its deepest, in pixels at `scale`; 0 without any.

    Of words in Latin letters, enlarged, Tesseract reads four in ten at 5 to 6 pixels, nine in ten at 7 to 10 and 19 in
    20 at 11 to 13, whatever the scale (``tests/benchmarks/rendering.py``); Chinese characters take about 12, by eye.
    """
    if thing.text is None or not thing.text.words:
        return 0.0
    _, _, wide, high = _writing_box(thing, scale)
    _, share = _lines(thing.text.words, thing.text.font, round(wide / high, 3))
    return min(max(1.0, math.floor(share * high)), LARGEST * high)


def placed(thing: Thing, scale: float = 1.0) -> list[Placed]:
    """Where each character on a sign goes, spaces left out.

    Lines are centred and as high as the area for writing allows. Ink begins and ends at whole pixels, so that letters
    are as crisp on a small canvas as on a large one, and so that no two of them share a pixel.
    """
    line = letter_height(thing, scale)
    if thing.text is None or not line:
        return []
    words, font = thing.text.words, thing.text.font
    left, top, wide, high = _writing_box(thing, scale)
    first, last = _extent(words, font)
    lines, _ = _lines(words, font, round(wide / high, 3))
    unit, step = line / (last - first), line * (1 + LEADING)
    y = top + (high - line - (len(lines) - 1) * step) / 2 - first * unit
    out: list[Placed] = []
    for each in lines:
        x = left + (wide - unit * _length(each, font)) / 2
        for character in each:
            used = font_of(font, character)
            ahead = x + unit * advances()[used][character]
            if character != " ":
                start, across = round(x), max(1, round(ahead) - round(x))
                above, below = (round(y + row * unit) for row in inked_rows(used, character))
                cell = start, round(y), across, round(atlas.GLYPH_HEIGHT * unit)
                out.append(Placed(used, character, cell, (start, above, across, max(1, below - above))))
            x = ahead
        y += step
    return out


def lettering(thing: Thing, scale: float = 1.0) -> list[tuple[str, str, Box]]:
    """Each character on a sign: its font, itself, and the cell of its glyph in pixels at `scale`; see `placed`."""
    return [(each.font, each.character, each.cell) for each in placed(thing, scale)]
