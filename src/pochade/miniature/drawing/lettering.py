"""The letters of the miniature's world: fonts, characters, and the words that stand on its signs.

They are apart from the things because only what carries a text needs them. The glyphs' pictures are in ``glyphs.png``
(see ``atlas.py``); their widths are read here, so that a line can be laid out where there is no picture library.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LATIN_FONTS: tuple[str, ...] = ("sans", "serif", "mono", "bold")  #: fonts that have `LETTERS`
HANZI_FONT = "hei"  #: the font that has `HANZI`
FONTS: tuple[str, ...] = (*LATIN_FONTS, HANZI_FONT)
#: the characters that can be written, the space among them
LETTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!?.,:;'-+&%#@/=()*$"
#: the Chinese characters that can be written
HANZI = (
    "一二三四五六七八九十大小上下左右中东西南北天日月山水火土春夏秋冬早晚年人心口手生你我好"
    "爱家国门开出入请进欢迎新快乐福喜学校老师书店茶果花牛马羊鱼红白黑光明京海公园车站世界"
)

_WORDS = """
A | B | X | 1 | 7 | ? | ! | OK | No | Hi | UP | GO | 42 | It | $5 | Yes | OPEN | Stop | EXIT | HELLO | Hello | hello
World | Sale | SALE | Shop | Cafe | Tea | Bar | Zoo | Bus | Taxi | Park | Menu | Help | Home | Play | Pause | Start
END | New | Free | Hot | Cold | Left | Right | Quiet | Danger | Caution | WARNING | Welcome | WELCOME | Closed
Please | Thanks | Sorry | Push | Pull | Art | Music | Books | Bakery | Flowers | Garden | Museum | Library | School
Hotel | Police | Doctor | Paris | London | Berlin | Tokyo | Rome | Vienna | Monday | Friday | Sunday | June | March
Winter | Summer | Spring | Autumn | Level 1 | Level 12 | Game Over | High Score | Player One | Next Stage | Room 101
Exit 4 | Gate B12 | Platform 9 | Bus Stop | Car Park | No Entry | One Way | Keep Left | Wet Paint | For Rent
For Sale | 50% off | 2 for 1 | Only $9.99 | Open 24 h | 9:30 - 17:00 | Est. 1984 | Good Luck | Good Morning
Good Night | Thank You | Well Done! | Happy Birthday | Merry Christmas | Happy New Year! | Best Wishes | I love you
See you soon | Get well soon! | Home sweet home | Be kind. | Dream big | Stay calm | Carry on | Never give up
Time to eat | Lunch Break | Team Meeting | To do: rest | Ice Cream | Fresh Bread | Hot Coffee | Fish & Chips
Pizza & Pasta | Apples $2 | Free Wi-Fi | Staff only | Mind the gap | Beware of dog | Cats welcome | Do not feed
Please wait | Please be quiet | Ring the bell | The End | Chapter One | Act 2 | Now showing | Sold out | Coming soon
Grand Opening | Lost & Found | Lesson 3 | E = mc2 | 2 + 2 = 4 | a + b = c | f(x) | Hello, world! | Hello World
Question 5? | Quiz #7 | Exam: 10:00 | Homework | Science Fair | Art Class | Chess Club | Welcome home
Welcome aboard! | Welcome to the party | Congratulations! | Season's greetings | Thank you very much!
Back in 5 minutes | Closed on Mondays | Open every day | No smoking, please | Handle with care | This way to the beach
Tickets sold here | Please mind the step | Keep off the grass | Speed limit 30 km/h | Free hugs @ noon
Summer sale: 30% off | Today: tomato soup | Made with love & care | Made by hand in Wales | The quick brown fox
All you need is love | Once upon a time... | Live, laugh, learn! | Practice makes perfect | Look both ways (twice)
Two roads, one journey | Fresh fish every Friday | You are here: Level 2
"""
_WORDS_ZH = """
福 喜 茶 书 家 爱 山 水 火 花 春 夏 秋 冬 东 西 南 北 牛 马 羊 鱼 一 二 三 四 五 六
七 八 九 十 大 中 小 上 下 左 右 门 你好 世界 出口 入口 小心 开门 欢迎 请进 学校 老师 书店
茶店 花店 水果 公园 车站 春天 夏天 秋天 冬天 新年 快乐 生日 东京 北京 上海 南海 大家 大学 小学
中国 国家 光明 日出 月光 明月 山水 水土 红茶 黑茶 白马 红花 羊年 马年 牛年 左手 右手 天下 一月
二月 三月 四月 五月 六月 七月 八月 九月 十月 早上 晚上 我爱你 早上好 晚上好 新年好 火车站 请小心
水果店 大门口 小人书 开学日 中学生 大学生 生日快乐 新年快乐 人山人海 世界公园 春夏秋冬 东西南北
学校门口 车站出口 车站入口 天天快乐 一生一世 上下左右 大红大喜 日月山水 国家公园 欢迎进店 三月五日
十月一日
"""
#: words and phrases for signs, of 1 to 24 characters of `LETTERS`
WORDS: tuple[str, ...] = tuple(_WORDS.strip().replace("\n", " | ").split(" | "))
#: Chinese words for signs, of one to four characters of `HANZI`
WORDS_ZH: tuple[str, ...] = tuple(_WORDS_ZH.split())


def characters(font: str) -> str:
    """Give the characters that a font of `FONTS` can write."""
    return HANZI if font == HANZI_FONT else LETTERS


@cache
def advances() -> Mapping[str, Mapping[str, int]]:
    """Advance widths of the glyphs, in pixels at their height of 64: font → character → width."""
    index: dict[str, dict[str, int]] = json.loads((files(__package__) / "glyphs.json").read_text(encoding="utf-8"))
    return index


LEADING = 0.2  #: space between lines, over a line's height
LARGEST = 0.72  #: most of an area's height that one line takes
#: height of a capital, and of a Chinese character, in the pixels of `advances`: a line is laid out at least so high
_CAPITAL, _HANZI_HEIGHT = 39, 48


def broken(words: str, length: Callable[[str], int], tall: int, shape: float) -> tuple[tuple[str, ...], float]:
    """Break words into one to four lines, so that letters become as large as they can. Words stay whole.

    Parameters
    ----------
    words : str
        What is written.
    length : callable
        Gives the width of words in one line.
    tall : int
        Height of a line, in the pixels of `length`.
    shape : float
        The area's width over its height.

    Returns
    -------
    tuple of str, float
        The lines, and the height of one over that of the area.
    """
    pieces = words.split(" ")
    best: tuple[tuple[str, ...], float] = ((words,), 0.0)
    for count in range(1, min(4, len(pieces)) + 1):
        for breaks in combinations(range(1, len(pieces)), count - 1):
            lines = tuple(" ".join(pieces[a:b]) for a, b in pairwise((0, *breaks, len(pieces))))
            widest = max(1, *(length(line) for line in lines)) / tall
            line = min(1 / (count + LEADING * (count - 1)), shape / widest)
            if line > best[1] + 1e-9:
                best = lines, line
    return best


@lru_cache(maxsize=4096)
def letter_height(words: str, font: str, wide: float, high: float) -> float:
    """Give the height, at least, to which a line of writing grows in an area, in the pixels that the area is given in.

    The lines are `broken` as `writing.placed` lays them out; there letters that reach below the line make it a little
    higher still.
    """
    widths, tall = advances()[font], _HANZI_HEIGHT if font == HANZI_FONT else _CAPITAL
    _, share = broken(words, lambda line: sum(widths[letter] for letter in line), tall, wide / high)
    return min(share, LARGEST) * high
