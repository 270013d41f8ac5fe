"""Another model in the middle of a conversation: later requests use it, what waits does not, nothing is half done."""

from __future__ import annotations

import gc
import shutil
import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from families import stable

import pochade
from pochade import Session
from pochade.choices import Choices
from pochade.errors import ModelError, RequestError, StoreError
from pochade.settings import untaken

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.jobs import Event


@pytest.fixture
def other_model(tiny_model: Path, tmp_path: Path) -> Path:
    """The same model under another name."""
    return shutil.copytree(tiny_model, tmp_path / "other")


@pytest.fixture(scope="module")
def diffusion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion, which reads negative prompts and edits by strength."""
    return stable.sd15(tmp_path_factory.mktemp("models") / "sd15")


def test_later_turns_are_made_by_the_other_model_and_the_file_remembers_it(
    session: Session, other_model: Path, tiny_model: Path
) -> None:
    first = session.generate("a red cat", seed=1)
    events: list[Event] = []
    session.subscribe(events.append)
    assert session.use(other_model) == ()
    assert [(event.kind, event.message) for event in events] == [("model", None)]
    second = session.say("blue", seed=1)
    assert (first.model, second.model) == (str(tiny_model), str(other_model))
    assert second.parent == first
    assert session.model == str(other_model)
    assert repr(session) == f"Session({str(other_model)!r}, 2 turns)"
    session.close()
    with pochade.open(session.path) as again:
        assert again.model == str(other_model)


def test_what_waits_keeps_the_model_that_it_was_asked_with(
    session: Session, other_model: Path, tiny_model: Path
) -> None:
    started, go_on = threading.Event(), threading.Event()

    def hold(event: Event) -> None:
        if event.kind == "started":
            started.set()
            assert go_on.wait(20)

    stop = session.subscribe(hold)
    jobs = [session.submit("a red cat", task="generate", seed=seed) for seed in range(2)]
    assert started.wait(20)
    session.use(other_model)
    jobs.append(session.submit("a red cat", task="generate", seed=3))
    stop()
    go_on.set()
    models = [job.result(60).model for job in jobs]
    assert models == [str(tiny_model), str(tiny_model), str(other_model)]


def test_the_old_model_is_let_go_of(session: Session, other_model: Path) -> None:
    session.generate("a red cat", seed=1)
    old = weakref.ref(session._running())
    session.use(other_model)
    session.generate("a red cat", seed=1)
    gc.collect()
    assert old() is None


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"model": "owner"}, "There is no model at 'owner'"),
        ({"device": "gpu"}, "no device 'gpu'"),
        ({"dtype": "int4"}, "cannot be run in dtype"),
        ({"memory": "little"}, "no memory='little'"),
        ({"compile": "yes"}, "'auto', 'regions', 'off'"),
        ({"cache": "magic"}, "cache='magic' is not known"),
    ],
)
def test_what_does_not_exist_leaves_everything_as_it_was(session: Session, choice: dict[str, Any], says: str) -> None:
    session.settings.update(n=2, negative="fog")
    events: list[Event] = []
    session.subscribe(events.append)
    engine, model = session._running(), session.model
    with pytest.raises((ModelError, RequestError), match=says):
        session.use(**choice)
    assert (session._running(), session.model, events) == (engine, model, [])
    assert session.settings.negative == "fog"


def test_a_folder_that_is_no_model_leaves_everything_as_it_was(session: Session, other_model: Path) -> None:
    (other_model / "vae" / "config.json").unlink()
    before = session._running()
    with pytest.raises(ModelError, match="incomplete"):
        session.use(other_model)
    assert session._running() is before


def test_settings_that_the_other_model_does_not_take_are_dropped_and_named(
    session: Session, diffusion: Path, tiny_model: Path
) -> None:
    session.use(diffusion)
    session.settings.update(n=2, strength=0.5, negative="fog", size=(512, 64), seed=3)
    events: list[Event] = []
    session.subscribe(events.append)
    said = session.use(tiny_model)
    dropped = [sentence.split(" was dropped")[0] for sentence in said]
    assert dropped == ["The setting negative='fog'", "The setting size=(512, 64)"]
    assert repr(session.settings) == "Settings(n=2, seed=3, strength=0.5)"
    assert [(event.kind, event.message) for event in events] == [("settings", None), ("model", " ".join(said))]
    assert session.generate("a red cat", n=1).size == (64, 64)


def test_strength_is_dropped_where_no_kind_of_edit_has_one(session: Session) -> None:
    model = session.capabilities
    without = replace(model, family=replace(model.family, mask=None))
    assert untaken({"strength": 0.5, "negative": None, "size": None}, model) == {}
    assert untaken({"strength": 0.5, "negative": None, "size": None}, without) == {
        "strength": "The setting strength=0.5 was dropped: tiny knows no strength."
    }


def test_what_is_left_out_stays_and_another_model_begins_afresh(session: Session, other_model: Path) -> None:
    session.use(memory="fp8", dtype="bfloat16", cache="taylorseer", compile="off", attention="native")
    engine = session._running()
    assert (engine.memory, engine.dtype, engine.levers.cache, engine.levers.compile) == (
        "fp8",
        "bfloat16",
        "taylorseer",
        "off",
    )
    session.use(compile="auto")
    engine = session._running()
    assert (engine.memory, engine.levers.cache, engine.levers.compile) == ("fp8", "taylorseer", "auto")
    session.use(other_model)
    engine = session._running()
    assert (engine.memory, engine.dtype, engine.levers.cache) == ("auto", "float32", None)
    assert (engine.device, engine.levers.attention) == ("cpu", "native")


def test_none_is_the_miniature_and_its_name_is_too(session: Session) -> None:
    session.use(None)
    assert session.model == "miniature"
    engine = session._running()
    session.use("miniature")
    assert session._running() is engine


def test_a_session_that_was_only_opened_can_change_too(session: Session, other_model: Path) -> None:
    session.generate("a red cat", seed=1)
    session.close()
    with pochade.open(session.path) as again:
        again.use(other_model)
        assert again.say("blue", seed=1).model == str(other_model)
    with pytest.raises(StoreError, match="closed"):
        session.use(other_model)


def test_where_two_changes_are_on_their_way_the_later_one_stays(
    session: Session, diffusion: Path, other_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()
    whole = Choices.engine

    def slowly(choices: Choices, model: str) -> Any:
        if model == str(diffusion):
            reading.set()
            assert go_on.wait(20)
        return whole(choices, model)

    monkeypatch.setattr(Choices, "engine", slowly)
    slow = threading.Thread(target=session.use, args=(diffusion,))
    slow.start()
    assert reading.wait(20)
    session.use(other_model)
    go_on.set()
    slow.join(20)
    assert session.model == str(other_model)
    assert session.generate("a red cat", seed=1).model == str(other_model)
    session.close()
    with pochade.open(session.path) as again:
        assert again.model == str(other_model)


def test_a_change_in_how_it_runs_does_not_undo_a_change_of_model_that_is_on_its_way(
    session: Session, other_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()
    whole = Choices.engine

    def slowly(choices: Choices, model: str) -> Any:
        if model == str(other_model):
            reading.set()
            assert go_on.wait(20)
        return whole(choices, model)

    monkeypatch.setattr(Choices, "engine", slowly)
    slow = threading.Thread(target=session.use, args=(other_model,))
    slow.start()
    assert reading.wait(20)
    session.use(memory="fp8")
    assert session._running().memory == "fp8"
    go_on.set()
    slow.join(20)
    assert session.model == str(other_model)
