"""A request made once more, from what a turn's record says of it.

It stands apart from `asking.py`, which reads what a person types: here every value is known already, and the same ones
have to come out, so that the same seed paints the same picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pochade.asking import complete
from pochade.request import Request
from pochade.settings import given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pochade.turn import Turn
    from pochade.turns import Turns

__all__ = ["once_more"]


def once_more(what: Turn | Request, changes: Mapping[str, Any], turns: Turns) -> Request:
    """Build the request of a turn, or another like a given one.

    Parameters
    ----------
    what : Turn or Request
        A turn of `turns`, deleted or not; or what was asked.
    changes : mapping
        Attributes of the request that are to be other ones; pictures of any kind.
    turns : Turns
        The session's turns.

    Raises
    ------
    RequestError
        If it cannot be carried out with these changes.
    """
    options = _requested(what) if isinstance(what, Request) else _recorded(what)
    changed = given(changes)
    for picture, turn in (("image", "image_turn"), ("references", "reference_turns")):
        if picture in changed:
            options.pop(turn)  # it names what the new picture comes from
    options |= changed
    return complete(options.pop("prompt"), options.pop("task"), options, current=None, turns=turns)


def _requested(request: Request) -> dict[str, Any]:
    """Read the attributes off a request; files with credentials stand for their pictures, which bring them along."""
    options = dict(request)
    image, *references = options.pop("files") or (None,) * (1 + len(request.references))
    options["image"] = image or request.image
    options["references"] = tuple(file or one for file, one in zip(references, request.references, strict=True))
    return options


def _recorded(turn: Turn) -> dict[str, Any]:
    """Read the attributes of a request off a turn's record."""
    record, extra = turn.record, turn.record.extra
    options: dict[str, Any] = {"task": record.task, "prompt": record.prompt, **turn.settings}
    first, *files = (
        name and turn.store.blob(name) for name in record.originals or (None,) * (1 + len(turn.references))
    )
    references = tuple(file or one for file, one in zip(files, turn.references, strict=True))
    options |= {"references": references, "reference_turns": record.reference_turns, "image_turn": None}
    if record.task == "edit":
        options |= {"image": first or turn.source, "image_turn": record.parent, "mask": turn.mask}
        options["changed"] = turn.changed if extra.get("corrected") else None
        options["extend"] = tuple(extra["extend"]) if extra.get("extend") else None
    return options
