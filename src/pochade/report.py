"""What travels down the road beside a request: progress, previews and finished pictures out, the wish to stop in.

It stands apart from the queue so that a stage can be given a report wherever it runs, also in a test or a measurement
without any worker. A stop is a flag that the stages look at, never an exception thrown into them from outside: it takes
effect at the next step, where nothing is left half done.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pochade.errors import Cancelled

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["PREVIEW_SECONDS", "Progress", "Report", "Stage"]

Stage = Literal["queued", "downloading", "loading", "painting", "composing", "storing", "done"]

PREVIEW_SECONDS = 0.2
"""The least time between two previews: five a second is all that an eye or a browser can use."""

_KEPT_SECONDS = 1.0  # the same for previews that nobody sees, made in case the work is stopped


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    stage : str
        What is being done: "queued", "downloading", "loading", "painting", "composing", "storing" or "done".
    step, steps : int
        Steps finished and steps in all, within the stage, megabytes while downloading; both 0 where a stage has none.
    seconds : float
        Time since the job began, or while it is queued since it was asked for.
    left : float or None
        Seconds that the stage will still take, judged by its steps so far; None where nobody can tell.
    """

    stage: Stage
    step: int
    steps: int
    seconds: float
    left: float | None

    @property
    def fraction(self) -> float:
        """How much of the stage is done, 0 to 1."""
        if self.stage == "done":
            return 1.0
        return self.step / self.steps if self.steps else 0.0


@dataclass(frozen=True)
class _Mark:
    """Where the work was last seen; replaced as a whole, so that another thread never reads half of one."""

    stage: Stage
    step: int
    steps: int
    since: float  # when the stage began
    at: float  # when this step was finished


class Report:
    """Carries progress, previews, finished pictures and notes out of the work, and a stop into it.

    Parameters
    ----------
    progressed : callable, optional
        Told of each `Progress`, on the thread that works.
    previewed : callable, optional
        Given each preview, on the thread that works.
    watched : callable, optional
        Says whether anybody looks at previews at the moment; where it is missing, somebody does.
    pictured : callable, optional
        Given each finished picture, its index and how many there will be, on the thread that works.
    keep_preview : bool
        Whether to keep the last preview, for a turn that is stopped before its first picture is finished. Then one is
        made every second even where nobody looks.

    Attributes
    ----------
    last_preview : PIL.Image.Image or None
        What the picture looked like last, where that is kept; None before the first preview, and once a picture is
        finished.
    """

    def __init__(
        self,
        progressed: Callable[[Progress], None] | None = None,
        previewed: "Callable[[Image.Image], None] | None" = None,
        watched: Callable[[], bool] | None = None,
        pictured: "Callable[[Image.Image, int, int], None] | None" = None,
        *,
        keep_preview: bool = False,
    ) -> None:
        self._progressed = progressed
        self._previewed = previewed
        self._watched = watched
        self._pictured = pictured
        self._keeping = keep_preview
        self._stop = threading.Event()
        self._previewed_at = -math.inf
        self._notes: dict[str, None] = {}
        self.last_preview: Image.Image | None = None
        self._ended: float | None = None
        self.start("queued")

    @property
    def progress(self) -> Progress:
        """How far the work is now."""
        mark, now = self._mark, time.monotonic() if self._ended is None else self._ended
        left = None
        if 0 < mark.step <= mark.steps:
            each = (mark.at - mark.since) / mark.step
            left = max(0.0, each * (mark.steps - mark.step) - (now - mark.at))
        return Progress(mark.stage, mark.step, mark.steps, now - self._started, left)

    def start(self, stage: Stage = "loading") -> None:
        """Start the clock anew, in this stage."""
        self._started = time.monotonic()
        self._mark = _Mark(stage, 0, 0, self._started, self._started)

    def end(self, *, finished: bool) -> None:
        """Stop the clock: at the stage "done" if the work was finished, else wherever it was."""
        self._ended = time.monotonic()
        self._progressed = self._previewed = self._watched = self._pictured = None
        self._keeping, self.last_preview = False, None
        if finished:
            self._mark = _Mark("done", 0, 0, self._ended, self._ended)

    def stage(self, name: Stage) -> None:
        """Enter a stage; raises `Cancelled` instead where a stop was asked for."""
        self.check()
        now = time.monotonic()
        self._mark = _Mark(name, 0, 0, now, now)
        self._tell()

    def step(self, step: int, steps: int) -> None:
        """Say that so many steps are finished; raises `Cancelled` where a stop was asked for."""
        self.check()
        self._mark = _Mark(self._mark.stage, step, steps, self._mark.since, time.monotonic())
        self._tell()

    def wants_preview(self) -> bool:
        """Whether a preview made now would be shown or kept: one is wanted, and the last one was not just now."""
        since = time.monotonic() - self._previewed_at
        if self._keeping and since >= _KEPT_SECONDS:
            return True
        return self._previewed is not None and since >= PREVIEW_SECONDS and self._is_watched()

    def preview(self, image: "Image.Image") -> None:
        """Show a preview, unless none is wanted now; the next that is wanted will be newer."""
        if not self.wants_preview():
            return
        self._previewed_at = time.monotonic()
        if self._keeping:
            self.last_preview = image
        if self._previewed is not None and self._is_watched():
            self._previewed(image.copy() if self._keeping else image)  # whoever is told may draw on it

    def picture(self, index: int, count: int, image: "Image.Image") -> None:
        """Show a finished picture, number `index` of `count` from 0.

        It never raises `Cancelled`: what is finished is finished. The next picture's first preview is wanted at once,
        and none is kept any more, since a stopped turn then has a picture.
        """
        self._previewed_at = -math.inf
        self._keeping, self.last_preview = False, None
        if self._pictured is not None:
            self._pictured(image, index, count)

    def note(self, text: str) -> None:
        """Add a sentence that the turn should tell, such as that memory ran short; the same one is told once."""
        self._notes[text] = None

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of `note` so far, in order."""
        return tuple(self._notes)

    def cancel(self) -> None:
        """Ask the work to stop. May be called by any thread, and more than once."""
        self._stop.set()

    def interrupted(self) -> bool:
        """Whether a stop was asked for: `check` for those that have to clean up first, such as a download's threads."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if a stop was asked for."""
        if self._stop.is_set():
            raise Cancelled("The request was stopped before it was finished; nothing was stored.")

    def _is_watched(self) -> bool:
        return self._watched is None or self._watched()

    def _tell(self) -> None:
        if self._progressed is not None:
            self._progressed(self.progress)
