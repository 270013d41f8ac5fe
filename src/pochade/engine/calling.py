"""From a painting to the keywords of one pipeline's call.

It is the one place where pochade's words meet diffusers' keywords, and it needs neither PyTorch nor a model: what it
does follows from the row of the table and the painting alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from pochade.errors import RequestError

if TYPE_CHECKING:
    from pochade.engine.families import Capabilities
    from pochade.engine.painting import Painting
    from pochade.engine.rows import Task, View

__all__ = ["choose", "keywords"]


def choose(painting: Painting, model: Capabilities) -> tuple[Task, View]:
    """Find the task that a painting is and the view that carries it out.

    Parameters
    ----------
    painting : Painting
        What is asked.
    model : Capabilities
        What the model can do.

    Raises
    ------
    RequestError
        If the model cannot do this, saying what it can; or if a size is not one that it works at.
    """
    task = model.task(
        picture=painting.picture is not None, mask=painting.mask is not None, references=len(painting.references)
    )
    borrowed = task == "edit" and painting.picture is None  # its first reference plays the picture
    view = model.check(
        task,
        references=len(painting.references) - borrowed,
        negative=painting.negative is not None,
        strength=painting.strength is not None,
        transparent=painting.transparent,
    )
    if not painting.seeds:
        raise RequestError("No picture was asked for: give at least one seed.")
    _check_sizes(painting, model)
    _check_strength(painting, view)
    return task, view


def keywords(painting: Painting, view: View, model: Capabilities) -> dict[str, Any]:
    """Spell a painting as keywords for a view's pipeline: all but how many pictures, their seeds and the output's type.

    Parameters
    ----------
    painting : Painting
        What is asked, as `choose` has accepted it.
    view : View
        The view that `choose` returned.
    model : Capabilities
        What the model can do.

    Returns
    -------
    dict
        Keyword → value. Pictures are RGB, laid on white where they were transparent; RGBA if the model paints RGBA. A
        mask is grown to whole tokens, which are painted anew or not: what is half open would be half repainted.
    """
    width, height = painting.size
    asked = model.family.transparent_prompt if painting.transparent else None
    said: dict[str, Any] = {
        "prompt": painting.prompt if asked is None else asked.replace("{}", painting.prompt),
        "negative": painting.negative,
        "width": width,
        "height": height,
        "area": width * height,
        "side": round((width * height) ** 0.5),
        "steps": painting.steps,
        "guidance": painting.guidance,
        "strength": painting.strength,
        "prompt_tokens": model.prompt_tokens,
        "prompt_layers": model.prompt_layers,
        "mask": None if painting.mask is None else _grown(painting.mask, model.factor * model.family.patch),
        **_pictures(painting, view, clear=model.transparent),
    }
    call = dict(view.fixed)
    for word, value in said.items():
        if value is not None:
            call.update(view.also.get(word, {}))
    if painting.transparent:
        call.update(view.also.get("transparent", {}))
    call.update({keyword: said[word] for word, keyword in view.words.items() if said.get(word) is not None})
    return call


def _pictures(painting: Painting, view: View, *, clear: bool) -> dict[str, Any]:
    """Sort the pictures into the words that the view has for them."""
    given = painting.references if painting.picture is None else (painting.picture, *painting.references)
    pictures = [picture.convert("RGBA") if clear else _opaque(picture) for picture in given]
    own, others = view.words.get("picture"), view.words.get("references")
    if not pictures:
        return {}
    if own is None or own == others:
        return {"references": pictures}
    return {"picture": pictures[0], "references": pictures[1:] or None}


def _grown(mask: Image.Image, side: int) -> Image.Image:
    """Open every square of so many pixels as far as its most open pixel."""
    import numpy as np

    levels = np.asarray(mask.convert("L"))
    height, width = levels.shape
    whole = np.pad(levels, ((0, -height % side), (0, -width % side)), mode="edge")
    squares = whole.reshape(whole.shape[0] // side, side, -1, side).max(axis=(1, 3))
    return Image.fromarray(squares.repeat(side, axis=0).repeat(side, axis=1)[:height, :width])


def _check_sizes(painting: Painting, model: Capabilities) -> None:
    width, height = painting.size
    rule = model.size
    if width not in rule.sides or height not in rule.sides or width * height > rule.max_pixels:
        raise RequestError(
            f"{model.name} cannot work at {width}×{height}: it takes sides of {rule.sides[0]} to {rule.sides[-1]} "
            f"pixels in steps of {rule.multiple}, {rule.max_pixels:,} pixels in all."
        )
    for name, given in (("picture", painting.picture), ("mask", painting.mask)):
        if given is not None and given.size != painting.size:
            raise RequestError(
                f"The {name} is {given.width}×{given.height}; to be worked on it must be {width}×{height}."
            )
    if painting.mask is not None and painting.picture is None:
        raise RequestError("A mask was given without the picture that it belongs to.")


def _check_strength(painting: Painting, view: View) -> None:
    """Refuse a strength which, rounded down as pipelines round it, leaves no step to do."""
    strength = painting.strength
    if strength is None:
        strength = view.fixed.get(view.words.get("strength", ""))
    if strength is None:
        return
    if not 0 < strength <= 1:
        raise RequestError(f"A strength is above 0 and at most 1; {strength} was given.")
    if int(painting.steps * strength) < 1:
        raise RequestError(
            f"A strength of {strength} leaves none of {painting.steps} steps to do: give at least "
            f"{1 / painting.steps:.2g}, or more steps."
        )


def _opaque(picture: Image.Image) -> Image.Image:
    """Lay transparency on white; a model's own reading would bring up whatever colours lie under it."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")
