"""What a signed picture carries along of its sources: honest ones, forged copies, other people's words and sizes."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
import signing
from PIL import Image
from signing import own, source

from pochade.provenance import keys
from pochade.provenance.signer import Signer
from pochade.provenance.verify import verify


def forged(png, old, new):
    """The same file with other words in its manifest, and the checksum of the chunk mended."""
    start = png.index(b"caBX")
    end = start + 4 + int.from_bytes(png[start - 4 : start], "big")
    chunk = png[start:end].replace(old, new)
    assert len(chunk) == end - start
    assert chunk != png[start:end]
    return png[:start] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + png[end + 4 :]


def forged_jpeg(jpeg, old, new):
    assert len(old) == len(new)
    assert old in jpeg
    return jpeg.replace(old, new)


HONEST, FORGED = b"an honest red house", b"a forgery of it all"


@pytest.mark.parametrize("forger", ["first", "second"])
@pytest.mark.parametrize("who", ["itself", "ancestor", "inside another", "JPEG"])
def test_a_forged_copy_of_a_source_beside_it_changes_nothing_that_the_honest_one_says(who, forger):
    kind = "JPEG" if who == "JPEG" else "PNG"
    honest = own(kind=kind, recipe={"prompt": HONEST.decode()})
    child = own(source(honest), task="edit", recipe={"prompt": "its child"})
    copy = (forged_jpeg if who == "JPEG" else forged)(honest, HONEST, FORGED)
    good, bad = (child if who in ("ancestor", "inside another") else honest), copy
    if who == "inside another":
        bad = forged(child, HONEST, FORGED)
    pair = [source(good), source(bad, "inputTo")] if forger == "second" else [source(bad), source(good, "inputTo")]
    data = own(*pair, task="edit", recipe={"prompt": "the newest"})
    state, manifest, told = signing.read(data, "image/png", keys.anchors())
    assert state == "Trusted"
    assert FORGED not in data
    assert HONEST in data
    held = [one for one in manifest["ingredients"] if "active_manifest" not in one]
    assert [one["description"] for one in held] == ["It carries Content Credentials that do not hold."]
    assert not told_of(told, "failure")


def told_of(told, kind):
    """What any manifest recorded of its sources' checks."""
    held = [one for manifest in told["manifests"].values() for one in manifest.get("ingredients", [])]
    results = [one["validation_results"]["activeManifest"] for one in held if "validation_results" in one]
    return [code for one in results for code in one[kind]]


def chain(level, kind="PNG", length=2):
    """A picture, and others that each were made from the one before, with words of their own."""
    data = b""
    for number in range(length):
        recipe = {"prompt": f"SECRETWORD {number}", "rewritten": "SECRETWORD", "seed": 7}
        sources = (source(data),) if data else ()
        data = own(*sources, kind=kind, level=level, task="edit" if data else "generate", recipe=recipe)
    return data


@pytest.mark.parametrize("kind", signing.MIMES)
@pytest.mark.parametrize("relationship", ["parentOf", "inputTo"])
def test_at_minimal_the_words_of_ancestors_that_were_signed_in_full_are_taken_out(kind, relationship):
    before = chain("full", kind)
    assert b"SECRETWORD" in before
    task = "edit" if relationship == "parentOf" else "generate"
    data = own(source(before, relationship), kind=kind, level="minimal", task=task)
    again = own(source(data), kind=kind, level="minimal", task="edit")
    for one in (data, again):
        assert b"SECRETWORD" not in one
        state, _, told = signing.read(one, signing.MIMES[kind], keys.anchors())
        assert state == "Trusted"
        differences = told["validation_results"].get("ingredientDeltas", [])
        assert not [code for each in differences for code in each["validationDeltas"]["failure"]]
        assert not told_of(told, "failure")


def test_a_picture_whose_words_were_taken_out_may_stand_beside_itself_with_them():
    full = own()
    quiet = own(source(full), level="minimal", task="edit")
    data = own(source(quiet), source(full, "inputTo"), task="edit")
    assert signing.read(data, "image/png", keys.anchors())[0] == "Trusted"


