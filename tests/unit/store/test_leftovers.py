"""Deleting for good: nothing of it is left in the file, and it is said where a notebook still shows it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from stored import add, picture, record

from pochade.imaging.load import byte_hash, load_image, pixel_hash
from pochade.store.leftovers import Purged, Trace, find_notebook, traces

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.store import Store

WORDS = "the unmistakable words of a prompt"
DOTS = b"the unmistakable dots of a fingerprint"


@pytest.mark.parametrize("others", [0, 3, 200])
def test_nothing_of_a_purged_turn_is_left_in_the_file_or_beside_it(store: Store, path: Path, others: int) -> None:
    for seed in range(others):
        add(store, seed)
    image, upload, original = picture(1001, side=120), picture(1002, side=90), picture(1003, side=300)
    blobs = {byte_hash(data): data for data in (image, upload, original)}
    gone = record(
        "s3c4", prompt=WORDS, images=(byte_hash(image),), source=byte_hash(upload), originals=(byte_hash(original),)
    )
    gone = record(**{**vars(gone), "extra": {"rewritten": WORDS.upper()}, "notes": (WORDS[::-1],)})
    store.add(gone, blobs, fingerprints={byte_hash(image): DOTS}, fingerprint_version=1)
    for seed in range(others, 2 * others):  # pages of what is purged lie in the middle of the file
        add(store, seed)
    shown = [pixel_hash(load_image(data)) for data in blobs.values()]
    traceable = [*(name.encode() for name in (*blobs, *shown)), WORDS.encode(), WORDS.upper().encode(), DOTS]
    traceable += [
        WORDS[::-1].encode(),
        b"s3c4",
        *(data[place : place + 48] for data in blobs.values() for place in range(40, len(data) - 60, 997)),
    ]
    whole = path.read_bytes()
    assert all(one in whole for one in traceable[:3] + traceable[6:8])

    store.delete("s3c4")
    removed = store.purge()
    assert (removed.turns, removed.size) == (("s3c4",), sum(map(len, blobs.values())))
    assert dict(removed.pictures) == dict(zip(blobs, shown, strict=True))
    left = b"".join(entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file())
    assert [one for one in traceable if one in left] == []
    assert not path.with_name(f"{path.name}-journal").exists()
    assert store._column("PRAGMA freelist_count") == [0]
    assert store.check() == []
    assert len(store) == 2 * others


def cell(source: str, *outputs: dict[str, Any], count: int | None = 1) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "execution_count": count, "metadata": {}, "outputs": list(outputs)}


def shows(data: bytes, kind: str = "image/png") -> dict[str, Any]:
    return {"output_type": "display_data", "data": {kind: b64encode(data).decode() + "\n"}, "metadata": {}}


def says(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": [text[:20], text[20:]]}, "metadata": {}}


def notebook(path: Path, *cells: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def test_cells_that_show_the_picture_in_any_encoding_or_have_the_words_are_named(tmp_path: Path) -> None:
    gone, kept = picture(1), picture(2)
    image = load_image(gone)
    other = gone[:-12] + b"\0\0\0\x04tEXta\0bc\x05\x1c\x0f\xb4" + gone[-12:]  # other bytes, the same pixels
    prompt = 'a "cat" with a very long story that goes on and on'
    path = notebook(
        tmp_path / "cats.ipynb",
        cell("import pochade", count=1),
        cell("s", shows(kept), count=2),
        cell("t", shows(gone), count=3),
        cell("t.image", shows(other), says("<PIL.Image>"), count=4),
        cell(f"s.say({prompt!r})", says("Turn"), count=None),
        cell("t", says(f"Turn('k3f9', {prompt!r}, 32x32)"), shows(gone), count=6),
        {"cell_type": "markdown", "source": "words", "attachments": {"a.png": {"image/png": b64encode(gone).decode()}}},
    )
    found = traces(path, {byte_hash(gone)}, {pixel_hash(image)}, [prompt])
    assert found == (
        Trace(3, 3, picture=True, words=False),
        Trace(4, 4, picture=True, words=False),
        Trace(5, None, picture=False, words=True),
        Trace(6, 6, picture=True, words=True),
        Trace(7, None, picture=True, words=False),
    )
    said = Purged(("k3f9",), 1, 1234, (), path, found).words()
    assert said == (
        "Removed for good: turn k3f9 with 1 picture (1 kB). "
        "cats.ipynb, as it was last saved, still shows them in cell 3 [3], cell 4 [4], cell 6 [6] and cell 7. "
        "cats.ipynb still has their words in cell 5 and cell 6 [6]. "
        "Clear these outputs and save the notebook to be rid of them."
    )


PICTURE = b64encode(picture(1)).decode()
PROMPT = "a red boat, and nothing else"
SHOWN = cell("t", shows(picture(1)))


@pytest.mark.parametrize(
    ("what", "cells"),
    [
        ("a cell without outputs beside it", [{"source": "", "outputs": None}, SHOWN]),
        ("an output without data beside it", [cell("", {"data": None}), SHOWN]),
        ("cells that are none beside it", [7, None, SHOWN]),
        ("in HTML", [cell("", {"data": {"text/html": [f'<img src="data:image/png;base64,{PICTURE}">', "<br>"]}})]),
        ("in Markdown", [{"cell_type": "markdown", "source": f"![](data:image/png;base64,{PICTURE}) a"}]),
        ("in a drawing", [cell("", {"data": {"image/svg+xml": f"<image href='data:image/png;base64,{PICTURE}'/>"}})]),
    ],
)
def test_a_picture_is_found_wherever_in_a_notebook_it_lies(tmp_path: Path, what: str, cells: list[Any]) -> None:
    found = traces(notebook(tmp_path / "a.ipynb", *cells), {byte_hash(picture(1))}, set(), [PROMPT])
    assert found is not None, what
    assert [(trace.picture, trace.words) for trace in found] == [(True, False)]


def test_words_are_found_in_data_too_and_not_in_the_letters_of_a_picture(tmp_path: Path) -> None:
    data = {"application/json": {"turns": [{"prompt": PROMPT, "n": 1}]}}
    path = notebook(tmp_path / "a.ipynb", SHOWN, cell("", {"data": data}))
    assert traces(path, set(), set(), [PROMPT]) == (Trace(2, 1, picture=False, words=True),)
    assert traces(path, set(), set(), [PICTURE[50:53], "cell_type", "code"]) == ()


def test_what_widgets_saved_with_the_notebook_is_looked_through(tmp_path: Path) -> None:
    buffers = [{"encoding": "base64", "data": PICTURE, "path": ["picture"]}]
    state = {"5a": {"model_name": "AnyModel", "state": {"prompt": PROMPT}, "buffers": buffers}}
    path = tmp_path / "a.ipynb"
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    path.write_text(json.dumps({"cells": [], "metadata": {"widgets": widgets}}))
    found = traces(path, {byte_hash(picture(1))}, set(), [PROMPT])
    assert found == (Trace(0, None, picture=True, words=True),)
    assert "still shows them in its saved widgets." in Purged(("k3f9",), 1, 9, (), path, found).words()


def test_a_notebook_of_the_former_format_is_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    old = {"cell_type": "code", "input": ["t"], "prompt_number": 3, "outputs": [{"output_type": "x", "png": PICTURE}]}
    path.write_text(json.dumps({"worksheets": [{"cells": [old]}], "nbformat": 3}))
    assert traces(path, {byte_hash(picture(1))}, set(), []) == (Trace(1, 3, picture=True, words=False),)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"cells": 7}', "[" * 99_999, '{"cells": [', '{"worksheets": [1]}']
)
def test_a_notebook_that_cannot_be_read_is_not_said_to_show_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "strange.ipynb"
    path.write_text(content)
    assert traces(path, {"feed"}, {"feed"}, ["cat"]) is None
    assert traces(tmp_path / "none.ipynb", {"feed"}, {"feed"}, ["cat"]) is None
    said = Purged(("k3f9",), 1, 1234, (), path, None).words()
    assert said.endswith("strange.ipynb could not be looked through: it may still show them.")


def test_a_notebook_that_is_too_large_is_not_said_to_show_nothing(tmp_path: Path) -> None:
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(1_000_000_001)
    assert traces(path, {"feed"}, set(), []) is None


@pytest.mark.parametrize("content", ['{"cells": [7]}', '{"cells": [{"outputs": 3}]}', '{"cells": []}'])
def test_a_notebook_with_nothing_in_it_shows_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.ipynb"
    path.write_text(content)
    assert traces(path, {"feed"}, {"feed"}, ["cat"]) == ()


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    broken = {"output_type": "display_data", "data": {"image/png": "no base64!", "image/jpeg": "aGVsbG8="}}
    path = notebook(tmp_path / "a.ipynb", cell("t", broken, shows(picture(1))))
    assert traces(path, {byte_hash(picture(1))}, set(), []) == (Trace(1, 1, picture=True, words=False),)


def test_the_notebook_is_found_wherever_the_server_counts_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work" / "deep"
    folder.mkdir(parents=True)
    path = notebook(folder / "cats.ipynb")
    monkeypatch.chdir(folder)
    assert find_notebook() is None, "there is no notebook"
    for name in (str(path), "cats.ipynb", "work/deep/cats.ipynb", "deep/cats.ipynb", f"{path}-jvsc-0815"):
        monkeypatch.setenv("JPY_SESSION_NAME", name)
        assert find_notebook() == path
    for name in ("dogs.ipynb", "8f14e45f-ceea-467f-a8b1-8b2b5f3f2f1e", "/nowhere/birds.ipynb", ""):
        assert find_notebook(name or "nothing") is None
    assert find_notebook("x" * 300 + ".ipynb") is None, "no file system has such a name"


def test_what_was_purged_is_said_in_words() -> None:
    assert str(Purged()) == "Nothing was removed."
    assert Purged(kept=("k3f9",)).words() == (
        "Nothing was removed. Turn k3f9 stayed, hidden: turns that are kept were made from it."
    )
    assert Purged(("a2b3", "c4d5"), 3, 2_500_000, ("k3f9", "e2f3")).words() == (
        "Removed for good: 2 turns with 3 pictures (2.5 MB). "
        "2 turns stayed, hidden: turns that are kept were made from them. No notebook was found to look through."
    )
