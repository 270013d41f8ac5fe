"""Tiny FLUX.1, Kontext, Fill and Chroma with random weights: one transformer design, two text encoders or one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from families import parts

if TYPE_CHECKING:
    from pathlib import Path

LATENTS = 4
"""Channels of the VAE's latents; the transformers see squares of 2×2 latent pixels, so four times as many."""


def flux(folder: Path, *, guided: bool = True, dynamic: bool = True) -> Path:
    """Save a FluxPipeline; neither `guided` nor `dynamic` is what the distilled schnell is."""
    from diffusers import FluxPipeline

    return _save(FluxPipeline, folder, guided=guided, dynamic=dynamic)


def kontext(folder: Path) -> Path:
    """Save a FluxKontextPipeline."""
    from diffusers import FluxKontextPipeline

    return _save(FluxKontextPipeline, folder)


def fill(folder: Path) -> Path:
    """Save a FluxFillPipeline: its transformer also sees the masked picture's latents and the mask's pixels."""
    from diffusers import FluxFillPipeline

    return _save(FluxFillPipeline, folder, in_channels=(2 * LATENTS + 64) * 4, out_channels=LATENTS * 4)


def chroma(folder: Path) -> Path:
    """Save a ChromaPipeline."""
    from diffusers import ChromaPipeline, ChromaTransformer2DModel, FlowMatchEulerDiscreteScheduler

    with parts.seeded():
        pipeline = ChromaPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0, use_beta_sigmas=False),
            vae=_vae(),
            text_encoder=parts.t5_encoder(),
            tokenizer=parts.t5_tokenizer(),
            transformer=ChromaTransformer2DModel(
                in_channels=LATENTS * 4,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=parts.WIDTH,
                axes_dims_rope=(4, 4, 8),
                approximator_num_channels=16,
                approximator_hidden_dim=32,
                approximator_layers=1,
            ).eval(),
        )
    return parts.save(pipeline, folder)


def _save(cls: Any, folder: Path, *, guided: bool = True, dynamic: bool = True, **channels: int) -> Path:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

    with parts.seeded():
        pipeline = cls(
            scheduler=FlowMatchEulerDiscreteScheduler(
                shift=3.0 if dynamic else 1.0, use_dynamic_shifting=dynamic, max_shift=1.15, base_shift=0.5
            ),
            vae=_vae(),
            text_encoder=parts.clip_text_encoder(),
            tokenizer=parts.clip_tokenizer(),
            text_encoder_2=parts.t5_encoder(),
            tokenizer_2=parts.t5_tokenizer(),
            transformer=FluxTransformer2DModel(
                **{"in_channels": LATENTS * 4, **channels},
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=parts.WIDTH,
                pooled_projection_dim=parts.WIDTH,
                axes_dims_rope=(4, 4, 8),
                guidance_embeds=guided,
            ).eval(),
        )
    return parts.save(pipeline, folder)


def _vae() -> Any:
    return parts.vae(latents=LATENTS, quantised=False, scaling_factor=0.3611, shift_factor=0.1159)
