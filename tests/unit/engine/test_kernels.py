"""Attention and compiled blocks are chosen for one model, give the same picture, and do without what is missing."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny
import torch

from pochade.engine import kernels, levers
from pochade.engine.quiet import quiet
from pochade.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pipeline() -> Any:
    return tiny.build()


def paint(pipeline: Any, applied: levers.Applied | None = None) -> np.ndarray:
    with quiet():
        call = {
            "prompt": "a cat",
            "width": 64,
            "height": 64,
            "num_inference_steps": 2,
            "guidance_scale": 1.0,
            "max_sequence_length": 48,
            "text_encoder_out_layers": (1, 2),
            "generator": torch.Generator().manual_seed(3),
        }
        if applied is None:
            [image] = pipeline(**call).images
        else:
            with applied.call(pipeline, size=(64, 64)):
                [image] = pipeline(**call).images
    return np.asarray(image).astype(int)


def backends(pipeline: Any) -> set[str]:
    chosen = (getattr(module, "processor", None) for module in pipeline.transformer.modules())
    return {str(one._attention_backend) for one in chosen if hasattr(one, "_attention_backend")}


def test_a_backend_is_chosen_for_one_model_and_not_for_the_process(pipeline: Any) -> None:
    from diffusers.models.attention_dispatch import _AttentionBackendRegistry as Registry

    before = Registry.get_active_backend()
    plain = paint(pipeline)
    applied = levers.apply(pipeline.components, levers.chosen(attention="_native_math"), "cpu")
    assert backends(pipeline) == {"AttentionBackendName._NATIVE_MATH"}
    assert backends(tiny.build()) == {"None"}
    assert Registry.get_active_backend() == before
    assert np.abs(paint(pipeline, applied) - plain).max() <= 1
    assert applied.facts()["attention"] == "_native_math"
    applied.release()
    assert backends(pipeline) == {"None"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fast", r"attention='fast' is no attention of diffusers. Use \"auto\", \"off\" or one of .*'native'"),
        ("flash", "attention='flash' cannot be used here: .*flash-attn"),
        ("sage", "attention='sage' cannot be used here: "),
    ],
)
def test_a_backend_that_is_not_there_is_refused_with_why(pipeline: Any, name: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        levers.apply(pipeline.components, levers.chosen(attention=name), "cpu")


def test_a_model_with_attention_of_its_own_is_told_so(pipeline: Any) -> None:
    with pytest.raises(RequestError, match="AutoencoderKLFlux2 computes attention in its own way"):
        kernels.set_attention(pipeline.vae, "native")


def test_on_the_cpu_attention_stays_as_it_is(pipeline: Any) -> None:
    assert kernels.attention("auto", pipeline.transformer, "cpu", torch.float32) is None
    assert kernels.attention("off", pipeline.transformer, "cuda:0", torch.bfloat16) is None


def test_nothing_is_compiled_on_the_cpu_unless_it_is_asked(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "COMPILE_SECONDS", 0.0)
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu")
    for _ in range(2):
        paint(pipeline, applied)
    assert applied.facts()["compile"] == "off"
    assert all(block._compiled_call_impl is None for block in pipeline.transformer.single_transformer_blocks)


def test_compiling_waits_until_it_would_have_paid(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    regions = kernels.Regions(pipeline.transformer, "cuda:0")
    started: list[int] = []
    monkeypatch.setattr(regions, "start", lambda: started.append(1))
    regions.painted(0.9 * kernels.COMPILE_SECONDS / kernels.GAIN)
    assert not started
    regions.painted(0.1 * kernels.COMPILE_SECONDS / kernels.GAIN)
    assert started == [1]


def test_a_missing_compiler_costs_speed_and_not_the_picture(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = paint(pipeline)
    monkeypatch.setenv("CXX", "no-such-compiler")
    applied = levers.apply(pipeline.components, levers.chosen(compile="regions"), "cpu")
    assert np.abs(paint(pipeline, applied) - plain).max() <= 1
    assert applied.facts()["compile"] == "off: there is no C++ compiler (no-such-compiler)"


def test_a_model_that_names_no_blocks_is_not_compiled(pipeline: Any) -> None:
    regions = kernels.Regions(pipeline.vae, "cpu")
    regions.start()
    assert regions.state == "off: AutoencoderKLFlux2 names no blocks that repeat"
    assert not regions.on


def _break(block: Any, error: Exception) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise error

    block.compile = lambda: setattr(block, "_compiled_call_impl", broken)


def test_a_compiler_that_fails_in_the_middle_of_a_picture_costs_speed_and_not_the_picture(pipeline: Any) -> None:
    from torch._dynamo.exc import Unsupported

    plain = paint(pipeline)
    for block in kernels.Regions(pipeline.transformer, "cpu").blocks:
        _break(block, Unsupported("a picture of this shape\nand much more", "test"))
    applied = levers.apply(pipeline.components, levers.chosen(compile="regions"), "cpu")
    assert np.abs(paint(pipeline, applied) - plain).max() <= 1
    assert applied.facts()["compile"].startswith("off: a picture of this shape")
    assert np.abs(paint(pipeline, applied) - plain).max() <= 1


def test_what_a_block_itself_does_wrong_is_not_hidden(pipeline: Any) -> None:
    for block in kernels.Regions(pipeline.transformer, "cpu").blocks:
        _break(block, torch.OutOfMemoryError("CUDA out of memory"))
    applied = levers.apply(pipeline.components, levers.chosen(compile="regions"), "cpu")
    with pytest.raises(torch.OutOfMemoryError):
        paint(pipeline, applied)
    assert applied.facts()["compile"] == "regions"


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch's compiler, about PyTorch
def test_compiled_blocks_paint_the_same_picture(pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = kernels.Regions(pipeline.transformer, "cpu").why_not()
    if missing:
        pytest.skip(missing)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    plain = paint(pipeline)
    applied = levers.apply(pipeline.components, levers.chosen(compile="regions"), "cpu")
    for _ in range(2):
        got = paint(pipeline, applied)
        assert np.abs(got - plain).max() <= 1
        assert (got != plain).mean() < 0.001
    assert applied.facts()["compile"] == "regions"
    assert list(tmp_path.rglob("*.cpp")), f"nothing was compiled with {shutil.which('g++') or os.environ.get('CXX')}"
    applied.release()
    assert np.array_equal(paint(pipeline), plain)
