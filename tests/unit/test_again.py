"""A turn made once more: the same seed paints the same picture, whatever it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pochade import Request, Session
from pochade.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade.turn import Turn

RECIPE = ("task", "prompt", "seed", "n", "size", "steps", "guidance", "parent", "image_turn", "image_index", "source")
RECIPE += ("mask", "references", "reference_turns")


@pytest.fixture(scope="module")
def miniature(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with Session(path=tmp_path_factory.mktemp("again") / "again.pochade", device="cpu") as opened:
        yield opened


def same(one: Turn, other: Turn) -> None:
    """Two turns are one request and one picture, to the byte."""
    assert one.id != other.id
    assert [a.pixels for a in one] == [b.pixels for b in other]
    assert [getattr(one.record, name) for name in RECIPE] == [getattr(other.record, name) for name in RECIPE]
    said = ("negative", "strength", "background", "keep", "extend", "corrected", "rewritten")
    assert [one.record.extra.get(word) for word in said] == [other.record.extra.get(word) for word in said]


def test_a_picture_made_from_words_comes_out_again(miniature: Session) -> None:
    turn = miniature.generate("a red cat", steps=2, n=2, seed=11)
    same(turn, miniature.again(turn))


def test_an_edit_inside_a_mask_comes_out_again(miniature: Session) -> None:
    cat = miniature.generate("a cat on a blue background", steps=2, n=2, seed=3)
    mask = Image.new("L", cat.size, 0)
    ImageDraw.Draw(mask).ellipse((20, 8, 100, 80), fill=255)
    same(
        edited := miniature.edit("give the cat a top hat", image=cat[1], mask=mask, steps=2, seed=4),
        miniature.again(edited),
    )
    assert edited.parent == cat


def test_an_edit_with_references_comes_out_again(miniature: Session) -> None:
    cat = miniature.generate("a cat", steps=2, seed=5)
    other = Image.linear_gradient("L").resize((80, 64)).convert("RGB")
    edited = miniature.edit("make the cat like image 2", image=cat, references=[other, cat], steps=2, seed=6)
    same(edited, miniature.again(edited.id))
    upload = miniature.edit("red", image=other, steps=2, seed=7, keep="none")
    same(upload, miniature.again(upload))
    assert upload.parent is None


@pytest.mark.parametrize(
    "options",
    [{"extend": (16, 0, 0, 16)}, {"background": "transparent"}, {"keep": "none"}, {"n": 2}, {"mask": (0, 0, 9, 9)}],
)
def test_whatever_was_asked_is_asked_again(session: Session, options: dict[str, Any]) -> None:
    session.generate("a red cat", seed=1)
    turn = session.edit("blue", seed=2, **options)
    same(turn, session.again(turn))


def test_a_correction_of_what_changed_is_asked_again(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    found = Image.new("L", first.size, 0)
    found.paste(255, (0, 0, 32, 64))
    turn = session.edit("blue", image=first, changed=found, seed=2)
    same(turn, session.again(turn))


def test_a_picture_that_was_scaled_comes_out_again(session: Session) -> None:
    turn = session.generate("a red cat", size=(100, 70), seed=1)
    assert turn.size == (100, 70)
    same(turn, session.again(turn))


def test_another_seed_is_drawn_or_given(session: Session) -> None:
    turn = session.generate("a red cat", seed=1)
    assert session.submit_again(turn, seed=None).request.seed is None
    drawn = session.again(turn, seed=None)
    assert drawn.seed != 1
    assert session.again(turn, seed=9).seed == 9


def test_what_is_to_be_different_is_said(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    second = session.generate("a dog", seed=2)
    edited = session.edit("blue", image=first, mask=(0, 0, 30, 30), references=[second], seed=3)
    assert session.submit_again(first, prompt="a cat", n=3, steps=1).request == Request.of(
        "a cat", n=3, seed=1, size=(64, 64), steps=1, guidance=first.record.guidance
    )
    other = session.again(edited, image=second, references=())
    assert (other.parent, other.record.reference_turns, other.seed) == (second, (), 3)
    assert other.record.mask == edited.record.mask
    with pytest.raises(RequestError, match="whole number from 1 to 16"):
        session.again(first, n=17)
    with pytest.raises(RequestError, match="no option 'sed': did you mean 'seed'"):
        session.again(first, sed=4)


def test_the_sessions_settings_have_no_say_in_it(session: Session) -> None:
    turn = session.generate("a red cat", seed=1)
    edited = session.edit("blue", seed=2)
    session.settings.update(n=3, size=(64, 96), seed=77, steps=1, keep="none", background="transparent")
    same(turn, session.again(turn))
    same(edited, session.again(edited))


def test_it_grows_from_what_the_first_grew_from_wherever_one_stands(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    edited = session.edit("blue", seed=2)
    session.new()
    again = session.again(edited)
    assert again.parent == first
    assert session.current == again
    upload = session.edit("blue", image=edited.image.rotate(90), seed=3)
    assert upload.parent is None
    session.current = edited
    same(upload, session.again(upload))
    drawn_on = first.image
    drawn_on.paste("red", (0, 0, 9, 9))
    child = session.submit("blue", task="edit", image=drawn_on, image_turn=first.id, seed=4).result(60)
    same(child, session.again(child))
    assert child.parent == first


def test_a_turn_whose_parent_was_deleted_and_a_deleted_one_are_made_again_too(session: Session) -> None:
    first = session.generate("a red cat", seed=1)
    edited = session.edit("blue", references=[first], seed=2)
    session.delete(first)
    session.delete(edited)
    same(edited, session.again(edited))
    assert len(session) == 1


def test_a_request_is_asked_again_as_it_is_or_with_changes(session: Session) -> None:
    session.generate("a red cat", seed=1)
    job = session.submit("blue", references=[Image.new("RGB", (64, 64), "red")], seed=2)
    same(job.result(60), session.again(job.request))
    assert session.submit_again(job.request, seed=None, references=()).request.references == ()


def test_a_turn_of_another_session_is_not_made_again_here(session: Session, tiny_model: Path) -> None:
    with Session(tiny_model) as other:
        turn = other.generate("a red cat", seed=1)
        session.generate("a dog", seed=1)
        with pytest.raises(RequestError, match="not a turn of this session"):
            session.again(turn)
    with pytest.raises(KeyError, match="zz9z"):
        session.again("zz9z")


def test_its_settings_reused_ask_for_the_same_picture(session: Session) -> None:
    turn = session.generate("a red cat", size=(64, 96), n=2, steps=3, seed=8)
    session.settings.update(**turn.settings)
    again = session.generate("a red cat")
    assert [one.pixels for one in again] == [one.pixels for one in turn]
    assert np.asarray(again).shape == (96, 64, 3)
