"""On every kind of model, a picture is the same with levers, with everything remembered, and without levers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from families import flux1, flux2, others, qwen, sana, stable
from families.contract import hole, scene

from pochade.engine.local import Engine
from pochade.engine.painting import Painting
from pochade.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def paint(engine: Engine, task: str, n: int) -> np.ndarray:
    painting = Painting(
        prompt="a red cat",
        size=(64, 64),
        seeds=tuple(range(5, 5 + n)),
        steps=3,
        guidance=4.0,
        picture=None if task == "text" else scene(),
        mask=hole() if task == "mask" else None,
    )
    pictures = [np.asarray(picture) for picture in engine.paint(painting, Report())]
    return np.stack(pictures).astype(int)


@pytest.mark.parametrize(
    "build",
    [
        flux1.kontext,
        flux1.fill,
        flux2.klein,
        flux2.klein_kv,
        flux2.dev,
        qwen.image,
        qwen.edit_plus,
        stable.sd15,
        stable.sdxl,
        stable.sd3,
        others.z_image,
        others.longcat_edit,
        sana.sana,
    ],
)
def test_the_picture_is_the_same_with_and_without_levers(build: Callable[[Path], Any], tmp_path: Path) -> None:
    engine = Engine(build(tmp_path / "model"), "cpu", "float32")
    engine.load(Report())
    family = engine.capabilities.family
    tasks = [task for task in ("text", "edit", "mask") if getattr(family, task) is not None]
    applied = engine._loaded._applied
    assert {"prompts kept", "latents kept"} <= set(applied.facts()["exact"])
    first = {(task, n): paint(engine, task, n) for task in tasks for n in (1, 2)}
    again = {asked: paint(engine, *asked) for asked in first}
    assert applied.prompts.hits >= len(first)
    applied.release()
    for asked, bare in ((asked, paint(engine, *asked)) for asked in first):
        assert np.array_equal(first[asked], again[asked]), asked
        assert np.abs(first[asked] - bare).max() <= 1, asked
        assert (first[asked] != bare).mean() < 0.01, asked
