"""The pictures that the miniature's world is made of: drawings, letters, and what a pen can draw.

Drawings and letters are taken from fonts once (``python -m pochade.miniature.drawing.atlas FOLDER``) and kept as two
small pictures in the package, so that neither training nor evaluation nor a classroom needs the fonts. Their authors
and licences are named in ``ATLAS-LICENSE.txt``.
"""

from __future__ import annotations

import json
import sys
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from pochade.miniature.wordbook import BY_NAME, FONTS, HUES, KINDS, SHAPES, WORN, advances, characters, rgb

SIDE = 128  #: side of a sprite in the atlas, pixels
GLYPH_HEIGHT = 64  #: height of a glyph, pixels
BASELINE = 48  #: row of a glyph that its letter stands on
COLUMNS = 16
_WIDTH = 2048  # of the picture of the glyphs
_DRAWN = tuple(k.name for k in (*KINDS, *WORN) if k.emoji)
_PENNED = tuple(k.name for k in WORN if not k.emoji)
_EMOJI = "NotoColorEmoji.ttf"
#: name of a font → its file, the face's index in the file, and the size at which it is drawn
_FILES: dict[str, tuple[str, int, int]] = {
    "sans": ("DejaVuSans.ttf", 0, 54),
    "serif": ("DejaVuSerif.ttf", 0, 54),
    "mono": ("DejaVuSansMono.ttf", 0, 54),
    "bold": ("DejaVuSans-Bold.ttf", 0, 54),
    "hei": ("NotoSansCJK-Bold.ttc", 2, 52),
}

# ------------------------------------------------------------------------------------------------- taken from fonts


def _font(folder: Path, name: str, size: int, index: int = 0) -> ImageFont.FreeTypeFont:
    found = next(folder.rglob(name), None)
    if found is None:
        raise FileNotFoundError(f"{name} is not under {folder}; install the font, or name the folder that holds it")
    return ImageFont.truetype(found, size, index=index)


