"""What keeping promises: a wanted change is taken over whole; elsewhere not one byte is touched, turn after turn."""

import random

import cutouts
import editor
import numpy as np
import pytest
from PIL import Image, ImageColor, ImageEnhance, ImageFilter

from pochade.errors import ImageError
from pochade.imaging.align import Motion
from pochade.imaging.changed import keep_unchanged
from pochade.imaging.colour import to_lab
from pochade.imaging.compose import compose
from pochade.miniature import world
from pochade.miniature.edits import sample_edit

SIDE = 384
LOCAL = tuple(kind for kind in editor.EDITS if kind != "background")
HABITS = (
    editor.Habits(decibels=32),
    editor.Habits((-4.3, 2.6), 1.008, decibels=31, blur=0.6, drift=(2, -1, 2)),
    editor.Habits((0.7, 0.4), 0.996, decibels=33, jpeg=85),
)


@pytest.fixture(scope="module")
def photo():
    return editor.photo(11, (SIDE, SIDE))


def seen(before, after):
    """Where two pictures look different: ΔE above 3."""
    return np.sqrt(np.square(to_lab(np.asarray(before)) - to_lab(np.asarray(after))).sum(axis=-1)) > 3


def region_of(kept):
    levels = np.asarray(kept.changed)
    assert set(np.unique(levels)) <= {0, 255}
    return levels > 0


def decibels(first, second, where):
    error = np.square(np.asarray(first).astype(float)[where] - np.asarray(second).astype(float)[where]).mean()
    return 10 * np.log10(255**2 / max(error, 1e-9))


@pytest.mark.parametrize("habits", HABITS, ids=["still", "moved and drifted", "jpeg"])
@pytest.mark.parametrize("kind", LOCAL)
def test_a_change_is_found_whole_and_the_rest_is_kept_to_the_byte(photo, kind, habits):
    ideal = editor.edited(photo, kind, seed=LOCAL.index(kind))
    kept = keep_unchanged(photo, editor.repaint(ideal, habits, seed=1))
    truth, found = seen(photo, ideal), region_of(kept)
    assert truth.any()
    # Other blades of the same grass have its colours: where they fall on the old ones by chance, nothing is seen.
    assert (truth & found).sum() >= (0.97 if kind == "texture" else 0.99) * truth.sum()
    assert (~truth & ~found).sum() >= 0.9 * (~truth).sum()
    assert np.array_equal(np.asarray(kept.picture)[~found], np.asarray(photo)[~found])
    assert decibels(kept.picture, ideal, truth) >= decibels(photo, ideal, truth) + 6  # the change is really there


