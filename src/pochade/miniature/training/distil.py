"""Making four steps enough: the stage of the training that is left out where it would gain nothing.

It stands apart from `train.py` because it trains a copy, and decides by what it measures which of the two is shipped.
All of it, the measuring too, keeps within the time that the stage is given.
"""

from __future__ import annotations

import copy
import json
import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

import torch

from pochade.miniature.model import Denoiser, decode, levels, mixed
from pochade.miniature.scorer.agree import Judge

from .pace import Average, Clock, check, set_rate, step
from .release import assemble
from .run import fit, make_maker, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from torch import Tensor, nn

    from pochade.miniature.reach import Reach
    from pochade.miniature.world import Scene

    from .presets import Preset
    from .samples import Samples

#: candidates by name: a denoiser and the steps that it paints in
Candidates = dict[str, tuple[Denoiser, int]]
#: part of the stage's time that the first measurement may take
_MEASURING = 0.4


def distil(out: Path, preset: Preset) -> None:
    """Make four steps land where many would, if they do not already; what ships is written to ``distil.json``.

    Four steps are first measured against thirty-two by the ruler's reader; within two points there is nothing to gain.
    Else a student's one step learns to land where four steps of its teacher over the same segment land (consistency
    over segments: Song et al. 2023, Sauer et al. 2024), from noised data at first, then from where its own steps lead.
    It ships if it comes within a point of eight steps of the teacher; else the teacher ships with eight. Where there
    is no time to measure, the teacher ships: as it is before the training, with eight steps after it.

    A stage that is started again begins anew, since the student is not kept until it is done.
    """
    begun = time.monotonic()
    for stale in ("distil.json", "distil.jsonl", "distil.safetensors"):
        (out / stale).unlink(missing_ok=True)
    pipe = assemble(out, preset).to(preset.device)
    teacher = Denoiser(pipe.text_encoder, pipe.transformer, preset.shape).requires_grad_(requires_grad=False)
    with Exam(out, preset, pipe.vae.decoder) as exam:
        measuring = time.monotonic()
        plain: Candidates = {f"base in {steps}": (teacher, steps) for steps in (4, 8, 32)}
        marks = exam.marks(plain, begun + _MEASURING * preset.distil_seconds, preset.judged)
        measured = time.monotonic() - measuring
        judged = len(marks["base in 4"])
        scores = {name: share(right) for name, right in marks.items()}
        decision: dict[str, float | str] = {"ship": "base", "steps": 4, "judged": judged, **scores}
        if judged and scores["base in 32"] - scores["base in 4"] >= 0.02:
            decision["steps"] = 8
            left = preset.distil_seconds - (time.monotonic() - begun) - measured
            student = taught(out, preset, teacher, max(0.0, left))
            found = exam.marks({"student in 4": (student, 4)}, begun + preset.distil_seconds, judged)["student in 4"]
            if found:
                decision["student in 4"], decision["student judged"] = share(found), len(found)
                if share(found) >= share(marks["base in 8"][: len(found)]) - 0.01:
                    decision |= {"ship": "student", "steps": 4}
    (out / "distil.json").write_text(json.dumps(decision, indent=1) + "\n", encoding="utf-8")


def share(right: list[bool]) -> float:
    """The share that is right; 0 of none."""
    return sum(right) / max(1, len(right))


