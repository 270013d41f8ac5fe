"""Pictures to look for, and what happens to pictures on their way through the world; both drawn from seeds.

Three kinds, of one seed always the same picture:

- *fields*: leaves of many sizes, one before the other, each with light, colour and grain whose spectrum falls as in
  photographs (amplitude ~ 1/f), which gives the edges and the scale invariance of natural pictures;
- *scenes*: sky, hills and ground of such texture, with things of the miniature's atlas, plain shapes, shadows, text;
- *miniature*: what the embedded model paints: a thing or a few on a flat ground, in a few fixed places. Here different
  prompts give pictures that differ little, so it is the hard kind.
"""

from __future__ import annotations

import io
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from pochade.miniature import card, world
from pochade.miniature.drawing.atlas import full_sprite
from pochade.miniature.wordbook import CARRIERS, HUES, NAMES
from pochade.miniature.wordbook import SHAPES as PLAIN

KINDS = ("fields", "scenes", "miniature")
REACH = world.Reach.from_card(card())
SHAPES = ((384, 384), (384, 384), (432, 324), (324, 432), (480, 270))
WORDS = ("quick", "brown", "fox", "jumps", "lazy", "dog", "seven", "wizards", "watch", "from", "quiet", "harbour")


def picture(kind: str, seed: int) -> Image.Image:
    """The picture of this kind and seed, mode "RGB"."""
    return {"fields": field, "scenes": scene, "miniature": small}[kind](seed)


