"""How things and backgrounds look: colours, clothes and words, drawn by chance within what a model is taught.

These functions give plain names and know nothing of scenes, so that the world, its edits and its conversations draw
every look in one way.
"""

from __future__ import annotations

import colorsys
from functools import lru_cache
from typing import TYPE_CHECKING

from .drawing.lettering import letter_height
from .wordbook import (
    BY_NAME,
    FACES,
    HANZI,
    HANZI_FONT,
    HUES,
    RATIOS,
    SCENES,
    SHAPES,
    WORDS,
    WORDS_ZH,
    WRITABLE,
    colourable,
    rgb,
)

if TYPE_CHECKING:
    import random

    from .reach import Reach


#: of each drawing in its own colours: percent of its pixels and their mean colour, in hexadecimal, where 8 or more
_OWN_COLOURS = """
cat: 80fac025 09100d05; dog: 49fbeaca 29855c54 15d37962; fox: 54fa6314 25e3e0db 124d4843 09fa9219
rabbit: 62b1bec4 18fafafa 13fab1ad; panda: 52fbfbfb 374d4c4c; frog: 82b4d31c 08fa6514; monkey: 55b58b5c 34fbcb89
bear: 79845c54 10f3a35b; pig: 76fcd4b3 08f6a8a6 08ef7e83; lion: 58855d52 29fabf05 09f9d797
tiger: 51f88906 2637332f 15f4cbac 08fbfbfb; koala: 72b4b3b3 136c6e72 08333333; butterfly: 39454a49 32f28908 256d6f6d
turtle: 47bccc45 366d843b 144b5025; elephant: 85bcbcbc 13888888; penguin: 554c4c4c 23fbf9f1 12c9bda3 10f8af2b
owl: 386c4e45 36e49c66 19efcfb2; fish: 351b67a4 3276c8e9 28319acc; apple: 67fc5415 19d01026 10517529
banana: 44fbe4b4 29f49e21 14fbba06 13f8de67; strawberry: 42fc2d25 3295af19 21da0f25
pizza: 37fbcb8b 32e46330 22f4b03f 09fa8d05; mushroom: 51fa541c 26fcfbfb 12edd2ad 11caa678
cake: 44fce1c0 34f7ae5e 19e96a48; tree: 478cc32c 385c9a24; sunflower: 46faba04 226d4e42 18d15815 14929e1c
cactus: 538ec22c 245c951c 1577ac24 08eed047; car: 37d20615 2356585d 21f82615 19bcdae8
rocket: 43bc302b 30a0bdc9 17537582 10f4dc73; sailboat: 38f76939 32abd0da 16f7a88f 14b43c18
airplane: 470567aa 37cccccc 1296999b; house: 32cc693c 29f8f1e1 26b0b7b1 13707739
castle: 47aca49b 22837971 21972b1e 09e1d8ce; sun: 57fcc41c 35faa523; moon: 76fccc2b 20fbba06; cloud: 76e4ecec 22bdcdd4
balloon: 90f44434; umbrella: 516156ef 23937cf4 1550868d 11094bab; guitar: 52eb4234 24d2c3a4 15f6f7e4 09498392
gift: 34f52526 30f6ba44 25e07a15 10b4121c; mouse: 71b2b1b1 18fbaca5 104b4e4f; hamster: 58f2a35c 26fcd6b7 084a4845
cow: 43fbd3b2 27c2914c 23dddcdc; wolf: 76b3b3b3 15e1e1e1; raccoon: 32495052 32b0b0b0 30dddddd
chicken: 64e0e0e0 29f8655d; unicorn: 51dedede 32e44e8d 15c898a3; horse: 62faac5c 18895f52 14b58259
chick: 83fcbc04 12f99104; rooster: 28dd7553 26934d3d 2537592a 21f9b609; duck: 387d574f 29b79e84 20138c3c 12f67b15
eagle: 5275554d 274c3b35 15f4e2c1; swan: 87dbecf4 107facb6; flamingo: 57f67dac 25e9508e 12fb8f98
peacock: 381aaa4e 276fc47e 220955ac 14adcf1f; parrot: 41c7cc18 3014ac4b 2183d188; sheep: 64fbfbfb 23b4b4b4 11848484
camel: 77f4b33d 19dd9445; llama: 57fbfbfc 22b29882 148b6d54; giraffe: 41f9b208 33d67958 23ed8921
hippo: 34855e4d 33be927b 31a17a66; zebra: 372d2d2d 34f2f2f2 23494f51; deer: 70d37a55 13825548 11c0947a
squirrel: 43865e51 39c49265 12f8c296; hedgehog: 61815a4f 28facead 10c48876; bat: 597d584e 295c3f35
kangaroo: 77d37a55 208b5b4f; crocodile: 7776873a 2058621a; snake: 63bdd34d 18e2dca0 169c9b2b
dragon: 6508a547 13617337 127bd78a 09c6c539; dinosaur: 6805ac45 18bccc44 09077c25; whale: 676aa2aa 16a6ced4 09edeada
dolphin: 7835b4e3 120e75a9 09d8eaf3; shark: 569d9c9c 37e3e2e2; octopus: 70fa645e 21faafa8 08ab311f
crab: 79fb6004 12ad3210; lobster: 62f91d1c 16f35c57 15fb6706; shrimp: 74fb6415 18fb8b06
snail: 41ebbc93 37a15c44 154e352e 08cb825e; bee: 436a8282 42f8b30a 12494944; ladybird: 48f41e1f 30332e2e 20696b70
spider: 5164646c 42848484; seashell: 68e5e4e4 18b3b2b2 08facbab; pear: 86b4d31c 09e1f179; tangerine: 81fb8b05
lemon: 67fcc41c 17838c2e 11f2952a; watermelon: 55fb6d74 21738d40 15faf1a0 10bcc73a
bunch of grapes: 57a363b2 25501e70 09d8b7f0 09727c35; cherry: 35e21c2f 28ac0c1c 24679334 13366b1c
peach: 46fc9359 26fa5e30 18e6252f 097cab39; pineapple: 39fcbc1d 30729a24 202f7b32 11f19729
avocado: 47fbf39b 19747c41 19b0b530 15936155; aubergine: 63a454a4 228b2e93 126e9924
carrot: 34fb8f0a 33739b24 18e96c2f 162f7a31; corn cob: 36fbc729 34649525 15f89929 15337b32
chilli: 65fb5415 17d90f29 1499b11c; broccoli: 382f7c33 37729b24 16b5d31b 099eb523; tomato: 66fb2c24 1599a62d 14d90d24
loaf of bread: 34fcebcb 31e37e14 24f3b23e 11ad5c14; croissant: 50f4a836 40d97c1b; cheese: 55fcb404 25fbe263 13f98c0d
fried egg: 366a6a6c 31313131 25faf9f7; hamburger: 67ea9327 12bacc26 11856559 10f9db8d
packet of fries: 38f62824 29fbdb8e 25f7b71b 09f0733e; hot dog: 60f5b23c 19ea6f34 11fce262 09b05d33
box of popcorn: 38ea4126 24fbf7f7 23fad492 15f9b82e; dumpling: 56fbcd93 39fce4b3
bowl of noodles: 51e9e7e6 27f39e47 15a56736; bowl of rice: 41fbfbfb 33a4d3d4 1579a3ab 11d0cfc8
ice cream: 41fcedcf 27ebc387 19f3af3c 13df8018; doughnut: 64875d4d 23eea932 11da8989
cookie: 48ec9551 32ad5e23 14fcc96c; bar of chocolate: 34d30d29 28855d54 24e1dfe0 14553730
lollipop: 28f5e333 25f8358f 25f5b9d0 2352d9f3; cupcake: 34f4ac6a 26b2e5f9 23f9e6c4 1855c2ee
pot of honey: 50e27e14 24fbba07 23a95812; cup of coffee: 62e5e5e5 15bdccd0 139f9586 11704f45
cup of tea: 63bccdd4 15e4f3f8 127b8f95 108abe52; glass of milk: 31f2e4be 24c5c4c4 239c9c9c 21fafaf1
pine tree: 5204ab45 32047d1c 1204902f; palm tree: 70738235 15d88023 10b8c945
tulip: 58f484ac 247cb243 10e35298 08bace45; rose: 43e5142e 239c0711 19c80d1d 154d8c28; cherry blossom: 86fcbddb
four-leaf clover: 658cc32c 1867a41d 14bacc44; maple leaf: 42fb5316 25d91522 18ee301d 14fc8a05
bouquet: 5392a121 32e85c73 09fbb907; bus: 334d5253 28ade4fa 247d9fa5 14dfdfdf
taxi: 47f7cd1e 25535451 18bbdeed 09949a8f; police car: 534b4e50 28d9d9d7 152d2c2c
ambulance: 60dbdedd 19556264 14d81321; fire engine: 55f22a27 24b5b0b0 12584d4a 09e0e9ee
lorry: 49e89a31 30c4c8c9 11574e49 09cf0f28; tractor: 51555352 19a0dae8 160ca747 14f58c09
racing car: 40f74125 23767066 20504239 16b51826; motorcycle: 41474340 33e71c29 15717377 12dadde0
bicycle: 39709ca1 30505659 20acaeae 11d1d1d1; train: 394c4f50 36e4572d 151d7f6e 11ababac
helicopter: 45fbd019 27636663 22e9a329; ship: 54366374 20e9ebec 178aafbf 09ea4a3b; canoe: 58a65f3c 33efa747
flying saucer: 38b4b4b3 32788987 194baa9e 1177e5d0; skateboard: 71444444 14e85a45 10d9b68b
hospital: 51dbdee1 26546f7c 1778a3ab; school: 39f3bd69 255d8b6d 22af3624 15c2dee2
church: 34edebea 29bcb3b2 26795d5a 11c46d49; factory: 33b6bbba 31d63634 228b8889 13efebeb
tower: 45c73107 37ed3f25 12d4cdcf; tent: 52f39c43 25ea5e33 179c2f1d; fountain: 33a4e4f9 32dcd6d0 278c8883 085ac1f5
ferris wheel: 36cecccc 32a99288 258573e3; mountain: 37ebf5fa 29839679 26a0c3dc
rainbow: 63fb8d11 1696cc37 1208c2e9 108175f9; lightning bolt: 59fccc26 23fbba06 14fce363
snowflake: 5195c6ec 34b0e3fb 09f5fafc; snowman: 73e3e3e3 2244494d; drop of water: 894dc4f4 08b1e3fc
flame: 51fc7a06 20f2531f 15fcf6ad 14fce976; wave: 39f9fafb 381d71a6 16309ac5; full moon: 63fce4ac 33f3c58b
earth: 307fda90 30156af0 24d3dda5 17209cf0; planet: 64efcf99 18a1cbdb 1075a4af; hammer: 549e6842 3083acc1 11337989
spanner: 7584adc3 11307788 08b6e0e8; axe: 44fccc83 34ec4236 15dbdada; knife: 56e3e3e3 235d6466 15b0b0b0
dagger: 3383a9be 30cee5e5 23ac7b16 156e402a; shield: 42b2bdc5 30cde4e5 1983aebd 093e7e8d
bow and arrow: 50906a47 21e6b671 18b5cad0 11db102d; pair of scissors: 46db3f34 4384adc2
key: 72fccc2c 159b720c 08d9a317; padlock: 58e0a213 2489b6c6 14fbda35; magnet: 57f44434 19c42b2a 17e2e1e2
gear: 8683acc3; microscope: 5585b1c6 21576c71 18e5e6e7; telescope: 3386abbb 31ccd8da 275d686a 10272728
magnifying glass: 46507e95 26606161 21aeb8bd; paintbrush: 461464c1 29e28805 17c3c3c3
pencil: 56fabc16 23d86659 139ed6e3 09f8e9b0; candle: 28d7dad5 26bac2c6 25efefeb 20f2b726
light bulb: 65f7cd06 175f93a2 13f9f586; t-shirt: 88b4e4ec; pair of jeans: 69164da3 182f65b1; dress: 831464c3 130e4ba3
coat: 82044d7c 081c77b3; pair of socks: 69cbe4e5 185eb2db 09f2473b; scarf: 48f44435 21853a1e 18fb7354 14c3312b
sneaker: 490876bb 26c8d1d5 1605aaf3 09214f6c; boot: 75dd7544 179c593b; high heel: 61f34435 24283e47 11a42c29
backpack: 61e53d32 20f97452 1169514d; ring: 48bbbcbc 225a8ba3 20a3defa 10f1f8f9; baby: 82fccc2c 10523f39
girl: 40553d35 32fbcb2b 236b4b3e; man: 48fbcc2b 30543d35 176d4c3e; woman: 44543c35 36fccc2b 176c4c3f
grandmother: 59f8c426 19bebebd 16a4a3a0; princess: 65f9c72e 19583f37 127b5840; santa: 55f1f0ef 27da352f 15f9c830
wizard: 513346a8 29facc2a 11c38918 09e2dfd9; dancer: 32a02204 31d52304 26f4b91d 125a3f34
smiley: 69facd2d 1449300f 14e38d24; crying face: 59f6c62b 263fbbf3 13483110
angry face: 30f4630e 30fb9425 30fcba3b 104f320f; robot: 7294a4ac 13c22e2e 11f5f5f5; alien: 70acbcc4 25442c0c
ghost: 60e5e5e5 25c9c8c8 08e7337a; skull: 58dae3e8 24e4e6ed 14454545; clown: 49f8f5f5 29f12f06 15ddafac
jack-o'-lantern: 72f27c04 144a2f0c 11fc9604; book: 70ec4033 19605e5f; camera: 36b6c2c8 351e1f1f 19656869 102b7382
mobile phone: 56060706 194b93a4 17434444 08ee8f5b; telephone: 48bd2a2a 32fa453b 10efecec 10593b36
laptop: 393e4f53 29acccdc 21e6eaeb 103d7582; television: 452e7c8c 23232424 198db7c8 14425962
alarm clock: 47fbfaf9 24bf2c2b 22fa463c 08999e9f; watch: 43fcfbf9 26afb7bd 23926444 08d8dadb
bell: 55fbcc2c 18dda216 1452382c 13fcf398; drum: 37d94c37 2895d0dd 25fbf4e2 10ecc289; trumpet: 72facb2b 18cb802f
violin: 56f97345 214a5c64 13ab5d3f 10c4ad93; microphone: 35979fa3 34676768 203c3c3c 1193cfde
pair of headphones: 32424242 30747474 21646464 175a5a5a; football: 44fbfbfb 41474d4e 11c2c2c2
basketball: 67ed6c34 152f3333 13d85b1f; tennis racket: 361875e3 34bacfd1 18cdec08 126e7679; target: 57f52b27 27fcfbfb
trophy: 63fbb821 15855c51 13d27e1d 09fcf1c3; die: 53e5e5e5 33bcbcbc 10333333; teddy bear: 72a45d3c 116e3e27 11d8844b
kite: 459999e1 28fa8c05 14f2bd07 13e64027; game controller: 825b6369 11919aa4; chair: 48bc7c3e 24f2ab6b 219f5937
bed: 41b97152 402896d7 11daf1f8; sofa: 431982cb 413eb1e5 11f8d305; door: 79b36444 10c77b5c 108a4f36
shopping trolley: 7186b3c4 21618390; bomb: 694b4b4b 17797871 08f48d06; money bag: 75fccc2b 156c4c45
gem: 43b4e5fa 22e3f4fc 207bcaf7 14178add; basket: 33fbd085 30f6af57 22d18b49 15905637; vase: 43f97c44 42733e23 10aa5b34
lantern: 35be211f 34ee472e 21fc931a 10364952; crystal ball: 468864c6 299b95dd 149b6240 12e8d3df
flag: 52fb2c25 19fa5c5c 19b8b7b7 11c81c32; traffic light: 68444444 15609561 08f14c39 08f9cf39
box: 3391633c 33b48454 25d8a470 09fbe2b2; anchor: 7184adc3 1339798a 0994d2e1; sign: 99e8c48e; card: 99fcfaf4
banner: 99f4e2b0; whiteboard: 99fafcfd
"""
#: thing → its own main colours: the share of the drawing that has each, from 0 to 1, and its hex code
OWN_COLOURS: dict[str, tuple[tuple[float, str], ...]] = {
    name: tuple((int(part[:2]) / 100, f"#{part[2:]}") for part in parts.split())
    for name, parts in (row.split(": ") for row in _OWN_COLOURS.strip().replace("\n", "; ").split("; "))
}
#: most of a drawing that may be as good as the background's colour
_MOST_LOST = 0.6
#: least height of a line of painted letters and of Chinese characters, pixels of the full canvas
LEAST_LETTER, LEAST_HANZI = 12, 32


