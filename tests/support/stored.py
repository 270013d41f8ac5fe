"""Turns for a session file without a model: small pictures, and records that need only what a test is about.

Run as a program it stores turns in the file it is given, and tells each once it is stored, until it is killed.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pochade.imaging.load import byte_hash, png_bytes
from pochade.store import Store, TurnRecord

VERSION_1 = Path(__file__).with_name("version1.pochade")
"""A session of layout 1 as pochade 0.1.0 left it: two variants of a cat, and one of them with a hat."""

VERSION_2 = Path(__file__).with_name("version2.pochade")
"""The same of layout 2: the second cat is picked, one was given a hat by an edit without a mask; and a red dog."""

VERSION_3 = Path(__file__).with_name("version3.pochade")
"""The same of layout 3, with an upload that was made red by two references: a turn is starred, two are deleted."""


def picture(seed: int, side: int = 32) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return png_bytes(Image.fromarray(pixels))


def record(id: str, **changes: Any) -> TurnRecord:  # noqa: A002
    plain = TurnRecord(
        id=id,
        parent=None,
        created=1_750_000_000.25,
        task="generate",
        prompt="a cat on a blue background",
        seed=7,
        n=1,
        size=(32, 32),
        steps=4,
        guidance=1.0,
        seconds=0.5,
        notes=(),
        model="miniature",
        versions={"pochade": "0.1.0"},
        image_turn=None,
        reference_turns=(),
        images=(),
        source=None,
        mask=None,
        references=(),
    )
    return dataclasses.replace(plain, **changes)


def add(store: Store, seed: int = 0, **changes: Any) -> str:
    """Store one turn with one picture, as the road does, and return its id."""
    data = picture(seed)
    turn = store.new_id("a cat", seed)
    store.add(record(turn, seed=seed, images=(byte_hash(data),), **changes), {byte_hash(data): data})
    return turn


if __name__ == "__main__":
    with Store.open(sys.argv[1]) as opened:
        for number in range(100_000):
            print(add(opened, number), flush=True)  # noqa: T201
