"""Runs a diffusers pipeline on this machine.

One engine holds one model in memory for every session that uses it. Loading and painting happen on the device's worker
thread and nowhere else; what can be told without the weights (`capabilities`) may be asked from anywhere. Starting
noise is drawn in fp32 on the CPU from each picture's own seed, so a seed means the same noise on every device, and
pictures are painted one after the other, so picture k of a request is the very picture that seed + k gives alone.
"""

from __future__ import annotations

import re
import threading
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from PIL import Image

from pochade import __version__
from pochade.engine.families import (
    MINIATURE,
    Capabilities,
    capabilities_of,
    default_device,
    fetch,
    find_model,
)
from pochade.engine.loading import fingerprint, load_pipeline
from pochade.engine.words import unknown_words
from pochade.errors import ModelError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import Tensor

    from pochade.jobs import Report

PACKAGES = ("diffusers", "torch", "transformers")
DTYPES = ("float32", "bfloat16", "float16")


class Engine:
    """One model on one device.

    Parameters
    ----------
    model : str, Path or None
        A folder, a Hub repository or alias, or None for the packaged miniature.
    device : str
        "cpu", "cuda:0" and so on.
    dtype : str
        "float32", "bfloat16" or "float16".

    Attributes
    ----------
    model : str
        What turns record as their model: "miniature", the repository or the folder.
    device, dtype : str
        As given.

    Raises
    ------
    ModelError
        If there is no such model.
    """

    def __init__(self, model: str | Path | None, device: str, dtype: str) -> None:
        self._place = find_model(model)
        self.model = MINIATURE if model in (None, MINIATURE) else str(self._place)
        self.device = device
        self.dtype = dtype
        self._pipeline: Any = None
        self._preview: Any = None
        self._versions: dict[str, str] = {}

    @cached_property
    def capabilities(self) -> Capabilities:
        """What this model can do, from its small files alone (a Hub model's are fetched)."""
        return capabilities_of(fetch(self._place, weights=False))

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._pipeline is not None

    @property
    def versions(self) -> dict[str, str]:
        """What a picture of this engine depends on: packages, precision, device and the weights' fingerprint.

        Empty until the weights are loaded.
        """
        return dict(self._versions)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and bytes of the weight files; "" until they are loaded."""
        return self._versions.get("weights", "")

    def load(self, report: Report) -> None:
        """Bring the weights into memory; does nothing when they are. Worker thread only.

        Raises
        ------
        ModelError
            If a file is missing or damaged, a weight is missing, or the device is not there.
        Cancelled
            If a stop was asked; what was loaded is dropped again.
        """
        if self.loaded:
            return
        report.stage("loading")
        from pochade.engine.preview import Preview

        folder = fetch(self._place, weights=True)
        pipeline = load_pipeline(folder, self.device, self.dtype, report)
        pipeline._callback_tensor_inputs = ["latents", "noise_pred"]  # noqa: SLF001 - diffusers has no public way
        self._versions = {
            "pochade": __version__,
            **{package: version(package) for package in PACKAGES},
            "device": self.device,
            "dtype": self.dtype,
            "weights": fingerprint(folder),
        }
        self._preview = Preview(pipeline.vae)
        self._pipeline = pipeline

    def notes(self, prompt: str) -> list[str]:
        """Say what of a prompt this model will not take in: words it was not taught, an end it does not read.

        Worker thread only, after `load`.
        """
        notes = []
        unknown = unknown_words(prompt, self.capabilities.vocabulary)
        if unknown:
            words = ", ".join(f"“{word}”" for word in unknown)
            notes.append(f"{self.capabilities.name} was not taught {words}: expect a guess.")
        tokenizer = self._pipeline.tokenizer
        chat = [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        count, limit = len(tokenizer(text)["input_ids"]), self.capabilities.prompt_tokens
        if count > limit:
            notes.append(
                f"The prompt is {count} tokens long and {self.capabilities.name} reads {limit}: its end was cut."
            )
        return notes

    def paint(
        self,
        prompt: str,
        *,
        size: tuple[int, int],
        seeds: Sequence[int],
        steps: int,
        guidance: float,
        references: Sequence[Image.Image] = (),
        report: Report,
    ) -> list[Image.Image]:
        """Paint one picture for every seed. Worker thread only.

        Parameters
        ----------
        prompt : str
            What to paint, or with references what to change.
        size : tuple of int
            Width and height in pixels, one that the model takes.
        seeds : sequence of int
            One per picture.
        steps : int
            Denoising steps.
        guidance : float
            Strength of classifier-free guidance; 1 or less is none.
        references : sequence of PIL.Image.Image
            Pictures to start from, the edited one first. Transparency is laid on white.
        report : Report
            Where progress goes and a stop comes from.

        Returns
        -------
        list of PIL.Image.Image
            RGB pictures of `size`, in the order of the seeds.

        Raises
        ------
        Cancelled
            Within one step of a stop; the engine can be used again.
        ModelError
            If the model's numbers become NaN or infinite, naming the step: never a black picture.
        RequestError
            If the model cannot take these references.
        """
        self.load(report)
        capabilities = self.capabilities
        if len(references) > capabilities.max_references:
            raise RequestError(
                f"{capabilities.name} takes at most {capabilities.max_references} pictures at once, the edited one "
                f"included; {len(references)} were given."
            )
        words = capabilities.family.words
        call: dict[str, Any] = {words["steps"]: steps, words["guidance"]: guidance}
        call[words["prompt_tokens"]] = capabilities.prompt_tokens
        if capabilities.prompt_layers is not None:
            call[words["prompt_layers"]] = capabilities.prompt_layers
        if references:
            call[words["references"]] = [_opaque(reference) for reference in references]
        report.stage("painting")
        pictures = []
        for index, seed in enumerate(seeds):
            watch = self._watcher(index * steps, len(seeds) * steps, steps, size, report)
            pictures.append(self._paint_one(prompt, size, seed, call, watch))
        return pictures

    def latents(self, size: tuple[int, int], seed: int) -> Tensor:
        """Draw the starting noise of one picture: fp32 on the CPU, shape (1, channels, rows, columns of tokens)."""
        import torch

        width, height = size
        pipeline = self._pipeline
        side = pipeline.vae_scale_factor * self.capabilities.family.patch
        shape = (1, pipeline.transformer.config.in_channels, height // side, width // side)
        return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed), dtype=torch.float32)

    def _paint_one(
        self, prompt: str, size: tuple[int, int], seed: int, call: dict[str, Any], watch: Callable[..., dict[str, Any]]
    ) -> Image.Image:
        import torch

        from pochade.engine.preview import to_pil
        from pochade.engine.quiet import quiet

        pipeline = self._pipeline
        try:
            with quiet():
                colours = pipeline(
                    prompt=prompt,
                    width=size[0],
                    height=size[1],
                    latents=self.latents(size, seed),
                    output_type="pt",
                    callback_on_step_end=watch,
                    callback_on_step_end_tensor_inputs=["latents", "noise_pred"],
                    **call,
                ).images[0]
        except torch.OutOfMemoryError as error:
            raise ModelError(
                f"{self.device} has not enough memory for a picture of {size[0]}×{size[1]} with "
                f"{self.capabilities.name}: ask for a smaller size or fewer references, or free memory there."
            ) from error
        finally:
            pipeline.maybe_free_model_hooks()  # the pipeline does so only when it reaches its end
        if not colours.isfinite().all():
            raise ModelError(f"{self._broken} while decoding the picture of seed {seed}. {self._advice}")
        return to_pil(colours)

    def _watcher(
        self, before: int, total: int, steps: int, size: tuple[int, int], report: Report
    ) -> Callable[..., dict[str, Any]]:
        """Make the function that the pipeline calls after every step."""

        def watch(pipeline: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            latents = tensors["latents"]
            if not latents.isfinite().all():
                raise ModelError(f"{self._broken} at step {index + 1} of {steps}. {self._advice}")
            report.step(before + index + 1, total)
            if report.wants_preview():
                sigma = float(pipeline.scheduler.sigmas[index + 1])
                report.preview(self._preview.draw(latents, tensors["noise_pred"], sigma, size))
            return {}

        return watch

    @property
    def _broken(self) -> str:
        return f"The numbers of {self.capabilities.name} became NaN or infinite"

    @property
    def _advice(self) -> str:
        remedy = 'dtype="float32", ' if self.dtype != "float32" else ""
        return f"No picture was made. Try {remedy}a lower guidance or another seed; damaged weights do this too."


_engines: WeakValueDictionary[tuple[Path | str, str, str], Engine] = WeakValueDictionary()
_lock = threading.Lock()


def engine_for(model: str | Path | None = None, device: str | None = None, dtype: object = None) -> Engine:
    """Return this process's engine for a model; it lives as long as somebody holds it.

    Parameters
    ----------
    model : str, Path or None
        See `Engine`.
    device : str or None
        None: the CPU for the miniature, else "cuda" where there is one.
    dtype : str, torch.dtype or None
        None: float32 on the CPU, where bfloat16 is slow, and bfloat16 elsewhere.

    Raises
    ------
    ModelError
        If there is no such model, device or dtype.
    """
    device = device or default_device(model)
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise ModelError(f'There is no device {device!r}. Use "cpu", "cuda" or "cuda:0".')
    name = str(dtype).removeprefix("torch.") if dtype is not None else "float32" if device == "cpu" else "bfloat16"
    if name not in DTYPES:
        raise ModelError(f"A model cannot be run in dtype={name!r}. Use one of {', '.join(DTYPES)}.")
    device = "cuda:0" if device == "cuda" else device
    key = (find_model(model), device, name)
    with _lock:
        engine = _engines.get(key)
        if engine is None:
            engine = _engines[key] = Engine(model, device, name)
        return engine


def _opaque(picture: Image.Image) -> Image.Image:
    """Lay transparency on white; a model's own reading would bring up whatever colours lie under it."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")
