"""What the road reports: how far it is, how long it will take, and a preview now and then."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest
from easel import SOON, Diary, Easel, keep, until
from PIL import Image

from pochade.errors import Cancelled
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


def test_the_first_preview_is_wanted_right_after_the_first_step(store: Store, submit: Callable[..., Job]) -> None:
    wanted: list[tuple[bool, bool]] = []

    def paints(report: Report) -> Turn:
        report.stage("painting")
        for step in (1, 2):
            report.step(step, 2)
            before = report.wants_preview()
            report.preview(Image.new("RGB", (8, 8)))
            wanted.append((before, report.wants_preview()))
        return keep(store)

    submit(paints).result(SOON)
    assert wanted == [(True, False), (False, False)]


def test_each_finished_picture_is_told_at_once_and_the_next_preview_is_not_held_back(
    store: Store, submit: Callable[..., Job], diary: Diary
) -> None:
    teal, sand = (Image.new("RGB", (8, 8), colour) for colour in ("teal", "tan"))
    wanted: list[bool] = []

    def paints(report: Report) -> Turn:
        report.stage("painting")
        for index, image in enumerate((teal, sand)):
            wanted.append(report.wants_preview())
            report.preview(image)
            report.picture(index, 2, image)
        return keep(store)

    job = submit(paints)
    job.result(SOON)
    told = [event for event in diary.events if event.kind == "picture"]
    assert [(event.picture, event.index, event.count) for event in told] == [(teal, 0, 2), (sand, 1, 2)]
    assert diary.kinds(job)[2:-1] == ["progress", "preview", "picture", "preview", "picture"]
    assert wanted == [True, True]


def test_a_picture_that_is_finished_is_told_even_after_a_stop() -> None:
    told: list[int] = []
    report = Report(pictured=lambda _image, index, _count: told.append(index))
    report.cancel()
    assert report.interrupted()
    report.picture(0, 4, Image.new("RGB", (8, 8)))
    with pytest.raises(Cancelled):
        report.step(1, 4)
    assert told == [0]


def test_notes_of_the_road_are_collected_in_order_and_each_once() -> None:
    report = Report()
    assert report.notes == ()
    for text in ("The size was rounded.", "Memory ran short.", "The size was rounded."):
        report.note(text)
    assert report.notes == ("The size was rounded.", "Memory ran short.")


def test_the_last_preview_is_kept_only_if_asked_and_only_until_a_picture_is_finished() -> None:
    shown: list[Image.Image] = []
    image = Image.new("RGB", (8, 8), "teal")
    plain, keeping = Report(previewed=shown.append), Report(previewed=shown.append, keep_preview=True)
    for report in (plain, keeping):
        report.preview(image)
    assert shown == [image, image]
    assert plain.last_preview is None
    assert keeping.last_preview is image
    keeping.picture(0, 2, image)
    assert keeping.last_preview is None
    keeping.preview(image)
    assert len(shown) == 3
    assert keeping.last_preview is None, "a stopped turn has a finished picture by now"


def test_a_preview_that_nobody_sees_is_made_for_a_stopped_turn_at_most_once_a_second() -> None:
    kept: list[float] = []
    shown: list[Image.Image] = []
    report = Report(previewed=shown.append, watched=lambda: False, keep_preview=True)
    image = Image.new("RGB", (8, 8))

    def paint() -> bool:
        if report.wants_preview():
            kept.append(time.monotonic())
            report.preview(image)
            assert report.last_preview is image
        return len(kept) == 3

    until(paint)
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(kept))
    assert shown == []
    report.picture(0, 2, image)
    assert not report.wants_preview()


def test_a_job_that_has_ended_keeps_no_preview(store: Store, submit: Callable[..., Job]) -> None:
    seen: list[bool] = []

    def paints(report: Report) -> Turn:
        report.preview(Image.new("RGB", (8, 8)))
        seen.append(report.last_preview is not None)
        return keep(store)

    job = submit(paints, keep_preview=True)
    job.result(SOON)
    assert seen == [True]
    assert job._report.last_preview is None
