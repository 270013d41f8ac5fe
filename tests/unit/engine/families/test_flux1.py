"""FLUX.1 Kontext keeps the contract; so do FLUX.1 itself, schnell, Fill and Chroma, each with what it has."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import pytest
from families import flux1
from families.contract import Contract, apart, bare_picture, hole, scene


class TestKontext(Contract):
    build = staticmethod(flux1.kontext)
    references: ClassVar = {"text": 1, "mask": 1}
    strengths: ClassVar = ("mask",)
    likeness: ClassVar = 0.7

    def test_a_reference_alone_is_something_to_paint_from(self, engine):
        assert engine.capabilities.task(picture=False, mask=False, references=1) == "text"

    def test_the_picture_is_the_one_that_the_bare_pipeline_makes(self, engine, task):
        said = {
            "text": {"image": [scene()]},
            "edit": {"image": scene()},
            "mask": {"image": scene(), "mask_image": hole(), "strength": 1.0, "image_reference": [scene()]},
        }[task]
        references = {} if task == "edit" else {"references": (scene(),)}
        [painted] = self.paint(engine, task, negative="a dog", **references)
        bare = bare_picture(
            engine,
            task,
            width=64,
            height=64,
            max_area=64 * 64,
            _auto_resize=False,
            negative_prompt="a dog",
            true_cfg_scale=2.0,
            num_inference_steps=2,
            guidance_scale=3.0,
            **said,
        )
        assert apart(painted, bare) == 0


@pytest.mark.families
class TestFlux(Contract):
    build = staticmethod(flux1.flux)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7


@pytest.mark.families
class TestSchnell(Contract):
    build = partial(flux1.flux, guided=False, dynamic=False)
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.7
    guided: ClassVar = False  # it was not taught to take guidance as a number

    def test_it_is_known_to_be_distilled(self, engine):
        assert (engine.capabilities.steps, engine.capabilities.guidance) == (4, 0.0)


@pytest.mark.families
class TestFill(Contract):
    build = staticmethod(flux1.fill)
    tasks: ClassVar = ("mask",)
    strengths: ClassVar = ("mask",)
    negative: ClassVar = False
    likeness: ClassVar = 0.7
    blends: ClassVar = False  # it is shown the picture instead


@pytest.mark.families
class TestChroma(Contract):
    build = staticmethod(flux1.chroma)
    tasks: ClassVar = ("text", "edit")
    strengths: ClassVar = ("edit",)
    likeness: ClassVar = 0.7
