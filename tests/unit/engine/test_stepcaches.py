"""Step caches are opt-in, refused where they do not work, start afresh at every call, and can be taken off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
import torch

from pochade.engine import levers
from pochade.engine.quiet import quiet
from pochade.engine.stepcaches import CACHES, StepCache
from pochade.errors import RequestError


@pytest.fixture
def pipeline() -> Any:
    return tiny.build()


def paint(pipeline: Any, steps: int = 6) -> np.ndarray:
    with quiet():
        [image] = pipeline(
            prompt="a cat",
            width=64,
            height=64,
            num_inference_steps=steps,
            guidance_scale=1.0,
            max_sequence_length=48,
            text_encoder_out_layers=(1, 2),
            generator=torch.Generator().manual_seed(3),
        ).images
    return np.asarray(image).astype(int)


def block_calls(pipeline: Any) -> list[int]:
    """Count how often the model's layers really work."""
    calls: list[int] = []
    for block in pipeline.transformer.single_transformer_blocks:
        block.attn.to_out.register_forward_hook(lambda *_: calls.append(1))
    return calls


@pytest.mark.parametrize("name", ["taylorseer", "pyramid"])
def test_a_named_cache_saves_work_starts_afresh_and_can_be_taken_off(pipeline: Any, name: str) -> None:
    calls = block_calls(pipeline)
    plain = paint(pipeline)
    whole = len(calls)
    applied = levers.apply(pipeline.components, levers.chosen(cache=name), "cpu")
    applied.adopt(pipeline)
    calls.clear()
    cached = []
    for _ in range(2):
        with applied.call(pipeline, size=(64, 64), steps=6):
            cached.append(paint(pipeline))
    assert len(calls) < 2 * whole
    assert np.array_equal(*cached)
    assert applied.facts()["cache"] == name
    applied.release()
    assert np.array_equal(paint(pipeline), plain)


def test_no_cache_is_used_unless_it_is_named(pipeline: Any) -> None:
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu")
    with applied.call(pipeline, size=(64, 64), steps=6):
        assert not pipeline.transformer.is_cache_enabled
    assert applied.facts()["cache"] is None


def test_a_cache_that_breaks_this_model_is_refused_with_those_that_work(pipeline: Any) -> None:
    said = r"cache='first-block' does not work with Flux2Transformer2DModel; these do: pyramid, taylorseer\."
    with pytest.raises(RequestError, match=said):
        levers.apply(pipeline.components, levers.chosen(cache="first-block"), "cpu")


def test_a_model_without_caches_is_refused(pipeline: Any) -> None:
    with pytest.raises(RequestError, match=r"AutoencoderKLFlux2 works without step caches. Leave cache=None"):
        StepCache("taylorseer", pipeline.vae)


def test_flux_takes_every_cache_and_counts_the_steps_of_each_call() -> None:
    from diffusers import FluxTransformer2DModel

    denoiser = FluxTransformer2DModel(
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=8,
        pooled_projection_dim=8,
        axes_dims_rope=(4, 4, 8),
    )
    for name in CACHES:
        cache = StepCache(name, denoiser)
        for steps in (8, 20, 20):
            cache.prepare(None, steps)
            assert denoiser.is_cache_enabled
            ratios = getattr(denoiser._cache_config, "mag_ratios", None)
            assert ratios is None or len(ratios) == steps
        cache.stop()
        assert not denoiser.is_cache_enabled


@pytest.mark.parametrize("name", ["taylorseer", "pyramid"])
def test_a_call_that_was_broken_off_leaves_nothing_for_the_next(pipeline: Any, name: str) -> None:
    applied = levers.apply(pipeline.components, levers.chosen(cache=name), "cpu")
    applied.adopt(pipeline)

    def once() -> np.ndarray:
        with applied.call(pipeline, size=(64, 64), steps=6):
            return paint(pipeline)

    def stop(_pipeline: Any, step: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if step == 3:
            raise KeyboardInterrupt
        return tensors

    before = once()
    with pytest.raises(KeyboardInterrupt), applied.call(pipeline, size=(64, 64), steps=6), quiet():
        pipeline(
            prompt="a dog",
            width=64,
            height=64,
            num_inference_steps=6,
            guidance_scale=1.0,
            max_sequence_length=48,
            text_encoder_out_layers=(1, 2),
            callback_on_step_end=stop,
        )
    assert np.array_equal(once(), before)
