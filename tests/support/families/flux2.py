"""Tiny FLUX.2 with random weights: klein, the klein that keeps its references' keys and values, and [dev]."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import tiny

from families import parts

if TYPE_CHECKING:
    from pathlib import Path

DEV_CHAT = (
    "{% for message in messages %}[{{ message.role }}]"
    "{{ message.content if message.content is string else message.content[0].text }}{% endfor %}"
)


def klein(folder: Path) -> Path:
    """Save a Flux2KleinPipeline that is not distilled, so that guidance counts."""
    parts.save(tiny.build(), folder)
    return _read(folder, layers=[1, 2], tokens=48)


def klein_kv(folder: Path) -> Path:
    """Save a Flux2KleinKVPipeline: the same components."""
    from diffusers import Flux2KleinKVPipeline

    parts.save(Flux2KleinKVPipeline(**tiny.build().components), folder)
    return _read(folder, layers=[1, 2], tokens=48)


def dev(folder: Path) -> Path:
    """Save a Flux2Pipeline as [dev] is: a Mistral 3 that reads, three of its layers, and guidance as an input.

    The index says PixtralProcessor for the tokenizer, as [dev]'s does; what the folder holds of it is the tokenizer.
    """
    from diffusers import FlowMatchEulerDiscreteScheduler, Flux2Pipeline, Flux2Transformer2DModel

    with parts.seeded():
        tokenizer = parts.qwen_tokenizer(template=DEV_CHAT)
        pipeline = Flux2Pipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(
                shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15
            ),
            vae=tiny.build().vae,
            text_encoder=_mistral(tokenizer),
            tokenizer=tokenizer,
            transformer=Flux2Transformer2DModel(
                in_channels=16,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=3 * 16,
                timestep_guidance_channels=16,
                mlp_ratio=2.0,
                axes_dims_rope=(4, 4, 4, 4),
                guidance_embeds=True,
            ).eval(),
        )
    parts.save(pipeline, folder)
    path = folder / "model_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**index, "tokenizer": ["transformers", "PixtralProcessor"]}), encoding="utf-8")
    return _read(folder, layers=[1, 2, 3], tokens=320)


def _read(folder: Path, *, layers: list[int], tokens: int) -> Path:
    """Let the card say which layers of so small a text encoder are read, and how much of a prompt."""
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["call"] = {"text_encoder_out_layers": layers, "max_sequence_length": tokens}
    path.write_text(json.dumps(card), encoding="utf-8")
    return folder


def _mistral(tokenizer: Any) -> Any:
    from transformers import Mistral3Config, Mistral3ForConditionalGeneration

    end = tokenizer.pad_token_id
    return Mistral3ForConditionalGeneration(
        Mistral3Config(
            text_config={
                "model_type": "mistral",
                "vocab_size": len(tokenizer),
                "hidden_size": 16,
                "intermediate_size": 32,
                "num_hidden_layers": 3,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "max_position_embeddings": 2048,
                "pad_token_id": end,
                "bos_token_id": None,
                "eos_token_id": end,
            },
            vision_config={
                "model_type": "pixtral",
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "head_dim": 8,
                "image_size": 32,
                "patch_size": 16,
            },
            image_token_index=5,
            spatial_merge_size=2,
            vision_feature_layer=-1,
        )
    ).eval()
