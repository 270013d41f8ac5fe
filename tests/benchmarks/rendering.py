"""How fast scenes are invented and painted: ``python tests/benchmarks/rendering.py [--device cpu] [--seconds 5]``.

Prints a table: scenes composed, and pictures painted, in a second, by scale and batch; and one that says at which size
writing can be read, where Tesseract is installed. On the CPU one thread is used, as in the background of training.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

from pochade.miniature.drawing.layers import HEIGHT, WIDTH
from pochade.miniature.drawing.lettering import LATIN_FONTS, WORDS
from pochade.miniature.drawing.render import Renderer
from pochade.miniature.drawing.writing import letter_height
from pochade.miniature.world import FULL, SMALL, Scene, Text, Thing, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.miniature.world import Reach

HEIGHTS = ((5, 6), (7, 8), (9, 10), (11, 13), (14, 17), (18, 24), (25, 40))
READ = 40  #: signs read a height and scale


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def per_second(work: Callable[[], object], count: int, seconds: float, device: str = "cpu") -> float:
    """How many pieces, `count` of them at a call, are done in a second of at least so many seconds' work.

    On the CPU these are seconds of this process's own, whatever else the machine is doing.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    finish = torch.cuda.synchronize if device != "cpu" else lambda: None
    work()
    finish()
    start, calls = clock(), 0
    while clock() - start < seconds:
        work()
        calls += 1
    finish()
    return calls * count / (clock() - start)


def speed(reach: Reach, scale: float, batch: int, device: str, seconds: float) -> str:
    """One row of the first table, from the scale on."""
    rng, renderer = random.Random(1), Renderer(device, scale)
    scenes = [sample(rng, reach, "1:1") for _ in range(batch)]
    layers = [renderer.compose(scene) for scene in scenes]
    rates = (
        per_second(lambda: [sample(rng, reach, "1:1") for _ in range(batch)], batch, seconds / 4),
        per_second(lambda: [renderer.compose(each) for each in scenes], batch, seconds / 4),
        per_second(lambda: renderer.paint(layers), batch, seconds, device),
    )
    pastes = sum(len(each.pastes) for each in layers) / batch
    area = sum(float((each.pastes[:, WIDTH] * each.pastes[:, HEIGHT]).sum()) for each in layers)
    covered = area / batch / (256 * scale) ** 2
    return " | ".join([str(scale), str(batch), *(f"{rate:,.0f}" for rate in rates), f"{pastes:.1f}", f"{covered:.0%}"])


def speeds(device: str, seconds: float) -> None:
    say("| scenes | scale | batch | sampled/s | composed/s | painted/s | pastes a picture | area they cover |")
    say("|---|---|---|---|---|---|---|---|")
    for name, reach, scale in (("SMALL", SMALL, 0.5), ("FULL", FULL, 1.0)):
        for batch in (16, 64, 256) if device == "cpu" else (256, 1024, 4096):
            say(f"| {name} | {speed(reach, scale, batch, device, seconds)} |")


def read(picture: Image.Image) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sign.png"
        picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.BICUBIC).save(file)
        done = subprocess.run(
            ["tesseract", str(file), "-", "--psm", "6"], capture_output=True, text=True, check=True, timeout=60
        )
    return " ".join(done.stdout.split())


def legibility() -> None:
    """Which share of black words on a white card Tesseract reads without a mistake, by height of a line."""
    say("\n| height of a line, px | scale 1 | scale 0.5 |\n|---|---|---|")
    rng = random.Random(2)
    renderers = {scale: Renderer("cpu", scale) for scale in (1.0, 0.5)}
    words = [each for each in WORDS if len(each) > 3 and each.replace(" ", "").isalpha()]
    for low, high in HEIGHTS:
        row = []
        for scale, renderer in renderers.items():
            right = tried = 0
            for _ in range(60 * READ):
                text = Text(rng.choice(words), rng.choice(LATIN_FONTS))
                thing = Thing("card", "white", 128, 128, rng.randrange(40, 250, 2), text=text)
                if tried < READ and low <= letter_height(thing, scale) <= high:
                    picture = renderer.paint([renderer.compose(Scene("white", (thing,)))])[0]
                    pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
                    x0, y0, x1, y1 = (round(side * scale) for side in thing.box)
                    right += read(Image.fromarray(pixels[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2])) == text.words
                    tried += 1
            row.append(f"{right / tried:.0%} of {tried}" if tried else "none")
        say(f"| {low}–{high} | {row[0]} | {row[1]} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    speeds(chosen.device, chosen.seconds)
    if shutil.which("tesseract"):
        legibility()


if __name__ == "__main__":
    main()
