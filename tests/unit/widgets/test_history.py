"""What a view of a session's turns is told when it goes to them, looks for them, or does something to one of them."""

import io
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image
from stored import add

import pochade
from pochade.store import Store
from pochade.widgets.history import HistoryRoom


@pytest.fixture
def turns(session):
    """A cat, a dog made of it, and a bird made of the cat: the dog and the bird are branches."""
    cat = session.generate("a cat", seed=1)
    dog = session.say("make it a dog", seed=2)
    session.current = cat
    bird = session.say("make it a BIRD", seed=3)
    return cat, dog, bird


def names(cards):
    return [card["turn"] for card in cards]


def test_a_click_goes_to_a_turn_with_its_card_and_its_picture(session, view, turns):
    cat = turns[0]
    view.say("go", turn=cat.id, index=None)
    moved, buffers = view.last("moved")
    assert (moved["current"], moved["card"]["turn"]) == (cat.id, cat.id)
    assert cat.png in buffers
    assert session.current == cat


def test_going_to_a_picture_of_a_turn_picks_it(session, view):
    turn = session.generate("a cat", n=3, seed=1)
    view.say("go", turn=turn.id, index=2)
    moved, buffers = view.last("moved")
    assert moved["index"] == 2
    assert turn[2].png in buffers
    assert session.current.picked == 2


def test_going_nowhere_makes_the_next_picture_afresh(session, view, turns):
    view.say("go", turn=None, index=None)
    assert view.last("moved")[0]["current"] is None
    assert session.current is None
    assert len(session) == len(turns)


def test_a_view_that_moved_ahead_in_vain_is_taken_back(session, view, turns):
    seq = view.say("go", turn="nowhere", index=None)
    assert view.last("trouble")[0]["seq"] == seq
    assert view.last("moved")[0]["current"] == turns[2].id == session.current.id


def test_going_to_a_picture_of_a_deleted_turn_changes_nothing_about_it(session, view):
    turn = session.generate("a cat", n=3, seed=1)
    session.delete(turn)
    seq = view.say("go", turn=turn.id, index=2)
    trouble, _ = view.last("trouble")
    assert (trouble["seq"], "was deleted" in trouble["message"]) == (seq, True)
    assert session[turn.id].picked == 0


def test_back_and_forward_follow_the_conversation(session, view, turns):
    cat, _, bird = turns
    view.say("step", direction="back")
    assert view.last("moved")[0]["current"] == cat.id
    view.say("step", direction="forward")
    assert view.last("moved")[0]["current"] == bird.id
    assert session.current == bird


def test_any_picture_of_any_turn_can_be_looked_at_without_going_there(session, view):
    first = session.generate("a cat", n=2, seed=1)
    last = session.generate("a dog", seed=2)
    seq = view.say("show", turn=first.id, index=1)
    pictures, buffers = view.last("pictures")
    assert (pictures["seq"], pictures["card"]["prompt"]) == (seq, "a cat")
    assert pictures["pictures"] == [{"turn": first.id, "index": 1, "thumb": False, "mime": "image/png"}]
    assert buffers == [first[1].png]
    assert session.current == last
    assert first.picked == 0


def test_thumbnails_come_for_those_that_can_be_read_and_say_whose_they_are(session, view, turns):
    cat, dog, bird = turns
    with closing(sqlite3.connect(session.path)) as db:
        held = db.execute("SELECT hash FROM picture WHERE turn = ? AND role = 'image'", (dog.id,)).fetchone()[0]
        db.execute("UPDATE blob SET bytes = zeroblob(length(bytes)) WHERE hash = ?", (held,))
        db.commit()
    view.say("thumbs", turns=[bird.id, dog.id, "nowhere", cat.id])
    pictures, buffers = view.last("pictures")
    assert names(pictures["pictures"]) == [bird.id, cat.id]
    assert all(picture["thumb"] for picture in pictures["pictures"])
    small = np.asarray(Image.open(io.BytesIO(buffers[1])).convert("RGB"), float)
    assert np.abs(small - np.asarray(cat.image.convert("RGB").resize(small.shape[1::-1]), float)).mean() < 12
    assert view.all("trouble") == []


