"""How a scene, an edit or a blend of the miniature's world is put into words in Chinese.

The same promises as in English (`english.py`) with a grammar of its own: measure words, what qualifies a thing before
its name, and no spaces. The words themselves are in `chinese_words.py`.
"""
# ruff: noqa: RUF001 - full-width punctuation is how Chinese is written

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.miniature.wordbook import BY_NAME, BY_WORD, COLOURS_ZH, SCENES, SCENES_ZH

from . import speech
from .chinese_words import MEASURES, OPENINGS, OTHER_COLOURS, OVERLAYS, PLACES, RELATIONS, SCENE_NAMES, SIZES, STYLES
from .speech import OTHER_NAME, Speaker, grid_of

if TYPE_CHECKING:
    from pochade.miniature.edits import Edit
    from pochade.miniature.world import Scene, Text, Thing

_NUMBERS = ("零", "一", "两", "三", "四", "五", "六")
_FONTS = {"serif": "衬线", "mono": "打字机", "bold": "粗体"}


class Chinese(Speaker):
    """The world in Chinese."""

    stop = "。"
    pictures = (("第一张图", "第二张图"), ("图1", "图2"), ("图一", "图二"))

    # ------------------------------------------------------------------------------------------------- phrases

    def _name(self, name: str) -> str:
        names = BY_NAME[name].chinese
        return self._rng.choice(names[1:]) if names[1:] and self._chance(OTHER_NAME) else names[0]

    def _colour(self, colour: str) -> str:
        """A colour as it stands before a noun."""
        if colour in OTHER_COLOURS and self._chance(OTHER_NAME):
            return OTHER_COLOURS[colour]
        return COLOURS_ZH.get(colour, colour)

    def _phrase(self, thing: Thing, size: str = "", *, terse: bool = False) -> str:
        """A thing with measure word and all that it is: ``"一只戴着礼帽的小小的狐狸"``; terse: without the number."""
        return ("" if terse else f"一{MEASURES[thing.name]}") + self._described(thing, size, terse=terse)

    def _described(self, thing: Thing, size: str = "", *, terse: bool = False, all_: str = "") -> str:
        words = all_ + self._worn(thing.worn, terse=terse) + "的" if thing.worn else ""
        if thing.text:
            words += self._written(thing.text)
        name = self._name(thing.name)
        if size:
            short = {"small": f"小{name}", "big": f"大{name}"}.get(size, "")
            if short and not thing.colour and short not in BY_WORD and name[0] not in "小大" and self._chance(0.4):
                return words + short
            words += self._pick(*SIZES[size])
        if thing.colour:
            words += self._colour(thing.colour) + ("" if terse else self._pick("的", "的", ""))
        return words + name

    def _worn(self, items: tuple[str, ...], *, terse: bool = False) -> str:
        """What is worn, with its verbs: ``"戴着礼帽和眼镜、系着领结"``."""
        during = "" if terse else "着"
        on_head = [self._name(item) for item in items if BY_NAME[item].group != "neck"]
        at_neck = [self._name(item) for item in items if BY_NAME[item].group == "neck"]
        said = [f"戴{during}{_listed(on_head)}"] if on_head else []
        return "、".join([*said, *(f"系{during}{item}" for item in at_neck)])

    def _written(self, text: Text) -> str:
        """What stands on a carrier, before its name: ``'用红色粗体字写着"你好"的'``."""
        look = ([self._colour(text.ink)] if text.ink != "black" or self._chance(0.1) else []) + (
            [_FONTS[text.font]] if text.font in _FONTS else []
        )
        by = f"用{''.join(look)}字" if look else ""
        return f'{by}{self._pick("写着", "写着", "写有", "印着")}"{text.words}"的'

    def _backdrop(self, name: str) -> str:
        """A plain background as a noun: ``"蓝色背景"``."""
        if name.startswith("gradient "):
            _, top, bottom = name.split()
            first, last = self._colour(top), self._colour(bottom)
            return self._pick(f"从上到下由{first}到{last}的渐变背景", f"从{first}到{last}的渐变背景")
        return f"{self._colour(name)}背景"

    def _interface(self, names: tuple[str, ...]) -> str:
        return _listed([self._pick(*OVERLAYS[name]) for name in names])

    # -------------------------------------------------------------------------------------------------- scenes

    def scene(self, scene: Scene) -> str:
        """A whole prompt for a scene."""
        terse = self._chance(0.12)
        subject, sentence = self._subject(scene, terse=terse)
        if not terse and self._chance(0.4):
            opening = self._rng.choice(OPENINGS)
            subject = f"{opening}{'一张图：' if sentence else ''}{subject}"
            sentence = True
        out = self._placed(subject, scene.background, sentence=sentence)
        if scene.style:
            style = self._pick(*STYLES[scene.style])
            out = self._pick(f"{out}，{style}", f"{out}，{style}", f"{style}：{out}")
        if scene.overlay:
            parts = self._interface(scene.overlay)
            out += "，" + self._pick(f"带有游戏界面：{parts}", f"带有{parts}", f"画面上有{parts}")
        return out

    def _placed(self, subject: str, background: str, *, sentence: bool) -> str:
        """A subject in its surroundings; a whole sentence can only stand beside them."""
        if background == "white" and self._chance(0.6):
            return subject
        if background in SCENES:
            where = self._pick(*SCENES_ZH[background])
            beside = f"{where}，{subject}"
            if sentence:
                return self._pick(beside, f"{subject}，{where}")
            return self._pick(f"{subject}{where}", beside, f"{where[1:]}有{subject}")
        where = self._backdrop(background)
        said = (f"{subject}，{where}", f"{where}，{subject}", f"在{where}上，{subject}")
        return self._pick(*said, *(() if sentence else (f"{where}上的{subject}", f"{where}上有{subject}")))

    def _subject(self, scene: Scene, *, terse: bool) -> tuple[str, bool]:
        """What is to be seen, and whether that is a sentence with a verb (or a list) rather than a noun."""
        kind, _, what = scene.layout.partition(" ")
        things = scene.things
        if kind == "grid":
            return self._grid(scene), True
        if kind == "count" and speech.alike(things):
            return self._counted(things), len(things) == 1
        if len(things) > 1:
            return self._several(scene, terse=terse), kind in {"between", "relation", "row"}
        subject = self._phrase(things[0], what if kind == "size" else "", terse=terse)
        if kind != "place":
            return subject, False
        place = self._pick(*PLACES[what])
        return self._pick(f"{subject}在{place}", f"{place}有{subject}"), True

    def _several(self, scene: Scene, *, terse: bool) -> str:
        """Different things, and how they stand to each other."""
        kind, _, what = scene.layout.partition(" ")
        things = scene.things
        if kind == "between":
            middle, left, right = (self._phrase(t, terse=terse) for t in (things[0], *speech.across(things[1:])))
            return f"{middle}在{left}和{right}{self._pick('之间', '中间')}"
        if kind == "relation":
            first, second = (self._phrase(t, terse=terse) for t in things)
            return f"{first}在{second}的{self._pick(*RELATIONS[what])}"
        listed = _listed([self._phrase(t, terse=terse) for t in speech.across(things)])
        if kind != "row":
            return listed
        return self._pick(f"{listed}排成一排", f"从左到右：{listed}", f"{listed}并排")

    def _counted(self, things: tuple[Thing, ...]) -> str:
        """Several of a kind: ``"四个红色的苹果"``; one alone is always "only one", for it stands as in a row."""
        thing, count = things[0], len(things)
        only = self._pick("仅有", "只有") if count == 1 else ""
        number = self._pick(_NUMBERS[count], _NUMBERS[count], str(count))
        return f"{only}{number}{MEASURES[thing.name]}{self._described(thing, all_='都' if count > 1 else '')}"

    def _grid(self, scene: Scene) -> str:
        """A grid, row by row and tersely: sixteen things must fit into a prompt."""
        rows, columns = grid_of(scene.layout)
        cells = [self._phrase(thing, terse=True) for thing in scene.things]
        lines = ["、".join(cells[i * columns : (i + 1) * columns]) for i in range(rows)]
        if len(cells) <= 6 and self._chance(0.3):
            return "，".join(f"第{'一二三四'[i]}行：{line}" for i, line in enumerate(lines))
        shape = self._pick(f"{rows}行{columns}列网格", f"{rows}x{columns}网格", f"{rows}x{columns}的格子")
        return f"{shape}：{'；'.join(lines)}"

    # --------------------------------------------------------------------------------------------------- edits

    def _politely(self, instruction: str) -> str:
        return self._rng.choice(("请", "现在", "帮我", "麻烦", "请帮我", "然后")) + instruction

    def _the(self, edit: Edit, *, alone: bool) -> str:
        """The thing meant, which is the only one of its name: ``"猫"``; ``"它"`` where nothing else is there."""
        target, single = speech.target(edit), len(edit.before.things) == 1
        if alone and single and self._chance(0.25):
            return "它"
        colour = f"{self._colour(target.colour)}的" if target.colour and self._chance(0.3) else ""
        this = f"{'这' if single else '那'}{MEASURES[target.name]}" if self._chance(0.25) else ""
        return f"{this}{colour}{self._name(target.name)}"

    def _add(self, edit: Edit, *, alone: bool) -> str:
        where = edit.argument.split("|")[0]
        new = self._phrase(speech.new_thing(edit))
        verb = self._pick("加", "添加", "放", "画")
        if where in RELATIONS:
            return f"在{self._the(edit, alone=alone)}的{self._pick(*RELATIONS[where])}{verb}{new}"
        return f"在{self._pick(*PLACES[where])}{verb}{new}"

    def _remove(self, edit: Edit, *, alone: bool) -> str:
        the = self._the(edit, alone=alone)
        return self._pick(f"把{the}去掉", f"去掉{the}", f"删除{the}", f"移除{the}", f"把{the}拿走")

    def _recolour(self, edit: Edit, *, alone: bool) -> str:
        the, colour = self._the(edit, alone=alone), self._colour(edit.argument)
        return self._pick(
            f"把{the}变成{colour}", f"把{the}涂成{colour}", f"把{the}的颜色改成{colour}", f"让{the}变成{colour}"
        )

    def _background(self, edit: Edit, *, alone: bool) -> str:
        name = edit.after.background
        said: tuple[str, ...]
        if name in SCENES:
            place = SCENE_NAMES[name]
            said = (f"把背景换成{place}", f"把背景改成{place}", f"将背景变为{place}")
            return self._pick(*said, *((f"{place}背景",) if alone else ()))
        what = self._backdrop(name)
        colour = what.removesuffix("背景") if not name.startswith("gradient ") else what.removesuffix("背景") + "色"
        said = (f"把背景换成{colour}", f"把背景改成{colour}", f"将背景变为{colour}", f"换成{what}")
        return self._pick(*said, *((what,) if alone else ()))

    def _move(self, edit: Edit, *, alone: bool) -> str:
        the, place = self._the(edit, alone=alone), self._pick(*PLACES[edit.argument])
        return self._pick(f"把{the}移到{place}", f"把{the}放到{place}", f"将{the}移动到{place}")

    def _replace(self, edit: Edit, *, alone: bool) -> str:
        the, new = self._the(edit, alone=alone), speech.successor(edit)
        words = self._phrase(new, terse=self._chance(0.4))
        return self._pick(f"把{the}换成{words}", f"把{the}变成{words}", f"将{the}替换为{words}", f"让{words}代替{the}")

    def _resize(self, edit: Edit, *, alone: bool) -> str:
        the = self._the(edit, alone=alone)
        if edit.argument == "bigger":
            return self._pick(f"把{the}变大", f"放大{the}", f"把{the}放大一些", f"让{the}更大")
        return self._pick(f"把{the}变小", f"缩小{the}", f"把{the}缩小一些", f"让{the}更小")

    def _wear(self, edit: Edit, *, alone: bool) -> str:
        return self._dress(self._the(edit, alone=alone), (edit.argument,))

    def _dress(self, the: str, items: tuple[str, ...]) -> str:
        on_head = [f"一{MEASURES[i]}{self._name(i)}" for i in items if BY_NAME[i].group != "neck"]
        at_neck = [f"系上一{MEASURES[i]}{self._name(i)}" for i in items if BY_NAME[i].group == "neck"]
        said = "，".join([*([f"戴上{_listed(on_head)}"] if on_head else []), *at_neck])
        return self._pick(f"给{the}{said}", f"让{the}{said}", f"为{the}{said}")

    def _take_off(self, edit: Edit, *, alone: bool) -> str:
        item, the = self._name(edit.argument), self._the(edit, alone=alone)
        verb = "解下" if BY_NAME[edit.argument].group == "neck" else "摘下"
        long = (f"把{the}的{item}{verb}来", f"去掉{the}的{item}")
        if speech.others_dressed(edit):
            return self._pick(*long)
        return self._pick(*long, f"{verb}{item}", f"去掉{item}")

    def _count(self, edit: Edit, *, alone: bool) -> str:
        before, after = len(edit.before.things), len(edit.after.things)
        thing = edit.after.things[0]
        name, measure = self._name(thing.name), MEASURES[thing.name]
        many = f"{_NUMBERS[after]}{measure}"
        said = (f"把{name}的数量改成{many}", f"变成{many}{name}", f"改为{many}{name}")
        if after > before:
            return self._pick(*said, f"再加{_NUMBERS[after - before]}{measure}{name}")
        fewer = f"拿走{_NUMBERS[before - after]}{measure}{name}"
        return self._pick(*said, fewer, f"只留下{many}{name}", *((f"只要{many}{name}",) if alone else ()))

    def _style(self, edit: Edit, *, alone: bool) -> str:
        style = self._pick(*STYLES[edit.after.style])
        said = (f"把画面变成{style}", f"改成{style}", f"转换成{style}", f"用{style}重画")
        game = ("把画面变成游戏场景", "变成一个游戏场景") if edit.after.style == "pixel art" else ()
        return self._pick(*said, *game, *((style,) if alone else ()))

    def _text(self, edit: Edit, *, alone: bool) -> str:
        the, words = self._the(edit, alone=alone), f'"{edit.argument}"'
        said = (f"把{the}上的字改成{words}", f"把{the}上的文字换成{words}", f"在{the}上改写{words}")
        return self._pick(*said, *((f"{the}上应该写着{words}",) if alone else ()))

    def _overlay(self, edit: Edit, *, alone: bool) -> str:
        parts = self._interface(tuple(edit.argument.split("|")))
        said = (f"添加带有{parts}的游戏界面", f"加上{parts}", f"添加{parts}", f"叠加一个有{parts}的游戏界面")
        return self._pick(*said, *((f"带有{parts}",) if alone else ()))

    def _two(self, edit: Edit, *, alone: bool) -> str:
        pair = speech.dressed(edit)
        if pair and not self._chance(0.2):
            return self._dress(self._the(edit.parts[0], alone=alone), pair)
        first, second = (self._one(part, alone=False) for part in edit.parts)
        return f"{first}{self._pick('，', '，然后', '，再', '，并且')}{second}"

    # -------------------------------------------------------------------------------------------------- blends

    def _blends(self, one: str, other: str, first: str, second: str) -> dict[str, tuple[str, ...]]:
        mine, yours = f"{one}里的{first}", f"{other}里的{second}"
        return {
            "subject in scene": (f"把{mine}放到{other}里", f"把{mine}加到{other}中", f"在{other}里加上{mine}"),
            "colours on object": (
                f"把{yours}变成{mine}的颜色",
                f"让{yours}和{mine}颜色一样",
                f"用{mine}的颜色给{yours}上色",
            ),
            "style on scene": (
                f"用{one}的风格重画{other}",
                f"把{other}变成{one}的风格",
                f"让{other}和{one}风格一样",
            ),
            "together": (
                f"把{mine}放在{yours}的左边，用{one}的背景",
                f"让{mine}和{yours}并排在一起，背景用{one}的",
                f"{mine}和{yours}并排，用{one}的背景",
            ),
        }


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{'、'.join(parts[:-1])}和{parts[-1]}"
