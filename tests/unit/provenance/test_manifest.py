"""What a picture says of itself: true, lean, and nothing that is nobody's business."""

from __future__ import annotations

import json

import pytest
import signing
from hypothesis import given
from hypothesis import strategies as st

from pochade import __version__
from pochade.errors import ProvenanceError
from pochade.provenance.facts import Source
from pochade.provenance.manifest import DISCLOSURE, LABEL, definition, ingredient, written

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
PARENT = Source(b"", "image/png", "parentOf", "turn a2")
LOOK = Source(b"", "image/png", "inputTo", "turn b3")


def actions(facts):
    return signing.said(definition(facts, "full", "image/png"), "c2pa.actions.v2")["actions"]


def data(facts, level="full"):
    return json.loads(signing.said(definition(facts, level, "image/png"), LABEL)["json"])


def kinds(facts):
    return [(one["action"], one.get("digitalSourceType")) for one in actions(facts)]


def test_what_was_painted_says_who_with_what_and_when():
    (created,) = actions(signing.facts())
    assert created == {
        "action": "c2pa.created",
        "softwareAgent": {"name": "pochade", "version": __version__},
        "digitalSourceType": AI,
        "when": "2026-09-21T14:13:20Z",
    }


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (signing.facts(), [("c2pa.created", AI)]),
        (signing.facts(LOOK), [("c2pa.created", AI)]),
        (signing.facts(PARENT, task="edit"), [("c2pa.opened", None), ("c2pa.edited", AI)]),
        (signing.facts(PARENT, task="edit", made="composite"), [("c2pa.opened", None), ("c2pa.edited", COMPOSITE)]),
        (signing.facts(task="edit", made="composite"), [("c2pa.created", COMPOSITE)]),
        (signing.facts(PARENT, task="edit", made="untouched"), [("c2pa.opened", None)]),
        (signing.facts(PARENT, task="convert"), [("c2pa.opened", None), ("c2pa.transcoded", AI)]),
        (
            signing.facts(PARENT, task="convert", made="untouched"),
            [("c2pa.opened", None), ("c2pa.transcoded", None)],
        ),
    ],
)
def test_each_kind_of_picture_has_its_actions_and_its_source_type(facts, expected):
    assert kinds(facts) == expected


def test_sources_are_named_by_the_action_that_used_them():
    opened, edited = actions(signing.facts(LOOK, PARENT, LOOK, task="edit"))
    assert opened["parameters"] == {"ingredientIds": ["s1"]}
    assert edited["parameters"] == {"ingredientIds": ["s0", "s2"]}
    assert ingredient(LOOK, 2, "full") == {"relationship": "inputTo", "instance_id": "s2", "title": "turn b3"}


def test_a_model_is_disclosed_with_the_hash_of_its_weights():
    said = signing.said(definition(signing.facts(), "minimal", "image/png"), DISCLOSURE)
    weights = f"sha256:{'ab' * 32}"
    assert said == {"modelType": "c2pa.types.model", "modelName": "miniature", "modelIdentifier": weights}


def test_no_model_is_disclosed_where_none_touched_a_pixel():
    made = definition(signing.facts(PARENT, task="edit", made="untouched"), "full", "image/png")
    assert signing.said(made, DISCLOSURE) is None
    assert "digitalSourceType" not in json.dumps(made)


@pytest.mark.parametrize("facts", [signing.facts(made="untouched"), signing.facts(task="convert")])
def test_what_was_only_opened_needs_what_it_was(facts):
    with pytest.raises(ProvenanceError, match="names the one that it was"):
        definition(facts, "full", "image/png")


def test_a_picture_has_one_parent():
    with pytest.raises(ProvenanceError, match="not from 2"):
        definition(signing.facts(PARENT, PARENT, task="edit"), "full", "image/png")


def test_the_turn_can_be_found_and_painted_again_from_its_data():
    found = data(signing.facts())
    assert found | {"v": 1, "session": "5" * 32, "turn": "k3f9", "index": 0, "weights": "ab" * 32} == found
    assert found | dict(signing.RECIPE) == found
    assert found["versions"] == {"pochade": "0.1.0", "torch": "2.13.0", "device": "cpu"}


def test_minimal_has_no_word_of_the_persons_anywhere():
    recipe = {"prompt": "SECRET", "rewritten": "SECRET", "negative": "SECRET", "seed": 7}
    facts = signing.facts(Source(b"", "image/png", "parentOf", "SECRET"), task="edit", recipe=recipe)
    told = json.dumps([definition(facts, "minimal", "image/png"), ingredient(facts.sources[0], 0, "minimal")])
    assert "SECRET" not in told
    assert '\\"seed\\":7' in told


def test_a_recipe_cannot_speak_for_the_turn():
    found = data(signing.facts(recipe={"turn": "forged", "session": "forged", "made": "untouched", "v": 9}))
    assert (found["turn"], found["session"], found["made"], found["v"]) == ("k3f9", "5" * 32, "ai", 1)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("/home/ann/models/secret-project/klein", "klein"),
        ("C:\\Users\\ann\\klein\\", "klein"),
        ("~/klein", "klein"),
        ("./klein", "klein"),
        ("black-forest-labs/FLUX.2-klein-4B", "black-forest-labs/FLUX.2-klein-4B"),
        ("miniature", "miniature"),
    ],
)
def test_of_a_models_path_only_the_end_is_told(model, told):
    made = definition(signing.facts(model=model), "full", "image/png")
    assert signing.said(made, DISCLOSURE)["modelName"] == told
    assert data(signing.facts(model=model))["model"] == told
    assert "ann" not in json.dumps(made).replace("channel", "")


def test_titles_are_one_line_without_a_path_or_a_trick():
    source = Source(b"", "image/png", "parentOf", "/home/ann/pictures/a\u202ecat\n\x1b[31m\0.png" + "x" * 999)
    title = ingredient(source, 0, "full")["title"]
    assert "ann" not in title
    assert title.startswith("a cat ")
    assert len(title) <= 100
    assert title.isprintable()


@pytest.mark.parametrize("created", [float("nan"), float("inf"), 1e18, -1e18])
def test_a_moment_that_is_none_is_left_out(created):
    assert "when" not in actions(signing.facts(created=created))[0]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(), max_size=8), values, max_size=4))
def test_whatever_a_recipe_holds_becomes_json_that_utf8_can_carry(recipe):
    text = written(recipe)
    assert json.loads(text.encode("utf-8").decode("utf-8")).keys() == recipe.keys()


def test_words_large_numbers_and_halves_of_characters_come_back_as_they_were():
    recipe = {"prompt": "a\0b\ud800c\U0001f600", "seed": 2**63, "sizes": [1, 2, 3], "guidance": 0.1}
    assert json.loads(written(recipe)) == recipe
