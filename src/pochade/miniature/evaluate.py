"""The ruler: how often the miniature does what was asked, nearly always on combinations that training never saw.

``python -m pochade.miniature.evaluate [FOLDER] [--quick] [--share 0.3] [--device cuda]`` paints, reads the pictures
with `scorer`, and writes ``evaluation.json``, the model card (``README.md``) and a contact sheet into the folder. What
a row asks, and how it is read, is in `ruler`; here is only what is measured, in which order, and how many of each.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pochade.errors import ModelError, RequestError

from . import folder
from .ruler.asked import Bench
from .ruler.changes import conversation_rows, edit_rows, reference_rows
from .ruler.flagship import flagship_rows
from .ruler.languages import language_row
from .ruler.painter import Painter
from .ruler.pictures import bucket_rows, grid_rows, hex_rows, tag_rows
from .ruler.readers import reader_rows
from .ruler.report import describe, sheet, write
from .ruler.row import Row, table
from .ruler.speed import speed_rows
from .ruler.texts import text_rows
from .scorer.agree import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["COUNTS", "PARTS", "QUICK", "SEED", "Painter", "Row", "evaluate", "main", "table"]

SEED = 12345
#: what is measured → how many are asked for; "" is for everything else
COUNTS = {
    "": 100,
    "tags": 553,
    "grid": 100,
    "hex": 100,
    "text": 300,
    "edit": 100,
    "conversation": 100,
    "flagship": 50,
    "reference": 100,
    "language": 500,
    "bucket": 50,
    "reader": 300,
}
#: the same for ``--quick``: a first look, with wide intervals
QUICK = {
    "": 8,
    "tags": 72,
    "grid": 4,
    "hex": 12,
    "text": 12,
    "edit": 6,
    "conversation": 4,
    "flagship": 2,
    "reference": 6,
    "language": 12,
    "bucket": 4,
    "reader": 30,
}
#: the parts of the table by name, in order
PARTS: dict[str, Callable[[Bench], Sequence[Row]]] = {
    "scorers": reader_rows,
    "tags": tag_rows,
    "grid": grid_rows,
    "hex": hex_rows,
    "text": text_rows,
    "edits": edit_rows,
    "conversations": conversation_rows,
    "first conversation": flagship_rows,
    "references": reference_rows,
    "languages": lambda bench: [language_row(bench)],
    "buckets": bucket_rows,
    "speed": lambda bench: speed_rows(bench.painter.folder),
}


def evaluate(
    path: Path | None = None,
    *,
    quick: bool = False,
    share: float = 1.0,
    device: str = "cpu",
    counts: Mapping[str, int] | None = None,
    parts: Sequence[str] | None = None,
    seed: int = SEED,
    said: Callable[[str], None] | None = None,
) -> list[Row]:
    """Measure the model in a folder and return every row of the table.

    Parameters
    ----------
    path : Path, optional
        A folder that `train` saved; by default the packaged weights.
    quick : bool
        The numbers of `QUICK` in place of those of `COUNTS`, and one picture for a prompt.
    share : float
        The part of those numbers that is asked for, above 0 and up to 1; of the four pictures for a prompt as well.
    device : str
        Where the pipeline runs. Pictures are read on the CPU, one by one: of the whole world about a second each, which
        takes hours for all parts. Where a graphics card is lent by the hour, give some `parts` at a time.
    counts : mapping, optional
        Other numbers for some keys of `COUNTS`.
    parts : sequence of str, optional
        Only these of `PARTS`.
    seed : int
        The only source of chance.
    said : callable, optional
        Is told about every part when it is done.

    Returns
    -------
    list of Row
        Also those of what the weights were not taught.

    Raises
    ------
    ModelError
        The folder holds no model whose card this version reads, the scorer's weights are missing, or there is no such
        device.
    RequestError
        The share is not above 0 and up to 1.
    KeyError
        There is no such part.
    """
    if not 0 < share <= 1:
        raise RequestError(f"A share of {share:g} cannot be measured; give one above 0 and up to 1.")
    chosen = {name: PARTS[name] for name in (PARTS if parts is None else parts)}
    painter = Painter(path or folder(), device=device)
    judge = Judge(painter.reach, painter.scale)
    asked = {name: math.ceil(share * count) for name, count in (QUICK if quick else COUNTS).items()}
    repeats = 1 if quick else math.ceil(4 * share)
    bench = Bench(painter, judge, {**asked, **(counts or {})}, seed, repeats)
    rows: list[Row] = []
    for name, measure in chosen.items():
        begin = time.monotonic()
        rows += measure(bench)
        if said is not None:
            said(f"{name}: {time.monotonic() - begin:.0f} s")
    if judge.asked:
        rows.append(
            Row(
                "scorers: disagreement on all pictures",
                value=judge.apart / judge.asked,
                count=judge.asked,
                protocol="things of all rows on which one scorer says yes and the other no; they count as wrong",
                remark=f"{judge.alone} of names that the detector does not know",
            )
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=None, help="a model that train.py saved (default: the packaged one)"
    )
    parser.add_argument("--quick", action="store_true", help="few pictures, under five minutes; nothing is written")
    parser.add_argument("--device", default="cpu", help="where pictures are painted: cpu, cuda, cuda:1 or mps")
    parser.add_argument("--share", type=float, default=1.0, help="part of the pictures to ask for; nothing is written")
    parser.add_argument("--write", action="store_true", help="write table, card and samples of a share all the same")
    parser.add_argument("--seed", type=int, default=SEED, help=f"other prompts (default: {SEED})")
    parser.add_argument("--parts", nargs="*", choices=list(PARTS), help="only these; nothing is written")
    options = parser.parse_args(arguments)
    path, begin = options.folder or folder(), time.monotonic()
    try:
        rows = evaluate(
            path,
            quick=options.quick,
            share=options.share,
            device=options.device,
            parts=options.parts,
            seed=options.seed,
            said=_tell,
        )
    except (ModelError, RequestError) as error:
        parser.exit(1, f"{error}\n")
    print(table(rows))
    if options.quick or options.parts is not None or (options.share < 1 and not options.write):
        return
    write(path / "evaluation.json", rows, time.monotonic() - begin, options.seed, options.share)
    painter = Painter(path, device=options.device)
    known = Judge(painter.reach, painter.scale).detector.labels.names
    (path / "README.md").write_text(describe(painter.card, rows, known), encoding="utf-8")
    sheet(painter, path / "samples.png")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
