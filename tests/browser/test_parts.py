"""The parts alone, in layouts of a person's own: tied to each other, to cells, and gone when they are gone."""

import io
import re
from pathlib import Path

import pytest
from browsing import PATIENCE_MS
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CAT = "a cat on a blue background"
GREEN = "make the background green"
APP = """
import pochade
from ipywidgets import VBox, jslink

s = pochade.Session()
box = pochade.PromptBox(s, placeholder="What do you see?")
strip = pochade.TurnStrip(s, go=True)
compare = pochade.Compare(session=s)
jslink((strip, "value"), (compare, "right"))
strip.observe(lambda change: compare.show(left=strip.turn and strip.turn.parent or strip.turn), "value")
VBox([box, strip, compare])
"""


def region(notebook, name):
    return notebook.page.get_by_role("region", name=name, exact=True)


def turns(notebook):
    return region(notebook, "Strip of turns").get_by_role("option")


def compared(notebook, *names):
    """Wait until exactly these two are compared: by what the stage says, and by what it has drawn."""
    stage = region(notebook, "Comparison").get_by_role("application")
    expect(stage).to_have_accessible_name(re.compile(".*".join(map(re.escape, names))), timeout=PATIENCE_MS)
    expect(stage.locator("canvas")).to_have_count(2)


@pytest.mark.thorough
def test_an_app_of_ten_lines_asks_shows_and_compares(open_notebook):
    notebook = open_notebook(
        APP,
        "print([turn.prompt for turn in s], s.current == s[1], compare.left == s[0].id, compare.right == s[1].id)",
        "print(s.current == s[0], strip.turn == s[0], repr(box.value), compare.mode)",
    )
    notebook.run(0)
    prompt = region(notebook, "Prompt box").get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_be_enabled(timeout=PATIENCE_MS)
    expect(prompt).to_have_attribute("placeholder", "What do you see?")
    for number, words in enumerate([CAT, GREEN], 1):
        prompt.fill(words)
        prompt.press("Enter")
        expect(turns(notebook)).to_have_count(number, timeout=PATIENCE_MS)
    expect(turns(notebook).last).to_have_attribute("aria-selected", "true")
    compared(notebook, f"Turn 1: {CAT}", f"Turn 2: {GREEN}")
    notebook.run(1)
    assert notebook.text(1) == f"['{CAT}', '{GREEN}'] True True True\n"
    turns(notebook).first.click()
    region(notebook, "Comparison").get_by_role("radio", name="Flicker").check()
    prompt.press_sequentially("a draft")
    compared_mode = "window.notebook.content.widgets[0].outputArea.node.querySelector('[data-mode=flicker]') !== null"
    notebook.page.wait_for_function(compared_mode)
    notebook.page.wait_for_timeout(500)  # the kernel is told; nothing on the page says when it has heard
    notebook.run(2)
    assert notebook.text(2) == "True True 'a draft' flicker\n"


@pytest.mark.thorough
def test_the_app_of_the_notebook_follows_its_cells(open_notebook, request):
    notebook = open_notebook(copy_of=ROOT / "notebooks" / "04_your_own_studio.ipynb")
    for cell in (1, 3):
        notebook.run(cell)
    compared(notebook, f"Turn 1: {CAT}", "Turn 2: give the cat a top hat")
    if request.config.getoption("--screenshots", default=False):
        notebook.page.set_viewport_size({"width": 1100, "height": 1400})
        notebook.page.wait_for_timeout(1000)
        app = notebook.page.locator(".widget-vbox", has=region(notebook, "Comparison"))
        app.screenshot(path=ROOT / "notebooks" / "images" / "parts-light.png")
    notebook.run(5)
    comparison = region(notebook, "Comparison")
    expect(comparison.get_by_role("radio", name="Side by side")).to_be_checked(timeout=PATIENCE_MS)
    for name in (f"Turn 1: {CAT}", "Turn 2: give the cat a top hat"):
        expect(comparison.get_by_role("application", name=name)).to_be_visible()
    errors = [out for cell in (1, 3, 5) for out in notebook.outputs(cell) if out["output_type"] == "error"]
    assert not errors


