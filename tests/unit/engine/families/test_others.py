"""Z-Image keeps the contract; so do GLM-Image and LongCat-Image with its editor."""

from __future__ import annotations

import functools
from typing import ClassVar

import pytest
from families import others
from families.bare import MASK, PICTURE, SIZE, AsBare
from families.contract import PROMPT, SIDE, Contract, scene

GUIDED = {"guidance_scale": 3.0}


class TestZImage(AsBare, Contract):
    build = staticmethod(others.z_image)
    bare: ClassVar = {
        "text": {**SIZE, **GUIDED},
        "edit": {**SIZE, **GUIDED, **PICTURE, "strength": 1.0},
        "mask": {**SIZE, **GUIDED, **MASK, "strength": 1.0},
    }
    strengths: ClassVar = ("edit", "mask")
    likeness: ClassVar = 0.8

    def test_turbo_is_known_by_its_scheduler(self, engine, tmp_path):
        from pochade.engine.families import capabilities_of

        turbo = capabilities_of(others.z_image(tmp_path / "fast", turbo=True))
        assert (turbo.steps, turbo.guidance) == (9, 0.0)
        assert (engine.capabilities.steps, engine.capabilities.guidance) == (50, 4.0)


@pytest.mark.families
class TestGlmImage(AsBare, Contract):
    build = staticmethod(others.glm_image)
    bare: ClassVar = {"text": {**SIZE, **GUIDED}}
    tasks: ClassVar = ("text",)
    negative: ClassVar = False
    whole: ClassVar = True
    likeness: ClassVar = 0.8

    def test_painting_leaves_the_processs_random_state_alone(self, engine):
        import torch

        before = torch.random.get_rng_state()
        self.paint(engine, "text")
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_it_offers_no_editing_while_the_libraries_lose_the_shape_of_its_pictures(self, engine):
        with pytest.raises(
            RuntimeError, match="to have 16 channels, but got 1"
        ):  # when this works, the row gets a view
            engine.pipeline("text")(PROMPT, image=[scene()], width=SIDE, height=SIDE, num_inference_steps=1)

    def test_a_stop_takes_effect_while_it_sketches_before_the_first_step(self, engine, monkeypatch):
        from pochade.errors import Cancelled
        from pochade.report import Report

        report, tokens = Report(), 0
        sketcher = engine.pipeline("text").vision_language_encoder
        own = sketcher.forward

        @functools.wraps(own)  # what generates asks its signature
        def forward(*args, **options):
            nonlocal tokens
            tokens += 1
            if tokens == 3:
                report.cancel()
            return own(*args, **options)

        monkeypatch.setattr(sketcher, "forward", forward)
        with pytest.raises(Cancelled):
            self.paint(engine, "text", report)
        assert tokens == 3


@pytest.mark.families
class TestLongCat(AsBare, Contract):
    build = staticmethod(others.longcat)
    bare: ClassVar = {"text": {**SIZE, **GUIDED, "enable_prompt_rewrite": False}}
    tasks: ClassVar = ("text",)
    likeness: ClassVar = 0.8

    def test_the_prompt_is_painted_as_it_was_written(self, engine, monkeypatch):
        pipeline = engine.pipeline("text")
        own, prompts = pipeline.encode_prompt, []

        def encode_prompt(**options):
            prompts.append(options["prompt"])
            return own(**options)

        monkeypatch.setattr(pipeline, "encode_prompt", encode_prompt)
        self.paint(engine, "text")
        assert prompts == [PROMPT, ""]


@pytest.mark.families
class TestLongCatEdit(AsBare, Contract):
    build = staticmethod(others.longcat_edit)
    bare: ClassVar = {"edit": {**GUIDED, **PICTURE}}
    tasks: ClassVar = ("edit",)
    likeness: ClassVar = 0.8

    def test_a_prompt_that_is_too_long_is_refused_in_a_sentence(self, engine):
        from pochade.errors import PochadeError

        with pytest.raises(PochadeError, match="before its first step"):
            self.paint(engine, "edit", prompt="a cat " * 200)
