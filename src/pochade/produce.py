"""The one road from a request to a kept turn; every picture travels it, whoever asked.

It is the only place where the stages meet, so that what pochade promises can be read here from top to bottom. A stage
is a plain function from value to value; progress goes out, and a stop comes in, through `report` alone.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pochade.engine.models import licence_note
from pochade.errors import Cancelled
from pochade.imaging.load import byte_hash, png_bytes
from pochade.packing import Packed, pixels_of
from pochade.planning import Finished, Plan, finish, plan_for
from pochade.provenance.fingerprint import VERSION, fingerprint
from pochade.provenance.stage import Signing, credentialed, nature
from pochade.store import TurnRecord
from pochade.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from pochade.engine.local import Engine
    from pochade.provenance.facts import Made
    from pochade.provenance.stage import Nature
    from pochade.report import Report
    from pochade.request import Request
    from pochade.store import Store


def produce(
    request: Request,
    parent: Turn | None,
    engine: Engine,
    store: Store,
    report: Report,
    *,
    keep_stopped: bool = False,
    signing: Signing | None = None,
) -> Turn:
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
    keep_stopped : bool
        Whether a turn that is stopped is kept too, with the pictures that were done by then or its last preview.
    signing : Signing, optional
        How its pictures are signed; by default in full, by this person's own signer.

    Returns
    -------
    Turn
        The new turn, on the disk.

    Raises
    ------
    Cancelled
        Within one step of a stop. Nothing was kept, or the stopped turn, which is the error's `turn`.
    RequestError, ImageError, ModelError, StoreError, ProvenanceError
        Whatever is wrong with the request, the model, the file or a key of the person's; nothing was kept.
    """
    signing = signing or Signing()
    signing.ready()
    plan = plan_for(request, engine.capabilities)  # small files tell; whatever is refused is refused at once
    engine.load(report)
    started = time.monotonic()
    pictures: list[Finished] = []
    try:
        for answer in engine.paint(plan.painting, report):
            if len(pictures) + 1 == request.n:
                report.stage("composing")
            pictures.append(finish(answer, request, plan))
            report.picture(len(pictures) - 1, request.n, pictures[-1].picture.copy())  # whoever is told may draw on it
        report.stage("storing")
    except Cancelled as stop:
        left = pictures or _last_seen(report, request, plan)
        if not (keep_stopped and left):
            raise
        turn = _keep(request, parent, engine, store, plan, left, report, started, "stopped", signing)
        message = f"The request was stopped before it was finished; what there was is kept as turn {turn.id!r}."
        raise Cancelled(message, turn) from stop
    engine.expect(pictures[0].picture)  # the next request is likely to edit it
    return _keep(request, parent, engine, store, plan, pictures, report, started, "done", signing)


def _last_seen(report: Report, request: Request, plan: Plan) -> list[Finished]:
    """Take the last preview for the picture of a turn that was stopped before one was done; the same is promised."""
    preview = report.last_preview
    return [] if preview is None else [finish(preview.convert("RGB").resize(plan.painting.size), request, plan)]


