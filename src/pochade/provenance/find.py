"""Where does this picture come from? It is looked up among all pictures of this person's sessions, in four ways.

It stands apart from the index, which knows places, and from the fingerprints, which know looks: here is the order of
belief. The same bytes and the same pixels are certain; Content Credentials that hold name the turn in its maker's own
words; and where nothing of that is left, looks decide, with a score. This is `pochade.find`.
"""

from __future__ import annotations

import html
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from pochade.errors import ProvenanceError, RequestError, StoreError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.inert import inert
from pochade.provenance.index import Spot, mine, reading
from pochade.store import Store
from pochade.store.keeping import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from PIL import Image

    from pochade.provenance.index import Index
    from pochade.turn import Turn

__all__ = ["Found", "How", "Match", "find", "when"]

How = Literal["bytes", "pixels", "credentials", "fingerprint"]

_WORDS: dict[How, str] = {
    "bytes": "the same file",
    "pixels": "the same pixels, stored otherwise",
    "credentials": "named in its Content Credentials",
}
_OPAQUE = (255, 255)
_SHOWN = 60  # characters of a prompt on a line


@dataclass(frozen=True)
class Match:
    """A picture of one of this person's sessions that is the one looked for, or looks like it.

    Attributes
    ----------
    how : str
        How it was found: by ``"bytes"``, by ``"pixels"``, by ``"credentials"`` or by ``"fingerprint"``.
    score : float
        1 for the picture itself, by bytes, by pixels or because its credentials say so; half of that for what the
        credentials say that it was made from, a quarter for what that was made from, and so on. For a fingerprint how
        far the two agree where they overlap, from 0 as by chance to 1 in everything; see `pochade.provenance.likeness`.
    session : pathlib.Path
        The session file.
    turn_id : str
        The turn's id in it.
    index : int
        Which of the turn's pictures, from 0.
    prompt : str
        What was asked.
    created : float
        When the turn was finished, in seconds since 1970 (UTC).
    """

    how: How
    score: float
    session: Path
    turn_id: str
    index: int
    prompt: str
    created: float

    @property
    def turn(self) -> Turn:
        """The turn, with this picture as its `image`: of the session that this process has open, else only to look at.

        Raises
        ------
        StoreError
            The session file is gone or damaged, or the turn was removed since.
        """
        from pochade.turn import Turn

        store = held(self.session) or Store.open(self.session, readonly=True)
        try:
            return Turn(store, store.get(self.turn_id))[self.index]
        except (KeyError, RequestError):
            raise StoreError(
                f"Turn {self.turn_id!r} is no longer in {self.session}: it was deleted since it was found."
            ) from None

    def words(self) -> str:
        """Say how it was found."""
        if self.how == "fingerprint":
            return f"looks like it ({self.score:.2f})"
        if self.how == "credentials" and self.score < 1:
            return "what it was made from, say its Content Credentials"
        return _WORDS[self.how]

    def as_dict(self) -> dict[str, Any]:
        """The same as values that JSON can carry."""
        return {
            "how": self.how,
            "score": round(self.score, 4),
            "session": str(self.session),
            "turn": self.turn_id,
            "index": self.index,
            "prompt": self.prompt,
            "created": self.created,
        }

    def __repr__(self) -> str:
        picture = f"{self.turn_id}[{self.index}]" if self.index else self.turn_id
        return f"Match({self.words()}: {picture}, {inert(self.prompt, limit=_SHOWN)!r}, {inert(self.session.name)})"


