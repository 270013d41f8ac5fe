"""The Studio: prompt box, canvas, mask and history of one session, in as many views as the page shows.

It holds no state of its own. What it shows is the session's turns and the events of its jobs; a click becomes the same
call that a cell would make. Handlers only hand over or set a flag; the courier does the rest.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pochade.errors import PochadeError
from pochade.imaging.sheet import contact_sheet
from pochade.jupyter.display import StaticPicture, in_kernel
from pochade.jupyter.kernel import has_subshells
from pochade.widgets import protocol as p
from pochade.widgets.cards import encode, job_card, offer, thumbnail, turn_card, whole
from pochade.widgets.part import Part
from pochade.widgets.uploads import Uploads

if TYPE_CHECKING:
    from PIL import Image

    from pochade.jobs import Event, Job
    from pochade.session import Session
    from pochade.turn import Turn

PAGE = 48
SNAPSHOT_SECONDS = 0.2
PREVIEW_SECONDS = 0.2
PREVIEW_SECONDS_UNSEEN = 0.5
PROGRESS_SECONDS = 0.1
STATIC_SECONDS = 0.5
VARIANT_SIDE = 320

log = logging.getLogger(__name__)


class Studio(Part):
    """The live view of a session; `Session.studio()` gives the one it has."""

    def __init__(self, session: Session) -> None:
        super().__init__("pochade-studio")
        self._session = session
        self._uploads = Uploads()
        self._previews = 0
        self._seen = 0
        self._static: StaticPicture | None = None
        self._variants: tuple[str, int, list[Image.Image]] = ("", 1, [])  # of which job, of how many, those done
        self._courier.slot("snapshot", lambda: SNAPSHOT_SECONDS)
        self._courier.slot("preview", self._preview_gap)
        self._courier.slot("working", lambda: PROGRESS_SECONDS)
        self._courier.slot("static", lambda: STATIC_SECONDS)
        self._unsubscribe = session.subscribe(self._on_event, watching=lambda: self.live)

    def __repr__(self) -> str:
        return "pochade Studio"

    def _ipython_display_(self) -> None:
        if not in_kernel():
            raise NotImplementedError  # IPython then prints the repr
        if self._static is None:
            self._static = StaticPicture()
        self._static.show(self, self._current())

    def close(self) -> None:
        """Take the Studio off every page; the session stays as it is."""
        if hasattr(self, "_unsubscribe"):
            self._unsubscribe()
        super().close()

    # What the browser says. These run on a subshell's thread: they hand over or set a flag.

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        # Hellos repeat until one is answered, so those that pile up behind a busy kernel get one answer together.
        self._courier.latest("snapshot", self.telling(lambda: self._tell_snapshot(message.seq), message.seq))

    def _on_ping(self, message: p.Ping, _buffers: list[bytes]) -> None:
        self.later(lambda: self.tell(p.Pong(seq=message.seq)))

    def _on_ask(self, message: p.Ask, _buffers: list[bytes]) -> None:
        self.later(lambda: self._submit(message), seq=message.seq)

    def _on_stop(self, message: p.Stop, _buffers: list[bytes]) -> None:
        for job in self._session.jobs:
            if str(job.id) == message.job:
                job.cancel()

    def _on_go(self, message: p.Go, _buffers: list[bytes]) -> None:
        self.later(lambda: self._go(message), seq=message.seq)

    def _on_show(self, message: p.Show, _buffers: list[bytes]) -> None:
        self.later(lambda: self._show(message), seq=message.seq)

    def _on_earlier(self, message: p.Earlier, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_page(message), seq=message.seq)

    def _on_chunk(self, message: p.Chunk, buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.add(message, buffers), seq=message.seq)

    def _on_ack(self, message: p.Ack, _buffers: list[bytes]) -> None:
        self._seen = max(self._seen, min(message.preview, self._previews))

    # What the session says. These run on whatever thread made it happen, often the one that paints.

    def _on_event(self, event: Event) -> None:
        match event.kind:
            case "queued" | "moved" | "started" | "progress":
                self._courier.latest("working", self._tell_working)
            case "preview" if event.preview is not None and event.job is not None:
                job, image = event.job, event.preview
                self._courier.latest("preview", lambda: self._tell_preview(job, image))
            case "picture" if event.picture is not None and event.job is not None and (event.count or 1) > 1:
                job, image = event.job, event.picture.copy()
                image.thumbnail((VARIANT_SIDE, VARIANT_SIDE))
                self._variants = (str(job.id), event.count or 1, [*self._variants_of(job), image])
                self._courier.latest("preview", lambda: self._tell_preview(job, None))
            case "done" if event.turn is not None:
                turn = event.turn
                self.later(lambda: self._tell_made(turn), dropping=("preview", "working"))
                self._tell_end(event)
            case "failed" | "cancelled":
                if event.turn is not None:  # it was stopped and kept
                    turn = event.turn
                    self.later(lambda: self._tell_made(turn), dropping=("preview", "working"))
                self._tell_end(event)
            case "current":
                self.later(self._tell_moved)
            case "closed":
                self.later(lambda: self.tell(p.Closed()), dropping=("preview", "working", "static"))

    def _tell_end(self, event: Event) -> None:
        job = event.job
        if job is None:
            return
        state = "done" if event.kind == "done" else "cancelled" if event.kind == "cancelled" else "failed"
        ended = p.Ended(job=str(job.id), state=state, prompt=job.request.prompt, message=event.message)

        def tell() -> None:
            self.tell(ended)
            self._tell_working()

        self.later(tell, dropping=("preview", "working"))

    # What the courier carries.

    def _submit(self, message: p.Ask) -> None:
        mask = self._uploads.take_mask(message.upload) if message.upload is not None else None
        if message.base is None:
            self._session.submit(message.prompt, task="generate")
            return
        base = self._session[message.base]
        self._session.submit(message.prompt, task="edit", image=base[message.index], mask=mask)

    def _go(self, message: p.Go) -> None:
        try:
            if message.turn is None:
                self._session.new()
            elif message.index is not None:
                self._session[message.turn].pick(message.index)
            else:
                self._session.current = self._session[message.turn]
        except (PochadeError, KeyError):
            self._tell_moved()  # the view moved ahead of us: take it back to where the session is
            raise

    def _show(self, message: p.Show) -> None:
        picture, data = whole(self._session[message.turn], message.index)
        self.tell(p.Pictures(seq=message.seq, pictures=[picture]), [data])

    def _tell_snapshot(self, seq: int) -> None:
        # A closed session has let go of its file: a view that still has its turns keeps them.
        closed = self._session.closed
        turns, total = ([], 0) if closed else self._turns(None)
        current = self._current()
        pictures = [thumbnail(turn) for turn, _ in turns]
        if current is not None:
            pictures.append(whole(current))
        job, waiting = self._queue()
        snapshot = p.Snapshot(
            seq=seq,
            session=self._card(),
            turns=[turn_card(turn, number) for turn, number in turns],
            total=total,
            current=current.id if current is not None else None,
            index=current.picked if current is not None else 0,
            job=job,
            waiting=waiting,
            pictures=[picture for picture, _ in pictures],
        )
        self.tell(snapshot, [data for _, data in pictures])
        if not closed and total == 0 and job is None:
            self._tell_offer()

    def _tell_offer(self) -> None:
        notebook = os.environ.get("JPY_SESSION_NAME")
        try:
            found = offer(notebook, self._session.path) if notebook else None
        except (PochadeError, OSError, KeyError, IndexError):
            # It is a courtesy: a file that is damaged or was removed just now is not this session's trouble.
            log.debug("The latest session of this notebook cannot be offered.", exc_info=True)
            return
        if found is not None:
            self.tell(found[0], [found[1]])

    def _tell_page(self, message: p.Earlier) -> None:
        turns, _ = self._turns(message.before)
        pictures = [thumbnail(turn) for turn, _ in turns]
        cards = [turn_card(turn, number) for turn, number in turns]
        page = p.Page(seq=message.seq, turns=cards, pictures=[picture for picture, _ in pictures])
        self.tell(page, [data for _, data in pictures])

    def _tell_made(self, turn: Turn) -> None:
        total = len(self._session.turns)
        number = next(n for n in range(total, 0, -1) if self._session.turns[n - 1].id == turn.id)
        pictures = [thumbnail(turn), whole(turn)]
        made = p.Made(card=turn_card(turn, number), total=total, pictures=[picture for picture, _ in pictures])
        self.tell(made, [data for _, data in pictures])

    def _tell_moved(self) -> None:
        current = self._session.current
        pictures = [whole(current)] if current is not None else []
        if current is not None and len(current) > 1:  # another one may have been picked, which its thumbnail shows
            pictures.append(thumbnail(current))
        moved = p.Moved(
            current=current.id if current is not None else None,
            index=current.picked if current is not None else 0,
            pictures=[picture for picture, _ in pictures],
        )
        self.tell(moved, [data for _, data in pictures])
        if self._static is not None:
            static = self._static
            self._courier.latest("static", lambda: static.update(self._current()))

    def _tell_working(self) -> None:
        job, waiting = self._queue()
        self.tell(p.Working(job=job, waiting=waiting))

    def _variants_of(self, job: Job) -> list[Image.Image]:
        """Return those of a job's pictures that are done, small."""
        return self._variants[2] if self._variants[0] == str(job.id) else []

    def _tell_preview(self, job: Job, image: Image.Image | None) -> None:
        """Show the picture so far; of several, those that are done and the one that comes next."""
        shown = list(self._variants_of(job))
        if image is not None:
            shown.append(image.resize(shown[0].size) if shown else image)
        data, mime = encode(contact_sheet(shown, self._variants[1]) if len(shown) > 1 or image is None else shown[0])
        self._previews += 1
        self.tell(p.Preview(job=str(job.id), preview=self._previews, mime=mime), [data])

    def _preview_gap(self) -> float:
        return PREVIEW_SECONDS if self._seen >= self._previews else PREVIEW_SECONDS_UNSEEN

    def _current(self) -> Turn | None:
        """Return the current turn; none where the session is closed and has let go of its file."""
        return None if self._session.closed else self._session.current

    def _queue(self) -> tuple[p.JobCard | None, int]:
        jobs = [job for job in self._session.jobs if not job.done()]
        return (job_card(jobs[0]), len(jobs) - 1) if jobs else (None, 0)

    def _turns(self, before: int | None) -> tuple[list[tuple[Turn, int]], int]:
        """Return the page of turns that ends before a position, oldest first, numbered; and how many there are."""
        turns = self._session.turns
        total = len(turns)
        end = min(total, before) if before is not None else total
        return [(turns[k], k + 1) for k in range(max(0, end - PAGE), end)], total

    def _card(self) -> p.SessionCard:
        session = self._session
        return p.SessionCard(
            name=Path(session.path).stem,
            model=_model_name(session.model),
            writable=session.writable,
            holder=session.holder,
            closed=session.closed,
            subshells=has_subshells() or not in_kernel(),
        )


def _model_name(model: object) -> str:
    """Return what a person calls a model: the name on its card, or its folder's."""
    from pochade.engine.families import capabilities_of

    try:
        return capabilities_of(Path(str(model))).name
    except (PochadeError, OSError):
        return Path(str(model)).name
