"""Small changes to one loaded model that save time and change nothing, or next to nothing, in its pictures.

It stands apart from `levers`, which decides which of them are used, because each of these is a thing of its own: it is
made on the instances of one model only, never on a class or a module of a library, and gives back how to undo it.
Worker thread only.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pochade.engine.caches import Memo

__all__ = [
    "DENOISERS",
    "channels_last",
    "constants",
    "hidden_states_only",
    "in_place",
    "known_signatures",
    "only_layers_read",
    "put",
    "remembering",
    "roomy_heap",
    "settled",
    "settled_device",
]

DENOISERS = ("transformer", "unet")
"""Names of the component that is called at every step."""
HEAP_BYTES = (32 << 20) - (64 << 10)
"""The largest block from which glibc learns, with room for its own notes."""


def roomy_heap() -> None:
    """Let the C library keep what is freed between pictures, instead of giving it back and asking for it anew.

    Thousands of pages would be handed over and wiped for every picture. glibc raises its own threshold when a large
    block, of at most 32 MiB, is freed (mallopt(3), M_MMAP_THRESHOLD); others take no notice.
    """
    torch.empty(HEAP_BYTES, dtype=torch.uint8)


def channels_last(model: nn.Module) -> Callable[[], None] | None:
    """Lay the weights of 2-D convolutions out as their fastest kernels want them, so that nothing is turned around.

    Sums are taken in another order: a few 8-bit values in ten thousand come out one level off. Models with 3-D
    convolutions, made for films, are left as they are.
    """
    if any(weight.dim() == 5 for weight in model.parameters()):  # noqa: PLR2004 - pictures, channels and three sides
        return None
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return lambda: model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def in_place(vae: nn.Module) -> Callable[[], None]:
    """Let activations of a VAE overwrite their input, which nobody reads again; the numbers stay the same.

    Only in the two places that are known to be safe: after the norms of a `ResnetBlock2D` that knows no time, and at
    the end of an encoder or decoder.
    """
    from diffusers.models.resnet import ResnetBlock2D

    found = []
    for module in vae.modules():
        if isinstance(module, ResnetBlock2D):
            own = module.nonlinearity if module.time_emb_proj is None else None
        else:
            own = getattr(module, "conv_act", None)
        if isinstance(own, nn.SiLU) and not own.inplace:
            own.inplace = True
            found.append(own)

    def undo() -> None:
        for activation in found:
            activation.inplace = False

    return undo


def hidden_states_only(encoder: nn.Module) -> Callable[[], None] | None:
    """Spare a language model the odds of the next token, which a text encoder is not asked for.

    They cost as much as several layers, and with 512 tokens of 150,000 possible ones more memory than the embedding.
    """
    if "logits_to_keep" not in inspect.signature(encoder.forward).parameters:
        return None
    own = encoder.forward

    @functools.wraps(own)
    def forward(*args: Any, **more: Any) -> Any:
        return own(*args, **{"logits_to_keep": 1, **more})

    return put(encoder, "forward", forward)


def only_layers_read(encoder: nn.Module, layers: Sequence[int]) -> int:
    """Drop the layers of a language model behind the last one whose output is read; say how many.

    One more is kept than is read, for the last layer's output is normalised. This cannot be undone: that the memory is
    free is the point.
    """
    get = getattr(encoder, "get_decoder", None)
    decoder = get() if get is not None else None
    stack = getattr(decoder, "layers", None)
    if not isinstance(stack, nn.ModuleList) or min(layers) < 0:
        return 0
    needed = max(layers) + 1
    if needed >= len(stack):
        return 0
    spare = len(stack) - needed
    decoder.layers = stack[:needed]  # type: ignore[union-attr]
    return spare


def constants(denoiser: nn.Module, memo: Memo) -> Callable[[], None] | None:
    """Work rotary positions out once for a size instead of at every step.

    Only where they are worked out from position ids alone; other families remember theirs themselves.
    """
    part = getattr(denoiser, "pos_embed", None)
    if not isinstance(part, nn.Module) or list(inspect.signature(part.forward).parameters) != ["ids"]:
        return None
    return remembering(part, "forward", memo, type(part).__name__)


def remembering(owner: Any, method: str, memo: Memo, name: str) -> Callable[[], None]:
    """Let one instance's method answer from a memo where it can."""
    return put(owner, method, memo.over(getattr(owner, method), name))


def settled(model: nn.Module) -> Callable[[], None]:
    """Let a model that stays as it is and where it is know its parts, and its dtype and device, without walking.

    Pipelines ask at every step, and diffusers looks through every part for hooks first: some milliseconds a step in
    which a graphics card waits. As `torch.nn.utils.parametrize` does, the instance gets a class of its own.
    """
    from diffusers import ModelMixin

    parts = tuple(model.modules())
    members: dict[str, Any] = {"modules": lambda _: iter(parts)}
    first = next((weight for weight in model.parameters() if weight.dtype == model.dtype), None)
    if isinstance(model, ModelMixin) and first is not None:
        members |= {"dtype": property(lambda _: first.dtype), "device": property(lambda _: first.device)}
    return _reclassed(model, members)


def known_signatures(denoiser: nn.Module) -> Callable[[], None] | None:
    """Spare every block of every step working out what its attention's processor takes.

    diffusers inspects ``processor.__call__`` each time; here the instance has one whose signature is known. It is only
    looked at: Python calls what the class has.
    """
    undo = []
    for module in denoiser.modules():
        processor = getattr(module, "processor", None)
        if processor is None or isinstance(processor, nn.Module) or "__call__" in vars(processor):
            continue
        own = processor.__call__

        @functools.wraps(own)
        def call(*args: Any, _own: Callable[..., Any] = own, **more: Any) -> Any:
            return _own(*args, **more)

        call.__signature__ = inspect.signature(own)  # type: ignore[attr-defined]
        undo.append(put(processor, "__call__", call))
    return _all(undo) if undo else None


def settled_device(pipeline: Any, device: str) -> Callable[[], None]:
    """Let a pipeline whose model stays where it is know its device without looking for hooks."""
    where = torch.device(device)
    return _reclassed(pipeline, {"_execution_device": property(lambda _: where)})


def _reclassed(thing: Any, members: Mapping[str, Any]) -> Callable[[], None]:
    """Give one instance other members than its class has; everything else about the class stays."""
    own = type(thing)
    names = {name: getattr(own, name) for name in ("__module__", "__qualname__", "__doc__")}
    thing.__class__ = type(own.__name__, (own,), {**names, **members})

    def undo() -> None:
        thing.__class__ = own

    return undo


def put(owner: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute of one instance, and say how to put back what it had of its own.

    Whatever was laid over ours meanwhile, as a hook, stays where it is, and ours below it.
    """
    had = name in vars(owner)
    before = vars(owner).get(name)
    setattr(owner, name, value)

    def undo() -> None:
        if vars(owner).get(name) is not value:
            return
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)

    return undo


def _all(undo: Sequence[Callable[[], None]]) -> Callable[[], None]:
    def everything() -> None:
        for one in reversed(undo):
            one()

    return everything
