"""What a person does while the Studio paints: wait in order, stop, choose among several, take a picture elsewhere."""

import re
from hashlib import sha256

import pytest
from browsing import PATIENCE_MS
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SHOW = "import pochade\ns = pochade.Session()\ns"
HOLD = """
import threading
over = threading.Event()
s.subscribe(lambda event: over.wait(60) if event.kind == "started" else None)
jobs = [s.submit(prompt) for prompt in ("a cat", "a dog", "a fox", "a bird")]
"""


def queue(notebook):
    return notebook.studio.get_by_role("list", name="In the queue").get_by_role("listitem")


@pytest.mark.thorough
def test_the_queue_is_shown_in_order_and_changed_by_keys_without_losing_the_focus(open_notebook):
    notebook = open_notebook(SHOW, HOLD, "print([job.request.prompt for job in s.jobs])\nover.set()")
    notebook.run(0)
    notebook.view.wait_until_usable()
    notebook.run(1)
    expect(queue(notebook)).to_have_text([re.compile("a dog"), re.compile("a fox"), re.compile("a bird")])
    button = notebook.view.button("Move up: a bird")
    button.focus()
    button.press("Enter")
    expect(queue(notebook).nth(1)).to_have_text(re.compile("a bird"))
    expect(button).to_be_focused()
    button.press("Enter")
    expect(queue(notebook).first).to_have_text(re.compile("a bird"))
    notebook.view.button("Cancel: a fox").press("Enter")
    expect(queue(notebook)).to_have_count(2)
    expect(notebook.view.button("Stop")).to_be_visible()
    notebook.run(2)
    assert notebook.text(2) == "['a cat', 'a bird', 'a dog']\n"
    notebook.view.wait_for_turns(3)
    expect(notebook.studio.get_by_role("progressbar", name="Progress")).to_have_count(0, timeout=PATIENCE_MS)
    assert notebook.studio.get_by_role("alert").count() == 0, "what was cancelled is no error"


@pytest.mark.thorough
def test_escape_stops_what_is_being_painted_and_the_prompt_comes_back(open_notebook):
    notebook = open_notebook(SHOW + "\ns.settings.steps = 1000\ns", "print(len(s), s.jobs)")
    notebook.run(0)
    notebook.view.wait_until_usable()
    box = notebook.view.prompt
    box.fill("a cat on a blue background")
    box.press("Enter")
    progress = notebook.studio.get_by_role("progressbar", name="Progress")
    expect(progress).to_have_attribute("aria-valuenow", re.compile("^[1-9]"), timeout=PATIENCE_MS)
    box.press("Escape")
    expect(progress).to_have_count(0)
    expect(box).to_have_value("a cat on a blue background")
    notebook.run(1)
    assert notebook.text(1) == "0 ()\n"


def test_several_pictures_fill_a_grid_and_a_key_picks_the_one_to_go_on_from(open_notebook):
    notebook = open_notebook(
        SHOW, "t = s.generate('a dog', n=4, seed=3, steps=60)", "print(s.current.picked, s.current.png == t.pngs[2])"
    )
    notebook.run(0)
    notebook.view.wait_until_usable()
    notebook.run(1, wait=False)
    grid = notebook.studio.get_by_role("listbox", name="Pictures: a dog")
    expect(grid.get_by_role("option", name="still to come")).not_to_have_count(0, timeout=PATIENCE_MS)
    expect(grid.get_by_role("option", name=re.compile("^Picture 1 of 4$"))).to_be_visible(timeout=PATIENCE_MS)
    expect(notebook.studio.get_by_text("Pick the one to go on from.")).to_be_visible(timeout=PATIENCE_MS)
    expect(grid.get_by_role("option").locator("img")).to_have_count(4)
    grid.get_by_role("option", name="Picture 1 of 4").focus()
    notebook.page.keyboard.press("ArrowDown")
    expect(grid.get_by_role("option", name="Picture 3 of 4")).to_be_focused()
    notebook.page.keyboard.press("Enter")
    expect(notebook.view.picture("a dog")).to_be_visible()
    expect(notebook.studio.get_by_text("3 of 4")).to_be_visible()
    expect(notebook.view.prompt).to_be_focused()
    notebook.page.wait_for_timeout(500)  # the kernel is told; nothing on the page says when it has heard
    notebook.run(2)
    assert notebook.text(2) == "2 True\n"
    notebook.view.button("Show all pictures").click()
    expect(grid.get_by_role("option").locator("img")).to_have_count(4)
    expect(grid.get_by_role("option", name="Picture 3 of 4")).to_have_attribute("aria-selected", "true")


def out(notebook, item):
    notebook.studio.get_by_role("button", name=re.compile("^Save, copy")).click()
    notebook.studio.get_by_role("menuitem", name=item, exact=True).click()


@pytest.mark.thorough
def test_a_picture_leaves_as_a_file_as_a_cell_and_as_a_name(open_notebook, tmp_path):
    notebook = open_notebook(
        SHOW + ".generate('a cat / on: a blue background?', seed=3)\ns",
        "print(picture == s[0])",
        "from hashlib import sha256\nprint(sha256(s[0].png).hexdigest())",
    )
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    notebook.view.wait_for_turns(1)
    for item, kind in (("Save as PNG", "PNG"), ("Save as JPEG", "JPEG"), ("Save as WebP", "WEBP")):
        with notebook.page.expect_download() as download:
            out(notebook, item)
        assert download.value.suggested_filename.startswith("a-cat-on-a-blue-background.")
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        with Image.open(saved) as picture:
            assert picture.format == kind
    notebook.run(2)
    stored = (tmp_path / "a-cat-on-a-blue-background.png").read_bytes()
    assert notebook.text(2).strip() == sha256(stored).hexdigest(), "a PNG is saved as it is stored"
    out(notebook, "Copy as cell")
    expect(notebook.studio.get_by_text("The cell is copied.")).to_be_visible()
    cell = notebook.page.evaluate("navigator.clipboard.readText()")
    compile(cell, "cell", "exec")
    assert "pochade.open(" in cell
    out(notebook, "Copy picture")
    expect(notebook.studio.get_by_text("The picture is copied.")).to_be_visible()
    out(notebook, "As variable…")
    panel = notebook.studio.get_by_role("dialog", name="As variable…")
    name = panel.get_by_role("textbox", name="Name in the notebook")
    expect(name).to_be_focused()
    name.fill("list")
    name.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("Python's own")
    name.fill("picture")
    name.press("Enter")
    expect(notebook.studio.get_by_text("picture is ready in the next cell.")).to_be_visible()
    notebook.run(1)
    assert notebook.text(1) == "True\n"
