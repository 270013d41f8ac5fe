"""What each family of models can do, written down as data, and how a model is found and described.

Families differ in words and numbers, not in code, so they are rows of a table here and not subclasses. Everything in
this module reads small JSON files: a session can say what its model does before PyTorch is imported.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pochade.engine.words import flatten
from pochade.errors import ModelError
from pochade.sizes import SizeRule

if TYPE_CHECKING:
    from collections.abc import Mapping

MINIATURE = "miniature"
ALIASES = MappingProxyType({"klein-4b": "black-forest-labs/FLUX.2-klein-4B"})
DESCRIPTIONS = ("model_index.json", "card.json", "vae/config.json")
WEIGHTS = ("json", "safetensors", "txt", "jinja")


@dataclass(frozen=True)
class Family:
    """One kind of diffusers pipeline.

    Attributes
    ----------
    pipeline : str
        Name of the diffusers class.
    words : mapping
        pochade's word → the keyword of the pipeline's call.
    steps, guidance : int, float
        What the family's full models are called with when nobody says otherwise.
    distilled_steps, distilled_guidance : int, float
        The same for models whose index says `is_distilled`.
    prompt_tokens : int
        How many tokens of a prompt are read.
    max_references : int
        How many pictures a call takes, the edited one included.
    layout : str
        How latents lie in memory; see `preview`.
    patch : int
        Side of the square of latent pixels that becomes one token.
    size : SizeRule
        Sizes in pixels; the multiple is worked out from the model's VAE.
    """

    pipeline: str
    words: Mapping[str, str]
    steps: int
    guidance: float
    distilled_steps: int
    distilled_guidance: float
    prompt_tokens: int
    max_references: int
    layout: str
    patch: int
    size: SizeRule


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.pipeline: family
        for family in (
            Family(
                pipeline="Flux2KleinPipeline",
                words=MappingProxyType(
                    {
                        "steps": "num_inference_steps",
                        "guidance": "guidance_scale",
                        "references": "image",
                        "prompt_tokens": "max_sequence_length",
                        "prompt_layers": "text_encoder_out_layers",
                    }
                ),
                steps=50,
                guidance=4.0,
                distilled_steps=4,
                distilled_guidance=1.0,
                prompt_tokens=512,
                max_references=10,
                layout="flux2",
                patch=2,
                size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
            ),
        )
    }
)


@dataclass(frozen=True)
class Capabilities:
    """What one model can do: its family's row, with what its own card says instead.

    Attributes
    ----------
    name, version : str
        The card's, or the folder's name and "".
    family : Family
        The row of the table.
    steps, guidance : int, float
        Defaults for a request that names none.
    prompt_tokens : int
        How many tokens of a prompt are read.
    prompt_layers : tuple of int or None
        Layers of the text encoder that are read; None leaves the pipeline's own.
    size : SizeRule
        Sizes in pixels.
    vocabulary : frozenset of str
        Every word that the model was taught; empty when it does not say.
    """

    name: str
    version: str
    family: Family
    steps: int
    guidance: float
    prompt_tokens: int
    prompt_layers: tuple[int, ...] | None
    size: SizeRule
    vocabulary: frozenset[str]

    @property
    def max_references(self) -> int:
        """How many pictures one request may bring, the edited one included."""
        return self.family.max_references


class _Call(BaseModel):
    """A card's own call defaults; nothing else may reach the pipeline from a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    num_inference_steps: int | None = Field(None, ge=1, le=1000)
    guidance_scale: float | None = Field(None, ge=0, allow_inf_nan=False)
    max_sequence_length: int | None = Field(None, ge=1)
    text_encoder_out_layers: tuple[int, ...] | None = None


