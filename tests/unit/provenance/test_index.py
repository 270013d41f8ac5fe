import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing

import pytest
import stored
from scenery import keep, scenery

from pochade.imaging.load import byte_hash, pixel_hash
from pochade.provenance.fingerprint import VERSION, fingerprint
from pochade.provenance.index import Index, forget, index_path, mine, remember
from pochade.store import Store, default_folder


@pytest.fixture
def index():
    with closing(Index(index_path())) as opened:
        yield opened


@pytest.fixture
def talk():
    """A session file in the folder of autosaved sessions, with one turn; open to be written."""
    with Store.create(default_folder() / "talk.pochade", meta={}) as store:
        keep(store, scenery(1))
        yield store


def rows(path=None):
    with closing(sqlite3.connect(path or index_path())) as db:
        return db.execute("SELECT turn, place, hash FROM picture ORDER BY created, turn").fetchall()


def settled(path):
    """Make a file as old as files are that nobody is writing."""
    os.utime(path, ns=(0, path.stat().st_mtime_ns - 60 * 10**9))


def test_a_picture_is_known_by_bytes_pixels_session_and_looks(index, talk):
    (turn,) = talk.ids()
    index.sync()
    spot = (talk.path, turn, 0, stored.record("a").created)
    assert index.by_bytes(talk.get(turn).images[0]) == [spot]
    assert index.by_pixels(pixel_hash(scenery(1))) == [spot]
    assert index.by_turn(talk.session_id, turn) == index.by_turn(talk.session_id, turn, 0) == [spot]
    assert index.by_turn(talk.session_id, turn, 1) == index.by_turn("", turn) == []
    ((look, found),) = index.alike(scenery(1))
    assert (found, look.score > 0.95) == (spot, True)


def test_only_files_that_changed_are_read_again_and_of_them_what_is_new(index, talk):
    assert index.sync().looked == 1
    settled(talk.path)
    index.sync()
    assert index.sync().looked == 0
    told = []
    keep(talk, scenery(2))
    assert index.sync(lambda *said: told.append(said)).looked == 1
    assert told == [("talk.pochade", 1, 1)]
    assert len(index) == 2


def test_fingerprints_come_from_the_session_file_where_it_has_them(index):
    other = fingerprint(scenery(5))
    with Store.create(default_folder() / "talk.pochade", meta={}) as store:
        data = stored.picture(1)
        record = stored.record("a2", images=(byte_hash(data),))
        store.add(record, {byte_hash(data): data}, fingerprints={byte_hash(data): other}, fingerprint_version=VERSION)
    index.sync()
    assert [spot.turn for _, spot in index.alike(scenery(5))] == ["a2"]


@pytest.mark.parametrize(("version", "value"), [(VERSION + 1, fingerprint(scenery(5))), (VERSION, b"short")])
def test_fingerprints_of_another_method_are_computed_anew(index, version, value):
    with Store.create(default_folder() / "talk.pochade", meta={}) as store:
        turn = keep(store, scenery(1))
        name = store.get(turn).images[0]
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("INSERT INTO fingerprint (hash, version, value) VALUES (?, ?, ?)", (name, version, value))
    index.sync()
    assert index.alike(scenery(5)) == []
    assert len(index.alike(scenery(1))) == 1


def test_deleted_turns_are_forgotten_and_restored_ones_known_again(index, talk):
    first, second = *talk.ids(), keep(talk, scenery(2))
    index.sync()
    talk.delete(first)
    index.sync()
    assert [row[0] for row in rows()] == [second]
    assert index.alike(scenery(1)) == []
    talk.restore(first)
    index.sync()
    assert {row[0] for row in rows()} == {first, second}
    assert len(index.alike(scenery(1))) == 1


def test_of_what_was_deleted_no_fingerprint_stays_in_the_file(index, talk):
    (turn,) = talk.ids()
    index.sync()
    value = fingerprint(scenery(1))[:64]
    assert value in index_path().read_bytes()
    talk.delete(turn)
    index.sync()
    assert value not in index_path().read_bytes()


def test_what_was_deleted_is_forgotten_at_once_and_nothing_else(index, talk):
    first, second = *talk.ids(), keep(talk, scenery(2))
    copy = talk.path.with_name("copy.pochade")
    shutil.copy(talk.path, copy)
    keep(talk, scenery(3))
    index.sync()
    talk.delete(second)
    forget(talk.path, [second, "unknown"])
    assert second not in {spot.turn for spot in index.by_turn(talk.session_id, second) if spot.path == talk.path}
    assert len(index.alike(scenery(2))) == 1  # the copy still has it
    forget(copy)
    assert index.alike(scenery(2)) == []
    for seed, kept in ((1, True), (2, False), (3, True)):
        assert (fingerprint(scenery(seed))[:64] in index_path().read_bytes()) is kept
    assert {spot.turn for spot in index.by_turn(talk.session_id, first)} == {first}


def test_a_turn_that_was_forgotten_too_early_is_known_again(index, talk):
    (turn,) = talk.ids()
    index.sync()
    forget(talk.path, [turn])
    assert len(index) == 0
    index.sync()
    assert len(index) == 1


