"""What can be set for any picture, whatever it shows: how many, how large, which seed; checked, and no more than that.

It stands apart from `request.py` because a session keeps the same values as its settings, and a person should read the
same sentence wherever a wrong one is typed.
"""

import difflib
import math
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator, model_validator

from pochade.errors import RequestError
from pochade.sizes import brief, parse_size, whole_number

__all__ = ["MAX_PICTURES", "MAX_PROMPT", "MAX_SEED", "MAX_STEPS", "Background", "Keep", "Knobs"]

MAX_PROMPT = 32_000
MAX_PICTURES = 16
MAX_STEPS = 1_000
MAX_SEED = 2**53 - 1  # the largest whole number that JavaScript carries exactly

Background = Literal["auto", "opaque", "transparent"]
Keep = Literal["auto", "none"]

_BOUNDS = {"n": (1, MAX_PICTURES), "seed": (0, MAX_SEED), "steps": (1, MAX_STEPS)}
_BACKGROUNDS, _KEEPS = ("auto", "opaque", "transparent"), ("auto", "none")


class Knobs(BaseModel):
    """Settings of a picture; `Request` says what each of them means.

    Raises
    ------
    RequestError
        Whenever a value cannot be used; the message says what was wrong and what to do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = 1
    size: tuple[int, int] | str | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None
    negative: str | None = None
    background: Background = "auto"
    keep: Keep = "auto"

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            problem = _plain(error, type(self))
        else:
            return
        # Raised out here: inside, each error would hold the other, beyond the garbage collector's reach.
        raise problem

    @field_validator("n", "seed", "steps", mode="before")
    @classmethod
    def _whole_number(cls, value: object, info: ValidationInfo) -> int | None:
        name = info.field_name or ""
        if value is None and name != "n":
            return None
        low, high = _BOUNDS[name]
        number = whole_number(value)
        if number is None or not low <= number <= high:
            raise RequestError(f"{name} must be a whole number from {low:,} to {high:,}, not {brief(value)}.")
        return number

    @field_validator("guidance", mode="before")
    @classmethod
    def _guidance_is_a_number(cls, value: object) -> float | None:
        if value is None:
            return None
        number = _number(value)
        if not 0 <= number < math.inf:
            raise RequestError(f"guidance must be a number, 0 or more, not {brief(value)}.")
        return number

    @field_validator("strength", mode="before")
    @classmethod
    def _strength_is_a_share(cls, value: object) -> float | None:
        if value is None:
            return None
        number = _number(value)
        if not 0 < number <= 1:
            raise RequestError(f"strength must be a number above 0 and up to 1, not {brief(value)}.")
        return number

    @field_validator("negative", mode="before")
    @classmethod
    def _negative_is_text(cls, value: object) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise RequestError(f"negative must be text, not {type(value).__name__}.")
        if len(value) > MAX_PROMPT:
            raise RequestError(f"negative has {len(value):,} characters; at most {MAX_PROMPT:,} can be read.")
        return value.strip() or None

    @field_validator("background", "keep", mode="before")
    @classmethod
    def _one_of_the_words(cls, value: object, info: ValidationInfo) -> object:
        words = _BACKGROUNDS if info.field_name == "background" else _KEEPS
        if value not in words:
            raise RequestError(f"{info.field_name} must be {' or '.join(map(repr, words))}, not {brief(value)}.")
        return value

    @field_validator("size", mode="before")
    @classmethod
    def _size_is_understood(cls, value: object) -> tuple[int, int] | str | None:
        return parse_size(value)

    @model_validator(mode="after")
    def _every_picture_has_a_seed(self) -> Self:
        if self.seed is not None and self.seed + self.n - 1 > MAX_SEED:
            raise RequestError(f"Picture k is painted with seed + k, and {self.seed:,} leaves no room for {self.n}.")
        return self


def _number(value: object) -> float:
    """Return the number that `value` is, NaN for anything else; text and True are none."""
    try:
        return math.nan if isinstance(value, str | bytes | bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _plain(error: ValidationError, kind: type[Knobs]) -> RequestError:
    """Tell the first complaint as one of our own errors, in a plain sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, RequestError):
        return cause
    name = str(first["loc"][0]) if first["loc"] else "request"
    if first["type"] == "extra_forbidden":
        known = sorted(kind.model_fields)
        guess = difflib.get_close_matches(name, known, n=1)
        return RequestError(f"There is no option {name!r}: {f'did you mean {guess[0]!r}?' if guess else known}")
    if first["type"] == "missing":
        return RequestError(f"A request needs a {name}.")
    return RequestError(f"{name} cannot be used: {first['msg'][:1].lower()}{first['msg'][1:]}.")
