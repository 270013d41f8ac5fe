"""The queue: the one thread a device that does jobs, and the order in which it does them.

Everything slow happens on a worker, so that a cell, a click and another session can ask at any time and nobody's
request is lost. It stands alone because it knows nothing of pictures: the work is a function that is given a `Report`
and returns a `Turn`.
"""

import atexit
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pochade import waiting
from pochade.errors import PochadeError
from pochade.job import Event, Job, State
from pochade.report import Progress, Report

if TYPE_CHECKING:
    from pochade.remedies import Remedy
    from pochade.turn import Turn

__all__ = ["Event", "Job", "Progress", "Report", "State", "Worker", "in_order", "worker_for"]

_T = TypeVar("_T")

_EXIT_SECONDS = 60.0  # how long the interpreter's end waits for a step, or a model being loaded, to finish


class Worker:
    """Does jobs one after another on one thread of its own, in the order in which they came, whoever asked for them.

    Sessions that share a device share its queue: none has a turn of its own there. `Job.move` changes the order. Get
    the worker of a device from `worker_for`. Its thread starts with the first job and ends with the process.

    Attributes
    ----------
    device : str
        What it paints on.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._wake = threading.Condition()
        self._queue: deque[Job] = deque()
        self._untold: set[Job] = set()  # in the queue, but not yet told of: not to be begun
        self._running: Job | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The job that runs and those that wait, in order."""
        with self._wake:
            return (*([self._running] if self._running is not None else []), *self._queue)

    def submit(
        self,
        work: "Callable[[Report], Turn]",
        *,
        request: Any,
        emit: Callable[[Event], None],
        on_done: Callable[[Job], None] | None = None,
        watched: Callable[[], bool] | None = None,
        remedies: "Callable[[BaseException], tuple[Remedy, ...]] | None" = None,
        keep_preview: bool = False,
    ) -> Job:
        """Put work in the queue and return at once.

        Parameters
        ----------
        work : callable
            Called on the worker's thread with a `Report`; returns the turn, already stored.
        request : Request
            What was asked; the job shows it.
        emit : callable
            Told of every event of the job, on whatever thread it happens. By the time "done" is told the job has its
            outcome; those who wait for it wake after that.
        on_done : callable, optional
            Given the job when it has ended in whichever way, on the worker's thread or the one that cancelled it.
        watched : callable, optional
            Whether anybody sees the job's events at the moment. Where nobody does, no previews are made and a waiting
            cell says itself how far it is.
        remedies : callable, optional
            Given what went wrong, returns what would help; on the worker's thread.
        keep_preview : bool
            Whether the report keeps its last preview, for a turn that is stopped and kept.

        Raises
        ------
        PochadeError
            Python is shutting down.
        """
        job = Job(self, work, request, emit, on_done, watched, remedies, keep_preview=keep_preview)
        with self._wake:
            if self._stopping:
                raise PochadeError("Python is shutting down: nothing can be painted any more.")
            self._queue.append(job)
            self._untold.add(job)
        try:  # a subscriber finds it in its place, and may move or cancel it on the spot
            job.tell("queued", progress=job.progress)
        finally:
            with self._wake:
                self._untold.discard(job)
                if self._thread is None or not self._thread.is_alive():
                    name = f"pochade on {self.device}"
                    self._thread = waiting.WorkerThread(target=self._work, name=name, daemon=True)
                    self._thread.start()
                self._wake.notify()
        return job

    def call(self, work: Callable[[Report], _T]) -> _T:
        """Do something on the worker's thread, in its turn, without events, and wait for what it returns."""
        if threading.current_thread() is self._thread:
            return work(Report())
        job = self.submit(cast("Callable[[Report], Turn]", work), request=None, emit=lambda _: None)
        return cast("_T", job.result())

    def position(self, job: Job) -> int | None:
        """Return the place of a job among those that wait, 0 the next; None if it does not wait."""
        with self._wake:
            return self._queue.index(job) if job in self._queue else None

    def move(self, job: Job, place: int) -> bool:
        """Put a job that waits in another place, 0 the next; False if it does not wait. `Job.move` tells of it too."""
        with self._wake:
            if job not in self._queue:
                return False
            self._queue.remove(job)
            self._queue.insert(place, job)
            return True

    def forget(self, job: Job) -> None:
        """Take a job out of the queue."""
        with self._wake, suppress(ValueError):
            self._queue.remove(job)

    def stop(self, timeout: float | None = None) -> None:
        """Cancel everything, then wait for the thread to end, `timeout` seconds at most. Nothing can follow."""
        with self._wake:
            self._stopping = True
            thread = self._thread
            self._wake.notify()
        for job in self.jobs:
            job.cancel()
        if thread is not None:
            thread.join(timeout)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job.run()
            with self._wake:
                self._running = None
            # Named until the next job comes, this one's pictures would stay in memory.
            del job

    def _next(self) -> Job | None:
        with self._wake:
            while not self._stopping:
                job = next((job for job in self._queue if job not in self._untold), None)
                if job is not None:
                    self._queue.remove(job)
                    self._running = job
                    return job
                self._wake.wait()
            return None


_workers: dict[str, Worker] = {}
_workers_guard = threading.Lock()


def worker_for(device: str) -> Worker:
    """Return the one worker of a device in this process, such as "cpu" or "cuda:0"."""
    name = "cuda:0" if device == "cuda" else device
    with _workers_guard:
        return _workers.setdefault(name, Worker(name))


def in_order(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Sort jobs as they will be done: the one that runs, then those that wait."""
    jobs = tuple(jobs)
    workers = {job.worker for job in jobs}
    places = {job: place for worker in workers for place, job in enumerate(worker.jobs)}
    return tuple(sorted(jobs, key=lambda job: places.get(job, len(places))))


@atexit.register
def _stop_all() -> None:
    # A thread that still paints while the interpreter is taken down around it can crash the process.
    for worker in list(_workers.values()):
        worker.stop(_EXIT_SECONDS)
