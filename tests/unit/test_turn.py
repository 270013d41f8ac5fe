"""What a turn promises: the stored bytes, the tree, a repr that never varies, and code that makes it again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from pochade.errors import RequestError
from pochade.imaging.load import byte_hash, load_image, png_bytes
from pochade.request import Request
from pochade.store import Store, TurnRecord
from pochade.turn import Turn

if TYPE_CHECKING:
    from pathlib import Path


def picture(seed: int, mode: str = "RGB", size: tuple[int, int] = (96, 64)) -> Image.Image:
    shape = (size[1], size[0], len(mode))
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def half_mask(size: tuple[int, int] = (96, 64)) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def make(
    store: Store,
    turn: str,
    *pictures: Image.Image,
    source: Image.Image | None = None,
    mask: Image.Image | None = None,
    references: tuple[Image.Image, ...] = (),
    **changes: Any,
) -> Turn:
    """Store a turn as the road does."""
    blobs: dict[str, bytes] = {}

    def keep(image: Image.Image) -> str:
        data = png_bytes(image)
        blobs[byte_hash(data)] = data
        return byte_hash(data)

    values: dict[str, Any] = {
        "parent": None,
        "created": 1_750_000_000.25,
        "task": "generate",
        "prompt": "a cat on a blue background",
        "seed": 7,
        "size": pictures[0].size,
        "steps": 4,
        "guidance": 1.0,
        "seconds": 0.5,
        "notes": (),
        "model": "miniature",
        "versions": {},
        "image_turn": None,
        "reference_turns": (None,) * len(references),
    } | changes
    record = TurnRecord(
        id=turn,
        n=len(pictures),
        images=tuple(keep(image) for image in pictures),
        source=None if source is None else keep(source),
        mask=None if mask is None else keep(mask),
        references=tuple(keep(image) for image in references),
        **values,
    )
    store.add(record, blobs)
    return Turn(store, store.get(turn))


class Conversation:
    """What `Turn.code` is executed against: the calls of a session, ended at the request that they build."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getitem__(self, turn: str) -> Turn:
        return Turn(self.store, self.store.get(turn))

    def generate(self, prompt: str, **options: Any) -> Request:
        return Request.of(prompt, task="generate", **options)

    def edit(self, prompt: str, **options: Any) -> Request:
        return Request.of(prompt, task="edit", **options)


def run(turn: Turn, name: str = "s") -> Request:
    request = eval(turn.code(name), {name: Conversation(turn.store)})  # noqa: S307
    assert isinstance(request, Request)
    return request


def test_a_turn_gives_the_stored_bytes_and_fresh_pictures(store: Store) -> None:
    turn = make(store, "k3f9", picture(1), picture(2, "RGBA"), notes=("The size was rounded.",))
    assert turn.png == png_bytes(picture(1))
    assert turn.pngs == (png_bytes(picture(1)), png_bytes(picture(2, "RGBA")))
    assert turn.image.tobytes() == picture(1).tobytes()
    assert [image.mode for image in turn.images] == ["RGB", "RGBA"]
    turn.image.paste(0, (0, 0, 96, 64))
    assert turn.image.tobytes() == picture(1).tobytes(), "painting on a copy changes nothing"
    assert (turn.id, turn.prompt, turn.seed, turn.task, turn.model) == (
        "k3f9", "a cat on a blue background", 7, "generate", "miniature",
    )  # fmt: skip
    assert (turn.size, turn.seconds, turn.created, turn.notes) == (
        (96, 64), 0.5, 1_750_000_000.25, ("The size was rounded.",),
    )  # fmt: skip


def test_turns_form_a_tree(store: Store) -> None:
    first = make(store, "a2b3", picture(1))
    left = make(store, "c4d5", picture(2), task="edit", parent="a2b3", image_turn="a2b3")
    right = make(store, "e6f7", picture(3), task="edit", parent="a2b3", image_turn="a2b3")
    assert first.parent is None
    assert left.parent == right.parent == first
    assert first.children == (left, right)
    assert left.children == ()