def test_pages_of_earlier_turns_leave_none_out(tmp_path, view_of):
    path = tmp_path / "long.pochade"
    with Store.create(path, meta={}) as store:
        for seed in range(450):
            add(store, seed, prompt=f"cat number {seed}")
    with pochade.open(path) as long:
        for gone in long.turns[100:130]:
            long.delete(gone)
        view = view_of(long.studio())
        view.say("hello")
        snapshot, _ = view.last("snapshot")
        found = snapshot["turns"]
        assert snapshot["total"] == 420
        assert len(snapshot["pictures"]) < 30, "thumbnails of the others come when they are asked for"
        while len(found) < snapshot["total"]:
            seq = view.say("earlier", before=found[0]["number"])
            page, _ = view.last("page")
            assert (page["seq"], page["total"]) == (seq, 420)
            assert page["turns"], "a page before the last one is never empty"
            found = page["turns"] + found
        assert names(found) == list(long.turns.ids)


def test_a_search_finds_by_words_and_stars_newest_first(session, view, turns):
    cat, dog, bird = turns
    dog.star()
    for query, starred, expected in [
        ("make", False, [bird, dog]),
        ("bird MAKE", False, [bird]),
        ("", True, [dog]),
        ("", False, [bird, dog, cat]),
        ("make", True, [dog]),
        ("giraffe", False, []),
    ]:
        seq = view.say("find", query=query, starred=starred)
        found, _ = view.last("found")
        assert (found["seq"], found["query"], found["total"]) == (seq, query, len(expected))
        assert names(found["turns"]) == [turn.id for turn in expected], query
    assert len(session) == 3


def test_a_star_is_told_to_every_view_and_is_the_turn_s_own(session, view, turns):
    dog = turns[1]
    for starred in (True, False):
        view.say("star", turn=dog.id, starred=starred)
        changed, _ = view.last("changed")
        card = next(card for card in changed["turns"] if card["turn"] == dog.id)
        assert card["starred"] is starred
        assert session[dog.id].starred is starred


def test_a_deleted_turn_goes_its_children_grow_from_its_parent_and_undo_brings_all_back(session, view, turns):
    cat, dog, bird = turns
    view.say("delete", turn=cat.id)
    changed, _ = view.last("changed")
    assert changed["gone"] == [cat.id]
    assert {card["turn"]: card["parent"] for card in changed["turns"]} == {dog.id: None, bird.id: None}
    assert changed["total"] == 2
    view.say("restore", turn=cat.id)
    changed, _ = view.last("changed")
    assert changed["gone"] == []
    assert {card["turn"]: card["parent"] for card in changed["turns"]} == {
        cat.id: None,
        dog.id: cat.id,
        bird.id: cat.id,
    }
    assert list(session.turns.ids) == [cat.id, dog.id, bird.id]


def test_deleting_the_current_turn_moves_every_view_to_what_it_was_made_from(session, view, turns):
    cat, _, bird = turns
    view.say("delete", turn=bird.id)
    assert view.last("changed")[0]["gone"] == [bird.id]
    assert view.last("moved")[0]["current"] == cat.id == session.current.id


def test_what_cannot_be_done_is_said_to_whoever_asked_and_changes_nothing(session, view, turns):
    for kind, fields in [
        ("show", {"turn": "nowhere", "index": 0}),
        ("show", {"turn": turns[0].id, "index": 9}),
        ("star", {"turn": "nowhere", "starred": True}),
        ("delete", {"turn": "nowhere"}),
        ("restore", {"turn": "nowhere"}),
    ]:
        seq = view.say(kind, **fields)
        assert view.last("trouble")[0]["seq"] == seq, kind
    assert view.all("changed") == []
    assert list(session.turns.ids) == [turn.id for turn in turns]


def test_a_room_of_its_own_needs_no_studio(session, view_of, turns):
    view = view_of(HistoryRoom(session, "row"))
    view.say("hello")
    assert names(view.last("snapshot")[0]["turns"]) == [turn.id for turn in turns]
    view.part.close()
