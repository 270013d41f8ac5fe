"""Conversations in the miniature's world, and pictures made from two others.

A `Talk` is a scene and the edits that follow one another; a `Blend` takes a named part of each of two scenes. Both are
made by changing descriptions, so that after ten turns it is still known exactly what should be seen, and where.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import layouts, looks, world
from .edits import EDITS, Edit, draw_kind
from .reach import REFERENCES
from .wordbook import SHAPES, colourable
from .world import BUCKETS, FULL, Scene, apart, held_out, hidden, is_held_out, legible, within

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from .world import Reach

#: so many kinds of edits are tried before a conversation is begun anew, and so many scenes before giving up
_TRIES = 60
_BEGINNINGS = 4000


@dataclass(frozen=True)
class Talk:
    """A conversation about one picture.

    Attributes
    ----------
    scenes : tuple of Scene
        What is to be seen at first and after every turn: one more than `edits`.
    edits : tuple of Edit
        Each leads from one scene to the next.
    """

    scenes: tuple[Scene, ...]
    edits: tuple[Edit, ...]

    @property
    def held_out(self) -> bool:
        """Whether anything in it is kept from training."""
        return any(edit.held_out for edit in self.edits) or any(is_held_out(scene) for scene in self.scenes)


def sample_talk(
    rng: random.Random, reach: Reach = FULL, turns: int = 10, *, wanted: bool = False, bucket: str | None = None
) -> Talk:
    """Invent a scene and so many edits that follow one another.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.
    reach : Reach
        The part of the world that may occur.
    turns : int
        Number of edits, at least 1.
    wanted : bool
        False (training): nothing in it is held out. True (measuring): its first scene is, so that no part of it can
        have been seen as it is told here.
    bucket : str, optional
        The canvas's shape; None takes the reach's first.

    Raises
    ------
    ValueError
        The reach has no such conversation.
    """
    for _ in range(_BEGINNINGS):
        talk = _talk(rng, reach, turns, world.sample_scene(rng, reach, wanted=wanted, bucket=bucket), wanted=wanted)
        if talk:
            return talk
    raise ValueError(f"No scene within this reach can be changed {turns} times by {', '.join(reach.edits)}.")


def _talk(rng: random.Random, reach: Reach, turns: int, scene: Scene, *, wanted: bool) -> Talk | None:
    scenes, edits = [scene], list[Edit]()
    for _ in range(_TRIES):
        kind = draw_kind(rng, reach)
        for _ in range(8):  # a few tries each, or else the kinds that always find an occasion would be the usual ones
            edit = EDITS[kind](rng, scenes[-1], reach)
            if edit and edit.after not in scenes and (wanted or not (edit.held_out or is_held_out(edit.after))):
                edits.append(edit)
                scenes.append(edit.after)
                break
        if len(edits) == turns:
            return Talk(tuple(scenes), tuple(edits))
    return None


# -------------------------------------------------------------------------------------------- pictures made from two


@dataclass(frozen=True)
class Blend:
    """A picture made from two others.

    Attributes
    ----------
    kind : str
        A key of `BLENDS`.
    sources : tuple of two Scene
        Picture 1 and picture 2, on canvases of one shape.
    after : Scene
        What is to be seen.
    """

    kind: str
    sources: tuple[Scene, Scene]
    after: Scene

    @property
    def held_out(self) -> bool:
        """Whether the combination of kind and things, or anything in the three pictures, is kept from training."""
        named = (source.things[0].name for source in self.sources)
        return held_out(self.kind, *named) or any(is_held_out(scene) for scene in (*self.sources, self.after))


def _single(rng: random.Random, reach: Reach, bucket: str, *, styled: bool = False) -> Scene:
    """A picture of one thing, in no style unless asked for."""
    alone = tuple(layout for layout in reach.layouts if layout.split(" ")[0] in {"", "size", "place"})
    scene = world.sample(rng, replace(reach, layouts=alone), bucket)
    style = rng.choice([s for s in reach.styles if s != "flat"]) if styled else ""
    return replace(scene, style=style, overlay=())


def _into_scene(rng: random.Random, reach: Reach, bucket: str) -> Blend | None:
    """The subject of picture 1 in picture 2, which stays as it is: where there is room, or else not at all."""
    places = tuple(layout for layout in reach.layouts if layout.startswith("place"))
    landscapes = tuple(name for name in reach.scenes if name != "gradient")
    if not places or not landscapes:
        return None
    first = _single(rng, reach, bucket)
    second = replace(_single(rng, replace(reach, layouts=places), bucket), background=rng.choice(landscapes))
    subject, there = first.things[0], second.things[0]
    if subject.name == there.name:
        return None
    for place in ("in the middle", "on the left", "on the right", "at the bottom", "at the top"):
        x, y, side = layouts.at(BUCKETS[bucket], place)
        new = replace(subject, x=x, y=y, side=side)
        if apart(new, there) and within(new, second) and legible(new, reach):
            after = replace(second, things=(there, new), layout="")
            return Blend("subject in scene", (first, second), after)
    return None


def _colours(rng: random.Random, reach: Reach, bucket: str) -> Blend | None:
    """The thing of picture 2 in the colour of the thing of picture 1; all else is as in picture 2."""
    names = tuple(name for name in reach.things if name in SHAPES or (colourable(name) and reach.hues))
    if len(names) < 2:
        return None
    first, second = (_single(rng, replace(reach, names=names), bucket) for _ in range(2))
    colour, thing = first.things[0].colour, second.things[0]
    fits = colour is not None and (thing.name in SHAPES or colour in reach.hues)
    same = colour == (thing.colour or (None if thing.name in SHAPES else looks.own_hue(thing.name)))
    if not fits or same or not looks.stands_out(str(colour), second.background):
        return None
    return Blend("colours on object", (first, second), replace(second, things=(replace(thing, colour=colour),)))


def _style(rng: random.Random, reach: Reach, bucket: str) -> Blend | None:
    """Picture 2 in the style of picture 1."""
    if not set(reach.styles) - {"flat"}:
        return None
    first, second = _single(rng, reach, bucket, styled=True), _single(rng, reach, bucket)
    if any(scene.things[0].text for scene in (first, second)):
        return None  # most styles make writing unreadable
    return Blend("style on scene", (first, second), replace(second, style=first.style))


def _together(rng: random.Random, reach: Reach, bucket: str) -> Blend | None:
    """The things of both pictures side by side, picture 1's on the left, on the background of picture 1."""
    first, second = _single(rng, reach, bucket), _single(rng, reach, bucket)
    spots = layouts.related(first.size, "to the left of")
    left, right = (
        replace(scene.things[0], x=x, y=y, side=side)
        for scene, (x, y, side) in zip((first, second), spots, strict=True)
    )
    fits = all(within(thing, first) and legible(thing, reach) for thing in (left, right))
    if left.name == right.name or hidden((right,), first.background) or not fits or not apart(left, right):
        return None
    after = replace(first, things=(left, right), layout="relation to the left of")
    return Blend("together", (first, second), after)


