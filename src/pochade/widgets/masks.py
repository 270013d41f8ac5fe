"""Masks of turns, for painting on them again: the one an edit was asked for with, or the one of what it changed.

It is a room of its own because a mask is no picture of a turn: it is found, and encoded, only when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pochade.errors import ImageError
from pochade.imaging.load import png_bytes
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound

if TYPE_CHECKING:
    from PIL import Image

    from pochade.turn import Turn


class MaskRoom(Bound):
    """Answers what a view asks about masks."""

    def _on_masks(self, message: p.Masks, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_mask(message), seq=message.seq)

    def _tell_mask(self, message: p.Masks) -> None:
        turn = self._session[message.turn]
        self.tell(p.MaskOf(seq=message.seq, turn=turn.id), [png_bytes(_mask_of(turn))])


def _mask_of(turn: Turn) -> Image.Image:
    mask = turn.mask if turn.mask is not None else turn.changed
    if mask is None:
        raise ImageError("This turn has no mask: it changed the whole picture. Copy the mask of another turn.")
    return mask
