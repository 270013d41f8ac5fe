"""A painting becomes the keywords of one pipeline's call, or is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.calling import choose, keywords
from pochade.engine.families import Capabilities, capabilities_of
from pochade.engine.painting import Painting
from pochade.engine.rows import Family, View, words
from pochade.errors import RequestError
from pochade.sizes import SizeRule

if TYPE_CHECKING:
    from pathlib import Path

RED, BLUE, GREEN = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "green"))
MASK = Image.new("L", (64, 64), 255)
RULE = SizeRule(default=(64, 64), multiple=16, min_side=64, max_side=256, max_pixels=65536)


@pytest.fixture(scope="module")
def klein(tiny_model: Path) -> Capabilities:
    return capabilities_of(tiny_model)


def model(**changes: Any) -> Capabilities:
    """Describe a model of no real family, with `changes` to its row."""
    plain = Family(
        name="Plain",
        text=View("PlainPipeline", words(negative="negative_prompt")),
        edit=None,
        mask=None,
        by="strength",
        layout="plain",
        patch=1,
        steps=20,
        guidance=5.0,
        distilled_steps=4,
        distilled_guidance=1.0,
        prompt_tokens=None,
        size=RULE,
    )
    return Capabilities("plain", "", replace(plain, **changes), 20, 5.0, None, None, RULE, 8, frozenset())


def painting(**changes: Any) -> Painting:
    return Painting(**{"prompt": "a cat", "size": (64, 64), "seeds": (1,), "steps": 4, "guidance": 2.0, **changes})


def call(asked: Painting, of: Capabilities) -> dict[str, Any]:
    _, view = choose(asked, of)
    return keywords(asked, view, of)


def test_words_are_spelled_as_the_view_spells_them(klein: Capabilities) -> None:
    assert call(painting(), klein) == {
        "prompt": "a cat",
        "width": 64,
        "height": 64,
        "num_inference_steps": 4,
        "guidance_scale": 2.0,
        "max_sequence_length": 48,
        "text_encoder_out_layers": (1, 2),
    }


def test_pictures_under_one_keyword_are_one_list_with_the_edited_one_first(klein: Capabilities) -> None:
    assert call(painting(picture=RED, references=(BLUE, GREEN)), klein)["image"] == [RED, BLUE, GREEN]
    assert call(painting(references=(BLUE,)), klein)["image"] == [BLUE]


def test_pictures_under_keywords_of_their_own_are_one_bare_picture_and_a_list(klein: Capabilities) -> None:
    said = call(painting(picture=RED, mask=MASK, references=(BLUE,)), klein)
    assert (said["image"], said["mask_image"].size, said["image_reference"]) == (RED, (64, 64), [BLUE])
    assert "image_reference" not in call(painting(picture=RED, mask=MASK), klein)


def test_what_a_request_says_comes_before_what_is_always_said(klein: Capabilities) -> None:
    assert call(painting(picture=RED, mask=MASK), klein)["strength"] == 1.0
    assert call(painting(picture=RED, mask=MASK, strength=0.5), klein)["strength"] == 0.5


def test_keywords_that_go_with_a_word_are_passed_only_beside_it() -> None:
    view = View("PlainPipeline", words(negative="negative_prompt"), also={"negative": {"true_cfg_scale": 4.0}})
    assert call(painting(negative="a dog"), model(text=view))["true_cfg_scale"] == 4.0
    assert "true_cfg_scale" not in call(painting(), model(text=view))


def test_transparency_is_asked_for_in_words_and_keywords_where_the_family_wants_them() -> None:
    view = View("PlainPipeline", words(), also={"transparent": {"rgba": True}})
    clear = model(text=view, transparent=True, transparent_prompt="Transparent: {}.")
    assert call(painting(transparent=True), clear).items() >= {"prompt": "Transparent: a cat.", "rgba": True}.items()
    assert call(painting(), clear)["prompt"] == "a cat"
    assert "rgba" not in call(painting(), clear)


def test_a_pipeline_that_chooses_a_size_is_told_area_and_side() -> None:
    view = View("PlainPipeline", words(width=None, height=None, area="max_area", side="resolution"))
    said = call(painting(size=(64, 256)), model(text=view))
    assert (said["max_area"], said["resolution"]) == (64 * 256, 128)
    assert not {"width", "height"} & set(said)


def test_transparency_is_read_as_white_unless_the_model_reads_it(klein: Capabilities) -> None:
    hidden = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    [picture] = call(painting(picture=hidden), klein)["image"]
    assert (picture.mode, picture.getpixel((5, 5))) == ("RGB", (255, 255, 255))
    view = View("PlainPipeline", words(picture="image"))
    said = call(painting(picture=RED), model(edit=view, transparent=True))
    assert (said["image"].mode, said["image"].getpixel((5, 5))) == ("RGBA", (255, 0, 0, 255))


def test_a_models_own_strength_that_leaves_no_step_is_refused_too() -> None:
    refiner = model(edit=View("Img2Img", words(picture="image", strength="strength"), {"strength": 0.3}))
    assert choose(painting(picture=RED), refiner)[0] == "edit"  # 4 steps: one is left
    with pytest.raises(RequestError, match=r"0\.3 leaves none of 2 steps"):
        choose(replace(painting(picture=RED), steps=2), refiner)


def test_references_without_a_picture_go_where_they_can() -> None:
    listed = View("EditPipeline", words(picture="image", references="image"), references=2)
    editor = model(text=None, edit=listed, by="instruction")
    task, view = choose(painting(references=(RED, BLUE, GREEN)), editor)
    assert (task, keywords(painting(references=(RED, BLUE, GREEN)), view, editor)["image"]) == (
        "edit",
        [RED, BLUE, GREEN],
    )
    with pytest.raises(RequestError, match="plain cannot paint a picture from words"):
        choose(painting(references=(RED,) * 4), editor)
    by_strength = model(edit=View("Img2Img", words(picture="image", strength="strength")))
    with pytest.raises(RequestError, match="takes no references; 1 was given"):
        choose(painting(references=(RED,)), by_strength)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"negative": "a dog"}, r"tiny cannot paint a picture from words with a negative prompt\. It can: paint"),
        ({"strength": 0.5}, "from words with a strength"),
        ({"picture": RED, "strength": 0.5}, "change a picture with a strength"),
        ({"transparent": True}, "cannot paint transparency"),
        ({"references": (RED,) * 11}, "takes at most 10 references; 11 were given"),
        ({"picture": RED, "references": (RED,) * 10}, "at most 9 references besides the picture; 10 were"),
        ({"picture": RED, "mask": MASK, "references": (RED,) * 2}, "at most 1 reference besides the picture; 2 were"),
        ({"mask": MASK}, "without the picture"),
        ({"picture": RED, "size": (64, 128)}, "picture is 64×64; to be worked on it must be 64×128"),
        ({"picture": RED, "mask": MASK.resize((32, 32))}, "mask is 32×32"),
        ({"size": (72, 64)}, r"cannot work at 72×64: it takes sides of 64 to 256 pixels in steps of 16"),
        ({"size": (512, 64)}, "cannot work at 512×64"),
        ({"picture": RED, "mask": MASK, "strength": 1.5}, r"above 0 and at most 1; 1\.5 was given"),
        ({"picture": RED, "mask": MASK, "strength": 0.2}, r"leaves none of 4 steps.*at least 0\.25"),
        ({"seeds": ()}, "at least one seed"),
    ],
)
def test_what_a_model_cannot_do_is_refused_in_a_sentence(
    klein: Capabilities, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        choose(painting(**changes), klein)


def test_the_mask_reaches_the_pipeline_in_one_channel_and_in_whole_tokens(klein: Capabilities) -> None:
    mask = Image.new("RGB", (64, 64), "black")
    mask.paste("white", (20, 0, 30, 1))
    mask.putpixel((63, 63), (9, 9, 9))
    grown = call(painting(picture=RED, mask=mask), klein)["mask_image"]
    wanted = np.zeros((64, 64), np.uint8)
    wanted[:16, 16:32], wanted[48:, 48:] = 255, 9
    assert grown.mode == "L"
    assert np.array_equal(np.asarray(grown), wanted)
    odd = model(mask=View("PlainPipeline", words(picture="image", mask="mask")), patch=3)
    assert call(painting(picture=RED, mask=MASK), odd)["mask"].size == (64, 64)
