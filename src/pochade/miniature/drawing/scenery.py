"""What no font draws: landscapes, the signs that carry writing, and the parts of a game's interface.

Everything here is drawn with Pillow once, when a renderer starts; `render.py` then pastes it as it pastes the atlas's
drawings. It stands alone so that a new landscape is a function here and a row in the vocabulary, and nothing else.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Rgb = tuple[int, int, int]
Rgba = tuple[int, int, int, int]

_FINE = 4  #: drawn so many times larger and reduced, so that edges are smooth


class _Board:
    """A drawing board whose unit is a 128th of the picture's sides; what must stay round is given in `unit` pixels."""

    def __init__(self, width: int, height: int, ground: np.ndarray | Rgba) -> None:
        self.size = width, height
        self.unit = min(width, height) / 128
        if isinstance(ground, tuple):
            self._image = Image.new("RGBA", (width * _FINE, height * _FINE), ground)
        else:
            self._image = Image.fromarray(ground).resize((width * _FINE, height * _FINE), Image.Resampling.NEAREST)
        self._pen = ImageDraw.Draw(self._image)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x / 128 * self.size[0] * _FINE, y / 128 * self.size[1] * _FINE

    def ellipse(self, left: float, top: float, right: float, bottom: float, fill: Sequence[int]) -> None:
        (x0, y0), (x1, y1) = self._at(left, top), self._at(right, bottom)
        self._pen.ellipse((x0, y0, x1 - 1, y1 - 1), fill=tuple(fill))

    def disc(self, x: float, y: float, radius: float, fill: Sequence[int]) -> None:
        cx, cy = self._at(x, y)
        r = radius * self.unit * _FINE
        self._pen.ellipse((cx - r, cy - r, cx + r - 1, cy + r - 1), fill=tuple(fill))

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Sequence[int], *, round_by: float = 0
    ) -> None:
        (x0, y0), (x1, y1) = self._at(left, top), self._at(right, bottom)
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            self._pen.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), round_by * self.unit * _FINE, fill=tuple(fill))

    def polygon(self, points: Sequence[tuple[float, float]], fill: Sequence[int]) -> None:
        self._pen.polygon([self._at(x, y) for x, y in points], fill=tuple(fill))

    def done(self) -> Image.Image:
        return self._image.resize(self.size, Image.Resampling.BOX)


# ------------------------------------------------------------------------------------------------------- landscapes


def _sky(width: int, height: int, *stops: tuple[float, Rgb]) -> np.ndarray:
    """Rows of colour between stops, each a place from 0 (top) to 1 (bottom) and a colour."""
    rows = np.linspace(0, 1, height)
    places = [place for place, _ in stops]
    channels = [np.interp(rows, places, [rgb[c] for _, rgb in stops]) for c in range(3)]
    return np.broadcast_to(np.stack(channels, 1)[:, None], (height, width, 3)).astype(np.uint8)


def _many(board: _Board, count: int) -> int:
    """As many as on a square, by area: a wide sky has more stars, of the same size."""
    return round(count * board.size[0] * board.size[1] / (128 * board.unit) ** 2)


def _across(board: _Board, step: float) -> list[float]:
    """Places from edge to edge, about `step` round units apart."""
    count = max(1, round(board.size[0] / (step * board.unit)))
    return [128 * (i + 0.5) / count for i in range(count)]


def _beach(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (90, 180, 240)), (0.7, (190, 230, 250))))
    board.box(0, 70, 128, 101, (40, 130, 190))
    board.box(0, 70, 128, 75, (80, 165, 210))
    board.ellipse(-40, 90, 191, 201, (244, 217, 152))
    return board


def _meadow(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (120, 195, 245)), (0.7, (215, 240, 250))))
    board.ellipse(-60, 78, 111, 221, (110, 185, 80))
    board.ellipse(20, 86, 211, 241, (85, 160, 65))
    return board


def _snow(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (165, 195, 220)), (0.7, (225, 235, 245))))
    board.ellipse(-70, 80, 121, 221, (238, 243, 250))
    board.ellipse(30, 90, 231, 241, (250, 252, 255))
    rng = random.Random(9)
    for _ in range(_many(board, 30)):
        x, y = rng.randrange(2, 126), rng.randrange(2, 84)
        board.disc(x + 0.5, y + 0.5, 1.5, (250, 252, 255))
    return board


