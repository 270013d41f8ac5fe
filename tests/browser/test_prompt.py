"""The prompt box and the settings as a person uses them: with the keys, with files, and beside cells."""

import io
import re

import pytest
from browsing import PATIENCE_MS
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SHOW = "import pochade\ns = pochade.Session()\ns"
MARKUP = "<img src=x onerror=window.ran=1> חתול 🌟"


def png(size, colour="teal", name="photo.png"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def drop(studio, files):
    """Let go of files over the Studio, as the browser tells of it."""
    described = [[file["name"], list(file["buffer"])] for file in files]
    studio.evaluate(
        """(studio, files) => {
            const carried = new DataTransfer();
            for (const [name, bytes] of files) carried.items.add(new File([Uint8Array.from(bytes)], name));
            for (const kind of ["dragenter", "dragover"]) {
                studio.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
            }
            window.dropZone = studio.dataset.drop;
            studio.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
        }""",
        described,
    )


@pytest.mark.thorough
def test_prompts_are_written_recalled_searched_and_kept_with_the_keys_alone(open_notebook):
    notebook = open_notebook(SHOW, "print([t.prompt for t in s])")
    notebook.run(0)
    view, keys = notebook.view, notebook.page.keyboard
    view.wait_until_usable()
    view.ask("a cat")
    view.prompt.press_sequentially("a dog")
    keys.press("Shift+Enter")
    keys.type("and a platypus")
    expect(view.prompt).to_have_value("a dog\nand a platypus")
    expect(notebook.studio.get_by_text(re.compile("does not know: .platypus"))).to_be_visible()
    keys.press("ArrowUp")  # to the first line; the next one leaves the text
    keys.press("ArrowUp")
    expect(view.prompt).to_have_value("a cat")
    keys.press("ArrowDown")
    expect(view.prompt).to_have_value("a dog\nand a platypus")
    view.prompt.fill(MARKUP)
    keys.press("Enter")
    view.wait_for_turns(2)
    expect(notebook.studio.get_by_text(MARKUP).first).to_be_visible()
    assert notebook.page.evaluate("window.ran") is None, "markup is words like others"
    keys.press("Control+r")
    search = notebook.studio.get_by_role("combobox", name="Search earlier prompts")
    expect(search).to_be_focused()
    keys.type("CAT")
    expect(notebook.studio.get_by_role("option", name="a cat", exact=True)).to_be_visible()
    keys.press("Enter")
    expect(view.prompt).to_have_value("a cat")
    view.prompt.fill("half a thought")
    notebook.save()
    notebook.reload()
    expect(notebook.view.prompt).to_have_value("half a thought", timeout=PATIENCE_MS)
    notebook.run(1)
    assert notebook.text(1) == f"{['a cat', MARKUP]}\n"


@pytest.mark.thorough
def test_dropped_files_become_numbered_pictures_that_a_prompt_goes_by(open_notebook):
    notebook = open_notebook(SHOW, "print([r.size for r in s[-1].references], s[-1].parent)")
    notebook.run(0)
    view, studio = notebook.view, notebook.studio
    view.wait_until_usable()
    text = {"name": "notes.txt", "buffer": b"words"}
    heic = {"name": "IMG_1.HEIC", "buffer": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"}
    drop(studio, [png((640, 480), name="wide.png"), text, heic, png((9000, 6750), name="huge.png")])
    assert notebook.page.evaluate("window.dropZone") == "Drop pictures here"
    expect(studio.get_by_text("notes.txt is text")).to_be_visible()
    expect(studio.get_by_text("IMG_1.HEIC is a HEIC photo")).to_be_visible()
    expect(studio.get_by_text("huge.png has 61 megapixels. Scale it to 4096 × 3072?")).to_be_visible(
        timeout=PATIENCE_MS
    )
    view.prompt.fill("a cat")
    expect(view.button("Generate")).to_be_disabled()
    view.button("Scale").click()
    expect(view.button("Image 2: huge.png")).to_be_visible(timeout=PATIENCE_MS)  # decoded, scaled and sent
    view.button("Image 1: wide.png").focus()
    notebook.page.keyboard.press("Alt+ArrowRight")
    expect(view.button("Image 2: wide.png")).to_be_focused()
    expect(view.button("Generate")).to_be_enabled(timeout=PATIENCE_MS)
    view.ask("a cat")
    expect(studio.get_by_role("list", name="Attached pictures")).to_have_count(0)
    notebook.run(1)
    assert notebook.text(1) == "[(4096, 3072), (640, 480)] None\n"


@pytest.mark.thorough
def test_an_attached_picture_can_be_the_one_that_is_changed(open_notebook):
    notebook = open_notebook(SHOW, "print(s[-1].task, s[-1].size, s[-1].source.getpixel((0, 0)))")
    notebook.run(0)
    view, studio = notebook.view, notebook.studio
    view.wait_until_usable()
    with notebook.page.expect_file_chooser() as chosen:
        view.button("Attach pictures").click()
    chosen.value.set_files([png((96, 64), "#204060")])
    view.button("Image 1: photo.png").click()
    studio.get_by_role("menuitem", name="Edit this picture").click()
    expect(view.button("Image 1: photo.png, this one is changed")).to_be_visible()
    expect(studio.get_by_text("Changes this picture")).to_be_visible()
    view.ask("a cat")
    notebook.run(1)
    assert notebook.text(1) == "edit (96, 64) (32, 64, 96)\n"


def test_settings_go_both_ways_between_the_studio_and_cells(open_notebook):
    notebook = open_notebook(SHOW, "s.settings.n = 4", "print(s.settings)")
    notebook.run(0)
    view, studio = notebook.view, notebook.studio
    view.wait_until_usable()
    notebook.run(1)
    expect(view.button("Pictures: 4 pictures")).to_be_visible()
    view.prompt.press_sequentially("/se")
    expect(studio.get_by_role("option", name=re.compile("seed 7"))).to_be_visible()
    view.prompt.press("Tab")
    view.prompt.press_sequentially("7")
    view.prompt.press("Enter")
    expect(view.prompt).to_have_value("")
    expect(view.button("Seed: seed 7")).to_be_visible()
    view.button("Pictures: 4 pictures").click()
    studio.get_by_role("radio", name="2", exact=True).check()
    expect(view.button("Pictures: 2 pictures")).to_be_visible()
    notebook.page.keyboard.press("Escape")
    notebook.run(2)
    assert notebook.text(2) == "Settings(n=2, seed=7)\n"
    view.button("Settings, 2 set").click()
    view.button("Reset all").click()
    expect(view.button("Pictures: 1 picture")).to_be_visible()
    notebook.page.keyboard.press("Escape")
    view.button("Model: miniature").click()
    expect(studio.get_by_role("option", name=re.compile("Miniature"))).to_have_attribute("aria-selected", "true")
    expect(studio.get_by_role("option", name=re.compile("FLUX.2-dev.*non-commercial only"))).to_be_visible()
