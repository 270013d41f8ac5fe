"""`import pochade` costs next to nothing, and every public name is there when it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "diffusers",
    "transformers",
    "anywidget",
    "ipywidgets",
    "pydantic",
    "numpy",
    "PIL",
    "sqlite3",
    "IPython",
)


def run(code: str) -> str:
    """Run code in a Python of its own, with warnings as errors, and return what it prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_pochade_loads_nothing_heavy() -> None:
    loaded = run(f"import sys, pochade; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert loaded == "[]"


def test_a_session_can_be_made_and_described_without_torch_or_widgets(tiny_model: object) -> None:
    code = f"""
import sys, pochade
session = pochade.Session({str(tiny_model)!r})
print(session.capabilities.name, len(session), [name for name in ("torch", "anywidget") if name in sys.modules])
"""
    assert run(code) == "tiny 0 []"


def test_every_public_name_can_be_imported_and_completed() -> None:
    import pochade

    for name in pochade.__all__:
        assert getattr(pochade, name) is not None
        assert name in dir(pochade)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    import pochade

    with pytest.raises(AttributeError, match="has no attribute 'Sesion'"):
        pochade.Sesion  # noqa: B018 - asking is the test
