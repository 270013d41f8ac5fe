"""The key that signs a person's pictures: made on their machine at first use, or their own where they put one in place.

It stands alone because it is the only place where a private key is made, read or written. The local certificate chain
is a root and a leaf; the root's key is thrown away once it has signed the leaf, so nobody can make a second leaf that
the same anchor vouches for. Such a chain proves that two pictures come from one hand, not whose hand it is.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import platformdirs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from filelock import FileLock

from pochade.errors import ProvenanceError
from pochade.provenance import ours
from pochade.provenance.certificates import (
    Private,
    certificate_pem,
    check_pair,
    is_root,
    key_pem,
    name_of,
    read_certificates,
    read_key,
)

__all__ = ["CERTIFICATE", "KEY", "LOCAL", "Identity", "anchors", "folder", "identity"]

CERTIFICATE, KEY = "certificate.pem", "key.pem"
"""What a person's own chain (leaf first) and key are called in `folder`."""

LOCAL = "local.pem"
"""What holds the key that was made here, its leaf and its root: one file, so that it is there whole or not at all."""

_ANCHORS = "anchors.pem"
_LEAF_YEARS, _ROOT_YEARS = 10, 20
_YEAR = dt.timedelta(days=365.25)
_WAIT_SECONDS = 30.0

# Local certificates are valid from a fixed day on: one that was made while a clock was ahead would not be valid yet
# when the clock is right again.
_FROM = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Identity:
    """A key and the certificates that go with it. Never shown, logged or pickled with its key.

    Attributes
    ----------
    chain : bytes
        The certificates as PEM, the signer's own first.
    key : bytes
        The private key as unencrypted PKCS#8 PEM.
    anchor : str
        The root certificate as PEM; "" where the chain comes without its root.
    name : str
        Who the certificate says it is.
    note : str or None
        What the person should know, as a sentence.
    own : bool
        Whether the person put it in place.
    """

    chain: bytes = field(repr=False)
    key: bytes = field(repr=False)
    anchor: str = field(repr=False)
    name: str
    note: str | None = None
    own: bool = False

    def __reduce__(self) -> NoReturn:
        raise TypeError("A private key is not pickled: call pochade's identity() where it is needed.")


_guard = threading.RLock()
_known: dict[tuple[object, ...], Identity] = {}
_memory: dict[Path, Identity] = {}


def _after_fork() -> None:
    global _guard  # noqa: PLW0603 - a lock that another thread held while the process forked stays locked for ever
    _guard = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def folder() -> Path:
    """Return where keys lie: below ``POCHADE_HOME`` if that is set, else where the system keeps a user's settings."""
    home = os.environ.get("POCHADE_HOME") or platformdirs.user_config_dir("pochade", appauthor=False)
    return Path(home).expanduser().absolute() / "credentials"


def identity() -> Identity:
    """Return this person's key: their own where they put one into `folder`, else the local one, made at first use.

    A person's own is ``certificate.pem`` (the chain, leaf first) and ``key.pem`` (not encrypted); they are read again
    when they change. Where the folder cannot be written, the key is made for this process alone and `Identity.note`
    says so.

    Raises
    ------
    ProvenanceError
        The person's own files cannot be used; the message names the file and says what to do.
    """
    place = folder()
    with _guard:
        mark = (os.getpid(), place, *(_stamp(place / name) for name in (CERTIFICATE, KEY, LOCAL)))
        found = _known.get(mark)
        if found is not None:
            return found
        found = _own(place) or _local(place)
        if found.own:
            with suppress(OSError):  # that they can be trusted again later is a help, not a condition
                _remember(place, found.anchor)
        ours.remember(place, found.chain, own=found.own)
        _known.clear()
        _known[(*mark[:2], *(_stamp(place / name) for name in (CERTIFICATE, KEY, LOCAL)))] = found
        return found


