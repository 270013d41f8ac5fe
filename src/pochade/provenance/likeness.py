"""Which of many fingerprints a picture looks like, and how much: plain NumPy over one matrix, without an index.

It stands apart from `fingerprint.py` because how two pictures are compared may become better without anything stored
becoming worthless. The work is on the side of what is looked for: it is turned, mirrored and freed of a border; its
whole is compared with every window of every stored picture; and the few that come nearest are laid over each other
exactly, by their tiles, which decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from pochade.provenance.fingerprint import (
    FREQUENCIES,
    TILE_SIDE,
    TILE_STARTS,
    TILES,
    WINDOWS,
    cosines,
    luma,
    signs,
    swings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ALIKE", "ALIKE_IN_PART", "ALIKE_LAID_OVER", "Alike", "alike", "believed", "laid_over", "matrix"]

ALIKE = 0.5
"""The least score that counts where the whole of a stored picture is there."""
ALIKE_IN_PART = 0.75
"""What it rises to the less of it is there, since a small part finds something like it more easily.

Measured by `tests/benchmarks/finding.py` on 60 to 100 pictures a change among 20,000 others: strangers reach 0.45 with
the whole and 0.67 with half of a picture; the same picture cut to half has 0.8 or more 99 times in 100, and with words
over it what is asked for 9 times in 10. That holds for pictures with much to see: of two that have the same thing on
different even grounds, as the miniature paints them, the fingerprints agree up to 0.99, and `laid_over` tells.
"""

ALIKE_LAID_OVER = 0.3
"""The least score that counts after `believed`: of 306 changed pictures that were found none fell below 0.45, and of 80
others found among the miniature's pictures 48 fell below this, and none stayed above 0.7."""

_Floats = npt.NDArray[np.float32]
_Words = npt.NDArray[np.uint64]

_SIDE = 64  # pixels of the square that what is looked for is brought to
_WORKING = 256  # pixels of the longer side before that, where it is turned and trimmed
_ANGLES = (-2.5, 2.5, -5.0, 5.0)  # degrees
_LONGEST = 4  # times as long as high: of a narrower strip too little is left when it is turned
_LEAST_INSIDE = 0.1  # of the area: less within a border is no picture
_EVEN = 16  # levels that a border may vary by, since compression blurs it
_NEARLY = 0.04  # of the picture: what lies over it but for so much has the whole of it
_SLACK = 0.02  # of the picture: a tile may stick out by so much
_VISIBLE = 0.2  # levels that a cosine must swing by to be sure at all
_PARTS = (
    ((0.0, 1.0), (0.0, 1.0)),
    ((0.0, 1.0), (0.0, 0.72)),
    ((0.0, 1.0), (0.28, 1.0)),
    ((0.0, 0.72), (0.0, 1.0)),
    ((0.28, 1.0), (0.0, 1.0)),
)  # of what is looked for: the whole, and what is left where something was laid over a side
_SURE = 40  # of a window's 63 signs: those of the widest swings, which survive most
_CHUNK = 2048  # pictures compared at a time, so that they stay in the processor's cache
_CANDIDATES = 64  # pictures looked at closely
_GUESSES = 3  # ways of turning and mirroring that each is tried in
_SOFT = 1.0  # levels: a cosine that swings by so much counts half, since compression alone may turn it
_LEAST_EVIDENCE = 60.0  # signs that must have a say: fewer would agree by chance
_CELLS = 40  # along each side of what is laid over each other
_COLOURLESS = 6  # levels of colour: less is none, and says nothing of what colours there were
_CLEARLY = 0.02  # of the overlap: so much more that shows the same is no chance
_LIGHTER = 1.6  # times as light may the whole have become, or as dark
_ANOTHER = 48.0  # levels: cells so far apart show something else
_SAME = 0.2  # of that: what compression and scaling change


class Alike(NamedTuple):
    """A stored picture that looks like the one that is looked for.

    Attributes
    ----------
    column : int
        Which of the stored ones.
    score : float
        How far the signs of the two agree where they overlap: 0 as by chance, 1 in everything.
    way : int
        How what is looked for was turned, mirrored and freed of a border for that.
    frame : ndarray
        Where it then lies on the stored one: across and down, start and end, as shares of that.
    """

    column: int
    score: float
    way: int
    frame: _Floats


class _Step(NamedTuple):
    """How closely a place is looked for: how the picture is moved and made larger, with how many cosines."""

    shift: tuple[float, ...]
    grow: tuple[float, ...]
    waves: int


