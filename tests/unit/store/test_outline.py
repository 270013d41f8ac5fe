"""The tree of turns in outline: what a view of a thousand turns is drawn from."""

from __future__ import annotations

import pytest
from stored import VERSION_1, VERSION_2, add, picture, record

from pochade.imaging.load import byte_hash
from pochade.store import Store
from pochade.store.outline import Twig
from pochade.turns import Turns


def test_a_turn_in_outline_says_what_a_tree_shows_of_it(store: Store) -> None:
    blobs = {byte_hash(data): data for data in map(picture, range(3))}
    first = add(store, 9)
    long = "猫" * 300
    shown = {"n": 4, "size": (32, 24), "picked": 2, "state": "stopped", "task": "edit", "prompt": long}
    store.add(record("a2b3", parent=first, image_turn=first, images=tuple(blobs), **shown), blobs)
    store.set_starred("a2b3", on=True)
    assert store.outline()[1] == Twig(
        id="a2b3",
        number=2,
        parent=first,
        created=1_750_000_000.25,
        task="edit",
        prompt="猫" * 200,
        width=32,
        height=24,
        n_images=3,
        picked=2,
        state="stopped",
        starred=True,
        image_turn=first,
    )
    assert store.twig("a2b3") == store.outline()[1]


def test_it_is_paged_by_number_oldest_first(store: Store) -> None:
    ids = [add(store, seed) for seed in range(5)]
    pages, after = [], 0
    while page := store.outline(after, 2):
        pages.append([twig.id for twig in page])
        after = page[-1].number
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_the_last_ones_before_a_number_come_oldest_first_too(store: Store) -> None:
    ids = [add(store, seed) for seed in range(5)]
    assert [twig.id for twig in store.outline(before=5, limit=3)] == ids[1:4]
    assert [twig.id for twig in store.outline(before=2, limit=3)] == ids[:1]
    assert [twig.id for twig in Turns(lambda: store).outline(before=2**53 - 1, limit=2)] == ids[3:]
    assert store.outline(before=1) == []


def test_what_is_searched_for_comes_in_outline_with_how_many_there_are(store: Store) -> None:
    ids = [add(store, seed, prompt=f"cat {seed}") for seed in range(5)]
    add(store, 9, prompt="a dog")
    store.set_starred(ids[1], on=True)
    store.delete(ids[4])
    found, total = store.search("CAT", limit=2)
    assert ([twig.id for twig in found], total) == ([ids[3], ids[2]], 4)
    assert Turns(lambda: store).search("cat", starred=True) == ([store.twig(ids[1])], 1)
    assert store.search("bird") == ([], 0)
    assert Turns(lambda: None).search("cat") == ([], 0)
    with Store.open(VERSION_1, readonly=True) as old:
        assert old.search("hat", starred=True) == ([], 0)


def test_what_hangs_on_a_turn_is_found_past_what_was_deleted(store: Store) -> None:
    root = add(store, 0)
    middle = add(store, 1, parent=root)
    lower = add(store, 2, parent=middle)
    leaf = add(store, 3, parent=lower)
    other = add(store, 4, parent=root)
    below = Turns(lambda: store).offspring
    assert below(root) == store.children(root) == [middle, other]
    for turn in (lower, middle, root):
        store.delete(turn)
    assert (below(root), below(middle), below(leaf)) == ([leaf, other], [leaf], [])
    assert Turns(lambda: None).offspring(root) == []


def test_deleted_turns_are_left_out_and_their_children_hang_on_what_is_left(store: Store) -> None:
    root = add(store, 0)
    middle = add(store, 1, parent=root)
    lower = add(store, 2, parent=middle)
    leaf = add(store, 3, parent=lower)
    alone = add(store, 4, parent=middle)
    for turn in (middle, lower):
        store.delete(turn)
    assert {twig.id: twig.parent for twig in store.outline()} == {root: None, leaf: root, alone: root}
    assert [twig.number for twig in store.outline()] == [1, 4, 5]
    store.delete(root)
    assert {twig.id: twig.parent for twig in store.outline()} == {leaf: None, alone: None}
    store.restore(lower)
    assert store.twig(leaf).parent == lower


def test_what_is_not_there_or_was_deleted_has_no_outline(store: Store) -> None:
    turn = add(store)
    store.delete(turn)
    for name in (turn, "k3f9"):
        with pytest.raises(KeyError, match="no turn"):
            Turns(lambda: store).twig(name)
    with pytest.raises(KeyError, match="none yet"):
        Turns(lambda: None).twig("k3f9")
    assert Turns(lambda: None).outline() == []


def test_pictures_are_not_read_for_it(store: Store) -> None:
    turn = add(store)
    asked: list[str] = []
    with store.asking() as db:
        db.set_trace_callback(asked.append)
    assert Turns(lambda: store).outline()[0].id == turn
    assert asked
    assert not any("blob" in said or "details" in said for said in asked)


def test_files_of_older_layouts_have_one_too() -> None:
    with Store.open(VERSION_1, readonly=True) as store:
        cats, hat = store.outline()
        assert (cats.n_images, cats.picked, cats.state, cats.starred) == (2, 0, "done", False)
        assert hat.parent == cats.id
    with Store.open(VERSION_2, readonly=True) as store:
        cats, hat, dog, red = store.outline()
        assert (cats.picked, hat.parent, dog.parent, red.parent) == (1, cats.id, None, dog.id)
