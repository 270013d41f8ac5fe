"""What load_image promises: every kind of picture becomes one kind, and every bad one is refused with its reason."""

import io
import os
import random
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image, ImageCms

from pochade.errors import ImageError
from pochade.imaging.load import FORMATS, byte_hash, load_image, pixel_hash, png_bytes

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
PHOTO = Image.fromarray(PIXELS)
TURN_RIGHT = 6  # the EXIF orientation of a phone held upright


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def claiming(width, height):
    """Make a small PNG file whose header claims a size."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def wide_gamut_profile():
    """Make an ICC profile that is plainly not sRGB: sRGB's own, with the red and green primaries exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be")).replace(b"sRGB", b"Swap")


def test_a_file_its_bytes_and_the_open_image_give_the_same_picture(tmp_path):
    path = tmp_path / "photo.png"
    PHOTO.save(path)
    sources = [path, str(path), path.read_bytes(), memoryview(path.read_bytes())]
    sources += [io.BytesIO(path.read_bytes()), SimpleNamespace(image=PHOTO, id="k3f9"), PHOTO]
    assert {pixel_hash(load_image(source)) for source in sources} == {pixel_hash(PHOTO)}
    with Image.open(path) as image:
        assert load_image(image) == PHOTO


def test_a_path_may_start_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    PHOTO.save(tmp_path / "photo.png")
    assert load_image("~/photo.png") == PHOTO


def test_what_is_loaded_is_a_copy():
    mine = PHOTO.copy()
    loaded = load_image(mine)
    mine.paste("red", (0, 0, 32, 24))
    assert loaded == PHOTO


@pytest.mark.parametrize("kind", sorted(set(FORMATS)))
def test_every_format_that_is_named_is_read(kind):
    loaded = load_image(encoded(PHOTO, kind))
    assert (loaded.mode, loaded.size) == ("RGB", (32, 24))


def test_no_metadata_is_left():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    loaded = load_image(encoded(PHOTO, "JPEG", exif=exif, dpi=(300, 300)))
    assert loaded.info == {}
    assert not loaded.getexif()


def test_a_rotated_photo_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = TURN_RIGHT
    assert load_image(encoded(PHOTO, exif=exif)) == PHOTO.transpose(Image.Transpose.ROTATE_270)


def test_exif_that_nobody_can_read_does_not_cost_the_picture():
    assert load_image(encoded(PHOTO, exif=b"Exif\0\0XX*\0\0\0\0\x08")) == PHOTO


def test_sixteen_bits_are_scaled_not_clipped():
    deep = np.linspace(0, 65_535, 32 * 24).astype(np.uint16).reshape(24, 32)
    expected = np.rint(deep / 257).astype(np.uint8)
    image = Image.fromarray(deep)
    for source in (deep, image, encoded(image), encoded(image, "TIFF"), deep.astype(np.int32), image.convert("I")):
        assert np.array_equal(np.asarray(load_image(source))[:, :, 0], expected)


def test_a_palette_keeps_its_colours_and_its_transparency():
    flat = Image.new("RGB", (4, 4), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert load_image(encoded(flat)).getpixel((0, 0)) == (10, 200, 30)
    assert load_image(encoded(flat, transparency=flat.getpixel((0, 0)))).getpixel((0, 0)) == (10, 200, 30, 0)


def test_cmyk_becomes_rgb():
    loaded = load_image(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"))
    assert (loaded.mode, loaded.getpixel((0, 0))) == ("RGB", (255, 0, 0))


@pytest.mark.parametrize(
    ("mode", "becomes"),
    [("1", "RGB"), ("L", "RGB"), ("LA", "RGBA"), ("RGBA", "RGBA"), ("I", "RGB"), ("F", "RGB"), ("YCbCr", "RGB")],
)
def test_every_mode_becomes_rgb_or_rgba_and_keeps_its_greys(mode, becomes):
    loaded = load_image(Image.new("L", (4, 4), 255).convert(mode))
    assert loaded.mode == becomes
    assert loaded.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_transparency_is_kept_to_the_byte():
    layered = Image.fromarray(np.random.default_rng(1).integers(0, 256, (8, 8, 4), dtype=np.uint8))
    assert load_image(encoded(layered)).tobytes() == layered.tobytes()


def test_an_embedded_colour_profile_is_heeded():
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    told = load_image(encoded(red, icc_profile=wide_gamut_profile())).getpixel((0, 0))
    assert told[1] > told[0]  # the profile exchanges red and green


def test_an_srgb_profile_changes_not_one_byte():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert load_image(encoded(PHOTO, icc_profile=profile)) == PHOTO


def test_a_broken_colour_profile_is_ignored():
    assert load_image(encoded(PHOTO, icc_profile=b"not a profile")) == PHOTO


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "PNG"):
        moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert load_image(moving).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    "array",
    [
        PIXELS,
        PIXELS[None],
        PIXELS.astype(np.int64),
        PIXELS / 255,
        (PIXELS / 255).astype(np.float32),
        PIXELS.transpose(2, 0, 1),
        torch.from_numpy(PIXELS.copy()),
        torch.from_numpy(PIXELS.copy()).permute(2, 0, 1),
        (torch.from_numpy(PIXELS.copy()).permute(2, 0, 1)[None] / 255).requires_grad_(),
    ],
    ids=lambda array: f"{type(array).__name__} {array.dtype} {tuple(array.shape)}",
)
def test_arrays_and_tensors_of_any_layout_give_the_same_picture(array):
    assert load_image(array) == PHOTO


