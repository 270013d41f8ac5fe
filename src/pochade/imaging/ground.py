"""Measures the plain ground that a subject was painted on, or says that there is none.

It stands alone because no model paints exactly the colour that it was asked for, and all that follows, from opacity to
the colour of an edge, is told against what was really painted: shifted, a little uneven, a little noisy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pochade.errors import ImageError
from pochade.imaging.fields import grown, length, measured

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Values = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

__all__ = ["Colour", "Ground", "Vivid", "measure_ground", "share"]

Colour = tuple[int, int, int]  #: sRGB, 0 to 255

# Distances between colours are Euclidean, with black and white √3 apart.
_ASKED = 0.35  # how far from the colour that was asked for a ground may be painted and still be meant
_PLAIN = 0.15  # how far a plain ground strays from its median: gradients, vignettes
_SHARE = 0.4  # of the picture's rim that must be ground; the rest is a subject cut off by the rim
_OTHER_SHARE = 0.8  # the same for a ground that was not asked for, which needs better evidence
_LEAST, _MOST = 0.04, 0.1  # differences taken for noise at least and at most
_VIVID = 0.25  # how far its channels lie apart in a ground whose colour can be told from grey
_SIDE = 8  # pixels; the ground is measured in squares of this side


class Vivid(NamedTuple):
    """A ground's high and low channels, and how far they lie apart: what tells its colour from any other."""

    high: list[int]
    low: list[int]
    span: float

    @classmethod
    def of(cls, colour: Values) -> Vivid | None:
        """Split the channels, 0 to 1, at their largest step; None for a colour that is nearly grey."""
        order = [int(channel) for channel in np.argsort(colour)]
        cut = int(np.argmax(np.diff(colour[order]))) + 1
        low, high = order[:cut], order[cut:]
        span = float(colour[high].min() - colour[low].max())
        return cls(high, low, span) if span > _VIVID else None

    def share(self, colours: Values) -> Values:
        """How much of the ground is in each colour: 1 for the ground itself, 0 or less for what has none of it.

        The colour difference of Vlahos, "Composite color photography", US patent 3,158,477 (1964).
        """
        shares: Values = (colours[..., self.high].min(-1) - colours[..., self.low].max(-1)) / self.span
        return shares

    def without(self, colours: Values, most: Values) -> Values:
        """Take out of each colour what it holds of the ground beyond a share."""
        cleaned = colours.copy()
        cleaned[..., self.high] -= self.span * np.maximum(self.share(colours) - most, 0)[..., None]
        return np.maximum(cleaned, 0)


def share(colours: ArrayLike, ground: Colour) -> Values:
    """How much of a vivid ground is in each of some colours.

    Parameters
    ----------
    colours : array_like
        ``(..., 3)``, 0 to 255.
    ground : tuple of int
        The ground.

    Returns
    -------
    ndarray
        1 for the ground itself, 0 or less for a colour that has none of it; 0 everywhere if the ground is nearly grey.
    """
    values = np.asarray(colours, np.float32) / 255
    vivid = Vivid.of(np.array(ground, np.float32) / 255)
    return vivid.share(values) if vivid is not None else np.zeros(values.shape[:-1], np.float32)


class Ground(NamedTuple):
    """A ground as it was painted.

    ``colours``, ``(rows, columns, 3)``, is the ground at every pixel, behind the subject too, 0 to 1; pixels within
    ``noise`` of it are ground; ``vivid`` is None for white, black and greys.
    """

    colours: Values
    noise: float
    vivid: Vivid | None


def measure_ground(seen: Values, colour: Colour | None, *, only: bool) -> Ground:
    """Measure the ground of a picture along its rim, and follow it inwards.

    Parameters
    ----------
    seen : ndarray
        ``(rows, columns, 3)``, 0 to 1.
    colour : tuple of int, optional
        The ground that was asked for; it tells ground from subject where the subject covers much of the rim.
    only : bool
        Refuse a ground of another colour than that.

    Raises
    ------
    ImageError
        When there is no such ground.
    """
    rim = np.ones(seen.shape[:2], bool)
    width = max(2, min(rim.shape) // 32)
    rim[width:-width, width:-width] = False
    plain = _plain(seen[rim], None if colour is None else np.array(colour, np.float32) / 255, only=only)
    rim &= length(seen - plain) < _PLAIN
    colours = measured(seen, rim, _SIDE)  # follows a vignette or a gradient, which a single colour would not
    noise = float(np.clip(2 * np.percentile(length(seen - colours)[rim], 95), _LEAST, _MOST))
    for _ in range(2):
        colours = measured(seen, ~grown(length(seen - colours) > 1.25 * noise, 1), _SIDE)
    return Ground(colours, noise, Vivid.of(plain))


def _plain(rim: Values, asked: Values | None, *, only: bool) -> Values:
    """Find the colour that most of the rim's pixels, N×3, share."""
    meant = asked is not None and bool((length(rim - asked) < _ASKED).mean() > _SHARE)
    if only and not meant:
        raise ImageError("Its ground has another colour than the one that it was painted on.")
    if asked is not None and meant:
        plain = np.median(rim[length(rim - asked) < _ASKED], 0)
    else:
        boxes = (rim * 7.999).astype(int) @ (64, 8, 1)  # the fullest of 512 boxes of colour
        plain = np.median(rim[boxes == np.bincount(boxes).argmax()], 0)
    for _ in range(3):
        near = length(rim - plain) < _PLAIN
        if near.mean() < (_SHARE if meant else _OTHER_SHARE):
            raise ImageError(f"It has no plain ground: only {near.mean():.0%} of its rim is of one colour.")
        plain = np.median(rim[near], 0)
    return np.asarray(plain, np.float32)
