"""Shared fixtures: a real pipeline small enough to paint with in a blink, and a home of its own for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports the hub's client: tests never reach for the network

SUPPORT = Path(__file__).parent / "support"
if str(SUPPORT) not in sys.path:
    sys.path.insert(0, str(SUPPORT))
pytest.register_assert_rewrite("families.contract")  # its asserts are tests, though it is no test module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pochade import Session


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Flux2KleinPipeline of random weights and its card: 64x64 pixels in 2 steps."""
    import tiny

    return tiny.save(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pochade keeps sessions during this test; no test sees another's, nor the person's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("POCHADE_HOME", str(folder))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return folder


@pytest.fixture
def session(tiny_model: Path) -> Iterator[Session]:
    """An autosaved session on the tiny model."""
    from pochade import Session

    with Session(tiny_model, device="cpu") as opened:
        yield opened
