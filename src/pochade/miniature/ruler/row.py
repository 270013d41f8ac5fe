"""One line of the ruler's table: how often something was right, out of how many, and what was aimed at.

It stands alone because every measurement ends here: in a row with its protocol, its number of pictures and its
interval, which knows that pictures of one prompt belong together. A row that the weights were never taught says so
instead of being left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Row", "design_effect", "figures", "paired_effect", "table"]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name : str
        What was asked for.
    right, count : int
        Right ones, and all that were looked at: pictures, cells or facts, as the protocol says.
    protocol : str
        How it was asked and when it counts as right.
    goal : float, optional
        The share that is aimed at; for a value the most that is allowed. None is a row that only reports.
    remark : str
        What else was seen.
    value : float, optional
        A measured quantity in place of a share (seconds, megabytes, a difference of shares).
    unit : str
        The value's unit.
    taught : bool
        False where the model's card does not list what the row asks for.
    effect : float
        How many of `count` tell as much as one that stands alone (`design_effect`).
    """

    name: str
    right: int = 0
    count: int = 0
    protocol: str = ""
    goal: float | None = None
    remark: str = ""
    value: float | None = None
    unit: str = ""
    taught: bool = True
    effect: float = 1.0

    @property
    def share(self) -> float:
        """Right ones over all."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share after Wilson (1927), of as many as stand alone."""
        if not self.count:
            return 0.0, 1.0
        z, n, p = 1.96, self.count / self.effect, self.share
        centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none, or nothing was measured."""
        if self.goal is None or not self.taught or not self.count:
            return None
        return self.share >= self.goal if self.value is None else self.value <= self.goal

    @classmethod
    def untaught(cls, name: str, protocol: str = "", goal: float | None = None) -> Row:
        """Make the row of something that the weights do not know."""
        return cls(name, protocol=protocol, goal=goal, taught=False)


def design_effect(clusters: Sequence[tuple[int, int]]) -> float:
    """How many answers of one cluster tell as much as one that stands alone.

    Pictures of one prompt, cells of one grid and facts of one conversation are right or wrong together. The variance of
    their share is that of a ratio of sums over clusters (Kish 1965, chapter 6); the effect is how many times that is
    what single answers would have, and never less than 1. Where all answers are alike it cannot be seen, and each
    cluster counts as one answer.

    Parameters
    ----------
    clusters : sequence of (int, int)
        Of each cluster how many answers are right, and how many it has.
    """
    count = sum(size for _, size in clusters)
    if not count:
        return 1.0
    share = sum(right for right, _ in clusters) / count
    return _effect([right - share * size for right, size in clusters], count, share * (1 - share) * count)


def paired_effect(clusters: Sequence[tuple[int, int, int]]) -> float:
    """`design_effect` of a difference of paired shares.

    Parameters
    ----------
    clusters : sequence of (int, int, int)
        Of each cluster the pairs of which only the first is right, those of which only the second is, and all.
    """
    count = sum(size for _, _, size in clusters)
    if not count:
        return 1.0
    mean = sum(first - second for first, second, _ in clusters) / count
    alone = sum(first + second for first, second, _ in clusters) - mean * mean * count
    return _effect([first - second - mean * size for first, second, size in clusters], count, alone)


def _effect(apart: Sequence[float], count: int, alone: float) -> float:
    """Squared deviations of clusters over those of single answers."""
    clusters = len(apart)
    if clusters < 2 or alone <= 0:
        return count / clusters
    return max(1.0, clusters / (clusters - 1) * sum(d * d for d in apart) / alone)


def figures(row: Row) -> dict[str, Any]:
    """Give a row as plain data, as ``evaluation.json`` keeps it."""
    out: dict[str, Any] = {"row": row.name, "protocol": row.protocol, "goal": row.goal, "taught": row.taught}
    if row.value is not None:
        out |= {"value": row.value, "unit": row.unit, "count": row.count}
    elif row.taught:
        out |= {"right": row.right, "count": row.count, "share": round(row.share, 4), "interval": list(row.interval)}
        if row.effect > 1:
            out["effect"] = round(row.effect, 2)
    return out | {"reached": row.reached, "remark": row.remark}


def table(rows: Iterable[Row]) -> str:
    """Set the rows as a Markdown table."""
    lines = ["| asked for | right | of | 95 % interval | goal | remark |", "|---|---|---|---|---|---|"]
    for row in rows:
        shown, of, interval, goal = _cells(row)
        lines.append(f"| {row.name} | {shown} | {of} | {interval} | {goal} | {row.remark} |")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, str, str, str]:
    """Give a row's figures as they are shown: what was measured, out of how many, its interval and its goal."""
    if not row.taught:
        return "not taught", "", "", "" if row.goal is None else f"{row.goal:g}"
    if row.value is not None:
        goal = "" if row.goal is None else f"≤ {row.goal:g}{_unit(row)}"
        return f"{row.value:.2f}{_unit(row)}", str(row.count or ""), "", goal
    if not row.count:
        return "–", "0", "", "" if row.goal is None else f"{row.goal:g}"
    low, high = row.interval
    goal = "" if row.goal is None else f"{row.goal:g} {'✓' if row.reached else '✗'}"
    return f"{row.share:.2f}", str(row.count), f"{low:.2f}–{high:.2f}", goal


def _unit(row: Row) -> str:
    return f" {row.unit}" if row.unit else ""
