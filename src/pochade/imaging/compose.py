"""Puts the changed part of an answer back into its picture, and leaves every byte outside the mask as it was.

It stands alone because it is the whole of that promise: models repaint all pixels, also those that were to stay, so
the parent's own bytes are kept here and only masked pixels are ever written. The seam is softened inside the mask.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.mask import check_mask

__all__ = ["compose", "usual_feather"]


def compose(parent: Image.Image, answer: Image.Image, mask: Image.Image, *, feather: int | None = None) -> Image.Image:
    """Take the answer where the mask is painted and the parent everywhere else.

    Parameters
    ----------
    parent : PIL.Image.Image
        The picture that was edited, "RGB" or "RGBA". It is never resampled.
    answer : PIL.Image.Image
        What the model painted. If its size is another, it is resampled to the parent's.
    mask : PIL.Image.Image
        Mode "L", as large as the parent: 255 takes the answer, 0 keeps the parent, between mixes the two.
    feather : int, optional
        Over how many pixels, going inwards from the mask's edge, the answer fades in; 0 is a hard edge. By default
        1/128 of the picture's shorter side, between 1 and 8. A stroke thinner than this fades over its own half-width,
        so that its middle always shows the answer.

    Returns
    -------
    PIL.Image.Image
        A new picture of the parent's mode and size. Where the mask is 0 every byte, transparency too, is the parent's.

    Raises
    ------
    ImageError
        When the parent is neither RGB nor RGBA, or the mask does not fit it.
    """
    if parent.mode not in ("RGB", "RGBA"):
        raise ImageError(f"The picture must be RGB or RGBA, not {parent.mode}: read it with load_image.")
    check_mask(mask, parent.size)
    if answer.size != parent.size:
        answer = answer.resize(parent.size, Image.Resampling.LANCZOS)
    radius = usual_feather(parent.size) if feather is None else feather
    box = _around(mask)
    levels = np.asarray(mask.crop(box))
    inside = levels > 0
    # The smaller of the two, not their product: an edge that was painted soft is not softened again.
    weight = np.minimum(levels / np.float32(255), _fade(inside, radius))[inside][:, None]
    pixels = np.array(parent.crop(box))
    pixels[inside] = _mix(pixels[inside], np.asarray(answer.crop(box).convert("RGBA"))[inside], weight)
    result = parent.copy()
    result.info = {}
    result.paste(Image.fromarray(pixels), box)
    return result


def usual_feather(size: tuple[int, int]) -> int:
    """Over how many pixels an answer fades into a picture of `size` when nobody says."""
    return min(8, max(1, round(min(size) / 128)))


def _around(mask: Image.Image) -> tuple[int, int, int, int]:
    """Return the box of the painted part and a rim of one pixel: a large picture costs no more than its mask."""
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return max(left - 1, 0), max(top - 1, 0), min(right + 1, mask.width), min(bottom + 1, mask.height)


def _mix(
    old: npt.NDArray[np.uint8], new: npt.NDArray[np.uint8], weight: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Mix rows of pixels, N×3 or N×4 with N×4. Colours count by their opacity, so that none shines through unseen."""
    channels = old.shape[1]
    had, has = old[:, 3:], new[:, 3:]
    if not had.size:  # nothing may become transparent, so a transparent answer leaves the parent showing
        weight = weight * (has.astype(np.float32) / np.float32(255))
        had = has = np.full_like(has, 255)
    alpha = had * (1 - weight) + has * weight
    share = np.where(alpha > 0, has * weight / np.where(alpha > 0, alpha, 1), weight)
    colour = old[:, :3] * (1 - share) + new[:, :3] * share
    mixed: npt.NDArray[np.float32] = np.concatenate([colour, alpha], axis=1)[:, :channels]
    return np.rint(mixed).astype(np.uint8)


def _fade(inside: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.float32]:
    """Compute how much of the answer shows at each pixel, 0..1, rising from the mask's edge inwards."""
    if radius <= 0:
        return inside.astype(np.float32)
    reach = radius + 1  # distances are told apart only this far
    squares = [step**2 for step in range(1, reach + 1)]
    distance = np.sqrt(_lowest(np.where(inside, np.float32(reach**2), np.float32(0)), squares))
    # The deepest point near each pixel tells a thin stroke, which must reach its full strength sooner, from the rim of
    # a broad area.
    depth = -_lowest(-distance, [0] * reach)
    weight: npt.NDArray[np.float32] = distance / np.maximum(depth, 1)
    return weight


def _lowest(values: npt.NDArray[Any], costs: Sequence[int]) -> npt.NDArray[Any]:
    """Find at each pixel the lowest value around it, where being k pixels away along an axis adds ``costs[k - 1]``.

    With 0 outside the mask and the squares as costs this is the squared Euclidean distance to the mask's edge, since
    squares of distances add up over the axes.
    """
    for axis in (0, 1):
        near = np.moveaxis(values, axis, 0)
        lowest = near.copy()
        for step, cost in enumerate(costs, 1):
            np.minimum(lowest[step:], near[:-step] + cost, out=lowest[step:])
            np.minimum(lowest[:-step], near[step:] + cost, out=lowest[:-step])
        values = np.moveaxis(lowest, 0, axis)
    return values
