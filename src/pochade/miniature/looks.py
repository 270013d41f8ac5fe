"""How things and backgrounds look: colours, clothes and words, drawn by chance within what a model is taught.

These functions give plain names and know nothing of scenes, so that the world, its edits and its conversations draw
every look in one way.
"""

from __future__ import annotations

import colorsys
from functools import lru_cache
from typing import TYPE_CHECKING

from .wordbook import BY_NAME, FACES, HANZI, HANZI_FONT, HUES, SCENES, SHAPES, WORDS, WORDS_ZH, colourable, rgb

if TYPE_CHECKING:
    import random

    from .reach import Reach


def hex_code(rng: random.Random) -> str:
    """A random hex colour that is even over hue, saturation and value."""
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.random(), 0.25 + 0.75 * rng.random())
    return f"#{round(r * 255):02x}{round(g * 255):02x}{round(b * 255):02x}"


def stands_out(colour: str, background: str) -> bool:
    """Whether a thing in this colour can be told from its background; a landscape counts as different."""
    if background in SCENES:
        return True
    grounds = background.split()[1:] if background.startswith("gradient") else [background]
    return all(max(abs(a - b) for a, b in zip(rgb(colour), rgb(g), strict=True)) >= 48 for g in grounds)


def some_background(rng: random.Random, reach: Reach) -> str:
    """Draw a background: half of them named colours, a quarter codes and gradients, a quarter landscapes."""
    roll = rng.random()
    scenes = [name for name in reach.scenes if name != "gradient"]
    if roll < 0.25 and scenes:
        return rng.choice(scenes)
    if roll < 0.32 and "gradient" in reach.scenes:
        return "gradient " + " ".join(rng.sample(reach.colours, 2))
    if roll < 0.5 and reach.hex:
        return hex_code(rng)
    return rng.choice(reach.colours)


def some_fill(rng: random.Random, reach: Reach, background: str) -> str:
    """Draw a colour for a shape or a carrier that stands out: a third of them codes where codes are taught."""
    while "hex" in reach.fills and rng.random() < 1 / 3:
        colour = hex_code(rng)
        if stands_out(colour, background):
            return colour
    named = [fill for fill in reach.fills if fill != "hex"]
    return rng.choice([fill for fill in named if stands_out(fill, background)] or named)


def some_clothes(rng: random.Random, reach: Reach) -> tuple[str, ...]:
    """Draw one or two things to wear, each in a place of its own."""
    first, second = rng.choice(reach.worn), rng.choice(reach.worn)
    return dressed((first, second)) if rng.random() < 0.4 and slot(first) != slot(second) else (first,)


def slot(item: str) -> str:
    """Where something is worn: ``"hat"``, ``"eye"`` or ``"neck"``; one thing fits each."""
    return BY_NAME[item].group.removesuffix("s")


def dressed(worn: tuple[str, ...]) -> tuple[str, ...]:
    """Clothes in the order in which they are told: from the top downwards."""
    return tuple(sorted(worn, key=lambda item: ("hat", "eye", "neck").index(slot(item))))


def some_look(rng: random.Random, reach: Reach, name: str, background: str) -> tuple[str | None, tuple[str, ...]]:
    """Draw a colour (never the background's) and clothes for a thing; most things have neither."""
    if name in SHAPES:
        return some_fill(rng, reach, background), ()
    if name in reach.carriers:
        return (some_fill(rng, reach, background) if rng.random() < 0.4 else None), ()
    hues = [hue for hue in reach.hues if stands_out(hue, background)] if colourable(name) else []
    if hues and rng.random() < 0.5:
        return rng.choice(hues), ()
    if name in FACES and reach.worn and rng.random() < 0.25:
        return None, some_clothes(rng, reach)
    return None, ()


def own_hue(name: str) -> str:
    """The name of ``HUES`` that a drawing which can be recoloured has by itself: an apple's is red."""
    hue = BY_NAME[name].hue
    if hue is None:
        raise ValueError(f"a {name} cannot be recoloured")
    return min(HUES, key=lambda colour: abs((HUES[colour][0] - hue + 180) % 360 - 180))


@lru_cache(maxsize=512)
def _texts(words: tuple[str, ...], letters: str, shortest: int, longest: int) -> tuple[str, ...]:
    """The words of some lengths that can be written in these letters, in each case that they allow."""
    sized = [word for word in words if shortest <= len(word) <= longest]
    cased = {way for word in sized for way in (word, word.upper(), word.lower(), word.title())}
    return tuple(sorted(word for word in cased if set(word) <= set(letters)))


def some_text(rng: random.Random, reach: Reach, side: int, colour: str | None) -> tuple[str, str, str] | None:
    """Draw words that fit a carrier of this side, their font, and an ink that shows; a third are just letters."""
    chinese = min(reach.hanzi, side * 3 // 4 // max(32, reach.glyph))
    longest = min(reach.text, side // reach.glyph)
    if chinese > 0 and (longest < 1 or rng.random() < 0.25):
        words, font = rng.choice(_texts(WORDS_ZH, HANZI, 1, chinese)), HANZI_FONT
    elif longest > 0:
        length = max(rng.randint(1, longest), rng.randint(1, longest))  # or else long texts would be rare
        known = _texts(WORDS, reach.letters, length - 2, length)
        plain = [letter for letter in reach.letters if letter.isalnum()]
        scrambled = "".join(rng.choices(plain, k=length))
        words = rng.choice(known) if known and rng.random() < 0.67 else scrambled
        font = rng.choice([font for font in reach.fonts if font != HANZI_FONT])
    else:
        return None
    ground = _light(colour or "beige")
    inks = [ink for ink in reach.colours if abs(_light(ink) - ground) >= 90]
    return words, font, "black" if "black" in inks and rng.random() < 0.5 else rng.choice(inks or ["black"])


def _light(colour: str) -> float:
    r, g, b = rgb(colour)
    return 0.299 * r + 0.587 * g + 0.114 * b
