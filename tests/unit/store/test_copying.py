"""Turns that go from one session file into another: they keep their ids, and nothing is written over or lost."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from stored import VERSION_1, VERSION_3, add, picture, record

from pochade.errors import ReadOnlyError, RequestError, StoreError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.store import Store, records
from pochade.store.filing import drafting
from pochade.store.folder import catalogue, remove

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "other.pochade", meta={"model": "another"}) as made:
        yield made


def full(store: Store) -> list[str]:
    """Five turns: a deleted one that others were made from, two of these, one that is deleted, a lonely one."""
    base = add(store, 1, prompt="a base")
    image, upload, mask = (picture(seed) for seed in (2, 3, 4))
    blobs = {byte_hash(data): data for data in (image, upload, mask)}
    more = {"mask": byte_hash(mask), "originals": (byte_hash(upload),), "extra": {"rewritten": "an edit!"}}
    edit = record("e2d3", parent=base, image_turn=base, prompt="an edit", images=(byte_hash(image),), **more)
    store.add(edit, blobs, fingerprints={byte_hash(image): b"dots"}, fingerprint_version=3)
    guided = add(store, 5, reference_turns=(base, None), prompt="by the base")
    gone, lonely = add(store, 6, prompt="gone"), add(store, 7, prompt="lonely")
    store.set_starred(edit.id, on=True)
    for turn in (base, gone):
        store.delete(turn)
    return [base, edit.id, guided, gone, lonely]


def test_a_copy_of_all_has_every_turn_as_it_is_and_is_the_same_session(store: Store, tmp_path: Path) -> None:
    base, edit, guided, gone, lonely = full(store)
    store.set_meta("settings", "{}")
    where = store.export(tmp_path / "copy.pochade")
    with Store.open(where) as copy:
        assert copy.writable
        assert copy.check() == []
        assert copy.page(0, 9) == store.page(0, 9)
        assert copy.ids() == [edit, guided, lonely]
        assert (copy.session_id, copy.meta("settings")) == (store.session_id, "{}")
        assert [turn.id for turn in copy.deleted()] == [base], "it is needed"
        assert gone not in copy, "who deleted a turn does not hand it on"
        assert list(copy.fingerprints()) == list(store.fingerprints())
        assert copy.blob(copy.get(edit).originals[0] or "") == picture(3)
    assert gone in store


def test_a_part_has_these_turns_and_what_they_were_made_from_and_is_a_session_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    base, edit, guided, _, _ = full(store)
    store.set_meta("model", "miniature")
    with Store.open(store.export(tmp_path / "part.pochade", edit)) as part:
        assert part.ids() == [edit]
        assert part.get(edit) == store.get(edit)
        assert part.get(base) == store.get(base)
        assert guided not in part
        assert part.check() == []
        assert part.session_id != store.session_id
        assert (part.meta("model"), part.meta("notebook")) == ("miniature", None)
        assert [row[-2:] for row in part.fingerprints()] == [(3, b"dots")]


def test_nothing_is_written_over_and_what_fails_leaves_nothing(store: Store, tmp_path: Path) -> None:
    turn = add(store, 1)
    there = tmp_path / "there.pochade"
    there.write_text("mine")
    with pytest.raises(StoreError, match="is there already, and nothing is written over"):
        store.export(there)
    assert there.read_text() == "mine"
    with pytest.raises(KeyError, match="no turn 'k3f9'"):
        store.export(tmp_path / "new.pochade", "k3f9")
    store.delete(turn)
    with pytest.raises(RequestError, match=f"'{turn}' was deleted: bring it back"):
        store.export(tmp_path / "new.pochade", turn)
    with pytest.raises(StoreError, match="cannot be made"):
        store.export(there / "below.pochade")
    store.restore(turn)
    with store.writing() as db:
        db.execute("UPDATE blob SET bytes = x'00'")
    with pytest.raises(StoreError, match="is damaged: picture"):
        store.export(tmp_path / "new.pochade", turn)
    assert not (tmp_path / "new.pochade").exists()
    assert not [entry for entry in tmp_path.iterdir() if ".part" in entry.name]


def test_a_copy_is_whole_while_others_go_on_writing(store: Store, tmp_path: Path) -> None:
    for seed in range(5):
        add(store, seed)
    stop = threading.Event()

    def paint() -> None:
        seed = 100
        while not stop.is_set():
            add(store, seed)
            seed += 1

    painter = threading.Thread(target=paint)
    painter.start()
    try:
        copies = [store.export(tmp_path / f"{number}.pochade") for number in range(5)]
    finally:
        stop.set()
        painter.join()
    for where in copies:
        with Store.open(where) as copy:
            assert copy.check() == []
            assert copy.ids() == store.ids()[: len(copy)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a kill")
def test_a_killed_export_leaves_a_draft_only_until_the_next_who_makes_or_lists_or_deletes_files(
    store: Store, path: Path, home: Path
) -> None:
    add(store, 1)
    folder = home / "sessions"
    code = """
