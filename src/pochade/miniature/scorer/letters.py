"""Reads what is written on signs: by matching glyphs where each letter should stand, and with Tesseract.

Matching knows the fonts and asks of every place which character explains its ink best; it reads Chinese too. Tesseract
knows nothing of this world, and is believed only where it reads enlarged true drawings of letters of that height.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from pochade.miniature.drawing import atlas
from pochade.miniature.drawing.lettering import characters as characters_of
from pochade.miniature.drawing.writing import inked_rows, letter_height, placed
from pochade.miniature.wordbook import rgb

from .views import drawn, padded, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pochade.miniature.drawing.writing import Placed
    from pochade.miniature.world import Scene

__all__ = ["HEIGHTS", "believed", "has_tesseract", "height_class", "spelt", "tesseract", "words_right"]

#: bounds between classes of letter height, pixels: Tesseract earns belief for each class by itself
HEIGHTS = (8, 12, 16, 24)
_TALL = 32  #: height that a glyph's box is brought to for matching
_TALL_INK = 24  #: rows of ink, of a glyph's 64, from which its height in a picture tells its scale
_SHIFT = 2  #: how far a glyph is looked for, in such pixels
_ALIKE = 0.04  #: a glyph may explain so much less of its ink than the best one: I and l are one in many fonts
_ENLARGED = 40  #: letter height that Tesseract is given, pixels


@lru_cache(maxsize=64)
def _masks(font: str, width: int) -> tuple[str, np.ndarray]:
    """All characters of a font with their masks, 0 to 1, centred in boxes of one width: ``(characters, 32, width)``."""
    characters = "".join(c for c in characters_of(font) if c != " ")
    out = np.zeros((len(characters), _TALL, width), np.float32)
    for index, character in enumerate(characters):
        glyph = atlas.glyph(font, character)
        own = max(1, round(glyph.shape[1] * _TALL / glyph.shape[0]))
        small = np.asarray(Image.fromarray(glyph).resize((own, _TALL), Image.Resampling.BOX), np.float32) / 255
        shift = (width - own) // 2
        left, right = max(0, shift), min(width, shift + own)
        out[index, :, left:right] = small[:, left - shift : right - shift]
    return characters, out


def _ink(picture: np.ndarray, bare: np.ndarray, colour: Sequence[int]) -> np.ndarray:
    """How far each pixel has gone from what lies under the writing to the ink's colour: 0 to 1."""
    way = np.asarray(colour, np.float32) - bare
    share = ((picture.astype(np.float32) - bare) * way).sum(-1) / np.maximum((way * way).sum(-1), 400)
    return np.asarray(np.clip(share, -0.3, 1.3), np.float32)


def spelt(picture: np.ndarray, scene: Scene, index: int, scale: float) -> list[bool]:
    """For each character written on a thing, whether the picture shows that one and no other.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB, ``(height, width, 3)``, uint8.
    scene : Scene
        What was asked for.
    index : int
        The thing that carries the text.
    scale : float
        1 is the full canvas.

    Returns
    -------
    list of bool
        One for each character but spaces, line by line; empty where nothing is written.
    """
    thing = scene.things[index]
    if thing.text is None or not thing.text.words.strip():
        return []
    blank = replace(scene, things=(*scene.things[:index], replace(thing, text=None), *scene.things[index + 1 :]))
    (bare,) = drawn([blank], scale)
    share = _ink(picture, bare.astype(np.float32), rgb(thing.text.ink))
    field = padded((np.clip((share + 0.3) / 1.6, 0, 1) * 255).astype(np.uint8)[..., None].repeat(3, 2))
    return [_is(field, each.font, each.character, _whole(each)) for each in placed(thing, scale)]


