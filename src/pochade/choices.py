"""How a session wants its model run: where, how precisely, how it lies in memory, what makes it fast.

It stands apart from `session.py` because the same choices are made twice, for the first model and when another takes
its place, and have to be checked before anything is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from pochade.engine.levers import Levers, chosen
from pochade.engine.local import engine_for
from pochade.engine.models import MINIATURE, find_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pochade.engine.local import Engine

__all__ = ["Choices", "name_of"]

_LEVERS = ("compile", "attention", "cache")


@dataclass(frozen=True)
class Choices:
    """What a person chose; `Session` says what each of them means."""

    device: str | None
    dtype: object
    memory: str
    levers: Levers

    @classmethod
    def of(cls, *, device: str | None, dtype: object, memory: str, **levers: Any) -> Self:
        """Gather choices; `RequestError` if one of the levers does not exist."""
        return cls(device, dtype, memory, chosen(**levers))

    def engine(self, model: str | Path | None) -> Engine:
        """Return the engine that they describe; `ModelError` if there is no such model, device, dtype or memory."""
        return engine_for(model, self.device, self.dtype, self.memory, self.levers)

    def changed(self, given: Mapping[str, Any], *, other_model: bool) -> Choices:
        """Return these choices with others in place of some.

        Parameters
        ----------
        given : mapping
            The new ones by name.
        other_model : bool
            Whether they are for another model: dtype, memory and cache were chosen for the old one, and begin afresh.
        """
        kept = (
            replace(self, dtype=None, memory="auto", levers=replace(self.levers, cache=None)) if other_model else self
        )
        levers = {name: given.get(name, getattr(kept.levers, name)) for name in _LEVERS}
        plain = {name: value for name, value in given.items() if name not in _LEVERS}
        return replace(kept, **plain, levers=chosen(**levers))


def name_of(model: str | Path | None) -> str:
    """Return what turns record as their model; `ModelError` if there is none."""
    place = find_model(model)
    return MINIATURE if model in (None, MINIATURE) else str(place)
