"""What the kernel sends. Pictures travel in a message's buffers, never in a field.

``serial`` counts the messages of one widget, so that a view leaves out what comes twice and asks for a snapshot when
something is missing. What is part of a message is a card.
"""

from __future__ import annotations

from typing import Literal

from pochade.widgets.protocol.cards import (
    Abilities,
    Card,
    CredentialsCard,
    JobCard,
    Mime,
    ModelCard,
    Picture,
    RemedyCard,
    SessionCard,
    SettingsCard,
    SideCard,
    TurnCard,
    TwigCard,
)

__all__ = [
    "Attached",
    "Canvas",
    "Changed",
    "Checked",
    "Closed",
    "CredentialsOf",
    "Ended",
    "Exported",
    "Found",
    "Made",
    "MaskOf",
    "ModelList",
    "Moved",
    "Named",
    "Offer",
    "Outgoing",
    "Page",
    "Painted",
    "Pair",
    "Pictures",
    "Pong",
    "Preview",
    "Snapshot",
    "ToBrowser",
    "Trouble",
    "Tuned",
    "Variant",
    "Working",
]


class Outgoing(Card):
    """A message of the kernel."""

    serial: int = 0


class Snapshot(Outgoing):
    """Everything a view needs; sending it again is how a view is brought up to date."""

    kind: Literal["snapshot"] = "snapshot"
    seq: int
    protocol: int
    session: SessionCard
    settings: SettingsCard
    abilities: Abilities | None
    turns: list[TwigCard]
    total: int
    current: str | None
    index: int
    card: TurnCard | None
    jobs: list[JobCard]
    unlisted: int = 0
    pictures: list[Picture]


class Offer(Outgoing):
    """An earlier session of this notebook that an empty one could give way to; the buffer is its last picture."""

    kind: Literal["offer"] = "offer"
    count: int
    prompt: str
    code: str
    mime: Mime


class Page(Outgoing):
    """Earlier turns."""

    kind: Literal["page"] = "page"
    seq: int
    turns: list[TwigCard]
    total: int


class Found(Outgoing):
    """The turns that a search found, newest first."""

    kind: Literal["found"] = "found"
    seq: int
    query: str
    turns: list[TwigCard]
    total: int


class Made(Outgoing):
    """A turn was made, by whomever."""

    kind: Literal["made"] = "made"
    twig: TwigCard
    card: TurnCard
    total: int
    pictures: list[Picture]


class Moved(Outgoing):
    """Another turn, or another picture of it, is current now; None: the next prompt makes a new picture."""

    kind: Literal["moved"] = "moved"
    current: str | None
    index: int
    card: TurnCard | None
    pictures: list[Picture]


class Changed(Outgoing):
    """These turns are otherwise now (starred, brought back, on another parent), and those are gone."""

    kind: Literal["changed"] = "changed"
    turns: list[TwigCard]
    gone: list[str]
    total: int


class Working(Outgoing):
    """The first jobs of this session, the one that runs before the others; ``unlisted`` more wait behind them."""

    kind: Literal["working"] = "working"
    jobs: list[JobCard]
    unlisted: int = 0


class Ended(Outgoing):
    """A job is over. ``message`` says in a sentence why it failed, ``remedies`` what might help."""

    kind: Literal["ended"] = "ended"
    job: str
    state: Literal["done", "failed", "cancelled"]
    prompt: str
    message: str | None
    remedies: list[RemedyCard]


class Preview(Outgoing):
    """The picture as it is at this step, in the size that it will have; the buffer is the picture, small."""

    kind: Literal["preview"] = "preview"
    job: str
    preview: int
    index: int
    width: int
    height: int
    mime: Mime


class Variant(Outgoing):
    """One of a job's several pictures is finished; the buffer is it, small."""

    kind: Literal["variant"] = "variant"
    job: str
    index: int
    count: int
    mime: Mime


class Tuned(Outgoing):
    """The settings, or the model and what it can do, are these now; ``notes`` say what had to give way."""

    kind: Literal["tuned"] = "tuned"
    session: SessionCard
    settings: SettingsCard
    abilities: Abilities | None
    notes: list[str]


class ModelList(Outgoing):
    """The models that can be chosen."""

    kind: Literal["models"] = "models"
    seq: int
    models: list[ModelCard]


class Checked(Outgoing):
    """Words of the prompt that the model does not know, beside each the nearest known ones; what it cannot do."""

    kind: Literal["checked"] = "checked"
    seq: int
    prompt: str
    unknown: list[str]
    nearest: list[list[str]]
    cannot: list[str]


class Attached(Outgoing):
    """An upload was taken as a picture; the buffer is its thumbnail."""

    kind: Literal["attached"] = "attached"
    seq: int
    upload: int
    width: int
    height: int
    mime: Mime


class MaskOf(Outgoing):
    """A turn's mask (buffer 0, a one-channel PNG)."""

    kind: Literal["mask"] = "mask"
    seq: int
    turn: str


class CredentialsOf(Outgoing):
    """A picture's Content Credentials; ``sound`` where they hold, and those of all that it was made from."""

    kind: Literal["credentials"] = "credentials"
    seq: int
    turn: str
    index: int
    sound: bool
    card: CredentialsCard


class Exported(Outgoing):
    """A picture in the format that was asked for."""

    kind: Literal["exported"] = "exported"
    seq: int
    turn: str
    index: int
    mime: Mime


class Named(Outgoing):
    """The turn has this name in the notebook now."""

    kind: Literal["named"] = "named"
    seq: int
    name: str


class Closed(Outgoing):
    """The session was closed; nothing more can be made in it."""

    kind: Literal["closed"] = "closed"


class Pictures(Outgoing):
    """Pictures that a view asked for, and the card of the turn where one was asked for whole."""

    kind: Literal["pictures"] = "pictures"
    seq: int
    card: TurnCard | None
    pictures: list[Picture]


class Pong(Outgoing):
    """The kernel is there, and has taken the message of this number."""

    kind: Literal["pong"] = "pong"
    seq: int


class Trouble(Outgoing):
    """Something a view asked for cannot be done; ``message`` says why and what to do."""

    kind: Literal["trouble"] = "trouble"
    seq: int | None
    message: str


class Canvas(Outgoing):
    """What the mask canvas holds: in the buffers its picture where ``pictured``, then its mask (PNG) where ``painted``.

    ``version`` counts the masks that it has had, so that a view knows whether it has this one.
    """

    kind: Literal["canvas"] = "canvas"
    seq: int | None
    protocol: int
    width: int
    height: int
    label: str
    pictured: bool
    painted: bool
    version: int


class Painted(Outgoing):
    """What a view painted is the mask canvas's mask now, as this version of it."""

    kind: Literal["painted"] = "painted"
    seq: int
    version: int


class Pair(Outgoing):
    """Two pictures to compare. ``sides`` says which ones the buffers hold, in order; one not named stays as it is."""

    kind: Literal["pair"] = "pair"
    seq: int | None
    protocol: int
    left: SideCard | None
    right: SideCard | None
    sides: list[Literal["left", "right"]]


ToBrowser = (
    Snapshot
    | Offer
    | Page
    | Found
    | Made
    | Moved
    | Changed
    | Working
    | Ended
    | Closed
    | Preview
    | Variant
    | Tuned
    | ModelList
    | Checked
    | Attached
    | MaskOf
    | CredentialsOf
    | Exported
    | Named
    | Pictures
    | Pong
    | Trouble
    | Canvas
    | Painted
    | Pair
)
