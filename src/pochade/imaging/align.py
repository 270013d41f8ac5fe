"""How far an editor has shifted and zoomed a picture that it repainted, and the way back.

It stands alone because it is a measurement with a promise of its own: it says how the whole picture moved, to a
twentieth of a pixel, though part of it was really changed and all of it repainted; and where it cannot tell, it says
that nothing moved.
"""

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from pochade.errors import ImageError

__all__ = ["STILL", "Motion", "align", "undo"]

Plane: TypeAlias = npt.NDArray[np.float32]
Values: TypeAlias = npt.NDArray[np.float64]

NEGLIGIBLE = 0.05  # pixels at the farthest corner; less is not worth a resampling
ZOOM = 0.05  # a zoom beyond 1 ± this is no editor's slip but an edit
_COARSE, _FINE = 256**2, 1024**2  # pixels at which the motion is found, and refined
_TILE = 32  # smallest tile that has a place, in pixels
_TEXTURE = 1.5  # levels of deviation, after the slow changes are taken out, that a tile needs to have a place
_AGREE = 1.0  # coarse pixels within which a tile agrees with a motion
_SHARE = 0.35  # of the tiles with texture must agree, and some on three of the picture's four sides
_SIDES = 3
_UNSURE = 0.15  # pixels of standard error at the farthest corner beyond which a refined motion is not trusted
_ERRORS = 20.0  # standard errors that a motion must be away from none, the noise being less even than reckoned with
_GRAIN = 8.0  # pixels that share their noise: an autoencoder's is some pixels wide
_TINY = 1e-6
_FEWEST = 200  # pixels with slopes that it takes to measure at all
_PIXELS = 250_000  # so many, those with the steepest slopes, say all there is to say
_ROUNDS = 8
_DONE = 0.01  # pixels at the farthest corner that another round would add
_SLOW = 6.0  # pixels of deviation of the blur that is taken out


