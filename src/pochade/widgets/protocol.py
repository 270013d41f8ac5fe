"""The messages between a browser view and the kernel, each way, as pydantic models.

Everything that a browser sends is hostile until one of these models has accepted it, so each field has a limit. The
TypeScript types in ``js/src/protocol.ts`` are written from the same models (``python -m pochade.widgets.protocol``),
so the two sides cannot drift apart unnoticed. No field is called ``id``: the comm layer keeps a table of those.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.json_schema import models_json_schema

from pochade.request import MAX_PROMPT

CHUNK_BYTES = 2_000_000
"""The most bytes of an upload that one message carries; a socket drops messages over 10 MB, marimo's over 4 MB."""
MAX_CHUNKS = 32
MAX_SEQ = 2**53 - 1

Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Upload = Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Incoming(BaseModel):
    """What a browser sends; ``seq`` counts one view's messages, and an answer repeats it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    seq: Seq


class Hello(Incoming):
    """A view asks for everything; it repeats this until a snapshot answers."""

    kind: Literal["hello"]


class Ping(Incoming):
    """A view asks whether the kernel still knows it."""

    kind: Literal["ping"]


class Ask(Incoming):
    """A prompt was sent. With a ``base`` it changes that picture, without one it makes a new one."""

    kind: Literal["ask"]
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)]
    base: Name | None
    index: Annotated[int, Field(ge=0, le=15)]
    upload: Upload | None


class Stop(Incoming):
    """Stop this job within the step that it is in."""

    kind: Literal["stop"]
    job: Name


class Go(Incoming):
    """Make this turn the current one; None starts afresh, so that the next prompt makes a new picture.

    With an ``index`` that picture of the turn is picked as well.
    """

    kind: Literal["go"]
    turn: Name | None
    index: Annotated[int, Field(ge=0, le=15)] | None


class Show(Incoming):
    """Send one picture of a turn at full size."""

    kind: Literal["show"]
    turn: Name
    index: Annotated[int, Field(ge=0, le=15)]


class Earlier(Incoming):
    """Send the page of turns that ends before this position."""

    kind: Literal["earlier"]
    before: Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Chunk(Incoming):
    """One part of an upload; its bytes are the message's only buffer."""

    kind: Literal["chunk"]
    upload: Upload
    index: Annotated[int, Field(ge=0, lt=MAX_CHUNKS)]
    count: Annotated[int, Field(ge=1, le=MAX_CHUNKS)]


class Ack(Incoming):
    """A live preview is on the screen; the next one may come sooner."""

    kind: Literal["ack"]
    preview: Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Paint(Incoming):
    """The mask canvas was painted: the upload is the mask as a one-channel PNG, None when nothing is painted."""

    kind: Literal["paint"]
    upload: Upload | None


ToKernel = Hello | Ping | Ask | Stop | Go | Show | Earlier | Chunk | Ack | Paint
_incoming: TypeAdapter[ToKernel] = TypeAdapter(Annotated[ToKernel, Field(discriminator="kind")])


class Refused(ValueError):  # noqa: N818 - it is an answer, not a mistake of ours
    """A browser message that no model accepts; the text is a sentence for the person at the screen."""

    def __init__(self, sentence: str, seq: int | None) -> None:
        super().__init__(sentence)
        self.seq = seq


def accept(content: object) -> ToKernel:
    """Turn what a browser sent into a message.

    Raises
    ------
    Refused
        When it is not exactly one of the messages above, within their limits.
    """
    try:
        return _incoming.validate_python(content)
    except ValidationError as error:
        seq = content.get("seq") if isinstance(content, dict) else None
        known = seq if type(seq) is int and 0 <= seq <= MAX_SEQ else None
        raise Refused(_sentence(error), known) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if where == "ask.prompt":
        if first["type"] == "string_too_long":
            return f"The prompt is longer than {MAX_PROMPT:,} characters. Shorten it and send it again."
        return "The prompt is empty. Say what to paint."
    place = f" ({where}: {first['msg'].lower()})" if where else ""
    return f"The kernel does not understand a message of this view{place}. Run the cell again to get a fresh view."


