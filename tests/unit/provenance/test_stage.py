"""What the road signs: every stored picture says where its pixels come from, and from what it was made."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from stored import VERSION_3, record

import pochade
from pochade.errors import ProvenanceError, RequestError
from pochade.imaging.load import load_image, pixel_hash
from pochade.provenance import sign
from pochade.provenance.carried import carried
from pochade.provenance.stage import Signing, nature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pochade import Session, Turn
    from pochade.engine.painting import Painting
    from pochade.report import Report


def photo(colour: str = "orange", size: tuple[int, int] = (64, 64)) -> bytes:
    buffer = io.BytesIO()
    picture = Image.linear_gradient("L").resize(size)
    Image.merge("RGB", (picture, picture, Image.new("L", size, 90 if colour == "orange" else 200))).save(buffer, "PNG")
    return buffer.getvalue()


def parents(turn: Turn) -> list[str]:
    return [one.relationship for one in turn.credentials.ingredients]


def test_every_picture_of_a_turn_is_signed_and_says_who_made_it_from_what(session: Session) -> None:
    turn = session.generate("a red cat", n=2, seed=5)
    for place in range(2):
        said = turn[place].credentials
        assert (said.state, said.made, said.prompt) == ("trusted", "ai", "a red cat")
        assert (said.session, said.turn, said.index) == (turn.store.session_id, turn.id, place)
        assert said.ours
        assert said.ingredients == ()


def test_an_edit_of_a_painted_picture_names_it_as_its_parent_and_is_painted_too(session: Session) -> None:
    cat = session.generate("a red cat", seed=5)
    blue = session.edit("a blue cat", seed=6, keep="none")
    said = blue.credentials
    assert said.made == "ai"
    assert parents(blue) == ["parentOf"]
    assert said.ingredients[0].credentials.turn == cat.id
    assert said.ingredients[0].credentials.state in {"trusted", "valid"}
    assert said.sound


def test_an_edit_of_an_upload_is_a_composite_whose_parent_claims_nothing(session: Session) -> None:
    turn = session.edit("a red cat", image=photo(), keep="none", seed=5)
    said = turn.credentials
    assert said.made == "composite"
    assert said.ingredients[0].credentials.state == "none"
    assert session.edit("a dog", keep="none", seed=6).credentials.made == "composite", "so is what is made of it"


def test_an_upload_of_which_no_pixel_changed_is_not_called_painted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session._running(), "paint", lambda painting, _report: iter([painting.picture]))
    turn = session.edit("a red cat", image=photo(), seed=5)
    assert turn.image.tobytes() == load_image(photo()).tobytes()
    assert turn.credentials.made == "untouched"
    assert turn.record.extra["made"] == ["upload"]


def test_references_are_inputs_and_bring_their_credentials_along(session: Session) -> None:
    cat = session.generate("a red cat", seed=5)
    turn = session.generate("a dog", references=[cat, photo("blue")], seed=6)
    first, second = turn.credentials.ingredients
    assert (first.relationship, second.relationship) == ("inputTo", "inputTo")
    assert (first.credentials.turn, second.credentials.state) == (cat.id, "none")
    assert turn.credentials.made == "ai"


def test_a_reference_that_is_a_turns_picture_is_kept_once(session: Session) -> None:
    cat = session.generate("a red cat", seed=5)
    turn = session.generate("a dog", references=[cat], seed=6)
    assert turn.record.references == cat.record.images


def test_an_upload_with_credentials_keeps_them_however_it_comes(session: Session, tmp_path: Path) -> None:
    cat = session.generate("a red cat", seed=5)
    file = cat.save(tmp_path / "cat.jpg")
    streams: list[object] = [file, file.read_bytes(), io.BytesIO(file.read_bytes())]
    for number, source in enumerate(streams):
        turn = session.edit("a dog", image=source, keep="none", seed=number)
        parent = turn.credentials.ingredients[0].credentials
        assert (parent.turn, parent.mime or "image/jpeg") == (cat.id, "image/jpeg")
        assert turn.record.originals[0] is not None
        assert turn.store.blob(turn.record.originals[0]) == file.read_bytes()
    again = session.again(turn)
    assert again.record.originals == turn.record.originals
    assert again.credentials.ingredients[0].credentials.turn == cat.id


def test_another_sessions_turn_brings_its_credentials(session: Session, tiny_model: Path) -> None:
    with pochade.Session(tiny_model, device="cpu") as other:
        cat = other.generate("a red cat", seed=5)
        turn = session.edit("a dog", image=cat, keep="none", seed=6)
        parent = turn.credentials.ingredients[0].credentials
        assert (parent.session, parent.turn) == (cat.store.session_id, cat.id)


def test_two_signings_of_a_picture_have_the_same_pixels_and_the_same_id(tiny_model: Path) -> None:
    made = []
    for _ in range(2):
        with pochade.Session(tiny_model, device="cpu") as fresh:
            cat = fresh.generate("a red cat", seed=5)
            dog = fresh.generate("a dog", references=[cat], seed=6)
            made.append((cat.id, dog.id, pixel_hash(cat.image), cat.png))
    assert made[0][:3] == made[1][:3]
    assert made[0][3] != made[1][3], "signatures are drawn"


@pytest.mark.parametrize("ending", ["jpg", "webp", "avif", "png"])
def test_a_saved_picture_tells_the_same_in_every_format(session: Session, tmp_path: Path, ending: str) -> None:
    cat = session.generate("a red cat", seed=5)
    said = pochade.verify(cat.save(tmp_path / f"cat.{ending}"))
    assert said.state == "trusted"
    assert (said.session, said.turn) == (cat.store.session_id, cat.id)
    assert said.sound


def test_minimal_leaves_the_words_out_everywhere(tiny_model: Path, tmp_path: Path) -> None:
    secret = "a red cat on a blue dog"  # noqa: S105 - a prompt
    with pochade.Session(tiny_model, device="cpu", provenance="minimal") as quiet:
        cat = quiet.generate(secret, seed=5)
        dog = quiet.edit(secret, seed=6, keep="none")
        files = [cat.png, dog.png, dog.save(tmp_path / "dog.jpg").read_bytes()]
        assert all(carried(data) and secret.encode() not in data for data in files)
        assert dog.credentials.prompt is None
        assert dog.credentials.sound


def test_off_signs_nothing_and_is_remembered_by_the_file(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "quiet.pochade"
    with pochade.Session(tiny_model, device="cpu", path=path, provenance="off") as quiet:
        assert not carried(quiet.generate("a red cat", seed=5).png)
    with pochade.Session(path=path, device="cpu") as later:
        assert later.provenance == "off"
        turn = later.generate("a dog", seed=6)
        assert not carried(turn.png)
        assert not carried(turn.save(tmp_path / "dog.jpg").read_bytes())
        assert turn.credentials.state == "none"
    with pochade.Session(path=path, device="cpu", provenance="full") as loud:
        assert carried(loud.generate("a cat", seed=7).png)


def test_a_level_that_there_is_not_is_refused(tiny_model: Path) -> None:
    with pytest.raises(RequestError, match="'full', 'minimal' and 'off', not 'some'"):
        pochade.Session(tiny_model, provenance="some")  # type: ignore[arg-type]


def test_a_signer_of_ones_own_signs_instead(tiny_model: Path) -> None:
    signer = pochade.Signer.local()
    with pochade.Session(tiny_model, device="cpu", signer=signer) as own:
        assert own.generate("a red cat", seed=5).credentials.signer == signer.name


def test_a_picture_that_cannot_be_signed_is_kept_and_the_turn_says_so(session: Session) -> None:
    def fail(_: bytes) -> bytes:
        raise OSError("the token was pulled out")

    from pochade.provenance.keys import identity

    broken = pochade.Signer.from_callback(fail, identity().chain, algorithm="es256")
    with pochade.Session(session.model, device="cpu", signer=broken) as unlucky:
        turn = unlucky.generate("a red cat", seed=5)
    assert any("without Content Credentials" in note and "pulled out" in note for note in turn.notes)


def test_a_key_that_cannot_be_used_is_told_before_anything_is_painted(session: Session, home: Path) -> None:
    folder = home / "credentials"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.pem").write_text("no certificate")
    (folder / "key.pem").write_text("no key")
    with pytest.raises(ProvenanceError, match=r"certificate\.pem"):
        session.generate("a red cat", seed=5)
    assert len(session) == 0


def test_a_level_is_read_from_the_file_where_nothing_is_said() -> None:
    assert Signing.of(None, None, "minimal").level == "minimal"
    assert Signing.of(None, None, "nonsense from elsewhere").level == "full"


def test_a_session_kept_elsewhere_is_searched_too(tiny_model: Path, tmp_path: Path) -> None:
    with pochade.Session(tiny_model, device="cpu", path=tmp_path / "elsewhere" / "mine.pochade") as mine:
        cat = mine.generate("a red cat", seed=5)
        assert pochade.find(cat.image)[0].turn_id == cat.id


def test_a_session_that_began_with_the_turns_of_another_remembers_how_it_signs(tiny_model: Path) -> None:
    with pochade.Session(tiny_model, device="cpu", provenance="off") as session:
        session.merge(VERSION_3)
    with pochade.Session(path=session.path) as again:
        assert again.provenance == "off"


def test_minimal_takes_the_words_out_of_what_older_turns_said_too(tiny_model: Path, tmp_path: Path) -> None:
    secret = "a red cat on a blue dog"  # noqa: S105 - a prompt
    path = tmp_path / "talk.pochade"
    with pochade.Session(tiny_model, device="cpu", path=path) as loud:
        loud.generate(secret, seed=5)
        loud.edit(secret, seed=6, keep="none")
    with pochade.Session(path=path, device="cpu", provenance="minimal") as quiet:
        old = quiet[1]
        assert secret.encode() in old.png
        made = [quiet.edit("a dog", image=old, keep="none", seed=7), quiet.generate("a cat", references=[old], seed=8)]
        files = [one.png for one in made]
        files += [old.save(tmp_path / f"old.{ending}").read_bytes() for ending in ("jpg", "webp", "avif")]
        for data in files:
            said = pochade.verify(data)
            assert secret.encode() not in data
            assert (said.state, said.sound) == ("trusted", True)
        assert pochade.verify(files[0]).ingredients[0].credentials.turn is None, "what was said is out as a whole"


@pytest.mark.parametrize("circle", [["a"], ["a", "b"]])
def test_turns_that_a_strangers_file_names_in_a_circle_come_to_an_end(circle: list[str]) -> None:
    turns = {
        name: record(name, task="edit", image_turn=after)
        for name, after in zip(circle, (*circle[1:], circle[0]), strict=True)
    }
    assert nature(turns["a"], 0, turns.__getitem__) == "composite"


ENDING = """
import concurrent.futures.thread as pool, sys, threading, time
import pochade

