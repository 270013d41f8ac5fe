"""The miniature: the embedded model, and everything it was made with.

A small `Flux2KleinPipeline` with pochade's own weights, trained from nothing on scenes that `world` draws. It is a
diffusers folder like any other; nothing in the engine knows it by name. This module only tells where it lies and what
it knows, and imports neither torch nor the training code.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pochade.engine.words import flatten, unknown_words
from pochade.engine.words import nearest as nearest_words
from pochade.errors import ModelError

__all__ = ["card", "folder", "nearest", "vocabulary"]


def folder() -> Path:
    """The folder of the packaged weights.

    Raises
    ------
    ModelError
        The weights are not in the installed package.
    """
    path = Path(str(files(__package__))) / "weights"
    if not (path / "model_index.json").is_file():
        raise ModelError(
            f"The miniature's weights are missing from {path}. Install pochade again, or name another model folder."
        )
    return path


@lru_cache(maxsize=1)
def _card() -> str:
    return (folder() / "card.json").read_text(encoding="utf-8")


def card() -> dict[str, Any]:
    """The model card as data: call defaults, sizes, what it knows, how it was measured."""
    data: dict[str, Any] = json.loads(_card())
    return data


def vocabulary() -> dict[str, list[str]]:
    """What the miniature knows by name.

    Returns
    -------
    dict
        ``things``, their ``synonyms``, what can be ``worn``, ``colours``, ``scenes``, kinds of ``edits``, and all the
        ``words`` that training used: lists of words. Weights of a wider world have more lists.
    """
    known: dict[str, list[str]] = card()["vocabulary"]
    return known


def nearest(word: str) -> tuple[str, ...]:
    """Name the words that the miniature was taught and that come nearest to one, the best first.

    A word that it was taught is its own nearest; where nothing is near, none is named.

    Examples
    --------
    >>> nearest("strawbery")
    ('strawberry',)
    """
    data = card()
    known = data["vocabulary"]
    taught = flatten(known)
    near = data.get("near", {})
    if not unknown_words(word, taught, near):
        return (word,)
    return nearest_words(word, taught, known, near)
