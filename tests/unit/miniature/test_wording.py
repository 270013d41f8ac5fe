"""What is said of the miniature's world is true, is all that matters, and means one picture, in English and Chinese."""

import random
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from pochade.miniature import edits, layouts, talks, world
from pochade.miniature.wordbook import BY_NAME, COLOURS_ZH, KINDS, NAMES, SCENES, SCENES_ZH, WORN, plural
from pochade.miniature.words.chinese_words import MEASURES, OTHER_COLOURS, OVERLAYS, SCENE_NAMES
from pochade.miniature.words.chinese_words import STYLES as STYLES_ZH
from pochade.miniature.words.english import STYLES
from pochade.miniature.words.wording import Wording
from pochade.miniature.world import Scene, Text, Thing

LANGUAGES = ("en", "zh")
HANZI = re.compile(r"[\u4e00-\u9fff]")


def things(*rows):
    return tuple(
        row if isinstance(row, Thing) else Thing(row, None, 40 + 60 * i, 128, 56) for i, row in enumerate(rows)
    )


def wordings(say, what, language, tries=60):
    """So many wordings of one scene, edit or blend."""
    return {getattr(Wording(random.Random(seed), language=language), say)(what) for seed in range(tries)}


def plainly(say, what, language):
    return getattr(Wording(random.Random(0), plain=True, language=language), say)(what)


def bare(prompt):
    """A prompt without what stands in quotes and without hex codes."""
    return re.sub(r'"[^"]*"|#[0-9a-f]{6}', "", prompt)


# ----------------------------------------------------------------------------------------------- everything is said


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "flowery"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_say_everything_that_is_to_be_seen(language, plain):
    rng = random.Random(5)
    for _ in range(400):
        scene = world.sample(rng)
        prompt = Wording(rng, plain=plain, language=language).scene(scene)
        for wanted in said_of(scene, language, plain=plain):
            assert any(word in prompt for word in wanted), (wanted, prompt)


def colours_in(language, colour):
    if language == "en":
        return (colour, "grey") if colour == "gray" else (colour,)
    return COLOURS_ZH.get(colour, colour), OTHER_COLOURS.get(colour, COLOURS_ZH.get(colour, colour))


def names_in(language, name):
    kind = BY_NAME[name]
    return (name, *([plural(name)] if kind in KINDS else []), *kind.synonyms) if language == "en" else kind.chinese


