"""A place in the tree of turns: exact rules for who may move it, and a note in the file where that can be written."""

from __future__ import annotations

import pytest
from stored import add

from pochade.errors import StoreError
from pochade.place import Place
from pochade.store import Store


@pytest.fixture
def chain(store: Store) -> list[str]:
    """Three turns, each made from the one before."""
    ids: list[str] = []
    for seed in range(3):
        ids.append(add(store, seed, parent=ids[-1] if ids else None))
    return ids


def fill(store: Store) -> None:
    """Let the file grow no further: the disk is full."""
    [pages] = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")


def test_back_and_forward_walk_the_parents_and_stop_at_the_ends(store: Store, chain: list[str]) -> None:
    place = Place()
    place.go(chain[2], store)
    seen = []
    for _ in range(4):
        place.back(store)
        seen.append(place.current)
    for _ in range(4):
        place.forward(store)
        seen.append(place.current)
    assert seen == [chain[1], chain[0], None, None, *chain, chain[2]]


def test_a_finished_turn_is_gone_to_unless_somebody_went_elsewhere(store: Store, chain: list[str]) -> None:
    place = Place()
    asked = place.moves
    assert place.arrive(chain[0], asked, store)
    assert place.arrive(chain[1], asked, store)
    place.go(None, store)
    assert not place.arrive(chain[2], asked, store)
    assert place.current is None


def test_another_place_goes_on_where_the_file_says(store: Store, chain: list[str]) -> None:
    place = Place()
    place.go(chain[2], store)
    place.back(store)
    again = Place()
    again.recall(store)
    assert (again.current, again.redo) == (chain[1], (chain[2],))
    newer = add(store, 9)
    again.recall(store)
    assert (again.current, again.redo) == (newer, ())


def test_on_a_full_disk_one_still_moves_and_only_the_note_is_lost(store: Store, chain: list[str]) -> None:
    place = Place()
    place.go(chain[2], store)
    place.redo = (chain[2],) * 1000
    fill(store)
    with pytest.raises(StoreError, match="full"):
        store.set_meta("more", "x" * 10_000)
    place.back(store)
    assert place.current == chain[1]
    again = Place()
    again.recall(store)
    assert again.current == chain[2]


def test_a_read_only_file_is_walked_without_a_note(store: Store, chain: list[str]) -> None:
    with Store.open(store.path, readonly=True) as reader:
        place = Place()
        place.recall(reader)
        place.back(reader)
        assert place.current == chain[1]


def test_a_note_nested_too_deeply_is_none(store: Store, chain: list[str]) -> None:
    store.set_meta("place", "[" * 100_000)
    place = Place()
    place.recall(store)
    assert place.current == chain[2]


def test_there_is_no_way_back_from_a_turn_that_is_no_more(store: Store, chain: list[str]) -> None:
    place = Place()
    place.go(chain[2], store)
    store.delete(chain[2])
    store.purge()
    place.back(store)
    assert place.current == chain[2]
