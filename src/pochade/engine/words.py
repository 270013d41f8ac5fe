"""Which words of a prompt a model was never taught.

A small model paints nonsense for a word it does not know, and does so silently. Where its card lists what it knows,
pochade can say so beside the picture; this module is that comparison, on text alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SKIPPED = re.compile(
    r"""\#[0-9a-fA-F]{3,8}\b          # hex colours
      | "[^"]*" | “[^”]*” | 「[^」]*」 # words to be written in the picture
      | (?<!\w)'[^']*'(?!\w)
      | \d+(?:\.\d+)?%?              # numbers
    """,
    re.VERBOSE,
)
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+(?:['’-][^\W\d_{_HAN}]+)*")


def flatten(vocabulary: object) -> frozenset[str]:
    """Gather every word in a card's `vocabulary`, however it is grouped: text, lists, or mappings to either."""
    if isinstance(vocabulary, str):
        return frozenset(_TOKEN.findall(vocabulary.casefold()))
    if isinstance(vocabulary, Mapping):
        vocabulary = [*vocabulary.values()]
    if isinstance(vocabulary, (list, tuple, set, frozenset)):
        return frozenset().union(*map(flatten, vocabulary))
    return frozenset()


def unknown_words(prompt: str, vocabulary: frozenset[str]) -> list[str]:
    """List the words of `prompt` that are not in `vocabulary`, in order, each once.

    Quoted text, numbers and hex colours are not words. Chinese, which has no spaces, is read by the longest known word
    at each place; what is left between known words is unknown. An empty vocabulary knows everything.
    """
    if not vocabulary:
        return []
    longest = max(map(len, vocabulary))
    unknown: dict[str, str] = {}
    for token in _TOKEN.findall(_SKIPPED.sub(" ", prompt)):
        if re.match(rf"[{_HAN}]", token):
            unknown.update((piece, piece) for piece in _unread(token, vocabulary, longest))
        elif token.casefold() not in vocabulary and not _parts_known(token.casefold(), vocabulary):
            unknown.setdefault(token.casefold(), token)
    return list(unknown.values())


def _parts_known(word: str, vocabulary: frozenset[str]) -> bool:
    """Whether a hyphenated or possessive word is made of known ones, as "cat's" and "top-hat" are."""
    parts = re.split(r"['’-]", word.removesuffix("'s").removesuffix("’s"))
    return all(part in vocabulary for part in parts)


def _unread(run: str, vocabulary: frozenset[str], longest: int) -> list[str]:
    rest = ""
    found = []
    place = 0
    while place < len(run):
        step = next(
            (n for n in range(min(longest, len(run) - place), 0, -1) if run[place : place + n] in vocabulary), 0
        )
        if step:
            found.append(rest)
            rest = ""
        else:
            rest += run[place]
        place += step or 1
    return [piece for piece in [*found, rest] if piece]
