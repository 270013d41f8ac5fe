"""Tiny Qwen-Image models with random weights: painting, the editors, layers, and 2.1 with transparency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from families import parts
from pochade.engine.processors import without_films

if TYPE_CHECKING:
    from pathlib import Path

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{{ message.content[0].text }}{% endif %}"
    "<|im_end|>\n{% endfor %}"
)
LATENTS = 4
"""Channels of the latents; the transformers see squares of 2×2 latent pixels, so four times as many."""


def image(folder: Path) -> Path:
    """Save a QwenImagePipeline."""
    from diffusers import QwenImagePipeline

    with parts.seeded():
        return parts.save(QwenImagePipeline(**_components()), folder)


def edit(folder: Path) -> Path:
    """Save a QwenImageEditPipeline."""
    from diffusers import QwenImageEditPipeline

    with parts.seeded():
        return parts.save(QwenImageEditPipeline(**_components(), processor=processor()), folder)


def edit_plus(folder: Path) -> Path:
    """Save a QwenImageEditPlusPipeline; with a transformer that looks at references as if they were clean, as 2511."""
    from diffusers import QwenImageEditPlusPipeline

    with parts.seeded():
        components = _components(zero_cond_t=True)
        return parts.save(QwenImageEditPlusPipeline(**components, processor=processor()), folder)


def layered(folder: Path) -> Path:
    """Save a QwenImageLayeredPipeline: a VAE of RGBA, and a transformer that tells layers from each other.

    The pipeline takes a picture with as many channels as latents for latents, so there must be more than four.
    """
    from diffusers import QwenImageLayeredPipeline

    with parts.seeded():
        components = _components(2 * LATENTS, colours=4, use_additional_t_cond=True, use_layer3d_rope=True)
        return parts.save(QwenImageLayeredPipeline(**components, processor=processor()), folder)


def image21(folder: Path, *, sigmas: list[float] | None = None) -> Path:
    """Save a QwenImage21Pipeline; with `sigmas` it is distilled to these noise levels."""
    from diffusers import AutoencoderKLQwenImage21, QwenImage21Pipeline, QwenImage21Transformer2DModel

    channels = 2 * LATENTS
    tokenizer = parts.qwen_tokenizer(SPECIAL, CHAT)
    with parts.seeded():
        pipeline = QwenImage21Pipeline(
            scheduler=_scheduler(),
            vae=AutoencoderKLQwenImage21(
                base_dim=4,
                decoder_base_dim=4,
                z_dim=channels,
                dim_mult=[1, 1, 2, 2, 2],
                num_res_blocks=1,
                temperal_downsample=[False, True, True, True],
                **_statistics(channels),
            ).eval(),
            text_encoder=_qwen3(tokenizer),
            processor=processor(patch=16, generation=3),
            transformer=QwenImage21Transformer2DModel(
                in_channels=channels,
                out_channels=channels,
                num_layers=2,
                attention_head_dim=16,
                num_attention_heads=2,
                context_in_dim=parts.WIDTH,
                axes_dims_rope=(4, 6, 6),
            ).eval(),
            sample_sigmas=sigmas,
        )
    return parts.save(pipeline, folder, multiple=32)


def processor(*, patch: int = 14, generation: int = 2) -> Any:
    """A Qwen2VLProcessor, or with `generation` 3 a Qwen3VLProcessor, that reads at most eight by eight patches."""
    import transformers
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    pictures = Qwen2VLImageProcessorPil(min_pixels=(2 * patch) ** 2, max_pixels=(8 * patch) ** 2, patch_size=patch)
    cls = without_films(getattr(transformers, f"Qwen{generation}VLProcessor"))
    return cls(pictures, parts.qwen_tokenizer(SPECIAL, CHAT), chat_template=CHAT)


def reader(tokenizer: Any) -> Any:
    """A Qwen2_5_VLForConditionalGeneration that fits `processor()`."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    eyes = {
        "patch_size": 14,
        "window_size": 56,
        "fullatt_block_indexes": [0],
    }
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**_language(tokenizer, rope, eyes))).eval()


def _qwen3(tokenizer: Any) -> Any:
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0, "mrope_interleaved": True}
    eyes = {"patch_size": 16, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]}
    return Qwen3VLForConditionalGeneration(Qwen3VLConfig(**_language(tokenizer, rope, eyes))).eval()


def _language(tokenizer: Any, rope: dict[str, Any], eyes: dict[str, Any]) -> dict[str, Any]:
    """What the two generations of the text encoder have in common."""
    token = tokenizer.convert_tokens_to_ids
    end = {"bos_token_id": None, "eos_token_id": token("<|endoftext|>"), "pad_token_id": token("<|endoftext|>")}
    return {
        "text_config": {
            "vocab_size": len(tokenizer),
            "hidden_size": parts.WIDTH,
            "intermediate_size": parts.WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": parts.WIDTH // 2,
            "max_position_embeddings": 4096,
            "rope_parameters": rope,
            "tie_word_embeddings": True,
            **end,
        },
        "vision_config": {
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "out_hidden_size": parts.WIDTH,
            **eyes,
        },
        "image_token_id": token("<|image_pad|>"),
        "video_token_id": token("<|video_pad|>"),
        "vision_start_token_id": token("<|vision_start|>"),
        "vision_end_token_id": token("<|vision_end|>"),
        "tie_word_embeddings": True,
        **end,
    }


def _components(channels: int = LATENTS, *, colours: int = 3, **transformer: Any) -> dict[str, Any]:
    """Build what all but 2.1 share the classes of: the VAE, the transformer, the text encoder and the scheduler."""
    from diffusers import AutoencoderKLQwenImage, QwenImageTransformer2DModel

    tokenizer = parts.qwen_tokenizer(SPECIAL, CHAT)
    return {
        "scheduler": _scheduler(),
        "vae": AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=channels,
            dim_mult=[1, 1, 2, 2],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            input_channels=colours,
            **_statistics(channels),
        ).eval(),
        "text_encoder": reader(tokenizer),
        "tokenizer": tokenizer,
        "transformer": QwenImageTransformer2DModel(
            in_channels=4 * channels,
            out_channels=channels,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=parts.WIDTH,
            axes_dims_rope=(4, 6, 6),
            **transformer,
        ).eval(),
    }


def _statistics(channels: int) -> dict[str, list[float]]:
    """Means and deviations that a preview must undo to be right."""
    return {
        "latents_mean": [0.1 * (-1) ** channel for channel in range(channels)],
        "latents_std": [1.0 + 0.2 * (channel % 4) for channel in range(channels)],
    }


def _scheduler() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(
        base_image_seq_len=256,
        base_shift=0.5,
        max_image_seq_len=8192,
        max_shift=0.9,
        shift_terminal=0.02,
        use_dynamic_shifting=True,
    )
