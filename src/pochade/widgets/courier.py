"""A thread that carries what is slow (encoding pictures, reading the store) so that nobody else waits for it.

A comm handler must return at once, because all widgets of a page share one subshell, and so must a subscriber of the
session, because the painting thread calls it. Both hand their work to a courier: letters go in order, slots carry
only the latest.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)
Task = Callable[[], None]


@dataclass
class _Slot:
    gap: Callable[[], float]
    task: Task | None = None
    sent: float = float("-inf")

    @property
    def due(self) -> float:
        return self.sent + self.gap() if self.task is not None else float("inf")


class Courier:
    """One daemon thread, started when there is first something to carry."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wake = threading.Condition()
        self._letters: deque[Task] = deque()
        self._slots: dict[str, _Slot] = {}
        self._thread: threading.Thread | None = None
        self._closed = False
        self._carrying = False
        self._retired = False

    def slot(self, name: str, gap: Callable[[], float]) -> None:
        """Declare a slot whose deliveries keep ``gap()`` seconds between them."""
        self._slots[name] = _Slot(gap)

    def post(self, task: Task, *, dropping: tuple[str, ...] = ()) -> None:
        """Carry a letter, after those posted before it; what waits in the slots ``dropping`` is stale by then."""
        with self._wake:
            for name in dropping:
                self._slots[name].task = None
            self._letters.append(task)
            self._run()

    def latest(self, name: str, task: Task) -> None:
        """Put into a slot what replaces whatever waits there."""
        with self._wake:
            self._slots[name].task = task
            self._run()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until everything handed over so far is delivered; False when it is not within ``timeout`` seconds."""
        with self._wake:
            return self._wake.wait_for(self._idle, timeout)

    def retire(self) -> None:
        """End the thread whenever there is nothing to carry; what is handed over later starts another."""
        with self._wake:
            self._retired = True
            self._wake.notify_all()

    def close(self) -> None:
        """Deliver the letters that wait, then end the thread."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()

    def _idle(self) -> bool:
        return not self._carrying and not self._letters and all(slot.task is None for slot in self._slots.values())

    def _run(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._carry, name=self._name, daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _carry(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                # A view that cannot be reached must not end the thread: the next snapshot brings it up to date.
                log.exception("a message to the Studio could not be sent")
            with self._wake:
                self._carrying = False
                self._wake.notify_all()

    def _next(self) -> Task | None:
        with self._wake:
            while True:
                if self._letters:
                    self._carrying = True
                    return self._letters.popleft()
                if self._closed:
                    return None
                slot = min(self._slots.values(), key=lambda slot: slot.due, default=None)
                wait = slot.due - time.monotonic() if slot is not None else float("inf")
                if slot is not None and wait <= 0:
                    task, slot.task, slot.sent = slot.task, None, time.monotonic()
                    self._carrying = True
                    return task
                if self._retired and wait == float("inf"):
                    self._thread = None
                    return None
                self._wake.wait(None if wait == float("inf") else wait)
