"""A preview is small, cheap and shows where the picture is going."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from pochade.engine.local import Engine
from pochade.engine.painting import Painting
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Engine:
    loaded = Engine(tiny_model, "cpu", "float32")
    loaded.load(Report())
    return loaded


@pytest.fixture(scope="module")
def pipeline(engine: Engine) -> Any:
    return engine.pipeline()


@pytest.fixture
def preview(pipeline: Any) -> Any:
    from pochade.engine.latents import LAYOUTS
    from pochade.engine.preview import Preview

    return Preview(pipeline.vae, LAYOUTS["flux2"], 8)


def test_the_guess_of_the_last_step_is_what_the_pipeline_decodes(
    engine: Engine, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from pochade.engine.latents import LAYOUTS
    from pochade.engine.preview import Preview

    seen: list[torch.Tensor] = []
    monkeypatch.setattr(Preview, "draw", lambda _self, guess, _size: seen.append(guess) or Image.new("RGB", (8, 8)))
    monkeypatch.setattr("pochade.report.PREVIEW_SECONDS", 0.0)
    painting = Painting("a red cat", (96, 64), (3,), 3, 1.0)
    [picture] = engine.paint(painting, Report(previewed=lambda _: None))
    assert len(seen) == 3
    latents = LAYOUTS["flux2"].to_vae(seen[-1], painting.size, pipeline.vae)
    with torch.no_grad():
        decoded = pipeline.vae.decode(latents).sample
    bare = pipeline.image_processor.postprocess(decoded, output_type="pil")[0]
    assert np.abs(np.asarray(bare).astype(int) - np.asarray(picture).astype(int)).max() <= 1


def test_the_map_reads_colours_from_latents_that_the_vae_encodes(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import fit

    weight, bias = fit(pipeline.vae, 8)
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, 0, :, 32:] = 1  # black beside red
    with torch.no_grad():
        latents = pipeline.vae.encode(picture * 2 - 1).latent_dist.mode()
        shown = torch.nn.functional.pixel_shuffle(torch.conv2d(latents, weight, bias, padding=1), 4)
    left, right = shown[0, 0, 8:-8, 4:12].mean(), shown[0, 0, 8:-8, 20:28].mean()
    assert right > left + 0.2


def test_the_map_is_the_same_every_time(pipeline: Any) -> None:
    import torch

    from pochade.engine.preview import fit

    assert all(torch.equal(a, b) for a, b in zip(fit(pipeline.vae, 8), fit(pipeline.vae, 8), strict=True))


def test_the_map_is_fitted_once_and_before_the_first_step(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pochade.engine import preview

    told: list[str] = []
    own = preview.fit
    monkeypatch.setattr(preview, "fit", lambda *given: told.append("fit") or own(*given))
    engine = Engine(tiny_model, "cpu", "float32")
    painting = Painting("a red cat", (64, 64), (3,), 2, 1.0)
    for _ in range(2):
        list(engine.paint(painting, Report(lambda p: p.step and told.append(p.stage), previewed=lambda _: None)))
    assert told.count("fit") == 1
    assert told.index("fit") < told.index("painting")


def test_a_preview_has_the_shape_of_the_picture_and_stays_small(preview: Any) -> None:
    import torch

    for width, height in ((64, 64), (128, 64), (64, 160), (2048, 1024)):
        tokens = (width // 16) * (height // 16)
        shown = preview.draw(torch.randn(1, tokens, 16), (width, height))
        assert isinstance(shown, Image.Image)
        assert shown.mode == "RGB"
        assert max(shown.size) <= 512
        assert shown.width * height == shown.height * width


def test_of_several_pictures_the_first_is_shown(preview: Any) -> None:
    import torch

    guesses = torch.randn(3, 16, 16)
    shown, alone = preview.draw(guesses, (64, 64)), preview.draw(guesses[:1], (64, 64))
    assert np.array_equal(np.asarray(shown), np.asarray(alone))


def test_colours_become_8_bit_levels_with_and_without_alpha() -> None:
    import torch

    from pochade.engine.preview import to_pil

    assert to_pil(torch.tensor([[[-1.0]], [[0.5]], [[2.0]]])).getpixel((0, 0)) == (0, 128, 255)
    clear = to_pil(torch.tensor([[[1.0]], [[0.0]], [[0.0]], [[0.2]]]))
    assert (clear.mode, clear.getpixel((0, 0))) == ("RGBA", (255, 0, 0, 51))
