"""Masks drawn by numbers: a box, an ellipse, a polygon, or several of them together.

It stands alone because where a shape's edge runs through a pixel somebody must decide, and here that is decided once: a
pixel belongs to a shape when its centre lies inside, wholly or not at all. Edges are exact and not antialiased, since
what is outside a mask is to stay as it is, and the seam is softened inside, where the answer is put into its picture.
"""

import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from pochade.errors import ImageError

__all__ = ["is_region", "region"]

Inside: TypeAlias = npt.NDArray[np.bool_]

_BOX = 4
_CORNERS = 3
_HELP = (
    "give a box (x0, y0, x1, y1) in pixels, {'ellipse': (x0, y0, x1, y1)}, {'polygon': [(x, y), (x, y), (x, y)]}, or a "
    "list of those"
)


def is_region(source: object) -> bool:
    """Tell whether something is a shape in numbers, for `region` to read or to refuse, and not a picture."""
    return isinstance(source, Mapping | list | tuple)


def region(source: object, size: tuple[int, int]) -> Image.Image:
    """Draw a mask from shapes.

    Parameters
    ----------
    source
        A box ``(x0, y0, x1, y1)`` or ``{"box": (x0, y0, x1, y1)}``, which ends before x1 and y1, as everywhere in
        Pillow; ``{"ellipse": (x0, y0, x1, y1)}``, the one that fills this box; ``{"polygon": [(x, y), …]}``, closed by
        itself, and where it crosses itself what is inside twice is outside; or a list of those, which are united. In
        pixels from the picture's top left corner; fractions are allowed.
    size : (int, int)
        (width, height) in pixels of the picture.

    Returns
    -------
    PIL.Image.Image
        Mode "L" of that size: 255 at every pixel whose centre lies inside, 0 elsewhere.

    Raises
    ------
    ImageError
        When it is no such shape, has numbers that are not finite, reaches beyond the picture, or contains no pixel.
    """
    inside = np.zeros((size[1], size[0]), dtype=bool)
    for shape in _shapes(source):
        drawn = _drawn(shape, size)
        if not drawn.any():
            raise ImageError(f"The mask {_brief(shape)} is empty: there is no pixel's centre in it.")
        inside |= drawn
    return Image.fromarray(np.where(inside, np.uint8(255), np.uint8(0)))


def _shapes(source: object) -> Sequence[object]:
    """Tell one shape from several: a box is a sequence too, but of numbers."""
    if isinstance(source, Mapping):
        return [source]
    if isinstance(source, list | tuple) and source:
        if not any(map(is_region, source)):
            return [source]
        if all(map(is_region, source)):
            return source
    raise ImageError(f"The mask {_brief(source)} is not understood: {_HELP}.")


def _drawn(shape: object, size: tuple[int, int]) -> Inside:
    kind, numbers = "box", shape
    if isinstance(shape, Mapping):
        if len(shape) != 1:
            raise ImageError(f"The mask {_brief(shape)} must be one of box, ellipse and polygon: {_HELP}.")
        kind, numbers = next(iter(shape.items()))
    match kind:
        case "box":
            return _box(_corners(numbers, shape, size), size)
        case "ellipse":
            return _ellipse(_corners(numbers, shape, size), size)
        case "polygon":
            return _polygon(_points(numbers, shape, size), size)
    raise ImageError(f"The mask {_brief(shape)} is of no known kind: {_HELP}.")


def _corners(numbers: object, shape: object, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Read x0, y0, x1, y1 into two points."""
    numbers = _listed(numbers)
    if not isinstance(numbers, list | tuple) or len(numbers) != _BOX:
        raise ImageError(f"The mask {_brief(shape)} needs four numbers, x0, y0, x1, y1: {_HELP}.")
    corners = _within([(numbers[0], numbers[1]), (numbers[2], numbers[3])], shape, size)
    if (corners[0] >= corners[1]).any():
        raise ImageError(f"The mask {_brief(shape)} is empty: x1 must be larger than x0, and y1 larger than y0.")
    return corners


def _points(numbers: object, shape: object, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Read the corners of a polygon, N×2."""
    numbers = _listed(numbers)
    if not isinstance(numbers, list | tuple) or not all(isinstance(p, list | tuple) and len(p) == 2 for p in numbers):  # noqa: PLR2004
        raise ImageError(f"The mask {_brief(shape)} needs a list of points (x, y): {_HELP}.")
    points = _within(numbers, shape, size)
    if len(np.unique(points, axis=0)) < _CORNERS:
        raise ImageError(f"The mask {_brief(shape)} has too few points: a polygon has at least three different ones.")
    return points


def _within(points: Sequence[Sequence[object]], shape: object, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Read points, and refuse those that can only be a mistake, such as a box meant for another size."""
    try:
        values = np.array([[_number(x), _number(y)] for x, y in points], np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        raise ImageError(f"The mask {_brief(shape)} has something that is no number: {_HELP}.") from None
    if not np.isfinite(values).all():
        raise ImageError(f"The mask {_brief(shape)} has a number that is not finite: give pixels.")
    if (values < 0).any() or (values > size).any():
        raise ImageError(
            f"The mask {_brief(shape)} reaches beyond the picture, which goes from (0, 0) to ({size[0]}, {size[1]})."
        )
    return values


def _listed(numbers: object) -> object:
    """Arrays are read as lists: points are often computed."""
    return numbers.tolist() if isinstance(numbers, np.ndarray) else numbers


def _number(value: object) -> float:
    if isinstance(value, bool | str | bytes):
        raise TypeError
    return math.nan if value is None else float(value)  # type: ignore[arg-type]


def _centres(size: tuple[int, int]) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Coordinates of the pixels' centres, across and down."""
    return np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5


def _box(corners: npt.NDArray[np.float64], size: tuple[int, int]) -> Inside:
    (left, top), (right, bottom) = corners
    x, y = _centres(size)
    drawn: Inside = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))[None, :]
    return drawn


def _ellipse(corners: npt.NDArray[np.float64], size: tuple[int, int]) -> Inside:
    (across, down), (half_width, half_height) = corners.mean(axis=0), (corners[1] - corners[0]) / 2
    x, y = _centres(size)
    drawn: Inside = (((y - down) / half_height) ** 2)[:, None] + (((x - across) / half_width) ** 2)[None, :] <= 1
    return drawn


def _polygon(points: npt.NDArray[np.float64], size: tuple[int, int]) -> Inside:
    """Fill by the even-odd rule: along each row of centres, every edge that is crossed turns inside to outside."""
    _, y = _centres(size)
    crossed = np.zeros((size[1], size[0] + 1), dtype=bool)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        rows = np.flatnonzero((y >= min(y0, y1)) & (y < max(y0, y1)))  # half-open: a corner is crossed once
        at = x0 + (y[rows] - y0) / (y1 - y0) * (x1 - x0) if rows.size else rows
        crossed[rows, np.ceil(at - 0.5).astype(int)] ^= True
    drawn: Inside = np.logical_xor.accumulate(crossed[:, :-1], axis=1)
    return drawn


def _brief(value: object) -> str:
    """Spell a shape for an error message, however many points it has."""
    return reprlib.repr(dict(value) if isinstance(value, Mapping) else value)
