"""What the queue promises: order, a stop within a step, errors that stay with their job, and a worker that lives on."""

from __future__ import annotations

import dataclasses
import gc
import itertools
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from easel import SOON, Diary, Easel, until

from pochade.errors import Cancelled
from pochade.jobs import Event, Job, Report, Worker, worker_for
from pochade.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.store import Store


def test_a_job_gives_its_turn_and_tells_every_step_in_order(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    easel = Easel(store, steps=3)
    job = submit(easel)
    turn = job.result(SOON)
    assert turn == Turn(store, store.get(turn.id))
    assert job.state == "done"
    assert job.exception() is None
    assert diary.kinds(job) == ["queued", "started", *["progress"] * 5, "done"]
    assert [(e.progress.stage, e.progress.step) for e in diary.events if e.progress] == [
        ("queued", 0), ("loading", 0), ("painting", 0), ("painting", 1), ("painting", 2), ("painting", 3),
        ("storing", 0), ("done", 0),
    ]  # fmt: skip
    assert diary.events[-1].turn == turn
    assert easel.thread is not threading.current_thread()
    assert repr(job) == f"Job('{job.id}', done)"


def test_jobs_are_done_one_at_a_time_in_the_order_they_came(
    store: Store, submit: Callable[..., Job], worker: Worker, diary: Diary
) -> None:
    first = Easel(store, hold_at=1)
    jobs = [submit(first), *(submit(Easel(store)) for _ in range(4))]
    assert first.held.wait(SOON)
    assert worker.jobs == tuple(jobs)
    assert [job.state for job in jobs] == ["running", *["queued"] * 4]
    first.go_on.set()
    turns = [job.result(SOON).id for job in jobs]
    assert turns == store.ids()
    ends = [event.job for event in diary.events if event.kind in {"started", "done"}]
    assert ends == list(itertools.chain.from_iterable((job, job) for job in jobs))
    until(lambda: worker.jobs == ())


def test_a_queued_job_is_cancelled_at_once_and_never_begun(
    store: Store, submit: Callable[..., Job], worker: Worker, diary: Diary
) -> None:
    first, second = Easel(store, hold_at=1), Easel(store)
    running, queued = submit(first), submit(second)
    assert first.held.wait(SOON)
    assert queued.cancel() is True
    assert queued.state == "cancelled"
    assert queued.cancel() is False
    assert worker.jobs == (running,)
    with pytest.raises(Cancelled, match="before it was begun"):
        queued.result(SOON)
    assert diary.kinds(queued) == ["queued", "cancelled"]
    first.go_on.set()
    running.result(SOON)
    assert submit(Easel(store)).result(SOON)
    assert second.seen == []


def test_a_running_job_stops_within_one_step_and_stores_nothing(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    easel = Easel(store, steps=200, hold_at=5)
    job = submit(easel)
    assert easel.held.wait(SOON)
    assert job.cancel() is True
    assert job.state == "running", "it is asked to stop, and stops where it can"
    easel.go_on.set()
    with pytest.raises(Cancelled, match="nothing was stored"):
        job.result(SOON)
    assert isinstance(job.exception(), Cancelled)
    assert job.state == "cancelled"
    assert easel.seen[-1] == 5
    assert len(store) == 0
    assert diary.kinds(job)[-1] == "cancelled"
    assert submit(Easel(store)).result(SOON), "the worker goes on"


def test_an_error_in_the_work_stays_with_its_job_and_the_worker_goes_on(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    def breaks(report: Report) -> Turn:
        report.stage("painting")
        raise ZeroDivisionError("latents went missing")

    job = submit(breaks)
    with pytest.raises(ZeroDivisionError, match="latents went missing"):
        job.result(SOON)
    assert job.state == "failed"
    assert isinstance(job.exception(), ZeroDivisionError)
    assert (diary.events[-1].kind, diary.events[-1].message) == ("failed", "latents went missing")
    assert submit(Easel(store)).result(SOON)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), MemoryError()])
def test_not_even_an_exit_raised_by_the_work_ends_the_worker(
    store: Store, submit: Callable[..., Job], error: BaseException
) -> None:
    def breaks(_: Report) -> Turn:
        raise error

    job = submit(breaks)
    until(job.done)
    assert job.exception(SOON) is error
    assert submit(Easel(store)).result(SOON)


def test_a_failed_job_lets_go_of_what_its_frames_held(submit: Callable[..., Job]) -> None:
    class Tensor:
        pass

    alive: list[weakref.ref[Tensor]] = []

    def breaks(_: Report) -> Turn:
        large = Tensor()
        alive.append(weakref.ref(large))
        try:
            return bytearray(sys.maxsize)  # type: ignore[return-value]
        except MemoryError as error:
            raise RuntimeError("painting failed") from error

    job = submit(breaks)
    assert isinstance(job.exception(SOON), RuntimeError)
    gc.collect()
    assert alive[0]() is None


def test_errors_that_are_each_others_cause_end_the_job_too(submit: Callable[..., Job]) -> None:
    def circles(_: Report) -> Turn:
        first, second = ValueError("first"), KeyError("second")
        first.__cause__, second.__cause__ = second, first
        raise first

    assert isinstance(submit(circles).exception(SOON), ValueError)


