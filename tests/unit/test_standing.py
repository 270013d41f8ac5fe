"""A session and its turns: deleted ones leave it, come back, or are removed, and nothing made from them is lost."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from stored import VERSION_2

import pochade
from pochade import Session
from pochade.errors import ReadOnlyError, RequestError, StoreError
from pochade.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.jobs import Event


@pytest.fixture
def told(session: Session) -> list[tuple[str, str | None]]:
    """What the session told: kinds of events, and of which turn."""
    heard: list[tuple[str, str | None]] = []
    session.subscribe(lambda event: heard.append((event.kind, event.turn and event.turn.id)))
    return heard


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file with four turns: cats, a hat made from them, a dog, and a red one made from that."""
    return shutil.copyfile(VERSION_2, tmp_path / "old.pochade")


def test_a_deleted_turn_leaves_the_session_and_comes_back_at_its_place(session: Session) -> None:
    turns = [session.generate("a red cat", seed=seed) for seed in range(3)]
    gone = session.delete(turns[1])
    assert gone == turns[1]
    assert gone.deleted
    assert list(session) == [turns[0], turns[2]] == list(session.turns)
    assert (len(session), session[1], session[-1]) == (2, turns[2], turns[2])
    assert turns[1] not in session.turns
    assert session.deleted == (turns[1],)
    assert session[turns[1].id].png == turns[1].png
    back = session.restore(turns[1].id)
    assert not back.deleted
    assert list(session) == turns
    assert session.deleted == ()


def test_stars_deleting_and_restoring_are_told(session: Session, told: list[Any]) -> None:
    first = session.generate("a red cat", seed=1)
    second = session.generate("a dog", seed=1)
    told.clear()
    first.star()
    session.delete(first)
    session.delete(first)
    session.restore(first)
    session.restore(first)
    first.star(on=False)
    assert told == [("changed", first.id)] * 4
    told.clear()
    session.delete(second)
    assert told == [("changed", second.id), ("current", None)]


