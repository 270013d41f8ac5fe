"""What is asked: one frozen, checked value that a cell, a click and the command line all build alike.

It stands alone because every way in ends here and nothing behind it has to check again: once a `Request` exists, its
numbers are in range, its pictures are loaded and its mask fits. Only what depends on the model is left open, such as
the exact size, which `pochade.sizes` settles when the model's rule is known.
"""

import math
import os
import reprlib
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypedDict, Unpack, cast

from PIL import Image
from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pochade.errors import ImageError, RequestError
from pochade.imaging.fit import margins
from pochade.imaging.load import MAX_PIXELS, load_image
from pochade.imaging.mask import check_mask, load_mask
from pochade.knobs import MAX_PICTURES, MAX_PROMPT, MAX_SEED, MAX_STEPS, Background, Keep, Knobs
from pochade.provenance.boxes import crowded
from pochade.provenance.carried import carried, mime_of
from pochade.sizes import SizeRule, brief, parse_size, resolve_size, whole_number

__all__ = [
    "MAX_PICTURES",
    "MAX_PROMPT",
    "MAX_REFERENCES",
    "MAX_SEED",
    "MAX_STEPS",
    "Options",
    "Request",
    "SizeRule",
    "Task",
    "parse_size",
    "resolve_size",
]

MAX_REFERENCES = 10
MAX_FILE = 100_000_000  # bytes of a file that is kept for its credentials; a larger one gives only its pixels

Task = Literal["generate", "edit"]
Margins = tuple[int, int, int, int]

_MASK_NEEDS_EDIT = "A mask needs an edit: it says which part of a picture may change, so pass that picture as image."
_MARGINS = 4


class Options(TypedDict, total=False):
    """What `Request.of` takes besides the prompt; `image`, `mask` and `references` may be any kind of picture."""

    task: Task
    n: int
    size: tuple[int, int] | str | None
    seed: int | None
    steps: int | None
    guidance: float | None
    negative: str | None
    strength: float | None
    background: Background
    image: object
    image_turn: str | None
    mask: object
    keep: Keep
    changed: object
    extend: Margins | str | None
    references: object
    reference_turns: Sequence[str | None]
    files: Sequence[bytes | None]


