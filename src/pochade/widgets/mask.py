"""The mask canvas alone: paint on a picture with the mouse, read the mask as a picture in the next cell.

It is the Studio's own canvas without a session behind it; what is painted stays with this object, so showing it again
shows the same mask.
"""

from __future__ import annotations

import io
import threading
from typing import Any

import traitlets
from PIL import Image, ImageStat
from traitlets.utils.bunch import Bunch

from pochade.errors import ImageError
from pochade.imaging.load import load_image, png_bytes
from pochade.imaging.mask import load_mask
from pochade.turn import Turn
from pochade.widgets import protocol as p
from pochade.widgets.alone import Alone
from pochade.widgets.uploads import Uploads

__all__ = ["MaskCanvas"]


class MaskCanvas(Alone):
    """A canvas to paint a mask on; nothing waits for it.

    Parameters
    ----------
    image : picture
        The picture to paint on: a turn, or a picture of any kind.
    **options
        `mask`, one to begin with; ``lang``, "en" or "zh" for the words on it; ``layout`` and whatever else an ipywidget
        takes.

    Attributes
    ----------
    painted : float
        The share of the picture that is painted, 0 to 1. ``canvas.observe(f, "painted")`` calls ``f`` once for every
        mask that arrives: by then `mask` is the new one. ``f`` has a thread of its own and may wait, for a picture too.
    version : int
        How many masks it has had so far.

    Raises
    ------
    ImageError
        If the picture cannot be read.
    """

    part = traitlets.Unicode("mask").tag(sync=True)
    painted = traitlets.Float(0.0, min=0.0, max=1.0, read_only=True).tag(sync=True)
    version = traitlets.Int(0, min=0, read_only=True).tag(sync=True)

    def __init__(self, image: object, **options: Any) -> None:
        self._image, self._label = load_image(image), _label(image)
        self._mask = _blank(self._image.size)
        self._masks = 0
        self._lock = threading.RLock()
        self._uploads = Uploads()
        mask = options.pop("mask", None)
        super().__init__("pochade-mask", **options)
        if mask is not None:
            self.mask = mask

    def __repr__(self) -> str:
        return f"MaskCanvas({self._image.width}×{self._image.height})"

    @property
    def image(self) -> Image.Image:
        """The picture under the mask, a copy. Set it to another one: of the same size, it keeps the mask."""
        return self._image.copy()

    @image.setter
    def image(self, image: object) -> None:
        picture, label = load_image(image), _label(image)
        with self._lock:
            same = picture.size == self._image.size
            self._image, self._label = picture, label
            if not same:
                self._keep(_blank(picture.size))
        self.later(lambda: self._tell_canvas(None))
        if not same:
            self._announce()

    @property
    def mask(self) -> Image.Image:
        """What is painted, a copy: mode "L", the picture's size, 255 where it was painted and 0 elsewhere.

        Set it to a mask of any kind that `Session.edit` takes, or to None for an empty one; every view shows it.
        """
        with self._lock:
            return self._mask.copy()

    @mask.setter
    def mask(self, mask: object) -> None:
        with self._lock:
            self._keep(_read(mask, self._image.size))
        self.later(lambda: self._tell_canvas(None, pictured=False))
        self._announce()

    def _on_hello(self, message: p.Hello, _buffers: list[bytes]) -> None:
        self.greet(lambda: self._tell_canvas(message.seq), message.seq)

    def _on_chunk(self, message: p.Chunk, buffers: list[bytes]) -> None:
        self.later(lambda: self._uploads.add(message, buffers), seq=message.seq)

    def _on_paint(self, message: p.Paint, _buffers: list[bytes]) -> None:
        self.later(lambda: self._paint(message), seq=message.seq)

    def _paint(self, message: p.Paint) -> None:
        mask = self._uploads.take_mask(message.upload) if message.upload is not None else None
        with self._lock:
            size = self._image.size
            if mask is not None and mask.size != size:
                raise ImageError(
                    f"The mask is {mask.width}×{mask.height} but the picture is {size[0]}×{size[1]}. Paint it again."
                )
            version = self._keep(mask or _blank(size))
        self.tell(p.Painted(seq=message.seq, version=version))
        self.call(self._announce)

    def _keep(self, mask: Image.Image) -> int:
        self._mask = mask
        self._masks += 1
        return self._masks

    def _announce(self) -> None:
        """Tell whoever observes; two masks may cover the same share, and each of them is news."""
        with self._lock:
            share, before = ImageStat.Stat(self._mask).mean[0] / 255, self.painted
        # Whoever observes may wait for another thread that reads the mask, so nothing is held while they are told.
        while (version := self._masks) != self.version:  # two threads may be here, and the newest mask stays
            self.set_trait("version", version)
        if share == before:
            self.notify_change(Bunch(name="painted", old=before, new=share, owner=self, type="change"))
        else:
            self.set_trait("painted", share)

    def _tell_canvas(self, seq: int | None, *, pictured: bool = True) -> None:
        with self._lock:
            image, label, mask, version = self._image, self._label, self._mask, self._masks
        painted = mask.getbbox() is not None
        buffers = [png_bytes(image)] if pictured else []
        if painted:
            buffer = io.BytesIO()
            mask.save(buffer, "PNG")
            buffers.append(buffer.getvalue())
        canvas = p.Canvas(
            seq=seq,
            protocol=p.PROTOCOL,
            width=image.width,
            height=image.height,
            label=label,
            pictured=pictured,
            painted=painted,
            version=version,
        )
        self.tell(canvas, buffers)


def _blank(size: tuple[int, int]) -> Image.Image:
    return Image.new("L", size, 0)


def _read(mask: object, size: tuple[int, int]) -> Image.Image:
    """Read a mask; unlike one that an edit is given it may be empty, or cover everything."""
    if mask is None:
        return _blank(size)
    if isinstance(mask, Image.Image) and mask.mode == "L" and mask.size == size:
        return mask.copy()
    return load_mask(mask, size)


def _label(image: object) -> str:
    """Return what to call a picture, for those who do not see it; empty where nobody said."""
    return image.prompt if isinstance(image, Turn) else ""
