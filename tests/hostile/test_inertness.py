"""Prompts, titles and file names that act on a reader are shown and do nothing: notebook, page, terminal, sentence."""

import ast
import re
from base64 import b64encode
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbconvert import HTMLExporter
from typer.testing import CliRunner

import pochade
from pochade import errors
from pochade.cli import app
from pochade.inert import inert

JS = Path(__file__).parents[2] / "js" / "src"
EVIL = (
    "cat <script>alert(1)</script> <img src=x onerror=alert(1)> [red]x[/] [link=file:///etc]y[/link] $\\href{a}{b}$ "
    "![z](javascript:alert(1)) \x1b[31m \x1b]8;;http://a\x07 \u202egnp \u2066 \u200b \0 \r\n\t "
    "');__import__('os')#\"\"\""
)
ACTS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function"
    r"|srcdoc|DOMParser"
)


class Elements(HTMLParser):
    """Counts the elements of a page, and notes every attribute that would run something."""

    def __init__(self, page):
        super().__init__()
        self.count, self.running = Counter(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.count[tag] += 1
        for name, value in attrs:
            if name.startswith("on") or re.match(r"\s*(javascript|vbscript):", value or ""):
                self.running.append((tag, name, value))


@pytest.fixture
def evil(session):
    turn = session.generate(EVIL, n=2)
    return turn, session.edit(EVIL, image=turn)


def shown(session, turn):
    """Everything of a session that a cell may have for its last line."""
    return [turn, session, session.turns, turn.credentials, pochade.find(turn.png), pochade.verify(turn.png)]


def page(values):
    """Export a notebook whose cells have shown these values, as HTML."""
    formatter = InteractiveShell.instance().display_formatter
    notebook = nbformat.v4.new_notebook()
    for value in values:
        data, metadata = formatter.format(value)
        data = {kind: b64encode(one).decode() if isinstance(one, bytes) else one for kind, one in data.items()}
        output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1)
        cell = nbformat.v4.new_code_cell(repr(value), outputs=[output], execution_count=1)
        notebook.cells.append(cell)
    return HTMLExporter().from_notebook_node(notebook)[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of nbconvert's own
def test_a_notebook_exported_as_html_has_no_element_that_a_prompt_brought(session, evil):
    turn, edited = evil
    session.new()
    honest = session.generate("a red cat", n=2)
    harmless = Elements(page([*shown(session, honest), *shown(session, session.edit("a blue dog", image=honest))]))
    hostile = Elements(page([*shown(session, turn), *shown(session, edited)]))
    assert hostile.running == harmless.running
    assert {tag: hostile.count[tag] for tag in ("script", "img", "a", "iframe", "style")} == {
        tag: harmless.count[tag] for tag in ("script", "img", "a", "iframe", "style")
    }


def test_what_a_cell_prints_is_printable(session, evil):
    for turn in evil:
        for value in (*shown(session, turn), *session.turns):
            for text in (repr(value), str(value)):
                assert not ACTS.search(text)


def test_the_code_of_a_turn_says_its_prompt_and_runs_nothing_else(evil):
    for turn in evil:
        tree = ast.parse(turn.code())
        called = [node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert set(called) <= {"generate", "edit", "say"}
        assert turn.prompt in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert not ACTS.search(turn.code())


def kinds(root=errors.PochadeError):
    return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_of_ours_is_shown_inert(kind):
    assert str(kind(EVIL)) == inert(EVIL)


@pytest.mark.parametrize("name", ["a\x1b[31m.png", "a\u202egnp", "a\nb.png", "[red]a[bold].png"])
def test_a_file_is_named_inert_by_every_command(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"no picture")
    for command in (["verify", name], ["find", name], ["check", name], ["paint", "a cat", "--edit", name]):
        said = CliRunner().invoke(app, command)
        assert said.exit_code == 2, (command, said.output)
        assert not ACTS.search(said.output)
        assert "[red]" in said.output or "[red]" not in name


def test_what_the_command_line_prints_of_a_prompt_is_inert(session, evil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evil[0].save("evil.png")
    runner = CliRunner()
    model = session.model
    session.close()
    for command in (["verify", "evil.png"], ["find", "evil.png"], ["sessions"]):
        said = runner.invoke(app, command)
        assert said.exit_code == 0, (command, said.output)
        assert not ACTS.search(said.output)
        assert "<script>alert(1)" in said.output
        assert "[red]" in said.output
    said = runner.invoke(app, ["paint", EVIL, "--model", model, "--out", "new.png", "--size", "64x64"])
    assert said.exit_code == 0, said.output
    assert not ACTS.search(said.output)


@pytest.mark.skipif(not JS.is_dir(), reason="the front end's source is not here")
def test_the_front_end_makes_no_html_of_text():
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(JS.rglob("*.ts*"))
        for line in path.read_text("utf-8").splitlines()
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_a_view_is_told_a_prompt_as_the_text_that_it_is(session, monkeypatch):
    studio, heard = session.studio(), []
    monkeypatch.setattr(studio, "send", lambda content, _buffers=None: heard.append(content))
    ask = {"base": None, "index": 0, "source": None, "mask": None, "extend": None, "references": []}
    studio._handle_custom_msg({"kind": "ask", "seq": 1, "prompt": EVIL, **ask}, [])
    assert studio._courier.flush(60)
    for job in session.jobs:
        job.exception()
    assert studio._courier.flush(60)
    made = next(content for content in heard if content["kind"] == "made")
    assert made["card"]["prompt"] == EVIL.strip()
