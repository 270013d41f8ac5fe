"""Forgers who know how c2pa reports: what they record, whom they resemble and what they leave out.

c2pa says nothing of a failure that any ingredient in the file recorded under the same code and address, in whatever
list. So a forger records it where nobody counts it, as a success, and the forged ancestor looks whole.
"""

import copy
import datetime as dt
import io
import json
import struct
from pathlib import Path

import c2pa
import credentialed
import pytest
from credentialed import CAPTURE, Person, person, picture, settle, signed, tampered, turn
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pochade.provenance import boxes, keys, ours
from pochade.provenance.facts import Facts, Source
from pochade.provenance.keys import identity
from pochade.provenance.sign import sign
from pochade.provenance.signer import Signer
from pochade.provenance.verify import verify

SUPPORT = Path(credentialed.__file__).parent
MALLORY = person("Mallory")


@pytest.fixture
def me():
    """The key that pochade made on this computer."""
    own = identity()
    return Person(own.chain, own.key, own.anchor)


def reported(data, anchor=""):
    settings = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    settings |= {"trust": {"user_anchors": anchor}} if anchor else {}
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Reader("image/png", io.BytesIO(data), context=context) as reader,
    ):
        return json.loads(reader.json())


def forged_child(results, store, label, statuses=None):
    """A picture of Mallory's whose parent's manifests are these, and who says that she found this out about it."""
    ingredient = {"title": "theirs", "format": "image/png", "relationship": "parentOf", "instance_id": "s0"}
    ingredient |= {"active_manifest": label, "manifest_data": {"format": "application/c2pa", "identifier": "m0"}}
    ingredient |= {"validation_results": results} if results is not None else {}
    ingredient |= {"validation_status": statuses} if statuses is not None else {}
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["s0"]}}
    definition = {
        "title": "hers",
        "format": "image/png",
        "claim_generator_info": [{"name": "other", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [opened]}}],
        "ingredients": [ingredient],
    }
    settings = {
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"remote_manifest_fetch": False, "verify_after_sign": False},
    }
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, MALLORY.chain, MALLORY.key, None)
    out = io.BytesIO()
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(json.dumps(definition), context=context) as builder,
    ):
        builder.add_resource("m0", io.BytesIO(store))
        builder.sign(signer, "image/png", io.BytesIO(picture(5)), out)
    return out.getvalue()


def edited_here(data):
    source = Source(data=data, mime="image/png", relationship="parentOf", title="in.png")
    facts = Facts("5e55", "k3f9", 0, "edit", "composite", "tiny", {}, 1.7e9, {"prompt": "my edit"}, (source,), "mine")
    return sign(picture(9), "image/png", facts, "full", Signer.local())


def as_success(results, failures):
    results["activeManifest"]["success"] += failures


def as_information(results, failures):
    results["activeManifest"]["informational"] = failures


def as_failure_that_is_none(results, failures):
    results["activeManifest"]["failure"] = [one | {"success": True} for one in failures]


def of_nothing(results, failures):
    nowhere = "self#jumbf=/c2pa/nowhere/c2pa.assertions/c2pa.ingredient.v3"
    deltas = {"success": [], "informational": [], "failure": failures}
    results["ingredientDeltas"] = [{"ingredientAssertionURI": nowhere, "validationDeltas": deltas}]


def as_success_of_nothing(results, failures):
    of_nothing(results, [])
    results["ingredientDeltas"][0]["validationDeltas"]["success"] = failures


HIDDEN = [as_success, as_information, as_failure_that_is_none, of_nothing, as_success_of_nothing]


@pytest.mark.parametrize("hide", HIDDEN)
def test_a_changed_ancestor_shows_wherever_its_failure_was_recorded(hide, me):
    genuine = signed(who=me, said=turn(prompt="a harmless garden"))
    assert verify(genuine).state == "trusted"
    changed = genuine.replace(b"a harmless garden", b"a nasty other one")
    before, after = reported(genuine, me.anchor), reported(changed, me.anchor)
    results = copy.deepcopy(before["validation_results"])
    failures = [
        {"code": one["code"], "url": one["url"]} for one in after["validation_results"]["activeManifest"]["failure"]
    ]
    assert failures
    hide(results, failures)
    store = boxes.manifest_store(changed, "image/png")
    child = forged_child(results, store, after["active_manifest"])
    for data, depth in ((child, 1), (edited_here(child), 2), (edited_here(edited_here(child)), 3)):
        found = verify(data)
        ancestor = list(found.walk())[depth]
        assert ancestor.prompt == "a nasty other one"
        assert (ancestor.state, ancestor.ours, found.sound) == ("invalid", False, False)
        assert any("hashedURI.mismatch" in problem for problem in ancestor.problems)


