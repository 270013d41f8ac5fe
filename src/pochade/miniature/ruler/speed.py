"""Rows of speed and memory on two CPU cores, each measured in a Python of its own that has done nothing else.

``python -m pochade.miniature.ruler.speed FOLDER`` is that Python; it prints its figures as one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .row import Row

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THREADS", "measured", "speed_rows"]

THREADS = 2
_PICTURES = 5
_PROMPT = "a cat on a blue background"
_EDIT = "make the background green"
#: figure → row, unit, the most that is allowed, how often it is measured
_ROWS = {
    "picture": ("two cores: a picture", "s", 1.2, _PICTURES),
    "edit": ("two cores: an edit with one reference", "s", 2.0, _PICTURES),
    "load": ("two cores: loading after import", "s", 1.0, 1),
    "memory": ("two cores: peak resident memory", "MB", 900.0, 1),
}


def speed_rows(folder: Path) -> list[Row]:
    """Measure the weights in a folder on two threads.

    Raises
    ------
    subprocess.CalledProcessError
        The measuring process failed; what it said is on standard error.
    """
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    side = "×".join(map(str, card["size"]["default"]))
    protocol = f"a Python of its own, {THREADS} threads, {side} pixels, the card's defaults; median of {_PICTURES}"
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
    command = [sys.executable, "-m", "pochade.miniature.ruler.speed", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)  # noqa: S603 - our own module
    seen: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    remark = "" if card["size"]["default"] == [256, 256] else f"the goal is for 256×256, this is {side}"
    rows = []
    for key, (name, unit, goal, times) in _ROWS.items():
        said = remark if key != "load" else ""
        rows.append(Row(name, count=times, value=seen[key], unit=unit, goal=goal, protocol=protocol, remark=said))
    return rows


def measured(folder: Path) -> dict[str, float]:
    """Load and paint in this process: seconds of each, and the process's peak resident memory in MB (10^6 bytes)."""
    import torch
    from diffusers import Flux2KleinPipeline

    torch.set_num_threads(THREADS)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    width, height = card["size"]["default"]
    begin = time.monotonic()
    pipe = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    loaded = time.monotonic() - begin
    pipe.set_progress_bar_config(disable=True)
    (parent,) = pipe(prompt=_PROMPT, width=width, height=height, **card["call"]).images
    return {
        "load": loaded,
        "picture": _median(lambda: pipe(prompt=_PROMPT, width=width, height=height, **card["call"])),
        "edit": _median(lambda: pipe(prompt=_EDIT, image=parent, width=width, height=height, **card["call"])),
        "memory": _peak_bytes() / 1e6,
    }


def _median(paint: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_PICTURES):
        begin = time.monotonic()
        paint()
        seconds.append(time.monotonic() - begin)
    return statistics.median(seconds)


def _peak_bytes() -> int:
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
