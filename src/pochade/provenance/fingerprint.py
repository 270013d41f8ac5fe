"""What a picture looks like, in 1.3 kB: the signs of cosines over windows of its luma.

It stands alone because a fingerprint is stored with every picture and has to mean the same for as long as `VERSION`
stays: here is only what is taken of a picture, in `likeness.py` how two are compared. A fingerprint has two parts. The
windows, which cover the picture and every larger part of it, are few bits each and tell quickly which pictures may be
meant; the tiles, which are small, lie closely and tell whether it is that picture, however it was cut.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["FREQUENCIES", "LENGTH", "TILES", "TILE_SIDE", "TILE_STARTS", "VERSION", "WINDOWS"]
__all__ += ["cosines", "fingerprint", "grey", "luma", "signs", "swings"]

VERSION = 1
"""Changes whenever the same picture would get another fingerprint; those of another version are not compared."""

FREQUENCIES = 8
"""Cosines along each axis, the mean among them: a window gives 8×8 signs, of which the first says nothing."""

_SIDE = 128  # pixels of the square that a picture is brought to
_LEAST = 0.05  # levels of 255: what a cosine must swing by to count as more than rounding

_Interval = tuple[float, float]


def _parts(scale: float, count: int) -> list[_Interval]:
    """Intervals of this length, evenly from the beginning to the end of an axis of length 1."""
    return (
        [(start, start + scale) for start in np.linspace(0, 1 - scale, count).tolist()] if count > 1 else [(0.0, 1.0)]
    )


# How many intervals of a length cover an axis so closely that any other of that length lies near one of them.
_COUNTS = {1.0: 1, 0.93: 2, 0.86: 3, 0.79: 4, 0.72: 5, 0.56: 7}
_SHAPES = [(scale, scale) for scale in (1.0, 0.93, 0.86, 0.79, 0.72)]  # width and height, as shares of the picture's
_SHAPES += [(1.0, 0.86), (0.86, 1.0), (1.0, 0.72), (0.72, 1.0), (0.86, 0.72), (0.72, 0.86), (1.0, 0.56), (0.56, 1.0)]

WINDOWS: tuple[tuple[_Interval, _Interval], ...] = tuple(
    (across, down)
    for wide, high in _SHAPES
    for down, across in product(_parts(high, _COUNTS[high]), _parts(wide, _COUNTS[wide]))
)
"""Left and right, top and bottom of every window, as shares of width and height."""

TILE_SIDE = 0.25
"""Of the picture's width and height."""
TILE_STARTS: tuple[float, ...] = tuple(np.linspace(0, 1 - TILE_SIDE, 7).tolist())
"""Where tiles begin along either axis: each overlaps the next by half."""
TILES = len(TILE_STARTS) ** 2
"""How many there are, row by row."""

LENGTH = 8 * (len(WINDOWS) + TILES)
"""Bytes of a fingerprint: a 64-bit word, little-endian, for every window and then for every tile."""


def fingerprint(image: Image.Image) -> bytes:
    """Take a picture's fingerprint.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode and shape. Transparent parts count as white, as on a page.

    Returns
    -------
    bytes
        `LENGTH` of them. No picture can be made from it again beyond a blur of where it is light and dark.
    """
    return signs(swings(luma(image, _SIDE), _ALL)).astype("<u8").tobytes()


def swings(levels: npt.NDArray[np.float32], places: tuple[tuple[_Interval, _Interval], ...]) -> npt.NDArray[np.float32]:
    """How far each cosine swings in windows of a square of levels: windows × down × across, in levels."""
    columns, rows, across, down = _axes(places)
    side, count = len(levels), FREQUENCIES
    found = _waves(rows, side).reshape(-1, side) @ levels @ _waves(columns, side).reshape(-1, side).T
    spread = found.reshape(len(rows), count, len(columns), count)
    return np.asarray(spread[down, :, across, :], dtype=np.float32)


def signs(found: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Put the signs of swings (… × 8 × 8) into words of 64 bits; where nothing swings the word is 0."""
    up = (found > _LEAST).reshape(*found.shape[:-2], -1)
    up[..., 0] = False  # the mean is no swing
    return np.packbits(up, axis=-1, bitorder="little").view("<u8")[..., 0].astype(np.uint64)


def luma(image: Image.Image, side: int) -> npt.NDArray[np.float32]:
    """Bring a picture's luma to a square of `side` pixels, whatever its shape, as levels around 0."""
    across, down = (max(1, length // (2 * side)) for length in image.size)
    plain = image if image.mode in {"L", "RGB", "RGBA"} else image.convert("RGBA")
    small = grey(plain.reduce((across, down)) if max(across, down) > 1 else plain)  # averages whole blocks: quick
    square = small.resize((side, side), Image.Resampling.BOX if min(small.size) >= side else Image.Resampling.BILINEAR)
    return np.asarray(square, dtype=np.float32) - np.float32(128)


def grey(image: Image.Image) -> Image.Image:
    """Take a picture's luma as it would be on a white page: mode "L"."""
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return image.convert("L")


def cosines(starts: npt.ArrayLike, ends: npt.ArrayLike, side: int, count: int = FREQUENCIES) -> npt.NDArray[np.float32]:
    """Cosines over intervals of an axis that is `side` pixels long, which may end amid a pixel.

    Parameters
    ----------
    starts, ends : array-like
        Of one shape, as shares of the axis.
    side : int
        Pixels of the axis.
    count : int
        How many cosines, the mean among them.

    Returns
    -------
    ndarray
        That shape × `count` × `side`. The product with an axis of levels is how far each cosine swings in it, in
        levels; only the first, which is the mean, answers to an even tone.
    """
    start, end = (np.asarray(ends_of, dtype=np.float32)[..., None] * side for ends_of in (starts, ends))
    pixel = np.arange(side, dtype=np.float32)
    weight = np.clip(np.minimum(pixel + 1, end) - np.maximum(pixel, start), 0, 1)
    weight /= np.maximum(weight.sum(-1, keepdims=True), 1e-6)
    phase = np.pi * (pixel + 0.5 - start) / np.maximum(end - start, 1e-6)
    waves = np.cos(phase[..., None, :] * np.arange(count, dtype=np.float32)[:, None])
    waves[..., 1:, :] -= (waves[..., 1:, :] * weight[..., None, :]).sum(-1, keepdims=True)
    waves[..., 1:, :] *= np.sqrt(np.float32(2))
    return np.asarray(waves * weight[..., None, :], dtype=np.float32)


@lru_cache(maxsize=8)
def _axes(
    places: tuple[tuple[_Interval, _Interval], ...],
) -> tuple[tuple[_Interval, ...], tuple[_Interval, ...], list[int], list[int]]:
    """The different columns and rows among windows, and which of each a window is."""
    columns = tuple(sorted({across for across, _ in places}))
    rows = tuple(sorted({down for _, down in places}))
    return columns, rows, [columns.index(one) for one, _ in places], [rows.index(one) for _, one in places]


@lru_cache(maxsize=8)
def _waves(intervals: tuple[_Interval, ...], side: int) -> npt.NDArray[np.float32]:
    return cosines([start for start, _ in intervals], [end for _, end in intervals], side)


_TILES = tuple((start, start + TILE_SIDE) for start in TILE_STARTS)
_ALL = WINDOWS + tuple((across, down) for down, across in product(_TILES, _TILES))
