"""The styles that the prompt box offers: a few words that are added to a prompt.

It stands alone because it is a list that people extend, and because a model that was taught few words must not be
offered a style that it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.engine.words import unknown_words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["STYLES", "styles_for"]

STYLES = (
    "pixel art",
    "watercolour",
    "oil painting",
    "pencil sketch",
    "ink drawing",
    "flat illustration",
    "photo",
    "comic",
    "paper cut-out",
    "blueprint",
)


def styles_for(vocabulary: AbstractSet[str]) -> list[str]:
    """List the styles that a model with this vocabulary knows; an empty vocabulary knows every word."""
    known = frozenset(vocabulary)
    return [style for style in STYLES if not unknown_words(style, known)]
