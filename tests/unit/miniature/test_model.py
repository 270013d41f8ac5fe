"""What training computes is what the plain pipeline computes, and the solved encoder is what it claims to be."""

import random

import numpy as np
import pytest
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

from pochade import miniature
from pochade.miniature import model, world
from pochade.miniature.model import Shape
from pochade.miniature.reach import SMALL
from pochade.miniature.training import presets
from pochade.miniature.training.release import untrained
from pochade.miniature.words import tokens


@pytest.fixture(scope="module")
def shape():
    return Shape()


@pytest.fixture(scope="module")
def drawn(shape):
    rng = random.Random(4)
    scenes = [world.sample(rng, SMALL) for _ in range(300)]
    pixels = np.stack([world.draw(scene, shape.scale) for scene in scenes])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


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
    patches = torch.nn.functional.unfold(drawn, 8, stride=8).transpose(1, 2).reshape(-1, 192).double()
    centred = patches - patches.mean(0)
    with torch.no_grad():
        code = model.linear_code(solved)(drawn).flatten(2).transpose(1, 2).reshape(len(patches), -1)
    best = torch.linalg.eigvalsh(centred.T @ centred)[: -code.shape[1]].sum()
    basis = torch.linalg.qr(code.double() - code.double().mean(0)).Q
    left = (centred - basis @ (basis.T @ centred)).square().sum()
    assert left < 1.02 * best  # the weights are rounded to bf16


def test_packing_has_an_exact_inverse():
    latents = torch.randn(2, 16, 16, 12)
    assert torch.equal(model.unpack(model.pack(latents), 8, 6), latents)


@pytest.mark.parametrize("name", sorted(presets.PRESETS))
def test_no_preset_has_more_than_twenty_million_parameters(name):
    shape = presets.PRESETS[name].shape
    denoiser, vae = untrained(presets.PRESETS[name], shape.merges), model.build_vae(shape)
    assert sum(p.numel() for part in (denoiser, vae) for p in part.parameters()) <= 20e6


@pytest.mark.parametrize("bucket", world.BUCKETS)
@pytest.mark.parametrize("name", ["small", "full"])
def test_every_canvas_is_a_whole_number_of_tokens(name, bucket):
    shape = presets.PRESETS[name].shape
    rows, columns = shape.cells(bucket)
    width, height = world.BUCKETS[bucket]
    assert (columns * 16, rows * 16) == (width * shape.scale, height * shape.scale)


def test_the_levels_are_those_that_the_scheduler_visits():
    scheduler = model.build_scheduler()
    for steps in (4, 8, 32):
        scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps))  # as the pipeline does
        assert torch.allclose(scheduler.sigmas, torch.tensor(model.levels(steps)), atol=1e-6)


@pytest.mark.parametrize("bucket", ["1:1", "3:2", "1:3"])
@pytest.mark.parametrize("references", [0, 1, 2])
def test_painting_in_batches_is_what_the_pipeline_paints(pipe, bucket, references):
    card = miniature.card()
    shape = Shape(text_length=card["call"]["max_sequence_length"])
    rows, columns = cells = shape.cells(bucket)
    rng = np.random.default_rng(6)
    pixels = rng.integers(0, 256, (references, rows * 16, columns * 16, 3), np.uint8)
    noise, words = torch.randn(1, 4 * shape.latent_channels, rows, columns), "a fox"
    painted = pipe(
        prompt=words,
        image=[Image.fromarray(p) for p in pixels] or None,
        latents=noise,
        width=columns * 16,
        height=rows * 16,
        output_type="pt",
        **card["call"],
    ).images
    read = pipe.tokenizer(
        [tokens.as_seen(pipe.tokenizer, words)],
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=shape.text_length,
    )
    denoiser = model.Denoiser(pipe.text_encoder, pipe.transformer, shape)
    with torch.no_grad():
        given = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1
        code = model.linear_code(pipe.vae)
        packed = pipe._pack_latents(noise)
        source = torch.cat([packed[:, :0], *(model.pack(code(x[None])) for x in given)], 1)
        text = denoiser.read(read["input_ids"], read["attention_mask"])
        latents = denoiser.paint(packed, source, text, cells, model.levels(4))
        ours = pipe.vae.decode(model.unpack(latents, *cells)).sample
    assert (painted * 2 - 1 - ours.clamp(-1, 1)).abs().max() < 0.05


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
    read = pipe.tokenizer(
        [tokens.as_seen(pipe.tokenizer, "a cat on a blue background")],
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=shape.text_length,
    )
    with torch.no_grad():
        text = model.encode_text(pipe.text_encoder, read["input_ids"], read["attention_mask"], shape)
        packed = [pipe._pack_latents(noise), *(model.pack(code(x[None])) for x in drawn[:references])]
    picture_ids, text_ids = model.positions(references, shape)
    assert torch.allclose(seen[0]["hidden_states"], torch.cat(packed, 1), atol=1e-3)
    assert torch.allclose(seen[0]["encoder_hidden_states"], text, atol=1e-5)
    assert torch.equal(seen[0]["img_ids"][0], picture_ids)
    assert torch.equal(seen[0]["txt_ids"][0], text_ids)
    levels = [float(call["timestep"][0]) for call in seen]
    assert np.allclose(levels, [1, 6 / 7, 2 / 3, 0.4], atol=1e-3)
