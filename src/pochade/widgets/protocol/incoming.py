"""What a browser sends, and the one gate that it has to pass.

``seq`` is drawn by the page so that no two of its messages share one, not even those of two pages on one comm. An
answer repeats it, and what comes a second time under the same number is left alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pochade.inert import inert
from pochade.request import MAX_PROMPT, MAX_REFERENCES
from pochade.widgets.protocol.limits import (
    MAX_CHUNKS,
    MAX_NAME,
    MAX_QUERY,
    MAX_SEQ,
    MAX_THUMBS,
    Index,
    Key,
    Margin,
    Seq,
    Upload,
    Words,
)

__all__ = [
    "OTHER_VERSION",
    "Ack",
    "Adopt",
    "Again",
    "Ask",
    "Attach",
    "Check",
    "Chunk",
    "Credentials",
    "Delete",
    "Detach",
    "Earlier",
    "Export",
    "Find",
    "Go",
    "Hello",
    "Incoming",
    "Masks",
    "Mend",
    "Models",
    "Move",
    "Name",
    "Paint",
    "Ping",
    "Reference",
    "Refused",
    "Restore",
    "Show",
    "Star",
    "Step",
    "Stop",
    "Thumbs",
    "ToKernel",
    "Tune",
    "Use",
    "accept",
]


class Incoming(BaseModel):
    """What a browser sends; ``seq`` names the message, and an answer repeats it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    seq: Seq


class Hello(Incoming):
    """A view asks for everything; it repeats this until a snapshot answers."""

    kind: Literal["hello"]
    protocol: Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Ping(Incoming):
    """A view asks whether the kernel still knows it."""

    kind: Literal["ping"]


class Reference(BaseModel):
    """A picture to go by: an attached upload, or a picture of a turn."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    upload: Upload | None
    turn: Key | None
    index: Index


class Ask(Incoming):
    """A prompt was sent. With a ``base`` or a ``source`` it changes that picture, without one it makes a new one.

    ``base`` is a turn, ``source`` an attached upload; ``mask`` is an upload, ``extend`` the pixels to add on the left,
    top, right and bottom. Everything else is as the session's settings say.
    """

    kind: Literal["ask"]
    prompt: Words
    base: Key | None
    index: Index
    source: Upload | None
    mask: Upload | None
    extend: Annotated[list[Margin], Field(min_length=4, max_length=4)] | None
    references: Annotated[list[Reference], Field(max_length=MAX_REFERENCES)]


class Again(Incoming):
    """Make a turn again as it was asked, with its own seed or a newly drawn one."""

    kind: Literal["again"]
    turn: Key
    fresh: bool


class Mend(Incoming):
    """Ask once more for what failed, changed as the remedy of this position says."""

    kind: Literal["mend"]
    job: Key
    remedy: Annotated[int, Field(ge=0, le=15)]


class Stop(Incoming):
    """Stop this job: within the step that it is in, or before it begins."""

    kind: Literal["stop"]
    job: Key


class Move(Incoming):
    """Give a job that waits another place in the queue; 0 is begun next."""

    kind: Literal["move"]
    job: Key
    place: Annotated[int, Field(ge=0, le=10_000)]


class Go(Incoming):
    """Make this turn the current one; None starts afresh, so that the next prompt makes a new picture.

    With an ``index`` that picture of the turn is picked as well.
    """

    kind: Literal["go"]
    turn: Key | None
    index: Index | None


class Step(Incoming):
    """Go back to what the current turn was made from, or forward again."""

    kind: Literal["step"]
    direction: Literal["back", "forward"]


class Show(Incoming):
    """Send one picture of a turn at full size, and the turn's card."""

    kind: Literal["show"]
    turn: Key
    index: Index


class Thumbs(Incoming):
    """Send the thumbnails of these turns."""

    kind: Literal["thumbs"]
    turns: Annotated[list[Key], Field(min_length=1, max_length=MAX_THUMBS)]


class Earlier(Incoming):
    """Send the page of turns that ends before this number."""

    kind: Literal["earlier"]
    before: Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Find(Incoming):
    """Send the turns whose prompts have every word of the query; an empty query finds all."""

    kind: Literal["find"]
    query: Annotated[str, Field(max_length=MAX_QUERY)]
    starred: bool


class Star(Incoming):
    """Mark a turn as one to find again, or take the mark off."""

    kind: Literal["star"]
    turn: Key
    starred: bool


class Delete(Incoming):
    """Take a turn out of the session; it can be restored until the session is closed."""

    kind: Literal["delete"]
    turn: Key


