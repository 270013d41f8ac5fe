"""Where things go on the canvas: one function a way of placing, and the words that each is known by.

This is geometry alone: a canvas's size goes in, centres and sides come out, and what stands there is the world's
business. All figures are written for a square of 256 pixels and follow the canvas where it is longer; they are even,
so that a canvas of half the size has whole pixels too.
"""

from __future__ import annotations

from functools import lru_cache

#: a centre and a side, pixels
Spot = tuple[int, int, int]

#: words for places → centre, as fractions of width and height
PLACES: dict[str, tuple[float, float]] = {
    "in the middle": (0.5, 0.5),
    "on the left": (0.25, 0.5),
    "on the right": (0.75, 0.5),
    "at the top": (0.5, 0.25),
    "at the bottom": (0.5, 0.75),
    "in the top left corner": (0.25, 0.25),
    "in the top right corner": (0.75, 0.25),
    "in the bottom left corner": (0.25, 0.75),
    "in the bottom right corner": (0.75, 0.75),
}
#: relation → unit step from the second thing to the first
RELATIONS: dict[str, tuple[int, int]] = {
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
    "above": (0, -1),
    "below": (0, 1),
}
#: word for a single thing's size → side on a square canvas, pixels
SIZES: dict[str, int] = {"tiny": 52, "small": 80, "": 152, "big": 208, "huge": 236}
COUNTS = (1, 2, 3, 4, 5, 6)
GRIDS = ("2x2", "2x3", "3x2", "3x3", "3x4", "4x3", "4x4")  #: rows × columns

#: everything that `Scene.layout` can be, with how often it is drawn where all are taught
LAYOUTS: dict[str, float] = {
    "": 0.23,
    "size tiny": 0.02,
    "size small": 0.05,
    "size big": 0.05,
    "size huge": 0.04,
    **{f"place {place}": 0.022 for place in PLACES},
    **{f"relation {relation}": 0.09 for relation in RELATIONS},
    "row": 0.14,
    "between": 0.08,
    **{f"count {count}": 0.025 for count in COUNTS},
    **{f"grid {grid}": 0.015 for grid in GRIDS},
}
#: the layouts of the first weights, whose card does not list them
FIRST_LAYOUTS = tuple(
    layout
    for layout in LAYOUTS
    if layout in {"", "size small", "size big", "row"}
    or layout.startswith("relation")
    or (layout.startswith("place") and layout != "place in the middle")
)


def even(number: float) -> int:
    """The nearest even number."""
    return round(number / 2) * 2


def single(size: tuple[int, int], word: str = "") -> Spot:
    """A thing alone, a little below the middle (a hat needs room), in one of the `SIZES`."""
    width, height = size
    side = even(SIZES[word] * min(size) / 256)
    drop = side // 24 * 2
    return even(width / 2), even(min(height / 2 + drop, height - side / 2 - 4)), side


def at(size: tuple[int, int], place: str) -> Spot:
    """A middling thing at one of the `PLACES`."""
    across, down = PLACES[place]
    return even(size[0] * across), even(size[1] * down), even(100 * min(size) / 256)


def related(size: tuple[int, int], relation: str) -> tuple[Spot, Spot]:
    """Two things, the first standing in one of the `RELATIONS` to the second."""
    width, height = size
    dx, dy = RELATIONS[relation]
    unit = min(size) / 256
    side = even((108 if dx else 100) * unit)
    x, y = even(60 * width / 256) * dx, even(62 * height / 256) * dy
    middle, level = even(width / 2), even(height / 2 + 8 * unit)
    return (middle + x, level + y, side), (middle - x, level - y, side)


def row(size: tuple[int, int], count: int) -> tuple[Spot, ...]:
    """So many things side by side, left to right."""
    width, height = size
    pitch = min(width * 0.96 / count, height * 0.75)
    side = even(min(pitch * 0.95, pitch - 2))
    left = width / 2 - pitch * (count - 1) / 2
    return tuple((even(left + pitch * i), even(height / 2 + height / 64), side) for i in range(count))


@lru_cache(maxsize=256)
def cells(size: tuple[int, int], rows: int, columns: int) -> tuple[Spot, ...]:
    """The cells of a grid, row by row; a cell's side leaves a margin all round."""
    width, height = size
    across, down = width * 0.96 / columns, height * 0.96 / rows
    side = even(min(across, down) * 0.86)
    return tuple(
        (even(width * 0.02 + across * (column + 0.5)), even(height * 0.02 + down * (r + 0.5)), side)
        for r in range(rows)
        for column in range(columns)
    )


def counted(size: tuple[int, int], count: int) -> tuple[Spot, ...]:
    """So many of one kind, in as few rows as leave them large, the rows centred.

    One arrangement a number and canvas: a prompt that says no more than "five cats" has one right picture.
    """
    width, height = size
    rows = max(range(1, count + 1), key=lambda r: (min(width / -(-count // r), height / r, 158), -r))
    columns = -(-count // rows)
    pitch = min(width * 0.96 / columns, height * 0.96 / rows, 152)
    side = even(pitch * 0.86)
    spots: list[Spot] = []
    for r in range(rows):
        here = min(columns, count - len(spots))
        y = height / 2 + pitch * (r - (rows - 1) / 2)
        spots += [(even(width / 2 + pitch * (i - (here - 1) / 2)), even(y), side) for i in range(here)]
    return tuple(spots)
