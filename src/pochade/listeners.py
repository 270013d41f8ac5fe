"""Who follows a session: views that are told of every event and may not disturb each other.

It stands apart from `session.py` because events come from several threads, the painting one above all, and a mistake in
one view must reach neither the work nor any other view.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pochade.errors import WouldBlockError
from pochade.jobs import in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Event, Job

__all__ = ["Listeners"]

_log = logging.getLogger("pochade")


class Listeners:
    """The subscribers of one session, and the jobs that they were told of."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listeners: list[tuple[Callable[[Event], None], Callable[[], bool] | None]] = []
        self._jobs: dict[Job, None] = {}  # in the order in which they came

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in the order in which they will be done."""
        with self._guard:
            jobs = [job for job in self._jobs if not job.done()]
        return in_order(jobs)

    def stop_jobs(self) -> None:
        """Cancel them all and wait until they have ended."""
        pending = self.jobs
        for job in reversed(pending):
            job.cancel()
        with suppress(WouldBlockError):  # on a thread that must not wait, a step may still be under way
            for job in pending:
                job.exception()

    def watched(self) -> bool:
        """Whether anybody sees at the moment what is told."""
        with self._guard:
            listeners = tuple(self._listeners)
        return any(watching is None or _says_so(watching) for _, watching in listeners)

    def add(self, listener: Callable[[Event], None], watching: Callable[[], bool] | None = None) -> Callable[[], None]:
        """Tell `listener` of every event from now on; returns what ends that.

        Parameters
        ----------
        listener : callable
            Told of every event, on any thread.
        watching : callable, optional
            Whether what it is told is seen by anybody at the moment; where it is missing, it always is.
        """
        entry = (listener, watching)
        with self._guard:
            self._listeners.append(entry)

        def remove() -> None:
            with self._guard, suppress(ValueError):
                self._listeners.remove(entry)

        return remove

    def tell(self, event: Event) -> None:
        """Tell everybody, on this thread."""
        with self._guard:
            if event.job is not None and event.kind == "queued" and not event.job.done():
                self._jobs[event.job] = None  # before anybody is told: they look it up here
            elif event.job is not None and event.kind in {"done", "failed", "cancelled"}:
                self._jobs.pop(event.job, None)  # with its pictures
            listeners = tuple(self._listeners)
        for listener, _ in listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a view's mistake is its own
                _log.exception("A subscriber raised while it was told %r.", event.kind)


def _says_so(watching: Callable[[], bool]) -> bool:
    try:
        return watching()
    except Exception:  # noqa: BLE001 - as above
        _log.exception("A subscriber raised when it was asked whether it is watching.")
        return False
