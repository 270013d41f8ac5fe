"""The same noise from the same seed, whatever the device and the precision.

diffusers draws starting noise in the precision that the model runs in, so one seed can give other pictures in bfloat16
than in float32; and it draws while it encodes a picture, before the noise, so a seed gives other noise beside a picture
than alone. It stands apart because this is the one place where pochade reaches into diffusers' modules: inside
`fp32_noise`, and on that thread only, noise is drawn in fp32 and rounded afterwards, and encoding draws nothing.
"""

from __future__ import annotations

import functools
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Generator, Tensor

__all__ = ["ambient_seed", "fp32_noise", "generators"]

_here = threading.local()
_lock = threading.Lock()


def generators(seeds: Sequence[int]) -> list[Generator]:
    """Make one CPU generator for every picture, so that each draws the noise that it would draw alone."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


@contextmanager
def fp32_noise(pipeline: Any) -> Iterator[None]:
    """Let everything that this pipeline draws on this thread be drawn in fp32 on the CPU.

    Parameters
    ----------
    pipeline : DiffusionPipeline
        Whose module, whose scheduler's module and whose VAE's posterior draw through `randn_tensor`.

    Notes
    -----
    A picture is encoded to the most probable latents, where diffusers often takes random ones around them: they differ
    by less than anybody sees, and a picture need not be encoded anew for every seed. Only draws from CPU generators are
    changed; those of other threads, and of this one outside, are diffusers' own.
    """
    for cls in (*type(pipeline).__mro__, *type(pipeline.scheduler).__mro__):
        _prepare(sys.modules[cls.__module__], _in_fp32)
    _prepare(sys.modules["diffusers.models.autoencoders.vae"], _none)
    before = getattr(_here, "drawing", False)
    _here.drawing = True
    try:
        yield
    finally:
        _here.drawing = before


@contextmanager
def ambient_seed(seed: int, device: str) -> Iterator[None]:
    """Seed PyTorch's process-wide generators for a pipeline that draws from them, and put them back.

    Parameters
    ----------
    seed : int
        Of the picture that is painted.
    device : str
        "cpu", "cuda:0" and so on; its generator is put back too.
    """
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` would seed every card, and one is put back
        if device.startswith("cuda"):
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def _prepare(module: Any, draw: Callable[..., Tensor]) -> None:
    """Let one module draw our way inside `fp32_noise`; outside nothing changes. Done once in a process."""
    with _lock:
        own = getattr(module, "randn_tensor", None)
        if own is None or hasattr(own, "__wrapped__"):
            return

        @functools.wraps(own)
        def randn_tensor(
            shape: Sequence[int],
            generator: Any = None,
            device: Any = None,
            dtype: torch.dtype | None = None,
            layout: Any = None,
        ) -> Tensor:
            given = generator if isinstance(generator, list) else [generator]
            from_cpu = all(one is not None and one.device.type == "cpu" for one in given)
            if not (from_cpu and getattr(_here, "drawing", False)):
                return own(shape, generator=generator, device=device, dtype=dtype, layout=layout)  # type: ignore[no-any-return]
            return draw(own, shape, generator).to(dtype or torch.get_default_dtype()).to(device or "cpu")

        module.randn_tensor = randn_tensor


def _in_fp32(own: Callable[..., Tensor], shape: Sequence[int], generator: Any) -> Tensor:
    return own(shape, generator=generator, device=torch.device("cpu"), dtype=torch.float32)


def _none(_own: Callable[..., Tensor], shape: Sequence[int], _generator: Any) -> Tensor:
    return torch.zeros(tuple(shape))
