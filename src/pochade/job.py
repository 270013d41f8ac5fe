"""One job: a request on its way, what can be done with it while it is, and the events that tell of it.

It stands apart from the queue (`jobs.py`) because it is what a person holds: it can be waited for, looked at, moved and
stopped from any thread, and is let go of without the worker that did it.
"""

import asyncio
import itertools
import logging
import math
import operator
import threading
import time
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from pochade import waiting
from pochade.errors import Cancelled, RequestError, WouldBlockError
from pochade.report import Progress, Report

if TYPE_CHECKING:
    from PIL import Image

    from pochade.jobs import Worker
    from pochade.remedies import Remedy
    from pochade.turn import Turn

__all__ = ["Event", "Job", "State"]

State = Literal["queued", "running", "done", "failed", "cancelled"]
Kind = Literal[
    "queued", "moved", "started", "progress", "preview", "picture", "done", "failed", "cancelled", "current", "changed",
    "settings", "model", "closed",
]  # fmt: skip

_logger = logging.getLogger("pochade")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Event:
    """Something that happened in a session, for whoever subscribed.

    Attributes
    ----------
    kind : str
        "queued", "moved" (to another place in the queue), "started", "progress", "preview", "picture" (one is
        finished), "done", "failed" and "cancelled" are about a job; "current" says that the session went to another
        turn, "changed" that a turn was starred, deleted or restored, or its star taken away, "settings" and "model"
        that there are other ones, "closed" that it was closed.
    job : Job or None
        The job it is about.
    turn : Turn or None
        The turn that was made, that is current now, that was changed, or that was kept of a job that was cancelled.
    progress : Progress or None
        How far the job is.
    preview : PIL.Image.Image or None
        What the picture looks like so far, small.
    picture : PIL.Image.Image or None
        A picture that is finished, while the job goes on with the others.
    index, count : int or None
        Which picture that is, from 0, and how many there will be.
    message : str or None
        What went wrong, as a sentence; of another model, which settings it does not take.
    """

    kind: Kind
    job: "Job | None" = None
    turn: "Turn | None" = None
    progress: Progress | None = None
    preview: "Image.Image | None" = None
    picture: "Image.Image | None" = None
    index: int | None = None
    count: int | None = None
    message: str | None = None


class Job:
    """A request on its way. `Worker.submit` makes one; ``job.result()`` or ``await job`` waits for its turn.

    Attributes
    ----------
    id : str
        Its name in this process.
    request : Request
        What was asked.
    worker : Worker
        Who does it, and in whose queue it waits.
    """

    def __init__(
        self,
        worker: "Worker",
        work: "Callable[[Report], Turn]",
        request: Any,
        emit: Callable[[Event], None],
        on_done: "Callable[[Job], None] | None",
        watched: Callable[[], bool] | None,
        remedies: "Callable[[BaseException], tuple[Remedy, ...]] | None",
        *,
        keep_preview: bool,
    ) -> None:
        self.id = f"j{next(_numbers)}"
        self.request = request
        self.worker = worker
        self._work: Callable[[Report], Turn] | None = work
        self._emit = emit
        self._on_done = on_done
        self._watched = watched
        self._advise = remedies
        self._remedies: tuple[Remedy, ...] = ()
        self._guard = threading.Lock()
        self._state: State = "queued"
        self._turn: Turn | None = None
        self._error: BaseException | None = None
        self._report = Report(
            lambda progress: self.tell("progress", progress=progress),
            lambda image: self.tell("preview", preview=image, progress=self.progress),
            watched,
            lambda image, index, count: self.tell(
                "picture", picture=image, index=index, count=count, progress=self.progress
            ),
            keep_preview=keep_preview,
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

    @property
    def position(self) -> int | None:
        """Its place among the jobs that wait for the same device: 0 is begun next. None once it was begun or ended."""
        return self.worker.position(self)

    @property
    def remedies(self) -> "tuple[Remedy, ...]":
        """What would help, the likeliest first; nothing unless it failed, and not by a mistake in the request."""
        return self._remedies

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
            It was stopped; the error's ``turn`` is what was kept of it, if that was asked for.
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
        self.worker.forget(self)
        self._announce()
        return True

    def move(self, place: int) -> bool:
        """Give it another place among the jobs that wait for the same device.

        Parameters
        ----------
        place : int
            What `position` becomes: 0 is begun next, and whatever is beyond the last comes last.

        Returns
        -------
        bool
            False if it does not wait any more: it runs, or has ended.

        Raises
        ------
        RequestError
            If that is no place.
        """
        try:
            wanted = operator.index(place)
        except TypeError:
            wanted = -1
        if wanted < 0:
            raise RequestError(f"A place in the queue is a whole number from 0, which is begun next, not {place!r}.")
        moved = self.worker.move(self, wanted)
        if moved:
            self.tell("moved", progress=self.progress)
        return moved

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
            self._remedies = self._ways_on(error)
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

    def _ways_on(self, error: BaseException) -> "tuple[Remedy, ...]":
        """Find remedies; where that fails too, there are none, and the first error is the one to be told."""
        try:
            return () if self._advise is None else self._advise(error)
        except Exception:
            _logger.exception("No remedies were found for job %s.", self.id)
            return ()

    def _settle(self, state: State, *, turn: "Turn | None" = None, error: BaseException | None = None) -> None:
        """Fix the outcome. The state comes last: whoever sees it finds the rest."""
        if error is not None:
            _let_go(error)
        self._report.end(finished=state == "done")
        # The work holds the session and its pictures; a job that somebody keeps should not.
        self._work, self._advise = None, None
        self._turn, self._error = turn, error
        self._state = state

    def _announce(self) -> None:
        """Tell subscribers, then wake those who wait: they find the session up to date."""
        message = None if self._error is None else str(self._error) or type(self._error).__name__
        turn = self._error.turn if isinstance(self._error, Cancelled) else self._turn
        self.tell(self._state, turn=turn, progress=self.progress, message=message)
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
        jobs = self.worker.jobs
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


def _let_go(error: BaseException) -> None:
    """Drop what the frames of an error still hold: tensors that did not fit, above all. Its lines stay readable."""
    link: BaseException | None = error
    seen = set()
    while link is not None and id(link) not in seen:  # two errors can name each other as their cause
        seen.add(id(link))
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
