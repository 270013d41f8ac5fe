"""How large a picture is to be: read as a person writes it, and settled when the model's rule is known.

It stands alone because sizes are asked in many ways (pixels, ratios, megapixels, words, in any keyboard's digits) and
models take few of them, and because the engine's table of models states its rules in these terms without needing a
request. What was asked in pixels comes out in exactly those pixels, whatever the model had to paint for it.
"""

import math
import operator
import re
import reprlib
import unicodedata
from dataclasses import dataclass
from itertools import product

from pochade.errors import RequestError

__all__ = ["Settled", "SizeRule", "brief", "parse_size", "resolve_size", "whole_number"]

_SHAPES = {"square": "1:1", "landscape": "3:2", "portrait": "2:3"}
_PIXELS = re.compile(r"(\d{1,9})\s*[x×*]\s*(\d{1,9})")
_RATIO = re.compile(r"(\d{1,9}(?:\.\d{1,4})?)\s*:\s*(\d{1,9}(?:\.\d{1,4})?)")
_AREA = r"(?P<area>\d{1,6}(?:\.\d{1,4})?)\s*(?:mp|mpx|megapixels?)"
_MEGAPIXELS = re.compile(rf"(?:(?P<shape>\S.*?)(?:\s+|\s*@\s*))?{_AREA}")
_LONGEST = 10**9  # beyond this a side is no size but a mistake
_ALIKE = 0.02  # a shape this much off is not seen; a picture may be scaled by that on one side
_USUAL = 0.06  # "1 megapixel" means a model's usual 1024×1024, which is 5 % more
_SIZE_HELP = (
    "give (width, height) in pixels, '640x480', a ratio such as '16:9', 'square', 'landscape', 'portrait', or an area "
    "such as '1MP' or '16:9 2MP'"
)


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
    def widest(self) -> float:
        """The largest ratio of a longer to a shorter side."""
        return self.sides[-1] / self.sides[0]

    @property
    def limit(self) -> str:
        """The upper limits, in words."""
        return f"at most {self.max_side:,} pixels a side and {self.max_pixels:,} in all"

    @property
    def only(self) -> str | None:
        """For a model of one size the sentence that says so; None for others."""
        if len(self.sides) != 1:
            return None
        side = self.sides[0]
        return f"this model paints {side}×{side} only: leave size out, or ask for size=({side}, {side})."


@dataclass(frozen=True)
class Settled:
    """A size that was asked, settled for one model; all in pixels, (width, height).

    Attributes
    ----------
    work : (int, int)
        What the model paints.
    final : (int, int)
        What comes out. It differs from `work` only where pixels were asked that the model cannot paint.
    note : str or None
        A sentence where it is not simply what was asked.
    """

    work: tuple[int, int]
    final: tuple[int, int]
    note: str | None


