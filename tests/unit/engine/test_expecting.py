"""The picture just painted is encoded in advance, in the form that pipelines pass, and never in anybody's way."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pochade.engine import expecting, levers
from pochade.engine.caches import Memo
from pochade.engine.expecting import Expecting
from pochade.engine.quiet import quiet


def picture(seed: int, mode: str = "RGB") -> Image.Image:
    depth = len(mode)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (32, 48, depth), dtype=np.uint8), mode)


class Encoder:
    """Stands in for a VAE's encode: counts, and says on which thread it was called."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.error: Exception | None = None

    def __call__(self, colours: torch.Tensor) -> torch.Tensor:
        self.threads.append(threading.current_thread().name.removesuffix("_0"))
        if self.error is not None:
            raise self.error
        return colours.mean((-1, -2))


@pytest.fixture
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
def ahead(encoder: Encoder) -> Expecting:
    memo = Memo(10**7)
    return Expecting(memo.over(encoder), memo)


def passed(image: Image.Image) -> torch.Tensor:
    """What diffusers' image processor makes of a picture."""
    from diffusers.image_processor import VaeImageProcessor

    processor = VaeImageProcessor(vae_scale_factor=8, do_convert_rgb=image.mode == "RGB")
    return processor.preprocess(image)


def test_what_was_expected_is_known_when_it_is_asked(ahead: Expecting, encoder: Encoder) -> None:
    ahead.encode(passed(picture(1)))
    ahead.expect(picture(2))
    ahead.wait()
    assert encoder.threads[1:] == ["pochade encodes ahead"]
    latents = ahead.encode(passed(picture(2)))
    assert len(encoder.threads) == 2
    assert torch.equal(latents, encoder(passed(picture(2))))


