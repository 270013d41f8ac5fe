"""What is measured in a Python of its own, because it must start cold, and what is measured without any model.

It stands apart because nothing here compares: these are the costs of having pochade at all.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pochade.session import Session

__all__ = ["bundle_kilobytes", "cold_paint_seconds", "drift_percent", "import_seconds", "memory_megabytes"]
__all__ += ["peak_after", "resident"]

PROMPT = "a cat on a blue background"
BUNDLE = Path(__file__).parents[1] / "widgets" / "static"
WARM_TURNS = 20
"""After so many turns whatever is loaded or remembered once is there."""


def import_seconds(_model: str | None = None, *, pairs: int = 7) -> float:
    """How much longer Python takes with `import pochade` than without; median of pairs, in seconds."""
    return statistics.median(_python("-c", "import pochade") - _python("-c", "pass") for _ in range(pairs))


def cold_paint_seconds(model: str | None = None) -> float:
    """How long `pochade paint` takes from an empty process to a written file, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = [] if model is None else ["--model", model]
        return _python("-m", "pochade", "paint", PROMPT, "--out", str(Path(folder, "cat.png")), *chosen)


def memory_megabytes(model: str | None = None, *, turns: int = 20) -> float:
    """Peak resident memory of a process with a session of so many turns, in MB (10^6 bytes)."""
    return _in_own_process("peak_after", model, turns) / 1e6


def drift_percent(model: str | None = None, *, turns: int = 200) -> float:
    """How much resident memory grows over so many turns of a session that is warm, in %."""
    return _in_own_process("growth", model, turns)


def peak_after(model: str | None, turns: int) -> int:
    """Paint so many turns in this process and return its peak resident memory in bytes."""
    with Session(model) as session:
        _turns(session, turns)
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def growth(model: str | None, turns: int) -> float:
    """Paint so many turns in a warm session in this process and return by how many % its resident memory grew."""
    with Session(model) as session:
        _turns(session, WARM_TURNS)
        before = resident()
        _turns(session, turns)
        return 100 * (resident() / before - 1)


def resident() -> int:
    """Return this process's resident memory in bytes."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def bundle_kilobytes(_model: str | None = None) -> float | None:
    """How large the widgets' JavaScript is, in kB (1000 bytes); None where it was not built."""
    files = list(BUNDLE.glob("*.js"))
    return sum(file.stat().st_size for file in files) / 1000 if files else None


def _turns(session: Session, count: int) -> None:
    """Talk: every second turn is a new picture, every other one changes it."""
    for seed in range(count):
        turn = session.generate(PROMPT, seed=seed) if seed % 2 == 0 else session.edit("make it red", seed=seed)
        turn.image.load()


def _in_own_process(function: str, model: str | None, turns: int) -> float:
    code = (
        f"import sys; from pochade.bench import alone; print(alone.{function}(sys.argv[1] or None, int(sys.argv[2])))"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, model or "", str(turns)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def _python(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - our own code
    return time.perf_counter() - started