def grain(draw: np.random.Generator, width: int, height: int, slope: float) -> np.ndarray:
    """A texture of mean 0 and deviation 1 whose amplitude falls with frequency to the power of `slope`."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    size = np.hypot(down, across)
    size[0, 0] = 1
    noise = draw.standard_normal((2, *size.shape)).astype(np.float32)
    texture = np.fft.irfft2((noise[0] + 1j * noise[1]) / size**slope, (height, width)).astype(np.float32)
    texture -= texture.mean()
    return texture / max(float(texture.std()), 1e-6)


def field(seed: int) -> Image.Image:
    draw = np.random.default_rng([1, seed])
    width, height = SHAPES[draw.integers(len(SHAPES))]
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = draw.uniform(40, 220, 3)
    grains = [grain(draw, width, height, slope) for slope in (draw.uniform(0.8, 1.2), draw.uniform(1.1, 1.7))]
    down, across = np.ogrid[:height, :width]
    for _ in range(draw.integers(6, 40)):
        # Leaves of all sizes are about equally many in each octave; drawn over each other they make 1/f pictures.
        radius = min(width, height) * 0.03 * 16 ** draw.uniform() ** 1.5
        x, y, turn, long = draw.uniform(0, width), draw.uniform(0, height), draw.uniform(0, np.pi), draw.uniform(1, 3)
        reach = radius * long
        box = slice(max(0, int(y - reach)), int(y + reach) + 1), slice(max(0, int(x - reach)), int(x + reach) + 1)
        aside, along = down[box[0]] - y, across[:, box[1]] - x
        along, aside = along * np.cos(turn) + aside * np.sin(turn), aside * np.cos(turn) - along * np.sin(turn)
        disc = np.hypot(along / long, aside) < radius
        inside = disc if draw.uniform() < 0.6 else np.maximum(abs(along / long), abs(aside)) < radius * 0.7
        light = draw.uniform(-30, 30) * along / reach + draw.uniform(2, 25) * grains[draw.integers(2)][box]
        canvas[box] = np.where(inside[..., None], draw.uniform(10, 245, 3) + light[..., None], canvas[box])
    canvas += 12 * grains[1][..., None] + draw.uniform(-40, 40) * (across / width - 0.5)[..., None]
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))


def scene(seed: int) -> Image.Image:
    draw = np.random.default_rng([2, seed])
    width, height = SHAPES[draw.integers(len(SHAPES))]
    soft, rough = grain(draw, width, height, 1.6), grain(draw, width, height, 1.0)
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = draw.uniform(90, 250, 3) * (1 - fall) + draw.uniform(90, 250, 3) * fall
    canvas = np.broadcast_to(sky, (height, width, 3)) + draw.uniform(0, 35) * soft[..., None]
    rows = np.arange(height)[:, None]
    for layer in range(draw.integers(1, 4)):
        waves = np.cumsum(draw.standard_normal(width)) * draw.uniform(0.2, 1.2)
        ridge = height * (draw.uniform(0.4, 0.65) + 0.12 * layer) + waves - waves.mean()
        ground = draw.uniform(20, 200, 3) + (draw.uniform(4, 28) * rough + draw.uniform(0, 15) * soft)[..., None]
        canvas = np.where((rows > ridge)[..., None], ground, canvas)
    image = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8)).convert("RGBA")
    pen = ImageDraw.Draw(image)
    for _ in range(draw.integers(0, 5)):
        shape(pen, draw, width, height)
    for _ in range(draw.integers(1, 6)):
        put(image, draw, thing(str(draw.choice(sorted(set(NAMES) - set(CARRIERS)))), int(draw.integers(40, 200)), draw))
    if draw.uniform() < 0.3:
        written(image, draw, int(draw.integers(12, 40)), 255)
    return image.convert("RGB")


def shape(pen: ImageDraw.ImageDraw, draw: np.random.Generator, width: int, height: int) -> None:
    x, y, wide, high = draw.uniform(0, width), draw.uniform(0, height), draw.uniform(15, 130), draw.uniform(15, 130)
    colour = tuple(int(level) for level in draw.integers(0, 256, 3))
    match draw.integers(3):
        case 0:
            pen.rectangle((x, y, x + wide, y + high), fill=colour)
        case 1:
            pen.ellipse((x, y, x + wide, y + high), fill=colour)
        case _:
            corners = [(x + wide * draw.uniform(-1, 1), y + high * draw.uniform(-1, 1)) for _ in range(4)]
            pen.polygon(corners, fill=colour)


def thing(name: str, side: int, draw: np.random.Generator) -> Image.Image:
    colour = str(draw.choice(list(HUES))) if name in PLAIN else None
    return full_sprite(name, colour).resize((side, side), Image.Resampling.BICUBIC)


def put(image: Image.Image, draw: np.random.Generator, one: Image.Image) -> None:
    """Paste a thing with its shadow: turned, stretched and slanted, so that no two are the same drawing."""
    one = ImageOps.expand(one, one.width // 3, (0, 0, 0, 0)).rotate(draw.uniform(-20, 20), Image.Resampling.BICUBIC)
    slant, half = draw.uniform(-0.35, 0.35), one.width / 2
    one = one.transform(one.size, Image.Transform.AFFINE, (1, slant, -slant * half, 0, 1, 0), Image.Resampling.BICUBIC)
    one = one.resize((round(one.width * draw.uniform(0.7, 1.4)), one.height), Image.Resampling.BICUBIC)
    if draw.uniform() < 0.5:
        one = ImageOps.mirror(one)
    x, y = int(draw.integers(-20, image.width - 30)), int(draw.integers(-20, image.height - 30))
    shade = Image.new("RGBA", one.size, (0, 0, 0, 255))
    shade.putalpha(one.getchannel("A").point(lambda level: level // 3).filter(ImageFilter.GaussianBlur(4)))
    image.paste(shade, (x + 6, y + 8), shade)
    image.paste(one, (x, y), one)


def written(image: Image.Image, draw: np.random.Generator, size: int, opacity: int) -> None:
    """Write a line of words somewhere across a picture."""
    words = " ".join(draw.choice(WORDS, 4))
    colour = (*((255, 255, 255) if draw.uniform() < 0.5 else (0, 0, 0)), opacity)
    layer = Image.new("RGBA", image.size, (*colour[:3], 0))
    x, y = draw.uniform(0, 0.2) * image.width, draw.uniform(0.05, 0.8) * image.height
    ImageDraw.Draw(layer).text((x, y), words, fill=colour, font=ImageFont.load_default(size))
    image.alpha_composite(layer)


def small(seed: int) -> Image.Image:
    return Image.fromarray(world.draw(world.sample(Random(f"miniature {seed}"), REACH), 0.5))


# What happens to pictures. Each takes a picture and a generator, and gives what a person might have afterwards.


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def scaled(image: Image.Image, factor: float, aspect: float = 1.0) -> Image.Image:
    size = max(1, round(image.width * factor * aspect)), max(1, round(image.height * factor))
    return image.resize(size, Image.Resampling.BICUBIC)


def cut(image: Image.Image, draw: np.random.Generator, area: float, aspect: float = 1.0) -> Image.Image:
    """A part of this share of the picture, anywhere; `aspect` makes it wider than the picture, or narrower."""
    wide = round(image.width * min(1.0, np.sqrt(area) * aspect))
    high = round(image.height * min(1.0, area * image.width / wide))
    x, y = draw.integers(0, image.width - wide + 1), draw.integers(0, image.height - high + 1)
    return image.crop((x, y, x + wide, y + high))


def bordered(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    sides = tuple(int(draw.uniform(0.02, 0.2) * min(image.size)) for _ in range(4))
    colour = tuple(int(level) for level in draw.integers(0, 256, 3))
    return ImageOps.expand(image, sides, draw.choice(["white", "black"]) if draw.uniform() < 0.6 else colour)


def labelled(image: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Two lines of text over the picture, or a label with its own ground."""
    image = image.convert("RGBA")
    for _ in range(2):
        written(image, draw, max(10, int(draw.uniform(0.08, 0.16) * image.height)), int(draw.integers(150, 256)))
    if draw.uniform() < 0.5:
        top = int(draw.uniform(0, 0.85) * image.height)
        ImageDraw.Draw(image).rectangle((0, top, image.width, top + int(0.13 * image.height)), fill="white")
    return image.convert("RGB")