def hex_code(rng: random.Random) -> str:
    """A random hex colour that is even over hue, saturation and value."""
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.random(), 0.25 + 0.75 * rng.random())
    return f"#{round(r * 255):02x}{round(g * 255):02x}{round(b * 255):02x}"


def stands_out(colour: str, background: str, least: int = 48) -> bool:
    """Whether a colour differs from a background by so much of 255 in a channel; a landscape counts as different."""
    if background in SCENES:
        return True
    grounds = background.split()[1:] if background.startswith("gradient") else [background]
    return all(max(abs(a - b) for a, b in zip(rgb(colour), rgb(g), strict=True)) >= least for g in grounds)


@lru_cache(maxsize=8192)
def shows(name: str, colour: str | None, background: str) -> bool:
    """Whether a thing in a colour, or in its own (None), can be told from its background."""
    if colour:
        return stands_out(colour, background)
    own = OWN_COLOURS.get(name, ())
    # these are means, from which single pixels differ: hence a little more than of a plain colour
    return sum(share for share, code in own if not stands_out(code, background, 56)) < _MOST_LOST


def readable(name: str, side: int, words: str, font: str) -> bool:
    """Whether words become large enough to read on a carrier of this name and side."""
    wide, high = WRITABLE[name]
    least = LEAST_HANZI if font == HANZI_FONT else LEAST_LETTER
    # half a pixel more than asked for: lines are laid out in whole pixels
    return letter_height(words, font, wide * side, high * round(side * RATIOS[name])) >= least + 0.5