def test_a_link_ties_a_strip_to_a_comparison_while_a_cell_runs(open_notebook):
    notebook = open_notebook(
        """
import time
import pochade
from ipywidgets import HBox, jslink

s = pochade.Session()
for prompt in ("a cat", "a dog", "a red apple"):
    s.generate(prompt, seed=3)
strip = pochade.TurnStrip(s, lang="en")
compare = pochade.Compare(s[0], session=s)
jslink((strip, "value"), (compare, "right"))
HBox([strip, compare])
""",
        "while compare.right != s[2].id:\n    time.sleep(0.05)\nprint('heard', s.current == s[2])",
        "strip.value = s[1]",
    )
    notebook.run(0)
    expect(turns(notebook)).to_have_count(3, timeout=PATIENCE_MS)
    expect(region(notebook, "Comparison")).to_contain_text("Choose two pictures")
    turns(notebook).first.click()
    compared(notebook, "Turn 1: a cat", "Turn 1: a cat")
    notebook.run(1, wait=False)
    turns(notebook).nth(2).click()
    compared(notebook, "Turn 1: a cat", "Turn 3: a red apple")
    assert notebook.text(1) == "heard True\n"
    notebook.run(2)
    compared(notebook, "Turn 1: a cat", "Turn 2: a dog")
    expect(turns(notebook).nth(1)).to_have_attribute("aria-selected", "true")


def png(width, height):
    """Write a red picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return out.getvalue()


def stroke(notebook, surface, start, end):
    """Drag the pen from one point to another, given as shares of the surface."""
    box, mouse = surface.bounding_box(), notebook.page.mouse
    x, y = (
        [box[corner] + share * box[side] for share in shares]
        for corner, side, shares in zip("xy", ("width", "height"), zip(start, end, strict=True), strict=True)
    )
    mouse.move(x[0], y[0])
    mouse.down()
    mouse.move(x[1], y[1], steps=8)
    mouse.up()


@pytest.mark.thorough
def test_a_cell_hears_of_every_stroke_once_and_a_mask_set_in_code_is_shown(open_notebook):
    notebook = open_notebook(
        """
import numpy as np
import pochade

canvas = pochade.paint_mask(np.full((96, 128, 3), 90, np.uint8))
heard = []
canvas.observe(lambda change: heard.append(canvas.mask.getbbox() is not None), "painted")
canvas
""",
        "print(heard, canvas.version, 0 < canvas.painted < 1, canvas.mask.size)",
        "canvas.mask = (0, 0, 64, 96)\ncanvas",
        "print(heard, canvas.painted)",
    )
    notebook.run(0)
    surface = region(notebook, "Mask canvas").get_by_role("application", name="Mask", exact=True)
    expect(surface).to_be_visible(timeout=PATIENCE_MS)
    stroke(notebook, surface, (0.3, 0.4), (0.6, 0.4))
    notebook.page.wait_for_timeout(400)  # each stroke is a mask of its own
    stroke(notebook, surface, (0.4, 0.6), (0.6, 0.6))
    expect(surface).to_have_attribute("data-painted", re.compile("^[1-9]"))
    notebook.page.wait_for_timeout(1000)  # the kernel is told; nothing on the page says when it has heard
    notebook.run(1)
    assert notebook.text(1) == "[True, True] 2 True (128, 96)\n"
    notebook.run(2)
    for view in range(2):  # it is shown twice by now
        expect(surface.nth(view)).to_have_attribute("data-painted", str(64 * 96))
    region(notebook, "Mask canvas").last.get_by_role("button", name="Undo", exact=True).click()
    for view in range(2):
        expect(surface.nth(view)).not_to_have_attribute("data-painted", str(64 * 96))
    notebook.page.wait_for_timeout(1000)
    notebook.run(3)
    assert notebook.text(3).startswith("[True, True, True, True] 0.")


@pytest.mark.thorough
def test_a_box_without_a_session_calls_a_function_of_ones_own(open_notebook):
    notebook = open_notebook(
        """
import pochade