class Outgoing(BaseModel):
    """What the kernel sends; pictures travel in the message's buffers, never in a field."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(Outgoing):
    """What one buffer of the same position holds: a whole picture or a thumbnail."""

    turn: str
    index: int
    thumb: bool
    mime: Literal["image/png", "image/jpeg"]


class TurnCard(Outgoing):
    """What a view shows of a turn. Times are in seconds; ``number`` counts from 1."""

    turn: str
    number: int
    prompt: str
    task: Literal["generate", "edit"]
    parent: str | None
    seed: int
    width: int
    height: int
    steps: int
    guidance: float
    seconds: float
    notes: list[str]
    count: int
    picked: int
    stopped: bool
    masked: bool
    code: str


class JobCard(Outgoing):
    """The job at the head of the queue. ``left`` is the time left in seconds, None while nobody knows."""

    job: str
    prompt: str
    stage: str
    step: int
    steps: int
    seconds: float
    left: float | None


class SessionCard(Outgoing):
    """What a view says about the session as a whole."""

    name: str
    model: str
    writable: bool
    holder: str | None
    closed: bool
    subshells: bool


class Snapshot(Outgoing):
    """Everything a view needs; sending it again is how a view is brought up to date."""

    kind: Literal["snapshot"] = "snapshot"
    seq: int
    session: SessionCard
    turns: list[TurnCard]
    total: int
    current: str | None
    index: int
    job: JobCard | None
    waiting: int
    pictures: list[Picture]


class Offer(Outgoing):
    """An earlier session of this notebook that an empty one could give way to; the buffer is its last picture."""

    kind: Literal["offer"] = "offer"
    count: int
    prompt: str
    code: str
    mime: Literal["image/png", "image/jpeg"]


class Page(Outgoing):
    """Earlier turns with their thumbnails."""

    kind: Literal["page"] = "page"
    seq: int
    turns: list[TurnCard]
    pictures: list[Picture]


class Made(Outgoing):
    """A turn was made, by whomever."""

    kind: Literal["made"] = "made"
    card: TurnCard
    total: int
    pictures: list[Picture]


class Moved(Outgoing):
    """Another turn, or another picture of it, is current now; None: the next prompt makes a new picture."""

    kind: Literal["moved"] = "moved"
    current: str | None
    index: int
    pictures: list[Picture]


class Working(Outgoing):
    """How far the job at the head of the queue is; ``waiting`` counts those behind it."""

    kind: Literal["working"] = "working"
    job: JobCard | None
    waiting: int


class Ended(Outgoing):
    """A job is over. ``message`` says in a sentence why it failed."""

    kind: Literal["ended"] = "ended"
    job: str
    state: Literal["done", "failed", "cancelled"]
    prompt: str
    message: str | None


class Preview(Outgoing):
    """The picture as it is at this step; the buffer is a JPEG or a PNG."""

    kind: Literal["preview"] = "preview"
    job: str
    preview: int
    mime: Literal["image/png", "image/jpeg"]


class Closed(Outgoing):
    """The session was closed; nothing more can be made in it."""

    kind: Literal["closed"] = "closed"


class Pictures(Outgoing):
    """Pictures that a view asked for."""

    kind: Literal["pictures"] = "pictures"
    seq: int
    pictures: list[Picture]


class Pong(Outgoing):
    """The kernel is there."""

    kind: Literal["pong"] = "pong"
    seq: int


class Trouble(Outgoing):
    """Something a view asked for cannot be done; ``message`` says why and what to do."""

    kind: Literal["trouble"] = "trouble"
    seq: int | None
    message: str


class Canvas(Outgoing):
    """The mask canvas's picture (buffer 0, PNG) and, when something is painted, its mask (buffer 1, PNG)."""

    kind: Literal["canvas"] = "canvas"
    seq: int
    width: int
    height: int
    painted: bool


ToBrowser = (
    Snapshot | Offer | Page | Made | Moved | Working | Ended | Closed | Preview | Pictures | Pong | Trouble | Canvas
)

_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _typescript_type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_typescript_type(part) for part in schema["anyOf"])
    if schema["type"] == "array":
        return f"{_typescript_type(schema['items'])}[]"
    return _SCALARS[schema["type"]]


def typescript() -> str:
    """Write the same messages as TypeScript, deterministic to the byte."""
    unions = {"ToKernel": ToKernel.__args__, "ToBrowser": ToBrowser.__args__}
    models = [model for union in unions.values() for model in union]
    schemas = models_json_schema([(model, "serialization") for model in models])[1]["$defs"]
    lines = [
        "// Written by `python -m pochade.widgets.protocol` from the pydantic models; change those, never this file.",
        "",
        f"export const CHUNK_BYTES = {CHUNK_BYTES};",
        f"export const MAX_PROMPT = {MAX_PROMPT};",
        "",
    ]
    for name, schema in sorted(schemas.items()):
        sentence = schema["description"].split("\n")[0]
        fields = [f"  {field}: {_typescript_type(part)};" for field, part in schema["properties"].items()]
        lines += [f"/** {sentence} */", f"export interface {name} {{", *fields, "}", ""]
    for name, union in unions.items():
        lines += [f"export type {name} =", *(f"  | {model.__name__}" for model in union)]
        lines[-1] += ";"
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def main() -> None:
    """Write ``js/src/protocol.ts`` in the checkout that this module lives in."""
    target = Path(__file__).parents[3] / "js" / "src" / "protocol.ts"
    target.write_text(typescript(), encoding="utf-8")


if __name__ == "__main__":
    main()
