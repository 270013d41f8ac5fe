"""Listeners: everybody is told, nobody disturbs another, and nothing that has ended is held on to."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from easel import SOON, Easel, until

from pochade.jobs import Event
from pochade.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Job, Worker
    from pochade.store import Store


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


def test_everybody_is_told_until_they_have_enough(listeners: Listeners) -> None:
    first: list[str] = []
    second: list[str] = []
    stop = listeners.add(lambda event: first.append(event.kind))
    listeners.add(lambda event: second.append(event.kind))
    listeners.tell(Event("current"))
    stop()
    stop()
    listeners.tell(Event("closed"))
    assert (first, second) == (["current"], ["current", "closed"])


def test_one_who_raises_keeps_nothing_from_the_others(listeners: Listeners, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []
    listeners.add(lambda _: 1 / 0)
    listeners.add(lambda event: heard.append(event.kind))
    listeners.tell(Event("current"))
    assert heard == ["current"]
    assert "ZeroDivisionError" in caplog.text


def test_jobs_are_those_that_wait_or_run_in_order(
    listeners: Listeners, store: Store, submit: Callable[..., Job]
) -> None:
    easel = Easel(store, hold_at=1)
    jobs = [submit(work, emit=listeners.tell) for work in (easel, Easel(store), Easel(store))]
    assert listeners.jobs == tuple(jobs)
    jobs[1].cancel()
    assert listeners.jobs == (jobs[0], jobs[2])
    easel.go_on.set()
    jobs[2].result(SOON)
    assert listeners.jobs == ()


@pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
def test_a_job_that_has_ended_is_let_go_of_without_anybody_asking_for_jobs(
    listeners: Listeners, store: Store, submit: Callable[..., Job], worker: Worker, end: str
) -> None:
    easel = Easel(store, hold_at=1)
    work: Any = {"done": easel, "failed": lambda _: 1 / 0, "cancelled": easel}[end]
    job = submit(work, emit=listeners.tell)
    if end == "cancelled":
        job.cancel()
    easel.go_on.set()
    job.exception(SOON)
    assert job.state == end
    gone = weakref.ref(job)
    del job
    until(lambda: not worker.jobs)
    until(lambda: gc.collect() is not None and gone() is None)


def test_one_who_looks_only_now_and_then_is_asked(listeners: Listeners) -> None:
    looking = False
    assert not listeners.watched()
    listeners.add(lambda _: None, lambda: looking)
    assert not listeners.watched()
    looking = True
    assert listeners.watched()
    looking = False
    listeners.add(lambda _: None)
    assert listeners.watched()


def test_one_who_cannot_say_whether_it_looks_does_not(listeners: Listeners, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> bool:
        raise RuntimeError("a view's mistake")

    listeners.add(lambda _: None, broken)
    assert not listeners.watched()
    assert "a view's mistake" in caplog.text
