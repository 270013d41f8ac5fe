"""A session as an owner of turns: what it removes for good, what it hands on, and what it takes in."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from stored import VERSION_3

from pochade import Session
from pochade.errors import ReadOnlyError, RequestError, StoreError
from pochade.imaging.load import png_bytes
from pochade.provenance.index import Index, index_path
from pochade.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.jobs import Event

SMALL = {"size": (64, 64), "steps": 1}


def test_purging_removes_now_what_closing_would_and_says_what_stays(session: Session) -> None:
    cat, dog, lonely = (session.generate(words, **SMALL) for words in ("a cat", "a dog", "a red cat"))
    hat = session.edit("a blue cat", image=cat, steps=1)
    assert session.purge().words() == "Nothing was removed."
    for turn in (cat, dog, lonely):
        session.delete(turn)
    session.restore(dog)
    stored = lonely.png
    before = session.path.stat().st_size
    purged = session.purge()
    assert (purged.turns, purged.kept, purged.notebook) == ((lonely.id,), (cat.id,), None)
    assert purged.size >= len(stored)
    assert purged.words().startswith(f"Removed for good: turn {lonely.id} with 1 picture")
    assert f"Turn {cat.id} stayed, hidden: turns that are kept were made from it." in purged.words()
    assert session.path.stat().st_size < before
    assert stored[100:200] not in session.path.read_bytes()
    assert list(session) == [dog, hat]
    assert session[cat.id].deleted
    with pytest.raises(KeyError):
        session.restore(lonely.id)


def test_the_index_forgets_what_is_purged_at_once_and_what_is_deleted_when_the_session_is_closed(
    session: Session,
) -> None:
    turns = [session.generate(words, **SMALL) for words in ("a cat", "a dog", "a red cat")]
    with closing(Index(index_path())) as index:
        index.sync()
        assert len(index) == 3
        session.delete(turns[0])
        session.purge()
        assert [bool(index.by_turn(session.turns[0].store.session_id, turn.id)) for turn in turns] == [
            False,
            True,
            True,
        ]
        session.delete(turns[1])
        session.close()
        assert len(index) == 1


def test_purging_says_which_cells_of_the_notebook_still_show_it(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, several = session.generate("a cat", **SMALL), session.generate("a dog", n=3, **SMALL)
    kept = session.generate("a red dog", **SMALL)

    def shown(number: int, data: bytes) -> dict[str, object]:
        outputs = [{"output_type": "display_data", "data": {"image/png": b64encode(data).decode()}, "metadata": {}}]
        return {"cell_type": "code", "source": "t", "execution_count": number, "metadata": {}, "outputs": outputs}

    sheet = several._repr_mimebundle_()["image/png"]
    cells = [shown(1, kept.png), shown(2, sheet), shown(3, one.png), shown(4, png_bytes(one.image))]
    path = tmp_path / "cats.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    for turn in (one, several):
        session.delete(turn)
    purged = session.purge()
    assert purged.notebook == path
    assert [trace.cell for trace in purged.traces if trace.picture] == [2, 3, 4]
    assert "cats.ipynb, as it was last saved, still shows them in cell 2 [2], cell 3 [3] and cell 4 [4]." in str(purged)


def test_what_a_job_is_made_from_is_not_removed_under_its_hands(session: Session) -> None:
    cat = session.generate("a cat", **SMALL)
    job = session.submit("a red cat", steps=1)
    session.delete(cat)
    purged = session.purge()  # the job may wait, paint, or be done by now; in each case its turn needs the cat
    assert purged.turns == ()
    hat = job.result()
    assert hat.parent == cat


def test_a_session_that_is_only_looked_at_removes_and_takes_in_nothing_but_hands_on(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "talk.pochade"
    path.write_bytes(VERSION_3.read_bytes())
    with Store.open(path) as held, Session(tiny_model, path=path.with_name("talk.pochade"), device="cpu") as looking:
        assert not looking.writable
        with pytest.raises(ReadOnlyError, match="looked at but not changed"):
            looking.purge()
        with pytest.raises(ReadOnlyError, match="read-only"):
            looking.merge(VERSION_3)
        with Store.open(looking.export(tmp_path / "new.pochade")) as new:
            assert new.ids() == held.ids()


def test_a_session_is_exported_whole_or_in_part(session: Session, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no turn yet"):
        session.export(tmp_path / "none.pochade")
    cat, dog = session.generate("a cat", **SMALL), session.generate("a dog", **SMALL)
    hat = session.edit("a red cat", image=cat, steps=1)
    whole = session.export(tmp_path / "whole.pochade")
    part = session.export(tmp_path / "part.pochade", hat.id, hat)
    assert whole == tmp_path / "whole.pochade"
    with Session(path=whole) as one, Session(path=part) as other:
        assert list(one.turns.ids) == [cat.id, dog.id, hat.id]
        assert list(other.turns.ids) == [cat.id, hat.id]
        assert (one.model, other.model) == (session.model, session.model)
        assert one[hat.id].png == other[hat.id].png == hat.png
        assert one.current is not None
        assert one.current.id == hat.id
    with pytest.raises(StoreError, match="nothing is written over"):
        session.export(whole)


def test_turns_of_another_session_come_in_and_every_view_is_told(session: Session, tiny_model: Path) -> None:
    mine = session.generate("a cat", **SMALL)
    told: list[Event] = []
    session.subscribe(told.append)
    with Session(tiny_model, device="cpu") as other:
        theirs = other.generate("a dog", **SMALL)
        hat = other.edit("a red dog", steps=1)
        merged, picture = session.merge(other.path), hat.png
    assert merged.added == (theirs.id, hat.id)
    assert session.current == mine, "one stays where one stands"
    assert [event.turn.id for event in told if event.kind == "changed" and event.turn] == [theirs.id, hat.id]
    assert session[hat.id].png == picture
    assert session[hat.id].parent == session[theirs.id]
    session.close()
    with Session(path=session.path) as again:
        assert again.current == mine


def test_a_new_session_can_begin_with_the_turns_of_another(tiny_model: Path) -> None:
    with Session(tiny_model, device="cpu") as session:
        merged = session.merge(VERSION_3)
        assert len(session) == 4
        assert "5 turns came in" in str(merged)
        assert f"One of these is deleted here: restore({merged.hidden[0]!r}) brings it back." in str(merged)
        assert session.current is None or session.current in session
        red = session.edit("a red cat", image=session[0], steps=1)
        assert red.parent == session[0]
        assert isinstance(red.image, Image.Image)
    with Store.open(session.path) as store:
        assert store.check() == []
        assert store.meta("model") == str(tiny_model)
