"""What happens to a file that is strange, damaged, held by others or on a full disk: an error that says what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from stored import add, picture, record

from pochade.errors import ReadOnlyError, StoreError
from pochade.imaging.load import byte_hash
from pochade.store import Store


@pytest.mark.parametrize("content", [b"", b"dear diary", b"\x89PNG\r\n\x1a\n" + bytes(200)])
def test_a_file_that_is_not_one_of_ours_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"is not a pochade session|is empty"):
        Store.open(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path], "no lock file beside a stranger's file"


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cats (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a pochade session"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_missing_file_a_folder_and_a_newer_layout_each_say_so(path: Path) -> None:
    with pytest.raises(StoreError, match="no session file at"):
        Store.open(path)
    assert not path.exists()
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(path.parent)
    Store.create(path, meta={}).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"newer pochade \(layout 99\): upgrade"):
        Store.open(path)


def test_a_file_that_was_cut_short_is_called_damaged(store: Store, path: Path) -> None:
    for seed in range(5):
        add(store, seed)
    store.close()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(StoreError, match=r"is damaged .*Restore a copy"):
        Store.open(path)


def test_a_file_overwritten_behind_its_header_is_called_damaged(store: Store, path: Path) -> None:
    add(store)
    store.close()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(path.stat().st_size - 100))
    with pytest.raises(StoreError, match="is damaged"):
        Store.open(path)


def test_a_picture_whose_bytes_have_rotted_is_never_handed_out(store: Store, path: Path) -> None:
    data = bytes(range(256)) * 200
    name = store.put(data)
    store.close()
    whole = path.read_bytes()
    place = whole.index(data[:1000])
    path.write_bytes(whole[:place] + b"?" + whole[place + 1 :])
    with Store.open(path) as again, pytest.raises(StoreError, match="damaged: picture"):
        again.blob(name)


def test_a_full_disk_refuses_the_turn_whole_and_the_session_goes_on(store: Store) -> None:
    turn = add(store, 1)
    large = picture(2, side=400)
    with store.asking() as db:  # a full disk, without filling one
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"disk is full: nothing was changed.*Make room"):
        store.add(record("a2b3", images=(byte_hash(large),)), {byte_hash(large): large})
    assert store.ids() == [turn]
    assert store.blob(store.get(turn).images[0]) == picture(1)
    with store.asking() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    store.add(record("a2b3", images=(byte_hash(large),)), {byte_hash(large): large})
    assert store.ids() == [turn, "a2b3"]


def test_a_file_deleted_while_it_is_open_is_noticed_before_a_turn_is_lost_in_it(store: Store, path: Path) -> None:
    add(store, 1)
    path.unlink()
    with pytest.raises(StoreError, match="moved, replaced or deleted while it was open"):
        add(store, 2)


def test_a_second_session_on_a_file_reads_and_says_who_writes(store: Store, path: Path) -> None:
    turn = add(store)
    with Store.open(path) as second:
        assert not second.writable
        assert second.holder is not None
        assert f"process {os.getpid()}" in second.holder
        assert second.ids() == [turn]
        later = add(store, 2)
        assert second.ids() == [turn, later], "a reader sees what the writer adds"
        with pytest.raises(ReadOnlyError, match=f"another session of this same process.*{os.getpid()}.*Close it there"):
            second.set_meta("current", turn)
    with pytest.raises(ReadOnlyError, match="is writing it"):
        Store.open(path, readonly=False)
    store.close()
    with Store.open(path, readonly=False) as heir:
        assert heir.writable
        assert heir.holder is None


def test_a_file_held_by_another_process_names_it_and_its_notebook(path: Path) -> None:
    Store.create(path, meta={}).close()
    holds = """
import sys
from pochade.store import Store
store = Store.open(sys.argv[1])
print(store.writable, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "JPY_SESSION_NAME": "/home/ann/cats.ipynb"},
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with Store.open(path) as store:
            assert not store.writable
            assert store.holder is not None
            assert f"process {other.pid} " in store.holder
            assert "(/home/ann/cats.ipynb)" in store.holder
        other.kill()
    with Store.open(path) as store:
        assert store.writable, "a killed holder holds nothing"


def run_as_nobody(code: str, path: Path) -> str:
    """Run code in a child process that has given up root's right to ignore permissions."""
    drop = "import os, sys\nif os.getuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
    before = "from pochade.store import Store\nimport pochade.imaging.load\n"  # before the source tree is out of reach
    done = subprocess.run(
        [sys.executable, "-c", before + drop + code, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_file_without_permission_to_write_is_read_and_says_why(closed: str) -> None:
    # pytest's own folders are closed to others, so this one lies beside them.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talk.pochade"
        with Store.create(path, meta={}) as store:
            turn = add(store)
        path.chmod(0o444 if closed == "file" else 0o666)
        Path(folder).chmod(0o777 if closed == "file" else 0o755)
        told = run_as_nobody(
            "s = Store.open(sys.argv[1])\n"
            "print(s.writable, s.holder, s.ids(), len(s.blob(s.get(s.ids()[0]).images[0])))\n"
            "from pochade.errors import ReadOnlyError\n"
            "try:\n    s.set_meta('a', 'b')\nexcept ReadOnlyError as e:\n    print(e)\n",
            path,
        )
    first, second = told.splitlines()
    assert first == f"False None ['{turn}'] {len(picture(0))}"
    assert "no permission to write" in second
    assert "Copy it" in second


def test_looking_at_a_file_that_this_process_is_writing_gives_up_no_lock(store: Store) -> None:
    grab = (
        "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    with store.asking() as db:
        db.execute("BEGIN IMMEDIATE")  # the weakest lock of a writer: others may still read
        db.execute("INSERT INTO meta (key, value) VALUES ('half', 'written')")
        with Store.open(store.path, readonly=True):
            pass
        other = subprocess.run(
            [sys.executable, "-c", grab, str(store.path)], capture_output=True, text=True, check=False
        )
        db.execute("ROLLBACK")
    assert "database is locked" in other.stderr
