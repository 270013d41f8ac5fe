"""Encodes the picture that was just painted while it is being stored, for the edit that is likely to follow.

An edit begins by encoding the picture that it changes. Between two turns the device waits while pictures are compressed
and written, and while the next words are encoded, and that is time enough. It stands apart because it is the one thing
that works beside the worker's thread: it begins when the worker has done with the VAE, and whatever needs the VAE next
waits for its end.
"""

from __future__ import annotations

import functools
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from PIL import Image
    from torch import Tensor

    from pochade.engine.caches import Memo

__all__ = ["Expecting"]

QUICK_SECONDS = 0.1
"""What takes longer to encode is not encoded in advance: what is asked instead would have to wait for it."""
PATIENCE = 2
"""So many pictures in a row that were expected in vain, and nothing is expected any more."""

_log = logging.getLogger("pochade")


class Expecting:
    """What one VAE will probably be asked next.

    Parameters
    ----------
    encode : callable
        The VAE's, answering from `memo`.
    memo : Memo
        What remembers pictures' latents.
    """

    def __init__(self, encode: Callable[..., Any], memo: Memo) -> None:
        self._encode = encode
        self._memo = memo
        self._last: Tensor | None = None  # on "meta": what pipelines pass, without the numbers
        self._device: torch.device | None = None
        self._seconds = 0.0
        self._hoped = False
        self._vain = 0
        self._work: Future[None] | None = None
        # One thread for all of it, which keeps what it needs. Python waits for it at its end; a daemon, as the worker's
        # own is, it would break off inside PyTorch. It goes when nobody holds this object any more.
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="pochade encodes ahead")

    def encode(self, *args: Any, **more: Any) -> Any:
        """Encode as the VAE does, and note in what form pipelines pass a picture; only once it is free."""
        self.wait()
        missed, began = self._memo.misses, time.perf_counter()
        answer = self._encode(*args, **more)
        if self._memo.misses == missed:
            self._vain = 0
        elif args and isinstance(args[0], torch.Tensor):
            if args[0].is_cuda:  # what was begun there has to end before it is timed
                torch.cuda.synchronize(args[0].device)
            self._seconds = time.perf_counter() - began
            self._last, self._device = args[0].to("meta"), args[0].device
            self._vain += self._hoped
        self._hoped = False
        return answer

    def after(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let a function of the VAE wait until the VAE is free."""

        @functools.wraps(function)
        def waiting(*args: Any, **more: Any) -> Any:
            self.wait()
            return function(*args, **more)

        return waiting

    def expect(self, picture: Image.Image) -> None:
        """Begin to encode a picture that is likely to be edited next; returns at once. Worker thread only."""
        self.wait()
        if self._last is None or self._seconds > QUICK_SECONDS or self._vain >= PATIENCE:
            return
        try:
            colours = _as_passed(picture, self._last)
            if colours is None:
                return
            work = self._beside.submit(self._ahead, colours)
        except Exception:  # noqa: BLE001 - a picture that is finished is not lost over a hint
            _log.debug("A picture could not be encoded in advance.", exc_info=True)
            self._vain = PATIENCE
        else:
            self._hoped, self._work = True, work

    def wait(self) -> None:
        """Wait until the VAE is free."""
        if self._work is not None:
            self._work.result()
            self._work = None

    def _ahead(self, colours: Tensor) -> None:
        try:
            with torch.no_grad():
                self._encode(colours.to(self._device))
        except Exception:  # noqa: BLE001 - nobody asked for this; who does will be told
            _log.debug("A picture could not be encoded in advance.", exc_info=True)
            self._vain = PATIENCE


def _as_passed(picture: Image.Image, last: Tensor) -> Tensor | None:
    """Turn a picture into what pipelines pass to a VAE: colours from -1 to 1, as `last` in everything but the numbers.

    None where `last` was of another size or more than one picture.
    """
    channels = last.shape[1]
    if (last.shape[0], last.shape[-1], last.shape[-2]) != (1, *picture.size) or channels not in {3, 4}:
        return None
    levels = np.asarray(picture.convert("RGB" if channels == 3 else "RGBA"))  # noqa: PLR2004 - red, green and blue
    colours = torch.from_numpy(levels.astype(np.float32) / 255.0).movedim(-1, 0)
    return (2.0 * colours - 1.0).reshape(last.shape).to(last.dtype)
