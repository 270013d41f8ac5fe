"""A stranger's session file opens or is refused with a sentence; it runs nothing, and it cannot hang who reads it."""

import json
import multiprocessing
import shutil
import sqlite3
from contextlib import closing
from functools import partial

import pytest
from stored import VERSION_1, VERSION_2, VERSION_3, add

from pochade import Session
from pochade.errors import PochadeError, StoreError
from pochade.inert import inert
from pochade.store import Store
from pochade.turns import Turns

PATIENCE = 10.0  # seconds; only reached by a reader that hangs

SCHEMAS = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON turn BEGIN DELETE FROM meta; END",
    "trigger on marks": "CREATE TRIGGER t AFTER UPDATE ON turn BEGIN UPDATE turn SET prompt = 'changed'; END",
    "temporary name": "CREATE TRIGGER t BEFORE DELETE ON picture BEGIN SELECT RAISE(IGNORE); END",
    "view": "CREATE VIEW v AS SELECT * FROM turn",
    "view in place of a table": """
        PRAGMA foreign_keys = OFF; ALTER TABLE turn RENAME TO hidden;
        CREATE VIEW turn AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT hidden.* FROM hidden, n
    """,
    "virtual table": "CREATE VIRTUAL TABLE odd USING fts5(words)",
    "generated column": "ALTER TABLE turn ADD COLUMN odd AS (hex(zeroblob(900000000)))",
    "index on an expression": "CREATE INDEX odd ON turn (speaks(prompt, NULL, 'cat'))",
    "index with a condition": "CREATE INDEX odd ON turn (id) WHERE length(hex(zeroblob(100))) > 1",
    "missing table": "PRAGMA foreign_keys = OFF; DROP TABLE picture",
    "missing column": "ALTER TABLE turn DROP COLUMN seed",
    "another's table": "CREATE TABLE odd (a CHECK (length(randomblob(10)) > 1))",
    "one more column": "ALTER TABLE turn ADD COLUMN odd TEXT",
    "one more column with a name of ours": "ALTER TABLE turn ADD COLUMN extra TEXT",
}

# What SQLite reads as a name and runs, and what a careless reader takes for a comment. By table: what is put in place
# of what in its own words.
HIDDEN_WORDS = {
    "a condition behind what looks like a comment": (
        "meta", "value  TEXT NOT NULL", 'value  TEXT NOT NULL CHECK ("--" <> hex(zeroblob(400000000)))'
    ),
    "a column computed behind what looks like a comment": (
        "turn", "deleted     REAL", 'deleted REAL, "--" TEXT AS (hex(zeroblob(400000000)))'
    ),
    "a condition between what looks like comments": (
        "meta", "value  TEXT NOT NULL", 'value TEXT NOT NULL CHECK ("/*" <> hex(zeroblob(400000000)) OR "*/" = 1)'
    ),
    "a column computed from ours, without a word that is not ours": (
        "turn", "deleted     REAL", "deleted REAL, words TEXT GENERATED ALWAYS AS (prompt || prompt)"
    ),
    "columns that double what is before them": (
        "turn", "deleted     REAL", "deleted REAL, tbl TEXT AS (prompt || prompt), idx TEXT AS (tbl || tbl)"
    ),
}  # fmt: skip

