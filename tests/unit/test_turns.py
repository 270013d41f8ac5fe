"""The turns of a session as a sequence: counted, named, sliced, live, and not to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from stored import add

from pochade.store import Store
from pochade.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path


def test_before_there_is_a_file_there_are_none() -> None:
    turns = Turns(lambda: None)
    assert (len(turns), list(turns), turns.ids, turns[1:]) == (0, [], (), ())
    assert repr(turns) == "0 turns"
    with pytest.raises(IndexError, match="it has 0"):
        turns[0]
    with pytest.raises(KeyError, match="it has none yet"):
        turns["k3f9"]


def test_they_are_counted_named_and_sliced_as_the_file_grows(store: Store) -> None:
    turns = Turns(lambda: store)
    assert isinstance(turns, Sequence)
    ids = [add(store, seed) for seed in range(4)]
    assert [turn.id for turn in turns] == ids == list(turns.ids)
    assert turns[-1] == turns[3] == turns[ids[3]]
    assert [turn.id for turn in turns[::2]] == ids[::2]
    assert turns[1] in turns
    assert ids[1] not in turns  # an id is not a turn
    with pytest.raises(IndexError, match="no turn -5: it has 4"):
        turns[-5]
    with pytest.raises(TypeError):
        turns[0] = turns[1]  # type: ignore[index]


def test_a_turn_of_another_file_is_not_among_them(store: Store, tmp_path: Path) -> None:
    add(store, 1)
    with Store.create(tmp_path / "other.pochade", meta={}) as other:
        add(other, 1)
        assert Turns(lambda: other)[0] not in Turns(lambda: store)


def test_their_repr_is_one_line_a_turn(store: Store) -> None:
    turns = Turns(lambda: store)
    add(store, 1)
    assert repr(turns) == f"1 turn\n{turns[0]!r}"
