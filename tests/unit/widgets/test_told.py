"""What a view is told, and what it is not: each picture once, whatever else is damaged, slow or gone."""

import sqlite3
import threading
from contextlib import closing

import pytest

from pochade.errors import ModelError
from pochade.widgets.promptbox import PromptBox
from pochade.widgets.strip import TurnStrip

PATIENCE = 60.0


def damage(session, turn):
    with closing(sqlite3.connect(session.path)) as db:
        held = db.execute("SELECT hash FROM picture WHERE turn = ? AND role = 'image'", (turn.id,)).fetchone()[0]
        db.execute("UPDATE blob SET bytes = zeroblob(length(bytes)) WHERE hash = ?", (held,))
        db.commit()


def told_bytes(view):
    return sum(len(data) for _, buffers in view.heard for data in buffers)


# Each picture once.


def test_a_turn_s_whole_picture_goes_out_once(session, view):
    turn = session.generate("a cat", size=(256, 256))
    assert view.all("ended")
    sent = [data for _, buffers in view.heard for data in buffers]
    assert sent.count(turn.png) == 1
    assert told_bytes(view) < 1.2 * len(turn.png)
    kinds = [message["kind"] for message, _ in view.heard]
    assert kinds.index("moved") < kinds.index("made"), "the view has the picture when it hears of the turn"


def test_a_turn_that_is_not_gone_to_brings_its_picture_itself(session, view):
    first = session.generate("a cat", seed=1)

    def leave(event):
        if event.kind == "started":
            session.current = first

    session.current = None
    end = session.subscribe(leave)
    session.submit("a dog", task="generate").result()
    end()
    made, buffers = view.last("made")
    assert session.current == first
    assert made["card"]["prompt"] == "a dog"
    assert session[-1].png in buffers


@pytest.mark.parametrize("kind", [TurnStrip, PromptBox])
def test_a_part_that_shows_no_whole_picture_is_sent_none(session, view_of, kind):
    view = view_of(kind(session))
    session.generate("a cat")
    view.say("hello")
    assert view.all("snapshot")
    pictures = [picture for message, _ in view.heard for picture in message.get("pictures", [])]
    assert pictures
    assert all(picture["thumb"] for picture in pictures)
    view.part.close()


def test_a_strip_shows_no_work_so_that_a_waiting_cell_does(session, view_of):
    view = view_of(TurnStrip(session))
    view.say("hello")
    assert view.all("snapshot")
    assert not session._listeners.watched()
    view.part.close()


# What is damaged or gone.


def test_a_damaged_picture_keeps_no_view_from_its_snapshot(session, view):
    first, second, third = (session.generate(prompt) for prompt in ("a cat", "a dog", "a bird"))
    damage(session, first)
    damage(session, third)
    seq = view.say("hello")
    snapshot, buffers = view.last("snapshot")
    assert snapshot["seq"] == seq
    assert [twig["turn"] for twig in snapshot["turns"]] == [first.id, second.id, third.id]
    assert [picture["turn"] for picture in snapshot["pictures"]] == [second.id]
    assert (len(buffers), snapshot["current"], snapshot["card"]["turn"]) == (1, third.id, third.id)
    assert view.last("trouble")[0]["seq"] is None, "that the current picture cannot be read is said"
    session.current = first
    assert view.last("moved")[0]["current"] == first.id


def test_a_turn_that_is_deleted_before_it_is_told_is_no_trouble(session, view):
    hold = threading.Event()
    view.part.later(lambda: hold.wait(PATIENCE) and None)
    session.delete(session.generate("a cat"))
    hold.set()
    assert view.all("ended")
    assert view.all("trouble") == []


# What the model can do.


class Slow:
    """A model whose small files come over a slow network, or not at all."""

    def __init__(self, can):
        self.can, self.asked, self.go_on = can, 0, threading.Event()

    def __get__(self, session, kind=None):
        self.asked += 1
        assert self.go_on.wait(PATIENCE)
        if self.can is None:
            raise ModelError("There is no network.")
        return self.can


def test_a_model_that_is_slow_to_say_what_it_can_holds_up_no_snapshot(session, view, monkeypatch):
    slow = Slow(session.capabilities)
    monkeypatch.setattr(type(session), "capabilities", slow)
    view.say("hello")
    snapshot, _ = view.last("snapshot")
    assert (snapshot["abilities"], snapshot["session"]["model"]) == (None, "tiny")
    view.say("hello")
    assert view.all("snapshot")
    assert slow.asked == 1
    came = threading.Event()
    tell = view.part._tell_tuned
    monkeypatch.setattr(view.part, "_tell_tuned", lambda notes: (tell(notes), came.set()))
    slow.go_on.set()
    assert came.wait(PATIENCE)
    tuned, _ = view.last("tuned")
    assert (tuned["abilities"]["edit"], tuned["session"]["model"]) == (True, slow.can.name)


def test_a_model_that_cannot_say_it_is_not_asked_at_every_hello(session, view, monkeypatch):
    silent = Slow(None)
    silent.go_on.set()
    monkeypatch.setattr(type(session), "capabilities", silent)
    for _ in range(3):
        view.say("hello")
        assert view.last("snapshot")[0]["abilities"] is None
    assert silent.asked == 1
