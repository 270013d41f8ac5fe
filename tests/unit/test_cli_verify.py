import json

import credentialed
import pytest
from credentialed import picture, signed, tampered, turn
from typer.testing import CliRunner

from pochade.cli import app
from pochade.cli import verify as command


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in a folder with one file of each kind."""
    credentialed.settle(credentialed.ada())
    monkeypatch.chdir(tmp_path)
    sound = signed(said=turn(prompt="a cat \x1b[31m\u202e[bold]<b>"))
    files = {
        "sound.png": sound,
        "changed.png": tampered(sound),
        "child.png": signed(sources=(("parentOf", "it", tampered(sound)),)),
        "plain.png": picture(),
        "empty.png": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder").mkdir()
    assert command.verify in [one.callback for one in app.registered_commands]
    return lambda *arguments: CliRunner().invoke(app, ["verify", *arguments])


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("sound.png", 0, "hold: nothing was changed"),
        ("changed.png", 1, "DO NOT HOLD"),
        ("child.png", 1, "made from a picture whose own DO NOT"),
        ("plain.png", 3, "carries no Content Credentials"),
    ],
)
def test_each_answer_has_its_words_and_its_status(run, name, status, says):
    result = run(name)
    assert result.exit_code == status
    assert result.stdout.startswith(f"{name}\n")
    assert says in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["empty.png", "folder", "missing.png"])
def test_what_cannot_be_read_is_a_sentence_and_status_2(run, name):
    result = run(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("pochade: The file ")
    assert "Traceback" not in result.stderr


def test_of_several_files_each_has_its_block_and_the_worst_counts(run):
    result = run("sound.png", "plain.png", "changed.png")
    assert result.exit_code == 1
    assert [line for line in result.stdout.split("\n") if line.endswith(".png")] == [
        "sound.png",
        "plain.png",
        "changed.png",
    ]
    assert run("sound.png", "plain.png").exit_code == 3
    assert run("changed.png", "empty.png").exit_code == 2


def test_json_is_one_ascii_line_a_file(run):
    result = run("--json", "sound.png", "plain.png")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["file"], first["state"], first["sound"]) == ("sound.png", "trusted", True)
    assert first["prompt"].startswith("a cat \x1b")
    assert (second["state"], result.exit_code) == ("none", 3)
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


def test_foreign_words_and_file_names_do_nothing_to_the_terminal(run, tmp_path):
    name = "\x1b[31m\u202egnp.png"
    (tmp_path / name).write_bytes((tmp_path / "sound.png").read_bytes())
    result = run(name)
    assert result.exit_code == 0
    assert not set("\x1b\u202e") & set(result.stdout)
    assert "[bold]<b>" in result.stdout
    assert not set("\x1b\u202e") & set(run(name + "missing").stderr)
