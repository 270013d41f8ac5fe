"""What a model can do is known, and refused, by its small files alone."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.families import FAMILIES, capabilities_of, family_of, parts_of
from pochade.engine.rows import WORDS, Family, View
from pochade.errors import ModelError, RequestError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def described(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model's descriptions, to be damaged."""
    folder = tmp_path / "described"
    for name in ("model_index.json", "card.json", "vae/config.json", "scheduler/scheduler_config.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny_model / name, folder / name)
    return folder


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def bare(folder: Path) -> Path:
    (folder / "card.json").unlink()
    return folder


VIEWS = [
    pytest.param(family, view, id=f"{family.name}: {view.pipeline}") for family in FAMILIES for view in family.views
]


@pytest.mark.parametrize(("family", "view"), VIEWS)
def test_every_row_speaks_words_that_its_pipeline_takes(family: Family, view: View) -> None:
    import diffusers

    from pochade.engine.latents import LAYOUTS

    cls = getattr(diffusers, view.pipeline)
    takes = set(inspect.signature(cls.__call__).parameters)
    also = {keyword for more in view.also.values() for keyword in more}
    assert {*view.words.values(), *view.fixed, *also} <= takes
    assert set(view.words) <= WORDS
    assert set(view.also) <= {*view.words, "transparent"}
    assert set(view.parts) <= set(inspect.signature(cls.__init__).parameters)
    assert ("references" in view.words) == (view.references > 0)
    assert {"generator", "output_type"} <= takes
    assert not view.batch or "num_images_per_prompt" in takes
    assert family.layout in LAYOUTS


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_row_is_whole(family: Family) -> None:
    assert family.views
    assert all("picture" in view.words for view in (family.edit, family.mask) if view)
    assert family.mask is None or "mask" in family.mask.words
    assert family.text is None or "mask" not in family.text.words
    assert all(side % (family.multiple or family.patch) == 0 for side in family.size.default)
    assert family.size.default[0] * family.size.default[1] <= family.size.max_pixels


def test_no_two_families_claim_one_kind_of_folder() -> None:
    claimed = [name for family in FAMILIES for name in family.indexes]
    assert len(claimed) == len(set(claimed))
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_a_folder_belongs_to_the_family_that_any_of_its_pipelines_names(described: Path) -> None:
    for name in ("Flux2KleinPipeline", "Flux2KleinInpaintPipeline"):
        change(described / "model_index.json", _class_name=name)
        assert family_of(described).name == "FLUX.2 klein"


def test_a_card_overrides_what_its_family_does(tiny_model: Path) -> None:
    model = capabilities_of(tiny_model)
    assert (model.name, model.version, model.family.name) == ("tiny", "1", "FLUX.2 klein")
    assert (model.steps, model.guidance, model.prompt_tokens, model.prompt_layers) == (2, 1.0, 48, (1, 2))
    assert (model.size.default, model.size.multiple, model.size.max_pixels) == ((64, 64), 16, 65536)
    assert {"cat", "red", "猫"} <= model.vocabulary


def test_without_a_card_the_family_and_the_vae_decide(described: Path) -> None:
    model = capabilities_of(bare(described))
    assert (model.name, model.steps, model.guidance, model.prompt_tokens) == ("described", 50, 4.0, 512)
    assert (model.size.multiple, model.factor) == (16, 8)
    change(described / "vae" / "config.json", block_out_channels=[8, 8, 8])
    assert (capabilities_of(described).size.multiple, capabilities_of(described).factor) == (8, 4)


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ({"block_out_channels": [8, 8, 8, 8]}, 8),
        ({"temperal_downsample": [False, True, True]}, 8),
        ({"encoder_block_out_channels": [8] * 6}, 32),
        ({"scale_factor_spatial": 16}, 16),
    ],
)
def test_every_kind_of_vae_tells_how_much_it_shrinks(described: Path, config: dict[str, Any], factor: int) -> None:
    (bare(described) / "vae" / "config.json").write_text(json.dumps(config))
    assert capabilities_of(described).factor == factor


@pytest.mark.parametrize("config", [{}, {"block_out_channels": []}, {"block_out_channels": 3}, []])
def test_a_vae_that_does_not_tell_its_factor_is_incomplete(described: Path, config: object) -> None:
    (described / "vae" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"incomplete: vae/config\.json"):
        capabilities_of(described)


