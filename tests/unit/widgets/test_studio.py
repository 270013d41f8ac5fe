import io
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

import pochade
from pochade import Session
from pochade.widgets.protocol import CHUNK_BYTES

PATIENCE = 60.0
ASK = {"base": None, "index": 0, "source": None, "mask": None, "extend": None, "references": []}


def finish(session):
    for job in session.jobs:
        job.exception()


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_hello_is_answered_with_everything_and_again_with_everything(session, view):
    turn = session.generate("a cat", seed=7)
    seq = view.say("hello")
    snapshot, buffers = view.last("snapshot")
    assert snapshot["seq"] == seq
    assert snapshot["current"] == turn.id
    assert [twig["turn"] for twig in snapshot["turns"]] == [turn.id]
    assert snapshot["card"]["code"] == turn.code()
    assert snapshot["settings"] == session.settings.as_dict()
    assert snapshot["abilities"]["paint"] is True
    assert snapshot["session"]["writable"] is True
    assert len(buffers) == len(snapshot["pictures"])
    whole = [data for picture, data in zip(snapshot["pictures"], buffers, strict=True) if not picture["thumb"]]
    assert whole == [turn.png]
    view.say("hello")
    again, _ = view.last("snapshot")
    assert again | {"seq": seq, "serial": snapshot["serial"]} == snapshot


NOTEBOOK = "/home/ann/cats.ipynb"


@pytest.fixture
def earlier(tiny_model, monkeypatch):
    """A session of the same notebook, with two turns, closed as a kernel's end closes it."""
    monkeypatch.setenv("JPY_SESSION_NAME", NOTEBOOK)
    with Session(tiny_model, device="cpu") as before:
        before.generate("a cat", seed=7)
        before.say("a dog", seed=8)
    return before


def test_an_empty_studio_offers_the_notebook_s_last_session(earlier, session, view):
    view.say("hello")
    offer, buffers = view.last("offer")
    assert (offer["count"], offer["prompt"], offer["code"]) == (2, "a dog", "s = pochade.open()")
    assert Image.open(io.BytesIO(buffers[0])).size == (64, 64)
    with pochade.open() as again:
        assert again.path == earlier.path, "the offered code opens what was offered"
    assert len(session) == 0


@pytest.mark.usefixtures("earlier")
def test_a_session_with_turns_offers_no_other(session, view):
    session.generate("a bird")
    view.say("hello")
    assert view.all("snapshot")
    assert view.all("offer") == []


