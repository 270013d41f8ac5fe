"""Signing, held against c2pa's own reader: every kind of picture, in every format, at every level."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
import zlib

import numpy as np
import pytest
import signing
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from signing import own, source

from pochade import __version__
from pochade.errors import ProvenanceError
from pochade.provenance import keys
from pochade.provenance.manifest import DISCLOSURE, LABEL
from pochade.provenance.sign import sign
from pochade.provenance.signer import Signer

LEVELS = ("full", "minimal")
PAPERS = signing.papers()
TASKS = ("generate", "references", "edit", "upload", "foreign", "untouched", "convert")


def foreign(kind="JPEG"):
    """An upload that somebody else signed."""
    papers = signing.papers(name="Somebody")
    stranger = Signer.from_files(papers.chain, papers.pem())
    return sign(signing.picture(kind), signing.MIMES[kind], signing.facts(title="holiday"), "full", stranger)


def asked(task, level):
    """The sources and facts of each task, and what its ingredients should be: relationship and whether with claims."""
    if task == "generate":
        return (), {}, []
    if task == "references":
        looks = (source(own(level=level), "inputTo"), source(signing.picture("JPEG"), "inputTo", "an upload"))
        return looks, {}, [("inputTo", True), ("inputTo", False)]
    if task == "upload":
        return (source(signing.picture("WEBP")),), {"task": "edit", "made": "composite"}, [("parentOf", False)]
    if task == "foreign":
        return (source(foreign()),), {"task": "edit", "made": "composite"}, [("parentOf", True)]
    more = {
        "edit": {"task": "edit"},
        "untouched": {"task": "edit", "made": "untouched"},
        "convert": {"task": "convert"},
    }
    return (source(own(level=level)),), more[task], [("parentOf", True)]


@pytest.mark.parametrize("kind", signing.MIMES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("task", TASKS)
def test_every_manifest_is_valid_and_with_the_local_anchor_trusted(task, level, kind):
    sources, more, expected = asked(task, level)
    data = own(*sources, kind=kind, level=level, **more)
    state, manifest, told = signing.read(data, signing.MIMES[kind], keys.anchors())
    assert state == "Trusted"
    assert signing.read(data, signing.MIMES[kind])[0] == "Valid"
    assert told["validation_results"]["activeManifest"]["failure"] == []
    found = [(one["relationship"], "active_manifest" in one) for one in manifest.get("ingredients", [])]
    assert sorted(found) == sorted(expected)
    assert (signing.said(manifest, DISCLOSURE) is None) == (task == "untouched")
    assert json.loads(signing.said(manifest, LABEL)["json"])["turn"] == "k3f9"


@pytest.mark.parametrize("kind", signing.MIMES)
def test_signing_changes_no_pixel(kind):
    before, after = (Image.open(io.BytesIO(one)) for one in (signing.picture(kind), own(kind=kind)))
    assert np.array_equal(np.asarray(before), np.asarray(after))


def test_off_gives_back_the_very_same_bytes():
    picture = signing.picture()
    assert sign(picture, "image/png", signing.facts(), "off", Signer.local()) is picture


@pytest.mark.parametrize(("data", "mime"), [(b"", "image/png"), (b"GIF89a", "image/gif"), (b"hello", "image/jpeg")])
def test_what_cannot_be_signed_is_refused(data, mime):
    with pytest.raises(ProvenanceError, match="Only PNG, JPEG, WebP and AVIF"):
        sign(data, mime, signing.facts(), "full", Signer.local())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_a_damaged_file_is_refused_with_a_sentence_or_signed_as_it_is(kind):
    picture = signing.picture(kind)
    for end in range(16, len(picture), max(1, len(picture) // 16)):
        try:
            data = sign(picture[:end], signing.MIMES[kind], signing.facts(), "full", Signer.local())
        except ProvenanceError as error:
            assert str(error).startswith("The picture could not be signed")  # noqa: PT017 - either end is good
        else:
            assert signing.read(data, signing.MIMES[kind])[0] in ("Valid", "Invalid")


def test_a_png_says_which_software_and_words_made_it_in_text_too():
    text = Image.open(io.BytesIO(own(recipe={"prompt": "ein Haus\nin 日本 🏠"}))).text
    assert text == {"Software": f"pochade {__version__}", "Description": "ein Haus\nin 日本 🏠"}


def test_at_minimal_the_words_are_nowhere_in_the_file():
    words = dict.fromkeys(("prompt", "rewritten", "negative"), "SECRETWORD")
    for kind in signing.MIMES:
        data = own(source(signing.picture(), "inputTo", "SECRETWORD"), kind=kind, level="minimal", recipe=words)
        assert b"SECRETWORD" not in data
    assert set(Image.open(io.BytesIO(own(level="minimal"))).text) == {"Software"}


def test_text_that_was_in_a_png_stays_and_ours_is_written_once():
    file, info = io.BytesIO(), PngInfo()
    info.add_text("Author", "Ann")
    info.add_text("Software", "another")
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    once = sign(file.getvalue(), "image/png", signing.facts(), "full", Signer.local())
    twice = sign(once, "image/png", signing.facts(), "full", Signer.local())
    assert Image.open(io.BytesIO(twice)).text["Author"] == "Ann"
    assert Image.open(io.BytesIO(twice)).text["Software"] == f"pochade {__version__}"
    assert twice.count(b"Software") == 1
    assert signing.read(twice, "image/png")[0] == "Valid"


@pytest.mark.parametrize("prompt", ["\0", "a\ud800b", "\U0001f600" * 32_000, '"\\' * 16_000, "\x01" * 32_000])
def test_no_prompt_is_too_strange_to_be_signed(prompt):
    recipe = dict.fromkeys(("prompt", "rewritten", "negative"), prompt)
    data = own(recipe=recipe)
    state, manifest, _ = signing.read(data, "image/png")
    assert state == "Valid"
    assert json.loads(signing.said(manifest, LABEL)["json"]) | recipe == json.loads(
        signing.said(manifest, LABEL)["json"]
    )
    Image.open(io.BytesIO(data)).load()


@settings(deadline=None, max_examples=30)
@given(st.text(st.characters(), max_size=60), st.integers(), st.lists(st.integers() | st.floats(), max_size=4))
def test_any_recipe_is_signed_and_comes_back(prompt, seed, numbers):
    recipe = {"prompt": prompt, "seed": seed, "numbers": numbers}
    signer = Signer.from_files(PAPERS.chain, PAPERS.pem())
    data = sign(signing.picture(size=8), "image/png", signing.facts(recipe=recipe), "full", signer)
    state, manifest, _ = signing.read(data, "image/png", PAPERS.root)
    found = json.loads(signing.said(manifest, LABEL)["json"])
    assert (state, found["prompt"], found["seed"]) == ("Trusted", prompt, seed)
    assert found["numbers"] == [one if np.isfinite(float(one)) else None for one in numbers]


def test_any_single_changed_byte_around_the_manifest_shows():
    data = own()
    start = data.index(b"caBX")
    end = start + 8 + int.from_bytes(data[start - 4 : start], "big")
    outside = [*range(8, start - 4), *range(end, len(data))]
    for place in np.random.default_rng(1).choice(outside, 60, replace=False):
        changed = bytearray(data)
        changed[place] ^= 1
        try:
            state = signing.read(bytes(changed), "image/png")[0]
        except signing.c2pa.C2paError:
            continue
        assert state == "Invalid", place


def test_a_tampered_parent_stays_tampered_in_every_descendant():
    parent = bytearray(own())
    parent[-30] ^= 1
    child = own(source(bytes(parent)), task="edit")
    grandchild = own(source(child), task="edit")
    _, manifest, told = signing.read(child, "image/png", keys.anchors())
    (failure,) = manifest["ingredients"][0]["validation_results"]["activeManifest"]["failure"]
    assert failure["code"] == "assertion.dataHash.mismatch"
    assert failure["explanation"]
    inherited = signing.read(grandchild, "image/png", keys.anchors())[2]["manifests"]
    assert any(
        one["code"] == "assertion.dataHash.mismatch"
        for manifest in inherited.values()
        for held in manifest.get("ingredients", [])
        for one in held["validation_results"]["activeManifest"]["failure"]
    )
    assert len(told["manifests"]) == 2


@pytest.mark.parametrize(
    "upload",
    [b"", b"hello", signing.picture()[:100], signing.picture("JPEG")[:200], b"BM" + bytes(60), bytes(5000)],
    ids=["nothing", "text", "half a PNG", "half a JPEG", "BMP", "zeros"],
)
def test_a_source_that_cannot_be_read_is_an_ingredient_without_claims(upload):
    data = own(source(upload), task="edit", made="composite")
    state, manifest, _ = signing.read(data, "image/png", keys.anchors())
    assert state == "Trusted"
    (held,) = manifest["ingredients"]
    assert (held["relationship"], "active_manifest" in held) == ("parentOf", False)


def test_credentials_that_cannot_be_read_are_said_to_have_been_there():
    damaged = bytearray(own())
    place = damaged.index(b"caBX") + 20
    damaged[place : place + 4] = b"\xff\xff\xff\xff"
    length = int.from_bytes(damaged[damaged.index(b"caBX") - 4 : damaged.index(b"caBX")], "big")
    start = damaged.index(b"caBX")
    damaged[start + 4 + length : start + 8 + length] = zlib.crc32(damaged[start : start + 4 + length]).to_bytes(
        4, "big"
    )
    data = own(source(bytes(damaged)), task="edit")
    state, manifest, _ = signing.read(data, "image/png", keys.anchors())
    assert state == "Trusted"
    (held,) = manifest["ingredients"]
    assert "cannot be read" in held["description"] or held["validation_results"]["activeManifest"]["failure"]


def test_the_same_source_may_be_parent_and_reference():
    parent = own()
    data = own(source(parent), source(parent, "inputTo"), source(parent, "inputTo"), task="edit")
    state, manifest, told = signing.read(data, "image/png", keys.anchors())
    assert (state, len(manifest["ingredients"]), len(told["manifests"])) == ("Trusted", 3, 2)


def test_twenty_turns_carry_no_more_than_120_kilobytes():
    recipe = {"prompt": "make the roof of the small house by the lake green", "seed": 123_456_789, "size": [512, 512]}
    recipe |= {"steps": 4, "guidance": 1.0}
    versions = {"pochade": "0.1.0", "diffusers": "0.42.1", "torch": "2.13.0", "transformers": "5.23.0"}
    versions |= {"device": "cpu", "dtype": "float32", "weights": "ab" * 32}
    data = own(recipe=recipe, versions=versions)
    for _ in range(19):
        data = own(source(data), task="edit", recipe=recipe, versions=versions)
    assert len(data) - len(signing.picture()) <= 120_000
    assert signing.read(data, "image/png", keys.anchors())[0] == "Trusted"


def test_nothing_of_the_folders_on_this_machine_is_in_a_picture(home, tmp_path):
    data = own(model=str(tmp_path / "ann" / "klein"))
    assert str(tmp_path).encode() not in data
    assert str(home).encode() not in data


def test_an_upload_that_points_to_a_manifest_elsewhere_is_not_followed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        knocked = []

        def wait():
            try:
                knocked.append(server.accept())
            except TimeoutError:
                return

        waiting = threading.Thread(target=wait)
        waiting.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
            "</rdf:RDF></x:xmpmeta>"
        ).encode()
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG", xmp=packet)
        assert address.encode() in file.getvalue()
        data = own(source(file.getvalue()), task="edit", made="composite")
        waiting.join()
    assert knocked == []
    assert signing.read(data, "image/png", keys.anchors())[0] == "Trusted"


def test_pictures_are_signed_from_several_threads_at_once():
    signer, found = Signer.local(), []

    def work():
        found.extend(sign(signing.picture(), "image/png", signing.facts(), "full", signer) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {signing.read(one, "image/png", keys.anchors())[0] for one in found} == {"Trusted"}
    assert len(found) == 20


def test_what_was_read_ahead_of_a_source_is_what_is_read_at_once():
    from pochade.provenance import sign as stage

    parent, signer = own(), Signer.local()
    told = []
    for ahead in (True, False):
        stage._readings.clear()
        if ahead:
            stage.expect(parent, signer)
            assert len(stage._readings) == 1
        _, manifest, _ = signing.read(own(source(parent)), "image/png", signer.anchor)
        told.append([one["validation_results"] for one in manifest["ingredients"]])
    assert told[0] == told[1]


def test_sources_that_were_read_ahead_do_not_pile_up():
    from pochade.provenance import sign as stage

    for number in range(stage._REMEMBERED + 3):
        stage.expect(own(title=f"turn a{number}"), Signer.local())
    assert len(stage._readings) == stage._REMEMBERED


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking beside threads is what is tried out
def test_a_forked_process_signs_with_threads_of_its_own():
    parent = own()
    own(source(parent))
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writing, b"signed" if own(source(parent)) else b"")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        assert answer.read() == b"signed"
    assert os.waitpid(child, 0)[1] == 0


def test_a_conversation_of_any_length_is_signed_and_carries_a_bounded_history(monkeypatch):
    from pochade.provenance import sign as stage

    monkeypatch.setattr(stage, "_MOST_HISTORY", 20_000)
    data, sizes, titles = own(), [], set()
    for number in range(12):
        data = own(source(data, title=f"turn a{number}"))
        state, manifest, told = signing.read(data, "image/png", Signer.local().anchor)
        assert state == "Trusted"
        sizes.append(len(data))
        titles |= {one["title"] for one in manifest["ingredients"]}
    assert max(sizes) < len(own()) + 2 * 20_000
    assert any("stay in the session file" in title for title in titles)
    assert len(told["manifests"]) < 12


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_process_forked_while_sources_are_looked_up_is_not_stopped_by_that():
    from pochade.provenance import sign as stage

    parent = own()
    with stage._guard:
        if (child := os.fork()) == 0:
            signal.alarm(30)
            os._exit(0 if own(source(parent)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
