"""The room of the prompt: what is asked, with its mask and its pictures, and what the model would say to it.

It stands alone because everything that a view writes comes in here and leaves as the same call that a cell makes. Each
handler only hands over; the uploads are touched by the courier's thread alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pochade.errors import RequestError
from pochade.widgets import protocol as p
from pochade.widgets.cards import encode
from pochade.widgets.settings import SettingsRoom

if TYPE_CHECKING:
    from pochade.turn import Turn
    from pochade.widgets.uploads import Attached

MOST_WAITING = 100
"""How many jobs of a session may wait when a view asks for one more; code may ask for any number."""


class PromptRoom(SettingsRoom):
    """Answers "ask", "again", "check", "chunk", "attach" and "detach", besides the settings that prompts go with."""

    def _on_ask(self, message: p.Ask, _buffers: list[bytes]) -> None:
        self.later(lambda: self._make(message), seq=message.seq)

    def _on_again(self, message: p.Again, _buffers: list[bytes]) -> None:
        self.later(lambda: self.settled(lambda: self._make_again(message), message.seq), seq=message.seq)

    def _on_check(self, message: p.Check, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_checked(message), seq=message.seq)

    def _on_chunk(self, message: p.Chunk, buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.add(message, buffers), seq=message.seq)

    def _on_attach(self, message: p.Attach, _buffers: list[bytes]) -> None:
        self.later(lambda: self._take_picture(message), seq=message.seq)

    def _on_detach(self, message: p.Detach, _buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.detach(message.upload))

    def _make(self, message: p.Ask) -> None:
        # The mask is taken out of the uploads first, whatever becomes of the rest: nothing would ever fetch it later.
        mask = self._uploads.take_mask(message.mask) if message.mask is not None else None
        self._check_room()
        options: dict[str, Any] = {}
        if message.references:
            options["references"] = [self._reference(one) for one in message.references]
        if (image := self._edited(message)) is None:
            if mask is not None or message.extend is not None:
                raise RequestError("There is no picture to change yet: make one first, or attach one.")
            options["task"] = "generate"
        else:
            extend = tuple(message.extend) if message.extend is not None and any(message.extend) else None
            options |= {"task": "edit", "image": image, "mask": mask, "extend": extend}

        def ask() -> None:
            self._session.submit(message.prompt, **options)

        self.settled(ask, message.seq)

    def _check_room(self) -> None:
        """Refuse to queue without end: every job holds its pictures, and a page may ask a thousand times a second."""
        if len(self._session.jobs) >= MOST_WAITING:
            raise RequestError(f"{MOST_WAITING} prompts are waiting already: stop some of them, or wait for them.")

    def _edited(self, message: p.Ask) -> Turn | Attached | None:
        """Find the picture that is to be changed: an attached one before a turn's."""
        if message.source is not None:
            return self._uploads.picture(message.source)
        return None if message.base is None else self._session[message.base][message.index]

    def _reference(self, reference: p.Reference) -> Turn | Attached:
        if reference.upload is not None:
            return self._uploads.picture(reference.upload)
        if reference.turn is None:
            raise RequestError("A reference is an attached picture or a turn's; this one is neither.")
        return self._session[reference.turn][reference.index]

    def _make_again(self, message: p.Again) -> None:
        self._check_room()
        turn = self._session[message.turn]
        if message.fresh:
            self._session.submit_again(turn, seed=None)
        else:
            self._session.submit_again(turn)

    def _tell_checked(self, message: p.Check) -> None:
        task: Literal["generate", "edit"] = message.task
        hints = self._session.check(message.prompt, task, references=message.references)
        checked = p.Checked(
            seq=message.seq,
            prompt=message.prompt,
            unknown=list(hints.unknown),
            nearest=[list(hints.nearest.get(word, ())) for word in hints.unknown],
            cannot=list(hints.cannot),
        )
        self.tell(checked)

    def _take_picture(self, message: p.Attach) -> None:
        (width, height), small = self._uploads.attach(message.upload, message.name)
        data, mime = encode(small)
        self.tell(p.Attached(seq=message.seq, upload=message.upload, width=width, height=height, mime=mime), [data])
