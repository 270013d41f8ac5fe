"""Measures every lever on and off on the packaged miniature, in pairs, with what it does to the picture.

    python tests/benchmarks/levers.py [--pairs 15] [--compile]

Each line compares the bare diffusers pipeline with one that has this lever alone, on the same weights, in one process;
which of the two comes first changes from pair to pair, and medians are shown. Seconds are of the processor time of the
calling thread, so that other programs disturb them less. What works beside that thread is not seen here: encoding a
picture while the turn is stored, and a busy cell that lets go sooner, are in `pochade bench` ("conversation", "busy").
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from pochade.engine import levers, tweaks
from pochade.engine.caches import Memo
from pochade.engine.quiet import quiet
from pochade.miniature import folder

if TYPE_CHECKING:
    from collections.abc import Callable

    Painter = Callable[..., list[Image.Image]]

PROMPT = "give the cat a top hat"
SIZE = {"width": 128, "height": 128, "num_inference_steps": 4, "guidance_scale": 1.0}
TEXT = {"max_sequence_length": 32, "text_encoder_out_layers": (2, 4)}


def fresh() -> Any:
    """Load the miniature as anybody would with diffusers alone."""
    from diffusers import Flux2KleinPipeline

    pipeline = Flux2KleinPipeline.from_pretrained(folder(), dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def paint(pipeline: Any, **asked: Any) -> list[Image.Image]:
    """Call a pipeline."""
    call = {"prompt": PROMPT, **SIZE, **TEXT, "generator": torch.Generator().manual_seed(3), **asked}
    with quiet():
        images: list[Image.Image] = pipeline(**call).images
    return images


def scene(number: int) -> Image.Image:
    """Draw a picture that is like no other, so that its latents are not known."""
    noise = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((128, 128), Image.Resampling.BICUBIC)


def one_lever(put: Callable[[Any], Any]) -> Painter:
    """Give a pipeline with one lever and nothing else."""
    pipeline = fresh()
    put(pipeline)
    return lambda **asked: paint(pipeline, **asked)


def in_inference_mode() -> Painter:
    """Call the bare pipeline inside inference mode."""
    pipeline = fresh()

    def call(**asked: Any) -> list[Image.Image]:
        with torch.inference_mode():
            return paint(pipeline, **asked)

    return call


def with_all(**choices: Any) -> Painter:
    """Give a pipeline as pochade calls it."""
    pipeline = fresh()
    applied = levers.apply(pipeline.components, levers.chosen(**choices), "cpu", prompt_layers=(2, 4))
    applied.adopt(pipeline)

    def call(**asked: Any) -> list[Image.Image]:
        pictures = asked.get("num_images_per_prompt", 1)
        with applied.call(pipeline, size=(128, 128), pictures=pictures, steps=4):
            return paint(pipeline, **asked)

    return call


def seconds(painter: Painter, asked: dict[str, Any]) -> float:
    """Time one call."""
    started = time.thread_time()
    painter(**asked)
    return time.thread_time() - started


def compared(bare: Painter, other: Painter, ask: Callable[[], dict[str, Any]], pairs: int) -> tuple[str, ...]:
    """Measure in pairs: milliseconds of each, the gain, and the difference of the pictures."""
    asked = ask()
    before, after = (np.stack([np.asarray(image).astype(int) for image in one(**asked)]) for one in (bare, other))
    apart = np.abs(before - after)
    off, on, ratios = [], [], []
    for pair in range(pairs):
        asked = ask()
        times = {one: seconds(one, asked) for one in ((bare, other) if pair % 2 else (other, bare))}
        off.append(times[bare] * 1e3)
        on.append(times[other] * 1e3)
        ratios.append(times[bare] / times[other])
    share = 100 * (apart > 0).mean()
    middle = (statistics.median(off), statistics.median(on))
    return (*(f"{ms:.1f}" for ms in middle), f"{statistics.median(ratios):.3f}", f"{apart.max()}", f"{share:.3f} %")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--compile", action="store_true", help="also with compiled blocks, which takes a minute")
    options = parser.parse_args()
    numbers = count()
    picture = scene(next(numbers))

    def known() -> dict[str, Any]:
        return {"image": picture}

    def new() -> dict[str, Any]:
        number = next(numbers)
        return {"prompt": f"{PROMPT} {number}", "image": scene(number)}

    def four() -> dict[str, Any]:
        return {**new(), "num_images_per_prompt": 4}

    memo = Memo(levers.PICTURES)
    rows: list[tuple[str, str, Painter, Callable[[], dict[str, Any]]]] = [
        ("nothing (noise of measuring)", "exact", one_lever(lambda _: None), new),
        ("VAE channels-last", "rounding", one_lever(lambda p: tweaks.channels_last(p.vae)), new),
        ("VAE in place", "exact", one_lever(lambda p: tweaks.in_place(p.vae)), new),
        (
            "positions kept",
            "exact",
            one_lever(lambda p: tweaks.constants(p.transformer, Memo(10**8, fresh=False))),
            new,
        ),
        ("hidden states only", "exact", one_lever(lambda p: tweaks.hidden_states_only(p.text_encoder)), new),
        ("settled", "exact", one_lever(_settle), new),
        ("signatures known", "exact", one_lever(lambda p: tweaks.known_signatures(p.transformer)), new),
        ("inference mode", "exact", in_inference_mode(), new),
        ("prompt known", "exact", one_lever(lambda p: tweaks.remembering(p, "encode_prompt", memo, "text")), known),
        ("picture known", "exact", one_lever(lambda p: tweaks.remembering(p.vae, "encode", memo, "vae")), known),
        ("all, new prompt and picture", "rounding", with_all(), new),
        ("all, both known", "rounding", with_all(), known),
        ("all, four variants at once", "rounding", with_all(), four),
        ("cache=taylorseer", "changes", with_all(cache="taylorseer"), new),
        ("cache=pyramid", "changes", with_all(cache="pyramid"), new),
    ]
    if options.compile:
        rows.append(("compile=regions", "rounding", with_all(compile="regions"), new))
    bare = one_lever(lambda _: None)
    table = Table(title=f"levers on the miniature, {torch.get_num_threads()} thread(s), an edit of 128×128 in 4 steps")
    for heading in ("lever", "picture", "off, ms", "on, ms", "gain", "largest difference", "values that differ"):
        table.add_column(heading, justify="left" if heading in {"lever", "picture"} else "right")
    for name, promise, painter, ask in rows:
        for _ in range(2):
            painter(**ask())
        table.add_row(name, promise, *compared(bare, painter, ask, options.pairs))
    Console().print(table)


def _settle(pipeline: Any) -> None:
    tweaks.settled(pipeline.transformer)
    tweaks.settled(pipeline.vae)
    tweaks.settled(pipeline.text_encoder)
    tweaks.settled_device(pipeline, "cpu")


if __name__ == "__main__":
    main()
