"""The nine styles that any scene can be shown in, as operations on batches of pictures.

Each is a fixed function of the pixels near a pixel and of its place, the same on every device and for every batch:
what a style does is then a matter of the picture alone, which is what a model can learn and a ruler can check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Callable


def apply(name: str, pictures: Tensor, scale: float = 1.0) -> Tensor:
    """Show pictures in a style.

    Parameters
    ----------
    name : str
        A name of ``wordbook.STYLES``.
    pictures : torch.Tensor
        ``(N, 3, H, W)`` in 0 to 1.
    scale : float
        Pixels to one of the full canvas: strokes keep their size in the picture.

    Returns
    -------
    torch.Tensor
        As `pictures`; values may lie a little outside 0 to 1.

    Raises
    ------
    ValueError
        For a name that no style has.
    """
    if name not in _STYLES:
        raise ValueError(f"there is no style called {name!r}; there are {', '.join(_STYLES)}")
    return _STYLES[name](pictures, scale)


# ---------------------------------------------------------------------------------------------------- ingredients


def _radius(full: float, scale: float) -> int:
    return max(1, round(full * scale))


def _luma(pictures: Tensor) -> Tensor:
    """Brightness by Rec. 601's weights, ``(N, 1, H, W)``; added one by one, so that the order is always the same."""
    red, green, blue = (pictures[:, c : c + 1] for c in range(3))
    return red * 0.299 + green * 0.587 + blue * 0.114


def _colour(pictures: Tensor, red: float, green: float, blue: float) -> Tensor:
    return torch.tensor([red, green, blue], device=pictures.device).view(1, 3, 1, 1)


def _blur(pictures: Tensor, radius: int) -> Tensor:
    """The mean of the square around each pixel; the picture's edge goes on beyond it."""
    wide = F.pad(pictures, (radius, radius, radius, radius), mode="replicate")
    wide = F.avg_pool2d(wide, (1, 2 * radius + 1), stride=1)
    return F.avg_pool2d(wide, (2 * radius + 1, 1), stride=1)


def _edges(pictures: Tensor) -> Tensor:
    """How much a pixel differs from its neighbours, 0 to about 1, the strongest channel's: ``(N, 1, H, W)``."""
    wide = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    across = (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]).abs()
    down = (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]).abs()
    return torch.maximum(across, down).amax(1, keepdim=True)


def _strokes(pictures: Tensor, radius: int) -> Tensor:
    """Each pixel as the calmest of the four squares that it is a corner of: flat patches with crisp borders.

    After Kuwahara et al., "Processing of RI-angiocardiographic images" (1976).
    """
    side = radius + 1
    wide = F.pad(pictures, (radius, radius, radius, radius), mode="replicate")
    mean = F.avg_pool2d(F.avg_pool2d(wide, (1, side), stride=1), (side, 1), stride=1)
    square = wide * wide
    unrest = F.avg_pool2d(F.avg_pool2d(square, (1, side), stride=1), (side, 1), stride=1) - mean * mean
    unrest = unrest.amax(1, keepdim=True)
    height, width = pictures.shape[-2:]
    best, least = mean[..., :height, :width], unrest[..., :height, :width]
    for y, x in ((0, radius), (radius, 0), (radius, radius)):
        other = unrest[..., y : y + height, x : x + width]
        calmer = other < least - 1e-5
        best = torch.where(calmer, mean[..., y : y + height, x : x + width], best)
        least = torch.where(calmer, other, least)
    return best


def _saturated(pictures: Tensor, amount: float) -> Tensor:
    gray = _luma(pictures)
    return gray + (pictures - gray) * amount


