"""Many views and one truth: they stay in step, do not mix, free what they held, and come back after any break."""

import pytest
from browsing import PATIENCE_MS, Notebook, View
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CAT = "a cat on a blue background"
GREEN = "make the background green"
SHOW = "import pochade\ns = pochade.Session()\ns"
PAINTED = f"t = s.generate({CAT!r}, seed=3)"


def views(notebook):
    return [View(region) for region in notebook.studios.all()]


def test_two_views_of_one_session_stay_in_step(open_notebook):
    notebook = open_notebook(SHOW, "s")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.studios).to_have_count(2)
    first, second = views(notebook)
    second.wait_until_usable()
    first.ask(CAT)
    second.picture(CAT).wait_for()
    second.ask(GREEN)
    first.picture(GREEN).wait_for()
    expect(first.turns).to_have_count(2)
    second.turns.first.click()
    first.picture(CAT).wait_for()
    expect(first.turns.first).to_have_attribute("aria-selected", "true")


@pytest.mark.thorough
def test_two_pages_on_one_kernel_stay_in_step(open_notebook, lab, page):
    notebook = open_notebook(SHOW)
    notebook.run(0)
    notebook.view.ask(CAT)
    notebook.save()
    second_page = page.context.new_page()
    other = Notebook(second_page, lab, page.url.partition("/tree/")[2].partition("?")[0])
    other.view.picture(CAT).wait_for(timeout=PATIENCE_MS)
    other.view.ask(GREEN)
    notebook.view.picture(GREEN).wait_for()
    expect(notebook.view.turns).to_have_count(2)
    second_page.close()


def test_two_sessions_do_not_mix(open_notebook):
    both = "import pochade\na = pochade.Session()\na"
    notebook = open_notebook(
        both, "b = pochade.Session()\nb", "print([t.prompt for t in a], [t.prompt for t in b], a.path != b.path)"
    )
    notebook.run(0)
    notebook.run(1)
    expect(notebook.studios).to_have_count(2)
    first, second = views(notebook)
    second.wait_until_usable()
    first.prompt.fill("a draft that stays here")
    second.ask("a red apple")
    expect(first.prompt).to_have_value("a draft that stays here")
    expect(first.turns).to_have_count(0)
    first.ask(CAT)
    expect(second.turns).to_have_count(1)
    second.picture("a red apple").wait_for()
    notebook.run(2)
    assert notebook.text(2) == f"['{CAT}'] ['a red apple'] True\n"


COUNT_URLS = """
(() => {
    const [made, revoked] = [URL.createObjectURL, URL.revokeObjectURL];
    window.urls = new Set();
    URL.createObjectURL = blob => {
        const url = made.call(URL, blob);
        urls.add(url);
        return url;
    };
    URL.revokeObjectURL = url => {
        urls.delete(url);
        revoked.call(URL, url);
    };
})()
"""
# Prototypes are among the objects that are found, and cannot be asked whether they are on the page.
OURS_DETACHED = """
function () {
    const nodes = this.filter(node => !Object.hasOwn(node, "constructor"));
    const left = nodes.filter(node => !node.isConnected && String(node.className).includes("pochade"));
    return left.map(node => node.outerHTML.slice(0, 200));
}
"""
LENGTH = "function () { return this.length; }"


def alive(cdp, kind, say=LENGTH):
    """What is still in memory of a kind of object, said by a function."""
    prototype = cdp.send("Runtime.evaluate", {"expression": f"{kind}.prototype"})["result"]["objectId"]
    objects = cdp.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    asked = {"objectId": objects, "functionDeclaration": say, "returnByValue": True}
    said = cdp.send("Runtime.callFunctionOn", asked)["result"]["value"]
    for handle in (prototype, objects):
        cdp.send("Runtime.releaseObject", {"objectId": handle})
    return said


def memory(cdp, page):
    """Count what a page holds after garbage was collected."""
    for _ in range(2):  # what the first sweep finishes, the second frees
        cdp.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return {
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
        "heap": metrics["JSHeapUsedSize"],
        "urls": page.evaluate("window.urls.size"),
        **{kind: alive(cdp, kind) for kind in ("HTMLCanvasElement", "OffscreenCanvas", "ImageBitmap", "Blob")},
        **{kind: alive(cdp, kind) for kind in ("ResizeObserver", "MutationObserver")},
    }


# JupyterLab keeps something of every widget view that it ever showed: five nodes and 9 kB for an ipywidgets.Label, two
# nodes and 9 kB here. A Studio has over seventy nodes of its own, so one that stayed would show at once.
NODES_A_VIEW = 5
HEAP_A_VIEW = 25_000
LISTENERS = 200  # in all: JupyterLab adds 133 of its own, once, some time after a notebook was opened


