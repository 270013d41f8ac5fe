"""How soon pochade shows something, and how soon it stops; also while a cell of the notebook is busy.

It stands apart because nothing is compared here: these are times that a person waits for an answer.
"""

from __future__ import annotations

import statistics
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pochade.bench import pairs
from pochade.bench.table import Figure
from pochade.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pochade.bench.rig import Rig
    from pochade.jobs import Event

__all__ = ["busy_cell", "busy_stop", "busy_text", "preview", "stop"]

STOPS = 8


def preview(rig: Rig, *, pictures: int = 5) -> Figure:
    """Say how long the first preview of a picture takes, from the moment that it is painted, counted in steps."""
    rows = [_watched(rig, pairs.fresh(pairs.PROMPT), number) for number in range(pictures + 1)]
    value = statistics.median(first / step for first, step in rows[1:])
    return Figure("preview", "to the first preview", value, "steps", 1.3)


def stop(rig: Rig, *, name: str = "stop", what: str = "to a stop, beyond one step") -> Figure:
    """Say how long a stop takes beyond one step, in milliseconds: the longest of several."""
    _, step = _watched(rig, pairs.fresh(pairs.PROMPT), 1)
    late = max(_stopped_after(rig, number / STOPS * rig.steps * step) for number in range(STOPS))
    return Figure(name, what, 1000 * max(0.0, late - step), "ms", 100)


def busy_text(rig: Rig) -> Figure:
    """Compare a picture from words while a cell computes in pure Python."""
    with busy_cell():
        return pairs.text(rig, pairs=3, name="busy", what="a picture from words while a cell runs")


def busy_stop(rig: Rig) -> Figure:
    """Say how long a stop takes while a cell computes in pure Python."""
    with busy_cell():
        return stop(rig, name="busy stop", what="to a stop, beyond one step, while a cell runs")


@contextmanager
def busy_cell() -> Iterator[None]:
    """Keep a thread busy with pure Python, as a cell does that counts words in a loop."""
    over = threading.Event()

    def count() -> None:
        total = 0
        while not over.is_set():
            total += 1

    thread = threading.Thread(target=count, name="a busy cell", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watched(rig: Rig, prompt: str, seed: int) -> tuple[float, float]:
    """Paint with somebody looking; return the seconds to the first preview and those of a step."""
    begun: list[float] = []
    shown: list[float] = []
    steps: list[float] = []

    def listen(event: Event) -> None:
        now = time.perf_counter()
        progress: Any = event.progress
        if event.kind == "preview":
            shown.append(now)
        elif event.kind == "progress" and progress.stage == "painting":
            (steps if progress.step else begun).append(now)

    leave = rig.session.subscribe(listen)
    try:
        rig.generate(prompt, seed)
    finally:
        leave()
    return shown[0] - begun[0], (steps[-1] - steps[0]) / (len(steps) - 1)


def _stopped_after(rig: Rig, seconds: float) -> float:
    """Ask for a stop so long after painting began; return how long it took from then."""
    painting = threading.Event()

    def listen(event: Event) -> None:
        if event.kind == "progress" and event.progress is not None and event.progress.stage == "painting":
            painting.set()

    leave = rig.session.subscribe(listen, lambda: False)
    try:
        job = rig.session.submit(pairs.PROMPT, task="generate", size=rig.size, steps=rig.steps)
        painting.wait(timeout=60)
        time.sleep(seconds)
        asked = time.perf_counter()
        job.cancel()
        with suppress(Cancelled):
            job.result()
    finally:
        leave()
    return time.perf_counter() - asked
