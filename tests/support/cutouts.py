"""Things cut out of the miniature's world with their true opacity, and how far an answer is from the truth."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from pochade.imaging.colour import delta_e, to_lab
from pochade.imaging.fields import grown
from pochade.imaging.matte import lay
from pochade.miniature import card, folder, world
from pochade.miniature.words.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The part of the world that the packaged weights know, and how large they paint it.
KNOWN = world.Reach.from_card(card())
SCALE = card()["size"]["default"][0] / world.SIDE
#: Grounds that answers are looked at on: on each, another fringe would show.
PAGES = ((255, 255, 255), (0, 0, 0), (50, 130, 230))


class Difference(NamedTuple):
    """How far an answer is from the truth.

    Mean absolute error of opacity over the picture, and within two pixels of an edge; and there the ΔE00 of every
    pixel, seen on each of `PAGES`.
    """

    opacity: float
    edge: float
    fringe: np.ndarray


def scenes(count: int, seed: int = 4) -> list[world.Scene]:
    """Scenes that training never saw; always the same.

    None is in a style: those are laid over ground and things alike, so that there is no true opacity.
    """
    rng = random.Random(seed)
    drawn = iter(lambda: world.sample_scene(rng, KNOWN, wanted=True), None)
    return list(itertools.islice((scene for scene in drawn if not scene.style and not scene.overlay), count))


def said(scene: world.Scene) -> str:
    """A scene in words, without its ground."""
    words = Wording(random.Random(0), plain=True).scene(replace(scene, background="white"))
    return words.removesuffix(" on a white background")


def cut_out(scene: world.Scene) -> Image.Image:
    """The things of a scene on no ground: "RGBA"."""
    grounds = (replace(scene, background=colour) for colour in ("#000000", "#ffffff"))
    black, white = (world.draw(ground, SCALE).astype(float) for ground in grounds)
    opacity = 255 - (white - black).max(axis=-1, keepdims=True)
    levels = np.concatenate([black / np.maximum(opacity, 1) * 255, opacity], axis=-1)
    return Image.fromarray(levels.round().clip(0, 255).astype(np.uint8))


def edges(truth: Image.Image) -> np.ndarray:
    """Where a cut-out is neither clear nor solid, and two pixels around."""
    opacity = np.asarray(truth.getchannel("A"))
    return grown((opacity > 4) & (opacity < 251), 2)


def apart(answer: Image.Image, truth: Image.Image) -> np.ndarray:
    """ΔE00 at every pixel of two "RGB" pictures."""
    return delta_e(to_lab(np.asarray(answer)), to_lab(np.asarray(truth)))


def difference(answer: Image.Image, truth: Image.Image) -> Difference:
    """Compare two "RGBA" pictures."""
    edge = edges(truth)
    error = np.abs(np.subtract(answer.getchannel("A"), truth.getchannel("A"), dtype=np.float64)) / 255
    fringe = np.concatenate([apart(lay(answer, page), lay(truth, page))[edge] for page in PAGES])
    return Difference(error.mean(), error[edge].mean(), fringe)


def round_trip(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    """Encode and decode with the miniature's VAE: what the best answer of the model would look like."""
    import torch
    from diffusers import AutoencoderKLFlux2

    vae = AutoencoderKLFlux2.from_pretrained(folder(), subfolder="vae")
    values = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        back = torch.cat([vae.decode(vae.encode(part).latent_dist.mode()).sample for part in values.split(10)])
    levels = ((back.permute(0, 2, 3, 1).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
    return [Image.fromarray(picture) for picture in levels]
