"""Training the miniature from nothing: ``python -m pochade.miniature.train --preset small OUT``.

One file, read top to bottom. The stages, which hand on what they made as files in ``OUT``:

``vae``     solve the VAE's encoder (`model.solve_encoder`), and teach its decoder to undo it
``base``    teach text encoder and transformer to denoise, by flow matching, pictures and edits together
``distil``  measure what four steps lose against thirty-two; where it is much, teach the four to land where those do
``finish``  show the decoder what the transformer really hands it, so that it sharpens that as well
``save``    write the diffusers folder, weights in bf16

``--resume FOLDER`` begins from a model that was saved before, or from another run, instead of from nothing: its VAE is
kept, and its text encoder learns the words that are new. Started again, ``vae`` and ``base`` go on where they stopped,
and what the stages after them had made of the older weights is dropped; those, which are short, begin anew.
"""

from __future__ import annotations

import argparse
import math
import random
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pochade.errors import ModelError, RequestError

from . import model
from .model import Denoiser, decode, levels, mixed
from .training.distil import distil
from .training.lean import quicken
from .training.pace import Average, Clock, check, set_rate, split, step, write
from .training.presets import PRESETS, Preset
from .training.release import assemble, save, unpack, untrained
from .training.run import check_device, fit, learn_words, load_tokenizer, load_vae, make_folder, make_maker, read
from .training.samples import ROUNDS, Maker, Pool, Samples

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = ("vae", "base", "distil", "finish", "save")


# ------------------------------------------------------------------------------------------------------------ stages


def sharpness(guess: Tensor, true: Tensor) -> Tensor:
    """L1 of pixels and of their differences to the neighbours, at three scales: edges count as much as areas."""
    loss = torch.zeros((), device=guess.device)
    for _ in range(3):
        loss = loss + (guess - true).abs().mean()
        loss = (
            loss
            + (guess.diff(dim=-1) - true.diff(dim=-1)).abs().mean()
            + (guess.diff(dim=-2) - true.diff(dim=-2)).abs().mean()
        )
        guess, true = F.avg_pool2d(guess, 2), F.avg_pool2d(true, 2)
    return loss


def psnr(guess: Tensor, true: Tensor) -> float:
    """Peak signal to noise in decibels, of pictures in [−1, 1]."""
    return -10 * math.log10(max((guess.detach() - true).square().mean().item() / 4, 1e-9))


