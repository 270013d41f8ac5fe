"""Making four steps enough: the stage of the training that is left out where it would gain nothing.

It stands apart from `train.py` because it trains a copy, and decides by what it measures which of the two is shipped.
"""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING

import torch

from .model import Denoiser, decode, levels, mixed
from .pace import Average, Clock, check, set_rate, step
from .release import assemble
from .run import fit, make_maker, read
from .scorer.agree import Judge

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from .presets import Preset
    from .samples import Maker


def distil(out: Path, preset: Preset) -> None:
    """Make four steps land where many would, if they do not already; what ships is written to ``distil.json``.

    Four steps are first measured against thirty-two by the ruler's reader; within two points there is nothing to gain.
    Else a student's one step learns to land where four steps of its teacher over the same segment land (consistency
    over segments: Song et al. 2023, Sauer et al. 2024), from noised data at first, then from where its own steps lead.
    It ships if it comes within a point of eight steps of the teacher; else the teacher ships with eight.
    """
    (out / "distil.json").unlink(missing_ok=True)
    shape, device = preset.shape, preset.device
    pipe = assemble(out, preset).to(device)
    teacher = Denoiser(pipe.text_encoder, pipe.transformer, shape).requires_grad_(requires_grad=False)
    maker, cells = make_maker(out, preset, seed=41), shape.cells("1:1")

    def right(denoiser: Denoiser, steps: int) -> float:
        return share_right(denoiser, pipe.vae.decoder, make_maker(out, preset, seed=42), preset, steps)

    scores = {f"base in {steps}": right(teacher, steps) for steps in (4, 8, 32)}
    decision: dict[str, float | str] = {"ship": "base", "steps": 4, **scores}
    if scores["base in 32"] - scores["base in 4"] >= 0.02:
        student = Denoiser(pipe.text_encoder, copy.deepcopy(pipe.transformer).requires_grad_(), shape)
        parameters = list(student.transformer.parameters())
        optimizer = torch.optim.AdamW(parameters, lr=2e-4, betas=(0.9, 0.95), weight_decay=0.0)
        average, clock, stops = Average(student.transformer), Clock(out, "distil", preset.distil_seconds), levels(4)
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
        average.save(out / "distil.safetensors")
        fit(student.transformer, read(out / "distil.safetensors"), out)
        decision["student in 4"] = learnt = right(student, 4)
        if learnt >= scores["base in 8"] - 0.01:
            decision["ship"] = "student"
        else:
            decision["steps"] = 8
    (out / "distil.json").write_text(json.dumps(decision, indent=1) + "\n", encoding="utf-8")
    maker.close()


@torch.no_grad()
def share_right(denoiser: Denoiser, decoder: nn.Module, maker: Maker, preset: Preset, steps: int) -> float:
    """The share of pictures, painted in so many steps, that show all that was asked for and nothing else."""
    judge, cells = Judge(preset.reach, preset.shape.scale), preset.shape.cells("1:1")
    chance, right = torch.Generator(preset.device).manual_seed(43), 0
    for begin in range(0, preset.judged, 64):
        draft = maker.draft("scene", min(64, preset.judged - begin))
        samples = maker.paint(draft)[0]
        noise = torch.randn(samples.target.shape, generator=chance, device=preset.device)
        with mixed(preset.device):
            text = denoiser.read(samples.ids, samples.mask)
            painted = denoiser.paint(noise, samples.source, text, cells, levels(steps))
        pictures = ((decode(decoder, painted, cells).clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1)
        right += sum(judge.all_there(p, s) for p, s in zip(pictures.cpu().numpy(), draft.scenes, strict=True))
    maker.close()
    return right / preset.judged
