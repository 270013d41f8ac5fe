"""A session file, a worker of one's own and a subscriber that writes everything down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from easel import SOON, Diary

from pochade.jobs import Worker
from pochade.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pochade.jobs import Job
    from pochade.report import Report
    from pochade.turn import Turn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talk.pochade"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.create(path, meta={"notebook": "/home/ann/cats.ipynb"}) as opened:
        yield opened


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("easel")
    yield made
    made.stop(SOON)
    assert not made._thread or not made._thread.is_alive()  # a test left work behind that does not end


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def submit(worker: Worker, diary: Diary) -> Callable[..., Job]:
    def ask(work: Callable[[Report], Turn], **options: Any) -> Job:
        emit = options.pop("emit", diary)
        return worker.submit(work, request="a cat", emit=emit, **options)

    return ask