@pytest.mark.thorough
def test_fifty_views_shown_and_closed_leave_nothing_behind(open_notebook, page):
    page.add_init_script(COUNT_URLS)
    notebook = open_notebook(SHOW, PAINTED, "s")
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture(CAT).wait_for()
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    cdp.send("HeapProfiler.enable")
    seen = {}
    for number in range(1, 51):
        notebook.run(2)
        View(notebook.studios.nth(1)).picture(CAT).wait_for()
        page.wait_for_function("[...document.querySelectorAll('.pochade [role=img]')].every(({width}) => width > 50)")
        notebook.command("notebook:clear-cell-output")
        expect(notebook.studios).to_have_count(1)
        if number in (10, 50):
            seen[number] = memory(cdp, page)
    growth = {name: seen[50][name] - seen[10][name] for name in seen[10]}
    assert alive(cdp, "Element", OURS_DETACHED) == []
    assert growth.pop("nodes") <= 40 * NODES_A_VIEW
    assert growth.pop("heap") <= 40 * HEAP_A_VIEW
    assert growth.pop("listeners") <= LISTENERS
    assert {name: more for name, more in growth.items() if more > 0} == {}


@pytest.mark.thorough
def test_closing_a_studio_from_a_cell_takes_it_off_the_page_and_ends_its_messages(open_notebook, page):
    notebook = open_notebook(SHOW, "s.studio().close()", "s")
    notebook.run(0)
    notebook.view.wait_until_usable()
    page.evaluate(
        """() => {
            window.sent = 0;
            window.notebook.sessionContext.session.kernel.anyMessage.connect((_, {msg, direction}) => {
                if (direction === "send" && msg.header.msg_type === "comm_msg") window.sent += 1;
            });
        }"""
    )
    page.wait_for_function("window.sent > 0")  # it asks now and then whether the kernel is there
    notebook.run(1)
    expect(notebook.studios).to_have_count(0)
    page.evaluate("window.sent = 0")
    page.wait_for_timeout(5_000)  # longer than the time between two of those questions
    assert page.evaluate("window.sent") == 0


@pytest.mark.thorough
def test_after_a_page_reload_every_turn_is_back_and_the_next_can_be_asked(open_notebook):
    notebook = open_notebook(SHOW, f"t = s.edit({GREEN!r})")
    notebook.run(0)
    notebook.view.ask(CAT)
    notebook.save()
    notebook.run(1)  # what the saved page does not know
    notebook.save()
    notebook.reload()
    notebook.view.wait_for_turns(2)
    notebook.view.picture(GREEN).wait_for()
    notebook.view.ask("make the background yellow")
    expect(notebook.view.turns).to_have_count(3)


REMEMBER_SOCKETS = """
window.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        (window.sockets ??= []).push(this);
    }
};
"""
# JupyterLab also tries by itself, at random moments that lie up to two minutes apart.
RECONNECT = "notebook:reconnect-to-kernel"
CLOSE_SOCKETS = "window.sockets.filter(({url}) => url.includes('/channels')).map(socket => socket.close()).length"


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["stalled", "broken"])
def test_a_prompt_sent_while_the_network_is_gone_is_not_lost_and_the_view_comes_back(open_notebook, page, way):
    page.add_init_script(REMEMBER_SOCKETS)
    # JupyterLab says in a dialog that the server is gone, which takes the focus from whatever had it
    page.add_locator_handler(page.get_by_role("dialog"), lambda dialog: dialog.get_by_role("button").last.click())
    notebook = open_notebook(SHOW, PAINTED)
    notebook.run(0)
    notebook.run(1)
    view = notebook.view
    view.picture(CAT).wait_for()
    page.context.set_offline(True)
    if way == "broken":
        assert page.evaluate(CLOSE_SOCKETS) == 1
    view.prompt.fill(GREEN)
    view.prompt.press("Enter")
    expect(notebook.studio.get_by_role("alert").first).to_be_visible(timeout=PATIENCE_MS)
    page.context.set_offline(False)
    if way == "broken":
        notebook.command(RECONNECT)
    expect(notebook.studio.get_by_role("alert")).to_have_count(0, timeout=PATIENCE_MS)
    if view.prompt.input_value() == GREEN:  # it came back into its box: then it is sent once more, by hand
        view.button("Generate").click()
    view.wait_for_turns(2)
    view.picture(GREEN).wait_for()
    view.prompt.fill("make the background yellow")
    view.button("Generate").click()
    view.wait_for_turns(3)
    view.picture("make the background yellow").wait_for()


@pytest.mark.thorough
def test_what_was_painted_while_the_network_was_gone_is_there_when_it_is_back(open_notebook, page):
    page.add_init_script(REMEMBER_SOCKETS)
    notebook = open_notebook(SHOW, PAINTED, f"job = s.submit({GREEN!r}, steps=60)", "print(job.done())")
    notebook.run(0)
    notebook.run(1)
    notebook.view.picture(CAT).wait_for()
    notebook.run(2)
    page.context.set_offline(True)
    assert page.evaluate(CLOSE_SOCKETS) == 1
    expect(notebook.studio.get_by_role("alert").first).to_be_visible(timeout=PATIENCE_MS)
    page.context.set_offline(False)
    notebook.command(RECONNECT)
    notebook.view.wait_for_turns(2)
    notebook.view.picture(GREEN).wait_for(timeout=PATIENCE_MS)
    notebook.view.button("Generate").wait_for()
    expect(notebook.studio.get_by_role("alert")).to_have_count(0)
