"""Step caches: a step that changes little is guessed from the ones before it instead of being worked out.

They stand apart from the other levers because they change the picture: none is ever used unless a person names it.
diffusers brings the caches; here is which of them works with which model.

Sources: TaylorSeer arXiv:2503.06923, Pyramid Attention Broadcast arXiv:2408.12588, MagCache
github.com/Zehong-Ma/MagCache, First Block Cache github.com/chengzeyi/ParaAttention.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

from pochade.errors import RequestError

__all__ = ["CACHES", "StepCache"]

CACHES = ("first-block", "magcache", "pyramid", "taylorseer")
_BLOCKS_IN_PAIRS = ("Flux2Transformer2DModel",)
"""Denoisers whose blocks give and take lists that First Block Cache subtracts as if they were tensors (0.42.1)."""
_WITH_RATIOS = ("FluxTransformer2DModel",)
"""Denoisers that diffusers has the magnitude ratios of, which are measured once for every set of weights."""


class _Cacheable(Protocol):
    """What diffusers' `CacheMixin` adds to a denoiser."""

    dtype: Any

    def enable_cache(self, config: Any) -> None: ...

    def disable_cache(self) -> None: ...

    def _reset_stateful_cache(self) -> None: ...


class StepCache:
    """One cache on one denoiser.

    Parameters
    ----------
    name : str
        One of `CACHES`.
    denoiser : Module
        The model that is called at every step.

    Raises
    ------
    RequestError
        If this model cannot be used with it.
    """

    def __init__(self, name: str, denoiser: Any) -> None:
        self.name = name
        self._steps: int | None = None
        self._pipeline: Any = None
        kind = type(denoiser).__name__
        if not hasattr(denoiser, "enable_cache"):
            raise RequestError(f"cache={name!r} cannot be used: {kind} works without step caches. Leave cache=None.")
        fitting = [other for other in CACHES if _fits(other, kind)]
        if name not in fitting:
            raise RequestError(f"cache={name!r} does not work with {kind}; these do: {', '.join(fitting)}.")
        self._denoiser = cast("_Cacheable", denoiser)

    def prepare(self, pipeline: Any, steps: int) -> None:
        """Make ready for a call of this pipeline with so many steps; what earlier calls left is gone."""
        self._pipeline = pipeline
        if steps != self._steps:
            self.stop()
            self._denoiser.enable_cache(self._config(steps))
            self._steps = steps
        else:  # diffusers does so at the end of a call, which one that was stopped never reaches
            self._denoiser._reset_stateful_cache()  # noqa: SLF001 - diffusers has no public way

    def stop(self) -> None:
        """Take the cache off the denoiser."""
        if self._steps is not None:
            self._denoiser.disable_cache()
            self._steps = None

    def _config(self, steps: int) -> Any:
        """Choose settings: a third of the steps are guessed at most, never one of the first two."""
        from diffusers import hooks
        from diffusers.hooks.mag_cache import FLUX_MAG_RATIOS

        if self.name == "first-block":
            return hooks.FirstBlockCacheConfig(threshold=0.1)
        if self.name == "magcache":
            return hooks.MagCacheConfig(mag_ratios=FLUX_MAG_RATIOS, num_inference_steps=steps)
        if self.name == "pyramid":
            return hooks.PyramidAttentionBroadcastConfig(
                spatial_attention_block_skip_range=2,
                spatial_attention_timestep_skip_range=(100, 950),
                current_timestep_callback=lambda: self._pipeline.current_timestep,
            )
        return hooks.TaylorSeerCacheConfig(
            cache_interval=2, disable_cache_before_step=2, taylor_factors_dtype=self._denoiser.dtype
        )


def _fits(name: str, kind: str) -> bool:
    if name == "first-block":
        return kind not in _BLOCKS_IN_PAIRS
    return name != "magcache" or kind in _WITH_RATIOS
