"""Tiny Stable Diffusion 1.5, XL and 3 with random weights: the real classes, with the index that their folders have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from families import parts

if TYPE_CHECKING:
    from pathlib import Path

_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def sd15(folder: Path) -> Path:
    """Save a StableDiffusionPipeline whose index names a safety checker, as the real ones do."""
    from diffusers import StableDiffusionPipeline

    path = _save15(StableDiffusionPipeline, folder, channels=4) / "model_index.json"
    index = json.loads(path.read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["requires_safety_checker"] = True
    path.write_text(json.dumps(index))
    return folder


def sd15_inpainting(folder: Path) -> Path:
    """Save a StableDiffusionInpaintPipeline whose U-Net also takes the mask and the masked picture."""
    from diffusers import StableDiffusionInpaintPipeline

    return _save15(StableDiffusionInpaintPipeline, folder, channels=9)


def sdxl(folder: Path) -> Path:
    """Save a StableDiffusionXLPipeline with the scheduler of the base model."""
    from diffusers import EulerDiscreteScheduler

    return _save_xl(EulerDiscreteScheduler, folder, timestep_spacing="leading", steps_offset=1)


def sdxl_turbo(folder: Path) -> Path:
    """Save a StableDiffusionXLPipeline with the scheduler of the turbo model, which adds noise at every step."""
    from diffusers import EulerAncestralDiscreteScheduler

    return _save_xl(EulerAncestralDiscreteScheduler, folder, timestep_spacing="trailing")


def sdxl_refiner(folder: Path) -> Path:
    """Save a StableDiffusionXLImg2ImgPipeline with one text encoder, which is told how beautiful a picture is."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLImg2ImgPipeline

    with parts.seeded():
        return parts.save(
            StableDiffusionXLImg2ImgPipeline(
                vae=parts.vae(scaling_factor=0.13025, force_upcast=True),
                text_encoder=None,
                text_encoder_2=parts.clip_text_encoder(projection=True),
                tokenizer=None,
                tokenizer_2=parts.clip_tokenizer(),
                unet=_unet_xl(width=parts.WIDTH, numbers=5),
                scheduler=EulerDiscreteScheduler(**_BETAS, timestep_spacing="leading", steps_offset=1),
                requires_aesthetics_score=True,
                add_watermarker=False,
            ),
            folder,
        )


def sd3(folder: Path, *, t5: bool = True) -> Path:
    """Save a StableDiffusion3Pipeline; without `t5` its third text encoder is [null, null] in the index."""
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    width = 2 * parts.WIDTH
    with parts.seeded():
        return parts.save(
            StableDiffusion3Pipeline(
                vae=parts.vae(latents=16, quantised=False, scaling_factor=1.5305, shift_factor=0.0609),
                text_encoder=parts.clip_text_encoder(projection=True),
                text_encoder_2=parts.clip_text_encoder(projection=True),
                text_encoder_3=parts.t5_encoder(width) if t5 else None,
                tokenizer=parts.clip_tokenizer(),
                tokenizer_2=parts.clip_tokenizer(),
                tokenizer_3=parts.t5_tokenizer() if t5 else None,
                transformer=SD3Transformer2DModel(
                    sample_size=32,
                    patch_size=2,
                    in_channels=16,
                    out_channels=16,
                    num_layers=1,
                    attention_head_dim=8,
                    num_attention_heads=4,
                    caption_projection_dim=32,
                    joint_attention_dim=width,
                    pooled_projection_dim=width,
                    pos_embed_max_size=32,
                ).eval(),
                scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
            ),
            folder,
        )


def _save15(cls: Any, folder: Path, *, channels: int) -> Path:
    from diffusers import PNDMScheduler

    with parts.seeded():
        return parts.save(
            cls(
                vae=parts.vae(scaling_factor=0.18215),
                text_encoder=parts.clip_text_encoder(),
                tokenizer=parts.clip_tokenizer(),
                unet=_unet(in_channels=channels, cross_attention_dim=parts.WIDTH),
                scheduler=PNDMScheduler(**_BETAS, skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1),
                safety_checker=None,
                feature_extractor=None,
                requires_safety_checker=False,
            ),
            folder,
        )


def _save_xl(scheduler: Any, folder: Path, **settings: Any) -> Path:
    from diffusers import StableDiffusionXLPipeline

    with parts.seeded():
        return parts.save(
            StableDiffusionXLPipeline(
                vae=parts.vae(scaling_factor=0.13025, force_upcast=True),
                text_encoder=parts.clip_text_encoder(),
                text_encoder_2=parts.clip_text_encoder(projection=True),
                tokenizer=parts.clip_tokenizer(),
                tokenizer_2=parts.clip_tokenizer(),
                unet=_unet_xl(width=2 * parts.WIDTH, numbers=6),
                scheduler=scheduler(**_BETAS, **settings),
                add_watermarker=False,
            ),
            folder,
        )


def _unet_xl(*, width: int, numbers: int) -> Any:
    """A U-Net that is told sizes and crops: so many `numbers`, each as 8 channels, and the pooled text."""
    return _unet(
        cross_attention_dim=width,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=numbers * 8 + parts.WIDTH,
    )


def _unet(*, in_channels: int = 4, **conditions: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        in_channels=in_channels,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        norm_num_groups=8,
        use_linear_projection=True,
        **conditions,
    ).eval()
