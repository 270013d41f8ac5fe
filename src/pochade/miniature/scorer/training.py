"""Trains the detector: true windows, worn down as a model's own pictures are, and junk that it must refuse.

``python -m pochade.miniature.scorer.training [--reach small|full] [--minutes 11] [--device cuda]`` writes the weights
that are packaged. The part of the world that `small` models know takes eleven minutes on one CPU thread at half scale;
the whole world, at full scale, is for a graphics card.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from pochade.miniature import world
from pochade.miniature.reach import FULL, SMALL

from .detector import SIDE, Labels, Network
from .views import drawn, frame, padded, window

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pochade.miniature.reach import Reach
    from pochade.miniature.world import Scene, Thing

__all__ = ["Windows", "junk", "labels_of", "train", "worn_down"]

_KEPT = 12_000  #: windows that are in memory at a time; each is seen a few times, worn down and mixed anew
_PICTURES = 16  #: scenes that are drawn together


def labels_of(reach: Reach) -> Labels:
    """Give what a detector of a part of the world has to tell apart."""
    return Labels(tuple(reach.names), tuple(reach.hues), tuple(reach.worn))


def _hidden(scene: Scene, index: int) -> bool:
    """Whether a later thing lies over the middle of this one."""
    thing = scene.things[index]
    return any(
        abs(other.x - thing.x) < (other.side + thing.side) * 0.35
        and abs(other.y - thing.y) < (other.side + thing.side) * 0.35
        for other in scene.things[index + 1 :]
    )


def _empty_box(rng: random.Random, scene: Scene, scale: float) -> tuple[float, float, float, float] | None:
    """A window in which no thing stands near the middle; None where eight tries found none."""
    width, height = scene.size
    for _ in range(8):
        side = math.exp(rng.uniform(math.log(24), math.log(150)))
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if all(max(abs(t.x - x), abs(t.y - y)) > 0.6 * (t.side + side) * 0.75 for t in scene.things):
            x, y, side = x * scale, y * scale, side * scale
            return x - 0.75 * side, y - 0.95 * side, x + 0.75 * side, y + 0.55 * side
    return None


class Windows:
    """A ring of labelled windows of true drawings, renewed while training goes on.

    Parameters
    ----------
    reach : Reach
        The part of the world that is drawn.
    scale : float
        Scale of the drawings.
    seed : int
        The only source of chance.
    kept : int
        Windows in memory.
    """

    def __init__(self, reach: Reach, scale: float, seed: int, kept: int = _KEPT) -> None:
        self.labels = labels_of(reach)
        self._reach, self._scale, self._rng = reach, scale, random.Random(seed)
        self.pixels = torch.zeros(kept, 3, SIDE, SIDE, dtype=torch.uint8)
        self.truth = torch.zeros(kept, 2, dtype=torch.long)  # name, colour (−1: not asked)
        self.worn = torch.zeros(kept, max(1, len(self.labels.worn)))
        self._next = 0
        self.filled = 0

    def renew(self, count: int) -> None:
        """Draw scenes until so many windows are new."""
        start = self._next
        while (self._next - start) % len(self.pixels) < count:
            scenes = [world.sample(self._rng, self._reach) for _ in range(_PICTURES)]
            for scene, picture in zip(scenes, drawn(scenes, self._scale), strict=True):
                self._cut(scene, picture)

    def _cut(self, scene: Scene, picture: np.ndarray) -> None:
        rng, whole = self._rng, padded(picture)
        for index, thing in enumerate(scene.things):
            if thing.name in self.labels.names and not _hidden(scene, index):
                left, top, right, bottom = frame(thing, self._scale)
                reach, more = thing.side * self._scale * 0.12, (right - left) * rng.uniform(-0.08, 0.1)
                dx, dy = rng.uniform(-reach, reach), rng.uniform(-reach, reach)
                box = (left + dx - more, top + dy - more, right + dx + more, bottom + dy + more)
                self._keep(window(whole, box, (SIDE, SIDE)), thing)
        if rng.random() < 0.3 and (empty := _empty_box(rng, scene, self._scale)):
            self._keep(window(whole, empty, (SIDE, SIDE)), None)

    def _keep(self, pixels: np.ndarray, thing: Thing | None) -> None:
        at = self._next % len(self.pixels)
        self.pixels[at] = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
        self.worn[at] = 0
        if thing is None:
            self.truth[at] = torch.tensor([self.labels.nothing, -1])
        else:
            colour = len(self.labels.colours) if thing.colour is None else -1
            if thing.colour in self.labels.colours:
                colour = self.labels.colours.index(thing.colour)
            self.truth[at] = torch.tensor([self.labels.names.index(thing.name), colour])
            for item in thing.worn:
                if item in self.labels.worn:
                    self.worn[at, self.labels.worn.index(item)] = 1
        self._next = (self._next + 1) % len(self.pixels)
        self.filled = min(self.filled + 1, len(self.pixels))

    def batch(self, count: int, chance: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Draw windows in [−1, 1], their truth and what is worn."""
        chosen = torch.randint(self.filled, (count,), generator=chance)
        return self.pixels[chosen].float() / 127.5 - 1, self.truth[chosen], self.worn[chosen]


