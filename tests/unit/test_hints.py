"""What is said of a request while it is typed: unknown words and what cannot be done, all of it, and no weights."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import pochade
from pochade import Session
from pochade.engine.families import capabilities_of
from pochade.errors import ModelError, RequestError
from pochade.hints import Hints, hints_for
from pochade.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.engine.families import Capabilities


@pytest.fixture
def model(tiny_model: Path) -> Capabilities:
    return capabilities_of(tiny_model)


def cannot(model: Capabilities, prompt: str = "a red cat", task: Any = "generate", **more: Any) -> tuple[str, ...]:
    return hints_for(prompt, task, model, more.pop("values", {}), **more).cannot


def test_words_that_the_model_was_not_taught_are_named_as_the_turn_will_name_them(session: Session) -> None:
    hints = session.check("a purple cat 猫 on a sofa")
    assert hints == Hints(unknown=("purple", "sofa"))
    [note] = session.generate("a purple cat 猫 on a sofa", seed=1).notes
    assert all(f"“{word}”" in note for word in hints.unknown)
    assert session.check("") == Hints()


def test_the_nearest_known_words_are_named_beside_unknown_ones(session: Session) -> None:
    assert session.check("a rde catt on a sofa").nearest == {"rde": ("red",), "catt": ("cat",)}


def test_a_prompt_that_speaks_of_a_picture_that_is_not_there_is_told_so(model: Capabilities) -> None:
    assert cannot(model, "like image 2", references=1) == ("The prompt speaks of image 2, but 1 was given.",)
    assert cannot(model, "like image 2", "edit", references=1, picture=(64, 64)) == ()


@pytest.mark.parametrize(("task", "most"), [("generate", 10), ("edit", 9)])
def test_too_many_references_and_negative_prompts_are_refused_together(
    model: Capabilities, task: Any, most: int
) -> None:
    said = cannot(model, task=task, references=15, values={"negative": "fog"})
    assert len(said) == 2
    assert f"takes at most {most} references" in said[0]
    assert "negative prompt" in said[1]


def test_what_the_model_cannot_do_at_all_is_said_once(model: Capabilities) -> None:
    only_words = replace(model, family=replace(model.family, edit=None, mask=None))
    said = cannot(only_words, task="edit", references=2, values={"strength": 0.5})
    assert len(said) == 1
    assert said[0].startswith("tiny cannot change a picture. It can: paint")


@pytest.mark.parametrize(
    ("size", "says"),
    [((4000, 4000), "above what"), ("100:1", "too narrow"), ("big", "is not understood"), ((64, 96), "")],
)
def test_a_size_that_it_cannot_paint_is_said(model: Capabilities, size: Any, says: str) -> None:
    said = cannot(model, values={"size": size})
    assert len(said) == bool(says)
    assert all(says in sentence for sentence in said)


def test_a_picture_of_a_shape_that_cannot_be_edited_is_said(model: Capabilities) -> None:
    assert cannot(model, task="edit", picture=(4000, 10)) != ()
    assert cannot(model, task="edit", picture=(300, 200)) == ()


def test_a_number_that_is_none_is_said_too(model: Capabilities) -> None:
    assert cannot(model, values={"strength": 7}, task="edit", mask=True) == (
        "strength must be a number above 0 and up to 1, not 7.",
    )


def test_what_is_said_is_what_the_request_is_refused_with(session: Session) -> None:
    session.generate("a red cat", seed=1)
    session.settings.size = (2000, 2000)
    [said] = session.check("a dog", "generate").cannot
    with pytest.raises(RequestError) as refused:
        session.generate("a dog")
    assert str(refused.value) == said
    assert session.check("blue").cannot == ()
    assert session.check("a dog", "generate", size=None).cannot == ()
    [said] = session.check("blue", negative="fog").cannot
    with pytest.raises(RequestError) as refused:
        session.edit("blue", negative="fog")
    assert str(refused.value) == said


def test_by_default_it_is_about_what_say_would_do(session: Session) -> None:
    assert session.check("a cat", strength=0.5) == session.check("a cat", "generate", strength=0.5)
    session.generate("a red cat", seed=1)
    assert "change a picture" in session.check("a cat", strength=0.5).cannot[0]
    assert session.check("a cat", mask=True, strength=0.5).cannot == ()


def test_no_weights_and_no_pytorch_are_loaded_for_it(tiny_model: Path) -> None:
    code = f"""
import sys, pochade
print(pochade.Session({str(tiny_model)!r}).check("a sofa", references=40).unknown, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "('sofa',) False"


def test_where_the_model_is_gone_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mailed.pochade"
    Store.create(path, meta={"model": str(tmp_path / "gone")}).close()
    with pochade.open(path) as session, pytest.raises(ModelError, match="There is no model"):
        session.check("a cat")
