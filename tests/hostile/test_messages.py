"""Whatever a page sends, the Studio answers or refuses: it does not raise, hang, grow, write elsewhere or run anything.

The default run says some thousand messages; with `-m fuzz` it is 100,000.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from grammar import TRAITS, Grammar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traitlets import TraitError

from pochade.inert import inert
from pochade.widgets import protocol as p

HERE = Path(__file__).parent
GROWN = 128_000_000
"""Bytes that the process may grow by, however many messages come: pictures on their way, caches, and what was said."""
SECONDS = 0.1  # a message may take, turns made and stored included, before it counts as a hang


def played(count, seed, folder):
    """Say so many messages in a process of its own; return what came of it."""
    command = [sys.executable, HERE / "stage.py", str(count), str(seed), folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + SECONDS * count, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def holds(said, kinds):
    assert said["problems"] == []
    assert said["grown"] < GROWN
    assert said["turns"] > 5
    assert set(said["heard"]) >= kinds  # the messages were no mere noise


def test_messages_of_a_hostile_page_do_no_harm(tmp_path):
    holds(played(3000, 1, tmp_path), {"snapshot", "made", "attached", "trouble", "named"})


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_very_many_messages_of_a_hostile_page_do_no_harm(tmp_path, seed):
    holds(played(25_000, seed, tmp_path), {"snapshot", "made", "attached", "trouble", "named", "exported"})


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.randoms(use_true_random=False))
def test_every_message_is_accepted_or_refused_with_a_sentence(draw):
    grammar = Grammar(draw)
    for content, _ in [grammar.message() for _ in range(5)]:
        refused = None
        try:
            message = p.accept(content)
        except p.Refused as error:
            refused = error
        else:
            assert message.kind == content["kind"]
        if refused is not None:
            assert str(refused) == inert(str(refused), limit=500)
            assert str(refused).endswith(".")
            assert refused.seq is None or refused.seq == content["seq"]


@pytest.mark.parametrize("prompt", ["\ud83d", 7, None, ["a cat"]])
def test_a_prompt_that_is_no_text_is_not_called_empty(prompt):
    ask = {"base": None, "index": 0, "source": None, "mask": None, "extend": None, "references": []}
    with pytest.raises(p.Refused, match=r"ask\.prompt: input should be a valid string"):
        p.accept({"kind": "ask", "seq": 1, "prompt": prompt, **ask})


def test_a_page_cannot_change_what_the_widget_is(session):
    studio = session.studio()
    before = {name: getattr(studio, name) for name in studio.keys if name == "part" or name.startswith("_")}
    grammar = Grammar(random.Random(1))
    for _ in range(300):
        state = grammar.state()
        state.pop("layout", None)  # ipywidgets' own, which a page may change
        try:
            studio.set_state(state)
        except TraitError as refusal:
            assert "'lang' trait" in str(refusal)  # noqa: PT017 - the others are not even looked at
    studio.set_state({name: "alert(1)" for name in TRAITS if name not in {"lang", "layout"}})
    assert {name: getattr(studio, name) for name in before} == before
