"""`pochade verify`: what a picture file's Content Credentials say, and whether they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pochade.cli.app import REFUSED, app

if TYPE_CHECKING:
    from pochade.provenance.credentials import Credentials

__all__ = ["ABSENT", "UNSOUND", "verify"]

UNSOUND = 1
"""Exit status where credentials do not hold, the picture's own or those of one that it was made from."""
ABSENT = 3
"""Exit status where a picture carries no credentials."""

_WORST = (REFUSED, UNSOUND, ABSENT, 0)  # of several files the worst counts, from left to right


@app.command()
def verify(
    files: Annotated[list[str], typer.Argument(help="Picture files.", show_default=False)],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one line a file.")] = False,
) -> None:
    """Tell where pictures come from: who signed them, when, with what, from what, and whether that holds.

    Ends with status 0 where everything holds, 1 where something was changed, in the picture or in one that it was made
    from, 3 where a picture carries no credentials, and 2 where a file cannot be read.
    """
    from pochade.errors import PochadeError
    from pochade.provenance.verify import verify as read

    statuses = set()
    for number, file in enumerate(files):
        try:
            credentials = read(file)
        except PochadeError as error:
            statuses.add(REFUSED)
            typer.echo(f"pochade: {error}", err=True)
            continue
        statuses.add(ABSENT if credentials.state == "none" else 0 if credentials.sound else UNSOUND)
        if json:
            _print_json(file, credentials)
        else:
            _print_words(file, credentials, first=number == 0)
    raise typer.Exit(next(status for status in _WORST if status in statuses))


def _print_json(file: str, credentials: Credentials) -> None:
    from json import dumps

    # ASCII only: nothing in it can do anything to a terminal.
    typer.echo(dumps({"file": file} | credentials.as_dict(), ensure_ascii=True))


def _print_words(file: str, credentials: Credentials, *, first: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from pochade.inert import inert

    style = "yellow" if credentials.state == "none" else "green" if credentials.sound else "red"
    name, (answer, *rest) = inert(file), credentials.words().split("\n")
    console = Console(soft_wrap=True, highlight=False)
    if not first:
        console.print()
    console.print(Text(name, style="bold"))
    console.print(Text(answer, style=style))
    for line in rest:
        console.print(Text(line, style="red" if line.lstrip(" │").startswith(("!", "└─ ✗", "├─ ✗")) else ""))
