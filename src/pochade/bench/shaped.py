"""Writes a model's folder from its architecture alone, with files of weights that take no room on the disk.

The folder is a diffusers model like any other: the engine loads it, counts its memory and refuses it where there is too
little, by the very code that real models go through. Its weight files are holes of the right size; once loaded, weights
are drawn on the device, because kernels run faster on zeros. It stands apart because nothing else in pochade makes up
a model.
"""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pochade.bench.shapes import SHAPES
from pochade.engine.quiet import quiet
from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from pochade.bench.shapes import Part, Shape
    from pochade.engine.loading import Loaded
    from pochade.engine.local import Engine

__all__ = ["again", "draw", "drawn_like", "shape_named", "write"]

SPREAD = 0.02
"""Standard deviation of drawn weights, about that of trained ones."""
_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
_FILES = {"diffusers": "diffusion_pytorch_model.safetensors", "transformers": "model.safetensors"}


def shape_named(name: str) -> Shape:
    """Return one of `SHAPES`.

    Raises
    ------
    ModelError
        If there is no such shape.
    """
    if name not in SHAPES:
        raise ModelError(f"There is no shape {name!r}. Use one of {', '.join(SHAPES)}.")
    return SHAPES[name]


def write(name: str, folder: Path, dtype: str) -> Path:
    """Write the folder of a model that has an architecture and no weights.

    Parameters
    ----------
    name : str
        One of `SHAPES`.
    folder : Path
        Where; it is made.
    dtype : str
        What the weights would be stored in: "float32", "bfloat16" or "float16".

    Raises
    ------
    ModelError
        If there is no such shape, or no folder can be made.
    """
    shape = shape_named(name)
    index: dict[str, Any] = {"_class_name": shape.pipeline, **shape.settings}
    with quiet():
        for part, what in shape.parts.items():
            index[part] = [what.library, what.name]
            (folder / part).mkdir(parents=True)
            if what.name.endswith(("Tokenizer", "TokenizerFast")):
                _tokenizer(what).save_pretrained(folder / part)
            elif what.name.endswith("Scheduler"):
                getattr(import_module("diffusers"), what.name)(**what.config).save_config(folder / part)
            else:
                model = _described(what)
                config = model.config.to_dict() if what.library == "transformers" else dict(model.config)
                _json(folder / part / "config.json", {**config, "architectures": [what.name]})
                _holes(folder / part, _FILES[what.library], _stored(model), dtype)
    _json(folder / "model_index.json", index)
    _json(folder / "card.json", {"name": name, **shape.card})
    return folder


def draw(components: Mapping[str, Any]) -> None:
    """Draw the weights of loaded components where they lie, always the same: normal ones, norms at 1, biases at 0."""
    import torch

    with torch.no_grad():
        for component in components.values():
            if not isinstance(component, torch.nn.Module):
                continue
            for name, weight in component.named_parameters():
                if weight.dim() > 1:
                    generator = torch.Generator(weight.device).manual_seed(len(name) + weight.numel() % 1000)
                    weight.normal_(0, SPREAD, generator=generator)
                else:
                    weight.fill_(0.0 if name.endswith("bias") else 1.0)
            for name, buffer in component.named_buffers():
                if name.endswith("running_var"):
                    buffer.fill_(1.0)


def drawn_like(weight: Tensor, engine: Engine) -> Tensor:
    """Draw one weight in the shape of another, where and in what the engine computes."""
    import torch

    empty = torch.empty(weight.shape, device=engine.device, dtype=getattr(torch, engine.dtype))
    return empty.normal_(0, SPREAD) if weight.dim() > 1 else empty.fill_(1.0)


def again(folder: Path, parts: Mapping[str, Any]) -> Loaded:
    """Build the components of a written folder once more, without memory for their weights."""
    from pochade.engine.families import index_of
    from pochade.engine.loading import Loaded

    index = index_of(folder)
    shape = SHAPES[folder.name]
    components = {name: part if not hasattr(part, "parameters") else None for name, part in parts.items()}
    with quiet():
        for name, what in shape.parts.items():
            if components.get(name) is None:
                components[name] = _described(what).eval()
    settings = {key: value for key, value in index.items() if key in shape.settings}
    return Loaded(components, settings)


def _described(what: Part) -> Any:
    """Build a component without memory for its weights."""
    cls = getattr(import_module(what.library), what.name)
    config = dict(what.config)
    with import_module("accelerate").init_empty_weights():
        if what.library == "diffusers":
            return cls.from_config(config)
        config.pop("model_type")
        return cls(cls.config_class(**config))


def _stored(model: nn.Module) -> dict[str, Tensor]:
    """Say what a folder would hold of a model: each tensor once."""
    tied = set(getattr(model, "_tied_weights_keys", None) or ()) if _is_tied(model) else set()
    return {name: tensor for name, tensor in model.state_dict().items() if name not in tied}


def _is_tied(model: nn.Module) -> bool:
    config = getattr(model, "config", None)
    return bool(getattr(config, "tie_word_embeddings", False))


def _holes(folder: Path, name: str, tensors: Mapping[str, Tensor], dtype: str) -> None:
    """Write a safetensors file that has a header and, for data, nothing but its length.

    It gets a name as in the Hub's cache, by which the engine knows it without reading it through.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for key, tensor in tensors.items():
        kind, width = (_NAMES[dtype], 4 if dtype == "float32" else 2) if tensor.is_floating_point() else ("I64", 8)
        start, end = end, end + width * math.prod(tensor.shape)
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    stored = folder / hashlib.sha256(text).hexdigest()
    try:
        with stored.open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            file.truncate(8 + len(text) + end)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot hold a file of {end / 1e9:.1f} GB, not even an empty one: {error}."
        ) from error
    with suppress(OSError):
        (folder / name).symlink_to(stored.name)
        return
    stored.rename(folder / name)


def _tokenizer(what: Part) -> Any:
    """Make a tokenizer that cuts text into bytes, with the special words that its pipelines look for."""
    transformers = import_module("transformers")
    letters = list(_letters())
    if what.name == "CLIPTokenizer":
        words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
        return transformers.CLIPTokenizer(
            vocab={word: at for at, word in enumerate(words)}, merges=[], model_max_length=77
        )
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    vocabulary = {word: at for at, word in enumerate([*letters, *special])}
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return transformers.Qwen2TokenizerFast(vocab=vocabulary, merges=[], chat_template=template, model_max_length=1024)


def _letters() -> Iterable[str]:
    """Give the 256 printable stand-ins that byte-level tokenizers use, in the order of the bytes."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = iter(range(256, 512))
    return (chr(byte) if byte in printable else chr(next(spare)) for byte in range(256))


def _json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2, default=str) + "\n", encoding="utf-8")
