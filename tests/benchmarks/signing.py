"""What signing costs, in time and in bytes: ``python tests/benchmarks/signing.py [--rounds N] [--no-turn]``.

Prints three tables: milliseconds for a picture alone, and with a parent's credentials, which were read before, by size
and format; bytes of a conversation's manifests by turn and level, and what one more turn costs then; and what part of a
turn on the miniature is signing. Keys are made in a folder that is thrown away.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pochade.provenance.facts import Facts, Source
from pochade.provenance.sign import _readings, sign
from pochade.provenance.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pochade.provenance.facts import Level

MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WebP": "image/webp"}
SIZES = (128, 512, 1024)
TURNS = 20
VERSIONS = {"pochade": "0.1.0", "diffusers": "0.42.1", "torch": "2.13.0", "transformers": "5.23.0"}
VERSIONS |= {"device": "cpu", "dtype": "float32", "weights": "5e" * 32}
RECIPE = {"seed": 3_141_592_653, "size": [512, 512], "steps": 4, "guidance": 1.0}
PROMPTS = (
    "a small red house beside a lake at dusk, with two birds above it",
    "make the roof green",
    "two more birds, further to the left",
    "let it be winter, with snow on the roof and on the shore",
)


def picture(size: int, kind: str) -> bytes:
    """A picture with soft shapes and a little grain, which compresses as a painted one does."""
    numbers = np.random.default_rng(size)
    soft = Image.fromarray(numbers.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((size, size), Image.BICUBIC)
    grain = numbers.integers(-3, 4, (size, size, 3))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8)).save(file, kind)
    return file.getvalue()


def facts(turn: int = 0, parent: bytes | None = None) -> Facts:
    """What is said of a turn."""
    sources = () if parent is None else (Source(parent, "image/png", "parentOf", f"turn k{turn}f9"),)
    return Facts(
        session="5e" * 16,
        turn=f"k{turn}f9",
        index=0,
        task="edit" if sources else "generate",
        made="ai",
        model="miniature",
        versions=VERSIONS,
        created=time.time(),
        recipe={"prompt": PROMPTS[min(turn, 1 + turn % 3)], **RECIPE},
        sources=sources,
        title=f"turn k{turn}f9",
    )


def milliseconds(work: Callable[[], object], rounds: int) -> str:
    """The median, and what nine of ten stay under."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - started))
    return f"{statistics.median(found):.1f} | {sorted(found)[int(0.9 * (rounds - 1))]:.1f}"


def times(signer: Signer, rounds: int) -> Iterator[str]:
    """What signing costs a picture."""
    yield "| picture | file, kB | alone, ms (median) | (p90) | with a parent, ms (median) | (p90) |"
    yield "|---|--:|--:|--:|--:|--:|"
    for size in SIZES:
        parent = sign(picture(size, "PNG"), "image/png", facts(), "full", signer)
        for kind, mime in MIMES.items():
            data = picture(size, kind)
            alone = milliseconds(partial(sign, data, mime, facts(), "full", signer), rounds)
            grown = milliseconds(partial(sign, data, mime, facts(1, parent), "full", signer), rounds)
            yield f"| {size}² {kind} | {len(data) / 1000:,.0f} | {alone} | {grown} |"


def chain(signer: Signer, level: Level) -> tuple[list[int], bytes]:
    """The bytes that a conversation's pictures carry, turn by turn, and the last picture."""
    data, plain, found = b"", picture(64, "PNG"), []
    for turn in range(TURNS):
        data = sign(plain, "image/png", facts(turn, data or None), level, signer)
        found.append(len(data) - len(plain))
    return found, data


def carried(signer: Signer, rounds: int) -> Iterator[str]:
    """How manifests grow, and what signing one more turn costs then."""
    shown = (1, 2, 5, 10, TURNS)
    ways = "next turn, parent read ahead, ms (median) | (p90) | parent read then, ms (median) | (p90)"
    yield "\n| level | " + " | ".join(f"turn {one}, B" for one in shown) + f" | {ways} |"
    yield "|---|" + "--:|" * (len(shown) + 4)
    for level in ("full", "minimal"):
        sizes, last = chain(signer, level)
        again = partial(sign, picture(64, "PNG"), "image/png", facts(TURNS, last), level, signer)
        cost = (
            f"{milliseconds(again, rounds)} | {milliseconds(lambda again=again: (_readings.clear(), again()), rounds)}"
        )
        yield f"| {level} | " + " | ".join(f"{sizes[one - 1]:,}" for one in shown) + f" | {cost} |"


def share(signer: Signer, rounds: int) -> Iterator[str]:
    """What part of a turn on the miniature is signing."""
    from pochade import Session

    found = []
    with Session(provenance="off") as session:
        made = session.generate(PROMPTS[0], seed=1)
        for seed in range(2, 2 + max(3, rounds // 5)):
            started = time.perf_counter()
            session.generate(PROMPTS[0], seed=seed)
            found.append(1000 * (time.perf_counter() - started))
        data = made.png
    turn = statistics.median(found)
    cost = float(milliseconds(partial(sign, data, "image/png", facts(), "full", signer), rounds).split(" ")[0])
    yield "\n| a turn on the miniature, ms | signing it, ms | share |\n|--:|--:|--:|"
    yield f"| {turn:,.0f} | {cost:.1f} | {100 * cost / turn:.2f} % |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25, help="how often each is measured")
    parser.add_argument("--no-turn", action="store_true", help="do not paint with the miniature")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["POCHADE_HOME"] = home
        signer = Signer.local()
        tables = [times(signer, asked.rounds), carried(signer, asked.rounds)]
        tables += [] if asked.no_turn else [share(signer, asked.rounds)]
        for line in itertools.chain(*tables):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
