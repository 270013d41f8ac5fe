"""What a session meets in the world: full disks, lost permissions, swapped files, wrong clocks, disks without locks.

Each ends in a sentence that says what happened and what to do, and what was finished before is there afterwards.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from stored import add, picture

from pochade import Session
from pochade.errors import ReadOnlyError, StoreError
from pochade.store import Store, default_folder, latest
from pochade.store.filing import explain, held_by, hold
from pochade.store.folder import catalogue, remove
from pochade.store.keeping import Keeping

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="files are locked and removed otherwise there")


# A full disk.


def test_a_disk_that_fills_up_while_it_is_painted_fails_the_job_in_words_and_the_session_goes_on(
    session: Session,
) -> None:
    first = session.generate("a cat", size=(64, 64), seed=1)
    with first.store.asking() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    job = session.submit("a dog on a blue background", task="generate", n=4, size=(256, 256), seed=2)
    assert isinstance(job.exception(), StoreError)
    with pytest.raises(StoreError, match=r"The disk is full: nothing was changed in .*Make room, then try again"):
        job.result()
    assert session.current == first
    assert list(session) == [first]
    with first.store.asking() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    again = session.generate("a dog on a blue background", n=4, size=(256, 256), seed=2)
    assert list(session) == [first, again]
    assert first.store.check() == []


def test_a_new_session_on_a_full_disk_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def full(*where: object, **how: object) -> sqlite3.Connection:
        db = connect(*where, **how)  # type: ignore[call-overload]
        db.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(sqlite3, "connect", full)
    with pytest.raises(StoreError, match=r"cannot be made: .*full"):
        Store.create(path, meta={})
    assert [entry for entry in path.parent.iterdir() if entry.is_file()] == []


# Permission.


@UNIX
def test_permission_that_is_lost_while_a_session_is_open_is_said_and_nothing_is_lost() -> None:
    code = """
from stored import add
from pochade.errors import StoreError
store = Store.open(sys.argv[1])
first = add(store, 1)
folder = os.path.dirname(sys.argv[1])
os.chmod(folder, 0o555)
try:
    add(store, 2)
except StoreError as e:
    print(e)
print(store.ids() == [first], store.blob(store.get(first).images[0])[:4])
os.chmod(folder, 0o755)
second = add(store, 3)
print(store.ids() == [first, second], store.check())
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talk.pochade"
        Store.create(path, meta={}).close()
        if os.getuid() == 0:
            for entry in (Path(folder), *Path(folder).iterdir()):
                os.chown(entry, 65534, 65534)
        told = run_as_nobody(code, path).splitlines()
    assert "cannot be written any more" in told[0]
    assert "you may not write in its folder" in told[0]
    assert told[1:] == ["True b'\\x89PNG'", "True []"]


