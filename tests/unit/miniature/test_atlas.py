"""The drawings and letters are all there, all different, sit where they belong, and have words of their own."""

import hashlib
import subprocess
import sys
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pochade.miniature.drawing import atlas, scenery
from pochade.miniature.looks import OWN_COLOURS
from pochade.miniature.things import FIRST, Kind
from pochade.miniature.wordbook import (
    BY_NAME,
    CARRIERS,
    COLOURS,
    COLOURS_ZH,
    FACES,
    FONTS,
    HANZI,
    HUES,
    KINDS,
    LETTERS,
    NAMES,
    OVERLAYS,
    RATIOS,
    SCENES,
    SCENES_ZH,
    SHAPES,
    STYLES,
    WORDS,
    WORDS_ZH,
    WORN,
    WORN_RATIOS,
    WRITABLE,
    advances,
    article,
    characters,
    colourable,
    plural,
    rgb,
    worn_place,
)

DRAWN = [kind for kind in KINDS if kind.group != "carrier"]
SYSTEM_FONTS = Path("/usr/share/fonts")
with_fonts = pytest.mark.skipif(
    not all(
        any(SYSTEM_FONTS.rglob(name)) for name in ("NotoColorEmoji.ttf", "DejaVuSerif.ttf", "NotoSansCJK-Bold.ttc")
    ),
    reason="the fonts are not installed",
)


def opacity(name):
    return np.asarray(atlas.full_sprite(name).getchannel("A"))


# ------------------------------------------------------------------------------------------------------------ words


def test_no_word_names_two_things():
    owners = {}
    for kind in (*KINDS, *WORN):
        for word in {kind.name, *kind.synonyms, *kind.chinese, plural(kind.name)}:
            owners.setdefault(word.lower(), []).append(kind.name)
    others = (*COLOURS, *COLOURS_ZH.values(), *SCENES, *STYLES, *OVERLAYS)
    for word in others:
        owners.setdefault(word, []).append("something else")
    assert {word: names for word, names in owners.items() if len(names) > 1} == {}


def test_every_thing_has_a_chinese_name_without_a_word_for_its_size():
    assert all(kind.chinese for kind in (*KINDS, *WORN))
    english = {word for kind in (*KINDS, *WORN) for word in (kind.name, *kind.synonyms)}
    for kind in (*KINDS, *WORN):  # otherwise a small chicken would be a chick
        for name in kind.chinese:
            for size in "小大":
                bare = name.removeprefix(size)
                assert bare == name or all(bare not in other.chinese for other in KINDS if other is not kind), name
    assert all(word.isascii() for word in english)


def test_every_thing_belongs_to_a_known_group():
    groups = {"animal", "face", "food", "plant", "vehicle", "building", "weather", "tool", "clothes", "people"}
    assert {kind.group for kind in KINDS} == groups | {"object", "shape", "carrier"}
    assert {kind.group for kind in WORN} == {"hat", "eyes", "eye", "neck"}
    assert 240 <= len(KINDS) <= 270


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("mouse", "mice"),
        ("butterfly", "butterflies"),
        ("fox", "foxes"),
        ("key", "keys"),
        ("cup of tea", "cups of tea"),
        ("sheep", "sheep"),
        ("die", "dice"),
        ("cross", "crosses"),
        ("peach", "peaches"),
    ],
)
def test_plurals_are_english(name, many):
    assert plural(name) == many


@pytest.mark.parametrize(
    "words", ["an apple", "a cat", "a unicorn", "an umbrella", "a ufo", "an hourglass", "an orange cat", "a horse"]
)
def test_articles_follow_the_sound(words):
    _, _, rest = words.partition(" ")
    assert article(rest) + rest == words


def test_the_room_for_writing_is_that_of_the_drawings():
    drawn = {name: (right - left, low - high) for name, (left, high, right, low) in scenery.WRITING.items()}
    assert drawn.keys() == WRITABLE.keys()
    assert all(WRITABLE[name] == pytest.approx(box) for name, box in drawn.items())