import os, signal, sys
from pathlib import Path
from pochade.store import Store, copying
copying.publish = lambda draft, path: os.kill(os.getpid(), signal.SIGKILL)
with Store.open(sys.argv[1], readonly=True) as store:
    store.export(sys.argv[2], *sys.argv[3:])
"""

    def killed(*turns: str) -> None:
        words = [sys.executable, "-c", code, str(path), str(folder / "copy.pochade"), *turns]
        assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
        assert [entry for entry in folder.iterdir() if entry.name.endswith(".part")]

    def left() -> list[str]:
        return [entry.name for entry in folder.iterdir() if ".part" in entry.name]

    killed()
    with Store.open(store.export(folder / "copy.pochade")):
        assert left() == []
    (folder / "copy.pochade").unlink()
    killed(*store.ids())
    Store.create(folder / "new.pochade", meta={}).close()
    assert left() == []
    killed()
    with drafting(folder / "other.pochade") as draft:
        draft.write_bytes(b"somebody is at it")
        assert [one.path.name for one in catalogue()] == ["new.pochade"]
        assert sorted(left()) == [draft.name, f"{draft.name}.lock"], "what is being made stays"
    killed()
    remove(folder / "new.pochade")
    assert left() == []


def test_a_file_of_another_layout_that_is_only_read_can_be_exported(tmp_path: Path) -> None:
    with Store.open(VERSION_1, readonly=True) as old, Store.open(old.export(tmp_path / "new.pochade")) as new:
        assert new.page(0, 9) == old.page(0, 9)
        assert new.session_id
        with Store.open(old.export(tmp_path / "part.pochade", old.ids()[1])) as part:
            assert part.page(0, 9) == old.page(0, 9), "one was made from the other"


def test_turns_of_another_file_come_in_with_their_ids_stars_and_pictures(store: Store, other: Store) -> None:
    mine = add(store, 50)
    theirs = full(other)
    merged = store.merge(other.path)
    base, edit, guided, gone, lonely = theirs
    assert (merged.added, merged.skipped, merged.renamed) == ((base, edit, guided, lonely), (), {})
    assert (merged.hidden, [turn.id for turn in store.deleted()]) == ((base,), [base])
    assert gone not in store, "it was deleted there, and nobody needs it"
    assert store.ids() == [mine, edit, guided, lonely]
    assert [store.get(turn) for turn in merged.added] == [other.get(turn) for turn in merged.added]
    assert store.check() == []
    assert store.meta("model") is None, "what is said of the other session stays there"


def test_what_is_here_already_is_passed_over_however_it_is_marked(store: Store, other: Store) -> None:
    theirs = full(other)
    store.merge(other.path)
    store.delete(theirs[4])
    other.set_starred(theirs[2], on=True)
    before = store.page(0, 99)
    merged = store.merge(other.path)
    assert (merged.added, merged.skipped) == ((), (*theirs[:3], theirs[4]))
    assert merged.hidden == (theirs[0], theirs[4])
    assert store.page(0, 99) == before
    assert str(merged) == (
        "0 turns came in; 4 turns had been here before. "
        f"2 of these are deleted here: restore({theirs[0]!r}) and the like bring them back."
    )


def test_what_another_file_says_of_its_pictures_is_not_believed(store: Store, other: Store, tmp_path: Path) -> None:
    turn, lie = add(other, 1), pixel_hash(load_image(picture(9)))
    name = other.get(turn).images[0]
    with other.writing() as db:
        db.execute("UPDATE blob SET pixels = ?", (lie,))
        records.imprint(db, {name: b"the dots of another"}, 9)
    store.merge(other.path)
    assert store.pixels(name) == pixel_hash(load_image(picture(1)))
    assert [row[-2:] for row in store.fingerprints()] == [(None, None)], "who searches makes one"
    assert store.check() == []
    with Store.open(other.export(tmp_path / "part.pochade", turn)) as part:
        assert part.pixels(name) == lie, "one's own file is copied as it is"


def test_a_turn_whose_id_another_one_has_gets_a_new_one_and_so_does_every_mention_of_it(
    store: Store, other: Store
) -> None:
    add(store, 1, prompt="mine")  # its id follows from the seed, and so does theirs
    theirs = full(other)
    assert theirs[0] in store
    merged = store.merge(other.path)
    assert set(merged.renamed) == {theirs[0]}
    new = merged.renamed[theirs[0]]
    assert (store.get(theirs[0]).prompt, store.get(new).prompt) == ("mine", "a base")
    edit = store.get(theirs[1])
    assert (edit.parent, edit.image_turn, store.get(theirs[2]).reference_turns) == (new, new, (new, None))
    assert f"Its turn {theirs[0]} is called {new} here" in merged.words()
    again = store.merge(other.path)
    assert (again.added, again.renamed) == ((), merged.renamed), "a second time brings nothing twice"
    assert store.check() == []


def test_an_id_that_was_promised_to_a_turn_on_its_way_is_not_taken(store: Store, other: Store) -> None:
    theirs = add(other, 9)
    promised = store.new_id("a cat", 9)
    assert promised == theirs
    merged = store.merge(other.path)
    assert merged.renamed[theirs] != promised
    store.add(record(promised, images=(byte_hash(picture(1)),)), {byte_hash(picture(1)): picture(1)})
    assert len(store) == 2


def test_what_cannot_come_in_leaves_everything_as_it_was(store: Store, other: Store, path: Path) -> None:
    mine = add(store, 50)
    for seed in range(3):
        add(other, seed)
    with other.writing() as db:
        db.execute("UPDATE blob SET bytes = x'00' WHERE hash = ?", (other.get(other.ids()[2]).images[0],))
    with pytest.raises(StoreError, match=rf"{other.path} is damaged: picture"):
        store.merge(other.path)
    with pytest.raises(StoreError, match="is this session itself"):
        store.merge(path)
    with pytest.raises(StoreError, match="no session file"):
        store.merge(path.with_name("none.pochade"))
    with store.asking() as db:
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
    big = picture(9, side=300)
    with Store.create(path.with_name("big.pochade"), meta={}) as large:
        large.add(record("b2g3", images=(byte_hash(big),)), {byte_hash(big): big})
    with pytest.raises(StoreError, match=rf"disk is full: nothing was changed in {path}"):
        store.merge(large.path)
    assert store.ids() == [mine]
    assert store.check() == []
    with Store.open(path, readonly=True) as reader, pytest.raises(ReadOnlyError):
        reader.merge(other.path)


def test_a_turn_that_was_made_from_what_is_not_there_is_refused_by_name(store: Store, other: Store) -> None:
    turn = add(other, 1, reference_turns=("k3f9",))
    with pytest.raises(StoreError, match=f"is damaged: turn {turn} was made from a turn that is not there before it"):
        store.merge(other.path)
    assert len(store) == 0


def test_an_older_file_comes_in_without_being_changed(store: Store, tmp_path: Path) -> None:
    old = shutil.copyfile(VERSION_3, tmp_path / "old.pochade")
    merged = store.merge(old)
    assert (len(merged.added), len(merged.hidden)) == (5, 1)
    assert len(store) == 4
    assert store.check() == []
    assert old.read_bytes() == VERSION_3.read_bytes()