def run_as_nobody(code: str, path: Path) -> str:
    """Run code in a child process that has given up root's right to ignore permissions."""
    drop = "import os, sys\nif os.getuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
    support = Path(sys.modules["stored"].__file__ or "").parent
    before = f"import sys; sys.path.insert(0, {str(support)!r})\nimport stored\n"
    before += "stored.picture(0)\nfrom pochade.store import Store\n"  # while the source tree can still be reached
    done = subprocess.run(
        [sys.executable, "-c", before + drop + code, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# A file that is no longer what it was.


@UNIX
def test_a_file_replaced_while_it_is_open_is_noticed_and_the_other_is_left_alone(store: Store, path: Path) -> None:
    turn = add(store, 1)
    other = path.with_name("other.pochade")
    with Store.create(other, meta={}) as stranger:
        theirs = add(stranger, 5)
    other.replace(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"moved, replaced or deleted while it was open.*export\('new.pochade'\)"):
        add(store, 2)
    assert path.read_bytes() == before
    assert store.ids() == [turn], "what was read before can still be read"
    store.close()
    with Store.open(path) as again:
        assert again.ids() == [theirs]


@UNIX
def test_what_a_session_had_can_be_saved_after_its_file_was_deleted(store: Store, path: Path) -> None:
    turn = add(store, 1)
    path.unlink()
    with pytest.raises(StoreError, match=r"save what this session still has with its export\('new.pochade'\)"):
        add(store, 2)
    with Store.open(store.export(path.with_name("new.pochade"))) as saved:
        assert saved.ids() == [turn]
        assert saved.blob(saved.get(turn).images[0]) == picture(1)
        assert saved.check() == []


# A wrong clock.


@pytest.mark.parametrize("jump", [-1e9, -1e-3, 0, 1e9])
def test_what_was_deleted_last_comes_back_first_whatever_the_clock_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    ids = [add(store, seed) for seed in range(4)]
    now = time.time()
    clock = iter(now + jump * number for number in range(9))
    monkeypatch.setattr(time, "time", lambda: next(clock))
    for turn in ids:
        store.delete(turn)
    assert [turn.id for turn in store.deleted()] == ids


def test_turns_are_in_the_order_in_which_they_came_whatever_the_clock_says(store: Store, path: Path) -> None:
    ids = [add(store, seed, created=time) for seed, time in enumerate((2e9, 1e9, 0.0, -5.0, 1.5e9))]
    store.set_starred(ids[1], on=True)
    store.close()
    with Store.open(path) as again:
        assert again.ids() == ids
        assert [turn.id for turn in again.page(0, 9)] == ids
        assert [twig.id for twig in again.outline()] == ids
        assert [turn.id for turn in again.find("cat")] == ids[::-1]
        assert [row[1] for row in again.fingerprints()] == ids
        assert again.check() == []


def test_sessions_that_were_written_in_the_future_or_long_ago_are_all_found(
    home: Path,
) -> None:
    for name, when in (("old", 0), ("future", 2**33), ("now", time.time())):
        with Store.create(default_folder() / f"{name}.pochade", meta={"notebook": name}) as made:
            add(made)
        os.utime(made.path, (when, when))
    assert home in default_folder().parents
    assert [one.path.stem for one in catalogue()] == ["future", "now", "old"]
    for name in ("old", "future", "now"):
        found = latest(name)
        assert found is not None
        assert found.stem == name


def test_a_new_session_never_takes_a_name_that_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aaaaaa", "bbbbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda _: "aaaaaa")
    taken = Keeping(None)
    taken.path.parent.mkdir(parents=True)
    taken.path.write_text("somebody's")
    monkeypatch.setattr("secrets.token_hex", lambda _: next(drawn))
    assert Keeping(None).path.stem.endswith("-bbbbbb")
    assert home in taken.path.parents


# Disks that do not lock.


@UNIX
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_disk_that_gives_no_lock_is_only_read_and_says_why(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    turn = add(store, 1)
    store.close()

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with Store.open(path) as opened:
        assert not opened.writable
        assert opened.holder is None
        assert opened.ids() == [turn]
        with pytest.raises(ReadOnlyError, match=rf"lock file .* cannot be used \({os.strerror(number)}\)\. Copy it to"):
            add(opened, 2)
    new = path.with_name("new.pochade")
    with pytest.raises(ReadOnlyError, match="cannot be used"):
        Store.create(new, meta={})
    assert not new.exists(), "what cannot be written is not left lying about"


@UNIX
def test_a_platform_without_locks_is_only_read_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise NotImplementedError

    Store.create(path, meta={}).close()
    monkeypatch.setattr("filelock.FileLock.acquire", missing)
    with Store.open(path) as opened:
        assert not opened.writable
        with pytest.raises(ReadOnlyError, match="locks are not known there"):
            opened.set_meta("a", "b")


@pytest.mark.parametrize(
    "name",
    [
        "SQLITE_PROTOCOL",
        "SQLITE_IOERR_LOCK",
        "SQLITE_IOERR_RDLOCK",
        "SQLITE_IOERR_UNLOCK",
        "SQLITE_IOERR_CHECKRESERVEDLOCK",
    ],
)
def test_sqlites_own_failures_to_lock_say_what_to_do(path: Path, name: str) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorname = name
    said = explain(error, path)
    assert str(said) == (
        f"The disk that {path} is on does not lock it (locking protocol): "
        "copy it to a disk of this machine, and open the copy."
    )


def test_every_other_failure_of_the_disk_is_said_too(path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    assert "Check that its disk is there and well" in str(explain(error, path))


# Who holds a file.


def test_a_second_kernel_looks_at_a_session_and_says_who_paints_into_it(tiny_model: Path, path: Path) -> None:
    Store.create(path, meta={}).close()
    code = "import sys; from stored import add; from pochade.store import Store; s = Store.open(sys.argv[1])\n"
    code += "print(add(s, 1), flush=True); input(); print(add(s, 2), flush=True); input()"
    support = str(Path(sys.modules["stored"].__file__ or "").parent)
    env = {**os.environ, "JPY_SESSION_NAME": "/home/ann/cats.ipynb", "PYTHONPATH": support}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        turns = [first.stdout.readline().strip()]
        with Session(tiny_model, path=path, device="cpu") as second:
            assert not second.writable
            assert second.holder is not None
            assert f"process {first.pid} " in second.holder
            assert "(/home/ann/cats.ipynb)" in second.holder
            assert repr(second).endswith("1 turn, read-only)")
            with pytest.raises(ReadOnlyError, match=rf"process {first.pid} .*is writing it\. Close it there"):
                second.generate("a cat")
            assert list(second.turns.ids) == turns
            first.stdin.write("\n")
            first.stdin.flush()
            turns.append(first.stdout.readline().strip())
            assert list(second.turns.ids) == turns, "what the first paints is seen by the second"
        first.stdin.write("\n")
        first.stdin.close()
        assert first.wait(20) == 0


def test_who_holds_a_file_is_told_without_taking_it_from_anybody(store: Store, path: Path) -> None:
    assert f"process {os.getpid()}" in (held_by(path) or "")
    assert add(store, 1) in store, "it is still held by the one who held it"
    store.close()
    assert held_by(path) is None
    path.with_name(f".{path.name}.lock").write_text("process 1 on a machine that was switched off")
    assert held_by(path) is None, "who was killed holds nothing"
    assert hold(path).lock is not None


def test_who_only_asks_who_holds_a_file_keeps_nobody_from_writing_it(store: Store, path: Path) -> None:
    store.close()
    asking = hold(path)  # what `held_by` has for a moment
    done = threading.Timer(0.05, asking.release)
    done.start()
    with Store.open(path) as opened:
        assert opened.writable
    done.join()


def test_of_a_link_only_the_link_is_deleted_and_in_the_sessions_folder_whatever_bears_the_name(
    store: Store, path: Path, home: Path
) -> None:
    folder = home / "sessions"
    folder.mkdir(parents=True)
    (folder / "link.pochade").symlink_to(path)
    (folder / "empty.pochade").touch()
    (folder / "strange.pochade").write_text("Dear Sir")
    assert store.writable
    for one in list(catalogue()):
        remove(one.path)
    assert list(folder.glob("*.pochade")) == []
    assert path.exists()


def test_a_session_is_deleted_with_what_belongs_to_it_unless_somebody_holds_it(store: Store, path: Path) -> None:
    with pytest.raises(ReadOnlyError, match=r"is writing it\. Close it there"):
        remove(path)
    assert path.exists()
    store.close()
    remove(path)
    assert [entry for entry in path.parent.iterdir() if entry.is_file()] == []
    path.write_text("Dear Sir")
    with pytest.raises(StoreError, match="is not a pochade session"):
        remove(path)
    assert path.exists()
