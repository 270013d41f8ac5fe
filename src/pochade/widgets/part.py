"""What every pochade widget shares: the bundle, one comm that hears while a cell runs, and distrust of what it hears.

A part answers each accepted message in the method named after its kind; anything else is answered with a sentence
that says what is wrong, and changes nothing. What comes a second time under the same number is left alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from pochade.errors import PochadeError
from pochade.jupyter.kernel import unpin
from pochade.widgets import protocol as p
from pochade.widgets.courier import Courier, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STATIC = Path(__file__).parent / "static"
LIVE_SECONDS = 15.0
SNAPSHOT_SECONDS = 0.2
"""The gap between two answers to hello."""
REMEMBERED = 4096
"""How many message numbers are remembered, to know one that comes again."""
READS = frozenset(
    {"hello", "ping", "ack", "show", "thumbs", "earlier", "find", "models", "check", "masks", "credentials", "export"}
)
"""Kinds of messages that change nothing; every other one gets a receipt, and is sent again until it has it."""

log = logging.getLogger(__name__)


def _bundle(name: str) -> Path:
    path = _STATIC / name
    if not path.is_file():
        raise ImportError(
            f"{path} is missing: build it with `npm install && npm run build` in js/, or reinstall pochade."
        )
    return path


class Part(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """A widget of the one bundle; ``part`` says which face it shows, ``lang`` in which language ("" as the browser)."""

    _esm = _bundle("studio.js")
    _css = _bundle("studio.css")
    part = traitlets.Unicode("studio").tag(sync=True)
    lang = traitlets.Enum(("", "en", "zh"), "").tag(sync=True)

    def __init__(self, name: str, **options: object) -> None:
        self._courier = Courier(name)
        self._courier.slot("snapshot", lambda: SNAPSHOT_SECONDS)
        self._heard = float("-inf")
        self._serial = 0
        self._sending = threading.Lock()
        self._seen: OrderedDict[int, None] = OrderedDict()
        super().__init__(**options)
        unpin(self.comm)
        self.on_msg(self._on_message)

    @property
    def live(self) -> bool:
        """Whether a browser view has spoken in the last 15 seconds."""
        return time.monotonic() - self._heard < LIVE_SECONDS

    def tell(self, message: p.Outgoing, buffers: Sequence[bytes] = ()) -> None:
        """Send one message to every view, numbered."""
        with self._sending:  # numbers go out in order, also from two threads
            self._serial += 1
            self.send({**message.model_dump(mode="json"), "serial": self._serial}, list(buffers))

    def later(self, task: Task, *, seq: int | None = None, dropping: tuple[str, ...] = ()) -> None:
        """Do something slow on the courier's thread; if it cannot be done, the views are told why."""
        self._courier.post(self.telling(task, seq), dropping=dropping)

    def greet(self, task: Task, seq: int) -> None:
        """Answer a hello; they repeat until one is answered, so those that pile up get one answer together."""
        self._courier.latest("snapshot", self.telling(task, seq))

    def retire(self) -> None:
        """Keep no thread while there is nothing to do, because what the part followed has ended."""
        self._courier.retire()

    def telling(self, task: Task, seq: int | None) -> Task:
        """Wrap a task of the courier's so that whatever goes wrong in it is told to the views that wait for it."""

        def carried() -> None:
            try:
                task()
            except Exception as error:  # a view that waits must hear of any failure, also of one nobody thought of
                if not isinstance(error, PochadeError | KeyError | IndexError | OSError):
                    log.exception("A message of a pochade widget could not be answered.")
                self.tell(p.Trouble(seq=seq, message=sentence(error)))

        return carried

    def close(self) -> None:
        """Take the widget off every page."""
        if "_courier" in vars(self):  # absent when making the widget failed before it began
            self._courier.close()
        super().close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what a page has changed, but nothing that is only for it to read: what the widget is, above all."""
        super().set_state({name: value for name, value in sync_data.items() if self._open(name)})

    def _open(self, name: str) -> bool:
        """Whether a page may change this trait."""
        trait = self.traits().get(name)
        ours = name == "part" or (name.startswith("_") and name != "_view_count")
        return trait is not None and not trait.read_only and not ours

    def _on_message(self, _widget: object, content: object, buffers: Sequence[memoryview] | None) -> None:
        self._heard = time.monotonic()
        try:
            message = p.accept(content)
        except p.Refused as refused:
            self._refuse(str(refused), refused.seq)
            return
        if isinstance(message, p.Hello) and message.protocol != p.PROTOCOL:
            self._refuse(p.OTHER_VERSION, message.seq)
            return
        if message.kind not in READS:
            self._courier.post(lambda: self.tell(p.Pong(seq=message.seq)))
        if message.kind not in READS and self._taken_before(message.seq):
            return
        handle: Callable[[p.ToKernel, list[bytes]], None] | None = getattr(self, f"_on_{message.kind}", None)
        if handle is None:
            self._refuse(f"This view has no use for a message of kind {message.kind!r}.", message.seq)
        else:
            handle(message, [bytes(buffer) for buffer in buffers or ()] if isinstance(message, p.Chunk) else [])

    def _on_ping(self, message: p.Ping, _buffers: list[bytes]) -> None:
        self.later(lambda: self.tell(p.Pong(seq=message.seq)))

    def _taken_before(self, seq: int) -> bool:
        """Whether this number was used before; messages of a comm are handled one at a time, so no lock is needed."""
        if seq in self._seen:
            return True
        self._seen[seq] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _refuse(self, why: str, seq: int | None) -> None:
        self._courier.post(lambda: self.tell(p.Trouble(seq=seq, message=why)))


def sentence(error: BaseException) -> str:
    """Say what went wrong, as a person can read it."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return text if isinstance(error, PochadeError) and text else f"{text or 'It did not work'} ({type(error).__name__})"
