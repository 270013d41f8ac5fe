"""How large a picture is to be: read as a person writes it, and settled when the model's rule is known.

It stands alone because sizes are asked in many ways (pixels, ratios, words, in any keyboard's digits) and models take
few of them, and because the engine's table of models states its rules in these terms without needing a request.
"""

import math
import operator
import re
import reprlib
import unicodedata
from dataclasses import dataclass
from itertools import product

from pochade.errors import RequestError

__all__ = ["SizeRule", "brief", "parse_size", "resolve_size", "whole_number"]

_SHAPES = {"square": "1:1", "landscape": "3:2", "portrait": "2:3"}
_PIXELS = re.compile(r"(\d{1,9})\s*[x×*]\s*(\d{1,9})")
_RATIO = re.compile(r"(\d{1,9}(?:\.\d{1,4})?)\s*:\s*(\d{1,9}(?:\.\d{1,4})?)")
_LONGEST = 10**9  # beyond this a side is no size but a mistake
_SIZE_HELP = "give (width, height) in pixels, '640x480', a ratio such as '16:9', or 'square', 'landscape', 'portrait'"


@dataclass(frozen=True)
class SizeRule:
    """Which sizes a model takes, all in pixels.

    Attributes
    ----------
    default : (int, int)
        (width, height) when nothing is asked; its area is what ratios are painted at.
    multiple : int
        Both sides are multiples of this.
    min_side, max_side : int
        The shortest and the longest side.
    max_pixels : int
        The largest width × height.
    """

    default: tuple[int, int]
    multiple: int
    min_side: int
    max_side: int
    max_pixels: int

    @property
    def sides(self) -> range:
        """Every length that a side may have, shortest first."""
        first = -(-self.min_side // self.multiple) * self.multiple
        return range(first, self.max_side + 1, self.multiple)

    @property
    def only(self) -> str | None:
        """For a model of one size the sentence that says so; None for others."""
        if len(self.sides) != 1:
            return None
        side = self.sides[0]
        return f"this model paints {side}×{side} only: leave size out, or ask for size=({side}, {side})."


def parse_size(value: object) -> tuple[int, int] | str | None:
    """Read a size as a person writes it.

    Parameters
    ----------
    value
        None, (width, height), ``"640x480"``, a ratio ``"16:9"``, ``"square"``, ``"landscape"`` or ``"portrait"``.

    Returns
    -------
    (int, int), str or None
        Pixels as a tuple; ratios as ``"w:h"``.

    Raises
    ------
    RequestError
        When it is none of these, or a side is not positive.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip().lower()  # full-width digits and colons are typed too
        text = _SHAPES.get(text, text)
        if match := _RATIO.fullmatch(text):
            if all(float(side) > 0 for side in match.groups()):
                return ":".join(match.groups())
        elif match := _PIXELS.fullmatch(text):
            value = tuple(map(int, match.groups()))
    match value:
        case (across, down):
            width, height = whole_number(across), whole_number(down)
            if width is not None and height is not None and 0 < min(width, height) <= max(width, height) < _LONGEST:
                return width, height
    raise RequestError(f"The size {brief(value)} is not understood: {_SIZE_HELP}.")


def resolve_size(size: tuple[int, int] | str | None, rule: SizeRule) -> tuple[tuple[int, int], str | None]:
    """Find the size to paint for the size that was asked.

    Parameters
    ----------
    size
        As in `Request.size`.
    rule
        What the model takes.

    Returns
    -------
    ((width, height), note)
        The nearest size in pixels that the model takes. The note says so in a sentence when it is not what was asked,
        and is None when it is. A ratio is painted at the area of the model's default.

    Raises
    ------
    RequestError
        When the size is above the model's limit, which the message names, or too narrow a shape.
    """
    asked = parse_size(size)
    if asked is None:
        return rule.default, None
    if isinstance(asked, str):
        return _nearest_shape(asked, rule)
    return _nearest_pixels(asked, rule)


def _nearest_pixels(asked: tuple[int, int], rule: SizeRule) -> tuple[tuple[int, int], str | None]:
    """Round each side to a neighbouring multiple, so that the two together stay within the limit."""
    width, height = asked
    limit = f"at most {rule.max_side:,} pixels a side and {rule.max_pixels:,} in all"
    if max(asked) > rule.max_side or width * height > rule.max_pixels:
        if rule.only is not None:
            raise RequestError(f"{width}×{height} is too large: {rule.only}")
        raise RequestError(f"{width}×{height} is above what this model paints: {limit}. Ask for a smaller size.")
    near = [sorted(rule.sides, key=lambda side: (abs(side - length), -side))[:2] for length in asked]
    fits = [(w, h) for w, h in product(*near) if w * h <= rule.max_pixels]
    if not fits:
        raise RequestError(f"{width}×{height} is too narrow for this model: {limit}, no side under {rule.min_side}.")
    best = min(fits, key=lambda found: (math.dist(found, asked), -math.prod(found)))
    if best == asked:
        return best, None
    return best, f"{width}×{height} was asked; {best[0]}×{best[1]} is the nearest size that this model paints."


def _nearest_shape(ratio: str, rule: SizeRule) -> tuple[tuple[int, int], str | None]:
    """Weigh shape against area: being off in shape counts four times as much as being off in area."""
    across, down = map(float, ratio.split(":"))
    shape, area = across / down, math.prod(rule.default)
    widest = rule.sides[-1] / rule.sides[0]
    if rule.only is not None and shape != 1:
        raise RequestError(f"{ratio} is no choice here: {rule.only}")
    if not 1 / widest <= shape <= widest:
        raise RequestError(f"{ratio} is too narrow for this model: its shapes go from 1:{widest:g} to {widest:g}:1.")
    found = min(
        ((w, h) for w, h in product(rule.sides, rule.sides) if w * h <= rule.max_pixels),
        key=lambda pair: math.hypot(
            4 * math.log(pair[0] / pair[1] / shape),
            math.log(pair[0] * pair[1] / area),
        ),
    )
    if math.isclose(found[0] / found[1], shape):
        return found, None
    return found, f"{ratio} was asked; {found[0]}×{found[1]} is the nearest shape that this model paints."


def brief(value: object) -> str:
    """Spell a value for an error message, however long it is."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python declines to spell out thousands of digits
        return "a number of thousands of digits"


def whole_number(value: object) -> int | None:
    """Return the whole number that `value` is, NumPy's included, or None for anything else. True is not 1 here."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
