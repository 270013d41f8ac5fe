"""Diffusers called by hand against pochade: the same weights, seeds and keywords, in turns in one process.

It stands apart because everything here is measured in the same way: which half comes first changes from pair to pair,
so that a busy machine slows both alike, and medians over pairs are told. Every prompt, and in a conversation every
picture, is a new one, so that nothing is remembered but where that is what is measured.
"""

from __future__ import annotations

import statistics
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from pochade.bench.table import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from pochade.bench.rig import Rig

    Half = Callable[[], tuple[float, list[Image.Image]]]

__all__ = ["PROMPT", "conversation", "edit", "fresh", "overhead", "retry", "road", "text", "variants"]

PROMPT = "a cat on a blue background"
EDITS = (
    "make the cat red",
    "give the cat a top hat",
    "make the background green",
    "add a ball",
    "make the ball yellow",
    "make the cat larger",
    "put the cat on a beach",
    "take the hat away",
    "make the cat white",
    "make the background dark",
)
"""A conversation of ten turns, each about the picture of the turn before."""
_takes = count(1)
GAIN = 1.15
"""How many times faster than diffusers called by hand a conversation should be on the CPU."""


def fresh(prompt: str) -> str:
    """Make a prompt one that nobody has asked for yet."""
    return f"{prompt}, take {next(_takes)}"


def text(rig: Rig, *, pairs: int = 9, name: str = "text", what: str = "a picture from words") -> Figure:
    """Compare a picture from words, never asked for before."""
    halves = _Halves()
    for pair in range(-1, pairs):
        prompt, seed = fresh(PROMPT), pair + 1
        halves.measure(pair, partial(rig.bare, rig.painting(prompt, [seed])), partial(rig.generate, prompt, seed))
    return halves.figure(name, what)


def edit(rig: Rig, *, pairs: int = 9) -> Figure:
    """Compare a change of a picture that is new, by words that are new."""
    halves = _Halves()
    rig.generate(fresh(PROMPT), 1)
    for pair in range(-1, pairs):
        prompt, seed = fresh(EDITS[pair % len(EDITS)]), pair + 1
        by_hand = partial(rig.bare, rig.painting(prompt, [seed], rig.current.image))
        halves.measure(pair, by_hand, partial(rig.edit, prompt, seed))
    return halves.figure("edit", "a change of a picture by words")


def retry(rig: Rig, *, pairs: int = 9) -> Figure:
    """Compare trying a change again with another seed."""
    halves, prompt = _Halves(), fresh(EDITS[0])
    rig.generate(fresh(PROMPT), 1)
    origin = rig.current
    for pair in range(-1, pairs):
        rig.session.current = origin
        by_hand = partial(rig.bare, rig.painting(prompt, [pair + 1], origin.image))
        halves.measure(pair, by_hand, partial(rig.edit, prompt, pair + 1))
    return halves.figure("retry", "the same change again with another seed")


def conversation(rig: Rig, *, rounds: int = 3, turns: int = len(EDITS)) -> Figure:
    """Compare ten changes in a row, each of the picture that the last one gave.

    Each half goes on from its own pictures. How far pictures are apart is told turn by turn, both halves changing the
    same picture: over ten turns even a rounding grows.
    """
    halves = _Halves()
    rig.generate(fresh(PROMPT), 1)
    origin = rig.current

    def by_hand(prompts: list[str]) -> tuple[float, list[Image.Image]]:
        picture, seconds = origin.image, 0.0
        for turn, prompt in enumerate(prompts):
            took, [picture] = rig.bare(rig.painting(prompt, [turn], picture))
            seconds += took
        return seconds, []

    def through_pochade(prompts: list[str]) -> tuple[float, list[Image.Image]]:
        rig.session.current = origin
        return sum(rig.edit(prompt, turn)[0] for turn, prompt in enumerate(prompts)), []

    for number in range(rounds):
        prompts = [fresh(prompt) for prompt in EDITS[:turns]]
        halves.measure(number, partial(by_hand, prompts), partial(through_pochade, prompts))
    rig.session.current = origin
    halves.apart = []
    for turn, prompt in enumerate(map(fresh, EDITS[:turns])):
        _, expected = rig.bare(rig.painting(prompt, [turn], rig.current.image))
        halves.apart.append(_apart(expected, rig.edit(prompt, turn)[1]))
    return halves.figure("conversation", f"{turns} changes in a row", GAIN)


