import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from pochade.provenance.credentials import Action, Credentials, Ingredient


def chain(*states):
    """A picture made from one made from one …, the newest first."""
    latest = ()
    for state in reversed(states):
        credentials = Credentials(state, label=f"urn:{len(latest)}", ingredients=latest)
        latest = (Ingredient("parentOf", None, credentials),)
    return credentials


@pytest.mark.parametrize(
    ("states", "sound"),
    [
        (("trusted",), True),
        (("valid",), True),
        (("invalid",), False),
        (("none",), False),
        (("trusted", "none"), True),
        (("trusted", "valid", "trusted"), True),
        (("trusted", "valid", "invalid"), False),
        (("trusted", "none", "trusted", "invalid"), False),
    ],
)
def test_sound_is_a_picture_that_holds_and_whose_ancestors_do(states, sound):
    assert chain(*states).sound is sound


def test_walk_goes_through_the_whole_tree_nearest_first():
    assert [one.state for one in chain("trusted", "valid", "none").walk()] == ["trusted", "valid", "none"]


def test_as_dict_is_json_all_the_way_down():
    when = datetime(2026, 1, 2, tzinfo=UTC)
    action = Action("c2pa.created", "made", "pochade 0.1", when, "trainedAlgorithmicMedia")
    credentials = dataclasses.replace(chain("valid", "none"), when=when, actions=(action,), data={"seed": 7})
    told = json.loads(json.dumps(credentials.as_dict()))
    assert told["when"] == told["actions"][0]["when"] == "2026-01-02T00:00:00+00:00"
    assert told["data"] == {"seed": 7}
    assert told["sound"] is True
    assert told["ingredients"][0]["credentials"]["state"] == "none"
    assert {field.name for field in dataclasses.fields(Credentials)} < set(told)


def test_a_hundred_generations_are_no_trouble():
    credentials = chain(*["valid"] * 101)
    assert credentials.sound
    json.dumps(credentials.as_dict())
    json.dumps(credentials.as_dict(), indent=2)
    assert credentials.words().count("changed from") == 100
    assert credentials._repr_mimebundle_()["text/html"].count("<li") == 100


def test_values_need_no_c2pa():
    heavy = "{'torch', 'numpy', 'PIL', 'pydantic', 'c2pa', 'cryptography'}"
    code = "import sys, pochade.provenance.credentials, pochade.provenance.shown\n"
    code += f"print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
