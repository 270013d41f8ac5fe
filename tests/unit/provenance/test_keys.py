"""The key that signs: made once, seen by nobody else, replaced when the person says so."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest
import signing
from cryptography import x509

from pochade.errors import ProvenanceError
from pochade.provenance import keys
from pochade.provenance.sign import sign
from pochade.provenance.signer import Signer

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


def put(place: Path, chain: bytes, key: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / keys.CERTIFICATE).write_bytes(chain)
    (place / keys.KEY).write_bytes(key)


def test_keys_lie_below_pochade_home(home):
    assert keys.folder() == home / "credentials"


def test_keys_lie_with_a_users_settings_where_no_home_is_set(monkeypatch, tmp_path):
    monkeypatch.delenv("POCHADE_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert keys.folder().name == "credentials"
    assert "pochade" in keys.folder().parent.name
    assert not keys.folder().exists()


def test_the_key_is_made_once_and_kept():
    first = keys.identity()
    keys._known.clear()
    assert keys.identity() == first
    assert first.note is None


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_only_the_owner_can_read_what_is_made_even_under_a_lax_umask(umask):
    before = os.umask(umask)
    try:
        keys.identity()
    finally:
        os.umask(before)
    assert keys.folder().stat().st_mode & 0o777 == 0o700
    for file in keys.folder().iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file


@posix
def test_a_key_file_that_others_could_read_is_closed_again():
    keys.identity()
    (keys.folder() / keys.LOCAL).chmod(0o644)
    keys._known.clear()
    keys.identity()
    assert (keys.folder() / keys.LOCAL).stat().st_mode & 0o777 == 0o600


def test_processes_that_come_at_the_same_time_get_one_key():
    code = "from pochade.provenance.keys import identity; print(identity().chain.hex(), flush=True)"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ}) for _ in range(4)
    ]
    answers = {one.communicate(timeout=60)[0] for one in started}
    assert [one.returncode for one in started] == [0] * 4
    assert len(answers) == 1
    assert keys.anchors().count("BEGIN CERTIFICATE") == 1
    assert answers == {keys.identity().chain.hex().encode() + b"\n"}


def test_the_key_is_in_no_text_that_anything_makes_of_it(caplog):
    who = keys.identity()
    secret = who.key.decode().splitlines()[1]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%s %r", who, who)
    shown = [repr(who), str(who), f"{who}", caplog.text]
    shown += traceback.format_exception(RuntimeError(who))
    assert not any(secret in text for text in shown)
    for travel in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            travel(who)


def test_the_roots_key_is_thrown_away():
    keys.identity()
    stored = b"".join(one.read_bytes() for one in keys.folder().iterdir())
    assert stored.count(b"BEGIN PRIVATE KEY") == 1
    leaf, root = x509.load_pem_x509_certificates(keys.identity().chain)
    leaf.verify_directly_issued_by(root)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_certificates_tell_nothing_of_the_person_or_the_machine():
    import getpass
    import platform

    for one in x509.load_pem_x509_certificates(keys.identity().chain):
        for told in (getpass.getuser(), platform.node()):
            assert told not in one.subject.rfc4514_string().split("=")
        assert one.subject.rfc4514_string().startswith("CN=local ")


def test_looking_for_anchors_makes_no_key():
    assert keys.anchors() == ""
    assert not keys.folder().exists()


def test_a_damaged_key_is_set_aside_and_what_it_signed_stays_trusted():
    first = keys.identity()
    (keys.folder() / keys.LOCAL).write_bytes(b"-----BEGIN PRIVATE KEY-----\nrubbish\n")
    second = keys.identity()
    assert second.key != first.key
    assert first.anchor in keys.anchors()
    assert second.anchor in keys.anchors()
    assert (keys.folder() / f"{keys.LOCAL}.old").exists()


def test_a_folder_that_cannot_be_made_gives_a_key_for_this_process_and_says_so(home):
    home.mkdir()
    (home / "credentials").write_text("a file where the folder should be")
    who = keys.identity()
    assert "until this process ends" in who.note
    assert "writable" in who.note
    assert keys.identity() == who
    assert who.anchor == keys.anchors()


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() != 0, reason="drops root's rights to be a user without any")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_user_without_the_right_to_write_gets_a_key_for_this_process(home):
    (home / "credentials").mkdir(parents=True)
    (home / "credentials").chmod(0o755)

    def child(pipe):
        os.setgid(65534)
        os.setuid(65534)
        pipe.send(keys.identity().note)

    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid() and folder != folder.parent and "pytest" in str(folder):
            folder.chmod(0o755)
    mine, theirs = multiprocessing.get_context("fork").Pipe()
    worker = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    worker.start()
    worker.join(30)
    assert mine.poll()
    assert "Permission denied" in mine.recv()
    assert list((home / "credentials").iterdir()) == []


def test_a_clock_that_is_ahead_leaves_no_key_that_is_not_valid_yet(monkeypatch):
    class Ahead(keys.dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz).replace(year=2100)

    monkeypatch.setattr(keys.dt, "datetime", Ahead)
    leaf = x509.load_pem_x509_certificates(keys.identity().chain)[0]
    monkeypatch.undo()
    assert leaf.not_valid_before_utc.year == 2025
    assert leaf.not_valid_after_utc.year >= 2109


def test_the_persons_own_certificate_is_used_from_the_moment_it_is_put_in_place():
    made = keys.identity()
    papers = signing.papers(name="Ann Example")
    put(keys.folder(), papers.chain, papers.pem())
    own = keys.identity()
    assert (own.name, own.own) == ("Ann Example", True)
    assert own.anchor == papers.root
    assert own.anchor in keys.anchors()
    for name in (keys.CERTIFICATE, keys.KEY):
        (keys.folder() / name).unlink()
    assert keys.identity() == made


def damaged(which):
    one, other = signing.papers(), signing.papers()
    old = signing.papers(first="2020-01-01", last="2021-01-01")
    return {
        "another's key": (one.chain, other.pem(), keys.CERTIFICATE),
        "no certificate": (b"hello", one.pem(), keys.CERTIFICATE),
        "no key": (one.chain, b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", keys.KEY),
        "locked key": (one.chain, one.pem(b"open sesame"), keys.KEY),
        "out of date": (old.chain, old.pem(), keys.CERTIFICATE),
        "wrong order": (one.chain.replace(one.root.encode(), other.root.encode()), one.pem(), keys.CERTIFICATE),
    }[which]


@pytest.mark.parametrize(
    "which", ["another's key", "no certificate", "no key", "locked key", "out of date", "wrong order"]
)
def test_an_own_certificate_that_cannot_be_used_is_named_with_what_to_do(which):
    chain, key, named = damaged(which)
    put(keys.folder(), chain, key)
    with pytest.raises(ProvenanceError) as caught:
        keys.identity()
    assert str(keys.folder() / named) in str(caught.value)
    assert "take both away" in str(caught.value)
    told = "".join(traceback.format_exception(caught.value))
    assert key.decode().splitlines()[1] not in told


@pytest.mark.parametrize("missing", [keys.CERTIFICATE, keys.KEY])
def test_half_of_a_pair_is_no_pair(missing):
    papers = signing.papers()
    put(keys.folder(), papers.chain, papers.pem())
    (keys.folder() / missing).unlink()
    with pytest.raises(ProvenanceError, match=f"{missing} is missing"):
        keys.identity()


def test_what_somebody_wrote_beside_the_roots_loses_none_of_them():
    first = keys.identity()
    path = keys.folder() / "anchors.pem"
    path.write_text(path.read_text("ascii") + "# Müllers Schlüssel\n", "utf-8")
    assert first.anchor in keys.anchors()
    (keys.folder() / keys.LOCAL).unlink()
    second = keys.identity()
    assert second.note is None
    assert second.anchor != first.anchor
    assert keys.anchors().count("BEGIN CERTIFICATE") == 2
    data = sign(signing.picture(), "image/png", signing.facts(), "full", Signer.local())
    assert signing.read(data, "image/png", keys.anchors())[0] == "Trusted"


def test_why_a_key_could_not_be_kept_is_told_as_it_is_now(home):
    home.mkdir()
    (home / "credentials").write_text("a file where the folder should be")
    before = keys.identity()
    (home / "credentials").unlink()
    (home / "credentials" / keys.LOCAL).mkdir(parents=True)
    after = keys.identity()
    assert "directory" in after.note.lower()
    assert after.note != before.note
    assert after.key == before.key
