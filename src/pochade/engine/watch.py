"""Follows a running pipeline through the one thing that every family calls at every step: its scheduler.

Some pipelines have no callback and others no way to be interrupted, but all of them hand the model's output to
`scheduler.step`. Wrapping that method on the view's own scheduler gives progress, a stop within one step, a check of
the numbers and a look at the picture, for every family alike.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

__all__ = ["Watch", "guess", "schedule"]


class Watch:
    """What is done at every step of one call of a pipeline.

    Parameters
    ----------
    stepped : callable
        ``stepped(done, total)``: told after every step how many are done and how many this call has; may raise to end
        the call.
    broken : callable
        ``broken(done, total)``: gives the sentence for an error when numbers are NaN or infinite after a step.
    looked : callable
        ``looked(guess)``: given the model's guess of the finished latents, laid out as the scheduler steps through
        them.
    wanted : callable
        Says before each look whether it is wanted.
    checked : callable
        Called whenever a component begins to work, also before the first step; may raise to end the call.

    Attributes
    ----------
    done : int
        How many steps are finished.
    raised : BaseException or None
        What ended the call from in here, so that it can be told from what the pipeline itself raises.
    """

    def __init__(
        self,
        stepped: Callable[[int, int], None],
        broken: Callable[[int, int], str],
        looked: Callable[[Tensor], None],
        wanted: Callable[[], bool],
        checked: Callable[[], None],
    ) -> None:
        self._stepped = stepped
        self._broken = broken
        self._looked = looked
        self._wanted = wanted
        self._checked = checked
        self.done = 0
        self.raised: BaseException | None = None

    @contextmanager
    def following(self, pipeline: Any) -> Iterator[None]:
        """Watch this pipeline inside; it is put back as it was.

        A model that writes tokens before it paints, or is guided by two passes a step, is at work for long between two
        steps: so its components are watched too.
        """
        scheduler = pipeline.scheduler
        own = scheduler.step
        pipeline._num_timesteps = None  # noqa: SLF001 - what an earlier call left there is not this one's

        @functools.wraps(own)  # pipelines ask the signature what may be passed
        def step(model_output: Tensor, timestep: Any, sample: Tensor, *args: Any, **more: Any) -> Any:
            answer = own(model_output, timestep, sample, *args, **more)
            with self._noting():
                self._after(pipeline, model_output, timestep, sample, answer)
            return answer

        def begins(*_: Any) -> None:
            with self._noting():
                self._checked()

        modules = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
        hooks = [module.register_forward_pre_hook(begins) for module in modules]
        scheduler.step = step
        try:
            yield
        finally:
            del scheduler.step
            for hook in hooks:
                hook.remove()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.raised = error
            raise

    def _after(self, pipeline: Any, output: Tensor, timestep: Any, sample: Tensor, answer: Any) -> None:
        self.done += 1
        total = max(self.done, _total(pipeline))
        if not _stepped_to(answer).isfinite().all():
            raise ModelError(self._broken(self.done, total))
        self._stepped(self.done, total)
        if self._wanted():
            self._looked(guess(pipeline.scheduler, output, timestep, sample, answer))


def guess(scheduler: Any, output: Tensor, timestep: Any, sample: Tensor, answer: Any) -> Tensor:
    """Work out the finished latents x0 that a model's output stands for.

    Parameters
    ----------
    scheduler : SchedulerMixin
        Just after its step.
    output, timestep, sample
        What the step was given: the model's output, the time and the noisy latents.
    answer : tuple or output object
        What the step returned.

    Returns
    -------
    Tensor
        fp32, shaped like `sample`; for a scheduler of an unknown kind, the latents after the step.

    Notes
    -----
    Let s be the noise level, e the predicted noise and v the predicted velocity. Flow matching, x = (1 - s) x0 + s e,
    predicts v = e - x0: x0 = x - s v (Lipman et al. 2022, https://arxiv.org/abs/2210.02747). Where x = a x0 + s e, with
    a = 1 in the schedulers that follow Karras et al. (2022, https://arxiv.org/abs/2206.00364), x0 = (x - s e) / a; and
    where a² + s² = 1 and v = a e - s x0, x0 = a x - s v (Salimans and Ho 2022, https://arxiv.org/abs/2202.00512).
    TrigFlow, whose time is an angle t and whose data are scaled by d, has x0 = (cos t x - sin t v) / d (Lu and Song
    2024, https://arxiv.org/abs/2410.11081).
    """
    shares = _shares(scheduler, torch.as_tensor(timestep).flatten()[0])  # some pass a time for every picture
    if shares is None:
        return _stepped_to(answer)
    of_sample, of_output = (float(share) for share in shares)
    return of_sample * sample.float() + of_output * output.float()


def _shares(scheduler: Any, time: Tensor) -> tuple[Any, Any] | None:
    """How much of the noisy latents and how much of the output make x0; None for a scheduler of an unknown kind."""
    kind = getattr(scheduler.config, "prediction_type", None)
    sigmas, index = getattr(scheduler, "sigmas", None), getattr(scheduler, "step_index", None)
    if kind == "sample":
        return 0, 1
    if kind == "trigflow":
        scale = scheduler.config.sigma_data
        return torch.cos(time) / scale, -torch.sin(time) / scale
    if sigmas is not None and index:
        return _shares_at(scheduler, kind, sigmas[index - 1])
    if hasattr(scheduler, "alphas_cumprod"):
        share = scheduler.alphas_cumprod[int(time)]
        return _preserving(kind, share**0.5, (1 - share) ** 0.5)
    return None


def _shares_at(scheduler: Any, kind: str | None, sigma: Any) -> tuple[Any, Any]:
    """The same for a scheduler that knows the noise level itself."""
    if kind in {None, "flow_prediction"}:
        return 1, -sigma
    if hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
        return _preserving(kind, *scheduler._sigma_to_alpha_sigma_t(sigma))  # noqa: SLF001 - where it is written
    if kind == "v_prediction":
        alpha = (sigma**2 + 1) ** -0.5  # puts the latents back on the scale where they keep their size
        return alpha**2, -sigma * alpha
    return 1, -sigma


def _preserving(kind: str | None, alpha: Any, sigma: Any) -> tuple[Any, Any]:
    return (alpha, -sigma) if kind == "v_prediction" else (1 / alpha, -sigma / alpha)


def schedule(scheduler: Any) -> dict[str, list[float]]:
    """Tell the noise levels of the last call, as JSON: "sigmas", or "timesteps" where a scheduler counts in those."""
    name = "sigmas" if getattr(scheduler, "sigmas", None) is not None else "timesteps"
    first = getattr(scheduler, "begin_index", None) or 0
    return {name: torch.as_tensor(getattr(scheduler, name))[first:].float().tolist()}


def _stepped_to(answer: Any) -> Tensor:
    latents: Tensor = answer[0] if isinstance(answer, tuple) else answer.prev_sample
    return latents


def _total(pipeline: Any) -> int:
    """Say how many times this call steps: what the pipeline tells, or what its scheduler was set to."""
    told = pipeline._num_timesteps  # noqa: SLF001 - some have no public name for it
    if told is not None:
        return int(told)
    scheduler = pipeline.scheduler
    return len(scheduler.timesteps) - (getattr(scheduler, "begin_index", None) or 0)
