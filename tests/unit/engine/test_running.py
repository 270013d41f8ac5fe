"""What a pipeline answers becomes a picture of the kind that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from pochade.engine.families import capabilities_of
from pochade.engine.holding import Holding
from pochade.engine.levers import Levers
from pochade.engine.memory import Plan
from pochade.engine.rows import View, words
from pochade.engine.running import Run
from pochade.engine.watch import Watch
from pochade.errors import ModelError
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

CLEAR, RED = (1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 1.0)
HALF_GREEN, BLUE = (0.0, 1.0, 0.0, 0.5), (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def held(tiny_model: Path) -> Holding:
    plan = Plan("full", "cpu", "float32", waiting=False, library="", sentence="")
    return Holding(tiny_model, capabilities_of(tiny_model), plan, Levers(), Report())


def plane(*colour: float) -> torch.Tensor:
    return torch.tensor(colour).view(-1, 1, 1).expand(-1, 64, 64)


def answered(
    held: Holding, monkeypatch: pytest.MonkeyPatch, *answers: torch.Tensor, transparent: bool = False, **view: Any
) -> list[Image.Image]:
    """Let the real pipeline run, and give these answers in place of its own."""
    cls = type(held.pipeline(View("Flux2KleinPipeline", words())))
    own = cls.__call__

    def call(self: Any, *given: Any, **more: Any) -> Any:
        answer = own(self, *given, **more)
        answer.images = list(answers)
        return answer

    monkeypatch.setattr(cls, "__call__", call)
    run = Run(
        holding=held,
        view=View("Flux2KleinPipeline", words(), **view),
        call={
            "prompt": "a cat",
            "width": 64,
            "height": 64,
            "num_inference_steps": 1,
            "text_encoder_out_layers": (1, 2),
        },
        size=(64, 64),
        steps=1,
        transparent=transparent,
        name="tiny",
        device="cpu",
        advice="Try again.",
    )
    nothing = Watch(lambda *_: None, lambda *_: "", lambda _: None, lambda: False, lambda: None)
    return run.paint(tuple(range(1, len(answers) + 1)), nothing)


def test_three_channels_are_an_rgb_picture(held: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = answered(held, monkeypatch, plane(*BLUE), plane(*BLUE))
    assert [(picture.mode, picture.getpixel((9, 9))) for picture in pictures] == [("RGB", (0, 0, 255))] * 2


def test_four_channels_keep_their_transparency_only_where_it_was_asked_for(
    held: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    [kept] = answered(held, monkeypatch, plane(*CLEAR), transparent=True)
    assert (kept.mode, kept.getpixel((9, 9))) == ("RGBA", (255, 0, 0, 0))
    [laid] = answered(held, monkeypatch, plane(*CLEAR))
    assert (laid.mode, laid.getpixel((9, 9))) == ("RGB", (255, 255, 255))


def test_layers_are_laid_on_each_other_from_the_lowest(held: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = torch.stack([plane(*RED), plane(*HALF_GREEN), plane(*CLEAR)])
    [picture] = answered(held, monkeypatch, stack, layers=True)
    red, green, blue = picture.getpixel((9, 9))
    assert abs(red - 127) <= 1
    assert abs(green - 128) <= 1
    assert (picture.mode, blue) == ("RGB", 0)


def test_the_lowest_layer_is_left_away_for_a_transparent_picture(
    held: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = torch.stack([plane(*RED), plane(*HALF_GREEN), plane(*CLEAR)])
    [picture] = answered(held, monkeypatch, stack, layers=True, transparent=True)
    assert (picture.mode, picture.getpixel((9, 9))) == ("RGBA", (0, 255, 0, 128))
    with monkeypatch.context() as patch:
        [single] = answered(held, patch, torch.stack([plane(*RED)]), layers=True, transparent=True)
    assert single.getpixel((9, 9)) == (255, 0, 0, 255)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_picture_with_one_broken_number_is_none(
    held: Holding, monkeypatch: pytest.MonkeyPatch, broken: float
) -> None:
    spoilt = plane(*BLUE).clone()
    spoilt[1, 5, 5] = broken
    with pytest.raises(ModelError, match=r"NaN or infinite while decoding the picture of seed 2\. Try again\."):
        answered(held, monkeypatch, plane(*BLUE), spoilt)


def test_ambient_draws_follow_the_seed_of_the_picture(held: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    transformer = held.components["transformer"]
    own = transformer.forward

    def draw(*given: Any, **more: Any) -> Any:
        drawn.append(float(torch.rand(())))
        return own(*given, **more)

    monkeypatch.setattr(transformer, "forward", draw)
    before = torch.random.get_rng_state()
    for _ in range(2):
        with monkeypatch.context() as patch:
            answered(held, patch, plane(*BLUE), ambient=True)
    assert drawn[: len(drawn) // 2] == drawn[len(drawn) // 2 :]
    assert torch.equal(torch.random.get_rng_state(), before)
