import json
import os
import subprocess
import sys

import pytest
from scenery import keep, scenery
from typer.testing import CliRunner

from pochade.cli import app
from pochade.cli import find as _  # noqa: F401 - a command is there once it is imported
from pochade.store import Store, default_folder

PROMPT = "a [red]cat[/red] \x1b[31m"


@pytest.fixture
def files(tmp_path):
    with Store.create(default_folder() / "talk.pochade", meta={}) as store:
        turn = keep(store, scenery(1), prompt=PROMPT)
    known, unknown, text = (tmp_path / name for name in ("known.jpg", "unknown.png", "text.png"))
    scenery(1).crop((0, 0, 150, 150)).save(known)
    scenery(50).save(unknown)
    text.write_text("no picture")
    return {"known": known, "unknown": unknown, "text": text, "turn": turn}


def run(*arguments):
    return CliRunner().invoke(app, ["find", *map(str, arguments)])


def test_a_found_picture_is_named_with_its_turn_and_session(files):
    result = run(files["known"])
    assert result.exit_code == 0
    assert result.stdout.startswith("looks like it (0.")
    assert f"turn {files['turn']}" in result.stdout
    assert "talk.pochade" in result.stdout
    assert "[red]cat" in result.stdout  # no markup of ours
    assert "\x1b" not in result.stdout
    assert result.stderr == ""


def test_json_is_one_line_of_plain_ascii(files):
    result = run(files["known"], "--json")
    (found,) = json.loads(result.stdout)
    assert (found["turn"], found["how"], found["prompt"]) == (files["turn"], "fingerprint", PROMPT)
    assert result.stdout.isascii()
    assert result.stdout.count("\n") == 1


def test_the_status_tells_found_from_not_found_from_not_a_picture(files):
    assert run(files["known"]).exit_code == 0
    result = run(files["unknown"])
    assert (result.exit_code, result.stdout[:10]) == (1, "No session")
    assert (run(files["unknown"], "--json").exit_code, run(files["unknown"], "--json").stdout) == (1, "[]\n")
    for name in (files["text"], "no-such-file.png"):
        result = run(name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("pochade: ")


def test_no_more_than_limit_turns_are_named(files):
    with Store.create(default_folder() / "other.pochade", meta={}) as store:
        keep(store, scenery(1))
    assert len(json.loads(run(files["known"], "--json").stdout)) == 2
    assert len(json.loads(run(files["known"], "--json", "--limit", "1").stdout)) == 1
    assert run(files["known"], "--limit", "0").exit_code == 2


def test_a_session_that_could_not_be_looked_at_is_told_beside_what_was_found(files):
    (default_folder() / "bad\x1b.pochade").write_text("no session")
    for name, status in (("known", 0), ("unknown", 1)):
        result = run(files[name])
        assert result.exit_code == status
        assert result.stderr.startswith("pochade: not looked at: ")
        assert "\x1b" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_enough_does_not_turn_found_into_not_found(files, options):
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "wb") as nobody:
        asked = [sys.executable, "-m", "pochade", "find", str(files["known"]), *options]
        done = subprocess.run(asked, stdout=nobody, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
