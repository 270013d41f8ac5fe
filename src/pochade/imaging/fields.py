"""Arrays that ask their neighbours: values carried to where none is known, masks grown, and pieces told apart.

They stand alone because they know nothing of pictures or colours. NumPy has none of them, and an image library for a
few dozen lines would be one more thing to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

__all__ = ["dot", "from_rim", "grown", "length", "measured", "pieces", "spread"]


def dot(first: Values, second: Values) -> Values:
    """Dot product along the last axis."""
    product: Values = np.einsum("...c,...c->...", first, second)
    return product


def length(vectors: Values) -> Values:
    """Euclidean length along the last axis."""
    lengths: Values = np.sqrt(dot(vectors, vectors))
    return lengths


def grown(mask: Mask, pixels: int) -> Mask:
    """Spread a mask over so many pixels to all eight sides."""
    for axis in (0, 1):
        near = np.moveaxis(mask, axis, 0)
        wider = near.copy()
        for step in range(1, pixels + 1):
            wider[step:] |= near[:-step]
            wider[:-step] |= near[step:]
        mask = np.moveaxis(wider, 0, axis)
    return mask


def spread(values: Values, weight: Values) -> Values:
    """Fill in what has little weight from around it, the nearest first.

    The pull-push of Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph", SIGGRAPH 1996: means of ever larger
    squares, laid under whatever the finer ones leave open.

    Parameters
    ----------
    values : ndarray
        ``(rows, columns, channels)``.
    weight : ndarray
        ``(rows, columns)``, from 0, unknown, to 1, kept as it is.
    """
    rows, columns = weight.shape
    if max(rows, columns) == 1:
        return values
    counted = _squares(weight[..., None], 2)
    total = _squares(values * weight[..., None], 2)
    coarse = spread(total / np.maximum(counted, 1e-6), np.minimum(counted[..., 0], 1))
    under = _doubled(coarse)[:rows, :columns]
    filled: Values = under + (values - under) * weight[..., None]
    return filled


def measured(values: Values, known: Mask, side: int) -> Values:
    """Smooth values that are known in places only, and carry them to all others.

    Parameters
    ----------
    values : ndarray
        ``(rows, columns, channels)``.
    known : ndarray
        ``(rows, columns)``, bool.
    side : int
        Of the squares that are averaged, in pixels; a power of 2. Of a square, a quarter is enough to be trusted.
    """
    rows, columns = known.shape
    counted = _squares(known[..., None].astype(np.float32), side)
    total = _squares(values * known[..., None], side)
    field = spread(total / np.maximum(counted, 1), np.minimum(counted[..., 0] * 4 / side**2, 1))
    while side > 1:
        field, side = _doubled(field), side // 2
    return field[:rows, :columns]


def _squares(values: Values, side: int) -> Values:
    """Sum squares of so many pixels; beyond the border there is nothing."""
    rows, columns, channels = values.shape
    padded = np.pad(values, ((0, -rows % side), (0, -columns % side), (0, 0)))
    sums: Values = padded.reshape(-(-rows // side), side, -(-columns // side), side, channels).sum((1, 3))
    return sums


def _doubled(values: Values) -> Values:
    """Enlarge rows and columns twofold, linearly."""
    for axis in (0, 1):
        near = np.moveaxis(values, axis, 0)
        before, after = np.concatenate([near[:1], near[:-1]]), np.concatenate([near[1:], near[-1:]])
        both = np.stack([0.75 * near + 0.25 * before, 0.75 * near + 0.25 * after], 1)
        values = np.moveaxis(both.reshape(-1, *near.shape[1:]), 0, axis)
    return values


def from_rim(mask: Mask) -> Mask:
    """Keep the pieces of a mask that touch the picture's rim."""
    numbers = pieces(mask)
    rim = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    return np.isin(numbers, rim[rim > 0])


def pieces(mask: Mask) -> NDArray[np.int64]:
    """Number the pieces of a mask that hang together over their sides, from 1 with gaps; 0 is outside.

    Runs of each row are joined to those that they touch in the next, and every run ends up with the lowest number
    among those it hangs together with.
    """
    rows, columns = mask.shape
    width = columns + 1  # a gap after each row, so that no run goes on into the next
    flat = np.pad(mask, ((0, 0), (0, 1))).ravel().astype(np.int8)
    steps = np.diff(flat, prepend=0)
    starts, ends = np.nonzero(steps == 1)[0], np.nonzero(steps == -1)[0]
    first = np.searchsorted(ends, starts + width, "right")  # of the runs that each one touches in the next row
    count = np.maximum(np.searchsorted(starts, ends + width, "left") - first, 0)
    above = np.repeat(np.arange(len(starts)), count)
    below = np.arange(len(above)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    label = np.arange(len(starts))
    while (label[above] != label[below]).any():
        one, other = label[above], label[below]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while (label != label[label]).any():
            label = label[label]
    numbers = np.zeros((rows, columns), np.int64)
    numbers[mask] = np.repeat(label + 1, ends - starts)
    return numbers
