"""From a request to what one model is asked to paint, and from its answer to the picture that is kept.

It stands apart from `produce.py`, which says in what order things happen, because these are the decisions: at which
size the model works, what it is shown, what is told to the person, and how an answer goes back into the picture. Both
halves are plain functions; nothing here waits, stores or loads.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from pochade.engine.calling import choose
from pochade.engine.painting import Painting
from pochade.errors import ImageError
from pochade.imaging.changed import keep_unchanged
from pochade.imaging.compose import compose
from pochade.imaging.fit import Fit, extended
from pochade.mentions import missing_image, worded
from pochade.sizes import resolve_size
from pochade.transparency import asked, flattened, restored, taken

if TYPE_CHECKING:
    from pochade.engine.families import Capabilities
    from pochade.request import Request

__all__ = ["Finished", "Plan", "finish", "plan_for"]

SEEDS = 2**32
WHITE = "#ffffff"
_SMOOTH = Image.Resampling.LANCZOS
_NOTHING = "Nothing was found to have changed, so the picture is as it was; keep='none' gives the model's whole answer."


@dataclass(frozen=True)
class Plan:
    """A request with every open question settled for one model.

    Attributes
    ----------
    painting : Painting
        What the engine is asked for.
    size : (int, int)
        Width and height of the finished picture, pixels.
    seed : int
        Of the first picture.
    fit : Fit or None
        How the edited picture lies on what the model works on; None where nothing is edited.
    ground : PIL.Image.Image or None
        What answers go back into: the edited picture itself, or the larger canvas that it was laid on.
    mask : PIL.Image.Image or None
        Mode "L", as large as `ground`: where an answer is taken, whatever it shows elsewhere.
    key : str or None
        The colour that is taken out again, where the model cannot paint transparency itself.
    insist : bool
        Whether transparency was asked for, and not only kept from the picture that is edited.
    notes : tuple of str
        What the person should know.
    """

    painting: Painting
    size: tuple[int, int]
    seed: int
    fit: Fit | None
    ground: Image.Image | None
    mask: Image.Image | None
    key: str | None
    insist: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """A picture as it is kept.

    Attributes
    ----------
    picture : PIL.Image.Image
        "RGB" or "RGBA", of the plan's size.
    changed : PIL.Image.Image or None
        Mode "L", where an edit without a mask changed it; None where nothing was looked for or nearly all had changed.
    found : dict or None
        How the answer lay on the picture, for the turn's record: shift (pixels), zoom, share of pixels that changed.
    note : str or None
        What the person should know about this picture.
    """

    picture: Image.Image
    changed: Image.Image | None = None
    found: dict[str, Any] | None = None
    note: str | None = None


def plan_for(request: Request, model: Capabilities) -> Plan:
    """Settle everything that a request leaves open.

    An edit keeps the size of its picture. Where the model cannot work at that size it gets a copy on a canvas of its
    own, and its answer is cut out again; the picture itself is never touched.

    Raises
    ------
    RequestError
        If the model cannot do what is asked, or not at that size.
    ImageError
        If the picture is of a shape that cannot be worked on.
    """
    notes: list[str | None] = [missing_image(request.prompt, _shown(request))]
    transparent = _wants_transparency(request)
    prompt, key = worded(request.prompt, model.family.name, _shown(request)), None
    if transparent and not model.transparent:
        prompt, key = asked(
            prompt,
            picture=request.image,
            by=model.family.by,
            vocabulary=model.vocabulary,
            insist=request.background == "transparent",
        )
    ground, mask, fit = request.image, request.mask, None
    if ground is None:
        settled = resolve_size(request.size, model.size)
        work, size = settled.work, settled.final
        notes.append(settled.note)
    else:
        if request.background == "opaque":
            ground = flattened(ground, WHITE)
        if request.extend is not None:
            ground, mask = extended(ground, request.extend)
        fit = Fit.plan(ground.size, model.size)
        work, size = fit.work, ground.size
        notes.append(fit.note)
    shown = None if ground is None or fit is None else fit.enter(_readable(ground, key, model))
    # A model without inpainting, or whose inpainting takes fewer references, edits the whole; the mask does the rest.
    inside = mask is not None and model.masks(work, len(request.references))
    seed = secrets.randbelow(SEEDS) if request.seed is None else request.seed
    painting = Painting(
        prompt=prompt,
        size=work,
        seeds=tuple(seed + index for index in range(request.n)),
        steps=request.steps or model.steps,
        guidance=model.guidance if request.guidance is None else request.guidance,
        negative=request.negative,
        strength=request.strength,
        picture=shown,
        mask=fit.enter_mask(mask) if inside and fit is not None and mask is not None else None,
        references=tuple(_as_reference(one, number, model) for number, one in enumerate(request.references, 1)),
        transparent=transparent and key is None,
    )
    choose(painting, model)  # refuses what the model cannot do, before anything is loaded
    told = tuple(note for note in notes if note)
    return Plan(painting, size, seed, fit, ground, mask, key, request.background == "transparent", told)


def finish(answer: Image.Image, request: Request, plan: Plan) -> Finished:
    """Bring an answer to its final size, and back into its picture."""
    if plan.fit is None or plan.ground is None:
        picture, note = _cut_out(answer, plan)
        return Finished(picture if picture.size == plan.size else picture.resize(plan.size, _SMOOTH), note=note)
    answer = plan.fit.leave(answer)
    if plan.mask is not None or request.keep == "none":
        picture, note = _cut_out(answer, plan)
        if plan.mask is None:
            return Finished(picture, note=note)
        ground = plan.ground.convert("RGBA") if plan.insist else plan.ground  # or nothing could become clear in it
        return Finished(compose(ground, picture, plan.mask), note=note)
    before = plan.ground if plan.key is None else flattened(plan.ground, plan.key)
    detail = plan.fit.inner[0] / plan.fit.size[0]  # what a smaller copy cannot show has not changed
    kept = keep_unchanged(before, answer, changed=request.changed, detail=detail)
    share = _share(kept.changed)
    shift = tuple(round(pixels, 3) for pixels in kept.shift)
    found = {"shift": shift, "zoom": round(kept.zoom, 5), "whole": kept.whole, "share": share}
    if share == 0 and not plan.insist:
        return Finished(plan.ground.copy(), kept.changed, found, _NOTHING)
    picture, note = _cut_out(kept.picture, plan)
    if plan.key is not None and kept.changed is not None and share and plan.ground.mode == "RGBA":
        # What did not change keeps its own transparency, not one that was worked out.
        picture = compose(plan.ground, picture, kept.changed, feather=0)
    return Finished(picture, kept.changed, found, note)


def _cut_out(picture: Image.Image, plan: Plan) -> tuple[Image.Image, str | None]:
    """Take the key colour out of a picture, where there is one."""
    if plan.key is None:
        return picture, None
    cut, note = taken(picture, plan.key, only=not plan.insist)
    if note is not None and not plan.insist and plan.ground is not None and plan.ground.mode == "RGBA":
        own = restored(picture, plan.ground, plan.key)  # the picture is no sticker, but its clear parts are still clear
        if own is not None:
            return own, None
    return cut, note


def _shown(request: Request) -> int:
    """Count the pictures that the model will see, the edited one first."""
    return len(request.references) + (request.image is not None)


def _as_reference(picture: Image.Image, number: int, model: Capabilities) -> Image.Image:
    """Bring a reference to a size that the model takes."""
    try:
        return Fit.plan(picture.size, model.size).enter(picture)
    except ImageError as error:
        raise ImageError(f"Reference {number}: {error}") from None


def _wants_transparency(request: Request) -> bool:
    if request.background == "auto":  # a sticker stays a sticker
        return request.image is not None and _is_transparent(request.image)
    return request.background == "transparent"


def _is_transparent(picture: Image.Image) -> bool:
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)


def _readable(picture: Image.Image, key: str | None, model: Capabilities) -> Image.Image:
    """Lay a transparent picture on a ground that the model can read."""
    if key is not None:
        return flattened(picture, key)
    return picture if model.transparent else flattened(picture, WHITE)


def _share(changed: Image.Image | None) -> float | None:
    """How much of a picture changed, 0 to 1."""
    if changed is None:
        return None
    counts = changed.histogram()
    return round(1 - counts[0] / sum(counts), 4)
