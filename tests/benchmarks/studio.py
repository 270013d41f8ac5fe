"""How quick the Studio is in a real browser: ``python tests/benchmarks/studio.py [--rounds N] [--json FILE]``.

Runs JupyterLab and Chromium, measures in the page itself (its own clock, the frames of its socket, the pictures that
it draws), prints a Markdown table and writes every single figure to a JSON file. Chromium draws on the processor here,
as it does in the tests. The aims are those of the project; a line says whether it was met, nothing fails.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
import zlib
from base64 import b64decode
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from browsing import CHROMIUM_FLAGS, NO_CHROMIUM, PATIENCE_MS, Notebook, find_chromium, jupyterlab

import pochade.widgets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROMPTS = ("a cat on a blue background", "a red apple", "a yellow star", "a dog", "a fox in the snow")
LARGE = 1024
MASK_SIDE = 4096
SETTLE_MS = 2_000  # the static picture is brought up to date within half a second of a turn
IDLE_SECONDS = 10

HOOKS = """
(() => {
    window.seen = {frames: [], drawn: [], messages: []};
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given);
            if (!this.url.includes("/channels")) return;
            this.addEventListener("message", ({data}) =>
                seen.frames.push({at: performance.now(), bytes: data.byteLength ?? data.length, way: "in"}));
        }
        send(data) {
            if (this.url.includes("/channels"))
                seen.frames.push({at: performance.now(), bytes: data.byteLength ?? data.length, way: "out"});
            super.send(data);
        }
    };
    const roots = new WeakMap();  // of which width the picture was that a bitmap was made of, halved perhaps
    const decode = createImageBitmap;
    window.createImageBitmap = async (source, ...rest) => {
        const bitmap = await decode(source, ...rest);
        roots.set(bitmap, roots.get(source) ?? bitmap.width);
        return bitmap;
    };
    for (const kind of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
        const plain = kind.prototype.drawImage;
        kind.prototype.drawImage = function (source, ...rest) {
            plain.call(this, source, ...rest);
            const one = {at: performance.now(), width: roots.get(source) ?? source.width};
            seen.drawn.push(one);
            if (one.width === window.wanted) requestAnimationFrame(() => { one.shown = performance.now(); });
        };
    }
    window.nextFrame = () => new Promise(requestAnimationFrame);
    window.studio = () => [...document.querySelectorAll('[aria-label="Pochade Studio"]')].at(-1);
    const kernel = () => window.notebook.sessionContext.session.kernel;
    window.hearMessages = () => kernel().anyMessage.connect((_, {msg, direction}) => {
        const buffers = (msg.buffers ?? []).reduce((sum, one) => sum + one.byteLength, 0);
        seen.messages.push({
            at: performance.now(), way: direction === "send" ? "out" : "in",
            kind: msg.content?.data?.content?.kind ?? msg.header.msg_type,
            bytes: buffers + [msg.header, msg.parent_header, msg.metadata, msg.content]
                .reduce((sum, part) => sum + JSON.stringify(part ?? {}).length, 0),
        });
    });
})()
"""
USABLE = """
async index => {
    const view = "application/vnd.jupyter.widget-view+json";
    let answered = null;
    const hear = (_, msg) => {
        if (msg.header.msg_type === "display_data" && msg.content.data[view]) answered ??= performance.now();
    };
    const {kernel} = window.notebook.sessionContext.session;
    const before = studio();
    kernel.iopubMessage.connect(hear);
    window.notebook.content.activeCellIndex = index;
    void window.jupyterapp.commands.execute("notebook:run-cell");
    while (studio() === before || !studio()?.querySelector('[aria-label="Prompt"]:enabled')) await nextFrame();
    kernel.iopubMessage.disconnect(hear);
    return performance.now() - answered;
}
"""
WATCH_PREVIEW = """
() => {
    window.click = null;
    window.preview = new Promise(shown => {
        document.addEventListener("click", ({timeStamp}) => { window.click = timeStamp; }, {capture: true, once: true});
        const look = async () => {
            if (window.click === null || !studio().querySelector('[data-preview="true"]')) return;
            watcher.disconnect();
            const [before, since] = [seen.drawn.length, performance.now()];
            while (seen.drawn.length === before) await nextFrame();
            await nextFrame();
            shown({after: performance.now() - window.click, marked: since - window.click});
        };
        const watcher = new MutationObserver(look);
        watcher.observe(studio(), {subtree: true, childList: true, attributes: true});
    });
}
"""
ON_SCREEN = """
async bytes => {
    const drawn = () => seen.drawn.find(({shown}) => shown);
    while (!drawn()) await nextFrame();
    const {at, shown} = drawn();
    const [arrived] = seen.frames.filter(frame => frame.way === "in" && frame.bytes >= bytes && frame.at < at);
    return {drawn: at - arrived.at, shown: shown - arrived.at};
}
"""
COUNT_FRAMES = """
() => {
    window.ticks = [];
    window.counting = true;
    const tick = at => {
        window.ticks.push(at);
        if (window.counting) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}
"""
SHOW = "import pochade\ns = pochade.Session()\ns"
STEPS = """
import statistics, time
at, gaps = [None], []
def told(event):
    if event.kind == "progress" and event.job.progress.step > 0:
        if event.job.progress.step > 1: gaps.append(time.perf_counter() - at[0])
        at[0] = time.perf_counter()
stop = s.subscribe(told)
"""
# The embedded model paints small pictures only; what it makes of a large one has the large one's size.
EDIT_LARGE = f"""
from PIL import Image, ImageFilter
noise = Image.merge("RGB", [Image.effect_noise(({LARGE}, {LARGE}), 90) for _ in range(3)])
noise = noise.filter(ImageFilter.GaussianBlur(2))
t = s.edit("make the background green", image=noise, mask=(0, 0, {LARGE // 2}, {LARGE}))
print(len(t.png))
"""
CANVAS = f"""
from PIL import Image
p = pochade.paint_mask(Image.new("RGB", ({MASK_SIDE}, {MASK_SIDE}), "steelblue"))
p
"""


@dataclass
class Line:
    """One line of the table: what was measured, in which unit, and what it should be at most."""

    what: str
    unit: str
    values: list[float]
    aim: float | None = None
    notes: dict[str, object] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        def put(value: float) -> str:
            return f"{value:.3g} {self.unit}" if value < 100 else f"{value:.0f} {self.unit}"

        met = "" if self.aim is None else "yes" if self.median <= self.aim else "**no**"
        aim = "" if self.aim is None else f"≤ {put(self.aim)}"
        notes = ", ".join(f"{name} {value}" for name, value in self.notes.items())
        return f"| {self.what} | {put(self.median)} | {put(max(self.values))} | {aim} | {met} | {notes} |"


def forget(notebook: Notebook) -> None:
    """Begin to look at the page anew."""
    notebook.page.evaluate("seen.frames.length = seen.drawn.length = seen.messages.length = 0")


def usable(notebook: Notebook, rounds: int) -> Line:
    """From the kernel's answer, as the page has it, to a prompt that can be written; a new session each time."""
    took = []
    for _ in range(rounds):
        took.append(notebook.page.evaluate(USABLE, 0))
        notebook.page.wait_for_function("window.notebook.content.widgets[0].model.executionState === 'idle'")
    return Line("cell answered → Studio usable", "ms", took, 1000, {"first": f"{took[0]:.0f} ms"})


def first_preview(notebook: Notebook, rounds: int) -> Line:
    """From the click on Generate to the first preview on the screen, beside the job's own time for a step."""
    view, page, took = notebook.view, notebook.page, []
    notebook.run(2)
    view.ask(PROMPTS[0])  # the first picture of a kernel waits for torch and the model
    for number in range(rounds):
        view.button("New picture").click()
        view.prompt.fill(PROMPTS[1 + number % (len(PROMPTS) - 1)])
        count = view.turns.count()
        page.evaluate(WATCH_PREVIEW)
        view.button("Generate").click()
        took.append(page.evaluate("window.preview")["after"])
        view.wait_for_turns(count + 1)
        view.button("Generate").wait_for()
    notebook.run(3)
    step = 1000 * float(notebook.text(3))
    return Line("click → first preview shown", "ms", took, step + 150, {"one step": f"{step:.0f} ms"})


def traffic(notebook: Notebook, png: int) -> tuple[float, dict[str, object]]:
    """How many times the bytes of its PNG a turn has cost so far, and what they were."""
    frames, messages = notebook.page.evaluate("[seen.frames, seen.messages]")
    kinds: dict[str, int] = {}
    for message in messages:
        kinds[message["kind"]] = kinds.get(message["kind"], 0) + message["bytes"]
    largest = sorted(kinds.items(), key=lambda item: -item[1])[:5]
    notes: dict[str, object] = {"PNG": f"{png / 1000:.0f} kB"}
    notes |= {kind: f"{held / png:.2f} ×" for kind, held in largest if held > 0.01 * png}
    return sum(frame["bytes"] for frame in frames) / png, notes


def small_turns(notebook: Notebook, rounds: int) -> Line:
    """Bytes that a turn asked for in the Studio costs, both ways, previews included."""
    ratios, notes = [], {}
    for number in range(rounds):
        forget(notebook)
        notebook.view.ask(PROMPTS[number % len(PROMPTS)] + " in the snow")
        notebook.page.wait_for_timeout(SETTLE_MS)
        found = notebook.page.evaluate("[...seen.frames]")
        notebook.run(4)
        notebook.page.evaluate("frames => { seen.frames = frames; }", found)
        ratio, notes = traffic(notebook, int(notebook.text(4)))
        ratios.append(ratio)
    return Line("bytes of a turn over its PNG, 128²", "×", ratios, 1.2, notes)


def large_turns(notebook: Notebook, rounds: int) -> Iterator[Line]:
    """From the frame that brings a large picture to the picture on the screen; and what it all weighed."""
    shown, drawn, ratios, notes, copies = [], [], [], {}, 0
    notebook.page.evaluate("width => { window.wanted = width; }", LARGE)
    for _ in range(rounds):
        forget(notebook)
        notebook.run(5)
        png = int(notebook.text(5))
        seen = notebook.page.evaluate(ON_SCREEN, int(0.9 * png))
        shown.append(seen["shown"])
        drawn.append(seen["drawn"])
        notebook.page.wait_for_timeout(SETTLE_MS)
        ratio, notes = traffic(notebook, png)
        ratios.append(ratio)
        copies = notebook.page.evaluate("bytes => seen.frames.filter(one => one.bytes >= bytes).length", int(0.9 * png))
    yield Line(f"{LARGE}² arrived → on screen", "ms", shown, 200, {"drawn after": f"{statistics.median(drawn):.0f} ms"})
    yield Line(f"bytes of a turn over its PNG, {LARGE}²", "×", ratios, 1.2, {**notes, "copies": copies})


def bundle() -> Iterator[Line]:
    """What each widget model carries with it, and what it unfolds to where it travels deflated."""
    folder = Path(pochade.widgets.__file__).parent / "static"
    files = {path.suffix[1:]: path.read_bytes() for path in sorted(folder.glob("studio.*"))}
    packed = re.search(rb'packed="([^"]+)"', files["js"])
    script = zlib.decompress(b64decode(packed[1]), -zlib.MAX_WBITS) if packed else files["js"]
    minified = {**files, "js": script}
    for what, held in (("bundle, minified", minified), ("bundle, as it travels", files)):
        notes: dict[str, object] = {kind: f"{len(data) / 1000:.1f} kB" for kind, data in held.items()}
        yield Line(what, "kB", [sum(map(len, held.values())) / 1000], 150, notes)


def strokes(page: Any, box: dict[str, float], number: int) -> None:
    """Paint long strokes across a canvas as a hand does, in many small moves."""
    for stroke in range(number):
        at = (0.15 + 0.7 * stroke / max(1, number - 1)) * box["height"] + box["y"]
        page.mouse.move(box["x"] + 0.1 * box["width"], at)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], at + 0.05 * box["height"], steps=60)
        page.mouse.up()


def outermost(events: list[dict[str, Any]]) -> Iterator[float]:
    """Milliseconds of each time that the page's scripts had the main thread, those within another not counted twice."""
    names = ("EventDispatch", "FireAnimationFrame", "TimerFire", "RunMicrotasks", "FunctionCall")
    ends: dict[tuple[int, int], float] = {}
    for event in sorted((one for one in events if one["name"] in names and "dur" in one), key=lambda one: one["ts"]):
        thread = (event["pid"], event["tid"])
        if event["ts"] >= ends.get(thread, 0):
            ends[thread] = event["ts"] + event["dur"]
            yield event["dur"] / 1000


def painting(notebook: Notebook, browser: Any) -> Iterator[Line]:
    """Script time of each pointer event on a mask of 4096², its frames, and the scripts that follow it."""
    page = notebook.page
    notebook.run(6)
    surface = page.get_by_role("application", name="Mask").last
    surface.scroll_into_view_if_needed()
    page.wait_for_function("seen.drawn.some(({width}) => width > 0)")
    box = surface.bounding_box()
    strokes(page, box, 2)  # what the browser compiles and lays out at the first stroke is not what painting costs
    page.evaluate(COUNT_FRAMES)
    strokes(page, box, 6)
    ticks = page.evaluate("() => { window.counting = false; return window.ticks; }")
    rate = 1000 * (len(ticks) - 1) / (ticks[-1] - ticks[0])
    browser.start_tracing(page=page, categories=["devtools.timeline", "v8.execute"])
    strokes(page, box, 6)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    handled = [
        event["dur"] / 1000
        for event in events
        if event["name"] == "EventDispatch" and event["args"]["data"]["type"] == "pointermove" and "dur" in event
    ]
    scripts = sum(outermost(events)) / len(handled)
    p95 = statistics.quantiles(handled, n=20)[-1]
    notes: dict[str, object] = {"p95": f"{p95:.2f} ms", "events": len(handled), "frames": f"{rate:.0f} a second"}
    yield Line(f"script per pointer event, {MASK_SIDE}²", "ms", handled, 4, notes)
    yield Line(f"all script while painting, per pointer event, {MASK_SIDE}²", "ms", [scripts], 4)


def idle(notebook: Notebook) -> Iterator[Line]:
    """How busy the page's main thread is while nobody does anything, with Studios on it and without."""
    cdp = notebook.page.context.new_cdp_session(notebook.page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})  # processor time, whatever else the machine does

    def busy() -> tuple[float, float]:
        before = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
        time.sleep(IDLE_SECONDS)
        after = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
        share = [100 * (after[name] - before[name]) / IDLE_SECONDS for name in ("TaskDuration", "ScriptDuration")]
        return share[0], share[1]

    notebook.page.wait_for_timeout(SETTLE_MS)
    with_studio, script = busy()
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.page.wait_for_timeout(SETTLE_MS)
    without, _ = busy()
    notes: dict[str, object] = {"scripts": f"{script:.2f} %", "without any Studio": f"{without:.2f} %"}
    yield Line("main thread busy while idle", "%", [with_studio], 1, notes)


def measure(rounds: int) -> Iterator[Line]:
    """Open the page and take every measure, in this order: the later ones use what the earlier ones made."""
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        sys.exit(NO_CHROMIUM)
    cells = (SHOW, "s", STEPS, "stop(); print(statistics.median(gaps))", "print(len(s[-1].png))", EDIT_LARGE, CANVAS)
    with tempfile.TemporaryDirectory() as home, jupyterlab(Path(home) / "lab") as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="en-GB")
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(HOOKS)
        notebook = Notebook(page, lab, lab.write("studio.ipynb", *cells))
        try:
            page.evaluate("hearMessages()")
            yield usable(notebook, rounds)
            yield first_preview(notebook, rounds)
            yield small_turns(notebook, rounds)
            yield from large_turns(notebook, rounds)
            yield from bundle()
            yield from idle(notebook)
            yield from painting(notebook, browser)
        finally:
            notebook.shut_down()
            browser.close()


def main() -> None:
    """Print the table and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is done; medians are shown")
    parser.add_argument("--json", type=Path, default=ROOT / "test-results" / "studio.json", help="every single figure")
    options = parser.parse_args()
    lines = []
    sys.stdout.write("| what | median | worst | aim | met | |\n|---|---|---|---|---|---|\n")
    for line in measure(options.rounds):
        lines.append(line)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps([asdict(line) for line in lines], indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
