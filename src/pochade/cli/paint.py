"""`pochade paint` and `pochade models`.

Painting is one more view of the same road that cells and clicks use: it builds a request, follows its events and saves
the picture.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pochade.cli.app import STOPPED, app, leave
from pochade.inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from pochade.jobs import Job
    from pochade.turn import Turn

__all__ = ["models", "paint"]

WRITABLE = {".png", ".jpg", ".jpeg", ".webp", ".avif"}


@app.command()
def paint(
    prompt: Annotated[str, typer.Argument(help="What to paint, or with --edit what to change.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The picture's file: .png, .jpg, .webp or .avif.")] = Path(
        "pochade.png"
    ),
    seed: Annotated[int | None, typer.Option(help="Same seed, same picture. Drawn when left out.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps. The model's own number when left out.")] = None,
    size: Annotated[
        str | None, typer.Option(help="128x128, a ratio such as 3:2, square, landscape or portrait.")
    ] = None,
    n: Annotated[int, typer.Option("--n", "-n", help="How many pictures, 1 to 16.")] = 1,
    model: Annotated[
        str | None, typer.Option(help="A diffusers folder or repository. The embedded miniature when left out.")
    ] = None,
    negative: Annotated[str | None, typer.Option(help="What should not be in it, for models that read this.")] = None,
    reference: Annotated[list[Path] | None, typer.Option(help="A picture to go by. May be repeated.")] = None,
    edit: Annotated[Path | None, typer.Option(help="Change this picture instead of painting a new one.")] = None,
    mask: Annotated[
        Path | None, typer.Option(help="With --edit: white is changed, black is kept byte for byte.")
    ] = None,
    extend: Annotated[
        str | None, typer.Option(help="With --edit: grow to a shape such as 16:9, or by left,top,right,bottom pixels.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="With --edit, for models that edit by noise: how much to repaint, up to 1.")
    ] = None,
    provenance: Annotated[
        str | None, typer.Option(help="Content Credentials: full, minimal (without the words of prompts) or off.")
    ] = None,
    *,
    transparent: Annotated[bool, typer.Option("--transparent", help="Leave the background out.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="With --edit: take the whole answer, keep no bytes.")] = False,
) -> None:
    """Paint one picture, or several, into a file."""
    from pochade.errors import PochadeError, RequestError  # `--help` answers without the package

    try:
        _check_output(out)
        if edit is not None and size is not None:
            raise RequestError("An edit keeps the size of its picture: leave --size out.")
        editing = {"--mask": mask, "--extend": extend, "--strength": strength, "--whole": whole or None}
        if edit is None and (option := next((name for name, value in editing.items() if value is not None), None)):
            raise RequestError(f"{option} is about a picture that is changed: name that picture with --edit.")
        asked: dict[str, Any] = {"n": n, "seed": seed, "steps": steps, "size": size, "negative": negative}
        asked |= {"references": reference, "image": edit, "mask": mask, "extend": _margins(extend)}
        asked |= {"strength": strength, "keep": "none" if whole else None}
        asked |= {"background": "transparent" if transparent else None}
        asked = {name: value for name, value in asked.items() if value is not None}
        paths, notes = _paint(prompt, model, asked, out, provenance)
        for path in paths:
            typer.echo(inert(str(path)) if sys.stdout.isatty() else path)  # a script wants the name as it is
        for note in notes:
            typer.echo(f"pochade: {inert(note)}", err=True)
    except KeyboardInterrupt:
        leave("stopped; no picture was written.", STOPPED)
    except PochadeError as error:
        leave(str(error))
    except OSError as error:
        leave(f"{error.filename or out}: {error.strerror or error}.")


def _margins(extend: str | None) -> Any:
    """Read four numbers of pixels; a shape stays the text that it is, and what is neither is refused further on."""
    parts = extend.split(",") if extend else []
    return tuple(int(part) if part.strip().isdecimal() else part for part in parts) if len(parts) > 1 else extend


def _paint(
    prompt: str, model: str | None, asked: dict[str, Any], out: Path, provenance: Any
) -> tuple[list[Path], tuple[str, ...]]:
    """Carry out one request in a session of its own, showing its progress; return the files and the turn's notes."""
    from pochade import Session  # brings the store and pydantic in

    with Session(model, provenance=provenance) as session:
        with _progress() as progress:
            job = session.submit(prompt, task="edit" if "image" in asked else "generate", **asked)
            turn = job.result() if progress is None else _follow(job, progress)
        return _save(turn, out), turn.notes


def _follow(job: Job, progress: Progress) -> Turn:
    """Wait for `job`, moving the bar ten times a second; an interrupt stops the job."""
    bar = progress.add_task("waiting", total=None)
    while True:
        now = job.progress
        total = now.steps if now.stage in {"painting", "downloading"} else None
        progress.update(bar, description=now.stage, completed=now.step, total=total)
        with contextlib.suppress(TimeoutError):
            return job.result(timeout=0.1)


@contextlib.contextmanager
def _progress() -> Iterator[Progress | None]:
    """Draw a progress bar on stderr and leave nothing behind; None where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


def _check_output(out: Path) -> None:
    """Refuse a file that could not be written before the model is loaded, not after."""
    from pochade.errors import RequestError

    if out.suffix.lower() not in WRITABLE:
        raise RequestError(
            f"{out}: a picture is written as .png, .jpg, .webp or .avif, not as {out.suffix or 'a name without end'}."
        )
    if not out.parent.is_dir():
        raise RequestError(f"{out}: the folder {out.parent} does not exist; make it first.")


def _save(turn: Turn, out: Path) -> list[Path]:
    """Write every picture of the turn: one to `out`, several to `out` with -1, -2, … before the ending."""
    count = len(turn.pngs)
    paths = [out] if count == 1 else [out.with_stem(f"{out.stem}-{index + 1}") for index in range(count)]
    for index, path in enumerate(paths):
        turn.save(path, index=index)
    return paths


@app.command()
def models() -> None:
    """List the models that have a short name, with their memory needs and licences."""
    from pochade.engine.models import models as known

    typer.echo(repr(known()))
