"""The road, on a real pipeline and a real file: what pochade promises whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.local import Engine
from pochade.errors import Cancelled, ImageError, ModelError, ReadOnlyError, RequestError
from pochade.imaging.load import load_image, png_bytes
from pochade.produce import produce
from pochade.report import Progress, Report
from pochade.request import Request
from pochade.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade.turn import Turn


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


def test_the_same_request_gives_the_same_pixels(go: Any) -> None:
    assert go("a red cat", seed=5).pixels == go("a red cat", seed=5).pixels
    assert go("a red cat", seed=5).pixels != go("a red cat", seed=6).pixels


def test_a_drawn_seed_paints_the_same_picture_again(go: Any) -> None:
    first = go("a red cat")
    assert go("a red cat", seed=first.seed).pixels == first.pixels
    assert go("a red cat").seed != first.seed


def test_picture_k_of_several_is_the_picture_that_seed_plus_k_gives_alone(go: Any) -> None:
    several = go("a red cat", seed=5, n=3)
    for place, seed in enumerate((5, 6, 7)):
        alone, beside = np.asarray(go("a red cat", seed=seed)), np.asarray(several[place])
        assert np.abs(alone.astype(int) - beside).max() <= 1  # sums are taken in another order, the noise is the same
    assert len(set(several.record.images)) == 3


def test_each_picture_is_told_as_soon_as_it_is_done(go: Any) -> None:
    told: list[tuple[int, int, Any]] = []
    several = go("a red cat", seed=5, n=3, report=Report(pictured=lambda *one: told.append((one[1], one[2], one[0]))))
    assert [(index, count) for index, count, _ in told] == [(0, 3), (1, 3), (2, 3)]
    assert all(np.array_equal(np.asarray(told[k][2]), np.asarray(several[k])) for k in range(3))


def test_the_same_request_gets_the_same_id_in_another_session(engine: Engine, tmp_path: Path) -> None:
    names = []
    for name in ("one", "two"):
        with Store.create(tmp_path / f"{name}.pochade", meta={}) as store:
            names.append(produce(Request.of("a red cat", seed=3), None, engine, store, Report()).id)
    assert names[0] == names[1]


def test_an_edit_by_words_keeps_the_size_and_knows_its_parent(go: Any) -> None:
    first = go("a red cat", seed=1, size=(96, 64))
    second = go("blue", seed=1, parent=first)
    assert second.size == second.image.size == (96, 64)
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
@pytest.mark.parametrize(("size", "scaled"), [((100, 75), False), ((300, 420), True), ((33, 30), True)])
def test_a_picture_of_any_size_is_edited_in_place(go: Any, mode: str, size: tuple[int, int], *, scaled: bool) -> None:
    photo = gradient(*size, mode)
    mask = box_mask(size, (5, 5, 20, 25))
    turn = go("blue", seed=1, image=photo, mask=mask)
    after = turn.image
    assert (after.size, after.mode) == (size, mode)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(photo)[outside], np.asarray(after)[outside])
    assert any("worked on a copy" in note for note in turn.notes) == scaled
    assert np.array_equal(np.asarray(turn.source), np.asarray(photo))


def test_a_picture_that_the_model_cannot_work_at_is_never_scaled_where_a_rim_will_do(
    engine: Engine, go: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, seen = gradient(100, 75), []
    paint = engine.paint
    monkeypatch.setattr(engine, "paint", lambda painting, report: seen.append(painting) or paint(painting, report))
    go("blue", seed=1, image=photo)
    assert seen[0].size == (112, 80)
    assert np.array_equal(np.asarray(seen[0].picture.crop((6, 2, 106, 77))), np.asarray(photo))


def test_an_upload_without_a_mask_comes_back_in_its_own_size(go: Any) -> None:
    turn = go("blue", seed=1, image=gradient(100, 75))
    assert turn.image.size == turn.size == (100, 75)


def test_a_transparent_picture_whose_edit_leaves_no_plain_ground_says_what_became_of_it(go: Any) -> None:
    turn = go("blue", seed=1, image=gradient(64, 64, "RGBA"), keep="none")
    assert turn.image.mode == "RGB"
    assert any("no longer transparent" in note for note in turn.notes)
    opaque = gradient(64, 64, "RGB").convert("RGBA")
    assert go("blue", seed=1, image=opaque, keep="none").notes == ()


def test_a_transparent_picture_that_is_to_be_opaque_is_laid_on_white(go: Any) -> None:
    sticker = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    turn = go("blue", seed=1, image=sticker, mask=box_mask((64, 64), (0, 0, 32, 64)), background="opaque")
    assert turn.image.mode == "RGB"
    assert turn.image.getpixel((60, 60)) == (255, 255, 255)


def test_transparency_that_a_model_cannot_paint_is_asked_for_as_a_colour_and_taken_out(go: Any) -> None:
    turn = go("a red cat", seed=1, background="transparent")
    assert turn.rewritten_prompt != turn.prompt
    assert "#" in str(turn.rewritten_prompt)
    # random weights paint no subject on a plain ground, and that is said
    assert turn.image.mode == "RGBA" or any("kept opaque" in note for note in turn.notes)
    assert "background='transparent'" in turn.code()


def test_a_mask_may_make_a_part_of_an_opaque_picture_transparent(
    engine: Engine, go: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Image.new("RGB", (64, 64), "#00b140")
    key.paste("red", (24, 24, 40, 40))
    monkeypatch.setattr(engine, "paint", lambda _painting, _report: iter([key]))  # random weights paint no plain ground
    photo = Image.new("RGB", (64, 64), "white")
    turn = go("a red box", seed=1, image=photo, mask=box_mask((64, 64), (0, 0, 64, 50)), background="transparent")
    assert turn.image.mode == "RGBA"
    assert turn.image.getpixel((5, 5))[3] == 0
    assert turn.image.getpixel((32, 32))[3] == 255
    assert turn.image.getpixel((32, 60)) == (255, 255, 255, 255)


def test_an_edit_keeps_the_bytes_of_what_did_not_change_and_tells_what_did(go: Any) -> None:
    first = go("a red cat", seed=1, size=(128, 128))
    edited = go("blue", seed=2, parent=first)
    found = edited.record.extra["found"][0]
    assert set(found) == {"shift", "zoom", "whole", "share"}
    if edited.changed is None:
        assert found["whole"]
    else:
        outside = np.asarray(edited.changed) == 0
        assert np.array_equal(np.asarray(first)[outside], np.asarray(edited)[outside])


def test_a_sticker_whose_answer_changes_nothing_stays_as_it_is_and_that_is_said(
    engine: Engine, go: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sticker = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    sticker.paste((200, 30, 30, 255), (16, 16, 48, 48))
    monkeypatch.setattr(engine, "paint", lambda painting, _report: iter([painting.picture]))
    turn = go("blue", seed=1, image=sticker)
    assert np.array_equal(np.asarray(turn.image), np.asarray(sticker))
    assert any("Nothing was found to have changed" in note for note in turn.notes)


def rounded(size: int = 64) -> Image.Image:
    """Draw a picture that is no sticker: only its corners are clear."""
    picture = gradient(size, size).convert("RGBA")
    for corner in ((0, 0, 8, 8), (size - 8, 0, size, 8), (0, size - 8, 8, size), (size - 8, size - 8, size, size)):
        picture.paste((0, 0, 0, 0), corner)
    return picture


@pytest.mark.parametrize("options", [{}, {"keep": "none"}, {"mask": True}])
def test_a_picture_with_clear_corners_keeps_them_and_never_shows_the_key(
    engine: Engine, go: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    def paint(painting: Any, _report: Report) -> Any:
        answer = painting.picture.copy()
        answer.paste("white", (20, 20, 44, 44))
        return iter([answer])

    monkeypatch.setattr(engine, "paint", paint)
    picture = rounded()
    if "mask" in options:
        options = {"mask": box_mask((64, 64), (0, 0, 50, 50))}
    after = go("a white box", seed=1, image=picture, **options).image
    assert after.mode == "RGBA"
    assert [after.getpixel(corner)[3] for corner in ((0, 0), (63, 0), (0, 63), (63, 63))] == [0] * 4
    assert after.getpixel((32, 32)) == (255, 255, 255, 255)
    inner, own = np.asarray(after)[46:60, 10:54, :3].astype(int), np.asarray(picture)[46:60, 10:54, :3]
    assert np.abs(inner - own).max() <= 1


def test_a_background_that_was_asked_for_is_not_cut_away_again(
    engine: Engine, go: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "paint", lambda _painting, _report: iter([gradient(64, 64)]))
    turn = go("a beach behind it", seed=1, image=rounded(), keep="none")
    assert turn.image.mode == "RGB"
    assert any("no longer transparent" in note for note in turn.notes)


def test_other_options_make_another_id_and_the_same_ones_the_same(engine: Engine, tmp_path: Path) -> None:
    def named(name: str, **options: Any) -> str:
        with Store.create(tmp_path / f"{name}.pochade", meta={}) as store:
            several = produce(Request.of("a red cat", seed=3, n=2), None, engine, store, Report())
            image = several[options.pop("place", 0)]
            request = Request.of("blue", task="edit", seed=1, image=image, **options)
            return produce(request, several, engine, store, Report()).id

    asked: tuple[dict[str, Any], ...] = ({}, {"place": 1}, {"keep": "none"}, {"extend": (0, 0, 64, 0)})
    ids = [named(f"first{number}", **options) for number, options in enumerate(asked)]
    assert len(set(ids)) == len(asked)
    assert ids == [named(f"second{number}", **options) for number, options in enumerate(asked)]


def test_what_a_subscriber_does_to_a_picture_it_is_shown_changes_nothing(go: Any) -> None:
    turn = go("a red cat", seed=1, report=Report(pictured=lambda image, _index, _count: image.thumbnail((8, 8))))
    assert turn.image.size == (64, 64)


def test_the_code_names_the_very_picture_that_was_a_reference(go: Any) -> None:
    several = go("a red cat", seed=1, n=3)
    turn = go("a red cat", seed=2, references=[several[2], several])
    assert f"references=[s['{several.id}'][2], s['{several.id}'][0]]" in turn.code()


def test_a_stopped_edit_keeps_what_lies_outside_its_mask_too(engine: Engine, store: Store) -> None:
    def stop(progress: Progress) -> None:
        if report.last_preview is not None and progress.stage == "painting":
            report.cancel()

    report = Report(stop, keep_preview=True)
    photo, mask = gradient(100, 75), box_mask((100, 75), (0, 0, 30, 30))
    request = Request.of("blue", task="edit", image=photo, mask=mask, steps=200, seed=1)
    with pytest.raises(Cancelled) as caught:
        produce(request, None, engine, store, report, keep_stopped=True)
    turn = caught.value.turn
    assert turn is not None
    assert turn.size == (100, 75)
    outside = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(turn)[outside], np.asarray(photo)[outside])


def test_a_reference_that_cannot_be_used_is_named(go: Any) -> None:
    with pytest.raises(ImageError, match="Reference 2: "):
        go("a red cat", references=[gradient(64, 64), gradient(900, 40)])


def test_a_corrected_region_is_taken_instead_of_the_one_that_was_found(go: Any) -> None:
    first = go("a red cat", seed=1)
    region = box_mask(first.size, (0, 0, 30, 64))
    edited = go("blue", seed=2, parent=first, changed=region)
    assert np.array_equal(np.asarray(edited.changed), np.asarray(region))
    outside = np.asarray(region) == 0
    assert np.array_equal(np.asarray(first)[outside], np.asarray(edited)[outside])
    assert not np.array_equal(np.asarray(first)[~outside], np.asarray(edited)[~outside])
    assert f"changed=s['{edited.id}'].changed" in edited.code()


def test_keep_none_takes_the_whole_answer(go: Any) -> None:
    first = go("a red cat", seed=1)
    whole = go("blue", seed=2, parent=first, keep="none")
    assert whole.changed is None
    assert "keep='none'" in whole.code()
    assert not np.array_equal(np.asarray(first), np.asarray(whole))


@pytest.mark.parametrize("size", [(64, 64), (100, 75)])
def test_a_picture_grows_and_its_own_pixels_stay(go: Any, size: tuple[int, int]) -> None:
    photo = gradient(*size)
    turn = go("more", seed=1, image=photo, extend=(0, 5, 40, 0))
    assert turn.size == turn.image.size == (size[0] + 40, size[1] + 5)
    assert np.array_equal(np.asarray(turn)[5:, : size[0]], np.asarray(photo))
    assert np.asarray(turn)[5:, size[0] :].std() > 0
    assert "extend=(0, 5, 40, 0)" in turn.code()


def test_a_variant_that_is_edited_is_named_by_its_turn_and_place(go: Any) -> None:
    several = go("a red cat", seed=1, n=2)
    for variant in (several.images[1], several[1]):
        edited = go("blue", seed=1, parent=several, image=variant)
        assert edited.parent == several
        assert (edited.record.image_turn, edited.record.image_index) == (several.id, 1)
        assert edited.record.source is None
        assert np.array_equal(np.asarray(edited.source), np.asarray(several.images[1]))
        assert f"image=s['{several.id}'][1]" in edited.code()


def test_the_code_of_an_edit_names_the_same_picture_after_another_one_was_picked(go: Any) -> None:
    several = go("a red cat", seed=1, n=2)
    edited = go("blue", seed=1, parent=several)
    before = edited.source
    several.pick(1)
    assert np.array_equal(np.asarray(edited.source), np.asarray(before))
    assert f"image=s['{several.id}'][0]" in edited.code()


def test_references_of_any_size_are_used_and_kept_as_they_came(go: Any) -> None:
    plain = go("a red cat", seed=1)
    photo = gradient(500, 400)
    turn = go("a red cat", seed=1, references=[photo, plain])
    assert turn.pixels != plain.pixels
    assert np.array_equal(np.asarray(turn.references[0]), np.asarray(photo))
    assert turn.record.reference_turns == (None, plain.id)


def test_pixels_come_out_as_they_were_asked_and_a_size_beyond_the_limit_is_refused(go: Any, store: Store) -> None:
    turn = go("a red cat", size=(70, 66))
    assert turn.size == turn.image.size == (70, 66)
    assert "70×66" in turn.notes[0]
    with pytest.raises(RequestError, match="256"):
        go("a red cat", size=(4096, 4096))
    assert len(store) == 1


def test_a_request_that_the_model_cannot_carry_out_is_refused_before_anything_is_loaded(
    tiny_model: Path, store: Store
) -> None:
    engine = Engine(tiny_model, "cpu", "float32")
    for wrong, says in (
        ({"size": (4096, 4096)}, "this model"),
        ({"task": "edit", "image": gradient(4000, 30)}, "8:1"),
        ({"negative": "blur"}, "cannot paint a picture from words with a negative prompt. It can: "),
        ({"references": [gradient(64, 64)] * 11}, "references"),
    ):
        with pytest.raises((RequestError, ImageError), match=says):
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


def test_a_stopped_turn_is_kept_with_the_pictures_that_were_done_if_that_was_wanted(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pochade.engine.holding.TOGETHER", 1)
    report = Report(pictured=lambda _image, index, _count: report.cancel() if index == 1 else None)
    with pytest.raises(Cancelled, match="is kept as turn") as caught:
        produce(Request.of("a red cat", n=4, seed=1), None, engine, store, report, keep_stopped=True)
    turn = caught.value.turn
    assert turn is not None
    assert turn.stopped
    assert len(turn) == 2
    assert store.get(turn.id).state == "stopped"
    assert repr(turn).endswith("stopped)")


def test_a_turn_that_is_stopped_before_its_first_picture_keeps_the_last_preview(engine: Engine, store: Store) -> None:
    def stop(progress: Progress) -> None:
        if report.last_preview is not None and progress.stage == "painting":
            report.cancel()

    report = Report(stop, keep_preview=True)
    with pytest.raises(Cancelled) as caught:
        produce(Request.of("a red cat", steps=200, seed=1), None, engine, store, report, keep_stopped=True)
    turn = caught.value.turn
    assert turn is not None
    assert turn.image.size == turn.size == (64, 64)
    assert turn.record.extra["preview"]


def test_a_turn_that_is_stopped_with_nothing_to_show_is_not_kept(engine: Engine, store: Store) -> None:
    report = Report()
    report.cancel()
    with pytest.raises(Cancelled) as caught:
        produce(Request.of("a red cat"), None, engine, store, report, keep_stopped=True)
    assert caught.value.turn is None
    assert len(store) == 0


def test_a_prompt_that_speaks_of_a_picture_that_is_not_there_is_told(go: Any) -> None:
    assert any("image 3" in note for note in go("a red cat like image 3", seed=1).notes)


def test_a_turn_says_how_it_was_painted(go: Any) -> None:
    painted = go("a red cat", seed=1).record.extra["engine"]
    assert painted["family"] == "FLUX.2 klein"
    assert painted["dtype"] == "float32"
    assert painted["device"] == "cpu"
    assert len(painted["sigmas"]) == 3
    assert {"scheduler", "pipeline", "memory", "levers"} <= set(painted)


def test_stages_come_in_order(go: Any) -> None:
    seen: list[str] = []
    go("a red cat", report=Report(lambda progress: seen.append(progress.stage)))
    assert list(dict.fromkeys(seen)) == ["painting", "composing", "storing"]


def test_a_failure_of_the_model_keeps_nothing(tiny_model: Path, store: Store) -> None:
    engine = Engine(tiny_model, "cpu", "float32")
    engine.load(Report())
    engine.pipeline().vae.bn.running_var.fill_(float("nan"))
    with pytest.raises(ModelError, match="NaN"):
        produce(Request.of("a red cat"), None, engine, store, Report())
    assert len(store) == 0


def test_a_read_only_file_keeps_nothing_and_says_so(engine: Engine, store: Store) -> None:
    with Store.open(store.path, readonly=True) as reader, pytest.raises(ReadOnlyError):
        produce(Request.of("a red cat"), None, engine, reader, Report())


def test_stored_bytes_are_plain_pngs(go: Any) -> None:
    turn = go("a red cat", seed=1)
    assert turn.png.startswith(b"\x89PNG")
    assert np.array_equal(np.asarray(load_image(turn.png)), np.asarray(turn))


def test_every_picture_of_a_turn_is_encoded_once(go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pochade import packing

    encoded: list[tuple[int, int]] = []
    monkeypatch.setattr(packing, "png_bytes", lambda image: (encoded.append(image.size), png_bytes(image))[1])
    go("a red cat", seed=1, references=[gradient(80, 80), gradient(96, 96)])
    assert sorted(encoded) == [(64, 64), (80, 80), (96, 96)]