def test_when_the_background_changes_the_thing_before_it_is_kept():
    picture = editor.photo(12, (SIDE, SIDE))
    ideal = editor.edited(picture, "background", seed=3)
    kept = keep_unchanged(picture, editor.repaint(ideal, HABITS[0], seed=2))
    truth, found = seen(picture, ideal), region_of(kept)
    assert (truth & found).sum() >= 0.99 * truth.sum()
    middle = np.s_[SIDE // 2 - 60 : SIDE // 2 + 60, SIDE // 2 - 60 : SIDE // 2 + 60]
    assert not found[middle].any()


def test_after_ten_edits_in_a_row_whatever_none_of_them_touched_is_the_original(photo):
    touched, kept, worn = np.zeros((SIDE, SIDE), dtype=bool), photo, photo
    truth = touched.copy()
    for turn in range(10):
        kind, habits = LOCAL[turn % len(LOCAL)], HABITS[turn % len(HABITS)]
        ideal = editor.edited(kept, kind, seed=turn)
        truth |= seen(kept, ideal)
        result = keep_unchanged(kept, editor.repaint(ideal, habits, seed=turn))
        touched |= region_of(result)
        kept = result.picture
        worn = editor.repaint(editor.edited(worn, kind, seed=turn), habits, seed=turn)
    assert (~touched).mean() > 0.3
    assert np.array_equal(np.asarray(kept)[~touched], np.asarray(photo)[~touched])
    assert decibels(worn, photo, ~truth) < 25  # the same answers without keeping anything
    assert decibels(kept, photo, ~truth) > decibels(worn, photo, ~truth) + 6


@pytest.mark.parametrize("kind", ["add", "remove", "recolour", "move", "replace", "resize", "wear", "take off"])
def test_changes_to_small_flat_drawings_are_found_too(kind):
    rng = random.Random(8)
    found_share, whole, kept_share = [], [], []
    for seed in range(24):
        edit = sample_edit(rng, kind, reach=cutouts.KNOWN)
        before, after = (Image.fromarray(world.draw(scene, cutouts.SCALE)) for scene in (edit.before, edit.after))
        kept = keep_unchanged(before, editor.repaint(after, editor.Habits(decibels=31, blur=0.5), seed))
        truth = seen(before, after)
        found = np.ones_like(truth) if kept.whole else region_of(kept)
        found_share.append((truth & found).sum() / truth.sum())
        whole.append(kept.whole)
        kept_share.append((~truth & ~found).sum() / (~truth).sum())
    assert sorted(found_share)[2] >= 0.97  # a drawing of 50 pixels may lose a pair of glasses among the noise
    assert np.median(found_share) == 1
    assert sum(whole) <= 2
    assert np.median(kept_share) >= 0.7


@pytest.mark.xfail(
    strict=True,
    reason="channel by channel orange lies between red and its surroundings, so it passes for a softened edge",
)
@pytest.mark.parametrize("ground", ["meadow", "beach", "white", "black", "blue", "purple", "brown"])
def test_a_thin_part_of_a_change_that_is_cut_off_from_the_rest_is_found_too(ground):
    before, after = (  # the roof is a few pixels of red between the ground and dark windows
        Image.fromarray(world.draw(world.Scene(ground, (world.Thing("car", colour, 194, 60, 98),)), cutouts.SCALE))
        for colour in ("red", "orange")
    )
    truth, recall, kept_share = seen(before, after), [], []
    for seed in range(4):
        found = region_of(keep_unchanged(before, editor.repaint(after, editor.Habits(decibels=31, blur=0.5), seed)))
        recall.append((truth & found).sum() / truth.sum())
        kept_share.append((~truth & ~found).sum() / (~truth).sum())
    assert np.mean(recall) >= 0.98
    assert np.mean(kept_share) >= 0.85


@pytest.mark.parametrize("colour", ["red", "yellow", "blue", "lime"])
def test_softened_edges_between_vivid_colours_are_not_changes(colour):
    pixels = np.full((128, 128, 3), ImageColor.getrgb("deepskyblue"), np.uint8)
    for left in range(8, 120, 24):
        pixels[16:112, left : left + 8] = ImageColor.getrgb(colour)
    picture = Image.fromarray(pixels)
    kept = keep_unchanged(picture, picture.filter(ImageFilter.GaussianBlur(0.6)))
    assert kept.picture.tobytes() == picture.tobytes()


def test_what_the_editor_moved_is_put_back(photo):
    ideal = editor.edited(photo, "add", seed=1)
    kept = keep_unchanged(photo, editor.repaint(ideal, editor.Habits((5.2, -3.4), 1.012), seed=3))
    assert kept.shift == pytest.approx((5.2, -3.4), abs=0.05)
    assert kept.zoom == pytest.approx(1.012, abs=0.0004)
    found = region_of(kept)
    assert decibels(kept.picture, ideal, found) > 28


def test_the_answer_shows_in_full_wherever_something_changed(photo):
    ideal = editor.edited(photo, "add", seed=1)
    kept = keep_unchanged(photo, ideal)
    truth = seen(photo, ideal)
    assert np.abs(np.asarray(kept.picture).astype(int) - np.asarray(ideal))[truth].max() <= 2


@pytest.mark.parametrize(
    "restyled",
    [
        lambda picture: editor.photo(50, picture.size),
        lambda picture: ImageEnhance.Brightness(picture).enhance(0.35),
        lambda picture: ImageEnhance.Brightness(picture).enhance(1.12),
        lambda picture: picture.convert("L").convert("RGB"),
        lambda picture: Image.blend(picture, Image.new("RGB", picture.size, (255, 180, 90)), 0.12),
    ],
    ids=["another picture", "night", "slightly brighter", "black and white", "warmer"],
)
def test_when_all_of_it_changed_the_answer_is_taken_as_it_is(photo, restyled):
    answer = editor.repaint(restyled(photo), HABITS[0], seed=4)
    kept = keep_unchanged(photo, answer)
    assert kept.whole
    assert kept.changed is None
    assert kept.picture.tobytes() == answer.tobytes()


def test_a_drift_of_colour_beside_a_change_is_not_a_change_and_leaves_no_seam(photo):
    ideal = editor.edited(photo, "add", seed=1)
    kept = keep_unchanged(photo, editor.repaint(ideal, editor.Habits(decibels=36, drift=(9, 6, 9)), seed=5))
    truth, found = seen(photo, ideal), region_of(kept)
    assert found.mean() < 0.2
    assert (truth & found).sum() >= 0.99 * truth.sum()
    rim = found & ~np.asarray(kept.changed.filter(ImageFilter.MinFilter(9))).astype(bool)
    offset = (np.asarray(kept.picture).astype(float) - np.asarray(photo))[rim & ~truth].mean(axis=0)
    assert np.abs(offset).max() < 2


def test_where_nothing_changed_the_parent_comes_back(photo):
    kept = keep_unchanged(photo, editor.repaint(photo, HABITS[1], seed=6))
    assert kept.picture.tobytes() == photo.tobytes()
    assert kept.changed.getextrema() == (0, 0)
    assert not kept.whole


def test_noise_is_seldom_taken_for_a_change_of_a_photograph():
    found = 0
    for seed in range(12):
        picture = editor.photo(seed, (256, 256))
        found += (
            keep_unchanged(
                picture, editor.repaint(picture, editor.Habits(decibels=31, blur=0.5), seed)
            ).changed.getbbox()
            is not None
        )
    assert found <= 2


def test_rims_that_the_editor_pushed_out_of_sight_are_kept(photo):
    kept = keep_unchanged(photo, editor.repaint(photo, editor.Habits((8, -6), 1.02, decibels=34), seed=7))
    assert kept.picture.tobytes() == photo.tobytes()


def test_a_region_corrected_by_hand_is_used_instead_of_looking(photo):
    region = Image.new("L", photo.size)
    region.paste(255, (40, 50, 140, 120))
    answer = editor.repaint(editor.edited(photo, "add", seed=1), editor.Habits((3.2, 1.1), decibels=33), seed=8)
    kept = keep_unchanged(photo, answer, changed=region)
    outside = np.asarray(region) == 0
    assert kept.changed.tobytes() == region.tobytes()
    assert kept.shift == pytest.approx((3.2, 1.1), abs=0.05)
    assert np.array_equal(np.asarray(kept.picture)[outside], np.asarray(photo)[outside])
    assert not np.array_equal(np.asarray(kept.picture)[~outside], np.asarray(photo)[~outside])


def test_details_that_a_smaller_copy_lost_are_not_changes(photo):
    ideal = editor.edited(photo, "add", seed=1)
    small = editor.repaint(ideal.resize((128, 128), Image.Resampling.LANCZOS), editor.Habits(decibels=32), seed=9)
    answer = small.resize(photo.size, Image.Resampling.LANCZOS)
    blind, told = (region_of(keep_unchanged(photo, answer, detail=detail)) for detail in (1.0, 0.25))
    truth = seen(photo, ideal)
    assert (truth & told).sum() >= 0.99 * truth.sum()
    assert (~truth & ~told).sum() >= 0.9 * (~truth).sum()
    assert told.sum() < blind.sum()


def test_a_transparent_answer_is_compared_with_its_transparency(photo):
    parent = photo.convert("RGBA")
    answer = parent.copy()
    answer.paste((0, 0, 0, 0), (100, 100, 200, 180))
    kept = keep_unchanged(parent, answer)
    found = region_of(kept)
    assert kept.picture.mode == "RGBA"
    assert kept.picture.getpixel((150, 140))[3] == 0
    assert np.array_equal(np.asarray(kept.picture)[~found], np.asarray(parent)[~found])


def sticker():
    """A soft-edged round thing on nothing, and the same laid on white."""
    shape = Image.fromarray(
        (255 * editor.blob(np.random.default_rng(1), (SIDE, SIDE), 0.2, (SIDE / 2, SIDE / 2))).astype(np.uint8)
    )
    shape = shape.filter(ImageFilter.GaussianBlur(2))
    parent = editor.photo(13, (SIDE, SIDE)).convert("RGBA")
    parent.putalpha(shape)
    white = Image.new("RGB", parent.size, "white")
    white.paste(parent, mask=shape)
    return parent, white


def test_a_transparent_parent_stays_transparent_though_the_answer_was_painted_on_white():
    parent, white = sticker()
    ideal = compose(white, editor.edited(white, "recolour", seed=1), parent.getchannel("A").point(lambda a: a // 2))
    kept = keep_unchanged(parent, editor.repaint(ideal, editor.Habits(decibels=40), seed=10))
    assert not kept.whole
    assert kept.picture.mode == "RGBA"
    alpha, had = (np.asarray(one.getchannel("A")).astype(int) for one in (kept.picture, parent))
    assert np.abs(alpha - had).max() <= 1
    found = region_of(kept)
    assert np.array_equal(np.asarray(kept.picture)[~found], np.asarray(parent)[~found])


def test_what_is_painted_on_nothing_covers():
    parent, white = sticker()
    white.paste((200, 30, 40), (30, 30, 90, 80))
    kept = keep_unchanged(parent, white)
    assert kept.picture.getpixel((60, 55)) == (200, 30, 40, 255)
    assert kept.picture.getpixel((10, 10))[3] == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (31, 17), (64, 64)])
def test_the_smallest_pictures_can_be_kept(size):
    parent = Image.new("RGB", size, (10, 200, 90))
    assert keep_unchanged(parent, parent).picture.tobytes() == parent.tobytes()
    assert keep_unchanged(parent, Image.new("RGB", size, (200, 10, 90))).whole


def test_the_motion_is_told_in_the_parents_pixels(photo):
    large = photo.resize((1024, 1024), Image.Resampling.BICUBIC)
    motion = Motion(6.0, -4.0, 1.0)
    kept = keep_unchanged(large, editor.moved(large, motion[:2], motion.zoom))
    assert kept.shift == pytest.approx(motion[:2], abs=0.05)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(Image.new("RGB", (9, 8)), "9×8 but the picture is 8×8"), (Image.new("P", (8, 8)), "RGB or RGBA can be compared")],
)
def test_what_cannot_be_compared_is_refused(answer, said):
    with pytest.raises(ImageError, match=said):
        keep_unchanged(Image.new("RGB", (8, 8)), answer)


def test_a_region_that_does_not_fit_is_refused():
    picture = Image.new("RGB", (8, 8))
    with pytest.raises(ImageError, match="mask is 9×8 but the picture is 8×8"):
        keep_unchanged(picture, picture, changed=Image.new("L", (9, 8), 1))
    with pytest.raises(ImageError, match="mask is empty"):
        keep_unchanged(picture, picture, changed=Image.new("L", (8, 8)))
