"""Pictures with the statistics of photographs, and an editor that treats them as open models do.

Real editors repaint every pixel: they shift and scale the picture a little, soften it, add the noise of their
autoencoder, which gathers at edges, and drift in colour. Here each of these is dialled in, so that what truly changed
is known to the pixel.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 1024
EDITS = ("add", "recolour", "remove", "write", "shadow", "texture", "background")


@dataclass(frozen=True)
class Habits:
    """How an editor repaints: shift in pixels, zoom, PSNR of its noise in decibels, blur and colour drift in levels."""

    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0
    decibels: float = 31.0
    blur: float = 0.4
    drift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    jpeg: int | None = None


def fractal(rng: np.random.Generator, size: tuple[int, int], falloff: float = 1.0) -> np.ndarray:
    """Noise whose amplitude falls with frequency as in photographs (1/f): height × width, mean 0, deviation 1."""
    width, height = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) / np.maximum(frequency, 1 / max(size)) ** falloff
    noise = np.fft.irfft2(spectrum, s=(height, width))
    return (noise / noise.std()).astype(np.float32)


def photo(seed: int, size: tuple[int, int] = (SIDE, SIDE)) -> Image.Image:
    """A landscape of sorts: a smooth sky, textured ground, things with edges, and a sign with letters."""
    rng = np.random.default_rng(seed)
    width, height = size
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    low, high = rng.uniform(60, 230, 3), rng.uniform(30, 200, 3)
    pixels = (low * (1 - ramp) + high * ramp) + 6 * fractal(rng, size, 1.4)[..., None]
    horizon = height * rng.uniform(0.35, 0.6) + height * 0.03 * fractal(rng, (width, 1), 1.2)[0]
    ground = np.arange(height)[:, None] > horizon[None, :]
    grain = 26 * fractal(rng, size, 0.9)[..., None] * rng.uniform(0.6, 1.2, 3)
    pixels = np.where(ground[..., None], rng.uniform(50, 170, 3) + grain, pixels)
    for _ in range(rng.integers(5, 10)):
        shape = blob(rng, size, rng.uniform(0.05, 0.16))
        texture = rng.uniform(4, 24) * fractal(rng, size, rng.uniform(0.8, 1.4))[..., None]
        pixels = mix(pixels, rng.uniform(20, 235, 3) + texture, shape)
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    lettering(picture, rng)
    return picture


def blob(
    rng: np.random.Generator, size: tuple[int, int], share: float, at: tuple[float, float] | None = None
) -> np.ndarray:
    """A round thing with an uneven outline, its edge antialiased: height × width, 0 to 1."""
    width, height = size
    x, y = at or (rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height)
    across, down = np.arange(width)[None, :] - x, np.arange(height)[:, None] - y
    angle = np.arctan2(down, across)
    radius = share * min(size)
    for wave in (2, 3, 5):
        radius = radius + share * min(size) * rng.uniform(0, 0.18) * np.cos(wave * angle + rng.uniform(0, 6))
    return np.clip(radius - np.hypot(across, down) + 0.5, 0, 1).astype(np.float32)


def mix(below: np.ndarray, above: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Lay one over the other by share."""
    return below * (1 - share[..., None]) + above * share[..., None]


