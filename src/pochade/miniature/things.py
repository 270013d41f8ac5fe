"""The things of the miniature's world, one row each: English and Chinese words, and the drawing's measurements.

The rows are data alone, so that everything which must agree about a thing (the renderer, the wording in two languages,
the ruler, the model card) reads it here. What groups, counts and looks up the rows is ``wordbook.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One sort of thing.

    Attributes
    ----------
    name : str
        The word that prompts use most, without article.
    emoji : str
        The character whose drawing is the sprite; empty for what is drawn by a pen (plain shapes, carriers of text, a
        monocle).
    synonyms : tuple of str
        Other words for the same thing.
    chinese : tuple of str
        Chinese names, the usual one first.
    group : str
        ``"animal"``, ``"face"``, ``"food"``, ``"plant"``, ``"vehicle"``, ``"building"``, ``"weather"``, ``"tool"``,
        ``"clothes"``, ``"people"``, ``"object"``, ``"shape"`` or ``"carrier"``; for what is worn the place where it
        goes: ``"hat"``, ``"eyes"``, ``"eye"`` or ``"neck"``.
    hue : float or None
        The drawing's own main hue in degrees where it may be recoloured, else None.
    wearer : tuple of float or None
        For heads seen from the front: ``(hat_y, hat_width, eyes_y, eyes_width)`` as fractions of the sprite's side,
        where a hat's brim and a pair of glasses go.
    neck : tuple of float or None
        For the same heads: ``(y, width)`` of a bow tie, as fractions of the sprite's side.
    eye : tuple of float or None
        For the same heads: ``(x, y)`` of the eye to the viewer's right, where a monocle goes.
    plural : str
        The plural, where it is not regular.
    """

    name: str
    emoji: str = ""
    synonyms: tuple[str, ...] = ()
    chinese: tuple[str, ...] = ()
    group: str = ""
    hue: float | None = None
    wearer: tuple[float, float, float, float] | None = None
    neck: tuple[float, float] | None = None
    eye: tuple[float, float] | None = None
    plural: str = ""