def test_where_both_ends_could_be_channels_tensors_are_channels_first_and_arrays_last():
    cube = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    assert load_image(cube).size == (5, 3)
    assert load_image(torch.from_numpy(cube)).size == (3, 5)


def test_half_precision_tensors_are_read():
    assert load_image(torch.ones(3, 4, 5, dtype=torch.bfloat16)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 1), (1, 6, 7)])
def test_a_grey_or_boolean_array_becomes_black_and_white(shape):
    loaded = load_image(np.ones(shape, dtype=bool))
    assert (loaded.mode, loaded.size, loaded.getpixel((0, 0))) == ("RGB", (7, 6), (255, 255, 255))


def test_a_figure_is_drawn_at_its_own_size_without_needless_transparency():
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 2])
    assert (load_image(figure).mode, load_image(figure).size) == ("RGB", (100, 50))


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.full((4, 4), np.nan), "floats from nan"),
        (np.full((4, 4), 200.0), "floats from 200 to 200"),
        (np.full((4, 4), -1), "whole numbers from -1"),
        (np.full((4, 4), 70_000), "70000"),
        (np.zeros((4, 4), dtype=complex), "complex128"),
        (np.zeros((2, 4, 4, 3)), "2×4×4×3"),
        (np.zeros((5, 6, 2)), "5×6×2"),
        (np.zeros((0, 4, 3)), "0×4×3"),
        (np.zeros(4), "array of 4"),
        (np.float64(1), "no shape"),
    ],
)
def test_an_array_that_is_no_picture_is_refused_with_what_it_holds(array, says):
    with pytest.raises(ImageError, match=says):
        load_image(array)


def test_what_rounding_pushed_beyond_one_is_still_white():
    assert load_image(np.full((2, 2), 1.0005)).getpixel((0, 0)) == (255, 255, 255)


def test_a_file_of_no_bytes_is_named_as_such(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageError, match=r"empty\.png' is empty: it has 0 bytes"):
        load_image(tmp_path / "empty.png")


def test_a_text_file_named_png_is_called_text(tmp_path):
    (tmp_path / "notes.png").write_text("画的不是一张图\n" * 100, encoding="utf-8")
    with pytest.raises(ImageError, match=r"notes\.png' is text, not a picture"):
        load_image(tmp_path / "notes.png")


@pytest.mark.parametrize("kind", sorted(set(FORMATS)))
@pytest.mark.parametrize("part", [0.05, 0.5, 0.8])
def test_a_truncated_picture_is_called_cut_short(kind, part):
    data = encoded(PHOTO, kind)
    with pytest.raises(ImageError, match="damaged or cut short"):
        load_image(data[: max(16, int(len(data) * part))])


@pytest.mark.parametrize(("side", "says"), [(20_000, "too many pixels"), (8_000, "8,000×8,000")])
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(side, says):
    with pytest.raises(ImageError, match=says) as caught:
        load_image(claiming(side, side))
    assert "50,000,000" in str(caught.value)


def test_an_open_image_that_claims_to_be_huge_is_refused_too():
    with pytest.raises(ImageError, match="50,000,000"):
        load_image(Image.open(io.BytesIO(claiming(8_000, 8_000))))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", sorted(set(FORMATS)))
def test_flipped_bytes_give_a_picture_or_an_image_error_and_nothing_else(kind):
    rng = random.Random(kind)
    whole = encoded(PHOTO, kind)
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 4))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            assert load_image(bytes(data)).mode in ("RGB", "RGBA")
        except ImageError as error:
            assert str(error).startswith("The picture")  # noqa: PT017 - either way out is right


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere.png", "does not exist in"),
        ("/", "a folder or a device"),
        ("a\0b.png", "cannot be opened"),
        ("x" * 5_000, "cannot be opened"),
        ("https://example.org/cat.png", "fetches nothing"),
        (bytes(range(256)), "not a picture of a kind"),
        (encoded(PHOTO, "PPM"), "reads PNG, JPEG"),
        (42, "cannot be made from int"),
        (None, "cannot be made from NoneType"),
        ([[0, 1]], "cannot be made from list"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_picture_is_refused_in_a_short_sentence(source, says):
    with pytest.raises(ImageError, match=says) as caught:
        load_image(source)
    assert len(str(caught.value)) < 250


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match="a folder or a device"):
        load_image(tmp_path / "pipe.png")


def test_the_error_names_the_picture_as_the_caller_calls_it():
    with pytest.raises(ImageError, match=r"^Reference 2 is empty"):
        load_image(b"", name="Reference 2")


def test_equal_pixels_give_equal_png_bytes_whatever_else_the_image_carries():
    decorated = PHOTO.copy()
    decorated.info.update(dpi=(300, 300), icc_profile=b"profile", comment="hello")
    assert png_bytes(decorated) == png_bytes(PHOTO)
    assert load_image(png_bytes(PHOTO)) == PHOTO
    assert "comment" in decorated.info


def test_the_pixel_hash_tells_pixels_sizes_and_modes_apart_but_not_files():
    tall = Image.frombytes("RGB", (24, 32), PHOTO.tobytes())
    changed = PHOTO.copy()
    changed.putpixel((3, 3), (1, 2, 3))
    assert len({pixel_hash(one) for one in (PHOTO, tall, changed, PHOTO.convert("RGBA"))}) == 4
    assert pixel_hash(load_image(encoded(PHOTO, compress_level=1))) == pixel_hash(PHOTO)


def test_the_byte_hash_is_sha256():
    assert byte_hash(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
