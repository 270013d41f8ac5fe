"""What training computes is what the plain pipeline computes, and the solved encoder is what it claims to be."""

import random
from itertools import islice

import numpy as np
import pytest
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image
from transformers import Qwen2TokenizerFast

from pochade import miniature
from pochade.miniature import model, train, world
from pochade.miniature.model import Shape


@pytest.fixture(scope="module")
def shape():
    return Shape()


@pytest.fixture(scope="module")
def drawn():
    rng = random.Random(4)
    return train.pictures([world.sample(rng) for _ in range(300)])


@pytest.fixture(scope="module")
def solved(shape, drawn):
    torch.manual_seed(0)
    vae = model.build_vae(shape)
    model.solve_encoder(vae, drawn)
    return vae


@pytest.fixture(scope="module")
def pipe():
    pipe = Flux2KleinPipeline.from_pretrained(miniature.folder(), dtype=torch.float32, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_the_solved_encoder_is_linear(solved, drawn):
    with torch.no_grad():
        first, second = (solved.encode(part).latent_dist.mode() for part in (drawn[:8], drawn[8:16]))
        middle = solved.encode((drawn[:8] + drawn[8:16]) / 2).latent_dist.mode()
    assert torch.allclose(middle, (first + second) / 2, atol=1e-4)


def test_the_encoder_as_one_convolution_is_the_encoder(solved, drawn):
    with torch.no_grad():
        assert torch.allclose(
            model.linear_code(solved)(drawn[:8]), solved.encode(drawn[:8]).latent_dist.mode(), atol=1e-4
        )


def test_the_code_keeps_what_principal_components_can_keep(solved, drawn):
    patches = torch.nn.functional.unfold(drawn, 8, stride=8).transpose(1, 2).reshape(-1, 192)
    centred = patches - patches.mean(0)
    with torch.no_grad():
        code = solved.encode(drawn).latent_dist.mode().flatten(2).transpose(1, 2).reshape(len(patches), -1)
    best = torch.linalg.svdvals(centred)[code.shape[1] :].square().sum()
    code = code - code.mean(0)
    left = (centred - code @ torch.linalg.lstsq(code, centred).solution).square().sum()
    assert left < 1.02 * best  # the weights are rounded to bf16


def test_packing_has_an_exact_inverse():
    latents = torch.randn(2, 16, 16, 12)
    assert torch.equal(model.unpack(model.pack(latents), 8, 6), latents)


def test_the_tokenizer_on_disk_is_the_one_in_memory(tmp_path, shape):
    words = list(islice(train.prompts(seed=9), 10_000))
    tokenizer = model.build_tokenizer(words[:4000], shape)
    tokenizer.save_pretrained(tmp_path)
    loaded = Qwen2TokenizerFast.from_pretrained(tmp_path)
    seen = [model.as_seen(tokenizer, w) for w in words]
    assert seen[:50] == [model.as_seen(loaded, w) for w in words[:50]]
    assert tokenizer(seen)["input_ids"] == loaded(seen)["input_ids"]


def test_hex_codes_are_read_digit_by_digit(pipe):
    tokens = pipe.tokenizer.tokenize(model.as_seen(pipe.tokenizer, "a cat on #C0FFEE"))
    assert [t.lstrip("Ġ") for t in tokens[-7:]] == ["#", "c", "0", "f", "f", "e", "e"]


@pytest.mark.parametrize("references", [0, 1, 2])
def test_the_pipeline_gives_the_transformer_what_training_gave_it(pipe, drawn, references):
    card = miniature.card()
    shape = Shape(text_length=card["call"]["max_sequence_length"])
    assert list(shape.out_layers) == card["call"]["text_encoder_out_layers"]
    images = [Image.fromarray(((x.permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()) for x in drawn[:references]]
    noise = torch.randn(1, 4 * shape.latent_channels, 8, 8)
    seen = []
    hook = pipe.transformer.register_forward_pre_hook(lambda _m, _a, kw: seen.append(kw), with_kwargs=True)
    try:
        pipe(
            prompt="a cat on a blue background",
            image=images or None,
            latents=noise,
            width=128,
            height=128,
            **card["call"],
        )
    finally:
        hook.remove()

    code = model.linear_code(pipe.vae)
    tokens = pipe.tokenizer(
        [model.as_seen(pipe.tokenizer, "a cat on a blue background")],
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=shape.text_length,
    )
    with torch.no_grad():
        text = model.encode_text(pipe.text_encoder, tokens["input_ids"], tokens["attention_mask"], shape)
        packed = [pipe._pack_latents(noise), *(model.pack(code(x[None])) for x in drawn[:references])]
    picture_ids, text_ids = model.positions(references, shape)
    assert torch.allclose(seen[0]["hidden_states"], torch.cat(packed, 1), atol=1e-3)
    assert torch.allclose(seen[0]["encoder_hidden_states"], text, atol=1e-5)
    assert torch.equal(seen[0]["img_ids"][0], picture_ids)
    assert torch.equal(seen[0]["txt_ids"][0], text_ids)
    levels = [float(call["timestep"][0]) for call in seen]
    assert np.allclose(levels, [1, 6 / 7, 2 / 3, 0.4], atol=1e-3)