def test_where_the_current_turn_is_deleted_its_nearest_ancestor_that_is_left_is_current(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    second = session.edit("blue", seed=1)
    third = session.edit("red", seed=1)
    session.delete(second)
    assert session.current == third
    assert third.parent == second
    session.delete(third)
    assert session.current == first
    session.delete(first)
    assert session.current is None
    session.restore(third)
    assert session.current is None
    session.current = third
    assert session.undo() is None
    assert session.redo() == third


def test_undo_and_redo_pass_over_what_was_deleted(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    second = session.edit("blue", seed=1)
    third = session.edit("red", seed=1)
    session.delete(second)
    assert session.undo() == first
    assert session.redo() == third
    session.restore(second)
    assert session.undo() == second
    session.undo()
    session.delete(second)
    assert session.redo() == third


def test_one_cannot_go_to_a_deleted_turn(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    session.new()
    session.delete(first)
    with pytest.raises(RequestError, match=f"Turn '{first.id}' was deleted: bring it back with restore"):
        session.current = first
    assert session.current is None


def test_what_is_no_turn_of_the_session_is_neither_deleted_nor_restored(session: Session, tiny_model: Path) -> None:
    with pytest.raises(KeyError, match="no turn 'k3f9'"):
        session.delete("k3f9")
    session.generate("a red cat", seed=1)
    with Session(tiny_model) as other:
        foreign = other.generate("a dog", seed=2)
        for change in (session.delete, session.restore):
            with pytest.raises(RequestError, match="not a turn of this session"):
                change(foreign)
            with pytest.raises(KeyError, match="no turn 'zz9z'"):
                change("zz9z")
            with pytest.raises(RequestError, match="None is not a turn"):
                change(None)  # type: ignore[arg-type]
    session.close()
    with pytest.raises(StoreError, match="closed"):
        session.delete("k3f9")


def test_in_a_session_that_is_only_read_nothing_is_deleted(old: Path) -> None:
    with Store.open(old, readonly=False), Session(path=old) as reader:
        with pytest.raises(ReadOnlyError, match="can be looked at but not changed"):
            reader.delete(reader[0])
        assert len(reader) == 4


def test_what_was_made_from_a_deleted_turn_keeps_its_code_and_its_source(session: Session) -> None:
    first = session.generate("a red cat", seed=1, n=2)
    edited = session.edit("blue", image=first[1], references=[first], seed=2)
    session.delete(first)
    assert np.array_equal(np.asarray(edited.source), np.asarray(first[1]))
    assert f"image=session['{first.id}'][1]" in edited.code("session")
    again = eval(edited.code("session"), {"session": session})  # noqa: S307 - our own code is what is tested
    assert again.pixels == edited.pixels
    assert again.parent == first
    path = session.path
    session.close()
    with pochade.open(path) as opened:
        assert list(opened) == [edited, again]
        assert opened.deleted == (first,)
        assert opened[0].source is not None
        assert opened.restore(first.id) == opened[0]


def test_a_turn_that_is_deleted_while_it_is_edited_does_not_break_the_job(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    started, go_on = threading.Event(), threading.Event()

    def hold(event: Event) -> None:
        if event.kind == "started":
            started.set()
            assert go_on.wait(20)

    stop = session.subscribe(hold)
    running = session.submit("blue", seed=1)
    waiting = session.submit("red", image=first, references=[first], seed=1)
    assert started.wait(20)
    session.delete(first)
    stop()
    go_on.set()
    made = [running.result(60), waiting.result(60)]
    assert [turn.parent for turn in made] == [first, first]
    assert list(session) == made
    assert session.current == made[-1], "nobody went elsewhere"


def test_what_was_deleted_is_removed_when_the_session_is_closed(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    session.edit("blue", image=first, seed=1)
    alone = session.generate("a dog", seed=2)
    part, name, path = alone.png[100:164], alone.record.images[0], session.path
    session.delete(first)
    session.delete(alone)
    assert part in path.read_bytes()
    session.close()
    assert part not in path.read_bytes()
    with Store.open(path) as store:
        assert first.id in store
        assert alone.id not in store
        with pytest.raises(KeyError):
            store.blob(name)


def test_what_a_crash_left_behind_is_removed_when_the_file_is_next_opened_to_write(old: Path) -> None:
    with Store.open(old) as store:
        *_, red = store.ids()
        store.delete(red)
    with Store.open(old, readonly=False) as held:  # whoever only looks removes nothing
        with Session(path=old) as reader:
            assert [turn.id for turn in reader.deleted] == [red]
        assert red in held
    with Session(path=old) as session:
        assert session.deleted == ()
        assert red not in session.turns.ids
        assert len(session) == 3


def test_a_session_that_takes_the_file_over_can_still_restore(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "over.pochade"
    first = Session(tiny_model, path=path).generate("a red cat", seed=1)
    pochade.open(path).delete(first)
    with Session(tiny_model, path=path) as newer:
        assert newer.deleted == (first,)
        assert newer.restore(first.id) == newer[0]


def test_one_comes_back_to_where_one_stood_after_deleting_the_newest(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "back.pochade"
    with Session(tiny_model, path=path) as session:
        turns = [session.generate("a red cat", seed=seed) for seed in range(3)]
        session.current = turns[0]
        session.delete(turns[2])
    with pochade.open(path) as again:
        assert again.current == turns[0]
        assert list(again) == turns[:2]


def test_two_threads_may_delete_and_restore_at_once(session: Session) -> None:
    turns = [session.generate("a red cat", seed=seed) for seed in range(4)]

    def shuffle(mine: list[Any]) -> None:
        for _ in range(20):
            for turn in mine:
                session.delete(turn)
                time.sleep(0)
                session.restore(turn)

    threads = [threading.Thread(target=shuffle, args=(turns[start::2],)) for start in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert list(session) == turns


def test_the_settings_of_a_turn_are_what_it_was_made_with(old: Path) -> None:
    with Session(path=old) as session:
        cats, hat, *_ = session
        assert cats.settings == {
            "n": 2,
            "size": (128, 128),
            "seed": 7,
            "steps": 4,
            "guidance": 1.0,
            "negative": None,
            "background": "auto",
        }
        assert hat.settings == {
            "n": 1,
            "seed": 8,
            "steps": 4,
            "guidance": 1.0,
            "negative": None,
            "background": "auto",
            "strength": None,
            "keep": "auto",
        }
        for turn in session:
            session.settings.update(**turn.settings)
        assert session.settings.as_dict()["size"] == (128, 128)


def test_a_star_is_in_the_file_and_found_again(old: Path) -> None:
    with Session(path=old) as session:
        session[1].star()
        assert session.turns.find("hat", starred=True) == (session[1],)
    with Session(path=old) as again:
        assert [turn.starred for turn in again] == [False, True, False, False]
        assert [twig.starred for twig in again.turns.outline()] == [False, True, False, False]


def test_where_the_writer_removed_the_turn_that_a_reader_stands_at_it_stands_nowhere(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "read.pochade"
    with Session(tiny_model, path=path) as session:
        first = session.generate("a red cat", seed=1)
        second = session.generate("a dog", seed=1)
    with Store.open(path, readonly=False) as writer, Session(path=path) as reader:
        assert reader.current == second
        writer.delete(second.id)
        writer.purge()
        assert reader.current is None
        assert reader.undo() is None
        assert list(reader) == [first]
        reader.current = first
        assert reader.current == first


def test_a_deleted_turn_is_not_picked_from_and_keeps_its_pick(session: Session) -> None:
    turn = session.generate("a red cat", seed=1, n=2)
    session.delete(turn)
    with pytest.raises(RequestError, match="was deleted: bring it back with restore"):
        turn.pick(1)
    assert session[turn.id].picked == 0
    assert session.restore(turn).pick(1).picked == 1
