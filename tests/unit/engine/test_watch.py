"""Every kind of scheduler is followed alike: steps counted, broken numbers named, the finished picture guessed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import diffusers
import pytest
import torch

from pochade.engine.quiet import quiet
from pochade.engine.watch import Watch, guess, schedule
from pochade.errors import Cancelled, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHAPE = (1, 4, 8, 8)
STEPS = 6

KINDS = [
    ("FlowMatchEulerDiscreteScheduler", {}, "flow"),
    ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0, "use_dynamic_shifting": False}, "flow"),
    ("FlowMatchHeunDiscreteScheduler", {}, "flow"),
    ("DPMSolverMultistepScheduler", {"prediction_type": "flow_prediction", "use_flow_sigmas": True}, "flow"),
    ("UniPCMultistepScheduler", {"prediction_type": "flow_prediction", "use_flow_sigmas": True}, "flow"),
    ("EulerDiscreteScheduler", {}, "noise"),
    ("EulerDiscreteScheduler", {"prediction_type": "v_prediction"}, "velocity"),
    ("EulerDiscreteScheduler", {"prediction_type": "sample"}, "picture"),
    ("EulerAncestralDiscreteScheduler", {}, "noise"),
    ("HeunDiscreteScheduler", {}, "noise"),
    ("DPMSolverMultistepScheduler", {}, "noise"),
    ("DPMSolverMultistepScheduler", {"prediction_type": "v_prediction"}, "velocity"),
    ("DPMSolverSinglestepScheduler", {}, "noise"),
    ("UniPCMultistepScheduler", {}, "noise"),
    ("DEISMultistepScheduler", {}, "noise"),
    ("DDIMScheduler", {}, "noise"),
    ("DDIMScheduler", {"prediction_type": "v_prediction"}, "velocity"),
    ("DDPMScheduler", {}, "noise"),
    ("PNDMScheduler", {"skip_prk_steps": True}, "noise"),
    ("LCMScheduler", {}, "noise"),
    ("TCDScheduler", {}, "noise"),
    ("SCMScheduler", {}, "angle"),
]


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """As the engine calls them: some schedulers warn of what is NumPy's and their own affair."""
    with quiet():
        yield


class Loop:
    """What every pipeline does with its scheduler, around a model that knows the finished latents.

    The model answers exactly what a perfect one would, so x0 must come out right at every step.
    """

    def __init__(self, scheduler: Any, predicts: str) -> None:
        self.scheduler = scheduler
        self.predicts = predicts
        self.components: dict[str, Any] = {"scheduler": scheduler}
        self.finished = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))

    def output(self, sample: torch.Tensor, index: int, time: torch.Tensor) -> torch.Tensor:
        """Solve for the output that stands for the finished latents at this noise."""
        scheduler, target = self.scheduler, self.finished
        if self.predicts == "picture":
            return target
        if self.predicts == "angle":
            scaled = target * scheduler.config.sigma_data
            return (torch.cos(time) * sample - scaled) / torch.sin(time)
        if self.predicts == "flow":
            return (sample - target) / scheduler.sigmas[index]
        if not hasattr(scheduler, "sigmas"):
            share = scheduler.alphas_cumprod[int(time)]
            alpha, sigma = share**0.5, (1 - share) ** 0.5
        elif hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
            alpha, sigma = scheduler._sigma_to_alpha_sigma_t(scheduler.sigmas[index])
        else:
            alpha, sigma = torch.tensor(1.0), scheduler.sigmas[index]
        if self.predicts == "noise":
            return (sample - alpha * target) / sigma
        scale = (alpha**2 + sigma**2) ** 0.5  # 1 where the scale is kept
        alpha, sigma, sample = alpha / scale, sigma / scale, sample / scale
        return (alpha * sample - target) / sigma

    def run(self, start: int = 0, *, tell: bool = True) -> torch.Tensor:
        if isinstance(self.scheduler, diffusers.SCMScheduler):
            self.scheduler.set_timesteps(STEPS, intermediate_timesteps=None)
            times = self.scheduler.timesteps[:-1]
        else:
            self.scheduler.set_timesteps(STEPS)
            times = self.scheduler.timesteps[start:]
        if start:
            self.scheduler.set_begin_index(start)
        if tell:
            self._num_timesteps = len(times)
        sample = torch.randn(SHAPE, generator=torch.Generator().manual_seed(2))
        sample = sample * float(getattr(self.scheduler, "init_noise_sigma", 1.0))
        takes = inspect.signature(self.scheduler.step).parameters
        more = {"generator": torch.Generator().manual_seed(3)} if "generator" in takes else {}
        for index, time in enumerate(times, start):
            output = self.output(sample, index, time)
            sample = self.scheduler.step(output, time, sample, return_dict=False, **more)[0]
        return sample


def loop(name: str, settings: dict[str, Any], predicts: str) -> Loop:
    return Loop(getattr(diffusers, name)(**settings), predicts)


