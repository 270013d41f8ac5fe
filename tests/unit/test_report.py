"""What the road reports: how far it is, how long it will take, and a preview now and then."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest
from easel import SOON, Diary, Easel, keep
from PIL import Image

from pochade.jobs import Job, Progress, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.store import Store
    from pochade.turn import Turn


def test_progress_tells_step_time_and_time_left(store: Store, submit: Callable[..., Job]) -> None:
    easel = Easel(store, steps=4, hold_at=3)
    job = submit(easel)
    assert easel.held.wait(SOON)
    progress = job.progress
    assert (progress.stage, progress.step, progress.steps, progress.fraction) == ("painting", 2, 4, 0.5)
    assert progress.left is not None
    assert progress.left >= 0
    assert job.progress.seconds >= progress.seconds > 0
    easel.go_on.set()
    job.result(SOON)
    done = job.progress
    assert (done.stage, done.fraction, done.left) == ("done", 1.0, None)
    assert job.progress == done, "the clock has stopped"


def test_time_left_is_judged_by_the_steps_so_far() -> None:
    told: list[Progress] = []
    report = Report(told.append)
    report.start()
    assert report.progress.left is None
    report.stage("painting")
    time.sleep(0.1)
    report.step(2, 6)
    left = told[-1].left
    assert left is not None
    assert left == pytest.approx(2 * told[-1].seconds, rel=0.2)
    report.stage("storing")
    assert told[-1].left is None


def test_previews_come_at_most_five_times_a_second_however_fast_the_steps_are() -> None:
    shown: list[float] = []
    report = Report(previewed=lambda _: shown.append(time.monotonic()))
    asked = 0
    end = time.monotonic() + 0.9
    while time.monotonic() < end:
        asked += report.wants_preview()
        report.preview(Image.new("RGB", (8, 8)))
        time.sleep(0.002)
    assert len(shown) >= 2
    assert asked == len(shown), "none is made that is not shown"
    assert all(later - earlier >= 0.2 for earlier, later in itertools.pairwise(shown))


def test_previews_are_made_only_while_somebody_watches(store: Store, submit: Callable[..., Job], diary: Diary) -> None:
    wanted: list[bool] = []

    def paints(report: Report) -> Turn:
        wanted.append(report.wants_preview())
        report.preview(Image.new("RGB", (8, 8), "teal"))
        return keep(store)

    for watched in (lambda: False, lambda: True, None):
        submit(paints, watched=watched).result(SOON)
    assert wanted == [False, True, True]
    previews = [event.preview for event in diary.events if event.kind == "preview"]
    assert [preview.getpixel((0, 0)) for preview in previews if preview] == [(0, 128, 128)] * 2
    assert not Report().wants_preview()