def test_forgetting_never_fails_and_makes_no_index(home):
    forget(home / "no" / "such.pochade")
    assert not index_path().exists()
    home.mkdir(exist_ok=True)
    index_path().write_text("no database at all")
    forget(home / "no" / "such.pochade", ["t1"])


def test_files_that_are_gone_are_forgotten(index, talk):
    index.sync()
    talk.close()
    talk.path.unlink()
    assert index.sync().passed_over == ()
    assert len(index) == 0
    assert index.alike(scenery(1)) == []


def test_a_copy_of_a_session_is_another_place_of_the_same_picture(index, talk):
    (turn,) = talk.ids()
    copy = talk.path.with_name("copy.pochade")
    shutil.copy(talk.path, copy)
    index.sync()
    assert {spot.path for spot in index.by_turn(talk.session_id, turn)} == {talk.path, copy}


def test_session_files_elsewhere_are_known_once_they_were_remembered(index, tmp_path):
    elsewhere = tmp_path / "elsewhere.pochade"
    with Store.create(elsewhere, meta={}) as store:
        keep(store, scenery(3))
    index.sync()
    assert len(index) == 0
    remember(elsewhere)
    index.sync()
    assert [spot.path for _, spot in index.alike(scenery(3))] == [elsewhere]


def test_a_drive_that_is_away_is_told_and_known_again_when_it_is_back(index, tmp_path):
    drive, away = tmp_path / "drive", tmp_path / "away"
    with Store.create(drive / "far.pochade", meta={}) as store:
        keep(store, scenery(3))
    remember(store.path)
    index.sync()
    drive.rename(away)
    (sentence,) = index.sync().passed_over
    assert (str(store.path) in sentence, "cannot be reached" in sentence) == (True, True)
    assert index.alike(scenery(3)) == []
    away.rename(drive)
    assert index.sync().passed_over == ()
    assert len(index.alike(scenery(3))) == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_session_file_elsewhere_that_was_deleted_is_off_the_list(index, tmp_path, told):
    with Store.create(tmp_path / "far.pochade", meta={}) as store:
        keep(store, scenery(3))
    remember(store.path)
    remember(store.path)
    index.sync()
    listed = index_path().with_name("elsewhere.txt")
    assert listed.read_text().count("far.pochade") == 1
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    if told:
        forget(store.path)
    else:
        store.path.unlink()
        assert index.sync().passed_over == ()
    assert listed.read_text() == ""
    assert len(index) == 0


def test_a_damaged_index_and_a_damaged_list_lose_no_session_elsewhere_that_can_be_known(tmp_path):
    with Store.create(tmp_path / "far.pochade", meta={}) as store:
        keep(store, scenery(3))
    remember(store.path)
    with closing(Index(index_path())) as index:
        index.sync()
    index_path().write_bytes(b"x" * 9000)
    with index_path().with_name("elsewhere.txt").open("ab") as lines:
        lines.write(b'\xff\x00\n"no/path"\n[1]\n"/\\u0000"\n')
    with closing(Index(index_path())) as index:
        assert index.sync().passed_over == ()
        assert [spot.path for _, spot in index.alike(scenery(3))] == [store.path]


