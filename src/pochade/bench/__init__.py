"""What `pochade bench` measures: how long things take and how much memory they need, on the machine that it runs on.

Figures are for people and for comparing two versions on one machine; no test fails because of a slow minute. Whatever
must start cold gets a Python of its own, and whatever is compared is measured in pairs in one process, so that a busy
machine slows both halves alike.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pochade.bench import alone, pairs, reaction
from pochade.bench.rig import Rig, rig_on
from pochade.bench.shapes import SHAPES
from pochade.bench.table import Figure, as_data, as_table, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["ROWS", "SHAPES", "Figure", "main", "run"]


@dataclass(frozen=True)
class _Row:
    """How one figure is come by: from a rig, or from the model's name alone, in processes of its own."""

    rig: Callable[[Rig], Figure] | None = None
    what: str = ""
    unit: str = ""
    limit: float | None = None
    own: Callable[[str | None], float | None] | None = None


def run(
    rows: Sequence[str] | None = None,
    json_path: Path | None = None,
    *,
    model: str | Path | None = None,
    shape: str | None = None,
    size: tuple[int, int] | None = None,
    **choices: Any,
) -> dict[str, Any]:
    """Measure, print a table and return the figures.

    Parameters
    ----------
    rows : sequence of str, optional
        Which of `ROWS`; by default all of them, of a shape those that compare.
    json_path : Path, optional
        Where to write the figures as JSON too.
    model : str or Path, optional
        The packaged miniature by default.
    shape : str, optional
        Instead of a model: one of `SHAPES`, an architecture with drawn weights.
    size : tuple of int, optional
        Width and height of the pictures; the model's own by default.
    **choices
        ``device``, ``dtype``, ``compile``, ``attention``, ``cache`` and ``memory`` as for `Session`.

    Returns
    -------
    dict
        ``machine``, ``model`` and ``figures``: row → the fields of a `Figure`, and whether its limit is kept.

    Raises
    ------
    KeyError
        If there is no such row.
    ModelError
        If there is no such model or shape, or too little memory, saying what is needed.
    """
    wanted = {name: ROWS[name] for name in (rows if rows is not None else _usual(shape))}
    figures: list[Figure] = []
    device = str(choices.get("device") or "cpu")
    with _own_home():
        for name, row in wanted.items():
            if row.own is not None:
                value = row.own(None if model is None else str(model))
                figures.append(Figure(name, row.what, value, row.unit, row.limit))
        compared = {name: row.rig for name, row in wanted.items() if row.rig is not None}
        if compared:
            with rig_on(model, shape=shape, size=size, **choices) as rig:
                device = rig.device
                figures += [measure(rig) for measure in compared.values()]
    order = list(wanted)
    figures = sorted((_limited(figure, model or shape) for figure in figures), key=lambda one: order.index(one.name))
    where, title = machine(device), _title(model, shape, size)
    result = as_data(figures, where, title)
    Console().print(as_table(figures, where, title))
    if json_path is not None:
        json_path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def main(json_path: Path | None = None) -> None:
    """Measure everything on the packaged miniature."""
    run(json_path=json_path)


def picture(rig: Rig, size: tuple[int, int], limit: float, *, pictures: int = 5) -> Figure:
    """Say how long a picture of a size takes, kept, in seconds; None where the model does not paint it."""
    name, rule = f"picture {size[0]}", rig.session.capabilities.size
    what = f"a {rig.steps}-step picture, {size[0]}×{size[1]}"
    if size[0] not in rule.sides or size[1] not in rule.sides or size[0] * size[1] > rule.max_pixels:
        return Figure(name, what, None, "s", limit)
    other = rig.at(size)
    seconds = [other.generate(pairs.fresh(pairs.PROMPT), seed)[0] for seed in range(pictures + 1)]
    return Figure(name, what, statistics.median(seconds[1:]), "s", limit)


def device_memory(rig: Rig) -> Figure:
    """Say how much of a graphics card's memory one picture takes at most, in MB (10^6 bytes); None on the CPU."""
    what = "peak memory of the graphics card for a picture"
    if not rig.device.startswith("cuda"):
        return Figure("device memory", what, None, "MB")
    import torch

    torch.cuda.reset_peak_memory_stats(rig.device)
    rig.generate(pairs.fresh(pairs.PROMPT), 1)
    return Figure("device memory", what, torch.cuda.max_memory_allocated(rig.device) / 1e6, "MB")


def _usual(shape: str | None) -> list[str]:
    """Name the rows that are measured where nobody says which."""
    own = {name for name, row in ROWS.items() if row.own is not None}
    return [name for name in ROWS if shape is None or (name not in own and not name.startswith("picture"))]


def _limited(figure: Figure, model: object) -> Figure:
    """Leave a limit out where it was meant for the packaged miniature and something else was measured."""
    return replace(figure, limit=None) if model is not None and figure.name in MINIATURE_LIMITS else figure


def _title(model: str | Path | None, shape: str | None, size: tuple[int, int] | None) -> str:
    name = f"the shape of {shape}, drawn weights" if shape is not None else str(model or "the packaged miniature")
    return name if size is None else f"{name}, {size[0]}×{size[1]}"


@contextmanager
def _own_home() -> Iterator[None]:
    """Keep what is painted for measuring out of the person's own sessions, here and in processes started here."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("POCHADE_HOME")
        os.environ["POCHADE_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["POCHADE_HOME"]
            else:
                os.environ["POCHADE_HOME"] = before


ROWS: dict[str, _Row] = {
    "import": _Row(None, "import pochade, over the bare interpreter", "s", 0.1, alone.import_seconds),
    "cold paint": _Row(None, "pochade paint from a cold process", "s", 12, alone.cold_paint_seconds),
    "text": _Row(pairs.text),
    "edit": _Row(pairs.edit),
    "retry": _Row(pairs.retry),
    "conversation": _Row(pairs.conversation),
    "variants": _Row(pairs.variants),
    "overhead": _Row(pairs.overhead),
    "road": _Row(pairs.road),
    "preview": _Row(reaction.preview),
    "stop": _Row(reaction.stop),
    "busy": _Row(reaction.busy_text),
    "busy stop": _Row(reaction.busy_stop),
    "picture 128": _Row(lambda rig: picture(rig, (128, 128), 0.6)),
    "picture 256": _Row(lambda rig: picture(rig, (256, 256), 1.5)),
    "memory": _Row(None, "peak memory of a session with 20 turns", "MB", 900, alone.memory_megabytes),
    "drift": _Row(None, "growth of memory over 200 turns", "%", 2, alone.drift_percent),
    "device memory": _Row(device_memory),
    "bundle": _Row(None, "the widgets' JavaScript", "kB", 150, alone.bundle_kilobytes),
}
"""Name → how it is measured, in the order of the table."""

MINIATURE_LIMITS = frozenset({"conversation", "variants", "picture 128", "picture 256", "memory", "cold paint"})
"""Rows whose limit is meant for the packaged miniature."""
