"""Qwen-Image keeps the contract; so do its editors, the model of layers, and 2.1 with its transparency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from families import qwen
from families.bare import MASK, PICTURE, SIZE, AsBare
from families.contract import PROMPT, SIDE, Contract, apart, pixels, scene
from PIL import Image

if TYPE_CHECKING:
    import numpy as np


GUIDED = {"true_cfg_scale": 3.0, "negative_prompt": " "}


class TestQwenImage(AsBare, Contract):
    build = staticmethod(qwen.image)
    bare: ClassVar = {
        "text": {**SIZE, **GUIDED},
        "edit": {**SIZE, **GUIDED, **PICTURE, "strength": 1.0},
        "mask": {**SIZE, **GUIDED, **MASK, "strength": 1.0},
    }
    strengths: ClassVar = ("edit", "mask")

    def test_guidance_works_without_a_negative_prompt(self, engine):
        [weak], [strong] = (self.paint(engine, "text", guidance=guidance) for guidance in (1.0, 4.0))
        assert apart(weak, strong) > 0
        [blank] = self.paint(engine, "text", guidance=4.0, negative=" ")
        assert apart(strong, blank) == 0


@pytest.mark.families
class TestEdit(AsBare, Contract):
    build = staticmethod(qwen.edit)
    bare: ClassVar = {"edit": {**SIZE, **GUIDED, **PICTURE}, "mask": {**GUIDED, **MASK, "strength": 1.0}}
    whole: ClassVar = True
    tasks: ClassVar = ("edit", "mask")
    strengths: ClassVar = ("mask",)


@pytest.mark.families
class TestEditPlus(AsBare, Contract):
    build = staticmethod(qwen.edit_plus)
    bare: ClassVar = {"edit": {**SIZE, **GUIDED, "image": [scene()]}}
    whole: ClassVar = True
    tasks: ClassVar = ("edit",)
    references: ClassVar = {"edit": 2}

    def test_the_edited_picture_is_looked_at_in_the_size_that_is_painted(self, engine, monkeypatch):
        vae = engine.pipeline("edit").vae
        own, seen = vae.encode, []

        def encode(pictures, *args, **options):
            seen.append(tuple(pictures.shape[-2:]))
            return own(pictures, *args, **options)

        monkeypatch.setattr(vae, "encode", encode)
        self.paint(engine, "edit")
        assert seen == [(SIDE, SIDE)]


@pytest.mark.families
class TestLayered(Contract):
    build = staticmethod(qwen.layered)
    tasks: ClassVar = ("edit",)
    transparent: ClassVar = True
    exact: ClassVar = False  # the preview shows the layer that holds the whole picture, the picture is all the others

    def test_previews_show_the_layer_that_holds_the_whole_picture(self, engine):
        import torch

        from pochade.engine.latents import LAYOUTS

        pipeline, (width, height), layers = engine.pipeline("edit"), (96, SIDE), 4
        channels = pipeline.vae.config.z_dim
        sample = torch.randn(1, (layers + 1) * (width // 16) * (height // 16), 4 * channels)
        frames = pipeline._unpack_latents(sample, height, width, layers, pipeline.vae_scale_factor)
        mean, std = (
            torch.tensor(numbers).view(1, channels, 1, 1)
            for numbers in (pipeline.vae.config.latents_mean, pipeline.vae.config.latents_std)
        )
        shown = LAYOUTS["layered"].to_vae(sample, (width, height), pipeline.vae)
        torch.testing.assert_close(shown, frames[:, :, 0] * std + mean)

    def test_transparency_is_what_lies_above_the_lowest_layer(self, engine, monkeypatch):
        from pochade.engine import running

        layers: list[Image.Image] = []
        own = running.to_pil

        def to_pil(colours: Any) -> Image.Image:
            layers.append(own(colours))
            return layers[-1]

        monkeypatch.setattr(running, "to_pil", to_pil)
        [cut] = self.paint(engine, "edit", transparent=True)
        assert (len(layers), cut.mode, cut.size) == (4, "RGBA", (SIDE, SIDE))
        above = Image.alpha_composite(Image.alpha_composite(layers[1], layers[2]), layers[3])
        assert apart(cut, above) == 0
        [whole] = self.paint(engine, "edit")
        laid = Image.new("RGBA", whole.size, "white")
        for layer in layers[:4]:
            laid = Image.alpha_composite(laid, layer)
        assert apart(whole, laid.convert("RGB")) == 0

    def test_transparent_pictures_are_taken_as_they_are(self, engine):
        clear = scene().convert("RGBA")
        clear.putalpha(Image.linear_gradient("L").resize(clear.size))
        [solid], [seen_through] = (self.paint(engine, "edit", picture=picture) for picture in (scene(), clear))
        assert apart(solid, seen_through) > 0


@pytest.mark.families
class TestQwenImage21(AsBare, Contract):
    build = staticmethod(qwen.image21)
    bare: ClassVar = {
        "text": {**SIZE, **GUIDED},
        "edit": {**SIZE, **GUIDED, **PICTURE, "output_resolution": SIDE},
    }
    whole: ClassVar = True
    tasks: ClassVar = ("text", "edit")
    references: ClassVar = {"text": 10, "edit": 9}
    transparent: ClassVar = True

    def decode(self, vae: Any, latents: Any) -> np.ndarray:
        """Lay what the VAE decodes, which has an alpha, on white."""
        colours = vae.decode(latents.unsqueeze(2)).sample[0, :, 0].float() / 2 + 0.5
        levels = (colours.clamp(0, 1) * 255).round().byte().movedim(0, -1).numpy()
        ground = Image.new("RGBA", (SIDE, SIDE), "white")
        return pixels(Image.alpha_composite(ground, Image.fromarray(levels)).convert("RGB"))

    def test_what_it_reads_is_kept_from_step_to_step(self, engine, monkeypatch):
        transformer = engine.pipeline("edit").transformer
        own, modes = transformer.forward, []

        def forward(*args, **options):
            modes.append(options["kv_cache_mode"])
            return own(*args, **options)

        monkeypatch.setattr(transformer, "forward", forward)
        self.paint(engine, "edit", steps=3, guidance=1.0)
        assert modes == ["extract", "cached", "cached"]
        assert engine.capabilities.family.kv

    def test_a_distilled_one_takes_the_steps_that_it_was_distilled_to(self, tmp_path):
        from pochade.engine.local import Engine
        from pochade.report import Report

        engine = Engine(qwen.image21(tmp_path / "few", sigmas=[1.0, 0.7, 0.3]), "cpu", "float32")
        assert engine.capabilities.steps == 3
        seen = []
        self.paint(engine, "text", Report(seen.append), steps=20, guidance=1.0)
        assert (seen[-1].step, seen[-1].steps) == (3, 3)

    def test_transparency_is_asked_in_the_words_that_the_model_knows(self, engine, monkeypatch):
        pipeline = engine.pipeline("text")
        own, prompts = pipeline.encode_prompt, []

        def encode_prompt(**options):
            prompts.append(options["prompt"])
            return own(**options)

        monkeypatch.setattr(pipeline, "encode_prompt", encode_prompt)
        [solid] = self.paint(engine, "text", guidance=1.0)
        [clear] = self.paint(engine, "text", guidance=1.0, transparent=True)
        assert (solid.mode, clear.mode) == ("RGB", "RGBA")
        assert prompts[0] == PROMPT
        assert prompts[1].startswith(f"This is an RGBA image with transparency. {PROMPT}. ")
