"""What one manifest says: its actions, where the pixels come from, when, and what pochade wrote about the turn.

It stands alone because every value in a manifest is whatever its signer put there: of any type, any length, any depth.
Each is looked at here once, and what is not of the kind that it should be is left out.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pochade.provenance.credentials import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.provenance.credentials import Made

__all__ = ["LABEL", "actions_of", "made_of", "moment", "said_of", "text", "turn_of", "when_of"]

LABEL = "org.pochade.turn"
"""The assertion in which pochade writes about the turn."""

_TEXT = 100_000  # characters: longer than any prompt
_JSON = 1_000_000  # characters of pochade's own assertion
_NESTED, _VALUES = 12, 10_000  # how deep and how many values it may have
_ACTIONS = 100
_WHOLE = 2**53  # beyond this a number is no count

_WORDS = {
    "c2pa.created": "made",
    "c2pa.opened": "opened",
    "c2pa.edited": "changed",
    "c2pa.edited.metadata": "description changed",
    "c2pa.transcoded": "written in another format",
    "c2pa.converted": "converted",
    "c2pa.placed": "another picture placed in it",
    "c2pa.removed": "something removed",
    "c2pa.cropped": "cropped",
    "c2pa.resized": "resized",
    "c2pa.resized.proportional": "resized",
    "c2pa.orientation": "turned or mirrored",
    "c2pa.color_adjustments": "colours changed",
    "c2pa.adjustedColor": "colours changed",
    "c2pa.enhanced": "enhanced",
    "c2pa.drawing": "drawn on",
    "c2pa.filtered": "filtered",
    "c2pa.watermarked": "watermarked",
    "c2pa.published": "published",
    "c2pa.repackaged": "repackaged",
    "c2pa.redacted": "something taken out of its credentials",
    "c2pa.unknown": "something that is not known",
}
_SAME_PIXELS = frozenset(
    {"c2pa.opened", "c2pa.transcoded", "c2pa.repackaged", "c2pa.published", "c2pa.edited.metadata", "c2pa.redacted"}
)
_AI = "trainedAlgorithmicMedia"
_COMPOSITE = {"compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"}  # the latter: some element is by a model


def text(value: object, limit: int = _TEXT) -> str | None:
    """Return a text, cut at so many characters; None for anything else, and for an empty one."""
    return value[:limit] if isinstance(value, str) and value else None


def said_of(agent: object) -> str | None:
    """Return a program's name and version, however it is written down."""
    if isinstance(agent, dict):
        name, version = text(agent.get("name"), 100), text(agent.get("version"), 60)
        return f"{name} {version}" if name and version else name
    return text(agent, 160)


def moment(value: object) -> datetime | None:
    """Return a time in ISO 8601 that names its zone; None for anything else."""
    try:
        when = datetime.fromisoformat(value[:64]) if isinstance(value, str) else None
        return when.astimezone(UTC) if when is not None and when.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def actions_of(manifest: dict[str, Any]) -> tuple[Action, ...]:
    """Return what was done, in order."""
    found = []
    for label, data in _assertions(manifest):
        if label.split("__")[0] in {"c2pa.actions", "c2pa.actions.v2"} and isinstance(data, dict):
            rows = data.get("actions")
            found += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(_action(row) for row in found[:_ACTIONS])


def _action(row: dict[str, Any]) -> Action:
    kind = text(row.get("action"), 100) or "c2pa.unknown"
    words = _WORDS.get(kind) or kind.rsplit(".", 1)[-1].replace("_", " ")
    source = text(row.get("digitalSourceType"), 200)
    source = source.rstrip("/").rsplit("/", 1)[-1] if source else None
    return Action(kind, words, said_of(row.get("softwareAgent")), moment(row.get("when")), source)


def made_of(actions: tuple[Action, ...], data: dict[str, Any]) -> Made:
    """Judge where the pixels come from: by the digital source types, which any viewer reads, before pochade's word."""
    sources = {action.source_type for action in actions} - {None}
    if _COMPOSITE & sources:
        return "composite"
    if _AI in sources:
        return "ai"
    word = data.get("made")
    if actions and all(action.kind in _SAME_PIXELS for action in actions):
        return word if word in {"ai", "composite"} else "untouched"
    # Where pochade's word says AI and the source types do not, neither is believed.
    return "other" if sources and word not in {"ai", "composite"} else "unknown"


def when_of(actions: tuple[Action, ...], data: dict[str, Any]) -> datetime | None:
    """Return when it was made, by the signer's own clock."""
    last = [action.when for action in actions if action.when is not None]
    if last:
        return last[-1]
    return datetime.fromtimestamp(data["created"], UTC) if "created" in data else None


def turn_of(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return what pochade wrote about the turn: {} where it wrote nothing, None where it cannot be read."""
    for label, data in _assertions(manifest):
        if label == LABEL:
            words = data.get("json") if isinstance(data, dict) else None
            return _parsed(words) if isinstance(words, str) and len(words) <= _JSON else None
    return {}


def _parsed(words: str) -> dict[str, Any] | None:
    try:
        data = json.loads(words, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not _modest(data):
        return None
    return {name: value for name, value in data.items() if name not in _KINDS or _KINDS[name](value)}


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _modest(data: object) -> bool:
    """Whether it is neither deep nor endless, so that whoever goes through it comes back."""
    row, count = [data], 0
    for _ in range(_NESTED):
        inner: list[object] = []
        for value in row:
            inner += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(inner)
        if not inner or count > _VALUES:
            return count <= _VALUES
        row = inner
    return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _WHOLE


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    try:
        datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return True


def _is_versions(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(version, str) for version in value.values())


_KINDS: dict[str, Callable[[object], bool]] = {
    "v": _is_count,
    "session": _is_text,
    "turn": _is_text,
    "index": _is_count,
    "task": _is_text,
    "made": _is_text,
    "model": _is_text,
    "weights": _is_text,
    "versions": _is_versions,
    "created": _is_time,
    "prompt": _is_text,
    "rewritten": _is_text,
    "negative": _is_text,
}


def _assertions(manifest: dict[str, Any]) -> list[tuple[str, object]]:
    rows = manifest.get("assertions")
    if not isinstance(rows, list):
        return []
    return [
        (row["label"], row.get("data")) for row in rows if isinstance(row, dict) and isinstance(row.get("label"), str)
    ]
