"""From a folder to a model's components in memory, with nothing taken on trust.

It stands apart from `local.py` because this is where a stranger's files are read: only safetensors, only classes of
diffusers and transformers, no code of the folder's own, nothing from outside the folder or from the network; and a
weight that is missing is an error, where the libraries would make one up and paint noise.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pochade.engine.card import read_json
from pochade.engine.families import index_of, parts_of
from pochade.engine.memory import lower
from pochade.engine.placing import settle
from pochade.engine.processors import loader
from pochade.engine.quiet import quiet
from pochade.engine.weights import REMEDY, tensors, weights_of
from pochade.errors import ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pochade.engine.memory import Plan
    from pochade.report import Report

__all__ = ["Loaded", "check_device", "fingerprint", "load"]

LIBRARIES = frozenset({"diffusers", "transformers"})


@dataclass(frozen=True)
class Loaded:
    """A model's components.

    Attributes
    ----------
    components : dict
        Name → model, tokenizer, processor or scheduler; None where the folder leaves an optional one out.
    settings : dict
        What the folder's index says besides: numbers, words, yes or no, and lists of numbers.
    """

    components: dict[str, Any]
    settings: dict[str, Any]


def load(folder: Path, plan: Plan, report: Report) -> Loaded:
    """Load the components of the model in `folder`. Worker thread only.

    Parameters
    ----------
    folder : Path
        What `save_pretrained` wrote.
    plan : Plan
        Where they are to lie and what their weights are cast to, whatever they are on the disk. What moves them while
        they work is left to `placing.arrange`.
    report : Report
        Told of every component that is finished; a stop takes effect between two.

    Raises
    ------
    ModelError
        If a file is missing or damaged, a weight is missing, or the device is not there.
    Cancelled
        If a stop was asked; what was loaded is dropped again.
    """
    parts, index = parts_of(folder), index_of(folder)
    _check_places(folder)
    _check_requests(folder)
    components: dict[str, Any] = {part: None for part, value in index.items() if value == [None, None]}
    with quiet():
        for done, (part, (library, name)) in enumerate(parts.items()):
            report.step(done, len(parts))
            components[part] = _settled(folder, part, library, name, plan)
    settings = {
        key: value for key, value in index.items() if key not in parts and not key.startswith("_") and _is_plain(value)
    }
    return Loaded(components, settings)


def fingerprint(folder: Path, report: Report | None = None) -> str:
    """Hash the names and bytes of every weight file, as SHA-256 in hexadecimal; a stop takes effect between two.

    The Hub's cache names its files by their own hash, which then need not be worked out again.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/*.safetensors")):
        if report is not None:
            report.check()
        known = path.resolve().name
        if not re.fullmatch(r"[0-9a-f]{64}", known):
            with path.open("rb") as file:
                known = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {known}\n".encode())
    return total.hexdigest()


def check_device(device: str) -> None:
    """Make sure that this PyTorch can use a device.

    Raises
    ------
    ModelError
        If it cannot, saying what to do.
    """
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.startswith("cuda") and int(device.partition(":")[2] or 0) >= count:
        raise ModelError(
            f'This PyTorch ({torch.__version__}) finds {count} CUDA devices, so not {device!r}: use device="cpu", or '
            f"install a CUDA build of PyTorch and the NVIDIA driver."
        )


def _check_places(folder: Path) -> None:
    """Refuse a folder whose files lie elsewhere; the Hub's cache, where they are links to its own blobs, may."""
    home = folder.resolve()
    homes = [home, home.parent.parent / "blobs"] if home.parent.name == "snapshots" else [home]
    for path in folder.rglob("*"):
        place = Path(os.path.realpath(path))  # of links in a ring it gives one of them
        if path.is_symlink() and (place.is_symlink() or not any(place.is_relative_to(home) for home in homes)):
            raise ModelError(
                f"{path} is a link to {place}, outside the model's folder; pochade does not follow it. Copy "
                f"the file itself there."
            )
        if place.exists() and not (place.is_file() or place.is_dir()):
            raise ModelError(f"{path} is no ordinary file but a pipe or a device; pochade does not read it.")
    for path in folder.glob("*/*.index.json"):
        names = read_json(path)
        pieces = names.get("weight_map") if isinstance(names, dict) else None
        if not isinstance(pieces, dict | None):
            raise ModelError(f"{path} is damaged: it does not say in which files the weights are. {REMEDY}")
        odd = [piece for piece in (pieces or {}).values() if not re.fullmatch(r"\w[\w.-]*", str(piece))]
        if odd:
            raise ModelError(f"{path} names a file outside its folder ({odd[0]!r}); pochade does not read it.")


