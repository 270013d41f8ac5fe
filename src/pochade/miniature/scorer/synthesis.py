"""The scorer that learns nothing: it draws what could stand at a place, and sees what explains the pixels best.

Every thing that a part of the world can draw, in every colour and with everything it can wear, is laid over the scene
without that thing, at every place near where it belongs; whatever leaves the least error is what the picture shows.
Where a style changes every pixel, whole pictures are drawn in that style instead, for a few likely answers. What no
drawing explains shows what is there beyond what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from pochade.imaging.colour import delta_e, to_lab
from pochade.miniature.looks import dressed, slot
from pochade.miniature.wordbook import BY_NAME, CARRIERS, COLOURS, SHAPES, colourable
from pochade.miniature.world import Scene, Thing

from .views import drawn, frame, padded, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PIL import Image

    from pochade.miniature.reach import Reach

__all__ = ["Look", "Reading", "background_difference", "colour_difference", "extras", "looks", "nearest_style", "read"]

Look = tuple[str, str | None, tuple[str, ...]]  #: name, colour (None: the drawing's own), what it wears

_SIDE = 36  #: side of a template, pixels; the thing itself fills two thirds
_REACH = 4  #: how far from its place a thing is looked for, in template pixels: a sixth of its side
_FINALISTS = 24  #: looks that are laid over the picture at every size, after a rough look at all
_GROWTH = (-0.07, 0.0, 0.07)  #: changes of size that are tried
_SEEN = 6  #: difference of 255 from which a drawing is seen on its ground
_UNLIKE = 0.08 * 255  #: mean difference of a place that no drawing explains, of 255
# 99 in 100 true things that went through the first weights' VAE stay below 0.17 and 0.27
_EXPLAINED = 0.45  #: a look must leave less than this share of the error that the empty scene leaves
_MARGIN = 0.8  #: and less than this share of the error that the best other name leaves


@lru_cache(maxsize=8)
def looks(reach: Reach) -> tuple[Look, ...]:
    """Name everything that a thing can look like in a part of the world, but for what carries text."""
    worn = _outfits(tuple(reach.worn))
    out: list[Look] = []
    for name in reach.names:
        if name in CARRIERS:
            continue
        if name not in SHAPES:
            out += [(name, None, items) for items in (worn if BY_NAME[name].wearer else ((),))]
        if name in SHAPES or colourable(name):
            out += [(name, colour, ()) for colour in reach.hues]
    return tuple(out)


@lru_cache(maxsize=8)
def _outfits(worn: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Nothing, each item, and each two that are worn in different places."""
    pairs = [dressed(pair) for pair in combinations(worn, 2) if slot(pair[0]) != slot(pair[1])]
    return ((), *((item,) for item in worn), *pairs)


def _canonical(look: Look, background: str) -> Scene:
    name, colour, worn = look
    return Scene(background, (Thing(name, colour, 128, 150, 120, worn),))


@dataclass(frozen=True)
class _Bank:
    """Looks and their drawings on their own: opacity times colour ``(n, 3, h, w)`` and opacity ``(n, 1, h, w)``."""

    looks: tuple[Look, ...]
    shown: Tensor
    opacity: Tensor

    def some(self, chosen: Sequence[int]) -> _Bank:
        """The looks of these numbers alone."""
        return _Bank(tuple(self.looks[i] for i in chosen), self.shown[chosen], self.opacity[chosen])

    def halved(self) -> _Bank:
        """The same at half the size."""
        return _Bank(self.looks, F.avg_pool2d(self.shown, 2), F.avg_pool2d(self.opacity, 2))

    def errors(self, painted: Tensor, bare: Tensor) -> Tensor:
        """Mean squared error of each look at each place, ``(n, rows, columns)``.

        It is the sum over a window of (d - a(t - b))^2, with d what a picture has more than the scene without the
        thing (b), t a look and a its opacity, written out so that each term is one correlation.
        """
        d, side = painted - bare, self.shown.shape[-1]
        here = F.conv2d((d * d).sum(1, keepdim=True), torch.ones(1, 1, side, side))
        cross = F.conv2d(d, self.shown) - F.conv2d((d * bare).sum(1, keepdim=True), self.opacity)
        mixed = F.conv2d(bare, self.opacity * self.shown)
        under = F.conv2d((bare * bare).sum(1, keepdim=True), self.opacity * self.opacity)
        own = self.shown.square().sum((1, 2, 3))[None, :, None, None]
        return ((here - 2 * cross + own - 2 * mixed + under)[0] / (3 * side * side)).clamp(min=0)