#: kind of blend → a function that makes one, or None where chance gave no occasion
BLENDS: dict[str, Callable[[random.Random, Reach, str], Blend | None]] = dict(
    zip(REFERENCES, (_into_scene, _colours, _style, _together), strict=True)
)


def sample_blend(
    rng: random.Random,
    reach: Reach = FULL,
    kind: str | None = None,
    *,
    wanted: bool = False,
    bucket: str | None = None,
) -> Blend:
    """Invent two scenes and what is made from them.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.
    reach : Reach
        The part of the world that may occur.
    kind : str, optional
        A key of `BLENDS`; None draws one of the reach's.
    wanted : bool
        Whether something in it is to be held out of training (True: measuring) or nothing (False: training).
    bucket : str, optional
        The canvas's shape; None takes the reach's first.

    Raises
    ------
    ValueError
        The reach has no references, or nothing of this kind can be made within it.
    """
    if not (kind or reach.references):
        raise ValueError("This reach has no pictures made from two others: its list of references is empty.")
    chosen = kind or rng.choice(reach.references)
    for _ in range(_BEGINNINGS):
        blend = BLENDS[chosen](rng, reach, bucket or reach.buckets[0])
        if blend and blend.held_out == wanted:
            return blend
    raise ValueError(f"Nothing of the kind {chosen!r} can be made from two pictures within this reach.")
