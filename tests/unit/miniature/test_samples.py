"""Samples are the same for the same request, whoever makes them, and show what their words ask for."""

import itertools
import random
import re

import numpy as np
import pytest
import torch

from pochade import miniature
from pochade.engine.words import unknown_words
from pochade.miniature import world
from pochade.miniature.drawing import layers
from pochade.miniature.reach import FULL, SMALL
from pochade.miniature.training import presets, samples
from pochade.miniature.training.release import unpack
from pochade.miniature.training.run import make_maker
from pochade.miniature.training.samples import Inventor, Maker, Pool
from pochade.miniature.words import tokens

PRESET = presets.PRESETS["small"]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A run that went on from the packaged weights, with their tokenizer."""
    out = tmp_path_factory.mktemp("run")
    unpack(miniature.folder(), out, PRESET)
    return out


@pytest.fixture(scope="module")
def maker(out):
    return make_maker(out, PRESET, seed=7)


def same(one, other):
    parts = zip(vars(one).values(), vars(other).values(), strict=True)
    return all(torch.equal(a, b) for a, b in parts)


@pytest.mark.parametrize("kind", samples.KINDS)
def test_one_request_gives_one_draft(out, kind):
    reach = FULL if kind == "blend" else SMALL
    one, other = (Inventor(out / "tokenizer", PRESET.shape, reach).draft(kind, 6, "1:1", 3, 11) for _ in range(2))
    assert one.scenes == other.scenes
    assert np.array_equal(one.ids, other.ids)
    assert one.scenes != Inventor(out / "tokenizer", PRESET.shape, reach).draft(kind, 6, "1:1", 3, 12).scenes


@pytest.mark.thorough
def test_workers_make_what_one_process_makes(out):
    code = torch.nn.Conv2d(3, 16, 8, stride=8)
    alone, helped = (Maker(out / "tokenizer", PRESET.shape, SMALL, code, seed=3, workers=workers) for workers in (0, 2))
    try:
        for kind in ("edit", "scene", "edit", "scene"):
            assert same(alone.make(kind, 4)[0], helped.make(kind, 4)[0])
        large = alone.draft("turns", 70), helped.draft("turns", 70)  # which the workers share
    finally:
        helped.close()
    assert large[0].scenes == large[1].scenes
    assert np.array_equal(large[0].ids, large[1].ids)
    assert len(large[0].scenes) == len(large[0].before[0]) == len(large[0].things) == 70
    assert large[0].scenes[0] != large[0].scenes[64]


def test_the_second_of_two_turns_begins_where_the_first_ended(out):
    draft = Inventor(out / "tokenizer", PRESET.shape, SMALL).draft("turns", 8, "1:1", SMALL.most, 5)
    (before,) = draft.before
    for first in range(0, 8, 2):
        assert np.array_equal(before[first + 1].pastes, draft.after[first].pastes)


@pytest.mark.parametrize("bucket", world.BUCKETS)
def test_samples_of_every_canvas_have_its_tokens(out, bucket):
    rows, columns = PRESET.shape.cells(bucket)
    maker = Maker(out / "tokenizer", PRESET.shape, FULL, torch.nn.Conv2d(3, 16, 8, stride=8), seed=3)
    for kind, references in (("scene", 0), ("edit", 1), ("blend", 2)):
        batch, drawn = maker.make(kind, 2, bucket)
        assert drawn.shape == (2, 3, rows * 16, columns * 16)
        assert batch.target.shape[1] == batch.things.shape[1] == rows * columns
        assert batch.source.shape[1] == references * rows * columns


def test_the_target_is_the_scene_as_the_encoder_sees_it(maker):
    draft = maker.draft("scene", 3)
    batch, drawn = maker.paint(draft)
    true = np.stack([world.draw(scene, PRESET.shape.scale) for scene in draft.scenes])
    assert np.abs((drawn.permute(0, 2, 3, 1).numpy() + 1) * 127.5 - true).max() < 0.6
    assert torch.equal(batch.target, maker.encode(drawn))
    cells = PRESET.shape.cells("1:1")
    things = np.stack([layers.truth(scene, *cells, SMALL.names) for scene in draft.scenes])
    assert np.array_equal(batch.things.numpy(), things.reshape(3, -1))
    assert batch.things.max() < PRESET.classes


def test_references_are_worn_down_but_still_the_same_pictures(maker):
    draft = maker.draft("edit", 12)
    before = maker.encode(maker.draw(draft)[1])
    batch, _ = maker.paint(draft)
    apart = (batch.source - before).square().mean((1, 2))
    assert (apart == 0).any()
    assert (apart > 0).any()
    assert apart.max() < before.square().mean() / 4


def test_a_pool_grows_to_its_size_and_forgets_the_oldest(maker):
    pool = Pool(maker, "scene", "1:1", count=2, size=12, reuse=2)
    assert pool._filled == 8
    first = pool._rows.target[0].clone()
    for _ in range(9):
        batch = pool.batch()
        assert batch.ids.shape == (2, PRESET.shape.text_length)
        assert batch.target.isfinite().all()
    assert pool._filled == 12
    assert not torch.equal(pool._rows.target[0], first)


def test_a_pool_asks_for_few_large_parts_and_for_as_much_as_it_uses_up(maker):
    asked = []

    class Counting:
        def make(self, kind, count, bucket):
            asked.append(count)
            return maker.make(kind, 1, bucket)[0].each(lambda part: part.expand(count, *part.shape[1:])), None

    pool = Pool(Counting(), "scene", "1:1", count=6, size=64, reuse=3)
    for _ in range(80):
        pool.batch()
    assert set(asked) == {16}
    assert sum(asked) == 80 * 6 / 3


@pytest.mark.parametrize("name", sorted(presets.PRESETS))
def test_every_ring_is_filled_anew_many_times_in_a_run(name):
    preset = presets.PRESETS[name]
    square, *others = preset.reach.buckets
    assert all(preset.ring(kind, square) <= 60 * count for kind, count in preset.counts.items())
    assert all(preset.ring(kind, bucket) <= 8 * count for kind, count in preset.counts.items() for bucket in others)


def test_prompts_come_in_every_language_of_the_reach():
    for reach in (SMALL, FULL):
        heard = list(itertools.islice(samples.prompts(3, reach), 60))
        chinese = [prompt for prompt in heard if re.search(r"[\u4e00-\u9fff]", re.sub(r'"[^"]*"', "", prompt))]
        assert 20 <= len(chinese) <= 40


@pytest.mark.thorough
def test_every_word_that_is_heard_is_taught_and_no_part_of_a_name_is():
    taught = frozenset(samples.words_taught(SMALL))
    rng = random.Random(99)
    for kind in ("scene", "edit"):
        for _, _, prompt in itertools.islice(samples.invent(rng, kind, SMALL), 50):
            assert not set(re.findall("[a-z]+", re.sub(r'#[0-9a-f]{6}|"[^"]*"', "", prompt.lower()))) - taught
    assert {"cat", "猫", "熊猫"} <= taught
    assert unknown_words("一只河马", taught) == ["河马"]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["small", "full"])
def test_hardly_any_prompt_is_longer_than_the_model_reads(name):
    preset = presets.PRESETS[name]
    tokenizer = tokens.build_tokenizer(itertools.islice(samples.prompts(1, preset.reach), 4000), preset.shape.merges)
    heard = [tokens.as_seen(tokenizer, p) for p in itertools.islice(samples.prompts(2, preset.reach), 1000)]
    assert sum(len(ids) > preset.shape.text_length for ids in tokenizer(heard)["input_ids"]) <= 3
