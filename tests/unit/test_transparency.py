"""What transparency promises: a ground unlike the subject, asked for in words the model knows, and taken away again."""

import numpy as np
import pytest
from PIL import Image, ImageColor, ImageDraw

from pochade.engine.words import unknown_words
from pochade.imaging.colour import delta_e, to_lab
from pochade.imaging.ground import share
from pochade.miniature import card
from pochade.miniature.wordbook import CARRIERS, NAMES
from pochade.transparency import KEYS, asked, asked_again, colours_in, flattened, taken

WORDS = frozenset(card()["vocabulary"]["words"])
GREEN, MAGENTA = KEYS["green"], KEYS["magenta"]


def sticker(colour, size=(96, 96)):
    picture = Image.new("RGBA", size)
    ImageDraw.Draw(picture).ellipse((16, 16, 80, 80), fill=colour)
    return picture


def test_a_plain_ground_is_asked_for_in_words_that_every_model_knows():
    assert asked("a cat") == ("a cat, isolated on a plain solid green background (#00b140)", GREEN)


def test_a_model_of_few_words_is_told_in_these():
    prompt, key = asked("a cat with a top hat", vocabulary=WORDS)
    assert (prompt, key) == ("a cat with a top hat on a #00b140 background", GREEN)
    assert not unknown_words(prompt, WORDS)


def test_a_chinese_prompt_is_answered_in_chinese():
    assert asked("一只戴着棒球帽的猫，透明背景")[0] == "一只戴着棒球帽的猫，纯绿色背景（#00b140）"  # noqa: RUF001


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat on a transparent background",
        "a cat, transparent background",
        "a cat with no background",
        "a cat without a background",
        "a cat on a plain white background",
        "a cat, on a solid #ff8800 background.",
        "a cat against a blank backdrop",
        "a cat with transparency",
        "a cat on a Transparent, White Background",
    ],
)
def test_what_is_said_of_a_plain_ground_is_left_out_since_models_paint_it(prompt):
    assert asked(prompt) == asked("a cat")


@pytest.mark.parametrize(
    "prompt", ["a cat in front of a forest", "a cat and a white house", "the cat's background story"]
)
def test_other_words_are_left_as_they_are(prompt):
    assert asked(prompt)[0].startswith(f"{prompt}, isolated")


def test_a_prompt_of_nothing_else_is_kept():
    assert asked("transparent background")[0].startswith("transparent background, isolated")


@pytest.mark.parametrize(
    "prompt",
    [
        "a green star", "a frog", "an emerald ring", "a #20c050 leaf", "a light-green car", "three trees", "一只青蛙",
        "a pink unicorn", "a purple star", "a hot pink car and a lime", "a blue whale with green eyes", "a teal bird",
        "a rose", "红玫瑰", "a green, blue and purple parrot",
    ],
)  # fmt: skip
def test_the_ground_is_far_from_every_colour_that_is_named_or_known(prompt):
    ground = ImageColor.getrgb(asked(prompt)[1])
    colours = colours_in(prompt)
    assert colours
    assert delta_e(to_lab(colours), to_lab([ground])).min() >= 25
    assert share(colours, ground).max() <= 0.25


def test_no_thing_of_the_miniature_has_the_colour_of_its_ground():
    from pochade.miniature.drawing.atlas import full_sprite

    for name in sorted(set(NAMES) - set(CARRIERS)):
        ground = ImageColor.getrgb(asked(f"a {name}")[1])
        levels = np.asarray(full_sprite(name))
        seen = levels[levels[..., 3] > 250][:, :3]
        assert (share(seen, ground) > 0.75).mean() < 0.01, name


def test_where_every_ground_is_named_the_least_near_is_taken():
    assert asked("a rainbow: red, orange, yellow, green, cyan, blue, magenta")[1] in KEYS.values()


def test_colours_are_read_in_names_of_one_and_two_words_in_codes_and_in_chinese():
    assert colours_in("A Hot Pink cat with #0F0 eyes and #102030 paws, 红")[:2] == [(0, 255, 0), (16, 32, 48)]
    assert {(255, 105, 180), (220, 40, 40)} <= set(colours_in("A Hot Pink cat, 红"))
    assert colours_in("a scanned plan of a redoubt") == []


