"""The table of families, and what one model can do, told from its small files alone.

Everything in this module reads JSON: a session can say what its model does, and refuse what it does not, before PyTorch
is imported. The rows themselves lie in `rows`; whatever acts on them (`calling`, `views`, `latents`) knows no family by
name.
"""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pochade.engine import rows
from pochade.engine.card import MAX_SIDE, MAX_STEPS, card_of, read_json
from pochade.engine.rows import TASKS, Family, Task, View
from pochade.errors import ModelError, RequestError
from pochade.sizes import SizeRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "FAMILIES",
    "Capabilities",
    "Family",
    "View",
    "capabilities_of",
    "family_of",
    "index_of",
    "parts_of",
    "title_of",
]

FAMILIES: tuple[Family, ...] = tuple(
    family
    for module in sorted(found.name for found in pkgutil.iter_modules(rows.__path__))
    for family in import_module(f"{rows.__name__}.{module}").ROWS
)
"""Every family that pochade carries; a module in `rows` adds its own."""

UNUSED = frozenset({"safety_checker", "image_encoder", "feature_extractor"})
"""Components that no view needs: encoders of adapters, and a checker whose answer is a black picture."""

_DISTILLED = re.compile(r"(?i)(?<![a-z])(turbo|schnell|lightning|distilled)(?![a-z])")
_DOES = MappingProxyType(
    {
        "text": "paint a picture from words",
        "edit": "change a picture",
        "mask": "change a picture inside a mask",
    }
)


def _families_by_index() -> Mapping[str, Family]:
    """Map the class names of indexes to families: those that a row claims first, then those of its views."""
    claimed = {name: family for family in reversed(FAMILIES) for name in family.indexes}
    usual = {view.pipeline: family for family in reversed(FAMILIES) for view in family.views}
    return MappingProxyType({**usual, **claimed})


_BY_INDEX = _families_by_index()


