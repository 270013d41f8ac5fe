"""What those who wait are promised: a result, an end to the wait, and no wait that could never end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from easel import SOON, Easel

from pochade import waiting
from pochade.errors import Cancelled, WouldBlockError
from pochade.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Job, Report
    from pochade.store import Store
    from pochade.turn import Turn


def test_waiting_for_the_painting_thread_on_the_painting_thread_is_refused(
    store: Store, submit: Callable[..., Job]
) -> None:
    def asks_for_more(report: Report) -> Turn:
        report.stage("painting")
        return submit(Easel(store)).result()

    with pytest.raises(WouldBlockError, match=r"cannot wait for itself.*submit\(…, on_done=…\)"):
        submit(asks_for_more).result(SOON)


def test_waiting_on_a_subshell_is_refused_but_a_finished_job_may_be_looked_at(
    store: Store, submit: Callable[..., Job]
) -> None:
    import zmq
    from ipykernel.subshell import SubshellThread

    easel = Easel(store, hold_at=1)
    job = submit(easel)
    outcome: list[Any] = []

    class Subshell(SubshellThread):
        def run(self) -> None:
            for wait in (job.result, job.exception):
                try:
                    outcome.append(wait(SOON))
                except WouldBlockError as error:
                    outcome.append(error)
            self.shell_channel_to_subshell.close()
            self.subshell_to_shell_channel.close()
            self.io_loop.close(all_fds=True)

    def run() -> list[Any]:
        outcome.clear()
        context = zmq.Context()
        thread = Subshell("1", context)
        thread.start()
        thread.join(SOON)
        context.term()
        return list(outcome)

    assert [type(error) for error in run()] == [WouldBlockError, WouldBlockError]
    assert "subshell" in str(outcome[0])
    assert "submit(…, on_done=…)" in str(outcome[0])
    easel.go_on.set()
    turn = job.result(SOON)
    assert run() == [turn, None]


def test_a_wait_can_have_an_end_and_the_job_goes_on(store: Store, submit: Callable[..., Job]) -> None:
    easel = Easel(store, hold_at=1)
    job = submit(easel)
    with pytest.raises(TimeoutError, match=r"has not ended after 0\.05 s. It goes on"):
        job.result(0.05)
    assert job.state == "running"
    easel.go_on.set()
    assert job.result(SOON)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that can be sent to oneself")
def test_an_interrupt_of_the_wait_cancels_the_job(store: Store, submit: Callable[..., Job]) -> None:
    easel = Easel(store, steps=200, hold_at=2)
    job = submit(easel)
    assert easel.held.wait(SOON)

    def interrupt_soon() -> None:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(interrupt_soon)
            with pytest.raises(KeyboardInterrupt):
                job.result(SOON)
    finally:
        signal.signal(signal.SIGINT, before)
    easel.go_on.set()
    assert isinstance(job.exception(SOON), Cancelled)
    assert len(store) == 0
    assert submit(Easel(store)).result(SOON)


def test_a_job_can_be_awaited_by_several(store: Store, submit: Callable[..., Job]) -> None:
    async def both() -> list[Turn]:
        job = submit(Easel(store))

        async def wait() -> Turn:
            return await job

        turns = list(await asyncio.gather(wait(), wait()))
        assert await job == turns[0], "also afterwards"
        return turns

    first, second = asyncio.run(both())
    assert first == second


def test_awaiting_a_failed_job_raises_what_went_wrong(submit: Callable[..., Job]) -> None:
    def breaks(_: Report) -> Turn:
        raise OSError("no disk")

    async def wait() -> Turn:
        return await submit(breaks)

    with pytest.raises(OSError, match="no disk"):
        asyncio.run(wait())


def test_cancelling_the_task_that_awaits_cancels_the_job(store: Store, submit: Callable[..., Job]) -> None:
    easel = Easel(store, steps=200, hold_at=2)
    job = submit(easel)

    async def give_up() -> None:
        async def wait() -> Turn:
            return await job

        task = asyncio.create_task(wait())
        await asyncio.to_thread(easel.held.wait, SOON)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(give_up())
    easel.go_on.set()
    assert isinstance(job.exception(SOON), Cancelled)
    assert len(store) == 0


@pytest.mark.parametrize(
    ("progress", "ahead", "told"),
    [
        (Progress("queued", 0, 0, 3.2, None), 2, "waiting after 2 earlier requests, 3 s so far"),
        (Progress("queued", 0, 0, 3.2, None), 1, "waiting after 1 earlier request, 3 s so far"),
        (Progress("loading", 0, 0, 4.0, None), 0, "loading the model, 4 s so far"),
        (Progress("painting", 3, 20, 4.0, 12.4), 0, "painting, step 3 of 20, about 12 s left"),
    ],
)
def test_the_waiting_line_says_what_is_being_waited_for(progress: Progress, ahead: int, told: str) -> None:
    assert waiting.sentence(progress, ahead) == told


@pytest.mark.parametrize("watched", [False, True])
def test_a_silent_cell_gets_one_transient_line_unless_a_studio_shows_it_and_keeps_no_trace(*, watched: bool) -> None:
    import nbformat
    from nbclient import NotebookClient

    code = f"""
        import time
        from pochade.jobs import Worker

        def work(report):
            report.stage("painting")
            for step in range(1, 31):
                time.sleep(0.1)
                report.step(step, 30)
            return "a turn"

        worker = Worker("easel")
        print(worker.submit(work, request=None, emit=lambda event: None, watched=lambda: {watched}).result())
    """
    cell = nbformat.v4.new_code_cell(textwrap.dedent(code))
    lines: list[str] = []

    class Listening(NotebookClient):
        def process_message(self, msg: dict[str, Any], *args: Any) -> Any:
            if msg["msg_type"] in {"display_data", "update_display_data"}:
                lines.append(msg["content"]["data"].get("text/plain", ""))
            return super().process_message(msg, *args)

    Listening(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute()
    streams = [output for output in cell.outputs if output.output_type == "stream"]
    others = [output for output in cell.outputs if output.output_type != "stream"]
    assert [(output.name, output.text) for output in streams] == [("stdout", "a turn\n")]
    if watched:
        assert lines == []
        assert others == []
    else:
        assert lines[0] == lines[-1] == "", "it comes from nothing and goes to nothing"
        assert len(lines) > 3
        assert all(line.startswith("painting, step") for line in lines[1:-1])
        assert [(output.output_type, output.data) for output in others] == [("display_data", {})]
