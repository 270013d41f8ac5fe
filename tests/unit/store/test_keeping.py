"""Keeping: one file a session, opened once in a process, handed on, and let go of."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pochade.errors import ReadOnlyError, StoreError
from pochade.store import Store
from pochade.store.keeping import Keeping

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_name_the_file_is_made_by_the_first_who_writes(home: Path) -> None:
    keeping = Keeping(None)
    assert keeping.store is None
    assert keeping.path.parent == home / "sessions"
    assert not keeping.path.exists()
    store = keeping.writing("miniature")
    assert keeping.writing("another") is store
    assert store.meta("model") == "miniature"
    keeping.close()


def test_a_file_is_opened_once_in_a_process_and_handed_on(path: Path) -> None:
    first = Keeping(path)
    store = first.writing("miniature")
    second = Keeping(path)
    assert second.store is store
    second.close()


def test_closing_lets_others_write_and_closing_again_harms_nobody(path: Path) -> None:
    first = Keeping(path)
    first.writing("miniature")
    first.close()
    second = Keeping(path)
    store = second.writing("miniature")
    first.close()
    assert Keeping(path).store is store
    store.set_meta("still", "open")
    second.close()
    with Store.open(path, readonly=False) as opened:
        assert opened.meta("still") == "open"


def test_a_file_held_elsewhere_is_read_and_written_once_it_is_free(path: Path) -> None:
    Store.create(path, meta={}).close()
    code = f"from pochade.store import Store; s = Store.open({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        reading = Keeping(path)
        with pytest.raises(ReadOnlyError, match=f"process {other.pid} .*is writing it. Close it there"):
            reading.writing("miniature")
        other.communicate("\n")
    again = Keeping(path)
    assert again.writing("miniature").writable
    again.close()
    reading.close()


def test_a_file_that_nobody_keeps_any_more_is_free(path: Path) -> None:
    Keeping(path).writing("miniature")
    gc.collect()
    with Store.open(path, readonly=False) as opened:
        assert opened.writable


def test_what_is_no_session_file_is_refused(path: Path) -> None:
    path.write_text("Dear Sir")
    with pytest.raises(StoreError, match="not a pochade session"):
        Keeping(path)
