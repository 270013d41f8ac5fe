"""The sprite atlas: the drawings of the Noto Color Emoji font that the miniature's world is made of.

The drawings are taken from the font once (``python -m pochade.miniature.atlas FONT``) and kept as one small picture
in the package, so that neither training nor evaluation nor a classroom needs the font. The font is © Google and
licensed under the SIL Open Font License 1.1; the notice lies beside the atlas as ``ATLAS-LICENSE.txt``.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.resources import files

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .vocabulary import BY_NAME, COLOURS, HUES, KINDS, SHAPES, WORN

SIDE = 128  #: side of a sprite in the atlas, pixels
COLUMNS = 8
_DRAWN = tuple(k.name for k in (*KINDS, *WORN) if k.emoji)


def extract(font: str) -> Image.Image:
    """Draw every emoji of the vocabulary from the font file into one RGBA atlas.

    Parameters
    ----------
    font : str
        Path of ``NotoColorEmoji.ttf``, whose bitmaps are made for a size of 109.
    """
    face = ImageFont.truetype(font, 109)
    rows = -(-len(_DRAWN) // COLUMNS)
    atlas = Image.new("RGBA", (COLUMNS * SIDE, rows * SIDE))
    for index, name in enumerate(_DRAWN):
        canvas = Image.new("RGBA", (256, 256))
        ImageDraw.Draw(canvas).text((40, 40), BY_NAME[name].emoji, font=face, embedded_color=True)
        drawing = canvas.crop(canvas.getbbox())
        scale = SIDE / max(drawing.size)
        drawing = drawing.resize(
            (round(drawing.width * scale), round(drawing.height * scale)), Image.Resampling.LANCZOS
        )
        x, y = index % COLUMNS * SIDE, index // COLUMNS * SIDE
        atlas.paste(drawing, (x + (SIDE - drawing.width) // 2, y + (SIDE - drawing.height) // 2))
    return atlas


@lru_cache(maxsize=1)
def _atlas() -> Image.Image:
    with (files(__package__) / "atlas.png").open("rb") as stream:
        return Image.open(stream).convert("RGBA")


def _shape(name: str, rgb: tuple[int, int, int]) -> Image.Image:
    """A plain shape, drawn at four times the size and reduced, so that its edges are smooth."""
    side = SIDE * 4
    image = Image.new("RGBA", (side, side), (*rgb, 0))
    pen = ImageDraw.Draw(image)
    unit = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    if name == "circle":
        outline = np.stack([np.sin(unit), np.cos(unit)], 1) * 0.48 + 0.5
    elif name == "square":
        outline = np.array([(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    elif name == "triangle":
        outline = np.array([(0.5, 0.06), (0.98, 0.92), (0.02, 0.92)])
    elif name == "diamond":
        outline = np.array([(0.5, 0.0), (0.88, 0.5), (0.5, 1.0), (0.12, 0.5)])
    elif name == "star":
        radius = np.where(np.arange(10) % 2 == 0, 0.52, 0.22)
        angle = np.arange(10) * np.pi / 5
        outline = np.stack([0.5 + radius * np.sin(angle), 0.53 - radius * np.cos(angle)], 1)
    else:  # heart, the usual parametric curve scaled into the unit square
        x = 16 * np.sin(unit) ** 3
        y = 13 * np.cos(unit) - 5 * np.cos(2 * unit) - 2 * np.cos(3 * unit) - np.cos(4 * unit)
        outline = np.stack([0.5 + x / 34, 0.46 - y / 34], 1)
    pen.polygon([(float(x * side), float(y * side)) for x, y in outline], fill=(*rgb, 255))
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _recolour(sprite: Image.Image, hue: float, colour: str) -> Image.Image:
    """Turn the pixels near a drawing's own main hue to another colour; leave the rest (tyres, leaves, shine)."""
    target, saturation, value = HUES[colour]
    alpha = sprite.getchannel("A")
    hsv = np.asarray(sprite.convert("RGB").convert("HSV")).astype(np.float32)
    distance = np.abs((hsv[..., 0] * 360 / 256 - hue + 180) % 360 - 180)
    near = (distance < 35) & (hsv[..., 1] > 70)
    hsv[..., 0] = np.where(near, target * 256 / 360 % 256, hsv[..., 0])
    hsv[..., 1] = np.where(near, np.clip(hsv[..., 1] * saturation, 0, 255), hsv[..., 1])
    hsv[..., 2] = np.where(near, np.clip(hsv[..., 2] * value, 0, 255), hsv[..., 2])
    out = Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB")
    out.putalpha(alpha)
    return out


@lru_cache(maxsize=1024)
def full_sprite(name: str, colour: str | None = None) -> Image.Image:
    """The sprite of a thing at the atlas's own size.

    Parameters
    ----------
    name : str
        A name of ``vocabulary.KINDS`` or ``vocabulary.WORN``.
    colour : str, optional
        A name of ``vocabulary.HUES``; None is the drawing as it is (for shapes: red).

    Returns
    -------
    PIL.Image.Image
        RGBA, 128×128.
    """
    if name in SHAPES:
        return _shape(name, COLOURS[colour or "red"])
    index = _DRAWN.index(name)
    x, y = index % COLUMNS * SIDE, index // COLUMNS * SIDE
    sprite = _atlas().crop((x, y, x + SIDE, y + SIDE))
    hue = BY_NAME[name].hue
    return _recolour(sprite, hue, colour) if colour and hue is not None else sprite


@lru_cache(maxsize=16384)
def sprite(name: str, colour: str | None, side: int, worn: tuple[str, ...] = ()) -> Image.Image:
    """Scale a sprite and dress it: RGBA, ``side`` × ``round(side × 1.5)``, the thing in the lower two thirds.

    The half of a side above the thing is room for a hat, so that a hat never moves its wearer.
    """
    canvas = Image.new("RGBA", (SIDE, SIDE * 3 // 2))
    canvas.alpha_composite(full_sprite(name, colour), (0, SIDE // 2))
    wearer = BY_NAME[name].wearer
    for item in worn if wearer else ():
        hat_y, hat_width, eyes_y, eyes_width = wearer  # type: ignore[misc]
        width = round(SIDE * (eyes_width if item == "glasses" else hat_width))
        drawing = full_sprite(item).crop(full_sprite(item).getbbox())
        height = round(drawing.height * width / drawing.width)
        drawing = drawing.resize((width, height), Image.Resampling.LANCZOS)
        top = SIDE * eyes_y - height / 2 if item == "glasses" else SIDE * hat_y - height * 0.86
        canvas.alpha_composite(drawing, ((SIDE - width) // 2, SIDE // 2 + round(top)))
    return canvas.resize((side, round(side * 1.5)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    extract(sys.argv[1]).save(str(files(__package__) / "atlas.png"), optimize=True)
