"""What mentions promises: a prompt that speaks of a picture which is not there is noted, and nothing else is."""

import pytest

from pochade.engine.families import FAMILIES
from pochade.mentions import FORMS, mentioned, missing_image, worded


@pytest.mark.parametrize(
    ("prompt", "highest"),
    [
        ("use image 1's colours to redesign the camera in image 2", 2),
        ("make Image 2 look like image 10.", 10),
        ("put the hat of image #3 on him", 3),
        ("images 1, 2 and 4 side by side", 4),
        ("Picture 2: the cat", 2),
        ("pictures 2 & 3", 3),
        ("the style of the second picture", 2),
        ("the third photo's light", 3),
        ("what the first image shows", 1),
        ("把图3的帽子给图1的猫", 3),
        ("用图片2和照片 4", 4),
        ("第二张图片的颜色", 2),
        ("图一里的人", 1),
    ],
)
def test_the_highest_picture_is_found_however_it_is_spoken_of(prompt, highest):
    assert mentioned(prompt) == highest


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat",
        "picture 3 cats in a garden",
        "a photo 50 mm lens",
        "the first picture frame on the wall",
        "draw the second icon in the style of the first",
        "image 1024x1024",
        "image 1.5 times larger",
        "reference image 5",
        "地图1",
        "图一只猫",
    ],
)
def test_other_numbers_are_not_taken_for_pictures(prompt):
    assert mentioned(prompt) == 0


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (0, "The prompt speaks of image 3, but none was given."),
        (1, "The prompt speaks of image 3, but 1 was given."),
        (2, "The prompt speaks of image 3, but 2 were given."),
        (3, None),
        (4, None),
    ],
)
def test_a_picture_that_is_not_there_is_noted(given, note):
    assert missing_image("the hat of image 3", given) == note


def test_pictures_that_are_counted_may_be_ones_to_be_painted_where_none_was_given():
    comic = "a comic: the first picture, a cat wakes; the second picture, it stretches"
    assert missing_image(comic, 0) is None
    assert missing_image(comic, 1) == "The prompt speaks of image 2, but 1 was given."


def test_a_counted_picture_is_called_as_the_family_was_taught():
    prompt = "the colours of the second image, the hat of the third photo"
    assert worded(prompt, "Qwen-Image-Edit Plus", 3) == "the colours of Picture 2, the hat of Picture 3"
    assert worded(prompt, "FLUX.2 klein", 3) == "the colours of image 2, the hat of image 3"
    assert worded(prompt, "FLUX.2 klein", 2) == "the colours of image 2, the hat of the third photo"


@pytest.mark.parametrize(
    ("prompt", "family", "given"),
    [
        ("the first image", "Stable Diffusion XL", 2),
        ("the first image", "FLUX.2 klein", 1),
        ("the second picture frame", "FLUX.2 klein", 2),
        ("image 2's hat", "Qwen-Image-Edit Plus", 2),
    ],
)
def test_otherwise_the_words_are_left_alone(prompt, family, given):
    assert worded(prompt, family, given) == prompt


def test_every_form_is_a_familys():
    assert FORMS.keys() <= {row.name for row in FAMILIES}
