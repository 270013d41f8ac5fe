"""The road, on a real pipeline and a real file: what pochade promises whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.local import Engine
from pochade.errors import Cancelled, ModelError, ReadOnlyError, RequestError
from pochade.imaging.load import load_image
from pochade.produce import nearest_size, produce
from pochade.report import Progress, Report
from pochade.request import Request
from pochade.sizes import SizeRule
from pochade.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade.turn import Turn

RULE = SizeRule(default=(64, 64), multiple=16, min_side=64, max_side=256, max_pixels=65536)


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    return Engine(tiny_model, "cpu", "float32")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "road.pochade", meta={}) as opened:
        yield opened


@pytest.fixture
def go(engine: Engine, store: Store) -> Any:
    """Send a request down the road; `parent` is the turn whose picture is edited."""

    def go(prompt: str, *, parent: Turn | None = None, report: Report | None = None, **options: Any) -> Turn:
        if parent is not None:
            options.setdefault("image", parent)
        request = Request.of(prompt, task="edit" if "image" in options else "generate", **options)
        return produce(request, parent, engine, store, report or Report())

    return go


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    bands = [columns % 256, rows % 256, (columns + rows) % 256, (columns * 3) % 256]
    return Image.fromarray(np.stack(bands[: len(mode)], axis=-1).astype(np.uint8), mode)


def box_mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    return mask


def test_a_turn_records_every_default_that_was_filled_in(go: Any, engine: Engine) -> None:
    turn = go("a red cat")
    record = turn.record
    assert (record.size, record.steps, record.guidance, record.n) == ((64, 64), 2, 1.0, 1)
    assert 0 <= record.seed < 2**32
    assert record.model == str(engine._place)
    assert record.versions["weights"] == engine.fingerprint
    assert turn.image.size == (64, 64)
    assert turn.parent is None
    assert record.seconds > 0


def test_the_same_request_gives_the_same_bytes(go: Any) -> None:
    assert go("a red cat", seed=5).png == go("a red cat", seed=5).png
    assert go("a red cat", seed=5).png != go("a red cat", seed=6).png


def test_a_drawn_seed_paints_the_same_picture_again(go: Any) -> None:
    first = go("a red cat")
    assert go("a red cat", seed=first.seed).png == first.png
    assert go("a red cat").seed != first.seed


def test_several_pictures_use_the_seeds_that_follow(go: Any) -> None:
    several = go("a red cat", seed=5, n=3)
    assert [go("a red cat", seed=seed).png for seed in (5, 6, 7)] == list(several.pngs)


def test_the_same_request_gets_the_same_id_in_another_session(engine: Engine, tmp_path: Path) -> None:
    names = []
    for name in ("one", "two"):
        with Store.create(tmp_path / f"{name}.pochade", meta={}) as store:
            names.append(produce(Request.of("a red cat", seed=3), None, engine, store, Report()).id)
    assert names[0] == names[1]


def test_an_edit_by_words_keeps_the_size_and_knows_its_parent(go: Any) -> None:
    first = go("a red cat", seed=1, size=(96, 64))
    second = go("blue", seed=1, parent=first)
    assert second.size == (96, 64)
    assert second.parent == first
    assert second.record.image_turn == first.id
    assert second.record.source is None
    assert first.children == (second,)


def test_outside_the_mask_every_byte_is_the_parents(go: Any) -> None:
    first = go("a red cat", seed=1)
    mask = box_mask(first.size, (10, 20, 40, 50))
    second = go("blue", seed=2, parent=first, mask=mask)
    before, after = np.asarray(first), np.asarray(second)
    outside = np.asarray(mask) == 0
    assert np.array_equal(before[outside], after[outside])
    assert not np.array_equal(before[~outside], after[~outside])
    assert np.array_equal(np.asarray(second.mask), np.asarray(mask))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("size", [(100, 75), (300, 420), (33, 30)])
def test_a_picture_of_any_size_is_edited_in_place(go: Any, mode: str, size: tuple[int, int]) -> None:
    photo = gradient(*size, mode)
    mask = box_mask(size, (5, 5, 20, 25))
    turn = go("blue", seed=1, image=photo, mask=mask)
    after = turn.image
    assert (after.size, after.mode) == (size, mode)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(photo)[outside], np.asarray(after)[outside])
    assert f"{size[0]}×{size[1]}" in turn.notes[0]
    assert "brought back" in turn.notes[0]
    assert np.array_equal(np.asarray(turn.source), np.asarray(photo))


def test_an_upload_without_a_mask_comes_back_in_its_own_size(go: Any) -> None:
    turn = go("blue", seed=1, image=gradient(100, 75))
    assert turn.image.size == turn.size == (100, 75)


def test_a_transparent_picture_edited_without_a_mask_says_what_became_of_it(go: Any) -> None:
    turn = go("blue", seed=1, image=gradient(64, 64, "RGBA"))
    assert any("without transparency" in note for note in turn.notes)
    opaque = gradient(64, 64, "RGB").convert("RGBA")
    assert go("blue", seed=1, image=opaque).notes == ()


def test_a_variant_that_is_edited_is_kept_and_its_turn_is_the_parent(go: Any) -> None:
    several = go("a red cat", seed=1, n=2)
    variant = several.images[1]
    edited = go("blue", seed=1, parent=several, image=variant)
    assert edited.parent == several
    assert edited.record.image_turn is None
    assert np.array_equal(np.asarray(edited.source), np.asarray(variant))
    assert edited.record.source == several.record.images[1]  # the same bytes, stored once


def test_references_of_any_size_are_used_and_kept_as_they_came(go: Any) -> None:
    plain = go("a red cat", seed=1)
    photo = gradient(500, 400)
    turn = go("a red cat", seed=1, references=[photo, plain])
    assert turn.png != plain.png
    assert np.array_equal(np.asarray(turn.references[0]), np.asarray(photo))
    assert turn.record.reference_turns == (None, plain.id)


def test_a_size_that_is_rounded_is_noted_and_one_beyond_the_limit_refused(go: Any, store: Store) -> None:
    turn = go("a red cat", size=(70, 70))
    assert turn.size == (64, 64)
    assert "70×70" in turn.notes[0]
    with pytest.raises(RequestError, match="256"):
        go("a red cat", size=(4096, 4096))
    assert len(store) == 1


def test_a_request_that_the_model_cannot_carry_out_is_refused_before_anything_is_loaded(
    tiny_model: Path, store: Store
) -> None:
    engine = Engine(tiny_model, "cpu", "float32")
    for wrong in ({"size": (4096, 4096)}, {"task": "edit", "image": gradient(4000, 30)}):
        with pytest.raises(RequestError, match="this model"):
            produce(Request.of("a red cat", **wrong), None, engine, store, Report())
    assert not engine.loaded


def test_notes_tell_what_the_model_was_not_taught(go: Any) -> None:
    assert any("“dragon”" in note for note in go("a red dragon").notes)


def test_a_stop_keeps_nothing_and_the_road_goes_on(go: Any, store: Store) -> None:
    def stop(progress: Progress) -> None:
        if progress.step == 1 and progress.stage == "painting":
            report.cancel()

    report = Report(stop)
    with pytest.raises(Cancelled):
        go("a red cat", steps=50, report=report)
    assert len(store) == 0
    assert go("a red cat", seed=1).id in store


def test_stages_come_in_order(go: Any) -> None:
    seen: list[str] = []
    go("a red cat", report=Report(lambda progress: seen.append(progress.stage)))
    assert list(dict.fromkeys(seen)) == ["painting", "composing", "storing"]


def test_a_failure_of_the_model_keeps_nothing(tiny_model: Path, store: Store) -> None:
    engine = Engine(tiny_model, "cpu", "float32")
    engine.load(Report())
    engine._pipeline.vae.bn.running_var.fill_(float("nan"))
    with pytest.raises(ModelError, match="NaN"):
        produce(Request.of("a red cat"), None, engine, store, Report())
    assert len(store) == 0


def test_a_read_only_file_keeps_nothing_and_says_so(engine: Engine, store: Store) -> None:
    with Store.open(store.path, readonly=True) as reader, pytest.raises(ReadOnlyError):
        produce(Request.of("a red cat"), None, engine, reader, Report())


@pytest.mark.parametrize(
    ("size", "nearest"),
    [
        ((64, 64), (64, 64)),
        ((256, 256), (256, 256)),
        ((100, 70), (96, 64)),
        ((1000, 1000), (64, 64)),
        ((30, 30), (64, 64)),
        ((20, 40), (64, 128)),
    ],
)
def test_pictures_beyond_the_models_limits_are_worked_on_at_its_usual_area(
    size: tuple[int, int], nearest: tuple[int, int]
) -> None:
    assert nearest_size(size, RULE) == nearest


@pytest.mark.parametrize("size", [(128, 128), (1000, 750), (90, 160), (64, 64), (127, 128)])
def test_a_model_of_one_size_works_on_every_photo_at_that_size(size: tuple[int, int]) -> None:
    only = SizeRule(default=(128, 128), multiple=16, min_side=128, max_side=128, max_pixels=128 * 128)
    assert nearest_size(size, only) == (128, 128)


@pytest.mark.parametrize("size", [(3000, 1111), (500, 2000), (1003, 251)])
def test_a_large_picture_keeps_its_shape_as_nearly_as_the_model_can(size: tuple[int, int]) -> None:
    width, height = nearest_size(size, RULE)
    assert 0.6 < (width / height) / (size[0] / size[1]) < 1.6


def test_a_shape_that_is_too_narrow_is_refused() -> None:
    with pytest.raises(RequestError, match="too narrow"):
        nearest_size((4000, 30), RULE)


def test_stored_bytes_are_plain_pngs(go: Any) -> None:
    turn = go("a red cat", seed=1)
    assert turn.png.startswith(b"\x89PNG")
    assert np.array_equal(np.asarray(load_image(turn.png)), np.asarray(turn))