@pytest.mark.parametrize(
    "prompt",
    [
        "remove the background", "Please remove the background.", "make the background transparent",
        "make it transparent",
        "cut out the white background", "turn the picture transparent", "去掉背景", "把背景变成透明",
    ],
)  # fmt: skip
def test_an_edit_that_only_wants_the_ground_away_becomes_one_that_repaints_it(prompt):
    photo = Image.new("RGB", (64, 64), "white")
    said, key = asked(prompt, picture=photo)
    assert said == f"Change the background to a plain solid green ({key}). Keep everything else exactly as it is."
    assert asked(prompt, picture=photo, vocabulary=WORDS)[0] == f"change the background to {key}"


def test_an_edit_of_an_opaque_picture_is_told_to_repaint_the_ground_as_well():
    said, key = asked("give the cat a hat", picture=Image.new("RGB", (64, 64), "white"))
    assert said == f"give the cat a hat. Change the background to a plain solid green ({key})."


def test_an_edit_of_a_transparent_picture_is_told_to_keep_the_ground_that_it_was_laid_on():
    assert asked("give the cat a hat", picture=sticker("red"))[0] == (
        "give the cat a hat. Keep the plain solid green background (#00b140)."
    )


def test_a_model_of_few_words_is_not_given_two_edits_at_once():
    assert asked("give the cat a hat", picture=sticker("red"), vocabulary=WORDS)[0] == "give the cat a hat"


def test_where_the_prompt_describes_the_whole_picture_it_describes_the_ground_too():
    assert asked("a cat", picture=sticker("red"), by="strength") == asked("a cat")


def test_an_edits_ground_is_far_from_the_pictures_own_colours():
    assert asked("make it smile", picture=sticker((40, 160, 60)))[1] == MAGENTA
    assert asked("make it smile", picture=sticker("red"))[1] == GREEN
    hidden = sticker("red")
    hidden.putdata([(0, 177, 64, 0) if level[3] == 0 else level for level in hidden.get_flattened_data()])
    assert asked("make it smile", picture=hidden)[1] == GREEN
    assert asked("make it smile", picture=Image.new("RGBA", (8, 8)))[1] == GREEN


def test_where_transparency_was_not_asked_for_the_words_stay():
    for prompt in ("make it smile", "put it on a white background"):
        assert asked(prompt, picture=sticker("red"), insist=False) == (prompt, GREEN)


def test_a_transparent_picture_laid_on_its_ground_comes_back_as_it_was():
    before = sticker((220, 60, 40, 255))
    key = asked("make it smile", picture=before)[1]
    after, note = taken(flattened(before, key), key)
    assert note is None
    assert np.abs(np.subtract(after, before, dtype=int)).mean() < 0.5


def test_an_answer_without_a_plain_ground_is_kept_opaque_and_says_why():
    answer = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    picture, note = taken(answer, GREEN)
    assert picture is answer
    assert note.startswith("The picture was kept opaque. It has no plain ground: only ")
    assert note.endswith("Ask for a single subject with nothing behind it, or try another seed.")


def test_a_ground_that_somebody_asked_for_is_not_taken_away():
    answer = flattened(sticker("red"), "#3040d0")
    assert taken(answer, GREEN)[0].mode == "RGBA"
    picture, note = taken(answer, GREEN, only=True)
    assert picture is answer
    assert note.startswith("The picture is no longer transparent.")


def test_a_second_ground_is_asked_for_far_from_the_first():
    assert asked_again(GREEN) == (
        "Change the background to a plain solid magenta (#d21ebe). Keep everything else exactly as it is.",
        MAGENTA,
    )
    assert asked_again(MAGENTA, vocabulary=WORDS) == ("change the background to #00b140", GREEN)


def test_a_second_picture_is_used_if_the_subject_is_the_same_in_both():
    glass = sticker((200, 220, 240, 120))
    second = flattened(glass, MAGENTA), MAGENTA
    exact, note = taken(flattened(glass, GREEN), GREEN, again=second)
    assert note is None
    assert np.abs(np.subtract(exact.getchannel("A"), glass.getchannel("A"), dtype=int)).max() <= 3
    moved = flattened(sticker((200, 30, 40)).rotate(40), MAGENTA), MAGENTA
    assert taken(flattened(glass, GREEN), GREEN, again=moved) == taken(flattened(glass, GREEN), GREEN)


def test_a_prompt_as_long_as_may_be_is_read_at_once():
    prompt = "on a plain white green solid " * 1000
    assert asked(prompt)[0].startswith("on a plain white green solid")