def test_python_waits_at_its_end_for_what_was_begun_on_a_daemons_thread() -> None:
    code = """
import threading, time
import torch
from PIL import Image
from pochade.engine.caches import Memo
from pochade.engine.expecting import Expecting

def encode(colours):
    if threading.current_thread().name.startswith("pochade encodes ahead"):
        time.sleep(0.5)
        print("encoded")
    return colours

def work():
    memo = Memo(10**7)
    ahead = Expecting(memo.over(encode), memo)
    ahead.encode(torch.zeros(1, 3, 8, 8))
    ahead.expect(Image.new("RGB", (8, 8), "red"))

worker = threading.Thread(target=work, daemon=True)
worker.start()
worker.join()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "encoded\n", "")


@pytest.mark.parametrize("shape", [(1, 3, 32, 48), (1, 3, 1, 32, 48)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_form_is_that_of_the_last_picture(
    ahead: Expecting, encoder: Encoder, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    ahead.encode(passed(picture(1)).reshape(shape).to(dtype))
    ahead.expect(picture(2))
    ahead.wait()
    ahead.encode(passed(picture(2)).reshape(shape).to(dtype))
    assert len(encoder.threads) == 2


def test_a_picture_with_opacity_is_passed_with_it(ahead: Expecting, encoder: Encoder) -> None:
    ahead.encode(torch.zeros(1, 4, 32, 48))
    ahead.expect(picture(2, "RGBA"))
    ahead.wait()
    assert len(encoder.threads) == 2


def test_nothing_is_expected_before_the_first_picture_was_encoded(ahead: Expecting, encoder: Encoder) -> None:
    ahead.expect(picture(1))
    ahead.wait()
    assert encoder.threads == []


@pytest.mark.parametrize("last", [(1, 3, 48, 32), (2, 3, 32, 48), (1, 16, 32, 48)])
def test_another_form_than_the_last_is_not_guessed(ahead: Expecting, encoder: Encoder, last: tuple[int, ...]) -> None:
    ahead.encode(torch.zeros(last))
    ahead.expect(picture(1))
    ahead.wait()
    assert len(encoder.threads) == 1


def test_what_takes_long_is_not_encoded_in_advance(
    ahead: Expecting, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expecting, "QUICK_SECONDS", 0.0)
    ahead.encode(passed(picture(1)))
    ahead.expect(picture(2))
    ahead.wait()
    assert len(encoder.threads) == 1


def test_who_is_often_wrong_stops_guessing(ahead: Expecting, encoder: Encoder) -> None:
    for number in range(6):
        ahead.encode(passed(picture(number)))
        ahead.expect(picture(100 + number))
        ahead.wait()
    assert encoder.threads.count("pochade encodes ahead") == expecting.PATIENCE


def test_who_is_right_again_goes_on_guessing(ahead: Expecting, encoder: Encoder) -> None:
    ahead.encode(passed(picture(0)))
    for number in range(1, 6):
        ahead.expect(picture(number))
        ahead.wait()
        ahead.encode(passed(picture(number if number % 2 else 100)))
    assert encoder.threads.count("pochade encodes ahead") == 5


def test_a_failure_in_advance_is_nobodys_business(ahead: Expecting, encoder: Encoder) -> None:
    ahead.encode(passed(picture(1)))
    encoder.error = torch.OutOfMemoryError("CUDA out of memory")
    ahead.expect(picture(2))
    ahead.wait()
    encoder.error = None
    ahead.encode(passed(picture(2)))
    ahead.expect(picture(3))
    ahead.wait()
    assert encoder.threads.count("pochade encodes ahead") == 1


def test_an_edit_of_the_picture_just_painted_encodes_nothing_and_paints_the_same() -> None:
    import tiny

    pipeline, bare = tiny.build(), tiny.build()
    calls: list[int] = []
    pipeline.vae.encoder.register_forward_hook(lambda *_: calls.append(1))
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu")
    applied.adopt(pipeline)

    def edit(what: Any, image: Image.Image) -> Image.Image:
        with quiet():
            [answer] = what(
                prompt="a red cat",
                image=image,
                width=64,
                height=64,
                num_inference_steps=2,
                guidance_scale=1.0,
                max_sequence_length=48,
                text_encoder_out_layers=(1, 2),
                generator=torch.Generator().manual_seed(1),
            ).images
        return answer

    parent = Image.new("RGB", (64, 64), "red")
    for _ in range(3):
        with applied.call(pipeline, size=(64, 64)):
            answer = edit(pipeline, parent)
        applied.expect(answer)
        assert np.abs(np.asarray(answer).astype(int) - np.asarray(edit(bare, parent))).max() <= 1
        parent = answer
    assert applied.pictures.hits == 2
    applied.release()
    assert len(calls) == 4
    assert "encode" not in vars(pipeline.vae)


def test_whatever_needs_the_vae_waits_until_it_is_free() -> None:
    import tiny

    pipeline = tiny.build()
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu")
    pipeline.vae.encode(torch.zeros(1, 3, 64, 64))
    running, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(*_: Any) -> None:
        running.set()
        go_on.wait(10)
        order.append("encoded ahead")

    hook = pipeline.vae.encoder.register_forward_pre_hook(slow)
    applied.expect(Image.new("RGB", (64, 64), "red"))
    assert running.wait(10)
    with applied.call(pipeline, size=(64, 64)):
        order.append("words are encoded meanwhile")
        threading.Timer(0.1, go_on.set).start()
        pipeline.vae.decode(torch.zeros(1, 4, 8, 8))
        order.append("decoded")
    hook.remove()
    assert order == ["words are encoded meanwhile", "encoded ahead", "decoded"]


def test_a_model_that_moves_about_is_not_used_in_advance() -> None:
    import tiny

    pipeline = tiny.build()
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu", level="model")
    pipeline.vae.encode(torch.zeros(1, 3, 64, 64))
    applied.expect(Image.new("RGB", (64, 64)))
    assert applied.pictures.misses == 1
    assert "encoded ahead" not in applied.facts()["exact"]