#: the first 46 rows are the world of the first weights: their order, drawings and measurements stay
FIRST: tuple[Kind, ...] = (
    Kind("cat", "🐱", ("kitten", "kitty"), ("猫",), "animal", None, (0.2, 0.7, 0.5, 0.62), (0.9, 0.44), (0.71, 0.54)),
    Kind("dog", "🐶", ("puppy",), ("狗",), "animal", None, (0.1, 0.66, 0.42, 0.58), (0.85, 0.44), (0.67, 0.51)),
    Kind("fox", "🦊", (), ("狐狸",), "animal", None, (0.22, 0.62, 0.52, 0.56), (0.93, 0.42), (0.64, 0.57)),
    Kind("rabbit", "🐰", ("bunny",), ("兔子",), "animal", None, (0.48, 0.56, 0.66, 0.52), (0.93, 0.38), (0.63, 0.61)),
    Kind("panda", "🐼", (), ("熊猫", "大熊猫"), "animal", None, (0.12, 0.68, 0.52, 0.62), (0.92, 0.42), (0.67, 0.5)),
    Kind("frog", "🐸", (), ("青蛙",), "animal", None, (0.14, 0.66, 0.32, 0.8), (0.89, 0.44), (0.76, 0.27)),
    Kind("monkey", "🐵", (), ("猴子",), "animal", None, (0.12, 0.62, 0.44, 0.5), (0.86, 0.44), (0.62, 0.47)),
    Kind("bear", "🐻", (), ("熊",), "animal", None, (0.12, 0.66, 0.44, 0.56), (0.92, 0.44), (0.69, 0.46)),
    Kind("pig", "🐷", ("piglet",), ("猪",), "animal", None, (0.14, 0.66, 0.44, 0.66), (0.9, 0.44), (0.71, 0.52)),
    Kind("lion", "🦁", (), ("狮子",), "animal", None, (0.12, 0.6, 0.42, 0.5), (0.94, 0.44), (0.63, 0.38)),
    Kind("tiger", "🐯", (), ("老虎",), "animal", None, (0.12, 0.66, 0.48, 0.62), (0.93, 0.42), (0.7, 0.31)),
    Kind("koala", "🐨", (), ("考拉",), "animal", None, (0.14, 0.58, 0.46, 0.52), (0.84, 0.44), (0.68, 0.51)),
    Kind("butterfly", "🦋", (), ("蝴蝶",), "animal"),
    Kind("turtle", "🐢", ("tortoise",), ("乌龟",), "animal"),
    Kind("elephant", "🐘", (), ("大象",), "animal"),
    Kind("penguin", "🐧", (), ("企鹅",), "animal"),
    Kind("owl", "🦉", (), ("猫头鹰",), "animal"),
    Kind("fish", "🐟", (), ("鱼",), "animal", 207, plural="fish"),
    Kind("apple", "🍎", (), ("苹果",), "food", 8),
    Kind("banana", "🍌", (), ("香蕉",), "food"),
    Kind("strawberry", "🍓", (), ("草莓",), "food"),
    Kind("pizza", "🍕", ("slice of pizza",), ("披萨", "比萨"), "food"),
    Kind("mushroom", "🍄", ("toadstool",), ("蘑菇",), "food", 15),
    Kind("cake", "🎂", ("birthday cake",), ("蛋糕", "生日蛋糕"), "food"),
    Kind("tree", "🌳", (), ("树",), "plant"),
    Kind("sunflower", "🌻", (), ("向日葵",), "plant"),
    Kind("cactus", "🌵", (), ("仙人掌",), "plant", plural="cacti"),
    Kind("car", "🚗", ("automobile",), ("汽车", "轿车"), "vehicle", 0),
    Kind("rocket", "🚀", ("spaceship",), ("火箭",), "vehicle"),
    Kind("sailboat", "⛵", ("sailing boat", "boat"), ("帆船",), "vehicle"),
    Kind("airplane", "✈", ("plane", "aeroplane"), ("飞机",), "vehicle"),
    Kind("house", "🏠", ("cottage",), ("房子",), "building"),
    Kind("castle", "🏰", (), ("城堡",), "building"),
    Kind("sun", "☀", (), ("太阳",), "weather"),
    Kind("moon", "🌙", ("crescent moon",), ("月亮", "弯月"), "weather"),
    Kind("cloud", "☁", (), ("云", "云朵"), "weather"),
    Kind("balloon", "🎈", (), ("气球",), "object", 4),
    Kind("umbrella", "☂", ("parasol",), ("雨伞", "伞"), "object", 250),
    Kind("guitar", "🎸", ("electric guitar",), ("吉他", "电吉他"), "object"),
    Kind("gift", "🎁", ("present", "gift box"), ("礼物", "礼物盒"), "object"),
    Kind("circle", "", (), ("圆形", "圆"), "shape", 0),
    Kind("square", "", (), ("正方形", "方块"), "shape", 0),
    Kind("triangle", "", (), ("三角形",), "shape", 0),
    Kind("star", "", (), ("星星", "五角星"), "shape", 0),
    Kind("heart", "", (), ("爱心", "心形"), "shape", 0),
    Kind("diamond", "", (), ("菱形",), "shape", 0),
)

