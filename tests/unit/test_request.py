"""What a Request promises: once it exists it can be carried out, whatever cannot be is refused plainly."""

import io
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pochade.errors import ImageError, PochadeError, RequestError
from pochade.request import MAX_PROMPT, MAX_SEED, Request

PHOTO = Image.new("RGB", (16, 12), "teal")
MASK = Image.new("L", (16, 12))
MASK.paste(255, (4, 4, 8, 8))
TURN = SimpleNamespace(id="k3f9", image=PHOTO, mask=MASK)


def test_a_prompt_is_enough():
    request = Request.of("  a cat\n")
    assert (request.task, request.prompt, request.n, request.size, request.seed) == ("generate", "a cat", 1, None, None)


@pytest.mark.parametrize("prompt", ["", "  \n\t", "\u200b\u200d"])
def test_an_empty_prompt_is_refused(prompt):
    with pytest.raises(RequestError, match="The prompt is empty"):
        Request.of(prompt)


def test_a_prompt_of_32000_characters_is_read_and_one_more_is_refused():
    assert len(Request.of("猫" * MAX_PROMPT).prompt) == 32_000
    with pytest.raises(RequestError, match=r"32,001 characters; at most 32,000") as caught:
        Request.of("猫" * (MAX_PROMPT + 1))
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(("prompt", "says"), [(None, "not NoneType"), (b"cat", "not bytes"), ("a \ud83d cat", "half")])
def test_what_is_not_text_is_refused_as_a_prompt(prompt, says):
    with pytest.raises(RequestError, match=says):
        Request.of(prompt)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("n", 1, 16), ("steps", 1, 1_000), ("seed", 0, 9_007_199_254_740_991)]
)
def test_numbers_are_taken_within_their_range_and_refused_with_it(name, low, high):
    for value in (low, high, np.int64(low)):
        kept = getattr(Request.of("a cat", **{name: value}), name)
        assert (kept, type(kept)) == (value, int)
    for wrong in (low - 1, high + 1, True, 2.0, "2", math.nan, [2], 10**5_000 if name == "n" else -(10**30)):
        with pytest.raises(RequestError, match=f"^{name} must be a whole number from {low:,} to {high:,}, not"):
            Request.of("a cat", **{name: wrong})


def test_the_seed_of_the_last_picture_stays_in_range_too():
    assert Request.of("a cat", n=2, seed=MAX_SEED - 1).n == 2
    with pytest.raises(RequestError, match="leaves no room for 2"):
        Request.of("a cat", n=2, seed=MAX_SEED)


@pytest.mark.parametrize("guidance", [0, 1, 3.5, np.float32(2)])
def test_guidance_may_be_any_number_from_nothing_up(guidance):
    assert Request.of("a cat", guidance=guidance).guidance == float(guidance)


@pytest.mark.parametrize("guidance", [-0.1, math.inf, math.nan, True, "4", None.__class__, 10**400])
def test_guidance_that_is_no_number_is_refused(guidance):
    with pytest.raises(RequestError, match="guidance must be a number, 0 or more"):
        Request.of("a cat", guidance=guidance)


def test_sizes_are_read_as_people_write_them():
    assert Request.of("a cat", size="640x480").size == (640, 480)
    assert Request.of("a cat", size="landscape").size == "3:2"


@pytest.mark.parametrize("size", ["huge", (0, 64), (64, -1), (True, 64), 64])
def test_a_size_that_makes_no_sense_is_refused(size):
    with pytest.raises(RequestError, match="is not understood"):
        Request.of("a cat", size=size)


def test_an_edit_needs_a_picture():
    with pytest.raises(RequestError, match="needs a picture to change"):
        Request.of("make it night", task="edit")


def test_generating_takes_no_picture_to_change():
    with pytest.raises(RequestError, match="edit the picture instead"):
        Request.of("a cat", image=PHOTO)


def test_a_mask_needs_an_edit():
    for options in ({"mask": MASK}, {"mask": MASK, "image": PHOTO}):
        with pytest.raises(RequestError, match="A mask needs an edit"):
            Request.of("a cat", **options)


def test_a_turn_brings_its_picture_and_its_id():
    request = Request.of("make it night", task="edit", image=TURN, mask=TURN, references=[TURN, PHOTO])
    assert (request.image, request.image_turn, request.mask) == (PHOTO, "k3f9", MASK)
    assert request.references == (PHOTO, PHOTO)
    assert request.reference_turns == ("k3f9", None)


