import io
import sqlite3
from contextlib import closing

import pytest
import signing
from PIL import Image, ImageOps
from scenery import keep, scenery

import pochade
from pochade import ImageError, RequestError, Session, StoreError
from pochade.imaging.load import png_bytes
from pochade.provenance.find import Found, Match, find
from pochade.provenance.index import remember
from pochade.provenance.sign import sign
from pochade.provenance.signer import Signer
from pochade.store import Store, default_folder
from pochade.turn import Turn

NASTY = "a cat <img src=x onerror=alert(1)>\x1b[31m\u202e"


@pytest.fixture
def talk():
    with Store.create(default_folder() / "talk.pochade", meta={}) as store:
        for seed in range(4):
            keep(store, scenery(seed), prompt=f"picture {seed}", created=1_750_000_000.0 + seed)
        yield store


def jpeg(image, quality=60):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def test_the_four_ways_are_told_apart_and_certain_ones_come_first(talk):
    turn = talk.ids()[2]
    same = find(talk.blob(talk.get(turn).images[0]))
    assert [(one.how, one.score, one.turn_id, one.prompt) for one in same] == [("bytes", 1.0, turn, "picture 2")]
    again = io.BytesIO()
    scenery(2).save(again, "WEBP", lossless=True)
    assert [(one.how, one.score, one.turn_id) for one in find(again.getvalue())] == [("pixels", 1.0, turn)]
    (looks,) = find(jpeg(ImageOps.mirror(scenery(2)).crop((10, 10, 170, 160))))
    assert (looks.how, looks.turn_id, looks.session) == ("fingerprint", turn, talk.path)
    assert looks.score < 1
    assert [one.words() for one in (same[0], looks)] == ["the same file", f"looks like it ({looks.score:.2f})"]


@pytest.mark.usefixtures("talk")
def test_pixels_are_the_same_with_an_opacity_that_hides_nothing():
    (found,) = find(scenery(1).convert("RGBA"))
    assert (found.how, found.prompt) == ("pixels", "picture 1")
    clear = scenery(1).convert("RGBA")
    clear.putpixel((0, 0), (0, 0, 0, 0))
    assert find(clear)[0].how == "fingerprint"


def test_a_path_an_open_file_and_a_turn_are_files(talk, tmp_path):
    name = talk.get(talk.ids()[0]).images[0]
    path = tmp_path / "picture.png"
    path.write_bytes(talk.blob(name))
    with path.open("rb") as stream:
        stream.read(5)
        assert {find(one)[0].how for one in (path, str(path), stream)} == {"bytes"}
    assert find(Turn(talk, talk.get(talk.ids()[0])))[0].how == "bytes"


@pytest.mark.usefixtures("talk")
def test_a_picture_of_nobodys_is_not_found_and_says_so():
    nothing = find(scenery(77))
    assert not nothing
    assert "no session" in repr(nothing)
    assert "No session" in nothing._repr_html_()


