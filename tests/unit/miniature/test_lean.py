"""The blocks for training on a CPU reckon what the pipeline's own blocks do, forward and backward."""

from __future__ import annotations

import copy
import shutil
from dataclasses import replace

import pytest
import torch
from diffusers import Flux2Transformer2DModel
from lacking import lacking
from safetensors.torch import load_file
from torch import nn

from pochade.miniature import train
from pochade.miniature.model import Denoiser, Shape, build_text_encoder, build_transformer, mixed
from pochade.miniature.training import lean
from pochade.miniature.training.presets import PRESETS

SHAPE = Shape(side=64, width=128, heads=2, double=2, single=3, text_width=96, text_layers=2, text_length=12)
CELLS = (4, 4)

# the plain blocks norm bf16 with weights in float, of which PyTorch says that it could be quicker
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("ignore:Mismatch dtype")]


@pytest.fixture(scope="module", autouse=True)
def _kernels():
    if why := lean.built()[1]:
        lacking(f"the lean blocks: {why}")


@pytest.fixture
def transformer() -> Flux2Transformer2DModel:
    torch.manual_seed(7)
    made = build_transformer(SHAPE)
    for name, parameter in made.named_parameters():
        if "norm" in name:  # ones as they are made, which would hide weights that are mixed up
            nn.init.uniform_(parameter, 0.5, 1.5)
    nn.init.normal_(made.proj_out.weight, std=0.1)
    return made


def taught_once(transformer: nn.Module, references: int, *, half: bool) -> dict[str, torch.Tensor]:
    """What a transformer answers, and every gradient of a step, with its products in bf16 or all in float."""
    torch.manual_seed(3)
    denoiser = Denoiser(build_text_encoder(64, SHAPE), transformer, SHAPE)
    noisy, source = torch.randn(5, 16, 64), torch.randn(5, 16 * references, 64)
    text, level = torch.randn(5, 12, 192, requires_grad=True), torch.rand(5)
    if half:
        with mixed("cpu"):
            velocity = denoiser(noisy, level, source, text, CELLS)
    else:
        velocity = denoiser(noisy, level, source, text, CELLS)
    (velocity - noisy).square().mean().backward()
    gradients = {name: parameter.grad for name, parameter in transformer.named_parameters()}
    return {"velocity": velocity.detach(), "text": text.grad, **gradients}


def off(found: torch.Tensor, true: torch.Tensor) -> float:
    return ((found - true).norm() / true.norm()).item()


@pytest.mark.parametrize("references", [0, 1, 2])
def test_answers_and_every_gradient_are_as_near_the_truth_as_those_of_plain_bf16(transformer, references):
    true = taught_once(copy.deepcopy(transformer), references, half=False)
    plain = taught_once(copy.deepcopy(transformer), references, half=True)
    assert lean.quicken(transformer) == ""
    quick = taught_once(transformer, references, half=True)
    assert quick.keys() == true.keys()
    for name, value in true.items():
        assert off(quick[name], value) < max(0.02, 1.5 * off(plain[name], value)), name


def test_threads_do_not_change_the_gradients(transformer):
    lean.quicken(transformer)
    found = []
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            transformer.zero_grad()
            found.append(taught_once(transformer, 1, half=True))
    finally:
        torch.set_num_threads(threads)
    for name, value in found[0].items():
        assert off(found[1][name], value) < 0.005, name


def test_what_is_saved_is_the_same(transformer, tmp_path):
    before = {name: value.clone() for name, value in transformer.state_dict().items()}
    lean.quicken(transformer)
    transformer.save_pretrained(tmp_path)
    again = Flux2Transformer2DModel.from_pretrained(tmp_path).state_dict()
    assert again.keys() == before.keys()
    assert all(torch.equal(again[name], value) for name, value in before.items())


def test_training_goes_on_with_lean_blocks_also_where_a_preset_would_compile(tmp_path):
    preset = replace(PRESETS["tiny"], vae_seconds=1, base_seconds=3, compile=True, lean=True)
    for stage in ("vae", "base"):
        train.run(stage, tmp_path, preset)
    weights = load_file(tmp_path / "base.safetensors")
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_gates_far_from_zero_are_open_or_shut_and_never_nan():
    gates = torch.tensor([-1e4, -200.0, -100.0, -89.0, 0.0, 89.0, 200.0, 1e4])
    p = torch.cat([gates, torch.ones(8)]).bfloat16().view(1, 1, 16).requires_grad_()
    found = lean._SwiGLU.apply(p)
    found.sum().backward()
    true = torch.nn.functional.silu(gates.bfloat16().float())
    assert torch.allclose(found.flatten().float(), true, rtol=0.01)
    assert torch.isfinite(p.grad).all()


def test_shapes_that_the_kernels_are_not_written_for_are_refused():
    kernels = lean.built()[0]
    x, mod = torch.zeros(4, 3, 64).bfloat16(), torch.zeros(4, 192)
    for wrong in (mod[:1], mod.t().contiguous().t(), mod[:, :100].contiguous()):
        with pytest.raises(RuntimeError, match="modulation"):
            kernels.gated(x, x, wrong, 128)
    norms, places = torch.ones(4, 64), torch.zeros(2, 3, 64)
    with pytest.raises(RuntimeError, match="heads"):
        kernels.attend(torch.zeros(4, 3, 100).bfloat16(), norms, places, 0, 1)
    with pytest.raises(RuntimeError, match="positions"):
        kernels.attend(torch.zeros(4, 3, 192).bfloat16(), norms, torch.zeros(2, 2, 64), 0, 1)
    other = build_transformer(Shape(side=64, width=96, heads=2, double=1, single=1, text_width=96, text_layers=2))
    assert "64" in lean.quicken(other)
    assert all("forward" not in vars(block) for block in other.single_transformer_blocks)


def test_without_a_compiler_the_blocks_stay_as_they_are(transformer, monkeypatch):
    kept = lean.built()
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(lean, "built", lean.built.__wrapped__)
    assert "ninja" in lean.quicken(transformer)
    assert all("forward" not in vars(block) for block in transformer.single_transformer_blocks)
    monkeypatch.undo()
    assert lean.built() is kept


def test_what_the_compiler_says_is_handed_on(transformer, monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/compiler")
    monkeypatch.setattr(lean, "built", lean.built.__wrapped__)
    assert "could not be compiled" in lean.quicken(transformer)
