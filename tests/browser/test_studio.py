import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 90_000
SHOW = "import pochade\ns = pochade.Session()\ns"
CAT = "a cat on a blue background"


def turns(notebook):
    return notebook.studio.get_by_role("listbox", name="Turns").get_by_role("option")


def ask(notebook, prompt):
    """Type a prompt as a person does and wait until its turn is the last of the strip."""
    before = turns(notebook).count()
    box = notebook.studio.get_by_role("textbox", name="Prompt")
    box.fill(prompt)
    box.press("Enter")
    expect(turns(notebook)).to_have_count(before + 1, timeout=PATIENCE_MS)
    expect(notebook.studio.get_by_role("button", name="Generate")).to_be_visible(timeout=PATIENCE_MS)


def test_the_first_notebook_runs_and_shows_the_studio(open_notebook):
    notebook = open_notebook(copy_of=ROOT / "notebooks" / "01_first_picture.ipynb")
    notebook.run_all()
    expect(notebook.studio).to_be_visible(timeout=PATIENCE_MS)
    expect(notebook.studio.get_by_role("textbox", name="Prompt")).to_be_enabled(timeout=PATIENCE_MS)
    expect(turns(notebook).first).to_be_visible()
    cells = notebook.page.evaluate("window.notebook.content.widgets.length")
    errors = [out for index in range(cells) for out in notebook.outputs(index) if out["output_type"] == "error"]
    assert not errors


def test_a_typed_prompt_shows_previews_and_then_the_picture(open_notebook):
    notebook = open_notebook(SHOW, "print(len(s), s[-1].prompt)")
    notebook.run(0)
    expect(notebook.studio).to_be_visible()
    notebook.studio.evaluate(
        """studio => {
            window.previews = 0;
            const look = () => { if (studio.querySelector('[data-preview="true"]')) window.previews += 1; };
            new MutationObserver(look).observe(studio, {subtree: true, childList: true, attributes: true});
        }"""
    )
    ask(notebook, CAT)
    assert notebook.page.evaluate("window.previews") > 0
    picture = notebook.studio.get_by_role("img", name=CAT)
    expect(picture).to_be_visible()
    expect(picture).not_to_have_attribute("data-preview", "true")
    notebook.run(1)
    assert notebook.text(1) == f"1 {CAT}\n"


def test_a_mask_painted_with_the_mouse_leaves_every_pixel_outside_alone(open_notebook):
    check = """
import numpy as np
before, after, mask = np.asarray(s[0].image), np.asarray(s[1].image), np.asarray(s[1].mask)
rows, columns = np.nonzero(mask)
print("parent", s[1].parent == s[0], "size", mask.shape == before.shape[:2])
print("painted left half only", bool(columns.max() < mask.shape[1] / 2), "all of it", bool((mask == 0).any()))
print("outside identical", bool((before == after)[mask == 0].all()))
print("inside changed", bool((before != after)[mask > 0].any()))
"""
    notebook = open_notebook(SHOW, check)
    notebook.run(0)
    ask(notebook, CAT)
    surface = notebook.studio.get_by_role("application", name="Mask")
    notebook.studio.get_by_role("button", name="Brush", exact=True).click()
    box = surface.bounding_box()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + 0.15 * box["width"], box["y"] + 0.3 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"], steps=12)
    mouse.up()
    expect(surface).to_have_attribute("data-painted", re.compile("^[1-9]"))
    ask(notebook, "make the background green")
    notebook.run(1)
    assert notebook.text(1).splitlines() == [
        "parent True size True",
        "painted left half only True all of it True",
        "outside identical True",
        "inside changed True",
    ]


WAIT = """
job = s.submit("a cat on a blue background", steps=200)
while not job.done():
    time.sleep(0.02)
print(job.state, len(s))
"""


def stop_when_painting(notebook, cell):
    """Press Stop once steps are being made, and check that the cell was still busy then."""
    progress = notebook.studio.get_by_role("progressbar", name="Progress")
    expect(progress).to_have_attribute("aria-valuenow", re.compile("^[1-9]"), timeout=PATIENCE_MS)
    assert notebook.is_running(cell)
    notebook.studio.get_by_role("button", name="Stop").click()


def test_stop_works_in_the_cell_that_shows_the_studio_and_then_blocks(open_notebook):
    notebook = open_notebook(
        "import time, pochade\ns = pochade.Session()\ndisplay(s)" + WAIT, "print(s.generate('a cat').id == s[0].id)"
    )
    notebook.run(0, wait=False)
    stop_when_painting(notebook, 0)
    assert notebook.text(0) == "cancelled 0\n"
    notebook.run(1)
    assert notebook.text(1) == "True\n", "the session goes on after a stop"


def test_stop_works_while_another_cell_blocks(open_notebook):
    notebook = open_notebook("import time\n" + SHOW, WAIT)
    notebook.run(0)
    expect(notebook.studio.get_by_role("textbox", name="Prompt")).to_be_enabled()
    notebook.run(1, wait=False)
    stop_when_painting(notebook, 1)
    assert notebook.text(1) == "cancelled 0\n"
    expect(notebook.studio.get_by_role("button", name="Generate")).to_be_visible()


