"""The queue: jobs, the one thread a device that does them, and the events that tell of them.

Everything slow happens on a worker, so that a cell, a click and another session can ask at any time and nobody's
request is lost. It stands alone because it knows nothing of pictures: the work is a function that is given a `Report`
and returns a `Turn`.
"""

import asyncio
import atexit
import itertools
import logging
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from pochade import waiting
from pochade.errors import Cancelled, PochadeError, WouldBlockError
from pochade.report import Progress, Report

if TYPE_CHECKING:
    from PIL import Image

    from pochade.turn import Turn

__all__ = ["Event", "Job", "Progress", "Report", "State", "Worker", "worker_for"]

State = Literal["queued", "running", "done", "failed", "cancelled"]

_T = TypeVar("_T")

_EXIT_SECONDS = 60.0  # how long the interpreter's end waits for a step, or a model being loaded, to finish
_logger = logging.getLogger("pochade")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Event:
    """Something that happened in a session, for whoever subscribed.

    Attributes
    ----------
    kind : str
        "queued", "started", "progress", "preview", "done", "failed" and "cancelled" are about a job; "current" says
        that the session went to another turn, "closed" that it was closed.
    job : Job or None
        The job it is about.
    turn : Turn or None
        The turn that was made, or that is current now.
    progress : Progress or None
        How far the job is.
    preview : PIL.Image.Image or None
        What the picture looks like so far, small.
    message : str or None
        What went wrong, as a sentence.
    """

    kind: Literal["queued", "started", "progress", "preview", "done", "failed", "cancelled", "current", "closed"]
    job: "Job | None" = None
    turn: "Turn | None" = None
    progress: Progress | None = None
    preview: "Image.Image | None" = None
    message: str | None = None


