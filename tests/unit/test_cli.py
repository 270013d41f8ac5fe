import contextlib
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pochade.cli import app, lab

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def pixels(path):
    return np.asarray(Image.open(path))


def test_help_answers_without_loading_anything_heavy():
    heavy = "{'torch', 'numpy', 'PIL', 'pydantic', 'anywidget', 'IPython', 'jupyterlab'}"
    code = (
        "import sys\nfrom pochade.cli import app\n"
        f"try: app(['--help'])\nexcept SystemExit: pass\nprint('loaded', sorted({heavy} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(command in said for command in ("paint", "lab", "bench"))
    assert said.endswith("loaded []\n")


def test_the_readmes_example_writes_a_picture_and_prints_nothing_but_its_path(run):
    result = run("paint", "a cat on a blue background", "-o", "cat.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "cat.png\n", "")
    assert pixels("cat.png").shape == (128, 128, 3)
    assert pixels("cat.png").std() > 5


def test_the_same_seed_gives_the_same_file_and_another_seed_another(run):
    for name, seed in (("a.png", 7), ("b.png", 7), ("c.png", 8)):
        assert run("paint", "a red apple", "-o", name, "--seed", seed).exit_code == 0
    assert (pixels("a.png") == pixels("b.png")).all()
    assert (pixels("a.png") != pixels("c.png")).any()


def test_several_pictures_get_numbered_names(run):
    result = run("paint", "a star", "-o", "star.png", "-n", 2, "--seed", 1)
    assert result.stdout.split() == ["star-1.png", "star-2.png"]
    assert (pixels("star-1.png") != pixels("star-2.png")).any()


def test_an_edit_with_a_mask_changes_only_what_is_painted(run):
    Image.linear_gradient("L").resize((128, 128)).convert("RGB").save("in.png")
    painted = Image.new("L", (128, 128))
    painted.paste(255, (64, 64, 128, 128))
    painted.save("mask.png")
    result = run("paint", "add a red apple", "--edit", "in.png", "--mask", "mask.png", "-o", "out.png", "--seed", 3)
    assert result.exit_code == 0, result.stderr
    outside = np.asarray(painted) == 0
    assert (pixels("in.png") == pixels("out.png"))[outside].all()
    assert (pixels("in.png") != pixels("out.png"))[~outside].any()


def test_a_picture_grows_outwards_and_keeps_its_own_pixels(run):
    Image.linear_gradient("L").resize((128, 128)).convert("RGB").save("in.png")
    result = run("paint", "a beach", "--edit", "in.png", "--extend", "0,0,64,0", "-o", "out.png", "--seed", 3)
    assert result.exit_code == 0, result.stderr
    assert pixels("out.png").shape == (128, 192, 3)
    assert (pixels("out.png")[:, :128] == pixels("in.png")).all()


def test_a_transparent_picture_is_written_with_its_transparency(run):
    result = run("paint", "a red apple", "--transparent", "-o", "apple.png", "--seed", 1)
    assert result.exit_code == 0, result.stderr
    assert pixels("apple.png").shape == (128, 128, 4)
    assert pixels("apple.png")[0, 0, 3] == 0


def test_models_are_listed_with_their_licences(run):
    said = run("models").stdout
    assert said.startswith("alias")
    assert "black-forest-labs/FLUX.2-klein-4B" in said
    assert "Apache-2.0" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["   "], "prompt"),
        (["a cat", "--seed", "-1"], "seed"),
        (["a cat", "--size", "20000x20000"], "20000"),
        (["a cat", "--model", "no/such/folder"], "no/such/folder"),
        (["a hat", "--edit", "text.png"], "text.png"),
        (["a hat", "--edit", "missing.png"], "missing.png"),
        (["a hat", "--mask", "text.png"], "--edit"),
        (["a hat", "--edit", "text.png", "--size", "3:2"], "--size"),
        (["a hat", "--extend", "16:9"], "--extend is about"),
        (["a hat", "--whole"], "--whole is about"),
        (["a hat", "--edit", "photo.png", "--extend", "1,2,x,4"], "16:9"),
        (["a hat", "--edit", "photo.png", "--strength", "2"], "strength"),
        (["a hat", "--reference", "missing.png"], "missing.png"),
        (["a cat", "-o", "nowhere/cat.png"], "nowhere"),
        (["a cat", "-o", "cat.bmp"], ".bmp"),
    ],
)
def test_bad_input_is_one_sentence_on_stderr_and_exit_code_two(run, arguments, sentence):
    Path("text.png").write_text("not a picture")
    Image.new("RGB", (128, 128), "teal").save("photo.png")
    result = run("paint", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("pochade: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("pochade.png").exists()


def read_until(terminal, pattern, seconds):
    """What a terminal has shown once `pattern` is in it."""
    seen, deadline = "", time.monotonic() + seconds
    while not re.search(pattern, seen):
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{pattern!r} did not appear in {seen!r}"
        try:
            more = os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # so Linux says that the program at a terminal's other end has gone
            more = ""
        assert more, f"the program ended without {pattern!r}: {seen!r}"
        seen += more
    return seen


def test_ctrl_c_shows_progress_until_then_and_leaves_cleanly(tmp_path):
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm"}
    command = [sys.executable, "-m", "pochade", "paint", "a cat", "--steps", "1000", "-o", str(tmp_path / "cat.png")]
    program = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment,
        start_new_session=True,
        # a test run in the background of a script inherits "ignore" for Ctrl-C, and would hand it down
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    )
    os.close(theirs)
    try:
        read_until(ours, r"painting.*[1-9]\d*/1000", 90)
        program.send_signal(signal.SIGINT)
        said = read_until(ours, "no picture was written", 20)
        assert "Traceback" not in said
        assert program.wait(timeout=20) == 130
        assert not (tmp_path / "cat.png").exists()
    finally:
        program.kill()
        program.communicate()
        os.close(ours)


def test_a_checkouts_notebooks_are_used_as_they_are(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    mine = tmp_path / "notebooks" / lab.FIRST_NOTEBOOK
    mine.write_text("my own work")
    assert lab.notebooks(tmp_path) == tmp_path / "notebooks"
    assert mine.read_text() == "my own work"
    assert lab.notebooks(tmp_path / "notebooks") == tmp_path / "notebooks", "also when it is the current folder"


def test_elsewhere_the_packaged_notebooks_are_copied_once(tmp_path):
    folder = lab.notebooks(tmp_path)
    there = ROOT / "notebooks"
    copied = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
    wanted = [*there.glob("*.ipynb"), *there.glob("images/*.png")]
    assert copied == {path.relative_to(there): path.read_bytes() for path in wanted}
    (folder / lab.FIRST_NOTEBOOK).write_text("my own work")
    assert lab.notebooks(tmp_path) == folder
    assert (folder / lab.FIRST_NOTEBOOK).read_text() == "my own work"


def test_lab_where_nothing_can_be_written_says_so_in_one_sentence(run, tmp_path):
    (tmp_path / "notebooks").write_text("in the way")
    result = run("lab")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"pochade: the notebooks cannot be copied to {tmp_path / 'notebooks'}: ")
    assert result.stderr.count("\n") == 1


def answers(address):
    """Whether a page comes from the address, which is printed a moment before the server listens."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(ConnectionRefusedError, urllib.error.URLError),
            urllib.request.urlopen(address) as page,
        ):
            return page.status == 200
        time.sleep(0.1)
    return False


def test_lab_without_a_display_prints_an_address_that_answers_on_this_machine_only(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    environment |= {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "pochade", "lab", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=tmp_path)
    try:
        assert server.stdout is not None
        printed = rf"http://127\.0\.0\.1:{port}/lab/tree/notebooks/{lab.FIRST_NOTEBOOK}\?token=\w+\n"
        address = read_until(server.stdout.fileno(), printed, 60)
        address = re.search(printed, address)[0].strip()
        assert answers(address)
        with socket.socket() as elsewhere, pytest.raises(OSError, match="refused"):
            elsewhere.connect(("127.0.0.2", port))
    finally:
        server.terminate()
        server.communicate(timeout=20)
    assert (tmp_path / "notebooks" / lab.FIRST_NOTEBOOK).exists()
