"""Any mask that a person has at hand, read into one kind: mode "L", 255 where the picture may change, 0 where not.

It stands alone because a mask has its own ways of being wrong: of another size, empty, or covering everything. Each of
them would waste a run of the model, so each is refused here, before anything is painted.
"""

import numpy as np
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.load import load_image
from pochade.imaging.region import is_region, region

__all__ = ["check_mask", "load_mask"]


def load_mask(source: object, size: tuple[int, int]) -> Image.Image:
    """Read a mask of any kind.

    Parameters
    ----------
    source
        Whatever `load_image` reads, a shape in numbers as `region` reads it, such as a box ``(x0, y0, x1, y1)``, or an
        object with a ``mask``, such as the mask canvas or an earlier turn. White is painted; values between are kept as
        a partial change. Where the picture is transparent in places, its opacity is the mask, as in a layer painted on
        nothing. A mask whose values are all 0 and 1 means 0 and 255.
    size : (int, int)
        (width, height) in pixels of the picture that the mask belongs to.

    Returns
    -------
    PIL.Image.Image
        A new image of mode "L" and of that size.

    Raises
    ------
    ImageError
        When it cannot be read, has another size, reaches beyond the picture, is empty, or covers all of it.
    """
    if not isinstance(source, np.ndarray | Image.Image) and hasattr(source, "mask") and not callable(source.mask):
        if source.mask is None:
            raise ImageError("The mask is empty: nothing has been painted on it yet.")
        source = source.mask
    mask = region(source, size) if is_region(source) else _levels(source)
    check_mask(mask, size)
    return mask


def _levels(source: object) -> Image.Image:
    """Read a mask that is a picture."""
    picture = load_image(source, name="The mask")
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    mask = alpha if alpha is not None and alpha.getextrema() != (255, 255) else picture.convert("L")
    if mask.getextrema() in {(0, 1), (1, 1)}:
        mask = mask.point(lambda level: 255 * level)
    return mask


def check_mask(mask: Image.Image, size: tuple[int, int]) -> None:
    """Refuse a mask that cannot be used on a picture of `size`, (width, height) in pixels.

    Raises
    ------
    ImageError
        When its mode is not "L", its size is another, it is empty, or it covers the whole picture.
    """
    if mask.mode != "L":
        raise ImageError(f"A mask has mode L, one level a pixel, not {mask.mode}: read it with load_mask.")
    if mask.size != size:
        raise ImageError(
            f"The mask is {mask.width}×{mask.height} but the picture is {size[0]}×{size[1]}: "
            "they must have the same size."
        )
    if mask.getextrema() == (0, 0):
        raise ImageError("The mask is empty, so nothing could change: paint the part that may.")
    if mask.getextrema() == (255, 255):
        raise ImageError("The mask covers the whole picture: leave mask out to change all of it.")