def test_the_colours_listed_of_a_drawing_are_those_of_its_pixels():
    for name, colour in scenery.OWN_COLOUR.items():
        assert [rgb(code) for _, code in OWN_COLOURS[name]] == [colour]
    errors = []
    for kind in (kind for kind in DRAWN if kind.group != "shape"):  # which are always asked for in a colour
        drawing = np.asarray(atlas.full_sprite(kind.name)).astype(int)
        pixels = drawing[drawing[..., 3] > 128][:, :3]
        assert sum(share for share, _ in OWN_COLOURS[kind.name]) > 0.65, kind.name
        for ground in COLOURS.values():
            listed = sum(s for s, code in OWN_COLOURS[kind.name] if np.abs(np.subtract(rgb(code), ground)).max() < 48)
            errors.append(abs((np.abs(pixels - ground).max(1) < 48).mean() - listed))
    assert np.mean(errors) < 0.03


def test_a_colour_is_a_name_or_a_hex_code_and_nothing_else():
    assert rgb("teal") == (0, 128, 128)
    assert rgb("#1E90ff") == (0x1E, 0x90, 0xFF)
    for wrong in ("turquoiseish", "#12345", "#12345g", "123456"):
        with pytest.raises(ValueError, match="is no colour: give one of red"):
            rgb(wrong)


def test_named_colours_can_be_told_apart_and_have_chinese_names():
    assert list(COLOURS_ZH) == list(COLOURS)
    assert len(set(COLOURS_ZH.values())) == len(COLOURS)
    for first, second in combinations(COLOURS.values(), 2):
        assert np.linalg.norm(np.subtract(first, second)) >= 35
    assert list(SCENES_ZH) == list(SCENES)


def test_the_words_on_signs_can_be_written():
    assert all(1 <= len(word) <= 24 and set(word) <= set(LETTERS) and word == word.strip() for word in WORDS)
    assert all(1 <= len(word) <= 4 and set(word) <= set(HANZI) for word in WORDS_ZH)
    assert set(HANZI) == set("".join(WORDS_ZH)), "a character that no word needs is never learnt"
    assert {len(word) for word in WORDS} >= set(range(1, 24))
    assert len(set(WORDS)) == len(WORDS)
    assert len(set(WORDS_ZH)) == len(WORDS_ZH)
    assert len(set(HANZI)) == len(HANZI)
    assert len(set(LETTERS)) == len(LETTERS)


