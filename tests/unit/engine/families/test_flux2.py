"""FLUX.2 klein keeps the contract with its own inpainting; so do the klein with kept references, and [dev]."""

from __future__ import annotations

from typing import ClassVar

import pytest
from families import flux2
from families.bare import MASK, PICTURE, SIZE, AsBare
from families.contract import SIDE, Contract, apart, hole, scene

READ = {"max_sequence_length": 48, "text_encoder_out_layers": (1, 2)}


class TestKlein(AsBare, Contract):
    build = staticmethod(flux2.klein)
    bare: ClassVar = {
        "text": {**SIZE, **READ, "guidance_scale": 3.0},
        "edit": {**SIZE, **READ, **PICTURE, "guidance_scale": 3.0},
        "mask": {**SIZE, **READ, **MASK, "guidance_scale": 3.0, "strength": 1.0},
    }
    references: ClassVar = {"text": 10, "edit": 9, "mask": 1}
    strengths: ClassVar = ("mask",)
    negative: ClassVar = False

    def test_the_mask_is_its_inpaintings_own(self, engine):
        [inside] = self.paint(engine, "mask")
        [everywhere] = self.paint(engine, "edit")
        assert apart(inside, everywhere) > 2
        [nearly_all] = self.paint(engine, "mask", mask=hole().point(lambda _: 255))
        assert apart(inside, nearly_all) > 2


@pytest.mark.families
class TestKleinKV(AsBare, Contract):
    build = staticmethod(flux2.klein_kv)
    bare: ClassVar = {"text": {**SIZE, **READ}, "edit": {**SIZE, **READ, **PICTURE}}
    tasks: ClassVar = ("text", "edit")
    references: ClassVar = {"text": 10, "edit": 9}
    negative: ClassVar = False
    guided: ClassVar = False

    def test_references_are_read_in_the_first_step_only(self, engine, monkeypatch):
        transformer = engine.pipeline("edit").transformer
        own, lengths = transformer.forward, []

        def forward(*args, **options):
            lengths.append(options["hidden_states"].shape[1])
            return own(*args, **options)

        monkeypatch.setattr(transformer, "forward", forward)
        self.paint(engine, "edit", steps=3, references=(scene(),))
        tokens = (SIDE // 16) ** 2
        assert lengths == [3 * tokens, tokens, tokens]
        assert engine.capabilities.family.kv


@pytest.mark.families
class TestDev(AsBare, Contract):
    build = staticmethod(flux2.dev)
    read: ClassVar = {"max_sequence_length": 320, "text_encoder_out_layers": (1, 2, 3), "guidance_scale": 3.0}
    bare: ClassVar = {"text": {**SIZE, **read}, "edit": {**SIZE, **read, **PICTURE}}
    tasks: ClassVar = ("text", "edit")
    references: ClassVar = {"text": 10, "edit": 9}
    negative: ClassVar = False