ANIMALS: tuple[Kind, ...] = (
    Kind("mouse", "🐭", (), ("老鼠",), "animal", None, (0.32, 0.5, 0.58, 0.54), (0.83, 0.44), (0.66, 0.59), "mice"),
    Kind("hamster", "🐹", (), ("仓鼠",), "animal", None, (0.17, 0.6, 0.52, 0.62), (0.93, 0.38), (0.69, 0.53)),
    Kind("cow", "🐮", (), ("奶牛", "牛"), "animal", None, (0.16, 0.56, 0.42, 0.54), (0.93, 0.42), (0.66, 0.43)),
    Kind("wolf", "🐺", (), ("狼",), "animal", None, (0.18, 0.58, 0.47, 0.56), (0.94, 0.38), (0.66, 0.47), "wolves"),
    Kind("raccoon", "🦝", (), ("浣熊",), "animal", None, (0.2, 0.6, 0.51, 0.54), (0.84, 0.44), (0.65, 0.51)),
    Kind("chicken", "🐔", ("hen",), ("母鸡", "鸡"), "animal"),
    Kind("unicorn", "🦄", (), ("独角兽",), "animal"),
    Kind("horse", "🐎", ("pony",), ("马",), "animal"),
    Kind("chick", "🐥", (), ("雏鸡",), "animal"),
    Kind("rooster", "🐓", (), ("公鸡",), "animal"),
    Kind("duck", "🦆", (), ("鸭子",), "animal"),
    Kind("eagle", "🦅", (), ("老鹰",), "animal"),
    Kind("swan", "🦢", (), ("天鹅",), "animal"),
    Kind("flamingo", "🦩", (), ("火烈鸟",), "animal", 345),
    Kind("peacock", "🦚", (), ("孔雀",), "animal"),
    Kind("parrot", "🦜", (), ("鹦鹉",), "animal"),
    Kind("sheep", "🐑", ("lamb",), ("绵羊", "羊"), "animal", plural="sheep"),
    Kind("camel", "🐪", (), ("骆驼",), "animal"),
    Kind("llama", "🦙", ("alpaca",), ("羊驼",), "animal"),
    Kind("giraffe", "🦒", (), ("长颈鹿",), "animal"),
    Kind("hippo", "🦛", ("hippopotamus",), ("河马",), "animal"),
    Kind("zebra", "🦓", (), ("斑马",), "animal"),
    Kind("deer", "🦌", ("stag",), ("鹿",), "animal", plural="deer"),
    Kind("squirrel", "🐿", ("chipmunk",), ("松鼠",), "animal"),
    Kind("hedgehog", "🦔", (), ("刺猬",), "animal"),
    Kind("bat", "🦇", (), ("蝙蝠",), "animal"),
    Kind("kangaroo", "🦘", (), ("袋鼠",), "animal"),
    Kind("crocodile", "🐊", ("alligator",), ("鳄鱼",), "animal"),
    Kind("snake", "🐍", (), ("蛇",), "animal"),
    Kind("dragon", "🐉", (), ("龙",), "animal"),
    Kind("dinosaur", "🦕", ("brontosaurus",), ("恐龙",), "animal", 140),
    Kind("whale", "🐳", (), ("鲸鱼", "鲸"), "animal"),
    Kind("dolphin", "🐬", (), ("海豚",), "animal", 203),
    Kind("shark", "🦈", (), ("鲨鱼",), "animal"),
    Kind("octopus", "🐙", (), ("章鱼",), "animal", 15),
    Kind("crab", "🦀", (), ("螃蟹",), "animal", 18),
    Kind("lobster", "🦞", (), ("龙虾",), "animal", 8),
    Kind("shrimp", "🦐", ("prawn",), ("虾",), "animal", plural="shrimp"),
    Kind("snail", "🐌", (), ("蜗牛",), "animal"),
    Kind("bee", "🐝", ("honeybee",), ("蜜蜂",), "animal"),
    Kind("ladybird", "🐞", ("ladybug",), ("瓢虫",), "animal", 0),
    Kind("spider", "🕷", (), ("蜘蛛",), "animal"),
    Kind("seashell", "🐚", ("shell",), ("贝壳", "海螺"), "animal"),
)

