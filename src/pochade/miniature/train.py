"""Training the miniature from nothing: ``python -m pochade.miniature.train --preset small OUT``.

One file, read top to bottom. Stages, each resumable from its own file in ``OUT``:

``prepare``  learn the tokenizer from prompts, solve the VAE's encoder (`model.solve_encoder`)
``decoder``  teach the VAE's decoder to undo the encoder
``base``     teach text encoder and transformer to denoise, by flow matching, pictures and edits together
``finish``   show the decoder what the transformer really hands it, so that it sharpens that as well
``save``     write the diffusers folder, weights in bf16

``decoder`` and ``base`` need only ``prepare``, so they can run side by side, one core each. ``--resume FOLDER`` begins
from a model that was saved before, instead of from nothing.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import Qwen2TokenizerFast

from . import model, world
from .model import Shape
from .pace import Average, Clock, set_rate, split, step
from .release import assemble, load_vae, save, unpack
from .samples import Maker, Pool, pictures, prompts
from .vocabulary import NAMES


@dataclass(frozen=True)
class Preset:
    """How long and how much; times are wall-clock seconds, since time is what a training run is given."""

    shape: Shape = field(default_factory=Shape)
    decoder_seconds: float = 5400
    base_seconds: float = 6200
    finish_seconds: float = 360
    decoder_batch: int = 16
    crop: int = 64
    batch: int = 64
    edits: float = 0.45
    rate: float = 2e-3
    adam_rate: float = 1.5e-3
    reuse: int = 3
    pool: int = 6144
    compile: bool = True
    device: str = "cpu"


PRESETS = {
    "tiny": Preset(
        shape=Shape(
            width=64, heads=1, double=1, single=1, text_width=48, text_layers=2, merges=400, decoder=(16, 16, 16, 32)
        ),
        decoder_seconds=20,
        base_seconds=20,
        finish_seconds=10,
        decoder_batch=4,
        batch=8,
        pool=64,
        compile=False,
    ),
    "small": Preset(),
    "full": Preset(
        shape=Shape(width=256, heads=4, double=2, single=11, text_width=240, text_layers=5, decoder=(32, 64, 96, 128)),
        decoder_seconds=300,
        base_seconds=1080,
        finish_seconds=120,
        decoder_batch=256,
        batch=512,
        pool=300_000,
        device="cuda",
    ),
}

# ----------------------------------------------------------------------------------------------------------- stages


def prepare(out: Path, preset: Preset) -> None:
    """Tokenizer and solved encoder; they are the same for every later stage and are never trained."""
    stream = prompts(seed=1)
    tokenizer = model.build_tokenizer((next(stream) for _ in range(40_000)), preset.shape)
    tokenizer.save_pretrained(out / "tokenizer")
    rng = random.Random(2)
    torch.manual_seed(3)
    vae = model.build_vae(preset.shape)
    model.solve_encoder(vae, pictures([world.sample(rng) for _ in range(3000)]))
    vae.save_pretrained(out / "vae")


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


def train_decoder(out: Path, preset: Preset) -> None:
    """The decoder on crops of scenes, with a little noise on the latents, so that it forgives a denoiser's errors."""
    vae = load_vae(out).to(preset.device, memory_format=torch.channels_last)
    code = model.linear_code(load_vae(out))
    decoder = vae.decoder.train()
    if (out / "decoder.safetensors").exists():
        decoder.load_state_dict(load_file(out / "decoder.safetensors", device=preset.device))
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.0)
    average = Average(decoder)
    rng, noise = random.Random(10), torch.Generator().manual_seed(11)
    clock = Clock(out, "decoder", preset.decoder_seconds)
    pool = pictures([world.sample(rng) for _ in range(64)])
    while clock.running():
        set_rate(optimizer, 2e-3 * clock.schedule(warm=0.01, decay=0.4))
        pool = torch.cat([pool[2:], pictures([world.sample(rng) for _ in range(2)])])
        side = preset.crop if clock.part < 0.85 else preset.shape.side
        count = preset.decoder_batch if side == preset.crop else max(1, preset.decoder_batch // 4)
        true = _crops(pool, count, side, rng).to(preset.device)
        latents = code(true.cpu()).to(preset.device)
        amount = torch.rand(count, 1, 1, 1, generator=noise) * 0.12
        latents = latents + (amount * torch.randn(latents.shape, generator=noise)).to(preset.device)
        with torch.autocast(preset.device, torch.bfloat16):
            guess = vae.decode(latents.contiguous(memory_format=torch.channels_last)).sample
        loss = sharpness(guess.float(), true)
        step(optimizer, loss, list(decoder.parameters()))
        average.update(decoder)
        clock.log(
            loss, samples=count, psnr=-10 * math.log10((guess.detach().float() - true).square().mean().item() / 4)
        )
        if clock.due(240):
            average.save(out / "decoder.safetensors")
    average.save(out / "decoder.safetensors")


def _crops(pool: Tensor, count: int, side: int, rng: random.Random) -> Tensor:
    """Crops at multiples of eight, most of them near the middle, where the things are."""
    last = (pool.shape[-1] - side) // 8
    spots = [(rng.randrange(len(pool)), 8 * rng.randint(0, last), 8 * rng.randint(0, last)) for _ in range(count)]
    return torch.stack([pool[i, :, y : y + side, x : x + side] for i, y, x in spots])


def train_base(out: Path, preset: Preset) -> None:
    """Flow matching (Lipman et al. 2023) on pictures and edits at once.

    Noise levels are drawn where they matter: logit-normal shifted by 2 like the scheduler (Esser et al. 2024), and
    two in five exactly at the four levels that the four default steps visit. For the first 60 % a throw-away linear
    head reads from a middle block which thing each token shows, and its error is added: it ties words to places
    early. Matrices inside the blocks are trained with Muon (Jordan 2024), the rest with AdamW.
    """
    shape, device = preset.shape, preset.device
    torch.manual_seed(20)
    tokenizer = Qwen2TokenizerFast.from_pretrained(out / "tokenizer")
    text_encoder = model.build_text_encoder(len(tokenizer), shape).to(device)
    transformer = model.build_transformer(shape).to(device)
    head = nn.Linear(shape.width, 1 + len(NAMES)).to(device)
    parts = nn.ModuleDict({"text_encoder": text_encoder, "transformer": transformer, "head": head})
    if (out / "base-last.safetensors").exists():
        parts.load_state_dict(load_file(out / "base-last.safetensors"), strict=False)
    matrices, others = split(parts)
    optimizers = [
        torch.optim.Muon(matrices, lr=preset.rate, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=preset.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    average = Average(parts, 0.999)
    seen: list[Tensor] = []
    transformer.single_transformer_blocks[shape.single // 3].register_forward_hook(lambda *a: seen.append(a[2]))
    if preset.compile:
        transformer.compile_repeated_blocks(fullgraph=True, dynamic=False)
    places = {kind: [p.to(device) for p in model.positions(n, shape)] for kind, n in (("scene", 0), ("edit", 1))}
    maker = Maker(shape, tokenizer, model.linear_code(load_vae(out)), seed=time.time_ns())
    pools = {kind: Pool(maker, kind, preset.pool, preset.reuse) for kind in ("scene", "edit")}
    clock = Clock(out, "base", preset.base_seconds)
    edited = round(preset.batch * preset.edits)
    attention = (
        patch.object(F, "scaled_dot_product_attention", model.plain_attention) if device == "cpu" else nullcontext()
    )
    while clock.running():
        schedule = clock.schedule(warm=0.02, decay=0.35)
        set_rate(optimizers[0], preset.rate * schedule)
        set_rate(optimizers[1], preset.adam_rate * schedule)
        alignment = 0.1 if clock.part < 0.6 else 0.0
        figures: dict[str, float] = {}
        total = torch.zeros((), device=device)
        for kind, count in (("scene", preset.batch - edited), ("edit", edited)):
            target, source, ids, mask, things = pools[kind].batch(count, device)
            level = noise_levels(count, device)[:, None, None]
            noise = torch.randn_like(target)
            noisy = (1 - level) * target + level * noise
            picture, text = places[kind]
            seen.clear()
            with attention, torch.autocast(device, torch.bfloat16):
                velocity = transformer(
                    hidden_states=torch.cat([noisy, source], 1),
                    encoder_hidden_states=model.encode_text(text_encoder, ids, mask, shape),
                    timestep=level.flatten(),
                    img_ids=picture,
                    txt_ids=text,
                    return_dict=False,
                )[0][:, : target.shape[1]]
            loss = (velocity.float() - (noise - target)).square().mean()
            figures[kind] = loss.item()
            if alignment:
                tokens = seen[0][:, shape.text_length : shape.text_length + target.shape[1]].float()
                guess = F.cross_entropy(head(tokens).flatten(0, 1), things.flatten())
                figures[kind + "_words"] = guess.item()
                loss = loss + alignment * guess
            (loss * (count / preset.batch)).backward()
            total += loss.detach() * (count / preset.batch)
        if not torch.isfinite(total):
            raise FloatingPointError(
                f"the loss is {total.item()} at step {clock.steps}; the last good weights are in {out}"
            )
        nn.utils.clip_grad_norm_(others, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        average.update(parts)
        clock.log(total, samples=preset.batch, **figures)
        if clock.due(240):
            average.save(out / "base.safetensors")
            save_file(
                {k: v.contiguous() for k, v in parts.state_dict().items() if "lm_head" not in k},
                out / "base-last.safetensors",
            )
    average.save(out / "base.safetensors")


def noise_levels(count: int, device: str) -> Tensor:
    """Noise levels in (0, 1]: 40 % at the four default steps, 50 % logit-normal shifted by 2, 10 % uniform."""
    spread = torch.sigmoid(torch.randn(count, device=device))
    spread = 2 * spread / (1 + spread)
    steps = torch.tensor([1.0, 6 / 7, 2 / 3, 0.4], device=device)[torch.randint(4, (count,), device=device)]
    roll = torch.rand(count, device=device)
    others = torch.where(roll < 0.9, spread, torch.rand(count, device=device))
    return torch.where(roll < 0.4, steps, others).clamp(min=1e-3)


def finish(out: Path, preset: Preset) -> None:
    """Show the decoder the transformer's own guesses, with the true picture as the goal.

    Four steps leave small errors that are alike from picture to picture (soft edges above all). The decoder, which sees
    them now, learns to put them right. Half of the samples stay clean, so that pictures of people's own are not
    changed.
    """
    pipe = assemble(out, preset).to(preset.device)
    shape, device = preset.shape, preset.device
    decoder = pipe.vae.decoder.train()
    optimizer = torch.optim.AdamW(decoder.parameters(), lr=5e-4, betas=(0.9, 0.99), weight_decay=0.0)
    average = Average(decoder)
    maker = Maker(shape, pipe.tokenizer, model.linear_code(load_vae(out)), seed=31)
    places = {kind: [p.to(device) for p in model.positions(n, shape)] for kind, n in (("scene", 0), ("edit", 1))}
    clock = Clock(out, "finish", preset.finish_seconds)
    cells = shape.side // 16
    while clock.running():
        set_rate(optimizer, 5e-4 * clock.schedule(warm=0.02, decay=0.7))
        kind = "edit" if clock.steps % 2 else "scene"
        samples, true = maker.make(kind, preset.decoder_batch)
        target, source, ids, mask, _ = (row.to(device) for row in samples)
        picture, text = places[kind]
        level = torch.full((len(target), 1, 1), 0.4, device=device)  # where the last of four steps begins
        noisy = (1 - level) * target + level * torch.randn_like(target)
        with torch.no_grad(), torch.autocast(device, torch.bfloat16):
            velocity = pipe.transformer(
                hidden_states=torch.cat([noisy, source], 1),
                encoder_hidden_states=model.encode_text(pipe.text_encoder, ids, mask, shape),
                timestep=level.flatten(),
                img_ids=picture,
                txt_ids=text,
                return_dict=False,
            )[0][:, : target.shape[1]]
        guess = noisy - level * velocity.float()
        guess[::2] = target[::2]
        with torch.autocast(device, torch.bfloat16):
            shown = pipe.vae.decode(
                model.unpack(guess, cells, cells).contiguous(memory_format=torch.channels_last)
            ).sample
        loss = sharpness(shown.float(), true.to(device))
        step(optimizer, loss, list(decoder.parameters()))
        average.update(decoder)
        error = (shown.detach().float().cpu() - true).square().mean((1, 2, 3))
        clock.log(
            loss,
            psnr=-10 * math.log10(error[::2].mean().item() / 4),
            psnr_guess=-10 * math.log10(error[1::2].mean().item() / 4),
        )
    average.save(out / "decoder-finished.safetensors")


def main() -> None:
    """Run the stages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for weights, logs and the finished model")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="small")
    parser.add_argument("--resume", type=Path, help="a saved model to go on from (its shape must be the preset's)")
    parser.add_argument("--stage", nargs="*", choices=["prepare", "decoder", "base", "finish", "save"])
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1: for the background)")
    parser.add_argument("--to", type=Path, help="where `save` writes the model (default: OUT/model)")
    options = parser.parse_args()
    preset = PRESETS[options.preset]
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    if options.resume:
        unpack(options.resume, options.out)
    stages = {"prepare": prepare, "decoder": train_decoder, "base": train_base, "finish": finish}
    for stage in options.stage or [*stages, "save"]:
        if stage == "save":
            save(options.out, preset, options.to or options.out / "model")
        else:
            stages[stage](options.out, preset)


if __name__ == "__main__":
    main()
