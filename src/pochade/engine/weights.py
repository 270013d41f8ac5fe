"""Which files hold a model's weights, and what their headers tell without reading a single weight.

Downloading, counting memory and loading must agree on the files, so the rule is written once, here. A safetensors file
begins with the length of its header and the header itself, which is JSON: names, dtypes, shapes and places of the
tensors (https://huggingface.co/docs/safetensors, "Format"). Nothing here imports PyTorch.
"""

from __future__ import annotations

import json
import math
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pochade.engine.card import read_json
from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["REMEDY", "Tensor", "Weights", "tensors", "weight_files", "weights_of"]

REMEDY = "Copy or download the model again."
SUFFIX = ".safetensors"
MAX_HEADER = 100_000_000  # bytes; what the format's own reader allows

_BITS = {"BOOL": 8, "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U8": 8}
_BITS |= {"U64": 64, "U32": 32, "U16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "C64": 64}
_NAME = re.compile(
    r"(?P<stem>model|diffusion_pytorch_model)(?:\.(?P<variant>\w+))?"
    r"(?:-(?P<shard>\d+)-of-(?P<shards>\d+))?(?:\.(?P<late>\w+))?\.safetensors"
)
_VARIANTS: dict[str, tuple[str | None, ...]] = {
    "bfloat16": ("bf16", "fp16", None),
    "float16": ("fp16", "bf16", None),
}
_OTHERWISE: tuple[str | None, ...] = (None, "bf16", "fp16")


@dataclass(frozen=True)
class Tensor:
    """One tensor as a header describes it.

    Attributes
    ----------
    name : str
        Its name within the component.
    shape : tuple of int
        Its shape.
    floating : bool
        Whether it holds real numbers, which are cast on loading; others keep their kind.
    itemsize : int
        Bytes of one number in the file.
    """

    name: str
    shape: tuple[int, ...]
    floating: bool
    itemsize: int

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Weights:
    """The files of one component.

    Attributes
    ----------
    variant : str or None
        What the loader must be told to find them: "fp16", "bf16", or None where the names say nothing.
    names : tuple of str
        File names within the component's folder, in order; () where it has no weights.
    """

    variant: str | None
    names: tuple[str, ...]


def weight_files(names: Iterable[str], dtype: str) -> Weights:
    """Choose among the files of one component's folder those that will be loaded.

    Repositories often hold the same weights several times: in fp32 and in half precision, in one file and in pieces,
    for other frameworks. Only safetensors count, only under the names that diffusers and transformers give them, and
    only a complete set. For a half-precision `dtype` a half-precision set is preferred, being half as long.

    Parameters
    ----------
    names : iterable of str
        The file names in the component's folder.
    dtype : str
        What the weights will be cast to: "float32", "bfloat16" or "float16".
    """
    sets: dict[tuple[str | None, int], dict[int, str]] = {}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match:
            variant = match["variant"] or match["late"]
            shards = int(match["shards"] or 1)
            sets.setdefault((variant, shards), {})[int(match["shard"] or 1)] = name
    for variant in _VARIANTS.get(dtype, _OTHERWISE):
        for (kind, shards), files in sorted(sets.items(), key=lambda item: item[0][1]):
            if kind == variant and len(files) == shards:
                return Weights(variant, tuple(files[number] for number in sorted(files)))
    return Weights(None, ())


def weights_of(folder: Path, part: str, dtype: str) -> Weights:
    """Choose the files of a component in a model's folder; see `weight_files`.

    Raises
    ------
    ModelError
        If a piece that the component's list of pieces names is missing.
    """
    place = folder / part
    names = [path.name for path in place.glob(f"*{SUFFIX}")] if place.is_dir() else []
    chosen = weight_files(names, dtype)
    if not chosen.names:
        for index in sorted(place.glob(f"*{SUFFIX}.index.json")):
            missing = sorted(set(_pieces(index)) - set(names))
            if missing:
                raise ModelError(f"{place / missing[0]} is missing, which {index.name} names. {REMEDY}")
    return chosen


def tensors(path: Path) -> list[Tensor]:
    """Read what a safetensors file holds from its header alone.

    Raises
    ------
    ModelError
        If the file cannot be read, is not of this format, or is shorter or longer than its header says.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # asked before opening, since opening a pipe would wait for a writer
            raise ModelError(f"{path} is no ordinary file; pochade does not read it.")
        size = found.st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or not 0 < length <= min(size - 8, MAX_HEADER):  # noqa: PLR2004 - the length takes 8 bytes
                raise ModelError(f"{path} is damaged: it does not begin like a safetensors file. {REMEDY}")
            header = json.loads(file.read(length))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged: {error}. {REMEDY}") from error
    try:
        return _listed(header, size - 8 - length)
    except _WrongLengthError as error:
        raise ModelError(f"{path} is damaged: {error} {REMEDY}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: its header cannot be understood ({error}). {REMEDY}") from error


class _WrongLengthError(Exception):
    """The file holds another number of bytes than its header places."""


def _listed(header: Any, room: int) -> list[Tensor]:
    found, end = [], 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind, shape = entry["dtype"], tuple(entry["shape"])
        start, stop = entry["data_offsets"]
        count = math.prod(shape)
        if min(shape, default=0) < 0 or not 0 <= start <= stop:
            raise ValueError(f"{name} lies nowhere")
        if kind in _BITS and stop - start != count * _BITS[kind] // 8:
            raise ValueError(f"{name} has {stop - start} bytes for {count} numbers of kind {kind}")
        end = max(end, stop)
        found.append(Tensor(name, shape, kind.startswith(("F", "BF")), max(1, (stop - start) // max(1, count))))
    if room != end:
        how = f"{end - room:,} bytes are missing at its end." if room < end else f"{room - end:,} bytes are too many."
        raise _WrongLengthError(how)
    return found


def _pieces(index: Path) -> list[str]:
    try:
        return [str(name) for name in read_json(index)["weight_map"].values()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{index} is damaged: {error}. {REMEDY}") from error
