import threading

import pytest

from pochade.engine.catalogue import CATALOGUE
from pochade.miniature import folder
from pochade.widgets.settings import downloaded, model_cards
from pochade.widgets.styles import STYLES, styles_for

PATIENCE = 60.0


def test_a_cell_s_setting_shows_at_once(session, view):
    session.settings.n = 4
    assert view.last("tuned")[0]["settings"]["n"] == 4
    session.settings.update(size=(64, 64), background="transparent")
    tuned = view.last("tuned")[0]["settings"]
    assert (tuned["size"], tuned["background"], tuned["n"]) == ("64x64", "transparent", 4)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("n", 4, 4),
        ("size", "64x64", (64, 64)),
        ("size", "16:9", "16:9"),
        ("seed", 7, 7),
        ("steps", 9, 9),
        ("guidance", 2.5, 2.5),
        ("negative", "people", "people"),
        ("background", "transparent", "transparent"),
        ("keep", "none", "none"),
    ],
)
def test_a_view_s_setting_is_the_session_s(session, view, name, value, kept):
    view.say("tune", name=name, value=value)
    assert view.last("tuned")[0]["settings"][name] == value
    assert view.all("trouble") == []
    assert getattr(session.settings, name) == kept
    view.say("tune", name=name, value=None)
    assert view.last("tuned")[0]["settings"] == {
        "n": 1,
        "size": None,
        "seed": None,
        "steps": None,
        "guidance": None,
        "strength": None,
        "negative": None,
        "background": "auto",
        "keep": "auto",
    }


@pytest.mark.parametrize(("name", "value"), [("n", 0), ("n", 17), ("n", "many"), ("size", "big"), ("seed", 0.5)])
def test_a_value_that_cannot_be_is_refused_and_the_view_is_taken_back(session, view, name, value):
    session.settings.n = 2
    before = view.last("tuned")[0]["settings"]
    seq = view.say("tune", name=name, value=value)
    trouble, _ = view.last("trouble")
    assert trouble["seq"] == seq
    assert name in trouble["message"]
    assert view.last("tuned")[0]["settings"] == before
    assert len(view.all("tuned")) > 1


def test_a_turn_s_settings_are_taken_over_without_its_seed(session, view):
    turn = session.generate("a cat", steps=3, n=2, seed=7)
    session.generate("a dog")
    view.say("adopt", turn=turn.id)
    assert view.all("trouble") == []
    told = view.last("tuned")[0]["settings"]
    assert (told["steps"], told["n"], told["seed"]) == (3, 2, None)


def test_the_models_are_listed_with_what_they_need_and_allow(view):
    seq = view.say("models")
    listed, _ = view.last("models")
    assert listed["seq"] == seq
    cards = {card["name"]: card for card in listed["models"]}
    assert {row.alias for row in CATALOGUE} <= set(cards)
    assert cards["miniature"]["here"] is True
    assert cards["flux2-dev"]["commercial"] == "no"
    assert cards["flux2-dev"]["gigabytes"] > 100
    current = [card["name"] for card in listed["models"] if card["current"]]
    assert len(current) == 1


def test_a_model_that_no_catalogue_knows_comes_first(session):
    own, *rest = model_cards(session)
    assert own.current
    assert own.name == session.model
    assert len(rest) == len(CATALOGUE)


def test_a_chosen_model_is_gone_on_with_and_every_view_is_told(session, view):
    session.settings.n = 2
    view.say("use", model="miniature")
    wait_for(view, "tuned", lambda tuned: tuned["session"]["model"] == "miniature")
    assert session.model == "miniature"
    told = view.last("tuned")[0]
    assert (told["abilities"]["min_side"], told["abilities"]["max_side"]) == (128, 128)
    assert told["settings"]["n"] == 2


def test_a_setting_that_gives_way_to_a_model_is_told(session, view):
    session.settings.size = (64, 48)
    notes = session.use(str(folder()))
    assert notes
    told = [sentence for content, _ in view.all("tuned") for sentence in content["notes"]]
    assert " ".join(told) == " ".join(notes)


def test_a_model_that_does_not_exist_is_told_and_changes_nothing(session, view):
    before = session.model
    view.say("hello")
    shown = view.last("snapshot")[0]["session"]["model"]
    seq = view.say("use", model="./nowhere")
    wait_for(view, "trouble", lambda trouble: trouble["seq"] == seq)
    assert session.model == before
    assert view.last("tuned")[0]["session"]["model"] == shown


def wait_for(view, kind, right):
    """Wait until a message that another thread causes was told."""
    import time

    end = time.monotonic() + PATIENCE
    while not any(right(content) for content, _ in view.all(kind)):
        assert time.monotonic() < end, f"no such {kind}"
        time.sleep(0.01)


def test_what_is_not_in_the_cache_is_not_called_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not downloaded("black-forest-labs/FLUX.2-klein-4B", "e7b7dc27f91deacad38e78976d1f2b499d76a294")


def test_styles_are_offered_only_to_models_that_know_their_words():
    assert styles_for(frozenset()) == list(STYLES)
    assert styles_for(frozenset({"a", "cat"})) == []
    assert styles_for(frozenset({"pixel", "art", "photo"})) == ["pixel art", "photo"]


def test_what_the_model_does_by_itself_is_not_adopted_as_set(session, view):
    turn = session.generate("a cat", seed=7)
    session.settings.update(steps=9, guidance=3.5, size=(64, 96))
    view.say("adopt", turn=turn.id)
    assert view.all("trouble") == []
    assert repr(session.settings) == "Settings()"
    other = session.generate("a cat", steps=3, guidance=2.5, size=(64, 96))
    view.say("adopt", turn=other.id)
    view.all("tuned")
    assert repr(session.settings) == "Settings(size=(64, 96), steps=3, guidance=2.5)"
    session.use("miniature")
    session.settings.reset()
    view.say("adopt", turn=other.id)  # another model's steps mean nothing to this one
    view.all("tuned")
    assert (session.settings.steps, session.settings.guidance) == (None, None)


def test_what_the_model_does_not_take_is_not_adopted_and_told(session, view):
    turn = session.generate("a cat", size=(64, 96), seed=7)
    session.use("miniature")  # which paints 128x128 alone
    view.say("adopt", turn=turn.id)
    told = [sentence for content, _ in view.all("tuned") for sentence in content["notes"]]
    assert any(sentence.startswith("The setting size=(64, 96) was dropped") for sentence in told)
    assert session.settings.size is None


def test_what_is_asked_for_while_the_model_is_changed_waits_for_the_new_one(session, view, monkeypatch):
    turn = session.generate("a cat", seed=7)
    reading, go_on = threading.Event(), threading.Event()
    whole = session.use

    def slowly(model):
        reading.set()
        assert go_on.wait(PATIENCE)
        return whole(model)

    monkeypatch.setattr(session, "use", slowly)
    view.say("use", model="miniature")
    view.say("ask", prompt="a dog")
    view.say("again", turn=turn.id, fresh=False)
    assert reading.wait(PATIENCE)
    assert view.all("trouble") == []
    assert session.jobs == ()
    assert len(session) == 1
    go_on.set()
    wait_for(view, "made", lambda made: made["total"] == 3)
    assert [one.model for one in session[1:]] == ["miniature", "miniature"]