def strangers(me):
    """A picture that somebody signed with a certificate numbered like one's own, and what is found out about it."""
    fake = person("local key 1a2b3c4d", serial=x509.load_pem_x509_certificates(me.chain)[0].serial_number)
    data = signed(who=fake, said=turn(prompt="never asked here"))
    report = reported(data)
    results = report["validation_results"]
    (failure,) = results["activeManifest"]["failure"]
    assert failure["code"] == "signingCredential.untrusted"
    results["activeManifest"]["failure"] = []
    results["activeManifest"]["success"].append({"code": "signingCredential.trusted", "url": failure["url"]})
    hidden = [{"code": failure["code"], "url": failure["url"]}]
    return boxes.manifest_store(data, "image/png"), report["active_manifest"], results, hidden


@pytest.mark.parametrize("hide", HIDDEN)
def test_an_ancestor_of_a_stranger_is_never_ours_whatever_was_recorded(hide, me):
    store, label, results, hidden = strangers(me)
    hide(results, hidden)
    child = forged_child(results, store, label)
    for data, depth in ((child, 1), (edited_here(child), 2)):
        ancestor = list(verify(data).walk())[depth]
        assert ancestor.prompt == "never asked here"
        assert (ancestor.state, ancestor.ours, ancestor.certificate) == ("valid", False, None)
    assert verify(signed(who=me)).ours


def test_a_manifest_that_nobody_names_hides_nothing_either(me):
    store, label, results, hidden = strangers(me)
    lying = copy.deepcopy(results)
    as_information(lying, hidden)
    orphan = boxes.manifest_store(forged_child(lying, store, label), "image/png")
    described, *manifests = [orphan[start - 8 : end] for _, (start, end) in boxes._boxes(orphan, 8, len(orphan))]
    first = [struct.pack(">I", len(orphan)) + b"jumb", described]
    original = [store[start - 8 : end] for _, (start, end) in boxes._boxes(store, 8, len(store))][1:]
    extra = [one for one in manifests if one not in original]
    assert len(extra) == 1
    joined = b"".join([*first, *extra, *original])
    ancestor = list(verify(forged_child(results, joined, label)).walk())[1]
    assert ancestor.prompt == "never asked here"
    assert (ancestor.state, ancestor.ours) == ("valid", False)
    assert verify(signed(who=me)).ours


def leaf_of(name, root, above):
    now, pem = dt.datetime.now(dt.UTC), serialization.Encoding.PEM
    key = ec.generate_private_key(ec.SECP256R1())
    start, end = now - dt.timedelta(1), now + dt.timedelta(3000)
    leaf = credentialed._certificate(name, "The authority", key, above, start, end, ca=False)
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Person(leaf.public_bytes(pem) + root.public_bytes(pem), written, root.public_bytes(pem).decode())


@pytest.fixture
def colleagues():
    """Two people with certificates of one authority; the first put hers in place here."""
    above, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    dates = now - dt.timedelta(9), now + dt.timedelta(7000)
    root = credentialed._certificate("The authority", "The authority", above, above, *dates, ca=True)
    mine, other = (leaf_of(name, root, above) for name in ("Mine", "Another"))
    place = keys.folder()
    place.mkdir(parents=True)
    (place / keys.CERTIFICATE).write_bytes(mine.chain)
    (place / keys.KEY).write_bytes(mine.key)
    assert identity().own
    return mine, other


def test_whoever_has_a_certificate_of_the_same_authority_is_a_stranger_all_the_same(colleagues):
    mine, other = colleagues
    found = verify(signed(who=mine))
    assert (found.state, found.ours, found.certificate) == ("trusted", True, "own")
    assert "since it was signed with your own certificate" in found.words()
    assert "pochade on this computer" not in found.words()
    theirs = verify(signed(who=other, sources=(("parentOf", "mine", signed(who=mine)),)))
    assert (theirs.state, theirs.ours, theirs.certificate) == ("valid", False, None)
    assert [one.ours for one in theirs.walk()] == [False, True]
    assert "signed with your own certificate" in theirs.words()
    ancestor = verify(signed(who=mine, sources=(("parentOf", "theirs", signed(who=other)),))).ingredients[0]
    assert (ancestor.credentials.state, ancestor.credentials.ours) == ("valid", False)


def test_a_certificate_that_was_taken_away_again_is_still_known_and_its_colleagues_still_are_not(colleagues):
    mine, other = colleagues
    for name in (keys.CERTIFICATE, keys.KEY):
        (keys.folder() / name).unlink()
    assert not identity().own
    assert verify(signed(who=mine)).certificate == "own"
    assert not verify(signed(who=other)).ours
    local = identity()
    assert verify(signed(who=Person(local.chain, local.key, local.anchor))).certificate == "local"


