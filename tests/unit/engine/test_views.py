"""Views are several pipelines over one copy of the weights, none of which disturbs another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pochade.engine.families import capabilities_of
from pochade.engine.loading import load
from pochade.engine.memory import Plan
from pochade.engine.rows import View, words
from pochade.engine.views import Views
from pochade.errors import ModelError
from pochade.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.engine.rows import Family


@pytest.fixture(scope="module")
def family(tiny_model: Path) -> Family:
    return capabilities_of(tiny_model).family


@pytest.fixture
def views(tiny_model: Path) -> Views:
    loaded = load(tiny_model, Plan("full", "cpu", "bfloat16", waiting=False, library="", sentence=""), Report())
    return Views(loaded.components, loaded.settings, "tiny", lambda _: None)


def test_all_views_share_one_copy_of_the_weights_in_their_precision(views: Views, family: Family) -> None:
    import torch

    text, mask = views.get(family.text), views.get(family.mask)
    assert type(text) is not type(mask)
    for part in ("transformer", "vae", "text_encoder", "tokenizer"):
        assert getattr(text, part) is getattr(mask, part) is views.components[part]
    assert {weight.dtype for weight in mask.transformer.parameters()} == {torch.bfloat16}


def test_every_view_has_a_scheduler_of_its_own(views: Views, family: Family) -> None:
    text, mask = views.get(family.text), views.get(family.mask)
    schedulers = [text.scheduler, mask.scheduler, views.components["scheduler"]]
    assert len({id(scheduler) for scheduler in schedulers}) == 3
    assert len({str(scheduler.config) for scheduler in schedulers}) == 1
    mask.scheduler.set_timesteps(3)
    assert len(text.scheduler.timesteps) != 3


def test_one_class_is_one_pipeline_and_is_made_when_it_is_needed(views: Views, family: Family) -> None:
    told: list[Any] = []
    views = Views(views.components, {}, "tiny", told.append)
    assert list(views) == []
    text = views.get(family.text)
    assert views.get(family.edit) is text
    assert list(views) == told == [text]


def test_what_the_index_says_reaches_the_pipelines_that_take_it(views: Views, family: Family) -> None:
    views = Views(views.components, {"is_distilled": True, "unknown": 3}, "tiny", lambda _: None)
    assert views.get(family.text).config.is_distilled is True
    firm = View("Flux2KleinInpaintPipeline", words(), init={"is_distilled": False})
    assert views.get(firm).config.is_distilled is False


def test_optional_parts_that_are_not_there_are_none(views: Views) -> None:
    parts = {**views.components, "tokenizer_2": None, "text_encoder_2": None}
    flux = Views(parts, {}, "tiny", lambda _: None).get(View("FluxPipeline", words()))
    assert (flux.image_encoder, flux.feature_extractor, flux.text_encoder_2) == (None, None, None)
    assert flux.transformer is views.components["transformer"]


def test_parts_that_do_not_fit_are_told_by_name(views: Views) -> None:
    with pytest.raises(ModelError, match=r"parts of tiny do not fit together in FluxPipeline.*tokenizer_2"):
        views.get(View("FluxPipeline", words()))


def test_a_pipeline_that_this_diffusers_has_not_is_told(views: Views) -> None:
    with pytest.raises(ModelError, match=r"tiny needs diffusers\.ToyPipeline.*Upgrade it"):
        views.get(View("ToyPipeline", words()))


def test_views_write_nothing(views: Views, family: Family, capfd: Any) -> None:
    pipeline = views.get(family.mask)
    with pipeline.progress_bar(total=2) as bar:
        bar.update()
    assert capfd.readouterr() == ("", "")