ROWS = {
    "details that are no JSON": "UPDATE turn SET details = 'x'",
    "details of another kind": "UPDATE turn SET details = '[]'",
    "details that are empty": "UPDATE turn SET details = '{}'",
    "details as bytes": "UPDATE turn SET details = x'00ff'",
    "details nested deeply": "UPDATE turn SET details = replace(hex(zeroblob(100000)), '0', '[')",
    "notes that are no sentences": """UPDATE turn SET details = json_set(details, '$.notes', json('[1, [2], {}]'))""",
    "notes that are a number": "UPDATE turn SET details = json_set(details, '$.notes', 7)",
    "extra that is a list": "UPDATE turn SET details = json_set(details, '$.extra', json('[]'))",
    "a rewritten prompt that is a number": "UPDATE turn SET details = json_set(details, '$.extra.rewritten', 7)",
    "versions that are a list": "UPDATE turn SET details = json_set(details, '$.versions', json('[[]]'))",
    "a prompt that is a number": "UPDATE turn SET prompt = 7",
    "a prompt that is bytes": "UPDATE turn SET prompt = x'fffe00'",
    "a prompt that is huge": "UPDATE turn SET prompt = replace(hex(zeroblob(200000)), '0', 'cat ')",
    "a text that is no UTF-8": "UPDATE turn SET prompt = CAST(x'c3286162' AS TEXT)",
    "a seed that is text": "UPDATE turn SET seed = 'x'",
    "a size that is text": "UPDATE turn SET width = 'x', height = x'00'",
    "a size beyond all": "UPDATE turn SET width = 9223372036854775807",
    "times that are infinite": "UPDATE turn SET created = 9e999, seconds = -9e999",
    "a picked picture that is not there": "UPDATE turn SET picked = 99",
    "a picked picture before the first": "UPDATE turn SET picked = -1",
    "a picture of nobody": "UPDATE picture SET hash = 'none'",
    "a picture that is no picture": "UPDATE blob SET bytes = x'00'",
    "a picture that is text": "UPDATE blob SET bytes = 'x'",
    "parents in a ring": "UPDATE turn SET parent = (SELECT max(id) FROM turn)",
    "deleted parents in a ring": "UPDATE turn SET parent = id, deleted = 1.0 WHERE parent IS NOT NULL",
    "a ring of deleted ones": """
        UPDATE turn SET deleted = 1.0, parent = (SELECT id FROM turn AS other WHERE other.id <> turn.id LIMIT 1)
    """,
    "a parent of nobody": "UPDATE turn SET parent = 'none', image_turn = 'none'",
    "an id with markup": "UPDATE turn SET id = '<script>' || number",
    "an id with a path": "UPDATE turn SET id = '../../' || number",
    "an id of controls": "UPDATE turn SET id = char(27) || '[31m' || number",
    "settings that are no JSON": "INSERT OR REPLACE INTO meta VALUES ('settings', '{')",
    "settings of another kind": "INSERT OR REPLACE INTO meta VALUES ('settings', '[{}]')",
    "settings nested deeply": "UPDATE meta SET value = replace(hex(zeroblob(100000)), '0', '[')",
    "settings beyond all": """INSERT OR REPLACE INTO meta VALUES ('settings', '{"n": 1e999, "size": [[]], "x": 1}')""",
    "a place of nobody": "INSERT OR REPLACE INTO meta VALUES ('current', 'none'), ('place', '{')",
    "a model with a path": "INSERT OR REPLACE INTO meta VALUES ('model', '../../../etc')",
    "a model of controls": "INSERT OR REPLACE INTO meta VALUES ('model', char(27) || ']0;x' || char(7))",
    "entries as bytes": "UPDATE meta SET value = x'ff00'",
}


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "honest.pochade"
    with Store.create(path, meta={}) as store:
        first = add(store, 1)
        add(store, 2, parent=first, image_turn=first, task="edit")
        add(store, 3)
    return path


def spoiled(honest, path, statement):
    shutil.copy(honest, path)
    with closing(sqlite3.connect(path)) as db:
        db.create_function("speaks", 3, lambda *_: True, deterministic=True)
        try:
            db.executescript(f"PRAGMA ignore_check_constraints = ON; {statement}")
        except sqlite3.OperationalError as error:
            pytest.skip(f"this SQLite cannot make such a file: {error}")
        db.commit()
    return path


def looks(store):
    """Whatever views and commands do with a file, each on its own."""
    turns = Turns(lambda: store)
    try:
        names = turns.ids
    except StoreError:
        names = ()
    yield from (lambda: len(store), turns.outline, turns.search, lambda: turns.find("cat"), lambda: repr(turns))
    yield store.deleted
    for name in (*names, "none"):
        yield lambda name=name: turns[name].image
        yield lambda name=name: repr(turns[name])
        yield lambda name=name: turns[name]._repr_mimebundle_()
        yield lambda name=name: turns[name].code()
        yield lambda name=name: turns[name].parent
        for method in (turns.offspring, store.nearest, store.children, turns.twig, store.delete, store.restore):
            yield partial(method, name)
        yield partial(store.set_starred, name, on=True)
    yield partial(add, store, 9)
    yield store.purge


def read(path, answers):
    """Read a file in all ways; write down the sentences of pochade's errors, and all other errors."""
    said, raised = [], []

    def tried(work):
        try:
            return work()
        except (PochadeError, KeyError, IndexError) as error:
            said.append(f"{type(error).__name__}: {error}")
        except BaseException as error:  # noqa: BLE001 - it is the answer
            raised.append(f"{type(error).__name__}: {error!r}"[:500])
        return None

    for readonly in (True, None):
        if (store := tried(partial(Store.open, path, readonly=readonly))) is not None:
            for work in looks(store):
                tried(work)
            store.close()
    if (session := tried(partial(Session, path=path))) is not None:
        for work in (lambda: repr(session), lambda: session.current, session.settings.as_dict, session.close):
            tried(work)
    answers.write_text(json.dumps([said, raised]), "utf-8")


def sentences(path):
    """Read a file in a child, which can be ended when it hangs; return what it said."""
    answers = path.with_suffix(".answers")
    child = multiprocessing.get_context("fork").Process(target=read, args=(path, answers))
    child.start()
    child.join(PATIENCE)
    if child.is_alive():
        child.kill()
        child.join()
        pytest.fail("reading it never ends")
    assert child.exitcode == 0
    said, raised = json.loads(answers.read_text("utf-8"))
    assert raised == []
    return said


