"""Two processes see what each holds of a device, and what a dead one left is swept away."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pochade.engine import claims
from pochade.engine.claims import Holder, claim, held, holders
from pochade.engine.memory import GB, There, choose
from pochade.engine.needs import Need
from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDING = """
import sys
from pochade.engine.claims import claim
kept = claim("cpu", "klein-4b", 9_000_000_000)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """Another kernel, of cats.ipynb, that holds klein-4b until it is told to end."""
    environment = {**os.environ, "JPY_SESSION_NAME": "/home/ann/cats.ipynb"}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "claims"


def test_another_kernel_is_named_with_what_it_holds(other: subprocess.Popen[str]) -> None:
    assert held("cpu") == [Holder(other.pid, "cats.ipynb", "klein-4b", 9_000_000_000)]
    assert holders("cpu") == (
        f"The kernel of cats.ipynb (process {other.pid}) holds klein-4b, 9.0 GB: close that session or shut that "
        f"kernel down. "
    )
    assert held("elsewhere") == []


def test_too_little_memory_says_who_has_it(other: subprocess.Popen[str]) -> None:
    wanted = Need.estimated({"transformer": 8 * GB}, pixels=1, itemsize=4)
    with pytest.raises(ModelError, match=rf"process {other.pid}\) holds klein-4b, 9\.0 GB.*Close other programs"):
        choose(wanted, There(GB, 16 * GB), There(GB, 16 * GB), "cpu", "float32", name="m", holders=holders("cpu"))


def test_a_killed_kernel_holds_nothing_and_is_swept_away(other: subprocess.Popen[str], folder: Path) -> None:
    assert list(folder.iterdir())
    other.kill()
    other.wait()
    assert held("cpu") == []
    assert list(folder.iterdir()) == []


def test_a_kernel_that_ends_takes_its_claim_along(other: subprocess.Popen[str], folder: Path) -> None:
    other.communicate("\n")
    assert list(folder.iterdir()) == []


def test_a_kernel_sees_its_own_models_too() -> None:
    kept = claim("cpu", "sdxl", 7_100_000_000)
    assert holders("cpu") == "This kernel itself holds sdxl, 7.1 GB: close the sessions that use it. "
    kept.drop()
    kept.drop()
    assert held("cpu") == []


def test_a_claim_ends_with_whoever_keeps_it(folder: Path) -> None:
    kept = claim("cpu", "sdxl", 1)
    assert len(held("cpu")) == 1
    del kept
    gc.collect()
    assert list(folder.iterdir()) == []


def test_the_largest_comes_first() -> None:
    kept = [claim("cpu", name, size) for name, size in (("small", 1), ("large", 3), ("middle", 2))]
    assert [holder.model for holder in held("cpu")] == ["large", "middle", "small"]
    for one in kept:
        one.drop()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"node": "elsewhere"}', '{"process": "x"}', "\x00"])
def test_whatever_lies_among_the_claims_harms_nobody(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "cpu-1-abc.json").write_text(text)
    assert held("cpu") == []


def test_where_no_claim_can_be_written_work_goes_on(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    claim("cpu", "sdxl", 1).drop()
    assert held("cpu") == []


def test_a_folder_that_is_not_ones_own_is_not_written_to(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    claim("cpu", "sdxl", 1)
    assert list(elsewhere.iterdir()) == []
    monkeypatch.delenv("POCHADE_HOME")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(claims.tempfile, "gettempdir", lambda: str(tmp_path))
    kept = claim("cpu", "sdxl", 1)
    assert [holder.model for holder in held("cpu")] == ["sdxl"]
    kept.drop()
