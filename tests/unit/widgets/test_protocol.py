from pathlib import Path

import pytest

from pochade.request import MAX_PROMPT
from pochade.widgets.protocol import Ask, Chunk, Hello, Incoming, Outgoing, Refused, Stop, accept
from pochade.widgets.protocol.typescript import typescript

ROOT = Path(__file__).parents[3]
HELLO = {"kind": "hello", "seq": 1, "protocol": 2}
ASK = {"kind": "ask", "seq": 1, "prompt": "a cat", "base": None, "index": 0}
ASK |= {"source": None, "mask": None, "extend": None, "references": []}


def everything(model):
    return [model, *(deeper for below in model.__subclasses__() for deeper in everything(below))]


@pytest.mark.skipif(not (ROOT / "js").is_dir(), reason="this is not a checkout")
def test_the_typescript_types_are_those_of_the_models():
    written = (ROOT / "js" / "src" / "protocol.ts").read_text(encoding="utf-8")
    assert written == typescript(), "protocol.ts is stale: run `python -m pochade.widgets.protocol`"


def test_no_message_has_a_field_called_id():
    for model in [*everything(Incoming), *everything(Outgoing)]:
        assert "id" not in model.model_fields, model


@pytest.mark.parametrize(
    ("content", "model"),
    [
        (HELLO, Hello),
        (ASK, Ask),
        (ASK | {"prompt": "a" * MAX_PROMPT, "base": "k3f9", "index": 15, "mask": 2**53 - 1}, Ask),
        (ASK | {"extend": [8, 0, 8, 0], "references": [{"upload": 3, "turn": None, "index": 0}]}, Ask),
        ({"kind": "stop", "seq": 2, "job": "j1"}, Stop),
        ({"kind": "chunk", "seq": 3, "upload": 4, "index": 0, "count": 1}, Chunk),
    ],
)
def test_a_message_of_the_studio_is_accepted(content, model):
    assert isinstance(accept(content), model)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "hello",
        [],
        {},
        {"kind": "hello"},
        HELLO | {"seq": -1},
        HELLO | {"seq": "1"},
        HELLO | {"seq": 1.5},
        HELLO | {"seq": True},
        HELLO | {"seq": 2**60},
        HELLO | {"id": "x"},
        {"kind": "__init__", "seq": 1},
        {"kind": ["hello"], "seq": 1},
        ASK | {"index": 16},
        ASK | {"base": "k" * 65},
        ASK | {"base": ""},
        ASK | {"prompt": ["a cat"]},
        ASK | {"mask": -1},
        ASK | {"extend": [8, 0, 8]},
        ASK | {"extend": [-8, 0, 8, 0]},
        ASK | {"references": [{"upload": 3, "turn": None, "index": 0}] * 11},
        ASK | {"references": [{"upload": 3}]},
        {"kind": "tune", "seq": 1, "name": "__class__", "value": 1},
        {"kind": "tune", "seq": 1, "name": "n", "value": [1]},
        {"kind": "thumbs", "seq": 1, "turns": ["k3f9"] * 65},
        {key: value for key, value in ASK.items() if key != "base"},
        {"kind": "chunk", "seq": 1, "upload": 1, "index": 0, "count": 10_000},
        {"kind": "go", "seq": 1},
        {"kind": "go", "seq": 1, "turn": {"$ne": None}, "index": None},
        {"kind": "go", "seq": 1, "turn": "k3f9", "index": 16},
    ],
)
def test_anything_else_is_refused_in_one_sentence(content):
    with pytest.raises(Refused) as refused:
        accept(content)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_a_prompt_that_is_too_long_or_empty_is_refused_in_the_words_of_a_person():
    with pytest.raises(Refused, match="longer than 32,000 characters"):
        accept(ASK | {"prompt": "a" * (MAX_PROMPT + 1)})
    with pytest.raises(Refused, match="The prompt is empty"):
        accept(ASK | {"prompt": ""})


def test_a_refusal_names_the_message_that_it_answers():
    with pytest.raises(Refused) as refused:
        accept(ASK | {"seq": 7, "prompt": ""})
    assert refused.value.seq == 7
