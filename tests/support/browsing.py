"""Real Jupyter servers, and a notebook driven in a real browser the way a person drives it.

It stands apart from the browser tests' fixtures because the benchmark of the Studio opens the same pages without
pytest. Everything a server leaves behind (notebooks, sessions, settings) lies in the folder it is given.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_CHROMIUM = "no Chromium on the PATH (Debian: apt-get install chromium fonts-noto-color-emoji fonts-noto-cjk)"
PATIENCE_MS = 90_000  # the first picture of a kernel waits for torch to be imported, on a machine that may be busy


def find_chromium() -> str | None:
    """Return the path of the browser; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass(frozen=True)
class Lab:
    """A running server: where it answers, its token and the folder it serves."""

    url: str
    token: str
    folder: Path

    def write(self, name: str, *cells: str) -> str:
        """Put a notebook of these cells into the folder; returns its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.folder / name)
        return name


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serve(home: Path, module: str, *options: str, check: str = "/api/status") -> Iterator[Lab]:
    """Run ``python -m module`` with ``options`` until it is no longer needed.

    ``options`` may hold ``{port}``, ``{token}`` and ``{folder}``; ``check`` is the address that answers once it is up.

    Raises
    ------
    RuntimeError
        When it does not answer within a minute; the text is what it logged.
    """
    folder = home / "notebooks"
    folder.mkdir(parents=True)
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    # the question whether to fetch news would lie over the notebook
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    token, port = secrets.token_hex(16), free_port()
    environment = os.environ | {
        "POCHADE_HOME": str(home / "pochade"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_TOKEN": token,
    }
    command = [sys.executable, "-m", module]
    command += [option.format(port=port, token=token, folder=folder) for option in options]
    log = home / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(command, stdout=written, stderr=written, env=environment, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}{check}?token={token}", server, log)
        yield Lab(url, token, folder)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:  # it waits for kernels that a failed test left busy
            server.kill()
            server.wait()


SERVER_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port={port}",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token={token}",
    "--ServerApp.root_dir={folder}",
)


def jupyterlab(home: Path) -> Any:
    """Run JupyterLab, its app in reach of the page's scripts."""
    return serve(home, "jupyterlab", *SERVER_OPTIONS, "--LabApp.expose_app_in_browser=True")


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"The server did not answer:\n{log.read_text()}")


class View:
    """One Studio on a page, found by the roles and names that a screen reader would say."""

    def __init__(self, region: Any) -> None:
        self.region = region

    @property
    def turns(self) -> Any:
        """Its turns: items of a list or of a tree."""
        history = self.region.get_by_role("listbox", name="Turns").or_(self.region.get_by_role("tree", name="Turns"))
        return history.get_by_role("option").or_(history.get_by_role("treeitem"))

    @property
    def prompt(self) -> Any:
        """Where a prompt is written."""
        return self.region.get_by_role("textbox", name="Prompt", exact=True)

    def button(self, name: str) -> Any:
        """Return the button of exactly this name."""
        return self.region.get_by_role("button", name=name, exact=True)

    def wait_until_usable(self) -> None:
        """Wait until a prompt can be written."""
        self.prompt.and_(self.region.page.locator(":enabled")).wait_for(timeout=PATIENCE_MS)

    def wait_for_turns(self, count: int) -> None:
        """Wait until it shows this many turns."""
        (self.turns.nth(count - 1) if count else self.region).wait_for(timeout=PATIENCE_MS)

    def ask(self, prompt: str) -> None:
        """Type a prompt as a person does, and wait until its turn is there and the next can be asked."""
        before = self.turns.count()
        self.prompt.fill(prompt)
        self.prompt.press("Enter")
        self.wait_for_turns(before + 1)
        self.button("Generate").wait_for(timeout=PATIENCE_MS)
        self.picture(prompt).wait_for()

    def picture(self, prompt: str) -> Any:
        """Return the finished picture of this prompt."""
        return self.region.locator("canvas:not([data-preview])").and_(
            self.region.get_by_role("img", name=prompt, exact=True)
        )


