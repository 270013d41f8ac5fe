import io
import json
import threading

import ipywidgets
import numpy as np
import pytest
import traitlets
from PIL import Image

from pochade import Session
from pochade.errors import ImageError
from pochade.request import MAX_PROMPT
from pochade.widgets.compare import Compare
from pochade.widgets.promptbox import PromptBox
from pochade.widgets.protocol import PROTOCOL
from pochade.widgets.strip import TurnStrip

PATIENCE = 60.0
RED = Image.new("RGB", (8, 6), "red")
BLUE = Image.new("RGB", (9, 6), "blue")


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def colour(data):
    return Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0))


def settle(part):
    """Wait until a part has done everything that it was told so far."""
    for _ in range(3):
        assert part._courier.flush(PATIENCE)
        assert part._calls.flush(PATIENCE)


@pytest.fixture
def turns(session):
    return [session.generate(prompt, seed=7) for prompt in ("a cat", "a dog", "a bird")]


@pytest.fixture
def other(tiny_model):
    with Session(tiny_model, device="cpu") as opened:
        yield opened


# Two pictures compared.


def test_two_pictures_of_any_kind_are_compared(view_of):
    compare = Compare(RED, np.zeros((6, 8, 3), np.uint8))
    view = view_of(compare)
    seq = view.say("hello")
    message, buffers = view.last("pair")
    assert (message["seq"], message["protocol"], message["sides"]) == (seq, PROTOCOL, ["left", "right"])
    assert message["left"] == {"number": None, "label": ""}
    assert [colour(data) for data in buffers] == [(255, 0, 0), (0, 0, 0)]
    assert (compare.left, compare.right, compare.mode, compare.position) == (None, None, "slider", 0.5)


def test_only_the_side_that_changed_travels(view_of):
    compare = Compare(RED, BLUE)
    settle(compare)
    view = view_of(compare)
    compare.show(right=RED)
    message, buffers = view.last("pair")
    assert message["sides"] == ["right"]
    assert message["left"] is not None
    assert [colour(data) for data in buffers] == [(255, 0, 0)]


def test_with_a_session_the_sides_are_turns_by_name(session, turns, view_of):
    compare = Compare(turns[0], turns[1].id, session=session)
    assert (compare.left, compare.right) == (turns[0].id, turns[1].id)
    settle(compare)
    view = view_of(compare)
    compare.left = turns[2]
    message, buffers = view.last("pair")
    assert compare.left == turns[2].id
    assert message["left"] == {"number": 3, "label": "a bird"}
    assert buffers == [turns[2].png]
    compare.left = None
    assert view.last("pair")[0]["left"] is None


def test_a_picture_of_ones_own_stands_beside_a_turn(session, turns, view_of):
    compare = Compare(RED, turns[0], session=session)
    view = view_of(compare)
    view.say("hello")
    message, buffers = view.last("pair")
    assert (message["left"]["number"], message["right"]["number"]) == (None, 1)
    assert colour(buffers[0]) == (255, 0, 0)
    compare.left = turns[1].id
    assert view.last("pair")[1] == [turns[1].png]


def test_the_picture_that_is_picked_is_the_one_compared(session, view_of):
    turn = session.generate("a cat", n=3, seed=7)
    compare = Compare(turn, RED, session=session)
    settle(compare)
    view = view_of(compare)
    turn.pick(2)
    message, buffers = view.last("pair")
    assert message["sides"] == ["left"]
    assert buffers == [turn[2].png]


def test_a_deleted_turn_and_a_closed_session_leave_a_comparison_standing(session, turns, view_of):
    compare = Compare(turns[0], turns[1], session=session)
    view = view_of(compare)
    session.delete(turns[0])
    view.say("hello")
    assert view.last("pair")[0]["left"] == {"number": None, "label": "a cat"}
    session.close()
    view.say("hello")
    assert (view.last("pair")[0]["left"], view.all("trouble")) == (None, [])


