import pytest

from pochade import Session
from pochade.store import Store
from pochade.widgets.cards import abilities_card, cell_of


def opens(turn):
    return cell_of(turn).splitlines()[2]


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/cats.ipynb")


@pytest.mark.usefixtures("notebook")
def test_a_cell_opens_the_notebook_s_latest_session_only_where_the_turn_is_of_that(tiny_model):
    with Session(tiny_model) as earlier:
        first = earlier.generate("a red cat", seed=1)
        assert opens(first) == "s = pochade.open()  # this notebook's latest session"
        with Session(tiny_model) as later:
            later.generate("a dog", seed=1)
            assert opens(first) == f"s = pochade.open({str(earlier.path)!r})"


@pytest.mark.usefixtures("notebook")
def test_a_session_of_another_notebook_is_named(tiny_model, monkeypatch):
    with Session(tiny_model) as session:
        turn = session.generate("a red cat", seed=1)
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/dogs.ipynb")
        assert opens(turn) == f"s = pochade.open({str(session.path)!r})"


@pytest.mark.usefixtures("notebook")
def test_no_other_file_is_opened_to_tell_that_a_session_is_another_notebook_s(tiny_model, monkeypatch):
    with Session(tiny_model) as session:
        turn = session.generate("a red cat", seed=1)
        monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/dogs.ipynb")
        opened = []
        open_it = Store.open
        monkeypatch.setattr(Store, "open", lambda *args, **options: opened.append(args) or open_it(*args, **options))
        assert opens(turn) == f"s = pochade.open({str(session.path)!r})"
        assert opened == []


def test_a_file_below_the_working_folder_is_named_from_there(tiny_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Session(tiny_model, path=tmp_path / "deep" / "cats.pochade") as session:
        assert opens(session.generate("a red cat", seed=1)) == "s = pochade.open('deep/cats.pochade')"


def test_a_view_is_told_what_the_model_knows_by_its_card_s_own_lists(tiny_model):
    with Session(tiny_model) as session:
        lists = abilities_card(session.capabilities).knows
    assert [(one.name, one.words) for one in lists][:2] == [("things", ["cat", "dog"]), ("colours", ["red", "blue"])]
