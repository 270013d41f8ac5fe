"""Whatever a picture file holds, it is read or refused with a sentence: no other error, no warning, no hang, no bomb.

The default run feeds some hundreds of files to everything that reads pictures; with `-m fuzz` it is 20,000.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from damage import GROWN, bomb, damaged, fed, honest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pochade.imaging.load import load_image

HERE = Path(__file__).parent
NUMBER = 20_000


def said_of(count, seed):
    """Feed so many files to everything that reads pictures, in a process of its own; return what came of it."""
    command = [sys.executable, HERE / "damage.py", str(count), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120 + count, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def holds(said):
    assert said["problems"] == []
    assert said["grown"] < GROWN
    assert said["count"] / 20 < said["read"]["load_image"] < said["count"]  # some were spoiled too little to show


def test_damaged_pictures_are_read_or_refused():
    holds(said_of(300, 1))


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_very_many_damaged_pictures_are_read_or_refused(seed):
    holds(said_of(NUMBER // 4, seed))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.randoms(use_true_random=False))
def test_a_damaged_picture_is_read_or_refused(draw):
    assert fed(damaged(draw), load_image) in {None, "read"}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.randoms(use_true_random=True))
def test_an_honest_picture_of_every_kind_is_read(draw):
    assert fed(honest(draw), load_image) == "read"


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.randoms(use_true_random=True))
def test_a_bomb_is_refused_or_no_bomb(draw):
    assert fed(bomb(draw), load_image) in {None, "read"}