def some_background(rng: random.Random, reach: Reach) -> str:
    """Draw a background: half of them named colours, a quarter codes and gradients, a quarter landscapes."""
    roll = rng.random()
    scenes = [name for name in reach.scenes if name != "gradient"]
    if roll < 0.25 and scenes:
        return rng.choice(scenes)
    if roll < 0.32 and "gradient" in reach.scenes:
        return "gradient " + " ".join(rng.sample(reach.colours, 2))
    if roll < 0.5 and reach.hex:
        return hex_code(rng)
    return rng.choice(reach.colours)


def some_fill(rng: random.Random, reach: Reach, background: str) -> str:
    """Draw a colour for a shape or a carrier that stands out: a third of them codes where codes are taught."""
    while "hex" in reach.fills and rng.random() < 1 / 3:
        colour = hex_code(rng)
        if stands_out(colour, background):
            return colour
    named = [fill for fill in reach.fills if fill != "hex"]
    return rng.choice([fill for fill in named if stands_out(fill, background)] or named)


def some_clothes(rng: random.Random, reach: Reach) -> tuple[str, ...]:
    """Draw one or two things to wear, each in a place of its own."""
    first, second = rng.choice(reach.worn), rng.choice(reach.worn)
    return dressed((first, second)) if rng.random() < 0.4 and slot(first) != slot(second) else (first,)


