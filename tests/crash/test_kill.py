"""What is left after `kill -9`: a file that opens, is whole, and has every turn that had been told of as finished.

A process that paints is killed at a moment drawn by chance, hundreds of times: while it makes its file, while it signs,
in the middle of a write, while it deletes. The default run has a share of them.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import doomed
import pytest

from pochade.imaging.load import byte_hash
from pochade.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs processes that split, and a kill")

ON_ONE_FILE = 15  # kills, until another is begun: a file that has been through many is a test of its own
LONGEST = 0.5  # seconds; several turns are made in it


@dataclass
class Told:
    """What processes told of one file before they were killed."""

    turns: dict[str, list[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    halves: int = 0  # how often the file was found half-written, with the journal that undoes it


class Doomed:
    """The program that makes processes to be killed."""

    def __init__(self, *options: str) -> None:
        self.program = subprocess.Popen(
            [sys.executable, doomed.__file__, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def kill_one(self, path: Path, told: Told, after: float, *, since: str = "child", statements: int = 0) -> None:
        """Have a session painted into until so many seconds after a line of this kind, and add what is told of it.

        With a number of statements to the file, the process kills itself in the midst of them if that comes first.
        """
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{path}\t{statements}\n")
        self.program.stdin.flush()
        lives = True
        for line in self.program.stdout:
            kind, process, *words = line.rstrip("\n").split(" ", 3)
            if kind == since and lives:
                lives = False
                end = time.monotonic() + after
                with suppress(ProcessLookupError):  # it may have killed itself
                    while time.monotonic() < end:
                        os.kill(int(process), 0)
                        time.sleep(min(0.01, max(0, end - time.monotonic())))
                    os.kill(int(process), signal.SIGKILL)
            if kind == "done":
                told.turns[words[0]] = words[1].split(",")
            elif kind == "deleting":
                told.deleted.add(words[0])
            elif kind == "failed":
                raise AssertionError(" ".join(words))
            elif kind == "gone":
                return
        raise AssertionError("the program ended")

    def close(self) -> None:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.close()
        self.program.wait(20)
        self.program.stdout.close()


@pytest.fixture
def program() -> Iterator[Doomed]:
    made = Doomed()
    yield made
    made.close()


def is_whole(path: Path, told: Told) -> None:
    """Hold that a file opens to be written, is undamaged, and has what was told of, byte for byte."""
    told.halves += doomed.half_written(path)
    with Store.open(path, readonly=False) as store:
        assert store.check() == []
        living = set(store.ids())
        assert set(told.turns) - told.deleted <= living
        for turn in living & set(told.turns):
            assert list(store.get(turn).images) == told.turns[turn]
            assert all(byte_hash(store.blob(name)) == name for name in told.turns[turn])
        store.set_meta("looked at", str(len(living)))
    beside = {entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")}
    assert beside <= {path.name}, "nothing lies about that a person would see"


def through(program: Doomed, folder: Path, kills: int, seed: int) -> tuple[int, int]:
    """Kill so many processes; return how many turns they had told of, and how many files were half-written."""
    moments = random.Random(seed)
    finished = halves = 0
    for number in range(kills):
        if number % ON_ONE_FILE == 0:
            path, told = folder / str(number) / "talk.pochade", Told()
        if number % 3 == 0:  # early: while it makes or opens its file, and before its first turn
            program.kill_one(path, told, moments.uniform(0, 0.06))
        elif number % 3 == 1:
            program.kill_one(path, told, moments.uniform(0, LONGEST), since="open")
        else:  # between two statements of a write, or of what comes before and after it; every other one half-written
            program.kill_one(path, told, 5, statements=moments.randint(1, 250) * (-1) ** number)
        if path.exists():
            is_whole(path, told)
        assert path.exists() or not told.turns, "a file that had turns is gone"
        if number % ON_ONE_FILE == ON_ONE_FILE - 1 or number == kills - 1:
            finished += len(told.turns)
            halves += told.halves
    return finished, halves


@pytest.mark.slow
def test_no_finished_turn_is_lost_and_the_file_opens_whenever_the_process_is_killed(
    program: Doomed, tmp_path: Path
) -> None:
    finished, halves = through(program, tmp_path, 25, seed=1)
    assert finished > 8, "too few turns were finished to say anything"
    assert halves > 1, "too few files were killed in the middle of a write to say anything"


@pytest.mark.crash
def test_nor_is_one_where_a_model_paints(tmp_path: Path) -> None:
    program, told, moments = Doomed("--model"), Told(), random.Random(3)
    path = tmp_path / "folder" / "talk.pochade"
    for _ in range(5):
        program.kill_one(path, told, moments.uniform(0, 3), since="done")
        is_whole(path, told)
    program.close()
    assert len(told.turns) >= 5


@pytest.mark.crash
def test_no_finished_turn_is_lost_at_495_moments(program: Doomed, tmp_path: Path) -> None:
    finished, halves = through(program, tmp_path, 495, seed=2)
    assert finished > 200
    assert halves > 20
