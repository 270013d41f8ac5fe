"""Sessions that paint until they are killed: a program that makes one process after another, each to be killed.

It reads the path of a session file and a number a line, and answers with the number of a process that opens, or makes,
that session and asks it for one turn after another. Each turn is told, with the hashes of its pictures, once its job
has ended, and before it is deleted; the end of the process is told too. Nothing is taken out of the road: a session,
its queue, signing and storing; only the pictures come from NumPy instead of a model, so that hundreds of processes can
be made in a few minutes. With ``--model`` they come from the miniature.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import pochade.again
import pochade.produce
import pochade.provenance.sign
import pochade.provenance.signer  # noqa: F401 - loaded once, before the first process is split off
from pochade.engine.local import Engine
from pochade.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade.engine.painting import Painting
    from pochade.report import Report

SIDE = 128
JOURNAL = bytes.fromhex("d9d505f920a163d7")


class Colours(Engine):
    """An engine that knows what the miniature knows and paints noise, which fills several pages of a file."""

    def __init__(self) -> None:
        super().__init__(None, "cpu", "float32")

    def load(self, report: Report) -> None:
        report.stage("loading")
        self._versions = {"numpy": np.__version__}

    def paint(self, painting: Painting, report: Report) -> Iterator[Image.Image]:
        report.stage("painting")
        for seed in painting.seeds:
            for step in range(1, painting.steps + 1):
                report.step(step, painting.steps)
                time.sleep(0.001)
            noise = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            yield Image.fromarray(noise).resize(painting.size, Image.Resampling.NEAREST)

    def facts(self, painting: Painting) -> dict[str, Any]:
        return {"steps": painting.steps}

    def notes(self, prompt: str) -> list[str]:
        return [f"{len(prompt)} letters were read."]


def tell(*words: object) -> None:
    """Write a line at once and whole: several processes write here."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def paint(session: Session, statements: int) -> None:
    """Ask for turns of every kind, with stars and deletions among them, and tell of each that came back.

    After so many statements to its file the process kills itself; 0 leaves that to others.
    """
    tell("open", os.getpid())
    if statements:
        die_after(session, statements)
    for number in itertools.count():
        seed = (os.getpid() * 1000 + number) % 2**31
        words = f"a cat on a blue background {number}"
        kind = number % 4
        if kind == 3 and session.current is not None:
            upload = Image.new("RGB", (SIDE, SIDE), (seed % 256, 90, 200))
            turn = session.submit(words, task="edit", image=upload, references=[session.current], seed=seed).result()
        elif kind == 2 and session.current is not None:
            turn = session.submit(words, seed=seed).result()
        else:
            turn = session.submit(words, task="generate", n=1 + kind, seed=seed, size=(SIDE, SIDE)).result()
        tell("done", os.getpid(), turn.id, ",".join(turn.record.images))
        if kind == 1:
            turn.star()
            turn.pick(1)
        if number % 7 == 6:
            tell("deleting", os.getpid(), session.turns[0].id)
            session.delete(session.turns[0])
        if number % 9 == 8:
            session.purge()


def die_after(session: Session, statements: int) -> None:
    """Have the process kill itself before the statement of this number; until then every page goes to the file.

    A number below 0 stands for the first statement after so many at which a write is half in the file.
    """
    left = itertools.count(abs(statements), -1)
    store = session._keeping.opened(session.model)

    def end(_: str) -> None:
        if next(left) <= 0 and (statements > 0 or half_written(store.path)):
            os.kill(os.getpid(), signal.SIGKILL)

    with store.asking() as db:
        db.execute("PRAGMA cache_size = 1")  # half of a write is on the disk, not only in memory
        db.set_trace_callback(end)


def half_written(path: Path) -> bool:
    """Whether the journal that undoes a write is there, begun as it is once the file may have been written to."""
    journal = path.with_name(f"{path.name}-journal")
    return journal.exists() and journal.read_bytes()[: len(JOURNAL)] == JOURNAL


def serve(*, model: bool) -> None:
    """Make a process for every line that is read; it is this one's child, and ends as it is made to."""
    for line in sys.stdin:
        path, statements = line.rstrip("\n").rsplit("\t", 1)
        child = os.fork()
        if child == 0:
            try:
                session = Session(path=path, device="cpu")
                if not model:
                    session._engine = Colours()
                paint(session, int(statements))
            except BaseException:  # noqa: BLE001 - whatever it is, the test is to see it
                tell("failed", os.getpid(), repr(traceback.format_exc()))
            os._exit(1)
        tell("child", child)
        os.waitpid(child, 0)
        tell("gone", child)


if __name__ == "__main__":
    serve(model="--model" in sys.argv)