def test_a_side_that_nobody_knows_is_refused(session, turns, other):
    compare = Compare(turns[0], turns[1], session=session)
    with pytest.raises(traitlets.TraitError, match="no turn 'zzzz'"):
        compare.left = "zzzz"
    with pytest.raises(traitlets.TraitError, match="Without a session"):
        Compare(RED, BLUE).left = turns[0].id
    with pytest.raises(traitlets.TraitError):
        Compare(session=other).left = turns[0]
    with pytest.raises(ImageError, match="nowhere"):
        Compare("nowhere.png", RED)
    assert compare.left == turns[0].id


@pytest.mark.parametrize(
    "hostile", [{"mode": "spin"}, {"position": 2}, {"position": "left"}, {"left": "zzzz"}, {"left": 3}]
)
def test_a_page_cannot_set_what_nobody_could(session, turns, hostile):
    compare = Compare(turns[0], turns[1], session=session)
    with pytest.raises(traitlets.TraitError):
        compare.set_state(hostile)
    assert (compare.left, compare.mode, compare.position) == (turns[0].id, "slider", 0.5)


# The strip of turns.


def test_choosing_a_turn_is_heard_once_and_leaves_the_session_where_it_is(session, turns):
    strip = TurnStrip(session)
    heard = []
    strip.observe(lambda change: heard.append((change.old, change.new)), "value")
    strip.set_state({"value": turns[0].id})
    settle(strip)
    assert heard == [(None, turns[0].id)]
    assert strip.turn == turns[0]
    assert session.current == turns[2]


def test_with_go_the_strip_and_the_session_are_at_the_same_turn(session, turns):
    strip = TurnStrip(session, go=True)
    assert strip.turn == turns[2]
    strip.set_state({"value": turns[0].id})
    settle(strip)
    assert session.current == turns[0]
    made = session.say("a hat")
    settle(strip)
    assert strip.turn == made
    session.new()
    settle(strip)
    assert strip.value is None


def test_of_many_choices_in_a_row_the_last_one_counts(session, turns):
    strip = TurnStrip(session, go=True)
    for k in range(40):
        strip.set_state({"value": turns[k % 3].id})
    settle(strip)
    assert strip.turn == session.current == turns[39 % 3]


def test_whoever_answers_the_session_s_move_with_a_choice_is_followed(session, turns):
    strip = TurnStrip(session, go=True)

    def back(change):
        if change.new == turns[0].id:
            strip.value = turns[1].id

    strip.observe(back, "value")
    session.current = turns[0]
    settle(strip)
    assert strip.turn == session.current == turns[1]


def test_a_choice_that_the_session_refuses_goes_back(session, turns, view_of, monkeypatch):
    strip = TurnStrip(session, go=True)
    view = view_of(strip)

    def refuse(_turn, _store):
        raise ImageError("Not now.")

    monkeypatch.setattr(session._place, "go", refuse)
    strip.set_state({"value": turns[0].id})
    settle(strip)
    assert strip.turn == session.current == turns[2]
    assert view.last("trouble")[0]["message"] == "Not now."


def test_a_deleted_turn_is_chosen_no_longer(session, turns):
    strip = TurnStrip(session, turns[1])
    session.delete(turns[0])
    settle(strip)
    assert strip.turn == turns[1]
    session.delete(turns[1])
    settle(strip)
    assert strip.value is None


def test_the_strip_shows_turns_as_they_are_made(session, turns, view_of):
    strip = TurnStrip(session, turns[1], lang="zh")
    view = view_of(strip)
    view.say("hello")
    assert [twig["turn"] for twig in view.last("snapshot")[0]["turns"]] == [turn.id for turn in turns]
    made = session.generate("a fish")
    assert view.last("made")[0]["twig"]["turn"] == made.id
    view.say("thumbs", turns=[turns[0].id])
    assert [picture["turn"] for picture in view.last("pictures")[0]["pictures"]] == [turns[0].id]
    assert (strip.turn, strip.lang) == (turns[1], "zh")


