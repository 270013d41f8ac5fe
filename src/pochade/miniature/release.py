"""From what a training run left behind to the diffusers folder that people load, with its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline
from safetensors.torch import load_file, save_file
from transformers import Qwen2TokenizerFast

from . import model
from .edits import EDITS
from .samples import words_taught
from .vocabulary import COLOURS, KINDS, NAMES, SCENES, WORN

if TYPE_CHECKING:
    from pathlib import Path

    from .train import Preset


def assemble(out: Path, preset: Preset) -> Flux2KleinPipeline:
    """The pipeline of everything trained so far, in fp32, its weights rounded to what bf16 files hold."""
    shape = preset.shape
    tokenizer = Qwen2TokenizerFast.from_pretrained(out / "tokenizer")
    vae = load_vae(out)
    finished = out / "decoder-finished.safetensors"
    vae.decoder.load_state_dict(load_file(finished if finished.exists() else out / "decoder.safetensors"))
    text_encoder = model.build_text_encoder(len(tokenizer), shape)
    transformer = model.build_transformer(shape)
    weights = load_file(out / "base.safetensors")
    for name, part in (("text_encoder.", text_encoder), ("transformer.", transformer)):
        own = {k.removeprefix(name).replace("_orig_mod.", ""): v for k, v in weights.items() if k.startswith(name)}
        part.load_state_dict(own, strict=name == "transformer.")
    text_encoder.tie_weights()
    for part in (vae, text_encoder, transformer):
        model.round_to_disk(part)
        part.eval()
    return Flux2KleinPipeline(
        scheduler=model.build_scheduler(),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=True,
    )


def save(out: Path, preset: Preset, folder: Path) -> None:
    """Write the folder that ``from_pretrained`` loads, and its card."""
    pipe = assemble(out, preset).to(torch.bfloat16)
    pipe.save_pretrained(folder, safe_serialization=True, max_shard_size="15MB")
    for path in folder.glob("*/config.json"):  # diffusers notes where a part was loaded from; that is nobody's business
        config = json.loads(path.read_text())
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2) + "\n")
    card = {
        "name": "miniature",
        "version": 1,
        "call": {
            "num_inference_steps": 4,
            "guidance_scale": 1.0,
            "max_sequence_length": preset.shape.text_length,
            "text_encoder_out_layers": list(preset.shape.out_layers),
        },
        "size": {
            "default": [preset.shape.side] * 2,
            "multiple": 16,
            "min_side": preset.shape.side,
            "max_side": preset.shape.side,
            "max_pixels": preset.shape.side**2,
        },
        "parameters": {
            name: sum(p.numel() for p in getattr(pipe, name).parameters())
            for name in ("transformer", "text_encoder", "vae")
        },
        "samples_seen": _samples_seen(out, preset),
        "vocabulary": {
            "things": list(NAMES),
            "synonyms": [word for kind in KINDS for word in kind.synonyms],
            "worn": [kind.name for kind in WORN],
            "colours": list(COLOURS),
            "scenes": list(SCENES),
            "edits": list(EDITS),
            "words": words_taught(),
        },
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def unpack(folder: Path, out: Path) -> None:
    """Lay out a saved model as the folder of a run, so that `decoder`, `base` and `finish` go on from its weights.

    The logs are not part of a model: every stage begins its clock anew.
    """
    pipe = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    out.mkdir(parents=True, exist_ok=True)
    pipe.tokenizer.save_pretrained(out / "tokenizer")
    pipe.vae.save_pretrained(out / "vae")
    save_file(dict(pipe.vae.decoder.named_parameters()), out / "decoder.safetensors")
    base = {f"transformer.{name}": value for name, value in pipe.transformer.named_parameters()}
    base |= {f"text_encoder.{name}": value for name, value in pipe.text_encoder.named_parameters()}
    for name in ("base.safetensors", "base-last.safetensors"):
        save_file(base, out / name)


def _samples_seen(out: Path, preset: Preset) -> int:
    log = out / "base.jsonl"
    return json.loads(log.read_text().splitlines()[-1])["step"] * preset.batch if log.exists() else 0


def load_vae(out: Path) -> AutoencoderKLFlux2:
    """Load the VAE as `prepare` left it: the encoder solved, the decoder random."""
    return AutoencoderKLFlux2.from_pretrained(out / "vae")
