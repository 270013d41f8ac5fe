"""The short ways in: what was saved comes back, and one call makes one picture."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import pochade
from pochade import Session
from pochade.errors import ModelError, RequestError

if TYPE_CHECKING:
    from pathlib import Path


def test_once_another_process_lets_go_opening_again_makes_the_session_writable(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "shared.pochade"
    Session(tiny_model, path=path).close()
    code = f"from pochade.store import Store; s = Store.open({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        reader = pochade.open(path)  # a file without a turn is a file all the same
        assert not reader.writable
        assert f"process {other.pid}" in str(reader.holder)
        assert len(reader) == 0
        other.communicate("\n")
    with pochade.open(path) as writer:
        assert writer.writable
        assert writer.generate("a red cat", seed=1) == writer.current
        assert pochade.open(path) is writer
        reader.close()
        assert writer.say("blue", seed=1).parent == writer[0]


def test_the_name_of_a_file_may_begin_with_the_home_folder(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Session(tiny_model, path=tmp_path / "mine.pochade") as session:
        assert pochade.open("~/mine.pochade") is session


def test_painting_one_picture_takes_what_generate_and_session_take(tiny_model: Path) -> None:
    turn = pochade.paint("a red cat", model=tiny_model, device="cpu", seed=3, n=2)
    assert (turn.seed, len(turn.images), turn.model) == (3, 2, str(tiny_model))
    with pytest.raises(RequestError, match="whole number"):
        pochade.paint("a red cat", model=tiny_model, n=99)
    with pytest.raises(ModelError, match="no model"):
        pochade.paint("a red cat", model="no/such/folder")
