"""Stable Diffusion XL and 3 keep the contract; so do 1.5, what only inpaints or refines, and what is distilled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import pytest
from families import stable
from families.contract import Contract, apart, bare_picture, hole, scene

from pochade.engine.families import capabilities_of
from pochade.engine.local import Engine
from pochade.engine.painting import Painting
from pochade.errors import RequestError
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.engine.families import Capabilities


class TestXL(Contract):
    build = staticmethod(stable.sdxl)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7

    def test_the_picture_is_the_one_that_the_bare_pipeline_makes(self, engine, task):
        said = {
            "text": {"width": 64, "height": 64},
            "edit": {"image": scene(), "strength": 0.5},
            "mask": {"width": 64, "height": 64, "image": scene(), "mask_image": hole(), "strength": 0.5},
        }[task]
        strength = {} if task == "text" else {"strength": 0.5}
        [painted] = self.paint(engine, task, negative="a dog", steps=4, guidance=5.0, **strength)
        bare = bare_picture(engine, task, negative_prompt="a dog", num_inference_steps=4, guidance_scale=5.0, **said)
        assert apart(painted, bare) == 0


class TestStable3(Contract):
    build = staticmethod(stable.sd3)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7


@pytest.mark.families
class TestStable15(Contract):
    build = staticmethod(stable.sd15)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7
    calls: ClassVar = 3  # its own scheduler, PNDM, takes one step twice
    exact: ClassVar = False  # and ends with a little noise left


@pytest.mark.families
class TestInpainting15(Contract):
    build = staticmethod(stable.sd15_inpainting)
    tasks: ClassVar = ("mask",)
    strengths: ClassVar = ("mask",)
    likeness: ClassVar = 0.7
    blends: ClassVar = False  # it is shown the picture instead
    calls: ClassVar = 3
    exact: ClassVar = False


@pytest.mark.families
class TestRefiner(Contract):
    build = staticmethod(stable.sdxl_refiner)
    tasks: ClassVar = ("edit",)
    strengths: ClassVar = ("edit",)
    likeness: ClassVar = 0.7


@pytest.mark.families
class TestTurbo(Contract):
    build = staticmethod(stable.sdxl_turbo)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7


@pytest.fixture(scope="module")
def engine_without_t5(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = Engine(stable.sd3(tmp_path_factory.mktemp("models") / "sd3", t5=False), "cpu", "float32")
    engine.load(Report())
    return engine


@pytest.mark.parametrize("task", ["text", "edit", "mask"])
def test_a_folder_without_the_largest_text_encoder_paints_all_the_same(engine_without_t5: Engine, task: str) -> None:
    picture, mask = scene() if task != "text" else None, hole() if task == "mask" else None
    asked = Painting("a cat", (64, 64), (1,), steps=2, guidance=5.0, picture=picture, mask=mask)
    [painted] = engine_without_t5.paint(asked, Report())
    assert painted.size == (64, 64)


def test_a_checkpoint_that_only_inpaints_is_not_offered_for_painting(tmp_path: Path) -> None:
    model = described(tmp_path, "StableDiffusionXLInpaintPipeline")
    assert (model.can_paint, model.can_edit, model.can_mask) == (False, False, True)
    with pytest.raises(RequestError, match=r"cannot paint a picture from words\. It can: change a picture inside"):
        model.check("text")


@pytest.mark.parametrize(
    ("spacing", "sample", "expected"),
    [("leading", 128, (50, 5.0, (1024, 1024))), ("trailing", 64, (4, 0.0, (512, 512)))],
)
def test_turbo_is_known_by_its_scheduler_and_its_size_by_its_u_net(
    tmp_path: Path, spacing: str, sample: int, expected: tuple[int, float, tuple[int, int]]
) -> None:
    scheduler, unet = {"timestep_spacing": spacing}, {"sample_size": sample}
    told = {"scheduler/scheduler_config.json": scheduler, "unet/config.json": unet}
    model = described(tmp_path / "model", "StableDiffusionXLPipeline", **told)
    assert (model.steps, model.guidance, model.size.default) == expected


def test_sizes_go_by_what_the_vae_and_the_tokens_need(tmp_path: Path) -> None:
    sizes = {
        name: described(tmp_path / name, name).size
        for name in ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "StableDiffusion3Pipeline")
    }
    assert [size.multiple for size in sizes.values()] == [8, 8, 16]
    assert [size.default for size in sizes.values()] == [(512, 512), (1024, 1024), (1024, 1024)]


def described(folder: Path, pipeline: str, **more: dict[str, object]) -> Capabilities:
    """Say what a folder can do that has only the small files, none of the weights."""
    files: dict[str, dict[str, object]] = {
        "model_index.json": {"_class_name": pipeline},
        "vae/config.json": {"block_out_channels": [128, 256, 512, 512]},
        **more,
    }
    for name, settings in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    return capabilities_of(folder)
