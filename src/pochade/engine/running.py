"""One call of one pipeline: seeds go in, pictures come out, and whatever goes wrong is said in a sentence.

It stands apart from `local.py`, which decides what is called how often, because here is everything that has to be right
around a call: its noise, its watch, silence, hooks that are let go of, and errors of libraries made plain.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image

from pochade.engine.noise import ambient_seed, fp32_noise, generators
from pochade.engine.preview import to_pil
from pochade.engine.quiet import quiet
from pochade.engine.sizing import held
from pochade.errors import ModelError, PochadeError, RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from pochade.engine.holding import Holding
    from pochade.engine.rows import View
    from pochade.engine.watch import Watch

__all__ = ["OutOfMemory", "Run"]

_NO_MEMORY = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")

_FAULTS = (RuntimeError, TypeError, LookupError, AttributeError, AssertionError)


class OutOfMemory(Exception):  # noqa: N818 - a turn of events that `local` answers, not an error that anybody sees
    """The device had not enough memory for a call."""


@dataclass(frozen=True)
class Run:
    """What stays the same over the calls of one painting.

    Attributes
    ----------
    holding : Holding
        The model in memory.
    view : View
        The row of what is called.
    call : mapping
        Its keywords, without seeds and number.
    size : tuple of int
        Width and height that the pictures are to have.
    steps : int
        How many steps are asked for.
    transparent : bool
        Whether they are to be RGBA.
    name : str
        What the model is called.
    device : str
        Where it runs.
    advice : str
        What to do when numbers become NaN or infinite.
    """

    holding: Holding
    view: View
    call: Mapping[str, Any]
    size: tuple[int, int]
    steps: int
    transparent: bool
    name: str
    device: str
    advice: str

    def paint(self, seeds: Sequence[int], watch: Watch) -> list[Image.Image]:
        """Call the pipeline once for all these seeds.

        Parameters
        ----------
        seeds : sequence of int
            One a picture; more than one only where the view paints batches.
        watch : Watch
            What is done at every step.

        Returns
        -------
        list of PIL.Image.Image
            RGB, or RGBA where the run is transparent; of whatever size the pipeline made.

        Raises
        ------
        OutOfMemory
            If the device had not enough memory.
        RequestError
            If the pipeline refuses what was asked.
        ModelError
            If the device fails, or numbers are NaN or infinite.
        """
        noise, pipeline = generators(seeds), self.holding.pipeline(self.view)
        several = (
            {"num_images_per_prompt": len(seeds), "generator": noise} if len(seeds) > 1 else {"generator": noise[0]}
        )
        with ExitStack() as inside:
            inside.enter_context(quiet())
            inside.enter_context(fp32_noise(pipeline))
            inside.enter_context(watch.following(pipeline))
            inside.enter_context(held(pipeline, self.view.held, self.size))
            if self.view.ambient:
                inside.enter_context(ambient_seed(seeds[0], self.device))
            working = self.holding.working(pipeline, size=self.size, pictures=len(seeds), steps=self.steps)
            inside.enter_context(working)
            try:
                answers = pipeline(**self.call, **several, output_type="pt").images
                return [self._picture(answer, seed) for answer, seed in zip(answers, seeds, strict=True)]
            except PochadeError:
                raise
            except Exception as error:  # every library raises its own
                if error is watch.raised:
                    raise
                told = self._told(error, watch)
                if told is None:
                    raise
                raise told from error

    def _picture(self, answer: Tensor, seed: int) -> Image.Image:
        """Turn one answer, colours in 0..1 of shape (3 or 4, H, W) or a stack of such layers, into a picture."""
        if not answer.isfinite().all():
            raise ModelError(
                f"The numbers of {self.name} became NaN or infinite while decoding the picture of seed {seed}. "
                f"{self.advice}"
            )
        layers = [to_pil(layer) for layer in answer] if self.view.layers else [to_pil(answer)]
        if layers[0].mode == "RGB":
            return layers[0]
        if not self.transparent:
            layers.insert(0, Image.new("RGBA", layers[0].size, "white"))
        elif len(layers) > 1:
            del layers[0]  # the background
        picture = layers[0]
        for layer in layers[1:]:
            picture = Image.alpha_composite(picture, layer)
        return picture if self.transparent else picture.convert("RGB")

    def _told(self, error: Exception, watch: Watch) -> Exception | None:
        """Say in a sentence what a library's error means; None for one that nobody but us can have caused."""
        reason = str(error).strip().split("\n", 1)[0]
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(sign in reason for sign in _NO_MEMORY):
            return OutOfMemory(reason)
        if isinstance(error, ValueError):
            return RequestError(f"{self.name} cannot paint this: {reason}")
        where = f"after step {watch.done}" if watch.done else "before its first step"
        if "CUDA error" in reason:
            return ModelError(
                f"{self.device} failed {where} ({reason}). Restart the kernel to use it again; the turns so far are "
                f'kept. If it fails again, look at the driver (`nvidia-smi`), or use device="cpu".'
            )
        if isinstance(error, _FAULTS):
            return ModelError(f"{self.name} failed {where}: {reason or type(error).__name__}")
        return None
