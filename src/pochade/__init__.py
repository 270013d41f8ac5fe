"""pochade: images made and changed by talking to them, inside Jupyter.

Everything public can be reached from here, and nothing is loaded before it is used: `import pochade` brings in neither
PyTorch nor a widget nor pydantic, so a notebook's first cell answers at once. A name's module is imported when the name
is first asked for (PEP 562).

>>> import pochade
>>> s = pochade.Session()
>>> t = s.say("a cat on a blue background")
>>> t = s.say("give it a top hat")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pochade.engine.models import models
    from pochade.errors import (
        Cancelled,
        ImageError,
        ModelError,
        OutOfMemoryError,
        PochadeError,
        ProvenanceError,
        ReadOnlyError,
        RequestError,
        StoreError,
        WouldBlockError,
    )
    from pochade.jobs import Event, Job, Progress
    from pochade.provenance.credentials import Credentials
    from pochade.provenance.find import Found, Match, find
    from pochade.provenance.signer import Signer
    from pochade.provenance.verify import verify
    from pochade.request import Request
    from pochade.session import Session
    from pochade.shortcuts import open_session as open  # noqa: A004 - what it is called when asked for by name
    from pochade.shortcuts import paint, paint_mask
    from pochade.store.copying import Merged
    from pochade.store.leftovers import Purged
    from pochade.turn import Turn
    from pochade.widgets.compare import Compare
    from pochade.widgets.mask import MaskCanvas
    from pochade.widgets.promptbox import PromptBox
    from pochade.widgets.strip import TurnStrip

__version__ = "0.1.0"

__all__ = [
    "Cancelled",
    "Compare",
    "Credentials",
    "Event",
    "Found",
    "ImageError",
    "Job",
    "MaskCanvas",
    "Match",
    "Merged",
    "ModelError",
    "OutOfMemoryError",
    "PochadeError",
    "Progress",
    "PromptBox",
    "ProvenanceError",
    "Purged",
    "ReadOnlyError",
    "Request",
    "RequestError",
    "Session",
    "Signer",
    "StoreError",
    "Turn",
    "TurnStrip",
    "WouldBlockError",
    "__version__",
    "find",
    "models",
    "open",
    "paint",
    "paint_mask",
    "verify",
]

_HOMES = {
    "Cancelled": "errors",
    "Compare": "widgets.compare",
    "Credentials": "provenance.credentials",
    "Event": "jobs",
    "Found": "provenance.find",
    "ImageError": "errors",
    "Job": "jobs",
    "MaskCanvas": "widgets.mask",
    "Match": "provenance.find",
    "Merged": "store.copying",
    "ModelError": "errors",
    "OutOfMemoryError": "errors",
    "PochadeError": "errors",
    "Progress": "jobs",
    "PromptBox": "widgets.promptbox",
    "ProvenanceError": "errors",
    "Purged": "store.leftovers",
    "ReadOnlyError": "errors",
    "Request": "request",
    "RequestError": "errors",
    "Session": "session",
    "Signer": "provenance.signer",
    "StoreError": "errors",
    "Turn": "turn",
    "TurnStrip": "widgets.strip",
    "WouldBlockError": "errors",
    "find": "provenance.find",
    "models": "engine.models",
    "open": "shortcuts",
    "paint": "shortcuts",
    "paint_mask": "shortcuts",
    "verify": "provenance.verify",
}
_OTHER_NAMES = {"open": "open_session"}  # a module of ours should not hide the built-in from its own code


def __getattr__(name: str) -> Any:
    """Import the module that holds `name`, once, and keep the name here."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pochade' has no attribute {name!r}")
    value = getattr(import_module(f"pochade.{home}"), _OTHER_NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not, so that Tab completes them."""
    return sorted({*globals(), *__all__})
