"""The folder of a training run: what every stage finds there or begins with.

Tokenizer and solved encoder are made once and are then the same for all stages; weights are plain files, one a stage.
A stage reads them through here, so that a file that is damaged or of another preset is said to be, by its name.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import torch
from diffusers import AutoencoderKLFlux2
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import Qwen2TokenizerFast

from pochade.errors import ModelError, RequestError
from pochade.miniature import model
from pochade.miniature.wordbook import HANZI
from pochade.miniature.words import tokens

from .samples import Maker, prompts

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from .presets import Preset


def read(path: Path) -> dict[str, Tensor]:
    """The weights in one file of a run.

    Raises
    ------
    ModelError
        The file is missing or damaged; the sentence names it.
    """
    try:
        weights: dict[str, Tensor] = load_file(path)
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing; run the stage that writes it first.") from error
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}); delete it and run its stage again.") from error
    return weights


def fit(part: nn.Module, weights: dict[str, Tensor], where: Path) -> None:
    """Give a part its weights, all of them.

    Raises
    ------
    ModelError
        The weights are of another shape than the part, so of another preset.
    """
    tied = {name for name in part.state_dict() if name.endswith("lm_head.weight")}
    for name, value in part.state_dict().items():
        if name in weights and weights[name].shape == value.shape:
            continue
        if name not in weights and name in tied:
            continue
        found = f"is {tuple(weights[name].shape)} there" if name in weights else "is not there"
        raise ModelError(
            f"The weights in {where} are of another shape than the preset: {name} should be {tuple(value.shape)} "
            f"and {found}. Choose the preset that they were trained with, or begin in an empty folder."
        )
    part.load_state_dict({name: value for name, value in weights.items() if name in part.state_dict()}, strict=False)


def make_folder(out: Path) -> None:
    """Make the folder of a run, where it is not there yet.

    Raises
    ------
    RequestError
        It cannot be made, or a file has its name.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"{out} cannot be the folder of a run ({error.strerror}); choose another.") from error


def check_device(name: str) -> None:
    """Make sure that there is such a device, before anything is made for it.

    Raises
    ------
    RequestError
        There is none, or training cannot use it.
    """
    if name not in ("cpu", "cuda"):
        raise RequestError(f"The miniature cannot be trained on {name!r}; the devices are cpu and cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise RequestError("PyTorch finds no CUDA device here; choose a preset for the CPU, or the device cpu.")


def load_vae(out: Path) -> AutoencoderKLFlux2:
    """Load the VAE as the stage `vae` began with it: the encoder solved, the decoder not yet what training made it.

    Raises
    ------
    ModelError
        There is none in this run yet.
    """
    if not (out / "vae" / "config.json").exists():
        raise ModelError(f"{out} has no VAE yet; run the stage vae first.")
    return AutoencoderKLFlux2.from_pretrained(out / "vae")


def load_tokenizer(out: Path) -> Qwen2TokenizerFast:
    """Load the tokenizer of a run.

    Raises
    ------
    ModelError
        There is none in this run yet.
    """
    if not (out / "tokenizer" / "tokenizer.json").exists():
        raise ModelError(f"{out} has no tokenizer yet; run the stage vae first.")
    return Qwen2TokenizerFast.from_pretrained(out / "tokenizer")


def learn_words(preset: Preset) -> Qwen2TokenizerFast:
    """The tokenizer of a preset, learnt from its prompts; the same at every call."""
    reach = preset.reach
    letters = reach.letters + ("".join(HANZI) if reach.hanzi else "")
    return tokens.build_tokenizer(islice(prompts(1, reach), 20_000), preset.shape.merges, letters)


def prepare(out: Path, preset: Preset) -> None:
    """Tokenizer and solved encoder, where they are not there yet; no stage ever trains them."""
    make_folder(out)
    if not (out / "tokenizer" / "tokenizer.json").exists():
        learn_words(preset).save_pretrained(out / "tokenizer")
    if not (out / "vae" / "config.json").exists():
        torch.manual_seed(3)
        vae = model.build_vae(preset.shape)
        maker = Maker(out / "tokenizer", preset.shape, preset.reach, nn.Identity(), seed=2)
        model.solve_encoder(vae, torch.cat([maker.pictures(100) for _ in range(30)]))
        vae.save_pretrained(out / "vae")


def make_maker(out: Path, preset: Preset, seed: int) -> Maker:
    """The samples of a run: its tokenizer, its encoder, its reach."""
    prepare(out, preset)
    code = model.linear_code(load_vae(out))
    return Maker(out / "tokenizer", preset.shape, preset.reach, code, seed, preset.device, preset.workers)


def verdict(out: Path) -> dict[str, float | str]:
    """What the stage `distil` measured and decided: how many steps, with whose weights; empty before it ran."""
    path = out / "distil.json"
    found: dict[str, float | str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
