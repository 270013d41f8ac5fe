"""`pochade check`, `pochade sessions` and `pochade export`: what can be done with session files without a model."""

from __future__ import annotations

import contextlib
import json as notation
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pochade.cli.app import STOPPED, app, leave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pochade.store.folder import Listed

__all__ = ["check", "export", "sessions"]

DAMAGED = 1
"""Exit status of `pochade check` where a session file is damaged."""
STRANGE = 2
"""The same where a file is no session file, or cannot be read."""

_WIDE = 76  # characters of a line of the list, after its indent
_KILO = 1000


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Session files.", show_default=False)],
) -> None:
    """Look at every byte of session files: 0 all well, 1 one is damaged, 2 one is no session file."""
    from pochade.inert import inert

    worst = 0
    try:
        for file in files:
            status, sentences = _checked(file)
            worst = max(worst, status)
            said = {0: "well", DAMAGED: "damaged", STRANGE: "not checked"}[status]
            typer.echo(f"{inert(str(file))}: {said}")
            for sentence in sentences:
                typer.echo(f"  {sentence}")
    except KeyboardInterrupt:
        leave("stopped; what was not looked at may be damaged.", STOPPED)
    raise typer.Exit(worst)


def _checked(file: Path) -> tuple[int, list[str]]:
    """Return the exit status that a file is worth, and what is to be said of it."""
    from pochade.errors import StoreError
    from pochade.store import Store
    from pochade.store.database import absolute
    from pochade.store.filing import check_header

    try:
        check_header(absolute(file))
    except StoreError as error:
        return STRANGE, [_plain(error)]
    try:
        with Store.open(file, readonly=True) as store, _progress(file.name) as progress:
            found = store.check(progress)
            count = len(store) if not found else 0
    except StoreError as error:
        return DAMAGED, [_plain(error)]
    return (DAMAGED, found) if found else (0, [f"{count} turn{'' if count == 1 else 's'}, every picture as stored."])


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """Draw a progress bar on stderr and leave nothing behind; None where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from pochade.inert import inert

    words = TextColumn("{task.description}", markup=False)
    columns = (words, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(inert(name, limit=30), total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@app.command()
def sessions(
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    delete: Annotated[
        str | None, typer.Option(help="Delete this session, by its name in the list.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --delete: do not ask.")] = False,
) -> None:
    """List the sessions that were saved, the newest first, or delete one."""
    from pochade.store.folder import catalogue, default_folder

    if delete is not None:
        _delete(delete, sure=yes)
        return
    found = list(catalogue())
    if json:
        typer.echo(notation.dumps([_facts(one) for one in found], indent=2))
        return
    if not found:
        typer.echo(f"No session was saved yet in {default_folder()}.")
    for one in found:
        for line in _lines(one):
            typer.echo(line)


def _lines(one: Listed) -> Iterator[str]:
    """Write what a session is in lines of at most 80 characters, but for its name."""
    from pochade.inert import inert

    when = datetime.fromtimestamp(one.written, UTC).astimezone()
    facts = [f"{when:%Y-%m-%d %H:%M}", _size(one.size)]
    if one.problem is None:
        facts = [f"{one.turns} turn{'' if one.turns == 1 else 's'}", *facts]
        facts += [inert(Path(one.model).name, limit=20)] if one.model else []
    yield f"{inert(one.path.stem, limit=40)}  {' · '.join(facts)}"
    if one.prompt is not None:
        yield f"    {inert(one.prompt, limit=_WIDE)}"
    if one.holder is not None:
        yield f"    held by {inert(one.holder, limit=_WIDE - 8)}"
    if one.problem is not None:
        yield f"    cannot be read: {inert(one.problem)}"


def _facts(one: Listed) -> dict[str, Any]:
    when = datetime.fromtimestamp(one.written, UTC).isoformat(timespec="seconds")
    facts: dict[str, Any] = {"name": one.path.stem, "path": str(one.path), "size": one.size, "written": when}
    known = one.problem is None
    facts |= {"turns": one.turns if known else None, "prompt": one.prompt, "model": one.model or None}
    return facts | {"holder": one.holder, "problem": one.problem}


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < _KILO:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _KILO
    return f"{size:.1f} GB"


def _delete(name: str, *, sure: bool) -> None:
    """Delete a session of the list, after asking."""
    from pochade.errors import StoreError
    from pochade.inert import inert
    from pochade.store.folder import catalogue, remove

    one = next((one for one in catalogue() if name in {one.path.stem, one.path.name}), None)
    if one is None:
        leave(f"there is no session {inert(name)!r} in the list that `pochade sessions` prints.")
    turns = "" if one.problem is not None else f" with {one.turns} turn{'' if one.turns == 1 else 's'}"
    if not sure:
        if not _somebody_is_here():
            leave("nobody is here to be asked whether it may go: say --yes.")
        typer.confirm(f"Delete session {inert(one.path.stem)}{turns} for good?", abort=True, err=True)
    led = one.path.is_symlink()
    try:
        remove(one.path)
    except StoreError as error:
        leave(_plain(error))
    if led:
        typer.echo(f"Deleted: the link {inert(one.path.stem)}. The session that it leads to stays where it is.")
        return
    from pochade.provenance.index import forget

    forget(one.path)
    typer.echo(f"Deleted: session {inert(one.path.stem)}{turns}. Notebooks keep the pictures that their cells show.")


def _somebody_is_here() -> bool:
    return sys.stdin.isatty()


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A session file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The new session file.", show_default=False)],
    turn: Annotated[
        list[str] | None, typer.Option(help="Only this turn, with all it was made from. May be repeated.")
    ] = None,
) -> None:
    """Make a new session file of a session's turns; a notebook may go on painting into it meanwhile."""
    from pochade.errors import PochadeError
    from pochade.inert import inert
    from pochade.store import Store

    try:
        with Store.open(file, readonly=True) as store:
            where = store.export(out, *(turn or ()))
    except KeyError as error:
        leave(_plain(error.args[0]))
    except PochadeError as error:
        leave(_plain(error))
    typer.echo(inert(str(where)))


def _plain(said: object) -> str:
    """Return a sentence that may hold a stranger's file name, made harmless to print."""
    from pochade.inert import inert

    return inert(str(said))
