"""Faster kernels for one model: a better attention where one is installed, and compiled blocks once they pay.

It stands apart because this is where a device's abilities are asked for, and where what cannot be had is done without:
a compiler that is missing, or that fails in the middle of a picture, costs speed and never the picture.

Sources: diffusers 0.42 `ModelMixin.set_attention_backend` and `compile_repeated_blocks`. When to compile is decided as
in the ski-rental problem: rent until the rent paid would have bought the skis.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch

from pochade.errors import RequestError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Regions", "attention", "reset_attention", "set_attention"]

UNMASKED = ("Flux2Transformer2DModel", "FluxTransformer2DModel")
"""Denoisers that never pass a mask to attention, which some kernels cannot take."""
COMPILE_SECONDS = 20.0
"""About what compiling the blocks of one model takes."""
GAIN = 0.2
"""About which share of a picture's time compiled blocks save."""


def attention(asked: str, denoiser: nn.Module, device: str, dtype: Any) -> str | None:
    """Choose what computes attention.

    Parameters
    ----------
    asked : str
        "auto", "off" or the name of a diffusers backend.
    denoiser : Module
        Whose attention it is.
    device : str
        Where it runs.
    dtype : torch.dtype
        In what it computes.

    Returns
    -------
    str or None
        The name of a backend; None to leave everything as it is.
    """
    if asked == "off":
        return None
    if asked != "auto":
        return asked
    if not device.startswith("cuda") or dtype == torch.float32 or type(denoiser).__name__ not in UNMASKED:
        return None
    major, _ = torch.cuda.get_device_capability(device)
    # On Hopper the two can reach twice what PyTorch's own choice does; before it, that choice is as good as flash-attn.
    wanted = ("_flash_3", "_native_cudnn") if major == 9 else ()  # noqa: PLR2004 - the generation's number
    return next((name for name in wanted if _works(name, denoiser, device, dtype)), None)


def set_attention(denoiser: nn.Module, name: str) -> None:
    """Let this denoiser's attention be computed by a backend of diffusers.

    diffusers' own `set_attention_backend` changes the choice of the whole process too; this one does not.

    Raises
    ------
    RequestError
        If there is no such backend, what it needs is not installed, or this model computes attention in its own way.
    """
    from diffusers.models import attention_dispatch as dispatch

    names = sorted(backend.value for backend in dispatch.AttentionBackendName)
    if name not in names:
        raise RequestError(f'attention={name!r} is no attention of diffusers. Use "auto", "off" or one of {names}.')
    backend = dispatch.AttentionBackendName(name)
    try:
        dispatch._check_attention_backend_requirements(backend)  # noqa: SLF001 - the public way is process-wide
        dispatch._maybe_download_kernel_for_backend(backend)  # noqa: SLF001 - the same
    except (RuntimeError, ImportError, OSError) as error:
        raise RequestError(f"attention={name!r} cannot be used here: {error}") from error
    switched = _processors(denoiser)
    if not switched:
        raise RequestError(f'{type(denoiser).__name__} computes attention in its own way: leave attention="auto".')
    for processor in switched:
        processor._attention_backend = backend  # noqa: SLF001 - as diffusers sets it


def reset_attention(denoiser: nn.Module) -> None:
    """Take a chosen backend away again."""
    for processor in _processors(denoiser):
        processor._attention_backend = None  # noqa: SLF001 - as diffusers resets it


class Regions:
    """The repeated blocks of one denoiser, compiled or not.

    Parameters
    ----------
    denoiser : Module
        Whose blocks they are.
    device : str
        Where it runs.

    Attributes
    ----------
    state : str
        "off", "regions", or "off: " and why.
    """

    def __init__(self, denoiser: nn.Module, device: str) -> None:
        self._denoiser = denoiser
        self._device = device
        self._seconds = 0.0
        self.state = "off"

    @property
    def on(self) -> bool:
        """Whether blocks are compiled now."""
        return self.state == "regions"

    @property
    def blocks(self) -> list[nn.Module]:
        """The blocks that diffusers says are repeated."""
        names = getattr(self._denoiser, "_repeated_blocks", None) or ()
        return [module for module in self._denoiser.modules() if type(module).__name__ in names]

    def why_not(self) -> str:
        """Say what is missing for compiling here; "" if nothing is."""
        if not self.blocks:
            return f"{type(self._denoiser).__name__} names no blocks that repeat"
        if self._device.startswith("cuda") and find_spec("triton") is None:
            return "Triton is not installed"
        chosen = os.environ.get("CXX")
        compilers = [chosen] if chosen else ["g++", "clang++", "gcc", "clang", "cl"]
        if not any(map(shutil.which, compilers)):
            return f"there is no C++ compiler ({', '.join(compilers)})"
        return ""

    def start(self) -> None:
        """Compile the blocks at their next call; where that fails they go on as they were."""
        missing = self.why_not()
        if missing:
            self.state = f"off: {missing}"
            return
        try:
            for block in self.blocks:
                block.compile()
                fast = block._compiled_call_impl  # noqa: SLF001 - where `Module.compile` puts it
                block._compiled_call_impl = self._guarded(block, fast)  # noqa: SLF001 - the same
        except Exception as error:  # noqa: BLE001 - the compiler is loaded here, and fails in ways of its own
            self.stop(_first_line(error))
        else:
            self.state = "regions"

    def stop(self, why: str = "") -> None:
        """Let the blocks be called as they were."""
        for block in self.blocks:
            block._compiled_call_impl = None  # noqa: SLF001 - where `Module.compile` puts it
        self.state = f"off: {why}" if why else "off"

    def painted(self, seconds: float) -> None:
        """Note how long pictures took, and compile when that would have paid by now."""
        self._seconds += seconds
        if self.state == "off" and self._seconds * GAIN >= COMPILE_SECONDS:
            self.start()

    def _guarded(self, block: nn.Module, fast: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            try:
                return fast(*args, **more)
            except Exception as error:
                if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                    raise  # what the block itself does wrong, or memory that ran out, is not the compiler's fault
                self.stop(_first_line(error))
                return block(*args, **more)

        return call


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0] or type(error).__name__


def _processors(denoiser: nn.Module) -> list[Any]:
    """Find everything in a denoiser that computes attention by whatever backend it is told."""
    every: list[Any] = [getattr(module, "processor", None) for module in denoiser.modules()]
    return [processor for processor in every if hasattr(processor, "_attention_backend")]


def _works(name: str, denoiser: Any, device: str, dtype: Any) -> bool:
    """Try a backend on a few numbers of this model's head size."""
    from diffusers.models import attention_dispatch as dispatch

    backend = dispatch.AttentionBackendName(name)
    side = int(getattr(denoiser.config, "attention_head_dim", 128))
    some = torch.zeros((1, 64, 2, side), device=device, dtype=dtype)
    try:
        dispatch._check_attention_backend_requirements(backend)  # noqa: SLF001 - the public way is process-wide
        dispatch.dispatch_attention_fn(some, some, some, backend=backend)
    except (RuntimeError, ImportError, ValueError, AttributeError):
        return False
    return True
