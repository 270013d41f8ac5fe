"""Finds how opaque every pixel is: a picture painted on a plain ground becomes one on no ground at all.

It stands alone because most models paint no transparency, and cutting along a line would leave a fringe of the ground's
colour. Here opacity is solved for, and the ground's share is taken out of every pixel of an edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

from pochade.errors import ImageError
from pochade.imaging.fields import dot, from_rim, grown, length, measured, pieces, spread
from pochade.imaging.ground import Colour, measure_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pochade.imaging.ground import Vivid

    Values = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

__all__ = ["key", "lay", "two"]

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_OPAQUE = 255
_LARGEST = 2**22  # pixels that are solved for; no model paints more, so a larger picture's edges were enlarged

# Distances between colours are Euclidean, with black and white √3 apart.
_REACH = 3  # pixels around a pixel in which the subject's own colour is looked for; wider edges are walked into
_WALKS = 6  # how often an edge is followed by as many pixels again
_LINE = 0.06  # how far from the straight line between ground and subject a mixture of both may lie
_PURE = 0.9  # opacity, as its neighbours see it, from which a pixel's colour is the subject's alone
_SURE = 0.2  # how far from the ground such a colour is at least
_NEAR = 3.0  # standard deviation, in pixels, of the weight of a neighbour's colour
_ROOM = 0.25  # between the ground and white or black, from which a colour beyond the ground's tells opacity
_FAINT = 0.05  # opacities below are the ground's noise, and as near to 1 the subject's
_SPILL = 0.15  # how much more of a vivid ground an edge may hold than the subject inside it
_SHADE = 0.05  # how far from the line between the ground and black its shadow may lie
_DARKEST = 0.2  # of the ground's light that is left in the deepest shadow
_FAINTEST = 0.3  # opacity that a piece reaches somewhere; others are dust
_SPECK = 2e-5  # of the picture's area, and 4 pixels: what is smaller is dust
_APART = 0.5  # between two grounds that opacity can be told from
_AGREE = 0.2  # how far two pictures of one subject may be from any mixture that explains both
_TOLERATED = 0.1  # of a subject's area in which they may be farther


def lay(picture: Image.Image, colour: Colour = _WHITE) -> Image.Image:
    """Lay a picture on a plain ground.

    Parameters
    ----------
    picture : PIL.Image.Image
        Any mode; only "RGBA" lets the ground through.
    colour : tuple of int
        The ground, sRGB, 0 to 255.

    Returns
    -------
    PIL.Image.Image
        A new "RGB" picture, mixed in sRGB like nearly all pictures that models learn from.
    """
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*colour, 255)), picture).convert("RGB")


def key(picture: Image.Image, colour: Colour | None = None, *, only: bool = False) -> Image.Image:
    """Take a subject off its plain ground.

    The opacity of an edge pixel is its place on the line from the ground to the subject's own colour, which is sampled
    from the pixels around it, after Gastal and Oliveira, "Shared sampling for real-time alpha matting", Computer
    Graphics Forum 29 (2010). An edge may hold no more of a vivid ground than the subject inside it does, and a soft
    shadow on such a ground becomes transparent black. Glass comes out opaque: nothing tells it from a tinted subject.

    Parameters
    ----------
    picture : PIL.Image.Image
        "RGB"; of another mode, its colours.
    colour : tuple of int, optional
        The ground that was asked for, sRGB. What was painted is measured in any case; this tells ground from subject
        where the subject covers much of the rim.
    only : bool
        Refuse a ground of another colour than that.

    Returns
    -------
    PIL.Image.Image
        "RGBA", of the same size. Transparent pixels are 0 in every channel. Whatever has the colour of a vivid ground
        is transparent, the inside of a ring too; of a white, grey or black one, what hangs together with the rim.

    Raises
    ------
    ImageError
        When it is not a subject on a plain ground; the message says why, in a sentence about "it".
    """
    if picture.width * picture.height > _LARGEST:
        return _keyed_small(picture, colour, only=only)
    seen = np.asarray(picture.convert("RGB"), np.float32) / 255
    scene = _scene(seen, colour, only=only)
    edge, opacity, own = _solved(scene)
    inside = ~grown(scene.back, _REACH)
    spill = np.zeros_like(opacity)
    if scene.vivid is not None:
        pure = spread(seen, inside.astype(np.float32)) if inside.any() else np.zeros_like(seen)
        spill = np.clip(scene.vivid.share(pure), 0, 1) + _SPILL
        most = (1 - scene.vivid.share(seen)) / np.maximum(1 - spill, _FAINT)
        opacity = np.where(edge, np.clip(most, 0, opacity), opacity)
    opacity = _without_dust(_settled(opacity))
    unmixed = (seen - (1 - opacity)[..., None] * scene.ground) / np.maximum(opacity, _FAINT)[..., None]
    # The less of a pixel is the subject, the more its unmixed colour is noise and its neighbours' is to be trusted.
    own = own + (np.clip(unmixed, 0, 1) - own) * opacity[..., None]
    if scene.vivid is not None:
        own = np.where(edge[..., None], scene.vivid.without(own, spill), own)
    whole = opacity + (1 - opacity) * scene.shadow  # the subject over its shadow, which is black
    return _rgba(own * (opacity / np.maximum(whole, 1e-6))[..., None], whole)


def _keyed_small(picture: Image.Image, colour: Colour | None, *, only: bool) -> Image.Image:
    """Key a reduced copy, and enlarge what was found; where that is opaque, pixels stay the picture's own."""
    scale = (_LARGEST / (picture.width * picture.height)) ** 0.5
    small = picture.resize((max(1, int(picture.width * scale)), max(1, int(picture.height * scale))))
    found = key(small, colour, only=only).resize(picture.size, Image.Resampling.BILINEAR)
    solid = np.asarray(found.getchannel("A")) == _OPAQUE
    found.paste(picture, mask=Image.fromarray(solid))
    return found


