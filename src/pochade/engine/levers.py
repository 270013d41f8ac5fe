"""What makes painting faster than calling the pipeline: which levers there are, and which are used when.

Everything that is on by default gives the same picture: embeddings and latents are remembered, not approximated, and
work that nobody reads is left out. What changes pictures (step caches) is used only when it is named. It stands apart
from the engine, which asks it at one place when it loads a model and at one place around each call of a pipeline.
"""

from __future__ import annotations

import functools
import math
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pochade.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from PIL import Image

    from pochade.engine.expecting import Expecting
    from pochade.engine.kernels import Regions
    from pochade.engine.needs import Level
    from pochade.engine.stepcaches import StepCache

__all__ = ["Applied", "Levers", "apply", "chosen"]

COMPILE = ("auto", "regions", "off")
PROMPTS = 256_000_000
"""Room for the embeddings of prompts, in bytes: some 30 at 512 tokens of FLUX.2 klein."""
PICTURES = 256_000_000
"""Room for the latents of pictures and the pictures they were made of, in bytes: some 20 of a megapixel in fp32."""
POSITIONS = 64_000_000
"""Room for rotary positions, in bytes."""
SWITCH_SECONDS = 0.0001
"""How long another thread of Python may hold the interpreter while a picture is painted; usually it is 0.005."""
LIVE = 3
"""How many tensors as large as a decoder's last but one are alive at once while it works at full size."""


@dataclass(frozen=True)
class Levers:
    """What a person chose.

    Attributes
    ----------
    compile : str
        "auto": blocks are compiled on CUDA once that would have paid; "regions": from the first picture, also on the
        CPU; "off": never.
    attention : str
        "auto", "off", or the name of one of diffusers' attention backends.
    cache : str or None
        A step cache by name, which changes pictures; None for none.
    """

    compile: str = "auto"
    attention: str = "auto"
    cache: str | None = None


def chosen(compile: str = "auto", attention: str = "auto", cache: str | None = None) -> Levers:  # noqa: A002 - its name
    """Check what a person chose, as far as that is possible without a model.

    Raises
    ------
    RequestError
        If there is no such choice.
    """
    from pochade.engine.stepcaches import CACHES

    if compile not in COMPILE:
        raise RequestError(f"compile={compile!r} is not known. Use one of {', '.join(map(repr, COMPILE))}.")
    if not isinstance(attention, str) or not attention:
        raise RequestError(
            f'attention={attention!r} is not a name. Use "auto", "off", or a backend of diffusers such as "native".'
        )
    if cache is not None and cache not in CACHES:
        raise RequestError(f"cache={cache!r} is not known. Use None or one of {', '.join(map(repr, CACHES))}.")
    return Levers(compile, attention, cache)


def apply(
    components: Mapping[str, Any],
    levers: Levers,
    device: str,
    *,
    level: Level = "full",
    prompt_layers: Sequence[int] | None = None,
) -> Applied:
    """Put levers to work on the components of one model. Worker thread only.

    Parameters
    ----------
    components : mapping
        Component name → model, tokenizer and so on, as a pipeline has them, on their device.
    levers : Levers
        What was chosen.
    device : str
        Where the model runs.
    level : str
        How it lies in memory. What counts on a model staying where it is, or on its weights being plain numbers, is
        only done at "full". To be called before the level's hooks are put on, so that those lie outside.
    prompt_layers : sequence of int, optional
        Which layers of the text encoder are read; None leaves that to the pipeline.

    Raises
    ------
    RequestError
        If this model cannot be used with what was chosen.
    """
    return Applied(components, levers, device, level, prompt_layers)