FOOD: tuple[Kind, ...] = (
    Kind("pear", "🍐", (), ("梨", "梨子"), "food", 62),
    Kind("tangerine", "🍊", ("mandarin",), ("橘子", "橙子"), "food"),
    Kind("lemon", "🍋", (), ("柠檬",), "food", 48),
    Kind("watermelon", "🍉", ("slice of watermelon",), ("西瓜",), "food"),
    Kind("bunch of grapes", "🍇", ("grapes",), ("葡萄",), "food", plural="bunches of grapes"),
    Kind("cherry", "🍒", ("pair of cherries",), ("樱桃",), "food", 355),
    Kind("peach", "🍑", (), ("桃子", "桃"), "food", 10),
    Kind("pineapple", "🍍", (), ("菠萝",), "food"),
    Kind("avocado", "🥑", (), ("牛油果",), "food"),
    Kind("aubergine", "🍆", ("eggplant",), ("茄子",), "food"),
    Kind("carrot", "🥕", (), ("胡萝卜",), "food"),
    Kind("corn cob", "🌽", ("ear of corn",), ("玉米",), "food"),
    Kind("chilli", "🌶", ("chili pepper", "hot pepper"), ("辣椒",), "food", 3, plural="chillies"),
    Kind("broccoli", "🥦", (), ("西兰花",), "food", plural="broccoli"),
    Kind("tomato", "🍅", (), ("番茄", "西红柿"), "food", 5, plural="tomatoes"),
    Kind("loaf of bread", "🍞", ("bread", "loaf"), ("面包",), "food", plural="loaves of bread"),
    Kind("croissant", "🥐", (), ("牛角包", "羊角面包"), "food"),
    Kind("cheese", "🧀", ("piece of cheese",), ("奶酪", "芝士"), "food", plural="pieces of cheese"),
    Kind("fried egg", "🍳", (), ("煎蛋",), "food"),
    Kind("hamburger", "🍔", ("burger", "cheeseburger"), ("汉堡", "汉堡包"), "food"),
    Kind("packet of fries", "🍟", ("french fries", "fries"), ("薯条",), "food", plural="packets of fries"),
    Kind("hot dog", "🌭", (), ("热狗",), "food"),
    Kind("box of popcorn", "🍿", ("popcorn",), ("爆米花",), "food", plural="boxes of popcorn"),
    Kind("dumpling", "🥟", (), ("饺子",), "food"),
    Kind("bowl of noodles", "🍜", ("noodles", "ramen"), ("面条", "拉面"), "food", plural="bowls of noodles"),
    Kind("bowl of rice", "🍚", ("rice",), ("米饭",), "food", plural="bowls of rice"),
    Kind("ice cream", "🍦", ("ice cream cone",), ("冰淇淋", "冰激凌"), "food"),
    Kind("doughnut", "🍩", ("donut",), ("甜甜圈",), "food"),
    Kind("cookie", "🍪", ("biscuit",), ("曲奇", "饼干"), "food"),
    Kind("bar of chocolate", "🍫", ("chocolate bar",), ("巧克力",), "food", plural="bars of chocolate"),
    Kind("lollipop", "🍭", (), ("棒棒糖",), "food"),
    Kind("cupcake", "🧁", ("muffin",), ("纸杯蛋糕",), "food"),
    Kind("pot of honey", "🍯", ("honey pot", "honey"), ("蜂蜜",), "food", plural="pots of honey"),
    Kind("cup of coffee", "☕", ("coffee",), ("咖啡",), "food", plural="cups of coffee"),
    Kind("cup of tea", "🍵", ("tea",), ("茶",), "food", plural="cups of tea"),
    Kind("glass of milk", "🥛", ("milk",), ("牛奶",), "food", plural="glasses of milk"),
)

PLANTS: tuple[Kind, ...] = (
    Kind("pine tree", "🌲", ("fir tree", "fir", "pine"), ("松树",), "plant"),
    Kind("palm tree", "🌴", ("palm",), ("棕榈树", "椰子树"), "plant"),
    Kind("tulip", "🌷", (), ("郁金香",), "plant", 335),
    Kind("rose", "🌹", (), ("玫瑰", "玫瑰花"), "plant", 355),
    Kind("cherry blossom", "🌸", (), ("樱花",), "plant"),
    Kind("four-leaf clover", "🍀", ("clover",), ("四叶草",), "plant"),
    Kind("maple leaf", "🍁", (), ("枫叶",), "plant", 14, plural="maple leaves"),
    Kind("bouquet", "💐", ("bunch of flowers",), ("花束",), "plant"),
)

VEHICLES: tuple[Kind, ...] = (
    Kind("bus", "🚌", (), ("公共汽车", "巴士"), "vehicle"),
    Kind("taxi", "🚕", ("cab",), ("出租车",), "vehicle", 48),
    Kind("police car", "🚓", (), ("警车",), "vehicle"),
    Kind("ambulance", "🚑", (), ("救护车",), "vehicle"),
    Kind("fire engine", "🚒", ("fire truck",), ("消防车",), "vehicle", 3),
    Kind("lorry", "🚚", ("truck",), ("卡车", "货车"), "vehicle"),
    Kind("tractor", "🚜", (), ("拖拉机",), "vehicle"),
    Kind("racing car", "🏎", ("race car",), ("赛车",), "vehicle", 3),
    Kind("motorcycle", "🏍", ("motorbike",), ("摩托车",), "vehicle", 352),
    Kind("bicycle", "🚲", ("bike",), ("自行车", "单车"), "vehicle"),
    Kind("train", "🚂", ("steam train", "locomotive"), ("火车",), "vehicle"),
    Kind("helicopter", "🚁", (), ("直升机",), "vehicle", 48),
    Kind("ship", "🚢", ("steamship",), ("轮船", "船"), "vehicle"),
    Kind("canoe", "🛶", ("rowing boat",), ("独木舟",), "vehicle"),
    Kind("flying saucer", "🛸", ("ufo",), ("飞碟",), "vehicle"),
    Kind("skateboard", "🛹", (), ("滑板",), "vehicle"),
)

