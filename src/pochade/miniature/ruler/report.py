"""What is written beside weights that were measured: the model card for people, and the figures for programs."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from PIL import Image

from pochade.miniature import world
from pochade.miniature.words.wording import Wording

from .row import figures, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .painter import Painter
    from .row import Row

__all__ = ["describe", "sheet", "write"]

#: what a card's lists are called in the model card, in order
_KNOWN = {
    "things": "things",
    "worn": "to be worn by things with faces",
    "colours": "colours of backgrounds",
    "hues": "colours that a thing can be given",
    "scenes": "scenes",
    "styles": "styles",
    "overlays": "parts of a game's interface",
    "edits": "edits",
    "references": "pictures from two pictures",
    "buckets": "shapes of the canvas",
    "languages": "languages of prompts",
    "fonts": "fonts of writing",
    "limits": "limits (longest text, things in a row, turns of a conversation …)",
}
LANGUAGES = {"en": "English", "zh": "Chinese"}


def describe(card: dict[str, Any], rows: Sequence[Row], known_to_detector: Sequence[str]) -> str:
    """The model card in Markdown: what it is, what it knows, how it was made, how often it is right.

    Parameters
    ----------
    card : dict
        ``card.json``.
    rows : sequence of Row
        What was measured.
    known_to_detector : sequence of str
        Names that the learnt scorer can tell apart; the other scorer decides about the rest alone.
    """
    known, size = card["vocabulary"], "×".join(map(str, card["size"]["default"]))
    millions = {name: f"{count / 1e6:.1f} M" for name, count in card["parameters"].items()}
    total, steps = f"{sum(card['parameters'].values()) / 1e6:.1f}", card["call"]["num_inference_steps"]
    lists = "\n".join(f"- {said}: {_words(known[key])}" for key, said in _KNOWN.items() if known.get(key))
    unknown = [name for name in known["things"] if name not in known_to_detector]
    alone = f" About {_words(unknown)} synthesis decides alone." if unknown else ""
    return f"""# The miniature

A `Flux2KleinPipeline` of {total} million parameters (transformer {millions["transformer"]},
text encoder {millions["text_encoder"]}, VAE {millions["vae"]}), trained from nothing by
`pochade.miniature.train` on pictures that `pochade.miniature.world` draws, {card["samples_seen"]:,} samples of
them. It paints {size} pixels in {steps} steps without guidance, and edits by words. It is made to be small, offline and
measurable; it is not a general image model.

## What it knows

{lists}

It does not know other words; pochade names the unknown words of a prompt on the turn. What a row below calls
"not taught" it cannot do.

## How often it is right

Every prompt below, but for the first conversation's, holds a combination that training never saw. Pictures are read
by two scorers that know nothing of each other, analysis by synthesis and a small network; a thing counts as there when
both find it, in its place, with its colour and what it wears.{alone} The first rows measure the scorers themselves.

{table(rows)}

`samples.png` shows 64 held-out prompts, unpicked. `evaluation.json` says how each row was asked.

## Licence

The weights are part of pochade (BSD-3-Clause). They were trained on drawings of Noto Color Emoji (SIL Open Font License
1.1); the other fonts' notices are in pochade's `miniature/drawing/ATLAS-LICENSE.txt`.
"""


def _words(words: Sequence[str]) -> str:
    return ", ".join(LANGUAGES.get(word, word) for word in words)


def sheet(painter: Painter, path: Path, count: int = 64) -> None:
    """Write a contact sheet of unpicked held-out prompts, eight to a row, in the order they were drawn."""
    rng = random.Random(64)
    asked = [world.sample_scene(rng, painter.reach, wanted=True, bucket="1:1") for _ in range(count)]
    wording = Wording(rng)
    painted = painter([wording.scene(scene) for scene in asked], seed=64)
    width, height = painter.size()
    out = Image.new("RGB", (8 * width, -(-count // 8) * height))
    for index, picture in enumerate(painted):
        out.paste(Image.fromarray(picture), (index % 8 * width, index // 8 * height))
    out.save(path, optimize=True)


def write(path: Path, rows: Sequence[Row], seconds: float, seed: int, share: float = 1.0) -> None:
    """Write ``evaluation.json``; ``share`` is the part of the pictures that was asked for."""
    report = {"seconds": round(seconds), "seed": seed, "share": share, "rows": [figures(row) for row in rows]}
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
