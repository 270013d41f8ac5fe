"""`pochade bench`: speed and memory on this machine."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
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
) -> None:
    """Measure speed and memory on this machine: pochade beside the bare pipeline."""
    from pochade import bench as figures  # imports torch
    from pochade.errors import PochadeError, RequestError
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