def test_two_looks_at_one_turn_are_equal_and_another_file_is_another_turn(store: Store, tmp_path: Path) -> None:
    turn = make(store, "k3f9", picture(1))
    assert turn == Turn(store, store.get("k3f9"))
    assert len({turn, Turn(store, store.get("k3f9"))}) == 1
    with Store.create(tmp_path / "other.pochade", meta={}) as other:
        assert make(other, "k3f9", picture(1)) != turn
    assert turn != "k3f9"


def test_what_was_given_comes_back_source_mask_and_references(store: Store) -> None:
    first = make(store, "a2b3", picture(1))
    assert (first.source, first.mask, first.references) == (None, None, ())
    photo = make(
        store, "c4d5", picture(2), task="edit", source=picture(3), mask=half_mask(), references=(picture(4), picture(5))
    )
    assert photo.source is not None
    assert photo.source.tobytes() == picture(3).tobytes()
    assert photo.mask is not None
    assert photo.mask.mode == "L"
    assert photo.mask.tobytes() == half_mask().tobytes()
    assert [image.tobytes() for image in photo.references] == [picture(4).tobytes(), picture(5).tobytes()]
    edit = make(store, "e6f7", picture(6), task="edit", image_turn="a2b3")
    assert edit.source is not None
    assert edit.source.tobytes() == first.image.tobytes()


def test_a_soft_mask_keeps_its_levels(store: Store) -> None:
    soft = Image.linear_gradient("L").resize((96, 64))
    turn = make(store, "c4d5", picture(2), task="edit", source=picture(3), mask=soft)
    assert turn.mask is not None
    assert turn.mask.tobytes() == soft.tobytes()


def test_a_turn_is_an_array(store: Store) -> None:
    turn = make(store, "k3f9", picture(1))
    assert np.array_equal(np.asarray(turn), np.asarray(picture(1)))
    assert np.asarray(turn).shape == (64, 96, 3)
    assert np.asarray(turn).dtype == np.uint8
    assert np.asarray(turn, dtype=np.float32).dtype == np.float32
    assert np.asarray(make(store, "q8x2", picture(2, "RGBA"))).shape == (64, 96, 3)


def test_a_png_is_saved_as_it_is_stored_and_other_formats_are_encoded(store: Store, tmp_path: Path) -> None:
    turn = make(store, "k3f9", picture(1), picture(2, "RGBA"))
    assert turn.save(tmp_path / "a.png") == tmp_path / "a.png"
    assert (tmp_path / "a.png").read_bytes() == turn.png
    turn.save(str(tmp_path / "b.PNG"), index=1)
    assert (tmp_path / "b.PNG").read_bytes() == turn.pngs[1]
    turn.save(tmp_path / "c.webp", index=-1)
    with Image.open(tmp_path / "c.webp") as saved:
        assert (saved.format, saved.size, saved.mode) == ("WEBP", (96, 64), "RGBA")


def test_transparency_becomes_white_where_a_format_has_none(store: Store, tmp_path: Path) -> None:
    clear = Image.new("RGBA", (96, 64), (255, 0, 0, 0))
    make(store, "k3f9", clear).save(tmp_path / "clear.jpg")
    with Image.open(tmp_path / "clear.jpg") as saved:
        assert saved.format == "JPEG"
        assert saved.getpixel((40, 40)) == (255, 255, 255)


