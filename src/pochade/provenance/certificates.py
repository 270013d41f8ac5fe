"""Certificates and keys as strangers hand them over, read and checked before anything is signed with them.

It stands alone because a person's own files, an organisation's and the local ones must pass the same checks, and
because no sentence that is raised here may quote what a key file holds.
"""

from __future__ import annotations

import datetime as dt
import itertools
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from pochade.errors import ProvenanceError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = [
    "ALGORITHMS",
    "Private",
    "algorithm_for",
    "certificate_pem",
    "check_chain",
    "check_dates",
    "check_pair",
    "is_root",
    "key_pem",
    "name_of",
    "read_certificates",
    "read_key",
]

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

ALGORITHMS = ("es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519")
"""What C2PA signs with (C2PA 2.4, 13.2.1)."""

_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_RSA_BITS = 2048
_MOST_BYTES = 1 << 20  # no chain and no key is larger; a wrong path may name anything


def read_certificates(source: str | os.PathLike[str] | bytes) -> list[x509.Certificate]:
    """Read a chain, the signer's own certificate first, from PEM or one DER certificate, as a path or as bytes.

    Raises
    ------
    ProvenanceError
        There is none, or it cannot be read.
    """
    data, called = _bytes_of(source, "The certificate")
    with suppress(ValueError):
        return x509.load_pem_x509_certificates(data)
    with suppress(ValueError):
        return [x509.load_der_x509_certificate(data)]
    raise ProvenanceError(f"{called} holds no certificate that can be read: it should be PEM, the signer's own first.")


def read_key(source: str | os.PathLike[str] | bytes, password: str | bytes | None) -> Private:
    """Read a private key from PEM or DER, as a path or as bytes.

    Raises
    ------
    ProvenanceError
        There is none, it cannot be read or its password is missing or wrong. Nothing of the key is quoted.
    """
    data, called = _bytes_of(source, "The key")
    secret = password.encode() if isinstance(password, str) else password
    problem = f"{called} holds no private key that can be read: it should be PEM, best PKCS#8."
    for load in (serialization.load_pem_private_key, serialization.load_der_private_key):
        try:
            key = load(data, secret)
        except TypeError:  # raised where a password is missing, and where one was given for nothing
            if secret is None:
                problem = f"{called} is encrypted: give its password to pochade.Signer.from_files."
                break
            secret = None
            with suppress(ValueError, TypeError):
                return _known_kind(load(data, None), called)
        except ValueError:
            if secret is not None:
                problem = f"{called} cannot be read with this password."
        else:
            return _known_kind(key, called)
    raise ProvenanceError(problem)


def algorithm_for(public: object, asked: str | None = None) -> str:
    """Say how a key signs; RSA keys may be asked for another length of hash.

    Raises
    ------
    ProvenanceError
        C2PA knows no way, or not the one that was asked for.
    """
    if isinstance(public, ec.EllipticCurvePublicKey):
        found = _CURVES.get(public.curve.name)
    elif isinstance(public, ed25519.Ed25519PublicKey):
        found = "ed25519"
    elif isinstance(public, rsa.RSAPublicKey) and public.key_size >= _RSA_BITS:
        found = asked if asked in ("ps256", "ps384", "ps512") else "ps256"
    else:
        found = None
    if found is None:
        raise ProvenanceError(
            "C2PA does not sign with this kind of key: use P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more."
        )
    if asked is not None and asked.lower() != found:
        raise ProvenanceError(f"This key signs as {found!r}, not as {asked!r}: leave algorithm out.")
    return found


def check_pair(chain: Sequence[x509.Certificate], key: Private, where: str) -> None:
    """Check that a key belongs to the first certificate of a chain, and that the chain is in order and in date.

    Raises
    ------
    ProvenanceError
        It is not; the message says what is wrong.
    """
    if chain[0].public_key() != key.public_key():
        raise ProvenanceError(f"{where}: the key does not belong to its first certificate.")
    check_chain(chain, where)
    check_dates(chain[0], where)


def check_chain(chain: Sequence[x509.Certificate], where: str) -> None:
    """Check that each certificate of a chain was issued by the next one; `ProvenanceError` where one was not."""
    for one, issuer in itertools.pairwise(chain):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise ProvenanceError(
                f"{where}: the certificates are not in order. Each should be issued by the next, the signer's first."
            ) from None


def check_dates(certificate: x509.Certificate, where: str) -> None:
    """Check that a certificate is in date now: what is signed outside its dates reads as invalid.

    Raises
    ------
    ProvenanceError
        It is not valid yet or no more, or this machine's clock is wrong.
    """
    now = dt.datetime.now(dt.UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first <= now <= last:
        raise ProvenanceError(
            f"{where} is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and this machine's clock says "
            f"{now:%Y-%m-%d}: set the clock if it is wrong, else renew the certificate."
        )


def is_root(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate was issued by itself."""
    return certificate.issuer == certificate.subject


def name_of(certificate: x509.Certificate) -> str:
    """Return who a certificate says it is: the common name and, in brackets, the organisation, as far as given."""
    common, organisation = (
        next((str(one.value) for one in certificate.subject.get_attributes_for_oid(kind)), "")
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    )
    if common and organisation and common != organisation:
        return f"{common} ({organisation})"
    return common or organisation or certificate.subject.rfc4514_string() or "a certificate without a name"


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: Private) -> bytes:
    """Return a private key as the unencrypted PKCS#8 PEM that c2pa takes."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _bytes_of(source: str | os.PathLike[str] | bytes, called: str) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), called
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES), str(path)
    except OSError as error:
        raise ProvenanceError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValueError:  # a NUL in the path, as where a file's text is given for its name
        raise ProvenanceError(f"{called} is to be given as a path, or as bytes.") from None


def _known_kind(key: object, called: str) -> Private:
    if not isinstance(key, Private):
        raise ProvenanceError(
            f"{called} is of a kind that C2PA does not sign with: use P-256, P-384, P-521, Ed25519 or RSA."
        )
    return key
