"""`pochade lab`: JupyterLab on the first notebook, on this machine only."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pochade.cli.app import app, leave

__all__ = ["FIRST_NOTEBOOK", "has_display", "lab", "notebooks"]

FIRST_NOTEBOOK = "01_first_picture.ipynb"


@app.command()
def lab(
    port: Annotated[int, typer.Option(help="The port; the next free one when it is taken.")] = 8888,
    *,
    browser: Annotated[bool, typer.Option(help="Open a browser; without a display the address is printed.")] = True,
) -> None:
    """Open JupyterLab on the first notebook, on this machine only."""
    here = Path.cwd()
    try:
        folder = notebooks(here)
    except OSError as error:
        where, why = here / "notebooks", error.strerror or error
        leave(f"the notebooks cannot be copied to {where}: {why}. Run it in a folder of yours.")
    notebook = (folder / FIRST_NOTEBOOK).relative_to(here).as_posix()
    # A default address, unlike a file to open, is also in the address that is printed.
    arguments = [f"--ServerApp.root_dir={here}", f"--LabApp.default_url=/lab/tree/{notebook}"]
    arguments += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    if not (browser and has_display()):
        arguments.append("--no-browser")  # the server then prints its address, token included
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # containers run as root; only this machine can connect
    from jupyterlab.labapp import main as jupyterlab  # half a second

    jupyterlab(arguments)


def notebooks(here: Path) -> Path:
    """Return the folder of notebooks under `here`, filled from the package where files are missing.

    A checkout has them already. A file that is there is never written over: it may hold a person's own work.
    """
    if (here / FIRST_NOTEBOOK).exists():
        return here
    folder = here / "notebooks"
    packaged = Path(__file__).parents[1] / "notebooks"
    source = packaged if packaged.is_dir() else Path(__file__).parents[3] / "notebooks"
    for file in sorted([*source.glob("*.ipynb"), *source.glob("images/*.png")]):
        target = folder / file.relative_to(source)
        target.parent.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError), target.open("xb") as copy:
            copy.write(file.read_bytes())
    return folder


def has_display() -> bool:
    """Whether a browser could open a window here."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
