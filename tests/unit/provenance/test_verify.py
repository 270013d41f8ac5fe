import http.server
import io
import json
import random
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import credentialed
import numpy as np
import pytest
from credentialed import CAPTURE, COMPOSITE, SYNTHETIC, person, picture, signed, tampered, turn
from PIL import Image

from pochade import Turn
from pochade.errors import ImageError, RequestError
from pochade.provenance.verify import MAX_BYTES, verify


@pytest.fixture
def trusted():
    """Ada signs on this computer."""
    credentialed.settle(credentialed.ada())


@pytest.mark.usefixtures("trusted")
def test_a_picture_signed_here_tells_who_when_with_what():
    found = verify(signed(said=turn(prompt="a cat", seed=7, index=2)))
    assert (found.state, found.ours, found.sound, found.problems) == ("trusted", True, True, ())
    assert (found.signer, found.software, found.model) == ("Ada (The tests)", "pochade 0.1", "tiny")
    assert (found.session, found.turn, found.index, found.prompt) == ("5e55", "k3f9", 2, "a cat")
    assert found.when == datetime.fromtimestamp(1.7e9, UTC)
    assert not found.timestamped
    assert (found.title, found.mime, found.made, found.data["seed"]) == ("turn k3f9", "image/png", "ai", 7)
    assert [(action.kind, action.words, action.agent) for action in found.actions] == [
        ("c2pa.created", "made", "pochade 0.1")
    ]


@pytest.mark.usefixtures("trusted")
def test_a_stranger_is_valid_but_neither_trusted_nor_ours():
    found = verify(signed(who=person("Mallory")))
    assert (found.state, found.ours, found.sound) == ("valid", False, True)


def test_without_any_key_on_this_computer_nobody_is_trusted_and_no_key_is_made(home):
    assert verify(signed()).state == "valid"
    assert not home.exists()


def test_a_picture_without_credentials_is_none_and_not_sound():
    found = verify(picture())
    assert (found.state, found.sound, found.size, found.problems) == ("none", False, 0, ())
    assert "pochade.find" in found.words()


@pytest.mark.usefixtures("trusted")
def test_a_changed_pixel_is_invalid_and_says_why():
    found = verify(tampered(signed()))
    assert (found.state, found.sound) == ("invalid", False)
    assert found.problems[0].startswith("The picture or its file was changed after it was signed")
    assert found.problems[0].endswith("(assertion.dataHash.mismatch).")


@pytest.mark.usefixtures("trusted")
def test_changed_words_are_invalid_even_with_the_checksum_put_right():
    import struct
    import zlib

    data = bytearray(signed(said=turn(prompt="a cat")))
    data[data.find(b"a cat")] = ord("A")
    start = data.find(b"caBX")
    end = start + 4 + struct.unpack(">I", data[start - 4 : start])[0]
    data[end : end + 4] = struct.pack(">I", zlib.crc32(data[start:end]))
    found = verify(bytes(data))
    assert found.state == "invalid"
    assert any("assertion.hashedURI.mismatch" in problem for problem in found.problems)


@pytest.mark.usefixtures("trusted")
def test_a_changed_ancestor_shows_though_the_child_is_valid():
    parent = signed(title="the parent")
    child = signed(picture(1), sources=(("parentOf", "the parent", tampered(parent)),))
    found = verify(child)
    assert found.state == "trusted"
    assert found.ingredients[0].credentials.state == "invalid"
    assert "assertion.dataHash.mismatch" in found.ingredients[0].credentials.problems[0]
    assert not found.sound
    assert "made from" in found.problems[0]


@pytest.mark.usefixtures("trusted")
def test_a_changed_grandparent_shows_three_turns_later():
    latest = tampered(signed(title="first"))
    for number in range(3):
        latest = signed(picture(number), sources=(("parentOf", f"turn {number}", latest),))
    found, depth = verify(latest), 0
    assert found.state == "trusted"
    while found.ingredients:
        assert found.state == "trusted"
        assert not found.sound
        found, depth = found.ingredients[0].credentials, depth + 1
    assert (found.state, found.title, depth) == ("invalid", "first", 3)


