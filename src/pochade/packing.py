"""What of a turn is stored, and under which names: its pictures, and those that came with the request.

It stands apart from `produce.py`, which says in what order things happen. Pictures that other turns brought are in the
file already and get no second name there; everything else is encoded here, once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pochade.imaging.load import byte_hash, pixel_hash, png_bytes
from pochade.provenance.carried import mime_of
from pochade.provenance.facts import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from pochade.planning import Finished
    from pochade.request import Request
    from pochade.store import Store
    from pochade.turn import Turn

__all__ = ["Packed", "pixels_of"]


@dataclass(frozen=True)
class Packed:
    """The pictures of a turn, ready to be signed and stored.

    Attributes
    ----------
    images : tuple of bytes
        PNG files of what was painted. They are not signed yet and so have no name.
    changed : tuple of (str or None)
        Names of the masks of what an edit changed, as in a turn's record.
    source : str or None
        Name of the picture that was edited, where it was no turn's.
    index : int
        Which picture of the parent was edited, counted from 0.
    mask : str or None
        Name of the mask.
    references : tuple of str
        Names of the references.
    shown : tuple of str
        The references named by their pixels alone, for the turn's id: no two signings of a picture have the same bytes.
    originals : tuple of (str or None)
        As in a turn's record: names of the files that uploads came as, where they carry credentials.
    sources : tuple of Source
        What the pictures were made from, for their credentials.
    blobs, pixels : dict
        Bytes by their names, and the hashes of the pixels that they show.
    """

    images: tuple[bytes, ...]
    changed: tuple[str | None, ...]
    source: str | None
    index: int
    mask: str | None
    references: tuple[str, ...]
    shown: tuple[str, ...]
    originals: tuple[str | None, ...]
    sources: tuple[Source, ...]
    blobs: dict[str, bytes]
    pixels: dict[str, str]

    @classmethod
    def of(cls, request: Request, parent: Turn | None, pictures: Sequence[Finished], store: Store) -> Packed:
        """Encode and name whatever a turn brings; the file is asked for what it has already."""
        box = _Box()
        index = _index(request.image, parent)
        source = box.keep(request.image) if index is None else None
        known = [_known(*one, store) for one in zip(request.reference_turns, request.references, strict=True)]
        new = [None if name else one for name, one in zip(known, request.references, strict=True)]
        files = request.files or (None,) * (1 + len(new))
        uploads = (request.image if source else None, *new)
        originals = tuple(box.keep_file(*one) for one in zip(files, uploads, strict=True))
        encoded = tuple(map(png_bytes, request.references))
        named = zip(known, encoded, new, strict=True)
        references = tuple(name or str(box.keep_file(data, picture)) for name, data, picture in named)
        turns = [turn if name else None for name, turn in zip(known, request.reference_turns, strict=True)]
        inputs: list[tuple[str | None, str | None, Literal["parentOf", "inputTo"]]]
        inputs = [(name, turn, "inputTo") for name, turn in zip(references, turns, strict=True)]
        first = source if parent is None or source else parent.record.images[index or 0]
        inputs.insert(0, (first, parent.id if parent and not source else None, "parentOf"))
        return cls(
            images=tuple(png_bytes(one.picture) for one in pictures),
            changed=tuple(box.keep(one.changed) for one in pictures) if any(one.changed for one in pictures) else (),
            source=source,
            index=index or 0,
            mask=box.keep(request.mask),
            references=references,
            shown=tuple(map(byte_hash, encoded)),
            originals=originals if any(originals) else (),
            sources=tuple(
                box.source(original or name, turn, relationship, store)
                for original, (name, turn, relationship) in zip(originals, inputs, strict=True)
                if name is not None
            ),
            blobs=box.blobs,
            pixels=box.pixels,
        )


@dataclass(frozen=True)
class _Box:
    """What is to be stored, by its names."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    pixels: dict[str, str] = field(default_factory=dict)

    def keep(self, picture: Image.Image | None) -> str | None:
        return None if picture is None else self.keep_file(png_bytes(picture), picture)

    def keep_file(self, data: bytes | None, picture: Image.Image | None) -> str | None:
        """Take in a file that shows this picture; nothing where there is neither."""
        if data is None or picture is None:
            return None
        name = byte_hash(data)
        self.blobs[name], self.pixels[name] = data, pixels_of(picture)
        return name

    def source(self, name: str, turn: str | None, relationship: Literal["parentOf", "inputTo"], store: Store) -> Source:
        data = self.blobs[name] if name in self.blobs else store.blob(name)
        return Source(data, mime_of(data) or "image/png", relationship, f"turn {turn}" if turn else "upload")


def pixels_of(picture: Image.Image) -> str:
    """Return the hash of a picture's pixels as they are read back: RGB where it is neither RGB nor RGBA."""
    return pixel_hash(picture if picture.mode in {"RGB", "RGBA"} else picture.convert("RGB"))


def _known(turn: str | None, picture: Image.Image, store: Store) -> str | None:
    """Name the stored picture that a reference is, where it is one of its turn's."""
    images = store.get(turn).images if turn is not None else ()
    wanted = pixels_of(picture) if images else None
    return next((name for name in images if store.pixels(name) == wanted), None)


def _index(image: Image.Image | None, parent: Turn | None) -> int | None:
    """Tell which of the parent's pictures is edited; None where it is none of them."""
    if image is None or parent is None:
        return None
    wanted = pixel_hash(image)
    first = (parent.picked, *(place for place in range(len(parent)) if place != parent.picked))
    return next((place for place in first if parent.store.pixels(parent.record.images[place]) == wanted), None)
