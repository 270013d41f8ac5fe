"""A card changes what its family does, and can do no more than that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.card import card_of
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
