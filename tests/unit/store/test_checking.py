"""What `check` finds: every byte that rotted, every name that leads nowhere, whatever cannot be read; and only that."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from stored import VERSION_1, VERSION_2, VERSION_3, add, picture, record

from pochade.imaging.load import byte_hash
from pochade.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def spoil(path: Path, *statements: str) -> None:
    """Change a file as none of our own does."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            db.execute(statement)


@pytest.mark.parametrize("old", [VERSION_1, VERSION_2, VERSION_3])
def test_a_file_of_any_layout_that_is_well_is_called_well(old: Path) -> None:
    with Store.open(old, readonly=True) as store:
        assert store.check() == []


def test_it_is_told_how_far_it_is(store: Store) -> None:
    for seed in range(3):
        add(store, seed)
    seen: list[tuple[int, int]] = []
    assert store.check(lambda done, total: seen.append((done, total))) == []
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_one_byte_of_a_picture_that_rotted_is_found_and_its_turn_named(store: Store, path: Path) -> None:
    big = picture(2, side=200)
    add(store, 1)
    store.add(record("b2g3", images=(byte_hash(big),)), {byte_hash(big): big})
    store.close()
    whole = path.read_bytes()
    place = whole.index(big[3000:3100]) + 50
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with Store.open(path, readonly=True) as again:
        short = byte_hash(big)[:7]
        (found,) = again.check()
        assert found.startswith(f"Picture {short}")
        assert found.endswith("is not what was stored; it belongs to turn b2g3.")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM blob", r"Turn {turn}: the file has no bytes for its image [0-9a-f]{{8}}…\."),
        ("DELETE FROM turn", r"The file has a picture \(image\) of turn {turn}, and no such turn\."),
        ("DELETE FROM picture", r"Turn {turn} has no picture\."),
        ("UPDATE turn SET parent = 'k3f9'", r"Turn {turn} grew from turn k3f9, which the file does not have\."),
        ("UPDATE turn SET image_turn = 'k3f9'", r"Turn {turn} was made from the picture of turn k3f9"),
        ("UPDATE turn SET picked = 7", r"Turn {turn} has no picture 7, which is said to be picked\."),
        ("UPDATE turn SET details = '{{'", r"Turn {turn}: what the file says of it cannot be read\."),
        ("UPDATE turn SET details = '[]'", r"Turn {turn}: what the file says of it cannot be read\."),
        ("UPDATE blob SET pixels = 'feed'", r"Picture [0-9a-f]{{7}}… does not show the pixels"),
        ("UPDATE blob SET bytes = 'text'", r"Picture [0-9a-f]{{7}}… is not what was stored"),
        ("INSERT INTO meta VALUES ('settings', '{{')", "What the file says of 'settings' cannot be read"),
        (
            "INSERT INTO fingerprint VALUES ('feed', 1, x'00')",
            "a fingerprint of the picture feed…, and no such",
        ),
        (
            """UPDATE turn SET details = json_set(details, '$.reference_turns', json('["k3f9"]'))""",
            "Turn {turn} took turn k3f9 to go by, which the file does not have",
        ),
        ("UPDATE turn SET parent = 'k3' || char(27) || '[2J'", r"grew from turn k3\\x1b\[2J, which"),
    ],
)
def test_what_does_not_fit_together_is_said_in_a_sentence(
    store: Store, path: Path, statement: str, sentence: str
) -> None:
    turn = add(store, 1)
    store.close()
    spoil(path, statement.replace("{{", "{").replace("}}", "}"))
    with Store.open(path, readonly=True) as again:
        found = again.check()
    assert any(re.search(sentence.format(turn=turn), one) for one in found), found


def test_damaged_pages_are_found_and_what_can_be_reached_is_looked_at_all_the_same(store: Store, path: Path) -> None:
    for seed in range(20):
        data = picture(seed, side=120)
        store.add(record(store.new_id(seed), images=(byte_hash(data),)), {byte_hash(data): data})
    store.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(40_000))
    with Store.open(path, readonly=True) as again:
        found = again.check()
        damaged = [one for one in found if re.match(r"Picture [0-9a-f]{7}… (is not what was|cannot be read)", one)]
    assert 1 <= len(damaged) < 5, "what is whole is not called damaged"


def test_where_an_index_is_damaged_the_pictures_are_found_by_another_way(store: Store, path: Path) -> None:
    add(store, 1)
    store.close()
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_blob_1'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 16384)
        file.write(os.urandom(16384))
    with Store.open(path, readonly=True) as again:
        found = again.check()
    assert any("is damaged" in one for one in found)
    assert any(one.startswith("Picture") for one in found)
