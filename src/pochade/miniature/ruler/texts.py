"""Rows of writing: words on signs, short and long and Chinese, and how far Tesseract can be believed about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pochade.miniature import world
from pochade.miniature.looks import some_text
from pochade.miniature.scorer import letters
from pochade.miniature.scorer.views import drawn
from pochade.miniature.wordbook import HANZI
from pochade.miniature.world import Text

from .asked import find
from .row import Row, design_effect

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    import numpy as np

    from pochade.miniature.reach import Reach
    from pochade.miniature.world import Scene

    from .asked import Bench

__all__ = ["BELIEVED", "signs", "text_rows"]

BELIEVED = 0.98  #: share of enlarged true drawings that Tesseract must read to be counted
_LENGTHS = (("text 1–12 characters", 1, 12, 0.65), ("text 13–24 characters", 13, 24, 0.3))
_REWRITTEN = 60  #: words that a sign is given in turn until some are held out
_CHINESE = "Chinese text 1–4 characters"
_PROTOCOL = "held-out words on a sign, quoted in the prompt; a word is right when each of its letters is"


def text_rows(bench: Bench) -> list[Row]:
    """Word accuracy by length, and whole Chinese texts."""
    rows: list[Row] = []
    trusted, remark = _trusted(bench)
    for name, least, most, goal in _LENGTHS:
        scenes = _signs(bench, name, least, most) if bench.reach.text >= least else []
        if not scenes:
            rows.append(Row.untaught(name, _PROTOCOL, goal))
            continue
        painted = bench.painted(bench.words(bench.rng(name), scenes), scenes, 1_000_000)
        matched, both, signs_read, counted = [], [], [], 0
        for picture, scene in zip(painted, scenes, strict=True):
            index = _carrier(scene)
            right = _words(picture, scene, index, bench.scale)
            matched += right
            if letters.height_class(scene, index, bench.scale) in trusted:
                counted += 1
                read = letters.tesseract(picture, scene, index, bench.scale).split()
                asked = _text(scene, index).split()
                right = [
                    r and i < len(read) and read[i] == word
                    for i, (r, word) in enumerate(zip(right, asked, strict=True))
                ]
            both += right
            signs_read.append((sum(right), len(right)))
        said = f"by glyph matching alone {sum(matched) / len(matched):.2f}; {_believing(counted, len(scenes), remark)}"
        rows.append(Row(name, sum(both), len(both), _PROTOCOL, goal, said, effect=design_effect(signs_read)))
    return [*rows, _chinese(bench)]


def _believing(counted: int, count: int, remark: str) -> str:
    return f"Tesseract counted on {counted} of {count} pictures" if counted else remark


def _chinese(bench: Bench) -> Row:
    protocol = f"held-out words out of {len(HANZI)} characters on a sign; right when each character is"
    scenes = _signs(bench, _CHINESE, 1, 4) if bench.reach.hanzi else []
    if not scenes:
        return Row.untaught(_CHINESE, protocol)
    painted = bench.painted(bench.words(bench.rng(_CHINESE), scenes), scenes, 1_100_000)
    found = [letters.spelt(p, s, _carrier(s), bench.scale) for p, s in zip(painted, scenes, strict=True)]
    single = sum(map(sum, found)) / max(1, sum(map(len, found)))
    return Row(_CHINESE, sum(map(all, found)), len(found), protocol, None, f"{single:.0%} of the characters alone")


def signs(rng: random.Random, reach: Reach, count: int, least: int, most: int, *, chinese: bool) -> list[Scene]:
    """Draw scenes with one text of the wanted length and language, in words that training never shows.

    Such words are rare, so each sign that is drawn is given others until they are among them.
    """

    def change(scene: Scene) -> Scene | None:
        index = next((i for i, thing in enumerate(scene.things) if thing.text), None)
        if index is None:
            return None
        thing = scene.things[index]
        for _ in range(_REWRITTEN):
            written = some_text(rng, reach, thing.name, thing.side, thing.colour)
            if written and world.held_out("text", written[0].lower()) and _is_chinese(written[0]) == chinese:
                new = replace(thing, text=Text(*written))
                return replace(scene, things=(*scene.things[:index], new, *scene.things[index + 1 :]))
        return None

    def fits(scene: Scene) -> bool:
        texts = [t.text.words for t in scene.things if t.text]
        if len(texts) != 1 or scene.style or scene.overlay:
            return False
        (words,) = texts
        unseen = world.held_out("text", words.lower())
        return unseen and least <= len(words) <= most and _is_chinese(words) == chinese

    return find(rng, reach, count, fits, change=change)


def _is_chinese(words: str) -> bool:
    return any(c in HANZI for c in words)


def _signs(bench: Bench, name: str, least: int, most: int) -> list[Scene]:
    chinese = name == _CHINESE
    return signs(bench.rng(f"{name} scenes"), bench.reach, bench.count("text"), least, most, chinese=chinese)


def _carrier(scene: Scene) -> int:
    return next(i for i, thing in enumerate(scene.things) if thing.text)


def _text(scene: Scene, index: int) -> str:
    text = scene.things[index].text
    return text.words if text else ""


def _words(picture: np.ndarray, scene: Scene, index: int, scale: float) -> list[bool]:
    return letters.words_right(_text(scene, index), letters.spelt(picture, scene, index, scale))


def _trusted(bench: Bench) -> tuple[frozenset[int], str]:
    """The classes of letter height in which Tesseract reads true drawings, and a remark where there are none."""
    if not letters.has_tesseract():
        return frozenset(), "Tesseract is not installed here"
    scenes = [
        s for name, least, most, _ in _LENGTHS if bench.reach.text >= least for s in _signs(bench, name, least, most)
    ]
    if not scenes:
        return frozenset(), ""
    seen = letters.believed(_tried(scenes, drawn(scenes, bench.scale), bench.scale))
    trusted = frozenset(which for which, (right, count) in seen.items() if right >= BELIEVED * count)
    said = ", ".join(f"{_height(which)} {right}/{count}" for which, (right, count) in sorted(seen.items()))
    return trusted, f"Tesseract reads too few true drawings to count ({said})"


def _tried(scenes: Sequence[Scene], pictures: Sequence[np.ndarray], scale: float) -> list[tuple[int, bool]]:
    out = []
    for picture, scene in zip(pictures, scenes, strict=True):
        index = _carrier(scene)
        read = letters.tesseract(picture, scene, index, scale)
        out.append((letters.height_class(scene, index, scale), read == _text(scene, index)))
    return out


def _height(which: int) -> str:
    bounds = (0, *letters.HEIGHTS)
    return f"from {bounds[which]} px"
