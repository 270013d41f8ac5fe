"""The size a model works at for a picture of any size, and the way back; and larger canvases to paint outwards on.

It stands alone because it is the whole of a promise: a picture that is edited is never resampled where the model can
work at its size. It is laid on a slightly larger canvas, whose rim continues it, and the rim is cut off again. Only
beyond the model's limits is a copy scaled, evenly, and the answer brought back.
"""

import math
import operator
import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from pochade.errors import ImageError
from pochade.imaging.load import MAX_PIXELS

__all__ = ["Fit", "Rule", "extended", "margins"]

WIDEST = 8  # longer to shorter side; open editors refuse narrower pictures or lose their place in them
LEAST = 2  # a canvas may be this much larger in area than an unscaled picture on it, else the picture is enlarged
MOST = 4  # and this much larger than any; with more rim than that a model paints the rim
_SMOOTH = Image.Resampling.LANCZOS
_RATIO = re.compile(r"\s*(\d{1,9}(?:\.\d{1,4})?)\s*:\s*(\d{1,9}(?:\.\d{1,4})?)\s*")


class Rule(Protocol):
    """Which sizes a model takes, all in pixels: both sides multiples of one number, and within limits."""

    @property
    def multiple(self) -> int:
        """What both sides are multiples of."""

    @property
    def min_side(self) -> int:
        """The shortest side."""

    @property
    def max_side(self) -> int:
        """The longest side."""

    @property
    def max_pixels(self) -> int:
        """The largest width × height."""


