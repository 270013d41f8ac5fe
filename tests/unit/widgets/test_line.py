import pytest

from pochade.widgets.part import REMEMBERED
from pochade.widgets.protocol import CHUNK_BYTES, OTHER_VERSION, PROTOCOL

ASK = {"base": None, "index": 0, "source": None, "mask": None, "extend": None, "references": []}


def asked(seq, **fields):
    return {"kind": "ask", "seq": seq, "prompt": "a cat", **ASK, **fields}


def finish(session):
    for job in session.jobs:
        job.exception()


def test_a_prompt_that_is_played_again_makes_one_turn_and_is_confirmed_each_time(session, view):
    for _ in range(3):
        view.say_raw(asked(77))
    assert [content["seq"] for content, _ in view.all("pong")] == [77] * 3
    finish(session)
    assert len(session) == 1


def test_a_prompt_that_comes_late_and_out_of_order_is_still_one_turn(session, view):
    view.say_raw(asked(9, prompt="a dog"))
    view.say_raw(asked(5, prompt="a cat"))
    view.say_raw(asked(9, prompt="a dog"))
    assert view.all("pong")
    finish(session)
    assert sorted(turn.prompt for turn in session) == ["a cat", "a dog"]


def test_what_only_asks_gets_its_answer_and_no_receipt(session, view):
    turn = session.generate("a cat")
    seq = view.say("show", turn=turn.id, index=0)
    assert view.last("pictures")[0]["seq"] == seq
    assert view.all("pong") == []


def test_the_memory_of_numbers_is_bounded(view):
    for _ in range(REMEMBERED + 100):
        view.say("stop", job="nobody")
    assert len(view.part._seen) <= REMEMBERED


def test_every_message_of_the_kernel_has_the_next_number(session, view):
    view.say("hello")
    session.generate("a cat", n=2)
    view.say("ping")
    view.all("pong")
    serials = [content["serial"] for content, _ in view.heard]
    assert serials == list(range(serials[0], serials[0] + len(serials)))


@pytest.mark.parametrize("number", [PROTOCOL - 1, PROTOCOL + 1, 0])
def test_a_view_of_another_version_is_told_to_start_afresh_and_sees_nothing(view, number):
    seq = view.say("hello", protocol=number)
    trouble, _ = view.last("trouble")
    assert (trouble["seq"], trouble["message"]) == (seq, OTHER_VERSION)
    assert view.all("snapshot") == []


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "hello", "seq": 1},  # as the bundle before versions were said
        {"kind": "hello", "seq": 1, "protocol": PROTOCOL, "admin": True},
        {"kind": "stop", "seq": 1, "job": "j1", "force": True},
        {"kind": "move", "seq": 1, "job": "j1", "place": -1},
        {"kind": "move", "seq": 1, "job": "j1", "place": 1.5},
        {"kind": "mend", "seq": 1, "job": "j1", "remedy": 99},
        {"kind": "export", "seq": 1, "turn": "k3f9", "index": 0, "format": "exe"},
        {"kind": "name", "seq": 1, "turn": "k3f9", "index": 0, "name": ""},
        {"kind": "ack", "seq": 1, "preview": "9" * 400},
        asked(1, references=[{"upload": None, "turn": "k3f9", "index": 0, "path": "/etc/passwd"}]),
    ],
)
def test_a_message_with_a_field_too_many_too_few_or_beyond_its_limits_is_refused(session, view, content):
    view.say_raw(content)
    assert view.last("trouble")[0]["message"].endswith(".")
    assert view.all("pong") == []
    assert session.jobs == ()


@pytest.mark.parametrize("buffers", [[], [b"a", b"b"], [b"x" * (CHUNK_BYTES + 1)]])
def test_a_part_of_an_upload_with_wrong_bytes_is_refused_and_never_used(session, view, buffers):
    session.generate("a cat")
    view.say_raw({"kind": "chunk", "seq": 1, "upload": 4, "index": 0, "count": 1}, buffers)
    assert view.last("trouble")[0]["seq"] == 1
    view.say_raw(asked(2, base=session[0].id, mask=4))
    assert view.last("trouble")[0]["seq"] == 2
    assert len(session) == 1
