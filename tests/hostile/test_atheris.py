"""The coverage-guided fuzzers find nothing in the time that a check may take; by hand they can run for days."""

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest
from drawn import Drawn
from grammar import Grammar

HERE = Path(__file__).parent
SECONDS = 20


@pytest.mark.fuzz
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: pip install atheris")
@pytest.mark.parametrize("program", ["atheris_messages.py", "atheris_pictures.py"])
def test_a_fuzzer_that_follows_coverage_finds_nothing(program, tmp_path):
    command = [sys.executable, HERE / program, f"-max_total_time={SECONDS}", "-timeout=30", "-rss_limit_mb=4096"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20 * SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("crash", "timeout", "oom"))] == []


def test_bytes_draw_every_kind_of_message_and_the_same_ones_again():
    data = random.Random(1).randbytes(200_000)
    first, second = Grammar(Drawn(data)), Grammar(Drawn(data))
    drawn = [first.message() for _ in range(600)]
    assert repr(drawn) == repr([second.message() for _ in range(600)])
    kinds = {
        content["kind"] for content, _ in drawn if isinstance(content, dict) and isinstance(content.get("kind"), str)
    }
    assert {"hello", "ask", "chunk", "attach", "tune", "export", "name"} <= kinds
