"""What is said of turns after they were made: starred, deleted, searched for; plain functions on one connection.

They stand apart from `records.py`, which writes a turn once and for all. Deleting hides a turn at once and removes it
later, when nobody can want it back and no turn that stays was made from it; a turn that others were made from stays in
the file, hidden, because their code and their sources name it.
"""

from __future__ import annotations

import json
import math
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pochade.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

__all__ = [
    "Removed",
    "delete",
    "living",
    "marked",
    "matching",
    "nearest",
    "needed",
    "offspring",
    "purge",
    "removable",
    "restore",
    "speaks",
    "star",
]

_MARKED = 3  # the first layout that has these columns; an older file that is only read has none


def marked(db: sqlite3.Connection) -> bool:
    """Whether turns can be starred and deleted in this file, which may be of an older layout if it is only read."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] >= _MARKED)


def living(db: sqlite3.Connection) -> str:
    """Return the SQL condition that a turn was not deleted."""
    return "deleted IS NULL" if marked(db) else "TRUE"


def star(db: sqlite3.Connection, turn: str, when: float | None) -> None:
    """Star a turn at a time, in seconds since 1970; None takes the star away."""
    db.execute("UPDATE turn SET starred = ? WHERE id = ?", (when, turn))


def delete(db: sqlite3.Connection, turn: str, when: float) -> None:
    """Hide a turn; one that is hidden already keeps the time of that.

    Times tell in which order turns were deleted, so each is later than the last one even where the clock went back.
    """
    last = db.execute("SELECT max(deleted) FROM turn").fetchone()[0]
    when = when if last is None or when > last else math.nextafter(last, math.inf)
    db.execute("UPDATE turn SET deleted = ? WHERE id = ? AND deleted IS NULL", (when, turn))


def restore(db: sqlite3.Connection, turn: str) -> None:
    """Show a turn again."""
    db.execute("UPDATE turn SET deleted = NULL WHERE id = ?", (turn,))


def nearest(db: sqlite3.Connection, turn: str | None) -> str | None:
    """Return this turn, or the nearest that it grew from, which was not deleted; None where all were."""
    asked = f"SELECT parent, {living(db)} FROM turn WHERE id = ?"  # noqa: S608 - our own words
    passed: set[str] = set()
    while turn is not None and turn not in passed:
        passed.add(turn)  # in a damaged file turns can have grown from each other
        found = db.execute(asked, (turn,)).fetchone()
        if found is None or found[1]:
            return turn if found else None
        turn = found[0]
    return None


def offspring(db: sqlite3.Connection, turn: str) -> list[str]:
    """Return the living turns that grew from this one, directly or from what was deleted since, oldest first."""
    asked = f"SELECT number, id, {living(db)} FROM turn WHERE parent = ?"  # noqa: S608 - our own words
    found: list[tuple[int, str]] = []
    above, passed = [turn], {turn}
    while above:
        rows = [row for name in above for row in db.execute(asked, (name,))]
        found += [(number, name) for number, name, lives in rows if lives]
        above = [name for _, name, lives in rows if not lives and name not in passed]
        passed.update(above)
    return [name for _, name in sorted(found)]


@dataclass(frozen=True)
class Removed:
    """What was removed from a file for good.

    Attributes
    ----------
    turns : tuple of str
        Ids of the turns, oldest first.
    pictures : tuple of (str, str or None)
        The stored pictures that went with them: hash of the bytes, and of the pixels that these show.
    size : int
        Bytes of these.
    kept : tuple of str
        Ids of the deleted turns that stay, hidden, because turns that stay were made from them.
    """

    turns: tuple[str, ...] = ()
    pictures: tuple[tuple[str, str | None], ...] = ()
    size: int = 0
    kept: tuple[str, ...] = ()


def removable(db: sqlite3.Connection, wanted: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Return the ids of the deleted turns that no other needs, and of those that another does, oldest first.

    The `wanted` ones are needed by somebody else. A turn needs what it grew from, what it edited and what it took for
    references, deleted or not. `StoreError` where one does not say what it took: then nobody knows what can go.
    """
    deleted = [row[0] for row in db.execute("SELECT id FROM turn WHERE deleted IS NOT NULL ORDER BY number")]
    if not deleted:
        return [], []
    needs = {row[0]: row[1:] for row in db.execute("SELECT id, parent, image_turn, details FROM turn")}
    kept = set(needs) - set(deleted) | set(wanted) & set(needs)
    fresh = kept
    while fresh:
        fresh = {name for turn in fresh for name in needed(turn, *needs[turn])} & set(needs) - kept
        kept |= fresh
    return [name for name in deleted if name not in kept], [name for name in deleted if name in kept]


def purge(db: sqlite3.Connection, wanted: Collection[str] = ()) -> Removed:
    """Remove the turns that are `removable`, and the pictures that nobody else uses, with their fingerprints."""
    names, kept = removable(db, wanted)
    if not names:
        return Removed(kept=tuple(kept))
    gone = [(name,) for name in names]
    db.execute("PRAGMA defer_foreign_keys = ON")  # several that were made from each other go together
    hashes = {row for turn in gone for row in db.execute("SELECT hash FROM picture WHERE turn = ?", turn)}
    db.executemany("DELETE FROM picture WHERE turn = ?", gone)
    db.executemany("DELETE FROM turn WHERE id = ?", gone)
    unused = "FROM blob WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM picture WHERE picture.hash = blob.hash)"
    asked = f"SELECT hash, pixels, length(bytes) {unused}"
    found = [row for name in hashes for row in db.execute(asked, name)]
    db.executemany(f"DELETE {unused}", hashes)
    return Removed(tuple(names), tuple(row[:2] for row in found), sum(row[2] for row in found), tuple(kept))


def needed(turn: str, parent: str | None, image_turn: str | None, details: str) -> set[str | None]:
    """Return the ids of what a turn was made from, given what its row says; StoreError where that cannot be read."""
    try:
        return {parent, image_turn, *json.loads(details)["reference_turns"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"The file is damaged: what it says of turn {turn!r} cannot be read.") from error


def matching(db: sqlite3.Connection, words: str, *, starred: bool) -> tuple[str, str]:
    """Return the SQL condition that a living turn says every one of these words, and its one parameter."""
    rewritten = """CASE WHEN instr(details, '"rewritten"') THEN details END"""
    condition = f"{living(db)} AND speaks(prompt, {rewritten}, ?)"
    if starred:
        condition += " AND starred IS NOT NULL" if marked(db) else " AND FALSE"
    return condition, " ".join(folded(words).split())


def folded(text: str) -> str:
    """Make what is typed alike alike: upper and lower case, half and full width."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def speaks(prompt: str, details: str | None, words: str) -> bool:
    """Whether every one of these folded words, parted by spaces, occurs in a prompt or in what was made of it.

    SQLite calls it for every turn, with `details` only where something was made of the prompt.
    """
    text = folded(prompt) if isinstance(prompt, str) else ""
    if details is not None:
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):  # damaged: it says nothing
            text += "\n" + folded(json.loads(details)["extra"].get("rewritten") or "")
    return all(word in text for word in words.split())
