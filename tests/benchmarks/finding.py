"""How well pictures are found again by their looks: ``python tests/benchmarks/finding.py [--quick] [--each N]``.

Builds its own pictures (`pictures.py`: half fields, half scenes; others of all three kinds) and prints two tables. The
first: what happened to a picture, how often the right one was found and named first, how often any other was named,
and with which scores. The second: milliseconds. Everything is drawn from seeds. In full, 2,000 pictures are looked for
among 22,000 after each of 14 attacks, which takes about three hours on one thread; ``--each 200`` takes a tenth of the
queries, and ``--quick`` a few hundred pictures and three minutes. ``--keep FILE`` keeps the others' fingerprints.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import pictures

from pochade.provenance.fingerprint import VERSION, fingerprint
from pochade.provenance.likeness import ALIKE_LAID_OVER, alike, believed, laid_over, matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PIL import Image

REAL = ("fields", "scenes")
OTHERS = (("fields", 0.3), ("scenes", 0.5), ("miniature", 0.2))
FIRST_OTHER, FIRST_STRANGER, FIRST_SMALL = 10_000, 1_000_000, 2_000_000  # seeds, so that no two groups share a picture
LIMIT = 10


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Sought(NamedTuple):
    """What came of looking for many pictures."""

    found: int
    first: int
    wrong: int
    scores: list[float]
    wrong_scores: list[float]
    seconds: list[float]


def wanted(number: int) -> Image.Image:
    return pictures.picture(REAL[number % 2], number)


def fingerprint_of(job: tuple[str, int]) -> bytes:
    return fingerprint(pictures.picture(*job))


def jobs_of(count: int) -> list[tuple[str, int]]:
    """Kinds and seeds of pictures that nobody looks for."""
    return [(kind, FIRST_OTHER + number) for kind, share in OTHERS for number in range(round(count * share))]


def others(count: int, workers: int, keep: Path | None) -> list[bytes]:
    """Fingerprints of pictures that nobody looks for."""
    if keep is not None and keep.exists():
        kept = np.load(keep)
        if int(kept["version"]) == VERSION and len(kept["values"]) >= count:
            return [bytes(value) for value in kept["values"][:count]]
    with ProcessPoolExecutor(workers) as pool:
        made = list(pool.map(fingerprint_of, jobs_of(count), chunksize=50))
    if keep is not None:
        np.savez(keep, version=VERSION, values=np.array([np.frombuffer(value, np.uint8) for value in made]))
    return made


def look(
    queries: Iterable[tuple[int | None, Image.Image]], stored: np.ndarray, draw: Callable[[int], Image.Image]
) -> Sought:
    """Look for pictures as `pochade.find` does; with each comes its column, or None if it was never stored.

    `draw` gives the stored picture of a column, which is not part of the time.
    """
    found = first = wrong = 0
    scores, wrong_scores, seconds = [], [], []
    for column, image in queries:
        start = time.process_time()
        near = alike(image, stored, LIMIT)
        took = time.process_time() - start
        drawn = [draw(one.column) for one in near]
        start = time.process_time()
        laid = [(one, laid_over(image, one, picture)) for one, picture in zip(near, drawn, strict=True)]
        told = believed(laid)
        seconds.append(took + time.process_time() - start)
        scored = zip(told, (one.column for one in near), strict=True)
        answer = sorted((one for one in scored if one[0] >= ALIKE_LAID_OVER), reverse=True)
        right = [score for score, other in answer if other == column]
        false = [score for score, other in answer if other != column]
        found += bool(right)
        first += bool(right) and right[0] >= answer[0][0]
        wrong += bool(false)
        scores += right
        wrong_scores += false[:1]
    return Sought(found, first, wrong, scores, wrong_scores, seconds)


def row(name: str, goal: str, sought: Sought) -> str:
    count = len(sought.seconds)
    right = f"{np.median(sought.scores):.2f} | {np.quantile(sought.scores, 0.01):.2f}" if sought.scores else "– | –"
    false = f"{max(sought.wrong_scores):.2f}" if sought.wrong_scores else "–"
    return (
        f"| {name} | {goal} | {count} | {sought.found / count:.4f} | {sought.first / count:.4f} | {right} "
        f"| {sought.wrong} | {false} | {np.median(sought.seconds) * 1000:.0f} |"
    )


def attacked(
    columns: Sequence[int], attack: str, draw: Callable[[int], Image.Image]
) -> Iterable[tuple[int, Image.Image]]:
    do = pictures.ATTACKS[attack][0]
    seed = list(pictures.ATTACKS).index(attack)
    return ((column, do(draw(column), np.random.default_rng([seed, column]))) for column in columns)


def recall(count: int, each: int, stored: np.ndarray) -> None:
    """Print how often each kind of changed picture is found again, and what strangers find."""
    say("| what happened | goal | looked for | found | named first | score, median | 1 % | others named | best | ms |")
    say("|---|---|---|---|---|---|---|---|---|---|")
    columns = np.linspace(0, count - 1, min(each, count)).astype(int).tolist()
    beside = jobs_of(stored.shape[1] - count)

    def draw(column: int) -> Image.Image:
        return wanted(column) if column < count else pictures.picture(*beside[column - count])

    for name, (_, goal) in pictures.ATTACKS.items():
        sought = look(attacked(columns, name, wanted), stored, draw)
        say(row(name, "–" if goal is None else f"≥ {goal}", sought))
    for kind in (*REAL, "miniature"):
        strangers = ((None, pictures.picture(kind, FIRST_STRANGER + number)) for number in range(min(each, count)))
        say(row(f"never stored: {kind}", "–", look(strangers, stored, draw)))


def small(count: int, each: int) -> None:
    """The hard kind: the miniature's own pictures among as many of their like."""
    made = [pictures.small(FIRST_SMALL + number) for number in range(count)]
    stored = matrix([fingerprint(image) for image in made])
    columns = np.linspace(0, count - 1, min(each, count)).astype(int).tolist()
    for name in ("JPEG, quality 30", "crop to 70–50 % of the area", "mirror"):
        sought = look(attacked(columns, name, made.__getitem__), stored, made.__getitem__)
        say(row(f"miniature among {count} of its like: {name}", "–", sought))
    strangers = ((None, pictures.small(FIRST_SMALL + FIRST_STRANGER + number)) for number in range(min(each, count)))
    sought = look(strangers, stored, made.__getitem__)
    say(row(f"never stored: miniature among {count} of its like", "–", sought))