@pytest.mark.usefixtures("trusted")
def test_one_picture_used_twice_is_judged_at_each_place():
    source = signed(title="source")
    found = verify(signed(sources=(("parentOf", "broken", tampered(source)), ("inputTo", "whole", source))))
    assert [one.credentials.state for one in found.ingredients] == ["invalid", "trusted"]
    assert found.ingredients[0].credentials.label == found.ingredients[1].credentials.label


@pytest.mark.usefixtures("trusted")
def test_an_ancestors_words_changed_after_the_child_was_signed_are_found():
    parent = signed(said=turn(prompt="the first words"))
    data = bytearray(signed(sources=(("parentOf", "parent", parent),), said=turn(prompt="the second")))
    data[data.find(b"the first words")] = ord("T")
    found = verify(bytes(data))
    assert (found.state, found.ingredients[0].credentials.state) == ("invalid", "invalid")


@pytest.mark.usefixtures("trusted")
def test_the_tree_names_relations_titles_and_pictures_without_credentials():
    reference = signed(who=person("Mallory"), title="theirs")
    found = verify(signed(sources=(("parentOf", "photo.png", picture(3)), ("inputTo", "theirs", reference))))
    told = [(one.relationship, one.title, one.credentials.state) for one in found.ingredients]
    assert told == [("parentOf", "photo.png", "none"), ("inputTo", "theirs", "valid")]
    assert found.sound
    assert not found.ingredients[1].credentials.ours


def test_what_another_computer_trusted_is_not_trusted_here(home, monkeypatch):
    credentialed.settle(credentialed.ada())
    child = signed(who=person("Mallory"), sources=(("parentOf", "hers", signed()),))
    assert verify(child).ingredients[0].credentials.state == "trusted"
    monkeypatch.setenv("POCHADE_HOME", str(home / "another"))
    assert verify(child).ingredients[0].credentials.state == "valid"


@pytest.mark.usefixtures("trusted")
def test_each_manifest_is_followed_once():
    first = signed(title="first")
    latest = first
    for number in range(12):  # without that 2**12 paths lead to the first
        latest = signed(picture(number), sources=(("parentOf", "it", latest), ("inputTo", "it again", latest)))
    found = verify(latest)
    assert sum(1 for _ in found.walk()) == 25
    repeated = found.ingredients[1].credentials
    assert (repeated.repeated, repeated.ingredients) == (True, ())
    assert found.sound


@pytest.mark.parametrize(
    ("actions", "made"),
    [
        ([("c2pa.created", credentialed.AI)], "ai"),
        ([("c2pa.opened", None), ("c2pa.edited", COMPOSITE)], "composite"),
        ([("c2pa.opened", None)], "untouched"),
        ([("c2pa.created", SYNTHETIC)], "composite"),
        ([("c2pa.created", CAPTURE)], "other"),
        ([("c2pa.opened", None), ("c2pa.cropped", None)], "unknown"),
    ],
)
def test_where_the_pixels_come_from_is_read_off_the_actions(actions, made):
    rows = []
    for kind, source in actions:
        row = {"action": kind, "softwareAgent": {"name": "x"}} | ({"digitalSourceType": source} if source else {})
        rows.append(row | ({"parameters": {"ingredientIds": ["s0"]}} if kind == "c2pa.opened" else {}))
    sources = (("parentOf", "it", picture(2)),) if actions[0][0] == "c2pa.opened" else ()
    found = verify(signed(sources=sources, actions=rows, said={"v": 1}))
    assert (found.state, found.made) == ("valid", made)


@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate_is_named_and_a_source_of_that_kind_too():
    old = signed(who=person("Old", lasts=timedelta(seconds=2)))
    time.sleep(3)
    found = verify(old)
    assert found.state == "invalid"
    assert any("has expired" in problem and "(signingCredential.expired)" in problem for problem in found.problems)
    found = verify(signed(sources=(("parentOf", "old", old),)))
    assert (found.state, found.ingredients[0].credentials.state) == ("trusted", "invalid")


