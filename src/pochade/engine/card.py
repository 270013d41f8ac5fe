"""What a model's own `card.json` may change of its family's row.

It stands apart from `families` because a card is a stranger's file: it is read by a strict schema that lets nothing
through but the few numbers named here, none of which reaches a pipeline's call unchecked.
"""

from __future__ import annotations

import json
import stat
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pochade.engine.rows import Task  # noqa: TC001 - pydantic reads it while running
from pochade.engine.words import flatten
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_SIDE", "MAX_STEPS", "Call", "Card", "Size", "card_of", "read_json"]

MAX_STEPS = 1000
MAX_SIDE = 16_384
"""Pixels; no model paints more, and what says so is damaged."""
MAX_LISTS, MAX_SHOWN, MAX_LETTERS = 20, 600, 60
"""Lists of what a model knows that are shown to people, words on each, letters of each."""
UNSHOWN = frozenset({"words", "letters", "fills", "layouts", "limits"})
"""Lists of a card that are of no use to people: every word down to "the", single letters, what only programs read."""
_LISTS = "lists of its vocabulary"  # with spaces: no key of a card's own is taken for it
MAX_JSON = 32_000_000
"""Bytes of a description; a list of the pieces of a very large model has a few million."""


class Call(BaseModel):
    """A card's own call defaults; nothing else may reach the pipeline from a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    num_inference_steps: int | None = Field(None, ge=1, le=MAX_STEPS)
    guidance_scale: float | None = Field(None, ge=0, allow_inf_nan=False)
    max_sequence_length: int | None = Field(None, ge=1)
    text_encoder_out_layers: tuple[int, ...] | None = None


class Size(BaseModel):
    """A card's own rule of sizes, in pixels; the fields of `SizeRule`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: tuple[int, int]
    multiple: int = Field(ge=1, le=MAX_SIDE)
    min_side: int = Field(ge=1)
    max_side: int = Field(ge=1, le=MAX_SIDE)
    max_pixels: int = Field(ge=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse a rule that no size meets, not even its own."""
        width, height = self.default
        if not (self.min_side <= min(self.default) <= max(self.default) <= self.max_side):
            raise ValueError(f"its default of {width}×{height} is no size that it allows")
        if width * height > self.max_pixels or self.max_side // self.multiple * self.multiple < self.min_side:
            raise ValueError("no size meets all of its limits")
        return self


class Card(BaseModel):
    """The part of `card.json` that pochade acts on; whatever else it tells is for people.

    Attributes
    ----------
    name, version : str
        What the model is called; None leaves the folder's name.
    call : Call
        Defaults for a request that names none.
    size : Size or None
        Sizes in pixels, where the family's are too many.
    tasks : tuple of str or None
        What the weights were trained for ("text", "edit", "mask"); None leaves whatever the family can do.
    vocabulary : frozenset of str
        Every word that the model was taught; empty when it does not say.
    lists : dict
        The same for people: names of lists ("things", "colours") and what is on them; see `UNSHOWN`.
    near : dict
        Words that it was not taught, and known ones to say instead.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str | None = None
    version: str | int = ""
    call: Call = Call()
    size: Size | None = None
    tasks: tuple[Task, ...] | None = Field(None, min_length=1)
    vocabulary: frozenset[str] = frozenset()
    lists: dict[str, tuple[str, ...]] = Field({}, validation_alias=_LISTS)
    near: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _with_lists(cls, data: Any) -> Any:
        return data | {_LISTS: _lists_of(data.get("vocabulary"))} if isinstance(data, dict) else data

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _all_words(cls, value: object) -> frozenset[str]:
        return flatten(value)

    @field_validator("near")
    @classmethod
    def _small_letters(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {word.casefold(): known for word, known in value.items()}


def _lists_of(vocabulary: object) -> dict[str, list[str]]:
    """Take the named lists of words, not longer than a page can show."""
    if not isinstance(vocabulary, dict):
        return {}
    found = {
        str(name)[:MAX_LETTERS]: [word[:MAX_LETTERS] for word in words[:MAX_SHOWN] if isinstance(word, str)]
        for name, words in vocabulary.items()
        if name not in UNSHOWN and isinstance(words, list)
    }
    return dict(islice(((name, words) for name, words in found.items() if words), MAX_LISTS))


def card_of(folder: Path) -> Card:
    """Read a folder's card; an empty one where it has none.

    Raises
    ------
    ModelError
        If the card is damaged or says what no card may.
    """
    path = folder / "card.json"
    if not path.is_file():
        return Card()
    try:
        return Card.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{path} is damaged at {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def read_json(path: Path) -> Any:
    """Read one JSON file of a model.

    Raises
    ------
    ModelError
        If it cannot be read, is not JSON, or is larger or deeper than any description is.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # asked before opening, since opening a pipe would wait for a writer
            raise ModelError(f"{path} is no ordinary file; pochade does not read it.")
        if found.st_size > MAX_JSON:
            raise ModelError(f"{path} is too large for what it should hold: {found.st_size:,} bytes.")
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}. Copy or download the model again.") from error
    except RecursionError:
        raise ModelError(f"{path} is damaged: it is nested too deeply. Copy or download the model again.") from None


def _once(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that is said twice, of which every reader may take another."""
    found = dict(entries)
    if len(found) != len(entries):
        twice = next(name for name, _ in entries if sum(name == other for other, _ in entries) > 1)
        raise ValueError(f"it says {twice!r} twice")
    return found
