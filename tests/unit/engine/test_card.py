"""A card changes what its family does, and can do no more than that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.card import MAX_LETTERS, MAX_LISTS, MAX_SHOWN, card_of
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **entries: Any) -> Path:
    (folder / "card.json").write_text(json.dumps(entries))
    return folder


def test_a_folder_without_a_card_has_an_empty_one(tmp_path: Path) -> None:
    card = card_of(tmp_path)
    assert (card.name, card.size, card.tasks, card.call.guidance_scale) == (None, None, None, None)
    assert card.vocabulary == frozenset()


def test_a_card_tells_numbers_tasks_and_words_and_the_rest_is_for_people(tmp_path: Path) -> None:
    card = card_of(
        write(
            tmp_path,
            name="small",
            version=3,
            call={"guidance_scale": 0},
            tasks=["text", "edit"],
            vocabulary={"things": ["cat"], "glue": "on a"},
            samples_seen=10,
        )
    )
    assert (card.name, card.version, card.call.guidance_scale, card.tasks) == ("small", 3, 0.0, ("text", "edit"))
    assert card.vocabulary == {"cat", "on", "a"}


@pytest.mark.parametrize(
    "entries",
    [
        {"call": {"num_inference_steps": 0}},
        {"call": {"guidance_scale": -1}},
        {"call": {"output_type": "latent"}},
        {"size": {"default": [64, 64]}},
        {"tasks": ["fly"]},
        {"tasks": []},
    ],
)
def test_a_card_that_says_what_no_card_may_is_damaged(tmp_path: Path, entries: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=rf"card\.json is damaged at {next(iter(entries))}"):
        card_of(write(tmp_path, **entries))


def test_a_card_that_is_no_json_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(b"\xff{")
    with pytest.raises(ModelError, match=r"card\.json is damaged.*Copy or download"):
        card_of(tmp_path)


def test_what_is_shown_to_people_is_lists_of_words_and_never_more_than_a_page(tmp_path: Path) -> None:
    known = {
        "things": ["cat", "top hat", 7, None],
        "words": ["a", "the"],
        "letters": ["A", "B"],
        "glue": "on a",
        "empty": [],
        "many": [f"word{count}" for count in range(5000)],
        "long": ["x" * 5000],
        **{f"list {count}": ["one"] for count in range(50)},
    }
    card = card_of(write(tmp_path, vocabulary=known))
    assert card.lists["things"] == ("cat", "top hat")
    assert list(card.lists)[:3] == ["things", "many", "long"]
    assert (len(card.lists), len(card.lists["many"]), len(card.lists["long"][0])) == (MAX_LISTS, MAX_SHOWN, MAX_LETTERS)
    assert card_of(write(tmp_path, vocabulary="a cat")).lists == {}
    assert card_of(write(tmp_path, lists={"things": ["no"]})).lists == {}


def test_a_card_can_say_which_known_words_are_near_to_unknown_ones(tmp_path: Path) -> None:
    assert card_of(write(tmp_path, near={"Wolf": ["dog"]})).near == {"wolf": ("dog",)}
    with pytest.raises(ModelError, match=r"card\.json is damaged at near\.wolf"):
        card_of(write(tmp_path, near={"wolf": 3}))