def two(first: Image.Image, second: Image.Image, grounds: tuple[Colour, Colour] = (_WHITE, _BLACK)) -> Image.Image:
    """Take a subject off two grounds that it was painted on, pixel for pixel the same.

    What differs between the two can only be ground, so opacity needs no guess at the subject's colour: it may be of the
    grounds' colours itself, or of glass. The triangulation matting of Smith and Blinn, "Blue screen matting", SIGGRAPH
    1996.

    Parameters
    ----------
    first, second : PIL.Image.Image
        "RGB", of one size; of other modes, their colours.
    grounds : tuple of Colour
        The grounds that were asked for, sRGB. What was painted is measured.

    Returns
    -------
    PIL.Image.Image
        "RGBA", of the same size. Transparent pixels are 0 in every channel.

    Raises
    ------
    ImageError
        When a ground is not plain, the grounds are too much alike, or the subject is not the same in both, as when a
        model moved it or painted it anew.
    """
    if first.size != second.size:
        raise ImageError(f"The two pictures are of different sizes: {first.size} and {second.size}.")
    seen = [np.asarray(picture.convert("RGB"), np.float32) / 255 for picture in (first, second)]
    ground = [measure_ground(one, colour, only=True).colours for one, colour in zip(seen, grounds, strict=True)]
    apart, differs = ground[0] - ground[1], seen[0] - seen[1]
    if float(length(apart).min()) < _APART:
        raise ImageError("The two grounds are too much alike to tell opacity from them.")
    opacity = 1 - _along(differs, apart)
    unexplained = length(differs - (1 - np.clip(opacity, 0, 1))[..., None] * apart) > _AGREE
    if unexplained.sum() > _TOLERATED * (opacity > _PURE).sum():
        raise ImageError("The two pictures do not show the same subject in the same place.")
    opacity = _without_dust(_settled(opacity))
    left = (1 - opacity)[..., None] * (ground[0] + ground[1])
    own = (seen[0] + seen[1] - left) / (2 * np.maximum(opacity, _FAINT))[..., None]
    return _rgba(np.clip(own, 0, 1), opacity)


class _Scene(NamedTuple):
    """A picture taken apart as far as it can be without knowing the subject; arrays have the picture's rows, columns.

    ``seen`` and ``ground`` are colours, 0 to 1, the ground darker where a shadow lies on it, and ``off`` is their
    difference; ``back`` marks the pixels that are nothing but ground, and ``shadow`` is the opacity of the shadow.
    """

    seen: Values
    ground: Values
    off: Values
    back: Mask
    shadow: Values
    noise: float
    vivid: Vivid | None


def _scene(seen: Values, colour: Colour | None, *, only: bool) -> _Scene:
    ground, noise, vivid = measure_ground(seen, colour, only=only)
    back = length(seen - ground) < noise
    shadow = np.zeros(back.shape, np.float32)
    if vivid is None:
        back = from_rim(back)
    else:
        light = dot(seen, ground) / np.maximum(dot(ground, ground), 1e-6)
        dark = ~back & (light < 1) & (light > _DARKEST) & (length(seen - light[..., None] * ground) < _SHADE)
        dark &= grown(dark & ~grown(~(dark | back), 2), 2)  # a narrow one is an edge
        if dark.any():
            back = back | dark
            lit = measured(np.where(dark, light, np.float32(1))[..., None], back, 2)[..., 0]
            shadow = 1 - np.clip(lit, 0, 1)
            ground = ground * (1 - shadow)[..., None]
    return _Scene(seen, ground, seen - ground, back, shadow, noise, vivid)


