"""The mask canvas alone: paint on a picture with the mouse, read the mask as a picture in the next cell.

It is the Studio's own canvas without a session behind it; what is painted stays with this object, so showing it again
shows the same mask.
"""

from __future__ import annotations

import io
import threading

import traitlets
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.load import load_image, png_bytes
from pochade.widgets import protocol as p
from pochade.widgets.part import Part
from pochade.widgets.uploads import Uploads


class MaskCanvas(Part):
    """A canvas to paint a mask on.

    Parameters
    ----------
    image
        The picture to paint on: anything that `pochade.imaging.load.load_image` takes.
    """

    part = traitlets.Unicode("mask").tag(sync=True)

    def __init__(self, image: object) -> None:
        self._image = load_image(image)
        self._mask = Image.new("L", self._image.size, 0)
        self._lock = threading.Lock()
        self._uploads = Uploads()
        super().__init__("pochade-mask")

    def __repr__(self) -> str:
        return f"MaskCanvas({self._image.width}×{self._image.height})"

    @property
    def image(self) -> Image.Image:
        """The picture under the mask, a copy."""
        return self._image.copy()

    @property
    def mask(self) -> Image.Image:
        """What is painted, a copy: mode "L", the picture's size, 255 where it was painted and 0 elsewhere."""
        with self._lock:
            return self._mask.copy()

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_canvas(message.seq), seq=message.seq)

    def _on_ping(self, message: p.Ping, _buffers: list[bytes]) -> None:
        self.later(lambda: self.tell(p.Pong(seq=message.seq)))

    def _on_chunk(self, message: p.Chunk, buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.add(message, buffers), seq=message.seq)

    def _on_paint(self, message: p.Paint, _buffers: list[bytes]) -> None:
        self.later(lambda: self._paint(message), seq=message.seq)

    def _paint(self, message: p.Paint) -> None:
        size = self._image.size
        mask = Image.new("L", size, 0) if message.upload is None else self._uploads.take_mask(message.upload)
        if mask.size != size:
            raise ImageError(
                f"The mask is {mask.width}×{mask.height} but the picture is {size[0]}×{size[1]}. Paint it again."
            )
        with self._lock:
            self._mask = mask

    def _tell_canvas(self, seq: int) -> None:
        mask = self.mask
        painted = mask.getbbox() is not None
        buffers = [png_bytes(self._image)]
        if painted:
            buffer = io.BytesIO()
            mask.save(buffer, "PNG")
            buffers.append(buffer.getvalue())
        width, height = self._image.size
        self.tell(p.Canvas(seq=seq, width=width, height=height, painted=painted), buffers)
