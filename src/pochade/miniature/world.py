"""The miniature's world: scenes as seeded descriptions, and the pictures they stand for.

A `Scene` is a background and a few things at places; `draw` renders it, `sample` invents one. Because every picture
comes from a description, the truth about it (what is where, in which colour) is known exactly, for training and for
measuring. How a scene can be changed is in `edits.py`, how both are put into words in `wording.py`.
"""

from __future__ import annotations

import colorsys
import random
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from .atlas import sprite
from .vocabulary import COLOURS, FACES, HUES, NAMES, SCENES, SHAPES, WORN, colourable

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE = 128  #: side of the canvas that descriptions are written for, pixels

#: words for places on the canvas → centre
PLACES: dict[str, tuple[int, int]] = {
    "in the middle": (64, 64),
    "on the left": (32, 64),
    "on the right": (96, 64),
    "at the top": (64, 32),
    "at the bottom": (64, 96),
    "in the top left corner": (32, 32),
    "in the top right corner": (96, 32),
    "in the bottom left corner": (32, 96),
    "in the bottom right corner": (96, 96),
}
#: relation → unit step from the second thing to the first
RELATIONS: dict[str, tuple[int, int]] = {
    "to the left of": (-1, 0),
    "to the right of": (1, 0),
    "above": (0, -1),
    "below": (0, 1),
}
SIZES = {"small": 40, "": 76, "big": 104}  #: side of a single thing, pixels


@dataclass(frozen=True)
class Thing:
    """One thing on the canvas: what, in which colour (None: its own), centre and side in pixels, and what it wears."""

    name: str
    colour: str | None
    x: int
    y: int
    side: int
    worn: tuple[str, ...] = ()

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the sprite's square, pixels, without a hat."""
        half = self.side // 2
        return self.x - half, self.y - half, self.x - half + self.side, self.y - half + self.side


@dataclass(frozen=True)
class Scene:
    """A background (a name of ``COLOURS``, a hex code, or a name of ``SCENES``) and the things on it, back to front.

    ``relation`` keeps how the things were said to stand to each other: a key of `RELATIONS`, ``"row"``, a key of
    `PLACES`, or ``""``; it is a matter of wording and does not change the picture.
    """

    background: str
    things: tuple[Thing, ...]
    relation: str = ""


# ---------------------------------------------------------------------------------------------------------- drawing


def _gradient(*stops: tuple[float, tuple[int, int, int]]) -> np.ndarray:
    rows = np.linspace(0, 1, SIDE)
    places = [place for place, _ in stops]
    return np.stack([np.interp(rows, places, [rgb[c] for _, rgb in stops]) for c in range(3)], 1)[:, None].repeat(
        SIDE, 1
    )


@lru_cache(maxsize=512)
def _background(name: str) -> Image.Image:
    """A background at the canvas's own size: flat for colours and hex codes, a fixed landscape for scenes."""
    if name in COLOURS:
        return Image.new("RGB", (SIDE, SIDE), COLOURS[name])
    if name.startswith("#"):
        return Image.new("RGB", (SIDE, SIDE), name)
    if name == "night sky":
        image = Image.fromarray(_gradient((0, (12, 18, 56)), (1, (52, 60, 120))).astype(np.uint8))
        pen, rng = ImageDraw.Draw(image), random.Random(4)
        for _ in range(26):
            x, y, r = rng.randrange(4, 124), rng.randrange(4, 124), rng.choice((1, 1, 2))
            pen.ellipse((x - r, y - r, x + r, y + r), fill=(250, 244, 200))
        return image
    if name == "sunset":
        image = Image.fromarray(
            _gradient(
                (0, (110, 70, 150)), (0.45, (240, 130, 90)), (0.66, (255, 205, 110)), (1, (255, 205, 110))
            ).astype(np.uint8)
        )
        pen = ImageDraw.Draw(image)
        pen.ellipse((46, 62, 82, 98), fill=(255, 240, 190))
        pen.rectangle((0, 86, SIDE, SIDE), fill=(70, 60, 110))
        for y, half in ((90, 22), (96, 16), (102, 11), (108, 6)):
            pen.rectangle((64 - half, y, 64 + half, y + 2), fill=(250, 190, 120))
        return image
    sky = {
        "beach": ((90, 180, 240), (190, 230, 250)),
        "meadow": ((120, 195, 245), (215, 240, 250)),
        "snow": ((165, 195, 220), (225, 235, 245)),
    }
    image = Image.fromarray(_gradient((0, sky[name][0]), (0.7, sky[name][1]), (1, sky[name][1])).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    if name == "beach":
        pen.rectangle((0, 70, SIDE, 100), fill=(40, 130, 190))
        pen.rectangle((0, 70, SIDE, 74), fill=(80, 165, 210))
        pen.ellipse((-40, 90, 190, 200), fill=(244, 217, 152))
    elif name == "meadow":
        pen.ellipse((-60, 78, 110, 220), fill=(110, 185, 80))
        pen.ellipse((20, 86, 210, 240), fill=(85, 160, 65))
    else:
        pen.ellipse((-70, 80, 120, 220), fill=(238, 243, 250))
        pen.ellipse((30, 90, 230, 240), fill=(250, 252, 255))
        rng = random.Random(9)
        for _ in range(30):
            x, y = rng.randrange(2, 126), rng.randrange(2, 84)
            pen.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(250, 252, 255))
    return image


