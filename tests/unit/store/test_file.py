"""What the session file promises: a turn comes back as it was, and nothing that was finished is lost."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import stored
from stored import add, picture, record

from pochade.errors import ReadOnlyError, RequestError, StoreError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.store import Store, default_folder, latest

if TYPE_CHECKING:
    from pathlib import Path


def test_a_turn_comes_back_as_it_was_after_the_file_was_closed(store: Store, path: Path) -> None:
    first = add(store, 1)
    image, upload, mask, photo = (picture(seed) for seed in (2, 3, 4, 5))
    full = record(
        store.new_id(),
        parent=first,
        task="edit",
        prompt="一只猫 with a \"hat\"\nand a 'monocle' 🎩",
        seed=2**53 - 1,
        n=2,
        notes=("The size was rounded to 32x32.",),
        image_turn=first,
        reference_turns=(None, first),
        images=(byte_hash(image), byte_hash(upload)),
        source=byte_hash(upload),
        mask=byte_hash(mask),
        references=(byte_hash(photo), byte_hash(image)),
        extra={"deep": {"list": [1, 2.5, None, "ü"]}},
        changed=(None, byte_hash(mask)),
        picked=1,
        state="stopped",
        image_index=3,
    )
    store.add(full, {byte_hash(data): data for data in (image, upload, mask, photo)}, meta={"current": full.id})
    store.close()

    with Store.open(path) as again:
        assert again.get(full.id) == full
        assert again.ids() == [first, full.id]
        assert [turn.id for turn in again.page(1, 5)] == [full.id]
        assert again.children(first) == [full.id]
        assert again.children(full.id) == []
        assert len(again) == 2
        assert first in again
        assert "zz99" not in again
        assert again.meta("current") == full.id
        assert again.meta("notebook") == "/home/ann/cats.ipynb"
        assert again.blob(byte_hash(mask)) == mask


def test_an_unknown_turn_or_picture_is_a_key_error_that_names_it(store: Store) -> None:
    with pytest.raises(KeyError, match="no turn 'k3f9'"):
        store.get("k3f9")
    with pytest.raises(KeyError, match="no picture 'feed'"):
        store.blob("feed")


def test_meta_can_be_set_changed_and_removed(store: Store) -> None:
    assert store.meta("current") is None
    assert store.meta("current", "none yet") == "none yet"
    store.set_meta("current", "k3f9")
    store.set_meta("current", "q8x2")
    assert store.meta("current") == "q8x2"
    store.set_meta("current", None)
    assert store.meta("current") is None


def test_the_same_bytes_are_kept_once_and_the_same_pixels_are_known_again(store: Store, path: Path) -> None:
    data = picture(1)
    again = load_image(data)
    other = data[:-12] + b"\0\0\0\x04tEXta\0bc\x05\x1c\x0f\xb4" + data[-12:]  # a text chunk: other bytes, same pixels
    assert store.put(data) == store.put(data) == byte_hash(data)
    assert store.put(other) != byte_hash(data)
    assert store.put(b"no picture at all") == byte_hash(b"no picture at all")
    with sqlite3.connect(path) as db:
        rows = dict(db.execute("SELECT hash, pixels FROM blob").fetchall())
    assert rows == {
        byte_hash(data): pixel_hash(again),
        byte_hash(other): pixel_hash(again),
        byte_hash(b"no picture at all"): None,
    }


def test_pixels_whose_hash_is_given_are_not_looked_at_again(store: Store, path: Path) -> None:
    known, unknown = picture(1), picture(2)
    blobs = {byte_hash(data): data for data in (known, unknown)}
    store.add(record("a2b3", images=tuple(blobs)), blobs, pixels={byte_hash(known): "told by the one who painted it"})
    with sqlite3.connect(path) as db:
        rows = dict(db.execute("SELECT hash, pixels FROM blob").fetchall())
    assert rows == {
        byte_hash(known): "told by the one who painted it",
        byte_hash(unknown): pixel_hash(load_image(unknown)),
    }


def test_one_of_several_pictures_is_picked_and_another_later(store: Store, path: Path) -> None:
    blobs = {byte_hash(data): data for data in map(picture, range(4))}
    store.add(record("a2b3", n=4, images=tuple(blobs)), blobs)
    assert store.get("a2b3").picked == 0
    store.set_picked("a2b3", 3)
    store.set_picked("a2b3", 2)
    store.close()
    with Store.open(path) as again:
        assert again.get("a2b3") == record("a2b3", n=4, images=tuple(blobs), picked=2)
        assert [turn.picked for turn in again.page(0, 9)] == [2]


@pytest.mark.parametrize("index", [2, -1, 1.0, True, "1", None])
def test_a_picture_that_is_not_there_cannot_be_picked(store: Store, index: Any) -> None:
    blobs = {byte_hash(data): data for data in map(picture, range(2))}
    store.add(record("a2b3", n=4, images=tuple(blobs), picked=1), blobs)  # stopped: two of four
    with pytest.raises(RequestError, match=f"'a2b3' has 2 pictures, numbered from 0 to 1: .* no picture {index!r}"):
        store.set_picked("a2b3", index)
    assert store.get("a2b3").picked == 1
    single = add(store, 3)
    with pytest.raises(RequestError, match="has one picture, number 0"):
        store.set_picked(single, 1)
    with pytest.raises(KeyError, match="no turn 'k3f9'"):
        store.set_picked("k3f9", 0)


def test_nothing_is_picked_in_a_file_that_is_only_read(store: Store, path: Path) -> None:
    turn = add(store)
    with Store.open(path, readonly=True) as reader, pytest.raises(ReadOnlyError, match="can only be read"):
        reader.set_picked(turn, 0)


def test_the_file_is_laid_out_to_last(store: Store, path: Path) -> None:
    add(store)
    with sqlite3.connect(path) as db:
        asked = ("application_id", "user_version", "page_size", "auto_vacuum", "journal_mode")
        found = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in asked}
    assert found == {
        "application_id": int.from_bytes(b"POCH"),
        "user_version": 4,
        "page_size": 16384,
        "auto_vacuum": 2,  # incremental
        "journal_mode": "delete",
    }
    with store.asking() as db:  # these belong to the connection, not to the file
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 3  # extra
        assert db.execute("PRAGMA secure_delete").fetchone()[0] == 1
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_turn_that_names_a_missing_picture_or_parent_or_a_taken_id_is_not_stored_at_all(store: Store) -> None:
    first = add(store)
    data = picture(9)
    blobs = {byte_hash(data): data}
    for broken in (
        record("a2b3", images=("0" * 64,)),
        record("a2b3", images=(byte_hash(data),), parent="q8x2"),
        record(first, images=(byte_hash(data),)),
        record("a2b3", images=(byte_hash(data),), state="half"),
    ):
        with pytest.raises(StoreError, match="nothing was stored"):
            store.add(broken, blobs, meta={"current": "a2b3"})
    with pytest.raises(StoreError, match="nothing was stored"):
        store.add(record("a2b3", images=(byte_hash(data),)), {byte_hash(data): picture(10)})
    assert store.ids() == [first]
    assert store.meta("current") is None
    with pytest.raises(KeyError):
        store.blob(byte_hash(data))


def test_ids_are_short_readable_unique_and_never_given_twice(store: Store, path: Path) -> None:
    given = [store.new_id(number) for number in range(1400)] + [store.new_id() for _ in range(100)]
    assert len(set(given)) == 1500
    assert all(re.fullmatch(r"([a-hjkmnp-z][2-9]){2,3}", name) for name in given)
    assert len(given[0]) == 4
    turn = add(store, 3)
    store.close()
    with Store.open(path) as again:
        assert again.new_id("a cat", 3) != turn


def test_the_same_recipe_gets_the_same_id_in_another_session(store: Store, tmp_path: Path) -> None:
    store.new_id("something that was clicked before")
    with Store.create(tmp_path / "other.pochade", meta={}) as other:
        assert store.new_id("a cat", 7, None, (64, 64)) == other.new_id("a cat", 7, None, (64, 64))
        assert store.new_id("a cat", 7, None, (64, 64)) == other.new_id("a cat", 7, None, (64, 64))
        assert store.new_id("a cat", 8) != other.new_id("a dog", 8)


def test_a_file_that_is_there_is_never_overwritten(store: Store, path: Path) -> None:
    turn = add(store)
    with pytest.raises(StoreError, match="there already"):
        Store.create(path, meta={})
    assert store.ids() == [turn]


def test_a_session_that_cannot_be_made_says_where_and_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=r"file/talk\.pochade cannot be made: .*Choose another place"):
        Store.create(tmp_path / "file" / "talk.pochade", meta={})


def test_a_closed_store_says_how_to_open_it_again(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match=r"was closed: open it again with pochade\.open"):
        store.ids()


def test_any_thread_may_write_and_read_at_once(store: Store) -> None:
    def write(thread: int) -> list[str]:
        return [add(store, 100 * thread + turn) for turn in range(10)]

    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            turns = store.page(0, 1000)
            assert all(store.blob(turn.images[0]) == picture(turn.seed) for turn in turns[-3:])

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        written = [name for names in pool.map(write, range(4)) for name in names]
        stop.set()
        for reader in readers:
            reader.result()
    assert sorted(store.ids()) == sorted(written)
    assert len(set(written)) == 40
    assert store._column("PRAGMA integrity_check") == ["ok"]


@pytest.mark.parametrize("round_", range(5))
def test_a_kill_in_mid_write_never_loses_a_finished_turn(path: Path, round_: int) -> None:
    Store.create(path, meta={}).close()
    child = subprocess.Popen([sys.executable, stored.__file__, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    finished = [child.stdout.readline().strip() for _ in range(3)]
    time.sleep(random.Random(round_).uniform(0, 0.15))
    child.send_signal(signal.SIGKILL)
    finished += child.stdout.read().split()
    child.wait()
    child.stdout.close()

    with Store.open(path) as store:
        assert store.writable
        kept = store.ids()
        assert kept[: len(finished)] == finished
        assert len(kept) - len(finished) <= 1, "at most the turn that was committed but not yet told"
        for turn in store.page(0, 10_000):
            assert byte_hash(store.blob(turn.images[0])) == turn.images[0]
        assert store._column("PRAGMA integrity_check") == ["ok"]
        assert add(store, 999) in store


def test_the_default_folder_is_the_users_own_and_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POCHADE_HOME", str(tmp_path / "elsewhere"))
    assert default_folder() == (tmp_path / "elsewhere" / "sessions").resolve()
    monkeypatch.delenv("POCHADE_HOME")
    assert default_folder().parts[-2:] == ("pochade", "sessions")


def test_the_latest_session_of_a_notebook_is_the_last_written_one_that_has_turns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POCHADE_HOME", str(tmp_path))
    assert latest(None) is None
    folder = default_folder()
    plan = [("old", "cats", True), ("new", "cats", True), ("dogs", "dogs", True), ("empty", "cats", False)]
    for age, (name, notebook, painted) in enumerate(plan):
        with Store.create(folder / f"{name}.pochade", meta={"notebook": notebook}) as store:
            if painted:
                add(store)
        os.utime(store.path, (1000 + age, 1000 + age))
    (folder / "stranger.pochade").write_text("dear diary")
    assert latest("cats") == (folder / "new.pochade").resolve()
    assert latest(None) == (folder / "dogs.pochade").resolve()
    assert latest("birds") is None