def _places(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column numbers, ``(H, 1)`` and ``(1, W)``."""
    height, width = pictures.shape[-2:]
    rows = torch.arange(height, device=pictures.device, dtype=torch.float32)
    return rows[:, None], torch.arange(width, device=pictures.device, dtype=torch.float32)[None]


def _waves(pictures: Tensor, length: float) -> Tensor:
    """A fixed pattern of soft blotches about `length` pixels long, -1 to 1: ``(H, W)``."""
    y, x = (place * (6.2832 / length) for place in _places(pictures))
    first = torch.sin(x * 0.9 + y * 0.4 + torch.sin(y * 0.7) * 1.3)
    second = torch.sin(y * 1.1 - x * 0.3 + torch.sin(x * 0.6 + 2) * 1.3)
    return (first + second + torch.sin((x + y) * 0.63 + 1)) * 0.333


# --------------------------------------------------------------------------------------------------------- styles


def _flat(pictures: Tensor, scale: float) -> Tensor:
    calm = _saturated(_strokes(pictures, _radius(3, scale)), 1.1).clamp(0, 1)
    brightest = calm.amax(1, keepdim=True)
    steps = (brightest * 4 + 0.5).floor() * 0.25
    few = calm * (steps / brightest.clamp(min=1e-3))
    dark, light = _colour(pictures, 0.15, 0.17, 0.30), _colour(pictures, 1.0, 0.95, 0.84)  # of old posters
    return dark + few * (light - dark)


def _pixel_art(pictures: Tensor, scale: float) -> Tensor:
    block = _radius(4, scale)
    height, width = pictures.shape[-2:]
    wide = F.pad(pictures, (0, -width % block, 0, -height % block), mode="replicate")
    few = (F.avg_pool2d(wide, block) * 5 + 0.5).floor() * 0.2
    return few.repeat_interleave(block, 2).repeat_interleave(block, 3)[..., :height, :width]


def _pencil_sketch(pictures: Tensor, scale: float) -> Tensor:
    gray = _luma(pictures)
    # dodging: what is darker than its surroundings stays dark, whatever else is becomes paper
    lines = (gray / _blur(gray, _radius(5, scale)).clamp(min=0.02)).clamp(0, 1)
    y, x = _places(pictures)
    hatch = torch.sin((x + y) * (6.2832 / (12 * scale))) * 0.5 + 0.5
    shade = 1 - (0.75 - gray).clamp(min=0) * (0.4 + 0.3 * hatch)
    return lines * lines * shade * _colour(pictures, 0.98, 0.97, 0.94)


def _blueprint(pictures: Tensor, scale: float) -> Tensor:
    lines = (_edges(pictures) * (1 + 1.2 * scale)).clamp(0, 1)
    every = max(4, round(16 * scale))
    y, x = _places(pictures)
    grid = ((y % every < 1) | (x % every < 1)).float() * 0.16
    ground = _colour(pictures, 0.08, 0.24, 0.56) * (0.8 + 0.35 * _luma(pictures))
    return ground + (_colour(pictures, 0.94, 0.97, 1.0) - ground) * torch.maximum(lines, grid)


def _oil(pictures: Tensor, scale: float) -> Tensor:
    thick = _saturated(_strokes(_strokes(pictures, _radius(4, scale)), _radius(3, scale)), 1.35)
    y, x = _places(pictures)
    # long dabs of paint, which turn from place to place and catch the light
    turn = _waves(pictures, 90 * scale)
    dabs = torch.sin((0.8 * x + 0.3 * y) * (0.42 / scale) + 5 * turn) * torch.sin(y * (0.16 / scale) - 4 * turn)
    return thick * (0.95 + 0.08 * dabs) + 0.03 * dabs


def _watercolour(pictures: Tensor, scale: float) -> Tensor:
    wash = _blur(_strokes(pictures, _radius(3, scale)), _radius(1, scale))
    pigment = 0.66 + 0.13 * _waves(pictures, 40 * scale) + 0.9 * _edges(wash).clamp(0, 0.4)
    return _colour(pictures, 0.99, 0.98, 0.95) - (1 - wash) * pigment


def _sepia(pictures: Tensor, scale: float) -> Tensor:  # noqa: ARG001  every style is called alike
    height, width = pictures.shape[-2:]
    y, x = _places(pictures)
    away = (y / (height - 1) - 0.5).square() + (x / (width - 1) - 0.5).square()
    return (0.08 + 0.9 * _luma(pictures)) * _colour(pictures, 1.0, 0.84, 0.62) * (1.04 - 0.75 * away)


def _night(pictures: Tensor, scale: float) -> Tensor:
    dim = _saturated(pictures, 0.75) * _colour(pictures, 0.34, 0.42, 0.72) + _colour(pictures, 0.01, 0.02, 0.08)
    # a cold light from above falls on the upper edges of things
    gray = _blur(_luma(pictures), 1)
    lower = F.pad(gray, (0, 0, 0, 2 * _radius(1, scale)), mode="replicate")[..., 2 * _radius(1, scale) :, :]
    return dim + (gray - lower).abs() * _colour(pictures, 0.30, 0.36, 0.44)


def _neon(pictures: Tensor, scale: float) -> Tensor:
    bright = pictures / pictures.amax(1, keepdim=True).clamp(min=0.25)
    least = pictures.amin(1, keepdim=True) / pictures.amax(1, keepdim=True).clamp(min=0.25)
    tube = bright * bright + (_colour(pictures, 0.35, 0.95, 1.0) - bright * bright) * least * least
    light = (_edges(_blur(pictures, 1)) * (1 + 2 * scale)).clamp(0, 1) * tube
    glow = _blur(_blur(light, _radius(4, scale)), _radius(4, scale))
    return _colour(pictures, 0.045, 0.025, 0.09) + pictures * 0.13 + light + glow * (0.4 + 0.9 * scale)


_STYLES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "flat": _flat,
    "pixel art": _pixel_art,
    "pencil sketch": _pencil_sketch,
    "blueprint": _blueprint,
    "oil": _oil,
    "watercolour": _watercolour,
    "sepia": _sepia,
    "night": _night,
    "neon": _neon,
}