def draw(scene: Scene) -> np.ndarray:
    """Render a scene.

    Returns
    -------
    numpy.ndarray
        RGB, ``(128, 128, 3)``, uint8.
    """
    image = _background(scene.background).copy()
    for thing in scene.things:
        left, top, _, _ = thing.box
        drawing = sprite(thing.name, thing.colour, thing.side, thing.worn)
        image.paste(drawing, (left, top - thing.side // 2), drawing)
    return np.asarray(image)


# --------------------------------------------------------------------------------------------------------- sampling


def held_out(*key: object) -> bool:
    """Whether a combination is kept from training: one in ten, by a hash that no seed changes."""
    return zlib.crc32("/".join(map(str, key)).encode()) % 10 == 0


def combinations(scene: Scene) -> Iterator[tuple[object, ...]]:
    """Name what a scene combines: thing and background, thing and clothes, thing and colour, pair and relation."""
    for thing in scene.things:
        if not scene.background.startswith("#"):
            yield thing.name, scene.background
        if thing.worn:
            yield thing.name, *thing.worn
        if thing.colour and thing.name not in SHAPES:
            yield thing.name, thing.colour
    for first, second in zip(scene.things, scene.things[1:], strict=False):
        yield first.name, scene.relation, second.name


def is_held_out(scene: Scene) -> bool:
    """Whether any combination of the scene is held out of training."""
    return any(held_out(*key) for key in combinations(scene))


def hex_code(rng: random.Random) -> str:
    """A random hex colour that is even over hue, saturation and value."""
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.random(), 0.25 + 0.75 * rng.random())
    return f"#{round(r * 255):02x}{round(g * 255):02x}{round(b * 255):02x}"


def some_background(rng: random.Random) -> str:
    """Draw a background: half of them named colours, a quarter hex codes, a quarter landscapes."""
    roll = rng.random()
    if roll < 0.5:
        return rng.choice(list(COLOURS))
    if roll < 0.75:
        return hex_code(rng)
    return rng.choice(list(SCENES))


def some_look(rng: random.Random, name: str, background: str) -> tuple[str | None, tuple[str, ...]]:
    """Draw a colour (never the background's) and clothes for a thing; most things have neither."""
    if name in SHAPES or (colourable(name) and rng.random() < 0.5):
        return rng.choice([hue for hue in HUES if hue != background]), ()
    if name in FACES and rng.random() < 0.25:
        hats = [w.name for w in WORN if w.name != "glasses"]
        return None, rng.choice([(rng.choice(hats),), ("glasses",), (rng.choice(hats), "glasses")])
    return None, ()


def placed(rng: random.Random, background: str, name: str, x: int, y: int, side: int) -> Thing:
    """Put a thing near a place, about so large, with a look of its own."""
    colour, worn = some_look(rng, name, background)
    return Thing(name, colour, x + rng.randint(-2, 2), y + rng.randint(-2, 2), max(24, side + rng.randint(-2, 2)), worn)


def sample(rng: random.Random, most: int = 3) -> Scene:
    """Invent a scene of one to ``most`` things.

    Parameters
    ----------
    rng : random.Random
        The only source of chance: the same state gives the same scene.
    most : int
        At most so many things (1 to 3).
    """
    background = some_background(rng)
    count = rng.choices((1, 2, 3), (0.5, 0.36, 0.14))[0]
    count = min(count, most)
    if count == 1:
        name = rng.choice(NAMES)
        if rng.random() < 0.65:
            size = rng.choices(list(SIZES), (0.15, 0.7, 0.15))[0]
            return Scene(background, (placed(rng, background, name, 64, 64 + SIZES[size] // 12, SIZES[size]),), size)
        place = rng.choice(list(PLACES)[1:])
        return Scene(background, (placed(rng, background, name, *PLACES[place], 50),), place)
    if count == 2:
        names = rng.sample(NAMES, 2)
        relation = rng.choice(list(RELATIONS))
        dx, dy = RELATIONS[relation]
        side = 54 if dx else 50
        first = placed(rng, background, names[0], 64 + 30 * dx, 64 + 31 * dy + 4, side)
        second = placed(rng, background, names[1], 64 - 30 * dx, 64 - 31 * dy + 4, side)
        return Scene(background, (first, second), relation)
    names = rng.sample(NAMES, 3)
    return Scene(background, tuple(placed(rng, background, n, 23 + 41 * i, 66, 39) for i, n in enumerate(names)), "row")


def sample_scene(rng: random.Random, *, wanted: bool = False) -> Scene:
    """Invent a scene that holds (``wanted=True``) or does not hold a combination which training never sees."""
    while True:
        scene = sample(rng)
        if is_held_out(scene) == wanted:
            return scene
