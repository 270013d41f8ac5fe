"""Tiny Sana and Sana Sprint with random weights: a deep-compression VAE (32 pixels to one) and a Gemma text encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from families import parts

if TYPE_CHECKING:
    from pathlib import Path

LATENTS = 4


def sana(folder: Path) -> Path:
    """Save a SanaPipeline."""
    from diffusers import DPMSolverMultistepScheduler, SanaPipeline

    scheduler = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, final_sigmas_type="zero"
    )
    return _save(SanaPipeline, scheduler, folder)


def sprint(folder: Path) -> Path:
    """Save a SanaSprintPipeline: distilled to two steps, guidance as an embedding."""
    from diffusers import SanaSprintPipeline, SCMScheduler

    scheduler = SCMScheduler(prediction_type="trigflow", sigma_data=0.5)
    return _save(SanaSprintPipeline, scheduler, folder, guidance_embeds=True, qk_norm="rms_norm_across_heads")


def _save(cls: Any, scheduler: Any, folder: Path, **transformer: Any) -> Path:
    from diffusers import AutoencoderDC, SanaTransformer2DModel
    from transformers import Gemma2Config, Gemma2Model

    with parts.seeded():
        tokenizer = parts.gemma_tokenizer()
        pipeline = cls(
            tokenizer=tokenizer,
            text_encoder=Gemma2Model(
                Gemma2Config(
                    vocab_size=len(tokenizer),
                    hidden_size=parts.WIDTH,
                    intermediate_size=parts.WIDTH,
                    num_hidden_layers=1,
                    num_attention_heads=2,
                    num_key_value_heads=1,
                    head_dim=8,
                )
            ).eval(),
            vae=AutoencoderDC(
                latent_channels=LATENTS,
                attention_head_dim=2,
                encoder_block_types="ResBlock",
                decoder_block_types="ResBlock",
                encoder_block_out_channels=(8,) * 6,
                decoder_block_out_channels=(8,) * 6,
                encoder_layers_per_block=(1,) * 6,
                decoder_layers_per_block=(1,) * 6,
                encoder_qkv_multiscales=((),) * 6,
                decoder_qkv_multiscales=((),) * 6,
                upsample_block_type="interpolate",
                downsample_block_type="conv",
                scaling_factor=0.41407,
            ).eval(),
            transformer=SanaTransformer2DModel(
                in_channels=LATENTS,
                out_channels=LATENTS,
                num_layers=1,
                num_attention_heads=2,
                attention_head_dim=8,
                num_cross_attention_heads=2,
                cross_attention_head_dim=8,
                cross_attention_dim=16,
                caption_channels=parts.WIDTH,
                **transformer,
            ).eval(),
            scheduler=scheduler,
        )
    return parts.save(pipeline, folder, multiple=32)
