"""Pictures on their way from the browser, part by part, because a socket drops a message that is too large.

A hostile or forgotten upload must not fill the memory, so the number of open uploads and their parts is bounded.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from pochade.errors import ImageError
from pochade.widgets.protocol import CHUNK_BYTES, Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_OPEN = 4
MAX_PIXELS = 50_000_000


class Uploads:
    """The parts that have come; the oldest upload gives way when too many are open."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[int, bytes]] = {}
        self._counts: dict[int, int] = {}

    def add(self, chunk: Chunk, buffers: Sequence[bytes | memoryview]) -> None:
        """Keep one part.

        Raises
        ------
        ImageError
            When the message has not exactly one buffer, or the part does not fit the upload it belongs to.
        """
        count = self._counts.get(chunk.upload, chunk.count)
        if len(buffers) != 1 or chunk.index >= count or chunk.count != count:
            raise ImageError("A part of the mask did not fit to the others. Paint it again.")
        data = bytes(buffers[0])
        if len(data) > CHUNK_BYTES:
            raise ImageError(f"A part of the mask is larger than {CHUNK_BYTES:,} bytes.")
        while chunk.upload not in self._parts and len(self._parts) >= MAX_OPEN:
            oldest = next(iter(self._parts))
            del self._parts[oldest], self._counts[oldest]
        self._counts[chunk.upload] = count
        self._parts.setdefault(chunk.upload, {})[chunk.index] = data

    def take_mask(self, upload: int) -> Image.Image:
        """Return the finished upload as a mask (mode "L"), which is forgotten here.

        Raises
        ------
        ImageError
            When parts are missing, or it is not a one-channel PNG of at most 50 megapixels.
        """
        parts, count = self._parts.pop(upload, {}), self._counts.pop(upload, 0)
        if not count or len(parts) != count:
            raise ImageError("The mask did not arrive completely. Send the prompt again.")
        data = b"".join(parts[index] for index in range(count))
        try:
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                if image.mode != "L" or image.width * image.height > MAX_PIXELS:
                    raise ImageError(f"A mask is a one-channel picture of at most {MAX_PIXELS:,} pixels.")
                image.load()
                return image.copy()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            if isinstance(error, ImageError):
                raise
            raise ImageError("The mask that arrived is not a readable PNG. Paint it again.") from error