class _Size(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: tuple[int, int]
    multiple: int = Field(ge=1)
    min_side: int = Field(ge=1)
    max_side: int = Field(ge=1)
    max_pixels: int = Field(ge=1)


class _Card(BaseModel):
    """The part of `card.json` that pochade acts on; whatever else it tells is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str | None = None
    version: str | int = ""
    call: _Call = _Call()
    size: _Size | None = None
    vocabulary: frozenset[str] = frozenset()

    @field_validator("vocabulary", mode="before")
    @classmethod
    def _all_words(cls, value: object) -> frozenset[str]:
        return flatten(value)


def find_model(model: str | Path | None) -> Path | str:
    """Say where a model is, without fetching it.

    Parameters
    ----------
    model : str, Path or None
        A folder, a repository "owner/name" of the Hugging Face Hub, an alias, or None for the packaged miniature.

    Returns
    -------
    Path or str
        The folder, or the name of the repository.

    Raises
    ------
    ModelError
        If it is neither a folder with a model nor something that could be a repository.
    """
    if model is None or model == MINIATURE:
        from pochade.miniature import folder

        model = folder()
    folder_given = Path(model).expanduser()
    if folder_given.exists():
        family_of(folder_given)
        return folder_given.resolve()
    name = ALIASES.get(str(model), str(model))
    if isinstance(model, str) and re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name):
        return name
    raise ModelError(
        f"There is no model at {str(model)!r}. Give the folder of a diffusers model (the one with model_index.json), "
        f'a Hub repository as "owner/name", one of {", ".join(sorted(ALIASES))}, or nothing for the packaged miniature.'
    )


def fetch(place: Path | str, *, weights: bool) -> Path:
    """Return the model's folder, downloading from the Hub what is missing.

    Parameters
    ----------
    place : Path or str
        What `find_model` returned.
    weights : bool
        Whether everything is needed, or only the small files that describe the model.

    Raises
    ------
    ModelError
        If the repository cannot be reached and is not in the Hub's cache.
    """
    if isinstance(place, Path):
        return place
    from huggingface_hub import snapshot_download

    try:
        folder = Path(snapshot_download(place, allow_patterns=list(DESCRIPTIONS)))
        if weights:
            wanted = [f"{part}/*.{ending}" for part in parts_of(folder) for ending in WEIGHTS]
            folder = Path(snapshot_download(place, allow_patterns=[*DESCRIPTIONS, *wanted], ignore_patterns="*.fp16.*"))
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f"The model {place!r} could not be fetched from the Hugging Face Hub ({reason}). Check the name and the "
            f"network, accept its licence and run `hf auth login` if it asks for that, or give a folder."
        ) from error
    return folder


def index_of(folder: Path) -> dict[str, Any]:
    """Read a folder's `model_index.json`.

    Raises
    ------
    ModelError
        If it is missing or is not an index.
    """
    path = folder / "model_index.json"
    if not path.is_file():
        raise ModelError(
            f"{folder} is not a diffusers model: it has no model_index.json. Give the folder that "
            f"`pipeline.save_pretrained(...)` wrote."
        )
    index = _json(path)
    if not isinstance(index, dict):
        raise ModelError(f"{path} is damaged: it should hold one JSON object.")
    return index


def parts_of(folder: Path) -> dict[str, tuple[str, str]]:
    """Name the components of a pipeline: part → (library, class), in the order of the index."""
    return {
        part: (value[0], value[1])
        for part, value in index_of(folder).items()
        if isinstance(value, list) and len(value) == 2 and all(isinstance(word, str) for word in value)  # noqa: PLR2004
    }


def family_of(folder: Path) -> Family:
    """Return the family of the model in `folder`.

    Raises
    ------
    ModelError
        If the folder holds no model, or one of a kind that pochade does not run.
    """
    name = index_of(folder).get("_class_name")
    family = FAMILIES.get(name) if isinstance(name, str) else None
    if family is None:
        raise ModelError(f"{folder} holds a {name!r}, which pochade does not run. It runs: {', '.join(FAMILIES)}.")
    return family


def capabilities_of(folder: Path) -> Capabilities:
    """Describe the model in `folder` from its index, its VAE's configuration and its card.

    Raises
    ------
    ModelError
        If the family is not supported or a file is damaged.
    """
    family = family_of(folder)
    card = _card(folder)
    native = _multiple(folder, family)
    if card.size is None:
        rule = SizeRule(**{**vars(family.size), "multiple": native})
    elif card.size.multiple % native:
        raise ModelError(
            f"{folder / 'card.json'} allows sizes in steps of {card.size.multiple} pixels; its VAE needs {native}."
        )
    else:
        rule = SizeRule(**card.size.model_dump())
    distilled = index_of(folder).get("is_distilled") is True
    call = card.call
    guidance = family.distilled_guidance if distilled else family.guidance
    return Capabilities(
        name=card.name or folder.name,
        version=str(card.version),
        family=family,
        steps=call.num_inference_steps or (family.distilled_steps if distilled else family.steps),
        guidance=guidance if call.guidance_scale is None else call.guidance_scale,
        prompt_tokens=call.max_sequence_length or family.prompt_tokens,
        prompt_layers=call.text_encoder_out_layers,
        size=rule,
        vocabulary=card.vocabulary,
    )


def default_device(model: str | Path | None) -> str:
    """Choose a device without importing PyTorch.

    The miniature answers in about a second on any CPU, so it stays there; other models go to "cuda" where PyTorch was
    built for it and a driver is installed.
    """
    if model is None or model == MINIATURE:
        return "cpu"
    torch = sys.modules.get("torch")
    if torch is not None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    spec = find_spec("torch")
    places = (spec.submodule_search_locations or []) if spec else []
    builds = [Path(place, "version.py") for place in places]
    built = any(re.search(r"^cuda\b.*=\s*'", build.read_text(), re.MULTILINE) for build in builds if build.is_file())
    return "cuda" if built and shutil.which("nvidia-smi") else "cpu"


def _card(folder: Path) -> _Card:
    path = folder / "card.json"
    if not path.is_file():
        return _Card()
    try:
        return _Card.model_validate(_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{path} is damaged at {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def _multiple(folder: Path, family: Family) -> int:
    """Pixels per token side: the VAE halves once less often than it has stages, then tokens take `patch` squared."""
    path = folder / "vae" / "config.json"
    stages = _json(path).get("block_out_channels") if path.is_file() else None
    if not isinstance(stages, list) or not stages:
        raise ModelError(f"{folder} is incomplete: vae/config.json is missing or has no block_out_channels.")
    return int(2 ** (len(stages) - 1) * family.patch)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged: {error}. Copy or download the model again.") from error