def test_what_is_kept_of_certificates_is_theirs_alone_to_read_and_survives_a_damaged_line():
    settle(credentialed.ada())
    path = keys.folder() / ours.FILE
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"\xff\xfe nonsense\nlocal words\n" + path.read_bytes())
    assert list(ours.known(keys.folder()).values()) == ["local"]
    assert verify(signed()).ours
    ours.remember(keys.folder(), credentialed.ada().chain, own=False)
    assert path.read_bytes().count(b"local ") == 2


def test_a_time_stamp_of_a_service_that_anybody_may_run_is_no_authoritys():
    """`stamped.png` has one of openssl's, under the root beside it that was made for it."""
    data = (SUPPORT / "stamped.png").read_bytes()
    found = verify(data)
    assert (found.state, found.timestamp, found.timestamped) == ("valid", "unknown", False)
    assert "says a time-stamping service not known here" in found.words()
    assert found.as_dict()["timestamped"] is False
    keys.folder().mkdir(parents=True)
    (keys.folder() / "anchors.pem").write_text((SUPPORT / "stamped.pem").read_text())
    found = verify(data)
    assert (found.timestamp, found.timestamped) == ("trusted", True)
    assert "says a time-stamping authority" in found.words()


def test_what_a_stranger_recorded_makes_no_time_stamp_an_authoritys():
    data = (SUPPORT / "stamped.png").read_bytes()
    report = reported(data)
    results = report["validation_results"]
    url = next(one["url"] for one in results["activeManifest"]["success"] if one["code"] == "timeStamp.validated")
    results["activeManifest"]["informational"] = []
    results["activeManifest"]["success"].append({"code": "timeStamp.trusted", "url": url})
    child = forged_child(results, boxes.manifest_store(data, "image/png"), report["active_manifest"])
    ancestor = verify(child).ingredients[0].credentials
    assert ancestor.when is not None
    assert ancestor.timestamp == "unknown"


@pytest.mark.parametrize("own", [False, True])
def test_words_never_vouch_for_what_was_changed(own):
    settle(credentialed.ada(), own=own)
    data = signed(said=turn(prompt="a harmless garden")).replace(b"a harmless garden", b"a nasty other one")
    for changed in (data, tampered(signed())):
        found = verify(changed)
        assert (found.state, found.ours, found.certificate) == ("invalid", False, "own" if own else "local")
        assert "does not vouch for what this file is now" in found.words()
        assert "belong together" not in found.words() + found._repr_mimebundle_()["text/html"]


def test_a_genuine_ancestor_under_a_strangers_pixels_says_who_claims_that_they_were_its_own(me):
    genuine = signed(who=me, said=turn(prompt="a harmless garden"))
    report, store = reported(genuine, me.anchor), boxes.manifest_store(genuine, "image/png")
    results = report["validation_results"]
    found = verify(forged_child(results, store, report["active_manifest"]))
    (ancestor,) = found.ingredients
    assert (ancestor.credentials.state, ancestor.matched) == ("trusted", True)
    claimed = "its credentials hold; signed on this computer; that these were its pixels, Mallory (The tests) says"
    for told in (found.words(), found._repr_mimebundle_()["text/html"]):
        assert claimed in told
    rows = results["activeManifest"]["success"]
    results["activeManifest"]["success"] = [one for one in rows if "dataHash" not in one["code"]]
    found = verify(forged_child(results, store, report["active_manifest"]))
    assert not found.ingredients[0].matched
    assert "signed on this computer; nobody checked that these were its pixels" in found.words()
    assert found.as_dict()["ingredients"][0]["matched"] is False


def test_of_what_was_edited_here_the_pixels_were_checked_here(me):
    words = verify(edited_here(signed(who=me, title="turn a1b2"))).words()
    assert "in.png: its credentials hold; signed on this computer\n" in words
    stranger = verify(edited_here(signed(who=MALLORY))).words()
    assert "in.png: its credentials hold; who signed it is not known to this computer\n" in stranger
    assert "painted by an AI model, says its signer" in stranger
    assert "painted by an AI model, says its signer" not in words


@pytest.mark.parametrize("word", ["ai", "composite"])
def test_where_the_source_types_and_pochades_word_differ_nothing_is_said_of_how_it_was_made(word):
    actions = [{"action": "c2pa.created", "digitalSourceType": CAPTURE}]
    assert verify(signed(actions=actions, said=turn(made=word))).made == "unknown"
    assert verify(signed(actions=actions, said=turn(made="untouched"))).made == "other"