class Applied:
    """Levers at work on one model; `apply` makes it."""

    def __init__(
        self,
        components: Mapping[str, Any],
        levers: Levers,
        device: str,
        level: Level,
        prompt_layers: Sequence[int] | None,
    ) -> None:
        from pochade.engine import tweaks
        from pochade.engine.caches import Memo
        from pochade.engine.expecting import Expecting

        self._device = device
        self._full = level == "full"
        self._adopted = False
        self._layers = prompt_layers
        self._encoders = [
            part for name, part in components.items() if name.startswith("text_encoder") and part is not None
        ]
        self._vae = components.get("vae")
        self._undo: list[Callable[[], None]] = []
        self._compile = levers.compile
        self._regions: Regions | None = None
        self._cache: StepCache | None = None
        self._attention: str | None = None
        self._expecting: Expecting | None = None
        self._decode = "whole"
        self.prompts = Memo(PROMPTS, entries=32)
        self.pictures = Memo(PICTURES, entries=16)
        self.positions = Memo(POSITIONS, entries=16, fresh=False)
        self._names: list[str] = []
        denoiser = next((components[name] for name in tweaks.DENOISERS if components.get(name) is not None), None)
        self._choose(levers, denoiser)
        if self._vae is not None:
            self._did("vae channels-last", tweaks.channels_last(self._vae))
            self._did("vae in place", tweaks.in_place(self._vae))
            self._did("latents kept", tweaks.remembering(self._vae, "encode", self.pictures, "encode"))
            if self._full:
                self._expecting = Expecting(self._vae.encode, self.pictures)
                encode = functools.wraps(self._vae.encode)(functools.partial(self._expecting.encode))
                self._did("encoded ahead", tweaks.put(self._vae, "encode", self._expecting.after(encode)))
                self._did("encoded ahead", tweaks.put(self._vae, "decode", self._expecting.after(self._vae.decode)))
        for encoder in self._encoders:
            self._did("hidden states only", tweaks.hidden_states_only(encoder))
        if denoiser is not None and self._full:
            self._did("positions kept", tweaks.constants(denoiser, self.positions))
        if self._full:
            for part in (denoiser, self._vae):
                self._did("settled", None if part is None else tweaks.settled(part))
            if device == "cpu":
                tweaks.roomy_heap()
            if denoiser is not None and device == "cpu" and levers.compile != "regions":
                self._did("signatures known", tweaks.known_signatures(denoiser))

    def adopt(self, pipeline: Any) -> None:
        """Take a new pipeline over these components in: its prompts are remembered from now on.

        Worker thread only; once a pipeline, before its first call.
        """
        import inspect

        from pochade.engine import tweaks

        if hasattr(pipeline, "encode_prompt"):
            name = type(pipeline).__name__
            self._did("prompts kept", tweaks.remembering(pipeline, "encode_prompt", self.prompts, name))
        if self._full:
            self._did("settled", tweaks.settled_device(pipeline, self._device))
        read = inspect.signature(type(pipeline).__call__).parameters.get("text_encoder_out_layers")
        layers = self._layers if self._layers is not None else None if read is None else read.default
        if read is not None and layers:
            for encoder in self._encoders:
                dropped = tweaks.only_layers_read(encoder, layers)
                self._did("layers read", (lambda: None) if dropped else None)
        if self._full and not self._adopted:
            for encoder in self._encoders:
                self._did("settled", tweaks.settled(encoder))
        self._adopted = True

    @contextmanager
    def call(self, pipeline: Any, *, size: tuple[int, int], pictures: int = 1, steps: int = 1) -> Iterator[None]:
        """Hold the levers of one call of a pipeline: the call goes inside. Worker thread only.

        Parameters
        ----------
        pipeline : DiffusionPipeline
            One that was adopted.
        size : tuple of int
            Width and height in pixels.
        pictures : int
            How many are painted in this call.
        steps : int
            How many steps are asked for.
        """
        import torch

        if getattr(self._vae, "dtype", None) == torch.float16:
            self.wait()  # pipelines may cast such a VAE before they use it
        if self._regions is not None and self._compile == "regions" and self._regions.state == "off":
            self._regions.start()
        if self._cache is not None:
            self._cache.prepare(pipeline, steps)
        self._decode = self._decoding(size, pictures)
        started = time.perf_counter()
        with ExitStack() as inside:
            inside.enter_context(_switching())
            # Compiled code and hooks that move weights are made for no_grad, which the pipelines use themselves.
            if self._full and not self._compiled and self._cache is None:
                inside.enter_context(torch.inference_mode())
            yield
        if self._regions is not None and self._compile == "auto" and self._device.startswith("cuda"):
            self._regions.painted(time.perf_counter() - started)

    def expect(self, picture: Image.Image) -> None:
        """Say which picture is likely to be edited next: it is encoded while the worker does something else.

        Worker thread only, between two calls. It is a hint: nothing goes wrong if another is edited.
        """
        if self._expecting is not None:
            self._expecting.expect(picture)

    def wait(self) -> None:
        """Wait until nothing is worked at in advance any more."""
        if self._expecting is not None:
            self._expecting.wait()

    def facts(self) -> dict[str, Any]:
        """Tell what is at work, as JSON for a turn's record.

        Returns
        -------
        dict
            ``exact`` (names of the levers that leave pictures as they are), ``compile``, ``attention`` and ``cache``
            (what is in force), ``decode`` ("whole", "sliced" or "tiled", in the last call).
        """
        return {
            "exact": sorted(set(self._names)),
            "compile": "off" if self._regions is None else self._regions.state,
            "attention": self._attention or "native",
            "cache": None if self._cache is None else self._cache.name,
            "decode": self._decode,
        }

    def forget(self) -> None:
        """Give back the memory of everything that is remembered."""
        self.wait()
        for memo in (self.prompts, self.pictures, self.positions):
            memo.forget()

    def release(self) -> None:
        """Put every instance back as it was; layers of a text encoder that nobody reads stay away."""
        self.forget()
        if self._regions is not None:
            self._regions.stop()
        if self._cache is not None:
            self._cache.stop()
        while self._undo:
            self._undo.pop()()
        self._names.clear()

    @property
    def _compiled(self) -> bool:
        return self._regions is not None and self._regions.on

    def _choose(self, levers: Levers, denoiser: Any) -> None:
        """Find out which of the choices this model and device allow."""
        from pochade.engine import kernels
        from pochade.engine.stepcaches import StepCache

        if denoiser is None:
            return
        if levers.cache is not None:
            self._cache = StepCache(levers.cache, denoiser)
        if self._full and levers.compile != "off" and self._cache is None:
            self._regions = kernels.Regions(denoiser, self._device)
        self._attention = kernels.attention(levers.attention, denoiser, self._device, denoiser.dtype)
        if self._attention is not None:
            kernels.set_attention(denoiser, self._attention)
            self._undo.append(lambda: kernels.reset_attention(denoiser))

    def _did(self, name: str, undo: Callable[[], None] | None) -> None:
        """Note a lever that was put to work; None says that it does not apply to this model."""
        if undo is not None:
            self._names.append(name)
            self._undo.append(undo)

    def _decoding(self, size: tuple[int, int], pictures: int) -> str:
        """Decode at once what fits into memory, else one by one, else in tiles, and say which.

        A processor's caches are small: there pictures are always decoded one by one, which is as fast or faster.
        """
        vae: Any = self._vae
        if not hasattr(vae, "enable_tiling") or not hasattr(vae, "enable_slicing"):
            return "whole"
        each = math.prod(size) * _pixel_bytes(vae)
        free = _free(self._device)
        tiled = each > free
        sliced = tiled or (pictures > 1 and (self._device == "cpu" or pictures * each > free))
        if tiled != getattr(vae, "use_tiling", tiled):  # it encodes in tiles, too, which are not quite the same
            if self._expecting is not None:
                self._expecting.wait()
            self.pictures.forget()
        (vae.enable_slicing if sliced else vae.disable_slicing)()
        (vae.enable_tiling if tiled else vae.disable_tiling)()
        return "tiled" if tiled else "sliced" if sliced else "whole"


_lock = threading.Lock()
_before: list[float] = []  # the interval that was found by each call that runs now


@contextmanager
def _switching() -> Iterator[None]:
    """Let threads take turns more often while pictures are painted.

    PyTorch lets go of the interpreter in every one of thousands of operations, and where a cell computes meanwhile it
    waits each time until the cell's thread is made to let go, too.
    """
    with _lock:
        _before.append(sys.getswitchinterval())
        sys.setswitchinterval(min(SWITCH_SECONDS, _before[0]))
    try:
        yield
    finally:
        with _lock:
            first = _before[0]
            _before.pop()
            if not _before:
                sys.setswitchinterval(first)


def _pixel_bytes(vae: Any) -> int:
    """Say about how much memory decoding takes for every pixel."""
    config = vae.config
    channels = getattr(config, "decoder_block_out_channels", None) or getattr(config, "block_out_channels", None)
    widest = max(channels[:2]) if channels else 256
    return int(LIVE * widest * vae.dtype.itemsize)


def _free(device: str) -> int:
    """Say how much memory is free for decoding, in bytes."""
    import torch

    if device.startswith("cuda"):
        spare = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + spare
    import psutil

    return int(psutil.virtual_memory().available)
