"""The Chinese words of the miniature's world: measure words, and how places, sizes, styles and the like are called.

They stand apart from the grammar (`chinese.py`) because the tokenizer learns from them too: Chinese is written without
spaces, and only a list of words says where one ends.
"""

from __future__ import annotations

from functools import cache

from pochade.miniature.wordbook import COLOURS_ZH, KINDS, SCENES_ZH, WORN

#: measure word of a group
_BY_GROUP = {
    "animal": "只",
    "face": "个",
    "food": "个",
    "plant": "棵",
    "vehicle": "辆",
    "building": "座",
    "weather": "个",
    "tool": "把",
    "clothes": "件",
    "people": "个",
    "object": "个",
    "shape": "个",
    "carrier": "块",
    "hat": "顶",
    "eyes": "副",
    "eye": "副",
    "neck": "个",
}
#: measure word → the things that take it although their group takes another
_OTHERS = {
    "条": "fish,crocodile,snake,dragon,whale,dolphin,shark,pair of jeans,dress,scarf,banner",
    "头": "elephant,lion,pig,cow,hippo,dinosaur,camel",
    "匹": "horse,zebra,wolf",
    "块": "pizza,watermelon,cheese,cookie,bar of chocolate,skateboard,magnet,watch",
    "根": "banana,carrot,corn cob,candle,lollipop",
    "颗": "strawberry,cherry,planet,star,heart,gem,bomb,die",
    "串": "bunch of grapes",
    "朵": "sunflower,tulip,rose,cherry blossom,mushroom",
    "片": "maple leaf,snowflake,loaf of bread,cloud",
    "株": "four-leaf clover",
    "碗": "bowl of noodles,bowl of rice",
    "杯": "cup of coffee,cup of tea,glass of milk",
    "罐": "pot of honey",
    "份": "packet of fries,gift",
    "桶": "box of popcorn",
    "枚": "rocket,ring",
    "艘": "sailboat,ship,canoe",
    "架": "airplane,helicopter,flying saucer,microscope,telescope",
    "列": "train",
    "台": "tractor,camera,laptop,television",
    "部": "mobile phone,telephone",
    "顶": "tent",
    "道": "rainbow,lightning bolt",
    "团": "flame",
    "个": "shield,padlock,gear,magnifying glass,light bulb,backpack,bouquet,drop of water",
    "副": "bow and arrow,pair of headphones",
    "支": "paintbrush,pencil,microphone",
    "双": "pair of socks",
    "只": "sneaker,boot,high heel,balloon,teddy bear,kite",
    "把": "umbrella,guitar,violin,chair",
    "本": "book",
    "张": "bed,sofa,card",
    "扇": "door",
    "盏": "lantern,traffic light",
    "面": "drum,flag",
}
MEASURES: dict[str, str] = {kind.name: _BY_GROUP[kind.group] for kind in (*KINDS, *WORN)} | {
    name: measure for measure, names in _OTHERS.items() for name in names.split(",")
}
SIZES = {
    "tiny": ("极小的", "迷你的"),
    "small": ("小小的", "较小的"),
    "big": ("很大的", "大大的"),
    "huge": ("巨大的", "特大的"),
}
PLACES = {
    "in the middle": ("中间", "正中间"),
    "on the left": ("左边", "左侧"),
    "on the right": ("右边", "右侧"),
    "at the top": ("上方", "顶部"),
    "at the bottom": ("下方", "底部"),
    "in the top left corner": ("左上角",),
    "in the top right corner": ("右上角",),
    "in the bottom left corner": ("左下角",),
    "in the bottom right corner": ("右下角",),
}
RELATIONS = {
    "to the left of": ("左边", "左侧"),
    "to the right of": ("右边", "右侧"),
    "above": ("上面", "上方"),
    "below": ("下面", "下方"),
}
#: second words for some colours
OTHER_COLOURS = {"pink": "粉红色", "orange": "橘色", "brown": "褐色"}
SCENE_NAMES = {
    "beach": "海滩",
    "meadow": "草地",
    "snow": "雪地",
    "night sky": "夜空",
    "sunset": "日落",
    "forest": "森林",
    "city": "城市",
    "room": "房间",
}
#: style → how a prompt asks for it; the first is also what an edit turns a picture into
STYLES = {
    "flat": ("扁平风格", "扁平插画风格"),
    "pixel art": ("像素风格", "像素画风格", "复古游戏画面"),
    "pencil sketch": ("铅笔素描", "素描风格"),
    "blueprint": ("蓝图", "蓝图风格"),
    "oil": ("油画", "油画风格"),
    "watercolour": ("水彩画", "水彩风格"),
    "sepia": ("褐色旧照片", "怀旧褐色调"),
    "night": ("夜间色调", "昏暗的夜间效果"),
    "neon": ("霓虹风格", "霓虹灯效果"),
}
OVERLAYS = {
    "health bar": ("血条", "生命条"),
    "minimap": ("小地图", "迷你地图"),
    "spell icons": ("技能图标", "法术图标"),
    "menu panel": ("菜单面板", "菜单栏"),
}
OPENINGS = ("画", "请画", "画出", "生成", "我想要", "给我看", "帮我画", "请帮我画", "我想看")


#: words of the grammar, which no table above holds
_GRAMMAR = (
    "背景 渐变 戴着 系着 写着 写有 印着 数量 颜色 改成 换成 变成 涂成 添加 去掉 删除 移除 放大 缩小 一些 "
    "移到 放到 移动到 替换为 代替 戴上 系上 摘下 解下 画面 游戏界面 游戏场景 带有 网格 格子 从左到右 "
    "排成一排 并排 之间 一张图 第一张图 第二张图 图1 图2 图一 图二 然后 并且 现在 麻烦 仅有 只有 只要 只留下"
)


@cache
def lexicon() -> tuple[str, ...]:
    """Every Chinese word of two characters or more that the world uses, longest first."""
    words = {word for kind in (*KINDS, *WORN) for word in kind.chinese}
    words.update(COLOURS_ZH.values(), OTHER_COLOURS.values(), SCENE_NAMES.values(), OPENINGS, _GRAMMAR.split())
    for table in (PLACES, RELATIONS, SIZES, STYLES, OVERLAYS, SCENES_ZH):
        words.update(word for several in table.values() for word in several)
    words.update(f"一{measure}" for measure in MEASURES.values())
    return tuple(sorted((word for word in words if len(word) > 1), key=lambda word: (-len(word), word)))
