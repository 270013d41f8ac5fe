"""What can be said of a request while it is still being typed: words the model was not taught, things it cannot do.

It stands apart from `planning.py`, which settles a request and stops at the first thing that is wrong: here all of them
are gathered, from the model's small files alone, quickly enough to be asked at every pause of a person's typing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pochade.engine.words import nearest, unknown_words
from pochade.errors import RequestError
from pochade.imaging.fit import Fit
from pochade.knobs import Knobs
from pochade.mentions import missing_image
from pochade.settings import kind_of
from pochade.sizes import SizeRule, resolve_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pochade.engine.families import Capabilities
    from pochade.request import Task

__all__ = ["Hints", "hints_for"]


@dataclass(frozen=True)
class Hints:
    """What a person should know before they ask.

    Attributes
    ----------
    unknown : tuple of str
        Words of the prompt that the model was not taught, in order, each once: it will guess. Empty where a model does
        not say what it knows.
    cannot : tuple of str
        Sentences about what cannot be done as asked, and what can.
    nearest : mapping
        For an unknown word the known ones that come nearest, where any does.
    """

    unknown: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    nearest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def hints_for(
    prompt: str,
    task: Task,
    model: Capabilities,
    values: Mapping[str, Any],
    *,
    references: int = 0,
    mask: bool = False,
    picture: tuple[int, int] | None = None,
) -> Hints:
    """Look at a request that is not complete yet.

    Parameters
    ----------
    prompt : str
        The words so far.
    task : "generate" or "edit"
        What is to be done.
    model : Capabilities
        What the model can do.
    values : mapping
        The settings that it would be asked with, by name.
    references : int
        How many references come with it.
    mask : bool
        Whether a mask does.
    picture : (int, int), optional
        Width and height of the picture that is edited, pixels.
    """
    edit = task == "edit"
    kind = kind_of(task, model, references=references, mask=mask, picture=picture)
    others = references - (kind == "edit" and not edit)  # the first of them plays the picture
    size = picture if edit else values.get("size")
    doubts: list[Callable[[], object]] = [
        lambda: Knobs(**values),
        lambda: model.check(kind),
        lambda: model.check(kind, references=others),
        lambda: model.check(kind, negative=values.get("negative") is not None),
        lambda: model.check(kind, strength=values.get("strength") is not None),
    ]
    said = [missing_image(prompt, references + edit), *map(_refusal, doubts)]
    if size is not None:
        said.append(_unfit(size if isinstance(size, (str, tuple)) else str(size), model.size, edit=edit))
    words = tuple(unknown_words(prompt, model.vocabulary, model.near))
    near = {word: nearest(word, model.vocabulary, model.lists, model.near) for word in words}
    return Hints(
        words,
        tuple(dict.fromkeys(sentence for sentence in said if sentence)),
        {word: known for word, known in near.items() if known},
    )


@lru_cache(maxsize=64)  # the nearest size is sought among thousands, and asked for at every word
def _unfit(size: tuple[int, int] | str, rule: SizeRule, *, edit: bool) -> str | None:
    """Say why a picture of this size cannot be painted, or edited."""
    return _refusal(lambda: Fit.plan(size, rule) if edit and isinstance(size, tuple) else resolve_size(size, rule))


def _refusal(doubt: Callable[[], object]) -> str | None:
    try:
        doubt()
    except RequestError as error:
        return str(error)
    return None
