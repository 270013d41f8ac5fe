"""What a scheduler steps through becomes what the VAE decodes, exactly as each family's own pipeline does it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderDC,
    AutoencoderKL,
    AutoencoderKLQwenImage,
    Flux2KleinPipeline,
    FluxPipeline,
    QwenImagePipeline,
)

from pochade.engine.latents import LAYOUTS, encode

WIDE = (96, 64)  # pixels: 12×8 latent pixels of 8, 6×4 tokens


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def vae(**config: Any) -> Any:
    return SimpleNamespace(config=SimpleNamespace(**config))


def test_flux_tokens_are_unpacked_and_scaled_as_the_pipeline_does() -> None:
    picture = noise(1, 16, 8, 12)
    sample = FluxPipeline._pack_latents(picture, 1, 16, 8, 12)
    found = LAYOUTS["flux"].to_vae(sample, WIDE, vae(scaling_factor=0.5, shift_factor=0.25))
    assert torch.equal(found, picture / 0.5 + 0.25)
    assert torch.equal(FluxPipeline._unpack_latents(sample, 64, 96, 8), picture)


def test_qwen_tokens_are_unpacked_and_scaled_as_the_pipeline_does() -> None:
    picture = noise(1, 16, 8, 12)
    sample = QwenImagePipeline._pack_latents(picture, 1, 16, 8, 12)
    mean, std = noise(16).tolist(), noise(16).abs().tolist()
    found = LAYOUTS["qwen"].to_vae(sample, WIDE, vae(latents_mean=mean, latents_std=std))
    unpacked = QwenImagePipeline._unpack_latents(sample, 64, 96, 8)[:, :, 0]
    expected = unpacked * torch.tensor(std).view(1, -1, 1, 1) + torch.tensor(mean).view(1, -1, 1, 1)
    assert torch.allclose(found, expected, atol=1e-6)


def test_flux2_tokens_are_unpacked_and_normalised_as_the_pipeline_does() -> None:
    stacked = noise(1, 16, 4, 6)
    norm = SimpleNamespace(running_mean=noise(16), running_var=noise(16).abs())
    holder = SimpleNamespace(config=SimpleNamespace(batch_norm_eps=1e-4), bn=norm)
    found = LAYOUTS["flux2"].to_vae(Flux2KleinPipeline._pack_latents(stacked), WIDE, holder)
    spread = torch.sqrt(norm.running_var + 1e-4).view(1, -1, 1, 1)
    whole = Flux2KleinPipeline._unpatchify_latents(stacked * spread + norm.running_mean.view(1, -1, 1, 1))
    assert torch.allclose(found, whole, atol=1e-6)


def test_tokens_of_one_latent_pixel_are_put_back_in_rows() -> None:
    picture = noise(1, 4, 8, 12)
    sample = picture.flatten(2).transpose(1, 2)
    found = LAYOUTS["tokens"].to_vae(sample, WIDE, vae(latents_mean=[0.0] * 4, latents_std=[1.0] * 4))
    assert torch.equal(found, picture)


@pytest.mark.parametrize(
    ("config", "factor", "shift"),
    [
        ({"scaling_factor": 0.5}, 2.0, 0.0),
        ({"scaling_factor": 0.5, "shift_factor": None, "latents_mean": None, "latents_std": None}, 2.0, 0.0),
        ({"scaling_factor": 0.5, "shift_factor": 0.25}, 2.0, 0.25),
        ({"scaling_factor": 0.5, "latents_mean": [1.0] * 4, "latents_std": [3.0] * 4}, 6.0, 1.0),
    ],
)
def test_plain_latents_are_only_scaled(config: dict[str, Any], factor: float, shift: float) -> None:
    picture = noise(1, 4, 8, 12)
    assert torch.allclose(LAYOUTS["plain"].to_vae(picture, WIDE, vae(**config)), picture * factor + shift)
    film = picture.unsqueeze(2)
    assert torch.allclose(LAYOUTS["plain"].to_vae(film, WIDE, vae(**config)), picture * factor + shift)


def test_statistics_alone_are_undone_where_the_pipeline_ignores_the_factor() -> None:
    picture = noise(1, 4, 8, 12)
    holder = vae(scaling_factor=0.18215, latents_mean=[1.0] * 4, latents_std=[3.0] * 4)
    assert torch.allclose(LAYOUTS["plain-statistics"].to_vae(picture, WIDE, holder), picture * 3 + 1)


def test_half_precision_is_widened_before_anything_is_worked_out() -> None:
    sample = noise(1, 4, 8, 12).to(torch.bfloat16)
    found = LAYOUTS["plain"].to_vae(sample, WIDE, vae(scaling_factor=0.18215))
    assert found.dtype == torch.float32
    assert torch.equal(found, sample.float() / 0.18215)


def test_tokens_of_a_shape_that_the_pipeline_rounded_still_make_a_picture() -> None:
    sample = noise(1, 5 * 6, 64)
    found = LAYOUTS["flux"].to_vae(sample, (1000, 700), vae(scaling_factor=1.0))
    assert found.shape[0:2] == (1, 16)
    assert found.shape[2] * found.shape[3] == 4 * 30


def test_pictures_are_encoded_by_every_kind_of_vae() -> None:
    pictures = noise(2, 3, 32, 32).clamp(-1, 1)
    small = {"block_out_channels": (8, 8), "norm_num_groups": 4, "sample_size": 32}
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    still = AutoencoderKL(latent_channels=4, **small, **blocks).eval()
    clear = AutoencoderKL(latent_channels=4, in_channels=4, out_channels=4, **small, **blocks).eval()
    film = AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 1], num_res_blocks=1, temperal_downsample=[False]
    ).eval()
    deep = AutoencoderDC(
        latent_channels=4,
        attention_head_dim=4,
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1),
        encoder_block_types="ResBlock",
        decoder_block_types="ResBlock",
        encoder_qkv_multiscales=((), ()),
        decoder_qkv_multiscales=((), ()),
        upsample_block_type="interpolate",
    ).eval()
    with torch.no_grad():
        for holder in (still, clear, film, deep):
            found = encode(holder, pictures)
            assert found.shape == (2, 4, 16, 16), type(holder).__name__
            assert torch.equal(found, encode(holder, pictures))
        opaque = torch.cat([pictures, torch.ones(2, 1, 32, 32)], dim=1)
        assert torch.equal(encode(clear, pictures), clear.encode(opaque).latent_dist.mode())