def said_of(scene, language, *, plain):
    """What must be found in a prompt: of each of these tuples at least one word."""
    for thing in scene.things:
        yield names_in(language, thing.name)
        yield from (names_in(language, item) for item in thing.worn)
        yield colours_in(language, thing.colour or "")
        if thing.text:
            yield (f'"{thing.text.words}"',)
            yield colours_in(language, thing.text.ink.replace("black", ""))
    styles = {name: sum(ways, ()) for name, ways in STYLES.items()} if language == "en" else STYLES_ZH
    yield styles.get(scene.style, ("",))
    yield from ((part,) if language == "en" else OVERLAYS[part] for part in scene.overlay)
    if scene.background in SCENES:
        yield SCENES[scene.background] if language == "en" else tuple(w[1:] for w in SCENES_ZH[scene.background])
    elif plain or scene.background != "white":
        yield from (colours_in(language, c) for c in scene.background.removeprefix("gradient ").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_edits_name_what_changes_and_into_what(language):
    rng = random.Random(6)
    for kind in ("remove", "recolour", "move", "replace", "resize", "wear", "text"):
        for _ in range(15):
            edit = edits.sample_edit(rng, kind)
            said = plainly("edit", edit, language)
            assert any(word in said for word in names_in(language, edit.target.name)), said
            if kind == "recolour":
                assert colours_in(language, edit.argument)[0] in said
            if kind in {"wear", "replace"}:
                assert any(word in said for word in names_in(language, edit.argument)), said
            if kind == "text":
                assert f'"{edit.argument}"' in said


# ------------------------------------------------------------------------------------------------- one meaning each


def variations():
    """Scenes that look different in one respect."""
    cat = Scene("blue", things("cat"))
    car = replace(cat, things=things(Thing("car", "red", 128, 140, 152)))
    sign = Thing("sign", None, 128, 140, 152, text=Text("HELLO"))
    two = Scene("white", things("cat", "dog"), "relation above")
    row = Scene("beach", things("cat", "dog", "apple"), "row")
    yield "background", [replace(cat, background=b) for b in ("blue", "navy", "white", "#0000ff", "beach", "night sky")]
    yield "gradient", [replace(cat, background=b) for b in ("gradient red blue", "gradient blue red", "red", "blue")]
    yield "style", [replace(cat, style=style) for style in ("", *STYLES)]
    yield "style by night", [replace(cat, background="night sky"), replace(cat, style="night")]
    yield "overlay", [replace(cat, overlay=o) for o in ((), ("minimap",), ("health bar",), ("health bar", "minimap"))]
    yield "size", [replace(cat, layout=f"size {size}".strip()) for size in ("tiny", "small", "big", "huge")] + [cat]
    yield "place", [replace(cat, layout=f"place {place}") for place in layouts.PLACES]
    yield "number", [replace(cat, layout=f"count {n}", things=things(*["cat"] * n)) for n in range(1, 7)] + [cat]
    yield "relation", [replace(two, layout=f"relation {relation}") for relation in layouts.RELATIONS]
    yield "who is above", [two, replace(two, things=two.things[::-1])]
    yield "order", [row, replace(row, things=things("dog", "cat", "apple")), replace(row, layout="between")]
    yield "colour", [car] + [replace(car, things=things(replace(car.things[0], colour=c))) for c in (None, "pink")]
    yield (
        "clothes",
        [replace(cat, things=things(replace(cat.things[0], worn=w))) for w in ((), *((i.name,) for i in WORN))],
    )
    texts = (Text("HELLO"), Text("Hello"), Text("HELLO", "bold"), Text("HELLO", "serif"), Text("HELLO", "sans", "red"))
    yield "text", [replace(cat, things=things(replace(sign, text=text))) for text in texts]
    yield (
        "grid",
        [Scene("white", things("cat", "dog", "car", "sun", "owl", "key"), f"grid {shape}") for shape in ("2x3", "3x2")],
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scenes", [pytest.param(scenes, id=name) for name, scenes in variations()])
def test_scenes_that_look_different_share_no_wording(scenes, language):
    meaning = {}
    for scene in scenes:
        for prompt in wordings("scene", scene, language):
            assert meaning.setdefault(prompt, scene) == scene, prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_edits_of_one_scene_that_end_differently_share_no_wording(language):
    rng = random.Random(8)
    for _ in range(6):
        scene, meaning = world.sample(rng), {}
        for kind in edits.EDITS:
            for edit in filter(None, (edits.EDITS[kind](rng, scene, world.FULL) for _ in range(25))):
                for prompt in wordings("edit", edit, language, 6):
                    assert meaning.setdefault(prompt, edit.after) == edit.after, prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_blends_say_what_comes_from_which_picture(language):
    rng = random.Random(9)
    for kind in talks.BLENDS:
        blend = talks.sample_blend(rng, kind=kind)
        said = wordings("blend", blend, language)
        for other in set(talks.BLENDS) - {kind}:
            assert not said & wordings("blend", replace(blend, kind=other), language)
        if kind != "style on scene":  # which names no thing; its two pictures are told apart by their numbers
            assert not said & wordings("blend", replace(blend, sources=blend.sources[::-1]), language)


@pytest.mark.parametrize(("language", "taker"), [("en", "off the|from"), ("zh", "的[礼侦帽]")])
def test_one_of_two_hats_is_taken_off_by_its_wearer(language, taker):
    cat, dog = things("cat", "dog")
    before = Scene("red", (replace(cat, worn=("top hat",)), replace(dog, worn=("party hat",))))
    after = replace(before, things=(cat, before.things[1]))
    for said in wordings("edit", edits.Edit("take off", before, after, before.things[0], "top hat"), language, 200):
        assert re.search(taker, said), said


def test_a_blend_of_colours_names_the_thing_whose_colour_is_meant():
    blend = talks.sample_blend(random.Random(3), kind="colours on object")
    for language in LANGUAGES:
        names = names_in(language, blend.sources[0].things[0].name)
        assert all(any(name in said for name in names) for said in wordings("blend", blend, language))


def test_no_chinese_name_repeats_its_measure_word():
    said = [f"{MEASURES[kind.name]}{name}" for kind in (*KINDS, *WORN) for name in kind.chinese]
    assert [words for words in said if words[0] in "罐碗杯桶串" and words[0] == words[-1]] == []


# ------------------------------------------------------------------------------------------------ many, and the same


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_scene_has_many_wordings_terse_to_flowery(language):
    scene = Scene("blue", things(Thing("car", "red", 128, 140, 152)), style="oil")
    said = wordings("scene", scene, language, 400)
    assert len(said) > 40
    assert max(map(len, said)) > 1.8 * min(map(len, said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_says_the_same(language):
    def run():
        rng = random.Random(7)
        wording = Wording(rng, language=language)
        said = [wording.scene(world.sample(rng)) for _ in range(30)]
        said += [wording.edit(edits.sample_edit(rng)) for _ in range(30)]
        return said + [wording.blend(talks.sample_blend(rng)) for _ in range(8)]

    assert run() == run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_wordings_leave_nothing_to_chance(language):
    rng = random.Random(12)
    for _ in range(30):
        scene, edit = world.sample(rng), edits.sample_edit(rng)
        for say, what in (("scene", scene), ("edit", edit)):
            assert (
                len({getattr(Wording(random.Random(s), plain=True, language=language), say)(what) for s in range(5)})
                == 1
            )


@pytest.mark.parametrize(("language", "foreign"), [("en", HANZI), ("zh", re.compile(r"[a-zA-SU-Z]{2}"))])
def test_each_language_keeps_to_itself_outside_of_quotes(language, foreign):
    rng = random.Random(13)
    wording = Wording(rng, language=language)
    said = [wording.scene(world.sample(rng)) for _ in range(300)] + [
        wording.edit(edits.sample_edit(rng)) for _ in range(200)
    ]
    assert [prompt for prompt in said if foreign.search(bare(prompt))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_to_be_painted_stand_in_straight_quotes_exactly(language):
    sign = Thing("sign", None, 128, 140, 152, text=Text("Don't Panic: 42!"))
    for prompt in wordings("scene", Scene("white", (sign,)), language):
        assert prompt.count('"') == 2
        assert '"Don\'t Panic: 42!"' in prompt


# ------------------------------------------------------------------------------------------------------- the grammar


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("umbrella", "an umbrella"),
        ("unicorn", "a unicorn"),
        ("axe", "an axe"),
        ("pair of jeans", "a pair of"),
    ],
)
def test_articles_follow_the_sound(name, phrase):
    assert plainly("scene", Scene("red", things(name)), "en").startswith(phrase)


@pytest.mark.parametrize(
    ("name", "count", "english", "chinese"),
    [
        ("cat", 2, "two cats", "两只猫"),
        ("apple", 3, "three apples", "三个苹果"),
        ("mouse", 4, "four mice", "四只老鼠"),
        ("cup of tea", 5, "five cups of tea", "五杯茶"),
        ("car", 6, "six cars", "六辆汽车"),
        ("cat", 1, "exactly one cat", "仅有一只猫"),
    ],
)
def test_numbers_agree_with_what_is_counted(name, count, english, chinese):
    scene = Scene("red", things(*[name] * count), f"count {count}")
    assert plainly("scene", scene, "en") == f"{english} on a red background"
    assert plainly("scene", scene, "zh") == f"{chinese}，红色背景"  # noqa: RUF001


@pytest.mark.parametrize(
    ("layout", "english", "chinese"),
    [
        ("between", "a dog between a cat and an apple", "一只狗在一只猫和一个苹果之间"),
        ("row", "a cat, a dog and an apple in a row", "一只猫、一只狗和一个苹果排成一排"),
        ("relation above", "a dog above a cat", "一只狗在一只猫的上面"),
        ("relation to the right of", "a dog to the right of a cat", "一只狗在一只猫的右边"),
        ("place in the top left corner", "a dog in the top left corner", "一只狗在左上角"),
        ("size huge", "a huge dog", "一只巨大的狗"),
        ("grid 2x1", "2x1 grid: dog; cat", "2行1列网格：狗；猫"),  # noqa: RUF001
    ],
)
def test_places_and_relations_are_said_of_the_right_thing(layout, english, chinese):
    cat, dog, apple = things("cat", "dog", "apple")
    number = {"between": 3, "row": 3, "relation": 2, "grid": 2}.get(layout.split()[0], 1)
    scene = Scene("red", (dog, cat, apple)[:number], layout)
    assert plainly("scene", scene, "en").startswith(english)
    assert plainly("scene", scene, "zh").startswith(chinese)


def test_every_thing_is_counted_in_chinese_with_a_measure_word():
    known = "只个棵辆座把件块顶副条头匹根颗串朵片株束碗杯罐份桶枚艘架列台部道滴团支双本张扇盏面幅"
    assert set(MEASURES) == {kind.name for kind in (*KINDS, *WORN)}
    for name in NAMES:
        assert MEASURES[name] in known
        said = plainly("scene", Scene("red", things(name)), "zh")
        assert said.startswith(f"一{MEASURES[name]}{BY_NAME[name].chinese[0]}")


def test_every_landscape_has_a_chinese_name():
    assert set(SCENE_NAMES) == set(SCENES)


# --------------------------------------------------------------------------------------- what people come to see first


def flagship():
    cat = Scene("blue", things(Thing("cat", None, 128, 140, 152)))
    hat = replace(cat, things=(replace(cat.things[0], worn=("top hat",)),))
    both = replace(cat, things=(replace(cat.things[0], worn=("top hat", "monocle")),))
    game = replace(both, style="pixel art")
    parts = (
        edits.Edit("wear", cat, hat, cat.things[0], "top hat"),
        edits.Edit("wear", hat, both, hat.things[0], "monocle"),
    )
    dress = edits.Edit("two", cat, both, None, "", parts)
    style = edits.Edit("style", both, game, None, "pixel art")
    shown = edits.Edit("overlay", game, replace(game, overlay=("health bar", "minimap")), None, "health bar|minimap")
    return dress, style, shown


def test_the_flagship_conversation_is_taught():
    for turn in flagship():
        assert not any(edit.held_out for edit in (turn, *turn.parts))
        assert not any(world.is_held_out(scene) for scene in (turn.before, turn.after))


@pytest.mark.parametrize(
    ("turn", "language", "said"),
    [
        (0, "en", "give this cat a detective hat and a monocle"),
        (0, "zh", "给这只猫戴上一顶侦探帽和一副单片眼镜"),
        (1, "en", "turn this into a game scene"),
        (1, "zh", "把画面变成游戏场景"),
        (2, "en", "add a game interface with a health bar and a minimap"),
        (2, "zh", "添加带有血条和小地图的游戏界面"),
    ],
)
def test_the_flagship_conversation_is_among_the_wordings(turn, language, said):
    assert said in wordings("edit", flagship()[turn], language, 4000)


def test_the_flagship_conversation_can_be_said_plainly():
    assert [plainly("edit", turn, "en") for turn in flagship()] == [
        "give the cat a top hat and a monocle",
        "turn this into pixel art",
        "add a game interface with a health bar and a minimap",
    ]


@pytest.mark.parametrize(("language", "said"), [("en", 'a sign that says "HELLO"'), ("zh", '一块写着"HELLO"的牌子')])
def test_a_sign_says_what_is_on_it(language, said):
    sign = Thing("sign", None, 128, 140, 152, text=Text("HELLO"))
    assert plainly("scene", Scene("beach", (sign,)), language).startswith(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_grid_lists_its_sixteen_cells_row_by_row(language):
    rng = random.Random(15)
    scene = world.sample(rng, replace(world.FULL, layouts=("grid 4x4",)))
    said = plainly("scene", scene, language)
    names = [t.name if language == "en" else BY_NAME[t.name].chinese[0] for t in scene.things]
    rows = re.split("[;；]", said)[:4]  # noqa: RUF001
    assert [all(name in rows[i] for name in names[4 * i : 4 * i + 4]) for i in range(4)] == [True] * 4


# ------------------------------------------------------------------------------------------------------------ errors


def test_words_cost_no_heavy_import():
    heavy = "{'torch', 'numpy', 'PIL', 'transformers'}"
    code = f"import sys, pochade.miniature.words.wording; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_an_unknown_language_is_refused_by_name():
    with pytest.raises(ValueError, match="no words in 'fr': give one of en, zh"):
        Wording(random.Random(0), language="fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_kind_of_edit_or_blend_is_refused_by_name(language):
    scene = Scene("red", things("cat"))
    wording = Wording(random.Random(0), plain=True, language=language)
    with pytest.raises(ValueError, match="no words for an edit of kind 'shake'"):
        wording.edit(edits.Edit("shake", scene, scene, None, ""))
    with pytest.raises(ValueError, match="no words for a blend of kind 'stir'"):
        wording.blend(talks.Blend("stir", (scene, scene), scene))
    with pytest.raises(ValueError, match="must name a thing"):
        wording.edit(edits.Edit("remove", scene, scene, None, ""))
