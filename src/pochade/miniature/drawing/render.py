"""The painter's hand: paints whole batches of scenes at once, on the CPU or on an accelerator.

What goes where is decided in `layers.py`. Here every tile lies in one long tensor at sizes half an octave apart, and
the k-th paste of all pictures happens together: each pixel under a tile is read once, mixed, and written once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pochade.miniature.wordbook import STYLES

from . import scenery, styles
from .layers import BLUE, HEIGHT, LEFT, RED, ROUND, TILE, TOP, WIDTH, Layers, catalogue, truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pochade.miniature.world import Scene

__all__ = ["Layers", "Renderer", "truth"]

_LEVELS = 9  #: sizes that a tile is kept in, each 1/√2 of the one before
_SHARP = 0.94  #: a kept size serves pastes up to 1/0.94 of it, so that few are blurred by halves
#: sides of the windows that pastes are painted in together, pixels: many on the CPU, where every pixel costs; few on
#: an accelerator, where every start of an operation does
_MANY = np.array((4, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 352, 448, 640, 1024, 2048))
_FEW = np.array((16, 32, 64, 128, 256, 512, 1024, 2048))


class Renderer:
    """Paints scenes.

    Parameters
    ----------
    device : str
        Where pictures are painted and kept.
    scale : float
        Pixels of a picture to one of the full canvas.
    names : sequence of str, optional
        Things whose tiles are drawn at once; the others are drawn when they are first needed. Without it everything
        is drawn at once, except on the CPU, where most programs paint little.
    """

    def __init__(self, device: str = "cpu", scale: float = 1.0, names: Sequence[str] | None = None) -> None:
        self._device, self._scale = torch.device(device), scale
        self._catalogue = catalogue()
        self._windows = _MANY if self._device.type == "cpu" else _FEW
        tiles = len(self._catalogue.keys)
        self._built = np.zeros(tiles, bool)
        self._offset = np.zeros((tiles, _LEVELS), np.int64)
        self._wide = np.ones((tiles, _LEVELS), np.int64)
        self._high = np.ones((tiles, _LEVELS), np.int64)
        self._atlas = torch.zeros(0, dtype=torch.int32, device=self._device)
        self._used = 0
        self._landscapes: dict[tuple[str, int, int], Tensor] = {}
        if names is not None:
            self._build([i for i, key in enumerate(self._catalogue.keys) if key[1] in names or key[0] != "thing"])
        elif self._device.type != "cpu":
            self._build(range(tiles))

    def compose(self, scene: Scene) -> Layers:
        """What to paste where for a scene, at this renderer's scale; see `Catalogue.compose`."""
        return self._catalogue.compose(scene, self._scale)

    @torch.no_grad()
    def paint(self, layers: Sequence[Layers]) -> Tensor:
        """Paint pictures of one size.

        A picture does not depend on those that are painted with it, to the bit.

        Parameters
        ----------
        layers : sequence of Layers
            What `compose` gave for this renderer's scale.

        Returns
        -------
        torch.Tensor
            ``(N, 3, H, W)``, float32 in [-1, 1], on the device.

        Raises
        ------
        ValueError
            When there are no layers, or their sizes differ.
        """
        sizes = {each.size for each in layers}
        if len(sizes) != 1:
            raise ValueError(f"pictures painted together have one size, not {sorted(sizes) or 'none'}")
        ((width, height),) = sizes
        canvas = self._grounds(layers, width, height)
        self._paste(canvas, [each.pastes for each in layers], width, height)
        self._stylise(canvas, layers, width, height)
        self._paste(canvas, [each.overlay for each in layers], width, height)
        pixels = canvas[:-1].view(torch.uint8).view(len(layers), height, width, 4)[..., :3]
        return pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(127.5).sub_(1)

    # ------------------------------------------------------------------------------------------------ backgrounds

    def _grounds(self, layers: Sequence[Layers], width: int, height: int) -> Tensor:
        """Backgrounds as packed pixels, one after the other, and one pixel more for what falls beside the pictures."""
        ends = self._moved(np.array([(*each.top, *each.bottom) for each in layers], np.float32))
        above, below = ends[:, None, :3], ends[:, None, 3:]
        down = torch.linspace(0, 1, height, device=self._device)[None, :, None]
        rows = torch.full((len(layers), height, 4), 255, dtype=torch.uint8, device=self._device)
        rows[..., :3] = (above + (below - above) * down + 0.5).to(torch.uint8)
        canvas = torch.zeros(len(layers) * height * width + 1, dtype=torch.int32, device=self._device)
        pictures = canvas[:-1].view(len(layers), height, width)
        pictures[:] = rows.view(torch.int32)
        for name in {each.landscape for each in layers} - {""}:
            places = [i for i, each in enumerate(layers) if each.landscape == name]
            pictures[self._moved(np.array(places))] = self._landscape(name, width, height)
        return canvas

    def _landscape(self, name: str, width: int, height: int) -> Tensor:
        if (name, width, height) not in self._landscapes:
            drawn = scenery.landscape(name, width, height)
            self._landscapes[name, width, height] = self._moved(_packed(drawn)).view(height, width)
        return self._landscapes[name, width, height]

    # ----------------------------------------------------------------------------------------------------- styles

    def _stylise(self, canvas: Tensor, layers: Sequence[Layers], width: int, height: int) -> None:
        pictures = canvas[:-1].view(torch.uint8).view(len(layers), height, width, 4)
        for name in STYLES:
            places = [i for i, each in enumerate(layers) if each.style == name]
            if places:
                chosen = self._moved(np.array(places))
                pixels = pictures[chosen][..., :3].permute(0, 3, 1, 2).float() / 255
                styled = styles.apply(name, pixels.contiguous(), self._scale)
                pictures[chosen, ..., :3] = (styled.clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)

    # ----------------------------------------------------------------------------------------------------- pasting

    def _paste(self, canvas: Tensor, pastes: Sequence[np.ndarray], width: int, height: int) -> None:
        """Paste into packed pictures, round by round, windows of about one size at a time."""
        table = np.concatenate(pastes)
        if not len(table):
            return
        picture = np.repeat(np.arange(len(pastes)), [len(each) for each in pastes])
        tile = table[:, TILE].astype(np.int64)
        self._build(np.unique(tile[~self._built[tile]]))
        level = self._level(tile, table[:, WIDTH], table[:, HEIGHT])
        left, top = np.floor(table[:, LEFT]), np.floor(table[:, TOP])
        across = np.searchsorted(self._windows, np.ceil(table[:, LEFT] + table[:, WIDTH]) - left)
        down = np.searchsorted(self._windows, np.ceil(table[:, TOP] + table[:, HEIGHT]) - top)
        numbers = np.stack(
            [
                picture * (width * height),
                self._offset[tile, level],
                self._wide[tile, level],
                self._high[tile, level],
                left.astype(np.int64),
                top.astype(np.int64),
            ],
            1,
        )
        order = np.lexsort((across, down, table[:, ROUND]))
        group = np.stack([table[:, ROUND].astype(np.int64), down, across], 1)[order]
        starts = np.flatnonzero(np.any(np.diff(group, axis=0, prepend=-1), 1))
        whole, parts = self._moved(numbers[order]), self._moved(table[order])
        for start, stop in pairwise([*starts.tolist(), len(order)]):
            window = int(self._windows[group[start, 1]]), int(self._windows[group[start, 2]])
            for some in self._shares(start, stop, window[0] * window[1]):
                self._paste_windows(canvas, whole[some], parts[some], window, (width, height))

    def _shares(self, start: int, stop: int, area: int) -> Iterator[slice]:
        """Cut a run of pastes so that its windows fit the cache of a CPU, or a fair part of a device's memory."""
        most = max(1, (2**16 if self._device.type == "cpu" else 2**24) // area)
        for first in range(start, stop, most):
            yield slice(first, min(first + most, stop))

    def _paste_windows(
        self, canvas: Tensor, numbers: Tensor, parts: Tensor, window: tuple[int, int], size: tuple[int, int]
    ) -> None:
        """Paste tiles into windows of one size, no two of which have a pixel of their boxes in common.

        Everything is one multiplication or one addition at a time, so that results do not depend on the batch.
        """
        base, offset, wide, high, left, top = numbers.unbind(1)
        x, x0, x1, fx, in_x = self._taps(left, parts[:, LEFT], parts[:, WIDTH], wide, window[1], size[0])
        y, y0, y1, fy, in_y = self._taps(top, parts[:, TOP], parts[:, HEIGHT], high, window[0], size[1])
        row0, row1 = (offset[:, None] + v * wide[:, None] for v in (y0, y1))

        def read(row: Tensor, column: Tensor) -> Tensor:
            where = row[:, :, None] + column[:, None, :]
            return self._atlas.index_select(0, where.view(-1)).view(torch.uint8).view(*where.shape, 4).float()

        (wx0, wx1), (wy0, wy1) = fx, fy
        upper = read(row0, x0).mul_(wx0[:, None, :, None]).add_(read(row0, x1).mul_(wx1[:, None, :, None]))
        lower = read(row1, x0).mul_(wx0[:, None, :, None]).add_(read(row1, x1).mul_(wx1[:, None, :, None]))
        tile = upper.mul_(wy0[:, :, None, None]).add_(lower.mul_(wy1[:, :, None, None]))
        through = (255 - tile[..., 3:]).mul_(1 / 255)
        tint = torch.cat([parts[:, RED : BLUE + 1], parts.new_full((len(parts), 1), 255)], 1) / 255
        inside = in_y[:, :, None] & in_x[:, None, :]
        place = base[:, None, None] + (y * size[0])[:, :, None] + x[:, None, :]
        place = torch.where(inside, place, len(canvas) - 1).view(-1)
        under = canvas.index_select(0, place).view(torch.uint8).view(*inside.shape, 4).float()
        mixed = tile.mul_(tint[:, None, None, :]).add_(under.mul_(through)).add_(0.5).clamp_(0, 255)
        canvas[place] = mixed.to(torch.uint8).view(torch.int32).view(-1)

    @staticmethod
    def _taps(
        first: Tensor, start: Tensor, length: Tensor, texels: Tensor, window: int, limit: int
    ) -> tuple[Tensor, Tensor, Tensor, tuple[Tensor, Tensor], Tensor]:
        """Along one axis: pixels, the two texels that each lies between, their weights, and whether it is painted.

        The weights are less than one where a box covers part of a pixel.
        """
        pixel = first[:, None] + torch.arange(window, device=first.device)
        near, start, length = pixel.float(), start[:, None], length[:, None]
        covered = torch.minimum(near + 1, start + length).sub_(torch.maximum(near, start)).clamp_(min=0)
        texel = (near + 0.5 - start) * (texels[:, None] / length) - 0.5
        below = texel.floor()
        part = texel - below
        last = texels[:, None] - 1
        one = below.long().clamp_(min=0).minimum(last)
        two = (below.long() + 1).clamp_(min=0).minimum(last)
        painted = (covered > 0) & (pixel >= 0) & (pixel < limit)
        return pixel, one, two, ((1 - part) * covered, part * covered), painted

    # ------------------------------------------------------------------------------------------------------- tiles

    def _level(self, tile: np.ndarray, wide: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The smallest kept size that is no smaller than a paste, so that nothing is skipped and little is blurred."""
        room = np.minimum(self._wide[tile, 0] / wide, self._high[tile, 0] / high)
        level = np.floor(2 * np.log2(np.maximum(room / _SHARP, 1e-3)))
        kept: np.ndarray = np.clip(level, 0, _LEVELS - 1).astype(np.int64)
        return kept

    def _build(self, tiles: Sequence[int] | range | np.ndarray) -> None:
        """Draw tiles and keep them in every size, opacity multiplied in."""
        parts: list[np.ndarray] = []
        for tile in tiles:
            if self._built[tile]:
                continue
            drawn = self._catalogue.picture(int(tile)).astype(np.float32)
            drawn[..., :3] *= drawn[..., 3:] / 255
            whole = Image.fromarray((drawn + 0.5).astype(np.uint8), "RGBX")
            for level in range(_LEVELS):
                wide, high = (max(1, round(side * 2 ** (-level / 2))) for side in whole.size)
                small = np.asarray(whole.resize((wide, high), Image.Resampling.LANCZOS)).copy()
                np.minimum(small[..., :3], small[..., 3:], out=small[..., :3])
                self._offset[tile, level] = self._used
                self._wide[tile, level], self._high[tile, level] = wide, high
                parts.append(_packed(small))
                self._used += wide * high
            self._built[tile] = True
        if parts:
            new = self._moved(np.concatenate(parts))
            room = self._used - len(new)
            if self._used > len(self._atlas):
                grown = torch.zeros(max(self._used, 2 * len(self._atlas)), dtype=torch.int32, device=self._device)
                grown[:room] = self._atlas[:room]
                self._atlas = grown
            self._atlas[room : self._used] = new

    def _moved(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def _packed(pixels: np.ndarray) -> np.ndarray:
    """RGB or RGBA pixels as one integer each, row by row; `Tensor.view` takes them apart again."""
    if pixels.shape[2] == 3:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], 2)
    return np.ascontiguousarray(pixels).view(np.int32).reshape(-1)
