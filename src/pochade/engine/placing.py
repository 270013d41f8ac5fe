"""Puts a model's components into memory as a plan of `memory` says, and lowers that plan while the model is loaded.

It stands apart from `memory.py`, which only counts, because this is where PyTorch, diffusers' hooks and the libraries
that quantise come in. Every hook sits on a component, none on a pipeline, so all pipelines over the same components
work alike. Worker thread only.

Sources: diffusers 0.42 `hooks/group_offloading.py`, `hooks/layerwise_casting.py` and
`DiffusionPipeline.enable_model_cpu_offload`; accelerate `cpu_offload_with_hook`.
"""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pochade.engine.memory import lower as level_below
from pochade.engine.memory import told
from pochade.engine.needs import kept_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.nn import Module

    from pochade.engine.memory import Plan

__all__ = ["arrange", "free", "lower", "rearrange", "rest", "settle"]

_SKIPPED = ("norm", "embed", "shared", "lm_head", r"(^|\.)wo$")
"""Layers of text encoders that keep their precision, as `kept_whole` counts them."""


def settle(part: str, component: Any, plan: Plan) -> Any:
    """Bring one component, just loaded on the CPU, into the state that a plan wants.

    Components are settled one after the other as they are loaded: at the levels that shorten weights there is never
    more than one in full length.

    Parameters
    ----------
    part : str
        Its name in the pipeline.
    component : object
        A model, or a tokenizer or scheduler, which is given back as it is.
    plan : Plan
        How it is to lie.
    """
    import torch

    if not isinstance(component, torch.nn.Module):
        return component
    if plan.level == "fp8":
        _eight(part, component, getattr(torch, plan.dtype))
    elif plan.level == "quantised":
        _quantise(part, component, plan, getattr(torch, plan.dtype))
    if not plan.waiting or kept_whole(part):
        component.to(plan.device)
    return component


def arrange(components: Mapping[str, Any], plan: Plan) -> None:
    """Make settled components come to the device when they are needed; does nothing where they lie there already."""
    if not plan.waiting:
        return
    movable = _movable(components)
    if plan.level in {"group", "fp8"}:
        for component in movable.values():
            _by_layers(component, plan.device)
    else:
        _by_turns(list(movable.values()), plan.device)


def rest(components: Mapping[str, Any]) -> None:
    """Send what came to the device by turns back to main memory.

    To be called after every call of a pipeline, also one that was stopped or failed: its end is where a component would
    otherwise be left.
    """
    for component in _movable(components).values():
        hook = getattr(component, "_hf_hook", None)
        if hook is not None and hasattr(hook, "execution_device"):
            component.to("cpu")


def lower(components: Mapping[str, Any], now: Plan) -> Plan | None:
    """Take loaded components one level down, after memory ran out.

    Parameters
    ----------
    components : mapping
        All components of the model, as they were arranged by `now`.
    now : Plan
        The plan that was too much.

    Returns
    -------
    Plan or None
        The plan in force from now on; None, with nothing changed, if there is no lower level or the model would have to
        be loaded anew for it, as for "quantised".
    """
    level = level_below(now)
    if level is None or level == "quantised":
        return None
    plan = replace(now, level=level, waiting=now.device != "cpu", sentence=told(now.device, level))
    rearrange(components, plan)
    return plan


def rearrange(components: Mapping[str, Any], plan: Plan) -> None:
    """Bring loaded components from however they lie to what a plan says; what was shortened stays so."""
    _clear(components, keep="cpu" if plan.waiting else plan.device)
    for part, component in components.items():
        settle(part, component, plan)
    arrange(components, plan)
    free(plan.device)


def free(device: str) -> None:
    """Give back what nobody holds any more."""
    import torch

    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()


def _movable(components: Mapping[str, Any]) -> dict[str, Module]:
    """Name the components that may wait elsewhere; the VAE is small, and its parts are called one by one."""
    import torch

    return {
        part: component
        for part, component in components.items()
        if isinstance(component, torch.nn.Module) and not kept_whole(part)
    }


