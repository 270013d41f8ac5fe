import struct
import threading
import time
import zlib

import pytest

from pochade import Session
from pochade.provenance.credentials import Action, Credentials, Ingredient
from pochade.widgets.credentials import LONGEST_NAME, LONGEST_TEXT, MOST_DEPTH, MOST_PICTURES, credentials_card

HOSTILE = "<img src=x>\x1b[31m\n\u202egpj." * 1_000


def grown(depth, relationship="parentOf"):
    """A picture with as many steps behind it."""
    found = Credentials("trusted", title="turn 0")
    for step in range(1, depth + 1):
        found = Credentials(
            "trusted", title=f"turn {step}", ingredients=(Ingredient(relationship, f"turn {step - 1}", found),)
        )
    return found


def everything(card):
    return [card, *(deeper for below in card.ingredients for deeper in everything(below))]


def depth_of(card):
    return max((1 + depth_of(below) for below in card.ingredients), default=0)


def test_a_view_is_told_who_made_a_picture_when_with_what_and_from_what(session, view):
    before = time.time()
    first = session.generate("a cat", n=2)
    turn = session.edit("a dog", image=first[1])
    seq = view.say("credentials", turn=turn.id, index=0)
    told, buffers = view.last("credentials")
    assert (told["seq"], told["turn"], told["index"], told["sound"], buffers) == (seq, turn.id, 0, True, [])
    card = told["card"]
    assert (card["state"], card["made"], card["prompt"], card["problems"]) == ("trusted", "ai", "a dog", [])
    assert card["software"].startswith("pochade")
    assert card["model"] == "tiny"
    assert before - 1 <= card["when"] <= time.time() + 1
    assert [action["kind"] for action in card["actions"]] == ["c2pa.opened", "c2pa.edited"]
    (parent,) = card["ingredients"]
    assert (parent["state"], parent["relationship"], parent["prompt"]) == ("trusted", "parentOf", "a cat")
    assert [one["certificate"] for one in (card, parent)] == ["local", "local"]
    assert [one["matched"] for one in (card, parent)] == [False, True]
    assert card["timestamp"] is None


def test_each_picture_of_a_turn_has_its_own(session, view):
    turn = session.generate("a cat", n=2)
    for index in (0, 1):
        view.say("credentials", turn=turn.id, index=index)
        assert view.last("credentials")[0]["index"] == index
    assert view.all("trouble") == []


def test_a_picture_that_was_not_signed_is_said_to_carry_none(tiny_model, view_of):
    with Session(tiny_model, device="cpu", provenance="off") as session:
        turn = session.generate("a cat")
        view = view_of(session.studio())
        view.say("credentials", turn=turn.id, index=0)
        told = view.last("credentials")[0]
    assert (told["sound"], told["card"]["state"], told["card"]["signer"]) == (False, "none", None)


@pytest.mark.parametrize(("turn", "index"), [("none", 0), (None, 9)])
def test_a_picture_that_does_not_exist_is_trouble_for_who_asked(session, view, turn, index):
    made = session.generate("a cat")
    seq = view.say("credentials", turn=turn or made.id, index=index)
    assert view.last("trouble")[0]["seq"] == seq


def test_the_line_to_the_browser_is_not_held_while_a_picture_is_verified(session, view):
    turn = session.generate("a cat")
    let_go = threading.Event()
    view.part.later(lambda: let_go.wait(60))
    view.say("credentials", turn=turn.id, index=0)
    assert [content["kind"] for content, _ in view.heard].count("credentials") == 0
    let_go.set()
    assert view.last("credentials")


def test_a_photo_that_was_tampered_with_shows_in_what_was_made_from_it(session, view, tmp_path):
    data, photo = session.generate("a cat").png, tmp_path / "photo.png"
    said = b"tEXtComment\0forged"
    chunk = struct.pack(">I", len(said) - 4) + said + struct.pack(">I", zlib.crc32(said))
    photo.write_bytes(data[:-12] + chunk + data[-12:])  # before the end
    turn = session.edit("a dog", image=photo)
    view.say("credentials", turn=turn.id, index=0)
    told, _ = view.last("credentials")
    (source,) = told["card"]["ingredients"]
    assert (told["sound"], told["card"]["state"], source["state"]) == (False, "trusted", "invalid")
    assert told["card"]["problems"] == [], "the view says it in a box of its own, and in its language"
    assert source["problems"]


def test_a_source_that_does_not_hold_is_in_the_account_of_a_picture_that_does():
    bad = Credentials("invalid", title="photo", problems=("It was changed after it was signed.",))
    found = Credentials("trusted", ingredients=(Ingredient("parentOf", "photo", bad),))
    card = credentials_card(found)
    assert (found.sound, card.state, card.ingredients[0].state) == (False, "trusted", "invalid")
    assert card.ingredients[0].problems == ["It was changed after it was signed."]


def test_twenty_turns_that_grew_from_each_other_are_all_in_the_account():
    card = credentials_card(grown(20))
    assert [one.title for one in everything(card)] == [f"turn {step}" for step in range(20, -1, -1)]
    assert all(one.unlisted == 0 for one in everything(card))


def test_an_endless_line_is_cut_and_says_so():
    card = credentials_card(grown(500))
    assert depth_of(card) == MOST_DEPTH
    assert [one.unlisted for one in everything(card)] == [0] * MOST_DEPTH + [1]


def test_what_is_near_is_kept_where_there_is_too_much_of_it():
    wide = Credentials("none", ingredients=tuple(Ingredient("inputTo", f"{k}", grown(30)) for k in range(40)))
    card = credentials_card(wide)
    assert len(everything(card)) == MOST_PICTURES
    assert [one.title for one in card.ingredients] == [f"{k}" for k in range(40)]
    crowd = credentials_card(Credentials("none", ingredients=wide.ingredients * 10))
    assert (len(crowd.ingredients), crowd.unlisted) == (MOST_PICTURES - 1, 400 - MOST_PICTURES + 1)


def test_what_strangers_wrote_is_short_and_does_nothing():
    action = Action(HOSTILE, HOSTILE, HOSTILE)
    texts = dict.fromkeys(("title", "signer", "software", "model", "prompt"), HOSTILE)
    stranger = Credentials("valid", **texts, actions=(action,) * 500, problems=(HOSTILE,) * 500)
    found = Credentials("valid", **texts, ingredients=(Ingredient(HOSTILE, HOSTILE, stranger),))
    card = credentials_card(found)
    (below,) = card.ingredients
    names = [card.title, card.signer, card.software, card.model, below.relationship, below.title]
    names += [text for one in below.actions for text in (one.kind, one.words, one.agent)]
    assert {len(name) <= LONGEST_NAME for name in names} == {True}
    assert {len(text) <= LONGEST_TEXT for text in (card.prompt, *below.problems)} == {True}
    assert all(text.isprintable() and text.startswith("<img src=x>") for text in (*names, card.prompt))
    assert len(card.model_dump_json()) < 20_000


def test_asking_changes_nothing_and_needs_no_receipt(session, view):
    turn = session.generate("a cat")
    view.say("credentials", turn=turn.id, index=0)
    assert view.last("credentials")
    assert view.all("pong") == []
