"""Encodes the picture that was just painted while it is being stored, for the edit that is likely to follow.

An edit begins by encoding the picture that it changes. Between two turns the device waits while pictures are compressed
and written; that is time enough. It stands apart because it is the one thing that works beside the worker's thread: it
begins when the worker has done with the model, and whoever uses the model next waits for its end first.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from pochade.engine.caches import Memo

__all__ = ["Expecting"]

QUICK_SECONDS = 0.1
"""What takes longer to encode is not encoded in advance: if something else is asked, it would have to wait."""


class Expecting:
    """What one VAE is likely to be asked next.

    Parameters
    ----------
    vae : AutoencoderKL and the like
        Its `encode` answers from `memo`.
    memo : Memo
        What remembers pictures' latents.
    """

    def __init__(self, vae: Any, memo: Memo) -> None:
        self._memo = memo
        self._encode = vae.encode
        self._seen: Tensor | None = None
        self._seconds = 0.0
        self._thread: threading.Thread | None = None
        self._hoped = False

    def encode(self, *args: Any, **more: Any) -> Any:
        """Encode as the VAE does, and note what it is that pipelines pass."""
        if len(args) != 1 or more or not isinstance(args[0], torch.Tensor):
            return self._encode(*args, **more)
        missed, began = self._memo.misses, time.perf_counter()
        answer = self._encode(args[0])
        if self._memo.misses > missed:
            self._seconds = time.perf_counter() - began
            # What came otherwise than it was expected will do so again: nothing is expected any more.
            self._seen = None if self._hoped else args[0].new_empty(0).expand(args[0].shape[:0])
        self._hoped = False
        return answer
