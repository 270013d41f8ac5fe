"""How families lay out their latents, and the way from there to what a VAE decodes.

A preview needs the latents of a running pipeline as a picture-shaped tensor in the VAE's own scale. Families differ in
two things only: whether squares of latent pixels are packed into tokens, and how the VAE's scale was normalised; both
are small functions here and a layout is a pair of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

__all__ = ["LAYOUTS", "Layout", "encode", "frame", "packed", "plain"]


@dataclass(frozen=True)
class Layout:
    """How the latents of a family lie in memory.

    Attributes
    ----------
    unpack : callable
        ``unpack(sample, size)``: what the scheduler steps through → latents (B, C, H, W), still normalised. `size` is
        the picture's width and height in pixels; only its shape matters.
    restore : callable
        ``restore(latents, vae)``: normalised latents → those that the VAE encodes to and decodes, same shape.
    split : bool
        Whether `restore` takes latents whose 2×2 squares are still stacked in channels; they are split after it.
    """

    unpack: Callable[[Tensor, tuple[int, int]], Tensor]
    restore: Callable[[Tensor, Any], Tensor]
    split: bool = False

    def to_vae(self, sample: Tensor, size: tuple[int, int], vae: Any) -> Tensor:
        """Turn what a scheduler steps through into the latents that the VAE decodes, (B, C, H, W) in fp32."""
        latents = self.restore(self.unpack(sample.float(), size), vae)
        return F.pixel_shuffle(latents, 2) if self.split else latents


def plain(sample: Tensor, _size: tuple[int, int]) -> Tensor:
    """Latents that lie like a picture already: (B, C, H, W), or (B, C, 1, H, W) as video VAEs have them."""
    return frame(sample)


def packed(sample: Tensor, size: tuple[int, int], *, side: int = 2) -> Tensor:
    """Tokens row by row, each a square of latent pixels: (B, tokens, side²·C) → (B, C, side·rows, side·columns)."""
    width, height = size
    tokens = sample.shape[1]
    rows = max(1, round((tokens * height / width) ** 0.5))
    while tokens % rows:  # a pipeline that rounded the shape in its own way
        rows -= 1
    grid = sample.transpose(1, 2).reshape(len(sample), -1, rows, tokens // rows)
    return F.pixel_shuffle(grid, side) if side > 1 else grid


def first_of_several(sample: Tensor, size: tuple[int, int]) -> Tensor:
    """Take the first of the pictures whose tokens lie one after the other, each token 16×16 pixels.

    Here `size` must be the picture's own: how many tokens one picture has follows from nothing else.
    """
    width, height = size
    return packed(sample[:, : width * height // 16**2], size)


def frame(latents: Tensor) -> Tensor:
    """Take the only frame of what a video VAE encodes: (B, C, 1, H, W) → (B, C, H, W); pictures are left alone."""
    return latents[:, :, 0] if latents.ndim == 5 else latents  # noqa: PLR2004 - batch, channels, time, height, width


def by_factor(latents: Tensor, vae: Any) -> Tensor:
    """Undo a VAE's scaling factor and, where it has one, its shift."""
    factor, shift = float(vae.config.scaling_factor), float(getattr(vae.config, "shift_factor", None) or 0.0)
    return latents / factor + shift


def by_statistics(latents: Tensor, vae: Any) -> Tensor:
    """Undo the mean and the deviation of every channel, which the VAE's configuration lists."""
    mean, std = (
        torch.as_tensor(numbers, dtype=latents.dtype, device=latents.device).reshape(1, -1, 1, 1)
        for numbers in (vae.config.latents_mean, vae.config.latents_std)
    )
    return latents * std + mean


def by_both(latents: Tensor, vae: Any) -> Tensor:
    """Undo a scaling factor and, where the VAE's configuration lists them, the statistics of every channel too."""
    config = vae.config
    if getattr(config, "latents_mean", None) is None or getattr(config, "latents_std", None) is None:
        return by_factor(latents, vae)
    return by_statistics(latents / float(config.scaling_factor), vae)


def by_norm(latents: Tensor, vae: Any) -> Tensor:
    """Undo the batch norm that FLUX.2's VAE keeps for its latents, 2×2 squares stacked in channels."""
    spread: Tensor = torch.sqrt(vae.bn.running_var + vae.config.batch_norm_eps).to(latents).view(1, -1, 1, 1)
    centre: Tensor = vae.bn.running_mean.to(latents).view(1, -1, 1, 1)
    return latents * spread + centre


def encode(vae: Any, pictures: Tensor) -> Tensor:
    """Encode pictures with a VAE of any family.

    Parameters
    ----------
    vae : nn.Module
        With `encode`; of pictures or of video, with three channels or with a fourth for alpha.
    pictures : Tensor
        RGB in -1..1, shape (B, 3, H, W), on the VAE's device and in its dtype.

    Returns
    -------
    Tensor
        The most probable latents, (B, C, H/f, W/f).
    """
    channels = _input_channels(vae)
    if channels > pictures.shape[1]:
        pictures = torch.cat([pictures, torch.ones_like(pictures[:, :1])], dim=1)
    if hasattr(vae.config, "temperal_downsample"):
        pictures = pictures.unsqueeze(2)
    answer = type(vae).encode(vae, pictures)  # not the instance's own, which remembers pictures
    latents = answer.latent_dist.mode() if hasattr(answer, "latent_dist") else answer.latent
    return frame(latents)


def _input_channels(vae: Any) -> int:
    """Say how many channels a VAE's pictures have; 4 where it knows alpha."""
    names = ("in_channels", "input_channels")
    return next((int(vae.config[name]) for name in names if name in vae.config), 3)


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "flux": Layout(packed, by_factor),
        "flux2": Layout(partial(packed, side=1), by_norm, split=True),
        "qwen": Layout(packed, by_statistics),
        "layered": Layout(first_of_several, by_statistics),
        "tokens": Layout(partial(packed, side=1), by_statistics),
        "plain": Layout(plain, by_both),
        "plain-statistics": Layout(plain, by_statistics),
    }
)
"""Every layout that a row may name."""
