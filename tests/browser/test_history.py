"""The history of a Studio as a person uses it: the tree, the search, stars, deletion and comparison."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BRANCHES = """
import pochade
s = pochade.Session()
cat = s.generate("a cat on a blue background", seed=1)
s.say("make the background green", seed=2)
s.current = cat
s.say("give the cat a top hat", seed=3)
s
"""

THOUSAND = """
import dataclasses, pochade
s = pochade.Session()
first = s.generate("a cat on a blue background", seed=1)
store, names = first.store, [first.id]
for k in range(1, 1000):
    parent = None if k % 40 == 0 else names[k - 1 - (k % 7 == 0)]
    names.append(store.new_id("a cat", k))
    store.add(dataclasses.replace(first.record, id=names[k], parent=parent, prompt=f"cat number {k}"), {})
s.current = names[-1]
s
"""


def opened(open_notebook, *cells):
    notebook = open_notebook(*cells)
    notebook.run(0)
    notebook.view.wait_until_usable()
    return notebook


def test_the_tree_shows_the_branches_and_arrow_keys_follow_them(open_notebook):
    notebook = opened(open_notebook, BRANCHES, "print(s.current.prompt)")
    view = notebook.view
    view.button("Show the tree").click()
    tree = view.region.get_by_role("tree", name="Turns")
    items = tree.get_by_role("treeitem")
    expect(items).to_have_count(3)
    boxes = {int(item.get_attribute("aria-label").split()[1][:-1]): item.bounding_box() for item in items.all()}
    assert boxes[1]["x"] < boxes[2]["x"] == boxes[3]["x"], "generations stand from left to right"
    assert boxes[1]["y"] == boxes[2]["y"] < boxes[3]["y"], "the other branch stands below"
    hat = items.and_(notebook.page.get_by_label("Turn 3: give the cat a top hat"))
    expect(hat).to_have_attribute("aria-selected", "true")
    expect(hat).to_have_attribute("aria-level", "2")
    hat.focus()
    keyboard = notebook.page.keyboard
    keyboard.press("ArrowUp")
    green = items.and_(notebook.page.get_by_label("Turn 2: make the background green"))
    expect(green).to_be_focused()
    keyboard.press("ArrowLeft")
    expect(items.and_(notebook.page.get_by_label(re.compile("^Turn 1:")))).to_be_focused()
    keyboard.press("ArrowRight")
    expect(hat).to_be_focused()  # of the two it leads to the current path's
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(green).to_have_attribute("aria-selected", "true")
    view.picture("make the background green").wait_for()
    notebook.run(1)
    assert notebook.text(1) == "make the background green\n"


@pytest.mark.thorough
def test_turns_are_found_starred_deleted_and_brought_back(open_notebook):
    notebook = opened(
        open_notebook, BRANCHES, "print([(t.prompt[:4], t.starred) for t in s.turns], s.current.prompt[:4])"
    )
    view, page = notebook.view, notebook.page
    view.button("Star").click()
    expect(view.turns.last).to_have_accessible_name("Turn 3: give the cat a top hat, starred")
    view.button("Search the prompts").click()
    page.keyboard.type("the BACKGROUND")
    found = view.region.get_by_role("listbox", name="Turns found").get_by_role("option")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text(["the", "background"])
    page.keyboard.press("Escape")
    expect(found).to_have_count(3)
    view.region.get_by_role("button", name="Starred only").click()
    expect(found).to_have_count(1)
    expect(view.region.get_by_role("status").get_by_text("1 turn found")).to_be_visible()
    view.button("Close the search").click()
    expect(view.button("Search the prompts")).to_be_focused()
    view.button("More actions").click()
    view.region.get_by_role("menuitem", name="Delete").click()
    expect(view.turns).to_have_count(2)
    view.picture("a cat on a blue background").wait_for()
    expect(view.region.get_by_text("Turn 3 deleted.")).to_be_visible()
    view.region.locator(".pochade-deleted").get_by_role("button", name="Undo").click()
    expect(view.turns).to_have_count(3)
    expect(view.region.get_by_text("Turn 3 deleted.")).to_be_hidden()
    notebook.run(1)
    assert notebook.text(1) == "[('a ca', False), ('make', False), ('give', True)] a ca\n"


@pytest.mark.thorough
def test_any_two_turns_are_compared_by_keys_alone(open_notebook):
    notebook = opened(open_notebook, BRANCHES)
    view, keyboard = notebook.view, notebook.page.keyboard
    view.turns.nth(1).focus()
    keyboard.press("Shift+Enter")
    comparing = view.region.get_by_role("region", name="Compare")
    divider = comparing.get_by_role("slider", name="Divider")
    expect(divider).to_have_attribute("aria-valuetext", "50% Turn 2, 50% Turn 3")
    expect(view.button("Close the comparison")).to_be_focused()
    divider.focus()
    keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    comparing.get_by_role("button", name="Swap sides").press("Enter")
    expect(divider).to_have_attribute("aria-valuetext", "100% Turn 3, 0% Turn 2")
    comparing.get_by_role("radio", name="Slider").focus()
    keyboard.press("ArrowRight")
    expect(comparing.get_by_role("application")).to_have_count(2)
    keyboard.press("ArrowRight")
    expect(comparing.get_by_role("status")).to_have_text(re.compile(r"^Mean difference [\d.]+ of 255\. [\d.]+%"))
    comparing.get_by_role("combobox", name="Left").select_option(label="Turn 2: make the background green")
    expect(comparing.get_by_role("status")).to_have_text("The pictures are the same in every pixel.")
    keyboard.press("ArrowRight")
    keyboard.press("Escape")
    expect(comparing).to_be_hidden()
    expect(view.turns.nth(1)).to_be_focused()


ELEMENTS = "studio => studio.querySelectorAll('*').length"


@pytest.mark.thorough
def test_a_thousand_turns_are_all_within_reach_and_few_of_them_in_the_page(open_notebook):
    notebook = opened(open_notebook, THOUSAND)
    view, page = notebook.view, notebook.page
    expect(view.turns.last).to_have_accessible_name("Turn 1000: cat number 999")
    assert view.turns.count() < 60
    at_rest = view.region.evaluate(ELEMENTS)
    view.button("Show the tree").click()
    tree = view.region.get_by_role("tree", name="Turns")
    last = tree.get_by_role("treeitem", name="Turn 1000: cat number 999", exact=True)
    last.focus()
    expect(view.region.get_by_role("button", name="Show earlier turns")).to_be_hidden()
    most = tree.evaluate(
        """async tree => {
            const frame = tree.closest(".pochade-tree");
            const studio = frame.closest(".pochade");
            let most = 0;
            for (let k = 0; k <= 60; k++) {
                frame.scrollTop = (frame.scrollHeight - frame.clientHeight) * k / 60;
                frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) * k / 60;
                await new Promise(requestAnimationFrame);
                most = Math.max(most, studio.querySelectorAll("*").length);
            }
            return most;
        }"""
    )
    assert most < at_rest + 700
    last.focus()
    page.keyboard.press("Home")
    first = tree.get_by_role("treeitem", name=re.compile("^Turn 1: a cat"))
    expect(first).to_be_focused()
    expect(first.locator("img")).to_be_visible()  # its thumbnail was asked for
    page.keyboard.press("Enter")
    view.picture("a cat on a blue background").wait_for()
    view.button("Search the prompts").click()
    page.keyboard.type("number 500")
    found = view.region.get_by_role("listbox", name="Turns found").get_by_role("option")
    expect(found).to_have_count(1)
    found.click()
    view.picture("cat number 500").wait_for()


def test_every_turn_stays_in_sight_when_the_row_has_no_size_for_a_moment(open_notebook):
    paint = "import pochade\ns = pochade.Session()\nfor seed in range(5):\n    t = s.generate('a cat', seed=seed)\ns"
    notebook = opened(open_notebook, paint)
    expect(notebook.view.turns).to_have_count(5)
    # As a theme does while its style sheet is exchanged: gone when a frame begins, back before that frame is laid out.
    notebook.page.evaluate(
        """() => {
            const row = document.querySelector("section.pochade .pochade-strip");
            requestAnimationFrame(() => { row.style.display = "none"; });
            row.dispatchEvent(new Event("scroll"));
            requestAnimationFrame(() => { row.style.display = ""; });
            return new Promise((done) => setTimeout(done, 500));
        }"""
    )
    expect(notebook.view.turns).to_have_count(5)