class Request(Knobs):
    """What is asked of the road. Build one with `Request.of`, which accepts every kind of picture.

    Attributes
    ----------
    task : "generate" or "edit"
        Make a picture from words (and references), or change `image`.
    prompt : str
        The words, stripped of surrounding space; 1 to 32,000 characters.
    n : int
        How many pictures, 1 to 16. Picture k (from 0) is painted with ``seed + k``.
    size : (int, int), str or None
        (width, height) in pixels, a ratio ``"w:h"`` at the model's usual area, an area ``"1.5MP"`` or both. None is the
        model's own size. An edit keeps the size of `image`, so it has none.
    seed : int or None
        0 to 2**53 - 1. None lets the road draw one, which the turn records.
    steps : int or None
        Denoising steps, 1 to 1000. None is the model's own number.
    guidance : float or None
        How strictly the prompt is followed, 0 or more. None is the model's own value.
    negative : str or None
        What should not be in the picture, for models that read it.
    strength : float or None
        How much of the picture an edit by noise (img2img) repaints, above 0 up to 1. None is pochade's own value.
    background : "auto", "opaque" or "transparent"
        Whether the picture's ground is to be painted or left out; "auto" is as the model, or the picture, has it.
    image : PIL.Image.Image or None
        The picture that an edit changes: 8-bit "RGB" or "RGBA".
    image_turn : str or None
        The id of the turn whose picture `image` is, if it is one.
    mask : PIL.Image.Image or None
        Mode "L", as large as `image`: 255 where it may change, 0 where not one byte may.
    keep : "auto" or "none"
        For an edit without a mask: find what the model truly changed and keep the picture's own bytes elsewhere, or
        take the model's whole answer.
    changed : PIL.Image.Image or None
        Mode "L": what to take for changed, where a person corrected what was found.
    extend : (int, int, int, int) or None
        By how many pixels the picture grows to the left, top, right and bottom; its own pixels stay.
    references : tuple of PIL.Image.Image
        Pictures to take a style, a colour, a subject or a layout from; at most 10.
    reference_turns : tuple of (str or None)
        For each reference the id of the turn that it comes from, if any.
    files : tuple of (bytes or None)
        For `image` and then each reference the file that it came as, where that carries Content Credentials: they stay
        with what is made from it. Empty where no file does.

    Raises
    ------
    RequestError
        Whenever a value cannot be used; the message says what was wrong and what to do.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    task: Task = "generate"
    prompt: str
    image: Image.Image | None = None
    image_turn: str | None = None
    mask: Image.Image | None = None
    changed: Image.Image | None = None
    extend: Margins | None = None
    references: tuple[Image.Image, ...] = ()
    reference_turns: tuple[str | None, ...] = Field(default=(), validate_default=True)
    files: tuple[bytes | None, ...] = Field(default=(), repr=False)

    @classmethod
    def of(cls, prompt: str, **options: Unpack[Options]) -> Self:
        """Build a request from pictures of any kind, and margins also as the shape to grow to (``extend="16:9"``).

        Parameters
        ----------
        prompt : str
            The words.
        **options
            The attributes of `Request`. `image` and each of `references` may be whatever
            `pochade.imaging.load.load_image` reads, `mask` and `changed` whatever `pochade.imaging.mask.load_mask`
            reads; a turn brings its id along, a file its Content Credentials, and whatever has a `file` (bytes) beside
            its `image` that file's. Pictures are copied, so that drawing on yours later changes nothing here.

        Raises
        ------
        RequestError
            When the request cannot be carried out as asked.
        ImageError
            When a picture or the mask cannot be used.
        """
        values: dict[str, Any] = {**options, "prompt": prompt}
        references = _as_sequence(values.get("references"))
        if len(references) > MAX_REFERENCES:
            raise RequestError(f"At most {MAX_REFERENCES} references can be used, not {len(references)}.")
        image, *references = (_read_once(one) for one in (values.get("image"), *references))
        if image is not None:
            values["image"] = load_image(image, name="The picture to change")
            values["image_turn"] = values.get("image_turn") or _turn_id(image)
        for name in ("mask", "changed"):
            if (mask := values.get(name)) is not None:
                if image is None:
                    raise RequestError(_MASK_NEEDS_EDIT)
                values[name] = load_mask(mask, values["image"].size)
        if isinstance(extend := values.get("extend"), str) and image is not None:
            if not isinstance(shape := parse_size(extend), str) or shape.endswith("MP"):
                raise RequestError(f"extend={extend!r} is no shape to grow to: give one such as '16:9', or margins.")
            values["extend"] = margins(values["image"].size, shape)
        values["references"] = tuple(load_image(one, name=f"Reference {i}") for i, one in enumerate(references, 1))
        values["reference_turns"] = values.get("reference_turns") or tuple(map(_turn_id, references))
        if not values.get("files"):
            files = tuple(_credentialed(one) for one in (image, *references))
            values["files"] = files if any(files) else ()
        return cls(**values)

    def __repr__(self) -> str:
        fields = type(self).model_fields
        names = dict.fromkeys(("task", "prompt", *fields))
        told = ((name, getattr(self, name)) for name in names)
        told = ((name, value) for name, value in told if fields[name].repr)
        told = ((name, value) for name, value in told if value is not None and value != fields[name].default)
        return f"Request({', '.join(f'{name}={_show(value)}' for name, value in told)})"

    __str__ = __repr__

    @field_validator("prompt", mode="before")
    @classmethod
    def _prompt_has_words(cls, value: object) -> str:
        if not isinstance(value, str):
            raise RequestError(f"The prompt must be text, not {type(value).__name__}.")
        prompt = value.strip()
        if not any(character.isprintable() and not character.isspace() for character in prompt):
            raise RequestError("The prompt is empty: say in words what to paint.")
        if len(prompt) > MAX_PROMPT:
            raise RequestError(f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT:,} can be read.")
        if any("\ud800" <= character <= "\udfff" for character in prompt):
            raise RequestError("The prompt holds half of a character (a lone surrogate): type or paste it again.")
        return prompt

    @field_validator("extend", mode="before")
    @classmethod
    def _margins_are_whole_numbers(cls, value: object) -> Margins | None:
        if value is None:
            return None
        value = value.tolist() if hasattr(value, "tolist") else value  # an array
        numbers = [whole_number(one) for one in value] if isinstance(value, Sequence) else []
        margins = tuple(number for number in numbers if number is not None and number >= 0)
        if isinstance(value, str) or len(numbers) != _MARGINS or len(margins) != _MARGINS or not any(margins):
            raise RequestError(
                "extend must be (left, top, right, bottom) in pixels, not all 0, or the shape to grow to, such as "
                f"'16:9'; not {brief(value)}."
            )
        return cast("Margins", margins)

    @field_validator("image", "references")
    @classmethod
    def _pictures_are_loaded(cls, value: Any) -> Any:
        for picture in value if isinstance(value, tuple) else (value,):
            if picture is not None and (picture.mode not in ("RGB", "RGBA") or math.prod(picture.size) > MAX_PIXELS):
                raise ImageError(f"A request holds 8-bit RGB or RGBA pictures, not {picture.mode}: use Request.of.")
        return value

    @field_validator("references")
    @classmethod
    def _references_are_few(cls, value: tuple[Image.Image, ...]) -> tuple[Image.Image, ...]:
        if len(value) > MAX_REFERENCES:
            raise RequestError(f"At most {MAX_REFERENCES} references can be used, not {len(value)}.")
        return value

    @field_validator("reference_turns")
    @classmethod
    def _each_reference_has_its_turn(
        cls, value: tuple[str | None, ...], info: ValidationInfo
    ) -> tuple[str | None, ...]:
        references = info.data.get("references", ())
        if value and len(value) != len(references):
            raise RequestError(f"There are {len(references)} references but {len(value)} reference_turns.")
        return value or (None,) * len(references)

    @field_validator("files")
    @classmethod
    def _each_picture_has_its_file(cls, value: tuple[bytes | None, ...], info: ValidationInfo) -> Any:
        if value and len(value) != 1 + len(info.data.get("references", ())):
            raise RequestError("files names the file of image, or None, and then one for each reference.")
        return value

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.task == "edit" and self.image is None:
            raise RequestError("An edit needs a picture to change: pass it as image, or generate one first.")
        if self.task == "generate" and self.mask is not None:
            raise RequestError(_MASK_NEEDS_EDIT)
        if self.task == "generate" and self.image is not None:
            raise RequestError("Generating starts from words: edit the picture instead, or pass it in references.")
        if self.image_turn is not None and self.image is None:
            raise RequestError("image_turn names the turn that image comes from, but there is no image.")
        for mask in (self.mask, self.changed):
            if mask is not None and self.image is not None:
                check_mask(mask, self.image.size)
        self._check_what_only_edits_have()
        if self.image is not None and self.size not in (None, self.image.size):
            raise RequestError(
                "An edit keeps the size of its picture: leave size out, or generate a new picture of the size you want."
            )
        return self

    def _check_what_only_edits_have(self) -> None:
        if self.task == "generate":
            if (
                name := next((n for n in ("strength", "changed", "extend") if getattr(self, n) is not None), None)
            ) is not None:
                raise RequestError(f"{name} is about a picture that is changed: pass it as image, or leave {name} out.")
            return
        if self.mask is not None and self.changed is not None:
            raise RequestError("changed corrects what is found without a mask: give the one or the other.")
        if self.keep == "none" and self.changed is not None:
            raise RequestError("keep='none' takes the whole answer, so changed has no use: leave one of them out.")
        if self.extend is not None and (self.mask is not None or self.changed is not None):
            raise RequestError("extend paints only what is new around the picture: leave mask and changed out.")
        if self.extend is not None and self.image is not None:
            left, top, right, bottom = self.extend
            width, height = self.image.width + left + right, self.image.height + top + bottom
            if width * height > MAX_PIXELS:
                raise RequestError(f"The picture would grow to {width:,}×{height:,}: at most {MAX_PIXELS:,} pixels.")


def _turn_id(source: object) -> str | None:
    """Return the id of a turn, known by what it offers, since turns are built above this module."""
    found = getattr(source, "id", None)
    return found if isinstance(found, str) and hasattr(source, "image") else None


@dataclass(frozen=True)
class _File:
    """A picture's file, read once: its pixels and its credentials are those of the same bytes."""

    name: str
    file: bytes

    @property
    def image(self) -> Image.Image:
        return load_image(self.file, name=self.name)