def adding() -> None:
    """Print what one more picture costs."""
    say("\n| added | ms |\n|---|---|")
    for side in (128, 512, 1024, 2048):
        for mode in ("RGB", "RGBA"):
            image = wanted(1).resize((side, side)).convert(mode)
            times = []
            for _ in range(15):
                start = time.process_time()
                fingerprint(image)
                times.append(time.process_time() - start)
            say(f"| {side}×{side} {mode} | {np.median(times[3:]) * 1000:.1f} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000, help="how many are looked for")
    parser.add_argument("--others", type=int, default=20_000, help="how many are stored beside them")
    parser.add_argument("--each", type=int, default=None, help="how many of the pictures go through each attack")
    parser.add_argument("--workers", type=int, default=1, help="processes that build pictures")
    parser.add_argument("--keep", type=Path, metavar="FILE.npz", help="the others' fingerprints are kept there")
    parser.add_argument("--quick", action="store_true", help="200 pictures among 600 others, 30 of each attack")
    options = parser.parse_args()
    if options.quick:
        options.pictures, options.others, options.each = 200, 600, options.each or 30
    each = options.each or options.pictures
    with ProcessPoolExecutor(options.workers) as pool:
        sought = list(pool.map(fingerprint_of, [(REAL[n % 2], n) for n in range(options.pictures)], chunksize=50))
    stored = matrix(sought + others(options.others, options.workers, options.keep))
    say(f"{options.pictures} pictures are looked for among {stored.shape[1]}; {stored.nbytes / 1e6:.0f} MB.\n")
    recall(options.pictures, each, stored)
    small(min(options.pictures, 1000), min(each, 300))
    adding()


if __name__ == "__main__":
    main()
