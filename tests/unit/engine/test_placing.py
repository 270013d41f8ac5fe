"""A plan puts shared components where it says; pictures stay the same where it says so."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny
from PIL import Image

from pochade.engine.local import Engine
from pochade.engine.memory import Plan, There, choose
from pochade.engine.needs import need
from pochade.engine.painting import Painting
from pochade.engine.placing import arrange, free, lower, rearrange, rest, settle
from pochade.engine.quiet import quiet
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path

CALL = {
    "prompt": "a cat",
    "width": 64,
    "height": 64,
    "num_inference_steps": 2,
    "guidance_scale": 1.0,
    "max_sequence_length": 48,
    "text_encoder_out_layers": (1, 2),
    "output_type": "np",
}
LOSSLESS = [("full", False), ("model", True), ("group", True)]
CLOSE = 0.05  # of 1: what 8 bits a weight change in a picture of the tiny model


def a_plan(level: Any, *, waiting: bool = False, library: str = "", dtype: str = "float32") -> Plan:
    """A plan for the CPU, also one that `choose` makes for graphics cards only: the hooks are the same."""
    return Plan(level, "cpu", dtype, waiting, library, "")


class Model:
    """The tiny model, placed by a plan, under two pipelines that share its components."""

    def __init__(self, plan: Plan) -> None:
        from diffusers import Flux2KleinPipeline

        self.components = {part: settle(part, one, plan) for part, one in tiny.build().components.items()}
        arrange(self.components, plan)
        self.painting, self.editing = (Flux2KleinPipeline(**self.components) for _ in range(2))
        for pipeline in (self.painting, self.editing):
            pipeline.set_progress_bar_config(disable=True)

    def pictures(self) -> np.ndarray[Any, Any]:
        """A picture from words and an edit, painted in turns by both pipelines."""
        import torch

        red = Image.new("RGB", (64, 64), "red")
        with quiet():
            for _ in range(2):  # hooks must leave everything as they found it
                first = self.painting(**CALL, generator=torch.Generator().manual_seed(0)).images[0]
                second = self.editing(**CALL, image=red, generator=torch.Generator().manual_seed(0)).images[0]
                rest(self.components)
        return np.stack([first, second])


@pytest.fixture(scope="module")
def plain() -> np.ndarray[Any, Any]:
    return Model(a_plan("full")).pictures()


@pytest.mark.parametrize(("level", "waiting"), LOSSLESS)
def test_waiting_weights_paint_the_very_same_pictures(level: str, waiting: bool, plain: Any) -> None:  # noqa: FBT001
    assert np.array_equal(Model(a_plan(level, waiting=waiting)).pictures(), plain)


@pytest.mark.parametrize("waiting", [False, True])
def test_eight_bit_weights_paint_nearly_the_same(waiting: bool, plain: Any) -> None:  # noqa: FBT001
    model = Model(a_plan("fp8", waiting=waiting))
    difference = np.abs(model.pictures() - plain).max()
    assert 0 < difference < CLOSE
    assert str(model.components["text_encoder"].dtype) == str(model.components["transformer"].dtype) == "torch.float32"


@pytest.mark.parametrize(("module", "model"), [("flux1", "flux"), ("flux2", "dev"), ("stable", "sd3")])
def test_readers_of_every_kind_keep_their_precision_for_the_prompt(module: str, model: str, tmp_path: Path) -> None:
    """Pipelines cast prompts to what they take for the text encoder's dtype: CLIP, T5 and a reader that also sees."""
    folder = getattr(import_module(f"families.{module}"), model)(tmp_path / model)
    painting = Painting(prompt="a cat", size=(64, 64), seeds=(1,), steps=2, guidance=3.0)
    pictures = {}
    for level in ("full", "fp8"):
        engine = Engine(folder, "cpu", "float32", memory=level)
        engine.load(Report())
        (picture,) = engine.paint(painting, Report())
        pictures[level] = np.asarray(picture, dtype=float)
        assert {str(one.dtype) for part, one in engine._loaded.components.items() if "text_encoder" in part} == {
            "torch.float32"
        }
    assert 0 < np.abs(pictures["full"] - pictures["fp8"]).max() < 255 * CLOSE


def test_eight_bit_weights_take_what_was_counted(tiny_model: Path) -> None:
    import torch

    model = Model(a_plan("fp8"))
    counted = need(tiny_model, "float32", pixels=64 * 64)
    for part in ("transformer", "text_encoder", "vae"):
        states = {id(one): one for one in model.components[part].state_dict(keep_vars=True).values()}
        taken = sum(one.nbytes for one in states.values())
        assert taken <= counted.eight[part] <= 1.2 * taken  # a few small layers are counted whole that are not
    kinds = {one.dtype for one in model.components["transformer"].parameters()}
    assert kinds == {torch.float8_e4m3fn, torch.float32}
    assert {one.dtype for one in model.components["vae"].parameters()} == {torch.float32}


def test_components_take_turns_in_a_ring() -> None:
    components = Model(a_plan("model", waiting=True)).components
    encoder, transformer = components["text_encoder"], components["transformer"]
    assert transformer._hf_hook.prev_module_hook.model is encoder
    assert encoder._hf_hook.prev_module_hook.model is transformer
    assert not hasattr(components["vae"], "_hf_hook")


@pytest.mark.parametrize(("level", "waiting"), LOSSLESS)
def test_a_loaded_model_can_be_lowered_and_paints_on(level: str, waiting: bool, plain: Any) -> None:  # noqa: FBT001
    now = a_plan(level, waiting=waiting)
    model = Model(now)
    model.pictures()
    below = lower(model.components, now)
    assert below is not None
    assert below.level == "fp8"  # on the CPU there is nothing between
    assert 'cpu ran out of memory; the work went on with memory="fp8"' in below.sentence
    assert np.abs(model.pictures() - plain).max() < CLOSE
    assert lower(model.components, below) is None


def test_a_loaded_model_goes_down_every_level_that_waits(plain: Any) -> None:
    model = Model(a_plan("full"))
    for level in ("model", "group", "model", "full"):
        rearrange(model.components, a_plan(level, waiting=level != "full"))
        assert np.array_equal(model.pictures(), plain)
    rearrange(model.components, a_plan("fp8", waiting=True))
    assert 0 < np.abs(model.pictures() - plain).max() < CLOSE


def test_what_is_no_model_is_left_alone() -> None:
    scheduler = tiny.build().scheduler
    assert settle("scheduler", scheduler, a_plan("fp8")) is scheduler
    free("cpu")


@pytest.mark.parametrize("library", ["torchao", "bitsandbytes"])
@pytest.mark.filterwarnings("ignore")  # these libraries speak of what they cannot do here
def test_quantised_weights_paint_nearly_the_same(library: str, plain: Any, tiny_model: Path) -> None:
    pytest.importorskip(library)
    model = Model(a_plan("quantised", library=library))
    assert np.abs(model.pictures() - plain).max() < CLOSE
    counted = need(tiny_model, "float32", pixels=64 * 64)
    assert counted.quantised(library)["transformer"] < counted.weights["transformer"] / 2


def test_a_choice_for_the_cpu_is_one_that_can_be_placed(tiny_model: Path, plain: Any) -> None:
    wanted = need(tiny_model, "float32", pixels=64 * 64)
    tight = There(wanted.cpu("full") - 1, wanted.cpu("full") - 1)
    taken = choose(wanted, tight, tight, "cpu", "float32", name="tiny")
    assert taken.level == "fp8"
    assert np.abs(Model(taken).pictures() - plain).max() < CLOSE
