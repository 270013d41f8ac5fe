"""The engine runs a real pipeline: same numbers as diffusers, stoppable, silent, and never a black picture."""

from __future__ import annotations

import gc
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.local import Engine, engine_for
from pochade.errors import Cancelled, ModelError, RequestError
from pochade.report import Progress, Report


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    loaded = Engine(tiny_model, "cpu", "float32")
    loaded.load(Report())
    return loaded


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copied"))


def paint(engine: Engine, *, seeds: list[int], report: Report | None = None, **options: Any) -> list[Image.Image]:
    asked = {"size": (64, 64), "steps": 2, "guidance": 1.0, **options}
    return engine.paint("a red cat", seeds=seeds, report=report or Report(), **asked)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture).astype(int)


def test_weights_stored_as_bf16_are_run_in_fp32_on_the_cpu(engine: Engine) -> None:
    import torch

    for part in (engine._pipeline.transformer, engine._pipeline.vae, engine._pipeline.text_encoder):
        assert {weight.dtype for weight in part.parameters()} == {torch.float32}
    assert engine._pipeline.vae.bn.running_mean.dtype == torch.float32


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 112)])
def test_the_picture_is_the_one_that_the_bare_pipeline_makes_of_these_latents(
    engine: Engine, size: tuple[int, int]
) -> None:
    [painted] = paint(engine, seeds=[3], size=size)
    [bare] = engine._pipeline(
        prompt="a red cat",
        width=size[0],
        height=size[1],
        latents=engine.latents(size, 3),
        num_inference_steps=2,
        guidance_scale=1.0,
        max_sequence_length=48,
        text_encoder_out_layers=(1, 2),
    ).images
    assert painted.size == size
    assert painted.mode == "RGB"
    assert np.array_equal(pixels(painted), pixels(bare))


def test_latents_depend_on_the_seed_and_the_size_alone(engine: Engine) -> None:
    import torch

    torch.manual_seed(1)
    first = engine.latents((64, 96), 7)
    torch.manual_seed(2)
    second = engine.latents((64, 96), 7)
    assert first.dtype == torch.float32
    assert first.device.type == "cpu"
    assert first.shape == (1, 16, 6, 4)
    assert torch.equal(first, second)
    assert not torch.equal(first, engine.latents((64, 96), 8))


def test_painting_leaves_the_processs_random_state_alone(engine: Engine) -> None:
    import torch

    before = torch.random.get_rng_state()
    paint(engine, seeds=[1])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_picture_k_is_the_picture_that_seed_plus_k_gives_alone(engine: Engine) -> None:
    several = paint(engine, seeds=[5, 6, 7])
    [alone] = paint(engine, seeds=[6])
    assert np.array_equal(pixels(several[1]), pixels(alone))
    assert not np.array_equal(pixels(several[0]), pixels(alone))


def test_references_and_guidance_reach_the_model(engine: Engine) -> None:
    [plain] = paint(engine, seeds=[1])
    red, blue = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (96, 64), "blue")
    [one] = paint(engine, seeds=[1], references=[red])
    [two] = paint(engine, seeds=[1], references=[red, blue])
    [guided] = paint(engine, seeds=[1], guidance=6.0)
    pictures = [pixels(picture) for picture in (plain, one, two, guided)]
    assert all(not np.array_equal(a, b) for i, a in enumerate(pictures) for b in pictures[:i])


def test_transparency_is_read_as_white(engine: Engine) -> None:
    hidden = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    [clear] = paint(engine, seeds=[1], references=[hidden])
    [white] = paint(engine, seeds=[1], references=[Image.new("RGB", (64, 64), "white")])
    assert np.array_equal(pixels(clear), pixels(white))


def test_more_references_than_the_model_takes_are_refused(engine: Engine) -> None:
    with pytest.raises(RequestError, match=r"at most 10 pictures.*11 were given"):
        paint(engine, seeds=[1], references=[Image.new("RGB", (64, 64))] * 11)


def test_progress_counts_every_step_of_every_picture(engine: Engine) -> None:
    seen: list[Progress] = []
    paint(engine, seeds=[1, 2], report=Report(seen.append), steps=3)
    assert [(p.step, p.steps) for p in seen if p.stage == "painting"] == [(n, 6 if n else 0) for n in range(7)]


def test_previews_are_made_only_where_somebody_looks(engine: Engine) -> None:
    shown: list[Image.Image] = []
    paint(engine, seeds=[1], report=Report(previewed=shown.append))
    seen = len(shown)
    assert seen
    paint(engine, seeds=[1], report=Report(previewed=shown.append, watched=lambda: False))
    assert len(shown) == seen


def test_a_stop_takes_effect_at_the_next_step_and_leaves_the_engine_usable(engine: Engine) -> None:
    steps: list[int] = []

    def stop_after_three(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 3:
            report.cancel()

    report = Report(stop_after_three)
    with pytest.raises(Cancelled):
        paint(engine, seeds=[1], report=report, steps=200)
    assert steps[-1] == 3
    [after] = paint(engine, seeds=[9])
    [again] = paint(engine, seeds=[9])
    assert np.array_equal(pixels(after), pixels(again))


def test_broken_numbers_name_the_step_and_never_give_a_black_picture(copied: Path) -> None:
    import torch

    engine = Engine(copied, "cpu", "float32")
    engine.load(Report())
    with torch.no_grad():
        engine._pipeline.transformer.proj_out.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match=r"NaN or infinite at step 1 of 2"):
        paint(engine, seeds=[1])


