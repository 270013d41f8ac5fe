"""What is left of a session in the views that outlive it: a little to show, a sentence, and none of its memory."""

import gc
import threading
import weakref

import pytest
import traitlets
from PIL import Image

import pochade
from pochade import Session
from pochade.widgets.compare import Compare
from pochade.widgets.promptbox import PromptBox
from pochade.widgets.strip import TurnStrip

PATIENCE = 60.0


@pytest.fixture
def opened(tiny_model):
    with Session(tiny_model, device="cpu") as made:
        made.generate("a cat", seed=7)
        made.settings.steps = 3
        yield made


def test_a_closed_session_is_let_go_though_its_views_stay(tiny_model, view_of):
    session = Session(tiny_model, device="cpu")
    session.generate("a cat")
    turn = session[-1].id
    views = [
        view_of(part)
        for part in (session.studio(), TurnStrip(session, go=True), PromptBox(session), Compare(turn, session=session))
    ]
    for view in views:
        view.say("hello")
        assert view.part._courier.flush(PATIENCE)
    couriers = [courier for view in views for courier in (view.part._courier, getattr(view.part, "_calls", None))]
    threads = [courier._thread for courier in couriers if courier is not None and courier._thread is not None]
    gone = weakref.ref(session)
    session.close()
    del session
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    gc.collect()
    assert gone() is None
    for view in views[:3]:
        assert len(view.all("closed")) == 1


def test_a_view_of_a_closed_session_still_gets_its_snapshot(opened, view_of):
    view = view_of(opened.studio())
    opened.close()
    for _ in range(2):
        view.say("hello")
        snapshot, _ = view.last("snapshot")
        assert (snapshot["session"]["closed"], snapshot["session"]["writable"]) == (True, False)
        assert (snapshot["session"]["name"], snapshot["settings"]["steps"]) == (opened.path.stem, 3)
        assert (snapshot["turns"], snapshot["jobs"], snapshot["current"]) == ([], [], None)
    assert view.all("trouble") == []


def test_what_a_closed_session_is_asked_is_answered_with_a_sentence_alone(opened, view_of):
    turn = opened[-1].id
    view = view_of(opened.studio())
    opened.close()
    for kind, fields in [
        ("ask", {"prompt": "a dog"}),
        ("go", {"turn": turn, "index": None}),
        ("go", {"turn": turn, "index": 0}),
        ("go", {"turn": None, "index": None}),
        ("step", {"direction": "back"}),
        ("show", {"turn": turn, "index": 0}),
        ("find", {"query": "", "starred": False}),
        ("star", {"turn": turn, "starred": True}),
        ("tune", {"name": "steps", "value": 5}),
        ("use", {"model": "miniature"}),
    ]:
        told = threading.Event()
        tell = view.part.tell
        view.part.tell = lambda message, buffers=(), told=told, tell=tell: (
            tell(message, buffers),
            told.set() if message.kind == "trouble" else None,
        )
        seq = view.say(kind, **fields)
        assert told.wait(PATIENCE), kind
        trouble, _ = view.last("trouble")
        assert (trouble["seq"], "pochade.open(" in trouble["message"]) == (seq, True), kind
    assert view.all("moved") == [], "no view loses the picture that it still has"


def test_closing_while_a_stopped_turn_is_kept_is_no_trouble(tiny_model, view_of):
    session = Session(tiny_model, device="cpu", keep_stopped=True)
    view = view_of(session.studio())
    view.say("hello")
    seen = threading.Event()
    session.subscribe(lambda event: seen.set() if event.kind == "preview" else None)
    session.submit("a cat", steps=1000)
    assert seen.wait(PATIENCE)
    hold = threading.Event()
    view.part.later(lambda: hold.wait(PATIENCE) and None)
    session.close()
    hold.set()
    assert view.all("closed")
    assert view.all("trouble") == []


def test_pictures_that_were_attached_go_with_the_session(opened, view_of):
    view = view_of(opened.studio())
    picture = Image.effect_noise((32, 32), 80)
    view.say("chunk", [picture._repr_png_()], upload=1, index=0, count=1)
    view.say("attach", upload=1, name="noise.png")
    assert view.all("attached")
    assert view.part._uploads._attached
    opened.close()
    assert view.all("closed")
    assert not view.part._uploads._attached


@pytest.mark.parametrize("make", [TurnStrip, lambda session: Compare(session=session)])
def test_a_page_that_sets_a_turn_of_a_closed_session_is_refused_as_any_wrong_value(opened, make):
    turn, part = opened[-1].id, make(opened)
    opened.close()
    name = "value" if isinstance(part, TurnStrip) else "left"
    with pytest.raises(traitlets.TraitError, match="closed"):
        part.set_state({name: turn})
    part.close()


def test_a_comparison_goes_on_with_pictures_of_ones_own(opened, view_of):
    compare = Compare(opened[-1], session=opened)
    view = view_of(compare)
    opened.close()
    compare.show(Image.new("RGB", (8, 6), "red"))
    assert view.last("pair")[0]["left"] == {"number": None, "label": ""}
    compare.close()


def test_a_studio_made_after_the_end_keeps_nothing_either(opened, view_of):
    path = opened.path
    opened.close()
    view = view_of(opened.studio())
    view.say("hello")
    assert view.last("snapshot")[0]["session"]["closed"] is True
    assert view.part._session is not opened
    with pochade.open(path) as again:
        assert len(again) == 1
