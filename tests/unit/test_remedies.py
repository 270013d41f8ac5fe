"""Ways on after a failure: such as would help, none for mistakes, and each of them can be taken."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PIL import Image

from pochade import Request, Session
from pochade.errors import (
    Cancelled,
    ImageError,
    ModelError,
    OutOfMemoryError,
    ReadOnlyError,
    RequestError,
    StoreError,
)
from pochade.remedies import Remedy, remedies_for
from pochade.sizes import SizeRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pochade.jobs import Job

RULE = SizeRule(default=(1024, 1024), multiple=16, min_side=256, max_side=2048, max_pixels=2048 * 2048)
SMALL = Image.new("RGB", (64, 64))


def kinds(error: BaseException, **asked: Any) -> list[tuple[str, dict[str, Any]]]:
    found = remedies_for(error, Request(prompt="a cat", **asked), RULE)
    assert all(remedy.label and not remedy.label.endswith(".") for remedy in found)
    return [(remedy.kind, remedy.changes) for remedy in found]


@pytest.mark.parametrize(
    "error", [RequestError("no"), ImageError("no"), Cancelled("stopped"), ReadOnlyError("only to be read")]
)
def test_a_mistake_in_the_request_and_a_stop_have_no_remedy(error: BaseException) -> None:
    assert kinds(error) == []


def test_a_failure_that_may_pass_is_tried_again_and_a_models_with_another_seed() -> None:
    assert kinds(StoreError("the disk is full"), seed=4) == [("again", {})]
    assert kinds(RuntimeError("?")) == [("again", {})]
    assert kinds(ModelError("NaN")) == [("again", {})]
    assert kinds(ModelError("NaN"), seed=4) == [("again", {"seed": None}), ("again", {})]


@pytest.mark.parametrize(
    ("asked", "smaller"), [(None, (720, 720)), ((1536, 1024), (1088, 720)), ("2:1", (1024, 512)), ("4MP", (1408, 1408))]
)
def test_out_of_memory_asks_for_about_half_the_picture_in_its_shape(asked: Any, smaller: tuple[int, int]) -> None:
    assert kinds(OutOfMemoryError("too large"), size=asked) == [("smaller", {"size": smaller}), ("again", {})]


@pytest.mark.parametrize("asked", [(256, 256), (1024, 260)])
def test_where_the_model_paints_hardly_smaller_that_is_no_way_on(asked: tuple[int, int]) -> None:
    assert kinds(OutOfMemoryError("too large"), size=asked) == [("again", {})]


def test_an_edit_is_no_smaller_but_does_with_fewer_references_or_less_memory() -> None:
    edit = {"task": "edit", "image": SMALL, "references": (SMALL, SMALL), "n": 2}
    assert kinds(OutOfMemoryError("too large", "group"), **edit) == [
        ("fewer", {"references": ()}),
        ("memory", {"memory": "group"}),
        ("again", {}),
    ]


def test_where_main_memory_ran_out_one_picture_may_fit() -> None:
    assert ("fewer", {"n": 1}) in kinds(MemoryError(), n=4)
    assert ("fewer", {"n": 1}) not in kinds(MemoryError())


@pytest.fixture
def failed(session: Session, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job]:
    """A job of a session whose device is too small for it."""

    def fail(**options: Any) -> Job:
        session.generate("a red cat", seed=1)

        def too_large(*_: Any, **__: Any) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        with monkeypatch.context() as patch:
            patch.setattr(session._running().pipeline().transformer, "forward", too_large)
            job = session.submit("a dog", task="generate", seed=3, **options)
            assert isinstance(job.exception(60), OutOfMemoryError)
        return job

    return fail


def test_a_job_that_ran_out_of_memory_knows_what_would_help(failed: Callable[..., Job]) -> None:
    job = failed(size=(256, 256), references=[SMALL])
    smaller, fewer, *rest = job.remedies
    assert smaller == Remedy("smaller", "Paint 176×176", {"size": (176, 176)})
    assert fewer == Remedy("fewer", "Leave the references out", {"references": ()})
    assert rest[-1] == Remedy("again", "Try again")


def test_each_remedy_can_be_taken(session: Session, failed: Callable[..., Job]) -> None:
    job = failed(size=(256, 256), references=[SMALL])
    for remedy in (*job.remedies, Remedy("memory", "", {"memory": "fp8"})):
        again = session.retry(job, remedy)
        turn = again.result(60)
        assert turn.seed == 3
        assert turn.size == remedy.changes.get("size", (256, 256))
        assert len(turn.references) == (0 if "references" in remedy.changes else 1)
    assert session._running().memory == "fp8"
    assert session.retry(job).result(60).size == (256, 256)


def test_one_that_was_done_stopped_or_asked_wrongly_has_none(session: Session) -> None:
    done = session.submit("a red cat", seed=1)
    done.result(60)
    wrong = session.submit("blue", negative="fog")
    assert isinstance(wrong.exception(60), RequestError)
    stopped = session.submit("a dog", task="generate", steps=1000)
    stopped.cancel()
    stopped.exception(60)
    assert [job.remedies for job in (done, wrong, stopped)] == [(), (), ()]


def test_where_even_the_remedies_fail_the_first_error_is_told(worker: Any, caplog: pytest.LogCaptureFixture) -> None:
    def work(_: Any) -> Any:
        raise ModelError("the model is gone")

    def remedies(_: BaseException) -> Any:
        raise RuntimeError("so are the remedies")

    job = worker.submit(work, request="a cat", emit=lambda _: None, remedies=remedies)
    with pytest.raises(ModelError, match="the model is gone"):
        job.result(20)
    assert job.remedies == ()
    assert "so are the remedies" in caplog.text


def test_a_way_for_one_model_to_lie_in_memory_is_none_for_another(
    session: Session, failed: Callable[..., Job], tiny_model: Path, tmp_path: Path
) -> None:
    job = failed()
    other = shutil.copytree(tiny_model, tmp_path / "other")
    session.use(other)
    with pytest.raises(RequestError, match="is in use now: retry the job without it"):
        session.retry(job, Remedy("memory", "", {"memory": "fp8"}, str(tiny_model)))
    assert session._running().memory == "auto"
    session.use(tiny_model)
    session.retry(job, Remedy("memory", "", {"memory": "fp8"}, str(tiny_model))).result(60)
    assert session._running().memory == "fp8"


def test_a_way_to_lie_in_memory_says_whose_it_is() -> None:
    request = Request(prompt="a cat")
    [way] = [one for one in remedies_for(OutOfMemoryError("?", "group"), request, RULE, "tiny") if one.kind == "memory"]
    assert way.model == "tiny"
