"""Work for a worker without a model: it reports its steps, waits where a test wants it to, and stores a real turn."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from stored import add

from pochade.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Event, Job
    from pochade.report import Report
    from pochade.store import Store

SOON = 20.0  # seconds; only reached where something is broken


class Easel:
    """Paints nothing in so many steps; `hold_at` is the step before which it waits for `go_on`."""

    def __init__(self, store: Store, steps: int = 3, *, hold_at: int | None = None) -> None:
        self.store = store
        self.steps = steps
        self.hold_at = hold_at
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.seen: list[int] = []
        self.thread: threading.Thread | None = None

    def __call__(self, report: Report) -> Turn:
        self.thread = threading.current_thread()
        report.stage("painting")
        for step in range(1, self.steps + 1):
            if step == self.hold_at:
                self.held.set()
                assert self.go_on.wait(SOON)
            self.seen.append(step)
            report.step(step, self.steps)
        report.stage("storing")
        return keep(self.store)


def keep(store: Store) -> Turn:
    """Store a turn with a small picture."""
    return Turn(store, store.get(add(store, len(store))))


class Diary:
    """A subscriber that writes everything down."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def kinds(self, job: Job) -> list[str]:
        return [event.kind for event in self.events if event.job is job]


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