class Notebook:
    """A notebook open in JupyterLab, driven the way its menus drive it."""

    def __init__(self, page: Any, lab: Lab, path: str) -> None:
        self.page = page
        page.goto(f"{lab.url}/lab/tree/{path}?token={lab.token}&reset")
        self.settle()

    def settle(self) -> None:
        """Wait until the page has its notebook and the notebook its kernel."""
        self.page.wait_for_function(
            """() => {
                const app = window.jupyterapp;
                const panel = app?.shell?.currentWidget;
                window.notebook = panel;
                return panel?.sessionContext?.session?.kernel && panel.content.widgets.length
                    && app.commands.hasCommand("notebook:run-cell");
            }"""
        )
        self.page.evaluate("Promise.all([window.notebook.context.ready, window.notebook.sessionContext.ready])")

    def command(self, name: str, **arguments: object) -> None:
        """Carry out a command of JupyterLab, to its end."""
        self.page.evaluate(
            "([name, given]) => window.jupyterapp.commands.execute(name, given).then(() => {})", [name, arguments]
        )

    def select(self, index: int) -> None:
        """Make this cell the active one."""
        self.page.evaluate("index => { window.notebook.content.activeCellIndex = index; }", index)

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run the cell; without `wait` return while it runs."""
        self.page.evaluate(
            """([index, wait]) => {
                window.notebook.content.activeCellIndex = index;
                const ran = window.jupyterapp.commands.execute("notebook:run-cell");
                return wait ? ran : undefined;
            }""",
            [index, wait],
        )

    def run_all(self) -> None:
        """Run every cell, without waiting."""
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def save(self) -> None:
        """Save the notebook with its outputs."""
        self.command("docmanager:save")

    def reload(self) -> None:
        """Load the page again; the kernel goes on."""
        self.page.reload()
        self.settle()

    def restart_kernel(self) -> None:
        """Restart as a person does, confirming in the dialog."""
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:restart-kernel')")
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()

    def shut_down(self) -> None:
        """End the kernel."""
        self.page.evaluate("window.notebook.sessionContext.shutdown()")

    def set_theme(self, theme: str) -> None:
        """Change to the theme "Light" or "Dark" and wait until its colours are there and nothing lies over them."""
        self.command("apputils:change-theme", theme=f"JupyterLab {theme}")
        # the theme's style sheet arrives a moment after its name
        self.page.wait_for_function(
            """light => document.body.dataset.jpThemeLight === String(light) && light
                !== getComputedStyle(document.body).getPropertyValue("--jp-ui-font-color1").includes("255")
                && !document.querySelector("#jupyterlab-splash")""",
            arg=theme == "Light",
        )

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """What the notebook keeps as the cell's outputs."""
        read = "index => window.notebook.content.widgets[index].model.outputs?.toJSON() ?? []"
        found: list[dict[str, Any]] = self.page.evaluate(read, index)
        return found

    def text(self, index: int) -> str:
        """What the cell printed, waiting until it has run to its end."""
        self.page.wait_for_function(
            "index => window.notebook.content.widgets[index].model.executionState === 'idle' "
            "&& window.notebook.content.widgets[index].model.executionCount !== null",
            arg=index,
        )
        errors = [out for out in self.outputs(index) if out["output_type"] == "error"]
        assert not errors, errors
        return "".join("".join(out["text"]) for out in self.outputs(index) if out["output_type"] == "stream")

    def is_running(self, index: int) -> bool:
        """Whether the cell runs."""
        running: bool = self.page.evaluate(
            "index => window.notebook.content.widgets[index].model.executionState === 'running'", index
        )
        return running

    @property
    def studios(self) -> Any:
        """Every Studio on the page."""
        return self.page.get_by_role("region", name="Pochade Studio")

    @property
    def studio(self) -> Any:
        """The Studio that was shown last."""
        return self.studios.last

    @property
    def view(self) -> View:
        """The Studio that was shown last, with what a person does in it."""
        return View(self.studio)
