"""From what a person passes to `say`, `generate`, `edit` and `submit` to a complete request.

It stands alone because this is where "the current picture" and "that turn" become pixels and ids, once, before the
request waits in any queue: what is painted later is what was asked, wherever the conversation has moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from pochade.errors import RequestError
from pochade.imaging.load import load_image, pixel_hash
from pochade.request import Request, Task
from pochade.settings import given
from pochade.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pochade.turns import Turns

__all__ = ["complete"]


def complete(
    prompt: str | Request,
    task: Task | None,
    options: Mapping[str, Any],
    *,
    current: Turn | None,
    turns: Turns,
    settings: Callable[[Request], Mapping[str, Any]] = lambda _: {},
) -> Request:
    """Build the request that is meant.

    Parameters
    ----------
    prompt : str or Request
        The words, or a request that is complete already.
    task : "generate", "edit" or None
        None edits the picture given, else the current one, else makes one.
    options : mapping
        The other attributes of `Request`, pictures of any kind; `AS_SET` is none of them.
    current : Turn or None
        Where the conversation stands.
    turns : Turns
        The session's turns. Only their ids may appear in the request; turns of other sessions bring their pixels.
    settings : callable
        Given the request as far as it is said, returns the attributes that are in force where `options` has none.

    Raises
    ------
    RequestError
        If it cannot be carried out as asked.
    """
    options = given(options)
    if isinstance(prompt, Request):
        if task is not None or options:
            raise RequestError("A Request is complete: give every option when you make it, and submit it alone.")
        request = prompt
    else:
        request = _from_words(prompt, task, options, current, turns, settings)
    for name in (request.image_turn, *request.reference_turns):
        if name is not None and not turns.has(name):
            raise RequestError(f"This session has no turn {name!r}: pass the picture itself.")
    return request


def _from_words(
    prompt: str,
    task: Task | None,
    options: dict[str, Any],
    current: Turn | None,
    turns: Turns,
    settings: Callable[[Request], Mapping[str, Any]],
) -> Request:
    image = options.pop("image", None)
    if task == "edit" or (task is None and image is None):
        image = current if image is None else image
    if image is not None and options.get("image_turn") is None:
        options["image_turn"] = _shown_by(image, current, turns)
    if options.get("references") is not None:
        options["references"] = _portable(options["references"], turns)
    task = task or ("generate" if image is None else "edit")
    said = Request.of(prompt, task=task, image=_portable(image, turns), **options)
    more = {name: value for name, value in settings(said).items() if name not in options}
    return Request(**{**dict(said), **more}) if more else said


def _portable(picture: object, turns: Turns) -> object:
    """Reduce turns of other sessions to their pictures' files: their ids mean nothing here."""
    if isinstance(picture, (list, tuple)):
        return [_portable(one, turns) for one in picture]
    return picture.png if isinstance(picture, Turn) and not turns.holds(picture) else picture


def _shown_by(image: object, current: Turn | None, turns: Turns) -> str | None:
    """Name the turn that a picture belongs to: itself, or the current one where it is one of its pictures.

    So `s.edit("…", image=s.current.images[2])` goes on from that variant, and the tree of turns knows it.
    """
    if isinstance(image, Turn):
        return image.id if turns.holds(image) else None
    picture = getattr(image, "image", image)  # of one that was attached
    if current is None or not isinstance(picture, Image.Image) or picture.size != current.size:
        return None
    wanted = pixel_hash(load_image(picture))
    return current.id if any(pixel_hash(one) == wanted for one in current.images) else None
