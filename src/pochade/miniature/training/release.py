"""From what a training run left behind to the diffusers folder that people load, with its card; and back again.

A run is a folder of plain weight files, a saved model one of parts and shards. Both can be gone on from, so both are
checked here before anything is trained on them: every shard whole, the version known, every size the preset's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from diffusers import Flux2KleinPipeline, Flux2Transformer2DModel
from safetensors import SafetensorError, safe_open

from pochade.errors import ModelError
from pochade.miniature import model
from pochade.miniature.near import near
from pochade.miniature.reach import BUCKETS

from .pace import last_line, write
from .run import fit, load_tokenizer, load_vae, read, verdict
from .samples import words_taught

if TYPE_CHECKING:
    from pathlib import Path

    from diffusers import AutoencoderKLFlux2
    from torch import Tensor
    from transformers import Qwen2TokenizerFast

    from .presets import Preset

#: version of the folder's layout and of the card's keys; what this code reads
VERSION = 1
PARTS = ("transformer", "text_encoder", "vae")
_ROWS = "text_encoder.model.embed_tokens.weight"


def assemble(out: Path, preset: Preset) -> Flux2KleinPipeline:
    """The pipeline of everything trained so far, in fp32, its weights rounded to what bf16 files hold."""
    tokenizer, vae = load_tokenizer(out), load_vae(out)
    finished = out / "decoder-finished.safetensors"
    decoder = finished if finished.exists() else out / "decoder.safetensors"
    fit(vae.decoder, read(decoder), decoder)
    denoiser = untrained(preset, len(tokenizer))
    weights = read(out / "base.safetensors")
    if verdict(out).get("ship") == "student":
        weights |= {f"transformer.{name}": value for name, value in read(out / "distil.safetensors").items()}
    fit(denoiser, weights, out / "base.safetensors")
    denoiser.text_encoder.tie_weights()
    for part in (vae, denoiser):
        model.round_to_disk(part)
    return pipeline(tokenizer, vae, denoiser)


def pipeline(tokenizer: Qwen2TokenizerFast, vae: AutoencoderKLFlux2, denoiser: model.Denoiser) -> Flux2KleinPipeline:
    """A run's parts as the pipeline that people call."""
    return Flux2KleinPipeline(
        scheduler=model.build_scheduler(),
        vae=vae.eval(),
        text_encoder=denoiser.text_encoder.eval(),
        tokenizer=tokenizer,
        transformer=denoiser.transformer.eval(),
        is_distilled=True,
    )


def undistilled(folder: Path) -> Path:
    """Where `save` keeps the transformer that a student was taught by: beside the model, as people do not need it."""
    return folder.absolute().with_name(folder.absolute().name + "-undistilled")


