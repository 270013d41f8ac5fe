"""A stranger's folder is read with nothing taken on trust, and whatever is wrong with it is said by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pochade.engine.loading import fingerprint, load
from pochade.engine.local import Engine
from pochade.engine.memory import Plan
from pochade.engine.painting import Painting
from pochade.errors import Cancelled, ModelError
from pochade.report import Progress, Report


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copied"))


def engine(folder: Path) -> Engine:
    return Engine(folder, "cpu", "float32")


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_a_missing_weight_is_named_instead_of_made_up(copied: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copied / "transformer" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    del weights["proj_out.weight"]
    save_file(weights, path)
    with pytest.raises(ModelError, match=r"transformer .* is damaged: 1 .*proj_out\.weight"):
        engine(copied).load(Report())


@pytest.mark.parametrize("length", [0, 4, 1000, -10])
def test_a_weight_file_that_was_cut_off_is_named_and_a_whole_one_then_loads(copied: Path, length: int) -> None:
    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:length])
    painter = engine(copied)
    with pytest.raises(ModelError, match=r"vae/diffusion_pytorch_model\.safetensors is damaged"):
        painter.load(Report())
    assert not painter.loaded
    path.write_bytes(whole)
    assert len(list(painter.paint(Painting("a red cat", (64, 64), (1,), 1, 1.0), Report()))) == 1


@pytest.mark.parametrize("part", ["vae", "transformer", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_component_is_named(copied: Path, part: str) -> None:
    for path in (copied / part).iterdir():
        if part != "vae" or path.name != "config.json":  # that one is looked at before
            path.unlink()
    with pytest.raises(ModelError, match=rf"The {part} of the model in .* could not be loaded"):
        engine(copied).load(Report())


def test_a_component_that_the_index_leaves_out_is_named_where_it_is_needed(copied: Path) -> None:
    change(copied / "model_index.json", text_encoder=[None, None])
    loaded = load(copied, Plan("full", "cpu", "float32", waiting=False, library="", sentence=""), Report())
    assert loaded.components["text_encoder"] is None
    index = json.loads((copied / "model_index.json").read_text())
    del index["text_encoder"]
    (copied / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"parts of tiny do not fit together in Flux2KleinPipeline.*text_encoder"):
        engine(copied).load(Report())


def test_a_tokenizer_without_its_vocabulary_is_not_made_up(copied: Path) -> None:
    (copied / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer of the model in .* its vocabulary is missing \(.*tokenizer\.json"):
        engine(copied).load(Report())


def test_weights_that_are_pickles_are_not_read(copied: Path) -> None:
    import torch
    from safetensors.torch import load_file

    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()
    with pytest.raises(ModelError, match="The vae of the model"):
        engine(copied).load(Report())


@pytest.mark.parametrize("library", ["my_vae", "os", "diffusers.utils", "..vae", "transformers.models"])
def test_code_from_elsewhere_is_not_run(copied: Path, library: str) -> None:
    change(copied / "model_index.json", vae=[library, "Evil"])
    (copied / "vae" / "my_vae.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match=r"code of its own \(.*Evil for its vae\); pochade runs none"):
        engine(copied).load(Report())


def test_a_class_that_these_libraries_have_not_is_named(copied: Path) -> None:
    change(copied / "model_index.json", vae=["diffusers", "AutoencoderOfTomorrow"])
    with pytest.raises(ModelError, match=r"needs AutoencoderOfTomorrow of diffusers.*Upgrade diffusers"):
        engine(copied).load(Report())


def test_a_pipelines_name_for_a_library_means_the_libraries_themselves(copied: Path) -> None:
    change(copied / "model_index.json", text_encoder=["glm_image", "Qwen3ForCausalLM"])
    engine(copied).load(Report())


def test_a_link_out_of_the_folder_is_not_followed(copied: Path, tiny_model: Path) -> None:
    name = "diffusion_pytorch_model.safetensors"
    (copied / "vae" / name).unlink()
    (copied / "vae" / name).symlink_to(tiny_model / "vae" / name)
    with pytest.raises(ModelError, match=r"is a link to .*outside the model's folder"):
        engine(copied).load(Report())


def test_a_link_within_the_folder_is_followed(copied: Path) -> None:
    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    path.rename(copied / "weights.safetensors")
    path.symlink_to(copied / "weights.safetensors")
    engine(copied).load(Report())


def test_the_hubs_cache_may_link_to_its_own_blobs_and_nowhere_else(tiny_model: Path, tmp_path: Path) -> None:
    cached = tmp_path / "models--owner--tiny"
    folder = Path(shutil.copytree(tiny_model, cached / "snapshots" / "0123abc"))
    (cached / "blobs").mkdir()
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.rename(cached / "blobs" / "hash")
    path.symlink_to(cached / "blobs" / "hash")
    engine(folder).load(Report())
    (cached / "blobs" / "hash").rename(tmp_path / "elsewhere")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="outside the model's folder"):
        engine(folder).load(Report())


@pytest.mark.parametrize("piece", ["../../secret.safetensors", "/etc/passwd", "..\\x", ""])
def test_a_list_of_pieces_names_files_beside_it_only(copied: Path, piece: str) -> None:
    listed = {"metadata": {}, "weight_map": {"a": piece}}
    (copied / "vae" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(listed))
    with pytest.raises(ModelError, match="names a file outside its folder"):
        engine(copied).load(Report())


@pytest.mark.parametrize("stop_at", range(5))
def test_loading_tells_every_component_and_can_be_stopped_between_any_two(tiny_model: Path, stop_at: int) -> None:
    stages: list[tuple[str, int, int]] = []

    def stop(progress: Progress) -> None:
        stages.append((progress.stage, progress.step, progress.steps))
        if progress.steps and progress.step == stop_at:
            report.cancel()

    painter, report = engine(tiny_model), Report(stop)
    with pytest.raises(Cancelled):
        painter.load(report)
    assert stages == [("loading", 0, 0), *(("loading", step, 5) for step in range(stop_at + 1))]
    assert not painter.loaded
    painter.load(Report())
    assert painter.loaded


def test_settings_of_the_index_are_passed_on_and_components_are_not_among_them(copied: Path) -> None:
    change(copied / "model_index.json", is_distilled=True, sample_sigmas=[1.0, 0.5], image_encoder=[None, None], odd={})
    loaded = load(copied, Plan("full", "cpu", "float32", waiting=False, library="", sentence=""), Report())
    assert loaded.settings == {"is_distilled": True, "sample_sigmas": [1.0, 0.5]}
    assert loaded.components["image_encoder"] is None


def test_the_fingerprint_changes_with_one_weight_and_can_be_stopped(copied: Path, tiny_model: Path) -> None:
    first = fingerprint(copied, Report())
    assert first == fingerprint(tiny_model, Report())
    path = copied / "vae" / "diffusion_pytorch_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert fingerprint(copied, Report()) != first
    report = Report()
    report.cancel()
    with pytest.raises(Cancelled):
        fingerprint(copied, report)


def test_a_missing_gpu_is_said_before_anything_is_loaded(tiny_model: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(ModelError, match=r"finds 0 CUDA devices.*device=\"cpu\""):
        Engine(tiny_model, "cuda", "bfloat16").load(Report())


@pytest.mark.parametrize("reason", ["CUDA out of memory. Tried to allocate 20.00 GiB", "no kernel image"])
def test_a_device_that_cannot_take_the_model_is_named_with_what_to_do(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    import torch

    def refuses(*_: Any, **__: Any) -> None:
        raise (torch.OutOfMemoryError if "memory" in reason else RuntimeError)(reason)

    painter = engine(tiny_model)
    said = "not enough memory for the .*smaller model" if "memory" in reason else f"could not be put on cpu: {reason}"
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.Module, "to", refuses)
        with pytest.raises(ModelError, match=said):
            painter.load(Report())
    assert not painter.loaded
    painter.load(Report())


@pytest.mark.parametrize("name", [("diffusers", "DiffusionPipeline"), ("transformers", "AutoModel")])
def test_what_would_load_a_folder_by_rules_of_its_own_is_never_loaded(copied: Path, name: tuple[str, str]) -> None:
    change(copied / "model_index.json", vae=list(name))
    with pytest.raises(ModelError, match=f"{name[1]} for its vae, a kind of component that pochade never loads"):
        engine(copied).load(Report())
