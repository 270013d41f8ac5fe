"""The bench measures what it says it measures; how fast this machine is today is no test."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pochade import bench
from pochade.bench import alone, pairs, reaction, shaped, table
from pochade.bench.rig import Rig, rig_on
from pochade.errors import ModelError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def rig(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POCHADE_HOME", str(tmp_path_factory.mktemp("home")))
        with rig_on(tiny_model, device="cpu") as made:
            yield made


def test_the_figures_are_printed_as_a_table_and_written_as_json(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    result = bench.run(["picture 128", "bundle"], out, model=tiny_model)
    figure = result["figures"]["picture 128"]
    assert figure["value"] > 0
    assert list(result["figures"]) == ["picture 128", "bundle"]
    assert json.loads(out.read_text()) == result
    assert result["machine"]["torch"]
    assert "a 2-step picture, 128×128" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "bound", "within"),
    [(1.0, "at most", True), (3.0, "at most", False), (1.0, "at least", False), (3.0, "at least", True)],
)
def test_a_limit_is_kept_on_its_side(value: float, bound: Any, within: object) -> None:
    figure = table.Figure("a", "b", value, "×", 2.0, bound)
    assert figure.within is within
    assert table.Figure("a", "b", None, "×", 2.0).within is None
    assert table.Figure("a", "b", 1.0, "×").within is None


def test_limits_meant_for_the_miniature_are_not_held_against_other_models(tiny_model: Path) -> None:
    result = bench.run(["picture 128", "stop"], model=tiny_model)
    assert result["figures"]["picture 128"]["limit"] is None
    assert result["figures"]["stop"]["limit"] == 100


def test_a_size_beyond_the_model_is_left_blank(rig: Rig) -> None:
    assert bench.picture(rig, (512, 512), 1.0).value is None
    assert bench.picture(rig, (64, 64), 1.0, pictures=1).value > 0


def test_both_halves_paint_the_same_picture_and_only_one_has_levers(rig: Rig) -> None:
    import torch

    _, [bare] = rig.bare(rig.painting("a red cat", [3]))
    _, [ours] = rig.generate("a red cat", 3)
    assert pairs._apart([bare], [ours])[0] <= 1
    untouched, levered = rig._views, rig._engine.pipeline()
    [pipeline] = untouched
    assert "encode_prompt" not in vars(pipeline)
    assert "encode_prompt" in vars(levered)
    assert type(pipeline.transformer) is not type(levered.transformer)
    assert pipeline.vae.encoder.conv_in.weight.is_contiguous()
    assert pipeline.transformer.proj_out.weight.data_ptr() == levered.transformer.proj_out.weight.data_ptr()
    assert torch.equal(pipeline.vae.bn.running_var, levered.vae.bn.running_var)


def test_text_edit_retry_and_conversation_compare_the_same_pictures(rig: Rig) -> None:
    for figure in (
        pairs.text(rig, pairs=2),
        pairs.edit(rig, pairs=2),
        pairs.retry(rig, pairs=2),
        pairs.conversation(rig, rounds=1, turns=3),
        pairs.variants(rig, pairs=1, several=2),
    ):
        assert figure.value > 0
        assert figure.bare > 0
        assert figure.pochade > 0
        largest, share = figure.apart
        assert largest <= 1
        assert share < 0.01


def test_a_conversation_goes_on_from_its_own_pictures(rig: Rig) -> None:
    before = len(rig.session)
    pairs.conversation(rig, rounds=1, turns=3)
    turns = rig.session.turns[before:]
    assert [turn.parent and turn.parent.id for turn in turns[2:4]] == [turns[1].id, turns[2].id]


def test_no_prompt_is_asked_twice_but_in_a_retry(rig: Rig) -> None:
    prompts = rig._engine._loaded._applied.prompts
    hits = prompts.hits
    pairs.text(rig, pairs=2, name="fresh")
    pairs.conversation(rig, rounds=2, turns=2)
    assert prompts.hits == hits
    pairs.retry(rig, pairs=2)
    assert prompts.hits >= hits + 2


def test_differences_between_pictures_are_counted() -> None:
    from PIL import Image

    red, other = Image.new("RGB", (2, 2), (10, 0, 0)), Image.new("RGB", (2, 2), (10, 0, 0))
    assert pairs._apart([red], [other]) == (0.0, 0.0)
    other.putpixel((0, 0), (7, 0, 1))
    assert pairs._apart([red], [other]) == (3.0, 2 / 12)
    assert pairs._apart([], []) == (0.0, 0.0)


def test_the_road_is_measured_against_both(rig: Rig) -> None:
    assert -100 < pairs.overhead(rig, pairs=1).value < 10_000
    assert -100 < pairs.road(rig, pairs=1).value < 10_000


def test_previews_and_stops_are_timed(rig: Rig) -> None:
    assert 0 < reaction.preview(rig, pictures=1).value < 1000
    assert 0 <= reaction.stop(rig).value < 10_000


def test_a_busy_cell_is_busy_and_ends(rig: Rig) -> None:
    import threading

    with reaction.busy_cell():
        assert any(thread.name == "a busy cell" for thread in threading.enumerate())
    assert not any(thread.name == "a busy cell" for thread in threading.enumerate())
    assert reaction.busy_text(rig).value > 0


@pytest.mark.thorough
def test_memory_is_measured_in_a_process_of_its_own(tiny_model: Path) -> None:
    assert 100 < alone.memory_megabytes(str(tiny_model), turns=2) < 10_000
    assert -50 < alone.drift_percent(str(tiny_model), turns=2) < 50


@pytest.mark.thorough
def test_starting_is_measured_from_cold(tiny_model: Path) -> None:
    assert alone.import_seconds(pairs=1) < alone.cold_paint_seconds(str(tiny_model))


def test_measuring_leaves_the_persons_sessions_alone(tiny_model: Path, home: Path) -> None:
    bench.run(["picture 128"], model=tiny_model)
    assert os.environ["POCHADE_HOME"] == str(home)
    assert not home.exists()


def test_an_unknown_row_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="speed"):
        bench.run(["speed"])


def test_another_size_is_measured_where_it_is_asked(tiny_model: Path) -> None:
    result = bench.run(["overhead"], model=tiny_model, size=(96, 64), device=None, memory="auto")
    assert result["model"] == f"{tiny_model}, 96×64"


def test_a_size_that_needs_work_around_the_model_is_refused(tiny_model: Path) -> None:
    with (
        pytest.raises(RequestError, match="tiny does not paint 100×100 by itself"),
        rig_on(tiny_model, size=(100, 100)),
    ):
        pass


def test_a_shape_is_a_model_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    result = bench.run(["text", "edit", "device memory"], shape="tiny", device="cpu")
    assert result["figures"]["edit"]["apart"][0] <= 1
    assert result["figures"]["device memory"]["value"] is None
    assert result["model"] == "the shape of tiny, drawn weights"
    assert "the shape of tiny" in capsys.readouterr().out


def test_of_a_shape_only_what_compares_is_measured_by_itself() -> None:
    assert {"text", "conversation", "stop", "device memory"} <= set(bench._usual("klein-4b"))
    assert not {"import", "cold paint", "memory", "bundle", "picture 128"} & set(bench._usual("klein-4b"))
    assert bench._usual(None) == list(bench.ROWS)


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("klein-4b", {"transformer": 3.88, "text_encoder": 4.02}),
        ("qwen-image", {"transformer": 20.43, "text_encoder": 8.29, "vae": 0.127}),
        ("sdxl", {"unet": 2.57, "text_encoder_2": 0.695}),
    ],
)
def test_a_shape_has_as_many_weights_as_the_model_and_takes_no_room(
    name: str, billions: dict[str, float], tmp_path: Path
) -> None:
    from pochade.engine.families import capabilities_of
    from pochade.engine.needs import need

    folder = shaped.write(name, tmp_path / name, "bfloat16")
    wanted = need(folder, "bfloat16", pixels=1024 * 1024)
    for part, count in billions.items():
        assert wanted.weights[part] / 2e9 == pytest.approx(count, rel=0.01)
    assert capabilities_of(folder).size.default[0] >= 1024
    if sys.platform == "linux":
        assert sum(path.stat().st_blocks * 512 for path in folder.rglob("*")) < 20_000_000


def test_too_little_memory_for_a_shape_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from pochade.engine import host

    monkeypatch.setattr(host, "main_memory", lambda: (8 * 10**9, 16 * 10**9))
    with (
        pytest.raises(ModelError, match=r"klein-4b needs about [\d.]+ GB on cpu .* in float32"),
        rig_on(shape="klein-4b", device="cpu"),
    ):
        pass


def test_drawn_weights_are_spread_and_always_the_same() -> None:
    import torch

    layers = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.BatchNorm1d(64))
    layers[1].running_var.zero_()
    shaped.draw({"model": layers, "tokenizer": None})
    first = layers[0].weight.clone()
    shaped.draw({"model": layers})
    assert torch.equal(layers[0].weight, first)
    assert first.std().item() == pytest.approx(shaped.SPREAD, rel=0.05)
    assert layers[0].bias.abs().max() == 0
    assert layers[1].weight.min() == layers[1].running_var.min() == 1


def test_a_shape_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no shape 'klein'. Use one of klein-4b, qwen-image, sdxl, tiny"):
        shaped.write("klein", tmp_path, "float32")
