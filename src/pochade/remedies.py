"""What would help after a job has failed: ways on that a click can take.

They stand apart from the errors, whose sentences say what went wrong, because a way on depends on what was asked: a
smaller size is one only for a picture that is made from words. A mistake in the request has none; its sentence says
what to ask instead.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pochade.errors import Cancelled, ModelError, OutOfMemoryError, ReadOnlyError, RequestError, WouldBlockError
from pochade.sizes import resolve_size

if TYPE_CHECKING:
    from pochade.request import Request
    from pochade.sizes import SizeRule

__all__ = ["Remedy", "remedies_for"]

_WORTH = 0.75  # of the area: where the model can go no lower than this, a smaller picture is no way on
_NO_HELP = (RequestError, Cancelled, ReadOnlyError, WouldBlockError)


@dataclass(frozen=True)
class Remedy:
    """One way on.

    Attributes
    ----------
    kind : "again", "smaller", "fewer" or "memory"
        Ask once more; for a smaller picture; for fewer pictures or with fewer references; or have the model lie in
        memory in another way.
    label : str
        What it does, in a few words.
    changes : dict
        Options of the request, or for "memory" of `Session.use`, that are to be other ones. `Session.retry` makes them.
    model : str or None
        For "memory", which model it is that did not fit; None for whichever is in use.
    """

    kind: Literal["again", "smaller", "fewer", "memory"]
    label: str
    changes: dict[str, Any] = field(default_factory=dict)
    model: str | None = None


def remedies_for(
    error: BaseException, request: Request, rule: SizeRule, model: str | None = None
) -> tuple[Remedy, ...]:
    """Find what would help, the likeliest first.

    Parameters
    ----------
    error : exception
        What went wrong.
    request : Request
        What was asked.
    rule : SizeRule
        The sizes that the model takes.
    model : str, optional
        Its name.
    """
    if isinstance(error, _NO_HELP):
        return ()
    found: list[Remedy] = []
    if isinstance(error, MemoryError):
        found += _smaller(request, rule)
        if request.references:
            found.append(Remedy("fewer", "Leave the references out", {"references": ()}))
        if request.n > 1 and not isinstance(error, OutOfMemoryError):  # the engine has tried them one by one
            found.append(Remedy("fewer", "Paint one picture", {"n": 1}))
        if isinstance(error, OutOfMemoryError) and error.memory is not None:
            found.append(Remedy("memory", f'Use memory="{error.memory}"', {"memory": error.memory}, model))
    elif isinstance(error, ModelError) and request.seed is not None:
        found.append(Remedy("again", "Try another seed", {"seed": None}))
    return (*found, Remedy("again", "Try again"))


def _smaller(request: Request, rule: SizeRule) -> list[Remedy]:
    """Halve the area of a picture that is made from words; an edit has the size of its picture."""
    if request.task == "edit":
        return []
    with suppress(RequestError):
        now = resolve_size(request.size, rule).work
        half = resolve_size(f"{now[0]}:{now[1]} {math.prod(now) / 2e6:.4f}MP", rule).work
        if math.prod(half) < _WORTH * math.prod(now):
            return [Remedy("smaller", f"Paint {half[0]}×{half[1]}", {"size": half})]
    return []
