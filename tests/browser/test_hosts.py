"""The Studio in other hosts than JupyterLab: each a real server of its own, driven by what is on its page."""

import pytest
from browsing import PATIENCE_MS, SERVER_OPTIONS, View, serve

pytestmark = pytest.mark.browser

CAT = "a cat on a blue background"
SHOW = "import pochade\ns = pochade.Session()\ns"


def ask_and_see(page):
    """Ask the page's only Studio for a picture, then for a change of it; both appear."""
    view = View(page.get_by_role("region", name="Pochade Studio"))
    view.region.wait_for(timeout=PATIENCE_MS)
    view.wait_until_usable()
    view.ask(CAT)
    assert view.turns.count() == 1
    view.ask("make the background green")
    assert view.turns.count() == 2
    # what stands there for readers without a kernel is hidden beside the live Studio
    still = page.locator("img[src^='data:image/png']").or_(page.get_by_text("pochade: the current picture"))
    assert [one.inner_text() for one in still.all() if one.is_visible()] == []


@pytest.mark.hosts
def test_in_notebook_7_a_picture_is_made_and_changed(page, tmp_path):
    options = [option for option in SERVER_OPTIONS if "root_dir" not in option]
    with serve(tmp_path / "notebook", "notebook", *options, "--ServerApp.root_dir={folder}") as host:
        name = host.write("studio.ipynb", SHOW)
        page.goto(f"{host.url}/notebooks/{name}?token={host.token}")
        cell = page.get_by_role("textbox").filter(has_text="pochade.Session()").first
        cell.click()
        # Its name is there before the kernel is, and a cell that is run by then is not run at all.
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        cell.press("Shift+Enter")
        ask_and_see(page)


@pytest.mark.hosts
def test_in_voila_a_picture_is_made_and_changed(page, tmp_path):
    options = ("--no-browser", "--Voila.ip=127.0.0.1", "--port={port}", "--token={token}", "{folder}")
    with serve(tmp_path / "voila", "voila", *options, check="/voila/static/voila.js") as host:
        name = host.write("studio.ipynb", SHOW)
        page.goto(f"{host.url}/voila/render/{name}?token={host.token}")
        ask_and_see(page)
