"""What the queue promises when much is asked: an order that can be changed, a stop at any stage, nothing that grows."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from easel import SOON, Diary, Easel, keep, until

from pochade.errors import Cancelled, PochadeError, RequestError
from pochade.jobs import Event, Worker
from pochade.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Job, Report
    from pochade.store import Store
    from pochade.turn import Turn


@pytest.fixture
def held(store: Store, submit: Callable[..., Job]) -> Easel:
    """Keep the worker busy until told to go on."""
    easel = Easel(store, hold_at=1)
    submit(easel)
    assert easel.held.wait(SOON)
    return easel


@pytest.fixture
def waiting(held: Easel, submit: Callable[..., Job]) -> list[Job]:
    return [submit(Easel(held.store)) for _ in range(4)]


@pytest.mark.parametrize(
    ("which", "place", "order"),
    [(3, 0, [3, 0, 1, 2]), (0, 2, [1, 2, 0, 3]), (1, 3, [0, 2, 3, 1]), (0, 99, [1, 2, 3, 0]), (2, 2, [0, 1, 2, 3])],
)
def test_a_job_that_waits_can_be_moved_and_is_done_in_its_new_place(
    held: Easel, waiting: list[Job], worker: Worker, diary: Diary, which: int, place: int, order: list[int]
) -> None:
    job, wanted = waiting[which], [waiting[index] for index in order]
    assert [other.position for other in waiting] == [0, 1, 2, 3]
    assert job.move(place) is True
    assert job.position == min(place, 3)
    assert list(worker.jobs[1:]) == wanted
    assert [other.position for other in wanted] == [0, 1, 2, 3]
    assert diary.kinds(job) == ["queued", "moved"]
    held.go_on.set()
    for other in waiting:
        other.result(SOON)
    started = [event.job for event in diary.events if event.kind == "started"]
    assert started[1:] == wanted


def test_a_job_that_runs_or_has_ended_cannot_be_moved(held: Easel, waiting: list[Job], worker: Worker) -> None:
    running = worker.jobs[0]
    waiting[2].cancel()
    for job in (running, waiting[2]):
        assert job.move(0) is False
        assert job.position is None
    held.go_on.set()
    waiting[-1].result(SOON)
    assert waiting[-1].move(0) is False
    assert waiting[-1].position is None


@pytest.mark.parametrize("place", [-1, 1.0, "first", None])
def test_a_place_that_is_none_is_refused(held: Easel, waiting: list[Job], worker: Worker, place: Any) -> None:
    before = worker.jobs
    with pytest.raises(RequestError, match=f"whole number from 0, which is begun next, not {place!r}"):
        waiting[1].move(place)
    assert worker.jobs == before
    held.go_on.set()


def test_a_subscriber_may_move_or_cancel_a_job_as_soon_as_it_is_told_of_it(
    held: Easel, waiting: list[Job], submit: Callable[..., Job], worker: Worker
) -> None:
    def first(event: Event) -> None:
        if event.kind == "queued" and event.job is not None:
            assert event.job.position == 4
            assert event.job.move(0)

    def never(event: Event) -> None:
        if event.kind == "queued" and event.job is not None:
            assert event.job.cancel()

    urgent, unwanted = submit(Easel(held.store), emit=first), submit(Easel(held.store), emit=never)
    assert worker.jobs[1:] == (urgent, *waiting)
    assert unwanted.state == "cancelled"
    held.go_on.set()
    assert urgent.result(SOON).id == held.store.ids()[1]


def test_a_session_sees_its_jobs_in_the_order_of_the_queue_that_it_shares(
    held: Easel, submit: Callable[..., Job], worker: Worker
) -> None:
    ours, theirs = Listeners(), Listeners()
    jobs = [submit(Easel(held.store), emit=told.tell) for told in (ours, theirs, ours, theirs, ours)]
    assert worker.jobs[1:] == tuple(jobs), "first come, first served, whoever asks"
    seen: list[tuple[Job, ...]] = []
    ours.add(lambda event: seen.append(ours.jobs) if event.kind == "moved" else None)
    jobs[4].move(0)
    assert ours.jobs == (jobs[4], jobs[0], jobs[2])
    assert theirs.jobs == (jobs[1], jobs[3])
    jobs[1].move(4)
    assert theirs.jobs == (jobs[3], jobs[1])
    assert seen == [(jobs[4], jobs[0], jobs[2])], "the other session's moves do not concern this one"
    held.go_on.set()


def test_jobs_are_moved_from_many_threads_and_none_is_lost_or_done_twice(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    turn = keep(store)
    jobs = [submit(lambda _: turn) for _ in range(200)]
    with ThreadPoolExecutor(4) as pool:
        moved = list(pool.map(lambda pair: pair[1].move(pair[0] % 7), enumerate(jobs[::-1])))
    for job in jobs:
        assert job.result(SOON) == turn
    started = [event.job for event in diary.events if event.kind == "started"]
    assert len(started) == len(set(started)) == 200
    assert sum(moved) == sum(event.kind == "moved" for event in diary.events)


def test_a_thousand_requests_at_once_are_done_in_order_and_nothing_of_them_stays(
    store: Store, submit: Callable[..., Job], worker: Worker
) -> None:
    turn, done = keep(store), []
    listeners = Listeners()
    gate = threading.Event()

    def work(number: int) -> Callable[[Report], Turn]:
        def paint(report: Report) -> Turn:
            assert gate.wait(SOON)
            report.stage("painting")
            done.append(number)
            return turn

        return paint

    threads = threading.active_count()
    jobs = [submit(work(number), emit=listeners.tell) for number in range(1000)]
    assert threading.active_count() == threads + 1
    until(lambda: jobs[0].state == "running")
    assert listeners.jobs == worker.jobs == tuple(jobs)
    assert [job.position for job in jobs[1:]] == list(range(999))
    gate.set()
    assert [job.result(SOON) for job in jobs] == [turn] * 1000
    assert done == list(range(1000))
    alive = [weakref.ref(job) for job in jobs]
    until(lambda: not worker.jobs)
    assert listeners.jobs == ()
    jobs.clear()
    until(lambda: gc.collect() is not None and not any(ref() for ref in alive))


def test_a_thousand_requests_from_eight_threads_keep_each_threads_order(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    turn = keep(store)

    def ask(_thread: int) -> list[Job]:
        return [submit(lambda _: turn) for _ in range(125)]

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(8)))
    for jobs in asked:
        for job in jobs:
            job.result(SOON)
    place = {event.job: number for number, event in enumerate(diary.events) if event.kind == "started"}
    assert len(place) == 1000
    for jobs in asked:
        assert [place[job] for job in jobs] == sorted(place[job] for job in jobs)


def test_a_thousand_requests_are_cancelled_at_once_and_the_worker_goes_on(
    held: Easel, submit: Callable[..., Job], worker: Worker
) -> None:
    listeners, begun, ended = Listeners(), [], []

    def paint(report: Report) -> Turn:
        begun.append(report)
        return keep(held.store)

    jobs = [submit(paint, emit=listeners.tell, on_done=ended.append) for _ in range(1000)]
    stopping = threading.Thread(target=listeners.stop_jobs)
    stopping.start()
    stopping.join(SOON)
    assert not stopping.is_alive()
    assert {job.state for job in jobs} == {"cancelled"}
    assert len(ended) == 1000
    assert begun == []
    assert len(worker.jobs) == 1, "the one that runs is another session's"
    held.go_on.set()
    assert submit(Easel(held.store)).result(SOON)


@pytest.mark.parametrize("stage", ["downloading", "loading", "painting"])
def test_a_stop_reaches_whatever_the_job_is_doing_and_may_be_asked_for_twice(
    store: Store, submit: Callable[..., Job], diary: Diary, stage: str
) -> None:
    begun, cleared = threading.Event(), []

    def work(report: Report) -> Turn:
        if stage == "painting":
            report.stage("painting")
        begun.set()
        if stage == "downloading":  # other threads look at the flag, end what they do, and then it is raised
            with ThreadPoolExecutor(2) as pool:
                cleared.extend(pool.map(lambda _: until(report.interrupted), range(2)))
        while True:
            report.check()

    job = submit(work)
    assert begun.wait(SOON)
    assert job.cancel() is True
    job.cancel()
    error = job.exception(SOON)
    assert isinstance(error, Cancelled)
    assert error.turn is None
    assert job.cancel() is False
    assert diary.kinds(job)[-1] == "cancelled"
    assert len(cleared) == (2 if stage == "downloading" else 0)
    assert submit(Easel(store)).result(SOON), "the worker goes on"


def test_what_was_kept_of_a_stopped_job_comes_with_its_error_and_its_event(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    kept = keep(store)
    begun = threading.Event()

    def work(report: Report) -> Turn:
        begun.set()
        try:
            while True:
                report.check()
        except Cancelled as error:
            raise Cancelled(f"The request was stopped; what there was is turn {kept.id!r}.", kept) from error

    job = submit(work, keep_preview=True)
    assert begun.wait(SOON)
    job.cancel()
    with pytest.raises(Cancelled, match=f"what there was is turn '{kept.id}'") as caught:
        job.result(SOON)
    assert caught.value.turn == kept
    end = diary.events[-1]
    assert (end.kind, end.turn, end.message) == ("cancelled", kept, str(caught.value))
    assert job.state == "cancelled"


def test_nothing_is_begun_once_python_ends(store: Store) -> None:
    worker = Worker("easel")
    easel = Easel(store, hold_at=1)
    running = worker.submit(easel, request=None, emit=lambda _: None)
    assert easel.held.wait(SOON)
    queued = worker.submit(Easel(store), request=None, emit=lambda _: None)
    worker.stop(0)
    assert queued.state == "cancelled"
    easel.go_on.set()
    worker.stop(SOON)
    assert isinstance(running.exception(SOON), Cancelled)
    with pytest.raises(PochadeError, match="shutting down"):
        worker.submit(Easel(store), request=None, emit=lambda _: None)
    assert worker.jobs == ()
