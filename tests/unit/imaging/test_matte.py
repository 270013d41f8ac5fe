"""What matte promises: opacity near the truth, no fringe of the ground, a refusal where there is no plain ground."""

import io

import cutouts
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from pochade.errors import ImageError
from pochade.imaging import matte
from pochade.imaging.ground import share
from pochade.imaging.matte import key, lay, two
from pochade.miniature import world
from pochade.transparency import KEYS, asked

GREEN, WHITE, BLACK = (0, 177, 64), (255, 255, 255), (0, 0, 0)
GOAL = 0.03  # mean absolute error of opacity


def drawn(draw, size=(160, 160), scale=4):
    """A drawing with smooth edges on no ground."""
    canvas = Image.new("RGBA", (size[0] * scale, size[1] * scale))
    draw(ImageDraw.Draw(canvas), scale)
    return canvas.resize(size, Image.Resampling.BOX)


def disc(pen, k):
    pen.ellipse((30 * k, 30 * k, 130 * k, 130 * k), fill=(240, 150, 60, 255))


def ring(pen, k):
    disc(pen, k)
    pen.ellipse((60 * k, 60 * k, 100 * k, 100 * k), fill=(0, 0, 0, 0))


def hair(pen, k):
    disc(pen, k)
    for angle in np.linspace(0, 2 * np.pi, 40, endpoint=False):
        ends = [(80 + reach * np.cos(angle), 80 + reach * np.sin(angle)) for reach in (40, 74)]
        pen.line([(x * k, y * k) for x, y in ends], fill=(90, 60, 40, 255), width=k)


def opacity(picture):
    return np.asarray(picture.getchannel("A")) / 255


@pytest.fixture(scope="module")
def truths():
    """Cut-outs of the miniature's world, each laid on the ground that would be asked for."""
    scenes = cutouts.scenes(24)
    found = [(cutouts.cut_out(scene), ImageColor.getrgb(asked(cutouts.said(scene))[1])) for scene in scenes]
    return [(truth, colour, lay(truth, colour)) for truth, colour in found]


def test_true_drawings_are_cut_out_with_little_error(truths):
    differences = [cutouts.difference(key(picture, colour), truth) for truth, colour, picture in truths]
    assert max(difference.opacity for difference in differences) <= GOAL / 3
    assert np.mean([difference.opacity for difference in differences]) <= GOAL / 10
    assert np.concatenate([difference.fringe for difference in differences]).mean() < 1.5


@pytest.mark.slow
def test_drawings_that_went_through_the_vae_are_cut_out_within_the_goal(truths):
    pictures = cutouts.round_trip([picture for _, _, picture in truths])
    differences = [
        cutouts.difference(key(picture, colour), truth)
        for (truth, colour, _), picture in zip(truths, pictures, strict=True)
    ]
    assert max(difference.opacity for difference in differences) <= GOAL
    fringe = np.concatenate([difference.fringe for difference in differences]).mean()
    edges = [cutouts.edges(truth) for truth, _, _ in truths]
    worn = np.concatenate(
        [
            cutouts.apart(after, before)[edge]
            for (_, _, before), after, edge in zip(truths, pictures, edges, strict=True)
        ]
    ).mean()
    assert fringe < 1.2 * worn  # nearly all that is left is what the VAE itself did


@pytest.mark.parametrize("ground", [*KEYS.values(), "white", "black", "gray"])
@pytest.mark.parametrize("draw", [disc, hair])
def test_no_fringe_of_the_ground_is_left_on_any_page(draw, ground):
    truth, colour = drawn(draw), ImageColor.getrgb(ground)
    difference = cutouts.difference(key(lay(truth, colour)), truth)
    assert difference.edge < 0.05
    assert difference.fringe.mean() < 3.5


def test_the_ground_seen_through_a_ring_is_transparent_too():
    truth = drawn(ring)
    found = key(lay(truth, GREEN))
    assert found.getpixel((80, 80)) == (0, 0, 0, 0)
    assert cutouts.difference(found, truth).opacity < 0.003