def slot(item: str) -> str:
    """Where something is worn: ``"hat"``, ``"eye"`` or ``"neck"``; one thing fits each."""
    return BY_NAME[item].group.removesuffix("s")


def dressed(worn: tuple[str, ...]) -> tuple[str, ...]:
    """Clothes in the order in which they are told: from the top downwards."""
    return tuple(sorted(worn, key=lambda item: ("hat", "eye", "neck").index(slot(item))))


def some_look(rng: random.Random, reach: Reach, name: str, background: str) -> tuple[str | None, tuple[str, ...]]:
    """Draw a colour (never the background's) and clothes for a thing; most things have neither."""
    if name in SHAPES:
        return some_fill(rng, reach, background), ()
    if name in reach.carriers:
        return (some_fill(rng, reach, background) if rng.random() < 0.4 else None), ()
    hues = [hue for hue in reach.hues if stands_out(hue, background)] if colourable(name) else []
    if hues and rng.random() < 0.5:
        return rng.choice(hues), ()
    if name in FACES and reach.worn and rng.random() < 0.25:
        return None, some_clothes(rng, reach)
    return None, ()


def own_hue(name: str) -> str:
    """The name of ``HUES`` that a drawing which can be recoloured has by itself: an apple's is red."""
    hue = BY_NAME[name].hue
    if hue is None:
        raise ValueError(f"a {name} cannot be recoloured")
    return min(HUES, key=lambda colour: abs((HUES[colour][0] - hue + 180) % 360 - 180))


