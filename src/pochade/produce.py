"""The one road from a request to a kept turn; every picture travels it, whoever asked.

It is the only place where the stages meet, so that what pochade promises can be read here from top to bottom. A stage
is a plain function from value to value; progress goes out, and a stop comes in, through `report` alone.
"""

from __future__ import annotations

import math
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from pochade.errors import RequestError
from pochade.imaging.compose import compose
from pochade.imaging.load import byte_hash, pixel_hash, png_bytes
from pochade.sizes import resolve_size
from pochade.store import TurnRecord
from pochade.turn import Turn

if TYPE_CHECKING:
    from pochade.engine.families import Capabilities
    from pochade.engine.local import Engine
    from pochade.jobs import Report
    from pochade.request import Request
    from pochade.sizes import SizeRule
    from pochade.store import Store

SEEDS = 2**32
STRETCH = 2


def produce(request: Request, parent: Turn | None, engine: Engine, store: Store, report: Report) -> Turn:
    """Carry out a request and keep what came of it. Worker thread only.

    Parameters
    ----------
    request : Request
        What is asked.
    parent : Turn or None
        The turn that the new one grows from: the one whose picture is edited.
    engine : Engine
        Where the pixels come from; loaded here if need be.
    store : Store
        Where the turn is kept, in one transaction.
    report : Report
        Where progress goes and a stop comes from.

    Returns
    -------
    Turn
        The new turn, on the disk.

    Raises
    ------
    Cancelled
        Within one step of a stop; nothing was kept.
    RequestError, ModelError, StoreError
        Whatever is wrong with the request, the model or the file; nothing was kept.
    """
    plan = _plan(request, engine.capabilities)  # small files tell; whatever is refused is refused at once
    engine.load(report)
    started = time.monotonic()

    answers = engine.paint(
        request.prompt,
        size=plan.size,
        seeds=[plan.seed + index for index in range(request.n)],
        steps=plan.steps,
        guidance=plan.guidance,
        references=plan.references,
        report=report,
    )

    report.stage("composing")
    pictures = [_finish(answer, request, plan) for answer in answers]
    pngs = [png_bytes(picture) for picture in pictures]

    report.stage("storing")
    kept = _inputs(request, parent)
    images = tuple(map(byte_hash, pngs))
    inputs = (parent.id if parent else None, kept.source, kept.mask, kept.references)
    numbers = (plan.seed, request.n, plan.size, plan.steps, plan.guidance)
    record = TurnRecord(
        id=store.new_id(request.task, request.prompt, numbers, inputs),
        parent=parent.id if parent else None,
        created=time.time(),
        task=request.task,
        prompt=request.prompt,
        seed=plan.seed,
        n=request.n,
        size=pictures[0].size,
        steps=plan.steps,
        guidance=plan.guidance,
        seconds=time.monotonic() - started,
        notes=(*plan.notes, *engine.notes(request.prompt)),
        model=engine.model,
        versions=engine.versions,
        image_turn=parent.id if parent and request.image and kept.source is None else None,
        reference_turns=request.reference_turns,
        images=images,
        source=kept.source,
        mask=kept.mask,
        references=kept.references,
    )
    store.add(record, {**kept.blobs, **dict(zip(images, pngs, strict=True))})
    return Turn(store, record)


@dataclass(frozen=True)
class _Plan:
    """A request with every open question settled for one model."""

    size: tuple[int, int]
    final_size: tuple[int, int]
    seed: int
    steps: int
    guidance: float
    references: tuple[Image.Image, ...]
    notes: tuple[str, ...]


def _plan(request: Request, model: Capabilities) -> _Plan:
    """Settle size, seed, steps and guidance, and bring every picture to a size that the model takes.

    An edit keeps the size of its picture. Where the model cannot work at that size it gets a resampled copy, and its
    answer is brought back; the stored picture itself is never touched.
    """
    picture, rule = request.image, model.size
    notes = []
    if picture is None:
        size, note = resolve_size(request.size, rule)
        final_size = size
    else:
        size, final_size, note = nearest_size(picture.size, rule), picture.size, None
        if size != final_size:
            note = (
                f"The picture is {_spell(final_size)}; {model.name} worked on a copy of {_spell(size)}, and its answer "
                f"was brought back to {_spell(final_size)}."
            )
    if note:
        notes.append(note)
    if picture is not None and request.mask is None and _is_transparent(picture):
        notes.append(f"{model.name} paints without transparency: what was transparent was read as white.")
    references = [reference.resize(nearest_size(reference.size, rule), _SMOOTH) for reference in request.references]
    if picture is not None:
        references.insert(0, picture.resize(size, _SMOOTH))
    return _Plan(
        size=size,
        final_size=final_size,
        seed=secrets.randbelow(SEEDS) if request.seed is None else request.seed,
        steps=request.steps or model.steps,
        guidance=model.guidance if request.guidance is None else request.guidance,
        references=tuple(references),
        notes=tuple(notes),
    )


def nearest_size(size: tuple[int, int], rule: SizeRule) -> tuple[int, int]:
    """Find the size to work at for a picture that is there already, whatever its size.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    rule : SizeRule
        What the model takes.

    Returns
    -------
    tuple of int
        The nearest size that the model takes; for a picture beyond its limits, that shape at the model's usual area,
        or the nearest shape that the model knows.

    Raises
    ------
    RequestError
        If the picture would have to be stretched to more than twice its shape.
    """
    width, height = size
    if min(size) >= rule.min_side and max(size) <= rule.max_side and width * height <= rule.max_pixels:
        return resolve_size(size, rule)[0]
    longer, widest = max(size) / min(size), rule.sides[-1] / rule.sides[0]
    if longer > STRETCH * widest:
        raise RequestError(
            f"A picture of {_spell(size)} is too narrow for this model, whose shapes go up to {widest:g}:1. Crop it."
        )
    shape = math.floor(min(longer, widest) * 1000) / 1000  # never rounded beyond what the model takes
    return resolve_size(f"{shape}:1" if width >= height else f"1:{shape}", rule)[0]


def _finish(answer: Image.Image, request: Request, plan: _Plan) -> Image.Image:
    """Bring an answer to its final size, and with a mask back into its picture."""
    if request.image is not None and request.mask is not None:
        return compose(request.image, answer, request.mask)
    return answer if answer.size == plan.final_size else answer.resize(plan.final_size, _SMOOTH)


@dataclass(frozen=True)
class _Inputs:
    """The pictures that a request brought, named by hash, and the bytes of those that have to be kept."""

    source: str | None
    mask: str | None
    references: tuple[str, ...]
    blobs: dict[str, bytes]


def _inputs(request: Request, parent: Turn | None) -> _Inputs:
    """Encode what was brought. The parent's own (first) picture is there already and needs no second name."""
    blobs: dict[str, bytes] = {}

    def keep(picture: Image.Image) -> str:
        data = png_bytes(picture)
        name = byte_hash(data)
        blobs[name] = data
        return name

    image = request.image
    brought = image is not None and (parent is None or pixel_hash(image) != pixel_hash(parent.image))
    return _Inputs(
        source=keep(image) if image is not None and brought else None,
        mask=keep(request.mask) if request.mask is not None else None,
        references=tuple(map(keep, request.references)),
        blobs=blobs,
    )


def _is_transparent(picture: Image.Image) -> bool:
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)


def _spell(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


_SMOOTH = Image.Resampling.LANCZOS
