"""What a model was not taught is named, and nothing else is; and beside it what comes nearest."""

from __future__ import annotations

import pytest

from pochade.engine.words import flatten, nearest, unknown_note, unknown_words

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
        ("a cat with \u2018whatever you like\u2019", []),
        ("a cat with «whatever you like» on „the wall“ and \uff02so on\uff02", ["and"]),
        ("the cat 『飞龙』", []),
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


LISTS = {"things": ["cat", "elephant", "umbrella", "狗", "向日葵"], "worn": ["top hat"]}
TAUGHT = flatten([*LISTS.values(), "a background with the", "红色 的 大象"])
NEAR = {"wolf": ["dog", "cat"], "knife": ["fork"], "pony": ["cat"], "fox": ["dog"], "龙": ["大象"]}


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("bakground", ("background",)),
        ("Elefant", ("elephant",)),
        ("cta", ("cat",)),
        ("cats", ("cat",)),
        ("tophat", ("top hat",)),
        ("bat", ()),  # one letter from "cat", and no slip of a hand
        ("wit", ("with",)),
        ("on", ()),
        ("xylophone", ()),
        ("x" * 4000, ()),
        ("wolf", ("dog", "cat")),
        ("Wolfs", ("dog", "cat")),
        ("wolves", ("dog", "cat")),
        ("wolf's", ("dog", "cat")),
        ("wolf’s", ("dog", "cat")),
        ("knives", ("fork",)),
        ("ponies", ("cat",)),
        ("foxes", ("dog",)),
        ("小狗", ("狗",)),
        ("红的", ("红色",)),
        ("飞龙", ("大象",)),
        ("葵花", ()),
        ("月", ()),
    ],
)
def test_the_nearest_known_words_are_those_a_person_may_have_meant(word: str, known: tuple[str, ...]) -> None:
    assert nearest(word, TAUGHT, LISTS, NEAR) == known


def test_words_that_are_equally_near_are_named_together_and_no_more_than_three() -> None:
    known = frozenset({"cars", "cart", "card", "care", "carts"})
    assert nearest("cark", known, {}, {}) == ("card", "care", "cars")
    assert nearest("many", known, {}, {"many": ["a", "b", "c", "d"]}) == ("a", "b", "c")


def test_the_note_is_in_the_language_of_the_words_that_it_names() -> None:
    said = unknown_note("tiny", ["wolf", "龙"], {"wolf": ("dog", "cat"), "龙": ()})
    assert said == "tiny was not taught “wolf” (nearest: “dog”, “cat”), “龙”: expect a guess."
    assert unknown_note("tiny", ["飞龙", "月"], {"飞龙": ("大象",)}) == (
        "tiny 没有学过“飞龙”（相近的词：“大象”）、“月”：画出来的是猜测。"  # noqa: RUF001
    )
