"""How well edits stay where they belong: ``python tests/benchmarks/edits_stay_put.py [--photos N] [--side PIXELS]``.

Prints four tables: how exactly an editor's shift and zoom are measured; how much of what truly changed is found, and
how much of the rest is kept; ten edits in a row with and without keeping, by a simulated editor of photographs and by
the packaged miniature; and the time that it takes. `tests/support/editor.py` says what the simulated editor does.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy comes in: times are those of one core

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import editor

from pochade.imaging.align import align
from pochade.imaging.changed import Kept, keep_unchanged
from pochade.imaging.colour import to_lab
from pochade.miniature import folder, world
from pochade.miniature.edits import EDITS
from pochade.miniature.words.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pochade.miniature.world import Scene

TURNS = 10
NOISES = (28.0, 31.0, 34.0)  # decibels, what autoencoders of image models reach


def habits(rng: np.random.Generator, decibels: float, *, jpeg: bool = False) -> editor.Habits:
    """An editor that shifts by up to 8 pixels, zooms by up to 3 % and drifts by up to 3 levels."""
    shift, drift = tuple(rng.uniform(-8, 8, 2)), tuple(rng.uniform(-3, 3, 3))
    return editor.Habits(shift, rng.uniform(0.97, 1.03), decibels, 0.5, drift, 85 if jpeg else None)


def seen(before: Image.Image, after: Image.Image) -> np.ndarray:
    """Where two pictures look different: ΔE above 3."""
    return np.sqrt(np.square(to_lab(np.asarray(before)) - to_lab(np.asarray(after))).sum(axis=-1)) > 3


def taken(kept: Kept, size: tuple[int, int]) -> np.ndarray:
    """Where the answer was taken over."""
    return np.ones(size[::-1], dtype=bool) if kept.changed is None else np.asarray(kept.changed) > 0


def decibels(first: Image.Image, second: Image.Image, where: np.ndarray) -> float:
    """PSNR where asked, capped at 99 for equal pixels."""
    error = np.square(np.asarray(first)[where].astype(float) - np.asarray(second)[where]).mean() if where.any() else 0.0
    return min(99.0, 10 * math.log10(255**2 / max(error, 1e-9)))


def same(first: Image.Image, second: Image.Image) -> float:
    """Share of pixels that are equal to the byte."""
    return float((np.asarray(first) == np.asarray(second)).all(axis=-1).mean())


def aligned(photos: int) -> Iterator[str]:
    """Errors of the measured motion, a third of the picture being really changed."""
    yield "| side | shift error, median (px) | worst | at the corners, median (px) | worst |\n|---|---|---|---|---|"
    for side in (256, 512, 1024):
        rng, shifts, corners = np.random.default_rng(side), [], []
        for seed in range(4 * photos):
            ideal, other = (editor.photo(seed + more, (side, side)) for more in (0, 700))
            parent = ideal.copy()
            ideal.paste(other.crop((0, 0, side // 3, side)), (int(rng.integers(0, 2 * side // 3)), 0))
            manner = habits(rng, rng.uniform(*NOISES[::2]), jpeg=bool(seed % 2))
            found = align(parent, editor.repaint(ideal, manner, seed))
            shifts.append(math.dist(found[:2], manner.shift))
            corners.append(shifts[-1] + abs(found.zoom - manner.zoom) * side / math.sqrt(2))
        figures = (np.median(shifts), max(shifts), np.median(corners), max(corners))
        yield f"| {side} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def found(photos: int, side: int) -> Iterator[str]:
    """What truly changed and was taken over, and what did not and was kept."""
    yield "| change | noise (dB) | found, mean | least | kept, mean | least | taken as it is |\n" + "|---" * 7 + "|"
    parents = [editor.photo(seed + 20, (side, side)) for seed in range(photos)]
    for kind in editor.EDITS:
        for noise in NOISES:
            rng, figures, whole = np.random.default_rng(7), [], 0
            for seed, parent in enumerate(parents):
                ideal = editor.edited(parent, kind, seed + 300)
                kept = keep_unchanged(parent, editor.repaint(ideal, habits(rng, noise), seed))
                truth, region = seen(parent, ideal), taken(kept, parent.size)
                figures.append(((truth & region).sum() / truth.sum(), (~truth & ~region).sum() / (~truth).sum()))
                whole += kept.whole
            (recall, rest), (least, fewest) = np.mean(figures, axis=0), np.min(figures, axis=0)
            yield f"| {kind} | {noise:g} | {recall:.4f} | {least:.4f} | {rest:.3f} | {fewest:.3f} | {whole}/{photos} |"


def photo_turns(
    seed: int, side: int
) -> tuple[Image.Image, Callable[[Image.Image, int], tuple[Image.Image, np.ndarray]]]:
    """A photograph, and the simulated editor's turns on it: an answer, and where it should differ."""
    kinds = [kind for kind in editor.EDITS if kind != "background"]

    def turn(picture: Image.Image, index: int) -> tuple[Image.Image, np.ndarray]:
        ideal = editor.edited(picture, kinds[index % len(kinds)], 10 * seed + index)
        small = np.random.default_rng(100 * seed + index)
        shift, zoom = tuple(small.uniform(-3, 3, 2)), small.uniform(0.99, 1.01)
        manner = editor.Habits(shift, zoom, 32, 0.4, tuple(small.uniform(-2, 2, 3)))
        return editor.repaint(ideal, manner, index), seen(picture, ideal)

    return editor.photo(seed, (side, side)), turn