def anchors() -> str:
    """Return the roots that this person's pictures were ever signed under on this machine, as PEM; "" for none.

    Nothing is made here.
    """
    place = folder()
    text = ""
    with suppress(OSError):
        text = _ascii(place / _ANCHORS)
    made = _memory.get(place)
    return text if made is None else text + made.anchor


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _own(place: Path) -> Identity | None:
    """Read what the person put in place; None where there is nothing."""
    certificate, key = place / CERTIFICATE, place / KEY
    if not certificate.exists() and not key.exists():
        return None
    for path, other in ((certificate, key), (key, certificate)):
        if not path.exists():
            raise ProvenanceError(f"{path} is missing, but {other.name} is there: put both in place, or take it away.")
    advice = f"Put a matching {CERTIFICATE} and {KEY} there, or take both away: then pochade makes a key of its own."
    try:
        chain = read_certificates(certificate)
        private = read_key(key, None)
        check_pair(chain, private, where=str(certificate))
    except ProvenanceError as error:
        raise ProvenanceError(f"{error} {advice}") from None  # a parser's own words may quote the file
    root = chain[-1] if is_root(chain[-1]) else None
    return Identity(
        chain=b"".join(map(certificate_pem, chain)),
        key=key_pem(private),
        anchor="" if root is None else certificate_pem(root).decode("ascii"),
        name=name_of(chain[0]),
        own=True,
    )


def _local(place: Path) -> Identity:
    """Read the key that was made here, or make it."""
    try:
        found = _read(place / LOCAL)
        if found is not None:
            return found
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(place / ".lock", timeout=_WAIT_SECONDS, mode=0o600):
            found = _read(place / LOCAL)  # another process may have been first
            if found is None:
                found = _made()
                with suppress(FileNotFoundError):
                    (place / LOCAL).replace(place / f"{LOCAL}.old")
                _remember(place, found.anchor)
                _write(place / LOCAL, found.key + found.chain)
            return found
    except (OSError, NotImplementedError) as error:
        return _for_this_process(place, getattr(error, "strerror", None) or type(error).__name__)


def _for_this_process(place: Path, why: str) -> Identity:
    note = (
        f"The key that signs pictures could not be kept in {place} ({why}), so it is good until this process ends. "
        "Make that folder writable, and later pictures are signed by one key."
    )
    _memory[place] = replace(_memory.get(place) or _made(), note=note)
    return _memory[place]


def _read(path: Path) -> Identity | None:
    """Read the local key; None where there is none, or it is damaged or out of date, since a new one does as well."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = read_key(data, None)
        leaf, root = read_certificates(data)
    except (ProvenanceError, ValueError):
        return None
    if leaf.public_key() != key.public_key() or leaf.not_valid_after_utc <= dt.datetime.now(dt.UTC):
        return None
    with suppress(OSError):
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    return _identity(leaf, root, key)


def _identity(leaf: x509.Certificate, root: x509.Certificate, key: Private) -> Identity:
    anchor = certificate_pem(root)
    return Identity(certificate_pem(leaf) + anchor, key_pem(key), anchor.decode("ascii"), name_of(leaf))


def _made() -> Identity:
    """Make a root, a leaf and the leaf's key, which is the only one that is kept.

    The leaf is as short as the profile of C2PA 2.x (14.5.1) lets it be, since every picture carries it, and each of
    its ancestors' too.
    """
    now = max(dt.datetime.now(dt.UTC), _FROM)
    mark = secrets.token_hex(4)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, leaf_name = (_name(f"local {kind} {mark}") for kind in ("root", "key"))
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now + _ROOT_YEARS * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(leaf_name, root_name, key.public_key(), now + _LEAF_YEARS * _YEAR)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return _identity(leaf, root, key)


def _name(common: str) -> x509.Name:
    pairs = ((NameOID.ORGANIZATION_NAME, "pochade"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in pairs])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=secrets.randbits(63) | 1,
        not_valid_before=_FROM,
        not_valid_after=until,
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _remember(place: Path, anchor: str) -> None:
    """Add a root to those that are trusted here, while `place` is locked or the person's own is read."""
    path = place / _ANCHORS
    before = _ascii(path) if path.exists() else ""
    if anchor not in before:
        _write(path, (before + anchor).encode("ascii"))


def _ascii(path: Path) -> str:
    """Read certificates; what somebody wrote beside them in letters of their own is left out."""
    return path.read_bytes().decode("ascii", "ignore")


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
