"""Whether everything in a session file is still what was stored: every byte, every picture, every name.

It stands apart from `file.py` because nobody needs it until something is wrong, and because it may find anything: each
question is asked by itself, so that one damaged page does not hide what else there is to say.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from pochade.errors import ImageError, StoreError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.inert import inert
from pochade.store import records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Asking = Callable[[], AbstractContextManager[sqlite3.Connection]]

__all__ = ["damage"]

_MOST = 20  # rows of SQLite's own report; one damaged page can fill hundreds
_NAME = 40  # characters of an id, which in a damaged file may be anything
_JSON_ENTRIES = ("place", "settings")  # of the table of names and values

_ASTRAY = (
    (
        "SELECT turn, role, hash FROM picture WHERE hash NOT IN (SELECT hash FROM blob)",
        "Turn {0}: the file has no bytes for its {1} {2:.8}….",
    ),
    (
        "SELECT turn, role FROM picture WHERE turn NOT IN (SELECT id FROM turn)",
        "The file has a picture ({1}) of turn {0}, and no such turn.",
    ),
    (
        "SELECT id, parent FROM turn WHERE parent NOT IN (SELECT id FROM turn)",
        "Turn {0} grew from turn {1}, which the file does not have.",
    ),
    (
        "SELECT id, image_turn FROM turn WHERE image_turn NOT IN (SELECT id FROM turn)",
        "Turn {0} was made from the picture of turn {1}, which the file does not have.",
    ),
    (
        "SELECT id FROM turn WHERE NOT EXISTS (SELECT 1 FROM picture WHERE turn = turn.id AND role = 'image')",
        "Turn {0} has no picture.",
    ),
)
_ASTRAY_FINGERPRINTS = (
    "SELECT hash FROM fingerprint WHERE hash NOT IN (SELECT hash FROM blob)",
    "The file has a fingerprint of the picture {0:.8}…, and no such picture.",
)


def damage(asking: Asking, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Look at everything in a session file and say in sentences what is damaged.

    Parameters
    ----------
    asking : callable
        Gives the connection for a moment; others may use it in between.
    progress : callable, optional
        Told how many pictures were looked at, and how many there are.

    Returns
    -------
    list of str
        Nothing where all is well. Names out of the file are made harmless to print.
    """
    found = list(dict.fromkeys(_guarded(asking, _structure)))
    # Where its pages are damaged the names in them may be too, but the pictures that can be reached are worth a look.
    found += _guarded(asking, _names)
    found += _guarded(asking, _words)
    found += _pictures(asking, progress)
    return found


def _guarded(asking: Asking, questions: Callable[[sqlite3.Connection], Iterator[str]]) -> list[str]:
    """Collect what one kind of questions finds; where SQLite cannot go on, that is what was found."""
    found: list[str] = []
    try:
        with asking() as db:
            found.extend(questions(db))
    except OSError as error:
        found.append(str(error))
    return found


def _structure(db: sqlite3.Connection) -> Iterator[str]:
    for (said,) in db.execute(f"PRAGMA integrity_check({_MOST})"):
        if said != "ok":
            yield f"SQLite finds the file damaged: {inert(said, limit=200)}."


def _names(db: sqlite3.Connection) -> Iterator[str]:
    for query, sentence in (*_ASTRAY, *((_ASTRAY_FINGERPRINTS,) if records.has_fingerprints(db) else ())):
        for row in db.execute(query).fetchall():
            yield sentence.format(*(inert(str(part), limit=_NAME) for part in row))


def _words(db: sqlite3.Connection) -> Iterator[str]:
    """Look for what is said of a turn and cannot be read, and for turns that are named there and are missing."""
    ids = [row[0] for row in db.execute("SELECT id FROM turn ORDER BY number")]
    known = set(ids)
    for turn in ids:
        name = inert(str(turn), limit=_NAME)
        try:
            record = records.select(db, "WHERE id = ?", (turn,))[0]
            missing = [other for other in record.reference_turns if other is not None and other not in known]
        except (StoreError, IndexError):
            yield f"Turn {name}: what the file says of it cannot be read."
            continue
        for other in missing:
            yield f"Turn {name} took turn {inert(str(other), limit=_NAME)} to go by, which the file does not have."
        if not 0 <= record.picked < max(len(record.images), 1):
            yield f"Turn {name} has no picture {record.picked}, which is said to be picked."
    for key, value in db.execute("SELECT key, value FROM meta").fetchall():
        if key in _JSON_ENTRIES:
            try:
                json.loads(value)
            except (ValueError, TypeError, RecursionError):
                yield f"What the file says of {key!r} cannot be read."


def _pictures(asking: Asking, progress: Callable[[int, int], None] | None) -> list[str]:
    names: dict[str, None] = {}
    # One from an index alone, so that a damaged row hides no other; the other where that index is damaged itself.
    for query in ("SELECT hash FROM blob", "SELECT hash FROM picture"):
        with suppress(OSError), asking() as db:
            names |= dict.fromkeys(row[0] for row in db.execute(query))
            break
    found: list[str] = []
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names))
        try:
            with asking() as db:
                found.extend(_picture(db, name))
        except OSError:
            found.append(f"Picture {inert(str(name), limit=8)} cannot be read: the file is damaged where it lies.")
    if progress is not None:
        progress(len(names), len(names))
    return found


def _picture(db: sqlite3.Connection, name: str) -> Iterator[str]:
    short = inert(str(name), limit=8)
    row = db.execute("SELECT bytes, pixels FROM blob WHERE hash = ?", (name,)).fetchone()
    if row is None or not isinstance(row[0], bytes) or byte_hash(row[0]) != name:
        used = db.execute("SELECT DISTINCT turn FROM picture WHERE hash = ?", (name,)).fetchall()
        of = ", ".join(inert(str(turn), limit=_NAME) for (turn,) in used)
        yield f"Picture {short} is not what was stored" + (f"; it belongs to turn {of}." if of else ".")
        return
    if row[1] is not None:
        with suppress(ImageError):  # its bytes are what was stored, and whoever stored them knew what they show
            if pixel_hash(load_image(row[0])) != row[1]:
                yield f"Picture {short} does not show the pixels that the file says."