@lru_cache(maxsize=256)
def _bank(tried: tuple[Look, ...]) -> _Bank:
    """Draw looks on black and on white: what both have in common is the drawing, how they differ is its opacity."""
    scenes = [_canonical(look, background) for look in tried for background in ("#000000", "#ffffff")]
    pictures, size = drawn(scenes, 0.5), (_SIDE, _SIDE)
    boxes = [frame(scene.things[0], 0.5) for scene in scenes]
    cut = [window(padded(p), b, size).astype(np.float32) / 255 for p, b in zip(pictures, boxes, strict=True)]
    dark, light = np.stack(cut[::2]).transpose(0, 3, 1, 2), np.stack(cut[1::2]).transpose(0, 3, 1, 2)
    opacity = np.clip(1 - (light - dark).mean(1, keepdims=True), 0, 1)
    return _Bank(tried, torch.from_numpy(dark.copy()), torch.from_numpy(opacity.copy()))


@lru_cache(maxsize=8)
def _banks(reach: Reach) -> tuple[_Bank, _Bank]:
    """All looks of a part of the world, and the same at half the size."""
    whole = _bank(looks(reach))
    return whole, whole.halved()


@dataclass(frozen=True)
class Reading:
    """What was found at a place.

    Attributes
    ----------
    name, colour, worn
        The look that explains the pixels best.
    error, empty : float
        Mean squared error of that explanation, and of the scene without the thing (0 to 1 colours).
    runner_up : float
        Error of the best look of another name.
    """

    name: str
    colour: str | None
    worn: tuple[str, ...]
    error: float
    empty: float
    runner_up: float

    @property
    def something(self) -> bool:
        """Whether the look explains the pixels far better than nothing and other names do: a melted thing is none."""
        return self.error < _EXPLAINED * self.empty and self.error < _MARGIN * self.runner_up