def test_nobody_is_asked_for_a_manifest_that_lies_elsewhere():
    asked = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            data = signed(remote=f"http://127.0.0.1:{server.server_port}/it.c2pa")
            found = [verify(data)]
            inside = threading.Thread(target=lambda: found.append(verify(data)))
            inside.start()
            inside.join()
            source = verify(signed(sources=(("parentOf", "elsewhere", data),)))
        finally:
            server.shutdown()
            thread.join()
    assert asked == []
    for one in found:
        assert one.state == "none"
        assert f"127.0.0.1:{server.server_port}" in one.problems[0]
        assert "never asks" in one.problems[0]
    assert source.ingredients[0].credentials.state in {"none", "invalid"}


def test_paths_bytes_files_and_turns_are_read_alike(tmp_path, session):
    data = signed()
    path = tmp_path / "it.png"
    path.write_bytes(data)
    whole = verify(data)
    for same in (path, str(path), bytearray(data), memoryview(data), io.BytesIO(data), open(path, "rb")):  # noqa: PTH123, SIM115
        assert verify(same) == whole
        if hasattr(same, "close") and not isinstance(same, memoryview):
            same.close()
    painted = session.generate("a cat", seed=1)
    assert isinstance(painted, Turn)
    assert verify(painted) == verify(painted.png)


@pytest.mark.parametrize("pixels", [Image.new("RGB", (8, 8)), np.zeros((8, 8, 3), np.uint8), 7, None])
def test_pixels_without_a_file_are_refused_with_what_to_pass_instead(pixels):
    with pytest.raises(RequestError, match=r"pass its path, its bytes or a turn"):
        verify(pixels)


def test_what_cannot_be_read_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "words.png").write_text("no picture")
    for path, sentence in (
        (tmp_path, "folder"),
        (tmp_path / "missing.png", "does not exist"),
        (tmp_path / "empty.png", "0 bytes"),
        (tmp_path / "words.png", "not a picture"),
        ("https://example.com/a.png", "fetches nothing"),
        ("a\0b.png", "cannot be opened"),
    ):
        with pytest.raises(ImageError, match=sentence):
            verify(path)
    with pytest.raises(RequestError, match="mode 'rb'"):
        verify(io.StringIO("text"))
    with pytest.raises(RequestError, match="no credentials can be read"):
        verify(picture(), mime="text/html")


