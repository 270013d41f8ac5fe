"""Whatever stops or breaks a painting is said in a sentence, and the engine can be used again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny import paint, painting

from pochade.engine import holding
from pochade.engine.local import Engine
from pochade.errors import Cancelled, ModelError, RequestError
from pochade.report import Progress, Report

RED, LEFT = Image.new("RGB", (64, 64), "red"), Image.new("L", (64, 64), 0)
LEFT.paste(255, (0, 0, 32, 64))


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    loaded = Engine(tiny_model, "cpu", "float32")
    loaded.load(Report())
    return loaded


@pytest.fixture
def own(tiny_model: Path, tmp_path: Path) -> Engine:
    """An engine whose weights a test may spoil."""
    loaded = Engine(Path(shutil.copytree(tiny_model, tmp_path / "copied")), "cpu", "float32")
    loaded.load(Report())
    return loaded


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("given", [{}, {"picture": RED}, {"picture": RED, "mask": LEFT}])
def test_a_stop_takes_effect_at_the_next_step_and_leaves_the_engine_usable(
    engine: Engine, given: dict[str, Any]
) -> None:
    [before] = paint(engine, 9, **given)
    steps: list[int] = []

    def stop_after_three(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 3:
            report.cancel()

    report = Report(stop_after_three)
    with pytest.raises(Cancelled):
        paint(engine, 1, report=report, steps=200, **given)
    assert steps[-1] == 3
    [after] = paint(engine, 9, **given)
    assert np.array_equal(pixels(after), pixels(before))


def test_a_stop_takes_effect_before_the_first_step_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    report, worked = Report(), []
    own = engine.pipeline().text_encoder.forward

    def read(*given: Any, **more: Any) -> Any:
        report.cancel()
        return own(*given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(engine.pipeline().text_encoder, "forward", read)
        patch.setattr(engine.pipeline().transformer, "forward", lambda *_, **__: worked.append(1))
        with pytest.raises(Cancelled):
            paint(engine, 1, prompt="a prompt that was not read before", report=report)
    assert worked == []
    assert len(paint(engine, 1)) == 1


def test_pictures_that_were_done_before_a_stop_are_given(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "CPU_PIXELS", 0)
    report = Report(lambda progress: report.cancel() if progress.step == 3 else None)
    pictures = engine.paint(painting(1, 2, 3), report)
    assert next(pictures).size == (64, 64)
    with pytest.raises(Cancelled):
        next(pictures)


def test_an_error_of_whoever_is_told_of_progress_passes_unchanged(engine: Engine) -> None:
    def fall(progress: Progress) -> None:
        if progress.step:
            raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        paint(engine, 1, report=Report(fall))
    assert len(paint(engine, 1)) == 1


@pytest.mark.parametrize("given", [{}, {"picture": RED, "mask": LEFT}])
def test_broken_numbers_name_the_step_and_never_give_a_black_picture(own: Engine, given: dict[str, Any]) -> None:
    import torch

    weight = own.pipeline().transformer.proj_out.weight
    whole = weight.detach().clone()
    with torch.no_grad():
        weight.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"NaN or infinite at step 1 of 2.*lower guidance or another seed"):
        paint(own, 1, **given)
    with torch.no_grad():
        weight.copy_(whole)
    assert len(paint(own, 1, **given)) == 1


def test_a_broken_decoder_never_gives_a_black_picture(own: Engine) -> None:
    import torch

    with torch.no_grad():
        own.pipeline().vae.decoder.conv_out.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="while decoding the picture of seed 4"):
        paint(own, 4)


def too_large(*_: Any, **__: Any) -> None:
    import torch

    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")


def test_pictures_that_do_not_fit_in_memory_together_are_painted_one_by_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformer = engine.pipeline().transformer
    own, sizes = transformer.forward, []

    def only_one(*given: Any, **more: Any) -> Any:
        sizes.append(len(more["hidden_states"]))
        return too_large() if sizes[-1] > 1 else own(*given, **more)

    alone = [paint(engine, seed)[0] for seed in (1, 2, 3)]
    monkeypatch.setattr(transformer, "forward", only_one)
    report = Report()
    several = paint(engine, 1, 2, 3, report=report)
    assert sizes == [3, 1, 1, 1, 1, 1, 1]
    assert all(map(np.array_equal, map(pixels, several), map(pixels, alone)))
    assert report.notes == ()  # the pictures are the same


def test_when_memory_runs_out_the_model_goes_one_level_down_and_the_turn_says_so(
    own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    transformer = own.pipeline().transformer
    usual, calls = transformer.forward, []

    def small(*given: Any, **more: Any) -> Any:
        calls.append(own.facts(painting(1))["memory"])
        return too_large() if calls[-1] == "full" else usual(*given, **more)

    monkeypatch.setattr(transformer, "forward", small)
    report = Report()
    assert len(paint(own, 1, report=report)) == 1
    assert calls == ["full", "fp8", "fp8"]
    [note] = report.notes
    assert 'ran out of memory; the work went on with memory="fp8"' in note
    assert own.facts(painting(1))["memory"] == "fp8"


def test_when_memory_runs_out_again_the_error_says_what_to_do(own: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(own.pipeline().transformer, "forward", too_large)
        with pytest.raises(ModelError, match=r"not enough memory for a picture of 64×64 with tiny.*smaller size"):
            paint(own, 1)
    assert len(paint(own, 1)) == 1


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (RuntimeError("CUDA error: unspecified launch failure\nmore"), ModelError, r"cpu failed before.*Restart the k"),
        (RuntimeError("shapes differ"), ModelError, "tiny failed before its first step: shapes differ"),
        (TypeError(""), ModelError, "tiny failed before its first step: TypeError"),
        (ValueError("Image too small"), RequestError, "tiny cannot paint this: Image too small"),
        (ZeroDivisionError("ours"), ZeroDivisionError, "ours"),
    ],
)
def test_what_goes_wrong_in_a_pipeline_is_said_in_a_sentence_and_the_engine_goes_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], said: str
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    [before] = paint(engine, 1)
    with monkeypatch.context() as patch:
        patch.setattr(engine.pipeline().transformer, "forward", fails)
        with pytest.raises(kind, match=said):
            paint(engine, 1)
    [after] = paint(engine, 1)
    assert np.array_equal(pixels(after), pixels(before))
