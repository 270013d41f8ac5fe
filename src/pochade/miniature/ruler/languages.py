"""The row of Chinese against English: the same scenes and the same noise, asked for in both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .asked import find
from .row import Row

if TYPE_CHECKING:
    from .asked import Bench

__all__ = ["language_row", "paired_interval"]

_NAME = "Chinese against English prompts: points lost"
_PROTOCOL = (
    "held-out scenes, each asked for in both languages with the same noise; share right in English less in Chinese"
)


def paired_interval(only_first: int, only_second: int, count: int) -> tuple[float, float]:
    """95 % interval of a difference of paired shares: Wald's, a half added to each cell (Agresti and Min 2005).

    Parameters
    ----------
    only_first, only_second : int
        Pairs of which only the first, and only the second, is right.
    count : int
        All pairs.
    """
    b, c, n = only_first + 0.5, only_second + 0.5, count + 2
    difference = (b - c) / n
    half = 1.96 * math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n
    return difference - half, difference + half


def language_row(bench: Bench) -> Row:
    """How many points fewer pictures are right when the same is asked for in Chinese."""
    if "zh" not in bench.reach.languages:
        return Row.untaught(_NAME, _PROTOCOL, 3.0)
    rng = bench.rng("languages")
    scenes = find(rng, bench.reach, bench.count("language"), lambda scene: not scene.style)
    english = chinese = only_english = only_chinese = 0
    for turn in range(bench.repeats):
        found = []
        for language in ("en", "zh"):
            painted = bench.painted(bench.words(rng, scenes, language), scenes, 5_000_000 + 10_000 * turn)
            found.append([bench.judge.all_there(p, s) for p, s in zip(painted, scenes, strict=True)])
        english, chinese = english + sum(found[0]), chinese + sum(found[1])
        only_english += sum(a and not b for a, b in zip(*found, strict=True))
        only_chinese += sum(b and not a for a, b in zip(*found, strict=True))
    count = len(scenes) * bench.repeats
    low, high = (100 * bound for bound in paired_interval(only_english, only_chinese, count))
    remark = f"English {english}/{count}, Chinese {chinese}/{count}; difference {low:+.1f} to {high:+.1f} points"
    lost = 100 * (english - chinese) / max(1, count)
    return Row(_NAME, value=lost, unit="points", count=count, goal=3.0, protocol=_PROTOCOL, remark=remark)
