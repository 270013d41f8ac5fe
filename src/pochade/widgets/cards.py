"""What a view is told about a session, its turns and its jobs: plain cards, and the pictures that go with them."""

from __future__ import annotations

import io
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from pochade.errors import PochadeError
from pochade.jupyter.kernel import has_subshells, in_kernel
from pochade.sizes import resolve_size
from pochade.store import Store, default_folder, latest
from pochade.turn import Turn
from pochade.widgets import protocol as p
from pochade.widgets.styles import styles_for

if TYPE_CHECKING:
    from pochade.engine.families import Capabilities
    from pochade.jobs import Job
    from pochade.session import Session
    from pochade.store.outline import Twig

THUMB_SIDE = 144
MOST_JOBS = 50
MOST_WORDS = 300
"""How many characters of a prompt the card of a job shows."""
SHAPES = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16")

Stored = Literal["image/png", "image/jpeg"]


def twig_card(twig: Twig) -> p.TwigCard:
    """Write the card of a turn in the tree."""
    return p.TwigCard(
        turn=twig.id,
        number=twig.number,
        parent=twig.parent,
        task="edit" if twig.task == "edit" else "generate",
        prompt=twig.prompt,
        width=twig.width,
        height=twig.height,
        count=twig.n_images,
        picked=twig.picked,
        stopped=twig.state == "stopped",
        starred=twig.starred,
    )


def turn_card(turn: Turn) -> p.TurnCard:
    """Write the whole card of a turn."""
    record = turn.record
    return p.TurnCard(
        turn=turn.id,
        prompt=turn.prompt,
        rewritten=turn.rewritten_prompt,
        model=turn.model,
        created=turn.created,
        seed=turn.seed,
        width=record.size[0],
        height=record.size[1],
        steps=record.steps,
        guidance=record.guidance,
        strength=record.extra.get("strength"),
        negative=turn.negative,
        background=record.extra.get("background"),
        seconds=turn.seconds,
        notes=list(turn.notes),
        references=len(record.references),
        masked=record.mask is not None,
        changed=any(record.changed),
        code=turn.code(),
        cell=cell_of(turn),
    )


def cell_of(turn: Turn) -> str:
    """Write a whole cell that opens the session and makes a turn again."""
    path, notebook = turn.store.path, os.environ.get("JPY_SESSION_NAME")
    # A card is written twice a turn: the other files are looked at only where this one can be the latest at all.
    possible = path.parent == default_folder() and notebook in (None, turn.store.meta("notebook"))
    if possible and path == latest(notebook):
        opened = "pochade.open()  # this notebook's latest session"
    else:
        here = Path.cwd()
        opened = f"pochade.open({str(path.relative_to(here) if path.is_relative_to(here) else path)!r})"
    return f"import pochade\n\ns = {opened}\nt = {turn.code()}\nt"


def session_card(session: Session, can: Capabilities | None) -> p.SessionCard:
    """Write the card of the session as a whole; where its model is not known yet, that has its folder's name."""
    return p.SessionCard(
        name=Path(session.path).stem,
        model=can.name if can is not None else Path(session.model).name,
        writable=session.writable,
        holder=session.holder,
        closed=session.closed,
        subshells=has_subshells() or not in_kernel(),
    )


def model_name(session: Session) -> str:
    """Return what a person calls the session's model: the name on its card, or its folder's."""
    try:
        return session.capabilities.name
    except (PochadeError, OSError):
        return Path(session.model).name


def settings_card(session: Session) -> p.SettingsCard:
    """Write the card of the session's settings."""
    said = session.settings.as_dict()
    size = said["size"]
    return p.SettingsCard(**{**said, "size": size if size is None or isinstance(size, str) else f"{size[0]}x{size[1]}"})


def abilities_card(can: Capabilities) -> p.Abilities:
    """Write what the session's model can do."""
    rule = can.size
    shapes = [p.Shape(label="", width=rule.default[0], height=rule.default[1])]
    if rule.only is None:
        settled = {ratio: resolve_size(ratio, rule).final for ratio in SHAPES}
        shapes = [p.Shape(label=ratio, width=size[0], height=size[1]) for ratio, size in settled.items()]
    return p.Abilities(
        paint=can.can_paint,
        edit=can.can_edit,
        references=can.max_references,
        steps=can.steps,
        guidance=can.guidance,
        guided=can.guided,
        strength=can.strength,
        negative=can.negative,
        transparent=can.transparent or can.can_paint,
        shapes=shapes,
        multiple=rule.multiple,
        min_side=rule.min_side,
        max_side=rule.max_side,
        max_pixels=rule.max_pixels,
        styles=styles_for(can.vocabulary),
        knows=[p.WordList(name=name, words=list(words)) for name, words in can.lists.items()],
    )


def job_cards(session: Session) -> list[p.JobCard]:
    """Write the cards of the session's first jobs, in the order in which they will be done."""
    return [job_card(job) for job in session.jobs[:MOST_JOBS] if not job.done()]


def job_card(job: Job) -> p.JobCard:
    """Write the card of a job as it is now; these cards go out often, so a long prompt is cut."""
    progress, prompt = job.progress, job.request.prompt
    return p.JobCard(
        job=str(job.id),
        prompt=prompt if len(prompt) <= MOST_WORDS else f"{prompt[: MOST_WORDS - 1]}…",
        stage=progress.stage,
        step=progress.step,
        steps=progress.steps,
        seconds=progress.seconds,
        left=progress.left,
        n=job.request.n,
        movable=job.state == "queued",
    )


def offer(notebook: str, own: Path) -> tuple[p.Offer, bytes] | None:
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
        return p.Offer(count=len(store), prompt=turn.prompt, code="s = pochade.open()", mime=picture.mime), data


def whole(turn: Turn, index: int | None = None) -> tuple[p.Picture, bytes]:
    """Return one picture of a turn, by default the picked one, as it is stored."""
    chosen = turn if index is None else turn[index]
    return p.Picture(turn=turn.id, index=chosen.picked, thumb=False, mime="image/png"), chosen.png


def thumbnail(turn: Turn) -> tuple[p.Picture, bytes]:
    """Return the picked picture of a turn, small."""
    data, mime = encode(small(turn.image, THUMB_SIDE))
    return p.Picture(turn=turn.id, index=turn.picked, thumb=True, mime=mime), data


def small(image: Image.Image, side: int) -> Image.Image:
    """Return a copy that fits into a square."""
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    return copy


def encode(image: Image.Image) -> tuple[bytes, Stored]:
    """Encode a small picture for the screen: JPEG, or PNG where it is transparent."""
    buffer = io.BytesIO()
    if "A" in image.getbands():
        image.save(buffer, "PNG")
        return buffer.getvalue(), "image/png"
    options: dict[str, Any] = {"quality": 88}
    image.convert("RGB").save(buffer, "JPEG", **options)
    return buffer.getvalue(), "image/jpeg"
