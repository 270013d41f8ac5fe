"""From what a person passes to a request: the current picture, other turns and other sessions, settled at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from stored import add

from pochade.asking import complete
from pochade.errors import RequestError
from pochade.request import Request
from pochade.store import Store
from pochade.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def turns(store: Store) -> Turns:
    for seed in range(2):
        add(store, seed)
    return Turns(lambda: store)


@pytest.fixture
def ask(turns: Turns) -> Callable[..., Request]:
    """Complete what is asked while the first turn is current."""

    def ask(prompt: str | Request = "blue", task: Any = None, **options: Any) -> Request:
        return complete(prompt, task, options, current=turns[0], turns=turns)

    return ask


def same(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def test_words_alone_edit_the_current_picture(ask: Any, turns: Turns) -> None:
    request = ask()
    assert (request.task, request.image_turn) == ("edit", turns[0].id)
    assert same(request.image, turns[0])


def test_where_nothing_is_current_words_alone_make_a_picture(turns: Turns) -> None:
    request = complete("a cat", None, {}, current=None, turns=turns)
    assert (request.task, request.image, request.image_turn) == ("generate", None, None)


def test_a_picture_that_is_given_is_edited_instead(ask: Any, turns: Turns) -> None:
    assert ask(image=turns[1]).image_turn == turns[1].id
    upload = ask(image=Image.new("RGB", (40, 30)))
    assert (upload.task, upload.image_turn) == ("edit", None)


def test_a_picture_of_the_current_turn_is_known_as_its(ask: Any, turns: Turns) -> None:
    assert ask(image=turns[0].images[0]).image_turn == turns[0].id
    assert ask(image=turns[1].image).image_turn is None


def test_a_new_picture_leaves_the_current_one_alone(ask: Any) -> None:
    request = ask("a dog", "generate", size=(64, 64))
    assert (request.task, request.image, request.size) == ("generate", None, (64, 64))


def test_a_turn_of_another_session_brings_its_pixels_only(ask: Any, turns: Turns, tmp_path: Path) -> None:
    with Store.create(tmp_path / "other.pochade", meta={}) as other:
        add(other, 7)
        foreign = Turns(lambda: other)[0]
        request = ask(image=foreign, references=[foreign, turns[1]])
    assert request.image_turn is None
    assert same(request.image, request.references[0])
    assert request.reference_turns == (None, turns[1].id)


def test_an_edit_of_another_size_is_refused_however_it_is_asked(ask: Any) -> None:
    for wrong in (lambda: ask(size=(64, 32)), lambda: ask("blue", "edit", size="16:9")):
        with pytest.raises(RequestError, match="keeps the size of its picture"):
            wrong()
    assert ask(size=(32, 32)).image.size == (32, 32)


def test_a_complete_request_takes_nothing_more_and_only_turns_that_are_here(ask: Any) -> None:
    request = Request.of("a cat", seed=4)
    assert ask(request) is request
    with pytest.raises(RequestError, match="complete"):
        ask(request, n=2)
    with pytest.raises(RequestError, match="complete"):
        ask(request, "generate")
    with pytest.raises(RequestError, match="no turn 'zz9z'"):
        ask(Request.of("blue", task="edit", image=Image.new("RGB", (32, 32)), image_turn="zz9z"))
