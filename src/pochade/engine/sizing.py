"""Holds pipelines to the size that was asked, where they would choose one themselves.

Some instruction editors work at a fixed area whatever they are told: they give back a picture of another size, or look
at the edited picture at another size than they paint, which moves and zooms what should have stayed. It stands apart
because, like `noise`, it reaches into diffusers, and on the calling thread only.
"""

from __future__ import annotations

import functools
import math
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["held"]

_CHOICE = "calculate_dimensions"  # what the modules of these pipelines call the function that chooses
_here = threading.local()
_lock = threading.Lock()


@contextmanager
def held(pipeline: Any, areas: tuple[int, ...], size: tuple[int, int]) -> Iterator[None]:
    """Let a pipeline work at the size that was asked.

    Parameters
    ----------
    pipeline : DiffusionPipeline
        Whose module chooses sizes with a function ``calculate_dimensions(area, ratio)``.
    areas : tuple of int
        Areas in pixels at which it would work by itself; what it resizes to other areas is left to it.
    size : tuple of int
        Width and height in pixels. Pictures of another ratio are left to it too.
    """
    _prepare(sys.modules[type(pipeline).__module__])
    before = getattr(_here, "asked", None)
    _here.asked = (areas, size)
    try:
        yield
    finally:
        _here.asked = before


def _prepare(module: Any) -> None:
    """Put our choice before the module's own, once; outside `held` it changes nothing."""
    with _lock:
        own = getattr(module, _CHOICE, None)
        if own is not None and not hasattr(own, "__wrapped__"):
            setattr(module, _CHOICE, _choosing_what_was_asked(own))


def _choosing_what_was_asked(own: Any) -> Any:
    @functools.wraps(own)
    def choose(target_area: int, ratio: float) -> Any:
        chosen = own(target_area, ratio)
        areas, (width, height) = getattr(_here, "asked", None) or ((), (1, 1))
        if target_area not in areas or not math.isclose(ratio, width / height):
            return chosen
        return (width, height, *chosen[2:])  # some give a third value, always None

    return choose