def test_a_turn_that_the_session_does_not_have_cannot_be_chosen(session, turns, other):
    strip = TurnStrip(session, turns[0])
    for hostile in ("zzzz", 3, ["k3f9"]):
        with pytest.raises(traitlets.TraitError):
            strip.set_state({"value": hostile})
    with pytest.raises(traitlets.TraitError):
        TurnStrip(other, turns[0])
    assert strip.turn == turns[0]


def test_a_link_ties_the_strip_to_a_comparison(session, turns, view_of):
    strip, compare = TurnStrip(session), Compare(turns[0], session=session)
    tie = ipywidgets.link((strip, "value"), (compare, "right"))
    settle(compare)
    view = view_of(compare)
    strip.set_state({"value": turns[1].id})
    assert view.last("pair")[1] == [turns[1].png]
    compare.right = turns[2]
    assert strip.turn == turns[2]
    tie.unlink()


# The prompt box.


def attach(view, image, upload):
    view.say("chunk", [png(image)], upload=upload, index=0, count=1)
    view.say("attach", upload=upload, name="red.png")
    return {"upload": upload, "turn": None, "index": 0}


def test_a_box_hands_over_what_is_written_and_the_pictures_that_go_with_it(view_of):
    box, heard = PromptBox(), []
    box.on_submit(lambda words, pictures: heard.append((words, [picture.getpixel((0, 0)) for picture in pictures])))
    view = view_of(box)
    red, blue = attach(view, RED, 1), attach(view, BLUE, 2)
    assert view.last("attached")[0]["upload"] == 2
    view.say("ask", prompt="a cat", references=[blue, red])
    settle(box)
    assert heard == [("a cat", [(0, 0, 255), (255, 0, 0)])]
    assert (view.last("ended")[0]["prompt"], view.last("ended")[0]["state"]) == ("a cat", "done")


def test_a_function_may_wait_for_its_picture_while_the_box_answers(session, view_of):
    box, made, go_on = PromptBox(), [], threading.Event()

    def paint(words, _pictures):
        assert go_on.wait(PATIENCE)
        made.append(session.say(words))

    box.on_submit(paint)
    view = view_of(box)
    view.say("ask", prompt="a cat")
    seq = view.say("ping")
    assert seq in {message["seq"] for message, _ in view.all("pong")}
    go_on.set()
    settle(box)
    assert [turn.prompt for turn in made] == ["a cat"]


def test_a_function_may_go_on_at_once(session, view_of):
    box, done = PromptBox(), threading.Event()
    box.on_submit(lambda words, _: session.submit(words, on_done=lambda _job: done.set()))
    view_of(box).say("ask", prompt="a cat")
    assert done.wait(PATIENCE)
    assert session[-1].prompt == "a cat"


def test_a_function_that_fails_says_so_and_the_words_come_back(view_of):
    box = PromptBox()

    def refuse(_words, _pictures):
        raise ImageError("Not today.")

    box.on_submit(refuse)
    view = view_of(box)
    seq = view.say("ask", prompt="a cat")
    settle(box)
    assert (view.last("trouble")[0]["seq"], view.last("trouble")[0]["message"]) == (seq, "Not today.")
    box.on_submit(refuse, remove=True)
    view.say("ask", prompt="a cat")
    settle(box)
    assert "on_submit" in view.last("trouble")[0]["message"]


def test_a_box_without_a_session_looks_like_an_empty_one(view_of):
    box = PromptBox(value="a cat", placeholder="What do you see?")
    view = view_of(box)
    seq = view.say("hello")
    snapshot = view.last("snapshot")[0]
    assert (snapshot["seq"], snapshot["turns"], snapshot["abilities"]) == (seq, [], None)
    assert snapshot["session"]["writable"] is True
    assert (box.value, box.placeholder) == ("a cat", "What do you see?")


