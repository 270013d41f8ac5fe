"""Levers change the time and not the picture; what changes pictures is off unless it is named; all can be undone."""

from __future__ import annotations

import functools
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from pochade.engine import levers
from pochade.engine.quiet import quiet
from pochade.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

CALL = {"width": 64, "height": 64, "max_sequence_length": 48, "text_encoder_out_layers": (1, 2)}
QUICK = {"num_inference_steps": 3, "guidance_scale": 1.0}


@pytest.fixture(scope="module")
def bare() -> Any:
    """A pipeline that nobody touches."""
    return tiny.build()


@pytest.fixture
def pipeline() -> Any:
    """The same weights, to put levers on."""
    return tiny.build()


def paint(pipeline: Any, prompt: str = "a red cat", **more: Any) -> np.ndarray:
    with quiet():
        call = {"generator": torch.Generator().manual_seed(3), **CALL, **QUICK, **more}
        images = pipeline(prompt=prompt, **call).images
    return np.stack([np.asarray(image).astype(int) for image in images])


def picture(seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8))


def with_levers(pipeline: Any, **choices: Any) -> tuple[levers.Applied, Callable[..., np.ndarray]]:
    applied = levers.apply(pipeline.components, levers.chosen(**choices), "cpu", prompt_layers=(1, 2))
    applied.adopt(pipeline)

    def call(prompt: str = "a red cat", **more: Any) -> np.ndarray:
        count = more.get("num_images_per_prompt", 1)
        with applied.call(pipeline, size=(64, 64), pictures=count, steps=3):
            return paint(pipeline, prompt, **more)

    return applied, call


def counting(owner: Any, method: str) -> list[int]:
    """Count the calls of an instance's method from here on."""
    calls: list[int] = []
    own = getattr(owner, method)

    @functools.wraps(own)
    def counted(*args: Any, **more: Any) -> Any:
        calls.append(1)
        return own(*args, **more)

    setattr(owner, method, counted)
    return calls


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"image": picture()},
        {"image": [picture(), picture(1)]},
        {"guidance_scale": 5.0, "image": picture()},
        {"image": picture(), "num_images_per_prompt": 3},
    ],
)
def test_the_picture_is_the_one_of_the_bare_pipeline(bare: Any, pipeline: Any, asked: dict[str, Any]) -> None:
    _, call = with_levers(pipeline)
    expected = paint(bare, **asked)
    for _ in range(2):  # worked out, then remembered
        got = call(**asked)
        assert np.abs(got - expected).max() <= 1
        assert (got != expected).mean() < 0.001


def test_a_prompt_is_encoded_once_for_all_pictures_and_seeds(pipeline: Any) -> None:
    calls = counting(pipeline.text_encoder, "forward")
    applied, call = with_levers(pipeline)
    call()
    call(image=picture())
    assert len(calls) == 1
    assert applied.prompts.hits == 1
    call("a blue cat")
    assert len(calls) == 2


def test_a_picture_is_encoded_once_over_turns_and_variants(pipeline: Any) -> None:
    calls = counting(pipeline.vae.encoder, "forward")
    _, call = with_levers(pipeline)
    call(image=[picture(), picture(1)])
    call("a blue cat", image=picture(1))
    call("a blue cat", image=picture(), num_images_per_prompt=3)
    assert len(calls) == 2
    nearly = np.asarray(picture()).copy()
    nearly[0, 0, 0] ^= 1
    call(image=Image.fromarray(nearly))
    assert len(calls) == 3


def test_positions_are_worked_out_once_for_a_size(pipeline: Any) -> None:
    calls = counting(pipeline.transformer.pos_embed, "forward")
    _, call = with_levers(pipeline)
    call()
    assert len(calls) == 2  # the text's and the picture's, for all three steps
    call("a blue cat")
    assert len(calls) == 2
    call(image=picture())
    assert len(calls) == 3


def test_the_odds_of_the_next_token_are_not_worked_out(pipeline: Any) -> None:
    seen: list[int] = []
    pipeline.text_encoder.lm_head.register_forward_hook(lambda *given: seen.append(given[2].shape[1]))
    _, call = with_levers(pipeline)
    call()
    assert seen == [1]


