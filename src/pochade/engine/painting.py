"""What the engine is asked for: a request with every open question settled for one model.

It stands apart so that whoever plans a painting needs neither PyTorch nor the engine that will carry it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Painting"]


@dataclass(frozen=True)
class Painting:
    """One call of the engine.

    Attributes
    ----------
    prompt : str
        What to paint, or what to change.
    size : tuple of int
        Width and height in pixels, a size that the model takes.
    seeds : tuple of int
        One for every picture.
    steps : int
        Denoising steps.
    guidance : float
        Strength of classifier-free guidance, as the model's family means it.
    negative : str or None
        What to keep away from.
    strength : float or None
        How much of the picture is painted anew, above 0 to 1; None leaves the pipeline's own.
    picture : PIL.Image.Image or None
        The picture to change, of `size`: RGB, or RGBA for a family that paints RGBA.
    mask : PIL.Image.Image or None
        Mode "L", of `size`, 255 where the picture is to change.
    references : tuple of PIL.Image.Image
        Further pictures to look at, in the order that the prompt may speak of.
    transparent : bool
        Whether the answer is to be RGBA; only for families that paint RGBA.
    """

    prompt: str
    size: tuple[int, int]
    seeds: tuple[int, ...]
    steps: int
    guidance: float
    negative: str | None = None
    strength: float | None = None
    picture: Image.Image | None = None
    mask: Image.Image | None = None
    references: tuple[Image.Image, ...] = ()
    transparent: bool = False