def _read_once(source: object) -> object:
    """Take in the bytes of a file or a stream; anything else, and what cannot be read so, is left as it is."""
    if isinstance(source, str | os.PathLike):
        text = os.fsdecode(source)
        with suppress(OSError, ValueError):  # `load_image` says what is wrong with it
            path = Path(text).expanduser()
            facts = path.stat()
            if stat.S_ISREG(facts.st_mode) and facts.st_size <= MAX_FILE:
                return _File(f"The file {reprlib.repr(text)}", path.read_bytes())
        return source
    read = getattr(source, "read", None)
    if not callable(read) or isinstance(source, Image.Image):
        return source
    if source.seekable():  # type: ignore[attr-defined]
        source.seek(0)  # type: ignore[attr-defined]
    return read()


def _credentialed(source: object) -> bytes | None:
    """Return the file that a picture came as, if it carries Content Credentials."""
    file = getattr(source, "file", source)
    if not isinstance(file, bytes | bytearray | memoryview) or len(file) > MAX_FILE:
        return None
    data = bytes(file)
    return data if carried(data) and not crowded(data, mime_of(data) or "") else None


def _as_sequence(references: object) -> Sequence[object]:
    """Take a lone reference for a list of one; text and bytes are pictures here, not sequences."""
    if references is None:
        return ()
    if isinstance(references, Sequence) and not isinstance(references, str | bytes | bytearray | memoryview):
        return references
    return (references,)


def _show(value: object) -> str:
    """One value in a repr: pictures by size and mode, since their own repr holds an address that changes."""
    if isinstance(value, Image.Image):
        return f"<{value.width}×{value.height} {value.mode}>"
    if isinstance(value, tuple) and any(isinstance(one, Image.Image) for one in value):
        return f"({', '.join(map(_show, value))})"
    return repr(value)