def _keep(
    request: Request,
    parent: Turn | None,
    engine: Engine,
    store: Store,
    plan: Plan,
    pictures: list[Finished],
    report: Report,
    started: float,
    state: Literal["done", "stopped"],
    signing: Signing,
) -> Turn:
    """Sign the pictures of a turn and store it with everything that belongs to it."""
    painting, unfinished = plan.painting, state == "stopped" and report.last_preview is not None
    kept = Packed.of(request, parent, pictures, store)
    inputs = (parent.id if parent else None, kept.source, kept.mask, kept.shown)
    numbers = (plan.seed, request.n, plan.size, painting.steps, painting.guidance)
    more = _recipe(request, kept)
    notes = (*plan.notes, *(one.note for one in pictures), *report.notes, *engine.notes(painting.prompt))
    record = TurnRecord(
        id=store.new_id(request.task, request.prompt, numbers, inputs, *more),
        parent=parent.id if parent else None,
        created=time.time(),
        task=request.task,
        prompt=request.prompt,
        seed=plan.seed,
        n=request.n,
        size=plan.size,
        steps=painting.steps,
        guidance=painting.guidance,
        seconds=time.monotonic() - started,
        notes=tuple(dict.fromkeys(note for note in (*notes, licence_note(engine.model)) if note)),
        model=engine.model,
        versions=engine.versions,
        image_turn=parent.id if parent and request.image and kept.source is None else None,
        image_index=kept.index,
        reference_turns=request.reference_turns,
        images=(),
        source=kept.source,
        mask=kept.mask,
        changed=kept.changed,
        references=kept.references,
        originals=kept.originals,
        state=state,
        extra={"engine": engine.facts(painting), **_said(request, plan, pictures, unfinished=unfinished)},
    )
    natures, made = _natures(request, parent, kept, pictures, store)
    if request.task == "edit":
        record.extra["made"] = natures
    signed, note = credentialed(kept.images, record, store.session_id, kept.sources, made, signing)
    names = tuple(map(byte_hash, signed))
    record = replace(record, images=names, notes=(*record.notes, *([note] if note else ())))
    blobs = kept.blobs | dict(zip(names, signed, strict=True))
    pixels = kept.pixels | {name: pixels_of(one.picture) for name, one in zip(names, pictures, strict=True)}
    found = {name: fingerprint(one.picture) for name, one in zip(names, pictures, strict=True)}
    store.add(record, blobs, pixels=pixels, fingerprints=found, fingerprint_version=VERSION)
    signing.expect(signed[0])
    return Turn(store, record)


def _natures(
    request: Request, parent: Turn | None, kept: Packed, pictures: Sequence[Finished], store: Store
) -> tuple[list[Nature], list[Made]]:
    """Tell of each picture where all of its pixels come from, and what this turn did for them."""
    if request.task == "generate":
        return ["ai"] * len(pictures), ["ai"] * len(pictures)
    before: Nature = "upload" if parent is None or kept.source else nature(parent.record, kept.index, store.get)
    painted: Literal["ai", "composite"] = "ai" if before == "ai" else "composite"
    same = [_same(request.image, one.picture) for one in pictures]
    return [before if one else painted for one in same], ["untouched" if one else painted for one in same]


def _same(before: Image.Image | None, after: Image.Image) -> bool:
    """Whether not one pixel was changed."""
    if before is None or (before.mode, before.size) != (after.mode, after.size):
        return False
    return before.tobytes() == after.tobytes()


def _recipe(request: Request, kept: Packed) -> tuple[tuple[str, Any], ...]:
    """Gather what else makes a request another one, for its turn's id: only what was asked for."""
    asked: dict[str, Any] = {name: getattr(request, name) for name in ("negative", "strength", "extend")}
    asked |= {"background": request.background.removeprefix("auto"), "keep": request.keep.removeprefix("auto")}
    asked |= {"index": kept.index, "changed": request.changed and byte_hash(png_bytes(request.changed))}
    return tuple((name, value) for name, value in asked.items() if value)


def _said(request: Request, plan: Plan, pictures: list[Finished], *, unfinished: bool) -> dict[str, Any]:
    """Gather what was asked beyond a record's own fields, and what was found; only what is worth a word."""
    said: dict[str, Any] = {"negative": request.negative, "strength": request.strength, "extend": request.extend}
    said["background"] = None if request.background == "auto" else request.background
    said["keep"] = None if request.keep == "auto" else request.keep
    said["corrected"] = True if request.changed is not None else None
    said["rewritten"] = plan.painting.prompt if plan.painting.prompt != request.prompt else None
    said["preview"] = True if unfinished else None
    said["found"] = [one.found for one in pictures] if any(one.found for one in pictures) else None
    return {name: value for name, value in said.items() if value is not None}
