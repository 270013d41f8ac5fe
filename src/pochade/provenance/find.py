"""Where does this picture come from? It is looked up among all pictures of this person's sessions, in four ways.

It stands apart from the index, which knows places, and from the fingerprints, which know looks: here is the order of
belief. The same bytes and the same pixels are certain; Content Credentials that hold name the turn in its maker's own
words; and where nothing of that is left, looks decide, with a score. This is `pochade.find`.
"""

from __future__ import annotations

import html
import os
import reprlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args
from weakref import WeakValueDictionary

from pochade.errors import ImageError, ProvenanceError, RequestError, StoreError
from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.inert import inert
from pochade.provenance.index import Spot, mine, reading
from pochade.store import Store
from pochade.store.keeping import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from PIL import Image

    from pochade.provenance.index import Index
    from pochade.provenance.likeness import Alike
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
_TOLD = 300  # characters of what is said about a file
_LAID_OVER = 10  # pictures at least, before the best `limit` are chosen
_looked_at: WeakValueDictionary[Path, Store] = WeakValueDictionary()  # session files that matches' turns are read from


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
        far the two agree where they overlap, in shapes and in colours, from 0 as by chance to 1 in everything; see
        `pochade.provenance.likeness`.
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

        store = held(self.session) or _looked_at.get(self.session)
        if store is None or not self.session.exists():
            store = _looked_at[self.session] = Store.open(self.session, readonly=True)
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


class Found(tuple[Match, ...]):  # noqa: SLOT001 - a tuple's subclass can only keep more in a dictionary
    """What `find` found: a tuple of `Match`, best first, which shows itself a line each; empty, and false, if none.

    Attributes
    ----------
    passed_over : tuple of str
        A sentence for every session file that could not be looked at: what is not found may be there.
    """

    passed_over: tuple[str, ...]

    def __new__(cls, matches: Iterable[Match] = (), passed_over: tuple[str, ...] = ()) -> Self:
        """Put matches together."""
        made = super().__new__(cls, matches)
        made.passed_over = passed_over
        return made

    def __repr__(self) -> str:
        lines = [repr(one) for one in self] or [
            "Found(): no session of yours has this picture, or one that looks like it"
        ]
        return "\n".join([*lines, *self._aside()])

    def _aside(self) -> list[str]:
        """What is to be said about files that could not be looked at, in a line."""
        if not self.passed_over:
            return []
        first, *others = self.passed_over
        more = f" (and {len(others)} more)" if others else ""
        return [f"Not looked at{more}: {inert(first, limit=_TOLD)}"]

    def _repr_html_(self) -> str:
        aside = "".join(f"<p><bdi>{html.escape(line)}</bdi></p>" for line in self._aside())
        if not self:
            return f"<p>No session of yours has this picture, or one that looks like it.</p>{aside}"
        rows = "".join(
            f"<tr><td>{html.escape(one.words())}</td><td><code>{html.escape(inert(one.turn_id))}</code>"
            f"{f' [{one.index}]' if one.index else ''}</td><td><bdi>{html.escape(inert(one.prompt, limit=200))}</bdi>"
            f"</td><td>{when(one.created)}</td><td><bdi>{html.escape(inert(one.session.name))}</bdi></td></tr>"
            for one in self
        )
        names = "".join(f'<th style="text-align:left">{name}</th>' for name in ("how", "turn", "prompt", "made", "in"))
        return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>{aside}"


def find(picture: object, *, limit: int = 10, report: Callable[[str, int, int], None] | None = None) -> Found:
    """Find the turns that a picture comes from, among all sessions of this person; this is `pochade.find`.

    It is looked for by its bytes, by its pixels, by its Content Credentials and by its looks. Looks survive
    compression, another scale, a border, a mirror, cuts down to half of it, a little turning and words written over it.
    They do not survive other colours, and a picture with clear parts is only known again on a light ground.
    Credentials count only as far as they hold and this person's own key signed them: what a stranger's manifest says,
    or one that was tampered with, is not believed, and the picture is then looked for by its looks.

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
    data = _bytes_of(picture)
    if data is None:
        image = load_image(picture)  # says in its own words what is wrong with a path
    else:
        name = (
            f"The file {reprlib.repr(os.fsdecode(picture))}"
            if isinstance(picture, str | os.PathLike)
            else "The picture"
        )
        image = load_image(data, name=name)
    index = mine()
    passed_over = index.sync(report).passed_over
    best: dict[tuple[Path, str, int], tuple[How, float, Spot]] = {}
    for how, score, spot in _ways(index, data, image, limit):
        key = spot[:3]
        if key not in best or score > best[key][1]:
            best[key] = how, score, spot
    order = get_args(How)
    ranked = sorted(best.values(), key=lambda one: (-one[1], order.index(one[0]), one[2].created))
    return Found(_told(ranked[:limit]), passed_over)


def _ways(index: Index, data: bytes | None, image: Image.Image, limit: int) -> Iterator[tuple[How, float, Spot]]:
    if data is not None:
        yield from (("bytes", 1.0, spot) for spot in index.by_bytes(byte_hash(data)))
    yield from (("pixels", 1.0, spot) for spot in index.by_pixels(*_pixel_hashes(image)))
    if data is not None:
        for score, session, turn, place in _named(data):
            yield from (("credentials", score, spot) for spot in index.by_turn(session, turn, place))
    yield from (("fingerprint", score, spot) for score, spot in _looks(index, image, limit))


def _looks(index: Index, image: Image.Image, limit: int) -> Iterator[tuple[float, Spot]]:
    """What looks like it once the stored pictures themselves are laid under it."""
    from pochade.provenance.likeness import ALIKE_LAID_OVER, believed, laid_over

    found = index.alike(image, max(limit, _LAID_OVER))
    scores = {one.column: one.score for one, _ in found}  # all that is left where a stored picture is damaged
    laid: dict[int, tuple[Alike, float]] = {}
    for one, spot in found:
        if one.column not in laid:
            with suppress(StoreError, ImageError, LookupError, ValueError, TypeError), reading(spot.path) as store:
                data = store.blob(store.get(spot.turn).images[spot.place])
                laid[one.column] = one, laid_over(image, one, load_image(data))
    scores |= zip(laid, believed(list(laid.values())), strict=True)
    yield from ((scores[one.column], spot) for one, spot in found if scores[one.column] >= ALIKE_LAID_OVER)


def _bytes_of(picture: object) -> bytes | None:
    """The bytes of a picture that is a file, or was one."""
    from pochade.turn import Turn

    if isinstance(picture, str | os.PathLike):
        with suppress(OSError, ValueError):
            path = Path(os.fsdecode(picture)).expanduser()
            return path.read_bytes() if path.is_file() else None  # reading a pipe would wait for a writer
        return None
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
    """What the credentials of a picture file name: score, session, turn and which of its pictures.

    Only this person's own key is believed to name a turn of theirs: anybody can sign a manifest that holds, with
    anybody's ids in it. Below a stranger's manifest one's own counts for what it is, something that was made from.
    """
    from pochade.provenance.verify import verify

    credentials = None
    with suppress(RequestError, ProvenanceError):  # kinds of file that carry none, and manifests nobody can read
        credentials = verify(data)
    layer, score = [credentials] if credentials is not None else [], 1.0
    while layer:
        holding = [one for one in layer if one.state in {"trusted", "valid"}]
        for one in holding:
            if one.ours and one.session and one.turn:
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
