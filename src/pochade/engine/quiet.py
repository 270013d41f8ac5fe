"""Keeps diffusers and transformers from writing over a notebook while pochade works, and only then.

Their progress bars, log lines and warnings go to stderr, where a notebook's comparison or a person's own output would
be spoiled. The switches are process-wide, so they are turned off while at least one piece of work runs and put back
after the last; log lines are dropped for the working threads alone, and warnings only where those libraries warn.
"""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARIES = ("diffusers", "transformers", "huggingface_hub", "accelerate")
_WARNERS = rf"({'|'.join(_LIBRARIES)})(\.|$)"
_lock = threading.Lock()
_working: list[int] = []
_restore = ExitStack()


def _not_ours(record: logging.LogRecord) -> bool:
    return record.thread not in _working


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back bars and log lines of this thread's work; works nest, and several threads may be inside."""
    with _lock:
        if not _working:
            _switch_off()
        _working.append(threading.get_ident())
    try:
        yield
    finally:
        with _lock:
            _working.remove(threading.get_ident())
            if not _working:
                _restore.close()


def _switch_off() -> None:
    """Turn off what is on, and note how to turn it on again."""
    import diffusers.utils.logging as ours
    import transformers.utils.logging as theirs

    for library in (ours, theirs):
        if library.is_progress_bar_enabled():
            library.disable_progress_bar()
            _restore.callback(library.enable_progress_bar)
    for name in _LIBRARIES:
        for handler in logging.getLogger(name).handlers:
            handler.addFilter(_not_ours)
            _restore.callback(handler.removeFilter, _not_ours)
    warnings.filterwarnings("ignore", module=_WARNERS)
    _restore.callback(_warn_again, warnings.filters[0])


def _warn_again(ours: object) -> None:
    """Take our filter away, wherever it is by now: others add and remove theirs meanwhile."""
    with suppress(ValueError):
        warnings.filters.remove(ours)  # type: ignore[attr-defined]
