"""Lays the pictures of a turn out as one: a contact sheet, also while some of them are still to come."""

import math
from collections.abc import Sequence

from PIL import Image

__all__ = ["contact_sheet"]

GAP = 4  # pixels between two pictures


def contact_sheet(images: Sequence[Image.Image], count: int | None = None) -> Image.Image:
    """Lay pictures of one size out as near to a square as it goes, on nothing, so that any page shows between them.

    Parameters
    ----------
    images : sequence of PIL.Image.Image
        At least one; all as large as the first.
    count : int, optional
        For how many pictures there is to be room; by default for those that there are.

    Returns
    -------
    PIL.Image.Image
        Mode "RGBA".
    """
    width, height = images[0].size
    cells = max(count or 0, len(images))
    columns = math.ceil(math.sqrt(cells))
    rows = math.ceil(cells / columns)
    sheet = Image.new("RGBA", (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP))
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        sheet.paste(image.convert("RGBA"), (column * (width + GAP), row * (height + GAP)))
    return sheet
