"""Whether what lies in a session file is what pochade puts there, asked before anything in it is used.

It stands alone because a session file may be a stranger's, and SQLite runs what a file's own schema says: triggers on
our writes, views in place of tables, expressions in indexes and columns. So every word of the schema has to be one of
ours, and every value of a turn has to be of its kind.
"""

import math
import re
import sqlite3
from pathlib import Path
from typing import Any

from pochade.errors import StoreError
from pochade.store import layout

__all__ = ["check_kinds", "check_schema"]

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
_STATEMENTS = (*layout.SCHEMA, *(statement for step in layout.STEPS.values() for statement in step))
# SQLite keeps these tables of its own where there are counted rows or somebody ran ANALYZE, and its `.recover` puts
# what it cannot place into one more, which nobody asks for anything.
_OWN = (
    "CREATE TABLE sqlite_sequence(name,seq)",
    "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
    "CREATE TABLE lost_and_found(rootpgno INTEGER, pgno INTEGER, nfield INTEGER, id INTEGER)",
)
_LOST = re.compile(r"lost_and_found_\d+|c\d+")  # its other names, and that table's columns
# What stood beside `details` in files of layout 1, and the name of an index that SQLite made.
_FORMER = "-- JSON: notes, versions, reference_turns, extra picture_1"
_LEFT = "it was left as it is. Ask for the pictures themselves."
_LATER = {"picked": 2, "state": 2, "starred": 3, "deleted": 3, "fingerprint": 4}  # the layout that something came with


def _parts(statement: str) -> set[str]:
    """Return every word and every other sign of a statement, in comments too: what is one is for SQLite to say."""
    return set(re.findall(r"\w+|[^\w\s]", statement))


_OURS = frozenset().union(*map(_parts, (*_STATEMENTS, *_OWN, _FORMER)))


def _all_ours(statement: str) -> bool:
    return all(part in _OURS or _LOST.fullmatch(part) for part in _parts(statement))


def check_schema(db: sqlite3.Connection, path: Path) -> None:
    """Make sure that a file has our tables, with our columns, and nothing besides them that could do anything.

    Raises
    ------
    StoreError
        If it has not.
    """
    for kind, name, statement in db.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind not in {"table", "index"} or (statement is not None and not _all_ours(statement)):
            raise StoreError(
                f"{path} has a {kind} {name!r} that pochade did not make, and SQLite would do what it says: {_LEFT}"
            )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    with sqlite3.connect(":memory:") as model:
        for statement in layout.SCHEMA:
            model.execute(statement)
        for (table,) in model.execute(_TABLES):
            columns, wanted = _columns(db, table), _columns(model, table)
            if strange := sorted(columns - wanted):
                raise StoreError(f"{path} has a column {strange[0][0]!r} that pochade did not make: {_LEFT}")
            missing = {name for name, _ in wanted - columns if _LATER.get(name, _LATER.get(table, 1)) <= version}
            if missing:
                raise StoreError(f"{path} is damaged: its table {table!r} has no {min(missing)!r}. Restore a copy.")
    model.close()


def _columns(db: sqlite3.Connection, table: str) -> set[tuple[str, int]]:
    """Return the names of a table's columns, and of each whether it is one that SQLite computes or hides."""
    return {(row[1], row[6]) for row in db.execute(f"PRAGMA table_xinfo({table})")}


def check_kinds(row: dict[str, Any], details: Any) -> None:
    """Make sure that a turn's columns and its details are of their kinds, and finite.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        If one is not, or is missing.
    """
    texts = ("id", "task", "prompt", "model")
    wholes = [name for name in ("seed", "n", "width", "height", "steps", "picked") if name in row]
    numbers = ("created", "seconds", "guidance")
    well = (
        all(isinstance(row[name], str) for name in texts)
        and all(isinstance(row[name], str | None) for name in ("parent", "image_turn"))
        and all(isinstance(row[name], int) for name in wholes)
        and all(isinstance(row[name], int | float) and math.isfinite(row[name]) for name in numbers)
        and isinstance(details, dict)
        and _texts(details["notes"])
        and _texts(details["reference_turns"], None)
        and isinstance(details["versions"], dict)
        and isinstance(details["extra"], dict)
        and isinstance(details["extra"].get("rewritten"), str | None)
        and isinstance(details.get("image_index", 0), int)
    )
    if not well:
        raise ValueError("something in it is of the wrong kind")


def _texts(value: Any, *besides: None) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) or one in besides for one in value)