def test_on_white_what_is_white_inside_the_subject_stays():
    def eye(pen, k):
        disc(pen, k)
        pen.ellipse((60 * k, 60 * k, 100 * k, 100 * k), fill=(255, 255, 255, 255))

    truth = drawn(eye)
    found = key(lay(truth))
    assert found.getpixel((80, 80)) == (255, 255, 255, 255)
    assert cutouts.difference(found, truth).opacity < 0.005


def test_what_is_transparent_holds_no_colour():
    levels = np.asarray(key(lay(drawn(hair), GREEN)))
    clear = levels[..., 3] == 0
    assert clear.mean() > 0.5
    assert not levels[clear].any()


def test_the_ground_is_measured_whatever_was_asked_for():
    truth = drawn(ring)
    for painted in ((40, 190, 90), (0, 150, 60), (20, 205, 40)):
        assert cutouts.difference(key(lay(truth, painted), GREEN), truth).opacity < 0.003


def test_an_uneven_noisy_ground_is_followed():
    truth = drawn(ring)
    across, down = np.meshgrid(np.linspace(-1, 1, 160), np.linspace(-1, 1, 160))
    ground = np.array(GREEN) * (1.05 - 0.12 * (across**2 + down**2))[..., None] + 6 * across[..., None]
    share_of_ground = 1 - opacity(truth)[..., None]
    levels = np.asarray(lay(truth, BLACK)) + ground * share_of_ground
    levels = levels + np.random.default_rng(0).normal(0, 3, levels.shape)
    picture = Image.fromarray(levels.round().clip(0, 255).astype(np.uint8))
    assert cutouts.difference(key(picture, GREEN), truth).opacity < 0.005


def test_a_soft_edge_is_solved_along_its_whole_width():
    blurred = drawn(disc).convert("RGBa").filter(ImageFilter.GaussianBlur(3)).convert("RGBA")
    found = key(lay(blurred, GREEN))
    difference = cutouts.difference(found, blurred)
    assert difference.opacity < 0.015
    solid = np.asarray(found)[np.asarray(found)[..., 3] > 20]
    assert np.percentile(share(solid[:, :3], GREEN), 99) < 0.25


def test_a_soft_shadow_becomes_transparent_black():
    shade = Image.new("L", (160, 160))
    ImageDraw.Draw(shade).ellipse((30, 100, 150, 145), fill=140)
    shadow = Image.new("RGBA", (160, 160))
    shadow.putalpha(shade.filter(ImageFilter.GaussianBlur(5)))
    truth = Image.alpha_composite(shadow, drawn(disc))
    found = key(lay(truth, GREEN))
    red, green, blue, alpha = found.getpixel((125, 130))
    assert abs(alpha - truth.getpixel((125, 130))[3]) < 10
    assert max(red, green, blue) < 10
    assert cutouts.difference(found, truth).opacity < 0.015


def test_dust_is_cleared_and_small_pieces_stay():
    truth = drawn(disc)
    picture = lay(truth, GREEN)
    picture.putpixel((10, 10), (90, 90, 90))
    picture.paste((60, 195, 100), (140, 10, 146, 16))  # a smudge, hardly another colour than the ground
    picture.paste((200, 20, 20), (140, 140, 144, 144))
    found = key(picture)
    assert found.getpixel((10, 10))[3] == found.getpixel((143, 13))[3] == 0
    assert found.getpixel((142, 142)) == (200, 20, 20, 255)


def test_a_subject_cut_off_by_the_rim_is_told_from_its_ground_by_the_colour_that_was_asked_for():
    truth = Image.new("RGBA", (120, 120))
    truth.paste((180, 90, 60, 255), (0, 50, 120, 120))
    found = key(lay(truth, GREEN), GREEN)
    assert np.abs(opacity(found) - opacity(truth)).mean() < 0.003


def test_a_picture_larger_than_models_paint_keeps_its_size_and_its_own_pixels(monkeypatch):
    monkeypatch.setattr(matte, "_LARGEST", 20_000)  # so that a small one is large
    truth = Image.new("RGBA", (450, 300))
    truth.paste(drawn(ring).resize((280, 280)), (100, 10))
    picture = lay(truth, GREEN)
    found = key(picture, GREEN)
    assert found.size == picture.size
    assert np.abs(opacity(found) - opacity(truth)).mean() < 0.01
    solid = opacity(found) == 1
    assert np.array_equal(np.asarray(found)[solid][:, :3], np.asarray(picture)[solid])
    assert not np.asarray(found)[opacity(found) == 0].any()


