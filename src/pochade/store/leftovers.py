"""What was removed for good, and where a notebook still shows it.

A session file forgets what is purged from it, but a notebook has a copy of every picture that a cell showed, and
pochade never writes into a notebook. It stands apart from the file because it reads somebody else's: a notebook is
looked at as it was last saved, and may be anything.
"""

from __future__ import annotations

import binascii
import json
import os
import re
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pochade.errors import ImageError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.inert import inert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["Purged", "Trace", "find_notebook", "traces"]

_LARGEST = 1_000_000_000  # bytes of a notebook that is looked at
_WORDS = 40  # characters of a prompt that are looked for: texts show long ones cut off
_FORM = {"cell_type", "output_type", "id", "language", "encoding", "model_name", "model_module", "model_module_version"}
_SHORTEST = 64  # letters of a picture in base64; no picture is smaller
_BASE64 = re.compile(r"[A-Za-z0-9+/\n]+=*\s*")
_INLINE = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=]+)")
_UP = 12  # folders above this one where the server's own may be


@dataclass(frozen=True)
class Trace:
    """A cell of a notebook that still has something of what was removed.

    Attributes
    ----------
    cell : int
        Which, counted from 1 at the top; 0 stands for the state of widgets that was saved with the notebook.
    count : int or None
        The number in brackets before it, if it was run.
    picture : bool
        Whether its output shows a removed picture.
    words : bool
        Whether its code, text or output has the words of a removed turn.
    """

    cell: int
    count: int | None
    picture: bool
    words: bool


@dataclass(frozen=True)
class Purged:
    """What `Session.purge` removed.

    Attributes
    ----------
    turns : tuple of str
        Ids of the turns, oldest first.
    pictures : int
        How many stored pictures, masks and other files went with them.
    size : int
        Bytes of these.
    kept : tuple of str
        Ids of the deleted turns that stay, hidden, because turns that stay were made from them.
    notebook : Path or None
        The notebook that was looked at, as it was last saved; None where none was found.
    traces : tuple of Trace, or None
        Its cells that still show what was removed; None where it could not be looked through.
    """

    turns: tuple[str, ...] = ()
    pictures: int = 0
    size: int = 0
    kept: tuple[str, ...] = ()
    notebook: Path | None = None
    traces: tuple[Trace, ...] | None = ()

    def words(self) -> str:
        """Say it in sentences."""
        if not self.turns:
            said = ["Nothing was removed."]
        else:
            pictures = f"{self.pictures} picture{'' if self.pictures == 1 else 's'} ({_megabytes(self.size)})"
            said = [f"Removed for good: {_turns(self.turns)} with {pictures}."]
        if self.kept:
            them = "it" if len(self.kept) == 1 else "them"
            said.append(f"{_turns(self.kept)} stayed, hidden: turns that are kept were made from {them}.".capitalize())
        if self.notebook is None:
            said += ["No notebook was found to look through."] if self.turns else []
        elif self.traces is None:
            said.append(f"{inert(self.notebook.name)} could not be looked through: it may still show them.")
        elif self.traces:
            said += [*self._left(self.traces), "Clear these outputs and save the notebook to be rid of them."]
        elif self.turns:
            said.append(f"{inert(self.notebook.name)}, as it was last saved, shows nothing of it.")
        return " ".join(said)

    def _left(self, found: tuple[Trace, ...]) -> Iterator[str]:
        name = inert(self.notebook.name) if self.notebook is not None else ""
        if pictures := [trace for trace in found if trace.picture]:
            yield f"{name}, as it was last saved, still shows them in {_cells(pictures)}."
        if words := [trace for trace in found if trace.words]:
            yield f"{name} still has their words in {_cells(words)}."

    def __str__(self) -> str:
        return self.words()


