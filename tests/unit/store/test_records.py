"""What becomes of a session file of an older layout: read as it is, brought up to date whole, or left as it was."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from stored import VERSION_1, VERSION_2, VERSION_3, add, picture, record

from pochade.errors import StoreError
from pochade.imaging.load import byte_hash, load_image
from pochade.store import Store
from pochade.store import layout as tables
from pochade.store.filing import hold

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return shutil.copyfile(VERSION_1, tmp_path / "old.pochade")


def layout(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def shape(path: Path) -> dict[str, Any]:
    """Return what a file's tables are, however they came to be so."""
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        asked = ("table_info", "foreign_key_list", "index_list")
        return {
            f"{name}.{pragma}": db.execute(f"PRAGMA {pragma}({name})").fetchall() for name in tables for pragma in asked
        }


def is_whole(store: Store) -> bool:
    return store._column("PRAGMA integrity_check") == ["ok"] and store._column("PRAGMA foreign_key_check") == []


def test_a_file_of_layout_1_is_read_without_being_changed(old: Path) -> None:
    with Store.open(old, readonly=True) as store:
        cats, hat = store.page(0, 10)
        assert (cats.prompt, cats.n, cats.size) == ("a cat on a blue background", 2, (128, 128))
        assert (hat.prompt, hat.parent, hat.task) == ("give the cat a top hat", cats.id, "edit")
        assert (hat.changed, hat.picked, hat.state, hat.image_index) == ((), 0, "done", 0)
        assert store.get(hat.id) == hat
        for name in (*cats.images, *hat.images, hat.source, hat.mask, *hat.references):
            assert name is not None
            assert load_image(store.blob(name)).size == (128, 128)
    assert old.read_bytes() == VERSION_1.read_bytes()


def test_a_file_of_layout_1_that_somebody_else_writes_is_read_as_it_is(old: Path) -> None:
    holding = hold(old)
    with Store.open(old) as store:
        assert not store.writable
        assert len(store.page(0, 10)) == 2
    holding.release()
    assert layout(old) == 1


def test_a_file_of_layout_1_is_brought_up_to_date_when_it_is_opened_to_write(old: Path, store: Store) -> None:
    with Store.open(old, readonly=True) as reader:
        before = reader.page(0, 10)
        with Store.open(old) as writer:
            assert writer.page(0, 10) == before
            assert is_whole(writer)
            cats = before[0]
            later = add(writer, 5, parent=cats.id, changed=cats.images[:1], state="stopped", image_index=1)
            writer.set_picked(cats.id, 1)
            kept = writer.page(0, 10)
            assert (kept[0].picked, kept[2].changed, kept[2].state) == (1, cats.images[:1], "stopped")
            assert reader.page(0, 10) == kept, "one who reads meanwhile reads on"
    assert (layout(old), shape(old)) == (4, shape(store.path))
    whole = old.read_bytes()
    with Store.open(old) as again:
        assert again.page(0, 10) == kept
        assert again.ids()[-1] == later
    assert old.read_bytes() == whole, "what is up to date is left alone"


def test_a_file_of_layout_2_is_read_without_being_changed(tmp_path: Path) -> None:
    old = shutil.copyfile(VERSION_2, tmp_path / "old.pochade")
    with Store.open(old, readonly=True) as store:
        cats, hat, dog, red = store.page(0, 10)
        assert (cats.picked, len(hat.changed), red.mask is None, dog.starred, dog.deleted) == (1, 1, False, None, None)
        assert store.get(red.id) == red
        assert store.children(dog.id) == [red.id]
    assert old.read_bytes() == VERSION_2.read_bytes()


def test_a_file_of_layout_2_is_brought_up_to_date_when_it_is_opened_to_write(tmp_path: Path, store: Store) -> None:
    old = shutil.copyfile(VERSION_2, tmp_path / "old.pochade")
    with Store.open(old, readonly=True) as reader:
        before = reader.page(0, 10)
        with Store.open(old) as writer:
            assert writer.page(0, 10) == before
            assert is_whole(writer)
            writer.delete(before[0].id)
            writer.set_starred(before[2].id, on=True)
            assert reader.ids() == writer.ids() == [turn.id for turn in before[1:]], "one who reads meanwhile sees it"
            assert reader.get(before[2].id).starred is not None
    assert (layout(old), shape(old)) == (4, shape(store.path))