def _tensor(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def read(picture: np.ndarray, scene: Scene, index: int, reach: Reach, scale: float) -> Reading:
    """Find what stands where a thing of a scene should.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB, ``(height, width, 3)``, uint8.
    scene : Scene
        What was asked for; the thing itself gives only place and size, the others are taken as they should be.
    index : int
        Which thing.
    reach : Reach
        The part of the world whose looks are tried.
    scale : float
        The picture's scale: 1 is the full canvas.
    """
    thing = scene.things[index]
    asked: Look = (thing.name, thing.colour, thing.worn)
    if scene.style or thing.name in CARRIERS:
        return _read_whole(picture, scene, index, looks(reach), scale)
    others = replace(scene, things=scene.things[:index] + scene.things[index + 1 :])
    (without,) = drawn([others], scale)
    images, box = (padded(picture), padded(without)), frame(thing, scale)
    fine, coarse = _banks(reach)
    painted, bare = (F.avg_pool2d(p, 2) for p in _around(images, box, 0.0))
    rough = coarse.errors(painted, bare).flatten(1).min(-1).values
    bank = fine.some(rough.argsort()[:_FINALISTS].tolist())
    if asked not in bank.looks:
        own = _bank((asked,))
        bank = _Bank((*bank.looks, asked), torch.cat([bank.shown, own.shown]), torch.cat([bank.opacity, own.opacity]))
    errors, empty = torch.full((len(bank.looks),), torch.inf), float("inf")
    for growth in _GROWTH:
        painted, bare = _around(images, box, growth)
        errors = torch.minimum(errors, bank.errors(painted, bare).flatten(1).min(-1).values)
        if growth == 0:
            middle = slice(_REACH, _REACH + _SIDE)
            empty = float((painted - bare)[..., middle, middle].square().mean())
    best = int(errors.argmin())
    name, colour, worn = bank.looks[best]
    rival = [e for e, look in zip(errors.tolist(), bank.looks, strict=True) if look[0] != name]
    return Reading(name, colour, worn, float(errors[best]), empty, min(rival, default=float("inf")))


def _around(
    images: Sequence[Image.Image], box: tuple[float, float, float, float], growth: float
) -> tuple[Tensor, Tensor]:
    """A thing's surroundings in the picture and in the scene without it, the latter brought to the picture's tone."""
    left, top, right, bottom = box
    more = (right - left) * (growth + _REACH / _SIDE * (1 + 2 * growth))
    wide, around = _SIDE + 2 * _REACH, (left - more, top - more, right + more, bottom + more)
    painted, bare = (_tensor(window(image, around, (wide, wide))) for image in images)
    return painted, bare + (painted - bare).flatten(2).median(-1).values[..., None, None].clamp(-0.1, 0.1)


def _read_whole(picture: np.ndarray, scene: Scene, index: int, tried: Sequence[Look], scale: float) -> Reading:
    """Read by drawing whole pictures, with the asked look and some others in the thing's place."""
    thing = scene.things[index]
    every = max(1, len(tried) // 24)
    own = [look for look in tried if look[0] == thing.name]
    rivals = [look for look in tried[index % every :: every] if look[0] != thing.name]
    if thing.name in CARRIERS:
        rivals += [(name, thing.colour, ()) for name in CARRIERS if name != thing.name]
    if thing.name in CARRIERS or thing.name in SHAPES:
        own += [(thing.name, colour, ()) for colour in COLOURS if colour != thing.colour]
    asked: Look = (thing.name, thing.colour, thing.worn)
    candidates = list(dict.fromkeys([asked, *own, *rivals]))
    scenes = [replace(scene, things=scene.things[:index] + scene.things[index + 1 :])]
    for name, colour, worn in candidates:
        text = thing.text if name in CARRIERS else None
        new = replace(thing, name=name, colour=colour, worn=worn, text=text)
        scenes.append(replace(scene, things=(*scene.things[:index], new, *scene.things[index + 1 :])))
    box, painted = frame(thing, scale), padded(picture)
    step = thing.side * scale * 0.06
    shifts = [(dx * step, dy * step) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    seen = np.stack(
        [
            window(painted, (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy), (_SIDE, _SIDE)).astype(np.float32)
            for dx, dy in shifts
        ]
    )
    true = [window(padded(p), box, (_SIDE, _SIDE)).astype(np.float32) for p in drawn(scenes, scale)]
    errors = [float(np.square((seen - t) / 255).mean((1, 2, 3)).min()) for t in true]
    best = int(np.argmin(errors[1:]))
    name, colour, worn = candidates[best]
    rival = [e for e, look in zip(errors[1:], candidates, strict=True) if look[0] != name]
    return Reading(name, colour, worn, errors[1 + best], errors[0], min(rival, default=float("inf")))


def _free(scene: Scene, shape: tuple[int, ...], scale: float, margin: float) -> np.ndarray:
    """Where a scene is bare: off everything that is drawn on it, by a share of the largest thing's side as well.

    A thing may stand a little beside its place; what is farther off belongs to something else.
    """
    with_things, bare = drawn([replace(scene, style=""), replace(scene, things=(), style="")], scale)
    covered = np.abs(with_things.astype(np.int16) - bare).max(-1) > _SEEN
    largest = max((thing.side for thing in scene.things), default=0)
    away = round((margin + 0.06 * largest) * scale)
    spread = F.max_pool2d(torch.from_numpy(covered)[None, None].float(), 2 * away + 1, 1, away)[0, 0].bool().numpy()
    return np.broadcast_to(~spread, shape[:2]).copy()


def background_difference(picture: np.ndarray, scene: Scene, scale: float) -> float:
    """Median CIEDE2000 between a picture and the background that was asked for, over what no thing covers."""
    free = _free(scene, picture.shape, scale, 0)
    if free.mean() < 0.02:
        free[:] = False
        free[[0, 1, -2, -1]] = True
    (true,) = drawn([replace(scene, things=())], scale)
    return float(np.median(delta_e(to_lab(picture[free]), to_lab(true[free]))))


def nearest_style(picture: np.ndarray, scene: Scene, styles: Sequence[str], scale: float) -> str:
    """Say in which of some styles, or the scene's own, the scene is nearest to a picture, over the whole of it.

    The picture may stand up to four pixels of the canvas beside the scene: else the edges of a thing that was painted
    beside its place would decide, which a style blurs as it does everything.
    """
    tried = tuple(dict.fromkeys((scene.style, *styles)))
    true = np.stack(drawn([replace(scene, style=style) for style in tried], scale)).astype(np.int16)
    step = max(1, round(2 * scale))
    margin = 2 * step
    height, width = picture.shape[0] - 2 * margin, picture.shape[1] - 2 * margin
    inner = picture[margin:-margin:2, margin:-margin:2].astype(np.int16)  # a quarter of the pixels tells as much
    errors = np.full(len(tried), np.inf)
    for y in range(0, 2 * margin + 1, step):
        for x in range(0, 2 * margin + 1, step):
            part = true[:, y : y + height : 2, x : x + width : 2]
            errors = np.minimum(errors, np.abs(part - inner).mean((1, 2, 3)))
    return tried[int(errors.argmin())]


def colour_difference(picture: np.ndarray, thing: Thing, rgb: Sequence[int], scale: float) -> float:
    """CIEDE2000 between a colour and the median of a plain shape's inner part."""
    x, y, reach = thing.x * scale, thing.y * scale, thing.side * scale * 0.15
    inner = picture[max(0, round(y - reach)) : round(y + reach) + 1, max(0, round(x - reach)) : round(x + reach) + 1]
    if not inner.size:
        return 100.0
    return float(delta_e(to_lab(np.median(inner.reshape(-1, 3), 0)), to_lab(np.asarray(rgb))))


def extras(picture: np.ndarray, scene: Scene, scale: float) -> list[Thing]:
    """Say what nothing asked for explains: places off the asked things where a picture is far from the true one.

    Returns
    -------
    list of Thing
        Nameless things (``name=""``) at the middles of such places, as large as they are, in canvas pixels.
    """
    (true,) = drawn([scene], scale)
    free = _free(scene, picture.shape, scale, 8)
    difference = picture.astype(np.float32) - true.astype(np.float32)
    if free.any():
        difference -= np.clip(np.median(difference[free], 0), -25, 25)
    strength = np.abs(difference).mean(-1) * free
    cell = max(2, round(16 * scale))
    rows, columns = strength.shape[0] // cell, strength.shape[1] // cell
    cells = strength[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).mean((1, 3)) > _UNLIKE
    return [
        Thing("", None, round(x * cell / scale), round(y * cell / scale), round(max(2, side) * cell / scale))
        for x, y, side in _islands(cells)
    ]


def _islands(cells: np.ndarray) -> Iterable[tuple[float, float, int]]:
    """The connected parts of a grid: the middle of each and its longer side, in cells."""
    left = {(int(y), int(x)) for y, x in np.argwhere(cells)}
    while left:
        edge = [left.pop()]
        part = list(edge)
        while edge:
            y, x = edge.pop()
            near = [n for n in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)) if n in left]
            left.difference_update(near)
            part += near
            edge += near
        ys, xs = [p[0] for p in part], [p[1] for p in part]
        yield (
            (min(xs) + max(xs) + 1) / 2,
            (min(ys) + max(ys) + 1) / 2,
            max(max(xs) - min(xs), max(ys) - min(ys)) + 1,
        )