def large(kind="PNG", side=512):
    """An upload from a program that keeps thumbnails in its credentials, as c2pa does by itself."""
    papers, file, target = signing.papers(name="Somebody"), io.BytesIO(), io.BytesIO()
    pixels = np.random.default_rng(5).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, kind)
    captured = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    made = {"actions": [{"action": "c2pa.created", "digitalSourceType": captured}]}
    mime = signing.MIMES[kind]
    said = {"title": "holiday", "format": mime, "assertions": [{"label": "c2pa.actions.v2", "data": made}]}
    here = signing.c2pa.Context.from_dict({"builder": {"thumbnail": {"enabled": True, "long_edge": side}}})
    builder = signing.c2pa.Builder(said, context=here)
    Signer.from_files(papers.chain, papers.pem()).sign(builder, mime, file, target)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_upload_with_large_credentials_keeps_them_in_all_that_is_made_of_it(kind):
    from pochade.provenance import sign as stage
    from pochade.provenance.boxes import manifest_store

    upload = large(kind)
    assert len(manifest_store(upload, signing.MIMES[kind])) > stage._MOST_HISTORY
    data = own(source(upload), task="edit", made="composite")
    for _ in range(3):
        data = own(source(data), source(own(), "inputTo"), task="edit", made="composite")
    _, manifest, told = signing.read(data, "image/png", keys.anchors())
    assert "holiday" in [one.get("title") for one in told["manifests"].values()]
    assert all("active_manifest" in one for one in manifest["ingredients"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_is_too_large_to_be_carried_along_takes_nothing_else_with_it_and_is_not_held_in_memory(kind, monkeypatch):
    from pochade.provenance import sign as stage

    upload, look = large(kind), own(title="turn b3")
    monkeypatch.setattr(stage, "_MOST_FOREIGN", 20_000)
    monkeypatch.setattr(stage, "_MOST_HISTORY", 60_000)
    stage._readings.clear()
    data = own(source(upload, title="upload"), source(look, "inputTo"), task="edit", made="composite")
    state, manifest, _ = signing.read(data, "image/png", keys.anchors())
    parent, reference = sorted(manifest["ingredients"], key=lambda one: one["relationship"], reverse=True)
    assert state == "Trusted"
    assert parent["title"] == "upload, whose own credentials stay in the session file"
    assert "active_manifest" in reference
    held = [future.result() for _, future in stage._readings.values()]
    assert sorted(len(one.store) > 0 for one in held) == [False, True]


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_a_kind_that_is_read_but_not_signed_keeps_its_credentials(kind):
    file, target, papers = io.BytesIO(), io.BytesIO(), signing.papers(name="Somebody")
    Image.new("RGB", (8, 8)).save(file, kind)
    made = {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}]}
    said = {"title": "holiday", "assertions": [{"label": "c2pa.actions.v2", "data": made}]}
    here = signing.context("")
    mime = f"image/{kind.lower()}"
    Signer.from_files(papers.chain, papers.pem()).sign(signing.c2pa.Builder(said, context=here), mime, file, target)
    data = own(source(target.getvalue()), task="edit", made="composite")
    state, manifest, told = signing.read(data, "image/png", keys.anchors())
    assert (state, len(told["manifests"])) == ("Trusted", 2)
    assert "active_manifest" in manifest["ingredients"][0]


@pytest.mark.parametrize("kind", signing.MIMES)
def test_what_is_made_of_a_signed_picture_of_any_kind_is_sound(kind):
    said = verify(own(source(own(kind=kind)), task="edit"))
    assert (said.sound, said.problems) == (True, ())


def test_taking_words_out_of_the_credentials_changes_no_pixel():
    said = verify(own(source(own(recipe={"prompt": "a secret"})), task="edit", made="untouched", level="minimal"))
    assert (said.made, said.sound) == ("untouched", True)
