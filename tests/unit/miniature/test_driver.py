"""The driver keeps to its time, whatever its stages do, and always saves what was trained."""

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pochade.errors import RequestError
from pochade.miniature.training import driver, presets

TINY = presets.PRESETS["tiny"]
WRITES = {"vae": "decoder.safetensors", "base": "base.safetensors", "save": "model/card.json"}


class Stages:
    """Stands in for training, which is tested where it is: each stage takes its time and writes its file, or fails."""

    def __init__(self, monkeypatch):
        self.now, self.ran, self.kept, self.fails, self.minutes = 0.0, [], [], {}, dict(driver.PARTS)
        clock = SimpleNamespace(monotonic=lambda: self.now, time=lambda: self.now)
        monkeypatch.setattr(driver, "time", clock)
        monkeypatch.setattr(driver, "look", lambda out, *_: self.run("check", out))
        monkeypatch.setattr(driver, "run", lambda stage, out, _: self.run(stage, out))
        monkeypatch.setattr(driver, "train_base", lambda out, *_: self.run("base", out))
        monkeypatch.setattr(driver, "measure", lambda folders, *_: self.run("ruler", folders[0].parent) / "model")
        monkeypatch.setattr(driver, "keep", lambda *_: self.keep())

    def run(self, stage, out):
        self.ran.append(stage)
        self.now += 60 * self.minutes[stage]
        if stage in WRITES and self.fails.get(stage) != "at once":
            (out / WRITES[stage]).parent.mkdir(exist_ok=True)
            (out / WRITES[stage]).touch()
        if stage in self.fails:
            raise RuntimeError(f"{stage} failed")
        return out

    def keep(self):
        self.kept.append(self.ran[-1])
        if "keep" in self.fails:
            raise OSError("no room")


@pytest.fixture
def stages(monkeypatch):
    return Stages(monkeypatch)


def told(out):
    return [json.loads(line) for line in (out / "driver.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("stage", ["check", "distil", "finish", "ruler"])
def test_a_stage_that_fails_costs_nothing_but_itself(stages, tmp_path, stage):
    stages.fails[stage] = "in the end"
    assert driver.drive(tmp_path, TINY, 27) == [stage]
    assert stages.ran == list(driver.PARTS)
    assert [line["error"] for line in told(tmp_path) if line.get("failed") == stage] == [
        f"RuntimeError('{stage} failed')"
    ]


def test_what_a_failing_base_has_learnt_is_saved(stages, tmp_path):
    stages.fails["base"] = "in the end"
    assert driver.drive(tmp_path, TINY, 27) == ["base"]
    assert (tmp_path / "model" / "card.json").exists()


def test_where_there_are_no_weights_nothing_is_made_of_them(stages, tmp_path):
    stages.fails["base"] = "at once"
    assert driver.drive(tmp_path, TINY, 27) == ["base", "distil", "finish", "save", "ruler"]
    assert stages.ran == ["check", "vae", "base"]


def test_a_sample_grid_that_cannot_be_written_stops_nothing(stages, tmp_path):
    stages.fails["keep"] = "always"
    assert set(driver.drive(tmp_path, TINY, 27)) == {"keep"}
    assert stages.ran == list(driver.PARTS)


def test_weights_are_kept_as_soon_as_base_and_distil_have_ended(stages, tmp_path):
    driver.drive(tmp_path, TINY, 27)
    assert stages.kept == ["base", "distil"]


@pytest.mark.parametrize(
    ("late", "left_out"),
    [("base", {"distil", "finish", "ruler"}), ("distil", {"finish", "ruler"}), ("save", {"ruler"})],
)
def test_when_the_time_is_over_only_what_saves_the_weights_is_run(stages, tmp_path, late, left_out):
    stages.minutes[late] += 20
    assert driver.drive(tmp_path, TINY, 27) == []
    assert stages.ran == [stage for stage in driver.PARTS if stage not in left_out]
    assert {line["skipped"] for line in told(tmp_path) if "skipped" in line} == left_out


def test_what_failed_is_run_again_and_so_is_all_that_was_made_of_it(stages, tmp_path):
    stages.fails["base"] = "in the end"
    driver.drive(tmp_path, TINY, 27)
    stages.fails, stages.ran = {}, []
    assert driver.drive(tmp_path, TINY, 27) == []
    assert stages.ran == ["base", "distil", "finish", "save", "ruler"]
    stages.ran = []
    driver.drive(tmp_path, TINY, 27)
    assert stages.ran == []


def test_the_driver_does_not_run_again_what_has_ended(tmp_path):
    diary = driver.Diary(tmp_path)
    diary.tell(ended="vae")
    diary.tell(begun="base")
    assert driver.Diary(tmp_path).done == {"vae"}


def test_a_line_that_was_half_written_costs_nothing_but_itself(tmp_path):
    driver.Diary(tmp_path).tell(ended="vae")
    with (tmp_path / "driver.jsonl").open("a") as stream:
        stream.write('{"seconds": 3, "en')
    driver.Diary(tmp_path).tell(ended="base")
    assert driver.Diary(tmp_path).done == {"vae", "base"}


@pytest.mark.parametrize("device", ["gpu", "cuda:7"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_made(tmp_path, device):
    with pytest.raises(RequestError, match="the devices are cpu and cuda"):
        driver.drive(tmp_path / "out", replace(TINY, device=device), 27)
    assert not (tmp_path / "out").exists()


def test_a_training_machine_needs_only_what_training_needs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "for name in ('pydantic', 'typer', 'rich', 'c2pa', 'IPython', 'ipywidgets', 'cryptography'):\n"
        "    sys.modules[name] = None\n"
    )
    words = [sys.executable, "-c", "import sitecustomize, pochade.miniature.training.driver"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
