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
_UP = 12  # folders above this one where the server's own may be


@dataclass(frozen=True)
class Trace:
    """A cell of a notebook that still has something of what was removed.

    Attributes
    ----------
    cell : int
        Which, counted from 1 at the top.
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
    traces : tuple of Trace
        Its cells that still show what was removed.
    """

    turns: tuple[str, ...] = ()
    pictures: int = 0
    size: int = 0
    kept: tuple[str, ...] = ()
    notebook: Path | None = None
    traces: tuple[Trace, ...] = ()

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
        elif self.traces:
            said += [*self._left(), "Clear these outputs and save the notebook to be rid of them."]
        elif self.turns:
            said.append(f"{inert(self.notebook.name)}, as it was last saved, shows nothing of it.")
        return " ".join(said)

    def _left(self) -> Iterator[str]:
        name = inert(self.notebook.name) if self.notebook is not None else ""
        if pictures := [trace for trace in self.traces if trace.picture]:
            yield f"{name}, as it was last saved, still shows them in {_cells(pictures)}."
        if words := [trace for trace in self.traces if trace.words]:
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
    return next((place for place in places if place.is_file()), None)


def traces(
    notebook: Path, names: Collection[str], pixels: Collection[str], prompts: Iterable[str]
) -> tuple[Trace, ...]:
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
    tuple of Trace
        Empty where there is nothing, and where the file cannot be read as a notebook.
    """
    spoken = {start for prompt in prompts for start in _spellings(prompt.strip()[:_WORDS]) if start}
    try:
        if notebook.stat().st_size > _LARGEST:
            return ()
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        return tuple(
            trace for place, cell in enumerate(cells, 1) if (trace := _trace(place, cell, names, pixels, spoken))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()


def _spellings(start: str) -> tuple[str, ...]:
    return start, repr(start)[1:-1], json.dumps(start)[1:-1]


def _trace(
    place: int, cell: dict[str, Any], names: Collection[str], pixels: Collection[str], spoken: Collection[str]
) -> Trace | None:
    texts, pictures = [_text(cell.get("source", ""))], list[bytes]()
    for output in cell.get("outputs", ()):
        texts += [_text(output.get("text", "")), _text(output.get("traceback", ""))]
        for kind, value in output.get("data", {}).items():
            if kind.startswith("image/") and kind != "image/svg+xml":
                pictures += _decoded(_text(value))
            elif not isinstance(value, dict):
                texts.append(_text(value))
    for attachment in cell.get("attachments", {}).values():
        pictures += [data for value in attachment.values() for data in _decoded(_text(value))]
    shows = any(byte_hash(data) in names or _pixels(data) in pixels for data in pictures)
    speaks = any(start in text for text in texts for start in spoken)
    return Trace(place, cell.get("execution_count"), shows, speaks) if shows or speaks else None


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


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
    said = [f"cell {one.cell}" + (f" [{one.count}]" if one.count is not None else "") for one in found]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"  # noqa: PLR2004 - a tenth of a megabyte