def test_layers_behind_the_last_one_read_are_dropped(bare: Any, pipeline: Any) -> None:
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu", prompt_layers=(0,))
    applied.adopt(pipeline)
    assert len(pipeline.text_encoder.model.layers) == 1
    assert "layers read" in applied.facts()["exact"]
    with applied.call(pipeline, size=(64, 64)):
        hidden = pipeline.encode_prompt("a red cat", max_sequence_length=48, text_encoder_out_layers=(0,))[0]
    with quiet(), torch.no_grad():
        whole = bare.encode_prompt("a red cat", max_sequence_length=48, text_encoder_out_layers=(0,))[0]
    assert torch.equal(hidden, whole)


def test_layers_that_are_read_or_normalised_are_kept(pipeline: Any) -> None:
    with_levers(pipeline)
    assert len(pipeline.text_encoder.model.layers) == 2


def test_a_pipeline_that_says_nothing_of_layers_loses_none(pipeline: Any) -> None:
    from pochade.engine import tweaks

    assert tweaks.only_layers_read(pipeline.vae, (1,)) == 0
    assert tweaks.only_layers_read(pipeline.text_encoder, (-1,)) == 0


def test_a_model_that_stays_where_it_is_is_not_searched_for_hooks_at_every_step(pipeline: Any) -> None:
    from diffusers.models import modeling_utils

    walks: list[int] = []
    _, call = with_levers(pipeline)
    call()
    own = modeling_utils.get_parameter_dtype

    def counted(model: Any) -> Any:
        walks.append(1)
        return own(model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modeling_utils, "get_parameter_dtype", counted)
        call()
    assert walks == []
    assert pipeline.transformer.dtype == torch.float32
    assert pipeline._execution_device == torch.device("cpu")


def test_what_a_processor_takes_is_worked_out_once(pipeline: Any) -> None:
    import inspect

    processor = pipeline.transformer.transformer_blocks[0].attn.processor
    taken = list(inspect.signature(processor.__call__).parameters)
    applied, call = with_levers(pipeline)
    assert inspect.signature(processor.__call__) is inspect.signature(processor.__call__)
    assert list(inspect.signature(processor.__call__).parameters) == taken
    call()
    applied.release()
    assert "__call__" not in vars(processor)


def test_a_settled_model_tells_the_truth_when_it_is_cast(pipeline: Any) -> None:
    with_levers(pipeline)
    pipeline.vae.to(torch.float64)  # as the pipelines of SDXL do with a VAE in float16
    assert pipeline.vae.dtype == torch.float64


def test_everything_can_be_put_back(bare: Any, pipeline: Any) -> None:
    paint(pipeline)
    parts = (pipeline, *(part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)))
    classes = [type(part) for part in parts]
    before = [set(vars(part)) for part in (*parts, pipeline.transformer.pos_embed)]
    applied, call = with_levers(pipeline)
    call()
    assert applied.prompts.size
    applied.release()
    assert [type(part) for part in parts] == classes
    assert [set(vars(part)) for part in (*parts, pipeline.transformer.pos_embed)] == before
    assert applied.prompts.size == applied.pictures.size == applied.positions.size == 0
    assert not any(getattr(module, "inplace", False) for module in pipeline.vae.modules())
    assert pipeline.vae.encoder.conv_in.weight.is_contiguous()
    assert np.array_equal(paint(pipeline), paint(bare))


def test_what_lies_over_a_lever_stays_when_it_is_put_back(pipeline: Any) -> None:
    applied, _ = with_levers(pipeline)

    def hook(*args: Any, **more: Any) -> Any:
        return type(pipeline.text_encoder).forward(pipeline.text_encoder, *args, **more)

    pipeline.text_encoder.forward = hook
    applied.release()
    assert pipeline.text_encoder.forward is hook


def test_memory_can_be_asked_back_without_undoing_anything(pipeline: Any) -> None:
    applied, call = with_levers(pipeline)
    first = call(image=picture())
    applied.forget()
    assert applied.prompts.size == applied.pictures.size == 0
    assert np.array_equal(call(image=picture()), first)


