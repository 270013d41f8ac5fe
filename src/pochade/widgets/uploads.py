"""Pictures on their way from the browser, part by part, because a socket drops a message that is too large.

A hostile or forgotten upload must not fill the memory, so whatever is kept here is bounded: open uploads by number,
attached pictures by number and bytes. Attached pictures are kept as the files that they came as, and are decoded when
a prompt uses them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.load import load_image
from pochade.widgets.protocol import CHUNK_BYTES, Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_OPEN = 4
MAX_PIXELS = 50_000_000
MAX_ATTACHED = 24
MAX_ATTACHED_BYTES = 256_000_000
THUMB_SIDE = 144


@dataclass(frozen=True)
class Attached:
    """A picture as it was attached.

    Attributes
    ----------
    name : str
        What an error calls it; "" for one without a name.
    file : bytes
        The file, with the Content Credentials that it may carry.
    """

    name: str
    file: bytes

    @property
    def image(self) -> Image.Image:
        """The picture, decoded anew each time; `ImageError` where it cannot be."""
        return load_image(self.file, name=self.name or "The picture")


class Uploads:
    """The parts that have come, and the pictures that were attached; the oldest gives way when there are too many."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[int, bytes]] = {}
        self._counts: dict[int, int] = {}
        self._attached: dict[int, Attached] = {}

    def add(self, chunk: Chunk, buffers: Sequence[bytes | memoryview]) -> None:
        """Keep one part.

        Raises
        ------
        ImageError
            When the message has not exactly one buffer, or the part does not fit the upload it belongs to.
        """
        count = self._counts.get(chunk.upload, chunk.count)
        if len(buffers) != 1 or chunk.index >= count or chunk.count != count:
            raise ImageError("A part of the picture did not fit to the others. Send it again.")
        data = bytes(buffers[0])
        if len(data) > CHUNK_BYTES:
            raise ImageError(f"A part of the picture is larger than {CHUNK_BYTES:,} bytes.")
        while chunk.upload not in self._parts and len(self._parts) >= MAX_OPEN:
            oldest = next(iter(self._parts))
            del self._parts[oldest], self._counts[oldest]
        self._counts[chunk.upload] = count
        self._parts.setdefault(chunk.upload, {})[chunk.index] = data

    def take_mask(self, upload: int) -> Image.Image:
        """Return the finished upload as a mask (mode "L", any grey), which is forgotten here.

        Raises
        ------
        ImageError
            When parts are missing, or it is not a one-channel PNG of at most 50 megapixels.
        """
        data = self._whole(upload, "The mask did not arrive completely. Send the prompt again.")
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                fits = image.mode == "L" and image.width * image.height <= MAX_PIXELS
                mask = image.copy() if fits else None
        except Exception as error:  # decoders raise whatever they trip over
            raise ImageError("The mask that arrived is not a readable PNG. Paint it again.") from error
        if mask is None:
            raise ImageError(f"A mask is a one-channel picture of at most {MAX_PIXELS:,} pixels.")
        return mask

    def attach(self, upload: int, name: str) -> tuple[tuple[int, int], Image.Image]:
        """Keep a finished upload as a picture.

        Parameters
        ----------
        upload : int
            Its number.
        name : str
            What an error calls it, such as the file's name; "" for one without a name.

        Returns
        -------
        size : (int, int)
            Width and height in pixels, upright.
        thumbnail : PIL.Image.Image
            The picture, at most 144 pixels a side.

        Raises
        ------
        ImageError
            When parts are missing or it is not a picture that can be read.
        """
        data = self._whole(upload, "The picture did not arrive completely. Send it again.")
        picture = load_image(data, name=name or "The picture")
        self._attached.pop(upload, None)
        self._attached[upload] = Attached(name, data)
        self._make_room()
        size = picture.size
        picture.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
        return size, picture

    def picture(self, upload: int) -> Attached:
        """Return an attached picture, which stays attached.

        Raises
        ------
        ImageError
            When it is not here, or not any more.
        """
        kept = self._attached.get(upload)
        if kept is None:
            raise ImageError("An attached picture is no longer in the kernel's memory. Attach it again.")
        return kept

    def detach(self, upload: int) -> None:
        """Forget an attached picture; one that is not here is no error."""
        self._attached.pop(upload, None)

    def _whole(self, upload: int, otherwise: str) -> bytes:
        parts, count = self._parts.pop(upload, {}), self._counts.pop(upload, 0)
        if not count or len(parts) != count:
            raise ImageError(otherwise)
        return b"".join(parts[index] for index in range(count))

    def _make_room(self) -> None:
        """Let the oldest pictures go until what is kept is within the bounds; the newest always stays."""
        kept = self._attached
        while len(kept) > 1 and (
            len(kept) > MAX_ATTACHED or sum(len(one.file) for one in kept.values()) > MAX_ATTACHED_BYTES
        ):
            del kept[next(iter(kept))]