def on(ground):
    """A few light things on an even ground."""
    image = Image.new("RGB", (192, 192), ground)
    image.paste(scenery(4, 64).point(lambda level: 150 + level * 2 // 5), (50, 70))
    image.paste((250, 240, 200), (130, 30, 160, 50))
    return image


def test_the_same_thing_on_another_ground_is_another_picture(talk):
    keep(talk, on("#2040a0"), prompt="on blue")
    assert [one.prompt for one in find(jpeg(on("#2040a0")))] == ["on blue"]
    assert [one.prompt for one in find(jpeg(on("#2040a0").convert("L")))] == ["on blue"]
    assert all(one.score < 0.6 for one in find(jpeg(on("#207020"))))


def test_of_an_edit_and_what_was_edited_the_one_that_is_looked_for_comes_first(talk):
    image = scenery(1)
    changed = image.copy()
    changed.paste((200, 60, 60), (60, 60, 90, 90))
    image.paste((50, 130, 60), (60, 60, 90, 90))  # as light: no fingerprint tells the two apart
    for prompt, one in (("before", image), ("after", changed)):
        keep(talk, one, prompt=prompt)
    for prompt, one in (("before", image), ("after", changed)):
        part = jpeg(one.crop((20, 25, 185, 180)))
        assert [found.prompt for found in find(part, limit=1)] == [prompt]
        assert {found.prompt for found in find(part)} >= {"before", "after"}


def test_where_a_stored_picture_is_damaged_its_fingerprint_still_finds_it(talk):
    find(scenery(0))
    name = talk.get(talk.ids()[2]).images[0]
    with closing(sqlite3.connect(talk.path)) as db, db:
        db.execute("UPDATE blob SET bytes = x'00' WHERE hash = ?", (name,))
    assert [one.prompt for one in find(jpeg(scenery(2)))] == ["picture 2"]


def test_session_files_that_could_not_be_looked_at_are_told(talk):
    bad, worse = (talk.path.with_name(f"{name}\x1b<b>.pochade") for name in ("bad", "worse"))
    bad.write_text("no session")
    nothing = find(scenery(77))
    assert (len(nothing.passed_over), "bad" in nothing.passed_over[0]) == (1, True)
    worse.write_text("no session")
    for found in (find(scenery(77)), find(scenery(1))):
        assert repr(found).count("\n") == 1
        assert "Not looked at (and 1 more): " in repr(found)
        assert "bad" in found._repr_html_()
        assert "<b>" not in found._repr_html_()
        assert "\x1b" not in repr(found) + found._repr_html_()
    assert (find(scenery(1))[0].prompt, find(scenery(1)).passed_over[0]) == ("picture 1", nothing.passed_over[0])


def test_turns_of_a_match_share_what_was_opened_for_them(talk):
    (found,) = find(scenery(3))
    talk.close()
    first = found.turn
    assert found.turn.store is first.store


def test_where_there_is_no_session_nothing_is_found():
    assert find(scenery(1)) == ()


@pytest.mark.usefixtures("talk")
def test_no_more_than_limit_matches_and_the_oldest_of_equals_first():
    again = Store.create(default_folder() / "again.pochade", meta={})
    with again:
        keep(again, scenery(0), prompt="older", created=1.0)
    assert [one.prompt for one in find(scenery(0))] == ["older", "picture 0"]
    assert [one.prompt for one in find(scenery(0), limit=1)] == ["older"]


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_a_limit_that_is_no_number_of_matches_is_refused(limit):
    with pytest.raises(RequestError, match="limit"):
        find(scenery(0), limit=limit)


@pytest.mark.parametrize(
    "what", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"x" * 50, "no/such/file.png", object()]
)
def test_what_is_no_picture_is_refused_in_a_sentence(what):
    with pytest.raises(ImageError, match=r"\.$"):
        find(what)


def test_a_match_leads_to_its_turn(talk):
    (found,) = find(jpeg(scenery(3)))
    turn = found.turn
    assert (turn.id, turn.prompt, turn.store.path) == (found.turn_id, "picture 3", talk.path)
    talk.close()
    assert found.turn.image.tobytes() == scenery(3).tobytes()
    talk.path.unlink()
    with pytest.raises(StoreError):
        _ = found.turn


def test_a_match_whose_turn_was_removed_since_says_so(talk):
    (found,) = find(jpeg(scenery(3)))
    talk.delete(found.turn_id)
    talk.purge()
    with pytest.raises(StoreError, match="deleted since"):
        _ = found.turn


def test_words_of_strangers_are_inert_wherever_a_match_is_shown(talk):
    keep(talk, scenery(9), prompt=NASTY)
    found = find(scenery(9))
    for shown in (repr(found), found._repr_html_()):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "<img" not in found._repr_html_()
    assert "<bdi>a cat &lt;img" in found._repr_html_()


@pytest.mark.usefixtures("talk")
def test_a_repr_is_a_line_a_match():
    shown = repr(find(jpeg(scenery(2))))
    assert shown.startswith("Match(looks like it (")
    assert "\n" not in shown
    assert repr(Found([*find(scenery(1)), *find(scenery(2))])).count("\n") == 1


def test_a_turn_of_a_session_elsewhere_is_found_though_its_metadata_is_gone(tiny_model, tmp_path):
    with Session(tiny_model, device="cpu", path=tmp_path / "elsewhere.pochade") as session:
        kept = session.generate("a cat", seed=1)
        remember(session.path)
        first, *_ = pochade.find(png_bytes(kept.image))
        assert first.how in {"bytes", "pixels"}  # the same file where it was not signed
        assert first.turn == kept
        assert first.turn.store is kept.store  # the session's own, which is open here


def test_credentials_name_the_turn_where_no_pixel_is_left(tiny_model):
    """A manifest that holds is believed; moved to other pixels it does not hold, and is not."""
    with Session(tiny_model, device="cpu") as session:
        turn = session.generate("a cat", seed=1)
        name = session._keeping.store.session_id
    from pochade.provenance import find as module

    credentials = module._named(turn_bytes := _stored(session.path, turn.id))
    assert list(credentials) == [(1.0, name, turn.id, 0)]
    broken = bytearray(turn_bytes)
    broken[-20] ^= 1
    assert list(module._named(bytes(broken))) == []


def test_what_a_stranger_signed_names_nothing(talk):
    """Anybody can sign anything: ids that are ours, in a manifest that holds, over a picture that is not."""
    papers = signing.papers(name="Mallory")
    facts = signing.facts(session=talk.session_id, turn=talk.ids()[1], index=0)
    said = sign(png_bytes(scenery(77)), "image/png", facts, "full", Signer.from_files(papers.chain, papers.pem()))
    assert pochade.verify(said).state == "valid"
    assert find(said) == ()
    mine = sign(png_bytes(scenery(77)), "image/png", facts, "full", Signer.local())
    assert [(one.how, one.score, one.turn_id) for one in find(mine)] == [("credentials", 1.0, facts.turn)]


def _stored(path, turn):
    with Store.open(path, readonly=True) as store:
        return store.blob(store.get(turn).images[0])


def test_matches_can_be_told_as_json(talk):
    (found,) = find(scenery(1))
    told = {"how": "pixels", "score": 1.0, "session": str(talk.path), "turn": found.turn_id, "index": 0}
    assert found.as_dict() == told | {"prompt": "picture 1", "created": 1_750_000_001.0}
    assert isinstance(found, Match)
