"""The blocks for training on a CPU reckon what the pipeline's own blocks do, forward and backward."""

from __future__ import annotations

import copy
import os
import shutil

import pytest
import torch
from diffusers import Flux2Transformer2DModel
from torch import nn

from pochade.miniature.model import Denoiser, Shape, build_text_encoder, build_transformer, mixed
from pochade.miniature.training import lean

SHAPE = Shape(side=64, width=128, heads=2, double=2, single=3, text_width=96, text_layers=2, text_length=12)
CELLS = (4, 4)

# the plain blocks norm bf16 with weights in float, of which PyTorch says that it could be quicker
pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("ignore:Mismatch dtype")]


@pytest.fixture(scope="module", autouse=True)
def _kernels():
    if lean.kernels() is None:
        assert "CI" not in os.environ, "the kernels could not be compiled"
        pytest.skip("no C++ compiler, or no ninja, here")


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
    assert lean.quicken(transformer)
    quick = taught_once(transformer, references, half=True)
    assert quick.keys() == true.keys()
    for name, value in true.items():
        assert off(quick[name], value) < max(0.02, 1.5 * off(plain[name], value)), name


def test_threads_do_not_change_the_gradients(transformer):
    lean.quicken(transformer)
    found = []
    threads = torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        transformer.zero_grad()
        found.append(taught_once(transformer, 1, half=True))
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


def test_without_a_compiler_the_blocks_stay_as_they_are(transformer, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    lean.kernels.cache_clear()
    try:
        assert not lean.quicken(transformer)
        assert all("forward" not in vars(block) for block in transformer.single_transformer_blocks)
    finally:
        lean.kernels.cache_clear()
