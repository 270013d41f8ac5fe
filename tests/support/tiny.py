"""Builds a tiny Flux2KleinPipeline with random weights, and paints with it: the real classes and code path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from pochade.engine.local import Engine
    from pochade.engine.painting import Painting
    from pochade.report import Report

CARD = {
    "name": "tiny",
    "version": "1",
    "call": {
        "num_inference_steps": 2,
        "guidance_scale": 1.0,
        "max_sequence_length": 48,
        "text_encoder_out_layers": [1, 2],
    },
    "size": {"default": [64, 64], "multiple": 16, "min_side": 64, "max_side": 256, "max_pixels": 65536},
    "vocabulary": {
        "things": ["cat", "dog"],
        "colours": ["red", "blue"],
        "glue": ["a", "on", "background", "猫", "红色"],
    },
}
TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def _byte_symbols() -> list[str]:
    """The 256 printable stand-ins which byte-level tokenizers use for bytes, in byte order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(spare)) for byte in range(256)]


def build() -> Any:
    """Build the pipeline in memory: fp32, deterministic, some 60,000 weights."""
    import torch
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )
    from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        special = "<|endoftext|>"
        vocabulary = {symbol: index for index, symbol in enumerate([*_byte_symbols(), special])}
        tokenizer = Qwen2TokenizerFast(vocab=vocabulary, merges=[], chat_template=TEMPLATE)
        text_encoder = Qwen3ForCausalLM(
            Qwen3Config(
                vocab_size=len(vocabulary),
                hidden_size=16,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=8,
                tie_word_embeddings=True,
                pad_token_id=vocabulary[special],
                bos_token_id=None,
                eos_token_id=vocabulary[special],
            )
        )
        vae = AutoencoderKLFlux2(
            block_out_channels=(8, 8, 16, 16),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
            mid_block_add_attention=False,
            sample_size=64,
        )
        vae.bn.running_mean.uniform_(-0.5, 0.5)
        vae.bn.running_var.uniform_(0.5, 2.0)
        transformer = Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            timestep_guidance_channels=16,
            mlp_ratio=2.0,
            axes_dims_rope=(4, 4, 4, 4),
            guidance_embeds=False,
        )
        scheduler = FlowMatchEulerDiscreteScheduler(shift=2.0, use_dynamic_shifting=False)
        return Flux2KleinPipeline(
            scheduler=scheduler,
            vae=vae.eval(),
            text_encoder=text_encoder.eval(),
            tokenizer=tokenizer,
            transformer=transformer.eval(),
        )


def save(folder: Path, *, half: bool = True) -> Path:
    """Save the pipeline and its card; `half` stores bf16, as the packaged weights do."""
    import torch

    pipeline = build()
    if half:
        pipeline.to(dtype=torch.bfloat16)
    pipeline.save_pretrained(folder, safe_serialization=True)
    (folder / "card.json").write_text(json.dumps(CARD, ensure_ascii=False), encoding="utf-8")
    return folder


def painting(*seeds: int, **changes: Any) -> Painting:
    """Ask for one small picture a seed, with `changes`."""
    from pochade.engine.painting import Painting

    asked = {"prompt": "a red cat", "size": (64, 64), "seeds": seeds, "steps": 2, "guidance": 1.0}
    return Painting(**{**asked, **changes})


def paint(engine: Engine, *seeds: int, report: Report | None = None, **changes: Any) -> list[Image.Image]:
    """Paint one small picture a seed, with `changes`."""
    from pochade.report import Report

    return list(engine.paint(painting(*seeds, **changes), report or Report()))