@pytest.mark.usefixtures("earlier")
def test_another_notebook_s_session_is_not_offered(view, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/dogs.ipynb")
    view.say("hello")
    assert view.all("snapshot")
    assert view.all("offer") == []


def test_a_session_that_went_bad_is_not_offered_and_is_no_trouble(earlier, view):
    with closing(sqlite3.connect(earlier.path)) as db:
        db.execute("UPDATE blob SET bytes = zeroblob(length(bytes))")
        db.commit()
    view.say("hello")
    assert view.all("snapshot")
    assert view.all("offer") == []
    assert view.all("trouble") == []
    view.say("ping")
    assert view.all("pong")


def test_a_prompt_becomes_a_turn_that_every_view_is_told(session, view):
    view.say("ask", prompt="a cat")
    assert view.part._courier.flush(PATIENCE)
    finish(session)
    made, buffers = view.last("made")
    assert made["card"]["turn"] == session[-1].id
    assert made["card"]["prompt"] == "a cat"
    assert all(picture["thumb"] for picture in made["pictures"])
    assert len(buffers) == 1
    moved, buffers = view.last("moved")
    assert moved["current"] == session[-1].id
    assert buffers == [session[-1].png]
    assert view.last("ended")[0]["state"] == "done"
    assert view.last("working")[0]["jobs"] == []


def test_a_turn_made_by_a_cell_is_told_at_once(session, view):
    turn = session.generate("a cat")
    assert view.last("made")[0]["card"]["turn"] == turn.id
    assert view.last("moved")[0]["current"] == turn.id


def test_a_mask_arrives_to_the_bit_and_nothing_outside_it_changes(session, view):
    parent = session.generate("a cat")
    mask = Image.new("L", parent.size, 0)
    mask.paste(255, (3, 5, 20, 31))
    view.say("chunk", [png(mask)], upload=1, index=0, count=1)
    view.say("ask", prompt="a dog", base=parent.id, mask=1)
    assert view.part._courier.flush(PATIENCE)
    finish(session)
    turn = session[-1]
    assert turn.prompt == "a dog"
    assert turn.parent == parent
    assert turn.mask.tobytes() == mask.tobytes()
    outside = np.asarray(mask) == 0
    assert (np.asarray(turn.image)[outside] == np.asarray(parent.image)[outside]).all()


def test_going_back_to_a_turn_makes_the_next_prompt_branch_there(session, view):
    first = session.generate("a cat")
    session.say("a dog")
    view.say("go", turn=first.id, index=None)
    assert view.last("moved")[0]["current"] == first.id
    assert session.current == first
    view.say("go", turn=None, index=None)
    assert view.last("moved")[0]["current"] is None
    assert session.current is None


def test_stop_ends_the_running_job_and_the_session_goes_on(session, view):
    job = session.submit("a cat", steps=1000)
    view.say("stop", job=str(job.id))
    job.exception()
    assert job.state == "cancelled"
    assert view.last("ended")[0]["state"] == "cancelled"
    assert session.generate("a cat").prompt == "a cat"


def test_stop_of_a_job_that_is_over_or_another_s_does_nothing(session, view):
    turn = session.generate("a cat")
    view.say("stop", job="nobody")
    assert session.current == turn
    assert view.all("trouble") == []


def test_previews_are_few_numbered_and_faster_only_when_they_are_seen(session, view):
    studio = view.part
    assert studio._preview_gap() == 0.2
    session.generate("a cat", steps=300)
    assert not view.all("preview"), "nobody has spoken yet, so nobody looks"
    view.say("hello")
    session.generate("a cat", steps=300)
    previews = view.all("preview")
    assert previews
    assert [content["preview"] for content, _ in previews] == list(range(1, len(previews) + 1))
    assert Image.open(io.BytesIO(previews[0][1][0])).format in {"JPEG", "PNG"}
    assert studio._preview_gap() == 0.5
    view.say("ack", preview=10_000)
    assert studio._preview_gap() == 0.2


def test_a_picture_is_sent_when_it_is_asked_for(session, view):
    turn = session.generate("a cat", n=2)
    seq = view.say("show", turn=turn.id, index=1)
    message, buffers = view.last("pictures")
    assert message["seq"] == seq
    assert buffers == [turn.pngs[1]]


def test_picking_a_picture_goes_on_from_it_and_every_view_is_told(session, view):
    turn = session.generate("a cat", n=3)
    session.say("a dog")
    view.say("go", turn=turn.id, index=2)
    moved, buffers = view.last("moved")
    assert (moved["current"], moved["index"]) == (turn.id, 2)
    assert buffers[0] == turn.pngs[2]
    assert session.current.png == turn.pngs[2]
    turn.pick(1)
    assert view.last("moved")[0]["index"] == 1
    view.say("go", turn=turn.id, index=9)
    assert "no picture 9" in view.last("trouble")[0]["message"]
    assert session.current.picked == 1


@pytest.mark.parametrize(
    ("content", "buffers"),
    [
        ("hello", []),
        ({"kind": "nothing", "seq": 1}, []),
        ({"kind": "ask", "seq": 1, "prompt": " ", **ASK}, []),
        ({"kind": "ask", "seq": 1, "prompt": "x" * 32_001, **ASK}, []),
        ({"kind": "ask", "seq": 1, "prompt": "a cat", **ASK, "base": "nope"}, []),
        ({"kind": "ask", "seq": 1, "prompt": "a cat", **ASK, "mask": 99}, []),
        ({"kind": "go", "seq": 1, "turn": "nope", "index": None}, []),
        ({"kind": "show", "seq": 1, "turn": "nope", "index": 0}, []),
        ({"kind": "paint", "seq": 1, "upload": None}, []),
        ({"kind": "chunk", "seq": 1, "upload": 1, "index": 0, "count": 1}, []),
        ({"kind": "chunk", "seq": 1, "upload": 1, "index": 0, "count": 1}, [b"x" * (CHUNK_BYTES + 1)]),
    ],
)
def test_a_hostile_message_is_answered_with_a_sentence_and_changes_nothing(session, view, content, buffers):
    view.say_raw(content, buffers)
    trouble, _ = view.last("trouble")
    assert trouble["message"].endswith((".", ")"))
    assert "Traceback" not in trouble["message"]
    assert len(session) == 0
    assert session.jobs == ()
    view.say("ping")
    assert view.all("pong"), "the Studio goes on"


def test_a_picture_of_a_turn_that_does_not_exist_is_refused(session, view):
    turn = session.generate("a cat")
    view.say("show", turn=turn.id, index=9)
    assert view.all("trouble")


def test_a_failed_job_tells_why_and_gives_its_prompt_back(session, view):
    job = session.submit("a cat", size=(64, 64), steps=2)
    job.cancel()
    job.exception()
    ended, _ = view.last("ended")
    assert ended["prompt"] == "a cat"


def test_a_closed_session_says_so(session, view):
    session.generate("a cat")
    session.close()
    assert view.all("closed")
    view.say("hello")
    assert view.last("snapshot")[0]["session"]["closed"] is True


def test_there_is_one_studio_for_a_session(session):
    assert session.studio() is session.studio()


def test_it_is_live_only_while_a_view_speaks(session, view_of):
    studio = session.studio()
    assert not studio.live
    view = view_of(studio)
    view.say("ping")
    assert studio.live


def test_no_picture_travels_in_a_trait(session, view):
    session.generate("a cat")
    durable = {name: value for name, value in view.part.get_state().items() if name not in {"_esm", "_css"}}
    assert durable["part"] == "studio"
    assert len(repr(durable)) < 2_000


def test_the_comm_is_not_pinned_to_the_shell_that_opened_it(session):
    assert getattr(session.studio().comm, "_reply_subshell_for", None) is None


def test_whatever_goes_wrong_with_a_message_is_told_to_the_view_that_waits(session, view, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault nobody thought of")

    monkeypatch.setattr(session, "submit", broken)
    view.say("ask", prompt="a cat")
    assert "nobody thought of" in view.last("trouble")[0]["message"]


def test_a_closed_session_can_still_be_shown(session, view):
    session.generate("a cat")
    session.close()
    assert view.part._current() is None
