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
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_STATEMENTS = (*layout.SCHEMA, *(statement for step in layout.STEPS.values() for statement in step))
# SQLite keeps these two tables of its own where there are counted rows or somebody ran ANALYZE.
_OWN = "sqlite_sequence name seq sqlite_stat1 tbl idx stat picture_1"
_LATER = {"picked": 2, "state": 2, "starred": 3, "deleted": 3, "fingerprint": 4}  # the layout that something came with


def _words(statement: str) -> set[str]:
    return set(re.findall(r"\w+", _COMMENT.sub(" ", statement)))


_OURS = frozenset().union(*map(_words, (*_STATEMENTS, _OWN)))


def check_schema(db: sqlite3.Connection, path: Path) -> None:
    """Make sure that a file has our tables, with our columns, and nothing besides them that could do anything.

    Raises
    ------
    StoreError
        If it has not.
    """
    for kind, name, statement in db.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind not in {"table", "index"} or (statement is not None and not _words(statement) <= _OURS):
            raise StoreError(
                f"{path} has a {kind} {name!r} that pochade did not make, and SQLite would do what it says: it was "
                "left as it is. Ask for the pictures themselves."
            )
    version = db.execute("PRAGMA user_version").fetchone()[0]
    with sqlite3.connect(":memory:") as model:
        for statement in layout.SCHEMA:
            model.execute(statement)
        for (table,) in model.execute(_TABLES):
            columns, wanted = _columns(db, table), _columns(model, table)
            missing = {name for name in wanted - columns if _LATER.get(name, _LATER.get(table, 1)) <= version}
            if missing:
                raise StoreError(f"{path} is damaged: its table {table!r} has no {min(missing)!r}. Restore a copy.")
    model.close()


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


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