def test_a_file_of_layout_3_is_read_without_being_changed(tmp_path: Path) -> None:
    old = shutil.copyfile(VERSION_3, tmp_path / "old.pochade")
    with Store.open(old, readonly=True) as store:
        hat, dog, red, mine = store.page(0, 10)
        assert [turn.prompt for turn in store.deleted()] == ["a cat on a blue background", "a house"]
        assert (hat.image_turn, dog.starred is not None, red.parent) == (store.deleted()[0].id, True, dog.id)
        assert (mine.source is not None, len(mine.references), mine.originals) == (True, 2, ())
        assert store.session_id == ""
        assert [row[-2:] for row in store.fingerprints()] == [(None, None)] * 4
        assert [row[1] for row in store.fingerprints()] == [hat.id, dog.id, red.id, mine.id]
    assert old.read_bytes() == VERSION_3.read_bytes()


def test_a_file_of_layout_3_is_brought_up_to_date_when_it_is_opened_to_write(tmp_path: Path, store: Store) -> None:
    old = shutil.copyfile(VERSION_3, tmp_path / "old.pochade")
    with Store.open(old, readonly=True) as reader:
        before, gone = reader.page(0, 10), reader.deleted()
        with Store.open(old) as writer:
            assert (writer.page(0, 10), writer.deleted()) == (before, gone)
            assert is_whole(writer)
            assert len(bytes.fromhex(writer.session_id)) == 16
            assert writer.session_id != store.session_id
            data, upload = picture(1), picture(2)
            full = record("a2b3", images=(byte_hash(data),), originals=(byte_hash(upload),))
            blobs = {byte_hash(data): data, byte_hash(upload): upload}
            writer.add(full, blobs, fingerprints={byte_hash(data): b"dots"}, fingerprint_version=1)
            assert reader.get("a2b3") == full, "one who reads meanwhile reads on"
            name = writer.session_id
        assert [row[1] for row in reader.fingerprints()] == reader.ids()
        assert list(reader.fingerprints())[-1][-2:] == (1, b"dots")
    with Store.open(old) as again:
        assert again.session_id == name
    assert (layout(old), shape(old)) == (4, shape(store.path))


def test_an_error_while_it_is_brought_up_to_date_leaves_the_file_as_it_was(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db, db:  # what no file of ours holds, so that the copy fails half-way
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("UPDATE picture SET role = 'frame' WHERE role = 'mask'")
    before = old.read_bytes()
    with pytest.raises(StoreError, match="does not fit"):
        Store.open(old)
    assert old.read_bytes() == before
    assert hold(old).lock is not None, "the right to write was given back"


def test_a_full_disk_while_it_is_brought_up_to_date_leaves_the_file_as_it_was(old: Path) -> None:
    db = sqlite3.connect(old, isolation_level=None)
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        tables.bring_up(db)
    db.close()
    assert old.read_bytes() == VERSION_1.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that cannot be caught")
def test_a_kill_while_it_is_brought_up_to_date_leaves_the_file_as_it_was(old: Path) -> None:
    code = """
        import os, signal, sqlite3, sys
        from pochade.store import layout as tables

        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("PRAGMA cache_size = 1")  # what is changed goes to the file at once, not first at the end
        db.set_trace_callback(lambda said: os.kill(os.getpid(), signal.SIGKILL) if said == "COMMIT" else None)
        tables.bring_up(db)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(old)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert old.read_bytes() != VERSION_1.read_bytes(), "it was killed half-way"
    with Store.open(old, readonly=True) as store:
        assert [turn.n for turn in store.page(0, 10)] == [2, 1]
        assert is_whole(store)
    assert layout(old) == 1
    with Store.open(old) as store:
        assert store.page(0, 10)[1].prompt == "give the cat a top hat"
        assert is_whole(store)
    assert layout(old) == 4