@dataclass(frozen=True)
class Capabilities:
    """What one model can do: its family's row, with what its folder and its own card say instead.

    Attributes
    ----------
    name, version : str
        The card's, or the folder's name and "".
    family : Family
        The row of the table, without the views that this folder cannot make.
    steps, guidance : int, float
        Defaults for a request that names none.
    prompt_tokens : int or None
        How many tokens of a prompt are read; None where the pipeline has no such knob.
    prompt_layers : tuple of int or None
        Layers of the text encoder that are read; None leaves the pipeline's own.
    size : SizeRule
        Sizes in pixels.
    factor : int
        Pixels per latent pixel, along a side.
    vocabulary : frozenset of str
        Every word that the model was taught; empty when it does not say.
    distilled : bool
        Whether guidance was trained into it, so that a guidance asked for changes nothing.
    lists : mapping
        What it was taught, for people: names of lists ("things", "colours") and the words on them.
    near : mapping
        Words that it was not taught, and known ones to say instead.
    """

    name: str
    version: str
    family: Family
    steps: int
    guidance: float
    prompt_tokens: int | None
    prompt_layers: tuple[int, ...] | None
    size: SizeRule
    factor: int
    vocabulary: frozenset[str]
    distilled: bool = False
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def guided(self) -> bool:
        """Whether a guidance that is asked for changes the picture."""
        return not self.distilled and any("guidance" in view.words for view in self.family.views)

    @property
    def can_paint(self) -> bool:
        """Whether it paints from words alone."""
        return self.family.text is not None

    @property
    def can_edit(self) -> bool:
        """Whether it changes a whole picture."""
        return self.family.edit is not None

    @property
    def can_mask(self) -> bool:
        """Whether it has a way of its own to change a picture inside a mask only."""
        return self.family.mask is not None

    @property
    def negative(self) -> bool:
        """Whether a negative prompt may be given, for some task."""
        return any("negative" in view.words for view in self.family.views)

    @property
    def strength(self) -> bool:
        """Whether a strength may be given with a picture or a mask."""
        return any("strength" in view.words for view in self.family.views)

    @property
    def transparent(self) -> bool:
        """Whether it paints RGBA by itself."""
        return self.family.transparent

    @property
    def max_references(self) -> int:
        """How many pictures one request may bring besides the edited one, for the task that takes most."""
        return max(map(self.references, TASKS))

    def references(self, task: Task) -> int:
        """How many pictures a request for this task may bring besides the edited one; 0 if it cannot do the task."""
        view = self.family.view(task)
        return 0 if view is None else view.references

    def masks(self, size: tuple[int, int], references: int = 0) -> bool:
        """Whether a masked edit is best done by the model's own inpainting.

        It is not where there is none, where it takes fewer references, or where it would shrink a picture of this size
        (width and height in pixels), as long as the model can change the whole picture instead.
        """
        view = self.family.mask
        if view is None or self.family.edit is None:
            return view is not None
        fits = view.max_pixels is None or size[0] * size[1] <= view.max_pixels
        return fits and references <= view.references

    def takes(self, word: str, task: Task) -> bool:
        """Whether a word of `rows.WORDS` can be said to this model for a task."""
        view = self.family.view(task)
        return view is not None and word in view.words

    def tasks(self) -> str:
        """List what it can do, as words for a sentence: "paint a picture from words, change a picture, …"."""
        said = []
        for task in TASKS:
            view = self.family.view(task)
            if view is not None:
                count = view.references
                kind = " by strength (describe the whole picture)" if task == "edit" and self._by_strength else ""
                more = f" with up to {count} reference{'s' * (count > 1)}" if count else ""
                said.append(_DOES[task] + kind + more)
        extras = (("negative prompts", self.negative), ("strength", self.strength), ("transparency", self.transparent))
        known = [name for name, can in extras if can]
        return ", ".join(said) + (f"; it knows {', '.join(known)}" if known else "")

    def task(self, *, picture: bool, mask: bool, references: int) -> Task:
        """Say which task a request is.

        References without a picture are a text task where that takes so many. A model that only edits by instruction
        may take the first of them as the picture; then it is an edit.
        """
        if mask:
            return "mask"
        if picture:
            return "edit"
        text, edit = self.family.text, self.family.edit
        if references > (text.references if text else 0) and edit is not None and not self._by_strength:
            listed = edit.words.get("references") == edit.words.get("picture")
            if references == 1 or (listed and references <= edit.references + 1):
                return "edit"
        return "text"

    def check(
        self,
        task: Task,
        *,
        references: int = 0,
        negative: bool = False,
        strength: bool = False,
        transparent: bool = False,
    ) -> View:
        """Return the view for a task, or refuse with what the model can do.

        Parameters
        ----------
        task : str
            "text", "edit" or "mask".
        references : int
            How many pictures come besides the edited one.
        negative, strength, transparent : bool
            Whether the request brings a negative prompt or a strength, or asks for RGBA.

        Raises
        ------
        RequestError
            If the model cannot do this.
        """
        view = self.family.view(task)
        if view is None:
            raise self._cannot(_DOES[task])
        if references > view.references:
            takes = f"at most {view.references}" if view.references else "no"
            besides = " besides the picture" if task != "text" else ""
            raise RequestError(
                f"To {_DOES[task]}, {self.name} takes {takes} reference{'s' * (view.references != 1)}{besides}; "
                f"{references} {'were' if references > 1 else 'was'} given. It can: {self.tasks()}."
            )
        if negative and "negative" not in view.words:
            raise self._cannot(f"{_DOES[task]} with a negative prompt")
        if strength and "strength" not in view.words:
            raise self._cannot(f"{_DOES[task]} with a strength")
        if transparent and not self.family.transparent:
            raise self._cannot("paint transparency")
        return view

    @property
    def _by_strength(self) -> bool:
        return self.family.by == "strength"

    def _cannot(self, what: str) -> RequestError:
        return RequestError(f"{self.name} cannot {what}. It can: {self.tasks()}.")


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
    index = read_json(path)
    if not isinstance(index, dict):
        raise ModelError(f"{path} is damaged: it should hold one JSON object.")
    return index


def parts_of(folder: Path) -> dict[str, tuple[str, str]]:
    """Name the components that are loaded: part → (library, class), in the order of the index.

    Optional ones that the folder leaves out, written [null, null], are not among them, nor are those of `UNUSED`.

    Raises
    ------
    ModelError
        If there is no index, or a name in it is a path to somewhere else.
    """
    found = {}
    for part, value in index_of(folder).items():
        match value:
            case [str() as library, str() as name] if part not in UNUSED:
                if not part.isidentifier():
                    raise ModelError(f"{folder / 'model_index.json'} is damaged: {part!r} is no name of a component.")
                found[part] = (library, name)
    return found


