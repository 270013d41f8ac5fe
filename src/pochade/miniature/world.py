"""The miniature's world: scenes as seeded descriptions, and the pictures they stand for.

A `Scene` is a background and a few things at places; `sample` invents one, `draw` gives its picture. Because every
picture comes from a description, the truth about it (what is where, in which colour) is known exactly, for training
and for measuring. Where things stand is in `layouts.py`, how they look in `looks.py`, which part of the world a model
knows in `reach.py`, how a scene can be changed in `edits.py`, how all that is put into words in `words/`, and how it
is painted in `drawing/`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations as pairs
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING

from . import layouts
from .looks import hex_code, readable, shows, some_background, some_fill, some_look, some_text, stands_out
from .reach import BUCKETS, FULL, SMALL, Reach
from .wordbook import FACES, HANZI_FONT, RATIOS, SHAPES, colourable, worn_place

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    import numpy as np

    from .drawing.render import Renderer

__all__ = ["BUCKETS", "FULL", "SHOWN", "SIDE", "SMALL", "Reach", "Scene", "Text", "Thing"]
__all__ += ["draw", "held_out", "hex_code", "is_held_out", "sample", "sample_scene"]

SIDE = 256  #: side of the square canvas that descriptions are written for, pixels
_TRIES = 1000  #: so many backgrounds and things are drawn until all can be seen


@dataclass(frozen=True)
class Text:
    """What is written on a thing: the words, a font of ``wordbook.FONTS``, and the ink (a colour's name or code)."""

    words: str
    font: str = "sans"
    ink: str = "black"


@dataclass(frozen=True)
class Thing:
    """One thing on the canvas.

    Attributes
    ----------
    name : str
        A name of ``wordbook.KINDS``.
    colour : str or None
        None is its own; a name of ``HUES`` where the drawing can be recoloured; for shapes and carriers any name of
        ``COLOURS``, or a hex code.
    x, y, side : int
        Centre and longer side, pixels of the full canvas.
    worn : tuple of str
        What it wears, from the top downwards.
    text : Text or None
        What is written on it.
    """

    name: str
    colour: str | None
    x: int
    y: int
    side: int
    worn: tuple[str, ...] = ()
    text: Text | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the drawing, pixels, without a hat."""
        height = round(self.side * RATIOS.get(self.name, 1.0))
        left, top = self.x - self.side // 2, self.y - height // 2
        return left, top, left + self.side, top + height

    @property
    def extent(self) -> tuple[int, int, int, int]:
        """`box` with what is worn, which may reach above it and below."""
        left, top, right, bottom = self.box
        places = [worn_place(self.name, item) for item in self.worn]
        highest = min((floor(self.side * above) for _, above, _, _ in places), default=0)
        lowest = max((ceil(self.side * (above + height - 1)) for _, above, _, height in places), default=0)
        return left, top + min(highest, 0), right, bottom + max(lowest, 0)


@dataclass(frozen=True)
class Scene:
    """A background and the things on it.

    Attributes
    ----------
    background : str
        A name of ``COLOURS``, a hex code, a name of ``SCENES``, or ``"gradient A B"``: A above running into B below.
    things : tuple of Thing
        Back to front.
    layout : str
        How the placing is said, a key of ``layouts.LAYOUTS``; a matter of wording, which does not change the picture.
        ``"relation above"``: the first thing is above the second; ``"between"``: the first is between the others.
    style : str
        A name of ``wordbook.STYLES``, or ``""``.
    overlay : tuple of str
        Parts of a game's interface that lie over the picture.
    bucket : str
        The canvas's shape, a key of `BUCKETS`.
    """

    background: str
    things: tuple[Thing, ...]
    layout: str = ""
    style: str = ""
    overlay: tuple[str, ...] = ()
    bucket: str = "1:1"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the full canvas, pixels."""
        return BUCKETS[self.bucket]


# ---------------------------------------------------------------------------------------------------------- drawing


@lru_cache(maxsize=2)
def _renderer(scale: float) -> Renderer:
    from .drawing.render import Renderer

    return Renderer("cpu", scale)


def draw(scene: Scene, scale: float = 1.0) -> np.ndarray:
    """Render one scene; many at a time are the `Renderer`'s business.

    Returns
    -------
    numpy.ndarray
        RGB, ``(H, W, 3)``, uint8, where H and W are `Scene.size` times ``scale``.
    """
    renderer = _renderer(scale)
    picture = renderer.paint([renderer.compose(scene)])[0]
    bytes_ = ((picture + 1) * 127.5).round().clamp(0, 255).byte()
    return bytes_.permute(1, 2, 0).contiguous().numpy()


# ------------------------------------------------------------------------------------------------------ holding out


#: what the hash would hold out of the conversation that people see first; they should see what was taught
SHOWN = frozenset({("cat", "blue"), ("cat", "top hat", "monocle"), ("style", "cat", "pixel art")})


def held_out(*key: object) -> bool:
    """Whether a combination is kept from training: one in ten but for `SHOWN`, by a hash that no seed changes."""
    return key not in SHOWN and zlib.crc32("/".join(map(str, key)).encode()) % 10 == 0


def relations(first: str, relation: str, second: str) -> tuple[tuple[str, str, str], ...]:
    """All that one relation says, as keys: where a cat is above a dog, the dog is below the cat."""
    if relation not in layouts.RELATIONS:
        return ((first, relation, second),)
    dx, dy = layouts.RELATIONS[relation]
    mirrored = next(word for word, step in layouts.RELATIONS.items() if step == (-dx, -dy))
    return (first, relation, second), (second, mirrored, first)


def combinations(scene: Scene) -> Iterator[tuple[object, ...]]:
    """Name what a scene combines.

    Thing and colour, clothes (each, and all together), background, style or number; pair and relation, said from
    either side; and every text. A grid names its things
    with their attributes alone: with sixteen things on it, it would else always hold something that is held out.
    """
    word, _, argument = scene.layout.partition(" ")
    for thing in set(scene.things):
        if thing.worn:
            yield thing.name, *thing.worn
        if len(thing.worn) > 1:
            yield from ((thing.name, item) for item in thing.worn)
        if thing.colour and thing.name not in SHAPES and not thing.colour.startswith("#"):
            yield thing.name, thing.colour
        if thing.text:
            yield "text", thing.text.words.lower()
    if word == "grid" or not scene.things:
        return
    for name in {thing.name for thing in scene.things}:
        if not scene.background.startswith(("#", "gradient")):
            yield name, scene.background
        if scene.style:
            yield name, scene.style
    if word == "count":
        yield scene.things[0].name, scene.layout
        return
    for first, second in pairwise(scene.things):
        yield from relations(first.name, argument or word, second.name)
    if word == "row" and len(scene.things) == 2:  # two side by side are also one to the left of the other
        first, second = scene.things
        yield second.name, word, first.name
        yield from relations(first.name, "to the left of", second.name)


def is_held_out(scene: Scene) -> bool:
    """Whether any combination of the scene is held out of training."""
    return any(held_out(*key) for key in combinations(scene))


# --------------------------------------------------------------------------------------------------------- sampling


def made(rng: random.Random, reach: Reach, canvas: Scene, name: str, spot: layouts.Spot) -> Thing:
    """Put a thing exactly at a spot, with a look of its own; what it wears is on the canvas too."""
    colour, worn = some_look(rng, reach, name, canvas.background)
    written = some_text(rng, reach, name, spot[2], colour) if name in reach.carriers else None
    thing = Thing(name, colour, *spot, worn, Text(*written) if written else None)
    return thing if within(thing, canvas) else replace(thing, worn=())


def placed(rng: random.Random, reach: Reach, canvas: Scene, name: str, spot: layouts.Spot) -> Thing:
    """Put a thing near a spot, about so large, wholly on the canvas, with a look of its own."""
    x, y, side = (number + 2 * rng.randint(-2, 2) for number in spot)
    return made(rng, reach, canvas, name, (*inside(canvas, x, y, side), side))


def inside(canvas: Scene, x: float, y: float, side: int, margin: int = 0) -> tuple[int, int]:
    """The nearest centre at which a square of this side is wholly on the canvas."""
    width, height = canvas.size
    half = -(-(side // 2 + margin) // 2) * 2
    return min(max(layouts.even(x), half), width - half), min(max(layouts.even(y), half), height - half)


def legible(thing: Thing, reach: Reach) -> bool:
    """Whether a thing is large enough for what is written on it."""
    if thing.text is None:
        return True
    words, font = thing.text.words, thing.text.font
    letter = 4 / 3 * max(32, reach.glyph) if font == HANZI_FONT else reach.glyph
    return thing.side >= len(words) * letter and readable(thing.name, thing.side, words, font)


def hidden(things: tuple[Thing, ...], background: str) -> bool:
    """Whether any of these things could hardly be told from a background, in the colour asked for or its own."""
    return not all(shows(thing.name, thing.colour, background) for thing in things)


def within(thing: Thing, canvas: Scene) -> bool:
    """Whether a thing and what it wears are wholly on the canvas."""
    left, top, right, bottom = thing.extent
    return left >= 0 and top >= 0 and right <= canvas.size[0] and bottom <= canvas.size[1]


def apart(thing: Thing, other: Thing) -> bool:
    """Whether two things are clear of each other, but for the edges of their squares, which drawings seldom fill."""
    a, b = thing.extent, other.extent
    return min(a[2], b[2]) - max(a[0], b[0]) <= 12 or min(a[3], b[3]) - max(a[1], b[1]) <= 12


def some_names(rng: random.Random, reach: Reach, count: int, side: int) -> list[str]:
    """Draw different things; one of them carries text at times, the more often the longer the texts that would fit."""
    names = rng.sample(reach.things, count)
    if reach.shapes and rng.random() < 0.12 - len(reach.shapes) / len(reach.things):  # else rare among so many things
        names[0] = rng.choice([shape for shape in reach.shapes if shape not in names] or names[:1])
    carriers = [name for name in reach.carriers if readable(name, side, "A", "sans")]
    fits = (reach.text and side >= 4 * reach.glyph) or (reach.hanzi and side >= 48)
    often = min(0.33, 0.03 * (reach.text + reach.hanzi)) * (2 if side >= 200 else 1)
    if carriers and fits and rng.random() < often:
        names[rng.randrange(count)] = rng.choice(carriers)
    return names


def _cell(rng: random.Random, reach: Reach, canvas: Scene, name: str, spot: layouts.Spot) -> Thing:
    """A thing of a grid, with a colour or something that it wears; with a hat it is smaller, to stay in its cell."""
    if name in SHAPES:
        return Thing(name, some_fill(rng, reach, canvas.background), *spot)
    if name not in FACES or not reach.worn:
        return Thing(name, rng.choice([h for h in reach.hues if stands_out(h, canvas.background)] or reach.hues), *spot)
    x, y, side = spot
    thing = Thing(name, None, x, y, side, (rng.choice(reach.worn),))
    _, top, _, bottom = thing.extent
    thing = replace(thing, side=layouts.even(side * min(1, side * 1.08 / (bottom - top))))
    _, top, _, bottom = thing.extent
    return replace(thing, y=layouts.even(2 * y - (top + bottom) / 2))


def _telling(reach: Reach, background: str = "") -> list[str]:
    """The things that can be told apart by a colour or by what they wear, and a face from the background too."""
    faces = [n for n in FACES if reach.worn and (not background or shows(n, None, background))]
    return [n for n in reach.things if n in SHAPES or (colourable(n) and reach.hues) or n in faces]


def _grid(rng: random.Random, reach: Reach, canvas: Scene, rows: int, columns: int) -> tuple[Thing, ...]:
    """Fill a grid with different things, each with an attribute; where they run out, with the same in other looks."""
    spots = layouts.cells(canvas.size, rows, columns)
    telling = _telling(reach, canvas.background) or _telling(reach)
    names = rng.sample(telling, min(len(spots), len(telling)))
    names += rng.choices(telling, k=len(spots) - len(names))
    return tuple(_cell(rng, reach, canvas, name, spot) for name, spot in zip(names, spots, strict=True))


@lru_cache(maxsize=256)
def _ways(reach: Reach) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The layouts that a reach has things enough for, and how often each is drawn."""
    most = min(reach.most, len(reach.things))
    taken = {"relation": 2, "row": 3, "between": 3, "grid": 3}
    ways = []
    for layout in reach.layouts:
        word, _, argument = layout.partition(" ")
        fits = taken.get(word, 1) <= most and (word != "count" or int(argument) <= reach.most)
        if fits and (word != "grid" or _telling(reach)):
            ways.append(layout)
    if not ways:
        raise ValueError(f"No scene has at most {reach.most} of {len(reach.things)} things in a layout of this reach.")
    return tuple(ways), tuple(layouts.LAYOUTS[way] for way in ways)


def _spots(rng: random.Random, reach: Reach, canvas: Scene) -> tuple[layouts.Spot, ...]:
    """Where the different things of a scene stand."""
    word, _, argument = canvas.layout.partition(" ")
    if word == "place":
        return (layouts.at(canvas.size, argument),)
    if word == "relation":
        return layouts.related(canvas.size, argument)
    if word == "between":
        left, middle, right = layouts.row(canvas.size, 3)
        return middle, left, right
    if word == "row":
        most = min(reach.most, len(reach.things), canvas.size[0] // 48, 5)
        return layouts.row(canvas.size, rng.choices((3, 4, 5)[: most - 2], (8, 3, 1)[: most - 2])[0])
    return (layouts.single(canvas.size, argument),)


def _things(rng: random.Random, reach: Reach, canvas: Scene) -> tuple[Thing, ...]:
    """What stands on a canvas, as its layout says."""
    word, _, argument = canvas.layout.partition(" ")
    if word == "grid":
        rows, columns = (int(number) for number in argument.split("x"))
        return _grid(rng, reach, canvas, rows, columns)
    if word == "count":
        spots = layouts.counted(canvas.size, int(argument))
        first = made(rng, reach, canvas, rng.choice(reach.things), spots[0])
        things = tuple(replace(first, x=x, y=y) for x, y, _ in spots)
    else:
        spots = _spots(rng, reach, canvas)
        names = some_names(rng, reach, len(spots), spots[0][2])
        things = tuple(placed(rng, reach, canvas, name, spot) for name, spot in zip(names, spots, strict=True))
    if all(apart(a, b) for a, b in pairs(things, 2)):
        return things
    return tuple(replace(thing, worn=()) for thing in things)  # a hat reached into the thing above


def sample(rng: random.Random, reach: Reach = FULL, bucket: str | None = None) -> Scene:
    """Invent a scene.

    Parameters
    ----------
    rng : random.Random
        The only source of chance: the same state gives the same scene.
    reach : Reach
        The part of the world that may occur.
    bucket : str, optional
        The canvas's shape, a key of `BUCKETS`; None takes the reach's first.

    Raises
    ------
    ValueError
        There is no such bucket; the reach has no layout that it has things enough for, or none of its things stands out
        from its backgrounds.
    """
    bucket = bucket or reach.buckets[0]
    if bucket not in BUCKETS:
        raise ValueError(f"There is no canvas of the shape {bucket!r}: give one of {', '.join(BUCKETS)}.")
    layout = rng.choices(*_ways(reach))[0]
    for _ in range(_TRIES):
        canvas = Scene(some_background(rng, reach), (), layout, bucket=bucket)
        things = _things(rng, reach, canvas)
        if not hidden(things, canvas.background):
            break
    else:
        raise ValueError(f"No things of this reach stand out from its backgrounds in the layout {layout!r}.")
    if layout.startswith("relation to the") and "row" in reach.layouts and rng.random() < 0.3:  # "a cat and a dog"
        canvas, things = replace(canvas, layout="row"), tuple(sorted(things, key=lambda thing: thing.x))
    scene = replace(canvas, things=things)
    if (
        reach.styles
        and rng.random() < min(0.2, 0.1 + 0.02 * len(reach.styles))
        and not any(thing.text for thing in things)
    ):
        scene = replace(scene, style=rng.choice(reach.styles))
    if reach.overlays and rng.random() < 0.08 and roomy(scene):
        chosen = rng.sample(reach.overlays, rng.randint(1, len(reach.overlays)))
        scene = replace(scene, overlay=tuple(part for part in reach.overlays if part in chosen))
    return scene


def roomy(scene: Scene) -> bool:
    """Whether a game's interface, which lies along the canvas's edges, would hide no thing's middle."""
    width, height = scene.size
    return all(0.26 < t.x / width < 0.74 and 0.26 < t.y / height < 0.74 for t in scene.things)


def sample_scene(rng: random.Random, reach: Reach = FULL, *, wanted: bool = False, bucket: str | None = None) -> Scene:
    """Invent a scene that holds (``wanted=True``) or does not hold a combination which training never sees."""
    while True:
        scene = sample(rng, reach, bucket)
        if is_held_out(scene) == wanted:
            return scene