def extract(folder: Path) -> Image.Image:
    """Draw every emoji of the vocabulary into one RGBA atlas.

    Parameters
    ----------
    folder : pathlib.Path
        A folder that holds ``NotoColorEmoji.ttf`` at any depth; its bitmaps are made for a size of 109.

    Raises
    ------
    FileNotFoundError
        If the font is not there.
    ValueError
        If the font has no drawing of a thing, so that an empty box would be drawn.
    """
    face = _font(folder, _EMOJI, 109)
    rows = -(-len(_DRAWN) // COLUMNS)
    atlas = Image.new("RGBA", (COLUMNS * SIDE, rows * SIDE))
    for index, name in enumerate(_DRAWN):
        canvas = Image.new("RGBA", (256, 256))
        ImageDraw.Draw(canvas).text((40, 40), BY_NAME[name].emoji, font=face, embedded_color=True)
        box = canvas.getbbox()
        if box is None:
            raise ValueError(f"{_EMOJI} draws nothing for {BY_NAME[name].emoji} ({name}); it takes a newer version")
        drawing = canvas.crop(box)
        scale = SIDE / max(drawing.size)
        drawing = drawing.resize(
            (round(drawing.width * scale), round(drawing.height * scale)), Image.Resampling.LANCZOS
        )
        x, y = index % COLUMNS * SIDE, index // COLUMNS * SIDE
        atlas.paste(drawing, (x + (SIDE - drawing.width) // 2, y + (SIDE - drawing.height) // 2))
    return atlas


def extract_glyphs(folder: Path) -> tuple[Image.Image, dict[str, dict[str, int]]]:
    """Draw every letter of every font into one grey picture of 16 levels.

    Parameters
    ----------
    folder : pathlib.Path
        A folder that holds the font files at any depth.

    Returns
    -------
    PIL.Image.Image
        The glyphs in the order of the fonts and their characters, in rows of 64 pixels.
    dict
        Advance widths, pixels: font → character → width.

    Raises
    ------
    FileNotFoundError
        If a font is not there.
    """
    masks: list[np.ndarray] = []
    widths: dict[str, dict[str, int]] = {}
    for font in FONTS:
        name, index, size = _FILES[font]
        face = _font(folder, name, size, index)
        widths[font] = {}
        for character in characters(font):
            left, _, right, _ = face.getbbox(character, anchor="ls")
            start = max(0, -int(left))  # a letter that reaches to the left of its place is moved into it
            width = max(round(face.getlength(character)), int(right)) + start
            canvas = Image.new("L", (width, GLYPH_HEIGHT))
            ImageDraw.Draw(canvas).text((start, BASELINE), character, fill=255, font=face, anchor="ls")
            masks.append(np.asarray(canvas) // 17 * 17)
            widths[font][character] = width
    places = _places(widths)
    picture = np.zeros((max(y for _, _, y in places) + GLYPH_HEIGHT, _WIDTH), np.uint8)
    for mask, (_, x, y) in zip(masks, places, strict=True):
        picture[y : y + GLYPH_HEIGHT, x : x + mask.shape[1]] = mask
    return Image.fromarray(picture), widths


def _places(widths: dict[str, dict[str, int]]) -> list[tuple[tuple[str, str], int, int]]:
    """Where each glyph is: font and character, left, top. The widths alone decide it."""
    places, x, y = [], 0, 0
    for font, row in widths.items():
        for character, width in row.items():
            if x + width > _WIDTH:
                x, y = 0, y + GLYPH_HEIGHT
            places.append(((font, character), x, y))
            x += width
    return places


# ---------------------------------------------------------------------------------------------------- drawn by a pen


def _shape(name: str, colour: tuple[int, int, int]) -> Image.Image:
    """A plain shape, drawn at four times the size and reduced, so that its edges are smooth."""
    unit = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    if name in {"circle", "oval"}:
        outline = np.stack([np.sin(unit), np.cos(unit) * (0.62 if name == "oval" else 1)], 1) * 0.48 + 0.5
    elif name == "square":
        outline = np.array([(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    elif name == "rectangle":
        outline = np.array([(0.02, 0.24), (0.98, 0.24), (0.98, 0.76), (0.02, 0.76)])
    elif name == "triangle":
        outline = np.array([(0.5, 0.06), (0.98, 0.92), (0.02, 0.92)])
    elif name == "diamond":
        outline = np.array([(0.5, 0.0), (0.88, 0.5), (0.5, 1.0), (0.12, 0.5)])
    elif name == "arrow":
        half = [(0.02, 0.36), (0.52, 0.36), (0.52, 0.12), (0.98, 0.5)]
        outline = np.array([*half, *((x, 1 - y) for x, y in half[-2::-1])])
    elif name == "cross":
        quarter = np.array([(0.34, 0.03), (0.66, 0.03), (0.66, 0.34)])
        turns = [quarter]
        for _ in range(3):
            turns.append(np.stack([1 - turns[-1][:, 1], turns[-1][:, 0]], 1))
        outline = np.concatenate(turns)
    elif name == "star":
        radius = np.where(np.arange(10) % 2 == 0, 0.52, 0.22)
        angle = np.arange(10) * np.pi / 5
        outline = np.stack([0.5 + radius * np.sin(angle), 0.53 - radius * np.cos(angle)], 1)
    else:  # heart, the usual parametric curve scaled into the unit square
        x = 16 * np.sin(unit) ** 3
        y = 13 * np.cos(unit) - 5 * np.cos(2 * unit) - 2 * np.cos(3 * unit) - np.cos(4 * unit)
        outline = np.stack([0.5 + x / 34, 0.46 - y / 34], 1)
    side = SIDE * 4
    image = Image.new("RGBA", (side, side), (*colour, 0))
    ImageDraw.Draw(image).polygon([(float(x * side), float(y * side)) for x, y in outline], fill=(*colour, 255))
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _monocle(pen: ImageDraw.ImageDraw, side: int) -> None:
    """A gold ring with a pale glass, and a chain that hangs from it."""
    glass = side * 0.66
    pen.ellipse((0, 0, glass, glass), fill=(225, 240, 250, 110), outline=(200, 150, 30, 255), width=round(side * 0.07))
    for step in range(7):
        x, y, r = glass * 0.93 - step * side * 0.008, glass * 0.78 + step * side * 0.05, side * 0.024
        pen.ellipse((x - r, y - r, x + r, y + r), fill=(200, 150, 30, 255))


def _bow_tie(pen: ImageDraw.ImageDraw, side: int) -> None:
    """Two red wings and a darker knot."""
    for mirror in (False, True):
        wing = [(0.5, 0.46), (0.08, 0.24), (0.01, 0.3), (0.01, 0.7), (0.08, 0.76), (0.5, 0.54)]
        points = [((1 - x if mirror else x) * side, y * side) for x, y in wing]
        pen.polygon(points, fill=(205, 35, 50, 255))
        fold = [(0.46, 0.5), (0.16, 0.46), (0.16, 0.54)]
        pen.polygon([((1 - x if mirror else x) * side, y * side) for x, y in fold], fill=(150, 20, 35, 255))
    pen.rounded_rectangle((0.41 * side, 0.38 * side, 0.59 * side, 0.62 * side), side * 0.05, fill=(165, 22, 40, 255))


def _party_hat(pen: ImageDraw.ImageDraw, side: int) -> None:
    """A blue cone with yellow stripes and a pompom."""
    left, right, top, bottom = 0.16, 0.84, 0.14, 0.98

    def level(y: float) -> tuple[tuple[float, float], tuple[float, float]]:
        part = (y - top) / (bottom - top)
        return ((0.5 + (left - 0.5) * part) * side, y * side), ((0.5 + (right - 0.5) * part) * side, y * side)

    pen.polygon([(0.5 * side, top * side), *level(bottom)], fill=(45, 120, 225, 255))
    for upper in (0.34, 0.58, 0.82):
        a, b = level(upper)
        c, d = level(upper + 0.1)
        pen.polygon([a, b, d, c], fill=(255, 210, 50, 255))
    pen.ellipse((0.39 * side, 0.01 * side, 0.61 * side, 0.23 * side), fill=(235, 60, 110, 255))


def _penned(name: str) -> Image.Image:
    """Something worn that the font does not have, drawn at four times the size and reduced."""
    side = SIDE * 4
    image = Image.new("RGBA", (side, side))
    {"monocle": _monocle, "bow tie": _bow_tie, "party hat": _party_hat}[name](ImageDraw.Draw(image), side)
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


# -------------------------------------------------------------------------------------------------------- read again


@cache
def _atlas() -> tuple[Image.Image, dict[str, int]]:
    """The picture, and the number of each drawing in it, which the file itself says."""
    with (files(__package__) / "atlas.png").open("rb") as stream:
        picture = Image.open(stream)
        names = str(picture.info["names"]).split("|")
        return picture.convert("RGBA"), {name: number for number, name in enumerate(names)}


@cache
def _glyphs() -> tuple[np.ndarray, dict[tuple[str, str], tuple[int, int]]]:
    with (files(__package__) / "glyphs.png").open("rb") as stream:
        picture = np.asarray(Image.open(stream).convert("L"))
    widths = {font: dict(row) for font, row in advances().items()}
    return picture, {key: (x, y) for key, x, y in _places(widths)}


def glyph(font: str, character: str) -> np.ndarray:
    """Look up how much ink a letter leaves.

    Parameters
    ----------
    font : str
        A name of ``wordbook.FONTS``.
    character : str
        One character of the font (``wordbook.characters``).

    Returns
    -------
    numpy.ndarray
        ``(64, advance width)``, uint8, 255 where the ink is full. All letters stand on row `BASELINE`.

    Raises
    ------
    ValueError
        If the font has no such letter.
    """
    picture, places = _glyphs()
    if (font, character) not in places:
        raise ValueError(f"the font {font!r} has no {character!r}; it writes {characters(font)}")
    x, y = places[font, character]
    return picture[y : y + GLYPH_HEIGHT, x : x + advances()[font][character]]


@lru_cache(maxsize=2048)
def full_sprite(name: str, colour: str | None = None) -> Image.Image:
    """Return the sprite of a thing at the atlas's own size.

    Parameters
    ----------
    name : str
        A name of ``wordbook.KINDS`` or ``wordbook.WORN`` that carries no text (those are in ``scenery.py``).
    colour : str, optional
        A name of ``wordbook.HUES``, for shapes any name of ``wordbook.COLOURS`` or hex code; None is the drawing
        as it is (for shapes: red).

    Returns
    -------
    PIL.Image.Image
        RGBA, 128×128.

    Raises
    ------
    ValueError
        If the atlas has no such thing.
    """
    if name in SHAPES:
        return _shape(name, rgb(colour or "red"))
    if name in _PENNED:
        return _penned(name)
    picture, numbers = _atlas()
    if name not in numbers:
        raise ValueError(f"the atlas has no drawing of {name!r}")
    x, y = numbers[name] % COLUMNS * SIDE, numbers[name] // COLUMNS * SIDE
    sprite = picture.crop((x, y, x + SIDE, y + SIDE))
    hue = BY_NAME[name].hue
    return _recolour(sprite, hue, colour) if colour and hue is not None else sprite


def main(folder: str) -> None:
    """Write ``atlas.png``, ``glyphs.png`` and ``glyphs.json`` from the fonts under a folder."""
    here = Path(str(files(__package__)))
    notes = PngImagePlugin.PngInfo()
    notes.add_text("names", "|".join(_DRAWN))
    extract(Path(folder)).save(here / "atlas.png", optimize=True, pnginfo=notes)
    picture, widths = extract_glyphs(Path(folder))
    picture.save(here / "glyphs.png", optimize=True)
    (here / "glyphs.json").write_text(
        json.dumps(widths, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(sys.argv[1])