def test_a_file_that_changed_without_another_size_or_time_is_read_again(index, talk):
    index.sync()
    before = talk.path.stat()
    talk.delete(*talk.ids())
    os.utime(talk.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert talk.path.stat().st_size == before.st_size
    index.sync()
    assert len(index) == 0


def test_a_first_look_that_was_interrupted_loses_no_picture(index, monkeypatch):
    monkeypatch.setattr("pochade.provenance.index._AT_ONCE", 4)
    with Store.create(default_folder() / "many.pochade", meta={}) as store:
        for number in range(4):
            pictures = [stored.picture(10 * number + place) for place in range(3)]
            names = tuple(map(byte_hash, pictures))
            store.add(stored.record(f"t{number}", n=3, images=names), dict(zip(names, pictures, strict=True)))

    def interrupt(_name, done, _total):
        assert done % 3 == 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.sync(interrupt)
    assert len(index) == 6
    index.sync()
    assert len(index) == 12


def test_remembering_never_fails(home):
    remember(home / "no" / "such.pochade")
    shutil.rmtree(home)
    home.write_text("a file where the folder should be")
    remember(home.parent / "other.pochade")


@pytest.mark.parametrize("kind", ["text", "damaged", "newer", "foreign"])
def test_a_file_that_cannot_be_read_is_passed_over_and_told_every_time(index, talk, kind):
    bad = talk.path.with_name("bad.pochade")
    if kind == "text":
        bad.write_text("not a session")
    elif kind == "foreign":
        with closing(sqlite3.connect(bad)) as db:
            db.execute("CREATE TABLE turn (id)")
    else:
        data = bytearray(talk.path.read_bytes())
        if kind == "newer":
            data[60:64] = (99).to_bytes(4)
        else:
            data[16384:] = b"\xa5" * (len(data) - 16384)
        bad.write_bytes(data)
    for _ in range(2):
        (sentence,) = index.sync().passed_over
        assert str(bad) in sentence
    assert len(index.alike(scenery(1))) == 1


def test_a_turn_that_holds_nonsense_costs_its_file_but_not_the_search(index, talk):
    copy = talk.path.with_name("copy.pochade")
    shutil.copy(talk.path, copy)
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute("UPDATE turn SET created = 'never'")
    assert [str(copy) in sentence for sentence in index.sync().passed_over] == [True]
    assert [spot.path for _, spot in index.alike(scenery(1))] == [talk.path]


@pytest.mark.skipif(os.name == "nt", reason="there names are Unicode")
def test_a_file_name_that_is_no_text_is_passed_over(index, talk):
    odd = os.fsencode(talk.path.parent) + b"/\xff.pochade"
    shutil.copy(os.fsencode(talk.path), odd)
    (sentence,) = index.sync().passed_over
    assert "Rename" in sentence
    assert len(index) == 1


def test_bytes_that_are_no_picture_are_known_by_their_hash_alone(index, talk):
    data = b"no picture at all"
    talk.add(stored.record("b3", images=(byte_hash(data),)), {byte_hash(data): data})
    index.sync()
    assert [spot.turn for spot in index.by_bytes(byte_hash(data))] == ["b3"]


@pytest.mark.parametrize("damage", ["garbage", "cut", "emptied", "foreign table"])
@pytest.mark.usefixtures("talk")
def test_a_damaged_index_is_made_anew(damage):
    with closing(Index(index_path())) as index:
        index.sync()
    if damage == "foreign table":
        with closing(sqlite3.connect(index_path())) as db, db:
            db.execute("DROP TABLE picture")
    else:
        data = index_path().read_bytes()
        index_path().write_bytes({"garbage": b"x" * 9000, "cut": data[: len(data) // 3], "emptied": b""}[damage])
    with closing(Index(index_path())) as index:
        assert not index.sync().in_memory
        assert len(index.alike(scenery(1))) == 1


@pytest.mark.usefixtures("talk")
def test_an_index_of_another_version_is_made_anew_and_keeps_what_it_remembered(tmp_path):
    elsewhere = tmp_path / "elsewhere.pochade"
    with Store.create(elsewhere, meta={}) as store:
        keep(store, scenery(3))
    remember(elsewhere)
    with closing(sqlite3.connect(index_path())) as db:
        db.execute("PRAGMA user_version = 1")
    with closing(Index(index_path())) as index:
        assert index.sync().looked == 2
        assert len(index) == 2


@pytest.mark.usefixtures("talk")
def test_an_index_damaged_while_it_is_open_is_made_anew(index):
    index.sync()
    index_path().write_bytes(b"x" * 40_000)
    assert len(index.alike(scenery(1))) == 1
    assert len(index) == 1


@pytest.mark.usefixtures("talk")
def test_only_its_owner_may_read_it(index):
    index.sync()
    assert stat.S_IMODE(index_path().stat().st_mode) == 0o600


@pytest.mark.usefixtures("home", "talk")
def test_where_it_cannot_be_written_it_is_kept_in_memory():
    index_path().mkdir()  # even root cannot write a file there
    with closing(Index(index_path())) as index:
        assert index.sync().in_memory
        assert len(index.alike(scenery(1))) == 1


def test_an_index_that_another_process_keeps_locked_stops_no_search(index, talk):
    index.sync()
    keep(talk, scenery(2))
    with closing(sqlite3.connect(index_path(), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        index._db.execute("PRAGMA busy_timeout = 50")
        assert index.sync().in_memory
        assert len(index.alike(scenery(2))) == 1


@pytest.mark.usefixtures("home", "talk")
def test_an_index_that_was_locked_for_a_moment_is_used_again_afterwards():
    Index(index_path()).close()
    with closing(sqlite3.connect(index_path(), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        index = mine()
        assert index.sync().in_memory
    assert mine() is index
    with closing(index):
        assert not index.sync().in_memory
        assert len(index.alike(scenery(1))) == 1


def test_an_index_that_another_process_made_anew_is_used_by_this_one(index, talk):
    index.sync()
    index_path().unlink()
    Index(index_path()).close()
    keep(talk, scenery(2))
    assert not index.sync().in_memory
    assert len(rows()) == len(index) == 2


def test_there_is_nothing_in_it_that_a_person_said(index, talk):
    keep(talk, scenery(2), prompt="a secret wish")
    index.sync()
    assert b"secret wish" not in index_path().read_bytes()


def test_several_threads_and_connections_may_use_it_at_once(talk):
    keep(talk, scenery(2))
    failed = []

    def work():
        try:
            with closing(Index(index_path())) as own:
                for _ in range(3):
                    own.sync()
                    assert len(own) == 2
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(rows()) == 2


@pytest.mark.usefixtures("home")
def test_a_process_has_one_index_a_place(monkeypatch, tmp_path):
    first = mine()
    assert mine() is first
    monkeypatch.setenv("POCHADE_HOME", str(tmp_path / "other"))
    second = mine()
    assert second is not first
    first.close()
    second.close()
