"""Writes the messages as TypeScript, so that the bundle is checked against the models that will judge what it sends."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from pochade.request import MAX_PICTURES, MAX_PROMPT, MAX_REFERENCES
from pochade.widgets.protocol.incoming import OTHER_VERSION, ToKernel
from pochade.widgets.protocol.limits import CHUNK_BYTES, MAX_CHUNKS, MAX_THUMBS, PROTOCOL
from pochade.widgets.protocol.outgoing import ToBrowser

__all__ = ["typescript"]

_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_CONSTANTS = {
    "PROTOCOL": PROTOCOL,
    "CHUNK_BYTES": CHUNK_BYTES,
    "MAX_CHUNKS": MAX_CHUNKS,
    "MAX_THUMBS": MAX_THUMBS,
    "MAX_PROMPT": MAX_PROMPT,
    "MAX_PICTURES": MAX_PICTURES,
    "MAX_REFERENCES": MAX_REFERENCES,
    "OTHER_VERSION": OTHER_VERSION,
}


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(part) for part in schema["anyOf"]))
    if schema["type"] == "array":
        inner = _type(schema["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    return _SCALARS[schema["type"]]


def typescript() -> str:
    """Write the same messages as TypeScript, deterministic to the byte."""
    unions = {"ToKernel": ToKernel.__args__, "ToBrowser": ToBrowser.__args__}
    models = [model for union in unions.values() for model in union]
    schemas = models_json_schema([(model, "serialization") for model in models])[1]["$defs"]
    lines = [
        "// Written by `python -m pochade.widgets.protocol` from the pydantic models; change those, never this file.",
        "",
        *(f"export const {name} = {json.dumps(value)};" for name, value in _CONSTANTS.items()),
        "",
    ]
    for name, schema in sorted(schemas.items()):
        sentence = schema["description"].split("\n")[0]
        fields = [f"  {field}: {_type(part)};" for field, part in schema["properties"].items()]
        lines += [f"/** {sentence} */", f"export interface {name} {{", *fields, "}", ""]
    for name, union in unions.items():
        lines += [f"export type {name} =", *(f"  | {model.__name__}" for model in union)]
        lines[-1] += ";"
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"
