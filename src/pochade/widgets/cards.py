"""What a view is told about turns and jobs: plain cards, and the pictures that go with them as bytes."""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, Literal

from PIL import Image

from pochade.store import Store, latest
from pochade.turn import Turn
from pochade.widgets.protocol import JobCard, Offer, Picture, TurnCard

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.jobs import Job

THUMB_SIDE = 144
Mime = Literal["image/png", "image/jpeg"]


def turn_card(turn: Turn, number: int) -> TurnCard:
    """Write the card of a turn, the ``number``-th of its session."""
    record = turn.record
    return TurnCard(
        turn=turn.id,
        number=number,
        prompt=turn.prompt,
        task="edit" if turn.task == "edit" else "generate",
        parent=record.parent,
        seed=turn.seed,
        width=record.size[0],
        height=record.size[1],
        steps=record.steps,
        guidance=record.guidance,
        seconds=turn.seconds,
        notes=list(turn.notes),
        count=len(record.images),
        picked=turn.picked,
        stopped=turn.stopped,
        masked=record.mask is not None,
        code=turn.code(),
    )


def job_card(job: Job) -> JobCard:
    """Write the card of a job as it is now."""
    progress = job.progress
    return JobCard(
        job=str(job.id),
        prompt=job.request.prompt,
        stage=progress.stage,
        step=progress.step,
        steps=progress.steps,
        seconds=progress.seconds,
        left=progress.left,
    )


def offer(notebook: str, own: Path) -> tuple[Offer, bytes] | None:
    """Describe the latest session of a notebook, other than its own file, by its last turn; None where there is none.

    It is offered as code, not as a click: the cell then says which session the notebook goes on with, every time it
    is run.
    """
    path = latest(notebook)
    if path is None or path == own:
        return None
    with closing(Store.open(path, readonly=True)) as store:
        turn = Turn(store, store.page(len(store) - 1, 1)[0])
        picture, data = thumbnail(turn)
        return Offer(count=len(store), prompt=turn.prompt, code="s = pochade.open()", mime=picture.mime), data


def whole(turn: Turn, index: int | None = None) -> tuple[Picture, bytes]:
    """Return one picture of a turn, by default the picked one, as it is stored."""
    chosen = turn if index is None else turn[index]
    return Picture(turn=turn.id, index=chosen.picked, thumb=False, mime="image/png"), chosen.png


def thumbnail(turn: Turn) -> tuple[Picture, bytes]:
    """Return the picked picture of a turn, small."""
    image = turn.image
    image.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    data, mime = encode(image)
    return Picture(turn=turn.id, index=turn.picked, thumb=True, mime=mime), data


def encode(image: Image.Image) -> tuple[bytes, Mime]:
    """Encode a small picture for the screen: JPEG, or PNG where it is transparent."""
    buffer = io.BytesIO()
    if "A" in image.getbands():
        image.save(buffer, "PNG")
        return buffer.getvalue(), "image/png"
    image.convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue(), "image/jpeg"
