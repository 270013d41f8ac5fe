"""The true architectures of well-known models, written down so that their speed can be measured without their weights.

How long a picture takes depends on the sizes of layers and not on what the weights are. Everything here is data: the
configuration files of the models' own folders, with where they were read; settings that are a class's defaults are left
out. It stands apart because it is nothing but that.

Sources, read in November 2026:

    klein-4b     transformer: huggingface/diffusers, scripts/convert_flux2_to_diffusers.py, "klein-4b"; text encoder:
                 config.json of Qwen/Qwen3-4B; VAE and scheduler: copies of FLUX.2-klein-4B's and FLUX.2-dev's on the
                 Hub (codeShare/Flux-Klein-SDNQ-4bit, diffusers/FLUX.2-dev-bnb-4bit).
    qwen-image   config.json of the copies of Qwen/Qwen-Image (callgg/qi-decoder) and of Qwen/Qwen2.5-VL-7B-Instruct;
                 its VAE is the class's defaults (diffusers 0.42, AutoencoderKLQwenImage).
    sdxl         config.json of stabilityai/stable-diffusion-xl-base-1.0 and its copies (jffacevedo/lcm-sdxl,
                 nev/lcm-sdxl-pt).
    tiny         made up, to rehearse on a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SHAPES", "Part", "Shape"]


@dataclass(frozen=True)
class Part:
    """One component.

    Attributes
    ----------
    library : "diffusers" or "transformers"
        Where its class is found.
    name : str
        The class.
    config : mapping
        What its configuration file says.
    """

    library: str
    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """One model without its weights.

    Attributes
    ----------
    pipeline : str
        The class in its index.
    parts : mapping
        Component → what it is. Tokenizers are made up: they cut text into bytes, which costs no time that matters.
    settings : mapping
        What the index says besides.
    card : mapping
        A card of pochade's own, where the family's defaults would be too large to rehearse with.
    """

    pipeline: str
    parts: Mapping[str, Part]
    settings: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)


_FLOW = Part(
    "diffusers",
    "FlowMatchEulerDiscreteScheduler",
    {
        "base_image_seq_len": 256,
        "base_shift": 0.5,
        "max_image_seq_len": 4096,
        "max_shift": 1.15,
        "num_train_timesteps": 1000,
        "shift": 3.0,
        "time_shift_type": "exponential",
        "use_dynamic_shifting": True,
    },
)
_BYTES = Part("transformers", "Qwen2TokenizerFast", {})
_CLIP = Part("transformers", "CLIPTokenizer", {})

_KLEIN = Shape(
    pipeline="Flux2KleinPipeline",
    settings={"is_distilled": True},
    parts={
        "transformer": Part(
            "diffusers",
            "Flux2Transformer2DModel",
            {
                "attention_head_dim": 128,
                "axes_dims_rope": [32, 32, 32, 32],
                "eps": 1e-6,
                "guidance_embeds": False,
                "in_channels": 128,
                "joint_attention_dim": 7680,
                "mlp_ratio": 3.0,
                "num_attention_heads": 24,
                "num_layers": 5,
                "num_single_layers": 20,
                "patch_size": 1,
                "rope_theta": 2000,
                "timestep_guidance_channels": 256,
            },
        ),
        "text_encoder": Part(
            "transformers",
            "Qwen3ForCausalLM",
            {
                "model_type": "qwen3",
                "head_dim": 128,
                "hidden_size": 2560,
                "intermediate_size": 9728,
                "max_position_embeddings": 40960,
                "num_attention_heads": 32,
                "num_hidden_layers": 36,
                "num_key_value_heads": 8,
                "rms_norm_eps": 1e-6,
                "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
                "tie_word_embeddings": True,
                "vocab_size": 151936,
            },
        ),
        "vae": Part(
            "diffusers",
            "AutoencoderKLFlux2",
            {
                "batch_norm_eps": 1e-4,
                "block_out_channels": [128, 256, 512, 512],
                "down_block_types": ["DownEncoderBlock2D"] * 4,
                "force_upcast": True,
                "latent_channels": 32,
                "layers_per_block": 2,
                "mid_block_add_attention": True,
                "norm_num_groups": 32,
                "patch_size": [2, 2],
                "sample_size": 1024,
                "up_block_types": ["UpDecoderBlock2D"] * 4,
                "use_post_quant_conv": True,
                "use_quant_conv": True,
            },
        ),
        "scheduler": _FLOW,
        "tokenizer": _BYTES,
    },
)

_QWEN_IMAGE = Shape(
    pipeline="QwenImagePipeline",
    parts={
        "transformer": Part(
            "diffusers",
            "QwenImageTransformer2DModel",
            {
                "attention_head_dim": 128,
                "axes_dims_rope": [16, 56, 56],
                "guidance_embeds": False,
                "in_channels": 64,
                "joint_attention_dim": 3584,
                "num_attention_heads": 24,
                "num_layers": 60,
                "out_channels": 16,
                "patch_size": 2,
            },
        ),
        "text_encoder": Part(
            "transformers",
            "Qwen2_5_VLForConditionalGeneration",
            {
                "model_type": "qwen2_5_vl",
                "text_config": {
                    "model_type": "qwen2_5_vl_text",
                    "hidden_size": 3584,
                    "intermediate_size": 18944,
                    "max_position_embeddings": 128000,
                    "num_attention_heads": 28,
                    "num_hidden_layers": 28,
                    "num_key_value_heads": 4,
                    "rms_norm_eps": 1e-6,
                    "rope_parameters": {
                        "mrope_section": [16, 24, 24],
                        "rope_theta": 1000000.0,
                        "rope_type": "default",
                    },
                    "vocab_size": 152064,
                },
                "tie_word_embeddings": False,
                "vision_config": {
                    "model_type": "qwen2_5_vl",
                    "depth": 32,
                    "fullatt_block_indexes": [7, 15, 23, 31],
                    "hidden_size": 1280,
                    "intermediate_size": 3420,
                    "num_heads": 16,
                    "out_hidden_size": 3584,
                    "patch_size": 14,
                    "spatial_merge_size": 2,
                    "temporal_patch_size": 2,
                    "tokens_per_second": 2,
                    "window_size": 112,
                },
            },
        ),
        "vae": Part(
            "diffusers",
            "AutoencoderKLQwenImage",
            {
                "attn_scales": [],
                "base_dim": 96,
                "dim_mult": [1, 2, 4, 4],
                "num_res_blocks": 2,
                "temperal_downsample": [False, True, True],
                "z_dim": 16,
            },
        ),
        "scheduler": _FLOW,
        "tokenizer": _BYTES,
    },
)


def _clip(**config: Any) -> dict[str, Any]:
    return {"model_type": "clip_text_model", "max_position_embeddings": 77, "vocab_size": 49408, **config}


_SDXL = Shape(
    pipeline="StableDiffusionXLPipeline",
    settings={"force_zeros_for_empty_prompt": True},
    parts={
        "unet": Part(
            "diffusers",
            "UNet2DConditionModel",
            {
                "addition_embed_type": "text_time",
                "addition_time_embed_dim": 256,
                "attention_head_dim": [5, 10, 20],
                "block_out_channels": [320, 640, 1280],
                "cross_attention_dim": 2048,
                "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
                "layers_per_block": 2,
                "projection_class_embeddings_input_dim": 2816,
                "sample_size": 128,
                "transformer_layers_per_block": [1, 2, 10],
                "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
                "use_linear_projection": True,
            },
        ),
        "text_encoder": Part(
            "transformers",
            "CLIPTextModel",
            _clip(
                hidden_act="quick_gelu",
                hidden_size=768,
                intermediate_size=3072,
                num_attention_heads=12,
                num_hidden_layers=12,
                projection_dim=768,
            ),
        ),
        "text_encoder_2": Part(
            "transformers",
            "CLIPTextModelWithProjection",
            _clip(
                hidden_act="gelu",
                hidden_size=1280,
                intermediate_size=5120,
                num_attention_heads=20,
                num_hidden_layers=32,
                projection_dim=1280,
            ),
        ),
        "vae": Part(
            "diffusers",
            "AutoencoderKL",
            {
                "block_out_channels": [128, 256, 512, 512],
                "down_block_types": ["DownEncoderBlock2D"] * 4,
                "force_upcast": True,
                "latent_channels": 4,
                "layers_per_block": 2,
                "norm_num_groups": 32,
                "sample_size": 1024,
                "scaling_factor": 0.13025,
                "up_block_types": ["UpDecoderBlock2D"] * 4,
            },
        ),
        "scheduler": Part(
            "diffusers",
            "EulerDiscreteScheduler",
            {
                "beta_end": 0.012,
                "beta_schedule": "scaled_linear",
                "beta_start": 0.00085,
                "num_train_timesteps": 1000,
                "prediction_type": "epsilon",
                "steps_offset": 1,
                "timestep_spacing": "leading",
            },
        ),
        "tokenizer": _CLIP,
        "tokenizer_2": _CLIP,
    },
)

_TINY = Shape(
    pipeline="Flux2KleinPipeline",
    settings={"is_distilled": True},
    card={
        "name": "tiny",
        "call": {"max_sequence_length": 64, "text_encoder_out_layers": [1, 2]},
        "size": {"default": [64, 64], "multiple": 16, "min_side": 64, "max_side": 2048, "max_pixels": 4194304},
    },
    parts={
        "transformer": Part(
            "diffusers",
            "Flux2Transformer2DModel",
            {
                "attention_head_dim": 16,
                "axes_dims_rope": [4, 4, 4, 4],
                "guidance_embeds": False,
                "in_channels": 16,
                "joint_attention_dim": 64,
                "num_attention_heads": 2,
                "num_layers": 1,
                "num_single_layers": 2,
            },
        ),
        "text_encoder": Part(
            "transformers",
            "Qwen3ForCausalLM",
            {
                "model_type": "qwen3",
                "head_dim": 16,
                "hidden_size": 32,
                "intermediate_size": 64,
                "num_attention_heads": 2,
                "num_hidden_layers": 4,
                "num_key_value_heads": 1,
                "tie_word_embeddings": True,
                "vocab_size": 512,
            },
        ),
        "vae": Part(
            "diffusers",
            "AutoencoderKLFlux2",
            {
                "block_out_channels": [8, 8, 16, 16],
                "down_block_types": ["DownEncoderBlock2D"] * 4,
                "latent_channels": 4,
                "layers_per_block": 1,
                "mid_block_add_attention": False,
                "norm_num_groups": 4,
                "up_block_types": ["UpDecoderBlock2D"] * 4,
            },
        ),
        "scheduler": _FLOW,
        "tokenizer": _BYTES,
    },
)

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {"klein-4b": _KLEIN, "qwen-image": _QWEN_IMAGE, "sdxl": _SDXL, "tiny": _TINY}
)
"""What `pochade bench --shape` builds."""
