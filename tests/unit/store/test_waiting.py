"""Somebody else reads a session file for long: a write waits, nobody waits with it, and a wait can be given up."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from stored import add, picture, record

from pochade.errors import StoreError
from pochade.imaging.load import byte_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade.store import Store


@pytest.fixture
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that reads a file and does not come to an end: a check, or a copy, of a large one."""
    reading = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    yield reading
    reading.close()


def read_on(reader: sqlite3.Connection) -> None:
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM turn").fetchone()


def test_a_reader_who_takes_long_costs_the_writer_no_turn_and_holds_no_other_thread_up(
    store: Store, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pochade.store.database.BUSY_SECONDS", 0.1)  # a writer waits longer than a reader does
    first = add(store, 1)
    read_on(reader)
    tries = threading.Event()
    with store.asking() as db:
        db.set_trace_callback(lambda statement: tries.set() if statement.startswith("BEGIN") else None)
    painter = threading.Thread(target=add, args=(store, 2), daemon=True)
    painter.start()
    assert tries.wait(20)
    lengths: list[int] = []
    looker = threading.Thread(target=lambda: [lengths.append(len(store)) for _ in range(3)], daemon=True)
    looker.start()
    looker.join(20)
    assert lengths == [1, 1, 1], "somebody who only looks has an answer while the writer waits"
    assert painter.is_alive()
    reader.close()
    painter.join(20)
    assert store.ids()[0] == first
    assert len(store) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals are otherwise there")
def test_a_writer_who_waits_for_a_reader_can_be_interrupted(store: Store, reader: sqlite3.Connection) -> None:
    turn = add(store, 1)
    read_on(reader)
    # A shell starts what runs in the background deaf to Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    impatient = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    relief = threading.Timer(20, reader.close)
    impatient.start()
    relief.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            store.set_starred(turn, on=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert relief.is_alive(), "it was still reading"
    relief.cancel()
    reader.close()
    store.set_starred(turn, on=True)
    assert store.get(turn).starred is not None


def test_what_was_purged_is_told_even_where_the_file_cannot_be_made_smaller_now(
    store: Store, path: Path, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = picture(2, side=300)
    store.add(record("a2b3", images=(byte_hash(large),)), {byte_hash(large): large})
    store.delete("a2b3")
    size = path.stat().st_size

    def meanwhile(statement: str) -> None:
        if statement == "PRAGMA freelist_count":  # what was deleted is removed, and the pages are not given back yet
            monkeypatch.setattr("pochade.store.database.PATIENT_SECONDS", 0.1)
            read_on(reader)

    with store.asking() as db:
        db.set_trace_callback(meanwhile)
    assert store.purge().turns == ("a2b3",)
    with store.asking() as db:
        db.set_trace_callback(None)
    assert path.stat().st_size == size
    reader.close()
    assert store.purge().turns == ()
    assert path.stat().st_size < size, "the next one gives them back"


def test_where_nothing_is_to_be_purged_nobody_is_waited_for(
    store: Store, reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pochade.store.database.PATIENT_SECONDS", 0.1)
    add(store, 1)
    read_on(reader)
    assert store.purge().turns == ()
    with pytest.raises(StoreError, match="Another program keeps"):
        add(store, 2)