def test_the_tables_need_no_picture_library():
    code = (
        "import sys; import pochade.miniature.wordbook as v; v.advances(); "
        "print(sorted({'torch', 'numpy', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"


# --------------------------------------------------------------------------------------------------------- drawings


def test_the_first_weights_find_their_world_as_it_was():
    assert KINDS[: len(FIRST)] == FIRST
    assert len(FIRST) == 46
    measures = [(kind.name, kind.emoji, kind.hue, kind.wearer) for kind in FIRST]
    assert hashlib.sha256(repr(measures).encode()).hexdigest()[:16] == "d2e74f8054de4352"
    drawings = b"".join(atlas.full_sprite(kind.name).tobytes() for kind in FIRST if kind.emoji)
    assert hashlib.sha256(drawings).hexdigest()[:16] == "979f46178cecedb0"


@pytest.mark.parametrize("kind", DRAWN, ids=lambda kind: kind.name)
def test_every_thing_has_a_drawing_that_fills_its_square(kind):
    left, top, right, bottom = atlas.full_sprite(kind.name).getbbox()
    assert max(right - left, bottom - top) >= 115
    assert (opacity(kind.name) > 128).mean() > 0.09


def test_no_two_things_look_nearly_alike_in_any_colour():
    """Thumbnails of 32×32, on white and on dark grey: the lower of the two correlations stays below 0.9."""
    looks = [
        (kind.name, hue)
        for kind in DRAWN
        for hue in ((None, *HUES) if colourable(kind.name) and kind.name not in SHAPES else tuple(HUES))
        if hue is None or colourable(kind.name)
    ]
    looks += [(kind.name, None) for kind in DRAWN if not colourable(kind.name)]

    def alike(ground):
        rows = []
        for name, hue in looks:
            canvas = Image.new("RGBA", (128, 128), (ground, ground, ground, 255))
            canvas.alpha_composite(atlas.full_sprite(name, hue))
            small = canvas.convert("RGB").resize((32, 32), Image.Resampling.BOX)
            rows.append(np.asarray(small, np.float32).ravel())
        table = np.stack(rows)
        table -= table.mean(1, keepdims=True)
        table /= np.linalg.norm(table, axis=1, keepdims=True)
        return table @ table.T

    names = np.array([name for name, _ in looks])
    both = np.minimum(alike(255), alike(40)) * (names[:, None] != names[None])
    worst = np.unravel_index(both.argmax(), both.shape)
    assert {name for name, _ in looks} == {kind.name for kind in DRAWN}
    assert both.max() < 0.9, [looks[i] for i in worst]


@pytest.mark.parametrize("name", [kind.name for kind in KINDS if kind.hue is not None and kind.emoji])
def test_a_recoloured_thing_shows_its_colour_and_keeps_its_outline(name):
    own = np.asarray(atlas.full_sprite(name)).astype(int)
    solid = own[..., 3] > 200
    for colour in HUES:
        sprite = atlas.full_sprite(name, colour)
        other = np.asarray(sprite).astype(int)
        assert (own[..., 3] == other[..., 3]).all()
        hsv = np.asarray(sprite.convert("RGB").convert("HSV")).astype(float)
        distance = np.abs((hsv[..., 0] * 360 / 256 - HUES[colour][0] + 180) % 360 - 180)
        assert ((distance < 12) & (hsv[..., 1] > 40) & solid).sum() / solid.sum() > 0.3, colour


def test_shapes_take_every_named_colour_and_hex_codes():
    for name in SHAPES:
        for colour in (*COLOURS, "#3a7f10"):
            assert atlas.full_sprite(name, colour).getpixel((64, 64)) == (*rgb(colour), 255)


def test_what_the_atlas_lacks_is_said():
    assert set(RATIOS) == set(CARRIERS) <= set(NAMES)
    for name in ("flibbertigibbet", "sign"):
        with pytest.raises(ValueError, match=f"no drawing of '{name}'"):
            atlas.full_sprite(name)


# ------------------------------------------------------------------------------------------------------------- worn


def test_the_measured_ratios_are_those_of_the_drawings():
    assert list(WORN_RATIOS) == [kind.name for kind in WORN]
    for name, ratio in WORN_RATIOS.items():
        left, top, right, bottom = atlas.full_sprite(name).getbbox()
        assert (bottom - top) / (right - left) == pytest.approx(ratio, abs=0.006)


def share(name, left, top, width, height):
    """How much of a box on a thing's square is covered by the thing."""
    box = opacity(name)[
        max(0, round(128 * top)) : round(128 * (top + height)), max(0, round(128 * left)) : round(128 * (left + width))
    ]
    return (box > 128).mean()


@pytest.mark.parametrize("wearer", sorted(FACES))
def test_what_is_worn_sits_on_its_wearer(wearer):
    eye_x, eye_y = BY_NAME[wearer].eye
    for kind in WORN:
        left, top, width, height = worn_place(wearer, kind.name)
        assert height == pytest.approx(width * WORN_RATIOS[kind.name])
        assert top >= -0.5, "a hat has half a side of room above its wearer"
        assert top + height <= 1.08
        assert left >= 0
        assert left + width <= 1
        if kind.group == "hat":  # the brim lies on the head, and the eyes are seen below it
            assert share(wearer, left + width * 0.3, top + height * 0.9, width * 0.4, height * 0.1) > 0.5
            assert top + height <= eye_y + 0.04
        elif kind.group == "neck":  # below the eyes, and not in the air
            assert top > eye_y
            assert share(wearer, left, top, width, height * 0.5) > 0.5
        elif kind.group == "eyes":
            assert share(wearer, left, top, width, height) > 0.85
            assert left < eye_x < left + width
        else:  # the glass is round the eye
            assert abs(left + width / 2 - eye_x) < 1e-9
            assert abs(top + width / 2 - eye_y) < 1e-9


@pytest.mark.parametrize("wearer", sorted(FACES))
def test_the_eye_is_where_the_table_says(wearer):
    """The middle of a monocle shows a pupil: nearly black, or a robot's white."""
    x, y = (round(128 * part) for part in BY_NAME[wearer].eye)
    grey = np.asarray(atlas.full_sprite(wearer).convert("L")).astype(int)
    middle = np.median(grey[y - 4 : y + 5, x - 4 : x + 5])
    assert middle < 75 or middle > 235


def test_only_heads_wear_things():
    with pytest.raises(ValueError, match="a car wears nothing; what can: alien"):
        worn_place("car", "crown")


# ---------------------------------------------------------------------------------------------------------- letters


@pytest.mark.parametrize("font", FONTS)
def test_every_letter_has_ink_of_its_own_and_none_is_cut(font):
    seen = set()
    for character in characters(font):
        mask = atlas.glyph(font, character)
        assert mask.shape == (atlas.GLYPH_HEIGHT, advances()[font][character])
        assert mask.dtype == np.uint8
        assert (mask.max() > 200) == (character != " ")
        assert not mask[0].any(), character
        assert not mask[-1].any(), character
        seen.add(mask.tobytes())
    assert len(seen) == len(characters(font))


@pytest.mark.parametrize("font", [font for font in FONTS if "A" in characters(font)])
def test_letters_stand_on_one_line(font):
    for character in "AEFHIKLMTXZ1":
        rows = np.flatnonzero((atlas.glyph(font, character) > 128).any(1))
        assert rows[-1] == atlas.BASELINE - 1, character


def test_a_letter_that_a_font_lacks_is_said():
    with pytest.raises(ValueError, match="the font 'hei' has no 'A'; it writes 一"):
        atlas.glyph("hei", "A")
    with pytest.raises(ValueError, match="the font 'comic' has no 'A'"):
        atlas.glyph("comic", "A")


# ------------------------------------------------------------------------------------------------------------ files


def test_the_pictures_are_small_and_their_licences_lie_beside_them():
    here = files("pochade.miniature.drawing")
    assert len((here / "atlas.png").read_bytes()) <= 4_000_000
    assert len((here / "glyphs.png").read_bytes()) <= 400_000
    notice = (here / "ATLAS-LICENSE.txt").read_text(encoding="utf-8")
    for needed in ("Noto Color Emoji", "Noto Sans CJK", "DejaVu", "SIL OPEN FONT LICENSE", "Bitstream, Inc."):
        assert needed in notice


@with_fonts
def test_the_pictures_can_be_made_again_from_the_fonts():
    drawn = np.asarray(atlas.extract(SYSTEM_FONTS)).astype(int)
    with (files("pochade.miniature.drawing") / "atlas.png").open("rb") as stream:
        kept = np.asarray(Image.open(stream)).astype(int)
    assert drawn.shape == kept.shape
    assert np.abs(drawn - kept).mean() < 4  # a later version of the font has a few other drawings
    picture, widths = atlas.extract_glyphs(SYSTEM_FONTS)
    assert widths == advances()
    with (files("pochade.miniature.drawing") / "glyphs.png").open("rb") as stream:
        kept = np.asarray(Image.open(stream).convert("L")).astype(int)
    assert np.abs(np.asarray(picture).astype(int) - kept).mean() < 4


@with_fonts
def test_a_drawing_that_the_font_lacks_is_said(monkeypatch):
    monkeypatch.setattr(atlas, "_DRAWN", ("nothing",))
    monkeypatch.setattr(atlas, "BY_NAME", {"nothing": Kind("nothing", "\U0001faff")})
    with pytest.raises(ValueError, match=r"draws nothing for .* \(nothing\)"):
        atlas.extract(SYSTEM_FONTS)


def test_a_font_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"NotoColorEmoji\.ttf is not under"):
        atlas.extract(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"DejaVuSans\.ttf is not under"):
        atlas.extract_glyphs(tmp_path)
