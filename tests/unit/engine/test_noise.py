"""A seed means the same noise in every precision, alone or in a batch, and for nobody else in the process."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, EulerAncestralDiscreteScheduler
from diffusers.models.autoencoders import vae
from diffusers.pipelines.flux2 import pipeline_flux2_klein
from diffusers.schedulers import scheduling_euler_ancestral_discrete

from pochade.engine.noise import ambient_seed, fp32_noise, generators
from pochade.engine.quiet import quiet

SHAPE = (2, 4, 5, 5)  # an odd number of numbers: PyTorch 2.13 draws those otherwise in half precision


class Painter(DiffusionPipeline):
    """A pipeline whose module is diffusers' own for klein, without its weights."""

    __module__ = pipeline_flux2_klein.__name__

    def __init__(self) -> None:
        super().__init__()
        self.register_modules(scheduler=EulerAncestralDiscreteScheduler())


@pytest.fixture
def painter() -> Painter:
    with quiet():  # this scheduler warns of what is NumPy's and its own affair
        return Painter()


def draw(module: Any, seeds: list[int], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    shape = (len(seeds), *SHAPE[1:])
    return module.randn_tensor(shape, generator=generators(seeds), device=torch.device("cpu"), dtype=dtype)


def test_noise_is_the_same_in_every_precision_up_to_rounding(painter: Painter) -> None:
    module = pipeline_flux2_klein
    full = draw(module, [3])
    with fp32_noise(painter):
        assert torch.equal(draw(module, [3]), full)
        assert torch.equal(draw(module, [3], torch.bfloat16), full.to(torch.bfloat16))
        assert torch.equal(draw(module, [3], torch.float16), full.to(torch.float16))
    assert not torch.equal(draw(module, [3], torch.bfloat16), full.to(torch.bfloat16))  # diffusers' own way


def test_a_picture_of_a_batch_starts_from_the_noise_that_its_seed_gives_alone(painter: Painter) -> None:
    with fp32_noise(painter):
        batch = draw(pipeline_flux2_klein, [5, 6], torch.bfloat16)
        assert torch.equal(batch[1:], draw(pipeline_flux2_klein, [6], torch.bfloat16))


def test_a_scheduler_that_adds_noise_draws_it_alike(painter: Painter) -> None:
    with fp32_noise(painter):
        drawn = draw(scheduling_euler_ancestral_discrete, [3], torch.bfloat16)
    assert torch.equal(drawn, draw(scheduling_euler_ancestral_discrete, [3]).to(torch.bfloat16))


def test_encoding_a_picture_takes_the_most_probable_latents_and_uses_no_noise_up(painter: Painter) -> None:
    spread = vae.DiagonalGaussianDistribution(torch.randn(1, 8, 4, 4, generator=generators([0])[0]))
    [generator] = generators([3])
    before = generator.get_state()
    with fp32_noise(painter):
        assert torch.equal(spread.sample(generator), spread.mode())
    assert torch.equal(generator.get_state(), before)
    assert not torch.equal(spread.sample(generator), spread.mode())


def test_other_threads_draw_as_diffusers_does_meanwhile(painter: Painter) -> None:
    own = draw(pipeline_flux2_klein, [3], torch.bfloat16)
    drawn: list[torch.Tensor] = []
    with fp32_noise(painter):
        thread = threading.Thread(target=lambda: drawn.append(draw(pipeline_flux2_klein, [3], torch.bfloat16)))
        thread.start()
        thread.join()
        assert not torch.equal(draw(pipeline_flux2_klein, [3], torch.bfloat16), own)
    assert torch.equal(drawn[0], own)


def test_draws_without_a_generator_are_left_alone(painter: Painter) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        own = pipeline_flux2_klein.randn_tensor(SHAPE, dtype=torch.bfloat16)
        torch.manual_seed(1)
        with fp32_noise(painter):
            assert torch.equal(pipeline_flux2_klein.randn_tensor(SHAPE, dtype=torch.bfloat16), own)


def test_works_nest_and_an_error_inside_ends_them(painter: Painter) -> None:
    own = draw(pipeline_flux2_klein, [3], torch.bfloat16)
    with pytest.raises(KeyError), fp32_noise(painter), fp32_noise(painter):
        raise KeyError
    assert torch.equal(draw(pipeline_flux2_klein, [3], torch.bfloat16), own)


def test_modules_are_prepared_once(painter: Painter) -> None:
    with fp32_noise(painter):
        prepared = pipeline_flux2_klein.randn_tensor
    with fp32_noise(painter):
        assert pipeline_flux2_klein.randn_tensor is prepared


def test_a_scheduler_that_draws_nothing_needs_nothing(painter: Painter) -> None:
    painter.scheduler = DDIMScheduler()
    with fp32_noise(painter):
        assert draw(pipeline_flux2_klein, [3]).shape == (1, *SHAPE[1:])


def test_ambient_draws_follow_the_seed_and_leave_the_process_where_it_was() -> None:
    before = torch.random.get_rng_state()
    with ambient_seed(7, "cpu"):
        first = torch.randn(4)
    with ambient_seed(7, "cpu"):
        assert torch.equal(torch.randn(4), first)
    assert torch.equal(torch.random.get_rng_state(), before)
