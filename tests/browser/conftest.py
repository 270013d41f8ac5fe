"""One real JupyterLab and one real Chromium for the whole run; a fresh notebook and page for every test.

Everything a run leaves behind (notebooks, sessions, settings) lies in a temporary folder. Screenshots of failures and
of the light and dark Studio go to test-results/, which git ignores.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM_FLAGS, NO_CHROMIUM, PATIENCE_MS, Lab, Notebook, find_chromium, jupyterlab
from lacking import lacking

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-results"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write the README's screenshot to notebooks/images/")
    parser.addoption("--update-shots", action="store_true", help="write the references of test_looks.py anew")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the test is skipped, or fails where CI is set."""
    found = find_chromium()
    if found is None:
        lacking(NO_CHROMIUM)
    return found


@pytest.fixture(scope="session")
def lab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001 - no browser, no server
    with jupyterlab(tmp_path_factory.mktemp("jupyterlab")) as running:
        yield running


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


@pytest.fixture
def open_notebook(page: Any, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Notebook]]:
    """Open a new notebook made of the given cells, or a copy of a notebook of this repository."""
    opened: list[Notebook] = []

    def open_one(*cells: str, copy_of: Path | None = None) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name) + f"-{len(opened)}.ipynb"
        if copy_of is not None:
            shutil.copy(copy_of, lab.folder / name)
        else:
            lab.write(name, *cells)
        opened.append(Notebook(page, lab, name))
        return opened[-1]

    yield open_one
    if opened:  # a kernel holds torch and a model: end it before the next test starts its own
        opened[-1].shut_down()
