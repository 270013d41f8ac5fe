"""`pochade check`, `pochade sessions` and `pochade export`: what they say, and with which status they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from stored import VERSION_1, add, picture, record
from typer.testing import CliRunner

from pochade.cli import files
from pochade.cli.app import app
from pochade.imaging.load import byte_hash
from pochade.provenance.index import Index, index_path
from pochade.store import Store, default_folder

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TRICK = "a cat\x1b[2J\u202egnp.exe\nsecond line"


def run(*words: object, **options: object) -> Result:
    assert files.app is app
    return CliRunner().invoke(app, [str(word) for word in words], **options)  # type: ignore[arg-type]


def kept(name: str, *, turns: int = 2, when: int = 1_750_000_000, model: str = "owner/klein-4b") -> Path:
    """Save a session where they are listed."""
    with Store.create(default_folder() / f"{name}.pochade", meta={"model": model}) as made:
        for seed in range(turns):
            add(made, seed, prompt=f"prompt {seed} of {name}")
    os.utime(made.path, (when, when))
    return made.path


def rot(path: Path) -> None:
    whole = path.read_bytes()
    place = whole.index(picture(0)[40:90])
    path.write_bytes(whole[:place] + b"?" + whole[place + 1 :])


def test_check_says_of_every_file_how_it_is_and_ends_with_the_worst(tmp_path: Path) -> None:
    well, rotten = kept("well"), kept("rotten")
    rot(rotten)
    strange = tmp_path / "strange.txt"
    strange.write_text("Dear Sir")
    good = run("check", well, VERSION_1)
    assert (good.exit_code, good.stdout.count("well\n")) == (0, 2)
    assert "2 turns, every picture as stored." in good.stdout
    bad = run("check", rotten, well)
    assert bad.exit_code == 1
    assert f"{rotten}: damaged\n  Picture " in bad.stdout
    assert "is not what was stored; it belongs to turn" in bad.stdout
    worst = run("check", rotten, strange, tmp_path / "none.pochade", well)
    assert worst.exit_code == 2
    assert "is not a pochade session" in worst.stdout
    assert "There is no session file" in worst.stdout
    assert f"{well}: well" in worst.stdout


def test_a_file_that_cannot_even_be_opened_is_damaged() -> None:
    path = kept("cut", turns=9)
    os.truncate(path, path.stat().st_size // 2)
    found = run("check", path)
    assert (found.exit_code, "is damaged" in found.stdout) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_sees_how_far_it_is_and_keeps_nothing_of_it() -> None:
    import pty

    path = kept("[bold]cats", turns=30)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "pochade", "check", str(path)], check=True, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "[bold]cats" in drawn
    assert "/30" in drawn
    assert done.stdout.decode().splitlines()[1] == "  30 turns, every picture as stored."


def test_sessions_are_listed_newest_first_in_80_columns_with_nothing_that_a_terminal_obeys() -> None:
    kept("2026-01-02-aaaaaa", when=1_800_000_000)
    path = kept("2026-01-01-bbbbbb")
    with Store.open(path) as store:
        add(store, 9, prompt=TRICK + " and very long" * 20)
        store.delete(store.ids()[0])
        rot(kept("2026-01-03-cccccc", turns=1, when=1_700_000_000))
        damaged = default_folder() / "broken.pochade"
        damaged.write_bytes(b"SQLite")
        os.utime(damaged, (1, 1))
        found = run("sessions")
        os.utime(path, (1_750_000_000, 1_750_000_000))
    assert found.exit_code == 0
    heads = [line.split()[0] for line in found.stdout.splitlines() if not line.startswith(" ")]
    assert set(heads) == {"2026-01-02-aaaaaa", "2026-01-01-bbbbbb", "2026-01-03-cccccc", "broken"}
    assert heads[-1] == "broken"
    assert "\x1b" not in found.stdout
    assert "\u202e" not in found.stdout
    assert "2 turns" in found.stdout
    assert "klein-4b" in found.stdout
    assert f"held by another session of this same process (process {os.getpid()}" in found.stdout
    assert "cannot be read: " in found.stdout
    assert all(len(line) <= 80 for line in found.stdout.splitlines() if "cannot be read" not in line)


def test_the_list_is_json_for_programs() -> None:
    assert json.loads(run("sessions", "--json").stdout) == []
    assert "No session was saved yet" in run("sessions").stdout
    path = kept("cats")
    (one,) = json.loads(run("sessions", "--json").stdout)
    assert one == {
        "name": "cats",
        "path": str(path),
        "size": path.stat().st_size,
        "written": "2025-06-15T15:06:40+00:00",
        "turns": 2,
        "prompt": "prompt 1 of cats",
        "model": "owner/klein-4b",
        "holder": None,
        "problem": None,
    }


def test_a_session_is_deleted_when_it_is_sure_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept("cats")
    assert run("sessions", "--delete", "dogs", "--yes").exit_code == 2
    unasked = run("sessions", "--delete", "cats")
    assert (unasked.exit_code, "say --yes" in unasked.stderr) == (2, True)
    monkeypatch.setattr(files, "_somebody_is_here", lambda: True)
    assert run("sessions", "--delete", "cats", input="n\n").exit_code == 1
    assert path.exists()
    with Store.open(path):
        held = run("sessions", "--delete", "cats", "--yes")
        assert (held.exit_code, "is writing it" in held.stderr) == (2, True)
    done = run("sessions", "--delete", "cats", input="y\n")
    assert done.exit_code == 0
    assert "Deleted: session cats with 2 turns. Notebooks keep the pictures" in done.stdout
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_what_bears_a_name_of_the_list_is_deleted_and_never_what_it_leads_to(tmp_path: Path) -> None:
    precious = kept("precious").rename(tmp_path / "precious.pochade")
    (default_folder() / "link.pochade").symlink_to(precious)
    (default_folder() / "bad.pochade").touch()
    done = run("sessions", "--delete", "link", "--yes")
    assert (done.exit_code, "The session that it leads to stays where it is" in done.stdout) == (0, True)
    assert precious.exists()
    assert run("sessions", "--delete", "bad", "--yes").exit_code == 0
    assert "No session was saved yet" in run("sessions").stdout


def test_the_index_forgets_a_deleted_session_at_once() -> None:
    with closing(Index(index_path())) as index:
        path = kept("cats")
        index.sync()
        assert len(index) == 2
        assert run("sessions", "--delete", path.stem, "--yes").exit_code == 0
        assert len(index) == 0


def test_a_session_or_some_of_its_turns_are_exported_and_nothing_is_written_over(tmp_path: Path) -> None:
    path = kept("cats")
    with Store.open(path) as store:
        ids = store.ids()
        data = picture(5)
        store.add(record("e2d3", parent=ids[0], images=(byte_hash(data),)), {byte_hash(data): data})
        out = run("export", path, "-o", tmp_path / "all.pochade")
        part = run("export", path, "-o", tmp_path / "part.pochade", "--turn", "e2d3")
    assert (out.exit_code, out.stdout.strip()) == (0, str(tmp_path / "all.pochade"))
    assert part.exit_code == 0
    with Store.open(tmp_path / "all.pochade") as copy, Store.open(tmp_path / "part.pochade") as some:
        assert copy.ids() == [*ids, "e2d3"]
        assert some.ids() == [ids[0], "e2d3"]
    again = run("export", path, "-o", tmp_path / "all.pochade")
    assert (again.exit_code, "nothing is written over" in again.stderr) == (2, True)
    missing = run("export", path, "-o", tmp_path / "new.pochade", "--turn", "z9z9")
    assert (missing.exit_code, "no turn 'z9z9'" in missing.stderr) == (2, True)


def test_the_commands_need_neither_a_model_nor_torch(tmp_path: Path) -> None:
    path = kept("cats")
    code = "import sys\nfrom pochade.cli import files\nfrom pochade.cli.app import app\n"
    code += "try:\n    app(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
    code += "assert not {'torch', 'diffusers'} & set(sys.modules)\n"
    for words in (["check", path], ["sessions"], ["export", path, "-o", tmp_path / "new.pochade"]):
        done = subprocess.run([sys.executable, "-c", code, *map(str, words)], check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
