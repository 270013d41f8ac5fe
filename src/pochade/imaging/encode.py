"""A picture written in another file format, for others, with its pixels alone.

It stands apart from `load.py`, whose PNG is what is stored and gives equal bytes for equal pixels: these formats lose
something, or differ between versions of their encoders.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from pochade.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["encoded", "format_of"]

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "subsampling": "4:4:4", "optimize": True},
    "WEBP": {"quality": 92},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
}
_LONGEST = {"JPEG": 65_535, "WEBP": 16_383, "AVIF": 65_536}
_TITLES = {"WEBP": "WebP"}


def encoded(image: Image.Image, kind: str) -> bytes:
    """Write a picture in a format of Pillow's.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode "RGB" or "RGBA".
    kind : str
        Pillow's name of the format, such as "JPEG". Where it knows no transparency, a white page shows through.

    Returns
    -------
    bytes
        The file, without metadata.

    Raises
    ------
    ImageError
        When a side is longer than the format can have.
    """
    longest = _LONGEST.get(kind)
    if longest is not None and max(image.size) > longest:
        raise ImageError(
            f"{_TITLES.get(kind, kind)} has at most {longest:,} pixels a side; this picture is "
            f"{image.width:,}×{image.height:,}. Save it as PNG."
        )
    bare, buffer = image.copy(), io.BytesIO()
    bare.info = {}
    try:
        bare.save(buffer, kind, **_OPTIONS.get(kind, {}))
    except OSError:  # the format knows no transparency: show what a white page would show
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        buffer = io.BytesIO()
        flat.convert("RGB").save(buffer, kind, **_OPTIONS.get(kind, {}))
    return buffer.getvalue()


def format_of(path: Path) -> str:
    """Return Pillow's name of the format that a path's ending means; ImageError where it can write none of that."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise ImageError(f"No picture can be saved as {path.name!r}: end the name in .png, .jpg, .webp or .avif.")
    return kind
