"""The ruler: how often the miniature paints what was asked, on combinations that training never saw.

``python -m pochade.miniature.evaluate [FOLDER] [--quick]`` paints, reads the pictures with `scorer`, and writes
``evaluation.json``, the model card (``README.md``) and a contact sheet into the folder. Every row carries its number of
pictures and a 95 % Wilson interval; the reader itself is measured first.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

from . import folder, world
from .edits import EDITS, Edit, sample_edit
from .scorer import background_difference, shows
from .wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .world import Scene


@dataclass(frozen=True)
class Row:
    """One line of the table: what was asked, how many pictures were right, out of how many, and remarks."""

    name: str
    right: int
    count: int
    remark: str = ""

    @property
    def share(self) -> float:
        """Right pictures over all."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval after Wilson (1927)."""
        if not self.count:
            return 0.0, 1.0
        z, n, p = 1.96, self.count, self.share
        centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


class Painter:
    """Paints prompts in batches with the plain pipeline call and the card's defaults."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        self.pipe = Flux2KleinPipeline.from_pretrained(path, dtype=torch.float32, local_files_only=True)
        self.pipe.set_progress_bar_config(disable=True)
        self.width, self.height = self.card["size"]["default"]

    def __call__(
        self, words: Sequence[str], parents: Sequence[np.ndarray] | None = None, seed: int = 0
    ) -> list[np.ndarray]:
        """One picture for each prompt; with parents, each is an edit of one. Picture k is drawn from ``seed + k``."""
        out: list[np.ndarray] = []
        step = 1 if parents is not None else 8
        for start in range(0, len(words), step):
            part = list(words[start : start + step])
            noise = [torch.Generator().manual_seed(seed + start + k) for k in range(len(part))]
            images = self.pipe(
                prompt=part,
                image=Image.fromarray(parents[start]) if parents is not None else None,
                width=self.width,
                height=self.height,
                generator=noise,
                **self.card["call"],
            ).images
            out += [np.asarray(image) for image in images]
        return out

    def round_trip(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Pictures encoded and decoded again: the best that any edit could keep."""
        out = []
        for picture in pictures:
            x = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
            with torch.no_grad():
                y = self.pipe.vae.decode(self.pipe.vae.encode(x).latent_dist.mode()).sample
            out.append(((y[0].permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy())
        return out


def scenes(rng: random.Random, count: int, things: int | None = None, *, hex_only: bool = False) -> list[Scene]:
    """Held-out scenes, of so many things each, or on hex backgrounds alone."""
    out: list[Scene] = []
    while len(out) < count:
        scene = world.sample_scene(rng, wanted=True)
        if things and len(scene.things) != things:
            continue
        out.append(replace(scene, background=world.hex_code(rng)) if hex_only else scene)
    return out


def measure_reader(painter: Painter, rng: random.Random, count: int) -> list[Row]:
    """Count true pictures accepted, and pictures accepted in which one thing is another; both round-tripped."""
    true = scenes(rng, count)
    pictures = painter.round_trip([world.draw(s) for s in true])
    right = sum(all(shows(p, s)) for p, s in zip(pictures, true, strict=True))
    wrong = [sample_edit(rng, "replace") for _ in range(count)]
    pictures = painter.round_trip([world.draw(e.after) for e in wrong])
    accepted = sum(all(shows(p, e.before)) for p, e in zip(pictures, wrong, strict=True))
    return [
        Row("reader: true pictures accepted", right, count, "round-tripped through the VAE"),
        Row("reader: false pictures accepted", accepted, count, "one thing replaced by another; should be 0"),
    ]


def measure_pictures(painter: Painter, rng: random.Random, count: int) -> list[Row]:
    """Text to image: everything asked for is there, looks as asked, and stands where it was asked."""
    rows = []
    for things, name in ((1, "one thing"), (2, "two things in relation"), (3, "three things in a row")):
        asked = scenes(rng, count, things)
        words = [Wording(rng).scene(s) for s in asked]
        painted = painter(words, seed=1000 * things)
        found = [shows(p, s) for p, s in zip(painted, asked, strict=True)]
        single = sum(map(sum, found)) / sum(map(len, found))
        rows.append(Row(name, sum(map(all, found)), count, f"{single:.0%} of the things alone"))
    asked = scenes(rng, count, 1, hex_only=True)
    painted = painter([Wording(rng, plain=True).scene(s) for s in asked], seed=9000)
    differences = [background_difference(p, s) for p, s in zip(painted, asked, strict=True)]
    floor = np.median(
        [
            background_difference(p, s)
            for p, s in zip(painter.round_trip([world.draw(s) for s in asked]), asked, strict=True)
        ]
    )
    remark = f"median {np.median(differences):.1f}, the VAE alone {floor:.1f}"
    rows.append(Row("hex background within ΔE00 5", sum(d <= 5 for d in differences), count, remark))
    return rows


def kept_psnr(before: np.ndarray, after: np.ndarray, edit: Edit) -> float:
    """PSNR in decibels between two pictures where the edit changes nothing."""
    same = (world.draw(edit.before) == world.draw(edit.after)).all(-1)
    if not same.any():
        return float("nan")
    error = np.square(before[same].astype(float) - after[same].astype(float)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def measure_edits(painter: Painter, rng: random.Random, count: int) -> list[Row]:
    """Single edits of true pictures: afterwards everything is right, the changed and the unchanged."""
    rows = []
    for kind in EDITS:
        edits = [sample_edit(rng, kind, wanted=True) for _ in range(count)]
        before = [world.draw(e.before) for e in edits]
        painted = painter([Wording(rng).edit(e) for e in edits], before, seed=20_000)
        right = 0
        for picture, edit in zip(painted, edits, strict=True):
            good = all(shows(picture, edit.after)) and background_difference(picture, edit.after) < 8
            if kind in ("remove", "take off"):  # what is gone must not be read any more
                good = good and not all(shows(picture, edit.before))
            right += good
        kept = np.nanmean([kept_psnr(b, p, e) for b, p, e in zip(before, painted, edits, strict=True)])
        floor = np.nanmean(
            [kept_psnr(b, p, e) for b, p, e in zip(before, painter.round_trip(before), edits, strict=True)]
        )
        remark = "" if kind == "background" else f"unchanged area {kept:.1f} dB, the VAE alone {floor:.1f} dB"
        rows.append(Row(f"edit: {kind}", right, count, remark))
    return rows


def sheet(painter: Painter, path: Path, count: int = 64) -> None:
    """A contact sheet of unpicked held-out prompts, eight to a row, in the order they were drawn."""
    rng = random.Random(64)
    asked = scenes(rng, count)
    painted = painter([Wording(rng).scene(s) for s in asked], seed=64)
    side = painter.width
    out = Image.new("RGB", (8 * side, -(-count // 8) * side))
    for index, picture in enumerate(painted):
        out.paste(Image.fromarray(picture), (index % 8 * side, index // 8 * side))
    out.save(path, optimize=True)


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| asked for | right | of | 95 % interval | remark |", "|---|---|---|---|---|"]
    for row in rows:
        low, high = row.interval
        lines.append(f"| {row.name} | {row.share:.2f} | {row.count} | {low:.2f}–{high:.2f} | {row.remark} |")
    return "\n".join(lines)


def describe(card: dict[str, Any], rows: Sequence[Row]) -> str:
    """The model card in Markdown: what it is, what it knows, how it was made, how often it is right."""
    known, size = card["vocabulary"], "×".join(map(str, card["size"]["default"]))
    millions = {name: f"{count / 1e6:.1f} M" for name, count in card["parameters"].items()}
    total = f"{sum(card['parameters'].values()) / 1e6:.1f}"
    steps, knows = card["call"]["num_inference_steps"], {name: ", ".join(words) for name, words in known.items()}
    return f"""# The miniature

A `Flux2KleinPipeline` of {total} million parameters (transformer {millions["transformer"]},
text encoder {millions["text_encoder"]}, VAE {millions["vae"]}), trained from nothing by
`pochade.miniature.train` on pictures that `pochade.miniature.world` draws, {card["samples_seen"]:,} samples of
them. It paints {size} pixels in {steps} steps without guidance, and edits by words. It is made to be small, offline and
measurable; it is not a general image model.

## What it knows

- things: {knows["things"]}
- to be worn by the animals with faces: {knows["worn"]}
- colours: {knows["colours"]}, and hex codes such as `#20b2aa` for backgrounds
- scenes: {knows["scenes"]}
- one to three things, their places and relations; edits: {knows["edits"]}

Prompts are English. It does not know other words, text in pictures, people, styles, counts, or two edits at once;
pochade names the unknown words of a prompt on the turn.

## How often it is right

Every prompt below holds a combination that training never saw. A picture is right when every thing asked for is found
in its place, with its colour and what it wears; after an edit also the background, and everything not mentioned.
Pictures are read by analysis by synthesis (`scorer.py`); the first two rows measure the reader.

{table(rows)}

`samples.png` shows 64 held-out prompts, unpicked.

## Licence

The weights are part of pochade (BSD-3-Clause). They were trained on drawings of Noto Color Emoji (SIL Open Font License
1.1).
"""


def evaluate(path: Path, count: int = 100, seed: int = 12345) -> list[Row]:
    """Every row of the table, painted from the model in a folder."""
    painter = Painter(path)
    rng = random.Random(seed)
    rows = measure_reader(painter, rng, count)
    rows += measure_pictures(painter, rng, count)
    rows += measure_edits(painter, rng, max(1, count // 2))
    return rows


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=None, help="a model that train.py saved (default: the packaged one)"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the pictures; nothing is written")
    options = parser.parse_args()
    path = options.folder or folder()
    start = time.monotonic()
    rows = evaluate(path, 10 if options.quick else 100)
    print(table(rows))
    if options.quick:
        return
    figures = [
        {"row": r.name, "right": r.right, "count": r.count, "interval": r.interval, "remark": r.remark} for r in rows
    ]
    report = {"seconds": round(time.monotonic() - start), "seed": 12345, "rows": figures}
    (path / "evaluation.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    card = json.loads((path / "card.json").read_text(encoding="utf-8"))
    (path / "README.md").write_text(describe(card, rows), encoding="utf-8")
    sheet(Painter(path), path / "samples.png")


if __name__ == "__main__":
    main()
