"""Finds where an editor truly changed a picture, and keeps the picture's own bytes everywhere else.

It stands alone because it is how edits without a mask stay where they belong: open editors repaint every pixel, a
little shifted and a little worn, and turn after turn that adds up. What differs from the picture by no more than such a
repainting is not taken over; what differs by more is, with a margin, since losing a wanted change is the worse mistake.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from pochade.errors import ImageError
from pochade.imaging.align import align, undo
from pochade.imaging.colour import to_lab
from pochade.imaging.compose import compose, usual_feather
from pochade.imaging.mask import check_mask

__all__ = ["DRIFT", "FAINT", "WHOLE", "Kept", "keep_unchanged"]

Values: TypeAlias = npt.NDArray[np.float32]
Where: TypeAlias = npt.NDArray[np.bool_]

WHOLE = 0.75  # share of the picture; where more than this changed, all of it was meant
DRIFT = 6.0  # ΔE by which light and colour may differ over that share and still be a slip of the editor
FAINT = 3.0  # the same over half of the picture where nothing else changed, so that the change can only be this one

_LOOK = 512**2  # pixels at which changes are looked for
_SURE, _MAYBE, _NEAR = 4.5, 2.5, 1.5  # times the noise: a change; as far as it reaches; the same beside a change
_LIKELY = 3.5  # the same where nothing is beyond doubt
_ROUND_TRIP = 0.5, 0.1  # ΔE of noise per ΔE of local contrast, in differences and in colours that were not there
_LEAST, _MOST = 1.0, 2.0  # ΔE of noise on even ground that an answer is taken to have, whatever is measured
_BUSY = 2.0  # ΔE of local contrast from which ground is not even
_ENOUGH = 0.02  # share of the picture from which its noise can be told
_FINE = 256  # pixels of the shorter side under which a picture has no room for specks of 5×5
_SLIGHT = 0.02  # more detail that an answer may lack without being looked at smaller
_BLOCKS = 32, 32  # parts of a picture whose light and colour are compared
_CLEAR, _SOLID = 12, 36  # levels below white at which paint on nothing begins to cover, and covers


@dataclass(frozen=True)
class Kept:
    """What `keep_unchanged` made of an answer.

    Attributes
    ----------
    picture : PIL.Image.Image
        The parent with what changed, of its mode and size; or the answer as it is.
    changed : PIL.Image.Image or None
        Mode "L", 255 where the answer was taken over and 0 where every byte is the parent's; all 0 where nothing had
        changed. None when `whole`.
    shift : (float, float)
        How far the answer was moved against the parent, to the right and down, in pixels; undone in `picture` unless
        `whole`.
    zoom : float
        How much it was magnified about its middle; undone likewise.
    whole : bool
        Whether most of the picture changed, so that the answer was taken as it is.
    """

    picture: Image.Image
    changed: Image.Image | None
    shift: tuple[float, float]
    zoom: float
    whole: bool


def keep_unchanged(
    parent: Image.Image, answer: Image.Image, *, changed: Image.Image | None = None, detail: float = 1.0
) -> Kept:
    """Take over from an answer what truly changed, and keep the parent everywhere else.

    Parameters
    ----------
    parent : PIL.Image.Image
        The picture that was edited, "RGB" or "RGBA". It is never resampled.
    answer : PIL.Image.Image
        What the editor made of it, "RGB" or "RGBA", of the same size.
    changed : PIL.Image.Image, optional
        Mode "L": the region to take over, for instance an earlier one corrected by hand. By default it is looked for.
    detail : float
        The answer's own resolution as a share of the parent's: below 1 where the model worked on a smaller copy, so
        that details which it never saw are not taken for changes.

    Returns
    -------
    Kept
        With `whole` when the region found is more than three quarters of the picture (`WHOLE`), or when as much shows
        another light or colour throughout, ΔE above `DRIFT`: a new style, night for day. Where nothing else changed a
        fainter one is enough, ΔE above `FAINT` over half of the picture. Of a transparent parent, what was transparent
        stays so where an answer that was painted on white is white.

    Raises
    ------
    ImageError
        When a mode is another, the two have different sizes, or `changed` does not fit, is empty or covers everything.

    Notes
    -----
    Differences are measured in CIELAB on copies of at most about 512×512, in two ways: as the root mean square over
    5×5 pixels, and as colours that the parent has nowhere within a pixel, which a softened edge does not bring. Both
    are set against the noise of a repainting, which grows with local contrast; how strong it is in this answer is read
    from its calmer pixels. Regions are found by hysteresis (Canny, "A computational approach to edge detection", IEEE
    PAMI 8, 1986): a change is where the difference is beyond doubt, and reaches as far as it is still likely. At the
    seam light and colour are blended over a wider band than detail, all inside the region (after Burt and Adelson, "A
    multiresolution spline with application to image mosaics", ACM Transactions on Graphics 2, 1983).
    """
    for picture in (parent, answer):
        if picture.mode not in ("RGB", "RGBA"):
            raise ImageError(f"Only pictures in RGB or RGBA can be compared, not {picture.mode}: use load_image.")
    if answer.size != parent.size:
        raise ImageError(
            f"The answer is {answer.width}×{answer.height} but the picture is {parent.width}×{parent.height}: "
            "only pictures of one size can be compared."
        )
    if changed is not None:
        check_mask(changed, parent.size)
    motion = align(*_opaque(parent, answer))
    moved = undo(answer, motion)
    told = (motion.shift_x, motion.shift_y), motion.zoom
    before, after = _opaque(parent, moved)
    if changed is None:
        step = max(1, math.ceil(math.sqrt(math.prod(parent.size) / _LOOK)), math.ceil(1 / detail - _SLIGHT))
        found = _found(before, after, step, motion.unseen(parent.size))
        changed = _grown(found, step, parent.size)
        if np.mean(np.asarray(changed) > 0) > WHOLE:
            return Kept(answer.copy(), None, *told, whole=True)
    if not changed.getbbox():
        return Kept(parent.copy(), changed, *told, whole=False)
    moved = _settled(moved, before, after, changed)
    if parent.mode == "RGBA" and moved.mode == "RGB":
        moved = _transparent_again(parent, moved)
    return Kept(compose(parent, moved, changed), changed, *told, whole=False)


def _opaque(parent: Image.Image, answer: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Lay both on one ground: white, on which models see what is transparent; grey if the answer is transparent too."""
    level = 255 if answer.mode == "RGB" else 128
    laid = []
    for picture in (parent, answer):
        if picture.mode == "RGBA":
            ground = Image.new("RGB", picture.size, (level, level, level))
            ground.paste(picture, mask=picture.getchannel("A"))
        laid.append(ground if picture.mode == "RGBA" else picture)
    return laid[0], laid[1]


def _found(before: Image.Image, after: Image.Image, step: int, unseen: tuple[int, int, int, int]) -> Where:
    """Tell where a picture was changed, on a copy reduced by `step`; `unseen` is the rim that `after` lacks."""
    first, second = (to_lab(np.asarray(one.reduce(step))).astype(np.float32) for one in (before, after))
    score, side = _score(first, second), min(before.size) // step
    left, top, right, bottom = (-(-rim // step) for rim in unseen)
    height, width = score.shape
    score = np.pad(score[top : height - bottom, left : width - right], ((top, bottom), (left, right)), mode="edge")
    # Specks go: what is beyond doubt must be so over a small square.
    speck = 1 if side < _FINE else 2
    sure = _narrowed(score > _SURE, speck)
    blocks = [to_lab(np.asarray(one.resize(_BLOCKS, Image.Resampling.BOX))) for one in (before, after)]
    slow = np.sqrt(np.square(blocks[0] - blocks[1]).sum(axis=-1))
    if np.quantile(slow, 1 - WHOLE) > DRIFT or (np.median(slow) > FAINT and not sure.any()):
        return np.ones(sure.shape, dtype=bool)
    if not sure.any():  # yet something was asked for: glasses on a small face are little more than noise, but wider
        sure = _narrowed(score > _LIKELY, speck + 1)
    changed = _spread(sure, score > _MAYBE)
    # Beside a change less will do: what is left of an old outline would show.
    changed = _spread(changed, changed | (_widened(changed, side // 16) & (score > _NEAR)))
    # Gaps are closed, and what is small and on its own between changes was repainted with them.
    rest = ~_narrowed(_widened(changed, side // 32), side // 32)
    return ~_spread(_narrowed(rest, side // 20), rest)


def _score(first: Values, second: Values) -> Values:
    """How many times the noise two pictures in CIELAB differ, at each pixel."""
    was, now = (np.sqrt(_mean(np.square(one - _mean(one, 2)).sum(axis=-1), 2)) for one in (first, second))
    contrast = np.minimum(was, 2 * now + 1)  # where an edge has gone it is no excuse
    best: Values = np.zeros_like(contrast)
    for difference, radius, share in (
        (first - second, 2, _ROUND_TRIP[0]),
        (_strange(first, second), 1, _ROUND_TRIP[1]),
    ):
        score = np.sqrt(_mean(np.square(difference).sum(axis=-1), radius)) / (1 + share * contrast)
        for ground in (contrast > _BUSY, contrast <= _BUSY):
            if np.count_nonzero(ground) > _ENOUGH * ground.size:
                score[ground] /= min(max(float(np.quantile(score[ground], 0.4)), _LEAST), _MOST)
        np.maximum(best, score, out=best)
    return best


def _strange(first: Values, second: Values) -> Values:
    """How far the second's colours are outside of those that the first has within a pixel, in each channel."""
    low = high = first
    for axis in (0, 1):
        low, high = (_neighbours(one, pick, axis) for one, pick in ((low, np.minimum), (high, np.maximum)))
    beyond: Values = np.maximum(0, np.maximum(low - second, second - high))
    return beyond


def _neighbours(values: Values, pick: np.ufunc, axis: int) -> Values:
    near = np.moveaxis(values, axis, 0)
    best = near.copy()
    pick(best[1:], near[:-1], out=best[1:])
    pick(best[:-1], near[1:], out=best[:-1])
    picked: Values = np.moveaxis(best, 0, axis)
    return picked


def _grown(found: Where, step: int, size: tuple[int, int]) -> Image.Image:
    """Bring what was found to the picture's size, widened by the seam over which the answer will fade in."""
    wide = _widened(found, math.ceil((usual_feather(size) + 2) / step))
    large = wide.repeat(step, axis=0).repeat(step, axis=1)[: size[1], : size[0]]
    return Image.fromarray(np.where(large, np.uint8(255), np.uint8(0)))


def _settled(answer: Image.Image, before: Image.Image, after: Image.Image, changed: Image.Image) -> Image.Image:
    """Match an answer's light and colour to the parent's along the seam, less and less towards the region's inside.

    How they differ is read outside the region, where both show the same thing.
    """
    step = max(1, min(answer.size) // 128)
    first, second = (np.asarray(one.reduce(step), np.float32) for one in (before, after))
    outside = (np.asarray(changed.reduce(step)) == 0).astype(np.float32)[..., None]
    near, off = (_mean(_mean(one, 8), 8) for one in (outside, (first - second) * outside))
    # Beside a straight seam half of the surroundings are outside: there the two are to match in full.
    off *= np.minimum(1, 2 * near) / np.maximum(near, 1e-6)
    levels = np.full((*off.shape[:2], len(answer.mode)), 128, np.uint8)
    levels[..., :3] = np.clip(np.rint(off + 128), 0, 255)
    size = levels.shape[1] * step, levels.shape[0] * step
    smooth = Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)
    return ImageChops.add(answer, smooth.crop((0, 0, *answer.size)), 1, -128)


def _transparent_again(parent: Image.Image, answer: Image.Image) -> Image.Image:
    """Give an answer that was painted on white the parent's transparency, but for what was newly painted on nothing."""
    had = np.asarray(parent.getchannel("A")).astype(np.float32)[..., None] / 255
    pixels = np.asarray(answer).astype(np.float32)
    cover = np.clip((255 - pixels.min(axis=-1, keepdims=True) - _CLEAR) / (_SOLID - _CLEAR), 0, 1)
    # Where the white shone through a half transparent edge it is taken out again.
    bare = np.clip((pixels - 255 * (1 - had)) / np.where(had > 0, had, 1), 0, 255)
    colour, alpha = np.where(had > 0, bare, pixels), np.where(had > 0, had, cover)
    return Image.fromarray(np.rint(np.concatenate([colour, 255 * alpha], axis=-1)).astype(np.uint8))


def _mean(values: Values, radius: int) -> Values:
    """Average over squares of 2·radius + 1 pixels; edges are repeated."""
    for axis in (0, 1):
        rim = [(0, 0)] * values.ndim
        rim[axis] = radius, radius
        near = np.moveaxis(np.pad(values, rim, mode="edge"), axis, 0)
        length = values.shape[axis]
        total = near[:length].copy()
        for start in range(1, 2 * radius + 1):
            total += near[start : start + length]
        total /= 2 * radius + 1
        values = np.moveaxis(total, 0, axis)
    return values


def _widened(mask: Where, radius: int) -> Where:
    """Widen a mask by a square, each step by nearly three times what it was wide before."""
    for axis in (0, 1):
        near, reach = np.moveaxis(mask, axis, 0), 0
        while reach < radius:
            step = min(2 * reach + 1, radius - reach)
            wide = near.copy()
            wide[step:] |= near[:-step]
            wide[:-step] |= near[step:]
            near, reach = wide, reach + step
        mask = np.moveaxis(near, 0, axis)
    return mask


def _narrowed(mask: Where, radius: int) -> Where:
    """Narrow a mask by a square; the picture's edges do not count."""
    return ~_widened(~mask, radius)


def _spread(seeds: Where, allowed: Where) -> Where:
    """Keep the connected parts of `allowed` that hold a seed: morphological reconstruction, whole runs at a time."""
    reached, count = seeds & allowed, -1
    while count != (count := int(np.count_nonzero(reached))):
        for axis in (1, 0):
            lines, marks = (np.ascontiguousarray(np.moveaxis(one, axis, 1)) for one in (allowed, reached))
            starts = lines.copy()
            starts[:, 1:] &= ~lines[:, :-1]
            run = np.cumsum(starts)
            hit = np.bincount(run[marks.ravel()], minlength=run[-1] + 1) > 0
            reached = np.moveaxis((hit[run] & lines.ravel()).reshape(lines.shape), 1, axis)
    return reached