def test_a_broken_decoder_never_gives_a_black_picture(copied: Path) -> None:
    import torch

    engine = Engine(copied, "cpu", "float32")
    engine.load(Report())
    with torch.no_grad():
        engine._pipeline.vae.decoder.conv_out.bias.fill_(float("inf"))
        engine._pipeline.vae.decoder.conv_out.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="while decoding the picture of seed 4"):
        paint(engine, seeds=[4])


def test_too_little_memory_says_what_to_do(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def too_large(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    engine = Engine(tiny_model, "cpu", "float32")
    engine.load(Report())
    monkeypatch.setattr(engine._pipeline.transformer, "forward", too_large)
    with pytest.raises(ModelError, match=r"not enough memory for a picture of 64×64 with tiny.*smaller size"):
        paint(engine, seeds=[1])


@pytest.mark.parametrize("reason", ["CUDA out of memory. Tried to allocate 20.00 GiB", "no kernel image"])
def test_a_device_that_cannot_take_the_model_is_named_with_what_to_do(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    import torch

    def refuses(*_: Any, **__: Any) -> None:
        raise (torch.OutOfMemoryError if "memory" in reason else RuntimeError)(reason)

    engine = Engine(tiny_model, "cpu", "float32")
    monkeypatch.setattr(torch.nn.Module, "to", refuses)
    said = "not enough memory for the .*smaller model" if "memory" in reason else f"could not be put on cpu: {reason}"
    with pytest.raises(ModelError, match=said):
        engine.load(Report())
    assert not engine.loaded


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
        engine = Engine(tiny_model, "cpu", "float32")
        paint(engine, seeds=[1], report=Report(lambda p: p.step and logger.warning("at a step")))
        assert capfd.readouterr() == ("", "")
        assert heard == []
        assert before == (ours.is_progress_bar_enabled(), theirs.is_progress_bar_enabled())
        heard.clear()
        logger.warning("afterwards")
        assert heard == ["afterwards"]
    finally:
        logger.removeHandler(handler)


def test_loading_tells_its_stage_and_can_be_stopped(tiny_model: Path) -> None:
    stages: list[str] = []

    def stop_in_the_middle(progress: Progress) -> None:
        stages.append(progress.stage)
        if progress.step == 2:
            report.cancel()

    engine = Engine(tiny_model, "cpu", "float32")
    report = Report(stop_in_the_middle)
    with pytest.raises(Cancelled):
        engine.load(report)
    assert set(stages) == {"loading"}
    assert not engine.loaded
    engine.load(Report())
    assert engine.loaded


def test_a_missing_weight_is_named_instead_of_made_up(copied: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copied / "transformer" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    del weights["proj_out.weight"]
    save_file(weights, path)
    with pytest.raises(ModelError, match=r"transformer .* is damaged: 1 .*proj_out\.weight"):
        Engine(copied, "cpu", "float32").load(Report())


def test_a_truncated_weight_file_is_a_model_error(copied: Path) -> None:
    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"The vae of the model in .* could not be loaded"):
        Engine(copied, "cpu", "float32").load(Report())


def test_weights_that_are_pickles_are_not_read(copied: Path) -> None:
    import torch
    from safetensors.torch import load_file

    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()
    with pytest.raises(ModelError, match="The vae of the model"):
        Engine(copied, "cpu", "float32").load(Report())


def test_code_from_a_model_folder_is_not_run(copied: Path) -> None:
    path = copied / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "vae": ["my_vae", "Evil"]}))
    (copied / "vae" / "my_vae.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match=r"code of its own \(my_vae\.Evil for its vae\); pochade runs none"):
        Engine(copied, "cpu", "float32").load(Report())


def test_a_missing_gpu_is_said_before_anything_is_loaded(tiny_model: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ModelError, match=r"finds 0 CUDA devices.*device=\"cpu\""):
        Engine(tiny_model, "cuda", "bfloat16").load(Report())


def test_an_unknown_device_or_dtype_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="no device 'gpu'"):
        engine_for(tiny_model, "gpu")
    with pytest.raises(ModelError, match=r"dtype='int8'.*float32"):
        engine_for(tiny_model, "cpu", "int8")


def test_sessions_share_one_engine_and_let_go_of_it(tiny_model: Path) -> None:
    import torch

    first = engine_for(tiny_model, "cpu")
    assert engine_for(str(tiny_model), "cpu", torch.float32) is first
    assert engine_for(tiny_model, "cpu", "bfloat16") is not first
    name = id(first)
    first.load(Report())
    del first
    gc.collect()
    fresh = engine_for(tiny_model, "cpu")
    assert not fresh.loaded or id(fresh) != name


def test_the_fingerprint_changes_with_one_weight(copied: Path, engine: Engine) -> None:
    same = Engine(copied, "cpu", "float32")
    same.load(Report())
    assert same.fingerprint == engine.fingerprint
    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    other = Engine(copied, "cpu", "float32")
    other.load(Report())
    assert other.fingerprint != engine.fingerprint
    assert other.versions["weights"] == other.fingerprint


def test_notes_name_unknown_words_and_a_prompt_that_is_too_long(engine: Engine) -> None:
    assert engine.notes("a red cat") == []
    [unknown] = engine.notes("a red dragon on a cat")
    assert "“dragon”" in unknown
    [cut] = engine.notes("a cat " * 20)
    assert "reads 48" in cut


def test_the_packaged_miniature_is_the_model_when_none_is_named() -> None:
    engine = engine_for(None)
    assert engine is engine_for("miniature")
    assert (engine.model, engine.device, engine.dtype) == ("miniature", "cpu", "float32")
