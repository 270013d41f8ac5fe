"""A model is found, described and refused by its small files alone."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.families import capabilities_of, default_device, family_of, fetch, find_model, parts_of
from pochade.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def described(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model's descriptions, to be damaged."""
    folder = tmp_path / "described"
    (folder / "vae").mkdir(parents=True)
    for name in ("model_index.json", "card.json", "vae/config.json"):
        shutil.copy(tiny_model / name, folder / name)
    return folder


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_a_card_overrides_what_its_family_does(tiny_model: Path) -> None:
    model = capabilities_of(tiny_model)
    assert (model.name, model.version, model.family.pipeline) == ("tiny", "1", "Flux2KleinPipeline")
    assert (model.steps, model.guidance, model.prompt_tokens, model.prompt_layers) == (2, 1.0, 48, (1, 2))
    assert (model.size.default, model.size.multiple, model.size.max_pixels) == ((64, 64), 16, 65536)
    assert {"cat", "red", "猫"} <= model.vocabulary


def test_without_a_card_the_family_and_the_vae_decide(described: Path) -> None:
    (described / "card.json").unlink()
    model = capabilities_of(described)
    assert (model.name, model.steps, model.guidance, model.prompt_tokens) == ("described", 50, 4.0, 512)
    assert model.size.multiple == 16
    change(described / "vae" / "config.json", block_out_channels=[8, 8, 8])
    assert capabilities_of(described).size.multiple == 8


def test_a_distilled_model_takes_few_steps_without_guidance(described: Path) -> None:
    (described / "card.json").unlink()
    change(described / "model_index.json", is_distilled=True)
    assert (capabilities_of(described).steps, capabilities_of(described).guidance) == (4, 1.0)


def test_an_unknown_folder_says_what_would_be_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model at .*nowhere.*model_index.json"):
        find_model(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="save_pretrained"):
        find_model(tmp_path)


def test_an_unsupported_pipeline_is_refused_with_what_is_supported(described: Path) -> None:
    change(described / "model_index.json", _class_name="StableCascadePipeline")
    with pytest.raises(ModelError, match=r"'StableCascadePipeline'.*Flux2KleinPipeline"):
        family_of(described)


def test_a_pipeline_with_code_of_its_own_is_refused(described: Path) -> None:
    change(described / "model_index.json", _class_name=["pipeline", "MyPipeline"])
    with pytest.raises(ModelError, match="does not run"):
        family_of(described)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', b"\xff\xfe\x00"])
def test_a_damaged_index_is_a_model_error(described: Path, text: str | bytes) -> None:
    (described / "model_index.json").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ModelError, match="damaged"):
        family_of(described)


@pytest.mark.parametrize(
    "entries",
    [
        {"call": {"num_inference_steps": 0}},
        {"call": {"guidance_scale": float("nan")}},
        {"call": {"output_type": "latent"}},
        {"size": {"default": [64, 64]}},
        {"size": {"default": [64, 64], "multiple": 24, "min_side": 64, "max_side": 256, "max_pixels": 65536}},
    ],
)
def test_a_damaged_card_is_a_model_error_that_names_it(described: Path, entries: dict[str, Any]) -> None:
    change(described / "card.json", **entries)
    with pytest.raises(ModelError, match=r"card\.json"):
        capabilities_of(described)


def test_a_hub_name_is_kept_and_an_alias_is_spelled_out() -> None:
    assert find_model("owner/name") == "owner/name"
    assert find_model("klein-4b") == "black-forest-labs/FLUX.2-klein-4B"


def test_a_hub_model_that_cannot_be_reached_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"'owner/no-such-model'.*give a folder"):
        fetch("owner/no-such-model", weights=True)


def test_a_hub_model_in_the_cache_is_used_without_a_network(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = tmp_path / "hub" / "models--owner--tiny"
    shutil.copytree(tiny_model, cached / "snapshots" / "0123abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0123abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = fetch("owner/tiny", weights=True)
    assert capabilities_of(folder).name == "tiny"


def test_parts_are_named_in_the_order_of_the_index(tiny_model: Path) -> None:
    parts = parts_of(tiny_model)
    assert list(parts) == ["scheduler", "text_encoder", "tokenizer", "transformer", "vae"]
    assert parts["vae"] == ("diffusers", "AutoencoderKLFlux2")


def test_the_miniature_stays_on_the_cpu() -> None:
    assert default_device(None) == default_device("miniature") == "cpu"
