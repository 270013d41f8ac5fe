"""The room of the work under way: how far it is, what it looks like so far, what waits, and a way on where it failed.

It stands alone because it is what the painting thread calls at every step: nothing here may hold that thread up, and no
view may be sent more than it can show. What is told often goes through slots that carry only the latest.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from pochade.errors import RequestError
from pochade.sizes import resolve_size
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound
from pochade.widgets.cards import MOST_JOBS, encode, job_cards, small

if TYPE_CHECKING:
    from PIL import Image

    from pochade.jobs import Event, Job
    from pochade.session import Session
    from pochade.sizes import SizeRule

PREVIEW_SECONDS = 0.2
PREVIEW_SECONDS_UNSEEN = 0.5
"""The gap between previews while no view has said that it shows the last one."""
PROGRESS_SECONDS = 0.1
VARIANT_SIDE = 320
REMEMBERED = 16
"""How many failed jobs are remembered, so that they can be asked for once more."""


class QueueRoom(Bound):
    """Answers "stop", "move", "mend" and "ack", and tells what becomes of the jobs."""

    def __init__(self, session: Session, name: str, **options: object) -> None:
        self._previews = 0
        self._previews_shown = 0
        # of which job, of how many pictures, those that are done: as they were sent, for a view that comes later
        self._variants: tuple[str, int, dict[int, tuple[bytes, p.Mime]]] = ("", 0, {})
        self._failed: OrderedDict[str, Job] = OrderedDict()
        self._rules: WeakKeyDictionary[Job, SizeRule] = WeakKeyDictionary()
        super().__init__(session, name, **options)
        for job in session.jobs:  # those that were asked for before there was this view
            self._note_rule(job)

    def _slots(self) -> None:
        super()._slots()
        self._courier.slot("preview", self._preview_gap)
        self._courier.slot("working", lambda: PROGRESS_SECONDS)

    def _on_stop(self, message: p.Stop, _buffers: list[bytes]) -> None:
        for job in self._session.jobs:
            if job.id != message.job:
                continue
            if job.state == "running":
                job.cancel()  # no more than a flag
            else:  # it ends here and now, and a person's `on_done` is told on this very thread
                threading.Thread(target=job.cancel, name="pochade-stop", daemon=True).start()

    def _on_move(self, message: p.Move, _buffers: list[bytes]) -> None:
        self.later(lambda: self._move(message), seq=message.seq)

    def _on_mend(self, message: p.Mend, _buffers: list[bytes]) -> None:
        self.later(lambda: self._mend(message), seq=message.seq)

    def _on_ack(self, message: p.Ack, _buffers: list[bytes]) -> None:
        self._previews_shown = max(self._previews_shown, min(message.preview, self._previews))

    def _hear(self, event: Event) -> None:
        super()._hear(event)  # a turn that was made is told before the end of its job
        job = event.job
        if event.kind == "queued" and job is not None:
            self._note_rule(job)
        match event.kind:
            case "queued" | "moved" | "started" | "progress":
                self._courier.latest("working", self._tell_working)
            case "preview" if event.preview is not None and job is not None:
                image = event.preview
                self._courier.latest("preview", lambda: self._tell_preview(job, image))
            case "picture" if event.picture is not None and job is not None and (event.count or 1) > 1:
                picture, index, count = small(event.picture, VARIANT_SIDE), event.index or 0, event.count or 1
                self.later(lambda: self._tell_variant(job, index, count, picture), dropping=("preview",))
            case "done" | "failed" | "cancelled" if job is not None:
                self._tell_end(event, job, event.kind)

    def _tell_end(self, event: Event, job: Job, state: Literal["done", "failed", "cancelled"]) -> None:
        def tell() -> None:
            if self._variants[0] == job.id:
                self._variants = ("", 0, {})
            remedies = job.remedies if state == "failed" else ()
            if state == "failed":
                self._failed[job.id] = job
                if len(self._failed) > REMEMBERED:
                    self._failed.popitem(last=False)
            ended = p.Ended(
                job=job.id,
                state=state,
                prompt=job.request.prompt,
                message=event.message,
                remedies=[p.RemedyCard(kind=remedy.kind, label=remedy.label) for remedy in remedies],
            )
            self.tell(ended)

        self.later(tell, dropping=("preview",))
        self._courier.latest("working", self._tell_working)

    # What the courier carries.

    def _move(self, message: p.Move) -> None:
        """Give a job a place among this session's own; what other sessions have asked for stays where it is."""
        waiting = [job for job in self._session.jobs if job.state == "queued"]
        job = next((job for job in waiting if job.id == message.job), None)
        if job is None:  # it was begun, or ended, while the message was on its way: the list says so
            self._tell_working()
            return
        line = [other for other in job.worker.jobs if other.state == "queued" and other is not job]
        places = {other: place for place, other in enumerate(line)}
        own = [places[other] for other in waiting if other in places]
        if own:
            job.move(own[message.place] if message.place < len(own) else own[-1] + 1)

    def _mend(self, message: p.Mend) -> None:
        job = self._failed.get(message.job)
        if job is None:
            raise RequestError("That request is not remembered any more. Ask for it again in the prompt box.")
        if message.remedy >= len(job.remedies):
            raise RequestError(f"There is no such way on for request {message.job}: it has {len(job.remedies)}.")
        self._session.retry(job, job.remedies[message.remedy])
        del self._failed[message.job]

    def _tell_working(self) -> None:
        behind = max(0, len(self._session.jobs) - MOST_JOBS)
        self.tell(p.Working(jobs=job_cards(self._session), unlisted=behind))

    def _tell_preview(self, job: Job, image: Image.Image) -> None:
        if job.done():
            return
        data, mime = encode(image)
        width, height = self._final_size(job, image)
        index = len(self._variants[2]) if self._variants[0] == job.id else 0
        self._previews += 1
        preview = p.Preview(job=job.id, preview=self._previews, index=index, width=width, height=height, mime=mime)
        self.tell(preview, [data])

    def _note_rule(self, job: Job) -> None:
        """Remember which sizes the model takes that a job is for: the session may have another one by then."""
        if (can := self._knowing.ask(self._session)) is not None:
            self._rules[job] = can.size

    def _let_go(self) -> None:
        super()._let_go()
        self._failed.clear()
        self._variants = ("", 0, {})

    def _final_size(self, job: Job, preview: Image.Image) -> tuple[int, int]:
        """Say how large a job's pictures will be; as large as the preview where nobody can tell."""
        request = job.request
        if request.image is not None:
            left, top, right, bottom = request.extend or (0, 0, 0, 0)
            return request.image.width + left + right, request.image.height + top + bottom
        rule = self._rules.get(job)
        return preview.size if rule is None else resolve_size(request.size, rule).final

    def _tell_variant(self, job: Job, index: int, count: int, picture: Image.Image) -> None:
        data, mime = encode(picture)
        kept = self._variants[2] if self._variants[0] == job.id else {}
        self._variants = (job.id, count, {**kept, index: (data, mime)})
        self.tell(p.Variant(job=job.id, index=index, count=count, mime=mime), [data])

    def _told_snapshot(self) -> None:
        super()._told_snapshot()
        name, count, pictures = self._variants
        for index, (data, mime) in pictures.items():
            self.tell(p.Variant(job=name, index=index, count=count, mime=mime), [data])

    def _preview_gap(self) -> float:
        return PREVIEW_SECONDS if self._previews_shown >= self._previews else PREVIEW_SECONDS_UNSEEN