def _by_turns(components: list[Module], device: str) -> None:
    """Let components wait on the CPU and take turns on the device.

    diffusers chains them from the first to the last and starts over after each call, for one pipeline. Here several
    pipelines share them, so the chain is closed to a ring: whoever comes sends its neighbour away.
    """
    import torch

    offload = import_module("accelerate").cpu_offload_with_hook
    hook = None
    hooks = []
    for component in components:
        component.to("cpu")
        _, hook = offload(component, torch.device(device), prev_module_hook=hook)
        hooks.append(hook)
    if len(hooks) > 1:
        hooks[0].hook.prev_module_hook = hooks[-1]


def _by_layers(component: Module, device: str) -> None:
    """Let a component's layers come from main memory as they are needed, on a card while the last one works."""
    import torch
    from diffusers import ModelMixin
    from diffusers.hooks import apply_group_offloading

    how: dict[str, Any] = {
        "onload_device": torch.device(device),
        "offload_device": torch.device("cpu"),
        "offload_type": "leaf_level",
        "use_stream": device != "cpu",
    }
    if isinstance(component, ModelMixin):
        component.enable_group_offload(**how)
    else:
        apply_group_offloading(component, **how)


def _eight(part: str, component: Module, dtype: Any) -> None:
    """Keep the weights of linear and convolutional layers in 8 bits and widen each layer while it works."""
    import torch
    from diffusers import ModelMixin
    from diffusers.hooks import apply_layerwise_casting

    if kept_whole(part):
        return
    kept = torch.float8_e4m3fn
    if isinstance(component, ModelMixin):
        component.enable_layerwise_casting(storage_dtype=kept, compute_dtype=dtype)
        return
    # Pipelines take a text encoder's first weight for its dtype and cast the prompt to that: it must stay as it is.
    first = next(name for name, _ in component.named_parameters()).rpartition(".")[0]
    skipped = (*_SKIPPED, f"^{re.escape(first)}$")
    apply_layerwise_casting(component, storage_dtype=kept, compute_dtype=dtype, skip_modules_pattern=skipped)


def _quantise(part: str, component: Module, plan: Plan, dtype: Any) -> None:
    """Shorten the weights of linear layers by the plan's library."""
    import torch

    if kept_whole(part):
        return
    linear = {
        name: layer
        for name, layer in component.named_modules()
        if isinstance(layer, torch.nn.Linear) and not kept_whole(part, name)
    }
    if plan.library == "torchao":
        ao = import_module("torchao.quantization")
        how = ao.Int8WeightOnlyConfig(set_inductor_config=False)  # that would be a switch of the whole process
        ao.quantize_(component, how, lambda _layer, name: name in linear)
        return
    bnb = import_module("bitsandbytes")
    for name, layer in linear.items():
        short = bnb.nn.Linear4bit(
            layer.in_features, layer.out_features, layer.bias is not None, compute_dtype=dtype, quant_type="nf4"
        )
        short.weight = bnb.nn.Params4bit(layer.weight.data, requires_grad=False, quant_type="nf4")
        short.bias = layer.bias
        parent, _, own = name.rpartition(".")
        setattr(component.get_submodule(parent), own, short.to(plan.device))  # it is shortened on its way there


def _clear(components: Mapping[str, Any], keep: str) -> None:
    """Take off every hook that moves components, and bring them all to one place."""
    from diffusers.hooks import HookRegistry

    unhook = import_module("accelerate.hooks").remove_hook_from_module
    for component in _movable(components).values():
        if hasattr(component, "_hf_hook"):
            unhook(component, recurse=True)
        if hasattr(component, "_diffusers_hook") or any(
            hasattr(layer, "_diffusers_hook") for layer in component.modules()
        ):
            registry = HookRegistry.check_if_exists_or_initialize(component)
            for name in ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading"):
                registry.remove_hook(name, recurse=True)
        component.to(keep)