class Motion(NamedTuple):
    """How a picture moved: what was at p is found at c + zoom·(p − c) + (shift_x, shift_y), c being its middle."""

    shift_x: float
    shift_y: float
    zoom: float

    def farthest(self, size: tuple[int, int]) -> float:
        """How far the corner of a picture of `size` that moved most has moved, in pixels."""
        grow = abs(self.zoom - 1) / 2
        return math.hypot(abs(self.shift_x) + grow * size[0], abs(self.shift_y) + grow * size[1])

    def unseen(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """How many pixels at the left, top, right and bottom of a picture of `size` have moved out of sight."""
        shrink = (1 - self.zoom) / 2
        left, top = shrink * size[0] + self.shift_x, shrink * size[1] + self.shift_y
        right, bottom = shrink * size[0] - self.shift_x, shrink * size[1] - self.shift_y
        left, top, right, bottom = (max(0, math.ceil(-side / self.zoom)) for side in (left, top, right, bottom))
        return left, top, right, bottom


STILL = Motion(0.0, 0.0, 1.0)


def align(parent: Image.Image, answer: Image.Image) -> Motion:
    """Measure how an editor moved a picture.

    Parameters
    ----------
    parent, answer : PIL.Image.Image
        The picture before and after, of one size; only their lightness is looked at.

    Returns
    -------
    Motion
        `STILL` where the motion is negligible (under 0.05 pixels at every corner), and where it cannot be trusted:
        unless texture on three of the picture's sides moved alike, a thing may have moved and not the picture.

    Raises
    ------
    ImageError
        When the two have different sizes.

    Notes
    -----
    Tiles of the two gradient pictures are compared by phase correlation (Kuglin and Hines, "The phase correlation image
    alignment method", 1975; on gradients: Argyriou and Vlachos, "Estimation of sub-pixel motion using gradient cross-
    correlation", Electronics Letters 39, 2003). Every pair of tiles proposes a shift and a zoom, and the one that most
    tiles agree with is taken (consensus after Fischler and Bolles, 1981, here over all pairs). It is refined on the
    pixels by Gauss-Newton in its inverse compositional form (Baker and Matthews, "Lucas-Kanade 20 years on", IJCV 56,
    2004) with Tukey's weights (Black and Anandan, CVIU 63, 1996), which leave out what really changed.
    """
    if parent.size != answer.size:
        raise ImageError(
            f"The answer is {answer.width}×{answer.height} but the picture is {parent.width}×{parent.height}: "
            "only pictures of one size can be aligned."
        )
    before, after, scale = _planes(parent, answer, _COARSE)
    found = _consensus(before, after)
    if found is None:
        return STILL
    motion, certain = _refined(before, after, found)
    if scale < 1:
        before, after, fine = _planes(parent, answer, _FINE)
        motion, certain = _refined(before, after, _scaled(motion, fine / scale))
        scale = fine
    motion = _scaled(motion, 1 / scale)
    return motion if certain and motion.farthest(parent.size) >= NEGLIGIBLE else STILL


def undo(picture: Image.Image, motion: Motion) -> Image.Image:
    """Bring a moved picture back in one resampling (Lanczos); what was moved out of sight is mirrored in."""
    if motion == STILL:
        return picture.copy()
    pixels = np.asarray(picture)
    return _brought_back(pixels, motion, Image.Resampling.LANCZOS)


def _brought_back(pixels: npt.NDArray[Any], motion: Motion, filter_: Image.Resampling) -> Image.Image:
    """Resample so that what was moved is back in its place; the middle of the box is where the middle went."""
    height, width = pixels.shape[:2]
    rim = math.ceil(motion.farthest((width, height))) + 1
    padded = np.pad(pixels, ((rim, rim), (rim, rim), (0, 0))[: pixels.ndim], mode="symmetric")
    left = rim + (1 - motion.zoom) * width / 2 + motion.shift_x
    top = rim + (1 - motion.zoom) * height / 2 + motion.shift_y
    box = left, top, left + motion.zoom * width, top + motion.zoom * height
    return Image.fromarray(padded).resize((width, height), filter_, box=box)


def _planes(parent: Image.Image, answer: Image.Image, pixels: int) -> tuple[Plane, Plane, float]:
    """Reduce both to about so many pixels, and take what changes slowly out of them: light and colour may drift."""
    width, height = parent.size
    step = math.ceil(math.sqrt(width * height / pixels))
    size = max(1, width // step), max(1, height // step)
    x, y = (width - step * size[0]) / 2, (height - step * size[1]) / 2  # the middle stays the middle
    planes = []
    for picture in (parent, answer):
        light = picture.convert("L").resize(size, Image.Resampling.BOX, box=(x, y, width - x, height - y))
        slow = light.filter(ImageFilter.GaussianBlur(_SLOW))
        planes.append(np.asarray(light, np.float32) - np.asarray(slow, np.float32))
    return planes[0], planes[1], 1 / step


def _scaled(motion: Motion, factor: float) -> Motion:
    """Tell the same motion in pixels of another size."""
    return Motion(motion.shift_x * factor, motion.shift_y * factor, motion.zoom)


def _consensus(before: Plane, after: Plane) -> Motion | None:
    """Find the motion that most tiles agree with; None where they do not show that the whole picture moved."""
    height, width = before.shape
    side = max(_TILE, min(before.shape) // 4)
    if min(before.shape) < 2 * _TILE:
        return None
    tops, lefts = (np.linspace(0, length - side, 2 * length // side - 1).astype(int) for length in before.shape)
    corners = np.array([(x, y) for y in tops for x in lefts])
    cut = [np.stack([plane[y : y + side, x : x + side] for x, y in corners]) for plane in (before, after)]
    clear = cut[0].std(axis=(1, 2)) > _TEXTURE
    if np.count_nonzero(clear) < _SIDES:
        return None
    corners = corners[clear]
    moves = _phase(cut[0][clear], cut[1][clear])
    places = corners + (side - np.array([width, height])) / 2
    first, second = np.triu_indices(len(places), k=1)
    apart = places[second] - places[first]
    distance = np.square(apart).sum(axis=1)
    grow = ((moves[second] - moves[first]) * apart).sum(axis=1) / distance
    sound = (distance >= side**2) & (np.abs(grow) <= ZOOM)
    # A tile's own move without any zoom is a proposal too.
    first = np.concatenate([first[sound], np.arange(len(places))])
    grow = np.concatenate([grow[sound], np.zeros(len(places))])
    shifts = moves[first] - grow[:, None] * places[first]
    off = np.square(shifts[:, None] + grow[:, None, None] * places - moves).sum(axis=2)
    best = np.maximum(0, 1 - off / _AGREE**2).sum(axis=1).argmax()
    agree = off[best] < _AGREE**2
    if np.count_nonzero(agree) < _SHARE * len(places) or not _around(corners[agree], (lefts[-1], tops[-1])):
        return None
    # Least squares over those that agree, for the shift and the zoom.
    held, went = places[agree], moves[agree]
    centre = held.mean(axis=0)
    spread = np.square(held - centre).sum()
    zoom = ((went - went.mean(axis=0)) * (held - centre)).sum() / spread
    shift = went.mean(axis=0) - zoom * centre
    return Motion(float(shift[0]), float(shift[1]), 1 + float(zoom))


def _around(corners: npt.NDArray[np.int_], last: tuple[int, int]) -> bool:
    """Tell whether tiles lie at three or more of the picture's sides: a thing that moved in its middle does not."""
    low, high = (corners == 0).any(axis=0), (corners == last).any(axis=0)
    return int(low.sum() + high.sum()) >= _SIDES


def _phase(before: Plane, after: Plane) -> Values:
    """Find how far each tile moved, by the peak of the phase correlation of their gradients: N×2 pixels, x and y."""
    side = before.shape[1]
    window = np.hanning(side + 2)[1:-1].astype(np.float32)
    window = window[:, None] * window[None, :]
    spectra = []
    for tiles in (before, after):
        down, across = np.gradient(tiles, axis=(1, 2))
        spectra.append(np.fft.fft2((across + 1j * down) * window))
    cross = spectra[1] * spectra[0].conj()
    size = np.abs(cross)
    frequency = np.fft.fftfreq(side)
    soft = np.exp(-(np.square(frequency)[:, None] + np.square(frequency)[None, :]) / (2 * 0.15**2))
    peaks = np.fft.ifft2(soft * cross / (size + 0.1 * size.mean(axis=(1, 2), keepdims=True) + _TINY)).real
    y, x = np.divmod(peaks.reshape(len(peaks), -1).argmax(axis=1), side)
    tile, near = np.arange(len(peaks)), (-1, 0, 1)
    across = _summit(*(peaks[tile, y, (x + k) % side] for k in near))
    down = _summit(*(peaks[tile, (y + k) % side, x] for k in near))
    half = side // 2  # beyond it a move is one to the other side
    return np.stack([(x + half) % side - half + across, (y + half) % side - half + down], axis=1)


def _summit(before: Values, at: Values, after: Values) -> Values:
    """Find where the parabola through three neighbours has its summit, in steps from the middle one."""
    bend = before - 2 * at + after
    summit: Values = (before - after) / np.where(bend, 2 * bend, 1)
    return summit


def _refined(before: Plane, after: Plane, motion: Motion) -> tuple[Motion, bool]:
    """Refine a motion on the pixels, and tell whether they bear it out."""
    height, width = before.shape
    some, slopes = _steep(before)
    if some.size < _FEWEST:
        return STILL, False
    x, y = some % width + 0.5 - width / 2, some // width + 0.5 - height / 2
    was = before.ravel()[some]
    still = _noise(after.ravel()[some] - was)
    corner = np.array([1, 1, math.hypot(width, height) / 2])
    for _ in range(_ROUNDS):
        rest = np.asarray(_brought_back(after, motion, Image.Resampling.BICUBIC)).ravel()[some] - was
        noise = _noise(rest)
        seen = np.abs(motion.zoom * x + motion.shift_x) < width / 2 - _SLOW
        seen &= np.abs(motion.zoom * y + motion.shift_y) < height / 2 - _SLOW
        weighted = slopes * (seen * np.square(np.maximum(0, 1 - np.square(rest / (4.685 * noise)))))[:, None]
        normal = (slopes.T @ weighted).astype(np.float64)
        step = np.linalg.lstsq(normal, (weighted.T @ rest).astype(np.float64), rcond=None)[0]
        zoom = motion.zoom / (1 + step[2])
        motion = Motion(float(motion.shift_x - zoom * step[0]), float(motion.shift_y - zoom * step[1]), float(zoom))
        if not abs(zoom - 1) < ZOOM or motion.farthest((width, height)) > min(width, height) / 4:
            return STILL, False
        if np.abs(step * corner).max() < _DONE:
            break
    precision = normal / (_GRAIN * noise**2)
    unsure = np.sqrt(np.diagonal(np.linalg.inv(precision + _TINY * np.eye(3))))
    away = np.array([motion.shift_x, motion.shift_y, motion.zoom - 1])
    certain = away @ precision @ away > _ERRORS**2 and (unsure * corner).max() < _UNSURE
    return motion, bool(certain and noise < still)


def _steep(plane: Plane) -> tuple[npt.NDArray[np.int_], Plane]:
    """Choose the pixels that have a place, and how each changes with a shift across, a shift down and a zoom: N×3."""
    height, width = plane.shape
    down, across = np.gradient(plane)
    strength, rim = np.square(across) + np.square(down), math.ceil(_SLOW)
    strength[:rim] = strength[-rim:] = strength[:, :rim] = strength[:, -rim:] = 0  # its slow changes are not known
    share = max(0.5, 1 - _PIXELS / strength.size)
    some = np.flatnonzero(strength > max(float(np.quantile(strength[::3, ::3], share)), 1.0))
    x, y = some % width + 0.5 - width / 2, some // width + 0.5 - height / 2
    across, down = across.ravel()[some], down.ravel()[some]
    return some, np.stack([across, down, across * x + down * y], axis=1).astype(np.float32)


def _noise(rest: Plane) -> float:
    """Estimate the deviation of what is left, by its median, since part really changed; at least 0.3 levels."""
    return max(1.4826 * float(np.median(np.abs(rest))), 0.3)