def watch(
    stepped: Callable[[int, int], None] = lambda _done, _total: None,
    looked: Callable[[torch.Tensor], None] = lambda _guess: None,
    checked: Callable[[], None] = lambda: None,
    *,
    wanted: bool = True,
) -> Watch:
    def broken(done: int, total: int) -> str:
        return f"broken at step {done} of {total}"

    return Watch(stepped, broken, looked, lambda: wanted, checked)


@pytest.mark.parametrize(("name", "settings", "predicts"), KINDS)
def test_the_finished_latents_are_guessed_for_every_kind_of_scheduler(
    name: str, settings: dict[str, Any], predicts: str
) -> None:
    painter = loop(name, settings, predicts)
    seen: list[torch.Tensor] = []
    with watch(looked=seen.append).following(painter):
        painter.run()
    assert len(seen) >= STEPS
    for one in seen[:: 2 if "Heun" in name else 1]:  # its second halves start from a trial step
        assert torch.allclose(one, painter.finished, atol=2e-3 * float(painter.finished.abs().max()))


@pytest.mark.parametrize(("name", "settings", "predicts"), KINDS)
def test_steps_are_counted_to_the_last_for_every_kind_of_scheduler(
    name: str, settings: dict[str, Any], predicts: str
) -> None:
    painter = loop(name, settings, predicts)
    told: list[tuple[int, int]] = []
    followed = watch(stepped=lambda done, total: told.append((done, total)))
    with followed.following(painter):
        painter.run()
    assert told == [(done, len(told)) for done in range(1, len(told) + 1)]
    assert followed.done == len(told) >= STEPS


def test_fewer_steps_of_a_strength_are_counted_as_they_are() -> None:
    painter = loop("FlowMatchEulerDiscreteScheduler", {}, "flow")
    told: list[tuple[int, int]] = []
    for tell in (True, False):
        with watch(stepped=lambda done, total: told.append((done, total))).following(painter):
            painter.run(start=4, tell=tell)
        assert told == [(1, 2), (2, 2)]
        told.clear()


def test_a_scheduler_of_an_unknown_kind_shows_where_it_is() -> None:
    class Odd:
        config = type("Config", (), {"prediction_type": "dream"})
        step_index = None

    after = torch.ones(SHAPE)
    assert guess(Odd(), torch.zeros(SHAPE), 1, torch.zeros(SHAPE), (after,)) is after


def test_nothing_is_guessed_where_nobody_looks() -> None:
    painter = loop(*KINDS[0])
    seen: list[torch.Tensor] = []
    with watch(looked=seen.append, wanted=False).following(painter):
        painter.run()
    assert seen == []


def test_numbers_that_break_end_the_call_and_name_the_step() -> None:
    painter = loop(*KINDS[0])
    own = painter.output
    painter.output = lambda sample, index, time: own(sample, index, time) * (float("inf") if index == 3 else 1)
    followed = watch()
    with pytest.raises(ModelError, match="broken at step 4 of 6") as caught, followed.following(painter):
        painter.run()
    assert followed.raised is caught.value


def test_a_stop_ends_the_call_at_the_step_and_the_scheduler_is_as_before() -> None:
    painter = loop(*KINDS[0])

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise Cancelled("stopped")

    followed = watch(stepped=stop)
    with pytest.raises(Cancelled), followed.following(painter):
        painter.run()
    assert followed.done == 2
    assert "step" not in vars(painter.scheduler)
    painter.run()
    assert followed.done == 2


def test_a_stop_takes_effect_whenever_a_component_begins_to_work() -> None:
    painter = loop(*KINDS[0])
    painter.components["text_encoder"] = torch.nn.Linear(2, 2)

    def stop() -> None:
        raise Cancelled("stopped")

    followed = watch(checked=stop)
    with pytest.raises(Cancelled) as caught, followed.following(painter):
        painter.components["text_encoder"](torch.zeros(2))
    assert followed.raised is caught.value
    painter.components["text_encoder"](torch.zeros(2))


def test_pipelines_still_see_what_their_scheduler_takes() -> None:
    painter = loop("EulerAncestralDiscreteScheduler", {}, "noise")
    with watch().following(painter):
        assert "generator" in inspect.signature(painter.scheduler.step).parameters


def test_the_schedule_is_told_from_the_first_step_that_was_made() -> None:
    painter = loop("FlowMatchEulerDiscreteScheduler", {}, "flow")
    painter.run()
    assert schedule(painter.scheduler)["sigmas"] == pytest.approx(painter.scheduler.sigmas.tolist())
    painter.run(start=4)
    assert schedule(painter.scheduler)["sigmas"] == pytest.approx(painter.scheduler.sigmas[4:].tolist())
    ddim = loop("DDIMScheduler", {}, "noise")
    ddim.run()
    assert schedule(ddim.scheduler) == {"timesteps": [float(time) for time in ddim.scheduler.timesteps]}