def test_with_a_session_the_box_asks_it_and_tells_whoever_listens(session, view_of):
    box, heard = PromptBox(session), []
    box.on_submit(lambda words, pictures: heard.append((words, len(pictures))))
    view = view_of(box)
    view.say("ask", prompt="a cat")
    settle(box)
    for job in session.jobs:
        job.exception()
    first = session[-1]
    assert first.prompt == "a cat"
    view.say("ask", prompt="a dog", base=first.id, references=[attach(view, RED, 1)])
    settle(box)
    for job in session.jobs:
        job.exception()
    assert (session[-1].parent, session[-1].prompt) == (first, "a dog")
    assert heard == [("a cat", 0), ("a dog", 1)]
    assert view.last("ended")[0]["state"] == "done"


def test_what_is_written_can_be_set_and_is_never_longer_than_a_prompt(session):
    for box in (PromptBox(), PromptBox(session)):
        box.set_state({"value": "a cat"})
        assert box.value == "a cat"
        for hostile in ("x" * (MAX_PROMPT + 1), 3, None):
            with pytest.raises(traitlets.TraitError):
                box.set_state({"value": hostile})
        assert box.value == "a cat"


# All of them.


@pytest.fixture
def parts(session, turns):
    made = [
        TurnStrip(session, layout={"width": "50%"}),
        Compare(turns[0], turns[1], session=session, layout={"width": "50%"}),
        PromptBox(session, layout={"width": "50%"}),
        PromptBox(layout={"width": "50%"}),
    ]
    yield made
    for part in made:
        part.close()


def test_they_go_into_layouts_and_say_what_they_are(parts):
    assert repr(ipywidgets.VBox(parts)) == (
        "VBox(children=(TurnStrip(3 turns), Compare('slider'), PromptBox(session), PromptBox()))"
    )
    assert [part.layout.width for part in parts] == ["50%"] * 4
    assert [part.part for part in parts] == ["strip", "compare", "prompt", "prompt"]


def test_no_picture_is_ever_a_trait(parts, turns):
    for part in parts:
        state = {name: value for name, value in part.get_state().items() if name not in {"_esm", "_css"}}
        assert len(json.dumps(state, default=str)) < 4_000
        assert turns[0].png not in state.values()


@pytest.mark.parametrize(
    "hostile",
    [
        {"kind": "ask", "seq": 1, "prompt": ""},
        {"kind": "hello", "seq": "1"},
        {"kind": "snapshot", "seq": 1},
        {"kind": "paint", "seq": 1, "upload": None},
        {"kind": "hello", "seq": 1, "protocol": PROTOCOL + 1},
        [],
    ],
)
def test_a_message_that_no_view_sends_is_refused_in_words(parts, view_of, hostile):
    for part in parts:
        view = view_of(part)
        view.say_raw(hostile)
        assert view.last("trouble")[0]["message"].endswith(".")


def test_a_message_that_comes_twice_counts_once(view_of):
    box, heard = PromptBox(), []
    box.on_submit(lambda words, _: heard.append(words))
    view = view_of(box)
    seq = view.say("ask", prompt="a cat")
    view.seq = seq - 1
    view.say("ask", prompt="a cat")
    settle(box)
    assert heard == ["a cat"]


def test_closing_a_part_ends_its_threads_and_its_listening(session, parts):
    for part in parts:
        settle(part)
    threads = [courier._thread for part in parts for courier in (part._courier, part._calls)]
    listeners = len(session._listeners._listeners)
    for part in parts:
        part.close()
    assert len(session._listeners._listeners) == listeners - 3
    for thread in threads:
        if thread is not None:
            thread.join(PATIENCE)
            assert not thread.is_alive()
    session.generate("a fish")


def test_a_box_with_a_session_goes_back_forward_and_afresh_as_its_commands_say(session, view_of):
    turn = session.generate("a cat")
    view = view_of(PromptBox(session))
    view.say("step", direction="back")
    assert view.last("moved")[0]["current"] is None
    view.say("step", direction="forward")
    assert view.last("moved")[0]["current"] == turn.id
    view.say("go", turn=None, index=None)
    assert view.last("moved")[0]["current"] is None
    assert view.all("trouble") == []
