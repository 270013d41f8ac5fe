"""Where a wait may happen, and what a person sees of it.

It stands apart from the queue because it is about the threads and the cell around it: on some threads a wait would hold
up the very thing that is waited for, and in a notebook a cell that waits in silence looks like one that hangs.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pochade.jupyter.kernel import in_kernel
from pochade.report import Progress

__all__ = ["SLICE_SECONDS", "WorkerThread", "forbidden", "line", "sentence"]

SLICE_SECONDS = 0.25
"""How long to wait at a stretch: an interrupt reaches even those platforms whose locks cannot be interrupted."""

_SILENT_SECONDS = 2.0


class WorkerThread(threading.Thread):
    """A thread that paints: the one place where nothing else may be waited for."""


def forbidden() -> str | None:
    """Say why the current thread must not wait for a job; None where it may."""
    thread = threading.current_thread()
    if isinstance(thread, WorkerThread):
        return "this is the thread that paints, and it cannot wait for itself"
    subshell = sys.modules.get("ipykernel.subshell")
    if subshell is not None and isinstance(thread, subshell.SubshellThread):
        return "this is a subshell, and while it waits no widget of the notebook hears its messages, Stop among them"
    return None


def sentence(progress: Progress, ahead: int) -> str:
    """Tell a progress in words; `ahead` is the number of jobs that come first."""
    if progress.stage == "queued":
        before = f"after {ahead} earlier request{'s'[: ahead > 1]}" if ahead else "to start"
        return f"waiting {before}, {progress.seconds:.0f} s so far"
    doing: str = "loading the model" if progress.stage == "loading" else progress.stage
    steps = f", step {progress.step} of {progress.steps}" if progress.steps else ""
    if progress.stage == "downloading":
        doing, steps = "downloading the model", f", {progress.step} of {progress.steps} MB" if progress.steps else ""
    left = f", about {progress.left:.0f} s left" if progress.left else f", {progress.seconds:.0f} s so far"
    return doing + steps + left


@contextmanager
def line(text: Callable[[], str], wanted: Callable[[], bool]) -> Iterator[Callable[[], None]]:
    """Offer one transient line of text below a waiting cell.

    Parameters
    ----------
    text : callable
        What the line says now.
    wanted : callable
        Whether it is needed at all, asked once the cell has been silent for two seconds.

    Yields
    ------
    callable
        To be called now and then while waiting. Outside a notebook's cell it does nothing.
    """
    began = time.monotonic()
    shown: Any = None
    in_cell = in_kernel() and threading.current_thread() is threading.main_thread()

    def update() -> None:
        nonlocal shown
        if not in_cell or time.monotonic() - began < _SILENT_SECONDS:
            return
        if shown is None and wanted():
            from IPython.display import display

            # An output that is empty when it is made and empty again at the end leaves nothing in the saved notebook,
            # and gives a test that compares outputs nothing to compare.
            shown = display({}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        if shown is not None:
            shown.update({"text/plain": text()}, raw=True)

    try:
        yield update
    finally:
        if shown is not None:
            shown.update({}, raw=True)