@lru_cache(maxsize=512)
def _texts(words: tuple[str, ...], letters: str, shortest: int, longest: int) -> tuple[str, ...]:
    """The words of some lengths that can be written in these letters, in each case that they allow."""
    sized = [word for word in words if shortest <= len(word) <= longest]
    cased = {way for word in sized for way in (word, word.upper(), word.lower(), word.title())}
    return tuple(sorted(word for word in cased if set(word) <= set(letters)))


def some_text(
    rng: random.Random, reach: Reach, name: str, side: int, colour: str | None
) -> tuple[str, str, str] | None:
    """Draw words that fit a carrier of this side, their font, and an ink that shows; a third are just letters."""
    chinese = min(reach.hanzi, side * 3 // 4 // max(32, reach.glyph))
    while chinese > 0 and not readable(name, side, HANZI[:chinese], HANZI_FONT):
        chinese -= 1
    longest = min(reach.text, side // reach.glyph)
    if chinese > 0 and (longest < 1 or rng.random() < 0.25):
        words, font = rng.choice(_texts(WORDS_ZH, HANZI, 1, chinese)), HANZI_FONT
    else:
        for most in range(longest, 0, -1):  # shorter and shorter, until it can be read
            words, font = _some_words(rng, reach, most)
            if readable(name, side, words, font):
                break
        else:
            return None
    ground = _light(colour or "beige")
    inks = [ink for ink in reach.colours if abs(_light(ink) - ground) >= 90]
    return words, font, "black" if "black" in inks and rng.random() < 0.5 else rng.choice(inks or ["black"])


def _some_words(rng: random.Random, reach: Reach, longest: int) -> tuple[str, str]:
    """Draw words, or mere letters, and one of the fonts that have them."""
    length = max(rng.randint(1, longest), rng.randint(1, longest))  # or else long texts would be rare
    known = _texts(WORDS, reach.letters, length - 2, length)
    plain = [letter for letter in reach.letters if letter.isalnum()]
    scrambled = "".join(rng.choices(plain, k=length))
    if length > 12 and " " in reach.letters:  # two lines, or else they would be too small
        scrambled = f"{scrambled[: length // 2]} {scrambled[length // 2 + 1 :]}"
    words = rng.choice(known) if known and rng.random() < 0.67 else scrambled
    return words, rng.choice([font for font in reach.fonts if font != HANZI_FONT])


def _light(colour: str) -> float:
    r, g, b = rgb(colour)
    return 0.299 * r + 0.587 * g + 0.114 * b
