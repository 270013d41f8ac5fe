"""Processors read prompts and pictures without torchvision, which only films need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import transformers
from families import qwen
from families.contract import scene

from pochade.engine.processors import loader

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "<|vision_start|><|image_pad|><|vision_end|>a red cat"


@pytest.mark.parametrize("generation", [2, 3])
def test_a_saved_processor_is_loaded_and_reads_pictures_as_before(generation: int, tmp_path: Path) -> None:
    made = qwen.processor(generation=generation)
    made.save_pretrained(tmp_path)
    name = f"Qwen{generation}VLProcessor"
    loaded = loader(getattr(transformers, name), name).from_pretrained(tmp_path, local_files_only=True)
    assert isinstance(loaded, getattr(transformers, name))
    assert type(loaded).__name__ == name
    before, after = (one(text=[TEXT], images=[scene()], return_tensors="pt") for one in (made, loaded))
    assert before.keys() == after.keys() >= {"input_ids", "pixel_values", "image_grid_thw"}
    assert all(before[key].equal(after[key]) for key in before)
    patches = int(after["image_grid_thw"].prod())
    assert patches == len(after["pixel_values"])
    assert int((after["input_ids"] == loaded.image_token_id).sum()) == patches // 4


def test_one_that_is_only_given_words_is_its_tokenizer(tmp_path: Path) -> None:
    tokenizer = qwen.processor().tokenizer
    tokenizer.save_pretrained(tmp_path)
    loaded = loader(transformers.PixtralProcessor, "PixtralProcessor").from_pretrained(tmp_path, local_files_only=True)
    chat = [{"role": "user", "content": [{"type": "text", "text": "a red cat"}]}]
    said = loaded.apply_chat_template(chat, tokenize=False)
    assert said == "<|im_start|>user\na red cat<|im_end|>\n"
    assert loaded(said)["input_ids"] == tokenizer(said)["input_ids"]


@pytest.mark.parametrize("name", ["CLIPTokenizer", "GlmImageProcessor", "Qwen2Tokenizer"])
def test_what_needs_no_reader_of_films_is_loaded_by_its_own_class(name: str) -> None:
    cls = getattr(transformers, name)
    assert loader(cls, name) is cls
