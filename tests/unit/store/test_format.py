"""FORMAT.md describes the session file as it is: every table, column, index, role, entry and layout, and no other."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from stored import add, picture

import pochade.store
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.store.filing import VERSION

if TYPE_CHECKING:
    from pochade import Session
    from pochade.store import Store

TEXT = (Path(pochade.store.__file__).with_name("FORMAT.md")).read_text("utf-8")


def section(title: str) -> str:
    """Return what stands below a heading, down to the next of its kind or of a larger one."""
    level = "#" * (len(title) - len(title.lstrip("#")))
    after = TEXT.split(f"\n{title}\n")[1]
    return re.split(rf"\n#{{2,{len(level)}}} ", after)[0]


def first_words(text: str) -> list[str]:
    """Return the names in the first column of a section's first table."""
    return re.findall(r"^\| `(\w+)`", text.strip().split("\n\n| Entry")[0], re.MULTILINE)


def ask(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute(query)]


@pytest.mark.usefixtures("store")
def test_every_table_and_column_is_described_in_order(path: Path) -> None:
    tables = ask(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    assert re.findall(r"^### (\w+)$", section("## Tables"), re.MULTILINE) == [*_ordered(tables), "Indexes"]
    for table in tables:
        columns = ask(path, f"SELECT name FROM pragma_table_info('{table}')")  # noqa: S608 - our own words
        assert first_words(section(f"### {table}")) == columns


def _ordered(tables: list[str]) -> list[str]:
    told = ["meta", "blob", "turn", "picture", "fingerprint"]
    assert sorted(tables) == sorted(told)
    return told


@pytest.mark.usefixtures("store")
def test_every_index_and_role_is_described(path: Path) -> None:
    indexes = ask(path, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    assert sorted(re.findall(r"`(\w+)`", section("### Indexes"))) == sorted(indexes)
    made = ask(path, "SELECT sql FROM sqlite_master WHERE name = 'picture'")[0]
    roles = re.findall(r"'(\w+)'", made)
    assert len(roles) == 6
    described = next(line for line in section("### picture").splitlines() if line.startswith("| `role`"))
    assert [role for role in roles if f"`{role}`" not in described] == []


def test_the_pragmas_are_those_of_a_new_file(store: Store, path: Path) -> None:
    for name, value in re.findall(r"^\| `PRAGMA (\w+)` \| (\w+)", section("## The file"), re.MULTILINE):
        assert str(ask(path, f"PRAGMA {name}")[0]) == value
    for name, value in (("secure_delete", 1), ("foreign_keys", 1), ("synchronous", 3)):
        assert name in TEXT
        assert store._column(f"PRAGMA {name}") == [value]


def test_every_layout_is_in_the_table_of_layouts() -> None:
    assert re.findall(r"^\| (\d+) \|", section("## Layouts"), re.MULTILINE) == [str(n) for n in range(1, VERSION + 1)]


def test_every_entry_of_a_session_is_described(session: Session) -> None:
    session.settings.update(steps=1)
    session.generate("a cat", size=(64, 64))
    session.new()
    entries = ask(session.path, "SELECT key FROM meta")
    described = re.findall(r"^\| `(\w+)`", section("### meta").split("| Entry")[1], re.MULTILINE)
    assert {"session", "model", "place", "settings"} <= set(entries) <= set(described)
    extra = ask(session.path, "SELECT json_each.key FROM turn, json_each(details)")
    assert {word for word in extra if f"`{word}`" not in section("### turn")} == set()


def test_the_hashes_are_what_is_written(store: Store) -> None:
    data = picture(1)
    turn = store.get(add(store, 1))
    assert turn.images == (hashlib.sha256(data).hexdigest(),) == (byte_hash(data),)
    image = load_image(data)
    assert store.pixels(turn.images[0]) == hashlib.sha256(b"RGB 32x32\n" + image.tobytes()).hexdigest()
    assert pixel_hash(image) == store.pixels(turn.images[0])


@pytest.mark.parametrize("number", [0, 1])
def test_the_shells_queries_are_queries(store: Store, path: Path, number: int) -> None:
    add(store, 1)
    query = re.findall(r'sqlite3 talk\.pochade "(.*)"', TEXT)[number].replace(
        "writefile('picture.png', bytes)", "bytes"
    )
    with closing(sqlite3.connect(path)) as db:
        (row,) = db.execute(query).fetchall()
    assert row in {(picture(1),), (1, store.ids()[0], None, "a cat on a blue background")}
