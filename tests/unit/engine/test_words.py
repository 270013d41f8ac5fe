"""What a model was not taught is named, and nothing else is."""

from __future__ import annotations

import pytest

from pochade.engine.words import flatten, unknown_words

KNOWN = flatten({"things": ["cat", "top hat"], "glue": {"en": "a the on with to", "zh": ["红色", "的", "猫", "在"]}})


def test_a_vocabulary_may_be_grouped_in_any_way() -> None:
    assert flatten(["A cat", ("on",), {"zh": "猫"}, 7, None]) == {"a", "cat", "on", "猫"}


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a cat on the CAT", []),
        ("a dragon with a cat, a Dragon and a dragon", ["dragon", "and"]),
        ("a cat's top-hat", []),
        ("the cat on #008080 with #fff", []),
        ('a cat with "SALE 50%" and 12', ["and"]),
        ("a cat with “whatever you like”", []),
        ("红色的猫", []),
        ("红色的龙在猫", ["龙"]),
        ("a 红色 cat 飞龙", ["飞龙"]),
        ("", []),
        ("!!! ... ", []),
    ],
)
def test_unknown_words_are_listed_once_in_order(prompt: str, unknown: list[str]) -> None:
    assert unknown_words(prompt, KNOWN) == unknown


def test_a_model_without_a_vocabulary_is_not_second_guessed() -> None:
    assert unknown_words("a dragon", frozenset()) == []