def lettering(picture: Image.Image, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Put up a sign with a line of strokes as thin as print; return where its letters are."""
    unit = max(1, min(picture.size) // 256)
    left, top = (int(rng.uniform(0.1, 0.6) * side) for side in picture.size)
    box = (left, top, left + 76 * unit, top + 20 * unit)
    pen = ImageDraw.Draw(picture)
    pen.rectangle(box, fill=(235, 232, 225))
    write(pen, box, unit, rng)
    return box


def write(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], unit: int, rng: np.random.Generator) -> None:
    """Strokes like letters, a few pixels wide."""
    for x in range(box[0] + 4 * unit, box[2] - 6 * unit, 7 * unit):
        for _ in range(3):
            ends = [(x + int(rng.integers(0, 5)) * unit, box[1] + int(rng.integers(4, 17)) * unit) for _ in range(2)]
            pen.line(ends, fill=(30, 28, 40), width=unit)


def edited(parent: Image.Image, kind: str, seed: int) -> Image.Image:
    """What an ideal editor would give: one thing changed, every other pixel the parent's."""
    rng = np.random.default_rng(seed)
    size, old = parent.size, np.asarray(parent).astype(np.float32)
    shape = blob(rng, size, rng.uniform(0.06, 0.14))
    colour = rng.uniform(20, 235, 3)
    match kind:
        case "add":
            new = mix(old, colour + rng.uniform(2, 20) * fractal(rng, size)[..., None], shape)
        case "recolour":
            grey = old.mean(axis=-1, keepdims=True)
            new = mix(old, grey + 0.3 * (old - grey) + rng.permutation([70.0, 0.0, -60.0]), shape)
        case "remove":  # what is at the same height elsewhere takes the place
            new = mix(old, np.roll(old, size[0] // 2, axis=1), shape)
        case "write":
            picture = parent.copy()
            lettering(picture, rng)
            return picture
        case "shadow":  # a thing, and the soft shadow that it throws
            dark = Image.fromarray((255 * np.roll(shape, size[0] // 40, axis=1)).astype(np.uint8))
            dark = np.asarray(dark.filter(ImageFilter.GaussianBlur(min(size) / 60))) / 255
            new = mix(old * (1 - 0.45 * dark[..., None]), colour, shape)
        case "texture":  # other blades of the same grass: colours and contrast stay
            low = blob(rng, size, rng.uniform(0.06, 0.14), (rng.uniform(0.2, 0.8) * size[0], 0.82 * size[1]))
            new = mix(old, np.roll(old, size[0] // 3, axis=1), low)
        case "background":  # one thing in the middle stays
            centre = blob(rng, size, 0.33, (size[0] / 2, size[1] / 2))
            new = mix(np.asarray(photo(seed + 5000, size)).astype(np.float32), old, centre)
        case _:
            raise ValueError(kind)
    return Image.fromarray(np.clip(new, 0, 255).astype(np.uint8))


def repaint(ideal: Image.Image, habits: Habits, seed: int) -> Image.Image:
    """What comes out of an editor that meant `ideal`."""
    rng = np.random.default_rng(seed)
    picture = moved(ideal, habits.shift, habits.zoom)
    if habits.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(habits.blur))
    pixels = np.asarray(picture).astype(np.float32)
    light = picture.convert("L")
    edges = np.asarray(light.filter(ImageFilter.MaxFilter(5))).astype(np.float32) - np.asarray(
        light.filter(ImageFilter.MinFilter(5))
    )
    grain = np.stack([fine(rng, ideal.size) for _ in range(4)], axis=-1)
    noise = (grain[..., :1] + 0.5 * grain[..., 1:]) * (4 + edges[..., None])
    noise *= 255 * 10 ** (-habits.decibels / 20) / np.sqrt(np.square(noise).mean())
    result = Image.fromarray(np.clip(np.rint(pixels + noise + habits.drift), 0, 255).astype(np.uint8))
    if habits.jpeg is None:
        return result
    buffer = io.BytesIO()
    result.save(buffer, "JPEG", quality=habits.jpeg)
    return Image.open(buffer).convert("RGB")


def fine(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Noise with the grain of a decoder, a few pixels wide."""
    coarse = fractal(rng, (-(-size[0] // 2), -(-size[1] // 2)), 0.4)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def moved(picture: Image.Image, shift: tuple[float, float], zoom: float) -> Image.Image:
    """Resample once so that what was at p is found at c + zoom·(p − c) + shift, c being the middle; edges repeat."""
    if tuple(shift) == (0, 0) and zoom == 1:
        return picture
    width, height = picture.size
    rim = 64
    pixels = np.pad(np.asarray(picture), ((rim, rim), (rim, rim), (0, 0)), mode="edge")
    x, y = width / 2 - (width / 2 + shift[0]) / zoom + rim, height / 2 - (height / 2 + shift[1]) / zoom + rim
    box = (x, y, x + width / zoom, y + height / zoom)
    return Image.fromarray(pixels).resize(picture.size, Image.Resampling.LANCZOS, box=box)
