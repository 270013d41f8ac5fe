"""The engine runs real pipelines: same numbers as diffusers, stoppable, silent, and never a black picture."""

from __future__ import annotations

import gc
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tiny import paint, painting

from pochade.engine import holding, local
from pochade.engine.local import Engine, engine_for
from pochade.errors import ModelError, RequestError
from pochade.report import Progress, Report

if TYPE_CHECKING:
    from pathlib import Path

RED, BLUE = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (96, 64), "blue")
LEFT, RIGHT = Image.new("L", (64, 64), 0), Image.new("L", (64, 64), 255)
LEFT.paste(255, (0, 0, 32, 64))
RIGHT.paste(0, (0, 0, 32, 64))


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    loaded = Engine(tiny_model, "cpu", "float32")
    loaded.load(Report())
    return loaded


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def apart(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(pixels(one) - pixels(other)).max())


def test_weights_stored_as_bf16_are_run_in_fp32_on_the_cpu(engine: Engine) -> None:
    import torch

    pipeline = engine.pipeline()
    for part in (pipeline.transformer, pipeline.vae, pipeline.text_encoder):
        assert {weight.dtype for weight in part.parameters()} == {torch.float32}
    assert pipeline.vae.bn.running_mean.dtype == torch.float32


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 112)])
def test_the_picture_is_the_one_that_the_bare_pipeline_makes_of_latents_drawn_in_fp32(
    engine: Engine, size: tuple[int, int]
) -> None:
    import torch

    [painted] = paint(engine, 3, size=size)
    shape = (1, 16, size[1] // 16, size[0] // 16)
    [bare] = engine.pipeline()(
        prompt="a red cat",
        width=size[0],
        height=size[1],
        latents=torch.randn(shape, generator=torch.Generator("cpu").manual_seed(3), dtype=torch.float32),
        num_inference_steps=2,
        guidance_scale=1.0,
        max_sequence_length=48,
        text_encoder_out_layers=(1, 2),
    ).images
    assert painted.size == size
    assert painted.mode == "RGB"
    assert np.array_equal(pixels(painted), pixels(bare))


def test_a_masked_picture_is_the_one_that_the_bare_inpainting_makes_of_the_seed(engine: Engine) -> None:
    import torch

    [painted] = paint(engine, 3, picture=RED, mask=LEFT, references=(BLUE,), strength=0.5)
    [bare] = engine.pipeline("mask")(
        prompt="a red cat",
        image=RED,
        mask_image=LEFT,
        image_reference=[BLUE],
        strength=0.5,
        width=64,
        height=64,
        generator=torch.Generator("cpu").manual_seed(3),
        num_inference_steps=2,
        guidance_scale=1.0,
        max_sequence_length=48,
        text_encoder_out_layers=(1, 2),
    ).images
    assert np.array_equal(pixels(painted), pixels(bare))


def test_painting_leaves_the_processs_random_state_alone(engine: Engine) -> None:
    import torch

    before = torch.random.get_rng_state()
    paint(engine, 1)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("given", [{}, {"picture": RED}, {"picture": RED, "mask": LEFT}])
def test_picture_k_is_the_picture_that_its_seed_gives_alone(engine: Engine, given: dict[str, Any]) -> None:
    several = paint(engine, 5, 6, 7, **given)
    alone = [paint(engine, seed, **given)[0] for seed in (5, 6, 7)]
    assert max(map(apart, several, alone)) <= 1  # sums are taken in another order beside others
    assert apart(several[0], several[1]) > 2


def test_what_a_request_brings_reaches_the_model(engine: Engine) -> None:
    wide = RED.resize((96, 64))
    asked: list[dict[str, Any]] = [
        {},
        {"guidance": 6.0},
        {"prompt": "a blue dog"},
        {"references": (RED,)},
        {"references": (RED, BLUE)},
        {"picture": RED, "references": (BLUE, RED)},
        {"picture": RED, "mask": LEFT},
        {"picture": RED, "mask": RIGHT},
        {"picture": RED, "mask": LEFT, "references": (BLUE,)},
        {"picture": RED, "mask": LEFT, "strength": 0.5},
    ]
    pictures = [paint(engine, 1, **changes)[0] for changes in asked]
    assert all(apart(a, b) for i, a in enumerate(pictures) for b in pictures[:i])
    assert paint(engine, 1, picture=wide, size=(96, 64))[0].size == (96, 64)


def test_the_edited_picture_is_the_first_of_the_references(engine: Engine) -> None:
    [edited] = paint(engine, 1, picture=RED, references=(BLUE,))
    [listed] = paint(engine, 1, references=(RED, BLUE))
    assert np.array_equal(pixels(edited), pixels(listed))


def test_what_the_model_cannot_do_is_refused_before_anything_is_loaded(tiny_model: Path) -> None:
    fresh = Engine(tiny_model, "cpu", "float32")
    with pytest.raises(RequestError, match=r"tiny cannot paint a picture from words with a negative prompt\. It can"):
        paint(fresh, 1, negative="a dog")
    assert not fresh.loaded


def test_progress_counts_the_steps_of_every_call(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(*seeds: int, **changes: Any) -> list[tuple[int, int]]:
        seen: list[Progress] = []
        paint(engine, *seeds, report=Report(seen.append), **changes)
        return [(p.step, p.steps) for p in seen if p.stage == "painting"]

    assert steps(1, 2, steps=3) == [(n, 3 if n else 0) for n in range(4)]
    assert steps(1, picture=RED, mask=LEFT, strength=0.5, steps=4) == [(0, 0), (1, 2), (2, 2)]
    monkeypatch.setattr(holding, "CPU_PIXELS", 0)
    assert steps(1, 2, steps=3) == [(n, 6 if n else 0) for n in range(7)]


@pytest.mark.parametrize(
    ("size", "count", "together"), [((64, 64), 9, 4), ((64, 64), 2, 2), ((256, 256), 4, 4), ((64, 64), 1, 1)]
)
def test_small_pictures_are_painted_together_and_each_is_given_as_soon_as_it_is_done(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], count: int, together: int
) -> None:
    monkeypatch.setattr(holding, "CPU_PIXELS", 4 * 256 * 256)
    steps: list[int] = []
    report = Report(lambda p: steps.append(p.step) if p.step and p.stage == "painting" else None)
    done = [len(steps) for _ in engine.paint(painting(*range(count), size=size, steps=1), report)]
    assert done == [index // together + 1 for index in range(count)]


def test_large_pictures_are_painted_one_by_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "CPU_PIXELS", 2 * 64 * 64 - 1)
    seen: list[Progress] = []
    paint(engine, 1, 2, report=Report(seen.append), steps=1)
    assert seen[-1].steps == 2


def test_previews_are_made_only_where_somebody_looks(engine: Engine) -> None:
    shown: list[Image.Image] = []
    paint(engine, 1, report=Report(previewed=shown.append))
    seen = len(shown)
    assert seen
    paint(engine, 1, report=Report(previewed=shown.append, watched=lambda: False))
    assert len(shown) == seen


def test_a_picture_of_another_size_is_brought_to_the_one_that_was_asked_and_the_turn_says_so(engine: Engine) -> None:
    report = Report()
    assert engine._fitted(RED, (64, 64), report) is RED
    assert report.notes == ()
    assert engine._fitted(BLUE, (64, 64), report).size == (64, 64)
    assert report.notes == ("tiny painted 96×64; that was resampled to 64×64.",)


def test_loading_and_painting_write_nothing_and_put_every_switch_back(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import diffusers.utils.logging as ours
    import transformers.utils.logging as theirs

    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())
    logger = logging.getLogger("diffusers")
    logger.addHandler(handler)
    before = ours.is_progress_bar_enabled(), theirs.is_progress_bar_enabled()
    try:
        fresh = Engine(tiny_model, "cpu", "float32")
        paint(fresh, 1, report=Report(lambda p: p.step and logger.warning("at a step")))
        assert capfd.readouterr() == ("", "")
        assert heard == []
        assert before == (ours.is_progress_bar_enabled(), theirs.is_progress_bar_enabled())
        heard.clear()
        logger.warning("afterwards")
        assert heard == ["afterwards"]
    finally:
        logger.removeHandler(handler)


def test_warnings_of_the_libraries_are_dropped_while_it_works_and_nobody_elses(engine: Engine) -> None:
    def warn(module: str) -> None:
        warnings.warn_explicit("soon", FutureWarning, "file.py", 1, module=module)

    before = list(warnings.filters)
    paint(engine, 1, report=Report(lambda p: warn("diffusers.models.modeling_utils") if p.step else None))
    with pytest.raises(FutureWarning, match="soon"):
        paint(engine, 1, report=Report(lambda p: warn("mine") if p.step else None))
    with pytest.raises(FutureWarning, match="soon"):
        warn("diffusers.models.modeling_utils")
    assert warnings.filters == before


def test_an_unknown_device_dtype_or_memory_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="no device 'gpu'"):
        engine_for(tiny_model, "gpu")
    with pytest.raises(ModelError, match=r"dtype='int8'.*float32"):
        engine_for(tiny_model, "cpu", "int8")
    with pytest.raises(ModelError, match=r"no memory='little'.*'auto'"):
        engine_for(tiny_model, "cpu", memory="little")