def _solved(scene: _Scene) -> tuple[Mask, Values, Values]:
    """Find where the edges are, how opaque each pixel is, and which colour the subject has there."""
    around = np.pad(scene.off, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)))
    opacity = np.where(scene.back, np.float32(0), np.float32(1))
    edge = todo = grown(scene.back, _REACH) & ~scene.back
    for _ in range(_WALKS):
        opacity[todo] = _lowest(scene.off[todo], _neighbours(around, todo), scene.noise)
        todo = grown(todo & (opacity < _PURE), _REACH) & ~edge & ~scene.back
        if not todo.any():
            break
        edge = edge | todo
    pure = (opacity > _PURE) & (length(scene.off) > _SURE)
    if not pure.any():
        raise ImageError("There is nothing on its ground.")
    own = spread(scene.seen, pure.astype(np.float32))
    off, ground = scene.off[edge], scene.ground[edge]
    whose = _neighbours(np.pad(pure, _REACH), edge)
    near = _nearby(off, own[edge] - ground, _neighbours(around, edge), whose)
    own[edge] = np.clip(near + ground, 0, 1)
    # No colour is lighter than white or darker than black, so at least so much of the subject must be there.
    room = np.where(off > 0, 1 - ground, ground)
    least = ((np.abs(off) - scene.noise / 2) * (room > _ROOM) / np.maximum(room, _ROOM)).max(-1)
    opacity[edge] = np.clip(np.maximum(_along(off, near), least), 0, 1)
    return edge, opacity, own


def _neighbours(padded: NDArray[Any], mask: Mask) -> Iterator[tuple[int, NDArray[Any]]]:
    """Give, for each pixel of a mask at once, one neighbour after the other, each with its squared distance."""
    rows, columns = np.nonzero(mask)
    for down in range(-_REACH, _REACH + 1):
        for right in range(-_REACH, _REACH + 1):
            if down**2 + right**2 <= _REACH**2 + 1:
                yield down**2 + right**2, padded[rows + (down + _REACH), columns + (right + _REACH)]


def _along(off: Values, own: Values) -> Values:
    """Opacity: how far along the way from the ground to the subject's own colour each pixel lies."""
    return dot(off, own) / np.maximum(dot(own, own), 1e-4)


def _lowest(off: Values, neighbours: Iterator[tuple[int, Values]], noise: float) -> Values:
    """Find the lowest opacity that any neighbour, taken for the subject, would explain each pixel with."""
    lowest = np.ones(len(off), np.float32)
    square = dot(off, off)
    for _, own in neighbours:
        size, shared = dot(own, own), dot(off, own)
        opacity = shared / np.maximum(size, 1e-6)
        fits = (square - opacity * shared < _LINE**2) & (opacity >= 0) & (size > noise**2)
        lowest = np.where(fits, np.minimum(lowest, opacity), lowest)
    return lowest


def _nearby(
    off: Values, far: Values, neighbours: Iterator[tuple[int, Values]], pure: Iterator[tuple[int, Mask]]
) -> Values:
    """Average the pure neighbours that could be a pixel's own colour; where there is none, take the one from afar."""
    weights = np.full(len(off), 1e-3, np.float32)
    total = far * weights[:, None]
    square = dot(off, off)
    for (distance, own), (_, counts) in zip(neighbours, pure, strict=True):
        size = dot(own, own)
        opacity = dot(off, own) / np.maximum(size, 1e-6)
        # Missing the line speaks against a neighbour, and so does lying beyond it.
        miss = np.maximum(square - opacity**2 * size, 0) + size * np.maximum(opacity - 1, 0) ** 2
        weight = counts * np.exp(-miss / (2 * _LINE**2) - distance / (2 * _NEAR**2))
        total += weight[:, None] * own
        weights += weight
    average: Values = total / weights[:, None]
    return average


def _settled(opacity: Values) -> Values:
    """Bring opacities that differ from 0 or 1 by no more than noise to these, and leave those between as they are."""
    low = np.maximum(np.minimum(opacity, 2 * (opacity - _FAINT)), 0)
    settled: Values = np.minimum(np.maximum(low, 1 - 2 * np.maximum(1 - opacity - _FAINT, 0)), 1)
    return settled


def _without_dust(opacity: Values) -> Values:
    """Clear pieces that are too small or too faint to be anything; with nothing left, there was nothing."""
    numbers = pieces(opacity > 0)
    area = np.bincount(numbers.ravel(), opacity.ravel())
    strongest = np.zeros(len(area))
    np.maximum.at(strongest, numbers.ravel(), opacity.ravel())
    dust = (area < max(4, _SPECK * opacity.size)) | (strongest < _FAINTEST)
    if dust.all():
        raise ImageError("There is nothing on its ground.")
    return np.where(dust[numbers], np.float32(0), opacity)


def _rgba(own: Values, opacity: Values) -> Image.Image:
    levels = np.rint(np.concatenate([own, opacity[..., None]], -1) * 255).astype(np.uint8)
    levels[levels[..., 3] == 0] = 0
    return Image.fromarray(levels)
