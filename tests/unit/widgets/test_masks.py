import io

from PIL import Image


def soft_mask(size):
    """A mask with every grey value, so that a single one that is rounded shows."""
    return Image.linear_gradient("L").resize(size)


def opened(buffer):
    return Image.open(io.BytesIO(buffer))


def test_the_mask_that_a_turn_was_edited_with_comes_back_to_the_bit(session, view):
    first = session.generate("a cat", seed=1)
    mask = soft_mask(first.size)
    turn = session.edit("a dog", mask=mask, seed=2)
    seq = view.say("masks", turn=turn.id)
    message, buffers = view.last("mask")
    assert (message["seq"], message["turn"]) == (seq, turn.id)
    [png] = buffers
    assert opened(png).format == "PNG"
    assert opened(png).mode == "L"
    assert opened(png).tobytes() == mask.tobytes()


def test_an_edit_without_a_mask_answers_with_what_it_changed(session, view):
    first = session.generate("a cat", seed=1)
    turn = session.edit("a dog", changed=soft_mask(first.size), seed=2)
    assert turn.mask is None
    view.say("masks", turn=turn.id)
    _, [png] = view.last("mask")
    assert opened(png).mode == "L"
    assert opened(png).tobytes() == turn.changed.tobytes()


def test_a_turn_without_a_mask_says_so_in_a_sentence(session, view):
    turn = session.generate("a cat", seed=1)
    seq = view.say("masks", turn=turn.id)
    trouble, _ = view.last("trouble")
    assert trouble["seq"] == seq
    assert trouble["message"] == ("This turn has no mask: it changed the whole picture. Copy the mask of another turn.")
    assert view.all("mask") == []


def test_a_mask_of_a_turn_that_does_not_exist_is_refused_and_the_studio_goes_on(view):
    seq = view.say("masks", turn="nope")
    assert view.last("trouble")[0]["seq"] == seq
    view.say("ping")
    assert view.all("pong")
