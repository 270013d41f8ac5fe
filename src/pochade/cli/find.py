"""`pochade find`: which turn of which session a picture comes from."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from pochade.cli.app import app, leave
from pochade.inert import inert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pochade.provenance.find import Found

__all__ = ["NOT_FOUND", "find"]

NOT_FOUND = 1
"""Exit status where no session has the picture, or one that looks like it."""


@app.command()
def find(
    file: Annotated[Path, typer.Argument(help="A picture file.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="The most turns to name.")] = 10,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the turns that a picture comes from, by its bytes, pixels, credentials and looks.

    Ends with status 0 where there are some, 1 where there are none, and 2 where the file cannot be read.
    """
    from pochade.errors import PochadeError
    from pochade.provenance.find import find as search

    try:
        with _reported() as report:
            found = search(file, limit=limit, report=report)
    except PochadeError as error:
        leave(str(error))
    except OSError as error:
        leave(f"{file}: {error.strerror or error}.")
    for sentence in found.passed_over:
        typer.echo(f"pochade: not looked at: {inert(sentence)}", err=True)
    try:
        _print(found, json=json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough: what was found was found all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0 if found else NOT_FOUND)


def _print(found: Found, *, json: bool) -> None:
    if json:
        from json import dumps

        # ASCII only: nothing in it can do anything to a terminal.
        typer.echo(dumps([one.as_dict() for one in found], ensure_ascii=True))
    elif found:
        _list(found)
    else:
        typer.echo("No session of yours has this picture, or one that looks like it.")


def _list(found: Found) -> None:
    from rich.console import Console
    from rich.text import Text

    from pochade.provenance.find import when

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would end the program, with a status that means "not found" here

    console = Plain(soft_wrap=True, highlight=False)
    for one in found:
        picture = f"{one.turn_id}[{one.index}]" if one.index else one.turn_id
        line = Text(one.words(), style="green" if one.score >= 1 else "yellow")
        line.append(f"  turn {inert(picture)}  {when(one.created)}  {inert(one.prompt, limit=200)}", style="default")
        line.append(f"\n    {inert(str(one.session))}", style="dim")
        console.print(line)


@contextlib.contextmanager
def _reported() -> Iterator[Callable[[str, int, int], None] | None]:
    """Draw a progress bar on stderr while old sessions are looked at for the first time; None where nobody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("looking at sessions", total=None)

        def report(name: str, done: int, total: int) -> None:
            progress.update(bar, description=inert(name, limit=40), completed=done, total=total)

        yield report
