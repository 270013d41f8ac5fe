"""What the scorers look at: true drawings of scenes, and the window of a picture in which a thing should stand.

Both scorers and the reader of letters share these two; everything else about them is their own, so that agreeing means
something.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from pochade.miniature.drawing.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pochade.miniature.world import Scene, Thing

__all__ = ["ABOVE", "FRAME", "drawn", "frame", "padded", "window"]

FRAME = 1.5  #: side of a thing's window, in sides of the thing
ABOVE = 0.95  #: how much of the window lies above the thing's centre, in sides: there is room for a hat


@lru_cache(maxsize=4)
def _renderer(scale: float) -> Renderer:
    return Renderer("cpu", scale)


def drawn(scenes: Sequence[Scene], scale: float) -> list[np.ndarray]:
    """Draw scenes in batches, those of one shape together.

    Parameters
    ----------
    scenes : sequence of Scene
        In any mixture of buckets.
    scale : float
        1 is the full canvas, 0.5 that of 128×128 pictures.

    Returns
    -------
    list of numpy.ndarray
        RGB, ``(height, width, 3)``, uint8, in the order of the scenes.
    """
    renderer = _renderer(scale)
    out: dict[int, np.ndarray] = {}
    by_bucket: dict[str, list[int]] = {}
    for index, scene in enumerate(scenes):
        by_bucket.setdefault(scene.bucket, []).append(index)
    for indices in by_bucket.values():
        for start in range(0, len(indices), 64):
            part = indices[start : start + 64]
            with torch.no_grad():
                pictures = renderer.paint([renderer.compose(scenes[i]) for i in part])
            pixels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
            out |= dict(zip(part, pixels, strict=True))
    return [out[index] for index in range(len(scenes))]


def frame(thing: Thing, scale: float) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a thing's window in the picture's own pixels."""
    x, y, side = thing.x * scale, thing.y * scale, thing.side * scale
    return x - FRAME / 2 * side, y - ABOVE * side, x + FRAME / 2 * side, y + (FRAME - ABOVE) * side


def padded(picture: np.ndarray) -> Image.Image:
    """Continue a picture beyond its edges by half its size, so that windows may reach over them."""
    height, width = picture.shape[:2]
    return Image.fromarray(np.pad(picture, ((height // 2,) * 2, (width // 2,) * 2, (0, 0)), mode="edge"))


def window(picture: Image.Image, box: tuple[float, float, float, float], size: tuple[int, int]) -> np.ndarray:
    """Resample a part of a `padded` picture, smoothly also where it shrinks.

    Parameters
    ----------
    picture : PIL.Image.Image
        From `padded`.
    box : tuple of float
        Left, top, right, bottom in pixels of the picture before it was padded.
    size : tuple of int
        Width and height that the window is brought to.

    Returns
    -------
    numpy.ndarray
        RGB, ``(height, width, 3)``, uint8.
    """
    across, down = picture.width // 4, picture.height // 4  # half of the inner size on every side
    left, right = (min(max(v + across, 0), picture.width) for v in (box[0], box[2]))
    top, bottom = (min(max(v + down, 0), picture.height) for v in (box[1], box[3]))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom)))
