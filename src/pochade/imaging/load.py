"""Any picture that a person has at hand, read into one kind: 8-bit "RGB" or "RGBA", upright, in sRGB.

It stands alone because this is where strangers' files come in: whatever arrives is measured before it is decoded, and
what cannot be read is refused with a sentence that says why. The bytes and hashes that the store keeps are made here
too, so that the same pixels always give the same bytes.
"""

import contextlib
import hashlib
import io
import math
import os
import reprlib
import stat
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from pochade.errors import ImageError
from pochade.inert import inert

__all__ = ["FORMATS", "MAX_PIXELS", "byte_hash", "load_image", "pixel_hash", "png_bytes"]

MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

_READS = "PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF"
_OPENINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")
_TOO_LARGE = f"pochade reads at most {MAX_PIXELS:,}. Make it smaller first."
_NAME = 100  # characters of a picture's name that an error shows
_OPENING = 512  # bytes looked at to tell what an unreadable file is
_MAX_8, _MAX_16 = 255, 65_535
_HALF_LEVEL = 0.5 / _MAX_8  # what rounding can push a float beyond 0 and 1 without anybody seeing it


def load_image(source: object, *, name: str = "The picture") -> Image.Image:  # noqa: PLR0911 - one a kind
    """Read a picture of any kind.

    Parameters
    ----------
    source
        A PIL image; a path; the bytes of a picture file, or a binary file object; a NumPy array (H×W or H×W×1, 3 or 4;
        uint8 and other integers 0..255, 16-bit 0..65535, bool, float 0..1); a torch tensor (the same types; C×H×W,
        H×W×C, or a batch of one); a matplotlib figure; anything whose ``image`` is one of these, such as a turn.
    name : str
        What an error calls the picture.

    Returns
    -------
    PIL.Image.Image
        A new image of mode "RGBA" if the source knows transparency, else "RGB". EXIF orientation is applied, an
        embedded colour profile is converted to sRGB, and no metadata is left. Of an animation, the first frame.

    Raises
    ------
    ImageError
        When it cannot be read, or has more than 50 million pixels.
    """
    name = inert(name, limit=_NAME)
    if isinstance(source, Image.Image):
        return _from_pil(source, name)
    if isinstance(source, str | os.PathLike):
        return _from_path(os.fspath(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_stream(io.BytesIO(source), name)
    if callable(getattr(source, "read", None)):
        return _from_stream(source, name)  # type: ignore[arg-type]
    if callable(getattr(source, "savefig", None)):
        return _from_figure(source, name)
    if getattr(source, "image", None) is not None:
        return load_image(source.image, name=name)  # type: ignore[attr-defined]
    if callable(getattr(source, "detach", None)):
        return _from_tensor(source, name)
    if hasattr(source, "__array__"):
        return _from_array(np.asarray(source), name)
    raise ImageError(
        f"{name} cannot be made from {type(source).__name__}: pass a PIL image, an array or tensor, a path, "
        "the bytes of a picture file, a matplotlib figure or a turn."
    )


def png_bytes(image: Image.Image) -> bytes:
    """Encode as PNG, with the pixels alone: equal pixels give equal bytes, whatever else the image carries.

    Filtered rows are coded by run lengths and Huffman only (zlib's Z_RLE, which its manual recommends for PNG): painted
    pictures come out as small as by default, in less than half the time.
    """
    bare = image.copy()
    bare.info = {}
    buffer = io.BytesIO()
    bare.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def pixel_hash(image: Image.Image) -> str:
    """SHA-256, in hexadecimal, of mode, size and pixels: the same however the picture was stored."""
    digest = hashlib.sha256(f"{image.mode} {image.width}x{image.height}\n".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def byte_hash(data: bytes) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _from_path(source: str | bytes) -> Image.Image:
    text = os.fsdecode(source)
    name = f"The file {reprlib.repr(text)}"
    if text.startswith(("http:", "https:", "data:")):
        raise ImageError(f"{reprlib.repr(text)} is an address: pochade fetches nothing, so pass the picture's bytes.")
    path = Path(text).expanduser()
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # asked before opening, since opening a pipe would wait for a writer
            raise ImageError(f"{name} is not a picture file but a folder or a device.")
        with path.open("rb") as stream:
            return _from_stream(stream, name)
    except FileNotFoundError:
        raise ImageError(f"{name} does not exist in {str(Path.cwd())!r}.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{name} cannot be opened: {getattr(error, 'strerror', None) or error}.") from None


def _from_stream(stream: IO[bytes], name: str) -> Image.Image:
    if not stream.seekable():
        stream = io.BytesIO(stream.read())
    stream.seek(0)
    opening = stream.read(_OPENING)
    if not opening:
        raise ImageError(f"{name} is empty: it has 0 bytes.")
    try:
        with Image.open(stream, formats=FORMATS) as image:
            return _from_pil(image, name)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(f"{name} claims too many pixels: {_TOO_LARGE}") from None
    except Exception as error:  # decoders raise whatever they trip over
        known = opening.startswith(_OPENINGS) or opening[4:11] == b"ftypavi"
        if known or not isinstance(error, UnidentifiedImageError):
            raise ImageError(f"{name} is damaged or cut short: no picture could be read from it.") from error
        kind = "is text, not a picture" if _is_text(opening) else "is not a picture of a kind that pochade knows"
        raise ImageError(f"{name} {kind}: pochade reads {_READS}.") from None


def _is_text(opening: bytes) -> bool:
    try:
        # The cut may go through a character, which takes up to four bytes.
        text = (opening[:-3] if len(opening) == _OPENING else opening).decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character.isspace() for character in text)


def _from_pil(image: Image.Image, name: str) -> Image.Image:
    _check_size(*image.size, name)
    try:
        image.load()
        picture = _upright(image)  # a copy: the caller's own image stays as it is
        if image.mode[0] in "IF":
            levels = np.asarray(picture)
            # PIL's own conversion to "F" keeps 0..255, where an array of floats has 0..1.
            return _from_array(levels / _MAX_8 if image.mode == "F" and levels.max() > 1 else levels, name)
        picture = _to_srgb(picture)
    except ImageError:
        raise
    except Exception as error:  # decoders raise whatever they trip over
        reason = str(error).rstrip(".") or type(error).__name__
        raise ImageError(f"{name} is damaged or cut short: {reason}.") from error
    picture.info = {}
    return picture


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - the pixels are read already; metadata that nobody can read turns nothing
        return image.copy()


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert to 8-bit RGB or RGBA, heeding an embedded colour profile: phones store Display P3, presses CMYK."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    plain = image if image.mode in (mode, "CMYK") else image.convert(mode)
    if profile := image.info.get("icc_profile"):
        # A profile that is broken, or is meant for other channels, says nothing of use.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(embedded).lower():
                srgb = ImageCms.createProfile("sRGB")
                plain = ImageCms.profileToProfile(plain, embedded, srgb, outputMode=mode) or plain
    return plain if plain.mode == mode else plain.convert(mode)


def _from_figure(figure: Any, name: str) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi="figure")
    picture = _from_stream(buffer, name)
    opaque = picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (_MAX_8, _MAX_8)
    return picture.convert("RGB") if opaque else picture


def _from_tensor(tensor: Any, name: str) -> Image.Image:
    """Torch is never imported: a tensor is known by what it can do."""
    plain = tensor.detach().cpu()
    values = plain.float() if plain.is_floating_point() else plain  # NumPy has no bfloat16
    return _from_array(values.numpy(), name, channels_first=True)


def _from_array(array: npt.NDArray[Any], name: str, *, channels_first: bool = False) -> Image.Image:
    """`channels_first` decides only where both ends could be channels; otherwise the shape speaks for itself."""
    shape = "×".join(map(str, array.shape)) or "no shape"
    match array.shape:
        case (1, _, _, _):
            array = array[0]
        case (height, width):
            array = array.reshape(height, width, 1)
    first, last = (array.ndim == 3 and array.shape[axis] in (1, 3, 4) for axis in (0, -1))  # noqa: PLR2004
    if first and (channels_first or not last):
        array, last = np.moveaxis(array, 0, -1), True
    if not last or not array.size:
        raise ImageError(f"{name} is an array of {shape}; pass one picture of height×width or height×width×1, 3 or 4.")
    height, width, channels = array.shape
    _check_size(width, height, name)
    levels = _levels(array, name)
    return Image.fromarray(np.repeat(levels, 3, axis=2) if channels == 1 else np.ascontiguousarray(levels))


def _levels(array: npt.NDArray[Any], name: str) -> npt.NDArray[np.uint8]:
    """Bring values of any type to levels 0..255."""
    kind = array.dtype.kind
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(_MAX_8)
    if kind not in "uif":
        raise ImageError(f"{name} is an array of {array.dtype}; pass uint8, uint16, bool, or float from 0 to 1.")
    low, high = array.min(), array.max()
    if kind == "f":
        if not (low >= -_HALF_LEVEL and high <= 1 + _HALF_LEVEL):  # so written, NaN is refused too
            raise ImageError(f"{name} has floats from {low:g} to {high:g}: give 0 to 1, or convert to uint8.")
        return np.rint(np.clip(array.astype(np.float64), 0, 1) * _MAX_8).astype(np.uint8)
    if low < 0 or high > _MAX_16:
        raise ImageError(f"{name} has whole numbers from {low} to {high}: give 0 to 255, or 0 to 65535.")
    if array.dtype == np.uint16 or high > _MAX_8:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return array.astype(np.uint8)


def _check_size(width: int, height: int, name: str) -> None:
    if math.prod((width, height)) > MAX_PIXELS:
        raise ImageError(f"{name} is {width:,}×{height:,} = {width * height:,} pixels: {_TOO_LARGE}")
    if not width or not height:
        raise ImageError(f"{name} is {width}×{height}: it has no pixels.")
