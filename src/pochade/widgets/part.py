"""What every pochade widget shares: the bundle, one comm that hears while a cell runs, and distrust of what it hears.

A part answers each accepted message in the method named after its kind; anything else is answered with a sentence
that says what is wrong, and changes nothing.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import traitlets

from pochade.errors import PochadeError
from pochade.jupyter.kernel import unpin
from pochade.widgets.courier import Courier, Task
from pochade.widgets.protocol import Outgoing, Refused, ToKernel, Trouble, accept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STATIC = Path(__file__).parent / "static"
LIVE_SECONDS = 15.0

log = logging.getLogger(__name__)


def _bundle(name: str) -> Path:
    path = _STATIC / name
    if not path.is_file():
        raise ImportError(
            f"{path} is missing: build it with `npm install && npm run build` in js/, or reinstall pochade."
        )
    return path


class Part(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """A widget of the one bundle; ``part`` says which face it shows."""

    _esm = _bundle("studio.js")
    _css = _bundle("studio.css")
    part = traitlets.Unicode("studio").tag(sync=True)

    def __init__(self, name: str) -> None:
        self._courier = Courier(name)
        self._heard = float("-inf")
        super().__init__()
        unpin(self.comm)
        self.on_msg(self._on_message)

    @property
    def live(self) -> bool:
        """Whether a browser view has spoken in the last 15 seconds."""
        return time.monotonic() - self._heard < LIVE_SECONDS

    def tell(self, message: Outgoing, buffers: Sequence[bytes] = ()) -> None:
        """Send one message to every view."""
        self.send(message.model_dump(mode="json"), list(buffers))

    def later(self, task: Task, *, seq: int | None = None, dropping: tuple[str, ...] = ()) -> None:
        """Do something slow on the courier's thread; if it cannot be done, the views are told why."""
        self._courier.post(self.telling(task, seq), dropping=dropping)

    def telling(self, task: Task, seq: int | None) -> Task:
        """Wrap a task of the courier's so that whatever goes wrong in it is told to the views that wait for it."""

        def carried() -> None:
            try:
                task()
            except Exception as error:  # a view that waits must hear of any failure, also of one nobody thought of
                if not isinstance(error, PochadeError | KeyError | IndexError | OSError):
                    log.exception("A message of a pochade widget could not be answered.")
                self.tell(Trouble(seq=seq, message=sentence(error)))

        return carried

    def close(self) -> None:
        """Take the widget off every page."""
        if "_courier" in vars(self):  # absent when making the widget failed before it began
            self._courier.close()
        super().close()

    def _on_message(self, _widget: object, content: object, buffers: Sequence[memoryview] | None) -> None:
        self._heard = time.monotonic()
        try:
            message = accept(content)
        except Refused as refused:
            self._refuse(str(refused), refused.seq)
            return
        handle: Callable[[ToKernel, list[bytes]], None] | None = getattr(self, f"_on_{message.kind}", None)
        if handle is None:
            self._refuse(f"This view has no use for a message of kind {message.kind!r}.", message.seq)
        else:
            handle(message, [bytes(buffer) for buffer in buffers or ()])

    def _refuse(self, why: str, seq: int | None) -> None:
        self._courier.post(lambda: self.tell(Trouble(seq=seq, message=why)))


def sentence(error: BaseException) -> str:
    """Say what went wrong, as a person can read it."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text if isinstance(error, PochadeError) and text else f"{text or 'It did not work'} ({type(error).__name__})"