def test_sessions_share_one_engine_and_let_go_of_it(tiny_model: Path) -> None:
    import torch

    first = engine_for(tiny_model, "cpu")
    assert engine_for(str(tiny_model), "cpu", torch.float32) is first
    assert engine_for(tiny_model, "cpu", "bfloat16") is not first
    assert engine_for(tiny_model, "cpu", memory="fp8") is not first
    name = id(first)
    first.load(Report())
    del first
    gc.collect()
    fresh = engine_for(tiny_model, "cpu")
    assert not fresh.loaded or id(fresh) != name


def test_the_facts_of_a_painting_tell_how_it_was_carried_out(engine: Engine) -> None:
    asked = painting(1, picture=RED, mask=LEFT, strength=0.5, steps=4)
    list(engine.paint(asked, Report()))
    facts = engine.facts(asked)
    assert (
        facts.items()
        >= {
            "family": "FLUX.2 klein",
            "pipeline": "Flux2KleinInpaintPipeline",
            "scheduler": "FlowMatchEulerDiscreteScheduler",
            "dtype": "float32",
            "device": "cpu",
            "memory": "full",
        }.items()
    )
    sigmas = facts["sigmas"]
    assert len(sigmas) == 3
    assert sigmas == sorted(sigmas, reverse=True)
    assert sigmas[-1] == 0