BUILDINGS: tuple[Kind, ...] = (
    Kind("hospital", "🏥", (), ("医院",), "building"),
    Kind("school", "🏫", (), ("学校",), "building"),
    Kind("church", "⛪", (), ("教堂",), "building"),
    Kind("factory", "🏭", (), ("工厂",), "building"),
    Kind("tower", "🗼", (), ("铁塔", "塔"), "building"),
    Kind("tent", "⛺", (), ("帐篷",), "building", 22),
    Kind("fountain", "⛲", (), ("喷泉",), "building"),
    Kind("ferris wheel", "🎡", (), ("摩天轮",), "building"),
    Kind("mountain", "🏔", (), ("山", "雪山"), "building"),
)

WEATHER: tuple[Kind, ...] = (
    Kind("rainbow", "🌈", (), ("彩虹",), "weather"),
    Kind("lightning bolt", "⚡", ("lightning",), ("闪电",), "weather"),
    Kind("snowflake", "❄", (), ("雪花",), "weather"),
    Kind("snowman", "⛄", (), ("雪人",), "weather", plural="snowmen"),
    Kind("drop of water", "💧", ("raindrop", "water drop"), ("水滴",), "weather", 200, plural="drops of water"),
    Kind("flame", "🔥", ("fire",), ("火焰", "火"), "weather"),
    Kind("wave", "🌊", (), ("海浪", "波浪"), "weather"),
    Kind("full moon", "🌕", (), ("满月", "圆月"), "weather"),
    Kind("earth", "🌍", ("globe",), ("地球",), "weather"),
    Kind("planet", "🪐", ("saturn",), ("行星", "土星"), "weather"),
)

TOOLS: tuple[Kind, ...] = (
    Kind("hammer", "🔨", (), ("锤子",), "tool"),
    Kind("spanner", "🔧", ("wrench",), ("扳手",), "tool"),
    Kind("axe", "🪓", (), ("斧头", "斧子"), "tool"),
    Kind("knife", "🔪", ("kitchen knife",), ("菜刀", "刀"), "tool", plural="knives"),
    Kind("dagger", "🗡", ("sword",), ("匕首", "剑"), "tool"),
    Kind("shield", "🛡", (), ("盾牌", "盾"), "tool"),
    Kind("bow and arrow", "🏹", (), ("弓箭",), "tool", plural="bows and arrows"),
    Kind("pair of scissors", "✂", ("scissors",), ("剪刀",), "tool", plural="pairs of scissors"),
    Kind("key", "🔑", (), ("钥匙",), "tool", 45),
    Kind("padlock", "🔒", ("lock",), ("锁", "挂锁"), "tool"),
    Kind("magnet", "🧲", (), ("磁铁",), "tool", 0),
    Kind("gear", "⚙", ("cogwheel",), ("齿轮",), "tool"),
    Kind("microscope", "🔬", (), ("显微镜",), "tool"),
    Kind("telescope", "🔭", (), ("望远镜",), "tool"),
    Kind("magnifying glass", "🔍", ("magnifier",), ("放大镜",), "tool"),
    Kind("paintbrush", "🖌", ("brush",), ("画笔", "刷子"), "tool"),
    Kind("pencil", "✏", (), ("铅笔",), "tool"),
    Kind("candle", "🕯", (), ("蜡烛",), "tool"),
    Kind("light bulb", "💡", ("bulb",), ("灯泡",), "tool"),
)