def junk(windows: Tensor, others: Tensor, chance: torch.Generator) -> Tensor:
    """Melt windows: halves of two, blends of two, strong warps and shuffled tiles, one kind for each window in turn."""
    count, side = len(windows), windows.shape[-1]
    out = windows.clone()
    ramp = torch.linspace(-1, 1, side)
    for index in range(count):
        roll = index % 4
        if roll == 0:  # a soft border somewhere near the middle, at any angle
            angle, at = (torch.rand(2, generator=chance) * torch.tensor([2 * math.pi, 0.5])).tolist()
            across = ramp[None, :] * math.cos(angle) + ramp[:, None] * math.sin(angle)
            mask = torch.sigmoid((across - at + 0.25) * 12)
            out[index] = windows[index] * mask + others[index] * (1 - mask)
        elif roll == 1:
            share = 0.35 + 0.3 * torch.rand((), generator=chance)
            out[index] = share * windows[index] + (1 - share) * others[index]
        elif roll == 2:
            out[index] = _warped(windows[index : index + 1], 0.35, chance)[0]
        else:
            tile = side // 4
            tiles = F.unfold(windows[index : index + 1], tile, stride=tile)
            tiles = tiles[:, :, torch.randperm(tiles.shape[-1], generator=chance)]
            out[index] = F.fold(tiles, (side, side), tile, stride=tile)[0]
    return out