def test_notes_name_unknown_words_and_a_prompt_that_is_too_long(engine: Engine) -> None:
    assert engine.notes("a red cat") == []
    [unknown] = engine.notes("a red dragon on a cat")
    assert unknown == "tiny was not taught “dragon”: expect a guess."
    assert engine.notes("a re cat") == ["tiny was not taught “re”: expect a guess."]
    assert engine.notes("a red catt") == ["tiny was not taught “catt” (nearest: “cat”): expect a guess."]
    assert engine.notes("红的猫") == ["tiny 没有学过“红的”（相近的词：“红色”）：画出来的是猜测。"]  # noqa: RUF001
    [cut] = engine.notes("a cat " * 20)
    assert "reads 48" in cut


def test_what_a_picture_depends_on_is_told_once_the_weights_are_there(tiny_model: Path, engine: Engine) -> None:
    assert Engine(tiny_model, "cpu", "float32").versions == {}
    assert {"pochade", "diffusers", "torch", "transformers", "device", "dtype", "weights"} == set(engine.versions)
    assert len(engine.fingerprint) == 64


def test_the_packaged_miniature_is_the_model_when_none_is_named() -> None:
    engine = engine_for(None)
    assert engine is engine_for("miniature")
    assert (engine.model, engine.device, engine.dtype, engine.memory) == ("miniature", "cpu", "float32", "auto")


def test_what_one_model_can_do_is_told_while_the_files_of_another_are_fetched(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = Engine(tiny_model, "cpu", "float32"), Engine(None, "cpu", "float32")
    asked, go_on = threading.Event(), threading.Event()
    fetched = local.fetch

    def fetch(place: Any, **options: Any) -> Path:
        if str(place) == str(slow._place):
            asked.set()
            go_on.wait(30)
        return fetched(place, **options)

    monkeypatch.setattr(local, "fetch", fetch)
    names: list[str] = []
    threads = [threading.Thread(target=lambda one=one: names.append(one.capabilities.name)) for one in (slow, quick)]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    threads[1].join(10)
    try:
        assert names == ["miniature"]
    finally:
        go_on.set()
        threads[0].join(30)
    assert len(names) == 2
