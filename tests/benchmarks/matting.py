"""How well subjects come off their grounds: ``python tests/benchmarks/matting.py [--count N] [--paint FOLDER]``.

Prints one table: cut-outs of the miniature's world, whose true opacity is known, taken off the grounds that would be
asked for, before and after they went through the miniature's VAE. With a folder, the miniature also paints prompts for
transparent pictures, and contact sheets over a chequered page are written there, to be looked at.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import cutouts

from pochade.errors import ImageError
from pochade.imaging.matte import key, lay, two
from pochade.miniature import card, folder
from pochade.transparency import KEYS, asked, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SQUARE = 8  # pixels, of the chequered page


def cut(picture: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """What is had without a matte: everything near the ground's colour is cleared."""
    near = np.square(np.subtract(picture, colour, dtype=float)).sum(-1) < 60**2
    answer = picture.convert("RGBA")
    answer.putalpha(Image.fromarray(np.where(near, 0, 255).astype(np.uint8)))
    return answer


def row(name: str, answers: Sequence[Callable[[], Image.Image]], truths: Sequence[Image.Image], worn: str = "") -> str:
    """One line of the table; what is refused is counted and left out of the figures."""
    found = []
    for answer, truth in zip(answers, truths, strict=True):
        try:
            found.append(cutouts.difference(answer(), truth))
        except ImageError:
            continue
    opacity, fringe = [one.opacity for one in found], np.concatenate([one.fringe for one in found])
    edge = np.mean([one.edge for one in found])
    return (
        f"| {name} | {len(found)} of {len(truths)} | {np.mean(opacity):.4f} | {max(opacity):.4f} | {edge:.3f} "
        f"| {fringe.mean():.2f} | {np.percentile(fringe, 95):.1f} | {worn} |"
    )


def worn(after: Sequence[Image.Image], before: Sequence[Image.Image], truths: Sequence[Image.Image]) -> str:
    """ΔE00 that the VAE itself brings along the edges."""
    pairs = zip(after, before, truths, strict=True)
    return f"{np.concatenate([cutouts.apart(a, b)[cutouts.edges(t)] for a, b, t in pairs]).mean():.2f}"


def table(count: int) -> str:
    """Measure everything that has a truth."""
    scenes = cutouts.scenes(count)
    truths = [cutouts.cut_out(scene) for scene in scenes]
    grounds = {
        "as asked": [ImageColor.getrgb(asked(cutouts.said(scene))[1]) for scene in scenes],
        **{name: [ImageColor.getrgb(code)] * count for name, code in KEYS.items()},
        "grey": [(128, 128, 128)] * count,
    }
    lines = [
        "| ground | cut out | mean error of opacity | worst | at edges | fringe ΔE00 | 95 % | the VAE's own |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, colours in grounds.items():
        before = [lay(truth, colour) for truth, colour in zip(truths, colours, strict=True)]
        after = cutouts.round_trip(before)
        own = worn(after, before, truths)
        for stage, pictures, told in (("drawn", before, ""), ("after the VAE", after, own)):
            pairs = list(zip(pictures, colours, strict=True))
            lines.append(row(f"{name}, {stage}", [lambda p=p, c=c: key(p, c) for p, c in pairs], truths, told))
            if name == "as asked":
                lines.append(row(f"{name}, {stage}, cut hard", [lambda p=p, c=c: cut(p, c) for p, c in pairs], truths))
    laid = {colour: [lay(truth, colour) for truth in truths] for colour in (WHITE, BLACK)}
    for stage, pictures in (("drawn", laid), ("after the VAE", {c: cutouts.round_trip(p) for c, p in laid.items()})):
        pairs = list(zip(pictures[WHITE], pictures[BLACK], strict=True))
        lines.append(row(f"white and black, {stage}", [lambda a=a, b=b: two(a, b) for a, b in pairs], truths))
    return "\n".join(lines)


def chequered(picture: Image.Image) -> Image.Image:
    """Lay a picture on the page that shows what is clear."""
    down, across = np.indices(picture.size[::-1]) // SQUARE
    page = Image.fromarray(np.where((down + across) % 2, 200, 255).astype(np.uint8)).convert("RGB")
    page.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return page


def paint(path: Path, count: int) -> None:
    """Let the miniature paint prompts for transparent pictures: answers, and below each what became of it."""
    from pochade.miniature.evaluate import Painter

    words = frozenset(card()["vocabulary"]["words"])
    prompts = [asked(cutouts.said(scene), vocabulary=words) for scene in cutouts.scenes(count, seed=11)]
    answers = [Image.fromarray(one) for one in Painter(folder())([prompt for prompt, _ in prompts], seed=500)]
    path.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, 24):
        side = answers[0].width
        sheet = Image.new("RGB", (8 * side, 6 * side))
        for index, (answer, (prompt, code)) in enumerate(list(zip(answers, prompts, strict=True))[start : start + 24]):
            picture, note = taken(answer, code)
            if note:
                sys.stdout.write(f"{prompt}: {note}\n")
            left, top = index % 8 * side, index // 8 * 2 * side
            sheet.paste(answer, (left, top))
            sheet.paste(chequered(picture), (left, top + side))
        sheet.resize((sheet.width * 2, sheet.height * 2), Image.Resampling.NEAREST).save(path / f"sheet{start}.png")


def main() -> None:
    """Print the table, and paint if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="how many scenes")
    parser.add_argument("--paint", type=Path, metavar="FOLDER", help="also let the miniature paint, sheets go here")
    options = parser.parse_args()
    sys.stdout.write(table(options.count) + "\n")
    if options.paint:
        paint(options.paint, 48)


if __name__ == "__main__":
    main()