@pytest.mark.parametrize("name", ["cat", "cat.docx", "cat.mp4"])
def test_a_name_that_no_picture_can_have_is_refused_before_anything_is_written(
    store: Store, tmp_path: Path, name: str
) -> None:
    with pytest.raises(RequestError, match=r"end the name in \.png"):
        make(store, "k3f9", picture(1)).save(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_picture_that_the_turn_has_not_is_refused_with_the_number_it_has(store: Store, tmp_path: Path) -> None:
    turn = make(store, "k3f9", picture(1), picture(2))
    with pytest.raises(RequestError, match="no picture 2: it has 2, numbered from 0"):
        turn.save(tmp_path / "x.png", index=2)


def test_the_repr_never_varies(store: Store) -> None:
    assert repr(make(store, "k3f9", picture(1))) == "Turn('k3f9', 'a cat on a blue background', 96×64, seed 7)"
    four = make(store, "q8x2", *(picture(k) for k in range(4)), prompt="a dog's\n" + "long " * 40)
    shown = "a dog's\\n" + "long " * 10 + "l…"
    assert repr(four) == f"Turn('q8x2', \"{shown}\", 4 × 96×64, seed 7)"


def test_a_cell_shows_the_stored_bytes_once_and_one_plain_text(store: Store) -> None:
    turn = make(store, "k3f9", picture(1))
    shown, _ = DisplayFormatter().format(turn)
    assert shown == {"image/png": turn.png, "text/plain": repr(turn)}
    assert turn._repr_mimebundle_(include=["text/plain"]) == {"text/plain": repr(turn)}
    assert turn._repr_mimebundle_(exclude=["text/plain"]) == {"image/png": turn.png}


def test_several_pictures_are_shown_on_one_sheet_that_never_varies(store: Store) -> None:
    turn = make(store, "k3f9", *(picture(k) for k in range(3)))
    data = turn._repr_mimebundle_()["image/png"]
    assert data == turn._repr_mimebundle_()["image/png"]
    sheet = Image.open(io.BytesIO(data))
    assert sheet.size == (96 * 2 + 4, 64 * 2 + 4)
    places = [(0, 0), (100, 0), (0, 68)]
    for seed, (x, y) in enumerate(places):
        assert load_image(sheet.crop((x, y, x + 96, y + 64))).convert("RGB").tobytes() == picture(seed).tobytes()
    assert sheet.getpixel((150, 100)) == (0, 0, 0, 0), "the empty place is transparent"


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat",
        'it\'s "quoted" \\ and\nbroken\tup',
        "{braces} %s f'{1}' \"\"\" '''",
        "一只戴着棒球帽的卡通男孩 🎩 \u2028 \x00 end",
    ],
)
def test_the_code_of_a_first_picture_makes_the_same_request(store: Store, prompt: str) -> None:
    turn = make(store, "k3f9", picture(1), picture(2), prompt=prompt, seed=2**53 - 2, guidance=3.5)
    request = run(turn, "session")
    assert (request.task, request.prompt, request.seed, request.n) == ("generate", prompt, 2**53 - 2, 2)
    assert (request.size, request.steps, request.guidance) == ((96, 64), 4, 3.5)


def test_the_code_reads_as_a_person_would_write_it(store: Store) -> None:
    make(store, "a2b3", picture(1))
    first = make(store, "k3f9", picture(2), prompt="a cat")
    assert first.code() == "s.generate('a cat', seed=7, size=(96, 64), steps=4, guidance=1.0)"
    edit = make(
        store, "q8x2", picture(3),
        task="edit", prompt="make it night", image_turn="k3f9", mask=half_mask(),
        references=(picture(1), picture(5)), reference_turns=("a2b3", None),
    )  # fmt: skip
    assert edit.code() == (
        "s.edit('make it night', image=s['k3f9'], mask=s['q8x2'].mask, "
        "references=[s['a2b3'], s['q8x2'].references[1]], seed=7, steps=4, guidance=1.0)"
    )


def test_the_code_of_an_edit_makes_the_same_request_naming_turns_by_id(store: Store) -> None:
    make(store, "a2b3", picture(1))
    turn = make(
        store, "q8x2", picture(3), picture(4),
        task="edit", prompt="make it night", image_turn="a2b3", mask=half_mask(),
        references=(picture(1), picture(5)), reference_turns=("a2b3", None),
    )  # fmt: skip
    request = run(turn)
    assert (request.task, request.prompt, request.seed, request.n) == ("edit", "make it night", 7, 2)
    assert request.image_turn == "a2b3"
    assert request.mask is not None
    assert request.mask.tobytes() == half_mask().tobytes()
    assert request.reference_turns == ("a2b3", None)
    assert [image.tobytes() for image in request.references] == [picture(1).tobytes(), picture(5).tobytes()]


def test_the_code_of_an_edited_upload_finds_the_upload_in_its_own_turn(store: Store) -> None:
    upload = picture(3, "RGBA")
    turn = make(store, "q8x2", picture(4), task="edit", source=upload, references=(picture(5), picture(6)))
    assert "image=s['q8x2'].source" in turn.code()
    assert "references=s['q8x2'].references," in turn.code()
    request = run(turn)
    assert request.image is not None
    assert request.image.mode == "RGBA"
    assert request.image.tobytes() == upload.tobytes()
    assert request.image_turn is None
    assert len(request.references) == 2
