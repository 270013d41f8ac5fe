"""What a prompt says of the pictures that come with it: "image 1", "the second picture", "图3".

It stands alone because no model says that a picture is missing: it invents one. The picture that is edited is image 1
and references follow from 2; where a picture is made from words, references are counted from 1.
"""

from __future__ import annotations

import re
from types import MappingProxyType

__all__ = ["FORMS", "mentioned", "missing_image", "worded"]

#: How a family was taught to speak of its pictures, where that is known.
FORMS = MappingProxyType(
    {
        "FLUX.2 [dev]": "image {}",
        "FLUX.2 klein": "image {}",
        "FLUX.2 klein KV": "image {}",
        "Qwen-Image-Edit Plus": "Picture {}",  # its pipeline writes "Picture 1: " before the first, and so on
    }
)

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_HAN = "一二三四五六七八九十"
_VALUES = {word: value for words in (_ORDINALS, _HAN) for value, word in enumerate(words, 1)}

_NOT = r"(?<!reference\s)"  # "reference image 1" may be the first or the second of an edit's
# What may follow "picture 3" and "the first photo", since another noun makes "picture 3 cats" and "the first photo
# album" of them; nobody says "image 3 cats".
_END = (
    r"(?=\s*(?:$|[^\w\s]|(?:a|an|and|as|at|but|by|for|from|has|have|in|instead|into|is|it|on|onto|or|should|so|that|the|"
    r"to|while|with|without)\b|[\u4e00-\u9fff]))"
)
_ONE = r"[1-9]\d?(?!\w|\.\d)"
_SOME = rf"{_ONE}(?:(?:,|,?\sand|,?\sor|\s?&)\s{_ONE})*"
_NUMBERED = re.compile(
    rf"\b{_NOT}(?:images?\s#?{_SOME}|(?:picture|photo)s\s{_SOME}|(?:picture|photo)\s#?{_SOME}{_END})", re.IGNORECASE
)
_COUNTED = re.compile(rf"\bthe\s({'|'.join(_ORDINALS)})\s(?:image\b|(?:picture|photo){_END})", re.IGNORECASE)
_NUMBERED_HAN = re.compile(rf"(?<![地插截构蓝草])(?:图[片像]?|照片)\s?([1-9]\d?|[{_HAN}](?![只个张条位幅座朵{_HAN}]))")
_COUNTED_HAN = re.compile(rf"第\s?([1-9]\d?|[{_HAN}])\s?张")
_VALUE = re.compile(rf"[1-9]\d?|[{_HAN}]")


def mentioned(prompt: str, *, counted: bool = True) -> int:
    """Find the highest number of a picture that a prompt speaks of; 0 if of none.

    Parameters
    ----------
    prompt : str
        The words.
    counted : bool
        Whether "the second picture" means one that was given, and not one of several to be painted.
    """
    spoken = [match.group() for pattern in (_NUMBERED, _NUMBERED_HAN) for match in pattern.finditer(prompt)]
    numbers = [word for text in spoken for word in _VALUE.findall(text)]
    if counted:
        numbers += [word.lower() for pattern in (_COUNTED, _COUNTED_HAN) for word in pattern.findall(prompt)]
    return max((_VALUES.get(word) or int(word) for word in numbers), default=0)


def missing_image(prompt: str, given: int) -> str | None:
    """Note that a prompt speaks of a picture that is not there.

    Parameters
    ----------
    prompt : str
        The words.
    given : int
        How many pictures the model is shown, the edited one included.

    Returns
    -------
    str or None
        A sentence for the turn's notes; None where nothing is missing.
    """
    number = mentioned(prompt, counted=given > 0)
    if number <= given:
        return None
    were = {0: "none was", 1: "1 was"}.get(given, f"{given} were")
    return f"The prompt speaks of image {number}, but {were} given."


def worded(prompt: str, family: str, given: int) -> str:
    """Say "the second image" as the family was taught to: "image 2".

    Parameters
    ----------
    prompt : str
        The words.
    family : str
        The family's name; the words stay as they are for one that is not in `FORMS`.
    given : int
        How many pictures the model is shown. With a single one nothing can be mixed up, and nothing is changed.
    """
    form = FORMS.get(family)
    if form is None or given <= 1:
        return prompt

    def said(match: re.Match[str]) -> str:
        number = _VALUES[match[1].lower()]
        return form.format(number) if number <= given else match[0]

    return _COUNTED.sub(said, prompt)
