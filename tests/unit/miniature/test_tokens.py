"""Prompts are read as the pipeline reads them: what is to be painted is spelt out, words stay whole, all of it fits."""

import random
import string
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Qwen2TokenizerFast

from pochade.miniature import edits, talks, world
from pochade.miniature.wordbook import BY_NAME, HANZI, KINDS, LETTERS
from pochade.miniature.words import tokens
from pochade.miniature.words.wording import Wording


def prompts(seed):
    """Prompts of all kinds in both languages, without end."""
    rng = random.Random(seed)
    wordings = [Wording(rng, language=language) for language in ("en", "zh")]
    while True:
        for wording in wordings:
            yield wording.scene(world.sample(rng))
            yield wording.edit(edits.sample_edit(rng))
        yield rng.choice(wordings).blend(talks.sample_blend(rng))


@pytest.fixture(scope="module")
def said():
    return list(islice(prompts(9), 6_000))


@pytest.fixture(scope="module")
def tokenizer(said):
    return tokens.build_tokenizer(said, 3000, LETTERS + HANZI)


@pytest.fixture(scope="module")
def template():
    tokenizer = Qwen2TokenizerFast(vocab={tokens.PAD: 0}, merges=[], pad_token=tokens.PAD, eos_token=tokens.PAD)
    tokenizer.chat_template = tokens.CHAT_TEMPLATE
    return tokenizer


def test_the_tokenizer_on_disk_is_the_one_in_memory(tmp_path, tokenizer, said):
    tokenizer.save_pretrained(tmp_path)
    loaded = Qwen2TokenizerFast.from_pretrained(tmp_path)
    assert len(tokenizer) == len(loaded) == 3000
    seen = [tokens.as_seen(tokenizer, prompt) for prompt in said]
    assert seen[:200] == [tokens.as_seen(loaded, prompt) for prompt in said[:200]]
    assert tokenizer(seen)["input_ids"] == loaded(seen)["input_ids"]


# --------------------------------------------------------------------------------------------------- the chat template


@pytest.mark.parametrize(
    ("prompt", "seen"),
    [
        ("A Red Cat", "a red cat"),
        ('A sign that says "Hello"', 'a sign that says " H e l l o "'),
        ('"Level 12" on a Sign', '" L e v e l 12 " on a sign'),
        ("“Hi!” and „Du“", '" H i ! " and " D u "'),
        ("写着「你好」的牌子", '写着" 你 好 "的牌子'),
        ("写着『A』和“B”", '写着" A "和" B "'),
        ("a sign that says 'HELLO'.", 'a sign that says " H E L L O ".'),
        ("'Go' now", '" G o " now'),
        ("a sign: ‘It’s ME’!", 'a sign: " I t \' s  M E "!'),  # noqa: RUF001
        ('"DON\'T" on a Card', '" D O N \' T " on a card'),
    ],
)
def test_what_stands_in_quotes_is_spelt_out_with_its_case(template, prompt, seen):
    assert tokens.as_seen(template, prompt) == seen


@pytest.mark.parametrize(
    "prompt",
    ["the Cat's Hat isn't Red", "the Dogs' Hats", 'a Cat of 5" on a Table', "Rock and Roll", "", " ", "这只猫", 'a "'],
)
def test_what_is_not_quoted_is_only_put_into_small_letters(template, prompt):
    assert tokens.as_seen(template, prompt) == prompt.lower()


@pytest.mark.parametrize(
    ("prompt", "seen"),
    [
        ("on #C0FFEE", "on # c0 f f e e"),
        ("#12ab9f, Beige", "#12 a b9 f, beige"),
        ("a #fff bed", "a # f f f bed"),
        ("#ABCDEFab", "# a b c d e fab"),
        ("#a1b2c3背景", "# a1 b2 c3背景"),
        ("a cafe and #", "a cafe and #"),
        ('"#AB" on #ab0000', '" # A B " on # a b0000'),
    ],
)
def test_hex_codes_are_spelt_out_in_small_letters(template, prompt, seen):
    assert tokens.as_seen(template, prompt) == seen


@given(st.text(alphabet=string.ascii_letters + string.digits + "!?.,:;'-+&%#@/=()*$ 你好", max_size=24))
@settings(max_examples=60, deadline=None)
def test_quoted_words_can_be_read_back_exactly(template, words):
    spelt = tokens.as_seen(template, f'a "{words}"').removeprefix('a "').removesuffix(' "')
    read, rest = "", spelt
    while rest:  # a letter is read after its own space; digits and spaces stand for themselves
        own = rest[0] == " " and len(rest) > 1 and not (rest[1].isspace() or rest[1].isdigit())
        read, rest = (read + rest[1], rest[2:]) if own else (read + rest[0], rest[1:])
    assert read == words


# ------------------------------------------------------------------------------------------------------- the tokenizer


def test_every_letter_that_can_be_painted_is_one_token(tokenizer):
    for letter in LETTERS.strip():
        cut = tokenizer.tokenize(tokens.as_seen(tokenizer, f'"{letter}"'))
        assert len(cut) == 3, letter
    for character in HANZI:
        assert len(tokenizer.tokenize(character)) == 1, character


def test_hex_codes_are_read_digit_by_digit(tokenizer):
    cut = tokenizer.tokenize(tokens.as_seen(tokenizer, "a cat on #C0FFEE"))
    assert [token.lstrip("Ġ") for token in cut[-7:]] == ["#", "c", "0", "f", "f", "e", "e"]


def test_chinese_is_cut_where_words_end(tokenizer):
    sentence = ["一只", "戴着", "礼帽", "和", "眼镜", "的", "猫", "在", "大象", "的", "左边", "，", "蓝色", "背景"]  # noqa: RUF001
    cut = tokenizer(tokens.as_seen(tokenizer, "".join(sentence)))["input_ids"]
    assert [tokenizer.decode([token]) for token in cut] == sentence


def test_most_names_are_one_token_in_both_languages(tokenizer):
    english = [len(tokenizer.tokenize(" " + kind.name)) for kind in KINDS if " " not in kind.name]
    chinese = [len(tokenizer.tokenize(kind.chinese[0])) for kind in KINDS]
    assert np.mean(np.array(english) == 1) > 0.9
    assert np.mean(np.array(chinese) == 1) > 0.9


@pytest.mark.parametrize("language", ["en", "zh"])
def test_ordinary_prompts_and_nearly_all_grids_of_sixteen_fit_into_96_tokens(tokenizer, said, language):
    def lengths(texts):
        return np.array([len(ids) for ids in tokenizer([tokens.as_seen(tokenizer, t) for t in texts])["input_ids"]])

    assert np.mean(lengths(said) <= 96) > 0.999
    rng, reach = random.Random(3), replace(world.FULL, layouts=("grid 4x4",))
    wording = Wording(rng, language=language)
    assert np.mean(lengths([wording.scene(world.sample(rng, reach)) for _ in range(200)]) <= 96) >= 0.98


def test_every_word_for_a_thing_is_read_back_as_it_was_written(tokenizer):
    for kind in BY_NAME.values():
        for word in (kind.name, *kind.synonyms, *kind.chinese):
            assert tokenizer.decode(tokenizer(word)["input_ids"]) == word