session = pochade.Session(path=sys.argv[1], device="cpu", keep_stopped=True)
engine = session._running()
paint, painted = engine.paint, threading.Event()

def slow(painting, report):
    yield from paint(painting, report)
    painted.set()
    while not pool._shutdown:
        time.sleep(0.01)

engine.paint = slow
session.submit("a dog", seed=6, keep="none")
painted.wait(60)
"""


def test_an_edit_that_is_still_painted_when_a_script_ends_is_signed_and_kept(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.pochade"
    with pochade.Session(tiny_model, device="cpu", path=path) as session:
        cat = session.generate("a red cat", seed=5)
    command = [sys.executable, "-c", ENDING, path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    with pochade.Session(path=path) as again:
        assert len(again) == 2, ended
        assert (again[1].credentials.state, again[1].credentials.sound) == ("trusted", True)
        assert again[1].credentials.ingredients[0].credentials.turn == cat.id


def test_a_key_that_breaks_while_a_picture_is_painted_costs_its_signature_and_not_the_picture(
    session: Session, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    engine = session._running()
    paint = engine.paint

    def spoil(painting: Painting, report: Report) -> Iterator[Image.Image]:
        yield from paint(painting, report)
        (home / "credentials" / "certificate.pem").write_text("half of a pair")

    monkeypatch.setattr(engine, "paint", spoil)
    turn = session.generate("a red cat", seed=5)
    assert session[0].id == turn.id
    assert any("without Content Credentials" in note and "key.pem is missing" in note for note in turn.notes)


@pytest.mark.parametrize("when", ["signing", "reading ahead"])
def test_nothing_that_fails_around_signing_costs_a_picture(
    session: Session, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(sign, "_builder" if when == "signing" else "expect", fail)
    turn = session.generate("a red cat", seed=5)
    assert session[0].id == turn.id
    assert any("MemoryError: no room" in note for note in turn.notes) == (when == "signing")
