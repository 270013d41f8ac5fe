"""A look at the picture while it is being made.

Each step knows the model's guess of the finished picture (see `watch`). Decoding it with the VAE would cost a good part
of a step, so a linear map from 3×3 latent pixels to a block of colours is fitted once per VAE, on coloured shapes that
the VAE itself encodes; applying it costs about a millisecond.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from diffusers.utils.torch_utils import get_module_execution_device
from PIL import Image, ImageDraw

from pochade.engine.latents import encode

if TYPE_CHECKING:
    from torch import Tensor

    from pochade.engine.latents import Layout

__all__ = ["Preview", "fit", "to_pil"]

CELLS = 8
PICTURES = 16
BLOCK = 4
LONGEST = 512


class Preview:
    """The cheap decoder of one VAE.

    Parameters
    ----------
    vae : nn.Module
        The model's VAE. It is only read.
    layout : Layout
        How the model's latents lie.
    factor : int
        Pixels per latent pixel.
    """

    def __init__(self, vae: Any, layout: Layout, factor: int) -> None:
        self._vae = vae
        self._layout = layout
        self._factor = factor
        self._map: tuple[Tensor, Tensor] | None = None

    def prepare(self) -> None:
        """Fit the map now if it is not; a step should not have to wait for it."""
        if self._map is None:
            self._map = fit(self._vae, self._factor)

    def draw(self, guess: Tensor, size: tuple[int, int]) -> Image.Image:
        """Show where a step is heading.

        Parameters
        ----------
        guess : Tensor
            The finished latents as a step guesses them, laid out as the scheduler steps through them; the first of
            the batch is shown.
        size : tuple of int
            Width and height of the finished picture in pixels: only the shape is used.

        Returns
        -------
        PIL.Image.Image
            RGB, smaller than the picture, at most 512 pixels on its longer side.
        """
        self.prepare()
        assert self._map is not None  # noqa: S101 - `prepare` has just made it
        weight, bias = self._map
        with torch.no_grad():
            finished = self._layout.to_vae(guess[:1], size, self._vae).to(weight)
            around = F.pad(finished, (1, 1, 1, 1), mode="replicate")
            block = int((weight.shape[0] // 3) ** 0.5)
            colours = F.pixel_shuffle(F.conv2d(around, weight, bias), block)
        picture = to_pil(colours[0])
        picture.thumbnail((LONGEST, LONGEST))
        return picture


def fit(vae: Any, factor: int) -> tuple[Tensor, Tensor]:
    """Fit the linear map on pictures of coloured shapes.

    Parameters
    ----------
    vae : nn.Module
        Any VAE that `latents.encode` knows.
    factor : int
        Pixels per latent pixel; the pictures are eight latent pixels wide.

    Returns
    -------
    tuple of Tensor
        Weight (3·b², C, 3, 3) and bias (3·b²) of a convolution in fp32 on the device where the VAE runs, whose output,
        shuffled to b×b blocks, is a picture in 0..1.
    """
    device = get_module_execution_device(vae)
    pictures = _shapes(CELLS * factor)
    with torch.no_grad():
        latents = encode(vae, (pictures * 2 - 1).to(device, vae.dtype))
    channels, height, width = latents.shape[1:]
    block = min(BLOCK, factor)
    small = F.adaptive_avg_pool2d(pictures, (height * block, width * block))
    wanted = F.pixel_unshuffle(small, block).movedim(1, -1).flatten(0, 2).double()
    around = F.unfold(F.pad(latents.float().cpu(), (1, 1, 1, 1), mode="replicate"), 3)
    known = around.movedim(1, -1).flatten(0, 1).double()
    centre, aim = known.mean(0), wanted.mean(0)
    square = (known - centre).T @ (known - centre)
    ridge = 1e-3 * square.diagonal().mean().clamp_min(1e-12) * torch.eye(len(square), dtype=square.dtype)
    solution = torch.linalg.solve(square + ridge, (known - centre).T @ (wanted - aim))
    weight = solution.T.reshape(-1, channels, 3, 3).float().to(device)
    return weight, (aim - centre @ solution).float().to(device)


def to_pil(colours: Tensor) -> Image.Image:
    """Turn colours in 0..1, shape (3, H, W) or (4, H, W), into an 8-bit RGB or RGBA picture; others are clipped."""
    levels = (colours.float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.movedim(0, -1).cpu().numpy())


def _shapes(side: int) -> Tensor:
    """Draw the pictures that the map is fitted on: ellipses and boxes in random colours, always the same ones."""
    chance = random.Random(0)
    pictures = []
    for _ in range(PICTURES):
        picture = Image.new("RGB", (side, side), _colour(chance))
        draw = ImageDraw.Draw(picture)
        for index in range(8):
            left, top = chance.randrange(-side // 4, side * 7 // 8), chance.randrange(-side // 4, side * 7 // 8)
            across, down = (chance.randrange(side // 8, side * 5 // 8) for _ in range(2))
            box = (left, top, left + across, top + down)
            (draw.ellipse if index % 2 else draw.rectangle)(box, fill=_colour(chance))
        pictures.append(np.asarray(picture))
    return torch.from_numpy(np.stack(pictures)).movedim(-1, 1).float() / 255


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
