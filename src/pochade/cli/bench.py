"""`pochade bench`: speed and memory on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pochade.cli.app import app, leave

__all__ = ["bench"]


@app.command()
def bench(
    rows: Annotated[list[str] | None, typer.Argument(help="Which figures; all of them when left out.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the figures there as JSON too.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="As for `pochade paint`.")] = None,
    shape: Annotated[
        str | None, typer.Option(help="Not a model but the true architecture of one, with drawn weights: klein-4b, …")
    ] = None,
    size: Annotated[str | None, typer.Option(help="1024x1024. The model's own when left out.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or cuda:1.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, bfloat16 or float16.")] = None,
    memory: Annotated[str, typer.Option(help="auto, full, model, group, fp8 or quantised.")] = "auto",
    compile_: Annotated[str, typer.Option("--compile", help="auto, regions or off.")] = "auto",
    *,
    miniature: Annotated[
        bool, typer.Option("--miniature", help="Not speed: how often the miniature does what was asked.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="With --miniature: few pictures, under five minutes.")] = False,
) -> None:
    """Measure speed and memory on this machine: pochade beside the bare pipeline."""
    from pochade.errors import PochadeError, RequestError

    if quick and not miniature:
        leave("--quick belongs to --miniature: the other figures take as long as they take.")
    if miniature:
        try:
            _ruler(rows, json, model, device or "cpu", quick=quick)
        except PochadeError as error:
            leave(str(error))
        return
    from pochade import bench as figures  # imports torch
    from pochade.sizes import parse_size

    try:
        pixels = parse_size(size)
        if isinstance(pixels, str):
            raise RequestError(f"--size {size}: a measurement wants pixels, such as 1024x1024.")
        if rows and (strange := [row for row in rows if row not in figures.ROWS]):
            raise RequestError(f"There is no figure {strange[0]!r}. There are: {', '.join(figures.ROWS)}.")
        choices = {"device": device, "dtype": dtype, "memory": memory, "compile": compile_}
        figures.run(rows or None, json, model=model, shape=shape, size=pixels, **choices)
    except PochadeError as error:
        leave(str(error))


def _ruler(rows: list[str] | None, json: Path | None, model: str | None, device: str, *, quick: bool) -> None:
    """Measure a miniature's pictures, print the table, and write the figures where that is asked."""
    import time

    from pochade.errors import RequestError
    from pochade.miniature import evaluate, folder  # imports torch
    from pochade.miniature.ruler.report import write

    if rows and (strange := [row for row in rows if row not in evaluate.PARTS]):
        raise RequestError(f"There is no part {strange[0]!r}. There are: {', '.join(evaluate.PARTS)}.")
    begin = time.monotonic()
    measured = evaluate.evaluate(
        Path(model) if model else folder(),
        quick=quick,
        device=device,
        parts=rows or None,
        said=lambda line: typer.echo(line, err=True),
    )
    typer.echo(evaluate.table(measured))
    if json is not None:
        write(json, measured, time.monotonic() - begin, evaluate.SEED)
