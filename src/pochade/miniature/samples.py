"""Training samples for the miniature: scenes and edits invented, drawn, put into words and encoded, without end."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import model, world
from .edits import sample_edit
from .vocabulary import NAMES
from .wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import Qwen2TokenizerFast

    from .model import Shape


def prompts(seed: int) -> Iterator[str]:
    """An endless stream of prompts as the world words them, edits and pictures in turn."""
    rng = random.Random(seed)
    wording = Wording(rng)
    while True:
        yield wording.scene(world.sample_scene(rng))
        yield wording.edit(sample_edit(rng))


def words_taught() -> list[str]:
    """Every word that the world's wordings use, found by listening to them."""
    taught: set[str] = set()
    for prompt in itertools.islice(prompts(seed=5), 20_000):
        taught.update(re.findall(r"[a-z]+", re.sub(r"#[0-9a-f]{6}", "", prompt.lower())))
    return sorted(taught)


def pictures(scenes: list[world.Scene]) -> Tensor:
    """Scenes drawn as a batch ``(N, 3, H, W)`` in [−1, 1]."""
    drawn = np.stack([world.draw(scene) for scene in scenes])
    return torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 127.5 - 1


def truth(scene: world.Scene, cells: int) -> np.ndarray:
    """Which thing each token's middle shows: ``(cells, cells)`` of 0 (background) or 1 + the thing's number."""
    step = world.SIDE / cells
    middle = (np.arange(cells) + 0.5) * step
    grid = np.zeros((cells, cells), np.int64)
    for thing in scene.things:
        near = np.abs(middle - thing.x) < thing.side * 0.45, np.abs(middle - thing.y) < thing.side * 0.45
        grid[np.ix_(near[1], near[0])] = 1 + NAMES.index(thing.name)
    return grid


@dataclass
class Samples:
    """A batch of training samples.

    Attributes
    ----------
    target, source : Tensor
        Packed latents ``(N, tokens, 4C)`` of the picture to make and of the one to edit (no tokens for text-to-image).
    ids, mask : Tensor
        The prompt's tokens and their attention mask, ``(N, L)``.
    things : Tensor
        `truth` of each target token, ``(N, tokens)``.
    """

    target: Tensor
    source: Tensor
    ids: Tensor
    mask: Tensor
    things: Tensor

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.target, self.source, self.ids, self.mask, self.things))


class Maker:
    """Invents training samples: scenes and edits, drawn, put into words and encoded.

    Parameters
    ----------
    encode : nn.Module
        The VAE's encoder as one convolution (`model.linear_code`).
    """

    def __init__(self, shape: Shape, tokenizer: Qwen2TokenizerFast, encode: nn.Module, seed: int) -> None:
        self._shape, self._tokenizer, self._encode = shape, tokenizer, encode
        self._rng = random.Random(seed)
        self._wording = Wording(self._rng)
        self._chance = torch.Generator().manual_seed(seed)

    def make(self, kind: str, count: int) -> tuple[Samples, Tensor]:
        """So many fresh samples of a kind (``"scene"`` or ``"edit"``), and the target pictures themselves."""
        rng, shape = self._rng, self._shape
        edits = [sample_edit(rng) for _ in range(count)] if kind == "edit" else []
        scenes = [edit.after for edit in edits] or [world.sample_scene(rng) for _ in range(count)]
        words = [self._wording.edit(e) for e in edits] or [self._wording.scene(s) for s in scenes]
        tokens = self._tokenizer(
            [model.as_seen(self._tokenizer, w) for w in words],
            return_tensors="pt",
            padding="max_length",
            truncation=True,
            max_length=shape.text_length,
        )
        drawn = pictures(scenes)
        target = model.pack(self._encode(drawn))
        source = (
            model.pack(self._encode(self._worn_down(pictures([e.before for e in edits])))) if edits else target[:, :0]
        )
        things = torch.from_numpy(np.stack([truth(s, shape.side // 16) for s in scenes])).flatten(1)
        return Samples(target, source, tokens["input_ids"], tokens["attention_mask"], things), drawn

    def _worn_down(self, before: Tensor) -> Tensor:
        """Leave half of the references as they are, blur and grain the others: parents are mostly the model's own."""
        soft = F.avg_pool2d(F.pad(before, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        amount = torch.rand(len(before), 1, 1, 1, generator=self._chance) * 0.8
        grain = torch.randn(before.shape, generator=self._chance) * 0.04
        worn = (before + amount * (soft - before) + grain * amount).clamp(-1, 1)
        keep = torch.rand(len(before), 1, 1, 1, generator=self._chance) < 0.5
        return torch.where(keep, before, worn)


class Pool:
    """A ring of samples which are each used a few times, with fresh noise, before newer ones take their place."""

    def __init__(self, maker: Maker, kind: str, size: int, reuse: int) -> None:
        self._maker, self._kind, self._reuse = maker, kind, reuse
        self._rows = maker.make(kind, size)[0]
        self._next = 0

    def batch(self, count: int, device: str) -> Samples:
        """Some samples; a share of the ring is renewed first."""
        size = len(self._rows.ids)
        fresh = max(1, count // self._reuse)
        places = torch.arange(self._next, self._next + fresh) % size
        for row, new in zip(self._rows, self._maker.make(self._kind, fresh)[0], strict=True):
            row[places] = new
        self._next = (self._next + fresh) % size
        chosen = torch.randint(size, (count,))
        return Samples(*(row[chosen].to(device) for row in self._rows))