class Restore(Incoming):
    """Bring a deleted turn back."""

    kind: Literal["restore"]
    turn: Key


class Tune(Incoming):
    """Change one of the session's settings; None is the model's own choice. A size is written as people write it."""

    kind: Literal["tune"]
    name: Literal["n", "size", "seed", "steps", "guidance", "strength", "negative", "background", "keep"]
    value: Annotated[str, Field(max_length=MAX_PROMPT)] | Annotated[int, Field(ge=0, le=MAX_SEQ)] | float | None


class Adopt(Incoming):
    """Take over the settings that a turn was made with."""

    kind: Literal["adopt"]
    turn: Key


class Models(Incoming):
    """Send the models that can be chosen."""

    kind: Literal["models"]


class Use(Incoming):
    """Go on with another model, by the name that the list of models gives it."""

    kind: Literal["use"]
    model: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class Check(Incoming):
    """Say what the model does not know of a prompt, and what it cannot do with so many references."""

    kind: Literal["check"]
    prompt: Annotated[str, Field(max_length=MAX_PROMPT)]
    task: Literal["generate", "edit"]
    references: Annotated[int, Field(ge=0, le=200)]


class Chunk(Incoming):
    """One part of an upload; its bytes are the message's only buffer."""

    kind: Literal["chunk"]
    upload: Upload
    index: Annotated[int, Field(ge=0, lt=MAX_CHUNKS)]
    count: Annotated[int, Field(ge=1, le=MAX_CHUNKS)]


class Attach(Incoming):
    """An upload is complete and is a picture; keep it until it is detached."""

    kind: Literal["attach"]
    upload: Upload
    name: Annotated[str, Field(max_length=MAX_NAME)]


class Detach(Incoming):
    """An attached picture is not needed any more."""

    kind: Literal["detach"]
    upload: Upload


class Masks(Incoming):
    """Send the mask that a turn was edited with, or the one of what it changed."""

    kind: Literal["masks"]
    turn: Key


class Credentials(Incoming):
    """Say where a picture of a turn comes from, by its Content Credentials."""

    kind: Literal["credentials"]
    turn: Key
    index: Index


class Export(Incoming):
    """Send a picture of a turn in this format."""

    kind: Literal["export"]
    turn: Key
    index: Index
    format: Literal["jpeg", "webp"]


class Name(Incoming):
    """Call a turn by a name in the notebook, so that the next cell can use it."""

    kind: Literal["name"]
    turn: Key
    index: Index
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class Ack(Incoming):
    """A live preview is on the screen; the next one may come sooner."""

    kind: Literal["ack"]
    preview: Annotated[int, Field(ge=0, le=MAX_SEQ)]


class Paint(Incoming):
    """The mask canvas was painted: the upload is the mask as a one-channel PNG, None when nothing is painted."""

    kind: Literal["paint"]
    upload: Upload | None


ToKernel = (
    Hello
    | Ping
    | Ask
    | Again
    | Mend
    | Stop
    | Move
    | Go
    | Step
    | Show
    | Thumbs
    | Earlier
    | Find
    | Star
    | Delete
    | Restore
    | Tune
    | Adopt
    | Models
    | Use
    | Check
    | Chunk
    | Attach
    | Detach
    | Masks
    | Credentials
    | Export
    | Name
    | Ack
    | Paint
)
_gate: TypeAdapter[ToKernel] = TypeAdapter(Annotated[ToKernel, Field(discriminator="kind")])


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
        return _gate.validate_python(content)
    except ValidationError as error:
        seq = content.get("seq") if isinstance(content, dict) else None
        known = seq if type(seq) is int and 0 <= seq <= MAX_SEQ else None
        raise Refused(_sentence(error), known) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = inert(".".join(str(part) for part in first["loc"]), limit=80)  # a name in it may be the sender's own
    if where == "ask.prompt":
        if first["type"] == "string_too_long":
            return f"The prompt is longer than {MAX_PROMPT:,} characters. Shorten it and send it again."
        if first["type"] == "string_too_short":
            return "The prompt is empty. Say what to paint."
    if where == "ask.references":
        return f"At most {MAX_REFERENCES} pictures can go with a prompt. Take some off."
    if where == "hello.protocol":
        return OTHER_VERSION
    place = f" ({where}: {first['msg'].lower()})" if where else ""
    return f"The kernel does not understand a message of this view{place}. Run the cell again to get a fresh view."


OTHER_VERSION = "This view was made by another version of pochade. Save the notebook, reload the page and run the cell."
