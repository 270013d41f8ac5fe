"""What every training stage has: a wall clock, a log, a step of its optimizer, the moving average of its weights."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor


def whole_lines(log: Path) -> Iterator[dict[str, Any]]:
    """What the lines of a log say; one that a killed run left half written does not count."""
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def last_line(log: Path) -> dict[str, float]:
    """The newest figures of a stage's log."""
    return next(reversed([*whole_lines(log)]), {"step": 0, "seconds": 0.0})


class Clock:
    """Runs a stage for a stretch of wall-clock time, and keeps its log.

    A stage that is started again goes on where its log ended, so that a stopped run loses nothing but its last minutes.
    """

    def __init__(self, out: Path, stage: str, seconds: float) -> None:
        self._file = out / f"{stage}.jsonl"
        last = last_line(self._file)
        self._spent, self.steps = last["seconds"], int(last["step"])
        self._first = self.steps
        self._seconds = seconds
        self._start = self._saved = self._logged = time.monotonic()
        self._sums: dict[str, float] = {}
        self._count = 0

    @property
    def seconds(self) -> float:
        """Wall-clock time spent in this stage, over all its runs."""
        return self._spent + time.monotonic() - self._start

    @property
    def part(self) -> float:
        """How much of the time is over, 0 to 1."""
        return min(1.0, self.seconds / self._seconds)

    def running(self) -> bool:
        """Whether there is time left."""
        return self.seconds < self._seconds

    def schedule(self, warm: int, decay: float) -> float:
        """Learning rate factor: a linear way up, a plateau, a linear way down to zero.

        Parameters
        ----------
        warm : int
            Steps of the way up. They are counted from where this run began, since a run that goes on has lost what its
            optimizer had gathered; and they are steps, since the first one may take a minute to compile.
        decay : float
            Part of the stage's time that the way down takes.
        """
        return max(0.0, min(1.0, (self.steps - self._first + 1) / warm, (1 - self.part) / decay))

    def due(self, every: float) -> bool:
        """True about once in so many seconds."""
        if time.monotonic() - self._saved < every:
            return False
        self._saved = time.monotonic()
        return True

    def log(self, loss: Tensor, samples: int = 1, **figures: float) -> None:
        """Add a step's figures; about every 20 seconds their means become a line of the log."""
        self.steps += 1
        self._count += 1
        for name, value in {"loss": loss.item(), **figures}.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        span = time.monotonic() - self._logged
        if span > 20:
            line = {
                "step": self.steps,
                "seconds": round(self.seconds, 1),
                "samples_per_second": round(samples * self._count / span, 1),
            }
            line |= {name: round(value / self._count, 5) for name, value in self._sums.items()}
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
            self._sums, self._count, self._logged = {}, 0, time.monotonic()


class Average:
    """Exponential moving average of weights, with a warm-up so that the first steps are forgotten."""

    def __init__(self, module: nn.Module, decay: float = 0.998) -> None:
        self._decay = decay
        self._steps = 0
        self._names = [name for name, _ in module.named_parameters()]
        self._shadow = [p.detach().clone() for p in module.parameters()]

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards a module's weights."""
        self._steps += 1
        decay = min(self._decay, self._steps / (self._steps + 10))
        torch._foreach_lerp_(self._shadow, [p.detach() for p in module.parameters()], 1 - decay)

    def save(self, path: Path) -> None:
        """Write the averaged weights."""
        write(path, dict(zip(self._names, self._shadow, strict=True)))


def write(path: Path, weights: dict[str, Tensor]) -> None:
    """Write weights; the file is replaced in one move, so that a reader never sees half of one."""
    part = path.with_suffix(".part")
    save_file({name: value.detach().contiguous().cpu() for name, value in weights.items()}, part)
    part.replace(path)


def split(parts: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices inside blocks, for Muon, and everything else (embeddings, norms, ends)."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in parts.named_parameters():
        inside = "transformer_blocks" in name or "layers." in name
        (matrices if inside and parameter.ndim == 2 else others).append(parameter)
    return matrices, others


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give all of an optimizer's weights one learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def check(loss: Tensor, clock: Clock, where: Path) -> None:
    """Stop a stage whose loss is not a number, before its weights are changed or written.

    Raises
    ------
    FloatingPointError
        Saying which step it was, and where the last good weights are.
    """
    if not torch.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss.item()} at step {clock.steps}; the last good weights are in {where}. "
            f"A run that is started again goes on from them; if it stops there again, lower the rate of its preset."
        )


def step(optimizer: torch.optim.Optimizer, loss: Tensor, parameters: list[nn.Parameter]) -> None:
    """Follow a loss one step down."""
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