def _night_sky(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (12, 18, 56)), (1, (52, 60, 120))))
    rng = random.Random(4)
    for _ in range(_many(board, 26)):
        x, y, r = rng.randrange(4, 124), rng.randrange(4, 124), rng.choice((1, 1, 2))
        board.disc(x + 0.5, y + 0.5, r + 0.5, (250, 244, 200))
    return board


def _sunset(width: int, height: int) -> _Board:
    stops = (0.0, (110, 70, 150)), (0.45, (240, 130, 90)), (0.66, (255, 205, 110))
    board = _Board(width, height, _sky(width, height, *stops))
    board.disc(64.5, 86 - 5.5 * 128 * board.unit / height, 18.5, (255, 240, 190))
    board.box(0, 86, 128, 128, (70, 60, 110))
    wide = 128 * board.unit / width
    for y, half in ((90, 22), (96, 16), (102, 11), (108, 6)):
        board.box(64.5 - (half + 0.5) * wide, y, 64.5 + (half + 0.5) * wide, y + 3, (250, 190, 120))
    return board


def _forest(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (176, 214, 196)), (0.7, (226, 238, 214))))
    rng = random.Random(3)
    board.box(0, 78, 128, 128, (96, 140, 92))
    narrow = board.unit / width * 128
    for depth, (ground, reach, step, colour) in enumerate(((84, 52, 17, (112, 158, 120)), (92, 66, 26, (62, 116, 76)))):
        for x in _across(board, step):
            x += rng.uniform(-3, 3)  # noqa: PLW2901  the tree stands a little beside its place
            top, half = ground - reach * rng.uniform(0.7, 1.0), (9 + 5 * depth) * narrow
            board.box(x - 1.6 * narrow, ground - 8, x + 1.6 * narrow, ground + 4, (94, 70, 50))
            for tier in range(3):
                tip = top + (ground - top) * 0.24 * tier
                foot = top + (ground - top) * (0.46 + 0.24 * tier)
                spread = half * (0.6 + 0.2 * tier)
                board.polygon([(x, tip), (x + spread, foot), (x - spread, foot)], colour)
    board.ellipse(-40, 88, 168, 190, (58, 104, 58))
    return board


