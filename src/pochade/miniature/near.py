"""Words that people will say and a miniature was not taught, with those it was that mean nearly the same.

It stands alone because it is a list that people extend. `near` keeps what is of use to one model: its card carries that
as data, so that the engine can name a known word beside an unknown one without knowing any model by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MEANT", "near"]

#: Unknown word or words, then what they nearly mean, the nearest first.
MEANT = """
wolf coyote jackal: fox, dog
hound terrier poodle labrador doggy: dog
feline tomcat leopard cheetah panther jaguar puma lynx: tiger, lion, cat
lioness: lion
hare: rabbit
ape gorilla chimpanzee chimp orangutan: monkey, gorilla
grizzly: bear
boar hog swine: pig, boar
toad tadpole: frog
lizard gecko dinosaur crocodile alligator dragon: dragon, crocodile, lizard, turtle, frog
snake serpent viper: snake, turtle
moth dragonfly insect bug bee wasp ladybug beetle: butterfly, bee, ladybug
mammoth rhino hippo rhinoceros hippopotamus: elephant, rhinoceros, hippopotamus
horse pony donkey cow sheep goat deer zebra giraffe camel: horse, dog, lion, elephant
mouse rat hamster squirrel hedgehog: mouse, hamster, rabbit
bird eagle hawk falcon sparrow parrot crow raven duck chicken hen rooster swan: bird, eagle, duck, owl, penguin
shark whale dolphin goldfish trout salmon octopus: fish, shark, whale
teddy: bear
fruit pear peach plum cherry grape melon lemon mango: apple, banana, strawberry
berry raspberry blueberry: strawberry
burger hamburger sandwich hotdog pasta bread cheese: pizza, cake
pie cupcake muffin cookie dessert pastry tart: cake
fungus champignon: mushroom
oak pine fir palm bush forest plant: tree, cactus
flower rose tulip daisy blossom lily: sunflower, tree
vehicle truck lorry van bus taxi cab jeep: car, truck, bus
bicycle bike motorcycle scooter train tram: car, bicycle, train
spacecraft shuttle satellite ufo missile: rocket
ship yacht ferry vessel canoe: sailboat, ship
jet aircraft helicopter glider: airplane, helicopter
building home hut cabin barn villa office skyscraper church: house, castle
palace fortress tower temple: castle, house
sunshine sunlight: sun
lunar crescent: moon
rain storm fog thunder lightning: cloud, umbrella
kite bubble: balloon
violin piano drum trumpet banjo ukulele: guitar, violin
parcel package surprise: gift
ball disc disk dot ring oval ellipse round sphere planet: circle, moon
box rectangle cube block: square, gift
pyramid cone: triangle
rhombus gem jewel crystal: diamond
love valentine: heart
sparkle asteroid comet: star
cap fedora detective bowler helmet beret sombrero bonnet: top hat, hat, cap
tiara diadem coronet: crown
monocle spectacles sunglasses goggles eyeglasses shades: glasses, monocle
scarf tie necktie necklace collar: bow tie
scarlet crimson ruby maroon burgundy: red
amber peach apricot: orange
gold golden lemon mustard: yellow
lime olive emerald mint jade: green
turquoise cyan aqua: teal, cyan
navy azure indigo cobalt: blue, navy
violet lavender lilac mauve: purple
magenta rose fuchsia salmon: pink, magenta
tan chocolate copper bronze: brown, beige
ebony jet: black
grey silver ash: gray
ivory cream snowy: white
sea seaside ocean shore coast island sand: beach
field lawn park garden prairie countryside: meadow
winter ice frost arctic: snow
evening dusk sunrise dawn: sunset
midnight stars space galaxy: night sky
town street urban: city
woods jungle: forest
indoors kitchen bedroom: room
tall huge giant enormous massive gigantic: big, huge, large
mini miniature petite: tiny, small
beside next: left, right
狼 豺: 狐狸, 狗
豹 猎豹 豹子: 老虎, 狮子, 猫
猩猩: 猴子
野猪: 猪
龙 恐龙 鳄鱼 蜥蜴: 龙, 鳄鱼, 乌龟, 青蛙
蛇: 蛇, 乌龟
蜜蜂 昆虫 蜻蜓: 蝴蝶, 蜜蜂
马 牛 羊 鹿 骆驼: 马, 狗, 狮子, 大象
鸟 老鹰 鹦鹉 鸭 鸡: 鸟, 猫头鹰, 企鹅
鲨鱼 鲸鱼 海豚: 鱼, 鲨鱼
水果 梨 桃子: 苹果, 香蕉, 草莓
汉堡 面包: 披萨, 蛋糕
花 玫瑰 鲜花: 向日葵, 花
卡车 公交车 出租车: 汽车, 卡车
船 轮船: 帆船, 船
直升机: 飞机, 直升机
宫殿 塔: 城堡, 房子
钢琴 小提琴: 吉他, 小提琴
球 圆: 圆形
帽子 侦探 侦探帽: 礼帽, 帽子
单片眼镜 墨镜 太阳镜: 眼镜
海 大海 海边: 海滩
草原 草坪 公园: 草地
冬天 冰: 雪地, 雪
夜晚 晚上: 夜空
黄昏 傍晚: 日落
"""


def near(taught: Iterable[str]) -> dict[str, list[str]]:
    """Take from `MEANT` the words that a model was not taught and those beside them that it was.

    Parameters
    ----------
    taught : iterable of str
        Every word and name that the model was taught; a name of several words ("top hat") is one of them.

    Returns
    -------
    dict
        For an unknown word the known ones, the nearest first: a card's entry ``near``.
    """
    known = frozenset(taught)
    found: dict[str, list[str]] = {}
    for line in MEANT.strip().splitlines():
        said, _, meant = line.partition(": ")
        words = [word for word in meant.split(", ") if word in known]
        for word in said.split():
            if words and word not in known:
                found[word] = [*found.get(word, []), *(one for one in words if one not in found.get(word, []))]
    return found
