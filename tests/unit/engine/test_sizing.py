"""Pipelines that choose a size themselves are held to the one asked, on the calling thread and nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest

from pochade.engine.sizing import held

MILLION = 1024 * 1024
CHOOSING = {
    "QwenImageEditPipeline": ("qwenimage.pipeline_qwenimage_edit", MILLION),
    "QwenImageEditPlusPipeline": ("qwenimage.pipeline_qwenimage_edit_plus", MILLION),
    "QwenImageEditInpaintPipeline": ("qwenimage.pipeline_qwenimage_edit_inpaint", MILLION),
    "QwenImageLayeredPipeline": ("qwenimage.pipeline_qwenimage_layered", 640 * 640),
    "LongCatImageEditPipeline": ("longcat_image.pipeline_longcat_image_edit", MILLION),
}


@pytest.fixture(params=CHOOSING)
def choosing(request: pytest.FixtureRequest) -> tuple[Any, Any, int]:
    """A pipeline without components, its module, and the area that it would work at."""
    name, area = CHOOSING[request.param]
    module = import_module(f"diffusers.pipelines.{name}")
    cls = getattr(module, request.param)
    return cls.__new__(cls), module, area


def test_the_size_asked_is_chosen_inside_and_the_pipelines_own_outside(choosing: tuple[Any, Any, int]) -> None:
    pipeline, module, area = choosing
    own = module.calculate_dimensions(area, 96 / 64)
    with held(pipeline, (area,), (96, 64)):
        inside = module.calculate_dimensions(area, 96 / 64)
    assert inside[:2] == (96, 64)
    assert inside[2:] == own[2:]
    assert own[:2] != (96, 64)
    assert module.calculate_dimensions(area, 96 / 64) == own


def test_other_areas_and_other_shapes_are_left_to_the_pipeline(choosing: tuple[Any, Any, int]) -> None:
    pipeline, module, area = choosing
    own = module.calculate_dimensions(384 * 384, 1.5), module.calculate_dimensions(area, 0.5)
    with held(pipeline, (area,), (96, 64)):
        assert (module.calculate_dimensions(384 * 384, 1.5), module.calculate_dimensions(area, 0.5)) == own


def test_other_threads_are_not_held(choosing: tuple[Any, Any, int]) -> None:
    pipeline, module, area = choosing
    own = module.calculate_dimensions(area, 1.5)
    with held(pipeline, (area,), (96, 64)), ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(module.calculate_dimensions, area, 1.5).result() == own


def test_a_pipeline_that_chooses_no_size_is_left_alone() -> None:
    from diffusers import ZImagePipeline

    with held(ZImagePipeline.__new__(ZImagePipeline), (), (96, 64)):
        pass