def test_a_jpeg_is_cut_out_as_well():
    truth, stream = drawn(ring), io.BytesIO()
    lay(truth, GREEN).save(stream, "JPEG", quality=85)
    with Image.open(stream) as picture:
        assert cutouts.difference(key(picture, GREEN), truth).opacity < GOAL / 2


@pytest.mark.parametrize("name", ["snow", "beach", "meadow", "night sky", "sunset"])
@pytest.mark.parametrize("colour", [None, GREEN])
def test_a_landscape_is_no_plain_ground(name, colour):
    picture = Image.fromarray(world.draw(world.Scene(name, cutouts.scenes(1)[0].things), cutouts.SCALE))
    with pytest.raises(ImageError, match="no plain ground"):
        key(picture, colour)


def test_an_empty_ground_has_no_subject():
    with pytest.raises(ImageError, match="nothing on its ground"):
        key(Image.new("RGB", (64, 64), GREEN), GREEN)


def test_a_ground_of_another_colour_is_refused_where_only_that_one_is_meant():
    picture = lay(drawn(disc), (30, 60, 200))
    assert key(picture, GREEN).mode == "RGBA"
    with pytest.raises(ImageError, match="another colour"):
        key(picture, GREEN, only=True)


@settings(max_examples=80, deadline=None)
@given(
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    colours=st.integers(1, 4),
    asked_for=st.sampled_from([None, GREEN, WHITE]),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_picture_is_cut_out_at_its_size_or_refused(size, colours, asked_for, seed):
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (colours, 3), dtype=np.uint8)
    picture = Image.fromarray(palette[rng.integers(0, colours, size[::-1]) * (rng.random(size[::-1]) < 0.3)])
    try:
        found = key(picture, asked_for)
    except ImageError:
        return
    assert (found.mode, found.size) == ("RGBA", size)


def test_two_grounds_give_the_truth_even_of_glass_and_of_the_grounds_own_colours():
    truth = drawn(hair)
    truth.paste((255, 255, 255, 255), (60, 60, 75, 100))
    truth.paste((0, 0, 0, 255), (75, 60, 85, 100))
    truth.paste((200, 220, 240, 90), (85, 60, 100, 100))
    difference = cutouts.difference(two(lay(truth), lay(truth, BLACK)), truth)
    assert difference.opacity < 0.002
    assert difference.fringe.mean() < 0.5


def test_two_grounds_may_be_of_any_two_colours(truths):
    first, second = (ImageColor.getrgb(KEYS[name]) for name in ("green", "magenta"))
    for truth, _, _ in truths[:6]:
        found = two(lay(truth, first), lay(truth, second), (first, second))
        assert cutouts.difference(found, truth).opacity < 0.002


@pytest.mark.parametrize("shift", [(2, 0), (0, 3), (5, 5)])
def test_two_pictures_of_a_subject_that_moved_are_refused(truths, shift):
    for truth, _, _ in truths[:6]:
        moved = np.roll(np.asarray(lay(truth, BLACK)), shift, (0, 1))
        with pytest.raises(ImageError, match="same subject in the same place"):
            two(lay(truth), Image.fromarray(moved))


def test_two_pictures_of_different_subjects_or_sizes_or_of_one_ground_are_refused(truths):
    (truth, _, _), (other, _, _) = truths[0], truths[3]
    with pytest.raises(ImageError, match="same subject"):
        two(lay(truth), lay(other, BLACK))
    with pytest.raises(ImageError, match="different sizes"):
        two(lay(truth), lay(truth, BLACK).resize((64, 64)))
    with pytest.raises(ImageError, match="too much alike"):
        two(lay(truth), lay(truth), (WHITE, WHITE))


def test_laying_on_a_ground_lets_it_through_where_the_picture_is_clear():
    picture = Image.new("RGBA", (2, 1), (200, 100, 0, 255))
    picture.putpixel((1, 0), (200, 100, 0, 0))
    assert list(lay(picture, GREEN).get_flattened_data()) == [(200, 100, 0), GREEN]
    assert lay(picture.convert("RGB"), GREEN).getpixel((1, 0)) == (200, 100, 0)