@dataclass(frozen=True)
class Fit:
    """Where a picture lies on the canvas that a model works on; all in pixels, (width, height) or (left, top).

    Attributes
    ----------
    size : (int, int)
        The picture.
    work : (int, int)
        The canvas, a size that the model takes.
    inner : (int, int)
        The copy of the picture on the canvas: `size`, unless it had to be scaled.
    offset : (int, int)
        The canvas's left and top rim.
    """

    size: tuple[int, int]
    work: tuple[int, int]
    inner: tuple[int, int]
    offset: tuple[int, int]

    @classmethod
    def plan(cls, size: tuple[int, int], rule: Rule) -> Self:
        """Find the canvas for a picture.

        Parameters
        ----------
        size : (int, int)
            Width and height of the picture, pixels.
        rule : Rule
            What the model takes.

        Returns
        -------
        Fit
            The picture's own size where the model takes it, else the next larger one, so that nothing is scaled. A
            picture above the model's limits is made just small enough; one so small that most of the canvas would be
            rim is enlarged. Its shape is never changed.

        Raises
        ------
        ImageError
            When it is narrower than 8:1, or would fill less than a quarter of the smallest canvas that holds it.
        """
        width, height = size
        if max(size) > WIDEST * min(size):
            raise ImageError(
                f"A picture of {width}×{height} is {_shape(size)}, and only shapes up to {WIDEST}:1 can be worked on: "
                "crop it."
            )
        inner = size
        work = _canvas(size, rule)
        if not _takes(work, rule) or math.prod(work) > LEAST * math.prod(size):
            scale = min(_largest_scale(size, rule), max(1.0, _shortest(rule) / min(size)))
            inner = max(1, round(width * scale)), max(1, round(height * scale))
            work = _canvas(inner, rule)
        if math.prod(work) > MOST * math.prod(inner):
            raise ImageError(
                f"A picture of {width}×{height} is {_shape(size)}, too narrow for this model: it would fill less than "
                f"a quarter of the {work[0]}×{work[1]} that the model works on. Crop it."
            )
        return cls(size, work, inner, ((work[0] - inner[0]) // 2, (work[1] - inner[1]) // 2))

    @property
    def scaled(self) -> bool:
        """Whether the model gets a copy of another size, so that the way back is not exact."""
        return self.inner != self.size

    @property
    def note(self) -> str | None:
        """A sentence that says so when the copy is scaled, else None: a rim that is cut off again changes nothing."""
        if not self.scaled:
            return None
        (width, height), (across, down) = self.size, self.inner
        return (
            f"The picture is {width}×{height}; the model worked on a copy of {across}×{down}, and its answer was "
            f"brought back to {width}×{height}."
        )

    def enter(self, picture: Image.Image) -> Image.Image:
        """Lay a picture of `size` on the canvas.

        Returns
        -------
        PIL.Image.Image
            Of size `work` and the picture's mode. The rim mirrors the picture at its edges, so that a model sees no
            bars which it would take for content.

        Raises
        ------
        ImageError
            When the picture has another size.
        """
        _check(picture, self.size, "The picture")
        return _continued(picture.resize(self.inner, _SMOOTH) if self.scaled else picture, self._rim, "symmetric")

    def enter_mask(self, mask: Image.Image) -> Image.Image:
        """Lay a mask of `size`, mode "L", on the canvas; the rim is 0, not to be changed.

        When it is made smaller, each pixel takes the highest level under it, so that no thin stroke is lost.

        Raises
        ------
        ImageError
            When the mask has another size.
        """
        _check(mask, self.size, "The mask")
        if self.scaled:
            smaller = self.inner[0] <= self.size[0] and self.inner[1] <= self.size[1]
            mask = _highest(mask, self.inner) if smaller else mask.resize(self.inner, Image.Resampling.NEAREST)
        canvas = Image.new("L", self.work)
        canvas.paste(mask, self.offset)
        return canvas

    def leave(self, answer: Image.Image) -> Image.Image:
        """Cut the picture out of what the model painted on the canvas.

        Returns
        -------
        PIL.Image.Image
            Of size `size` and the answer's mode. Where nothing is scaled, ``leave(enter(x))`` is ``x`` to the byte.

        Raises
        ------
        ImageError
            When the answer is not of size `work`.
        """
        _check(answer, self.work, "The answer")
        left, top = self.offset
        part = answer.crop((left, top, left + self.inner[0], top + self.inner[1]))
        return part.resize(self.size, _SMOOTH) if self.scaled else part

    @property
    def _rim(self) -> tuple[int, int, int, int]:
        (left, top), (width, height), (across, down) = self.offset, self.work, self.inner
        return left, top, width - across - left, height - down - top


def margins(size: tuple[int, int], ratio: str) -> tuple[int, int, int, int]:
    """Find how far a picture must grow to have a new shape.

    Parameters
    ----------
    size : (int, int)
        Width and height of the picture, pixels.
    ratio : str
        Width to height, such as ``"16:9"``.

    Returns
    -------
    (int, int, int, int)
        Left, top, right and bottom in whole pixels, 0 or more. The picture stays in the middle; an odd pixel goes to
        the right or to the bottom.

    Raises
    ------
    ImageError
        When the ratio is not understood, or the picture has that shape already.
    """
    match = _RATIO.fullmatch(ratio)
    across, down = map(float, match.groups()) if match else (0.0, 0.0)
    if not across or not down:
        raise ImageError(
            f"The shape {reprlib.repr(ratio)} is not understood: give width to height, such as '16:9', or "
            "(left, top, right, bottom) in pixels."
        )
    width, height = size
    more = max(0, round(height * across / down) - width), max(0, round(width * down / across) - height)
    if not any(more):
        raise ImageError(f"The picture is {width}×{height}, which is {ratio} already: there is nothing to extend.")
    # One of the two is 0, or both are where the shape differs by less than a pixel.
    return more[0] // 2, more[1] // 2, more[0] - more[0] // 2, more[1] - more[1] // 2


def extended(picture: Image.Image, margins: Sequence[int]) -> tuple[Image.Image, Image.Image]:
    """Lay a picture on a larger canvas, on which a model can paint outwards.

    Parameters
    ----------
    picture : PIL.Image.Image
        "RGB" or "RGBA".
    margins : sequence of int
        How far to extend to the left, top, right and bottom, in pixels.

    Returns
    -------
    canvas : PIL.Image.Image
        Of the picture's mode. The picture's own pixels are untouched; around them it is mirrored for a little way, and
        fades into a blur of its edges, so that a model finds their colours and light but no second copy of its things.
    mask : PIL.Image.Image
        Mode "L", 255 exactly on the new area, 0 on the picture.

    Raises
    ------
    ImageError
        When the margins are not four whole numbers of 0 or more, all are 0, or the canvas would be too large.
    """
    left, top, right, bottom = rim = _whole(margins)
    size = picture.width + left + right, picture.height + top + bottom
    if math.prod(size) > MAX_PIXELS:
        raise ImageError(
            f"Extended, the picture would be {size[0]:,}×{size[1]:,} = {math.prod(size):,} pixels; at most "
            f"{MAX_PIXELS:,} are possible. Extend it less."
        )
    # Premultiplied, so that colours that nobody sees are not smeared into those that are seen.
    plain = picture.convert("RGBa") if picture.mode == "RGBA" else picture
    reach = max(4, min(picture.size) // 32)
    fade = np.maximum(
        _away(picture.width, left, right, reach)[None, :], _away(picture.height, top, bottom, reach)[:, None]
    )
    blurred = _blurred(_continued(plain, rim, "edge"), 4 * reach)
    canvas = Image.composite(blurred, _continued(plain, rim, "symmetric"), Image.fromarray(fade)).convert(picture.mode)
    canvas.paste(picture, (left, top))
    mask = Image.new("L", size, 255)
    mask.paste(0, (left, top, left + picture.width, top + picture.height))
    return canvas, mask


def _highest(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Make a mask smaller: each pixel takes the highest level of those that it stands for."""
    across, down = (np.arange(new) * old // new for new, old in zip(size, mask.size, strict=True))
    rows = np.maximum.reduceat(np.asarray(mask), down, axis=0)
    return Image.fromarray(np.maximum.reduceat(rows, across, axis=1))


def _takes(size: tuple[int, int], rule: Rule) -> bool:
    """Tell whether the upper limits allow a size; multiples and the lower limit are seen to by `_canvas`."""
    return max(size) <= rule.max_side and math.prod(size) <= rule.max_pixels


def _shortest(rule: Rule) -> int:
    return -(-rule.min_side // rule.multiple) * rule.multiple


def _canvas(size: tuple[int, int], rule: Rule) -> tuple[int, int]:
    """Find the smallest size in multiples, no side below the shortest, that holds a picture."""
    width, height = (max(_shortest(rule), -(-side // rule.multiple) * rule.multiple) for side in size)
    return width, height


def _largest_scale(size: tuple[int, int], rule: Rule) -> float:
    """Find how large a copy can be on any canvas that the model takes."""
    best, longest = 0.0, rule.max_side // rule.multiple * rule.multiple
    for width in range(_shortest(rule), longest + 1, rule.multiple):
        height = min(longest, rule.max_pixels // width // rule.multiple * rule.multiple)
        if height >= _shortest(rule):
            best = max(best, min(width / size[0], height / size[1]))
    return best


def _continued(picture: Image.Image, rim: tuple[int, int, int, int], how: Literal["symmetric", "edge"]) -> Image.Image:
    """Continue a picture to the left, top, right and bottom, by its mirror image or by its outermost pixels."""
    if not any(rim):
        return picture.copy()
    left, top, right, bottom = rim
    pixels = np.pad(np.asarray(picture), ((top, bottom), (left, right), (0, 0)), mode=how)
    size = pixels.shape[1], pixels.shape[0]
    return Image.frombytes(picture.mode, size, pixels.tobytes())


def _blurred(picture: Image.Image, reach: int) -> Image.Image:
    """Blur by about `reach` pixels, on a smaller copy: a blur has no detail that would need all the pixels."""
    step = max(1, reach // 4)
    small = picture.reduce(step) if step > 1 else picture
    return small.filter(ImageFilter.GaussianBlur(reach / step)).resize(picture.size, Image.Resampling.BICUBIC)


def _away(length: int, before: int, after: int, reach: int) -> npt.NDArray[np.uint8]:
    """Levels 0..255 along one axis that rise with the distance from the picture, to their full height at `reach`."""
    distance = np.concatenate([np.arange(before, 0, -1), np.zeros(length, int), np.arange(1, after + 1)])
    levels: npt.NDArray[np.uint8] = np.minimum(255, distance * 255 // reach).astype(np.uint8)
    return levels


def _whole(margins: Sequence[int]) -> tuple[int, int, int, int]:
    try:
        left, top, right, bottom = (operator.index(one) for one in margins)
    except (TypeError, ValueError):
        left = top = right = bottom = -1
    if min(left, top, right, bottom) < 0 or not any((left, top, right, bottom)):
        raise ImageError(
            "A picture is extended by (left, top, right, bottom), whole pixels of 0 or more and not all 0; not "
            f"{reprlib.repr(margins)}."
        )
    return left, top, right, bottom


def _check(picture: Image.Image, size: tuple[int, int], name: str) -> None:
    if picture.size != size:
        raise ImageError(f"{name} is {picture.width}×{picture.height}, and {size[0]}×{size[1]} was planned for.")


def _shape(size: tuple[int, int]) -> str:
    longer = f"{max(size) / min(size):.3g}"
    return f"{longer}:1" if size[0] >= size[1] else f"1:{longer}"
