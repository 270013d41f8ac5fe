"""The Content Credentials of the picture on the canvas, as a person asks for them."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CAT = "a cat on a blue background"
GREEN = "make the background green"
SHOW = f"import pochade\ns = pochade.Session()\nt = s.generate({CAT!r}, seed=3)\ns"
BADGE = "Content Credentials"


def test_the_badge_tells_where_a_picture_comes_from_and_escape_leads_back_to_it(open_notebook):
    notebook = open_notebook(SHOW, f"t = s.edit({GREEN!r}, seed=3)")
    notebook.run(0)
    view, keyboard = notebook.view, notebook.page.keyboard
    view.picture(CAT).wait_for()
    badge, panel = view.button(BADGE), notebook.studio.get_by_role("dialog", name=BADGE)
    badge.click()
    verdict = panel.get_by_role("status")
    expect(verdict).to_contain_text("Trusted")
    expect(panel).to_contain_text(re.compile(r"pochade \d"))
    expect(panel.get_by_text(CAT)).to_be_visible()
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(badge).to_be_focused()
    notebook.run(1)
    view.picture(GREEN).wait_for()
    notebook.studio.get_by_role("application", name="Mask").focus()
    keyboard.press("c")  # the key of the badge, wherever the focus is about the picture
    source = panel.get_by_role("list", name="Made from").get_by_role("listitem")
    expect(source).to_contain_text(["Trusted"])
    expect(source).to_contain_text([CAT])
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_have_count(0)
    expect(badge).to_be_focused()