_ROUGH = (_Step((-0.025, 0.0, 0.025), (0.0,), 4), _Step((-0.04, -0.02, 0.0, 0.02, 0.04), (-0.05, 0.0, 0.05), 4))
_FINE = (_Step((-0.0125, 0.0, 0.0125), (-0.025, 0.0, 0.025), 8), _Step((-0.006, 0.0, 0.006), (-0.012, 0.0, 0.012), 8))
_FINALISTS = (24, 10, 8)  # places that are looked at again in each step after the first


class _View(NamedTuple):
    """One way to look at what is looked for: turned or mirrored, and by one part of it.

    Attributes
    ----------
    way : int
        The same for all parts of what is turned and mirrored alike.
    levels : ndarray
        Of the whole, `_SIDE` × `_SIDE`.
    part : ndarray
        Which part: across and down, start and end.
    word, sure : numpy.uint64
        The part's signs, and which of them are sure.
    """

    way: int
    levels: _Floats
    part: _Floats
    word: np.uint64
    sure: np.uint64


def matrix(fingerprints: list[bytes]) -> _Words:
    """Lay fingerprints side by side, a column each, so that the same window of many lies together."""
    words = np.frombuffer(b"".join(fingerprints), dtype="<u8").reshape(len(fingerprints), len(WINDOWS) + TILES)
    return np.ascontiguousarray(words.T, dtype=np.uint64)


def alike(image: Image.Image, stored: _Words, limit: int = 10) -> list[Alike]:
    """Find the stored pictures that a picture looks like, best first."""
    views = list(_views(_frames(image)))
    if not stored.shape[1] or not views:
        return []
    near = np.stack([_distances(view, stored[: len(WINDOWS)]) for view in views])
    nearest = near.min(0)
    count = min(_CANDIDATES, len(nearest))
    placed = []
    for column in np.argpartition(nearest, count - 1)[:count].tolist():
        bits = _bits(stored[len(WINDOWS) :, column])
        for view in _guesses(views, near[:, column]):
            window = int(_apart(view, stored[: len(WINDOWS), column]).argmin())
            frame = _whole(view.part, np.array(WINDOWS[window], dtype=np.float32))
            placed.append((*_best(view.levels, bits, frame, _ROUGH[0]), column, view, bits))
    for step, fewer in zip((*_ROUGH[1:], *_FINE), _FINALISTS, strict=True):
        placed.sort(key=lambda one: -one[0])
        placed = [
            (*_best(view.levels, bits, frame, step), column, view, bits)
            for _, frame, column, view, bits in placed[:fewer]
        ]
    best: dict[int, Alike] = {}
    for score, frame, column, view, _ in placed:
        if score >= _needed(frame) and (column not in best or score > best[column].score):
            best[column] = Alike(column, score, view.way, frame)
    return sorted(best.values(), key=lambda one: (-one.score, one.column))[:limit]


