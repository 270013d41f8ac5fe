"""Which words of a prompt a model was never taught, and which of those it was taught come nearest.

A small model paints nonsense for a word it does not know, and does so silently. Where its card lists what it knows,
pochade can say so beside the picture; this module is that comparison, on text alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

_SKIPPED = re.compile(
    r"""\#[0-9a-fA-F]{3,8}\b          # hex colours
      | "[^"]*" | “[^”]*” | „[^“”]*[“”] | «[^»]*»  # words to be written in the picture
      | \uff02[^\uff02]*\uff02 | 「[^」]*」 | 『[^』]*』
      | (?<!\w)['\u2018][^'’]*['’](?!\w)
      | \d+(?:\.\d+)?%?              # numbers
    """,
    re.VERBOSE,
)
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+(?:['’-][^\W\d_{_HAN}]+)*")
_MOST_NEAR = 3
"""How many known words are named beside an unknown one."""
_SHORTEST, _LONGEST = 3, 40
"""Letters of words that are compared: "a" and "in" are near to everything, and a very long word is no slip."""
_HALF = 0.5
_NOTE_ZH = "{name} 没有学过{told}：画出来的是猜测。"  # noqa: RUF001 - Chinese punctuation
_NEAR_ZH = "（相近的词：{}）"  # noqa: RUF001


def flatten(vocabulary: object) -> frozenset[str]:
    """Gather every word in a card's `vocabulary`, however it is grouped: text, lists, or mappings to either."""
    if isinstance(vocabulary, str):
        return frozenset(_TOKEN.findall(vocabulary.casefold()))
    if isinstance(vocabulary, Mapping):
        vocabulary = [*vocabulary.values()]
    if isinstance(vocabulary, (list, tuple, set, frozenset)):
        return frozenset().union(*map(flatten, vocabulary))
    return frozenset()


def unknown_words(prompt: str, vocabulary: frozenset[str], meant: Collection[str] = ()) -> list[str]:
    """List the words of `prompt` that are not in `vocabulary`, in order, each once.

    Quoted text, numbers and hex colours are not words. Chinese, which has no spaces, is read by the longest known word
    at each place; what is left between known words is unknown. An empty vocabulary knows everything.

    Parameters
    ----------
    prompt : str
        What was asked for.
    vocabulary : frozenset of str
        The known words.
    meant : collection of str
        Unknown words that something is to be said about, as a card's ``"near"`` has them: they are read whole, also
        where a part of one is known (野猪, a boar, is no 猪 that is 野).
    """
    if not vocabulary:
        return []
    words = vocabulary.union(meant)
    longest = max(map(len, words))
    unknown: dict[str, str] = {}
    for token in _TOKEN.findall(_SKIPPED.sub(" ", prompt)):
        if _is_han(token):
            unknown.update((piece, piece) for piece in _unread(token, words, longest, vocabulary))
        elif token.casefold() not in vocabulary and not _parts_known(token.casefold(), vocabulary):
            unknown.setdefault(token.casefold(), token)
    return list(unknown.values())


def _parts_known(word: str, vocabulary: frozenset[str]) -> bool:
    """Whether a hyphenated or possessive word is made of known ones, as "cat's" and "top-hat" are."""
    parts = re.split(r"['’-]", word.removesuffix("'s").removesuffix("’s"))
    return all(part in vocabulary for part in parts)


def _unread(run: str, words: frozenset[str], longest: int, vocabulary: frozenset[str]) -> list[str]:
    rest = ""
    found = []
    place = 0
    while place < len(run):
        step = next((n for n in range(min(longest, len(run) - place), 0, -1) if run[place : place + n] in words), 0)
        if step:
            found.append(rest)
            rest = ""
            if run[place : place + step] not in vocabulary:
                found.append(run[place : place + step])
        else:
            rest += run[place]
        place += step or 1
    return [piece for piece in [*found, rest] if piece]


def nearest(
    word: str,
    vocabulary: frozenset[str],
    lists: Mapping[str, Sequence[str]],
    near: Mapping[str, Sequence[str]],
) -> tuple[str, ...]:
    """Name the known words that come nearest to an unknown one, the best first; none where nothing is near.

    What the model's card says of a word counts first, since that is about its meaning. Else the spelling decides: of
    words of letters those with the same beginning and at most about one slip in four letters (a letter too many, too
    few, another one, or two that changed places: Damerau 1964); of Chinese words those that share at least half of the
    characters.

    Parameters
    ----------
    word : str
        A word that is not in `vocabulary`.
    vocabulary : frozenset of str
        Every word that the model was taught, in small letters.
    lists : mapping
        What it was taught, by lists, where names of several words are whole ("top hat").
    near : mapping
        Words that it was not taught, in small letters, with known ones to say instead.
    """
    said = word.casefold()
    names = {name.casefold() for words in lists.values() for name in words}
    for form in _forms(said):
        if form in near:
            return tuple(near[form][:_MOST_NEAR])
        if form != said and form in names | vocabulary:
            return (form,)
    if _is_han(said):
        meant = [other for other in near if _is_han(other) and other in said]
        if meant:
            return tuple(near[max(meant, key=len)][:_MOST_NEAR])
        # a character alone is glue more often than not, unless a list has it as a name
        known = {one for one in vocabulary if len(one) > 1} | names
        shared = {one: _shared(said, one) for one in known if _is_han(one)}
        return _best({one: -share for one, share in shared.items() if share >= _HALF})
    if not _SHORTEST <= len(said) <= _LONGEST:
        return ()
    most = max(1, (len(said) + 1) // 4)
    slips = {
        one: _slips(said, one)
        for one in vocabulary | names
        if one[:1] == said[0] and len(one) >= _SHORTEST and abs(len(one) - len(said)) <= most
    }
    return _best({one: count for one, count in slips.items() if count <= most})


def unknown_note(name: str, unknown: Sequence[str], near: Mapping[str, Sequence[str]]) -> str:
    """Say in one sentence which words a model was not taught; in Chinese where all of them are.

    Parameters
    ----------
    name : str
        What the model is called.
    unknown : sequence of str
        From `unknown_words`; not empty.
    near : mapping
        The `nearest` known words to each of them.
    """
    if all(map(_is_han, unknown)):
        told = "、".join(_quoted(word, near.get(word, ()), _NEAR_ZH, "、") for word in unknown)
        return _NOTE_ZH.format(name=name, told=told)
    told = ", ".join(_quoted(word, near.get(word, ()), " (nearest: {})", ", ") for word in unknown)
    return f"{name} was not taught {told}: expect a guess."


def _forms(said: str) -> Iterator[str]:
    """The word itself, and what it may be the plural or the possessive of."""
    said = said.removesuffix("'s").removesuffix("’s")
    yield said
    for ending, single in (("ves", "f"), ("ves", "fe"), ("ies", "y"), ("es", ""), ("s", "")):
        if said.endswith(ending):
            yield said.removesuffix(ending) + single


def _is_han(word: str) -> bool:
    return re.match(rf"[{_HAN}]", word) is not None


def _quoted(word: str, near: Sequence[str], beside: str, comma: str) -> str:
    named = comma.join(f"“{one}”" for one in near)
    return f"“{word}”{beside.format(named) if named else ''}"


def _best(distances: Mapping[str, float]) -> tuple[str, ...]:
    """The nearest few, those that are as near as the first and no farther."""
    least = min(distances.values(), default=0)
    return tuple(sorted(one for one, distance in distances.items() if distance == least)[:_MOST_NEAR])


def _shared(one: str, other: str) -> float:
    return 2 * sum(min(one.count(sign), other.count(sign)) for sign in set(one)) / (len(one) + len(other))


def _slips(one: str, other: str) -> int:
    """Optimal string alignment distance: edits of single letters and swaps of neighbours."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, sign in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != sign))
            if i > 1 and j > 1 and letter == other[j - 2] and sign == one[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
