"""The road's stage for transparent pictures: what is asked of a model that paints none, and what its answer becomes.

It stands alone because two things must agree: the plain ground that the prompt asks for, in a colour which the subject
does not have, and the key that takes the subject off it again (`pochade.imaging.matte`). A family that paints
transparency itself needs none of this. Plain functions, no model.
"""

from __future__ import annotations

import contextlib
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageColor

from pochade.engine.words import unknown_words
from pochade.errors import ImageError
from pochade.imaging import ground, matte
from pochade.imaging.colour import delta_e, to_lab

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pochade.imaging.ground import Colour

__all__ = ["KEYS", "asked", "asked_again", "colours_in", "flattened", "restored", "taken"]

#: Grounds, best first. Not the purest colours: models and their VAEs tint a subject less beside these.
KEYS: dict[str, str] = {"green": "#00b140", "magenta": "#d21ebe", "blue": "#0050dc", "cyan": "#00aabe"}

# Things whose colour goes without saying: colour → words.
_THINGS: dict[Colour, str] = {
    (60, 140, 50): "alien alligator apple bamboo basil bouquet broccoli cactus caterpillar clover crocodile cucumber "
    "dinosaur dragon duck earth ferris fern flower flowers forest frog garden globe goblin grass grasshopper "
    "herb holly iguana ivy jungle leaf leaves lettuce lizard mallard meadow moss palm parrot peacock "
    "pineapple plant plants rose roses salad shamrock sunflower tortoise tractor traffic tree trees tulip "
    "turtle vegetables vine wreath zombie 树 叶 草 花 蛙 龙 龟 森林 植物 仙人掌 鹦鹉 鸭 孔雀 拖拉机 地球 红绿灯 摩天轮",
    (235, 130, 190): "blossom bouquet bubblegum flamingo flower flowers grape grapes lavender lips orchid pig piglet "
    "plum rose roses sakura tulip unicorn 花 樱 玫瑰 葡萄 独角兽 猪",
    (60, 120, 210): "denim dolphin earth globe jeans lake ocean peacock planet river sea sky water wave waves whale "
    "天空 海 水 湖 河 地球 鲸",
}
_COLOURS: dict[str, str] = ImageColor.colormap | {  # type: ignore[assignment]
    "amber": "#ffbf00", "amethyst": "#9966cc", "burgundy": "#800020", "emerald": "#009b5a", "golden": "#d4af37",
    "jade": "#00a86b", "lilac": "#c8a2c8", "mint": "#96e6be", "ruby": "#c81446", "sapphire": "#0f52ba",
    "scarlet": "#ff2400", "红": "#dc2828", "橙": "#f58c1e", "黄": "#fad732", "绿": "#00963c", "青": "#00aaaa",
    "蓝": "#285adc", "紫": "#823cbe", "粉": "#f582be", "棕": "#7d5032", "黑": "#141414", "白": "#ffffff",
    "灰": "#808080", "金": "#d4af37", "银": "#c0c0c0",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_HEX = re.compile(r"[#](?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])")

# How each is said to models that know all words, and to those that were taught a few.
_ON = (", isolated on a plain solid {name} background ({key})", " on a {key} background")
_REPAINTED = (
    "Change the background to a plain solid {name} ({key}). Keep everything else exactly as it is.",
    "change the background to {key}",
)
_ALSO = (". Change the background to a plain solid {name} ({key}).", "")
_KEPT = (". Keep the plain solid {name} background ({key}).", "")
_ON_CHINESE = "，纯{name}色背景（{key}）"  # noqa: RUF001 - Chinese is written with its own signs
_CHINESE = {"green": "绿", "magenta": "洋红", "blue": "蓝", "cyan": "青"}

_PLAIN = "|".join(
    (
        "plain|solid|pure|simple|clean|blank|empty|flat|uniform|fully|completely|transparent|see-through",
        _HEX.pattern,
        *ImageColor.colormap,
    )
)
#: What a prompt says of its ground; a model told "transparent" paints a chequered pattern.
_GROUND = re.compile(
    rf"""\b(?:remove|delete|erase|drop|strip|clear|get\ rid\ of|take\ away|cut\ out)\s
            (?:(?:the|its|his|her|their|this|any)\s)?(?:\w+\s)?background\b
      | \b(?:make|turn|change|set)\s(?:(?:the|its)\s)?background\s(?:in)?(?:to\s)?(?:(?:be|become)\s)?
            (?:(?:fully|completely)\s)?(?:transparent|see-through|invisible|clear|nothing)\b
      | \b(?:make|turn)\s(?:it|this|them|the\s(?:picture|image|photo))\stransparent\b
      | \b(?:(?:on|with|against|over|has)\s)?(?:(?:an?|the)\s)?(?:(?:{_PLAIN})[\s,-]+)+(?:background|backdrop)\b
      | \b(?:without|no|with\sno)\s(?:(?:an?|any|the)\s)?background\b
      | \bwith\s(?:transparency|an?\salpha\schannel)\b
      | [去移删抠][掉除]背景 | [把将]?背景(?:变成|改成|改为|设为|换成|变)?透明 | 透明的?背景 | [无没]有?背景 | 抠图
    """,
    re.VERBOSE | re.IGNORECASE,
)
_STOPS = r"\s,.;:\uff0c\u3002\uff1b\u3001"
_LOOSE = re.compile(
    rf"^(?:[{_STOPS}]|(?:and|then|but|please)\b)+|(?:[{_STOPS}]|\b(?:and|then|but|please))+$", re.IGNORECASE
)
_ALIKE = 0.25  # of a ground's colour that a subject may hold
_APART = 25.0  # ΔE00 between ground and subject that is plenty
_HALF = 127
_CLEAR = 0.02  # of opacity, below which nothing is seen
_SAMPLE = 20_000  # pixels, more than enough for a median
_STILL_KEY = 15.0  # ΔE00 up to which what was transparent is still the key's colour


def asked(
    prompt: str,
    *,
    picture: Image.Image | None = None,
    by: Literal["instruction", "strength"] = "instruction",
    vocabulary: Collection[str] = frozenset(),
    insist: bool = True,
) -> tuple[str, str]:
    """Reword a prompt so that the subject comes out on a plain ground that can be taken away.

    What the prompt says of a plain or transparent ground is left out. The ground's colour is the first of `KEYS` that
    is far from every colour which the prompt names or its things are known for, and from the picture's.

    Parameters
    ----------
    prompt : str
        The person's words.
    picture : PIL.Image.Image, optional
        What is edited; without one, the picture is made from words.
    by : "instruction" or "strength"
        Whether an editing model is told what to change, or the prompt describes the whole picture.
    vocabulary : collection of str
        The words that the model knows, lower case; empty if it knows all.
    insist : bool
        Whether transparency was asked for. If not, as when a transparent picture is edited without a word about it, the
        prompt stays as it is, and `taken` with ``only=True`` tells whether the ground was left.

    Returns
    -------
    prompt : str
        What the model is given; to be kept on the turn.
    key : str
        The ground, "#rrggbb": lay an edited picture on it with `flattened`, and hand it to `taken`.
    """
    words = re.sub(rf"\s+(?=[{_STOPS}])", "", _GROUND.sub(" ", prompt)) if insist else prompt
    words = _LOOSE.sub("", words)
    name = _farthest([*colours_in(words), *(_palette(picture) if picture is not None else [])])
    if not insist:
        return prompt, KEYS[name]

    if picture is None or by == "strength":
        words = words or prompt
        chinese = not vocabulary and _HAN.search(words)
        ending = _ON_CHINESE.format(name=_CHINESE[name], key=KEYS[name]) if chinese else _said(_ON, name, vocabulary)
        return words + ending, KEYS[name]
    if not words:
        return _said(_REPAINTED, name, vocabulary), KEYS[name]
    ending = _said(_KEPT if _is_transparent(picture) else _ALSO, name, vocabulary)
    return words + ending, KEYS[name]


def asked_again(key: str, *, vocabulary: Collection[str] = frozenset()) -> tuple[str, str]:
    """Word an edit that repaints the ground of an answer, so that opacity can be told from two.

    For editing models that leave the subject as it is, pixel for pixel; it costs a second picture.

    Parameters
    ----------
    key : str
        The ground of the answer.
    vocabulary : collection of str
        As in `asked`.

    Returns
    -------
    prompt, key : str
        What the model is given besides the answer, and the other ground.
    """
    name = max(KEYS, key=lambda name: np.square(np.subtract(_rgb(KEYS[name]), _rgb(key))).sum())
    return _said(_REPAINTED, name, vocabulary), KEYS[name]


def taken(
    answer: Image.Image, key: str, *, only: bool = False, again: tuple[Image.Image, str] | None = None
) -> tuple[Image.Image, str | None]:
    """Make of a model's answer what was asked for.

    Parameters
    ----------
    answer : PIL.Image.Image
        What the model painted, "RGB".
    key : str
        The ground that `asked` named.
    only : bool
        Leave a ground of any other colour: somebody wanted it.
    again : (PIL.Image.Image, str), optional
        The same subject on the ground that `asked_again` named, and that ground. It is used if the subject is the same
        pixel for pixel, and else as if it were not there.

    Returns
    -------
    picture : PIL.Image.Image
        "RGBA"; the answer itself where no subject on a plain ground was found.
    note : str or None
        Why it is the answer itself.
    """
    if again is not None:
        with contextlib.suppress(ImageError):
            return matte.two(answer, again[0], (_rgb(key), _rgb(again[1]))), None
    try:
        return matte.key(answer, _rgb(key), only=only), None
    except ImageError as error:
        if only:
            return answer, f"The picture is no longer transparent. {error}"
        hint = "Ask for a single subject with nothing behind it, or try another seed."
        return answer, f"The picture was kept opaque. {error} {hint}"


def restored(answer: Image.Image, ground: Image.Image, key: str) -> Image.Image | None:
    """Give an answer the transparency of the picture that was edited, where its own ground cannot be taken off.

    Parameters
    ----------
    answer : PIL.Image.Image
        What the model painted, "RGB".
    ground : PIL.Image.Image
        The picture that was edited, "RGBA", of the same size.
    key : str
        What it was laid on, "#rrggbb".

    Returns
    -------
    PIL.Image.Image or None
        "RGBA" with the ground's opacity and without the key's tint; None where the answer shows something else in what
        was transparent, as when a background was asked for.
    """
    alpha = np.asarray(ground.getchannel("A"), dtype=np.float32)[..., None] / 255
    colours = np.asarray(answer.convert("RGB"), dtype=np.float32)
    clear = colours[alpha[..., 0] < _CLEAR]
    if len(clear):
        sample = clear[:: max(1, len(clear) // _SAMPLE)]
        if np.median(delta_e(to_lab(sample.astype(np.uint8)), to_lab([_rgb(key)]))) > _STILL_KEY:
            return None
    unmixed = (colours - (1 - alpha) * np.asarray(_rgb(key), dtype=np.float32)) / np.maximum(alpha, 1 / 255)
    levels = np.concatenate([np.clip(unmixed, 0, 255), alpha * 255], axis=-1)
    return Image.fromarray(np.rint(levels).astype(np.uint8))


def flattened(picture: Image.Image, colour: str) -> Image.Image:
    """Lay a picture on a ground, "#rrggbb": an "RGB" picture, as a model reads it."""
    return matte.lay(picture, _rgb(colour))


def colours_in(prompt: str) -> list[Colour]:
    """List the colours that a prompt names, in words or hexadecimal, and those that its things are known for."""
    text = prompt.lower()
    tokens = re.findall(r"[a-z]+", text)
    tokens += [first + second for first, second in pairwise(tokens)]  # "hot pink" is "hotpink" among the names
    tokens += [token.removesuffix("s") for token in tokens]

    def speaks_of(word: str) -> bool:
        return word in text if _HAN.match(word) else word in tokens

    named = [_rgb(code) for code in _HEX.findall(text)]
    named += [_rgb(code) for word, code in _COLOURS.items() if speaks_of(word)]
    return named + [colour for colour, things in _THINGS.items() if any(map(speaks_of, things.split()))]


def _said(ways: tuple[str, str], name: str, vocabulary: Collection[str]) -> str:
    """Name a ground in the first way if the model knows all of its words, and else in the second."""
    full, short = (way.format(name=name, key=KEYS[name]) for way in ways)
    return short if unknown_words(full, frozenset(vocabulary)) else full


def _farthest(colours: Sequence[Colour]) -> str:
    """Name the first ground that none of the colours comes near, or the one that they come least near."""
    if not colours:
        return next(iter(KEYS))
    worst = {}
    for name, code in KEYS.items():
        alike = float(ground.share(colours, _rgb(code)).max())
        apart = float(delta_e(to_lab(colours), to_lab([_rgb(code)])).min())
        if alike <= _ALIKE and apart >= _APART:
            return name
        worst[name] = max(alike, 0) + max(_APART - apart, 0) / _APART
    return min(worst, key=lambda name: worst[name])


def _palette(picture: Image.Image) -> list[Colour]:
    """List the colours that cover at least a fiftieth of what can be seen of a picture."""
    small = picture.convert("RGBA").resize((64, 64), Image.Resampling.BOX)
    seen = np.asarray(small)[np.asarray(small.getchannel("A")) > _HALF][:, :3]
    if not len(seen):
        return []
    reduced = Image.fromarray(np.ascontiguousarray(seen[None])).quantize(12, Image.Quantize.MEDIANCUT)
    counts = reduced.histogram()
    palette = np.reshape(reduced.getpalette() or [], (-1, 3)).tolist()
    return [(r, g, b) for (r, g, b), count in zip(palette, counts, strict=False) if count * 50 >= len(seen)]


def _rgb(code: str | Colour) -> Colour:
    if not isinstance(code, str):  # Pillow replaces the names in its table by the colours once it has read them
        return code
    red, green, blue = ImageColor.getrgb(code)[:3]
    return red, green, blue


def _is_transparent(picture: Image.Image) -> bool:
    return picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