def taught(out: Path, preset: Preset, teacher: Denoiser, seconds: float) -> Denoiser:
    """A student of the teacher's, which began as its copy and learnt for so many seconds; see `distil`."""
    shape, device = preset.shape, preset.device
    student = Denoiser(teacher.text_encoder, copy.deepcopy(teacher.transformer).requires_grad_(), shape)
    maker, cells = make_maker(out, preset, seed=41), shape.cells("1:1")
    parameters = list(student.transformer.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=2e-4, betas=(0.9, 0.95), weight_decay=0.0)
    average, clock, stops = Average(student.transformer), Clock(out, "distil", seconds), levels(4)
    while clock.running():
        set_rate(optimizer, 2e-4 * clock.schedule(preset.warm, decay=1.0))
        kind = random.choice(list(preset.counts))
        batch = maker.make(kind, max(2, preset.batch // 2))[0]
        begin = random.randrange(4)
        fine = tuple(stops[begin] + (stops[begin + 1] - stops[begin]) * i / 4 for i in range(5))
        at = torch.full((len(batch.ids),), stops[begin], device=device)
        with mixed(device):
            with torch.no_grad():
                text, noise = teacher.read(batch.ids, batch.mask), torch.randn_like(batch.target)
                if random.random() < 0.4:
                    start = torch.lerp(batch.target, noise, stops[begin])
                else:
                    start = student.paint(noise, batch.source, text, cells, stops[: begin + 1])
                goal = teacher.paint(start, batch.source, text, cells, fine)
            velocity = student(start, at, batch.source, text, cells)
        loss = (velocity - (start - goal) / (stops[begin] - stops[begin + 1])).square().mean()
        check(loss, clock, out)
        step(optimizer, loss, parameters)
        average.update(student.transformer)
        clock.log(loss, samples=len(batch.ids))
    maker.close()
    average.save(out / "distil.safetensors")
    fit(student.transformer, read(out / "distil.safetensors"), out)
    return student


class Exam:
    """The pictures that decide: the same scenes and the same noise for every candidate, read by the ruler's judge.

    Reading one takes a good part of a second, so it is shared among as many processes as the preset has workers.
    """

    def __init__(self, out: Path, preset: Preset, decoder: nn.Module) -> None:
        self._preset, self._decoder = preset, decoder
        self._maker = make_maker(out, replace(preset, workers=0), seed=42)
        self._chance = torch.Generator(preset.device).manual_seed(43)
        self._rounds: list[tuple[list[Scene], Samples, Tensor]] = []
        self._readers = None
        scale = preset.shape.scale
        if preset.workers:
            self._readers = ProcessPoolExecutor(
                preset.workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(preset.reach, scale)
            )
        else:
            self._judge = Judge(preset.reach, scale).all_there

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._readers:
            self._readers.shutdown(cancel_futures=True)

    def marks(self, candidates: Candidates, until: float, most: int) -> dict[str, list[bool]]:
        """For every candidate, which pictures show all that was asked for and nothing else.

        Parameters
        ----------
        until : float
            When to stop, by `time.monotonic`: a few pictures at a time are painted and read by all candidates, as long
            as the time is not over.
        most : int
            How many pictures there are at most.
        """
        marks: dict[str, list[bool]] = {name: [] for name in candidates}
        done = index = 0
        while done < most and time.monotonic() < until:
            scenes, samples, noise = self._round(index)
            for name, (denoiser, steps) in candidates.items():
                marks[name] += self._read(self._painted(denoiser, steps, samples, noise), scenes)
            done, index = done + len(scenes), index + 1
        return {name: right[:most] for name, right in marks.items()}

    def _round(self, index: int) -> tuple[list[Scene], Samples, Tensor]:
        if index == len(self._rounds):
            draft = self._maker.draft("scene", max(4, 2 * self._preset.workers))
            samples, device = self._maker.paint(draft)[0], self._preset.device
            noise = torch.randn(samples.target.shape, generator=self._chance, device=device)
            self._rounds.append((draft.scenes, samples, noise))
        return self._rounds[index]

    @torch.no_grad()
    def _painted(self, denoiser: Denoiser, steps: int, samples: Samples, noise: Tensor) -> np.ndarray:
        cells = self._preset.shape.cells("1:1")
        with mixed(self._preset.device):
            text = denoiser.read(samples.ids, samples.mask)
            painted = denoiser.paint(noise, samples.source, text, cells, levels(steps))
        shown = ((decode(self._decoder, painted, cells).clamp(-1, 1) + 1) * 127.5).round().byte()
        pixels: np.ndarray = shown.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return pixels

    def _read(self, pictures: np.ndarray, scenes: list[Scene]) -> list[bool]:
        if self._readers:
            return list(self._readers.map(_work, pictures, scenes))
        return [self._judge(picture, scene) for picture, scene in zip(pictures, scenes, strict=True)]


_judge: Callable[[np.ndarray, Scene], bool]  # a reader's own; a process has one


def _begin(reach: Reach, scale: float) -> None:
    global _judge  # noqa: PLW0603 - a reading process has no other place to keep it
    torch.set_num_threads(1)
    _judge = Judge(reach, scale).all_there


def _work(picture: np.ndarray, scene: Scene) -> bool:
    return _judge(picture, scene)
