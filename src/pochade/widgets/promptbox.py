"""The prompt box alone: words, and pictures that go with them, for a session or for functions of a person's own.

It stands alone so that an app of ten lines has the Studio's own box. With a session it is that box and asks the session
itself; without one it only collects what is written and hands it over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import traitlets

from pochade.errors import RequestError
from pochade.imaging.load import load_image
from pochade.request import MAX_PROMPT
from pochade.widgets import protocol as p
from pochade.widgets.alone import Alone
from pochade.widgets.cards import encode
from pochade.widgets.history import HistoryRoom
from pochade.widgets.prompt import PromptRoom
from pochade.widgets.queue import QueueRoom
from pochade.widgets.settings import SettingsRoom
from pochade.widgets.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image
    from traitlets.utils.bunch import Bunch

    from pochade.session import Session

    Taker = Callable[[str, list[Image.Image]], object]

__all__ = ["PromptBox"]


class PromptBox(Alone):
    """A box to write a prompt in.

    Parameters
    ----------
    session : Session, optional
        Who is asked. A prompt changes its current picture or makes the first one, as in the Studio; the box shows how
        far it is and has a Stop.
    value : str, optional
        What is written in it at first.
    **options
        ``placeholder``, what an empty box says; ``lang``, "en" or "zh" for the words on it; ``layout`` and whatever
        else an ipywidget takes.

    Attributes
    ----------
    value : str
        What is written in it, not sent yet. It can be set, observed and linked.
    placeholder : str
        What an empty box says; "" for the Studio's own words.
    """

    part = traitlets.Unicode("prompt").tag(sync=True)
    value = traitlets.Unicode("").tag(sync=True)
    placeholder = traitlets.Unicode("").tag(sync=True)

    def __new__(cls, session: Session | None = None, *_given: Any, **_options: Any) -> PromptBox:  # noqa: PYI034
        """Make a box of the kind that is needed."""
        kind = cls if cls is not PromptBox else _LoneBox if session is None else _SessionBox
        return cast("PromptBox", super().__new__(kind))

    def __init__(self, session: Session | None = None, value: str = "", **options: Any) -> None:
        self._takers: list[Taker] = []
        bound = () if session is None else (session,)
        super().__init__(*bound, "pochade-prompt", value=value, **options)

    def on_submit(self, callback: Taker, *, remove: bool = False) -> None:
        """Have a function called with every prompt that is sent.

        Parameters
        ----------
        callback : callable
            Called with the words and a list of the attached pictures (PIL images), one call after the other, on a
            thread of the box's own. It may do what a cell may: ``session.say(words)`` waits there for its picture and
            holds up nothing else, and ``session.submit(words, on_done=…)`` goes on at once. If it raises, the box says
            so, and without a session the words go back into it.
        remove : bool, default False
            Take the function out again instead.
        """
        if remove:
            self._takers.remove(callback)
        else:
            self._takers.append(callback)

    @traitlets.validate("value")
    def _short(self, proposal: Bunch) -> str:
        if len(proposal.value) > MAX_PROMPT:
            raise traitlets.TraitError(f"A prompt has at most {MAX_PROMPT:,} characters.")
        return str(proposal.value)

    def _hand_over(self, words: str, pictures: list[Image.Image]) -> None:
        for take in tuple(self._takers):
            take(words, list(pictures))


class _LoneBox(PromptBox):
    """A box without a session: it answers as an empty session would, and hands over what is sent."""

    def __init__(self, session: None = None, value: str = "", **options: Any) -> None:
        self._uploads = Uploads()
        super().__init__(session, value, **options)

    def __repr__(self) -> str:
        return "PromptBox()"

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        self.greet(lambda: self._tell_snapshot(message.seq), message.seq)

    def _on_chunk(self, message: p.Chunk, buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.add(message, buffers), seq=message.seq)

    def _on_attach(self, message: p.Attach, _buffers: list[bytes]) -> None:
        self.later(lambda: self._attach(message), seq=message.seq)

    def _on_detach(self, message: p.Detach, _buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.detach(message.upload))

    def _on_check(self, message: p.Check, _buffers: list[bytes]) -> None:
        nothing = p.Checked(seq=message.seq, prompt=message.prompt, unknown=[], nearest=[], cannot=[])
        self.later(lambda: self.tell(nothing))

    def _on_ask(self, message: p.Ask, _buffers: list[bytes]) -> None:
        self.later(lambda: self._ask(message), seq=message.seq)

    def _attach(self, message: p.Attach) -> None:
        (width, height), small = self._uploads.attach(message.upload, message.name)
        data, mime = encode(small)
        self.tell(p.Attached(seq=message.seq, upload=message.upload, width=width, height=height, mime=mime), [data])

    def _ask(self, message: p.Ask) -> None:
        if not self._takers:
            raise RequestError(
                "Nobody takes what is written here: call box.on_submit(f), or make it PromptBox(session)."
            )
        uploads = [reference.upload for reference in message.references if reference.upload is not None]
        pictures = [self._uploads.picture(upload).image for upload in uploads]

        def take() -> None:
            self._hand_over(message.prompt, pictures)
            ended = p.Ended(job=f"box-{message.seq}", state="done", prompt=message.prompt, message=None, remedies=[])
            self.tell(ended)

        self.call(take, message.seq)

    def _tell_snapshot(self, seq: int) -> None:
        nothing = p.SettingsCard(
            n=1,
            size=None,
            seed=None,
            steps=None,
            guidance=None,
            strength=None,
            negative=None,
            background="auto",
            keep="auto",
        )
        session = p.SessionCard(name="", model="", writable=True, holder=None, closed=False, subshells=True)
        snapshot = p.Snapshot(
            seq=seq,
            protocol=p.PROTOCOL,
            session=session,
            settings=nothing,
            abilities=None,
            turns=[],
            total=0,
            current=None,
            index=0,
            card=None,
            jobs=[],
            pictures=[],
        )
        self.tell(snapshot)


class _SessionBox(PromptBox, PromptRoom, SettingsRoom, QueueRoom, HistoryRoom):
    """A box that asks a session, as the Studio's does."""

    _shows_whole = False

    def __repr__(self) -> str:
        return "PromptBox(session)"

    def _make(self, message: p.Ask) -> None:
        pictures = self._pictures(message) if self._takers else []
        super()._make(message)
        if self._takers:
            self.call(lambda: self._hand_over(message.prompt, pictures))

    def _pictures(self, message: p.Ask) -> list[Image.Image]:
        source = [] if message.source is None else [self._uploads.picture(message.source).image]
        return [*source, *(load_image(self._reference(one)) for one in message.references)]