def laid_over(image: Image.Image, found: Alike, picture: Image.Image) -> float:
    """Lay a stored picture under the one that is looked for, and see how much of them shows the same.

    Fingerprints know nothing of colour, and of an even ground not even how light it is. Here both count, but not what
    compression, another scale, a place that is off by a little or more light on the whole change, nor that a picture
    without colour lost it.

    Parameters
    ----------
    image : PIL.Image.Image
        What was looked for.
    found : Alike
        What `alike` said of it and this stored picture.
    picture : PIL.Image.Image
        The stored picture itself.

    Returns
    -------
    float
        The share of their overlap in which both show the same: what `believed` asks for.
    """
    seen = _frames(image)[found.way // 2]
    if found.way % 2:
        seen = ImageOps.mirror(seen)
    start, end = np.clip(found.frame, 0, 1).T
    first, scale = found.frame[:, 0], found.frame[:, 1] - found.frame[:, 0]
    over = _cells(seen, (start - first) / scale, (end - first) / scale)
    under = _cells(_page(picture), start, end)
    light = np.clip(np.median((under[..., 0] + 1) / (over[..., 0] + 1)), 1 / _LIGHTER, _LIGHTER)
    coloured = np.abs(over[..., 1:]).max() >= _COLOURLESS
    over *= light
    apart = np.maximum(_outside(over, under), _outside(under, over))[..., : 3 if coloured else 1].max(-1)
    return 1 - float(np.clip(apart / _ANOTHER - _SAME, 0, 1).mean())


def believed(laid: list[tuple[Alike, float]]) -> list[float]:
    """Lower the scores of stored pictures by what `laid_over` says of each.

    By as much as shows something else; and below that of another one of which clearly more shows the same, since an
    edit and what was edited can have scores in either order: on an even ground signs are nearly chance.
    """
    lowered = [one.score * share for one, share in laid]
    return [
        min(low, *(other * share for other, (_, more) in zip(lowered, laid, strict=True) if more > share + _CLEARLY), 1)
        for low, (_, share) in zip(lowered, laid, strict=True)
    ]


def _cells(image: Image.Image, start: _Floats, end: _Floats) -> _Floats:
    """A part of a picture in cells: luma from 0, and blue and red around 0."""
    size = np.array(image.size, dtype=np.float32)
    box = (*(start * size).tolist(), *(end * size).tolist())
    cells = image.resize((_CELLS, _CELLS), Image.Resampling.BILINEAR, box=box).convert("YCbCr")
    return np.asarray(cells, dtype=np.float32) - np.array((0, 128, 128), dtype=np.float32)


def _outside(one: _Floats, other: _Floats) -> _Floats:
    """How far each cell of one is from every level that the other has around there."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(other, ((1, 1), (1, 1), (0, 0)), "edge"), (3, 3), (0, 1))
    beyond = np.maximum(one - around.max((-2, -1)), around.min((-2, -1)) - one)
    return np.asarray(np.maximum(beyond, 0), dtype=np.float32)


def _needed(frame: _Floats) -> float:
    """The least score that counts where a picture lies at such a place of a stored one: by how many tiles it covers."""
    across, down = (
        float(((start - _SLACK <= _STARTS) & (end + _SLACK >= _STARTS + TILE_SIDE)).mean()) for start, end in frame
    )
    return ALIKE_IN_PART - (ALIKE_IN_PART - ALIKE) * across * down


def _guesses(views: list[_View], near: npt.NDArray[np.uint8]) -> list[_View]:
    """The nearest view of each of the nearest ways."""
    chosen: dict[int, _View] = {}
    for number in np.argsort(near, kind="stable").tolist():
        if len(chosen) < _GUESSES:
            chosen.setdefault(views[number].way, views[number])
    return list(chosen.values())


def _frames(image: Image.Image) -> list[Image.Image]:
    """What is looked for, small and on a white page: as it is, freed of a border, and turned."""
    shrunk = image.copy()
    shrunk.thumbnail((_WORKING, _WORKING), Image.Resampling.BOX, reducing_gap=2)
    whole = _page(shrunk)
    frames = [whole]
    if (inner := _trimmed(whole)) is not None:
        frames.append(inner)
    if max(frames[-1].size) <= _LONGEST * min(frames[-1].size):
        frames += [_turned(frames[-1], angle) for angle in _ANGLES]
    return frames


def _page(image: Image.Image) -> Image.Image:
    """A picture as it would be on a white page: mode "RGB"."""
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return image.convert("RGB")


def _views(frames: list[Image.Image]) -> Iterator[_View]:
    straight = len(frames) - len(_ANGLES) if len(frames) > len(_ANGLES) else len(frames)
    for place, frame in enumerate(frames):
        levels = luma(frame, _SIDE)
        for way, seen in enumerate((levels, np.ascontiguousarray(levels[:, ::-1])), 2 * place):
            # Parts are for what was written or laid over the rest; a picture that was turned besides is seldom.
            parts = _PARTS if place < straight else _PARTS[:1]
            for part, found in zip(parts, swings(seen, parts), strict=True):
                size = np.abs(found).ravel()
                size[0] = 0
                sure = np.zeros(size.shape, dtype=np.float32)
                sure[np.argsort(size)[-_SURE:]] = 1
                sure[size < _VISIBLE] = 0
                if sure.sum() >= _SURE // 2:
                    words = signs(np.stack([found, sure.reshape(found.shape)]))
                    yield _View(way, seen, np.array(part, dtype=np.float32), *words)


def _whole(part: _Floats, window: _Floats) -> _Floats:
    """Where the whole lies if a part of it lies where a window is."""
    scale = (window[:, 1] - window[:, 0]) / (part[:, 1] - part[:, 0])
    start = window[:, 0] - part[:, 0] * scale
    return np.stack([start, start + scale], axis=1)


def _trimmed(whole: Image.Image) -> Image.Image | None:
    """Take away an even border; None where there is none, or nearly nothing else."""
    pixels = np.asarray(whole.convert("L"), dtype=np.int16)
    height, width = pixels.shape
    left, top, right, bottom = 0, 0, width, height
    for _ in range(2):  # a border of two colours, such as a letterbox in a frame, needs a second look
        rows = _uneven(pixels[top:bottom, left:right])
        columns = _uneven(pixels[top:bottom, left:right].T)
        if not len(rows) or not len(columns):
            return None
        top, bottom = top + int(rows[0]), top + int(rows[-1]) + 1
        left, right = left + int(columns[0]), left + int(columns[-1]) + 1
    if (right - left) * (bottom - top) < _LEAST_INSIDE * width * height or (right - left, bottom - top) == whole.size:
        return None
    return whole.crop((left, top, right, bottom))


def _uneven(pixels: npt.NDArray[np.int16]) -> npt.NDArray[np.intp]:
    """Rows in which more than a few pixels differ from the others."""
    few = pixels.shape[1] // 50
    ordered = np.sort(pixels, axis=1)
    return np.flatnonzero(ordered[:, -1 - few] - ordered[:, few] > _EVEN)


def _turned(straight: Image.Image, angle: float) -> Image.Image:
    """Turn, and keep what is free of corners."""
    share = 1 - 0.0175 * abs(angle) * max(straight.size) / min(straight.size) * 0.9
    rotated = straight.rotate(angle, Image.Resampling.BICUBIC)
    x, y = (1 - share) / 2 * straight.width, (1 - share) / 2 * straight.height
    return rotated.crop((round(x), round(y), round(straight.width - x), round(straight.height - y)))


def _apart(view: _View, words: _Words) -> npt.NDArray[np.uint8]:
    """Of the sure signs, how many differ."""
    return np.asarray(np.bitwise_count((words ^ view.word) & view.sure))


def _distances(view: _View, windows: _Words) -> npt.NDArray[np.uint8]:
    """From a view to the nearest window of every stored picture."""
    found = np.empty(windows.shape[1], dtype=np.uint8)
    for start in range(0, windows.shape[1], _CHUNK):
        found[start : start + _CHUNK] = _apart(view, windows[:, start : start + _CHUNK]).min(0)
    return found


def _bits(words: _Words) -> _Floats:
    """Signs of a picture's tiles, −1 and 1, as rows × columns × down × across; the mean's is 0."""
    count = len(TILE_STARTS)
    ones = np.unpackbits(np.ascontiguousarray(words).astype("<u8").view(np.uint8), bitorder="little")
    bits = ones.reshape(count, count, FREQUENCIES, FREQUENCIES).astype(np.float32) * 2 - 1
    bits[..., 0, 0] = 0
    return bits


def _best(levels: _Floats, bits: _Floats, frame: _Floats, step: _Step) -> tuple[float, _Floats]:
    """The best score among places near a frame, and that place: across and down, start and end."""
    across, down = (_near(frame[axis, 0], frame[axis, 1], step) for axis in (0, 1))
    scores = _agreement(levels, bits[..., : step.waves, : step.waves], across, down)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    return float(scores[row, column]), np.stack([across[column], down[row]])


def _near(start: float, end: float, step: _Step) -> _Floats:
    middle, half = (start + end) / 2, (end - start) / 2
    ends = [
        (middle + shift - half * (1 + more), middle + shift + half * (1 + more))
        for more in step.grow
        for shift in step.shift
    ]
    return np.array(ends, dtype=np.float32)


def _agreement(levels: _Floats, bits: _Floats, across: _Floats, down: _Floats) -> _Floats:
    """Scores of a picture at every pair of places: down × across."""
    tiles, count = bits.shape[0], bits.shape[-1]
    columns, fits_columns = _laid(across, count)
    rows, fits_rows = _laid(down, count)
    found = (rows.reshape(-1, _SIDE) @ levels @ columns.reshape(-1, _SIDE).T).reshape(
        len(down), tiles, count, len(across), tiles, count
    )
    found *= fits_rows[:, :, None, None, None, None]
    found *= fits_columns[:, :, None]
    weight = np.abs(found)
    weight /= weight + _SOFT
    weight[:, :, 0, :, :, 0] = 0
    total = weight.sum((1, 2, 4, 5))
    agreed = np.einsum("dtfaug,tufg->da", np.copysign(weight, found), bits, optimize=True)
    least = _LEAST_EVIDENCE * count**2 / FREQUENCIES**2
    return np.where(total >= least, agreed / np.maximum(total, 1), 0).astype(np.float32)


def _laid(places: _Floats, count: int) -> tuple[_Floats, npt.NDArray[np.bool_]]:
    """Cosines of the tiles of an axis where the picture lies at each place, and which of them it covers."""
    starts = (_STARTS - places[:, :1]) / (places[:, 1:] - places[:, :1])
    ends = (_STARTS + TILE_SIDE - places[:, :1]) / (places[:, 1:] - places[:, :1])
    return cosines(starts, ends, _SIDE, count), (starts > -_SLACK) & (ends < 1 + _SLACK)


_STARTS = np.array(TILE_STARTS, dtype=np.float32)
