"""Models come from a real server over the Hub's own client: watched, stopped, cut short, refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from easel import SOON
from hub import COMMIT, Hub

from pochade.engine.families import capabilities_of
from pochade.engine.fetching import fetch
from pochade.engine.loading import fingerprint
from pochade.engine.weights import tensors
from pochade.errors import Cancelled, ModelError
from pochade.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

PINNED = f"owner/tiny@{COMMIT}"
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"
SIZE = 24_000_000


@pytest.fixture
def served(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model as a repository has it: with files beside it that must not be fetched."""
    folder = tmp_path / "repository"
    shutil.copytree(tiny_model, folder)
    for name in ("transformer/diffusion_pytorch_model.bin", "vae/weights.pt", "README.md", "tiny.safetensors"):
        (folder / name).write_bytes(b"not to be fetched")
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"not named by the index")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def hub(served: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub({"owner/tiny": served}) as opened:
        opened.answer_client(monkeypatch, cache)
        yield opened


@pytest.fixture
def large(served: Path) -> Path:
    """The repository with 24 MB of weights, so that they come in several pieces."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [SIZE // 4], "data_offsets": [0, SIZE]}}).encode()
    (served / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header + bytes(SIZE))
    return served


class Fetching(threading.Thread):
    """A download on a thread of its own, with what came of it."""

    def __init__(self, place: str = PINNED) -> None:
        super().__init__()
        self.report, self.place = Report(), place
        self.folder: Path | None = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.folder = fetch(self.place, weights=True, report=self.report)
        except (ModelError, Cancelled) as error:
            self.error = error

    def finish(self) -> None:
        self.join(SOON)
        assert not self.is_alive()


def test_a_model_comes_whole_and_nothing_else_with_it(hub: Hub, tiny_model: Path) -> None:
    folder = fetch("owner/tiny", weights=True)
    assert capabilities_of(folder).name == "tiny"
    assert fingerprint(folder) == fingerprint(tiny_model)
    got = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert got == {path.relative_to(tiny_model).as_posix() for path in tiny_model.rglob("*") if path.is_file()}
    assert not any("safety_checker" in path for _method, path in hub.asked)


def test_descriptions_alone_are_small(hub: Hub) -> None:
    folder = fetch("owner/tiny", weights=False)
    assert capabilities_of(folder).name == "tiny"
    assert not any(name.endswith(".safetensors") for name in hub.downloads())


def test_a_pinned_model_in_the_cache_asks_nobody(hub: Hub) -> None:
    folder = fetch(PINNED, weights=True)
    hub.asked.clear()
    assert fetch(PINNED, weights=True) == fetch(PINNED, weights=False) == folder
    assert hub.asked == []


@pytest.mark.usefixtures("large")
def test_progress_is_told_in_megabytes_while_they_come(hub: Hub) -> None:
    hub.hold = WEIGHTS
    coming = Fetching()
    assert hub.held.wait(SOON)
    soon = time.monotonic() + SOON
    while coming.report.progress.step < 10 and time.monotonic() < soon:
        time.sleep(0.01)
    half = coming.report.progress
    assert (half.stage, half.steps) == ("downloading", 25)  # 24 MB, the other parts and the header
    assert 10 <= half.step < 25
    hub.go.set()
    coming.finish()
    assert coming.error is None
    assert coming.report.progress.step == 25


@pytest.mark.usefixtures("large")
def test_a_stop_in_the_middle_leaves_no_model_that_loads(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.hold = WEIGHTS
    fetching_it = Fetching()
    assert hub.held.wait(SOON)
    fetching_it.report.cancel()
    fetching_it.finish()
    assert isinstance(fetching_it.error, Cancelled)
    hub.go.set()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        fetch(PINNED, weights=True)


@pytest.mark.usefixtures("large")
def test_after_a_stop_only_the_rest_is_fetched(hub: Hub) -> None:
    hub.hold = WEIGHTS
    first = Fetching()
    assert hub.held.wait(SOON)
    first.report.cancel()
    first.finish()
    hub.go.set()
    hub.asked.clear()
    folder = fetch(PINNED, weights=True)
    assert tensors(folder / WEIGHTS)[0].count == SIZE // 4
    heavy = [name for name in hub.downloads() if name.endswith((".safetensors", ".json"))]
    assert WEIGHTS in heavy
    assert set(heavy) <= {WEIGHTS, "vae/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"}


def test_a_stop_before_the_download_fetches_nothing(hub: Hub) -> None:
    report = Report()
    report.cancel()
    with pytest.raises(Cancelled):
        fetch(PINNED, weights=True, report=report)
    assert not any(name.endswith(".safetensors") for name in hub.downloads())


def test_without_a_network_the_local_way_is_named(hub: Hub) -> None:
    hub.close()
    with pytest.raises(
        ModelError, match=r"could not be reached.*owner/tiny \(.*refused\).*save_pretrained.*hf download.*HF_HOME"
    ):
        fetch("owner/tiny", weights=True)


def test_without_a_network_the_cache_is_used(hub: Hub) -> None:
    folder = fetch("owner/tiny", weights=True)
    hub.close()
    assert fetch("owner/tiny", weights=True) == folder


def test_a_forbidden_network_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"not in the cache.*HF_HUB_OFFLINE"):
        fetch("owner/tiny", weights=True)
    assert hub.asked == []


def test_a_gated_model_says_how_to_be_let_in(hub: Hub) -> None:
    hub.gated.add("owner/tiny")
    with pytest.raises(ModelError, match=r"accepted its licence.*huggingface\.co/owner/tiny.*hf auth login"):
        fetch("owner/tiny", weights=True)


@pytest.mark.usefixtures("hub")
def test_an_unknown_repository_brings_up_the_name_that_was_meant() -> None:
    with pytest.raises(ModelError, match=r"no model 'black-forest-labs/FLUX\.2-klein4B'.*Did you mean 'klein-4b'"):
        fetch("black-forest-labs/FLUX.2-klein4B", weights=True)


@pytest.mark.usefixtures("hub")
def test_an_unknown_revision_is_named() -> None:
    with pytest.raises(ModelError, match="owner/tiny has no revision 'v9'"):
        fetch("owner/tiny@v9", weights=True)


def test_what_is_no_diffusers_model_is_refused_before_its_weights_come(hub: Hub, served: Path) -> None:
    (served / "model_index.json").unlink()
    with pytest.raises(ModelError, match=r"owner/tiny is not a diffusers model"):
        fetch("owner/tiny", weights=True)
    assert not any(name.endswith(".safetensors") for name in hub.downloads())


def test_a_connection_that_breaks_off_once_is_taken_up_where_it_broke(hub: Hub, large: Path) -> None:
    hub.breaks = WEIGHTS
    folder = fetch(PINNED, weights=True)
    assert (folder / WEIGHTS).read_bytes() == (large / WEIGHTS).read_bytes()
    assert [name for name, start in hub.resumed if start >= 10_000_000] == [WEIGHTS]


@pytest.mark.slow
def test_a_file_that_always_arrives_short_is_no_model(hub: Hub, cache: Path) -> None:
    hub.cut = WEIGHTS
    with pytest.raises(ModelError, match=r"broke off, while fetching owner/tiny .*finished is kept"):
        fetch(PINNED, weights=True)
    assert not list(cache.glob("**/transformer/*.safetensors"))


def test_a_file_of_another_size_than_the_hub_lists_is_named(hub: Hub) -> None:
    hub.sizes[WEIGHTS] = 17
    with pytest.raises(ModelError, match=rf"{Path(WEIGHTS).name} is damaged: it has [\d,]+ bytes of 17"):
        fetch(PINNED, weights=True)


@pytest.mark.usefixtures("hub")
def test_a_damaged_file_in_the_cache_is_named() -> None:
    folder = fetch("owner/tiny", weights=True)
    blob = (folder / WEIGHTS).resolve()
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(ModelError, match=rf"{Path(WEIGHTS).name} is damaged.*Delete"):
        fetch("owner/tiny", weights=True)


def test_a_full_disk_is_told_before_the_weights_are_fetched(hub: Hub) -> None:
    hub.sizes[WEIGHTS] = 10**18
    with pytest.raises(ModelError, match=r"owner/tiny needs 1000000000\.\d GB more on the disk.*hf cache.*HF_HOME"):
        fetch("owner/tiny", weights=True)
    assert WEIGHTS not in hub.downloads()


@pytest.mark.usefixtures("hub")
def test_half_precision_takes_the_half_set(served: Path) -> None:
    plain = served / WEIGHTS
    plain.with_name("diffusion_pytorch_model.fp16.safetensors").write_bytes(plain.read_bytes())
    folder = fetch(PINNED, weights=True, dtype="bfloat16")
    assert [path.name for path in (folder / "transformer").glob("*.safetensors")] == [
        "diffusion_pytorch_model.fp16.safetensors"
    ]


@pytest.mark.slow
def test_nothing_is_written_over_a_notebook(hub: Hub, tmp_path: Path) -> None:
    program = "from pochade.engine.fetching import fetch; fetch('owner/tiny', weights=True)"
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((tmp_path / "home").glob("**/vae/*.safetensors"))
