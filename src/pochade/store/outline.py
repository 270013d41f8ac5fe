"""The tree of turns in outline: of each turn the few facts that a view of many needs, and nothing that is slow to read.

It stands apart from `records.py` because a history of a thousand turns is drawn from these alone: no pictures, no
notes, no settings. Plain functions on one connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pochade.store import marks

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Twig", "twigs"]

_SHOWN = 200  # characters of a prompt


@dataclass(frozen=True, slots=True)
class Twig:
    """One turn in outline.

    Attributes
    ----------
    id : str
        Its id.
    number : int
        Permanent, larger than that of every older turn; there are gaps where turns were deleted.
    parent : str or None
        Id of the nearest turn that it grew from and that was not deleted.
    created : float
        When it was finished, in seconds since 1970 (UTC).
    task : str
        ``"generate"`` or ``"edit"``.
    prompt : str
        What was asked: its first 200 characters.
    width, height : int
        Of each picture, in pixels.
    n_images : int
        How many pictures it has.
    picked : int
        Which of them the conversation goes on from, counted from 0.
    state : str
        ``"done"`` or ``"stopped"``.
    starred : bool
        Whether it was starred.
    image_turn : str or None
        Id of the turn whose picture was edited, which may have been deleted.
    """

    id: str
    number: int
    parent: str | None
    created: float
    task: str
    prompt: str
    width: int
    height: int
    n_images: int
    picked: int
    state: str
    starred: bool
    image_turn: str | None


def twigs(db: sqlite3.Connection, which: str, parameters: tuple[object, ...]) -> list[Twig]:
    """Return the outline of the living turns that this end of a SELECT (AND, ORDER BY, LIMIT) picks."""
    # Columns are named as those of today's layout; an older file that is only read has fewer.
    have = {row[1] for row in db.execute("PRAGMA table_info(turn)")}
    picked = "picked" if "picked" in have else "0"
    state = "state" if "state" in have else "'done'"
    starred = "starred IS NOT NULL" if "starred" in have else "FALSE"
    pictures = "SELECT count(*) FROM picture WHERE turn = turn.id AND role = 'image'"
    asked = f"""
        SELECT id, number, parent, created, task, substr(prompt, 1, {_SHOWN}) AS prompt, width, height,
            ({pictures}) AS n_images, {picked} AS picked, {state} AS state, {starred} AS starred, image_turn
        FROM turn WHERE {marks.living(db)} {which}
    """  # noqa: S608 - our own words
    above = _above(db)
    found = db.execute(asked, parameters)
    names = [column[0] for column in found.description]
    return [_twig(dict(zip(names, row, strict=True)), above) for row in found]


def _twig(row: dict[str, Any], above: dict[str | None, str | None]) -> Twig:
    passed: set[str] = set()
    while row["parent"] in above:
        passed.add(row["parent"])
        row["parent"] = above[row["parent"]]
        if row["parent"] in passed:  # a damaged file, where turns grew from each other
            row["parent"] = None
    return Twig(**row | {"starred": bool(row["starred"])})


def _above(db: sqlite3.Connection) -> dict[str | None, str | None]:
    """Map every deleted turn to what it grew from."""
    return dict(db.execute("SELECT id, parent FROM turn WHERE deleted IS NOT NULL")) if marks.marked(db) else {}
