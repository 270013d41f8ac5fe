"""Which models there are by name, where each one lies, and what its licence allows.

It stands apart from `families.py`, which says what a kind of model can do: a name, a repository and a licence belong to
one model. Nothing here reads weights or imports PyTorch, so `pochade.models()` answers at once and without a network.
"""

from __future__ import annotations

import difflib
import html
import re
import shutil
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pochade.engine.catalogue import CATALOGUE, MINIATURE, ModelInfo
from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ALIASES",
    "MINIATURE",
    "ModelInfo",
    "Models",
    "default_device",
    "find_model",
    "info_of",
    "licence_note",
    "models",
    "resembling",
    "revision_of",
]

ALIASES = MappingProxyType({row.alias: row.hub for row in CATALOGUE if row.hub})
"""Short name → repository of the Hub."""

_BY_HUB = MappingProxyType({row.hub.casefold(): row for row in CATALOGUE if row.hub})
_BY_ALIAS = MappingProxyType({row.alias: row for row in CATALOGUE})
_HUB_NAME = re.compile(r"(?P<hub>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>[\w.-]+))?")
_COLUMNS = (
    "alias",
    "family",
    "parameters",
    "GB full",
    "GB least",
    "licence",
    "commercial use",
    "repository",
    "revision",
)
_told: set[str] = set()
_telling = threading.Lock()


class Models(tuple[ModelInfo, ...]):
    """The catalogue as a tuple that a notebook shows as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        lines = [_COLUMNS, *map(_cells, self)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rows = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in _COLUMNS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(row)) + "</tr>" for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def models() -> Models:
    """List the models that have a short name.

    Returns
    -------
    tuple of ModelInfo
        The miniature first. "GB full" is what a picture of the usual size takes in bfloat16 with everything on one
        device; "GB least" what a graphics card must have when the rest waits in main memory. Any other diffusers folder
        or repository of a family that pochade runs can be used too, by its path or its name.
    """
    return Models(CATALOGUE)


def find_model(model: str | Path | None) -> Path | str:
    """Say where a model is, without fetching it.

    Parameters
    ----------
    model : str, Path or None
        A folder, an alias, a repository "owner/name" of the Hugging Face Hub, if need be with "@revision", or None
        for the packaged miniature.

    Returns
    -------
    Path or str
        The folder, or the name of the repository as it was given.

    Raises
    ------
    ModelError
        If it is neither a folder with a model nor something that could be a repository.
    """
    if model is None or model == MINIATURE:
        from pochade.miniature import folder

        model = folder()
    given = Path(model).expanduser()
    if given.exists():
        from pochade.engine.families import family_of

        family_of(given)
        return given.resolve()
    name = ALIASES.get(str(model), str(model))
    if isinstance(model, str) and _HUB_NAME.fullmatch(name):
        return name
    meant = f" Did you mean {meant!r}?" if (meant := resembling(str(model))) else ""
    raise ModelError(
        f"There is no model at {str(model)!r}.{meant} Give the folder of a diffusers model (the one with "
        f'model_index.json), a Hub repository as "owner/name", nothing for the packaged miniature, or one of '
        f"{', '.join(sorted(ALIASES))}."
    )


def revision_of(name: str) -> tuple[str, str | None]:
    """Split a repository's name from the revision that is to be fetched.

    Parameters
    ----------
    name : str
        "owner/name" or "owner/name@revision".

    Returns
    -------
    repository : str
        "owner/name".
    revision : str or None
        The one that was named, else the one that the catalogue pins, else None.
    """
    repository, _, revision = name.partition("@")
    known = _BY_HUB.get(repository.casefold())
    return repository, revision or (known.revision if known else None)


def info_of(model: str | Path | None) -> ModelInfo | None:
    """Look a model up in the catalogue, by alias, by repository or by its folder in the Hub's cache."""
    if model is None:
        return _BY_ALIAS[MINIATURE]
    if isinstance(model, str):
        known = _BY_ALIAS.get(model) or _BY_HUB.get(revision_of(model)[0].casefold())
        if known is not None:
            return known
    for part in Path(model).parts:  # …/models--owner--name/snapshots/…
        kind, *names = part.split("--")
        if kind == "models" and len(names) == 2:  # noqa: PLR2004 - an owner and a name
            return _BY_HUB.get("/".join(names).casefold())
    return None


def licence_note(model: str | Path | None) -> str | None:
    """Say once in this process what a model's licence does not allow.

    Parameters
    ----------
    model : str, Path or None
        What `find_model` takes or returns.

    Returns
    -------
    str or None
        A sentence for the notes of a turn; None if everything is allowed, nothing is known or it was said already.
    """
    known = info_of(model)
    if known is None or known.commercial == "yes":
        return None
    with _telling:
        if known.alias in _told:
            return None
        _told.add(known.alias)
    what = (
        "it may not be used commercially"
        if known.commercial == "no"
        else "commercial use is tied to conditions, such as a yearly revenue below a limit"
    )
    return (
        f"{known.alias} comes under the licence {known.licence}: {what}. Read it at https://huggingface.co/{known.hub}."
    )


def resembling(name: str) -> str | None:
    """Guess which alias somebody meant who wrote `name`; None if nothing comes near."""
    wanted = name.casefold().replace("_", "-")
    close = difflib.get_close_matches(wanted, [MINIATURE, *ALIASES], n=1, cutoff=0.75)
    if close:
        return close[0]
    hub = difflib.get_close_matches(wanted, _BY_HUB, n=1, cutoff=0.75)
    return _BY_HUB[hub[0]].alias if hub else None


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
    places: Iterable[str] = (spec.submodule_search_locations or []) if spec else []
    builds = [Path(place, "version.py") for place in places]
    built = any(re.search(r"^cuda\b.*=\s*'", build.read_text(), re.MULTILINE) for build in builds if build.is_file())
    return "cuda" if built and shutil.which("nvidia-smi") else "cpu"


def _cells(row: ModelInfo) -> tuple[str, ...]:
    billions = f"{row.parameters:.1f} B" if row.parameters >= 0.1 else f"{row.parameters * 1000:.1f} M"  # noqa: PLR2004
    return (
        row.alias,
        row.family,
        billions,
        f"{row.memory:.1f}",
        f"{row.least:.1f}",
        row.licence,
        row.commercial,
        row.hub or "in the package",
        "in the package" if not row.hub else row.revision[:7] if row.revision else "unpinned",
    )