def parse_size(value: object) -> tuple[int, int] | str | None:
    """Read a size as a person writes it.

    Parameters
    ----------
    value
        None, (width, height), ``"640x480"``, a ratio ``"16:9"``, ``"square"``, ``"landscape"`` or ``"portrait"``, an
        area in megapixels (10^6 pixels) ``"1.5MP"``, or a shape and an area ``"16:9 2MP"``.

    Returns
    -------
    (int, int), str or None
        Pixels as a tuple; a shape as ``"w:h"``, an area as ``"1.5MP"``, both as ``"w:h 1.5MP"``.

    Raises
    ------
    RequestError
        When it is none of these, or a side is not positive.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip().lower()  # full-width digits and colons are typed too
        if match := _MEGAPIXELS.fullmatch(text):
            shape, area = match["shape"], float(match["area"])
            parsed = None if shape is None else _ratio(shape)
            if area > 0 and (shape is None or parsed is not None):
                return f"{parsed} {area:g}MP" if parsed else f"{area:g}MP"
        elif ratio := _ratio(text):
            return ratio
        elif match := _PIXELS.fullmatch(text):
            value = tuple(map(int, match.groups()))
    match value:
        case (across, down):
            width, height = whole_number(across), whole_number(down)
            if width is not None and height is not None and 0 < min(width, height) <= max(width, height) < _LONGEST:
                return width, height
    raise RequestError(f"The size {brief(value)} is not understood: {_SIZE_HELP}.")


def resolve_size(size: tuple[int, int] | str | None, rule: SizeRule) -> Settled:
    """Settle the size that was asked for one model.

    Parameters
    ----------
    size
        As in `Request.size`.
    rule
        What the model takes.

    Returns
    -------
    Settled
        Pixels come out as they were asked: where the model cannot paint them, it paints the nearest size of that shape
        and the picture is scaled, which the note says; nothing is cut off. A shape is painted at the area of the
        model's default, or at the area that was asked.

    Raises
    ------
    RequestError
        When the size is above the model's limit, which the message names, or too narrow a shape.
    """
    asked = parse_size(size)
    if asked is None:
        return Settled(rule.default, rule.default, None)
    if isinstance(asked, tuple):
        return _pixels(asked, rule)
    shape, _, area = asked.rpartition(" ") if asked.endswith("MP") else (asked, "", "")
    return _shape(asked, shape, float(area.removesuffix("MP")) * 1e6 if area else None, rule)


def _ratio(text: str) -> str | None:
    """Read a shape in numbers or as a word; None where it is none."""
    match = _RATIO.fullmatch(_SHAPES.get(text, text))
    if match is None or not all(float(side) > 0 for side in match.groups()):
        return None
    return ":".join(match.groups())


def _pixels(asked: tuple[int, int], rule: SizeRule) -> Settled:
    """Find what to paint for a size in pixels: its sides rounded, or another size of the same shape."""
    width, height = asked
    if max(asked) > rule.max_side or width * height > rule.max_pixels:
        if rule.only is not None:
            raise RequestError(f"{width}×{height} is too large: {rule.only}")
        raise RequestError(f"{width}×{height} is above what this model paints: {rule.limit}. Ask for a smaller size.")
    near = [sorted(rule.sides, key=lambda side: (abs(side - length), -side))[:2] for length in asked]
    fits = [(w, h) for w, h in product(*near) if w * h <= rule.max_pixels]
    if fits and (best := min(fits, key=lambda found: (math.dist(found, asked), -math.prod(found)))) == asked:
        return Settled(asked, asked, None)
    shape = width / height
    if not fits or abs(math.log(best[0] / best[1] / shape)) > _ALIKE:
        if not 1 / rule.widest <= shape <= rule.widest:
            limit = rule.only or f"{rule.limit}, no side under {rule.min_side}."
            raise RequestError(f"{width}×{height} is too narrow: {limit}")
        best = _nearest(shape, max(width * height, rule.min_side**2), rule)
    note = f"{width}×{height} was asked: this model painted {best[0]}×{best[1]}, and that was scaled."
    return Settled(best, asked, note)


def _shape(asked: str, ratio: str, area: float | None, rule: SizeRule) -> Settled:
    """Find what to paint for a shape, an area or both."""
    usual, anywhere = math.prod(rule.default), area is None
    if area is None or abs(math.log(area / usual)) < _USUAL:
        area = usual
    if area > rule.max_pixels * (1 + _USUAL):
        raise RequestError(f"{asked} is above what this model paints: {rule.only or rule.limit}")
    across, down = map(float, ratio.split(":")) if ratio else rule.default
    shape = across / down
    if rule.only is not None and (shape != 1 or area != usual):
        raise RequestError(f"{asked} is no choice here: {rule.only}")
    if not 1 / rule.widest <= shape <= rule.widest:
        raise RequestError(
            f"{asked} is too narrow for this model: its shapes go from 1:{rule.widest:g} to {rule.widest:g}:1."
        )
    found = _nearest(shape, area, rule)
    if math.isclose(found[0] / found[1], shape) and (anywhere or abs(math.log(math.prod(found) / area)) < _USUAL):
        return Settled(found, found, None)
    note = f"{asked} was asked; {found[0]}×{found[1]} is the nearest that this model paints."
    return Settled(found, found, note)


def _nearest(shape: float, area: float, rule: SizeRule) -> tuple[int, int]:
    """Weigh shape against area: being off in shape counts four times as much as being off in area."""
    return min(
        ((w, h) for w, h in product(rule.sides, rule.sides) if w * h <= rule.max_pixels),
        key=lambda pair: math.hypot(4 * math.log(pair[0] / pair[1] / shape), math.log(pair[0] * pair[1] / area)),
    )


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
