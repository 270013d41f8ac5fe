"""The stage of the road that signs: what a turn's record says becomes the Content Credentials of its pictures.

It stands apart from the rest of this room, which knows nothing of turns, and from `produce.py`, which knows nothing of
credentials. A picture is worth more than its signature: where signing fails once it is painted it is kept without one,
and the turn says so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args
from weakref import WeakKeyDictionary

from pochade.errors import ProvenanceError, RequestError
from pochade.provenance.facts import Facts, Level, Made, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pochade.provenance.signer import Signer
    from pochade.store import Store, TurnRecord

__all__ = ["Nature", "Signing", "converted", "credentialed", "nature", "set_signing", "signing_of"]

Nature = Literal["ai", "composite", "upload"]
"""Where all of a picture's pixels come from: a model; a model and an upload; an upload alone."""

_KEY = "provenance"
_LEVELS: tuple[str, ...] = get_args(Level)
_WORDS = ("prompt", "rewritten", "negative")

_signings: WeakKeyDictionary[Store, Signing] = WeakKeyDictionary()


@dataclass(frozen=True)
class Signing:
    """How the pictures of a session are signed.

    Attributes
    ----------
    level : "full", "minimal" or "off"
        "minimal" leaves the words of prompts out, those of the pictures' ancestors too; "off" signs nothing. It holds
        for what is signed from now on: a picture that was stored before stays as it is.
    signer : Signer or None
        Whose signature it is; None is this person's own, made on this machine at first use.
    """

    level: Level = "full"
    signer: Signer | None = None

    @classmethod
    def of(cls, level: str | None, signer: Signer | None, kept: str | None = None) -> Signing:
        """Check what was asked for; where nothing was, it is as the session file has `kept` it, else "full".

        Raises
        ------
        RequestError
            There is no such level.
        """
        if level is None:
            level = kept if kept in _LEVELS else "full"
        if level not in _LEVELS:
            raise RequestError(f"provenance is one of 'full', 'minimal' and 'off', not {level!r}.")
        return cls(cast("Level", level), signer)

    def ready(self) -> None:
        """Make sure, before anything is painted, that there is somebody to sign.

        Raises
        ------
        ProvenanceError
            A key or certificate that the person put in place cannot be used.
        """
        if self.level != "off":
            self.whose()

    def sign(self, picture: bytes, mime: str, facts: Facts) -> bytes:
        """Sign a picture file at this level; `ProvenanceError` where that fails."""
        if self.level == "off":
            return picture
        from pochade.provenance.sign import sign

        return sign(picture, mime, facts, self.level, self.whose())

    def expect(self, picture: bytes) -> None:
        """Say which signed picture is likely to be changed next, so that it can be read ahead; never raises."""
        if self.level != "off":
            with suppress(Exception):  # it only saves time, and the picture is stored already
                from pochade.provenance.sign import expect

                expect(picture, self.whose())

    def whose(self) -> Signer:
        """Return who signs; `ProvenanceError` where a key or certificate of the person's cannot be used."""
        if self.signer is not None:
            return self.signer
        from pochade.provenance.signer import Signer

        return Signer.local()


def set_signing(store: Store, signing: Signing) -> None:
    """Say how pictures of a session file are signed from now on; the file remembers the level."""
    _signings[store] = signing
    if store.writable and store.meta(_KEY, "full") != signing.level:
        store.set_meta(_KEY, signing.level)


def signing_of(store: Store) -> Signing:
    """Return how pictures of a session file are signed."""
    return _signings.get(store) or Signing.of(None, None, store.meta(_KEY))


def credentialed(
    pictures: Sequence[bytes],
    record: TurnRecord,
    session: str,
    sources: tuple[Source, ...],
    made: Sequence[Made],
    signing: Signing,
) -> tuple[list[bytes], str | None]:
    """Sign the pictures of a turn.

    Parameters
    ----------
    pictures : sequence of bytes
        PNG files, as they were painted.
    record : TurnRecord
        The turn, which need not name its pictures yet.
    session : str
        The session file's own id.
    sources : tuple of Source
        What they were made from.
    made : sequence of {"ai", "composite", "untouched"}
        Where the pixels of each come from.
    signing : Signing
        How they are signed.

    Returns
    -------
    pictures : list of bytes
        The signed files, or the same as given where nothing is to be signed or nothing could be.
    note : str or None
        What the person should know.
    """
    if signing.level == "off":
        return list(pictures), None
    try:
        signer = signing.whose()  # once: its files may change between two pictures
        here = replace(signing, signer=signer)
        signed = [
            here.sign(data, "image/png", _facts(record, session, place, sources, how))
            for place, (data, how) in enumerate(zip(pictures, made, strict=True))
        ]
    except Exception as error:  # noqa: BLE001 - whatever fails around signing, the picture is painted
        why = str(error) if isinstance(error, ProvenanceError) else f"Signing failed: {type(error).__name__}: {error}"
        return list(pictures), f"This turn was kept without Content Credentials. {why}"
    return signed, signer.note


def converted(
    picture: bytes, mime: str, stored: bytes, record: TurnRecord, index: int, store: Store, made: Nature
) -> bytes:
    """Sign a turn's picture that was written in another file format, as made from the stored one.

    Where the stored one carries no credentials nothing is claimed of the other either. It raises what signing raises.
    """
    from pochade.provenance.carried import carried

    signing = signing_of(store)
    if signing.level == "off" or not carried(stored):
        return picture
    parent = Source(stored, "image/png", "parentOf", f"turn {record.id}")
    facts = _facts(record, store.session_id, index, (parent,), "untouched" if made == "upload" else made, "convert")
    return signing.sign(picture, mime, facts)


def nature(record: TurnRecord, index: int, get: Callable[[str], TurnRecord]) -> Nature:
    """Tell where the pixels of a kept picture come from, by its record; `get` finds those that it edited.

    A stranger's session file may name turns in a circle: these are taken for composites.
    """
    seen: set[str] = set()
    while record.id not in seen:
        seen.add(record.id)
        said = record.extra.get("made")
        if isinstance(said, list) and index < len(said) and said[index] in get_args(Nature):
            return cast("Nature", said[index])
        if record.task == "generate":
            return "ai"
        if record.image_turn is None:
            return "composite"
        record, index = get(record.image_turn), record.image_index
    return "composite"


def _facts(
    record: TurnRecord,
    session: str,
    index: int,
    sources: tuple[Source, ...],
    made: Made,
    task: Literal["convert"] | None = None,
) -> Facts:
    return Facts(
        session=session,
        turn=record.id,
        index=index,
        task=task or cast("Literal['generate', 'edit']", record.task),
        made=made,
        model=record.model,
        versions=record.versions,
        created=record.created,
        recipe=_recipe(record),
        sources=sources,
        title=f"turn {record.id}",
    )


def _recipe(record: TurnRecord) -> dict[str, Any]:
    """Gather what makes the picture again; only what is worth a word, since every descendant carries it along."""
    extra = record.extra
    said: dict[str, Any] = {"prompt": record.prompt, "seed": record.seed, "size": list(record.size)}
    said |= {"steps": record.steps, "guidance": record.guidance, "n": record.n if record.n > 1 else None}
    said |= {name: extra.get(name) for name in (*_WORDS[1:], "strength", "background", "keep", "extend")}
    said |= {"mask": True if record.mask is not None else None}
    said |= {"references": list(record.reference_turns) if record.references else None}
    return {name: value for name, value in said.items() if value is not None}
