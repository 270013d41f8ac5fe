import io

import numpy as np
import pytest
from PIL import Image

PATIENCE = 60.0


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def picture(seed, size=(64, 64)):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def attach(view, number, image, name="photo.png"):
    view.say("chunk", [png(image)], upload=number, index=0, count=1)
    return view.say("attach", upload=number, name=name)


def finish(view, session):
    assert view.part._courier.flush(PATIENCE)
    for job in session.jobs:
        job.exception()


def reference(upload=None, turn=None, index=0):
    return {"upload": upload, "turn": turn, "index": index}


def test_an_attached_picture_is_answered_with_its_size_and_a_small_copy(view):
    seq = attach(view, 5, picture(1, (640, 400)))
    attached, buffers = view.last("attached")
    assert attached["seq"] == seq
    assert (attached["upload"], attached["width"], attached["height"]) == (5, 640, 400)
    assert max(Image.open(io.BytesIO(buffers[0])).size) == 144


def test_a_file_that_is_no_picture_is_told_by_its_name(view):
    view.say("chunk", [b"<html>alert(1)</html>"], upload=5, index=0, count=1)
    seq = view.say("attach", upload=5, name="page.png")
    trouble, _ = view.last("trouble")
    assert trouble["seq"] == seq
    assert "page.png" in trouble["message"]
    assert "text" in trouble["message"]


def test_a_picture_that_did_not_arrive_whole_is_not_taken(view):
    view.say("chunk", [b"x"], upload=5, index=0, count=2)
    view.say("attach", upload=5, name="photo.png")
    assert "did not arrive completely" in view.last("trouble")[0]["message"]
    assert view.all("attached") == []


def test_references_reach_the_request_in_their_order_uploads_and_turns_alike(session, view):
    turn = session.generate("a cat", n=2)
    session.new()
    attach(view, 7, picture(1))
    attach(view, 8, picture(2))
    view.say("ask", prompt="a dog", references=[reference(upload=8), reference(turn=turn.id, index=1), reference(7)])
    finish(view, session)
    assert view.all("trouble") == []
    made = session[-1]
    assert [one.tobytes() for one in made.references] == [
        picture(2).tobytes(),
        turn.images[1].tobytes(),
        picture(1).tobytes(),
    ]
    assert made.parent is None


def test_an_attached_picture_is_changed_in_place_of_the_current_turn(session, view):
    session.generate("a cat")
    photo = picture(3, (96, 48))
    attach(view, 7, photo)
    mask = Image.new("L", photo.size, 0)
    mask.paste(200, (0, 0, 20, 20))
    view.say("chunk", [png(mask)], upload=9, index=0, count=1)
    view.say("ask", prompt="a dog", source=7, mask=9)
    finish(view, session)
    made = session[-1]
    assert made.task == "edit"
    assert made.size == photo.size
    assert made.source.tobytes() == photo.tobytes()
    assert made.mask.tobytes() == mask.tobytes()
    outside = np.asarray(mask) == 0
    assert (np.asarray(made.image)[outside] == np.asarray(photo)[outside]).all()


def test_a_picture_stays_attached_until_it_is_detached(session, view):
    attach(view, 7, picture(3))
    for _ in range(2):
        view.say("ask", prompt="a dog", references=[reference(upload=7)])
    finish(view, session)
    assert len(session) == 2
    view.say("detach", upload=7)
    seq = view.say("ask", prompt="a dog", references=[reference(upload=7)])
    trouble, _ = view.last("trouble")
    assert trouble["seq"] == seq
    assert "Attach it again" in trouble["message"]
    assert len(session) == 2


def test_edges_drawn_outwards_grow_the_picture_and_keep_its_own_pixels(session, view):
    turn = session.generate("a cat")
    view.say("ask", prompt="more sky", base=turn.id, extend=[0, 16, 0, 0])
    finish(view, session)
    assert view.all("trouble") == []
    made = session[-1]
    assert made.size == (turn.size[0], turn.size[1] + 16)
    assert (np.asarray(made.image)[16:] == np.asarray(turn.image)).all()


def test_margins_of_nothing_are_no_margins(session, view):
    turn = session.generate("a cat")
    view.say("ask", prompt="a dog", base=turn.id, extend=[0, 0, 0, 0])
    finish(view, session)
    assert session[-1].size == turn.size


def test_a_mask_without_a_picture_is_refused_and_makes_nothing(session, view):
    view.say("chunk", [png(Image.new("L", (64, 64), 255))], upload=9, index=0, count=1)
    seq = view.say("ask", prompt="a dog", mask=9)
    trouble, _ = view.last("trouble")
    assert trouble["seq"] == seq
    assert "no picture to change" in trouble["message"]
    assert len(session) == 0
    assert session.jobs == ()


@pytest.mark.parametrize("one", [reference(), reference(upload=99), reference(turn="nope")])
def test_a_reference_to_nothing_is_refused_in_a_sentence(session, view, one):
    view.say("ask", prompt="a dog", references=[one])
    assert view.last("trouble")[0]["message"].endswith((".", ")"))
    assert session.jobs == ()


def test_the_session_s_settings_are_what_a_prompt_is_painted_with(session, view):
    session.settings.update(n=3, seed=11)
    view.say("ask", prompt="a cat")
    finish(view, session)
    assert len(session[-1]) == 3
    assert session[-1].seed == 11


def test_markup_foreign_scripts_and_emoji_are_words_like_others(session, view):
    prompt = "<script>alert(1)</script> & חתול על הירח 🌟 猫"
    view.say("ask", prompt=prompt)
    finish(view, session)
    assert session[-1].prompt == prompt
    assert view.last("made")[0]["card"]["prompt"] == prompt


def test_a_turn_is_made_again_with_its_own_seed_or_a_new_one(session, view):
    turn = session.generate("a cat", seed=7)
    view.say("again", turn=turn.id, fresh=False)
    finish(view, session)
    assert session[-1].pixels == turn.pixels
    view.say("again", turn=turn.id, fresh=True)
    finish(view, session)
    assert session[-1].prompt == "a cat"
    assert session[-1].seed != 7


def test_what_the_model_does_not_know_is_told_while_one_writes(session, view):
    seq = view.say("check", prompt="a platypus", task="generate", references=0)
    checked, _ = view.last("checked")
    assert (checked["seq"], checked["prompt"]) == (seq, "a platypus")
    assert checked["unknown"] == list(session.check("a platypus", "generate").unknown)
    assert checked["nearest"] == [[]]
    view.say("check", prompt="a platypus and a catt", task="generate", references=0)
    assert view.last("checked")[0]["nearest"] == [[], [], ["cat"]]
    view.say("check", prompt="like image 2", task="generate", references=1)
    assert view.last("checked")[0]["cannot"] == list(session.check("like image 2", "generate", references=1).cannot)
    assert len(session) == 0


def test_a_page_cannot_fill_the_queue_without_end(session, view, monkeypatch):
    monkeypatch.setattr("pochade.widgets.prompt.MOST_WAITING", 3)
    first = session.submit("a cat", steps=1000)
    for _ in range(4):
        view.say("ask", prompt="a dog", base=None, index=0, references=[])
    assert view.part._courier.flush(PATIENCE)
    assert len(session.jobs) == 3
    assert "3 prompts are waiting already" in view.last("trouble")[0]["message"]
    turns = len(session)
    for job in (*session.jobs, first):
        job.cancel()
    finish(view, session)
    assert len(session) == turns
