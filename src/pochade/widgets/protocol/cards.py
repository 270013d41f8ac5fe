"""What messages to a browser are made of: the facts about a turn, a job, a model, a session, as plain cards."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = [
    "Abilities",
    "ActionCard",
    "Card",
    "CredentialsCard",
    "JobCard",
    "Mime",
    "ModelCard",
    "Picture",
    "RemedyCard",
    "SessionCard",
    "SettingsCard",
    "Shape",
    "SideCard",
    "TurnCard",
    "TwigCard",
    "WordList",
]

Mime = Literal["image/png", "image/jpeg", "image/webp"]


class Card(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(Card):
    """What one buffer of the same position holds: a whole picture or a thumbnail."""

    turn: str
    index: int
    thumb: bool
    mime: Mime


class TwigCard(Card):
    """The little that the tree of turns shows of each; ``number`` counts up with time, ``parent`` is one that lives."""

    turn: str
    number: int
    parent: str | None
    task: Literal["generate", "edit"]
    prompt: str
    width: int
    height: int
    count: int
    picked: int
    stopped: bool
    starred: bool


class TurnCard(Card):
    """Everything that a view can show of a turn. ``seconds`` is what it took, ``created`` counts from 1970 (UTC)."""

    turn: str
    prompt: str
    rewritten: str | None
    model: str
    created: float
    seed: int
    width: int
    height: int
    steps: int
    guidance: float
    strength: float | None
    negative: str | None
    background: str | None
    seconds: float
    notes: list[str]
    references: int
    masked: bool
    changed: bool
    code: str
    cell: str


class JobCard(Card):
    """A job that runs or waits. ``left`` is the time left in seconds, None while nobody knows; the first one runs."""

    job: str
    prompt: str
    stage: str
    step: int
    steps: int
    seconds: float
    left: float | None
    n: int
    movable: bool


class SessionCard(Card):
    """What a view says about the session as a whole."""

    name: str
    model: str
    writable: bool
    holder: str | None
    closed: bool
    subshells: bool


class SettingsCard(Card):
    """The session's settings; None is the model's own choice."""

    n: int
    size: str | None
    seed: int | None
    steps: int | None
    guidance: float | None
    strength: float | None
    negative: str | None
    background: Literal["auto", "opaque", "transparent"]
    keep: Literal["auto", "none"]


class Shape(Card):
    """A size to choose, in pixels, and what people call it."""

    label: str
    width: int
    height: int


class WordList(Card):
    """Words that a model was taught, and what its card calls them."""

    name: str
    words: list[str]


class Abilities(Card):
    """What the session's model can do, and the values that it has when nothing is set; sizes in pixels.

    ``styles`` are words that it takes as one, to be added to a prompt; ``knows`` is empty where it does not say.
    """

    paint: bool
    edit: bool
    references: int
    steps: int
    guidance: float
    guided: bool
    strength: bool
    negative: bool
    transparent: bool
    shapes: list[Shape]
    multiple: int
    min_side: int
    max_side: int
    max_pixels: int
    styles: list[str] = []
    knows: list[WordList] = []


class ModelCard(Card):
    """A model to choose. ``gigabytes`` is the memory that it needs as a whole."""

    name: str
    title: str
    family: str
    licence: str
    commercial: Literal["yes", "limited", "no"]
    gigabytes: float
    here: bool
    current: bool


class RemedyCard(Card):
    """A way on after a failure, as a button says it."""

    kind: Literal["again", "smaller", "fewer", "memory"]
    label: str


class SideCard(Card):
    """One side of a comparison; ``number`` is the turn's, None for a picture that is none."""

    number: int | None
    label: str


class ActionCard(Card):
    """Something that was done to a picture: ``kind`` as C2PA names it, ``words`` as a person says it, and by what."""

    kind: str
    words: str
    agent: str | None


class CredentialsCard(Card):
    """What the Content Credentials of one picture say, and of those it was made from; ``when`` counts from 1970 (UTC).

    ``relationship`` and ``title`` are what the picture made from it calls it; ``matched`` where the signer of that one
    recorded that its pixels were these credentials' own. ``certificate`` tells which of this person's it names, also
    where they do not hold; ``timestamp`` who says ``when``, the signer's own clock where it is null. Where one is
    ``repeated`` its ingredients stand at another place of the tree; ``unlisted`` more are left out, so that a hostile
    file fills no page.
    """

    state: Literal["trusted", "valid", "invalid", "none"]
    relationship: str | None
    title: str | None
    matched: bool
    signer: str | None
    certificate: Literal["local", "own"] | None
    when: float | None
    timestamp: Literal["trusted", "unknown"] | None
    software: str | None
    model: str | None
    made: Literal["ai", "composite", "untouched", "other", "unknown"]
    actions: list[ActionCard]
    prompt: str | None
    problems: list[str]
    ingredients: list[CredentialsCard]
    repeated: bool
    unlisted: int
