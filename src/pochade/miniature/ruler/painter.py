"""Paints for the ruler: the plain pipeline call with the card's own defaults, nothing of pochade around it.

What is measured is what the weights do. So a picture is never composited, retried or picked here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

from pochade.errors import ModelError
from pochade.miniature.reach import BUCKETS, Reach

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Painter"]

_BATCH = {"cuda": 64}  #: pictures that are painted together; 8 elsewhere


def _kind_of(device: str) -> str:
    """The kind of a device that this machine has: ``"cpu"``, ``"cuda"``, ``"mps"``."""
    try:
        asked = torch.device(device)
        torch.zeros(1, device=asked)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"There is no device {device!r} to paint on here. Give one that this machine has, such as cpu."
        ) from error
    return asked.type


class Painter:
    """Paints prompts in batches.

    Parameters
    ----------
    path : Path
        A folder that `train` saved.
    threads : int, optional
        CPU threads; as torch has it by default.
    device : str
        Where the pipeline runs; in bf16 on a graphics card.

    Attributes
    ----------
    folder : Path
        The model's folder.
    card : dict
        Its card.
    reach : Reach
        What the card says that the weights know.
    scale : float
        The card's default size over the full canvas.

    Raises
    ------
    ModelError
        The folder has no readable card, its card belongs to another version's world, or there is no such device.
    """

    def __init__(self, path: Path, threads: int | None = None, device: str = "cpu") -> None:
        kind = _kind_of(device)
        if threads:
            torch.set_num_threads(threads)
        self.folder = path
        try:
            self.card = json.loads((path / "card.json").read_text(encoding="utf-8"))
            self.width, self.height = self.card["size"]["default"]
            self.reach = Reach.from_card(self.card)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The card of the model in {path} cannot be read ({error}). Train or copy it again."
            ) from error
        self.scale = self.width / BUCKETS["1:1"][0]
        dtype = torch.float32 if kind == "cpu" else torch.bfloat16
        self.pipe = Flux2KleinPipeline.from_pretrained(path, dtype=dtype, local_files_only=True).to(device)
        self.pipe.set_progress_bar_config(disable=True)
        self._step = _BATCH.get(kind, 8)

    def size(self, bucket: str = "1:1") -> tuple[int, int]:
        """Width and height in pixels that a scene of a bucket is painted in."""
        width, height = BUCKETS[bucket]
        return round(width * self.scale), round(height * self.scale)

    def __call__(
        self, words: Sequence[str], parents: Sequence[np.ndarray] | None = None, seed: int = 0, bucket: str = "1:1"
    ) -> list[np.ndarray]:
        """Paint one picture for each prompt; with parents, each is an edit of one.

        Picture k is drawn from ``seed + k``, whatever the batch.
        """
        if parents is not None:
            return self.from_sources(words, [[parent] for parent in parents], seed, bucket)
        out: list[np.ndarray] = []
        for start in range(0, len(words), self._step):
            out += self._paint(list(words[start : start + self._step]), None, seed + start, bucket)
        return out

    def from_sources(
        self, words: Sequence[str], sources: Sequence[Sequence[np.ndarray]], seed: int = 0, bucket: str = "1:1"
    ) -> list[np.ndarray]:
        """Paint one picture for each prompt, from one or more pictures each."""
        out: list[np.ndarray] = []
        for index, (prompt, pictures) in enumerate(zip(words, sources, strict=True)):
            out += self._paint([prompt], [Image.fromarray(p) for p in pictures], seed + index, bucket)
        return out

    def _paint(self, part: list[str], images: list[Image.Image] | None, seed: int, bucket: str) -> list[np.ndarray]:
        width, height = self.size(bucket)
        noise = [torch.Generator().manual_seed(seed + k) for k in range(len(part))]
        painted = self.pipe(
            prompt=part, image=images, width=width, height=height, generator=noise, **self.card["call"]
        ).images
        return [np.asarray(image) for image in painted]

    def round_trip(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Pictures encoded and decoded again: the best that any edit could keep."""
        out, vae = [], self.pipe.vae
        for picture in pictures:
            x = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].to(vae.device, vae.dtype) / 127.5 - 1
            with torch.no_grad():
                y = vae.decode(vae.encode(x).latent_dist.mode()).sample
            out.append(((y[0].permute(1, 2, 0).float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy())
        return out