@pytest.mark.thorough
def test_after_a_kernel_restart_the_old_view_says_so_and_reopening_brings_every_turn_back(open_notebook):
    notebook = open_notebook(SHOW, "import pochade\ns = pochade.open()\ns")
    notebook.run(0)
    ask(notebook, CAT)
    ask(notebook, "make the background green")
    notebook.restart_kernel()
    old = notebook.page.get_by_role("region", name="Pochade Studio").first
    expect(old.get_by_role("alert")).to_contain_text(re.compile("restarted"), timeout=PATIENCE_MS)
    notebook.run(1)
    expect(turns(notebook)).to_have_count(2, timeout=PATIENCE_MS)
    expect(turns(notebook).nth(0)).to_have_accessible_name(f"Turn 1: {CAT}")
    expect(turns(notebook).nth(1)).to_have_accessible_name("Turn 2: make the background green")
    expect(notebook.studio.get_by_role("img", name="make the background green")).to_be_visible()


def test_a_turn_made_by_a_cell_appears_in_the_open_studio(open_notebook):
    notebook = open_notebook(SHOW, "t = s.generate('a red apple')")
    notebook.run(0)
    expect(notebook.studio.get_by_role("heading", name="What shall we paint?")).to_be_visible()
    notebook.run(1)
    expect(turns(notebook)).to_have_count(1)
    expect(turns(notebook).first).to_have_accessible_name("Turn 1: a red apple")
    expect(notebook.studio.get_by_role("img", name="a red apple")).to_be_visible()


@pytest.mark.thorough
def test_a_variant_that_is_paged_to_is_the_one_that_cells_go_on_from(open_notebook):
    notebook = open_notebook(
        SHOW, "t = s.generate('a dog', n=4, seed=3)", "print(s.current.picked, s.current.image == t[2].image)"
    )
    notebook.run(0)
    expect(notebook.studio).to_be_visible()
    notebook.run(1)
    expect(turns(notebook)).to_have_count(1, timeout=PATIENCE_MS)
    onwards = notebook.studio.get_by_role("button", name="Next picture")
    onwards.click()
    onwards.click()
    expect(notebook.studio.get_by_text("3 of 4")).to_be_visible()
    expect(notebook.studio.get_by_role("img", name="a dog").first).to_be_visible()
    notebook.page.wait_for_timeout(500)  # the kernel is told; nothing on the page says when it has heard
    notebook.run(2)
    assert notebook.text(2) == "2 True\n"


@pytest.mark.thorough
def test_a_click_on_a_turn_branches_there(open_notebook):
    notebook = open_notebook(SHOW, "print([s.turns.index(t.parent) if t.parent else None for t in s.turns])")
    notebook.run(0)
    ask(notebook, CAT)
    ask(notebook, "make the background green")
    turns(notebook).first.click()
    expect(turns(notebook).first).to_have_attribute("aria-selected", "true")
    ask(notebook, "make the background yellow")
    notebook.run(1)
    assert notebook.text(1) == "[None, 0, 0]\n"


CONTRAST = """
box => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, alpha = 1], below) => [r, g, b].map((v, k) => alpha * v + (1 - alpha) * below[k]);
    const paper = node => {
        if (!node) return [255, 255, 255];
        const colour = parse(getComputedStyle(node).backgroundColor);
        return colour[3] === 0 ? paper(node.parentElement) : over(colour, paper(node.parentElement));
    };
    const light = colour => colour.map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
    const [ground, ink] = [paper(box), over(parse(getComputedStyle(box).color), paper(box))].map(light);
    return {ground, contrast: (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05)};
}
"""


def test_the_studio_is_readable_in_the_light_and_in_the_dark_theme(open_notebook, request):
    prompts = (CAT, "give the cat a top hat", "change the background to a sunset")
    notebook = open_notebook(SHOW, f"for prompt in {prompts}:\n    s.say(prompt, seed=3)")
    page = notebook.page
    notebook.run(0)
    notebook.run(1)
    expect(notebook.studio.get_by_role("img", name=prompts[-1])).to_be_visible()
    expect(turns(notebook)).to_have_count(len(prompts))
    artifacts = ROOT / "test-results"
    artifacts.mkdir(exist_ok=True)
    ground = {}
    for theme in ("Light", "Dark"):
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {theme}"
        )
        page.wait_for_function("light => document.body.dataset.jpThemeLight === String(light)", arg=theme == "Light")
        page.wait_for_timeout(500)  # the theme's style sheet arrives a moment after its name
        seen = notebook.studio.get_by_role("textbox", name="Prompt").evaluate(CONTRAST)
        notebook.studio.screenshot(path=artifacts / f"studio-{theme.lower()}.png")
        if theme == "Light" and request.config.getoption("--screenshots", default=False):
            notebook.studio.screenshot(path=ROOT / "notebooks" / "images" / "studio-light.png")
        assert seen["contrast"] >= 4.5, (theme, seen)
        ground[theme] = seen["ground"]
    assert ground["Dark"] < 0.2
    assert ground["Light"] > 0.8
