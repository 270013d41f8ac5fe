"""Whether everyone can use the Studio: axe finds nothing in any state or theme, and the keyboard reaches everything."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
CAT = "a cat on a blue background"
SHOW = "import pochade\ns = pochade.Session()\ns"
PAINTED = f"t = s.generate({CAT!r}, seed=3)"
LONG = f"job = s.submit({CAT!r}, seed=3, steps=1000)"
# The model is taken away between choosing it and painting with it, so the first job fails for a real reason.
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
TAKE_AWAY = "shutil.rmtree(model)"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What something else lies over, axe passes over: that must not happen unnoticed.
AUDIT = """
async (region, rules) => {
    const asked = {runOnly: {type: "tag", values: rules}, resultTypes: ["violations", "incomplete"]};
    const {violations, incomplete} = await axe.run(region, asked);
    const contrast = node => node.any.find(({data}) => data?.messageKey || data?.contrastRatio)?.data ?? {};
    const covered = incomplete.map(({nodes, ...rule}) =>
        ({...rule, nodes: nodes.filter(node => contrast(node).messageKey === "bgOverlap")}));
    return [...violations, ...covered].flatMap(({id, help, nodes}) => nodes.map(node => {
        const {bgColor, fgColor, contrastRatio} = contrast(node);
        const measured = contrastRatio ? ` (${fgColor} on ${bgColor}: ${contrastRatio})` : "";
        return `${id}: ${help}${measured}: ${node.html}`;
    }));
}
"""


def load_axe(notebook):
    from axe_playwright_python.base import AXE_FILE_PATH

    notebook.page.add_script_tag(path=AXE_FILE_PATH)
    # JupyterLab's body is 0 pixels high and hides what overflows: axe would take all text for hidden and pass over it.
    # Its outputs clip what overflows too. A popover is in the top layer, which nothing clips and nothing covers, but
    # axe does not know that layer: it would pass over lines outside the output, and take others for covered by the
    # next cell.
    notebook.page.add_style_tag(
        content="""
        body { height: 100vh }
        .jp-OutputArea, .jp-OutputArea-child, .jp-OutputArea-output { overflow: visible }
        .pochade .pochade-popover { z-index: 9 }
        """
    )


def audit(notebook, theme):
    """What axe says about the Studio alone, once its colours have come to rest."""
    notebook.studio.evaluate(
        """studio => Promise.allSettled(studio.getAnimations({subtree: true})
            .filter(({transitionProperty}) => transitionProperty).map(({finished}) => finished))"""
    )
    return [f"{theme}: {line}" for line in notebook.studio.evaluate(AUDIT, RULES)]


def violations(notebook):
    found = []
    for theme in ("Light", "Dark"):
        notebook.set_theme(theme)
        found += audit(notebook, theme)
    return found


def working(notebook):
    return notebook.studio.get_by_role("progressbar", name="Progress").and_(
        notebook.page.locator('[aria-valuenow]:not([aria-valuenow="0"])')
    )


def show_empty(open_notebook):
    notebook = open_notebook(SHOW)
    notebook.run(0)
    notebook.view.wait_until_usable()
    return notebook


def show_picture(open_notebook):
    notebook = open_notebook(SHOW, PAINTED)
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture(CAT).wait_for()
    notebook.view.prompt.fill("make the background green")  # so that Generate can be pressed
    return notebook


def show_painting(open_notebook):
    notebook = open_notebook(SHOW, PAINTED, LONG)
    notebook.run(0)
    notebook.run(1)
    notebook.run(2)
    working(notebook).wait_for(timeout=PATIENCE_MS)
    return notebook


def show_failed(open_notebook):
    notebook = open_notebook(SHOW_WITHOUT_WEIGHTS, TAKE_AWAY)
    notebook.run(0)
    notebook.view.wait_until_usable()  # by then the model's card was read
    notebook.run(1)
    notebook.view.prompt.fill(CAT)
    notebook.view.prompt.press("Enter")
    expect(notebook.studio.get_by_role("alert").first).to_be_visible(timeout=PATIENCE_MS)
    return notebook


def show_restarted(open_notebook):
    notebook = show_picture(open_notebook)
    notebook.restart_kernel()
    expect(notebook.studio.get_by_role("alert")).to_contain_text(re.compile("restarted"), timeout=PATIENCE_MS)
    return notebook


@pytest.mark.parametrize(
    "show",
    [
        show_empty,
        show_picture,
        show_failed,
        pytest.param(show_painting, marks=pytest.mark.thorough),
        pytest.param(show_restarted, marks=pytest.mark.thorough),
    ],
)
def test_axe_finds_nothing_against_wcag_in_the_light_and_in_the_dark_theme(open_notebook, show):
    notebook = show(open_notebook)
    load_axe(notebook)
    assert violations(notebook) == []
    if show is show_painting:
        assert working(notebook).count() == 1, "the picture was finished before everything was looked at"
        notebook.view.button("Stop").click()


@pytest.mark.thorough
def test_axe_would_have_found_a_nameless_button_and_faint_words(open_notebook):
    notebook = show_empty(open_notebook)
    load_axe(notebook)
    notebook.studio.evaluate(
        """studio => studio.insertAdjacentHTML(
            "beforeend", "<button></button><p style='color: #888; background: #777'>faint</p>")"""
    )
    found = {line.split(": ")[1] for line in violations(notebook)}
    assert found == {"button-name", "color-contrast"}


@pytest.mark.thorough
def test_what_opens_at_a_click_pleases_axe_and_closes_at_escape_or_a_second_click(open_notebook):
    notebook = show_picture(open_notebook)
    load_axe(notebook)
    openers = notebook.studio.locator("button[aria-haspopup][aria-expanded='false']:enabled:visible")
    names = [button.evaluate("node => node.ariaLabel ?? node.innerText") for button in openers.all()]
    found = []
    for theme in ("Light", "Dark"):
        notebook.set_theme(theme)
        for name in names:
            button = notebook.studio.get_by_role("button", name=name, exact=True).first
            button.click()
            expect(button).to_have_attribute("aria-expanded", "true")
            found += [f"{name}: {line}" for line in audit(notebook, theme)]
            notebook.page.keyboard.press("Escape")
            expect(button).to_have_attribute("aria-expanded", "false")
            expect(button).to_be_focused()
            button.click()
            expect(button).to_have_attribute("aria-expanded", "true")
            button.click()
            expect(button).to_have_attribute("aria-expanded", "false")
    assert found == []


FOCUSED = """
region => {
    const at = document.activeElement;
    if (!region.contains(at)) return null;
    const all = [...region.querySelectorAll("*")];
    return {place: all.indexOf(at), html: at.cloneNode(false).outerHTML, outlined: at.matches(":focus-visible")};
}
"""
STOPS = """
region => [...region.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter(node => node.tabIndex >= 0 && !node.disabled && !node.matches("fieldset:disabled *")
        && node.checkVisibility({visibilityProperty: true}))
    .map(node => [...region.querySelectorAll("*")].indexOf(node))
"""


def walk(notebook, key):
    """Press Tab from one edge of the Studio to the other; every place where the focus stopped."""
    keyboard, stops = notebook.page.keyboard, []
    keyboard.press(key)
    while (focused := notebook.studio.evaluate(FOCUSED)) is not None:
        stops.append(focused)
        assert len(stops) < 200, f"{key} never leaves the Studio: {[stop['html'] for stop in stops[-4:]]}"
        keyboard.press(key)
    return stops


def put_focus_beside(notebook, where):
    """Set the focus right before or right after the Studio, as if Tab had come from there."""
    notebook.studio.evaluate(
        """(region, where) => {
            const stop = document.createElement("button");
            stop.dataset.beside = "";
            region.insertAdjacentElement(where, stop);
            stop.focus();
        }""",
        where,
    )


@pytest.mark.thorough
def test_tab_reaches_every_control_in_reading_order_and_leaves_again_both_ways(open_notebook):
    notebook = show_picture(open_notebook)
    expected = notebook.studio.evaluate(STOPS)
    put_focus_beside(notebook, "beforebegin")
    stops = walk(notebook, "Tab")
    assert [stop["place"] for stop in stops] == expected
    assert len(expected) >= 6, "mask, tools, prompt, Generate, turns"
    assert [stop["html"] for stop in stops if not stop["outlined"]] == [], "the focus is not shown"
    put_focus_beside(notebook, "afterend")
    assert [stop["place"] for stop in walk(notebook, "Shift+Tab")] == expected[::-1]


def test_a_picture_is_made_masked_and_changed_with_the_keyboard_alone(open_notebook):
    notebook = open_notebook(SHOW, "print(len(s), s[1].mask is not None)")
    notebook.run(0)
    view, keyboard = notebook.view, notebook.page.keyboard
    view.wait_until_usable()
    view.prompt.focus()
    keyboard.type(CAT)
    keyboard.press("Enter")
    view.picture(CAT).wait_for(timeout=PATIENCE_MS)
    surface = notebook.studio.get_by_role("application", name="Mask")
    surface.focus()
    keyboard.press("ArrowLeft")
    keyboard.press("Space")
    expect(surface).to_have_attribute("data-painted", re.compile("^[1-9]"))
    view.prompt.focus()
    keyboard.type("make the background green")
    keyboard.press("Enter")
    view.picture("make the background green").wait_for(timeout=PATIENCE_MS)
    notebook.run(1)
    assert notebook.text(1) == "2 True\n"


@pytest.mark.thorough
def test_every_button_says_what_it_does(open_notebook):
    notebook = show_picture(open_notebook)
    spoken = notebook.studio.aria_snapshot()
    assert '- button "Generate"' in spoken
    assert re.findall(r"- (?:button|slider|textbox|application|option|treeitem)(?! \")[^\n]*", spoken) == []


MOVING = """
region => region.getAnimations({subtree: true}).filter(({playState}) => playState === "running")
    .map(animation => animation.animationName ?? animation.transitionProperty)
"""
WATCH_SCROLLS = """
() => {
    window.smooth = [];
    for (const name of ["scrollTo", "scrollBy", "scrollIntoView"]) {
        const plain = Element.prototype[name];
        Element.prototype[name] = function (...given) {
            if (given[0]?.behavior === "smooth") window.smooth.push(this.className);
            return plain.apply(this, given);
        };
    }
}
"""


@pytest.mark.thorough
def test_whoever_wants_no_motion_gets_none(open_notebook):
    notebook = show_painting(open_notebook)
    page = notebook.page
    assert notebook.studio.evaluate(MOVING) != [], "nothing moves while it works, so this test says nothing"
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(WATCH_SCROLLS)
    page.wait_for_function("matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert notebook.studio.evaluate(MOVING) == []
    notebook.view.button("Stop").click()
    notebook.view.button("Generate").wait_for()
    notebook.view.ask("make the background green")  # the turns scroll to the new one
    assert page.evaluate("window.smooth") == []
