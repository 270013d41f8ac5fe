"""What came back: a turn of the conversation, read from the store whenever it is looked at.

A `Turn` carries no pixels, only the store and a record, so a thousand turns weigh nothing and two looks at one turn are
equal. It stands alone because every view, the code that it writes about itself included, is a function of that record.
"""

import io
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pochade.errors import RequestError
from pochade.imaging.load import load_image, png_bytes
from pochade.store import Store, TurnRecord

__all__ = ["Turn"]

_SHOWN = 60  # characters of a prompt in a repr
_GAP = 4  # pixels between the pictures of a contact sheet


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
        """The turn that this one grew from; None at a beginning."""
        return None if self.record.parent is None else self._other(self.record.parent)

    @property
    def children(self) -> "tuple[Turn, ...]":
        """The turns that grew from this one, oldest first."""
        return tuple(self._other(name) for name in self.store.children(self.id))

    @property
    def png(self) -> bytes:
        """The stored bytes of the (first) picture."""
        return self.store.blob(self.record.images[0])

    @property
    def pngs(self) -> tuple[bytes, ...]:
        """The stored bytes of every picture, in order."""
        return tuple(self.store.blob(name) for name in self.record.images)

    @property
    def image(self) -> Image.Image:
        """The (first) picture: a new PIL image, mode "RGB" or "RGBA", each time."""
        return load_image(self.png)

    @property
    def images(self) -> tuple[Image.Image, ...]:
        """Every picture, in order: new PIL images each time."""
        return tuple(load_image(data) for data in self.pngs)

    @property
    def source(self) -> Image.Image | None:
        """The picture that was edited, an upload or another turn's; None where nothing was."""
        if self.record.image_turn is not None:
            return self._other(self.record.image_turn).image
        return None if self.record.source is None else load_image(self.store.blob(self.record.source))

    @property
    def mask(self) -> Image.Image | None:
        """The mask, mode "L": 255 where the picture was to change; None where the whole of it was."""
        if self.record.mask is None:
            return None
        return load_image(self.store.blob(self.record.mask)).convert("L")

    @property
    def references(self) -> tuple[Image.Image, ...]:
        """The pictures that were given to go by, in order."""
        return tuple(load_image(self.store.blob(name)) for name in self.record.references)

    def save(self, path: str | os.PathLike[str], index: int = 0) -> Path:
        """Save a picture as a file.

        Parameters
        ----------
        path : path-like
            Where. ``.png`` gets the stored bytes as they are; another ending that Pillow can write is encoded anew.
        index : int
            Which picture of the turn, from 0.

        Returns
        -------
        pathlib.Path
            Where it was saved.

        Raises
        ------
        RequestError
            There is no such picture in the turn, or no picture format has that ending.
        """
        where = Path(path).expanduser()
        count = len(self.record.images)
        if not -count <= index < count:
            raise RequestError(f"Turn {self.id} has no picture {index}: it has {count}, numbered from 0.")
        data = self.store.blob(self.record.images[index])
        if where.suffix.lower() != ".png":
            data = _encoded(load_image(data), where)
        where.write_bytes(data)
        return where

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
        record = self.record
        words = [repr(record.prompt)]
        if record.task == "edit":
            words.append(f"image={self._named(name, record.image_turn, 'source')}")
        if record.mask is not None:
            words.append(f"mask={self._named(name, None, 'mask')}")
        if record.references:
            words.append(f"references={self._references(name)}")
        if record.n > 1:
            words.append(f"n={record.n}")
        words.append(f"seed={record.seed}")
        if record.task == "generate":  # an edit keeps the size of what it edits
            words.append(f"size={record.size}")
        words += [f"steps={record.steps}", f"guidance={record.guidance!r}"]
        return f"{name}.{record.task}({', '.join(words)})"

    def _named(self, name: str, turn: str | None, part: str) -> str:
        return f"{name}[{self.id!r}].{part}" if turn is None else f"{name}[{turn!r}]"

    def _references(self, name: str) -> str:
        turns = self.record.reference_turns or (None,) * len(self.record.references)
        if not any(turns):
            return self._named(name, None, "references")
        parts = [self._named(name, turn, f"references[{place}]") for place, turn in enumerate(turns)]
        return f"[{', '.join(parts)}]"

    def _other(self, id: str) -> "Turn":  # noqa: A002
        return Turn(self.store, self.store.get(id))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:  # noqa: FBT001
        """Return the (first) picture as height×width×3, uint8; transparency is left out."""
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
        return f"Turn({self.id!r}, {prompt!r}, {several}{self.size[0]}×{self.size[1]}, seed {self.seed})"

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Show the stored bytes, or a contact sheet of several pictures, once, and a text that never varies."""
        shown: dict[str, Callable[[], Any]] = {"text/plain": self.__repr__, "image/png": self._picture}
        wanted = set(shown if include is None else include) - set(exclude or ())
        return {kind: make() for kind, make in shown.items() if kind in wanted}

    def _picture(self) -> bytes:
        return self.png if len(self.record.images) == 1 else png_bytes(_sheet(self.images))


def _encoded(image: Image.Image, path: Path) -> bytes:
    """Encode a picture in the format of a path's ending."""
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise RequestError(f"No picture can be saved as {path.name!r}: end the name in .png, .jpg or .webp.")
    buffer = io.BytesIO()
    try:
        image.save(buffer, kind)
    except OSError:  # the format knows no transparency: show what a white page would show
        flat = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        flat.convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def _sheet(images: tuple[Image.Image, ...]) -> Image.Image:
    """Lay pictures of one size out as near to a square as it goes, on nothing, so that any page shows between them."""
    width, height = images[0].size
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    sheet = Image.new("RGBA", (columns * (width + _GAP) - _GAP, rows * (height + _GAP) - _GAP))
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        sheet.paste(image.convert("RGBA"), (column * (width + _GAP), row * (height + _GAP)))
    return sheet
