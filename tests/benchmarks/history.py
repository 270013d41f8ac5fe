"""How a long history opens and pages: ``python tests/benchmarks/history.py [--turns N] [--files N]``.

Makes a session file of 10,000 turns with real, small pictures, as the road stores them, and a folder of 300 sessions;
opens and reads them in a process of its own, so that nothing is in memory before, and prints a Markdown table. The aims
are those of the project; a line says whether it was met, nothing fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from stored import add, picture, record

from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.store import SUFFIX, Store, records

MEASURE = """
import json, os, random, statistics, sys, time
import psutil
from pochade.place import Place
from pochade.store import Store, latest
from pochade.store.keeping import Keeping
from pochade.store.folder import catalogue
from pochade.turns import Turns

path, rounds = sys.argv[1], 30
memory = psutil.Process().memory_info

def timed(work, times=rounds):
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)

found = {}
found["open"] = timed(lambda: Store.open(path).close())
def continued():
    keeping = Keeping(path)
    Place().recall(keeping.store)
    keeping.close()

found["session"] = timed(continued)
store = Store.open(path)
count = len(store)
draw = random.Random(1)
found["page"] = timed(lambda: store.page(draw.randrange(count - 50), 50))
found["outline"] = timed(lambda: store.outline(draw.randrange(count - 500), 500))
found["count"] = timed(lambda: len(store))
found["search"] = timed(lambda: store.search("horse 77"), 5)
found["first id"] = timed(lambda: Store.open(path, readonly=True).new_id("a cat"), 5)
found["id"] = timed(lambda: store.new_id("a cat"))
found["recall"] = timed(lambda: store.ids(), 5)
before = memory().rss
turns = Turns(lambda: store)
for turn in turns:
    turn.png
found["all turns read, MB more"] = (memory().rss - before) / 1e6
before = memory().rss
for row in store.fingerprints():
    pass
found["all fingerprints read, MB more"] = (memory().rss - before) / 1e6
store.close()
found["latest"] = timed(lambda: latest("the oldest notebook"), 5)
found["any latest"] = timed(lambda: latest(None), 5)
found["catalogue"] = timed(lambda: list(catalogue()), 2)
print(json.dumps(found))
"""

AIMS = {"open": 150, "session": 150, "page": 20, "all turns read, MB more": 20, "all fingerprints read, MB more": 20}
SAYS = {
    "open": "open the file to write, and close it, ms",
    "session": "the same as a session does, with its place among the turns, ms",
    "page": "a page of 50 turns, ms",
    "outline": "500 turns in outline, ms",
    "count": "how many turns there are, ms",
    "search": "search all prompts, ms",
    "first id": "open it to read and give out a first id, ms",
    "id": "give out a further id, ms",
    "recall": "all ids, ms",
    "all turns read, MB more": "memory after every turn and picture was read, MB more",
    "all fingerprints read, MB more": "memory after every fingerprint was read, MB more",
    "latest": "the latest of {files} sessions, of the oldest notebook, ms",
    "any latest": "the latest of {files} sessions, ms",
    "catalogue": "the list of {files} sessions, ms",
}


def fill(path: Path, turns: int) -> None:
    """Store so many turns in a few transactions, each an edit of the one before or a beginning."""
    drawn = [picture(seed, side=48) for seed in range(200)]
    with Store.create(path, meta={"notebook": "long.ipynb", "model": "miniature"}) as store:
        before: str | None = None
        for start in range(0, turns, 1000):
            with store.writing() as db:
                for number in range(start, min(start + 1000, turns)):
                    # The bytes of every picture are its own, as they are once it is signed.
                    data = drawn[number % 200] + number.to_bytes(4)
                    name = byte_hash(data)
                    records.keep(db, data, name, pixel_hash(load_image(drawn[number % 200])))
                    grown = before if number % 10 else None
                    words = f"a brown horse in a meadow, number {number}"
                    turn = record(store.new_id(number), prompt=words, parent=grown, image_turn=grown, images=(name,))
                    records.insert(db, turn)
                    records.imprint(db, {name: os.urandom(2_000)}, 1)
                    before = turn.id


def main() -> None:
    """Make the files, measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["POCHADE_HOME"] = folder
        sessions = Path(folder) / "sessions"
        for number in range(given.files):
            notebook = "the oldest notebook" if number == 0 else f"notebook {number}"
            with Store.create(sessions / f"{number:03}{SUFFIX}", meta={"notebook": notebook}) as one:
                add(one, number)
            os.utime(one.path, (1_700_000_000 + number,) * 2)
        path = Path(folder) / f"long{SUFFIX}"
        fill(path, given.turns)
        size = path.stat().st_size / 1e6
        done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True)
        found: dict[str, float] = json.loads(done.stdout)
    print(f"{given.turns:,} turns in {size:.0f} MB; medians of several rounds.\n")  # noqa: T201
    print("| What | Measured | Aim |\n| --- | ---: | --- |")  # noqa: T201
    for name, value in found.items():
        aim = AIMS.get(name)
        met = "" if aim is None else f"≤ {aim}: {'met' if value <= aim else 'missed'}"
        print(f"| {SAYS[name].format(files=given.files)} | {value:.2f} | {met} |")  # noqa: T201


if __name__ == "__main__":
    main()
