"""A person who says a word that the miniature was not taught is told one that it was."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

from pochade import miniature
from pochade.engine.families import capabilities_of
from pochade.engine.words import nearest, unknown_words
from pochade.miniature.layouts import SIZES
from pochade.miniature.near import MEANT, near
from pochade.miniature.reach import FULL
from pochade.miniature.words.chinese_words import lexicon


def test_only_known_words_are_offered_and_only_for_unknown_ones() -> None:
    known = {"cat", "tiger", "top hat", "fedora"}
    found = near(known)
    assert found["leopard"] == ["tiger", "cat"]
    assert found["beret"] == ["top hat"]
    assert "fedora" not in found
    assert "truck" not in found
    assert {word for words in found.values() for word in words} <= known


def test_every_line_of_the_list_can_be_read() -> None:
    for line in MEANT.strip().splitlines():
        assert re.fullmatch(r"[\w ]+: \w[\w ]*(, \w[\w ]*)*", line), line


def everything_taught() -> set[str]:
    """Words for all that the whole world holds, as its card lists them, and for sizes and places."""
    card = FULL.as_card()
    named = {word for part in ("things", "synonyms", "worn", "colours", "scenes", "chinese") for word in card[part]}
    return {*named, *lexicon(), *SIZES, "large", "left", "right"}


def test_every_word_that_is_offered_is_one_of_the_whole_world() -> None:
    offered = {word for line in MEANT.strip().splitlines() for word in line.partition(": ")[2].split(", ")}
    assert offered - everything_taught() == set()


def test_the_whole_world_offers_what_is_nearest_in_it() -> None:
    found = near(everything_taught())
    wanted = {"goat": "sheep", "coyote": "wolf", "daisy": "rose", "sandwich": "hamburger", "donkey": "horse"}
    assert {word: found[word][0] for word in wanted} == wanted
    assert "tulip" in found["daisy"]


def test_the_shipped_card_offers_words_that_the_shipped_weights_know() -> None:
    model = capabilities_of(miniature.folder())
    for word, known in model.near.items():
        assert unknown_words(word, model.vocabulary, model.near) == [word]
        assert known
        assert not [one for one in known if unknown_words(one, model.vocabulary)]
    assert nearest("wolf", model.vocabulary, model.lists, model.near)[0] in {"fox", "wolf"}


def test_a_chinese_word_that_is_not_known_is_named_whole_also_where_a_part_of_it_is_known() -> None:
    known = frozenset({"一只", "猪", "和", "猫"})
    assert unknown_words("一只野猪和猫", known, {"野猪": ("猪",)}) == ["野猪"]
    assert unknown_words("一只野猪和猫", known) == ["野"]
    assert unknown_words("一只猪和狼", known, {"野猪": ("猪",)}) == ["狼"]


def test_what_the_miniature_knows_is_public_and_lists_of_words_whatever_was_imported_before() -> None:
    import_module("pochade.miniature.world")  # a submodule named like the function would take its place
    known = miniature.vocabulary()
    assert {"things", "synonyms", "worn", "colours", "scenes", "edits", "words"} <= known.keys()
    assert all(isinstance(word, str) for words in known.values() for word in words)
    known["things"].clear()
    assert "cat" in miniature.vocabulary()["things"]


def test_the_miniature_names_the_nearest_words_that_it_knows() -> None:
    assert miniature.nearest("strawbery") == ("strawberry",)
    assert miniature.nearest("monocle") in {("glasses",), (), ("monocle",)}
    assert miniature.nearest("cat") == ("cat",)


def test_asking_what_the_miniature_knows_costs_no_heavy_import() -> None:
    asked = "import sys; from pochade import miniature as m; m.nearest('strawbery'), m.card(), m.folder()"
    heavy = "print(sorted({'torch', 'numpy', 'pydantic', 'PIL'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", f"{asked}; {heavy}"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
