"""What is said of turns after they were made: starred, deleted, searched for; plain functions on one connection.

They stand apart from `records.py`, which writes a turn once and for all. Deleting hides a turn at once and removes it
later, when nobody can want it back and no turn that stays was made from it; a turn that others were made from stays in
the file, hidden, because their code and their sources name it.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from pochade.errors import StoreError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["delete", "living", "marked", "matching", "nearest", "offspring", "purge", "restore", "speaks", "star"]

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
    """Hide a turn; one that is hidden already keeps the time of that."""
    db.execute("UPDATE turn SET deleted = ? WHERE id = ? AND deleted IS NULL", (when, turn))


def restore(db: sqlite3.Connection, turn: str) -> None:
    """Show a turn again."""
    db.execute("UPDATE turn SET deleted = NULL WHERE id = ?", (turn,))


def nearest(db: sqlite3.Connection, turn: str | None) -> str | None:
    """Return this turn, or the nearest that it grew from, which was not deleted; None where all were."""
    asked = f"SELECT parent, {living(db)} FROM turn WHERE id = ?"  # noqa: S608 - our own words
    while turn is not None:
        found = db.execute(asked, (turn,)).fetchone()
        if found is None or found[1]:
            return turn if found else None
        turn = found[0]
    return None


def offspring(db: sqlite3.Connection, turn: str) -> list[str]:
    """Return the living turns that grew from this one, directly or from what was deleted since, oldest first."""
    asked = f"SELECT number, id, {living(db)} FROM turn WHERE parent = ?"  # noqa: S608 - our own words
    found: list[tuple[int, str]] = []
    above = [turn]
    while above:
        rows = [row for name in above for row in db.execute(asked, (name,))]
        found += [(number, name) for number, name, lives in rows if lives]
        above = [name for _, name, lives in rows if not lives]
    return [name for _, name in sorted(found)]


def purge(db: sqlite3.Connection) -> int:
    """Remove the deleted turns that no other needs, and the pictures that nobody else uses; return how many turns.

    A turn needs what it grew from, what it edited and what it took for references, deleted or not. `StoreError` where
    one does not say what it took: then nobody knows what can go.
    """
    deleted = {row[0] for row in db.execute("SELECT id FROM turn WHERE deleted IS NOT NULL")}
    if not deleted:
        return 0
    needs = {row[0]: row[1:] for row in db.execute("SELECT id, parent, image_turn, details FROM turn")}
    kept = set(needs) - deleted
    fresh = kept
    while fresh:
        fresh = {name for turn in fresh for name in _needed(turn, *needs[turn])} & set(needs) - kept
        kept |= fresh
    gone = [(turn,) for turn in needs if turn not in kept]
    if not gone:
        return 0
    db.execute("PRAGMA defer_foreign_keys = ON")  # several that were made from each other go together
    hashes = [row for turn in gone for row in db.execute("SELECT hash FROM picture WHERE turn = ?", turn)]
    db.executemany("DELETE FROM picture WHERE turn = ?", gone)
    db.executemany("DELETE FROM turn WHERE id = ?", gone)
    unused = "DELETE FROM blob WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM picture WHERE picture.hash = blob.hash)"
    db.executemany(unused, set(hashes))
    return len(gone)


def _needed(turn: str, parent: str | None, image_turn: str | None, details: str) -> set[str | None]:
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
    text = folded(prompt)
    if details is not None:
        text += "\n" + folded(json.loads(details)["extra"].get("rewritten") or "")
    return all(word in text for word in words.split())
