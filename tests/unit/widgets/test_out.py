import io

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from pochade.errors import RequestError
from pochade.widgets.out import check_name


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A notebook's namespace, without a notebook."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    made = InteractiveShell.instance()
    made.history_manager.enabled = False
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(("kind", "mime"), [("jpeg", "image/jpeg"), ("webp", "image/webp")])
def test_a_picture_is_sent_in_the_format_that_was_asked_for(session, view, kind, mime):
    turn = session.generate("a cat", n=2)
    seq = view.say("export", turn=turn.id, index=1, format=kind)
    exported, buffers = view.last("exported")
    assert (exported["seq"], exported["index"], exported["mime"]) == (seq, 1, mime)
    picture = Image.open(io.BytesIO(buffers[0]))
    assert picture.format == kind.upper()
    assert picture.size == turn.size
    difference = np.asarray(picture.convert("RGB"), int) - np.asarray(turn.images[1].convert("RGB"), int)
    assert np.abs(difference).mean() < 12


def test_a_picture_that_does_not_exist_is_not_exported(session, view):
    turn = session.generate("a cat")
    seq = view.say("export", turn=turn.id, index=9, format="jpeg")
    assert view.last("trouble")[0]["seq"] == seq


def test_a_turn_gets_a_name_that_the_next_cell_can_use(session, view, shell):
    turn = session.generate("a cat", n=2)
    seq = view.say("name", turn=turn.id, index=1, name="picture")
    assert view.last("named")[0] == view.last("named")[0] | {"seq": seq, "name": "picture"}
    shell.run_cell("found = picture.png")
    assert shell.user_ns["found"] == turn.pngs[1]


def test_a_name_that_was_given_here_goes_on_to_the_next_turn(session, view, shell):
    first, second = session.generate("a cat"), session.generate("a dog")
    view.say("name", turn=first.id, index=0, name="picture")
    view.say("name", turn=second.id, index=0, name="picture")
    assert view.all("trouble") == []
    assert shell.user_ns["picture"] == second


def test_nothing_in_the_notebook_is_lost(session, view, shell):
    turn = session.generate("a cat")
    shell.user_ns["precious"] = 42
    view.say("name", turn=turn.id, index=0, name="precious")
    assert "del precious" in view.last("trouble")[0]["message"]
    assert shell.user_ns["precious"] == 42
    view.say("name", turn=turn.id, index=0, name="picture")
    assert view.all("named")
    shell.run_cell("picture = 'my own now'")
    view.say("name", turn=turn.id, index=0, name="picture")
    assert "already" in view.last("trouble")[0]["message"]
    assert shell.user_ns["picture"] == "my own now"


@pytest.mark.parametrize(
    "name",
    [
        "1st",
        "my picture",
        "class",
        "None",
        "list",
        "print",
        "_",
        "_1",
        "__name__",
        "In",
        "get_ipython",
        "a.b",
        "x;y",
        "è-b",
    ],
)
def test_a_name_that_means_something_else_or_nothing_is_refused_with_a_sentence(name):
    with pytest.raises(RequestError) as refused:
        check_name(name, {}, None)
    assert str(refused.value).endswith(".")
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("name", ["picture", "cat_2", "猫", "été", "match"])
def test_a_name_that_python_can_use_is_taken(name):
    check_name(name, {}, None)


def test_a_name_is_what_python_reads_however_it_is_spelt(session, view, shell):
    turn = session.generate("a cat")
    shell.user_ns["file"] = 42
    view.say("name", turn=turn.id, index=0, name="\ufb01le")
    assert "del file" in view.last("trouble")[0]["message"]
    view.say("name", turn=turn.id, index=0, name="\uff50rint")
    assert "Python's own" in view.last("trouble")[0]["message"]
    view.say("name", turn=turn.id, index=0, name="\uff43at")
    assert view.last("named")[0]["name"] == "cat"
    assert (shell.user_ns["file"], shell.user_ns["cat"]) == (42, turn)


@pytest.mark.usefixtures("session")
def test_without_a_notebook_a_turn_has_no_name(session, view):
    turn = session.generate("a cat")
    view.say("name", turn=turn.id, index=0, name="picture")
    assert "only in a notebook" in view.last("trouble")[0]["message"]