def _check_requests(folder: Path) -> None:
    """Refuse a configuration that has a library fetch something: compiled kernels, or the model of an adapter.

    transformers does so for whoever has its optional packages, whatever it was told of remote code and local files.
    """
    for path in folder.glob("*/adapter_config.json"):
        raise ModelError(f"{path} asks for another model; pochade loads only this one. Merge it, or delete that file.")
    for path in folder.glob("*/config.json"):
        kernel = next((value for value in _implementations(read_json(path)) if "/" in value), None)
        if kernel is not None:
            raise ModelError(f"{path} asks for code of its own (the kernels {kernel!r}); pochade runs none.")


def _implementations(config: Any) -> Iterator[str]:
    """Name every implementation that a configuration chooses, its inner configurations' too."""
    inner = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    for key, value in inner:
        if str(key).removeprefix("_") in {"attn_implementation", "experts_implementation"}:
            yield from map(str, value.values() if isinstance(value, dict) else [value])
        else:
            yield from _implementations(value)


def _class(folder: Path, part: str, library: str, name: str) -> Any:
    """Find the class of a component in one of the two libraries, and nowhere else.

    diffusers writes the name of one of its own pipelines for the library of some of transformers' classes.
    """
    places = [library]
    if library not in LIBRARIES:
        places = ["transformers", "diffusers"]
        if not library.isidentifier() or find_spec(f"diffusers.pipelines.{library}") is None:
            raise ModelError(f"{folder} asks for code of its own ({library}.{name} for its {part}); pochade runs none.")
    for place in places:
        found = getattr(import_module(place), name, None)
        if isinstance(found, type):
            return found
    where = " or ".join(places)
    raise ModelError(f"{folder} needs {name} of {where} for its {part}, which is not there. Upgrade {where}.")


def _check_kind(folder: Path, part: str, cls: Any) -> None:
    """Refuse what is neither a module with weights nor one of the small things around it: whole pipelines, above all.

    Those would load whatever lies in their folder, by rules of their own.
    """
    import torch
    from diffusers import SchedulerMixin
    from transformers import FeatureExtractionMixin, PreTrainedTokenizerBase, ProcessorMixin
    from transformers.image_processing_base import ImageProcessingMixin

    small = (SchedulerMixin, PreTrainedTokenizerBase, ProcessorMixin, ImageProcessingMixin, FeatureExtractionMixin)
    if not issubclass(cls, (torch.nn.Module, *small)):
        raise ModelError(f"{folder} has a {cls.__name__} for its {part}, a kind of component that pochade never loads.")


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(number, (int, float)) for number in value)
    return isinstance(value, (bool, int, float, str))


def _settled(folder: Path, part: str, library: str, name: str, plan: Plan) -> Any:
    """Load one component and put it where it is to lie."""
    import torch

    component = _load(folder, part, library, name, plan.dtype)
    try:
        return settle(part, component, plan)
    except torch.OutOfMemoryError as error:
        raise OutOfMemoryError(
            f"{plan.device} has not enough memory for the {part} of the model in {folder}: free memory there, or use a "
            f'smaller model, dtype="bfloat16" or device="cpu".',
            lower(plan),
        ) from error
    except RuntimeError as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f'The {part} of the model in {folder} could not be put on {plan.device}: {reason} Try device="cpu".'
        ) from error


def _load(folder: Path, part: str, library: str, name: str, dtype: str) -> Any:
    """Load one component, on the CPU."""
    import torch

    cls = _class(folder, part, library, name)
    reader = loader(cls, name)
    if reader is cls:
        _check_kind(folder, part, cls)
    safe = {"trust_remote_code": False} if cls.__module__.startswith("transformers.") else {}
    files = weights_of(folder, part, dtype)
    for file in files.names:
        tensors(folder / part / file)  # one that was cut off is named
    try:
        if not issubclass(cls, torch.nn.Module):
            return _worded(reader.from_pretrained(folder / part, local_files_only=True, **safe), folder / part)
        component, info = cls.from_pretrained(
            folder / part,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            use_safetensors=True,
            variant=files.variant,
            output_loading_info=True,
            **safe,
        )
    except Exception as error:  # libraries, file system and formats each raise their own
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(f"The {part} of the model in {folder} could not be loaded: {reason} {REMEDY}") from error
    missing = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
    if missing:
        raise ModelError(
            f"The {part} of the model in {folder} is damaged: {len(missing)} of its weights are missing or have "
            f"another shape, {missing[0]} first. {REMEDY}"
        )
    return component.eval()


def _worded(component: Any, place: Path) -> Any:
    """Refuse a tokenizer without its vocabulary, for which transformers makes up an empty one."""
    tokenizer = getattr(component, "tokenizer", component)
    names = set(getattr(tokenizer, "vocab_files_names", {}).values())
    if names and not any((place / name).is_file() for name in names):
        raise FileNotFoundError(f"its vocabulary is missing ({', '.join(sorted(names))}).")
    return component
