"""A look at the picture while it is being made.

After each step the model's guess of the finished picture is x0 = latents - sigma_next * noise_pred. Decoding it with
the VAE would cost a good part of a step, so a linear map from 3×3 latent pixels to a block of colours is fitted once
per VAE, on coloured shapes that the VAE itself encodes; applying it costs about a millisecond.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 64
PICTURES = 16
BLOCK = 4
LONGEST = 512


class Preview:
    """The cheap decoder of one VAE.

    Parameters
    ----------
    vae : AutoencoderKLFlux2
        The model's VAE. It is only read.
    """

    def __init__(self, vae: Any) -> None:
        self._vae = vae
        self._map: tuple[Tensor, Tensor] | None = None

    def draw(self, latents: Tensor, noise: Tensor, sigma: float, size: tuple[int, int]) -> Image.Image:
        """Show where a step is heading.

        Parameters
        ----------
        latents, noise : Tensor
            Packed latents after the step and the velocity that the model predicted in it, shape (1, tokens, channels).
        sigma : float
            Noise level after the step; 0 after the last.
        size : tuple of int
            Width and height of the finished picture in pixels: only the shape is used.

        Returns
        -------
        PIL.Image.Image
            RGB, smaller than the picture, at most 512 pixels on its longer side.
        """
        with torch.no_grad():
            finished = unpack_flux2(latents.float() - sigma * noise.float(), size, self._vae)
            if self._map is None:
                self._map = fit(self._vae)
            weight, bias = self._map
            padded = F.pad(finished, (1, 1, 1, 1), mode="replicate")
            block = int((weight.shape[0] // 3) ** 0.5)
            colours = F.pixel_shuffle(F.conv2d(padded, weight, bias), block)
        picture = to_pil(colours[0])
        picture.thumbnail((LONGEST, LONGEST))
        return picture


def unpack_flux2(packed: Tensor, size: tuple[int, int], vae: Any) -> Tensor:
    """Turn packed Flux 2 latents, shape (B, tokens, 4C), into the latents that its VAE decodes, (B, C, H, W).

    Tokens lie row by row and are normalised with the statistics of the VAE's batch norm; each holds a 2×2 square of
    latent pixels.
    """
    width, height = size
    rows = round((packed.shape[1] * height / width) ** 0.5)
    grid = packed.transpose(1, 2).reshape(len(packed), -1, rows, packed.shape[1] // rows)
    spread = torch.sqrt(vae.bn.running_var + vae.config.batch_norm_eps).to(grid).view(1, -1, 1, 1)
    centre = vae.bn.running_mean.to(grid).view(1, -1, 1, 1)
    return F.pixel_shuffle(grid * spread + centre, 2)


def fit(vae: Any) -> tuple[Tensor, Tensor]:
    """Fit the linear map on pictures of coloured shapes.

    Returns
    -------
    tuple of Tensor
        Weight (3·b², C, 3, 3) and bias (3·b²) of a convolution in fp32 on the VAE's device, whose output, shuffled to
        b×b blocks, is a picture in 0..1.
    """
    pictures = _shapes().to(vae.device, vae.dtype)
    with torch.no_grad():
        latents = vae.encode(pictures * 2 - 1).latent_dist.mode()
    channels, height, width = latents.shape[1:]
    block = min(BLOCK, SIDE // height)
    small = F.adaptive_avg_pool2d(pictures.float().cpu(), (height * block, width * block))
    wanted = F.pixel_unshuffle(small, block).movedim(1, -1).flatten(0, 2).double()
    around = F.unfold(F.pad(latents.float().cpu(), (1, 1, 1, 1), mode="replicate"), 3)
    known = around.movedim(1, -1).flatten(0, 1).double()
    centre, aim = known.mean(0), wanted.mean(0)
    square = (known - centre).T @ (known - centre)
    ridge = 1e-3 * square.diagonal().mean().clamp_min(1e-12) * torch.eye(len(square), dtype=square.dtype)
    solution = torch.linalg.solve(square + ridge, (known - centre).T @ (wanted - aim))
    weight = solution.T.reshape(-1, channels, 3, 3).float().to(vae.device)
    return weight, (aim - centre @ solution).float().to(vae.device)


def to_pil(colours: Tensor) -> Image.Image:
    """Turn colours in 0..1, shape (3, H, W), into an 8-bit RGB picture; values outside are clipped."""
    levels = (colours.float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.movedim(0, -1).cpu().numpy())


def _shapes() -> Tensor:
    """Draw the pictures that the map is fitted on: ellipses and boxes in random colours, always the same ones."""
    chance = random.Random(0)
    pictures = []
    for _ in range(PICTURES):
        picture = Image.new("RGB", (SIDE, SIDE), _colour(chance))
        draw = ImageDraw.Draw(picture)
        for index in range(8):
            left, top = chance.randrange(-16, SIDE - 8), chance.randrange(-16, SIDE - 8)
            box = (left, top, left + chance.randrange(8, 40), top + chance.randrange(8, 40))
            (draw.ellipse if index % 2 else draw.rectangle)(box, fill=_colour(chance))
        pictures.append(np.asarray(picture))
    return torch.from_numpy(np.stack(pictures)).movedim(-1, 1).float() / 255


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
