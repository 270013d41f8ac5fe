"""What `pochade bench` measures: how long things take and how much memory they need, on the machine that it runs on.

Figures are for people and for comparing two versions on one machine; no test fails because of a slow minute. Whatever
must start cold gets a Python of its own, and whatever is compared is measured in pairs in one process, so that a busy
machine slows both halves alike.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from pochade.jobs import worker_for
from pochade.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pochade.engine.local import Engine

PROMPT = "a cat on a blue background"
STEPS = 4
BUNDLE = Path(__file__).parent / "widgets" / "static"


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    name : str
        Which row it is.
    what : str
        What was measured, in words.
    value : float or None
        The median, in `unit`; None where it does not apply to this model or this installation.
    unit : str
        "s", "%", "MB" or "kB".
    limit : float
        What it should not exceed on two idle cores.
    """

    name: str
    what: str
    value: float | None
    unit: str
    limit: float

    @property
    def within(self) -> bool | None:
        """Whether the limit is kept; None where there is no value."""
        return None if self.value is None else self.value <= self.limit


@dataclass(frozen=True)
class _Row:
    what: str
    unit: str
    limit: float
    measure: Callable[[str | None], float | None]


def run(
    rows: Sequence[str] | None = None, json_path: Path | None = None, *, model: str | Path | None = None
) -> dict[str, Any]:
    """Measure, print a table and return the figures.

    Parameters
    ----------
    rows : sequence of str, optional
        Which of `ROWS`; all of them by default.
    json_path : Path, optional
        Where to write the figures as JSON too.
    model : str or Path, optional
        The packaged miniature by default.

    Returns
    -------
    dict
        ``machine`` (platform, cores, Python) and ``figures``: row → value, unit, limit, within.

    Raises
    ------
    KeyError
        If there is no such row.
    """
    figures = []
    for name in rows if rows is not None else ROWS:
        row = ROWS[name]
        with _own_home():
            value = row.measure(None if model is None else str(model))
        figures.append(Figure(name, row.what, value, row.unit, row.limit))
    result = {
        "machine": {
            "platform": platform.platform(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "python": platform.python_version(),
        },
        "figures": {figure.name: {**asdict(figure), "within": figure.within} for figure in figures},
    }
    Console().print(_table(figures))
    if json_path is not None:
        json_path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def main(json_path: Path | None = None) -> None:
    """Measure everything, as `pochade bench` does."""
    run(json_path=json_path)


def import_seconds(_model: str | None = None, *, pairs: int = 7) -> float:
    """How much longer Python takes with `import pochade` than without; median of pairs, in seconds."""
    return statistics.median(_python("-c", "import pochade") - _python("-c", "pass") for _ in range(pairs))


def cold_paint_seconds(model: str | None = None) -> float:
    """How long `pochade paint` takes from an empty process to a written file, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = [] if model is None else ["--model", model]
        return _python("-m", "pochade", "paint", PROMPT, "--out", str(Path(folder, "cat.png")), *chosen)


def picture_seconds(model: str | None, size: tuple[int, int], *, pictures: int = 5) -> float | None:
    """How long a loaded session takes for a 4-step picture, stored; median in seconds, None where it is too large."""
    with Session(model) as session:
        rule = session.capabilities.size
        if max(size) > rule.max_side or size[0] * size[1] > rule.max_pixels:
            return None
        _generate(session, size, 0)  # loads the model and warms up
        return statistics.median(_generate(session, size, seed) for seed in range(pictures))


def overhead_percent(model: str | None = None, *, pairs: int = 15) -> float:
    """How much longer the whole road takes than the bare pipeline call for the same picture; median of pairs, in %.

    Both halves run in one process on the same thread; which comes first changes from pair to pair.
    """
    with Session(model) as session:
        size = session.capabilities.size.default
        _generate(session, size, 0)
        engine = session._running()  # noqa: SLF001 - what is measured is inside
        worker = worker_for(engine.device)
        ratios = []
        for pair in range(pairs):
            seconds = {}
            for half in ("road", "bare") if pair % 2 else ("bare", "road"):
                if half == "road":
                    seconds[half] = _generate(session, size, pair)
                else:
                    seconds[half] = worker.call(lambda _report, seed=pair: _bare(engine, size, seed))  # type: ignore[misc]
            ratios.append(100 * (seconds["road"] / seconds["bare"] - 1))
        return statistics.median(ratios)


def memory_megabytes(model: str | None = None, *, turns: int = 20) -> float:
    """Peak resident memory of a process with a session of so many turns, in MB (10^6 bytes)."""
    code = (
        "import sys; from pochade import bench; "
        "print(bench.peak_after(None if sys.argv[1] == '' else sys.argv[1], int(sys.argv[2])))"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, model or "", str(turns)], check=True, capture_output=True, text=True
    )
    return float(done.stdout) / 1e6


def peak_after(model: str | None, turns: int) -> int:
    """Paint so many turns in this process and return its peak resident memory in bytes."""
    with Session(model) as session:
        for seed in range(turns):
            turn = session.generate(PROMPT, seed=seed) if seed % 2 == 0 else session.edit("make it red", seed=seed)
            turn.image.load()
        if sys.platform == "win32":
            import psutil

            return int(psutil.Process().memory_info().peak_wset)
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def bundle_kilobytes(_model: str | None = None) -> float | None:
    """How large the widgets' JavaScript is, in kB (1000 bytes); None where it was not built."""
    files = list(BUNDLE.glob("*.js"))
    return sum(file.stat().st_size for file in files) / 1000 if files else None


ROWS: dict[str, _Row] = {
    "import": _Row("import pochade, over the bare interpreter", "s", 0.1, import_seconds),
    "cold paint": _Row("pochade paint from a cold process", "s", 12, cold_paint_seconds),
    "picture 128": _Row("a 4-step picture, 128×128", "s", 0.6, lambda model: picture_seconds(model, (128, 128))),
    "picture 256": _Row("a 4-step picture, 256×256", "s", 1.5, lambda model: picture_seconds(model, (256, 256))),
    "overhead": _Row("the road over the bare pipeline call", "%", 3, overhead_percent),
    "memory": _Row("peak memory of a session with 20 turns", "MB", 900, memory_megabytes),
    "bundle": _Row("the widgets' JavaScript", "kB", 150, bundle_kilobytes),
}


def _generate(session: Session, size: tuple[int, int], seed: int) -> float:
    """Time one picture, from being asked for to being kept; in seconds."""
    started = time.perf_counter()
    session.generate(PROMPT, seed=seed, size=size, steps=STEPS)
    return time.perf_counter() - started


def _bare(engine: Engine, size: tuple[int, int], seed: int) -> float:
    """Time what a person would write with diffusers alone; on the worker's thread."""
    model = engine.capabilities
    layers = {} if model.prompt_layers is None else {"text_encoder_out_layers": model.prompt_layers}
    latents = engine.latents(size, seed)
    started = time.perf_counter()
    engine._pipeline(  # noqa: SLF001 - the bare pipeline is the point
        prompt=PROMPT,
        width=size[0],
        height=size[1],
        latents=latents,
        num_inference_steps=STEPS,
        guidance_scale=model.guidance,
        max_sequence_length=model.prompt_tokens,
        **layers,
    )
    return time.perf_counter() - started


def _python(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - our own code
    return time.perf_counter() - started


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


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="pochade on this machine")
    for heading in ("", "measured", "limit", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for figure in figures:
        value = "—" if figure.value is None else f"{figure.value:.3g} {figure.unit}"
        verdict = {True: "✓", False: "over", None: ""}[figure.within]
        table.add_row(figure.what, value, f"{figure.limit:g} {figure.unit}", verdict)
    return table
