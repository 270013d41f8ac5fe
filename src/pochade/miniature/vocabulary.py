"""What the miniature can be asked for: things, shapes, colours, backgrounds and what can be worn.

The tables are data alone, so that the world (which draws them), the evaluation (which looks for them) and the model
card (which lists them) cannot disagree. Things are drawings of the Noto Color Emoji font; see ``atlas.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One sort of thing.

    Attributes
    ----------
    name : str
        The word that prompts use most, without article.
    emoji : str
        The character whose drawing is the sprite; empty for plain shapes, which are drawn.
    synonyms : tuple of str
        Other words for the same thing.
    hue : float or None
        The drawing's own main hue in degrees where it may be recoloured, else None.
    wearer : tuple of float or None
        For faces: ``(hat_y, hat_width, eyes_y, eyes_width)`` as fractions of the sprite's side, where a hat's brim and
        a pair of glasses go.
    """

    name: str
    emoji: str = ""
    synonyms: tuple[str, ...] = ()
    hue: float | None = None
    wearer: tuple[float, float, float, float] | None = None


KINDS: tuple[Kind, ...] = (
    # faces, which can wear things
    Kind("cat", "🐱", ("kitten", "kitty"), wearer=(0.20, 0.70, 0.50, 0.62)),
    Kind("dog", "🐶", ("puppy",), wearer=(0.10, 0.66, 0.42, 0.58)),
    Kind("fox", "🦊", (), wearer=(0.22, 0.62, 0.52, 0.56)),
    Kind("rabbit", "🐰", ("bunny",), wearer=(0.48, 0.56, 0.66, 0.52)),
    Kind("panda", "🐼", (), wearer=(0.12, 0.68, 0.52, 0.62)),
    Kind("frog", "🐸", (), wearer=(0.14, 0.66, 0.32, 0.80)),
    Kind("monkey", "🐵", (), wearer=(0.12, 0.62, 0.44, 0.50)),
    Kind("bear", "🐻", (), wearer=(0.12, 0.66, 0.44, 0.56)),
    Kind("pig", "🐷", ("piglet",), wearer=(0.14, 0.66, 0.44, 0.66)),
    Kind("lion", "🦁", (), wearer=(0.12, 0.60, 0.42, 0.50)),
    Kind("tiger", "🐯", (), wearer=(0.12, 0.66, 0.48, 0.62)),
    Kind("koala", "🐨", (), wearer=(0.14, 0.58, 0.46, 0.52)),
    # other animals
    Kind("butterfly", "🦋"),
    Kind("turtle", "🐢", ("tortoise",)),
    Kind("elephant", "🐘"),
    Kind("penguin", "🐧"),
    Kind("owl", "🦉"),
    Kind("fish", "🐟", hue=207),
    # food
    Kind("apple", "🍎", hue=8),
    Kind("banana", "🍌"),
    Kind("strawberry", "🍓"),
    Kind("pizza", "🍕", ("slice of pizza",)),
    Kind("mushroom", "🍄", ("toadstool",), hue=15),
    Kind("cake", "🎂", ("birthday cake",)),
    # plants
    Kind("tree", "🌳"),
    Kind("sunflower", "🌻"),
    Kind("cactus", "🌵"),
    # vehicles
    Kind("car", "🚗", ("automobile",), hue=0),
    Kind("rocket", "🚀", ("spaceship",)),
    Kind("sailboat", "⛵", ("sailing boat", "boat")),
    Kind("airplane", "✈", ("plane", "aeroplane")),
    # buildings
    Kind("house", "🏠", ("cottage",)),
    Kind("castle", "🏰"),
    # sky
    Kind("sun", "☀"),
    Kind("moon", "🌙", ("crescent moon",)),
    Kind("cloud", "☁"),
    # objects
    Kind("balloon", "🎈", hue=4),
    Kind("umbrella", "☂", ("parasol",), hue=250),
    Kind("guitar", "🎸", ("electric guitar",)),
    Kind("gift", "🎁", ("present", "gift box")),
    # plain shapes, always in a colour
    Kind("circle", hue=0),
    Kind("square", hue=0),
    Kind("triangle", hue=0),
    Kind("star", hue=0),
    Kind("heart", hue=0),
    Kind("diamond", hue=0),
)

WORN: tuple[Kind, ...] = (
    Kind("top hat", "🎩", ("hat",)),
    Kind("crown", "👑"),
    Kind("glasses", "👓", ("spectacles",)),
)

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (224, 44, 44),
    "orange": (245, 140, 30),
    "yellow": (250, 215, 50),
    "green": (60, 165, 75),
    "teal": (0, 128, 128),
    "blue": (50, 110, 220),
    "purple": (130, 70, 190),
    "pink": (245, 150, 190),
    "brown": (125, 80, 50),
    "black": (25, 25, 28),
    "gray": (140, 140, 145),
    "white": (255, 255, 255),
}

#: colours that a thing (not a background) can take: hue in degrees, saturation and value factors
HUES: dict[str, tuple[float, float, float]] = {
    "red": (0, 1.0, 1.0),
    "orange": (30, 1.0, 1.05),
    "yellow": (50, 1.0, 1.1),
    "green": (125, 0.85, 0.8),
    "blue": (215, 0.95, 1.0),
    "purple": (272, 0.8, 0.9),
    "pink": (335, 0.5, 1.15),
}

SCENES: dict[str, tuple[str, ...]] = {
    "beach": ("on a beach", "at the beach"),
    "meadow": ("in a meadow", "on the grass"),
    "snow": ("in the snow", "in a snowy landscape"),
    "night sky": ("under the night sky", "at night"),
    "sunset": ("at sunset", "in front of a sunset"),
}

SHAPES = frozenset(k.name for k in KINDS if not k.emoji)
FACES = frozenset(k.name for k in KINDS if k.wearer)
BY_NAME: dict[str, Kind] = {k.name: k for k in (*KINDS, *WORN)}
NAMES: tuple[str, ...] = tuple(k.name for k in KINDS)


def colourable(name: str) -> bool:
    """Whether things of this name can be asked for in a colour."""
    return BY_NAME[name].hue is not None