@pytest.mark.parametrize("kind", ROWS)
def test_odd_contents_are_read_or_refused_and_never_hang(honest, tmp_path, kind):
    said = sentences(spoiled(honest, tmp_path / "odd.pochade", ROWS[kind]))
    assert all(sentence.isprintable() or "\n" in sentence for sentence in said)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_file_with_anything_but_our_tables_is_refused_before_it_is_read(honest, tmp_path, kind):
    path = spoiled(honest, tmp_path / "odd.pochade", SCHEMAS[kind])
    before = path.read_bytes()
    said = sentences(path)
    assert said
    assert all("StoreError" in sentence for sentence in said)
    assert path.read_bytes() == before
    with pytest.raises(StoreError, match="odd"):
        Store.open(path)


@pytest.mark.parametrize("kind", HIDDEN_WORDS)
def test_nothing_that_looks_like_a_comment_is_passed_over(honest, tmp_path, kind):
    table, ours, theirs = HIDDEN_WORDS[kind]
    path = tmp_path / "odd.pochade"
    shutil.copy(honest, path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        (statement,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        assert ours in statement
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (statement.replace(ours, theirs), table))
        db.commit()
    before = path.read_bytes()
    for readonly in (True, None):
        with pytest.raises(StoreError, match=r"pochade did not make"):
            Store.open(path, readonly=readonly)
    assert path.read_bytes() == before


def test_sqlite_makes_no_value_larger_than_any_that_is_kept(honest, tmp_path):
    path = tmp_path / "large.pochade"
    shutil.copy(honest, path)
    with (
        Store.open(path) as store,
        pytest.raises(StoreError, match="larger than a session file keeps"),
        store.asking() as db,
    ):
        db.execute("SELECT length(hex(zeroblob(400000000)))").fetchone()


@pytest.mark.parametrize("version", [VERSION_1, VERSION_2, VERSION_3])
@pytest.mark.parametrize("done", ["", "ANALYZE", "VACUUM"])
def test_every_file_of_ours_opens_whatever_sqlite_was_asked_to_do_with_it(tmp_path, version, done):
    path = tmp_path / "ours.pochade"
    shutil.copy(version, path)
    for _ in range(2):
        with closing(sqlite3.connect(path)) as db:
            db.execute(done)
        Store.open(path, readonly=True).close()
        with Store.open(path, readonly=False) as store:  # brought up to today's layout, the first time
            assert len(store) > 1


def test_what_sqlite_leaves_in_a_file_that_it_recovered_or_analysed_is_no_reason_to_refuse_it(honest, tmp_path):
    path = tmp_path / "new.pochade"
    shutil.copy(honest, path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript("""
            CREATE TABLE lost_and_found (rootpgno INTEGER, pgno INTEGER, nfield INTEGER, id INTEGER, c0, c1, c21);
            CREATE TABLE lost_and_found_0 (rootpgno INTEGER, pgno INTEGER, nfield INTEGER, id INTEGER, c0);
            CREATE TABLE analysed (tbl,idx,neq,nlt,ndlt,sample);
            PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET name = 'sqlite_stat4', tbl_name = 'sqlite_stat4',
                sql = replace(sql, 'analysed ', 'sqlite_stat4') WHERE name = 'analysed';
        """)
    with Store.open(honest) as old, Store.open(path) as new:
        assert new.ids() == old.ids()
        assert new.check() == []


@pytest.mark.parametrize("size", [0, 1, 99, 100, 4096, 20_000])
def test_a_file_that_was_cut_off_is_refused(honest, tmp_path, size):
    path = tmp_path / "odd.pochade"
    path.write_bytes(honest.read_bytes()[:size])
    assert all("StoreError" in sentence for sentence in sentences(path))


@pytest.mark.parametrize("seed", range(12))
def test_a_file_with_bytes_turned_over_is_read_or_refused(honest, tmp_path, seed):
    import random

    data, draw = bytearray(honest.read_bytes()), random.Random(seed)
    for _ in range(40):
        data[draw.randrange(100, len(data))] ^= 1 << draw.randrange(8)
    path = tmp_path / "odd.pochade"
    path.write_bytes(data)
    sentences(path)


@pytest.mark.parametrize("name", ["a\x1b[31m.pochade", "a\u202egnp.pochade", "a\nb.pochade"])
def test_an_error_shows_the_name_of_a_file_inert(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"no session")
    with pytest.raises(StoreError) as refused:
        Store.open(path)
    assert str(refused.value) == inert(str(refused.value))
    with pytest.raises(StoreError) as missing:
        Store.open(tmp_path / f"no{name}")
    assert str(missing.value) == inert(str(missing.value))


def test_the_name_of_a_holder_is_shown_inert(honest, tmp_path):
    path = tmp_path / "held.pochade"
    shutil.copy(honest, path)
    with Store.open(path):
        path.with_name(f".{path.name}.lock").write_text("\x1b[31mred\u202e\x07\nRun rm -rf", "utf-8")
        with pytest.raises(StoreError) as refused, Store.open(path, readonly=False):
            pass
    assert str(refused.value) == inert(str(refused.value))
