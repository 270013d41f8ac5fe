"""How the Studio looks: screenshots beside the references in shots/, in both themes, in a wide and in a narrow cell.

What differs from run to run or from machine to machine is covered before comparing: pictures, thumbnails and measured
times. Of the rest at most half a percent of the pixels may differ by more than 32 of 255 levels in any channel, and
the mean difference may be half a level: that leaves room for a letter that is drawn a little otherwise, not for a moved
button. Another browser or other fonts move everything, so the references say what they were made with, and where that
is something else nothing is compared. `pytest tests/browser/test_looks.py --update-shots` writes them anew.
"""

import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from browsing import PATIENCE_MS
from lacking import lacking
from PIL import Image
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

SHOTS = Path(__file__).parent / "shots"
ARTIFACTS = Path(__file__).parents[2] / "test-results"
WIDTHS = (1280, 380)
THEMES = ("Light", "Dark")
LEVELS = 32
SHARE = 0.005
MEAN = 0.5
COVER = "#808080"

CAT = "a cat on a blue background"
SHOW = "import pochade\ns = pochade.Session()\ns"
PAINTED = f"t = s.generate({CAT!r}, seed=3)"
TIMES = re.compile(r"^\d+(\.\d+)? (s|min)$|step \d|left$|\d:\d\d")
# The model is taken away between choosing it and painting with it, so the job fails for a real reason.
SHOW_WITHOUT_WEIGHTS = """
import shutil, tempfile
from pathlib import Path
import pochade
from pochade.miniature import folder
model = Path(tempfile.mkdtemp()) / "model"
shutil.copytree(folder(), model)
s = pochade.Session(model)
s
"""


def empty(open_notebook):
    notebook = open_notebook(SHOW)
    notebook.run(0)
    notebook.view.wait_until_usable()
    return notebook


def picture(open_notebook):
    notebook = open_notebook(SHOW, PAINTED + "\nt = s.edit('make the background green', seed=3)")
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture("make the background green").wait_for()
    notebook.view.prompt.fill("give the cat a top hat")
    return notebook


def variants(open_notebook):
    notebook = open_notebook(SHOW, f"t = s.generate({CAT!r}, n=4, seed=3)")
    notebook.run(0)
    notebook.run(1)
    notebook.view.wait_for_turns(1)
    notebook.view.button("Generate").wait_for()
    return notebook


def painting(open_notebook):
    notebook = open_notebook(SHOW, PAINTED, f"job = s.submit({CAT!r}, seed=3, steps=1000)")
    notebook.run(0)
    notebook.run(1)
    notebook.run(2)
    moving = notebook.studio.get_by_role("progressbar", name="Progress")
    expect(moving).to_have_attribute("aria-valuenow", re.compile("^[1-9]"), timeout=PATIENCE_MS)
    notebook.studio.locator("canvas[data-preview='true']").wait_for()
    return notebook


def failed(open_notebook):
    notebook = open_notebook(SHOW_WITHOUT_WEIGHTS, "shutil.rmtree(model)")
    notebook.run(0)
    notebook.view.wait_until_usable()  # by then the model's card was read
    notebook.run(1)
    notebook.view.prompt.fill(CAT)
    notebook.view.prompt.press("Enter")
    expect(notebook.studio.get_by_role("alert").first).to_be_visible(timeout=PATIENCE_MS)
    notebook.view.button("Generate").wait_for()
    return notebook


def shoot(notebook, path, width):
    """Take the Studio's screenshot at this width of its cell, at rest and with what varies covered."""
    studio = notebook.studio
    studio.evaluate("(studio, width) => { studio.parentElement.style.width = `${width}px`; }", width)
    # two frames: one in which the containers are measured, one in which the canvases follow
    studio.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    varying = [
        studio.locator("canvas, img"),
        studio.get_by_text(TIMES),
        studio.get_by_role("progressbar"),
        studio.get_by_text(re.compile(re.escape(tempfile.gettempdir()))),  # a failed job names the folder
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    studio.screenshot(path=path, animations="disabled", caret="hide", mask=varying, mask_color=COVER, scale="css")


def circumstances(page):
    """What the browser and its fonts make of the same words: the version, and widths in pixels."""
    widths = page.evaluate(
        """() => {
            const pen = document.createElement("canvas").getContext("2d");
            const family = getComputedStyle(document.body).getPropertyValue("--jp-ui-font-family") || "sans-serif";
            return ["13px", "600 13px", "17px"].map(size => {
                pen.font = `${size} ${family}`;
                return Math.round(100 * pen.measureText("What shall we paint? 0123456789 图片").width) / 100;
            });
        }"""
    )
    return {"chromium": page.context.browser.version.split(".")[0], "widths": widths}


def difference(reference, path):
    """What is different between two screenshots, in a sentence; None where it is within the tolerance."""
    was, now = (np.asarray(Image.open(one).convert("RGB")).astype(int) for one in (reference, path))
    if was.shape != now.shape:
        return f"{path.name}: {now.shape[1]}×{now.shape[0]}, was {was.shape[1]}×{was.shape[0]}"
    apart = np.abs(was - now)
    share, mean = (apart.max(axis=-1) > LEVELS).mean(), apart.mean()
    if share <= SHARE and mean <= MEAN:
        return None
    Image.fromarray(np.minimum(4 * apart, 255).astype(np.uint8)).save(path.with_suffix(".difference.png"))
    return (
        f"{path.name}: {share:.2%} of the pixels differ (at most {SHARE:.1%}), the mean by {mean:.2f} (at most {MEAN})"
    )


@pytest.mark.parametrize("show", [empty, picture, variants, painting, failed])
def test_the_studio_looks_as_it_did(open_notebook, page, request, show):
    names = {(theme, width): f"{show.__name__}-{theme.lower()}-{width}.png" for theme in THEMES for width in WIDTHS}
    update = request.config.getoption("--update-shots", default=False)
    missing = [] if update else [name for name in names.values() if not (SHOTS / name).is_file()]
    if missing:
        reason = f"no reference: {', '.join(missing)} (make them: pytest tests/browser/test_looks.py --update-shots)"
        lacking(reason)
    page.set_viewport_size({"width": 1700, "height": 1300})  # so that the widest cell is not cut off
    notebook = show(open_notebook)
    made_with, here = SHOTS / "made-with.json", circumstances(page)
    if update:
        SHOTS.mkdir(exist_ok=True)
        made_with.write_text(json.dumps(here) + "\n")
    elif here != json.loads(made_with.read_text()):
        pytest.skip(f"the references were made with {made_with.read_text().strip()}, here are {json.dumps(here)}")
    found = []
    for (theme, width), name in names.items():
        notebook.set_theme(theme)
        if update:
            shoot(notebook, SHOTS / name, width)
        else:
            shoot(notebook, ARTIFACTS / "looks" / name, width)
            found.append(difference(SHOTS / name, ARTIFACTS / "looks" / name))
    if show is painting:
        notebook.view.button("Stop").click()
    assert [line for line in found if line] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (0, None),
        (40, None),
        (1000, "now.png: 10.00% of the pixels differ (at most 0.5%), the mean by 25.50 (at most 0.5)"),
    ],
)
def test_a_moved_button_is_told_from_a_redrawn_letter(tmp_path, changed, said):
    before = np.zeros((100, 100, 3), dtype=np.uint8)
    after = before.copy()
    after.reshape(-1, 3)[:changed] = 255 if changed > 100 else 90
    Image.fromarray(before).save(tmp_path / "was.png")
    Image.fromarray(after).save(tmp_path / "now.png")
    assert difference(tmp_path / "was.png", tmp_path / "now.png") == said