def train_vae(out: Path, preset: Preset, kept: Callable[[], None] | None = None) -> None:
    """The decoder on crops of scenes, with a little noise on the latents, so that it forgives a denoiser's errors.

    What it paints is encoded again and must give the latents that it was painted from: a conversation decodes and
    encodes at every turn, and this is what keeps it from drifting.
    """
    (out / "decoder-finished.safetensors").unlink(missing_ok=True)
    maker, device = make_maker(out, preset, seed=10), preset.device
    code = model.linear_code(load_vae(out)).to(device)
    decoder = load_vae(out).decoder.to(device, memory_format=torch.channels_last).train()
    if (out / "decoder.safetensors").exists():
        fit(decoder, read(out / "decoder.safetensors"), out)
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.0)
    average, rng, clock = Average(decoder), random.Random(10), Clock(out, "vae", preset.vae_seconds)
    fresh = ROUNDS * max(2, preset.decoder_batch // 8)
    pool = torch.cat([maker.pictures(fresh) for _ in range(4)])
    while clock.running():
        set_rate(optimizer, 2e-3 * clock.schedule(preset.warm, decay=0.4))
        if clock.steps % ROUNDS == 0:
            pool = torch.cat([pool[fresh:], maker.pictures(fresh)])
        side = preset.crop if clock.part < 0.7 else preset.shape.side
        count = preset.decoder_batch if side == preset.crop else max(1, preset.decoder_batch // 4)
        true = _crops(pool, count, side, rng)
        clean = model.pack(code(true))
        noisy = clean + torch.rand(count, 1, 1, device=device) * 0.12 * torch.randn_like(clean)
        guess = decode(decoder, noisy, (side // 16, side // 16))
        again = (model.pack(code(guess)) - clean).square().mean()
        loss = sharpness(guess, true) + 0.5 * again
        check(loss, clock, out)
        step(optimizer, loss, list(decoder.parameters()))
        average.update(decoder)
        clock.log(loss, samples=count, psnr=psnr(guess, true), again=again.item())
        if clock.due(preset.keep_seconds):
            average.save(out / "decoder.safetensors")
            if kept:
                kept()
    average.save(out / "decoder.safetensors")
    maker.close()


def _crops(pool: Tensor, count: int, side: int, rng: random.Random) -> Tensor:
    """Crops at multiples of eight, anywhere in the pictures."""
    last = (pool.shape[-1] - side) // 8
    spots = [(rng.randrange(len(pool)), 8 * rng.randint(0, last), 8 * rng.randint(0, last)) for _ in range(count)]
    return torch.stack([pool[i, :, y : y + side, x : x + side] for i, y, x in spots])


def train_base(out: Path, preset: Preset, kept: Callable[[], None] | None = None) -> None:
    """Flow matching (Lipman et al. 2023) on pictures, edits and blends at once.

    Noise levels are drawn where they matter: logit-normal shifted by 2 like the scheduler (Esser et al. 2024), and
    two in five exactly at the four levels that the four default steps visit. For the first 60 % a throw-away linear
    head reads from a middle block which thing each token shows, and its error is added: it ties words to places
    early. Matrices inside the blocks are trained with Muon (Jordan 2024), the rest with AdamW. In the last quarter
    every other batch has another shape of canvas, where there are several; in the last 15 % a share of the edits
    begins from pictures that the model has just painted, which is what conversations consist of.

    Parameters
    ----------
    kept : callable, optional
        Called whenever weights have been written.
    """
    for stale in ("distil.json", "distil.safetensors", "decoder-finished.safetensors"):
        (out / stale).unlink(missing_ok=True)
    shape, device, (square, *others) = preset.shape, preset.device, preset.reach.buckets
    maker = make_maker(out, preset, seed=time.time_ns() % 2**31)
    torch.manual_seed(20)
    denoiser = untrained(preset, len(load_tokenizer(out)))
    denoiser.head = nn.Linear(shape.width, preset.classes)
    if (out / "base-last.safetensors").exists():
        weights = read(out / "base-last.safetensors")
        fresh = {name: value for name, value in denoiser.state_dict().items() if name.startswith("head.")}
        fit(denoiser, fresh | weights, out)
    denoiser.to(device)
    decoder = load_vae(out).decoder.to(device)
    fit(decoder, read(out / "decoder.safetensors"), out)
    matrices, rest = split(denoiser)
    optimizers = [
        torch.optim.Muon(matrices, lr=preset.rate, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=preset.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    average, seen = Average(denoiser, 0.999), list[Tensor]()
    denoiser.transformer.single_transformer_blocks[shape.single // 3].register_forward_hook(
        lambda *call: seen.append(call[2])
    )
    lean = preset.lean and device == "cpu"
    if lean and (why := quicken(denoiser.transformer)):
        warnings.warn(f"Training takes about twice as long as it could: {why}", stacklevel=2)
        lean = False
    if preset.compile and not lean:
        torch._dynamo.config.recompile_limit = 64  # kinds, canvases and batches are many shapes
        for block in denoiser.transformer.single_transformer_blocks:  # the double ones, compiled, gave gradients of NaN
            block.compile(fullgraph=True, dynamic=len(preset.reach.buckets) > 1)
    pools: dict[tuple[str, str], Pool] = {}
    clock = Clock(out, "base", preset.base_seconds)
    while clock.running():
        schedule = clock.schedule(preset.warm, decay=0.35)
        set_rate(optimizers[0], preset.rate * schedule)
        set_rate(optimizers[1], preset.adam_rate * schedule)
        grown = min(1.0, clock.part / preset.ramp) if preset.ramp else 1.0
        maker.most = max(1, round(preset.reach.most * grown))
        bucket = random.choice(others) if others and clock.part > 0.75 and random.random() < 0.5 else square
        alignment, cells = (0.1 if clock.part < 0.6 else 0.0), shape.cells(bucket)
        figures: dict[str, float] = {}
        total = torch.zeros((), device=device)
        for kind, count in preset.counts.items():
            if (kind, bucket) not in pools:
                pools[kind, bucket] = Pool(maker, kind, bucket, count, preset.ring(kind, bucket), preset.reuse)
            batch = pools[kind, bucket].batch()
            if kind == "edit" and clock.part > 0.85:
                batch = with_own(batch, max(1, round(count * preset.own)), denoiser, decoder, maker, bucket)
            level, noise = noise_levels(count, device), torch.randn_like(batch.target)
            noisy = torch.lerp(batch.target, noise, level[:, None, None])
            seen.clear()
            with mixed(device):
                velocity = denoiser(noisy, level, batch.source, denoiser.read(batch.ids, batch.mask), cells)
            loss = (velocity - (noise - batch.target)).square().mean()
            figures[kind] = loss.item()
            if alignment:
                shown = seen[0][:, shape.text_length : shape.text_length + noisy.shape[1]].float()
                guess = F.cross_entropy(denoiser.head(shown).flatten(0, 1), batch.things.flatten())
                figures[kind + "_words"] = guess.item()
                loss = loss + alignment * guess
            (loss * (count / preset.batch)).backward()
            total += loss.detach() * (count / preset.batch)
        gradients = [p.grad for p in denoiser.parameters() if p.grad is not None]
        check(total + 0 * nn.utils.get_total_norm(gradients), clock, out)
        nn.utils.clip_grad_norm_(rest, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        average.update(denoiser)
        clock.log(total, samples=preset.batch, **figures)
        if clock.due(preset.keep_seconds):
            average.save(out / "base.safetensors")
            write(out / "base-last.safetensors", dict(denoiser.named_parameters()))
            if kept:
                kept()
    average.save(out / "base.safetensors")
    write(out / "base-last.safetensors", dict(denoiser.named_parameters()))
    maker.close()


def noise_levels(count: int, device: str) -> Tensor:
    """Noise levels in (0, 1]: 40 % at the four default steps, 50 % logit-normal shifted by 2, 10 % uniform."""
    spread = torch.sigmoid(torch.randn(count, device=device))
    spread = 2 * spread / (1 + spread)
    steps = torch.tensor(levels(4)[:4], device=device)[torch.randint(4, (count,), device=device)]
    roll = torch.rand(count, device=device)
    others = torch.where(roll < 0.9, spread, torch.rand(count, device=device))
    return torch.where(roll < 0.4, steps, others).clamp(min=1e-3)


@torch.no_grad()
def with_own(batch: Samples, count: int, denoiser: Denoiser, decoder: nn.Module, maker: Maker, bucket: str) -> Samples:
    """Put samples in the place of a batch's last ones whose references the model has just painted itself.

    Of two edits that follow one another, the model paints the first in four steps; what it gives, as the bytes that a
    person would hand back, is the reference of the second, whose target stays true.
    """
    turns = maker.make("turns", 2 * count, bucket)[0]
    first, second = turns.each(lambda part: part[::2]), turns.each(lambda part: part[1::2])
    cells = denoiser.shape.cells(bucket)
    with mixed(first.target.device.type):
        text = denoiser.read(first.ids, first.mask)
        painted = denoiser.paint(torch.randn_like(first.target), first.source, text, cells, levels(4))
    shown = ((decode(decoder, painted, cells).clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1
    second.source = maker.encode(shown)
    return Samples(*(torch.cat([getattr(batch, name)[:-count], part]) for name, part in vars(second).items()))


def finish(out: Path, preset: Preset) -> None:
    """Show the decoder the transformer's own guesses, with the true picture as the goal.

    Few steps leave small errors that are alike from picture to picture (soft edges above all). The decoder, which sees
    them now, learns to put them right. Half of the samples stay clean, so that pictures of people's own are not
    changed.
    """
    for stale in ("decoder-finished.safetensors", "finish.jsonl"):
        (out / stale).unlink(missing_ok=True)
    pipe = assemble(out, preset).to(preset.device)
    shape, device, cells = preset.shape, preset.device, preset.shape.cells("1:1")
    denoiser, decoder = Denoiser(pipe.text_encoder, pipe.transformer, shape), pipe.vae.decoder.train()
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=5e-4, betas=(0.9, 0.99), weight_decay=0.0)
    average, clock = Average(decoder), Clock(out, "finish", preset.finish_seconds)
    maker = make_maker(out, preset, seed=31)
    while clock.running():
        set_rate(optimizer, 5e-4 * clock.schedule(preset.warm, decay=0.7))
        samples, true = maker.make("edit" if clock.steps % 2 else "scene", preset.decoder_batch)
        target, last = samples.target, levels(4)[3]  # where the last of four steps begins
        noisy = torch.lerp(target, torch.randn_like(target), last)
        with mixed(device), torch.no_grad():
            text = denoiser.read(samples.ids, samples.mask)
            guess = denoiser.paint(noisy, samples.source, text, cells, (last, 0.0))
        guess[::2] = target[::2]
        shown = decode(decoder, guess, cells)
        loss = sharpness(shown, true)
        check(loss, clock, out)
        step(optimizer, loss, list(decoder.parameters()))
        average.update(decoder)
        clock.log(loss, samples=len(true), psnr=psnr(shown[::2], true[::2]), psnr_guess=psnr(shown[1::2], true[1::2]))
    average.save(out / "decoder-finished.safetensors")
    maker.close()


# ----------------------------------------------------------------------------------------------------------- program


def begin(out: Path, preset: Preset, resume: Path | None) -> None:
    """Make the folder of a run; where it is to go on from other weights and has none of its own yet, lay them out."""
    make_folder(out)
    if resume and not (out / "base-last.safetensors").exists():
        unpack(resume, out, preset, learn_words(preset))


def check_stage(stage: str) -> None:
    """Make sure that a stage is one of the `STAGES`.

    Raises
    ------
    RequestError
        There is none of that name.
    """
    if stage not in STAGES:
        raise RequestError(f"There is no stage {stage!r}; the stages are {', '.join(STAGES)}.")


def run(stage: str, out: Path, preset: Preset, to: Path | None = None) -> None:
    """Run one of the `STAGES`.

    Raises
    ------
    RequestError
        There is no stage of that name, or no device such as the preset's.
    """
    check_stage(stage)
    if stage == "save":
        save(out, preset, to or out / "model")
    else:
        check_device(preset.device)
        {"vae": train_vae, "base": train_base, "distil": distil, "finish": finish}[stage](out, preset)


def preset_of(name: str) -> Preset:
    """The preset of a name.

    Raises
    ------
    RequestError
        There is none of that name.
    """
    if name not in PRESETS:
        raise RequestError(f"There is no preset {name!r}; the presets are {', '.join(PRESETS)}.")
    return PRESETS[name]


def main() -> None:
    """Run the stages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for weights, logs and the finished model")
    parser.add_argument("--preset", default="small", help=f"one of {', '.join(PRESETS)} (default: small)")
    parser.add_argument("--resume", type=Path, help="a saved model or a run to go on from, of the preset's shape")
    parser.add_argument("--stage", nargs="*", help=f"some of {', '.join(STAGES)} (default: all that are needed)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1: for the background)")
    parser.add_argument("--to", type=Path, help="where `save` writes the model (default: OUT/model)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    try:
        preset = preset_of(options.preset)
        stages = options.stage or STAGES[1 if options.resume else 0 :]
        for stage in stages:
            check_stage(stage)
        begin(options.out, preset, options.resume)
        for stage in stages:
            run(stage, options.out, preset, options.to)
    except (RequestError, ModelError, FloatingPointError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
