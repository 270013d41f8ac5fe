"""A session's settings: in force where a call says nothing, changed as a whole, told, kept in the file."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from families import qwen
from PIL import Image

import pochade
from pochade import Request, Session
from pochade.errors import RequestError, StoreError
from pochade.settings import AS_SET, Settings
from pochade.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.jobs import Event

UNSET = {
    "n": 1,
    "size": None,
    "seed": None,
    "steps": None,
    "guidance": None,
    "strength": None,
    "negative": None,
    "background": "auto",
    "keep": "auto",
}


@pytest.fixture
def settings() -> Settings:
    return Settings(lambda: None, lambda: None, lambda: None)


def test_at_first_nothing_is_set(settings: Settings) -> None:
    assert settings.as_dict() == UNSET
    assert repr(settings) == "Settings()"


def test_they_are_set_one_by_one_or_together_and_none_sets_them_back(settings: Settings) -> None:
    settings.size = "64X48"
    settings.update(n=4, seed=7, background="transparent")
    assert settings.as_dict() == UNSET | {"n": 4, "size": (64, 48), "seed": 7, "background": "transparent"}
    assert repr(settings) == "Settings(n=4, size=(64, 48), seed=7, background='transparent')"
    settings.n = None
    settings.background = None
    settings.seed = None
    assert (settings.n, settings.background, settings.seed) == (1, "auto", None)
    settings.reset()
    assert settings.as_dict() == UNSET


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 17},
        {"size": "huge"},
        {"seed": -1},
        {"steps": 0.5},
        {"guidance": "much"},
        {"strength": 2},
        {"negative": 3},
        {"background": "pink"},
        {"keep": "all"},
        {"seed": 2**53 - 1, "n": 2},
        {"stepps": 3},
    ],
)
def test_a_wrong_one_is_refused_in_the_words_of_a_request_and_changes_nothing(
    settings: Settings, wrong: dict[str, Any]
) -> None:
    with pytest.raises(RequestError) as asked:
        Request(prompt="a cat", **wrong)
    settings.guidance = 2
    with pytest.raises(RequestError) as refused:
        settings.update(**{"steps": 9, **wrong})
    assert str(refused.value) == str(asked.value)
    assert settings.as_dict() == UNSET | {"guidance": 2.0}


def test_a_slip_of_the_pen_is_no_setting(settings: Settings) -> None:
    with pytest.raises(RequestError, match="no option 'sise': did you mean 'size'"):
        settings.sise = (64, 64)  # type: ignore[attr-defined]


def test_they_are_in_force_where_a_call_says_nothing(session: Session) -> None:
    session.settings.update(n=2, size=(64, 96), seed=5, steps=3)
    first = session.say("a red cat")
    assert (first.record.n, first.size, first.seed, first.record.steps) == (2, (64, 96), 5, 3)
    assert first.code() == f"s.generate('a red cat', n=2, seed=5, size=(64, 96), steps=3, guidance={1.0})"
    edited = session.say("blue")
    assert (edited.size, edited.seed, edited.record.n) == ((64, 96), 5, 2)
    job = session.submit("a dog", task="generate")
    assert (job.request.size, job.request.steps) == ((64, 96), 3)


def test_a_keyword_of_the_call_wins_and_none_does_too(session: Session) -> None:
    session.settings.update(n=2, size=(64, 96), seed=5, steps=3)
    turn = session.generate("a red cat", n=1, size=None, seed=None, steps=2)
    assert (turn.record.n, turn.size, turn.record.steps) == (1, (64, 64), 2)
    job = session.submit("a cat", task="generate", seed=None)
    assert job.request.seed is None
    assert session.submit("a cat", task="generate", seed=AS_SET).request.seed == 5
    assert session.edit("blue", n=1, seed=4).seed == 4


def test_a_complete_request_is_left_as_it_is(session: Session) -> None:
    session.settings.steps = 9
    request = Request.of("a red cat", seed=1)
    assert session.submit(request).request is request


def test_each_is_used_only_where_it_has_a_meaning(session: Session) -> None:
    session.settings.update(size=(64, 96), keep="none", strength=0.5)
    made = session.submit("a red cat", seed=1)
    assert (made.request.size, made.request.keep, made.request.strength) == ((64, 96), "auto", None)
    made.result(60)
    edit = session.submit("blue", seed=1)
    assert (edit.request.size, edit.request.keep) == (None, "none")
    assert edit.result(60).size == (64, 96)


def test_what_the_model_takes_for_other_requests_only_is_left_out(session: Session) -> None:
    session.generate("a red cat", seed=1)
    session.settings.strength = 0.5
    assert session.capabilities.takes("strength", "mask")
    assert not session.capabilities.takes("strength", "edit")
    assert session.submit("blue").request.strength is None
    assert session.submit("blue", mask=(0, 0, 32, 32)).request.strength == 0.5
    session.settings.negative = "fog"
    with pytest.raises(RequestError, match=r"cannot change a picture with a negative prompt\. It can:"):
        session.say("blue")


def test_a_change_is_told_once_and_no_change_is_not(session: Session) -> None:
    events: list[Event] = []
    session.subscribe(events.append)
    session.settings.update(n=2, seed=3)
    session.settings.n = 2
    session.settings.update()
    with pytest.raises(RequestError):
        session.settings.n = 99
    session.settings.reset()
    assert [(event.kind, event.job, event.turn) for event in events] == [("settings", None, None)] * 2


def test_they_are_kept_in_the_file_and_come_back_with_it(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.pochade"
    with Session(tiny_model, path=path) as session:
        session.settings.update(n=3, size="16:9", guidance=2.5, negative="fog", keep="none")
    with pochade.open(path) as again:
        assert again.settings.as_dict() == UNSET | {
            "n": 3,
            "size": "16:9",
            "guidance": 2.5,
            "negative": "fog",
            "keep": "none",
        }
        again.settings.reset()
    with Store.open(path) as store:
        assert store.meta("settings") is None


def test_those_of_a_session_without_a_file_go_into_it_when_it_is_made(tiny_model: Path) -> None:
    with Session(tiny_model) as session:
        session.settings.steps = 2
        assert not session.path.exists()
        session.generate("a red cat", seed=1)
        path = session.path
    with pochade.open(path) as again:
        assert again.settings.steps == 2


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ("{", {}),
        ("[1, 2]", {}),
        ('"n"', {}),
        ("[" * 100_000, {}),
        ('{"n": 99, "seed": "x", "steps": true, "colour": "red", "size": [64, 32]}', {"size": (64, 32)}),
        ('{"size": {"a": 1}, "negative": ["x"], "guidance": 1e999, "keep": "none"}', {"keep": "none"}),
        ('{"n": 2, "seed": 9007199254740991}', {"n": 2}),
        ("null", {}),
    ],
)
def test_a_file_may_say_anything_about_them(tiny_model: Path, tmp_path: Path, kept: str, left: dict[str, Any]) -> None:
    path = tmp_path / "odd.pochade"
    with Store.create(path, meta={"model": str(tiny_model), "settings": kept}):
        pass
    with pochade.open(path) as session:
        assert session.settings.as_dict() == UNSET | left


def test_those_of_a_session_that_is_only_read_are_its_own(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "read.pochade"
    with Session(tiny_model, path=path) as session:
        session.settings.n = 2
    with Store.open(path, readonly=False) as held, Session(path=path) as reader:
        reader.settings.n = 5
        assert reader.settings.n == 5
        assert held.meta("settings") == '{"n": 2}'


def test_on_a_full_disk_they_are_in_force_all_the_same(session: Session) -> None:
    session.generate("a red cat", seed=1)
    database = session._keeping.store._db
    database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")
    session.settings.negative = "fog " * 8000
    assert session.settings.negative.startswith("fog fog")


def test_a_closed_session_has_no_more_settings_to_change(session: Session) -> None:
    session.close()
    with pytest.raises(StoreError, match="closed"):
        session.settings.n = 2
    assert session.settings.n == 1


def test_what_is_left_out_is_said_to_be_as_set() -> None:
    signature = inspect.signature(Session.generate)
    assert str(signature.parameters["n"]) == "n: 'int' = AS_SET"
    assert str(signature.parameters["references"]) == "references: 'object' = ()"


def test_what_a_masked_edit_takes_is_settled_by_its_references_too(session: Session) -> None:
    turn = session.generate("a red cat", seed=1)
    session.settings.strength = 0.8
    box = (0, 0, 32, 32)
    assert session.submit("blue", mask=box, references=[turn]).request.strength == 0.8
    job = session.submit("blue", mask=box, references=[turn, turn])  # more than its inpainting takes
    assert job.request.strength is None
    assert job.exception(60) is None
    assert session.check("blue", "edit", mask=True, references=2).cannot == ()


def test_what_a_picture_above_the_model_s_inpainting_takes_is_settled_by_its_size(session: Session) -> None:
    session.settings.strength = 0.8
    picture = np.zeros((102, 100, 3), np.uint8)  # no more pixels than it takes, but not on a canvas of its multiples
    ask = {"task": "edit", "image": picture, "mask": (0, 0, 32, 32)}
    limit = replace(session.capabilities.family.mask, max_pixels=102 * 100)
    family = replace(session.capabilities.family, mask=limit)
    engine = SimpleNamespace(capabilities=replace(session.capabilities, family=family))
    said = Request.of("blue", **ask)
    assert session.settings.for_request(said, engine) == {}
    assert session.settings.for_request(Request.of("blue", **{**ask, "image": picture[:90, :90]}), engine) == {
        "strength": 0.8
    }


def test_a_negative_prompt_goes_with_references_where_the_first_plays_the_picture(tmp_path: Path) -> None:
    with Session(qwen.edit_plus(tmp_path / "plus"), device="cpu") as session:
        session.settings.negative = "fog"
        job = session.submit("a cat", task="generate", references=[Image.new("RGB", (64, 64))])
        assert job.request.negative == "fog"
        job.cancel()
        job.exception(60)


def test_those_that_another_model_does_not_take_are_left_out_when_a_file_is_opened_with_it(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "kept.pochade"
    said = {"model": "elsewhere", "settings": '{"n": 2, "negative": "fog", "size": [5000, 32]}'}
    Store.create(path, meta=said).close()
    with Session(tiny_model, path=path) as session:
        assert session.settings.as_dict() == UNSET | {"n": 2}
