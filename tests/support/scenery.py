"""Pictures with something to see, for tests of the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw
from stored import record

from pochade.imaging.load import byte_hash, png_bytes

if TYPE_CHECKING:
    from pochade.store import Store


def scenery(seed: int, side: int = 192) -> Image.Image:
    """Discs, slabs and soft light, mode "RGB"; of one seed always the same."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for number in range(24):
        x, y, wide, high = draw.integers(-10, side), draw.integers(-10, side), *draw.integers(8, side // 3, 2)
        colour = tuple(int(level) for level in draw.integers(0, 256, 3))
        (pen.ellipse if number % 2 else pen.rectangle)((x, y, x + wide, y + high), fill=colour)
    return image


def keep(store: Store, image: Image.Image, **changes) -> str:
    """Store a turn with one picture, without its fingerprint as older files have it, and return the turn's id."""
    data = png_bytes(image)
    turn = store.new_id("scenery", byte_hash(data))
    store.add(record(turn, images=(byte_hash(data),), size=image.size, **changes), {byte_hash(data): data})
    return turn