def _whole(each: Placed) -> tuple[float, float, float, float]:
    """The box of a whole glyph, from above its ascent to below its descent, as its ink lies in the picture."""
    left, top, wide, high = each.ink
    first, last = inked_rows(each.font, each.character)
    row = high / (last - first)
    if last - first < _TALL_INK:  # a dash's height says little: it was rounded
        row = each.cell[3] / atlas.GLYPH_HEIGHT
    return left, top - first * row, wide, atlas.GLYPH_HEIGHT * row


def _is(field: Image.Image, font: str, character: str, box: tuple[float, float, float, float]) -> bool:
    """Whether one place shows a character: no other explains its ink better, and the ink is there."""
    left, top, wide, high = box
    width = max(2, round(wide * _TALL / high))
    characters, masks = _masks(font, width)
    dx, dy = wide * _SHIFT / width, high * _SHIFT / _TALL
    size = (width + 2 * _SHIFT, _TALL + 2 * _SHIFT)
    ink = window(field, (left - dx, top - dy, left + wide + dx, top + high + dy), size)[..., 0] / 255 * 1.6 - 0.3
    errors = np.full(len(characters), np.inf)
    energy = np.inf
    for y in range(2 * _SHIFT + 1):
        for x in range(2 * _SHIFT + 1):
            part = ink[y : y + _TALL, x : x + width]
            errors = np.minimum(errors, np.square(masks - part).sum((1, 2)))
            energy = min(energy, float(np.square(part).sum()))
    asked = characters.index(character)
    full = float(np.square(masks[asked]).sum())
    return bool(errors[asked] <= errors.min() + _ALIKE * full and errors[asked] < 0.6 * max(energy, full))


def words_right(words: str, letters: Sequence[bool]) -> list[bool]:
    """For each word, whether all of its characters are right."""
    out, start = [], 0
    for word in words.split():
        out.append(all(letters[start : start + len(word)]))
        start += len(word)
    return out


def has_tesseract() -> bool:
    """Whether Tesseract can be called on this machine."""
    return shutil.which("tesseract") is not None


def tesseract(picture: np.ndarray, scene: Scene, index: int, scale: float) -> str:
    """What Tesseract reads on a thing, enlarged and dark on light; its spaces and lines become single spaces."""
    boxes = [each.ink for each in placed(scene.things[index], scale)]
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    tall = letter_height(scene.things[index], scale)
    margin, grow = 0.08 * tall, _ENLARGED / tall
    box = (left - margin, top - margin, right + margin, bottom + margin)
    size = (max(1, round((box[2] - box[0]) * grow)), max(1, round((box[3] - box[1]) * grow)))
    grey = Image.fromarray(window(padded(picture), box, size)).convert("L")
    if np.median(np.asarray(grey)) < 128:
        grey = ImageOps.invert(grey)
    grey = ImageOps.expand(ImageOps.autocontrast(grey), _ENLARGED // 2, 255)
    stream = BytesIO()
    grey.save(stream, "PNG", dpi=(300, 300))
    command = ["tesseract", "-", "-", "--psm", "7" if bottom - top < 1.6 * tall else "6", "-l", "eng"]
    done = subprocess.run(command, input=stream.getvalue(), capture_output=True, check=False)  # noqa: S603 - fixed words
    return " ".join(done.stdout.decode("utf-8", "replace").split())


def height_class(scene: Scene, index: int, scale: float) -> int:
    """The class of letter height that a text falls into: how many of `HEIGHTS` it reaches."""
    tall = letter_height(scene.things[index], scale)
    return sum(tall >= bound for bound in HEIGHTS)


def believed(seen: Iterable[tuple[int, bool]]) -> dict[int, tuple[int, int]]:
    """Count by class of letter height how many true drawings Tesseract read, of how many.

    Parameters
    ----------
    seen : iterable of (int, bool)
        A class and whether that drawing was read.
    """
    out: dict[int, tuple[int, int]] = {}
    for which, right in seen:
        good, count = out.get(which, (0, 0))
        out[which] = good + right, count + 1
    return out