def find_notebook(name: str | None = None) -> Path | None:
    """Find the notebook that this process belongs to.

    Parameters
    ----------
    name : str, optional
        What the server calls it, by default ``JPY_SESSION_NAME``: a path, perhaps from the server's own folder on, and
        with some editors something behind it.

    Returns
    -------
    Path or None
        None where there is no such file here.
    """
    said = re.match(r".*\.ipynb", name or os.environ.get("JPY_SESSION_NAME", ""), re.DOTALL)
    if said is None:
        return None
    path, here = Path(said[0]), Path.cwd()
    places = [here / path, here / path.name, *(above / path for above in [*here.parents][:_UP])]
    return next((place for place in places if _is_file(place)), None)


def traces(
    notebook: Path, names: Collection[str], pixels: Collection[str], prompts: Iterable[str]
) -> tuple[Trace, ...] | None:
    """Look through a notebook for pictures and words.

    Parameters
    ----------
    notebook : Path
        The file, as it was last saved.
    names, pixels : collection of str
        Hashes of the pictures' bytes, and of what they show: a cell may have encoded one anew.
    prompts : iterable of str
        The words. Only their first 40 characters are looked for.

    Returns
    -------
    tuple of Trace, or None
        Empty where there is nothing; None where the file cannot be read as a notebook, or is too large.
    """
    spoken = {start for prompt in prompts for start in _spellings(prompt.strip()[:_WORDS]) if start}
    try:
        if notebook.stat().st_size > _LARGEST:
            return None
        whole = json.loads(notebook.read_text("utf-8"))
        cells = whole["cells"] if "cells" in whole else _former(whole)
        places = [*enumerate(cells, 1), (0, whole.get("metadata", {}).get("widgets"))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return tuple(trace for place, cell in places if (trace := _trace(place, cell, names, pixels, spoken)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, above all
        return False


def _former(whole: dict[str, Any]) -> list[Any]:
    """Return the cells of a notebook from before 2015, which lay in worksheets."""
    return [cell for sheet in whole["worksheets"] for cell in sheet["cells"]]


def _spellings(start: str) -> tuple[str, ...]:
    return start, repr(start)[1:-1], json.dumps(start)[1:-1]


def _trace(
    place: int, cell: object, names: Collection[str], pixels: Collection[str], spoken: Collection[str]
) -> Trace | None:
    shows = speaks = False
    for text in _texts(cell):
        pictures, words = _parted(text)
        shows = shows or any(byte_hash(one) in names or (bool(pixels) and _pixels(one) in pixels) for one in pictures)
        speaks = speaks or any(start in words for start in spoken)
    number = cell.get("execution_count", cell.get("prompt_number")) if isinstance(cell, dict) else None
    return Trace(place, number if isinstance(number, int) else None, shows, speaks) if shows or speaks else None


def _texts(value: object) -> Iterator[str]:
    """Go through every text in what JSON can hold, however it is nested; lines of one text are put together."""
    ahead = [value]
    while ahead:
        one = ahead.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list) and all(isinstance(line, str) for line in one):
            yield "".join(one)
        elif isinstance(one, list):
            ahead += one
        elif isinstance(one, dict):
            ahead += [inner for key, inner in one.items() if key not in _FORM and not key.startswith("_")]


def _parted(text: str) -> tuple[list[bytes], str]:
    """Part a text into the files that are written in it in base64, and its words."""
    if len(text) >= _SHORTEST and _BASE64.fullmatch(text):
        return _decoded(text), ""
    return [data for found in _INLINE.findall(text) for data in _decoded(found)], _INLINE.sub("", text)


def _decoded(text: str) -> list[bytes]:
    try:
        return [b64decode(text)]
    except (binascii.Error, ValueError):
        return []


def _pixels(data: bytes) -> str | None:
    try:
        return pixel_hash(load_image(data))
    except ImageError:
        return None


def _turns(names: tuple[str, ...]) -> str:
    return f"turn {names[0]}" if len(names) == 1 else f"{len(names)} turns"


def _cells(found: list[Trace]) -> str:
    said = [
        f"cell {one.cell}" + (f" [{one.count}]" if one.count is not None else "") if one.cell else "its saved widgets"
        for one in found
    ]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"  # noqa: PLR2004 - a tenth of a megabyte