CLOTHES: tuple[Kind, ...] = (
    Kind("t-shirt", "👕", ("shirt", "tee"), ("T恤", "短袖"), "clothes"),
    Kind("pair of jeans", "👖", ("jeans", "trousers"), ("牛仔裤", "裤子"), "clothes", plural="pairs of jeans"),
    Kind("dress", "👗", ("gown",), ("连衣裙", "裙子"), "clothes", 210),
    Kind("coat", "🧥", ("jacket",), ("外套", "大衣"), "clothes"),
    Kind("pair of socks", "🧦", ("socks",), ("袜子",), "clothes", plural="pairs of socks"),
    Kind("scarf", "🧣", (), ("围巾",), "clothes", 5, plural="scarves"),
    Kind("sneaker", "👟", ("trainer", "running shoe"), ("运动鞋", "球鞋"), "clothes", 205),
    Kind("boot", "👢", (), ("靴子",), "clothes", 20),
    Kind("high heel", "👠", ("stiletto",), ("高跟鞋",), "clothes", 0),
    Kind("backpack", "🎒", ("school bag", "rucksack"), ("书包", "背包"), "clothes", 5),
    Kind("ring", "💍", ("diamond ring",), ("戒指",), "clothes"),
)

PEOPLE: tuple[Kind, ...] = (
    Kind("baby", "👶", (), ("婴儿", "宝宝"), "people", None, (0.14, 0.6, 0.61, 0.62), (0.95, 0.36), (0.68, 0.61)),
    Kind("girl", "👧", (), ("女孩",), "people", None, (0.14, 0.64, 0.64, 0.6), (0.96, 0.36), (0.68, 0.64)),
    Kind("man", "👨", (), ("男人",), "people", None, (0.12, 0.62, 0.59, 0.6), (0.96, 0.36), (0.68, 0.59), "men"),
    Kind("woman", "👩", (), ("女人",), "people", None, (0.12, 0.64, 0.59, 0.6), (0.95, 0.36), (0.67, 0.59), "women"),
    Kind("grandmother", "👵", ("grandma",), ("奶奶",), "people"),
    Kind("princess", "👸", (), ("公主",), "people"),
    Kind("santa", "🎅", ("santa claus", "father christmas"), ("圣诞老人",), "people"),
    Kind("wizard", "🧙", ("magician",), ("巫师", "魔法师"), "people"),
    Kind("dancer", "💃", (), ("舞者",), "people"),
)

FACES_DRAWN: tuple[Kind, ...] = (
    Kind("smiley", "😀", ("smiling face",), ("笑脸",), "face", None, (0.1, 0.6, 0.39, 0.58), (0.95, 0.4), (0.66, 0.4)),
    Kind("crying face", "😭", (), ("哭脸",), "face"),
    Kind("angry face", "😡", (), ("生气的脸",), "face"),
    Kind("robot", "🤖", (), ("机器人",), "face", None, (0.31, 0.58, 0.52, 0.64), (0.96, 0.36), (0.68, 0.52)),
    Kind("alien", "👽", (), ("外星人",), "face", None, (0.14, 0.62, 0.5, 0.74), (0.96, 0.36), (0.73, 0.5)),
    Kind("ghost", "👻", (), ("幽灵",), "face"),
    Kind("skull", "💀", (), ("骷髅",), "face", None, (0.1, 0.6, 0.5, 0.66), (0.96, 0.38), (0.72, 0.52)),
    Kind("clown", "🤡", (), ("小丑",), "face"),
    Kind("jack-o'-lantern", "🎃", ("pumpkin",), ("南瓜灯", "南瓜"), "face", 35),
)

