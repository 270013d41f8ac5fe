"""How the miniature reads: the chat template, which spells out what is to be painted in letters, and the tokenizer.

Both travel with the weights and are read by plain transformers; nothing here runs when a picture is made. They stand
apart from the networks because worker processes put words into numbers without loading any of those.
"""
# ruff: noqa: RUF001 - quotation marks of many languages are what is looked for

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Qwen2TokenizerFast

from .chinese_words import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Gives the user's last message in small letters, but spells out two things: what stands in quotes (keeping its case,
#: one token a character, so that any word can be painted) and the digits of hex codes (so that no whole colour becomes
#: a token). Quotes of every sort become straight double ones; single ones count where there are no others and one
#: opens after a space. An opening quote without a closing one opens nothing. Digits are cut one by one by the
#: tokenizer and need no space before them. It works on stretches, not on characters: training reads thousands of
#: prompts a second.
CHAT_TEMPLATE = (
    "{%- set ns = namespace(text=' ' ~ messages[-1]['content'] ~ ' ', hex=true) -%}"
    "{%- for c in '“”„「」『』«»＂' if c in ns.text -%}{%- set ns.text = ns.text.replace(c, '\"') -%}{%- endfor -%}"
    """{%- set ns.text = ns.text.replace("‘", "'").replace("’", "'") -%}"""
    """{%- if " '" in ns.text and '"' not in ns.text -%}"""
    """{%- set ns.text = ns.text.replace(" '", ' "') -%}"""
    """{%- for c in ' ,.;:!?)' -%}{%- set ns.text = ns.text.replace("'" ~ c, '"' ~ c) -%}{%- endfor -%}"""
    "{%- endif -%}"
    "{%- for part in ns.text[1:-1].split('\"') -%}"
    "{%- if not loop.first -%}{{ '\"' if loop.index0 % 2 else ' \"' }}{%- endif -%}"
    "{%- if loop.index0 % 2 and not loop.last -%}"
    "{%- for c in part -%}{{ c if c.isspace() or c.isdigit() else ' ' ~ c }}{%- endfor -%}"
    "{%- else -%}"
    "{%- for bit in part.lower().split('#') -%}"
    "{%- if loop.first -%}{{ bit }}{%- else -%}"
    "{{ '#' }}{%- set ns.hex = true -%}"
    "{%- for c in bit[:6] -%}"
    "{%- set ns.hex = ns.hex and c in '0123456789abcdef' -%}{{ ' ' ~ c if ns.hex and c in 'abcdef' else c }}"
    "{%- endfor -%}"
    "{{ bit[6:] }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- endif -%}{%- endfor -%}"
)
PAD = "<|endoftext|>"
#: Qwen2's own way of cutting text into words (Qwen2 tokenizer, transformers).
_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
#: how often a letter counts as having been seen: more often than most words of the 20,000 prompts or so that are given
_OFTEN = 400


def build_tokenizer(prompts: Iterable[str], merges: int, letters: str = "") -> Qwen2TokenizerFast:
    """Learn a byte-level BPE from prompts.

    Chinese is written without spaces, so a plain BPE would learn tokens that run from one word into the next.
    While it learns, Chinese is therefore cut into the words that the world uses; the merges that it learns then stay
    within words when whole sentences are read.

    Parameters
    ----------
    prompts : iterable of str
        Prompts as people would type them.
    merges : int
        Size of the vocabulary, the 256 byte symbols included.
    letters : str
        Characters that can be painted. Each becomes a token of its own if there is room, however rare it is in the
        prompts: what is painted is learnt from the sign to its picture, not from the bytes that encode it.

    Returns
    -------
    transformers.Qwen2TokenizerFast
        With the chat template; the same after ``save_pretrained`` and ``from_pretrained``.
    """
    tokenizer = Tokenizer(models.BPE())
    words = "|".join(re.escape(word) for word in lexicon())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), "isolated"),
            pre_tokenizers.Split(Regex(rf"{words}|\p{{Han}}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[PAD],
        show_progress=False,
    )
    template = Qwen2TokenizerFast(vocab={PAD: 0}, merges=[], pad_token=PAD, eos_token=PAD)
    template.chat_template = CHAT_TEMPLATE
    seen = (as_seen(template, prompt) for prompt in prompts)
    signs = (" " + letter for letter in letters for _ in range(_OFTEN))
    tokenizer.train_from_iterator(chain(seen, signs), trainer)
    parts = json.loads(tokenizer.to_str())["model"]
    pairs = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in parts["merges"]]
    out = Qwen2TokenizerFast(vocab=parts["vocab"], merges=pairs, pad_token=PAD, eos_token=PAD, unk_token=PAD)
    out.chat_template = CHAT_TEMPLATE
    return out


def as_seen(tokenizer: Qwen2TokenizerFast, prompt: str) -> str:
    """The prompt after the chat template, as the pipeline gives it to the tokenizer."""
    return str(
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
    )
