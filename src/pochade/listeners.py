"""Who follows a session: views that are told of every event and may not disturb each other.

It stands apart from `session.py` because events come from several threads, the painting one above all, and a mistake in
one view must reach neither the work nor any other view.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Event, Job

__all__ = ["Listeners"]

_log = logging.getLogger("pochade")


class Listeners:
    """The subscribers of one session, and the jobs that they were told of."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listeners: list[Callable[[Event], None]] = []
        self._jobs: list[Job] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in order."""
        with self._guard:
            self._jobs = [job for job in self._jobs if not job.done()]
            return tuple(self._jobs)

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Tell `listener` of every event from now on; returns what ends that."""
        with self._guard:
            self._listeners.append(listener)

        def remove() -> None:
            with self._guard, suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def tell(self, event: Event) -> None:
        """Tell everybody, on this thread."""
        with self._guard:
            if event.kind == "queued" and event.job is not None:
                self._jobs.append(event.job)  # before anybody is told: they look it up here
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a view's mistake is its own
                _log.exception("A subscriber raised while it was told %r.", event.kind)