def variants(rig: Rig, *, pairs: int = 5, several: int = 4) -> Figure:
    """Say how much longer several pictures take than one, and compare them with diffusers' own."""
    halves, alone = _Halves(), []
    for pair in range(-1, pairs):
        prompt, seeds = fresh(PROMPT), range(pair + 1, pair + 1 + several)
        by_hand = partial(rig.bare, rig.painting(prompt, seeds))
        halves.measure(pair, by_hand, partial(rig.generate, prompt, seeds[0], several))
        alone.append(rig.generate(fresh(PROMPT), seeds[0])[0])
    compared = halves.figure("variants", f"{several} pictures at once, over one")
    value = statistics.median(halves.pochade) / statistics.median(alone[1:])
    return Figure(
        compared.name,
        compared.what,
        value,
        "×",
        0.8 * several,
        "at most",
        compared.bare,
        compared.pochade,
        compared.apart,
    )


def overhead(rig: Rig, *, pairs: int = 15) -> Figure:
    """Say how much longer the whole road takes than the bare pipeline call for the same picture, in %."""
    compared = text(rig, pairs=pairs, name="overhead", what="the whole road over the bare pipeline call")
    value = None if not compared.value else 100 * (1 / compared.value - 1)
    return Figure(compared.name, compared.what, value, "%", 2, "at most", compared.bare, compared.pochade)


def road(rig: Rig, *, pairs: int = 15) -> Figure:
    """Say how much longer the whole road takes than pochade's own engine: what keeping a turn costs, in %."""
    halves = _Halves()
    for pair in range(-1, pairs):
        seed = pair + 1
        alone = partial(rig.engine, rig.painting(fresh(PROMPT), [seed]))
        halves.measure(pair, alone, partial(rig.generate, fresh(PROMPT), seed))
    value = statistics.median(
        100 * (whole / alone - 1) for whole, alone in zip(halves.pochade, halves.bare, strict=True)
    )
    return Figure("road", "the whole road over pochade's engine alone", value, "%")


class _Halves:
    """Seconds of both halves, pair by pair, and how far their pictures are apart."""

    def __init__(self) -> None:
        self.bare: list[float] = []
        self.pochade: list[float] = []
        self.apart: list[tuple[float, float]] = []

    def measure(self, pair: int, bare: Half, pochade: Half) -> None:
        """Measure one pair; a pair below 0 warms up and does not count."""
        found = {}
        for half in ("pochade", "bare") if pair % 2 else ("bare", "pochade"):
            found[half] = (bare if half == "bare" else pochade)()
        if pair < 0:
            return
        self.bare.append(found["bare"][0])
        self.pochade.append(found["pochade"][0])
        self.apart.append(_apart(found["bare"][1], found["pochade"][1]))

    def figure(self, name: str, what: str, limit: float | None = None) -> Figure:
        """Tell how many times faster pochade is, and what both took; all of it medians."""
        gain = statistics.median(bare / pochade for bare, pochade in zip(self.bare, self.pochade, strict=True))
        apart = max(largest for largest, _ in self.apart), statistics.fmean(share for _, share in self.apart)
        middle = statistics.median(self.bare), statistics.median(self.pochade)
        return Figure(name, what, gain, "×", limit, "at least", *middle, apart)


def _apart(some: list[Image.Image], others: list[Image.Image]) -> tuple[float, float]:
    """Return the largest difference of two 8-bit values, and the share of values that differ; 0 where there is none."""
    found = [
        np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int))
        for one, other in zip(some, others, strict=True)
    ]
    if not found:
        return 0.0, 0.0
    return float(max(one.max() for one in found)), float(np.mean([(one > 0).mean() for one in found]))