def _warped(windows: Tensor, strength: float, chance: torch.Generator) -> Tensor:
    """Move every place by a smooth random field; ``strength`` is its deviation in half windows."""
    field = torch.randn(len(windows), 2, 5, 5, generator=chance) * strength
    field = F.interpolate(field, windows.shape[-2:], mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    plain = F.affine_grid(torch.eye(2, 3).expand(len(windows), 2, 3), list(windows.shape), align_corners=False)
    return F.grid_sample(windows, plain + field, padding_mode="border", align_corners=False)


def worn_down(windows: Tensor, chance: torch.Generator) -> Tensor:
    """Blur, soften, warp slightly, tint and grain windows, each by its own amount: what a model and a VAE do."""
    count = len(windows)
    amount = torch.rand(count, 4, 1, 1, 1, generator=chance)
    soft = F.avg_pool2d(F.pad(windows, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    coarse = F.interpolate(F.avg_pool2d(windows, 2), scale_factor=2, mode="bilinear", align_corners=False)
    out = windows + amount[:, 0] * (soft - windows)
    out = torch.where(amount[:, 1] < 0.25, coarse, out)
    out = torch.where(amount[:, 2] < 0.4, _warped(out, 0.03, chance), out)
    out = out + 0.06 * torch.randn(count, 3, 1, 1, generator=chance)
    return out + 0.12 * amount[:, 3] ** 2 * torch.randn(out.shape, generator=chance)


def _loss(network: Network, windows: Windows, batch: int, chance: torch.Generator, device: str) -> tuple[Tensor, float]:
    """The three heads' error on a batch, a sixth of it junk, and the share of names that were right."""
    pixels, truth, worn = windows.batch(batch, chance)
    bad = batch // 6
    others, other_truth, _ = windows.batch(bad, chance)
    pixels[:bad] = junk(pixels[:bad], others, chance)
    same = (truth[:bad, 0] == other_truth[:, 0]) | (truth[:bad, 0] == windows.labels.nothing)
    name, colour = truth[:, 0].clone(), truth[:, 1].clone()
    name[:bad], colour[:bad] = windows.labels.junk, -1
    name[:bad][same] = -1  # a thing mixed with itself is no junk, and background no thing
    pixels, name, colour, worn = (x.to(device) for x in (worn_down(pixels, chance), name, colour, worn))
    with torch.autocast(device, torch.bfloat16):
        names, colours, items = network(pixels.contiguous(memory_format=torch.channels_last))
    whole = (name >= 0) & (name < windows.labels.junk)
    loss = F.cross_entropy(names.float(), name, ignore_index=-1, label_smoothing=0.02)
    if (colour >= 0).any():
        loss = loss + 0.5 * F.cross_entropy(colours.float(), colour, ignore_index=-1)
    if windows.labels.worn and whole.any():
        loss = loss + 2 * F.binary_cross_entropy_with_logits(items.float()[whole], worn[whole])
    right = (names.argmax(-1) == name)[name >= 0].float().mean().item()
    return loss, right


def train(
    path: Path, reach: Reach, *, scale: float, minutes: float, device: str = "cpu", seed: int = 1, batch: int = 128
) -> float:
    """Train a detector by the wall clock and write its weights, with what they know, as one file.

    Parameters
    ----------
    path : Path
        Where the weights go.
    reach : Reach
        The part of the world that it is to tell apart.
    scale : float
        Scale of the drawings: that of the models which it will judge.
    minutes : float
        Wall-clock time in all.

    Returns
    -------
    float
        Share of the names that were right over the last tenth of training, junk among them.

    Raises
    ------
    FloatingPointError
        If the loss is no longer finite; nothing is written.
    """
    torch.manual_seed(seed)
    chance = torch.Generator().manual_seed(seed)
    windows = Windows(reach, scale, seed)
    network = Network(windows.labels).to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.02)
    begin, steps, tail, said = time.monotonic(), 0, [0.0], 0.0
    windows.renew(min(len(windows.pixels) // 4, max(64, round(400 * minutes))))
    while (part := (time.monotonic() - begin) / (60 * minutes)) < 1:
        windows.renew(batch // 4)
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (steps + 1) / 50, max(0.002, 1 - part) / 0.6)
        loss, right = _loss(network, windows, batch, chance, device)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The detector's loss is {loss.item()} at step {steps}; nothing was written.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        steps += 1
        if part > 0.9:
            tail.append(right)
        if part - said >= 0.05:
            said = part
            print(f"{part:4.0%}  step {steps}  loss {loss.item():.3f}  names right {right:.3f}", flush=True)
    _write(path, network, windows.labels, reach.styles, scale)
    return sum(tail[1:]) / max(1, len(tail) - 1)


def _write(path: Path, network: Network, labels: Labels, styles: Sequence[str], scale: float) -> None:
    weights = {
        name: value.detach().cpu().contiguous().to(torch.bfloat16 if value.is_floating_point() else value.dtype)
        for name, value in network.state_dict().items()
    }
    said = {"names": labels.names, "colours": labels.colours, "worn": labels.worn}
    save_file(weights, path, {"labels": json.dumps(said), "styles": json.dumps(styles), "scale": str(scale)})


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the packaged detector, or one elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=Path(__file__).parent / "detector.safetensors")
    parser.add_argument("--reach", choices=["small", "full"], default="small", help="the part of the world")
    parser.add_argument("--minutes", type=float, default=11.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1: for the background)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    reach, scale = (FULL, 1.0) if options.reach == "full" else (SMALL, 0.5)
    right = train(options.out, reach, scale=scale, minutes=options.minutes, device=options.device)
    print(f"names right at the end: {right:.3f}; {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
