"""The canvas: what a hand, a finger or a key paints is what arrives, pixel for pixel."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CAT = "a cat on a blue background"
SHOW = "import pochade\ns = pochade.Session()\ns"
PAINTED = f"t = s.generate({CAT!r}, seed=3)"
WIDTH, HEIGHT = 200, 120
ALONE = f"""
import hashlib, pochade
from PIL import Image
p = pochade.paint_mask(Image.new("RGB", ({WIDTH}, {HEIGHT}), "teal"))
p
"""


class Canvas:
    """The view of a picture, in the picture's own pixels."""

    def __init__(self, region):
        self.region = region
        self.page = region.page
        self.surface = region.get_by_role("application", name="Mask", exact=True)
        expect(self.surface).to_have_attribute("data-scale", re.compile(r"\d"))
        region.get_by_role("img").first.scroll_into_view_if_needed()

    def look(self):
        """How large the picture is shown, and where on the page its corner is."""
        box = self.surface.bounding_box()
        scale, left, top = (float(self.surface.get_attribute(f"data-{name}")) for name in ("scale", "left", "top"))
        return scale, box["x"] + left, box["y"] + top

    def at(self, x, y):
        """Where on the page a point of the picture is."""
        scale, left, top = self.look()
        return left + scale * x, top + scale * y

    def under(self, x, y):
        """Which point of the picture is at a place on the page."""
        scale, left, top = self.look()
        return (x - left) / scale, (y - top) / scale

    def button(self, name):
        return self.region.get_by_role("button", name=name, exact=True)

    def drag(self, *points, button="left"):
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=4)
        mouse.up(button=button)

    def set(self, slider, value):
        """Drag a slider to a value, as its own numbers go."""
        self.region.get_by_role("slider", name=slider, exact=True).fill(str(value))

    def has_painted(self, pattern="[1-9]"):
        expect(self.surface).to_have_attribute("data-painted", re.compile(f"^{pattern}"))

    def painted(self):
        """How many pixels are painted, once the picture on the screen shows them."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return int(self.surface.get_attribute("data-painted"))

    def mask(self):
        """The mask as the menu saves it."""
        self.button("Mask menu").click()
        with self.page.expect_download() as download:
            self.button("Save").click()
        self.page.keyboard.press("Escape")
        image = Image.open(io.BytesIO(download.value.path().read_bytes()))
        assert image.mode == "L"
        return np.asarray(image)


@pytest.fixture
def alone(open_notebook):
    """A canvas without a session: nothing to be waited for but the picture."""
    notebook = open_notebook(ALONE, "print(hashlib.sha256(p.mask.tobytes()).hexdigest())")
    notebook.run(0)
    return notebook, Canvas(notebook.page.get_by_role("region", name="Mask canvas"))


def digest(mask):
    import hashlib

    return hashlib.sha256(mask.tobytes()).hexdigest()


@pytest.mark.thorough
def test_a_soft_stroke_arrives_to_the_bit_and_the_mask_stays_for_the_next_prompt(open_notebook):
    notebook = open_notebook(
        "import hashlib\n" + SHOW,
        PAINTED,
        "print(*(hashlib.sha256(turn.mask.tobytes()).hexdigest() for turn in s[1:]))",
    )
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture(CAT).wait_for()
    canvas = Canvas(notebook.studio)
    canvas.set("Hardness", 0)
    canvas.set("Opacity", 60)
    side = notebook.view.picture(CAT).evaluate("picture => Number(picture.dataset.width)")
    canvas.drag((0.2 * side, 0.3 * side), (0.4 * side, 0.6 * side), (0.7 * side, 0.4 * side))
    canvas.has_painted()
    mask = canvas.mask()
    assert mask.shape == (side, side)
    assert len(np.unique(mask)) > 20, "a soft stroke has many levels"
    assert mask.max() == 153, "60 % of 255"
    notebook.view.ask("make the background green")
    notebook.view.ask("make the background yellow")
    canvas.button("Clear mask").click()
    canvas.has_painted("0")
    canvas.button("Mask menu").click()
    canvas.button("From this turn").click()
    canvas.has_painted()
    notebook.view.ask("make the background red")
    notebook.run(2)
    assert notebook.text(2).split() == [digest(mask)] * 3


def test_what_is_painted_zoomed_in_lands_on_the_pixels_under_the_pointer(alone):
    notebook, canvas = alone
    page = notebook.page
    before = page.evaluate("window.notebook.content.node.scrollTop")
    canvas.set("Brush size", 1)
    pointer = tuple(map(round, canvas.at(150.5, 90.5)))  # a wheel's event knows whole pixels only
    point = canvas.under(*pointer)
    page.mouse.move(*pointer)
    page.keyboard.down("Control")
    for _ in range(8):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function("scale => Number(document.querySelector('[data-scale]').dataset.scale) > scale", arg=12)
    assert page.evaluate("window.notebook.content.node.scrollTop") == before, "zooming must not scroll the notebook"
    assert canvas.at(*point) == pytest.approx(pointer, abs=0.01), "the point under the pointer stays there"
    page.mouse.click(*canvas.at(150.5, 90.5))
    canvas.drag((152.5, 92.5), (156.5, 92.5))
    canvas.has_painted()
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[90, 150] = 255
    expected[92, 152:157] = 255
    assert np.array_equal(canvas.mask(), expected)
    left = float(canvas.surface.get_attribute("data-left"))
    canvas.drag((150, 90), (153, 90), button="middle")
    assert float(canvas.surface.get_attribute("data-left")) > left, "the middle button moves the picture"
    assert canvas.painted() == 6
    page.wait_for_timeout(600)  # the kernel is told when the hand has rested; nothing on the page says so
    notebook.run(1)
    assert notebook.text(1).strip() == digest(expected)


@pytest.mark.thorough
def test_shapes_fill_what_they_go_round_and_fifty_steps_are_undone_and_done_again(alone):
    notebook, canvas = alone
    canvas.button("Ellipse").click()
    canvas.drag((20, 20), (100, 80))
    assert canvas.painted() == pytest.approx(np.pi * 40 * 30, rel=0.06)
    ellipse = canvas.mask()
    rows, columns = np.nonzero(ellipse)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((20, 99, 20, 79), abs=1)
    canvas.button("Lasso").click()
    canvas.button("Replace").click()
    canvas.drag((120, 20), (180, 20), (180, 100), (120, 100))
    assert canvas.painted() == pytest.approx(60 * 80, rel=0.06)
    canvas.button("Polygon").click()
    canvas.button("Add").click()
    for point in ((10, 10), (50, 10), (50, 50)):
        notebook.page.mouse.click(*canvas.at(*point))
    notebook.page.keyboard.press("Enter")
    lasso = canvas.painted()
    assert lasso == pytest.approx(60 * 80 + 800, rel=0.06)
    canvas.button("Brush").click()
    canvas.set("Brush size", 30)
    for step in range(50):
        notebook.page.mouse.click(*canvas.at(5 + 3.8 * step, 110))
    many = canvas.mask()
    for _ in range(50):
        notebook.page.keyboard.press("Control+z")
    assert canvas.painted() == lasso
    for _ in range(50):
        notebook.page.keyboard.press("Control+Shift+z")
    assert np.array_equal(canvas.mask(), many)


@pytest.mark.thorough
def test_everything_is_painted_with_the_keyboard_alone(alone):
    notebook, canvas = alone
    keyboard = notebook.page.keyboard
    canvas.surface.focus()
    keyboard.press("[")
    for _ in range(3):
        keyboard.press("ArrowLeft")
    keyboard.down("Space")
    for _ in range(6):
        keyboard.press("ArrowRight")
    keyboard.up("Space")
    columns = np.nonzero(canvas.mask().max(axis=0))[0]
    stroke = canvas.painted()
    assert columns.max() - columns.min() > 30, "a stroke along the way, not a dab"
    canvas.surface.focus()
    keyboard.press("m")
    expect(canvas.button("Rectangle")).to_have_attribute("aria-pressed", "true")
    keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        keyboard.press(key)
    keyboard.press("Enter")
    assert canvas.painted() > stroke
    canvas.surface.focus()
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    assert canvas.painted() == 0
    keyboard.press("+")
    keyboard.press("+")
    expect(canvas.region.get_by_role("group", name="Zoom")).not_to_contain_text("100%")
    keyboard.press("0")
    canvas.button("Mask menu").press("Enter")
    canvas.button("Select all").press("Enter")
    keyboard.press("Escape")
    assert canvas.painted() == WIDTH * HEIGHT


def touch(page, kind, *points):
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    page.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_one_finger_paints_and_two_fingers_zoom_without_painting(alone):
    notebook, canvas = alone
    page = notebook.page
    page.touch = page.context.new_cdp_session(page)
    page.touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    touch(page, "touchStart", canvas.at(40, 60))
    for x in (60, 80, 100):
        touch(page, "touchMove", canvas.at(x, 60))
    touch(page, "touchEnd")
    canvas.has_painted()
    stroke = canvas.painted()
    columns = np.nonzero(canvas.mask().max(axis=0))[0]
    assert (columns.min() < 40, columns.max() > 100) == (True, True)
    scale = float(canvas.surface.get_attribute("data-scale"))
    a, b = canvas.at(90, 20), canvas.at(110, 20)
    touch(page, "touchStart", a)
    touch(page, "touchMove", (a[0] - 3, a[1]))
    touch(page, "touchStart", (a[0] - 3, a[1]), b)
    for apart in (10, 20, 30, 40):
        touch(page, "touchMove", (a[0] - apart, a[1]), (b[0] + apart, b[1]))
    touch(page, "touchEnd")
    assert canvas.painted() == stroke, "the beginning of a pinch must not paint"
    assert float(canvas.surface.get_attribute("data-scale")) > 1.5 * scale
    touch(page, "touchStart", canvas.at(100, 30))
    touch(page, "touchEnd")
    assert canvas.painted() > stroke, "after the pinch a finger paints again"


@pytest.mark.thorough
def test_the_edges_are_dragged_outward_and_the_next_turn_has_the_larger_size(open_notebook):
    notebook = open_notebook(SHOW, PAINTED, "print(s[-1].size, s[-1].parent == s[0])")
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture(CAT).wait_for()
    canvas = Canvas(notebook.studio)
    side = notebook.view.picture(CAT).evaluate("picture => Number(picture.dataset.width)")
    canvas.button("Extend").click()
    handle = notebook.studio.get_by_role("slider", name="Right margin")
    box = handle.bounding_box()
    scale = float(canvas.surface.get_attribute("data-scale"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = notebook.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 17 * scale, y, steps=5)
    mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "16")
    top = notebook.studio.get_by_role("slider", name="Top margin")
    top.press("ArrowUp")
    expect(top).to_have_attribute("aria-valuenow", "8")
    notebook.view.ask("make the background green")
    expect(top).to_have_attribute("aria-valuenow", "0")
    notebook.run(2)
    assert notebook.text(2).strip() == f"({side + 16}, {side + 8}) True"