class Job:
    """A request on its way. `Worker.submit` makes one; ``job.result()`` or ``await job`` waits for its turn.

    Attributes
    ----------
    id : str
        Its name in this process.
    request : Request
        What was asked.
    """

    def __init__(
        self,
        worker: "Worker",
        work: "Callable[[Report], Turn]",
        request: Any,
        emit: Callable[[Event], None],
        on_done: "Callable[[Job], None] | None",
        watched: Callable[[], bool] | None,
    ) -> None:
        self.id = f"j{next(_numbers)}"
        self.request = request
        self._worker = worker
        self._work: Callable[[Report], Turn] | None = work
        self._emit = emit
        self._on_done = on_done
        self._watched = watched
        self._guard = threading.Lock()
        self._state: State = "queued"
        self._turn: Turn | None = None
        self._error: BaseException | None = None
        self._report = Report(
            lambda progress: self.tell("progress", progress=progress),
            lambda image: self.tell("preview", preview=image, progress=self.progress),
            watched,
        )
        # Set when the outcome has been told to all; marked as running so that nobody's cancel() can end it early.
        self._over: Future[None] = Future()
        self._over.set_running_or_notify_cancel()

    @property
    def state(self) -> State:
        """Where it stands: queued, running, done, failed or cancelled."""
        return self._state

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        return self._report.progress

    def done(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self._state in {"done", "failed", "cancelled"}

    def result(self, timeout: float | None = None) -> "Turn":
        """Wait for the turn. Interrupting the wait (■, Ctrl-C) cancels the job.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; the job goes on when they are over.

        Raises
        ------
        Cancelled
            It was stopped.
        TimeoutError
            It has not ended in time.
        WouldBlockError
            Here a wait would hold up the job itself, or the notebook's widgets.
        Exception
            Whatever went wrong in the work.
        """
        self._wait(timeout)
        return self._outcome()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait as `result` does, and return what went wrong; None if nothing did."""
        self._wait(timeout)
        return self._error

    def cancel(self) -> bool:
        """Ask for a stop: at once while it is queued, within a step while it runs.

        Returns
        -------
        bool
            False if it had ended already.
        """
        with self._guard:
            if self.done():
                return False
            self._report.cancel()
            if self._state == "running":
                return True
            self._settle("cancelled", error=Cancelled("The request was cancelled before it was begun."))
        self._worker.forget(self)
        self._announce()
        return True

    def run(self) -> None:
        """Do the work, whatever comes of it; the worker's thread calls this."""
        with self._guard:
            if self._state != "queued" or self._work is None:
                return
            self._state = "running"
        self._report.start()
        self.tell("started", progress=self.progress)
        try:
            turn = self._work(self._report)
        except Cancelled as error:
            self._settle("cancelled", error=error)
        except BaseException as error:  # noqa: BLE001  # the thread outlives whatever the work raises
            self._settle("failed", error=error)
        else:
            self._settle("done", turn=turn)
        self._announce()

    def tell(self, kind: Any, **details: Any) -> None:
        """Tell subscribers; what they raise is theirs, so it is logged and the job goes on."""
        try:
            self._emit(Event(kind, job=self, **details))
        except Exception:
            _logger.exception("A subscriber raised while it was told %r of job %s.", kind, self.id)

    def _settle(self, state: State, *, turn: "Turn | None" = None, error: BaseException | None = None) -> None:
        """Fix the outcome. The state comes last: whoever sees it finds the rest."""
        if error is not None:
            _let_go(error)
        self._report.end(finished=state == "done")
        # The work holds the session and its pictures; a job that somebody keeps should not.
        self._work = None
        self._turn, self._error = turn, error
        self._state = state

    def _announce(self) -> None:
        """Tell subscribers, then wake those who wait: they find the session up to date."""
        message = None if self._error is None else str(self._error) or type(self._error).__name__
        self.tell(self._state, turn=self._turn, progress=self.progress, message=message)
        self._over.set_result(None)
        if self._on_done is not None:
            try:
                self._on_done(self)
            except Exception:
                _logger.exception("on_done raised for job %s.", self.id)
        # Nothing more will be told; a job that somebody keeps should not keep its session through those it told.
        self._emit, self._on_done, self._watched = lambda _: None, None, None

    def _outcome(self) -> "Turn":
        if self._error is not None:
            raise self._error
        return cast("Turn", self._turn)

    def _wait(self, timeout: float | None) -> None:
        if self._over.done():
            return
        if (why := waiting.forbidden()) is not None:
            if self.done():  # the outcome is known, only not yet told to everybody
                return
            raise WouldBlockError(f"Do not wait here: {why}. Use submit(…, on_done=…) and go on from there.")
        until = None if timeout is None else time.monotonic() + timeout
        watched = self._watched
        try:
            with waiting.line(self._sentence, lambda: not (watched and watched())) as update:
                while not self._over.done():
                    if until is not None and time.monotonic() >= until:
                        raise TimeoutError(
                            f"{self!r} has not ended after {timeout:g} s. It goes on; cancel() stops it."
                        )
                    update()
                    left = math.inf if until is None else until - time.monotonic()
                    with suppress(TimeoutError):
                        self._over.result(min(waiting.SLICE_SECONDS, max(0.0, left)))
        except KeyboardInterrupt:
            self.cancel()
            raise

    def _sentence(self) -> str:
        jobs = self._worker.jobs
        return waiting.sentence(self.progress, jobs.index(self) if self in jobs else 0)

    def __await__(self) -> "Generator[Any, None, Turn]":
        return self._awaited().__await__()

    async def _awaited(self) -> "Turn":
        try:
            await asyncio.wrap_future(self._over)
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self._outcome()

    def __repr__(self) -> str:
        return f"Job({self.id!r}, {self._state})"


class Worker:
    """Does jobs one after another on one thread of its own, in the order in which they came.

    Get the one of a device from `worker_for`. The thread starts with the first job and ends with the process.

    Attributes
    ----------
    device : str
        What it paints on.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        self._wake = threading.Condition()
        self._queue: deque[Job] = deque()
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
        """
        job = Job(self, work, request, emit, on_done, watched)
        if self._stopping:
            raise PochadeError("Python is shutting down: nothing can be painted any more.")
        job.tell("queued", progress=job.progress)
        with self._wake:
            if not job.done():  # a subscriber may have cancelled it on the spot
                self._queue.append(job)
            if self._thread is None or not self._thread.is_alive():
                self._thread = waiting.WorkerThread(target=self._work, name=f"pochade on {self.device}", daemon=True)
                self._thread.start()
            self._wake.notify()
        return job

    def call(self, work: Callable[[Report], _T]) -> _T:
        """Do something on the worker's thread, in its turn, without events, and wait for what it returns."""
        if threading.current_thread() is self._thread:
            return work(Report())
        job = self.submit(cast("Callable[[Report], Turn]", work), request=None, emit=lambda _: None)
        return cast("_T", job.result())

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
            while not self._queue and not self._stopping:
                self._wake.wait()
            if not self._queue:
                return None
            self._running = self._queue.popleft()
            return self._running


_workers: dict[str, Worker] = {}
_workers_guard = threading.Lock()


def worker_for(device: str) -> Worker:
    """Return the one worker of a device in this process, such as "cpu" or "cuda:0"."""
    name = "cuda:0" if device == "cuda" else device
    with _workers_guard:
        return _workers.setdefault(name, Worker(name))


@atexit.register
def _stop_all() -> None:
    # A thread that still paints while the interpreter is taken down around it can crash the process.
    for worker in list(_workers.values()):
        worker.stop(_EXIT_SECONDS)


def _let_go(error: BaseException) -> None:
    """Drop what the frames of an error still hold: tensors that did not fit, above all. Its lines stay readable."""
    link: BaseException | None = error
    seen = set()
    while link is not None and id(link) not in seen:  # two errors can name each other as their cause
        seen.add(id(link))
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