def test_a_kept_job_holds_no_work_and_an_idle_worker_no_job(
    store: Store, submit: Callable[..., Job], worker: Worker
) -> None:
    easel = Easel(store)
    gone = weakref.ref(easel)
    job = submit(easel, emit=lambda _: None)
    job.result(SOON)
    until(lambda: not worker.jobs)
    del easel
    gc.collect()
    assert gone() is None
    forgotten = weakref.ref(job)
    del job
    until(lambda: gc.collect() is not None and forgotten() is None)


def test_subscribers_and_callbacks_that_raise_harm_nobody(
    store: Store, submit: Callable[..., Job], caplog: pytest.LogCaptureFixture
) -> None:
    called: list[Job] = []

    def bad_subscriber(event: Event) -> None:
        raise ValueError(f"no {event.kind}, please")

    def bad_callback(job: Job) -> None:
        called.append(job)
        raise ValueError("nor this")

    job = submit(Easel(store), emit=bad_subscriber, on_done=bad_callback)
    assert job.result(SOON)
    assert submit(Easel(store)).result(SOON), "the worker goes on"
    assert called == [job]
    assert "nor this" in caplog.text
    assert "no done, please" in caplog.text


def test_on_done_is_called_once_however_the_job_ends_and_may_ask_for_the_result(
    store: Store, submit: Callable[..., Job]
) -> None:
    ends: list[tuple[Job, str, str]] = []

    def end(job: Job) -> None:
        try:
            told = repr(job.result())
        except (Cancelled, OSError) as error:
            told = str(error)
        ends.append((job, job.state, told))

    def breaks(_: Report) -> Turn:
        raise OSError("no disk")

    first = Easel(store, hold_at=1)
    jobs = [submit(first, on_done=end), submit(breaks, on_done=end), submit(Easel(store), on_done=end)]
    assert first.held.wait(SOON)
    jobs[2].cancel()
    first.go_on.set()
    until(lambda: len(ends) == 3)
    assert [(job, state) for job, state, _ in ends] == [
        (jobs[2], "cancelled"), (jobs[0], "done"), (jobs[1], "failed"),
    ]  # fmt: skip
    assert [told for _, _, told in ends][1:] == [repr(jobs[0].result()), "no disk"]


def test_those_who_wait_wake_after_subscribers_were_told(store: Store, submit: Callable[..., Job]) -> None:
    told: list[str] = []

    def slow(event: Event) -> None:
        if event.kind == "done":
            assert event.job is not None
            assert event.job.result() == event.turn, "a subscriber may look at the outcome"
            time.sleep(0.1)
        told.append(event.kind)

    submit(Easel(store), emit=slow).result(SOON)
    assert told[-1] == "done"


def test_any_thread_may_ask_and_nothing_is_lost(store: Store, submit: Callable[..., Job]) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: submit(Easel(store)), range(40)))
    turns = {job.result(SOON).id for job in jobs}
    assert len(turns) == 40
    assert turns == set(store.ids())
    assert len({job.id for job in jobs}) == 40


def test_cancelling_from_many_threads_while_jobs_run_settles_each_job_once(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    jobs = [submit(Easel(store, steps=20)) for _ in range(60)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Job.cancel, jobs[::-1] + jobs))
    for job in jobs:
        error = job.exception(SOON)
        assert error is None or isinstance(error, Cancelled)
        ends = [kind for kind in diary.kinds(job) if kind in {"done", "failed", "cancelled"}]
        assert ends == [job.state]
    assert len(store) == sum(job.state == "done" for job in jobs)


def test_a_call_runs_on_the_worker_in_its_turn_and_returns_what_it_returns(
    store: Store, submit: Callable[..., Job], worker: Worker
) -> None:
    easel = Easel(store)
    submit(easel)
    thread, turns = worker.call(lambda _: (threading.current_thread(), len(store)))
    assert thread is easel.thread
    assert turns == 1
    assert worker.call(lambda _: worker.call(lambda _: "nested")) == "nested"
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda _: 1 // 0)


def test_there_is_one_worker_a_device() -> None:
    assert worker_for("cpu") is worker_for("cpu")
    assert worker_for("cuda") is worker_for("cuda:0")
    assert worker_for("cuda:1") is not worker_for("cuda:0")
    assert worker_for("cpu") is not worker_for("cuda:0")


def test_python_ends_at_once_while_a_job_runs_and_another_waits() -> None:
    code = """
        import threading, time
        from pochade.errors import Cancelled
        from pochade.jobs import worker_for

        began = threading.Event()

        def endless(report):
            began.set()
            try:
                while True:
                    report.check()
                    time.sleep(0.01)
            except Cancelled:
                print("stopped in", threading.current_thread().name, flush=True)
                raise

        worker = worker_for("cpu")
        first = worker.submit(endless, request=None, emit=lambda event: None)
        worker.submit(endless, request=None, emit=lambda event: None, on_done=lambda job: print(job.state, flush=True))
        began.wait()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["cancelled", "stopped in pochade on cpu"]


def test_events_and_progress_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Event("queued").kind = "done"  # type: ignore[misc]
