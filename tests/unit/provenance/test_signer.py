"""Who may sign: files of every kind, devices that lend a signature, and what becomes of what goes wrong there."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import signal
import socket
import threading

import pytest
import signing
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pochade.errors import ProvenanceError
from pochade.provenance import certificates, keys
from pochade.provenance.sign import sign
from pochade.provenance.signer import Signer


def signed(signer):
    return sign(signing.picture(), "image/png", signing.facts(), "full", signer)


def lend(papers, algorithm):
    """What a device does: the key stays in here."""
    digest = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}.get(algorithm[2:])

    def device(data):
        if algorithm.startswith("es"):
            return papers.key.sign(data, ec.ECDSA(digest()))
        if algorithm.startswith("ps"):
            return papers.key.sign(data, padding.PSS(padding.MGF1(digest()), padding.PSS.DIGEST_LENGTH), digest())
        return papers.key.sign(data)

    return device


@pytest.mark.parametrize("algorithm", signing.KEYS)
def test_a_picture_signed_with_any_kind_of_key_is_trusted_where_its_root_is(algorithm):
    papers = signing.papers(algorithm)
    signer = Signer.from_files(papers.chain, papers.pem())
    data = signed(signer)
    assert signing.read(data, "image/png", papers.root)[0] == "Trusted"
    assert signing.read(data, "image/png")[0] == "Valid"
    assert signer.name == "Ann"


@pytest.mark.parametrize("algorithm", signing.KEYS)
def test_a_device_signs_as_well_as_a_file(algorithm):
    papers = signing.papers(algorithm)
    signer = Signer.from_callback(lend(papers, algorithm), papers.chain, algorithm=algorithm)
    assert signing.read(signed(signer), "image/png", papers.root)[0] == "Trusted"


def test_a_device_may_return_both_numbers_one_after_the_other():
    papers = signing.papers()

    def device(data):
        return b"".join(one.to_bytes(32, "big") for one in decode_dss_signature(lend(papers, "es256")(data)))

    signer = Signer.from_callback(device, papers.chain, algorithm="ES256")
    assert signing.read(signed(signer), "image/png", papers.root)[0] == "Trusted"


def test_what_a_device_raises_is_the_cause_of_what_is_raised():
    def device(_data):
        raise ConnectionError("the token was pulled out")

    signer = Signer.from_callback(device, signing.papers().chain, algorithm="es256")
    with pytest.raises(ProvenanceError, match="ConnectionError: the token was pulled out") as caught:
        signed(signer)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_an_interrupt_in_a_device_comes_out_as_itself():
    def device(_data):
        raise KeyboardInterrupt

    signer = Signer.from_callback(device, signing.papers().chain, algorithm="es256")
    with pytest.raises(KeyboardInterrupt):
        signed(signer)


@pytest.mark.parametrize("answer", [b"", b"short", "text", None, bytes(64), bytes(5000)])
def test_what_is_no_signature_is_refused_before_it_is_in_a_file(answer):
    signer = Signer.from_callback(lambda _data: answer, signing.papers().chain, algorithm="es256")
    with pytest.raises(ProvenanceError, match="What signs for Ann returned"):
        signed(signer)


def test_another_keys_signature_is_refused_and_the_next_good_one_is_not():
    papers, other = signing.papers(), signing.papers()
    devices = [lend(other, "es256"), lend(papers, "es256")]

    def device(data):
        return devices.pop(0)(data)

    signer = Signer.from_callback(device, papers.chain, algorithm="es256")
    with pytest.raises(ProvenanceError, match="belong together"):
        signed(signer)
    assert signing.read(signed(signer), "image/png", papers.root)[0] == "Trusted"


def test_rsa_keys_sign_with_the_length_of_hash_that_is_asked_for():
    papers = signing.papers("ps256")
    signer = Signer.from_files(papers.chain, papers.pem(), algorithm="ps384")
    state, manifest, _ = signing.read(signed(signer), "image/png", papers.root)
    assert (state, manifest["signature_info"]["alg"]) == ("Trusted", "Ps384")


def test_files_are_read_from_paths_and_locked_keys_with_their_password(tmp_path):
    papers = signing.papers()
    (tmp_path / "chain.pem").write_bytes(papers.chain)
    (tmp_path / "key.pem").write_bytes(papers.pem(b"open sesame"))
    files = tmp_path / "chain.pem", str(tmp_path / "key.pem")
    words = "open sesame"
    assert signing.read(signed(Signer.from_files(*files, password=words)), "image/png")[0] == "Valid"
    with pytest.raises(ProvenanceError, match="encrypted: give its password"):
        Signer.from_files(*files)
    with pytest.raises(ProvenanceError, match="cannot be read with this password"):
        Signer.from_files(*files, password=b"friend")


def test_a_password_for_a_key_that_has_none_does_no_harm():
    papers, words = signing.papers(), "not needed"
    assert Signer.from_files(papers.chain, papers.pem(), password=words).name == "Ann"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"first": "2090-01-01", "last": "2091-01-01"}, "set the clock"),
        ({"first": "2001-01-01", "last": "2002-01-01"}, "renew"),
        ({"mail": False}, "cannot sign pictures .*e-mail protection"),
    ],
)
def test_a_certificate_that_would_make_invalid_pictures_is_refused_at_once(change, told):
    papers = signing.papers(**change)
    with pytest.raises(ProvenanceError, match=told):
        Signer.from_files(papers.chain, papers.pem())


@pytest.mark.parametrize("algorithm", ["es384", "rot13", "ps256"])
def test_an_algorithm_that_the_key_does_not_have_is_refused(algorithm):
    papers = signing.papers()
    with pytest.raises(ProvenanceError, match="algorithm"):
        Signer.from_callback(lend(papers, "es256"), papers.chain, algorithm=algorithm)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ProvenanceError, match=r"nowhere\.pem cannot be read"):
        Signer.from_files(tmp_path / "nowhere.pem", b"")


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_clock_outside_the_certificates_dates_is_explained_and_nothing_is_signed(monkeypatch, year):
    signer = Signer.local()

    class Wrong(certificates.dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz).replace(year=year, day=1)

    monkeypatch.setattr(certificates.dt, "datetime", Wrong)
    with pytest.raises(ProvenanceError, match=f"clock says {year}-.*set the clock"):
        signed(signer)


def test_the_local_signer_is_one_object_until_the_key_changes():
    first = Signer.local()
    assert Signer.local() is first
    papers = signing.papers(name="Ann Example")
    (keys.folder() / keys.CERTIFICATE).write_bytes(papers.chain)
    (keys.folder() / keys.KEY).write_bytes(papers.pem())
    assert Signer.local().name == "Ann Example"


def test_an_own_certificate_that_c2pa_refuses_is_found_before_anything_is_signed():
    papers = signing.papers(mail=False)
    keys.folder().mkdir(parents=True)
    (keys.folder() / keys.CERTIFICATE).write_bytes(papers.chain)
    (keys.folder() / keys.KEY).write_bytes(papers.pem())
    with pytest.raises(ProvenanceError, match="cannot sign pictures"):
        Signer.local()


def test_the_local_signer_passes_on_what_the_person_should_know(home):
    home.mkdir()
    (home / "credentials").write_text("a file where the folder should be")
    assert "until this process ends" in Signer.local().note


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_signs_too():
    signer = Signer.local()
    signed(signer)  # c2pa's objects are there before the fork
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe()
    child = fork.Process(target=lambda: theirs.send_bytes(signed(signer)))
    child.start()
    assert mine.poll(60)
    data = mine.recv_bytes()
    child.join(30)
    assert child.exitcode == 0
    assert signing.read(data, "image/png", keys.anchors())[0] == "Trusted"


def test_a_signer_shows_and_lends_its_key_to_nobody():
    papers = signing.papers()
    signer = Signer.from_files(papers.chain, papers.pem())
    assert repr(signer) == "Signer('Ann', 'es256')"
    for travel in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            travel(signer)


def test_the_root_is_not_carried_along_in_every_picture():
    papers = signing.papers()
    data = signed(Signer.from_files(papers.chain, papers.pem()))
    root = certificates.read_certificates(papers.root.encode())[0]
    from cryptography.hazmat.primitives.serialization import Encoding

    assert root.public_bytes(Encoding.DER) not in data


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_an_authority_that_does_not_answer_is_named():
    papers, address = signing.papers(), f"http://127.0.0.1:{closed_port()}/"
    signer = Signer.from_files(papers.chain, papers.pem(), timestamp=address)
    with pytest.raises(ProvenanceError, match=f"{address} did not answer"):
        signed(signer)


@pytest.mark.parametrize("address", ["tsa.example", "file:///etc/passwd", "http://", "http://tëst/"])
def test_what_is_no_address_of_an_authority_is_refused_at_once(address):
    papers = signing.papers()
    with pytest.raises(ProvenanceError, match="no address of an authority"):
        Signer.from_files(papers.chain, papers.pem(), timestamp=address)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_was_forked_while_a_thread_signs_signs_too():
    papers, begun, finish = signing.papers(), threading.Event(), threading.Event()
    parent = os.getpid()

    def device(data):
        if os.getpid() == parent:
            begun.set()
            finish.wait(60)
        return lend(papers, "es256")(data)

    slow = Signer.from_callback(device, papers.chain, algorithm="es256")
    thread = threading.Thread(target=signed, args=(slow,))
    thread.start()
    begun.wait(60)
    try:
        if (child := os.fork()) == 0:
            signal.alarm(30)
            os._exit(0 if signed(slow) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        finish.set()
        thread.join()
