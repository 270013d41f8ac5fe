"""A session keeps the conversation: where it stands, who follows it, whose file it is and what it refuses."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import pochade
from pochade import Session
from pochade.errors import Cancelled, ModelError, ReadOnlyError, RequestError, StoreError, WouldBlockError
from pochade.request import Request
from pochade.store import Store

if TYPE_CHECKING:
    from pochade.jobs import Event, Job
    from pochade.turn import Turn


def half_mask(turn: Turn) -> Image.Image:
    mask = Image.new("L", turn.size, 0)
    mask.paste(255, (0, 0, turn.size[0] // 2, turn.size[1]))
    return mask


def wait_for(condition: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.005)


# The conversation.


def test_say_makes_a_picture_and_then_edits_it(session: Session) -> None:
    first = session.say("a red cat", seed=1)
    second = session.say("blue", seed=1)
    assert (first.task, second.task) == ("generate", "edit")
    assert second.parent == first
    assert session.current == second
    session.new()
    assert session.current is None
    assert session.say("a cat", seed=2).parent is None


def test_undo_and_redo_walk_the_tree_and_a_new_turn_branches(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    second = session.edit("blue", seed=1)
    third = session.edit("red", seed=1)
    assert session.undo() == second
    assert session.undo() == first
    assert session.redo() == second
    branch = session.say("a dog", seed=1)
    assert branch.parent == second
    assert session.redo() == branch  # what was undone before the branch is not ahead of it
    assert {turn.id for turn in second.children} == {third.id, branch.id}
    assert len(session) == 4


def test_picking_a_picture_goes_on_from_it_and_is_remembered(session: Session) -> None:
    several = session.generate("a red cat", n=3, seed=1)
    other = session.generate("a dog", seed=1)
    events: list[Event] = []
    session.subscribe(events.append)
    several.pick(2)
    assert session.current == several
    assert session.current.picked == 2
    assert session.current.png == several.pngs[2]
    assert [event.kind for event in events] == ["current"]
    edited = session.say("blue", seed=1)
    assert (edited.record.image_turn, edited.record.image_index) == (several.id, 2)
    with pytest.raises(RequestError, match="no picture 3"):
        several.pick(3)
    assert session.current == edited
    session.current = other
    session.close()
    with Session(path=session.path) as again:
        assert again[several.id].picked == 2


def test_undoing_the_edit_of_a_variant_goes_back_to_that_variant(session: Session) -> None:
    several = session.generate("a red cat", n=3, seed=1)
    session.edit("blue", image=several[2], seed=1)
    events: list[Event] = []
    session.subscribe(events.append)
    assert session.undo() == several
    assert session.current.picked == 2
    assert [event.kind for event in events] == ["current"]


def test_a_turn_is_a_sequence_of_its_pictures(session: Session) -> None:
    several = session.generate("a red cat", n=3, seed=1)
    assert [one.picked for one in several] == [0, 1, 2]
    assert several[np.int64(-1)].png == several.pngs[2]
    for wrong in (3, -4, "a", 1.0):
        with pytest.raises(RequestError, match="has no picture"):
            several[wrong]
    several.pick(np.argmax([0, 1, 0]))
    assert session.current.picked == 1


def test_a_stopped_turn_is_kept_where_that_is_wanted_and_one_stays_where_one_stood(tiny_model: Path) -> None:
    with Session(tiny_model, keep_stopped=True) as session:
        first = session.generate("a red cat", seed=1)
        job = session.submit("a red cat", task="generate", steps=1000, seed=2)

        def stop(event: Event) -> None:
            if event.kind == "progress" and job._report.last_preview is not None:
                job.cancel()

        session.subscribe(stop)
        with pytest.raises(Cancelled) as caught:
            job.result()
        assert caught.value.turn == session[-1]
        assert session[-1].stopped
        assert session.current == first
        path = session.path
    with Session(path=path) as again:
        assert len(again) == 2
        assert again.current == first


def test_a_stopped_turn_is_not_kept_unless_that_is_wanted(session: Session) -> None:
    job = session.submit("a red cat", steps=1000)
    wait_for(lambda: job.progress.step > 0)
    job.cancel()
    assert job.exception().turn is None
    assert len(session) == 0


def test_what_waits_can_be_put_first(session: Session) -> None:
    running = session.submit("a red cat", steps=1000)
    wait_for(lambda: running.state == "running")
    jobs = [session.submit("a dog", task="generate", seed=seed) for seed in range(3)]
    assert jobs[2].move(0)
    assert session.jobs == (running, jobs[2], jobs[0], jobs[1])
    running.cancel()
    assert [turn.seed for turn in (jobs[1].result(), *session)] == [1, 2, 0, 1]


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"memory": "little"}, "memory"),
        ({"memory": "model"}, "cpu|CPU|processor"),
        ({"compile": "yes"}, "'auto', 'regions', 'off'"),
        ({"attention": ""}, "attention"),
        ({"cache": "magic"}, "cache='magic' is not known"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_at_once(tiny_model: Path, choice: dict[str, Any], says: str) -> None:
    with pytest.raises((RequestError, ModelError), match=says):
        Session(tiny_model, device="cpu", **choice)


def test_two_sessions_on_one_model_share_its_weights(tiny_model: Path) -> None:
    with Session(tiny_model) as one, Session(tiny_model) as two, Session(tiny_model, compile="off") as other:
        one.generate("a cat", seed=1)
        two.generate("a cat", seed=1)
        assert one._running() is two._running()
        assert one._running() is not other._running()
        assert one[0].pixels == two[0].pixels


def test_a_prompt_can_be_edited_outwards_and_with_a_box_for_a_mask(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    boxed = session.edit("blue", mask=(8, 8, 24, 40), seed=1)
    outside = np.ones((64, 64), bool)
    outside[8:40, 8:24] = False
    assert np.array_equal(np.asarray(boxed)[outside], np.asarray(first)[outside])
    grown = session.edit("more", extend="2:1", seed=1)
    assert grown.size == (128, 64)
    assert np.array_equal(np.asarray(grown)[:, 32:96], np.asarray(boxed))


def test_undoing_the_first_picture_leaves_none_and_can_be_redone(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    assert session.undo() is None
    assert session.current is None
    assert session.undo() is None
    assert session.redo() == first


def test_turns_are_found_by_place_id_and_slice_and_cannot_be_changed(session: Session) -> None:
    turns = [session.generate("a red cat", seed=seed) for seed in range(3)]
    assert list(session) == list(session.turns) == turns
    assert session[0] == turns[0] == session[-3] == session[turns[0].id]
    assert session[1:] == tuple(turns[1:])
    assert turns[1] in session.turns
    with pytest.raises(IndexError, match="no turn 3: it has 3"):
        session[3]
    with pytest.raises(KeyError, match="zz9z"):
        session["zz9z"]
    with pytest.raises(TypeError):
        session.turns[0] = turns[1]  # type: ignore[index]


def test_current_can_be_set_to_a_turn_or_an_id_of_this_session_only(session: Session, tiny_model: Path) -> None:
    first = session.generate("a red cat", seed=1)
    session.generate("a cat", seed=2)
    session.current = first.id
    assert session.current == first
    session.current = session[-1]
    assert session.current == session[1]
    with Session(tiny_model) as other, pytest.raises(RequestError, match="not a turn of this session"):
        session.current = other.generate("a dog", seed=9)
    with pytest.raises(KeyError):
        session.current = "nope"
    assert session.current == session[1]


def test_a_masked_edit_changes_only_what_is_painted(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    mask = half_mask(first)
    second = session.edit("blue", mask=mask, seed=2)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(first)[outside], np.asarray(second)[outside])


def test_the_code_of_a_turn_makes_the_same_picture(session: Session) -> None:
    first = session.generate("a red cat", seed=1, n=2)
    masked = session.edit("blue", mask=half_mask(first), seed=2, references=[Image.new("RGB", (80, 80), "red")])
    variant = session.edit("red", image=first.images[1], seed=3)
    for turn in (first, masked, variant):
        again = eval(turn.code("session"), {"session": session})  # noqa: S307 - our own code is what is tested
        assert [one.pixels for one in again] == [one.pixels for one in turn]
        assert again.id != turn.id


def test_a_variant_is_edited_as_a_part_of_its_turn(session: Session) -> None:
    several = session.generate("a red cat", seed=1, n=3)
    edited = session.edit("blue", image=several.images[2], seed=1)
    assert edited.parent == several


def test_a_turn_of_another_session_is_an_upload_here(session: Session, tiny_model: Path) -> None:
    with Session(tiny_model) as other:
        foreign = other.generate("a dog", seed=4)
        edited = session.edit("blue", image=foreign, references=[foreign], seed=1)
        assert edited.parent is None
        assert edited.record.reference_turns == (None,)
        assert np.array_equal(np.asarray(edited.source), np.asarray(foreign))


def test_an_edit_refuses_another_size_and_says_what_to_do(session: Session) -> None:
    session.generate("a red cat", seed=1)
    with pytest.raises(RequestError, match=r"keeps the size.*generate"):
        session.say("a cat", size=(128, 64))


def test_bad_requests_are_refused_before_they_wait_and_lose_nothing(session: Session) -> None:
    with pytest.raises(RequestError, match="empty"):
        session.say("  ")
    with pytest.raises(RequestError, match="generate one first"):
        session.edit("blue")
    with pytest.raises(RequestError, match="mask"):
        session.say("a cat", mask=Image.new("L", (64, 64), 255))
    with pytest.raises(RequestError, match="stepps"):
        session.submit("a cat", stepps=3)
    assert not session.path.exists()
    assert session.jobs == ()
    session.generate("a red cat", seed=1)
    with pytest.raises(RequestError, match="64×64"):
        session.edit("blue", mask=Image.new("L", (32, 32), 255))
    assert len(session) == 1


def test_a_complete_request_is_submitted_alone(session: Session) -> None:
    turn = session.submit(Request.of("a red cat", seed=4)).result(60)
    assert turn.seed == 4
    with pytest.raises(RequestError, match="complete"):
        session.submit(Request.of("a red cat"), n=2)
    foreign = Request.of("blue", task="edit", image=turn.image, image_turn="zz9z")
    with pytest.raises(RequestError, match="no turn 'zz9z'"):
        session.submit(foreign)


# Jobs and events.


def test_events_tell_the_whole_story_of_a_job_in_order(session: Session) -> None:
    events: list[Event] = []
    session.subscribe(events.append)
    turn = session.generate("a red cat", seed=1)
    kinds = [event.kind for event in events]
    assert list(dict.fromkeys(kinds)) == ["queued", "started", "progress", "preview", "picture", "current", "done"]
    assert events[-1].turn == turn == events[-2].turn
    [preview] = [event.preview for event in events if event.kind == "preview"]
    assert preview is not None
    assert preview.size[0] <= 64


def test_moving_about_is_told_and_unsubscribing_ends_it(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    places: list[Any] = []
    stop = session.subscribe(lambda event: places.append((event.kind, event.turn)))
    session.undo()
    session.redo()
    session.new()
    assert places == [("current", None), ("current", first), ("current", None)]
    stop()
    stop()
    session.current = first
    assert len(places) == 3


def test_a_subscriber_that_raises_disturbs_neither_the_work_nor_the_others(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def broken(_event: Event) -> None:
        raise RuntimeError("a view's mistake")

    session.subscribe(broken)
    session.subscribe(lambda event: heard.append(event.kind))
    session.generate("a red cat", seed=1)
    assert heard[-1] == "done"
    assert "a view's mistake" in caplog.text


def test_a_queued_job_is_seen_in_jobs_when_it_is_told(session: Session) -> None:
    seen: list[bool] = []
    session.subscribe(lambda event: seen.append(event.job in session.jobs) if event.kind == "queued" else None)
    job = session.submit("a red cat", seed=1)
    assert seen == [True]
    job.result(60)
    assert session.jobs == ()


def test_what_is_edited_is_settled_when_it_is_asked(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    session.generate("a cat", seed=2)
    session.current = first
    job = session.submit("blue", seed=1, steps=20)
    session.current = session[1]
    assert job.result(60).parent == first
    assert session.current == session[1]  # somebody went elsewhere meanwhile, and is left there


def test_who_goes_elsewhere_while_a_request_is_being_read_is_left_there(session: Session) -> None:
    class Slow:
        @property
        def image(self) -> Image.Image:
            session.new()
            return Image.new("RGB", (64, 64), "red")

    session.generate("a red cat", seed=1)
    session.submit("a cat", references=[Slow()], seed=2).result(60)
    assert session.current is None


def test_previews_are_made_only_while_somebody_looks(session: Session) -> None:
    kinds: list[str] = []
    looking = False
    session.subscribe(lambda event: kinds.append(event.kind), watching=lambda: looking)
    session.generate("a red cat", seed=1)
    assert "preview" not in kinds
    assert "progress" in kinds
    looking = True
    session.generate("a red cat", seed=2)
    assert "preview" in kinds


def test_a_job_that_somebody_keeps_does_not_keep_its_session(tiny_model: Path) -> None:
    class View:
        def __init__(self, of: Session) -> None:
            self.of = of

        def __call__(self, _: object) -> None:
            """Look."""

    session = Session(tiny_model)
    session.subscribe(View(session))
    job = session.submit("a red cat", seed=1, on_done=View(session))
    job.result(60)
    watched = weakref.ref(session)
    del session
    wait_for(lambda: gc.collect() is not None and watched() is None)
    assert job.state == "done"


def test_queued_jobs_are_done_in_order_and_the_last_is_current(session: Session) -> None:
    jobs = [session.submit("a red cat", task="generate", seed=seed) for seed in range(3)]
    turns = [job.result(60) for job in jobs]
    assert [turn.seed for turn in session.turns] == [0, 1, 2]
    assert session.current == turns[-1]


def test_a_stop_from_another_thread_ends_the_wait_and_the_session_goes_on(session: Session) -> None:
    session.generate("a red cat", seed=1)
    started = threading.Event()
    session.subscribe(lambda event: started.set() if event.kind == "progress" else None)

    def stop() -> None:
        started.wait(20)
        session.jobs[0].cancel()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Cancelled):
        session.edit("blue", steps=1000)
    thread.join()
    assert len(session) == 1
    assert session.say("blue", seed=1).parent == session[0]


def test_an_error_in_the_work_is_carried_by_the_job_and_the_session_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.generate("a red cat", seed=1)
    engine = session._running()
    with monkeypatch.context() as patch:
        patch.setattr(engine.pipeline().transformer, "forward", lambda *_, **__: 1 / 0)
        job = session.submit("blue", seed=1)
        with pytest.raises(ZeroDivisionError):
            job.result(60)
    assert job.state == "failed"
    assert session.say("blue", seed=1).parent == session[0]


def test_waiting_on_the_painting_thread_is_refused_and_names_on_done(session: Session) -> None:
    caught: list[BaseException] = []
    chained: list[Turn] = []
    finished = threading.Event()

    def then(_job: Job) -> None:
        try:
            session.say("blue")
        except WouldBlockError as error:
            caught.append(error)
        session.submit("red", seed=1, on_done=lambda next_job: (chained.append(next_job.result()), finished.set()))

    session.submit("a red cat", seed=1, on_done=then)
    assert finished.wait(60)
    assert "on_done" in str(caught[0])
    assert chained[0].prompt == "red"
    wait_for(lambda: not session.jobs)


def test_a_job_can_be_awaited(session: Session) -> None:
    async def ask() -> Turn:
        return await session.submit("a red cat", seed=1)

    assert asyncio.run(ask()) == session.current


# Whose file.


def test_a_new_session_leaves_nothing_behind_until_its_first_turn(tiny_model: Path, home: Path) -> None:
    with Session(tiny_model) as session:
        assert session.path.parent == home / "sessions"
        assert session.writable
        assert not session.path.exists()
        session.generate("a red cat", seed=1)
        assert session.path.exists()


def test_a_session_comes_back_with_turns_masks_uploads_and_place(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.pochade"
    photo = Image.new("RGB", (100, 80), "green")
    with Session(tiny_model, path=path) as session:
        first = session.generate("a red cat", seed=1)
        masked = session.edit("blue", mask=half_mask(first), seed=2)
        uploaded = session.edit("red", image=photo, seed=3)
        session.current = masked
        session.undo()
        pngs = [turn.png for turn in session]
    with pochade.open(path) as again:
        assert [turn.png for turn in again] == pngs
        assert again.current == again[0]
        assert again.redo() == again[1]
        assert np.array_equal(np.asarray(again[1].mask), np.asarray(half_mask(first)))
        assert np.array_equal(np.asarray(again[2].source), np.asarray(photo))
        assert again.model == str(tiny_model)
        assert again[2].id == uploaded.id
        assert again.say("blue", seed=1).parent == again[1]


def test_running_the_cell_again_takes_the_file_over_and_old_turns_still_work(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "cell.pochade"
    old = Session(tiny_model, path=path)
    kept = old.generate("a red cat", seed=1)
    with Session(tiny_model, path=path) as new:
        assert new.writable
        assert new.current == kept
        assert old.closed
        assert repr(old) == f"Session({str(tiny_model)!r}, closed)"
        assert kept.image.size == (64, 64)
        with pytest.raises(StoreError, match=r"pochade.open"):
            old.say("blue")
        assert new.say("blue", seed=1).parent == kept


def test_a_session_that_nobody_holds_any_more_gives_its_file_up(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "dropped.pochade"
    kept = Session(tiny_model, path=path).generate("a red cat", seed=1)
    with Session(path=path) as again:
        assert again.writable
        assert again[0] == kept


def test_opening_what_is_open_here_gives_the_same_session(session: Session) -> None:
    session.generate("a red cat", seed=1)
    assert pochade.open(session.path) is session
    assert pochade.open() is session


def test_open_finds_this_notebooks_latest(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {}
    for notebook in ("a.ipynb", "b.ipynb"):
        monkeypatch.setenv("JPY_SESSION_NAME", notebook)
        with Session(tiny_model) as session:
            session.generate("a red cat", seed=1)
            paths[notebook] = session.path
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    with Session(tiny_model), pochade.open() as again:  # an empty new session does not stand in the way
        assert again.path == paths["a.ipynb"]
    monkeypatch.setenv("JPY_SESSION_NAME", "c.ipynb")
    with pytest.raises(StoreError, match="No session of this notebook was saved yet"):
        pochade.open()


def test_opening_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no session file"):
        pochade.open(tmp_path / "nothing.pochade")
    assert not (tmp_path / "nothing.pochade").exists()


def test_a_file_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "letter.pochade"
    path.write_text("Dear Sir")
    with pytest.raises(StoreError, match="not a pochade session"):
        Session(tiny_model, path=path)
    assert path.read_text() == "Dear Sir"


def test_a_file_that_another_process_writes_can_be_looked_at_but_not_painted_into(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "shared.pochade"
    with Session(tiny_model, path=path) as session:
        session.generate("a red cat", seed=1)
    code = f"from pochade.store import Store; s = Store.open({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with Session(path=path) as reader:
            assert not reader.writable
            assert f"process {other.pid}" in str(reader.holder)
            assert reader[0].image.size == (64, 64)
            assert reader.undo() is None
            assert "read-only" in repr(reader)
            with pytest.raises(ReadOnlyError, match=f"process {other.pid}.*new one"):
                reader.say("blue")
        other.communicate("\n")
    with Session(path=path) as writer:
        assert writer.writable
        assert writer.current == writer[0]  # looking about in a read-only file changed nothing


def test_a_full_disk_fails_the_job_and_keeps_the_session(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    database = session._keeping.store._db
    assert isinstance(database, sqlite3.Connection)
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        session.generate("a red cat", n=4, size=(256, 256), seed=2)
    assert session[0] == first
    database.execute("PRAGMA max_page_count = 100000")
    assert session.generate("a cat", seed=9) == session.current


def test_on_a_full_disk_one_still_moves_about_and_every_view_is_told(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    session._place.redo = (first.id,) * 1000  # so much to note that the file would have to grow
    database = session._keeping.store._db
    database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")
    places: list[Any] = []
    session.subscribe(lambda event: places.append(event.turn))
    assert session.undo() is None
    assert session.redo() == first
    assert places == [None, first]


def test_a_file_whose_model_is_gone_can_still_be_looked_at(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    path = tmp_path / "mailed.pochade"
    with Session(model, path=path) as session:
        session.generate("a red cat", seed=1)
    shutil.rmtree(model)
    with pochade.open(path) as again:
        assert again.current == again[0]
        with pytest.raises(ModelError, match="There is no model"):
            again.say("blue")
        with pytest.raises(ModelError, match="There is no model"):
            again.capabilities  # noqa: B018 - asking is the test
    with Session(tiny_model, path=path) as elsewhere:
        assert elsewhere.say("blue", seed=1).parent == elsewhere[0]


def test_one_comes_back_to_where_one_went_even_if_work_finished_later(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "later.pochade"
    with Session(tiny_model, path=path) as session:
        first = session.generate("a red cat", seed=1)
        job = session.submit("blue", steps=50)
        session.new()
        later = job.result(60)
        assert session.current is None
    with pochade.open(path) as again:
        assert again.current is None
        newest = again.generate("a cat", seed=2)
    with pochade.open(path) as again:
        assert again.current == newest
        assert list(again) == [first, later, newest]


@pytest.mark.parametrize(
    "place", ["[]", "{", '{"current": 7, "redo": "x"}', '{"current": "zz9z", "redo": ["zz9z", 3]}']
)
def test_a_file_may_say_anything_about_where_one_stood(tiny_model: Path, tmp_path: Path, place: str) -> None:
    path = tmp_path / "odd.pochade"
    with Session(tiny_model, path=path) as session:
        turn = session.generate("a red cat", seed=1)
    with Store.open(path) as store:
        store.set_meta("place", place)
    with pochade.open(path) as again:
        assert again.current in (None, turn)
        assert again.redo() == again.current


def test_an_unknown_model_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model at"):
        Session(tmp_path / "nowhere")


def test_closing_stops_the_work_and_lets_go_of_the_file(tiny_model: Path, tmp_path: Path) -> None:
    session = Session(tiny_model, path=tmp_path / "closing.pochade")
    turn = session.generate("a red cat", seed=1)
    events: list[str] = []
    session.subscribe(lambda event: events.append(event.kind))
    jobs = [session.submit("a cat", task="generate", steps=1000) for _ in range(2)]
    session.close()
    session.close()
    assert [job.state for job in jobs] == ["cancelled", "cancelled"]
    assert events[-1] == "closed"
    assert events.count("closed") == 1
    assert not session.writable
    with pytest.raises(StoreError, match="closed"):
        turn.image  # noqa: B018 - asking is the test
    with Store.open(session.path, readonly=False) as store:
        assert len(store) == 1


def test_closing_that_is_interrupted_lets_go_of_the_file_all_the_same(tiny_model: Path, tmp_path: Path) -> None:
    session = Session(tiny_model, path=tmp_path / "interrupted.pochade")
    painting, go_on = threading.Event(), threading.Event()
    events: list[str] = []

    def hold(event: Event) -> None:
        events.append(event.kind)
        if event.kind == "progress":
            painting.set()
            go_on.wait(20)

    def interrupt() -> None:
        wait_for(lambda: session.closed)
        time.sleep(0.3)  # closing waits for the step by now
        os.kill(os.getpid(), signal.SIGINT)

    session.subscribe(hold)
    job = session.submit("a red cat", steps=50)
    assert painting.wait(20)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            session.close()
        assert events[-1] == "closed"
        with Store.open(session.path, readonly=False):
            session.close()
    finally:
        signal.signal(signal.SIGINT, before)
        go_on.set()
    assert isinstance(job.exception(20), Cancelled)


def test_closing_a_session_that_was_taken_over_leaves_the_file_to_the_newer(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "over.pochade"
    old = Session(tiny_model, path=path)
    with Session(tiny_model, path=path) as new:
        old.close()
        assert new.generate("a red cat", seed=1) == new.current


def test_a_closed_session_goes_nowhere(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.pochade"
    old = Session(tiny_model, path=path)
    turn = old.generate("a red cat", seed=1)
    with Session(tiny_model, path=path) as new:
        closed = Session(tiny_model)
        closed.close()
        for session in (old, closed):
            for move in (session.undo, session.redo, session.new, lambda s=session: setattr(s, "current", turn)):
                with pytest.raises(StoreError, match="closed"):
                    move()
        assert new.current == turn


# How it shows itself.


def test_the_repr_is_the_same_in_every_run(session: Session, tiny_model: Path) -> None:
    assert repr(session) == f"Session({str(tiny_model)!r}, 0 turns)"
    turn = session.generate("a red cat", seed=1)
    assert repr(session) == f"Session({str(tiny_model)!r}, 1 turn)"
    assert repr(session.turns) == f"1 turn\n{turn!r}"
    assert session


def test_in_a_terminal_ipython_shows_the_repr(session: Session) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    data, _ = shell.display_formatter.format(session)
    assert data == {"text/plain": repr(session)}


def test_paint_makes_one_picture_and_keeps_it(tiny_model: Path, home: Path) -> None:
    turn = pochade.paint("a red cat", model=tiny_model, seed=3, size="landscape")
    assert turn.image.size[0] > turn.image.size[1]
    assert turn.store.path.parent == home / "sessions"


def test_paint_mask_makes_a_canvas_whose_mask_an_edit_takes(session: Session) -> None:
    turn = session.generate("a red cat", seed=1)
    canvas = pochade.paint_mask(turn)
    assert type(canvas).__name__ == "MaskCanvas"


def test_a_refused_request_leaves_nothing_in_memory(tiny_model: Path) -> None:
    session = Session(tiny_model)
    with pytest.raises(RequestError, match="whole number"):
        session.say("a cat", n=99)
    watched = weakref.ref(session)
    del session
    gc.collect()
    assert watched() is None


def test_a_studio_that_was_closed_is_followed_by_a_new_one(session: Session) -> None:
    closed = session.studio()
    closed.close()
    studio = session.studio()
    assert studio is not closed
    assert studio.comm is not None
    assert session.studio() is studio
