"""The row of Chinese against English: the same scenes and the same noise, asked for in both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .asked import find
from .row import Row, paired_effect

if TYPE_CHECKING:
    from .asked import Bench

__all__ = ["language_row", "paired_interval"]

_NAME = "Chinese against English prompts: points lost"
_PROTOCOL = (
    "held-out scenes, each asked for in both languages with the same noise; share right in English less in Chinese"
)


def paired_interval(only_first: int, only_second: int, count: int, effect: float = 1.0) -> tuple[float, float]:
    """95 % interval of a difference of paired shares: Wald's, a half added to each cell (Agresti and Min 2005).

    Parameters
    ----------
    only_first, only_second : int
        Pairs of which only the first, and only the second, is right.
    count : int
        All pairs.
    effect : float
        How many of them tell as much as one that stands alone (`paired_effect`).
    """
    b, c, n = only_first / effect + 0.5, only_second / effect + 0.5, count / effect + 2
    difference = (b - c) / n
    half = 1.96 * math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n
    return difference - half, difference + half


def language_row(bench: Bench) -> Row:
    """How many points fewer pictures are right when the same is asked for in Chinese."""
    if "zh" not in bench.reach.languages:
        return Row.untaught(_NAME, _PROTOCOL, 3.0)
    rng = bench.rng("languages")
    scenes = find(rng, bench.reach, bench.count("language"), lambda scene: not scene.style)
    right = [[0, 0] for _ in scenes]
    only = [[0, 0] for _ in scenes]
    for turn in range(bench.repeats):
        found = []
        for language in ("en", "zh"):
            painted = bench.painted(bench.words(rng, scenes, language), scenes, 5_000_000 + 10_000 * turn)
            found.append([bench.judge.all_there(p, s) for p, s in zip(painted, scenes, strict=True)])
        for index, both in enumerate(zip(*found, strict=True)):
            for which in (0, 1):
                right[index][which] += both[which]
                only[index][which] += both[which] and not both[1 - which]
    count = len(scenes) * bench.repeats
    english, chinese = (sum(each[which] for each in right) for which in (0, 1))
    only_english, only_chinese = (sum(each[which] for each in only) for which in (0, 1))
    effect = paired_effect([(first, second, bench.repeats) for first, second in only])
    low, high = (100 * bound for bound in paired_interval(only_english, only_chinese, count, effect))
    remark = f"English {english}/{count}, Chinese {chinese}/{count}; difference {low:+.1f} to {high:+.1f} points"
    lost = 100 * (english - chinese) / max(1, count)
    return Row(_NAME, value=lost, unit="points", count=count, goal=3.0, protocol=_PROTOCOL, remark=remark)