def miniature_turns(seed: int) -> tuple[Image.Image, Callable[[Image.Image, int], tuple[Image.Image, np.ndarray]]]:
    """A drawing, and the packaged model's turns on it by words: its answer, and where it was asked to change."""
    from pochade.miniature.evaluate import Painter

    painter, rng = Painter(folder(), threads=1), random.Random(seed)
    reach, scale = world.Reach.from_card(painter.card), painter.width / world.SIDE
    scene = world.sample(rng, reach)
    edits = []
    while len(edits) < TURNS:
        before: Scene = edits[-1].after if edits else scene
        edit = EDITS[rng.choice(("add", "recolour", "replace", "wear", "take off", "remove"))](rng, before, reach)
        if edit is not None and edit.after.things:
            edits.append(edit)
    words = [Wording(random.Random(index)).edit(edit) for index, edit in enumerate(edits)]

    def turn(picture: Image.Image, index: int) -> tuple[Image.Image, np.ndarray]:
        answer = painter([words[index]], [np.asarray(picture)], seed=index)[0]
        asked = (world.draw(edits[index].before, scale) != world.draw(edits[index].after, scale)).any(axis=-1)
        return Image.fromarray(answer), asked

    return Image.fromarray(world.draw(scene, scale)), turn


def in_a_row(
    name: str, start: Image.Image, turn: Callable[[Image.Image, int], tuple[Image.Image, np.ndarray]]
) -> Iterator[str]:
    """Let the same editor change a picture ten times, with and without keeping what it need not change."""
    kept = plain = start
    asked, touched = (np.zeros(start.size[::-1], dtype=bool) for _ in range(2))
    for index in range(TURNS):
        answer, here = turn(kept, index)
        result = keep_unchanged(kept, answer)
        kept, touched, asked = result.picture, touched | taken(result, start.size), asked | here
        plain = turn(plain, index)[0]
        if index + 1 in (1, 2, 5, 10):
            rest = ~asked
            equal = "yes" if (np.asarray(kept)[~touched] == np.asarray(start)[~touched]).all() else "NO"
            yield (
                f"| {name} | {index + 1} | {decibels(kept, start, rest):.1f} | {decibels(plain, start, rest):.1f} "
                f"| {same(kept, start):.3f} | {same(plain, start):.3f} | {rest.mean():.3f} | {equal} |"
            )


def times() -> Iterator[str]:
    """Seconds of one core, the least of five, for a moved answer with one change."""
    yield "| side | seconds |\n|---|---|"
    for side in (128, 512, 1024, 2048):
        parent = editor.photo(1, (side, side))
        manner = editor.Habits((2.3, -1.4), 1.005)
        answer = editor.repaint(editor.edited(parent, "add", 2), manner, 3)
        spent = []
        for _ in range(5):
            before = time.process_time()
            keep_unchanged(parent, answer)
            spent.append(time.process_time() - before)
        yield f"| {side} | {min(spent):.2f} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=3, help="how many photographs for each figure")
    parser.add_argument("--side", type=int, default=1024, help="pixels of their sides")
    options = parser.parse_args()

    def tell(lines: Iterator[str]) -> None:
        for line in lines:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    tell(aligned(options.photos))
    tell(found(options.photos, options.side))
    columns = (
        "picture",
        "turns",
        "kept: rest (dB)",
        "not: rest (dB)",
        "kept: equal",
        "not: equal",
        "never asked",
        "exact",
    )
    tell(iter([f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]))
    for seed in range(options.photos):
        tell(in_a_row(f"photograph {seed + 1}", *photo_turns(seed, options.side)))
        tell(in_a_row(f"miniature {seed + 1}", *miniature_turns(seed)))
    tell(times())


if __name__ == "__main__":
    main()