class Found(tuple[Match, ...]):
    """What `find` found: a tuple of `Match`, best first, which shows itself a line each; empty, and false, if none."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "Found(): no session of yours has this picture, or one that looks like it"
        return "\n".join(map(repr, self))

    def _repr_html_(self) -> str:
        if not self:
            return "<p>No session of yours has this picture, or one that looks like it.</p>"
        rows = "".join(
            f"<tr><td>{html.escape(one.words())}</td><td><code>{html.escape(inert(one.turn_id))}</code>"
            f"{f' [{one.index}]' if one.index else ''}</td><td><bdi>{html.escape(inert(one.prompt, limit=200))}</bdi>"
            f"</td><td>{when(one.created)}</td><td><bdi>{html.escape(inert(one.session.name))}</bdi></td></tr>"
            for one in self
        )
        names = "".join(f'<th style="text-align:left">{name}</th>' for name in ("how", "turn", "prompt", "made", "in"))
        return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def find(picture: object, *, limit: int = 10, report: Callable[[str, int, int], None] | None = None) -> Found:
    """Find the turns that a picture comes from, among all sessions of this person; this is `pochade.find`.

    It is looked for by its bytes, by its pixels, by its Content Credentials and by its looks. Looks survive
    compression, another scale, a border, a mirror, cuts down to half of it, a little turning and words written over it.
    Credentials count only as far as they hold: what a manifest says that was tampered with is not believed, and the
    picture is then looked for by its looks.

    Parameters
    ----------
    picture
        Anything that `load_image` reads: a path, the bytes of a picture file, a PIL image, an array, a turn, ….
        Bytes and credentials can only be found of a file, of bytes and of a turn.
    limit : int
        The most matches to give.
    report : callable, optional
        As in `Index.sync`: told how far a first look at old session files is.

    Returns
    -------
    Found
        Best first.

    Raises
    ------
    ImageError
        It is not a picture that can be read.
    RequestError
        `limit` is not 1 or more.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RequestError(f"limit is how many matches to give, 1 or more, not {limit!r}.")
    if isinstance(picture, str | os.PathLike):
        image = load_image(picture)  # says in its own words what is wrong with a path
        data: bytes | None = Path(os.fsdecode(picture)).expanduser().read_bytes()
    else:
        data = _bytes_of(picture)
        image = load_image(picture if data is None else data)
    index = mine()
    index.sync(report)
    best: dict[tuple[Path, str, int], tuple[How, float, Spot]] = {}
    for how, score, spot in _ways(index, data, image, limit):
        key = spot[:3]
        if key not in best or score > best[key][1]:
            best[key] = how, score, spot
    order = get_args(How)
    ranked = sorted(best.values(), key=lambda one: (-one[1], order.index(one[0]), one[2].created))
    return Found(_told(ranked[:limit]))


def _ways(index: Index, data: bytes | None, image: Image.Image, limit: int) -> Iterator[tuple[How, float, Spot]]:
    if data is not None:
        yield from (("bytes", 1.0, spot) for spot in index.by_bytes(byte_hash(data)))
    yield from (("pixels", 1.0, spot) for spot in index.by_pixels(*_pixel_hashes(image)))
    if data is not None:
        for score, session, turn, place in _named(data):
            yield from (("credentials", score, spot) for spot in index.by_turn(session, turn, place))
    yield from (("fingerprint", score, spot) for score, spot in index.alike(image, limit))


def _bytes_of(picture: object) -> bytes | None:
    """The bytes of a picture that is a file, or was one."""
    from pochade.turn import Turn

    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(picture)
    if isinstance(picture, Turn):
        return picture.png
    if callable(read := getattr(picture, "read", None)):
        if getattr(picture, "seekable", lambda: False)():
            picture.seek(0)  # type: ignore[attr-defined]
        data = read()
        return data if isinstance(data, bytes) else None
    return None


def _pixel_hashes(image: Image.Image) -> list[str]:
    """Of the pixels as they are, and as they are stored by others who keep full opacity, or leave it out."""
    hashes = [pixel_hash(image)]
    if image.mode == "RGB":
        hashes.append(pixel_hash(image.convert("RGBA")))
    elif image.getchannel("A").getextrema() == _OPAQUE:
        hashes.append(pixel_hash(image.convert("RGB")))
    return hashes


def _named(data: bytes) -> Iterator[tuple[float, str, str, int | None]]:
    """What the credentials of a picture file name: score, session, turn and which of its pictures."""
    from pochade.provenance.verify import verify

    credentials = None
    with suppress(RequestError, ProvenanceError):  # kinds of file that carry none, and manifests nobody can read
        credentials = verify(data)
    layer, score = [credentials] if credentials is not None else [], 1.0
    while layer:
        holding = [one for one in layer if one.state in {"trusted", "valid"}]
        for one in holding:
            if one.session and one.turn:
                yield score, one.session, one.turn, one.index
        layer, score = [below.credentials for one in holding for below in one.ingredients], score / 2


def _told(ranked: Iterable[tuple[How, float, Spot]]) -> Iterator[Match]:
    for how, score, (path, turn, place, created) in ranked:
        prompt = ""
        with suppress(StoreError, KeyError, ValueError, TypeError), reading(path) as store:
            prompt = str(store.get(turn).prompt)
        yield Match(how, score, path, turn, place, prompt, created)


def when(created: float) -> str:
    """Write a time, in seconds since 1970, as the clock on the wall said it."""
    try:
        return f"{datetime.fromtimestamp(created, UTC).astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):  # the file says a time that no calendar has
        return ""
