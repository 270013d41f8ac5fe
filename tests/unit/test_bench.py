"""The bench measures what it says it measures; how fast this machine is today is no test."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from pochade import bench

if TYPE_CHECKING:
    from pathlib import Path


def test_the_figures_are_printed_as_a_table_and_written_as_json(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    result = bench.run(["picture 128", "bundle"], out, model=tiny_model)
    figure = result["figures"]["picture 128"]
    assert figure["value"] > 0
    assert figure["within"] == (figure["value"] <= figure["limit"])
    assert json.loads(out.read_text()) == result
    assert "a 4-step picture, 128×128" in capsys.readouterr().out


def test_a_size_beyond_the_model_is_left_blank(tiny_model: Path) -> None:
    assert bench.picture_seconds(str(tiny_model), (512, 512)) is None


def test_the_roads_overhead_compares_the_same_picture(tiny_model: Path) -> None:
    assert -100 < bench.overhead_percent(str(tiny_model), pairs=3) < 10_000


def test_memory_is_measured_in_a_process_of_its_own(tiny_model: Path) -> None:
    assert 100 < bench.memory_megabytes(str(tiny_model), turns=2) < 10_000


def test_starting_is_measured_from_cold(tiny_model: Path) -> None:
    assert bench.import_seconds(pairs=1) < bench.cold_paint_seconds(str(tiny_model))


def test_measuring_leaves_the_persons_sessions_alone(tiny_model: Path, home: Path) -> None:
    bench.run(["picture 128"], model=tiny_model)
    assert os.environ["POCHADE_HOME"] == str(home)
    assert not home.exists()


def test_an_unknown_row_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="speed"):
        bench.run(["speed"])
