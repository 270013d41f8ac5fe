import io
import threading

import pytest
from PIL import Image

from pochade import Session
from pochade.errors import OutOfMemoryError
from pochade.widgets.cards import MOST_JOBS
from pochade.widgets.queue import PREVIEW_SECONDS, PREVIEW_SECONDS_UNSEEN, REMEMBERED, VARIANT_SIDE

PATIENCE = 60.0


def names(jobs):
    return [job.request.prompt for job in jobs]


@pytest.fixture
def busy(session):
    """A session whose first job has begun and waits there until the test is over."""
    over, begun = threading.Event(), threading.Event()

    def hold(event):
        if event.kind == "started":
            begun.set()
            assert over.wait(PATIENCE)

    session.subscribe(hold)
    session.submit("runs")
    assert begun.wait(PATIENCE)
    yield session
    for job in reversed(session.jobs):
        job.cancel()
    over.set()


@pytest.fixture
def failing(session, monkeypatch):
    """Let the next jobs of a session fail for want of memory, as often as is said."""
    engine = session._running()
    paint = engine.paint

    def fail(times):
        left = [times]

        def painted(*args, **options):
            if left[0] > 0:
                left[0] -= 1
                raise OutOfMemoryError("Memory ran out.")
            return paint(*args, **options)

        monkeypatch.setattr(engine, "paint", painted)

    return fail


def settle(job):
    job.exception(PATIENCE)


def test_the_jobs_are_listed_in_the_order_in_which_they_will_be_done(busy, view):
    busy.submit("second")
    busy.submit("third", n=3)
    view.say("hello")
    working, _ = view.last("working")
    assert [job["prompt"] for job in working["jobs"]] == ["runs", "second", "third"]
    assert [job["movable"] for job in working["jobs"]][1:] == [True, True]
    assert working["jobs"][2]["n"] == 3
    assert working["unlisted"] == 0


def test_a_long_queue_is_listed_in_part_and_the_rest_is_counted(busy, view):
    for _ in range(MOST_JOBS + 9):
        busy.submit("waits")
    view.say("hello")
    working, snapshot = view.last("working")[0], view.last("snapshot")[0]
    for message in (working, snapshot):
        assert len(message["jobs"]) == MOST_JOBS
        assert message["unlisted"] == 10


@pytest.mark.parametrize(
    ("which", "place", "order"),
    [
        ("third", 0, ["third", "first", "second"]),
        ("first", 1, ["second", "first", "third"]),
        ("first", 10_000, ["second", "third", "first"]),
        ("second", 1, ["first", "second", "third"]),
    ],
)
def test_a_job_that_waits_can_be_given_another_place(busy, view, which, place, order):
    jobs = {name: busy.submit(name) for name in ("first", "second", "third")}
    view.say("move", job=jobs[which].id, place=place)
    assert view.part._courier.flush(PATIENCE)
    assert names(busy.jobs)[1:] == order


def test_moving_a_job_leaves_what_other_sessions_asked_for_where_it_is(busy, view, tiny_model):
    with Session(tiny_model, device="cpu") as other:
        first = busy.submit("first")
        theirs = other.submit("theirs")
        busy.submit("second")
        last = busy.submit("last")
        view.say("move", job=last.id, place=1)
        assert view.part._courier.flush(PATIENCE)
        assert names(busy.jobs)[1:] == ["first", "last", "second"]
        queue = names(job for job in first.worker.jobs if job.request is not None)
        assert queue.index("theirs") == 2
        theirs.cancel()


def test_a_job_that_runs_or_is_gone_stays_where_it_is(busy, view):
    waiting = busy.submit("waits")
    for job in (busy.jobs[0].id, "nobody"):
        view.say("move", job=job, place=0)
    assert view.all("trouble") == []
    assert busy.jobs[1] == waiting


def test_one_that_waits_can_be_stopped_and_is_no_failure(busy, view):
    job = busy.submit("waits")
    view.say("stop", job=job.id)
    settle(job)
    ended, _ = view.last("ended")
    assert (ended["job"], ended["state"], ended["remedies"]) == (job.id, "cancelled", [])
    assert names(busy.jobs) == ["runs"]


def test_the_list_is_sent_at_most_ten_times_a_second(session, view):
    gap = view.part._courier._slots["working"].gap
    assert gap() >= 0.1
    session.generate("a cat", steps=300)
    assert len(view.all("working")) < 300, "steps are gathered"
    assert view.last("working")[0]["jobs"] == [], "the last word is that nothing runs"


def test_a_preview_says_how_large_the_picture_will_be(session, view):
    view.say("hello")
    session.generate("a cat", size=(96, 64), steps=300)
    preview, buffers = view.last("preview")
    assert (preview["width"], preview["height"], preview["index"]) == (96, 64, 0)
    assert Image.open(io.BytesIO(buffers[0])).format in {"JPEG", "PNG"}
    parent = session[-1]
    session.edit("a dog", steps=300)
    preview, _ = view.last("preview")
    assert (preview["width"], preview["height"]) == parent.size


def test_a_preview_goes_by_the_model_that_its_job_is_for(session, view):
    view.say("hello")
    assert view.all("snapshot")
    session.subscribe(lambda event: session.use("miniature") if event.kind == "started" else None)
    turn = session.generate("a cat", steps=300)
    assert session.capabilities.size.default != turn.size
    preview, _ = view.last("preview")
    assert (preview["width"], preview["height"]) == turn.size