s = pochade.Session()
box, seen = pochade.PromptBox(lang="zh"), []
box.on_submit(lambda words, pictures: seen.append((words, [p.size for p in pictures], s.say(words).prompt)))
box
""",
        "print(seen)",
        "box.lang = 'en'",
    )
    notebook.run(0)
    chinese = region(notebook, "提示词框")
    prompt = chinese.get_by_role("textbox")
    expect(prompt).to_be_enabled(timeout=PATIENCE_MS)
    chooser = chinese.locator("input[type=file]")
    chooser.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": png(3, 2)})
    expect(chinese.get_by_role("listitem")).to_have_count(1)
    prompt.fill("a red apple")
    expect(chinese.get_by_role("button", name="生成")).to_be_enabled()
    prompt.press("Enter")
    expect(prompt).to_have_value("")
    notebook.run(2)
    english = region(notebook, "Prompt box")
    expect(english.get_by_role("button", name="Generate")).to_be_visible()
    expect(english.get_by_role("alert")).to_have_count(0)
    for _ in range(120):
        notebook.run(1)
        if notebook.text(1) != "[]\n":
            break
        notebook.page.wait_for_timeout(250)
    assert notebook.text(1) == "[('a red apple', [(3, 2)], 'a red apple')]\n"


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AUDIT = """
async rules => {
    const {violations} = await axe.run(".pochade", {runOnly: {type: "tag", values: rules}});
    return violations.flatMap(({id, help, nodes}) => nodes.map(node => `${id}: ${help}: ${node.html}`));
}
"""


@pytest.mark.thorough
def test_axe_finds_nothing_wrong_with_any_part(open_notebook):
    from axe_playwright_python.base import AXE_FILE_PATH

    notebook = open_notebook(
        """
import pochade
from ipywidgets import HBox, VBox

s = pochade.Session()
turn = s.generate("a cat", seed=3)
parts = [pochade.PromptBox(s), pochade.TurnStrip(s, turn), pochade.Compare(turn, turn), pochade.PromptBox(lang="zh")]
VBox([*parts, HBox([pochade.paint_mask(turn), pochade.Compare()])])
"""
    )
    notebook.run(0)
    expect(notebook.page.locator(".pochade")).to_have_count(6, timeout=PATIENCE_MS)
    expect(region(notebook, "Comparison").first.locator("canvas").first).to_be_visible()
    expect(region(notebook, "Mask canvas").get_by_role("application", name="Mask", exact=True)).to_be_visible()
    notebook.page.add_script_tag(path=AXE_FILE_PATH)
    # JupyterLab's body is 0 pixels high and hides what overflows: axe would take all text for hidden and pass over it
    notebook.page.add_style_tag(content="body { height: 100vh }")
    for theme in ("Light", "Dark"):
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(500)  # colours change slowly
        assert notebook.page.evaluate(AUDIT, RULES) == [], theme


DETACHED = """
function () {
    const lost = node => {
        try {
            return !node.isConnected && String(node.getAttribute("class")).includes("pochade");
        } catch {
            return false;  // a prototype, which is no element itself
        }
    };
    return [...this].filter(lost).map(node => node.outerHTML.slice(0, 200));
}
"""


def detached(page):
    """Return the elements of ours that are on no page and still in memory."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("HeapProfiler.enable")
    for _ in range(2):  # what the first sweep finishes, the second frees
        cdp.send("HeapProfiler.collectGarbage")
    prototype = cdp.send("Runtime.evaluate", {"expression": "Element.prototype"})["result"]["objectId"]
    elements = cdp.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    asked = {"objectId": elements, "functionDeclaration": DETACHED, "returnByValue": True}
    found = cdp.send("Runtime.callFunctionOn", asked)["result"]["value"]
    cdp.detach()
    return found


@pytest.mark.thorough
def test_parts_shown_and_closed_ten_times_leave_no_view(open_notebook, page):
    notebook = open_notebook(
        """
import pochade
from ipywidgets import VBox

s = pochade.Session()
turn = s.generate("a cat", seed=3)
parts = [pochade.PromptBox(s), pochade.TurnStrip(s), pochade.Compare(turn, turn), pochade.paint_mask(turn)]
""",
        "app = VBox(parts)\napp",
        "app.close()\nfor part in parts:\n    part.close()",
    )
    notebook.run(0)
    ours = page.locator(".pochade")
    for number in range(10):
        notebook.run(1)
        expect(ours).to_have_count(4, timeout=PATIENCE_MS)
        expect(region(notebook, "Comparison").locator("canvas").first).to_be_visible()
        expect(region(notebook, "Mask canvas").get_by_role("application", name="Mask", exact=True)).to_be_visible()
        if number < 9:
            notebook.select(1)
            notebook.command("notebook:clear-cell-output")
            expect(ours).to_have_count(0)
    notebook.run(2)
    expect(ours).to_have_count(0)
    assert detached(page) == []