def test_any_kind_of_picture_is_taken(tmp_path):
    PHOTO.save(tmp_path / "photo.png")
    for source in (PHOTO, np.asarray(PHOTO), tmp_path / "photo.png", (tmp_path / "photo.png").read_bytes()):
        request = Request.of("make it night", task="edit", image=source, references=source)
        assert request.image == PHOTO
        assert request.references == (PHOTO,)


def test_drawing_on_a_picture_later_changes_no_request():
    mine = PHOTO.copy()
    request = Request.of("make it night", task="edit", image=mine, references=[mine])
    mine.paste("red", (0, 0, 16, 12))
    assert request.image == PHOTO == request.references[0]


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(ImageError, match="mask is 8×8 but the picture is 16×12"):
        Request.of("a hat", task="edit", image=PHOTO, mask=np.eye(8))


def test_an_empty_and_a_fully_painted_mask_are_refused():
    with pytest.raises(ImageError, match="The mask is empty"):
        Request.of("a hat", task="edit", image=PHOTO, mask=np.zeros((12, 16)))
    with pytest.raises(ImageError, match="leave mask out"):
        Request.of("a hat", task="edit", image=PHOTO, mask=np.ones((12, 16)))


def test_an_edit_keeps_its_pictures_size():
    assert Request.of("a hat", task="edit", image=PHOTO, mask=MASK, size=PHOTO.size).size == (16, 12)
    for size in ("16:9", (64, 64)):
        with pytest.raises(RequestError, match="leave size out"):
            Request.of("a hat", task="edit", image=PHOTO, size=size)


def test_an_error_says_which_picture_is_unusable():
    with pytest.raises(ImageError, match=r"^The picture to change is empty"):
        Request.of("a hat", task="edit", image=b"")
    with pytest.raises(ImageError, match=r"^Reference 2 is empty"):
        Request.of("a cat", references=[PHOTO, b""])


def test_at_most_ten_references_are_taken():
    assert len(Request.of("a cat", references=[PHOTO] * 10).references) == 10
    for make in (Request.of, lambda prompt, **options: Request(prompt=prompt, **options)):
        with pytest.raises(RequestError, match="At most 10 references can be used, not 11"):
            make("a cat", references=(PHOTO,) * 11)


def test_the_turns_of_references_match_the_references():
    with pytest.raises(RequestError, match="1 references but 2 reference_turns"):
        Request.of("a cat", references=[PHOTO], reference_turns=("a", "b"))


def test_a_misspelt_option_is_refused_with_a_guess():
    with pytest.raises(RequestError, match="no option 'stesp': did you mean 'steps'"):
        Request.of("a cat", stesp=4)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "needs a prompt"),
        ({"prompt": "a cat", "task": "paint"}, "task cannot be used"),
        ({"prompt": "a cat", "task": "edit", "image": PHOTO.convert("P")}, "RGB or RGBA pictures, not P"),
        ({"prompt": "a cat", "task": "edit", "image": "cat.png"}, "image cannot be used"),
        ({"prompt": "a cat", "task": "edit", "image": PHOTO, "mask": PHOTO}, "mode L"),
        ({"prompt": "a cat", "image_turn": "k3f9"}, "there is no image"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_plain_constructor_checks_as_much(values, says):
    with pytest.raises(RequestError, match=says) as caught:
        Request(**values)
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_refusal_is_a_value_error_and_a_pochade_error():
    with pytest.raises(ValueError, match="prompt"):
        Request.of("")
    with pytest.raises(PochadeError):
        Request.of("")


def test_a_request_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Request.of("a cat").prompt = "a dog"


def test_equal_requests_are_equal_and_their_repr_is_the_same_every_time():
    first, second = (Request.of("a hat", task="edit", image=PHOTO, mask=MASK, seed=7) for _ in range(2))
    assert first == second
    assert repr(first) == str(second)
    assert repr(first) == "Request(task='edit', prompt='a hat', seed=7, image=<16×12 RGB>, mask=<16×12 L>)"


def test_a_request_is_made_without_torch():
    check = "import sys, pochade.request; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


@pytest.mark.parametrize("strength", [0.01, 1, np.float32(0.5)])
def test_strength_is_a_share(strength):
    assert Request.of("a cat", task="edit", image=PHOTO, strength=strength).strength == pytest.approx(float(strength))


@pytest.mark.parametrize("strength", [0, -0.5, 1.01, math.nan, True, "0.5", [1]])
def test_strength_that_is_no_share_is_refused(strength):
    with pytest.raises(RequestError, match="strength must be a number above 0 and up to 1"):
        Request.of("a cat", task="edit", image=PHOTO, strength=strength)


def test_a_negative_prompt_is_text_and_an_empty_one_is_none():
    assert Request.of("a cat", negative=" blur ").negative == "blur"
    assert Request.of("a cat", negative="  ").negative is None
    for wrong, says in ((5, "negative must be text, not int"), ("x" * (MAX_PROMPT + 1), "at most 32,000")):
        with pytest.raises(RequestError, match=says):
            Request.of("a cat", negative=wrong)


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("background", "glass", "background must be 'auto' or 'opaque' or 'transparent', not 'glass'"),
        ("background", None, "not None"),
        ("keep", "all", "keep must be 'auto' or 'none', not 'all'"),
        ("keep", True, "not True"),
    ],
)
def test_words_that_are_no_choice_are_refused_with_the_choices(name, wrong, says):
    with pytest.raises(RequestError, match=says):
        Request.of("a cat", **{name: wrong})