def turned(image: Image.Image, angle: float, *, inside: bool) -> Image.Image:
    """Turn a picture by degrees: its corners filled with black, or cut away."""
    rotated = image.rotate(angle, Image.Resampling.BICUBIC)
    if not inside:
        return rotated
    share = 1 / (np.cos(np.radians(abs(angle))) + np.sin(np.radians(abs(angle))) * max(image.size) / min(image.size))
    x, y = (1 - share) / 2 * image.width, (1 - share) / 2 * image.height
    return rotated.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


def _sign(draw: np.random.Generator) -> float:
    return float(draw.choice([-1.0, 1.0]))


#: what was done → how, and the share that must be found again; None: measured only
ATTACKS = {
    "JPEG, quality 30": (lambda image, _: jpeg(image, 30), 0.99),
    "256 px": (lambda image, _: jpeg(scaled(image, 256 / max(image.size)), 60), 0.99),
    "crop to 90–70 % of the area": (lambda image, draw: jpeg(cut(image, draw, draw.uniform(0.7, 0.9)), 80), 0.99),
    "crop to 70–50 % of the area": (lambda image, draw: jpeg(cut(image, draw, draw.uniform(0.5, 0.7)), 80), 0.99),
    "border": (lambda image, draw: jpeg(bordered(image, draw), 80), 0.99),
    "mirror": (lambda image, _: jpeg(ImageOps.mirror(image), 80), 0.99),
    "screenshot scale": (
        lambda image, draw: jpeg(scaled(image, draw.uniform(0.4, 1.7), draw.uniform(0.98, 1.02)), 75), 0.99,
    ),
    "text over it": (lambda image, draw: jpeg(labelled(image, draw), 80), 0.9),
    "turned by 5°, corners filled": (lambda image, draw: jpeg(turned(image, 5 * _sign(draw), inside=False), 80), 0.9),
    "turned by 5°, corners cut": (lambda image, draw: jpeg(turned(image, 5 * _sign(draw), inside=True), 80), 0.9),
    "crop of another shape, 50–70 %": (
        lambda image, draw: jpeg(cut(image, draw, draw.uniform(0.5, 0.7), draw.uniform(0.75, 1.33)), 80), None,
    ),
    "mirror and crop to 70–50 %": (
        lambda image, draw: jpeg(cut(ImageOps.mirror(image), draw, draw.uniform(0.5, 0.7)), 80), None,
    ),
    "crop to 50–30 % of the area": (lambda image, draw: jpeg(cut(image, draw, draw.uniform(0.3, 0.5)), 80), None),
    "crop to 60 %, 200 px, quality 40": (
        lambda image, draw: jpeg(scaled(part := cut(image, draw, 0.6), 200 / max(part.size)), 40), None,
    ),
}  # fmt: skip
