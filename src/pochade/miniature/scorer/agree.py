"""Both scorers on one picture: a thing is there when both say so, and how often they do not agree is counted.

They look at the same window and share nothing else: one lays drawings over it, the other has learnt from windows like
it. What the learnt one was not trained on, the other decides alone, and that is counted too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pochade.miniature.looks import own_hue
from pochade.miniature.wordbook import COLOURS, SHAPES, colourable, rgb

from . import synthesis
from .detector import packaged

if TYPE_CHECKING:
    import numpy as np

    from pochade.miniature.reach import Reach
    from pochade.miniature.world import Scene, Thing

    from .detector import Detector, Guess
    from .synthesis import Reading

__all__ = ["HEX_SEEN", "Judge", "Verdict", "own_colour"]

HEX_SEEN = 10.0  #: CIEDE2000 up to which a thing in an exact colour is the one that was asked for
_BACKGROUND_SEEN = 8.0  #: CIEDE2000 up to which a background is the one that was asked for
_THING_SURE = 0.8  #: how sure the detector must be of an unasked thing


@dataclass(frozen=True)
class Verdict:
    """What the two scorers say about one thing.

    Attributes
    ----------
    drawn : bool
        Analysis by synthesis finds it, right in name, colour and what it wears.
    learnt : bool or None
        The detector does; None where it was not trained on that name.
    """

    drawn: bool
    learnt: bool | None

    @property
    def right(self) -> bool:
        """Whether every scorer that can say so finds the thing."""
        return self.drawn and self.learnt is not False

    @property
    def agree(self) -> bool:
        """Whether no scorer speaks against the other."""
        return self.learnt is None or self.drawn == self.learnt


@dataclass
class Judge:
    """Reads the pictures of a model that knows a part of the world.

    Parameters
    ----------
    reach : Reach
        The part of the world.
    scale : float
        Scale of the pictures: 1 is the full canvas.
    detector : Detector
        The packaged one by default.
    """

    reach: Reach
    scale: float
    detector: Detector = field(default_factory=packaged)
    asked: int = 0  #: things that both scorers looked at
    alone: int = 0  #: things that the detector does not know
    apart: int = 0  #: things on which they did not agree

    def verdicts(self, picture: np.ndarray, scene: Scene, *, strict: bool = False) -> list[Verdict]:
        """Let both scorers look for every thing of a scene.

        Parameters
        ----------
        picture : numpy.ndarray
            RGB, ``(height, width, 3)``, uint8.
        scene : Scene
            What was asked for.
        strict : bool
            A thing of no given colour must be in its own. A prompt leaves that open; an edit that does not name a thing
            does not.
        """
        guesses = self.detector.look(picture, scene.things, self.scale)
        out = []
        for index, (thing, guess) in enumerate(zip(scene.things, guesses, strict=True)):
            reading = synthesis.read(picture, scene, index, self.reach, self.scale)
            drawn = reading.something and self._drawn(picture, scene, thing, reading, strict=strict)
            learnt = self._learnt(thing, guess, strict=strict) if self.detector.knows(thing, scene.style) else None
            out.append(Verdict(drawn, learnt))
        self.asked += sum(v.learnt is not None for v in out)
        self.alone += sum(v.learnt is None for v in out)
        self.apart += sum(not v.agree for v in out)
        return out

    def shows(self, picture: np.ndarray, scene: Scene, *, strict: bool = False) -> list[bool]:
        """For each thing of a scene, whether the picture shows it there: the right thing, colour and clothes."""
        return [verdict.right for verdict in self.verdicts(picture, scene, strict=strict)]

    def all_there(self, picture: np.ndarray, scene: Scene, *, strict: bool = False) -> bool:
        """Whether everything asked for is there and no other thing."""
        return all(self.shows(picture, scene, strict=strict)) and not self.unasked(picture, scene)

    def unasked(self, picture: np.ndarray, scene: Scene) -> list[Thing]:
        """Things that are in a picture and not in the scene, whole or melted.

        A place that no drawing explains counts where the detector is sure that it is not background.
        """
        places = synthesis.extras(picture, scene, self.scale)
        guesses = self.detector.look(picture, places, self.scale)
        return [place for place, guess in zip(places, guesses, strict=True) if guess.thing > _THING_SURE]

    def background(self, picture: np.ndarray, scene: Scene) -> bool:
        """Whether the background is the one that was asked for, to ΔE00 8."""
        return synthesis.background_difference(picture, scene, self.scale) <= _BACKGROUND_SEEN

    def styled(self, picture: np.ndarray, scene: Scene) -> bool:
        """Whether a picture is in the scene's style: nearer to it so than in any other style that could be meant."""
        return synthesis.nearest_style(picture, scene, ("", *self.reach.styles), self.scale) == scene.style

    def coloured(self, picture: np.ndarray, thing: Thing) -> bool:
        """Whether a plain shape's colour is the one that was asked for and, of the named ones, no other is nearer.

        Looks are tried in `Reach.hues` alone; shapes have more colours than those, and exact ones.
        """
        colour = thing.colour or own_colour(thing.name) or "red"
        apart = synthesis.colour_difference(picture, thing, rgb(colour), self.scale)
        named = [fill for fill in self.reach.fills if fill in COLOURS and fill != colour]
        if colour in COLOURS and any(
            synthesis.colour_difference(picture, thing, COLOURS[fill], self.scale) < apart for fill in named
        ):
            return False
        return apart <= HEX_SEEN or colour in self.reach.hues

    def _drawn(
        self, picture: np.ndarray, scene: Scene, thing: Thing, reading: Reading, *, strict: bool = False
    ) -> bool:
        if (reading.name, set(reading.worn)) != (thing.name, set(thing.worn)):
            return False
        if thing.colour is None:
            return not strict or reading.colour in (None, own_colour(thing.name))
        if thing.name in SHAPES and not scene.style and not set(self.reach.fills) <= set(self.reach.hues):
            return self.coloured(picture, thing)
        return reading.colour == thing.colour

    def _learnt(self, thing: Thing, guess: Guess, *, strict: bool) -> bool:
        """Whether the detector says the same; "its own colour" contradicts none, as an apple's own is red."""
        labels = self.detector.labels
        colour = own_colour(thing.name) if strict and thing.colour is None else thing.colour
        if guess.name != thing.name or (colour in labels.colours and guess.colour not in (None, colour)):
            return False
        return guess.worn <= frozenset(thing.worn) and frozenset(thing.worn) & frozenset(labels.worn) <= guess.perhaps


def own_colour(name: str) -> str | None:
    """The colour word for a thing as it is drawn when none is given; None where it can be given none."""
    if name in SHAPES:
        return "red"
    return own_hue(name) if colourable(name) else None
