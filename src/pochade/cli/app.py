"""What every command shares: the application that they belong to, and how one ends that could not do its work."""

from __future__ import annotations

from typing import NoReturn

import typer

from pochade.inert import inert

__all__ = ["REFUSED", "STOPPED", "app", "leave"]

REFUSED = 2
"""Exit status of a command that could not do what was asked."""
STOPPED = 130
"""Exit status of a command that was interrupted."""

app = typer.Typer(
    name="pochade",
    help="Make and change pictures by talking to them, in a notebook or from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def leave(sentence: str, code: int = REFUSED) -> NoReturn:
    """End the command with a sentence on stderr and an exit status."""
    typer.echo(f"pochade: {inert(sentence)}", err=True)
    raise typer.Exit(code)