OBJECTS: tuple[Kind, ...] = (
    Kind("book", "📕", ("closed book",), ("书", "书本"), "object", 0),
    Kind("camera", "📷", (), ("照相机", "相机"), "object"),
    Kind("mobile phone", "📱", ("smartphone",), ("手机",), "object"),
    Kind("telephone", "☎", (), ("电话",), "object", 0),
    Kind("laptop", "💻", ("computer",), ("笔记本电脑", "电脑"), "object"),
    Kind("television", "📺", ("tv",), ("电视", "电视机"), "object"),
    Kind("alarm clock", "⏰", ("clock",), ("闹钟",), "object", 0),
    Kind("watch", "⌚", ("wristwatch",), ("手表",), "object"),
    Kind("bell", "🔔", (), ("铃铛", "钟"), "object", 45),
    Kind("drum", "🥁", (), ("鼓",), "object"),
    Kind("trumpet", "🎺", (), ("喇叭",), "object"),
    Kind("violin", "🎻", ("fiddle",), ("小提琴",), "object"),
    Kind("microphone", "🎤", (), ("话筒", "麦克风"), "object"),
    Kind("pair of headphones", "🎧", ("headphones",), ("耳机",), "object", plural="pairs of headphones"),
    Kind("football", "⚽", ("soccer ball",), ("足球",), "object"),
    Kind("basketball", "🏀", (), ("篮球",), "object"),
    Kind("tennis racket", "🎾", ("racket",), ("网球拍", "球拍"), "object"),
    Kind("target", "🎯", ("dartboard",), ("靶子",), "object"),
    Kind("trophy", "🏆", (), ("奖杯",), "object"),
    Kind("die", "🎲", (), ("骰子",), "object", plural="dice"),
    Kind("teddy bear", "🧸", ("teddy",), ("泰迪熊", "玩具熊"), "object", 28),
    Kind("kite", "🪁", (), ("风筝",), "object"),
    Kind("game controller", "🎮", ("gamepad",), ("游戏手柄",), "object"),
    Kind("chair", "🪑", (), ("椅子",), "object"),
    Kind("bed", "🛏", (), ("床",), "object"),
    Kind("sofa", "🛋", ("couch",), ("沙发",), "object", 203),
    Kind("door", "🚪", (), ("门",), "object", 12),
    Kind("shopping trolley", "🛒", ("shopping cart",), ("购物车",), "object"),
    Kind("bomb", "💣", (), ("炸弹",), "object"),
    Kind("money bag", "💰", ("bag of money",), ("钱袋",), "object"),
    Kind("gem", "💎", ("jewel",), ("宝石", "钻石"), "object"),
    Kind("basket", "🧺", (), ("篮子",), "object"),
    Kind("vase", "🏺", ("amphora",), ("陶罐", "花瓶"), "object", 15),
    Kind("lantern", "🏮", (), ("灯笼",), "object", 15),
    Kind("crystal ball", "🔮", (), ("水晶球",), "object"),
    Kind("flag", "🚩", (), ("旗子", "旗帜"), "object", 0),
    Kind("traffic light", "🚦", (), ("红绿灯",), "object"),
    Kind("box", "📦", ("parcel", "package"), ("纸箱", "箱子"), "object", 28),
    Kind("anchor", "⚓", (), ("船锚", "锚"), "object"),
)

PENNED: tuple[Kind, ...] = (
    Kind("rectangle", "", ("oblong",), ("长方形",), "shape", 0),
    Kind("oval", "", ("ellipse",), ("椭圆形", "椭圆"), "shape", 0),
    Kind("cross", "", (), ("十字",), "shape", 0, plural="crosses"),
    Kind("arrow", "", (), ("箭头",), "shape", 0),
    Kind("sign", "", ("signpost",), ("牌子", "招牌", "告示牌"), "carrier", 0),
    Kind("card", "", (), ("卡片",), "carrier", 0),
    Kind("banner", "", (), ("横幅",), "carrier", 0),
    Kind("whiteboard", "", (), ("白板",), "carrier", 0),
)

#: everything that can stand in a scene by itself
ROWS: tuple[Kind, ...] = (
    *(*FIRST, *ANIMALS, *FOOD, *PLANTS, *VEHICLES, *BUILDINGS, *WEATHER, *TOOLS, *CLOTHES),
    *(*PEOPLE, *FACES_DRAWN, *OBJECTS, *PENNED),
)

#: what a wearer can put on; the group says where it goes
WORN_ROWS: tuple[Kind, ...] = (
    Kind("top hat", "🎩", ("hat", "detective hat"), ("礼帽", "侦探帽", "帽子"), "hat"),
    Kind("crown", "👑", (), ("皇冠", "王冠"), "hat"),
    Kind("glasses", "👓", ("spectacles",), ("眼镜",), "eyes", plural="glasses"),
    Kind("monocle", "", (), ("单片眼镜",), "eye"),
    Kind("bow tie", "", ("bowtie",), ("领结", "蝴蝶结"), "neck"),
    Kind("party hat", "", ("birthday hat",), ("派对帽", "生日帽"), "hat"),
    Kind("graduation cap", "🎓", ("mortarboard",), ("学士帽", "博士帽"), "hat"),
    Kind("sunglasses", "🕶", ("shades",), ("墨镜", "太阳镜"), "eyes", plural="sunglasses"),
)
