"""Reads pictures of the miniature's world: which thing is at a place, and what colour the background has.

The reading is analysis by synthesis: every thing that the world can draw, in every colour and with everything it can
wear, is laid over the background that the prompt asked for, at every place near where it belongs; whatever explains
the pixels best is what the picture shows. Nothing is learnt, so nothing can be learnt wrongly; `evaluate.py` measures
the reader itself on true pictures and on pictures of something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pochade.imaging.colour import delta_e, to_lab

from .atlas import sprite
from .vocabulary import FACES, HUES, NAMES, SHAPES, colourable
from .world import SIDE, Scene, Thing, draw

_WORN: tuple[tuple[str, ...], ...] = (
    (),
    ("top hat",),
    ("crown",),
    ("glasses",),
    ("top hat", "glasses"),
    ("crown", "glasses"),
)
_REACH = 5  #: how far from its place a thing is looked for, in half-size pixels

Look = tuple[str, str | None, tuple[str, ...]]


@lru_cache(maxsize=1)
def looks() -> tuple[Look, ...]:
    """Everything a thing can look like: name, colour (None: the drawing's own), what it wears."""
    out: list[Look] = []
    for name in NAMES:
        if name not in SHAPES:
            out += [(name, None, worn) for worn in (_WORN if name in FACES else _WORN[:1])]
        if colourable(name):
            out += [(name, colour, ()) for colour in HUES]
    return tuple(out)


@lru_cache(maxsize=64)
def _templates(side: int) -> tuple[Tensor, Tensor]:
    """All looks at a size: colours ``(looks, 3, h, w)`` in 0 to 1 and opacity ``(looks, 1, h, w)``."""
    drawn = np.stack([np.asarray(sprite(name, colour, side, worn)) for name, colour, worn in looks()])
    pixels = torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 255
    return pixels[:, :3].contiguous(), pixels[:, 3:].contiguous()


def _half(picture: np.ndarray) -> Tensor:
    return F.avg_pool2d(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255, 2)


@dataclass(frozen=True)
class Reading:
    """What was found at a place.

    Attributes
    ----------
    name, colour, worn
        The look that explains the pixels best.
    error : float
        Mean squared error of that explanation (0 to 1 colours).
    empty : float
        The same for plain background.
    """

    name: str
    colour: str | None
    worn: tuple[str, ...]
    error: float
    empty: float

    @property
    def something(self) -> bool:
        """Whether the look explains the pixels far better than nothing does: a melted thing is nothing."""
        return self.error < 0.5 * self.empty


def read(picture: np.ndarray, background: str, thing: Thing) -> Reading:
    """Find what stands where `thing` should.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB, ``(128, 128, 3)``, uint8.
    background : str
        The background that was asked for.
    thing : Thing
        Gives place and size, not the answer.
    """
    plain = _half(draw(Scene(background, ())))
    difference = F.pad(_half(picture) - plain, (40, 40, 40, 40))
    plain = F.pad(plain, (40, 40, 40, 40), mode="replicate")
    best: tuple[float, int, float] = (float("inf"), 0, 0.0)
    for side in sorted({max(10, (thing.side + change) // 2) for change in (-4, 0, 4)}):
        colours, opacity = _templates(side)
        height, width = colours.shape[-2:]
        left = 40 + thing.x // 2 - side // 2 - _REACH
        top = 40 + thing.y // 2 - side // 2 - (height - side) - _REACH
        window = (
            slice(None),
            slice(None),
            slice(top, top + height + 2 * _REACH),
            slice(left, left + width + 2 * _REACH),
        )
        d, b = difference[window], plain[window]
        # sum over the window of (d − a·(t − b))², written out so that each term is one correlation
        here = F.conv2d((d * d).sum(1, keepdim=True), torch.ones(1, 1, height, width))
        shown = opacity * colours
        cross = F.conv2d(d, shown) - F.conv2d((d * b).sum(1, keepdim=True), opacity)
        own = (shown * shown).sum((1, 2, 3))[None, :, None, None]
        mixed = F.conv2d(b, opacity * shown)
        under = F.conv2d((b * b).sum(1, keepdim=True), opacity * opacity)
        area = float(3 * height * width)
        errors = (here - 2 * cross + own - 2 * mixed + under) / area
        least, index = errors.flatten(2).min(-1).values[0].min(0)
        if least.item() < best[0]:
            best = least.item(), int(index), here[0, 0, _REACH, _REACH].item() / area
    name, colour, worn = looks()[best[1]]
    return Reading(name, colour, worn, max(best[0], 0.0), best[2])


def shows(picture: np.ndarray, scene: Scene) -> list[bool]:
    """For each thing of a scene, whether the picture shows it there: the right thing, colour and clothes."""
    out = []
    for thing in scene.things:
        found = read(picture, scene.background, thing)
        right = (found.name, found.worn) == (thing.name, thing.worn) and (
            thing.colour is None or found.colour == thing.colour
        )
        out.append(found.something and right)
    return out


def background_difference(picture: np.ndarray, scene: Scene) -> float:
    """Median CIEDE2000 between a picture and the background that was asked for, over what no thing covers."""
    free = np.ones((SIDE, SIDE), bool)
    for thing in scene.things:
        left, top, right, bottom = thing.box
        free[max(0, top - thing.side // 2) : bottom + 6, max(0, left - 6) : right + 6] = False
    true = draw(Scene(scene.background, ()))
    if not free.any():
        free[:6] = True
    return float(np.median(delta_e(to_lab(picture[free]), to_lab(true[free]))))