def test_a_long_prompt_is_cut_in_the_list_and_whole_at_the_end(busy, view):
    prompt = "cat " * 200
    job = busy.submit(prompt)
    view.say("hello")
    shown = view.last("snapshot")[0]["jobs"][1]["prompt"]
    assert len(shown) == 300
    assert prompt.startswith(shown[:-1])
    job.cancel()
    assert view.last("ended")[0]["prompt"] == job.request.prompt


def test_stop_of_one_that_waits_holds_up_nobody_though_its_asker_takes_long(busy, view):
    told, go_on = threading.Event(), threading.Event()
    job = busy.submit("waits", on_done=lambda _job: told.set() or go_on.wait(PATIENCE))
    view.say("stop", job=job.id)
    assert told.wait(PATIENCE)
    assert view.last("ended")[0]["job"] == job.id
    go_on.set()


def test_previews_come_faster_only_while_they_are_seen(session, view):
    studio = view.part
    assert studio._preview_gap() == PREVIEW_SECONDS
    session.generate("a cat", steps=300)
    assert not view.all("preview"), "nobody has spoken yet, so nobody looks"
    view.say("hello")
    session.generate("a cat", steps=300)
    numbers = [content["preview"] for content, _ in view.all("preview")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert studio._preview_gap() == PREVIEW_SECONDS_UNSEEN
    view.say("ack", preview=10_000)
    assert studio._preview_gap() == PREVIEW_SECONDS, "a view cannot have seen what was not sent"
    session.generate("a cat", steps=300)
    assert view.all("preview")
    assert studio._preview_gap() == PREVIEW_SECONDS_UNSEEN


def test_each_finished_picture_is_shown_small_in_its_own_place(session, view):
    view.say("hello")
    turn = session.generate("a cat", n=3, size=(96, 64))
    variants = view.all("variant")
    assert [(content["index"], content["count"]) for content, _ in variants] == [(0, 3), (1, 3), (2, 3)]
    for _, buffers in variants:
        picture = Image.open(io.BytesIO(buffers[0]))
        assert max(picture.size) <= VARIANT_SIDE
        assert picture.size[0] * turn.size[1] == picture.size[1] * turn.size[0]
    kinds = [content["kind"] for content, _ in view.heard]
    assert kinds.index("made") < kinds.index("ended")
    previews = [at for at, kind in enumerate(kinds) if kind == "preview"]
    assert all(at < kinds.index("made") for at in previews), "none comes after the picture that it became"


def test_one_picture_alone_is_no_choice(session, view):
    view.say("hello")
    session.generate("a cat")
    assert view.all("variant") == []


def test_a_view_that_comes_later_is_shown_what_is_done_already(session, view):
    view.say("hello")
    seen = []

    def follow(event):
        if event.kind == "picture" and event.index == 1:
            view.say("hello")
            assert view.part._courier.flush(PATIENCE)
            seen.extend(content["index"] for content, _ in view.heard if content["kind"] == "variant")

    session.subscribe(follow)
    session.generate("a cat", n=4)
    assert seen[-2:] == [0, 1]
    assert view.all("ended")
    assert view.part._variants[2] == {}, "nothing is kept when the job is over"


def test_a_failure_says_what_happened_and_what_would_help(session, view, failing):
    failing(1)
    job = session.submit("a cat", n=2, size=(128, 128))
    settle(job)
    ended, _ = view.last("ended")
    assert (ended["state"], ended["message"], ended["prompt"]) == ("failed", "Memory ran out.", "a cat")
    assert ended["remedies"] == [{"kind": r.kind, "label": r.label} for r in job.remedies]
    assert {remedy["kind"] for remedy in ended["remedies"]} >= {"smaller", "again"}


def test_a_way_on_is_gone_at_a_click(session, view, failing):
    failing(1)
    job = session.submit("a cat", size=(128, 128))
    settle(job)
    ended, _ = view.last("ended")
    at = next(place for place, remedy in enumerate(ended["remedies"]) if remedy["kind"] == "smaller")
    view.say("mend", job=job.id, remedy=at)
    assert view.part._courier.flush(PATIENCE)
    for one in session.jobs:
        settle(one)
    assert session[-1].prompt == "a cat"
    assert session[-1].size < (128, 128)


def test_a_way_on_that_is_not_there_is_refused_with_a_sentence(session, view, failing):
    failing(1)
    job = session.submit("a cat")
    settle(job)
    view.say("mend", job=job.id, remedy=15)
    assert view.last("trouble")[0]["message"].endswith(".")
    view.say("mend", job="j0", remedy=0)
    assert "not remembered" in view.last("trouble")[0]["message"]
    assert session.jobs == ()


def test_only_the_last_failures_are_remembered(session, view, failing):
    failing(REMEMBERED + 3)
    for _ in range(REMEMBERED + 3):
        settle(session.submit("a cat"))
    assert view.part._courier.flush(PATIENCE)
    assert len(view.part._failed) == REMEMBERED


def test_a_mistake_in_the_request_has_no_way_on_but_its_sentence(session, view):
    job = session.submit("a cat", size=(64, 64))
    job.cancel()
    settle(job)
    assert view.last("ended")[0]["remedies"] == []


def test_a_studio_that_is_shown_while_a_job_runs_misses_nothing(busy, view_of):
    waiting = busy.submit("waits")
    view = view_of(busy.studio())
    view.say("hello")
    assert [one["prompt"] for one in view.last("snapshot")[0]["jobs"]] == ["runs", "waits"]
    view.say("stop", job=waiting.id)
    settle(waiting)
    assert view.last("ended")[0]["job"] == waiting.id
