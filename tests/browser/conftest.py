"""One real JupyterLab and one real Chromium for the whole run; a fresh notebook and page for every test.

Everything a run leaves behind (notebooks, sessions, settings) lies in a temporary folder. Screenshots of failures and
of the light and dark Studio go to test-results/, which git ignores.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-results"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 90_000  # the first picture of a kernel waits for torch to be imported, on a machine that may be busy


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the README's screenshot to notebooks/images/")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: where it answers, its token and the folder it serves."""

    url: str
    token: str
    folder: Path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the test is skipped, or fails where CI is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "no Chromium on the PATH (Debian: apt-get install chromium fonts-noto-color-emoji fonts-noto-cjk)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001 - no browser, no server
    home = tmp_path_factory.mktemp("jupyterlab")
    folder = home / "notebooks"
    folder.mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    # the question whether to fetch news would lie over the notebook
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    environment = os.environ | {
        "POCHADE_HOME": str(home / "pochade"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api/status?token={token}", server, home / "server.log")
        yield Lab(url, token, folder)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:  # it waits for kernels that a failed test left busy
            server.kill()
            server.wait()


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium for one file of tests: Playwright keeps an event loop running in this thread while it is open."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"failed-{request.node.name}.png")
    context.close()


class Notebook:
    """A notebook open in JupyterLab, driven the way its menus drive it."""

    def __init__(self, page: Any, lab: Lab, path: str) -> None:
        self.page = page
        page.goto(f"{lab.url}/lab/tree/{path}?token={lab.token}&reset")
        page.wait_for_function(
            """() => {
                const app = window.jupyterapp;
                const panel = app?.shell?.currentWidget;
                window.notebook = panel;
                return panel?.sessionContext?.session?.kernel && panel.content.widgets.length
                    && app.commands.hasCommand("notebook:run-cell");
            }"""
        )
        page.evaluate("Promise.all([window.notebook.context.ready, window.notebook.sessionContext.ready])")

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
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def restart_kernel(self) -> None:
        """Restart as a person does, confirming in the dialog."""
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:restart-kernel')")
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()

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
        running: bool = self.page.evaluate(
            "index => window.notebook.content.widgets[index].model.executionState === 'running'", index
        )
        return running

    @property
    def studio(self) -> Any:
        """The Studio that was shown last."""
        return self.page.get_by_role("region", name="Pochade Studio").last


@pytest.fixture
def open_notebook(page: Any, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Notebook]]:
    """Open a new notebook made of the given cells, or a copy of a notebook of this repository."""
    opened: list[Notebook] = []

    def open_one(*cells: str, copy_of: Path | None = None) -> Notebook:
        name = f"{request.node.name}-{len(opened)}.ipynb"
        if copy_of is not None:
            shutil.copy(copy_of, lab.folder / name)
        else:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, lab.folder / name)
        opened.append(Notebook(page, lab, name))
        return opened[-1]

    yield open_one
    if opened:  # a kernel holds torch and a model: end it before the next test starts its own
        page.evaluate("window.notebook.sessionContext.shutdown()")
