"""Finds held-out scenes of a wanted kind, and paints and judges them: what every measurement of pictures shares."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pochade.miniature import world
from pochade.miniature.words.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np

    from pochade.miniature.reach import Reach
    from pochade.miniature.scorer.agree import Judge
    from pochade.miniature.world import Scene

    from .painter import Painter

__all__ = ["Bench", "find"]

_TRIES = 6000  #: scenes that are drawn before a kind of scene counts as one that the weights were not taught


@dataclass
class Bench:
    """What measuring one model takes.

    Attributes
    ----------
    painter : Painter
        The model.
    judge : Judge
        Reads its pictures.
    counts : dict
        Row → how many are asked for; a name that is missing has the count of ``""``.
    seed : int
        Every row draws from it and its own name, so that rows can be measured one by one.
    repeats : int
        Pictures of each text-to-image prompt, from different noise.
    """

    painter: Painter
    judge: Judge
    counts: dict[str, int]
    seed: int = 12345
    repeats: int = 4

    @property
    def reach(self) -> Reach:
        """What the weights know."""
        return self.painter.reach

    @property
    def scale(self) -> float:
        """The scale of their pictures."""
        return float(self.painter.scale)

    def count(self, row: str) -> int:
        """How many are asked for in a row."""
        return self.counts.get(row, self.counts[""])

    def rng(self, row: str) -> random.Random:
        """A row's own source of chance."""
        return random.Random(f"{self.seed}/{row}")

    def words(self, rng: random.Random, scenes: Iterable[Scene], language: str = "en") -> list[str]:
        """Word scenes in one of the many ways that each has."""
        wording = Wording(rng, language=language)
        return [wording.scene(scene) for scene in scenes]

    def painted(self, words: Sequence[str], scenes: Sequence[Scene], seed: int) -> list[np.ndarray]:
        """Paint scenes by their prompts, those of one shape together."""
        out: dict[int, np.ndarray] = {}
        for bucket in dict.fromkeys(scene.bucket for scene in scenes):
            chosen = [i for i, scene in enumerate(scenes) if scene.bucket == bucket]
            pictures = self.painter([words[i] for i in chosen], seed=seed, bucket=bucket)
            out |= dict(zip(chosen, pictures, strict=True))
        return [out[i] for i in range(len(scenes))]


def find(
    rng: random.Random,
    reach: Reach,
    count: int,
    fits: Callable[[Scene], bool],
    bucket: str = "1:1",
    change: Callable[[Scene], Scene | None] | None = None,
) -> list[Scene]:
    """Draw so many held-out scenes of a kind.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.
    reach : Reach
        What the weights know.
    fits : callable
        Says whether a scene is of the kind.
    bucket : str
        The shape of the canvas.
    change : callable, optional
        Makes a scene of the kind out of one that is not, where they are rare; what comes out must be held out too.

    Returns
    -------
    list of Scene
        Fewer, or none, where the part of the world hardly holds any.
    """
    out: list[Scene] = []
    tries = 0
    while len(out) < count and tries < _TRIES + 400 * len(out):
        tries += 1
        scene: Scene | None = world.sample(rng, reach, bucket)
        if change is not None and scene is not None:
            scene = change(scene)
        if scene is not None and fits(scene) and world.is_held_out(scene):
            out.append(scene)
    return out