def test_a_huge_file_of_garbage_is_refused_at_its_first_bytes(tmp_path):
    path = tmp_path / "garbage.png"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    with pytest.raises(ImageError, match="not a picture"):
        verify(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_huge_file_that_begins_like_a_picture_is_read_once_and_no_further_than_allowed(tmp_path):
    path = tmp_path / "garbage.png"
    for size, begins in ((100_000_000, picture()[:33]), (MAX_BYTES + 1, picture()[:8])):
        with path.open("wb") as file:
            file.write(begins)
            file.truncate(size)
        if size > MAX_BYTES:
            with pytest.raises(ImageError, match="256 MiB"):
                verify(path)
        else:
            assert verify(path).state == "none"


def test_a_file_cut_short_anywhere_never_crashes_and_never_passes():
    data = signed()
    for length in [*range(1, 200), *range(200, len(data), 97), len(data) - 1]:
        try:
            assert not verify(data[:length]).sound
        except ImageError:
            assert length < 12


def test_random_damage_never_crashes():
    draw, files = random.Random(6), [signed(), signed(picture(0, kind="JPEG"), mime="image/jpeg")]
    for number in range(600):
        data = bytearray(files[number % 2])
        for _ in range(draw.choice((1, 4, 60))):
            place = draw.randrange(len(data))
            data[place : place + draw.randrange(3)] = draw.randbytes(draw.randrange(6))
        try:
            found = verify(bytes(data))
        except ImageError:
            continue
        json.dumps(found.as_dict())
        found.words()


@pytest.mark.parametrize(
    "said",
    [
        "not json",
        "[" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[1, 2]",
        '"words"',
        json.dumps({"prompt": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}),
        json.dumps({"rows": list(range(20_000))}),
        '{"created": NaN}',
        '{"index": ' + "9" * 5000 + "}",
    ],
)
def test_a_hostile_account_of_the_turn_is_left_out_and_said_so(said):
    found = verify(signed(said=said))
    assert (found.state, found.sound, dict(found.data)) == ("valid", True, {})
    assert any("org.pochade.turn" in problem for problem in found.problems)
    assert (found.prompt, found.session, found.turn, found.index) == (None, None, None, None)


@pytest.mark.parametrize("wrong", [None, True, -1, 1.5, [], {}, ["a"], {"a": 1}, 2**70, "", float("1e300")])
def test_a_value_of_the_wrong_type_is_left_out(wrong):
    names = ("prompt", "session", "turn", "index", "model", "versions", "weights", "created", "rewritten", "negative")
    said = dict.fromkeys(names, wrong) | {"v": 1, "seed": 3}
    found = verify(signed(said=said))
    assert found.data["seed"] == 3
    for value in (found.prompt, found.session, found.turn, found.model):
        assert value is None or isinstance(value, str)
    assert found.index is None
    assert found.when is None or found.when.year < 10_000
    found.words()
    found._repr_mimebundle_()
    json.dumps(found.as_dict())


def test_surrogates_and_every_control_character_come_through_harmless():
    nasty = "".join(map(chr, range(1, 160))) + "\u202e\u2066\u200b\ud800"
    found = verify(signed(said=json.dumps(turn(prompt=nasty))))
    assert found.prompt is not None
    words = found.words()
    assert words.encode()
    assert not any(character in words for character in "\x1b\x07\x9b\u202e\u2066\u200b\r")
    json.loads(json.dumps(found.as_dict()))


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("AVIF", "image/avif")]
)
@pytest.mark.usefixtures("trusted")
def test_every_kind_of_file_is_read_with_its_size(kind, mime):
    plain = picture(0, 128, kind)
    data = signed(plain, mime=mime)
    found = verify(data)
    assert (found.state, found.mime, found.problems) == ("trusted", mime, ())
    assert len(data) - len(plain) - 200 < found.size < len(data) - len(plain)


@pytest.mark.usefixtures("trusted")
def test_a_store_of_more_than_one_jpeg_segment_is_read_whole():
    data = signed(picture(0, kind="JPEG"), mime="image/jpeg", said=turn(prompt="long " * 20_000))
    found = verify(data)
    assert (found.state, len(found.prompt)) == ("trusted", 100_000)
    assert found.size > 100_000


def test_it_is_frozen_hashable_comparable_and_travels():
    import copy
    import pickle

    found = verify(signed(sources=(("parentOf", "it", picture(1)),)))
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - its own
    assert hash(copy.deepcopy(found)) == hash(found)
    assert repr(found) == "Credentials('valid', 'turn k3f9', made='ai', 1 ingredient)"


def test_what_pochade_itself_signs_is_trusted_through_five_turns_a_reference_and_an_upload():
    from pochade.provenance.facts import Facts, Source
    from pochade.provenance.sign import sign
    from pochade.provenance.signer import Signer

    signer, latest = Signer.local(), b""
    for number in range(5):
        source = (
            Source(latest, "image/png", "parentOf", "it")
            if latest
            else Source(picture(9), "image/png", "inputTo", "up")
        )
        facts = Facts("5e55", f"k{number}", 0, "edit", "ai", "tiny", {}, 1.7e9, {"prompt": "a cat"}, (source,), "it")
        latest = sign(picture(number), "image/png", facts, "full", signer)
    found = verify(latest)
    assert [one.state for one in found.walk()] == ["trusted"] * 5 + ["none"]
    assert (found.ours, found.turn, found.prompt, found.problems) == (True, "k4", "a cat", ())
