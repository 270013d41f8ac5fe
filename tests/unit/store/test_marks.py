"""What is said of turns afterwards: starred, deleted and brought back, searched for, and really removed in the end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from stored import VERSION_1, VERSION_2, add, picture, record

from pochade.errors import ReadOnlyError, StoreError
from pochade.imaging.load import byte_hash
from pochade.store import Store
from pochade.store.keeping import Keeping
from pochade.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own words


def chain(store: Store, length: int) -> list[str]:
    """Turns, each made from the one before."""
    ids: list[str] = []
    for seed in range(length):
        ids.append(add(store, seed, parent=ids[-1] if ids else None))
    return ids


def prompts(store: Store, words: str, **options: Any) -> list[str]:
    return [turn.prompt for turn in store.find(words, **options)]


# Stars.


def test_a_turn_is_starred_and_its_star_is_kept_until_it_is_taken_away(store: Store, path: Path) -> None:
    turn, other = Turns(lambda: store)[add(store, 1)], Turns(lambda: store)[add(store, 2)]
    assert not turn.starred
    assert turn.star() is turn
    assert turn.starred
    assert not other.starred
    store.close()
    with Store.open(path) as again:
        turn = Turns(lambda: again)[0]
        assert turn.starred
        assert not turn.star(on=False).starred
        assert not Turns(lambda: again)[0].starred


def test_nothing_is_starred_or_deleted_in_a_file_that_is_only_read(store: Store, path: Path) -> None:
    turn = add(store)
    with Store.open(path, readonly=True) as reader:
        for change in (
            lambda: reader.set_starred(turn, on=True),
            lambda: reader.delete(turn),
            lambda: reader.restore(turn),
            reader.purge,
        ):
            with pytest.raises(ReadOnlyError, match="can only be read"):
                change()


def test_what_is_not_there_cannot_be_starred_deleted_or_restored(store: Store) -> None:
    for change in (
        lambda: store.set_starred("k3f9", on=True),
        lambda: store.delete("k3f9"),
        lambda: store.restore("k"),
    ):
        with pytest.raises(KeyError, match="has no turn 'k"):
            change()


# Deleting.


def test_a_deleted_turn_is_hidden_and_comes_back_at_its_place(store: Store) -> None:
    ids = chain(store, 3)
    turns = Turns(lambda: store)
    gone = turns[1]
    store.delete(ids[1])
    assert [turn.id for turn in turns] == [ids[0], ids[2]] == list(turns.ids)
    assert (len(turns), turns[1].id, turns[-2].id) == (2, ids[2], ids[0])
    assert gone not in turns
    assert turns[0].children == ()
    assert [turn.id for turn in store.deleted()] == [ids[1]]
    store.restore(ids[1])
    assert list(turns.ids) == ids
    assert gone in turns
    assert store.deleted() == []


def test_a_deleted_turn_is_still_found_by_its_name_and_by_what_was_made_from_it(store: Store) -> None:
    ids = chain(store, 2)
    source = Turns(lambda: store)[ids[0]].png
    child = Turns(lambda: store)[ids[1]]
    store.delete(ids[0])
    assert Turns(lambda: store)[ids[0]].deleted
    assert child.parent is not None
    assert child.parent.png == source
    assert Turns(lambda: store).holds(child.parent)


def test_what_was_deleted_is_listed_in_the_order_of_deleting_and_deleting_again_changes_nothing(store: Store) -> None:
    ids = [add(store, seed) for seed in range(3)]
    for turn in (ids[2], ids[0], ids[2]):
        store.delete(turn)
    assert [turn.id for turn in store.deleted()] == [ids[2], ids[0]]


def test_the_nearest_living_turn_is_found_past_any_number_of_deleted_ones(store: Store) -> None:
    ids = chain(store, 4)
    assert store.nearest(ids[3]) == ids[3]
    store.delete(ids[2])
    store.delete(ids[1])
    assert store.nearest(ids[2]) == ids[0]
    store.delete(ids[0])
    assert store.nearest(ids[2]) is None
    assert store.nearest(None) is None


def test_an_id_is_not_given_to_another_turn_while_the_deleted_one_is_there(store: Store) -> None:
    turn = add(store, 1)
    store.delete(turn)
    assert add(store, 1) != turn


# Removing.


def test_what_was_deleted_is_removed_with_its_pictures_and_the_file_shrinks(store: Store, path: Path) -> None:
    kept = add(store, 1)
    big = picture(2, side=400)
    store.add(record("a2b3", images=(byte_hash(big),)), {byte_hash(big): big})
    before = path.stat().st_size
    store.delete("a2b3")
    assert len(store.purge().turns) == 1
    assert "a2b3" not in store
    assert (count(path, "turn"), count(path, "picture"), count(path, "blob")) == (1, 1, 1)
    assert path.stat().st_size < before - len(big) // 2
    assert big[100:164] not in path.read_bytes()
    assert store.page(0, 9) == [store.get(kept)]
    assert store._column("PRAGMA integrity_check") == ["ok"]
    assert store._column("PRAGMA foreign_key_check") == []


def test_a_picture_that_another_turn_shows_too_stays(store: Store, path: Path) -> None:
    one, two = add(store, 5), add(store, 5)
    store.delete(one)
    assert len(store.purge().turns) == 1
    assert store.blob(store.get(two).images[0]) == picture(5)
    assert count(path, "blob") == 1


@pytest.mark.parametrize("link", ["parent", "image_turn", "reference_turns"])
def test_a_turn_that_a_living_one_was_made_from_stays_and_so_does_what_that_was_made_from(
    store: Store, link: str
) -> None:
    def made_from(seed: int, turn: str) -> str:
        return add(store, seed, **{link: (None, turn) if link == "reference_turns" else turn})

    first = add(store, 1)
    second = made_from(2, first)
    living = made_from(3, second)
    leaf = made_from(4, living)
    for turn in (first, second, leaf):
        store.delete(turn)
    assert len(store.purge().turns) == 1
    assert [name in store for name in (first, second, living, leaf)] == [True, True, True, False]
    assert store.ids() == [living]
    store.delete(living)
    assert len(store.purge().turns) == 3
    assert len(store) == 0


def test_a_whole_branch_is_removed_at_once(store: Store, path: Path) -> None:
    for turn in chain(store, 5):
        store.delete(turn)
    assert len(store.purge().turns) == 5
    assert (count(path, "turn"), count(path, "picture"), count(path, "blob")) == (0, 0, 0)
    assert len(store.purge().turns) == 0


def test_removing_that_fails_half_way_removes_nothing(store: Store) -> None:
    ids = chain(store, 2)
    with store.asking() as db:
        db.execute("CREATE TRIGGER no BEFORE DELETE ON blob BEGIN SELECT RAISE(ABORT, 'no'); END")
    for turn in ids:
        store.delete(turn)
    with pytest.raises(StoreError):
        store.purge()
    store.restore(ids[0])
    assert store.blob(store.get(ids[0]).images[0]) == picture(0)


@pytest.mark.parametrize(
    "details", ["{}", "{", "[]", '{"reference_turns": 7}', '{"reference_turns": [{}]}', "[" * 9999]
)
def test_where_a_turn_does_not_say_what_it_was_made_from_nothing_is_removed_and_the_file_opens(
    store: Store, path: Path, details: str
) -> None:
    kept, gone = add(store, 1), add(store, 2)
    store.delete(gone)
    with store.writing() as db:
        db.execute("UPDATE turn SET details = ? WHERE id = ?", (details, kept))
    with pytest.raises(StoreError, match=f"damaged: what it says of turn '{kept}'"):
        store.purge()
    assert gone in store
    store.close()
    Keeping(path).close()


# Searching.


def test_every_word_must_occur_whole_or_in_part_in_upper_or_lower_case(store: Store) -> None:
    for number, prompt in enumerate(("A red Cat with a hat", "a cat", "a HATTED dog, and a Category")):
        add(store, number, prompt=prompt)
    assert prompts(store, "cat") == ["a HATTED dog, and a Category", "a cat", "A red Cat with a hat"], "newest first"
    assert prompts(store, "HAT cat") == ["a HATTED dog, and a Category", "A red Cat with a hat"]
    assert prompts(store, "cat bird") == []
    assert len(prompts(store, "  ")) == 3
    assert prompts(store, "cat", limit=1) == ["a HATTED dog, and a Category"]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("一只戴红帽子的猫", "帽子 猫"),
        ("DIE STRASSE", "straße"),
        ("ΟΔΟΣ", "οδος"),
        ("ＣＡＴ", "cat"),  # noqa: RUF001 - full width is what the test is about
        ("100% wool_sweater \\ 'quoted' \"too\"", "% _ \\ ' \""),
    ],
)
def test_any_script_and_any_sign_is_found(store: Store, prompt: str, words: str) -> None:
    add(store, 1, prompt="something else")
    add(store, 2, prompt=prompt)
    assert prompts(store, words) == [prompt]


def test_what_the_model_was_given_instead_is_searched_too(store: Store) -> None:
    add(store, 1, prompt="a cat", extra={"rewritten": "a cat on a plain GREEN background"})
    add(store, 2, prompt='say "rewritten"', extra={"engine": {}})
    assert prompts(store, "cat green") == ["a cat"]
    assert prompts(store, "engine") == []


def test_starred_turns_are_found_alone_and_deleted_ones_never(store: Store) -> None:
    ids = [add(store, seed, prompt=f"cat {seed}") for seed in range(4)]
    for turn in ids[1:3]:
        store.set_starred(turn, on=True)
    store.delete(ids[2])
    assert prompts(store, "cat", starred=True) == ["cat 1"]
    assert prompts(store, "") == ["cat 3", "cat 1", "cat 0"]
    found = Turns(lambda: store).find("cat", starred=True)
    assert [turn.id for turn in found] == [ids[1]]
    assert Turns(lambda: None).find("cat") == ()


@pytest.mark.parametrize("old", [VERSION_1, VERSION_2])
def test_a_file_of_an_older_layout_that_is_only_read_is_searched_all_the_same(old: Path) -> None:
    with Store.open(old, readonly=True) as store:
        assert prompts(store, "HAT") == ["give the cat a top hat"]
        assert prompts(store, "cat", starred=True) == []
        assert store.deleted() == []
        assert store.nearest(store.ids()[0]) == store.ids()[0]
        assert len(store) == len(store.ids()) == len(store.outline())
