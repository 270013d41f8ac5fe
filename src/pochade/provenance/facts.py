"""What is said about one picture when it is signed: plain values, checked by nobody but their types.

It stands alone because three rooms meet here: the road knows the facts, `manifest` turns them into the words of C2PA,
and `sign` puts those into the file. Nothing in here reads a file, a clock or a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Facts", "Level", "Made", "Source"]

Level = Literal["full", "minimal", "off"]

Made = Literal["ai", "composite", "untouched"]


@dataclass(frozen=True)
class Source:
    """A picture that another one was made from.

    Attributes
    ----------
    data : bytes
        The picture's file as it came: one that carries Content Credentials keeps them as the ingredient's, as far as
        they are small enough and no other source contradicts them; any other becomes an ingredient without claims. At
        "minimal" the words that pochade wrote into them are taken out.
    mime : str
        Its type, such as ``"image/png"``.
    relationship : "parentOf" or "inputTo"
        Whether the new picture grew from it, or was painted with a look at it.
    title : str
        What it is called, such as ``"turn k3f9"``. At "minimal" it is left out.
    """

    data: bytes = field(repr=False)
    mime: str
    relationship: Literal["parentOf", "inputTo"]
    title: str


@dataclass(frozen=True)
class Facts:
    """What is known about one picture.

    Attributes
    ----------
    session, turn : str
        Ids of the session file and of the turn in it.
    index : int
        Which of the turn's pictures it is, counted from 0.
    task : "generate", "edit" or "convert"
        What was done. "convert" writes the same picture in another file format.
    made : "ai", "composite" or "untouched"
        Where the pixels come from: a model; a model and an upload together; the opened picture alone, of which no pixel
        was changed.
    model : str
        Name of the model, a repository, or a folder, of which only the last part is said.
    versions : mapping of str to str
        What made it, as in a turn's record: packages and, under ``"weights"``, the weights' hash.
    created : float
        When it was made, in seconds since 1970 (UTC).
    recipe : mapping
        What was asked, in anything that JSON can carry: prompt, seed, size and so on. Words of the person's are nowhere
        else but here, under ``"prompt"``, ``"rewritten"`` and ``"negative"``.
    sources : tuple of Source
        What it was made from: one parent at most.
    title : str
        What it is called, such as ``"turn k3f9"``.
    """

    session: str
    turn: str
    index: int
    task: Literal["generate", "edit", "convert"]
    made: Made
    model: str
    versions: Mapping[str, str]
    created: float
    recipe: Mapping[str, Any]
    sources: tuple[Source, ...]
    title: str
