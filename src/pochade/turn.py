"""What came back: a turn of the conversation, read from the store whenever it is looked at.

A `Turn` carries no pixels, only the store and a record, so a thousand turns weigh nothing and two looks at one turn are
equal. It stands alone because every view, the code that it writes about itself included, is a function of that record.
"""

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pochade.errors import RequestError
from pochade.imaging.encode import encoded, format_of
from pochade.imaging.load import load_image, pixel_hash, png_bytes
from pochade.imaging.sheet import contact_sheet
from pochade.provenance.carried import mime_of
from pochade.provenance.stage import converted, nature
from pochade.sizes import brief, whole_number
from pochade.store import Store, TurnRecord

if TYPE_CHECKING:
    from pochade.provenance.credentials import Credentials

__all__ = ["Turn"]

_SIGNED = ("image/png", "image/jpeg", "image/webp", "image/avif")

_SHOWN = 60  # characters of a prompt in a repr


class Turn:
    """One turn: what was asked, and the pictures that came back.

    Attributes
    ----------
    store : Store
        The session file that holds it.
    record : TurnRecord
        Everything kept about it; the other attributes are read from there.
    """

    def __init__(self, store: Store, record: TurnRecord) -> None:
        self.store = store
        self.record = record

    @property
    def id(self) -> str:
        """Short and permanent: ``session["k3f9"]`` finds the turn again."""
        return self.record.id

    @property
    def task(self) -> str:
        """``"generate"`` or ``"edit"``."""
        return self.record.task

    @property
    def prompt(self) -> str:
        """What was asked."""
        return self.record.prompt

    @property
    def seed(self) -> int:
        """The seed, given or drawn; picture k was painted from ``seed + k``."""
        return self.record.seed

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of each picture, in pixels."""
        return self.record.size

    @property
    def seconds(self) -> float:
        """What it took, in seconds, without waiting in the queue."""
        return self.record.seconds

    @property
    def created(self) -> float:
        """When it was finished, in seconds since 1970 (UTC)."""
        return self.record.created

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences worth telling, such as a size that was rounded."""
        return self.record.notes

    @property
    def model(self) -> str:
        """Name of the model that painted it."""
        return self.record.model

    @property
    def parent(self) -> "Turn | None":
        """The turn that this one grew from, even if it was deleted since; None at a beginning."""
        return None if self.record.parent is None else self._other(self.record.parent)

    @property
    def negative(self) -> str | None:
        """What should not be in the picture; None where nothing was said."""
        return self.record.extra.get("negative")

    @property
    def rewritten_prompt(self) -> str | None:
        """What the model was given instead of `prompt`; None where it was given the prompt."""
        return self.record.extra.get("rewritten")

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before it was finished; its pictures are what there was by then."""
        return self.record.state == "stopped"

    @property
    def picked(self) -> int:
        """Which of the pictures the conversation goes on from, from 0; `image` and `png` are that one."""
        return self.record.picked

    def pick(self, index: int) -> "Turn":
        """Go on from another of the pictures: it becomes `image`, and this turn the session's current one.

        Parameters
        ----------
        index : int
            Which, from 0.

        Raises
        ------
        RequestError
            There is no such picture in the turn, or the turn was deleted.
        ReadOnlyError
            The session can only be looked at.
        """
        chosen = self[index]
        if self._other(self.id).deleted:  # before it is written: nobody can go there
            raise RequestError(f"Turn {self.id!r} was deleted: bring it back with restore({self.id!r}), then pick.")
        self.store.set_picked(self.id, chosen.picked)  # the session that has the file open goes there
        self.record = chosen.record
        return chosen

    @property
    def starred(self) -> bool:
        """Whether it was starred, to be found again."""
        return self.record.starred is not None

    def star(self, on: bool = True) -> "Turn":  # noqa: FBT001, FBT002 - `turn.star(False)` reads well
        """Star this turn, or take its star away, and return it.

        Raises
        ------
        ReadOnlyError
            The session can only be looked at.
        """
        self.store.set_starred(self.id, on=on)
        self.record = self.store.get(self.id)
        return self

    @property
    def deleted(self) -> bool:
        """Whether it was taken out of its session; `Session.restore` brings it back."""
        return self.record.deleted is not None

    @property
    def settings(self) -> dict[str, Any]:
        """What ``session.settings.update(**turn.settings)`` takes, to ask for other pictures in the same way.

        The seed is among it. The size is not where a picture was edited, which keeps its own; nor are strength and keep
        where none was.
        """
        record, extra = self.record, self.record.extra
        found: dict[str, Any] = {"n": record.n, "size": record.size, "seed": record.seed, "steps": record.steps}
        found |= {"guidance": record.guidance, "negative": extra.get("negative")}
        found |= {"background": extra.get("background", "auto")}
        if record.task == "edit":
            del found["size"]
            found |= {"strength": extra.get("strength"), "keep": extra.get("keep", "auto")}
        return found

    def __getitem__(self, index: int) -> "Turn":
        """Return this turn with another of its pictures as its `image`, to edit that one or to take it as a reference.

        Nothing is changed by it; `pick` also goes there.
        """
        count, number = len(self.record.images), whole_number(index)
        if number is None or not -count <= number < count:
            raise RequestError(f"Turn {self.id} has no picture {brief(index)}: it has {count}, numbered from 0.")
        return Turn(self.store, dataclasses.replace(self.record, picked=number % count))

    def __iter__(self) -> "Iterator[Turn]":
        return (self[index] for index in range(len(self)))

    def __len__(self) -> int:
        return len(self.record.images)

    @property
    def children(self) -> "tuple[Turn, ...]":
        """The turns that grew from this one and were not deleted, oldest first."""
        return tuple(self._other(name) for name in self.store.children(self.id))

    @property
    def png(self) -> bytes:
        """The stored bytes of the (picked) picture."""
        return self.store.blob(self.record.images[self.picked])

    @property
    def pngs(self) -> tuple[bytes, ...]:
        """The stored bytes of every picture, in order."""
        return tuple(self.store.blob(name) for name in self.record.images)

    @property
    def pixels(self) -> str:
        """SHA-256, in hexadecimal, of the (picked) picture's mode, size and pixels.

        Compare it, or print it in a report, where two pictures should be the same: no two signings have the same bytes.
        """
        return self.store.pixels(self.record.images[self.picked]) or pixel_hash(self.image)

    @property
    def credentials(self) -> "Credentials":
        """What the (picked) picture's Content Credentials say of where it comes from, and whether that holds.

        Raises
        ------
        ProvenanceError
            They cannot be read.
        """
        from pochade.provenance.verify import verify

        return verify(self.png)

    @property
    def image(self) -> Image.Image:
        """The (picked) picture: a new PIL image, mode "RGB" or "RGBA", each time."""
        return load_image(self.png)

    @property
    def images(self) -> tuple[Image.Image, ...]:
        """Every picture, in order: new PIL images each time."""
        return tuple(load_image(data) for data in self.pngs)

    @property
    def source(self) -> Image.Image | None:
        """The picture that was edited, an upload or another turn's; None where nothing was."""
        if self.record.image_turn is not None:
            return self._other(self.record.image_turn)[self.record.image_index].image
        return None if self.record.source is None else load_image(self.store.blob(self.record.source))

    @property
    def mask(self) -> Image.Image | None:
        """The mask, mode "L": 255 where the picture was to change; None where the whole of it was."""
        if self.record.mask is None:
            return None
        return load_image(self.store.blob(self.record.mask)).convert("L")

    @property
    def changed(self) -> Image.Image | None:
        """Where an edit without a mask changed the (picked) picture, mode "L": 255 changed, 0 kept byte for byte.

        None where nothing was looked for, or nearly everything had changed. Paint on it and pass it as ``changed=`` of
        the same edit to correct it.
        """
        name = self.record.changed[self.picked] if self.record.changed else None
        return None if name is None else load_image(self.store.blob(name)).convert("L")

    @property
    def references(self) -> tuple[Image.Image, ...]:
        """The pictures that were given to go by, in order."""
        return tuple(load_image(self.store.blob(name)) for name in self.record.references)

    def save(self, path: str | os.PathLike[str], index: int | None = None) -> Path:
        """Save a picture as a file.

        Parameters
        ----------
        path : path-like
            Where. ``.png`` gets the stored bytes as they are; another ending that Pillow can write is encoded anew,
            and as ``.jpg``, ``.webp`` or ``.avif`` signed anew, as made from the stored picture (unless the session is
            at ``provenance="off"``).
        index : int, optional
            Which picture of the turn, from 0; by default the picked one.

        Returns
        -------
        pathlib.Path
            Where it was saved.

        Raises
        ------
        RequestError
            There is no such picture in the turn, or no picture format has that ending.
        ProvenanceError
            It cannot be signed.
        """
        where = Path(path).expanduser()
        chosen = self if index is None else self[index]
        data = chosen.png
        if where.suffix.lower() != ".png":
            data = chosen.signed(encoded(load_image(data), format_of(where)))
        where.write_bytes(data)
        return where

    def signed(self, file: bytes) -> bytes:
        """Sign the (picked) picture written as another file, JPEG, WebP or AVIF, as made from the stored one.

        Where the stored one is not signed, the session is at "off", or the format cannot be signed, the file is
        returned as it is. `ProvenanceError` where signing fails.
        """
        mime, record = mime_of(file), self.record
        if mime not in _SIGNED:
            return file
        made = nature(record, self.picked, self.store.get)
        return converted(file, mime, self.png, record, self.picked, self.store, made)

    def code(self, name: str = "s") -> str:
        """Write the Python that makes this turn again.

        Parameters
        ----------
        name : str
            What the session is called there.

        Returns
        -------
        str
            One call. It names other turns by their ids, and uploads through the turn that brought them.
        """
        record, extra = self.record, self.record.extra
        words = [repr(record.prompt)]
        if record.task == "edit":
            words.append(f"image={self._named(name, record.image_turn, 'source', record.image_index)}")
        if record.mask is not None:
            words.append(f"mask={self._named(name, None, 'mask')}")
        if extra.get("corrected"):
            words.append(f"changed={self._named(name, None, 'changed')}")
        if record.references:
            words.append(f"references={self._references(name)}")
        if record.n > 1:
            words.append(f"n={record.n}")
        words.append(f"seed={record.seed}")
        if record.task == "generate":  # an edit keeps the size of what it edits
            words.append(f"size={record.size}")
        words += [f"steps={record.steps}", f"guidance={record.guidance!r}"]
        said = ((word, extra.get(word)) for word in ("negative", "strength", "background", "keep", "extend"))
        words += [f"{word}={tuple(v) if isinstance(v, list) else v!r}" for word, v in said if v is not None]
        return f"{name}.{record.task}({', '.join(words)})"

    def _named(self, name: str, turn: str | None, part: str, index: int = 0) -> str:
        if turn is None:
            return f"{name}[{self.id!r}].{part}"
        several = len(self._other(turn)) > 1  # then it is said which, whatever is picked one day
        return f"{name}[{turn!r}][{index}]" if several else f"{name}[{turn!r}]"

    def _references(self, name: str) -> str:
        turns = self.record.reference_turns or (None,) * len(self.record.references)
        if not any(turns):
            return self._named(name, None, "references")
        return f"[{', '.join(self._reference(name, turn, place) for place, turn in enumerate(turns))}]"

    def _reference(self, name: str, turn: str | None, place: int) -> str:
        """Name a reference by its turn, if it still is one of that turn's pictures, else through this one."""
        images = () if turn is None else self._other(turn).record.images
        own = self.record.references[place]
        if own not in images:
            return self._named(name, None, f"references[{place}]")
        return self._named(name, turn, "", images.index(own))

    def _other(self, id: str) -> "Turn":  # noqa: A002
        return Turn(self.store, self.store.get(id))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:  # noqa: FBT001
        """Return the (picked) picture as height×width×3, uint8; transparency is left out."""
        if copy is False:
            raise ValueError("a turn's array is always a copy: its picture is read from the session file")
        return np.array(self.image.convert("RGB"), dtype=dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Turn) and (self.id, self.store.path) == (other.id, other.store.path)

    def __hash__(self) -> int:
        return hash((self.id, self.store.path))

    def __repr__(self) -> str:
        prompt = self.prompt if len(self.prompt) <= _SHOWN else self.prompt[: _SHOWN - 1] + "…"
        several = f"{self.record.n} × " if self.record.n > 1 else ""
        stopped = ", stopped" if self.stopped else ""
        return f"Turn({self.id!r}, {prompt!r}, {several}{self.size[0]}×{self.size[1]}, seed {self.seed}{stopped})"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Show the stored bytes, or a contact sheet of several pictures, once, and a text that never varies."""
        shown: dict[str, Callable[[], Any]] = {"text/plain": self.__repr__, "image/png": self._picture}
        wanted = set(shown if include is None else include) - set(exclude or ())
        return {kind: make() for kind, make in shown.items() if kind in wanted}

    def _picture(self) -> bytes:
        return self.png if len(self.record.images) == 1 else png_bytes(contact_sheet(self.images))
