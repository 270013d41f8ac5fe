"""Turns what is known of a picture into the words of C2PA: the definition that a c2pa builder takes.

It stands alone, and reads nothing but its arguments, so that what a picture will say of itself can be read and tested
without a key. A manifest is carried along by every descendant of its picture, so it says each thing once.

The source types are the IPTC's (cv.iptc.org/newscodes/digitalsourcetype). The disclosure is the assertion
``c2pa.ai-disclosure`` that C2PA 2.4 (April 2026) brought; its label and fields (``modelType``, ``modelName``,
``modelIdentifier``, ``contentProfile`` with ``humanOversightLevel``) are written as public descriptions and other
implementations of 2.4 have them, since the text of that section could not be had. c2pa 0.91 knows nothing of it and
carries it as it is.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pochade import __version__
from pochade.errors import ProvenanceError

if TYPE_CHECKING:
    from pochade.provenance.facts import Facts, Level, Source

__all__ = ["DISCLOSURE", "LABEL", "MAX_WORDS", "WORDS", "definition", "ingredient", "written"]

LABEL = "org.pochade.turn"
"""The label of pochade's own assertion: ``{"json": text}``, since c2pa spoils lists of numbers and large integers."""

DISCLOSURE = "c2pa.ai-disclosure"

WORDS = ("prompt", "rewritten", "negative")
"""What of a recipe are a person's words, left out at "minimal"."""

MAX_WORDS = 32_000
"""How many characters of each are kept: c2pa takes definitions of up to 1 MiB."""

_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPES = {
    "ai": f"{_TYPES}trainedAlgorithmicMedia",
    "composite": f"{_TYPES}compositeWithTrainedAlgorithmicMedia",
}
_TITLE = 100
_DEPTH = 8
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_AGENT = {"name": "pochade", "version": __version__}


def definition(
    facts: Facts,
    level: Level,
    format: str,  # noqa: A002 - c2pa's own word
    redacted: Sequence[str] = (),
) -> dict[str, Any]:
    """Say what a picture says of itself.

    Parameters
    ----------
    facts : Facts
        What is known of it.
    level : "full" or "minimal"
        "minimal" leaves out the person's words, here and in the titles of sources.
    format : str
        The type of the file, such as ``"image/png"``.
    redacted : sequence of str
        Addresses of the assertions that are taken out of what the sources carry, since a person's words are in them
        (C2PA 2.4, redaction of assertions). The signatures of the sources still hold.

    Returns
    -------
    dict
        What `c2pa.Builder` takes, without the sources, which `ingredient` describes.

    Raises
    ------
    ProvenanceError
        A picture is said to be as it was opened, or another one written anew, and there is none that it comes from.
    """
    actions = [*_actions(facts), *map(_redaction, redacted)]
    assertions = [_assertion("c2pa.actions.v2", {"actions": actions, "allActionsIncluded": True})]
    if facts.made != "untouched":
        assertions.append(_assertion(DISCLOSURE, _disclosure(facts)))
    assertions.append(_assertion(LABEL, {"json": written(_data(facts, level))}))
    said = {
        "claim_generator_info": [_AGENT],
        "title": _title(facts.title),
        "format": format,
        "assertions": assertions,
    }
    return {**said, "redactions": list(redacted)} if redacted else said


def ingredient(source: Source, place: int, level: Level) -> dict[str, Any]:
    """Describe the source at a place of `Facts.sources`, as `c2pa.Builder.add_ingredient` takes it."""
    described = {"relationship": source.relationship, "instance_id": _id(place)}
    return described if level == "minimal" else {"title": _title(source.title), **described}


def written(data: Mapping[str, Any]) -> str:
    """Write data as one line of JSON that UTF-8 can carry, whatever is in it."""
    text = json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    """Say something in the signer's own name: what is not "created" is only passed on (C2PA 2.4, 10.3)."""
    return {"label": label, "created": True, "data": data}


def _actions(facts: Facts) -> list[dict[str, Any]]:
    parents = [_id(place) for place, one in enumerate(facts.sources) if one.relationship == "parentOf"]
    inputs = [_id(place) for place, one in enumerate(facts.sources) if one.relationship == "inputTo"]
    if len(parents) > 1:
        raise ProvenanceError(f"A picture grows from one other, not from {len(parents)}.")
    if not parents:
        if facts.made == "untouched" or facts.task == "convert":
            raise ProvenanceError("A picture that was only opened or converted names the one that it was.")
        return [_action("c2pa.created", facts, inputs, facts.made)]
    opened: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": parents}}
    if facts.task == "convert":
        return [opened, _action("c2pa.transcoded", facts, inputs, facts.made)]
    if facts.made == "untouched":
        return [{**_action("c2pa.opened", facts, parents, facts.made)}]
    return [opened, _action("c2pa.edited", facts, inputs, facts.made)]


def _action(kind: str, facts: Facts, sources: list[str], made: str) -> dict[str, Any]:
    action: dict[str, Any] = {"action": kind, "softwareAgent": _AGENT}
    if (when := _when(facts.created)) is not None:
        action["when"] = when
    if made in _SOURCE_TYPES:
        action["digitalSourceType"] = _SOURCE_TYPES[made]
    if sources:
        action["parameters"] = {"ingredientIds": sources}
    return action


def _redaction(address: str) -> dict[str, Any]:
    return {"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": address}}


def _disclosure(facts: Facts) -> dict[str, Any]:
    """Say that a model was at work, and which. Nobody has looked at the picture yet, so nobody has approved of it."""
    said: dict[str, Any] = {"modelType": "c2pa.types.model", "modelName": _model(facts.model)}
    if weights := facts.versions.get("weights"):
        said["modelIdentifier"] = f"sha256:{_text(weights)}"
    return said


def _data(facts: Facts, level: Level) -> dict[str, Any]:
    versions = dict(facts.versions)
    recipe = {name: value for name, value in facts.recipe.items() if level != "minimal" or name not in WORDS}
    return {
        **{name: value[:MAX_WORDS] if isinstance(value, str) else value for name, value in recipe.items()},
        "v": 1,
        "session": facts.session,
        "turn": facts.turn,
        "index": facts.index,
        "task": facts.task,
        "made": facts.made,
        "model": _model(facts.model),
        "weights": versions.pop("weights", ""),
        "versions": versions,
        "created": round(facts.created, 3) if math.isfinite(facts.created) else None,
    }


def _model(name: str) -> str:
    """Return a model's name: a repository's as it is, of a folder's path only its end, which is nobody's home."""
    text = _text(name)
    parts = [part for part in re.split(r"[/\\]+", text) if part]
    repository = re.fullmatch(r"[\w.-]+/[\w.-]+", text) and not text.startswith((".", "~"))
    return text if repository or len(parts) < 1 else parts[-1]


def _title(text: str) -> str:
    """Return a title on one line; of a path only its end."""
    end = re.split(r"[/\\]+", text.rstrip("/\\"))[-1] if text else ""
    return _UNPRINTABLE.sub(" ", end)[:_TITLE]


def _text(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text).replace("\0", "")


def _id(place: int) -> str:
    return f"s{place}"


def _when(seconds: float) -> str | None:
    """Return a moment as C2PA has it; None where a clock said something that no calendar has."""
    try:
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(value: object, depth: int = 0) -> Any:
    """Return what JSON can carry of a value."""
    if depth > _DEPTH:
        return None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(one, depth + 1) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(one, depth + 1) for one in value]
    return None