@pytest.mark.parametrize("extend", [(4, 0, 0, 0), [0, 1, 2, 3], (np.int64(1), 0, 0, 0), np.array([1, 0, 0, 0])])
def test_margins_are_taken_in_pixels(extend):
    assert Request.of("more", task="edit", image=PHOTO, extend=extend).extend == tuple(map(int, extend))


def test_margins_are_found_for_a_shape():
    assert Request.of("more", task="edit", image=PHOTO, extend="2:1").extend == (4, 0, 4, 0)
    assert Request.of("more", task="edit", image=PHOTO, extend="square").extend == (0, 2, 0, 2)
    with pytest.raises(ImageError, match="already"):
        Request.of("more", task="edit", image=PHOTO, extend="4:3")


@pytest.mark.parametrize(
    "extend", [(0, 0, 0, 0), (1, 2, 3), (-1, 0, 0, 5), (1.5, 0, 0, 0), "1234", "1MP", "64x64", 5, (True, 1, 1, 1)]
)
def test_margins_that_make_no_sense_are_refused_with_an_example(extend):
    with pytest.raises((RequestError, ImageError), match="16:9"):
        Request.of("more", task="edit", image=PHOTO, extend=extend)


def test_a_picture_does_not_grow_beyond_what_can_be_handled():
    with pytest.raises(RequestError, match="at most 50,000,000 pixels"):
        Request.of("more", task="edit", image=PHOTO, extend=(100_000, 0, 0, 100_000))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"strength": 0.5}, "strength is about a picture that is changed"),
        ({"extend": (1, 1, 1, 1)}, "extend is about a picture that is changed"),
        ({"changed": MASK}, "A mask needs an edit"),
        ({"task": "edit", "image": PHOTO, "mask": MASK, "changed": MASK}, "the one or the other"),
        ({"task": "edit", "image": PHOTO, "keep": "none", "changed": MASK}, "changed has no use"),
        ({"task": "edit", "image": PHOTO, "mask": MASK, "extend": (1, 1, 1, 1)}, "leave mask and changed out"),
    ],
)
def test_what_does_not_go_together_is_refused(options, says):
    with pytest.raises(RequestError, match=says):
        Request.of("a cat", **options)


def test_a_corrected_region_is_read_like_a_mask():
    request = Request.of("a cat", task="edit", image=PHOTO, changed=np.asarray(MASK) > 0)
    assert np.array_equal(np.asarray(request.changed), np.asarray(MASK))


def test_a_picture_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cat.png"
    Image.new("RGB", (64, 64), "red").save(file)
    opened = []
    really = io.open
    monkeypatch.setattr(
        io, "open", lambda name, *how, **more: (opened.append(Path(name)), really(name, *how, **more))[1]
    )
    request = Request.of("blue", task="edit", image=file, references=[str(file)])
    assert opened == [file, file], "once as the picture, once as the reference"
    assert request.image is not None
    assert request.image.getpixel((0, 0)) == (255, 0, 0)
