"""From a folder to a pipeline in memory, with nothing taken on trust.

It stands apart from `local.py` because this is where a stranger's files are read: only safetensors, only classes of
diffusers and transformers, nothing from the network; and a weight that is missing is an error, where the libraries
would make one up and paint noise.
"""

from __future__ import annotations

import hashlib
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pochade.engine.families import family_of, index_of, parts_of
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.report import Report

__all__ = ["fingerprint", "load_pipeline"]

LIBRARIES = frozenset({"diffusers", "transformers"})
_REMEDY = "Copy or download the model again."


def load_pipeline(folder: Path, device: str, dtype: str, report: Report) -> Any:
    """Load the model in `folder`. Worker thread only.

    Parameters
    ----------
    folder : Path
        What `save_pretrained` wrote.
    device : str
        "cpu", "cuda:0" and so on.
    dtype : str
        What the weights are cast to, whatever they are on the disk.
    report : Report
        Told of every component that is finished; a stop takes effect between two.

    Returns
    -------
    DiffusionPipeline
        Ready to be called, without a progress bar.

    Raises
    ------
    ModelError
        If a file is missing or damaged, a weight is missing, or the device is not there.
    Cancelled
        If a stop was asked; what was loaded is dropped again.
    """
    from pochade.engine.quiet import quiet

    _check_device(device)
    parts = parts_of(folder)
    components = {}
    with quiet():
        for done, (part, (library, name)) in enumerate(parts.items()):
            report.step(done, len(parts))
            components[part] = _load(folder, part, _class(folder, part, library, name), device, dtype)
        settings = {
            key: value
            for key, value in index_of(folder).items()
            if key not in parts and not key.startswith("_") and isinstance(value, (bool, int, float, str))
        }
        try:
            pipeline = getattr(import_module("diffusers"), family_of(folder).pipeline)(**components, **settings)
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"The parts of the model in {folder} do not fit together: {error}. {_REMEDY}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def fingerprint(folder: Path) -> str:
    """Hash the names and bytes of every weight file, as SHA-256 in hexadecimal.

    The Hub's cache names its files by their own hash, which then need not be worked out again.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/*.safetensors")):
        known = path.resolve().name
        if not re.fullmatch(r"[0-9a-f]{64}", known):
            with path.open("rb") as file:
                known = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {known}\n".encode())
    return total.hexdigest()


def _check_device(device: str) -> None:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.startswith("cuda") and int(device.partition(":")[2] or 0) >= count:
        raise ModelError(
            f'This PyTorch ({torch.__version__}) finds {count} CUDA devices, so not {device!r}: use device="cpu", or '
            f"install a CUDA build of PyTorch and the NVIDIA driver."
        )


def _class(folder: Path, part: str, library: str, name: str) -> Any:
    """Find the class of a component in one of the two libraries, and nowhere else."""
    if library not in LIBRARIES:
        raise ModelError(f"{folder} asks for code of its own ({library}.{name} for its {part}); pochade runs none.")
    found = getattr(import_module(library), name, None)
    if not isinstance(found, type):
        raise ModelError(f"{folder} needs {library}.{name} for its {part}; this {library} has none. Upgrade it.")
    return found


def _load(folder: Path, part: str, cls: Any, device: str, dtype: str) -> Any:
    """Load one component."""
    import torch

    try:
        if not issubclass(cls, torch.nn.Module):
            return cls.from_pretrained(folder / part, local_files_only=True)
        component, info = cls.from_pretrained(
            folder / part,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as error:  # libraries, file system and formats each raise their own
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(f"The {part} of the model in {folder} could not be loaded: {reason} {_REMEDY}") from error
    missing = sorted(map(str, [*info["missing_keys"], *info["mismatched_keys"]]))
    if missing:
        raise ModelError(
            f"The {part} of the model in {folder} is damaged: {len(missing)} of its weights are missing or have "
            f"another shape, {missing[0]} first. {_REMEDY}"
        )
    try:
        return component.eval().to(device)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            f"{device} has not enough memory for the {part} of the model in {folder}: free memory there, or use a "
            f'smaller model, dtype="bfloat16" or device="cpu".'
        ) from error
    except RuntimeError as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f'The {part} of the model in {folder} could not be put on {device}: {reason} Try device="cpu".'
        ) from error