def _city(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (150, 176, 206)), (0.75, (240, 222, 200))))
    rng = random.Random(7)
    narrow = board.unit / width * 128
    for ground, step, high, wall, pane in (
        (98, 17, (44, 78), (134, 142, 166), (172, 180, 200)),
        (104, 25, (22, 56), (84, 92, 118), (250, 220, 140)),
    ):
        for x in _across(board, step):
            half, top = step * 0.46 * narrow, ground - rng.randint(*high)
            board.box(x - half, top, x + half, ground, wall)
            for row in range(int(ground - top - 5) // 9):
                for column in (-1, 0, 1):
                    if rng.random() < 0.7:
                        left, up = x + (column * 0.29 * step - 1.5) * narrow, top + 4 + 9 * row
                        board.box(left, up, left + 3 * narrow, up + 4.5, pane)
    board.box(0, 102, 128, 106, (176, 176, 180))
    board.box(0, 106, 128, 128, (82, 84, 92))
    for x in _across(board, 22):
        board.box(x - 5 * narrow, 115.5, x + 5 * narrow, 118, (236, 232, 214))
    return board


def _room(width: int, height: int) -> _Board:
    board = _Board(width, height, _sky(width, height, (0, (238, 218, 196)), (1, (228, 204, 178))))
    narrow = board.unit / width * 128
    board.box(0, 90, 128, 128, (172, 122, 82))
    for y in (97.5, 105.5, 114.5):
        board.box(0, y, 128, y + 0.9, (150, 102, 66))
    board.box(0, 87, 128, 91, (250, 244, 234))
    board.box(16, 12, 16 + 40 * narrow, 58, (250, 246, 238))
    for column in (0, 1):
        for row in (0, 1):
            left, top = 16 + (3 + 18 * column) * narrow, 15 + 21 * row
            board.box(left, top, left + 16 * narrow, top + 19, (160, 210, 240))
    board.box(128 - 40 * narrow, 18, 128 - 14 * narrow, 50, (120, 84, 56))
    board.box(128 - 38 * narrow, 20.5, 128 - 16 * narrow, 47.5, (214, 226, 204))
    board.disc(128 - 31 * narrow, 30, 4, (246, 206, 120))
    board.ellipse(64 - 46 * narrow, 99, 64 + 46 * narrow, 123, (176, 84, 84))
    board.ellipse(64 - 39 * narrow, 101.5, 64 + 39 * narrow, 120.5, (206, 124, 112))
    return board


#: name of a landscape → what draws it
LANDSCAPES: dict[str, Callable[[int, int], _Board]] = {
    "beach": _beach,
    "meadow": _meadow,
    "snow": _snow,
    "night sky": _night_sky,
    "sunset": _sunset,
    "forest": _forest,
    "city": _city,
    "room": _room,
}


def landscape(name: str, width: int, height: int) -> np.ndarray:
    """A landscape that fills a picture of any shape.

    Parameters
    ----------
    name : str
        A key of `LANDSCAPES`.
    width, height : int
        Of the picture, pixels. Hills stretch with it; sun, stars and trees keep their shape.

    Returns
    -------
    numpy.ndarray
        RGB, ``(height, width, 3)``, uint8.

    Raises
    ------
    ValueError
        For a name that no landscape has.
    """
    if name not in LANDSCAPES:
        raise ValueError(f"there is no landscape called {name!r}; there are {', '.join(LANDSCAPES)}")
    return np.asarray(LANDSCAPES[name](width, height).done().convert("RGB"))


# --------------------------------------------------------------------------------------------------------- carriers

WIDE = 192  #: width of a carrier's drawing, pixels

#: carrier → the box that writing fills, as fractions of its width and height
WRITING: dict[str, tuple[float, float, float, float]] = {
    "sign": (0.06, 0.07, 0.94, 0.63),
    "card": (0.07, 0.09, 0.93, 0.91),
    "banner": (0.13, 0.17, 0.87, 0.83),
    "whiteboard": (0.06, 0.08, 0.94, 0.84),
}
#: carrier → the colour of its face where none is asked for
OWN_COLOUR: dict[str, Rgb] = {
    "sign": (232, 196, 142),
    "card": (252, 250, 244),
    "banner": (244, 226, 176),
    "whiteboard": (250, 252, 253),
}

_WOOD, _METAL = (122, 82, 50, 255), (150, 156, 164, 255)
_WHITE, _SHADE, _CLEAR = (255, 255, 255, 255), (190, 190, 190, 255), (255, 255, 255, 0)


def carrier(name: str, ratio: float) -> tuple[Image.Image, Image.Image]:
    """The two parts of something that carries writing.

    Parameters
    ----------
    name : str
        A key of `WRITING`.
    ratio : float
        Height over width.

    Returns
    -------
    frame, face : PIL.Image.Image
        RGBA, ``WIDE`` pixels wide. The frame keeps its own colours; the face is white and is painted in the colour
        that is asked for, over the frame.
    """
    size = WIDE, round(WIDE * ratio)
    frame, face = _Board(*size, _CLEAR), _Board(*size, _CLEAR)
    if name == "sign":
        frame.box(59, 80, 69, 128, _WOOD)
        frame.box(0, 0, 128, 90, _WOOD, round_by=9)
        face.box(3.5, 5, 124.5, 85, _WHITE, round_by=6)
    elif name == "card":
        frame.box(0, 0, 128, 128, (170, 150, 120, 255), round_by=8)
        face.box(2, 3, 126, 125, _WHITE, round_by=6)
    elif name == "banner":
        for side in (1, -1):
            ends = [(64 - 64 * side, 24), (64 - 42 * side, 24), (64 - 42 * side, 124), (64 - 64 * side, 124)]
            face.polygon([*ends, (64 - 57 * side, 74)], _SHADE)
        frame.box(13, 5, 115, 109, (90, 80, 70, 255), round_by=2)
        face.box(14, 8, 114, 106, _WHITE, round_by=1)
    else:
        frame.box(0, 0, 128, 118, _METAL, round_by=4)
        frame.box(20, 116, 108, 124, (110, 114, 120, 255), round_by=2)
        frame.box(34, 111, 52, 116, (210, 50, 50, 255), round_by=1)
        frame.box(58, 111, 76, 116, (40, 90, 200, 255), round_by=1)
        face.box(3, 5, 125, 111, _WHITE, round_by=1)
    return frame.done(), face.done()


# --------------------------------------------------------------------------------------------------- game interface

#: part of a game's interface → its width and height on the canvas, pixels
OVERLAY_SIZES: dict[str, tuple[int, int]] = {
    "health bar": (80, 20),
    "minimap": (56, 56),
    "spell icons": (144, 36),
    "menu panel": (56, 80),
}
_MARGIN = 8  #: from a part to the canvas's edges, pixels
_GOLD, _DARK = (214, 178, 92, 255), (34, 34, 48, 255)


def overlay_box(name: str, width: int, height: int) -> tuple[int, int, int, int]:
    """Where a part of a game's interface goes on a canvas: left, top, width, height in pixels.

    No two parts overlap on any canvas of at least 160 pixels either way.
    """
    wide, high = OVERLAY_SIZES[name]
    left = {"minimap": width - _MARGIN - wide, "spell icons": (width - wide) // 2}.get(name, _MARGIN)
    top = {"spell icons": height - 4 - high, "menu panel": 2 * _MARGIN + 20}.get(name, _MARGIN)
    return left, top, wide, high


def overlay(name: str) -> Image.Image:
    """Draw a part of a game's interface: RGBA, twice as large as it is on the full canvas."""
    wide, high = (2 * side for side in OVERLAY_SIZES[name])
    board = _Board(wide, high, _CLEAR)
    if name == "health bar":
        board.box(14, 16, 128, 112, _GOLD, round_by=40)
        board.box(17, 32, 126, 96, _DARK, round_by=30)
        board.box(19, 38, 98, 90, (216, 44, 50, 255), round_by=24)
        board.box(19, 44, 96, 60, (244, 110, 108, 255), round_by=8)
        board.disc(16, 64, 60, _GOLD)
        board.disc(16, 64, 50, (140, 24, 34, 255))
        board.box(13.5, 30, 18.5, 98, _WHITE)
        board.box(7.5, 52, 24.5, 76, _WHITE)
    elif name == "minimap":
        board.box(0, 0, 128, 128, _GOLD, round_by=12)
        board.box(6, 6, 122, 122, (96, 150, 78, 255), round_by=8)
        board.polygon(
            [(6, 84), (40, 70), (76, 92), (122, 66), (122, 84), (76, 110), (40, 88), (6, 102)], (70, 130, 210)
        )
        board.polygon([(70, 6), (84, 6), (60, 60), (66, 122), (54, 122), (48, 58)], (206, 182, 130))
        board.disc(30, 36, 8, (220, 50, 50))
        board.disc(100, 40, 8, (220, 50, 50))
        board.polygon([(62, 46), (74, 70), (62, 64), (50, 70)], (255, 245, 120))
    elif name == "spell icons":
        for i, (ground, mark) in enumerate(
            (
                ((120, 30, 20, 255), (255, 150, 40)),
                ((24, 60, 130, 255), (150, 225, 255)),
                ((80, 40, 120, 255), (255, 235, 90)),
                ((24, 84, 44, 255), (140, 230, 110)),
            )
        ):
            left = 32 * i + 1
            board.box(left, 4, left + 30, 124, _GOLD, round_by=14)
            board.box(left + 2.2, 13, left + 27.8, 115, ground, round_by=9)
            middle = left + 15
            spots = (
                [(0, 26), (8, 68), (6, 94), (0, 104), (-6, 94), (-8, 68), (-4, 74)],
                [(0, 22), (3, 54), (10, 64), (3, 74), (0, 106), (-3, 74), (-10, 64), (-3, 54)],
                [(3, 22), (-8, 70), (-1, 70), (-4, 106), (8, 56), (1, 56)],
                [(9, 28), (7, 80), (-2, 96), (-8, 104), (-7, 70), (0, 44)],
            )[i]
            board.polygon([(middle + x, y) for x, y in spots], mark)
    else:
        board.box(0, 0, 128, 128, _GOLD, round_by=10)
        board.box(5, 3.5, 123, 124.5, (40, 42, 60, 255), round_by=7)
        board.box(14, 9, 114, 23, (214, 178, 92, 255), round_by=3)
        for row, colour in enumerate(((92, 120, 190), (92, 150, 110), (170, 96, 90), (120, 100, 160))):
            top = 31 + 23 * row
            board.box(14, top, 114, top + 17, (72, 76, 100, 255), round_by=4)
            board.box(19, top + 3.5, 35, top + 13.5, (*colour, 255), round_by=2)
            board.box(44, top + 6.5, 104 - 12 * (row % 2), top + 10.5, (226, 226, 232, 255), round_by=1)
    return board.done()
