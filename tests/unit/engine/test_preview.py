"""A preview is small, cheap and shows where the picture is going."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.local import Engine
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pipeline(tiny_model: Path) -> Any:
    engine = Engine(tiny_model, "cpu", "float32")
    engine.load(Report())
    return engine._pipeline


def test_unpacking_is_what_the_pipeline_does_before_it_decodes(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import unpack_flux2

    width, height = 96, 64
    latents = torch.randn(1, 16, height // 16, width // 16, generator=torch.Generator().manual_seed(0))
    decoded_by_pipeline: list[Any] = []

    def keep(_pipeline: Any, _index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        decoded_by_pipeline.append(unpack_flux2(tensors["latents"], (width, height), pipeline.vae))
        return {}

    finished = pipeline(
        prompt="a cat",
        width=width,
        height=height,
        latents=latents,
        num_inference_steps=1,
        guidance_scale=1.0,
        max_sequence_length=48,
        text_encoder_out_layers=(1, 2),
        output_type="latent",
        callback_on_step_end=keep,
        callback_on_step_end_tensor_inputs=["latents"],
    ).images
    assert torch.allclose(decoded_by_pipeline[0], finished, atol=1e-6)


def test_the_map_reads_colours_from_latents_that_the_vae_encodes(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import fit

    weight, bias = fit(pipeline.vae)
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, 0, :, 32:] = 1  # black beside red
    with torch.no_grad():
        latents = pipeline.vae.encode(picture * 2 - 1).latent_dist.mode()
        shown = torch.nn.functional.pixel_shuffle(torch.conv2d(latents, weight, bias, padding=1), 4)
    left, right = shown[0, 0, 8:-8, 4:12].mean(), shown[0, 0, 8:-8, 20:28].mean()
    assert right > left + 0.2


def test_the_map_is_the_same_every_time(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import fit

    assert all(torch.equal(a, b) for a, b in zip(fit(pipeline.vae), fit(pipeline.vae), strict=True))


def test_a_preview_has_the_shape_of_the_picture_and_stays_small(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import Preview

    preview = Preview(pipeline.vae)
    for width, height in ((64, 64), (128, 64), (64, 160), (2048, 1024)):
        tokens = (width // 16) * (height // 16)
        shown = preview.draw(torch.randn(1, tokens, 16), torch.zeros(1, tokens, 16), 0.5, (width, height))
        assert isinstance(shown, Image.Image)
        assert shown.mode == "RGB"
        assert max(shown.size) <= 512
        assert shown.width * height == shown.height * width


def test_the_last_preview_is_of_the_finished_latents(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import Preview

    preview = Preview(pipeline.vae)
    latents = torch.randn(1, 16, 16)
    first = preview.draw(latents, torch.randn(1, 16, 16), 0.0, (64, 64))
    second = preview.draw(latents, torch.randn(1, 16, 16), 0.0, (64, 64))
    assert np.array_equal(np.asarray(first), np.asarray(second))