def save(out: Path, preset: Preset, folder: Path) -> None:
    """Write the folder that ``from_pretrained`` loads, weights in bf16 in shards of at most 15 MB, and its card.

    Where a student ships, its teacher is written too (`undistilled`): training that goes on goes on from that one,
    since few steps are all that a student can do.
    """
    pipe, beside = assemble(out, preset).to(torch.bfloat16), undistilled(folder)
    student = verdict(out).get("ship") == "student"
    for place in (*(folder / part for part in PARTS), beside):  # fewer shards than before would leave old ones lying
        for shard in place.glob("*.safetensors*"):
            shard.unlink()
    pipe.save_pretrained(folder, safe_serialization=True, max_shard_size="15MB")
    if student:
        teacher, base = model.build_transformer(preset.shape), out / "base.safetensors"
        fit(teacher, {name.removeprefix("transformer."): value for name, value in read(base).items()}, base)
        teacher.to(torch.bfloat16).save_pretrained(beside, safe_serialization=True, max_shard_size="15MB")
    # diffusers notes where a part was loaded from; that is nobody's business
    for path in (*folder.glob("*/config.json"), *beside.glob("config.json")):
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    shape, reach = preset.shape, preset.reach
    sizes = [[round(side * shape.scale) for side in BUCKETS[bucket]] for bucket in reach.buckets]
    log, vocabulary = out / "base.jsonl", reach.as_card() | {"words": words_taught(reach)}
    card: dict[str, Any] = {
        "name": "miniature",
        "version": VERSION,
        "call": {
            "num_inference_steps": verdict(out).get("steps", 4),
            "guidance_scale": 1.0,
            "max_sequence_length": shape.text_length,
            "text_encoder_out_layers": list(shape.out_layers),
        },
        "size": {
            "default": [shape.side] * 2,
            "multiple": 16,
            "min_side": min(map(min, sizes)),
            "max_side": max(map(max, sizes)),
            "max_pixels": max(width * height for width, height in sizes),
        },
        "parameters": {part: sum(p.numel() for p in getattr(pipe, part).parameters()) for part in PARTS},
        "samples_seen": round(last_line(log)["step"]) * preset.batch if log.exists() else 0,
        "vocabulary": vocabulary,
        "near": near(word for words in vocabulary.values() for word in words),
    }
    if student:
        card["distilled"] = True
    (folder / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def check(folder: Path) -> None:
    """Make sure that a saved model is whole and of a version that this code reads.

    Raises
    ------
    ModelError
        Naming the shard that is missing or damaged, or the version that was found.
    """
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        version = card.get("version")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{folder} is no saved miniature: its card.json cannot be read ({error}).") from error
    if version != VERSION:
        raise ModelError(
            f"The weights in {folder} are of version {version!r}; this pochade trains on from version {VERSION}. "
            f"Use the pochade that wrote them, or train anew without --resume."
        )
    for part in PARTS:
        _whole(folder / part)


def _whole(place: Path) -> None:
    """Make sure that the weights of one part are all there; no more is imported for it than training needs anyway."""
    index = next(place.glob("*.safetensors.index.json"), None)
    try:
        listed = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values() if index else ()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{index} cannot be read ({error}); copy the folder again, whole.") from error
    shards = sorted({place / name for name in listed} or place.glob("*.safetensors"))
    if not shards:
        raise ModelError(f"{place} has no weights; copy the folder again, whole.")
    for shard in shards:
        try:
            with safe_open(shard, "pt"):
                pass
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{shard} is missing or damaged ({error}); copy the folder again, whole.") from error


def unpack(folder: Path, out: Path, preset: Preset, tokenizer: Qwen2TokenizerFast | None = None) -> None:
    """Lay out a saved model, or another run, as the folder of a run whose stages go on from its weights.

    The logs are not part of a model: every stage begins its clock anew. Where a student was saved with its teacher
    beside it (`undistilled`), the teacher's weights are laid out.

    Parameters
    ----------
    folder : Path
        A folder that `save` wrote, or that a run wrote.
    out : Path
        The new run's folder.
    preset : Preset
        What the new run trains; the weights must be of its shape.
    tokenizer : transformers.Qwen2TokenizerFast, optional
        What the new run reads with, if not the old tokenizer: the text encoder's table is made anew by `grown`.

    Raises
    ------
    ModelError
        See `check`, `read` and `fit`.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (folder / "base-last.safetensors").exists():
        base = {k: v for k, v in read(folder / "base-last.safetensors").items() if not k.startswith("head.")}
        old, vae = load_tokenizer(folder), load_vae(folder)
        fit(vae.decoder, read(folder / "decoder.safetensors"), folder)
    else:
        check(folder)
        pipe = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
        transformer, teacher = pipe.transformer, undistilled(folder)
        if list(teacher.glob("*.safetensors")):
            _whole(teacher)
            transformer = Flux2Transformer2DModel.from_pretrained(teacher, torch_dtype=torch.float32)
        base = {f"transformer.{name}": value for name, value in transformer.named_parameters()}
        base |= {f"text_encoder.{name}": value for name, value in pipe.text_encoder.named_parameters()}
        old, vae = pipe.tokenizer, pipe.vae
    if tokenizer is not None:
        base[_ROWS] = grown(base[_ROWS], old, tokenizer)
    reads = tokenizer or old
    fit(untrained(preset, len(reads)), base, folder)
    reads.save_pretrained(out / "tokenizer")
    vae.save_pretrained(out / "vae")
    write(out / "decoder.safetensors", dict(vae.decoder.named_parameters()))
    for name in ("base.safetensors", "base-last.safetensors"):
        write(out / name, base)


def untrained(preset: Preset, words: int) -> model.Denoiser:
    """Text encoder and transformer of a preset, random, for a vocabulary of so many tokens."""
    shape = preset.shape
    return model.Denoiser(model.build_text_encoder(words, shape), model.build_transformer(shape), shape)


@torch.no_grad()
def grown(rows: Tensor, old: Qwen2TokenizerFast, new: Qwen2TokenizerFast) -> Tensor:
    """The text encoder's table for a new vocabulary.

    Parameters
    ----------
    rows : Tensor
        The old table, ``(old vocabulary, width)``.
    old, new : transformers.Qwen2TokenizerFast
        Byte-level both, so that the old one can cut every token of the new one into pieces.

    Returns
    -------
    Tensor
        ``(new vocabulary, width)``: tokens that both have keep their row, every other begins as the mean of its pieces.
    """
    known = old.get_vocab()
    pieces = old.backend_tokenizer.model
    table = rows.new_empty(len(new), rows.shape[1])
    for token, place in new.get_vocab().items():
        own = [known[token]] if token in known else [piece.id for piece in pieces.tokenize(token)]
        table[place] = rows[own].mean(0)
    return table