def family_of(folder: Path) -> Family:
    """Return the family of the model in `folder`.

    Raises
    ------
    ModelError
        If the folder holds no model, or one of a kind that pochade does not run.
    """
    name = index_of(folder).get("_class_name")
    family = _BY_INDEX.get(name) if isinstance(name, str) else None
    if family is None:
        known = ", ".join(family.name for family in FAMILIES)
        raise ModelError(f"{folder} holds a {name!r}, which pochade does not run. It runs: {known}.")
    return family


def title_of(folder: Path) -> str:
    """Name a model after its folder, or after its repository where the folder is one of the Hub's cache."""
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.name


def capabilities_of(folder: Path) -> Capabilities:
    """Describe the model in `folder` from its index, its VAE's configuration and its card.

    Raises
    ------
    ModelError
        If the family is not supported or a file is damaged.
    """
    card = card_of(folder)
    family = _possible(family_of(folder), set(parts_of(folder)), card.tasks)
    factor = _vae_factor(folder, family)
    native = family.multiple or factor * family.patch
    if card.size is None:
        side = _trained_side(folder, family, factor)
        rule = replace(family.size, multiple=native, default=(side, side) if side else family.size.default)
    elif card.size.multiple % native:
        raise ModelError(
            f"{folder / 'card.json'} allows sizes in steps of {card.size.multiple} pixels; its VAE needs {native}."
        )
    else:
        rule = SizeRule(**card.size.model_dump())
    title = title_of(folder)
    distilled = _is_distilled(folder, family, title)
    call, sigmas = card.call, index_of(folder).get("sample_sigmas")
    own_steps = len(sigmas) if isinstance(sigmas, list) and len(sigmas) <= MAX_STEPS else None
    guidance = family.distilled_guidance if distilled else family.guidance
    return Capabilities(
        name=card.name or title,
        version=str(card.version),
        family=family,
        steps=call.num_inference_steps or own_steps or (family.distilled_steps if distilled else family.steps),
        guidance=guidance if call.guidance_scale is None else call.guidance_scale,
        prompt_tokens=call.max_sequence_length or family.prompt_tokens,
        prompt_layers=call.text_encoder_out_layers,
        size=rule,
        factor=factor,
        vocabulary=card.vocabulary,
        distilled=distilled,
        lists=card.lists,
        near=card.near,
    )


def _possible(family: Family, parts: set[str], tasks: tuple[Task, ...] | None) -> Family:
    """Take the views away that need a component which the folder lacks, or that its card does not promise."""
    kept: dict[str, View | None] = {}
    for task in TASKS:
        view = family.view(task)
        can = view is not None and parts.issuperset(view.parts) and (tasks is None or task in tasks)
        kept[task] = view if can else None
    return replace(family, **kept)  # type: ignore[arg-type]


def _vae_factor(folder: Path, family: Family) -> int:
    """Pixels per latent pixel, at most 2⁸: a VAE halves once less often than it has stages, or says its factor so."""
    if family.vae_factor is not None:
        return family.vae_factor
    match _config(folder / "vae" / "config.json"):
        case {"scale_factor_spatial": int() as factor} if 0 < factor <= 2**8:
            return factor
        case {"encoder_block_out_channels": [_, *halved]} | {"block_out_channels": [_, *halved]} if not halved[8:]:
            return int(2 ** len(halved))
        case {"temperal_downsample": [*halved]} if not halved[8:]:
            return int(2 ** len(halved))
    raise ModelError(f"{folder} is incomplete: vae/config.json is missing or does not tell how much its VAE shrinks.")


def _trained_side(folder: Path, family: Family, factor: int) -> int | None:
    """The side of the square that the weights were trained on, in pixels; None where nothing tells."""
    if family.sample is None:
        return None
    side = _config(folder / family.sample / "config.json").get("sample_size")
    return side * factor if isinstance(side, int) and 0 < side * factor <= MAX_SIDE else None


def _is_distilled(folder: Path, family: Family, title: str) -> bool:
    told = index_of(folder).get("is_distilled")
    if told is not None:
        return told is True
    scheduler = _config(folder / "scheduler" / "scheduler_config.json")
    by_scheduler = bool(family.distilled_by) and family.distilled_by.items() <= scheduler.items()
    return by_scheduler or bool(_DISTILLED.search(title))


def _config(path: Path) -> dict[str, Any]:
    """Read a component's configuration; an empty one where there is none."""
    config = read_json(path) if path.is_file() else {}
    return config if isinstance(config, dict) else {}