def test_a_distilled_model_takes_few_steps_without_guidance(described: Path) -> None:
    change(bare(described) / "model_index.json", is_distilled=True)
    assert (capabilities_of(described).steps, capabilities_of(described).guidance) == (4, 1.0)


def test_a_model_that_is_called_distilled_is_unless_its_index_denies_it(described: Path, tmp_path: Path) -> None:
    turbo = bare(described).rename(tmp_path / "Painter-Turbo")
    index = json.loads((turbo / "model_index.json").read_text())
    del index["is_distilled"]
    (turbo / "model_index.json").write_text(json.dumps(index))
    assert capabilities_of(turbo).steps == 4
    change(turbo / "model_index.json", is_distilled=False)
    assert capabilities_of(turbo).steps == 50


def test_a_model_whose_own_noise_levels_are_given_takes_as_many_steps(described: Path) -> None:
    change(bare(described) / "model_index.json", sample_sigmas=[1.0, 0.6, 0.2])
    assert capabilities_of(described).steps == 3


def test_a_model_of_the_hubs_cache_is_called_after_its_repository(described: Path, tmp_path: Path) -> None:
    cached = tmp_path / "models--owner--Tiny-Model" / "snapshots" / "0123abc"
    cached.parent.mkdir(parents=True)
    bare(described).rename(cached)
    assert capabilities_of(cached).name == "Tiny-Model"


def test_a_task_that_a_card_does_not_promise_is_not_offered(described: Path) -> None:
    change(described / "card.json", tasks=["text", "edit"])
    model = capabilities_of(described)
    assert (model.can_paint, model.can_edit, model.can_mask, model.references("mask")) == (True, True, False, 0)
    with pytest.raises(RequestError, match=r"cannot change a picture inside a mask\. It can: paint a picture from wor"):
        model.check("mask")


def test_a_refusal_lists_what_the_model_can_do(tiny_model: Path) -> None:
    with pytest.raises(RequestError) as caught:
        capabilities_of(tiny_model).check("text", negative=True)
    assert str(caught.value) == (
        "tiny cannot paint a picture from words with a negative prompt. It can: paint a picture from words with up to "
        "10 references, change a picture with up to 9 references, change a picture inside a mask with up to 1 "
        "reference; it knows strength."
    )


def test_a_masked_edit_beyond_the_models_own_inpainting_is_for_the_whole_picture(tiny_model: Path) -> None:
    model = capabilities_of(tiny_model)
    assert model.masks((64, 64), references=1)
    assert not model.masks((64, 64), references=2)
    assert not model.masks((2048, 1024))  # its pipeline would shrink the picture
    assert (model.max_references, model.references("edit")) == (10, 9)


def test_an_unsupported_pipeline_is_refused_with_what_is_supported(described: Path) -> None:
    change(described / "model_index.json", _class_name="StableCascadePipeline")
    with pytest.raises(ModelError, match=r"'StableCascadePipeline'.*FLUX\.2 klein"):
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


def test_a_card_that_allows_sizes_which_the_vae_cannot_is_named(described: Path) -> None:
    size = {"default": [64, 64], "multiple": 24, "min_side": 64, "max_side": 256, "max_pixels": 65536}
    change(described / "card.json", size=size)
    with pytest.raises(ModelError, match=r"card\.json allows sizes in steps of 24 pixels; its VAE needs 16"):
        capabilities_of(described)


def test_parts_are_those_that_are_loaded_in_the_order_of_the_index(described: Path) -> None:
    change(
        described / "model_index.json",
        image_encoder=[None, None],
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
    )
    assert list(parts_of(described)) == ["scheduler", "text_encoder", "tokenizer", "transformer", "vae"]
    assert parts_of(described)["vae"] == ("diffusers", "AutoencoderKLFlux2")


def test_a_part_that_is_a_path_to_somewhere_else_is_damage(described: Path) -> None:
    change(described / "model_index.json", **{"../other": ["diffusers", "AutoencoderKL"]})
    with pytest.raises(ModelError, match=r"'\.\./other' is no name of a component"):
        parts_of(described)


def test_capabilities_are_told_without_pytorch(tiny_model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pochade.engine.families import capabilities_of; "
        "capabilities_of(Path(sys.argv[1])); assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tiny_model)], check=True)
