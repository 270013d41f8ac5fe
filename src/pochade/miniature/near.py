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
wolf coyote jackal: wolf, fox, dog
hound terrier poodle labrador doggy: dog
feline tomcat leopard cheetah panther jaguar puma lynx: tiger, lion, cat
lioness: lion
hare: rabbit
ape gorilla chimpanzee chimp orangutan: monkey
grizzly: bear
boar hog swine: pig
toad tadpole: frog
lizard gecko dinosaur crocodile alligator dragon: crocodile, dinosaur, dragon, turtle, frog
snake serpent viper: snake, turtle
moth dragonfly insect bug bee wasp ladybug beetle: butterfly, bee, ladybird
mammoth rhino hippo rhinoceros hippopotamus: hippo, elephant
horse pony donkey cow zebra giraffe camel: horse, zebra, camel, dog, lion, elephant
donkey mule foal: horse, pony
bull ox calf buffalo bison: cow
sheep goat ram: sheep, deer, llama, horse, dog
deer moose elk reindeer antelope gazelle: deer, horse, dog
mouse rat hamster squirrel hedgehog: mouse, hamster, squirrel, rabbit
bird eagle hawk falcon sparrow parrot crow raven: eagle, parrot, owl, duck, penguin
duck chicken hen rooster swan goose: duck, swan, chicken, owl, penguin
shark whale dolphin orca: dolphin, shark, whale, fish
goldfish trout salmon octopus squid: fish, octopus
teddy: teddy bear, bear
fruit pear peach plum cherry grape melon lemon mango: apple, pear, peach, cherry, banana, strawberry
grape: bunch of grapes
melon: watermelon
lime orange mandarin: tangerine, lemon
berry raspberry blueberry: strawberry, cherry
burger hamburger sandwich hotdog: hamburger, hot dog, pizza, cake
pasta spaghetti soup: bowl of noodles, pizza
bread cheese toast: loaf of bread, pizza, cake
pie cupcake muffin cookie dessert pastry tart: cupcake, cookie, cake
fungus champignon: mushroom
oak pine fir palm bush forest plant: tree, pine tree, palm tree, cactus
flower rose tulip daisy blossom lily: rose, tulip, sunflower, bouquet, tree
vehicle truck lorry van bus taxi cab jeep: lorry, bus, taxi, car
bicycle bike motorcycle scooter train tram: bicycle, motorcycle, train, car
spacecraft shuttle satellite ufo missile: rocket, flying saucer
ship yacht ferry vessel canoe: ship, canoe, sailboat
jet aircraft helicopter glider: airplane, helicopter
building home hut cabin barn villa office skyscraper church: house, school, church, castle
palace fortress tower temple: castle, tower, house
sunshine sunlight: sun
lunar crescent: moon
rain storm fog thunder lightning: cloud, lightning bolt, umbrella
kite bubble: balloon, kite
violin piano drum trumpet banjo ukulele: violin, guitar, drum, trumpet
parcel package surprise: gift, box
ball: football, basketball, circle
disc disk dot ring oval ellipse round sphere planet: circle, oval, moon
box rectangle cube block: square, rectangle, box, gift
pyramid cone: triangle
rhombus gem jewel crystal: diamond, gem
love valentine: heart
sparkle asteroid comet: star
cap fedora detective bowler helmet beret sombrero bonnet: top hat, hat, party hat, graduation cap
tiara diadem coronet: crown
monocle spectacles sunglasses goggles eyeglasses shades: glasses, sunglasses, monocle
scarf tie necktie necklace collar: bow tie, scarf
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
狼 豺: 狼, 狐狸, 狗
豹 猎豹 豹子: 老虎, 狮子, 猫
猩猩: 猴子
野猪: 猪
龙 恐龙 鳄鱼 蜥蜴: 鳄鱼, 恐龙, 龙, 乌龟, 青蛙
蛇: 蛇, 乌龟
蜜蜂 昆虫 蜻蜓: 蝴蝶, 蜜蜂, 瓢虫
马 骆驼 驴: 马, 骆驼, 狗, 狮子, 大象
牛 水牛: 奶牛, 马, 狗
羊 山羊: 绵羊, 羊驼, 马, 狗
鹿 麋鹿: 鹿, 马, 狗
鸟 老鹰 鹦鹉: 老鹰, 鹦鹉, 猫头鹰, 企鹅
鸭 鸡 鹅: 鸭子, 天鹅, 母鸡, 猫头鹰, 企鹅
鲨鱼 鲸鱼 海豚: 海豚, 鲨鱼, 鲸鱼, 鱼
水果 梨 桃子: 苹果, 梨, 桃子, 香蕉, 草莓
汉堡 面包 三明治: 汉堡, 面包, 披萨, 蛋糕
花 玫瑰 鲜花: 玫瑰, 郁金香, 向日葵
卡车 公交车 出租车: 公共汽车, 卡车, 出租车, 汽车
船 轮船: 帆船, 船
直升机: 飞机, 直升机
宫殿 塔: 城堡, 铁塔, 房子
钢琴 小提琴: 吉他, 小提琴
球 圆: 圆形
帽子 侦探 侦探帽: 礼帽, 帽子
单片眼镜 墨镜 太阳镜: 眼镜, 墨镜
海 大海 海边: 海滩
草原 草坪 公园: 草地
冬天 冰: 雪地
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