def test_nothing_of_the_libraries_is_changed_for_others(bare: Any, pipeline: Any) -> None:
    from diffusers import Flux2KleinPipeline, Flux2Transformer2DModel

    _, call = with_levers(pipeline)
    call()
    assert type(bare) is Flux2KleinPipeline
    assert type(bare.transformer) is Flux2Transformer2DModel
    assert "encode" not in vars(bare.vae)
    assert "encode_prompt" not in vars(bare)
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("level", ["model", "group", "fp8", "quantised"])
def test_a_model_that_moves_about_is_only_given_what_does_not_mind(bare: Any, pipeline: Any, level: Any) -> None:
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu", level=level)
    applied.adopt(pipeline)
    with applied.call(pipeline, size=(64, 64)):
        assert not torch.is_inference_mode_enabled()
        got = paint(pipeline, image=picture())
    assert np.abs(got - paint(bare, image=picture())).max() <= 1
    assert not {"settled", "positions kept"} & set(applied.facts()["exact"])


def test_facts_are_small_json(pipeline: Any) -> None:
    applied, call = with_levers(pipeline)
    call()
    facts = applied.facts()
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["compile"], facts["attention"], facts["cache"], facts["decode"]) == ("off", "native", None, "whole")
    assert "latents kept" in facts["exact"]


@pytest.mark.parametrize(
    ("device", "pictures", "free", "decode"),
    [
        ("cpu", 1, 10**9, "whole"),
        ("cpu", 4, 10**9, "sliced"),  # a processor's caches are small
        ("cuda:0", 4, 10**9, "whole"),
        ("cuda:0", 4, 1_000_000, "sliced"),
        ("cuda:0", 1, 1_000_000, "whole"),
        ("cpu", 1, 100_000, "tiled"),
        ("cuda:0", 4, 100_000, "tiled"),
    ],
)
def test_decoding_is_divided_only_where_that_helps(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, device: str, pictures: int, free: int, decode: str
) -> None:
    monkeypatch.setattr(levers, "_free", lambda _: free)
    applied = levers.apply({"vae": pipeline.vae}, levers.chosen(), device)
    with applied.call(pipeline, size=(64, 64), pictures=pictures):
        pass
    assert applied.facts()["decode"] == decode
    assert pipeline.vae.use_slicing == (decode != "whole")
    assert pipeline.vae.use_tiling == (decode == "tiled")


def test_pictures_decoded_one_by_one_are_the_same(bare: Any, pipeline: Any) -> None:
    _, call = with_levers(pipeline)
    sliced = call(num_images_per_prompt=3)
    assert pipeline.vae.use_slicing
    assert np.abs(sliced - paint(bare, num_images_per_prompt=3)).max() <= 1


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"compile": "yes"}, r"compile='yes' is not known. Use one of 'auto', 'regions', 'off'"),
        ({"compile": True}, "compile=True is not known"),
        ({"attention": ""}, r"attention='' is not a name"),
        ({"attention": 3}, "attention=3 is not a name"),
        ({"cache": "teacache"}, r"cache='teacache' is not known. Use None or one of 'first-block'"),
    ],
)
def test_a_choice_that_there_is_not_is_refused_with_what_there_is(choice: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        levers.chosen(**choice)


def test_a_vae_made_for_films_is_left_as_it_is() -> None:
    from pochade.engine import tweaks

    assert tweaks.channels_last(torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Conv3d(1, 1, 1))) is None


def test_a_cells_thread_lets_go_more_often_while_pictures_are_painted(pipeline: Any) -> None:
    applied = levers.apply(pipeline.components, levers.chosen(), "cpu")
    before = sys.getswitchinterval()
    with applied.call(pipeline, size=(64, 64)):
        with applied.call(pipeline, size=(64, 64)):
            assert sys.getswitchinterval() == pytest.approx(levers.SWITCH_SECONDS)
        assert sys.getswitchinterval() == pytest.approx(levers.SWITCH_SECONDS)
    assert sys.getswitchinterval() == before
    with pytest.raises(RuntimeError), applied.call(pipeline, size=(64, 64)):
        raise RuntimeError
    assert sys.getswitchinterval() == before


def test_models_without_a_vae_or_text_encoder_are_taken_as_they_are(pipeline: Any) -> None:
    applied = levers.apply({"transformer": None, "vae": None}, levers.chosen(), "cpu")
    with applied.call(pipeline, size=(64, 64)):
        pass
    assert applied.facts()["exact"] == []
