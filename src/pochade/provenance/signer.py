"""Who signs: a local key, a person's or an organisation's own, or a device that lends its signature and never its key.

It stands alone because c2pa's own signers are native objects that die in a forked child and report a failed callback
as a number; here one is made anew for each process, and what went wrong in a callback comes out as itself.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit
from weakref import WeakSet

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pochade.errors import ProvenanceError
from pochade.provenance.certificates import (
    ALGORITHMS,
    algorithm_for,
    certificate_pem,
    check_chain,
    check_dates,
    check_pair,
    is_root,
    key_pem,
    name_of,
    read_certificates,
    read_key,
)
from pochade.provenance.keys import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from io import BytesIO

    import c2pa
    from cryptography import x509

    from pochade.provenance.keys import Identity

__all__ = ["Signer"]

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}


class Signer:
    """What signs pictures. Build one with `local`, `from_files` or `from_callback`.

    Attributes
    ----------
    name : str
        Who the certificate says it is.
    note : str or None
        What the person should know of it, as a sentence.
    anchor : str
        The root of its chain as PEM, "" where the chain comes without one. A picture reads as trusted where that is
        known.
    """

    name: str
    note: str | None
    anchor: str

    def __init__(
        self, chain: Sequence[x509.Certificate], algorithm: str, timestamp: str | None, *, note: str | None = None
    ) -> None:
        self.name = name_of(chain[0])
        self.note = note
        self.anchor = certificate_pem(chain[-1]).decode("ascii") if is_root(chain[-1]) else ""
        self._leaf = chain[0]
        # Whoever trusts the root has it, so no picture needs to carry it along (RFC 9360, 2).
        carried = [one for one in chain[1:] if not is_root(one)]
        self._chain = b"".join(map(certificate_pem, (chain[0], *carried)))
        self._algorithm = algorithm
        self._timestamp = _authority(timestamp)
        self._guard = threading.RLock()
        self._held: tuple[int, c2pa.Signer] | None = None
        self._raised: BaseException | None = None
        self._key: bytes | None = None
        self._lent: Callable[[bytes], bytes] | None = None
        _signers.add(self)

    @classmethod
    def local(cls) -> Signer:
        """Return the signer with this person's key; see `pochade.provenance.keys.identity`.

        Raises
        ------
        ProvenanceError
            The person's own certificate or key cannot be used.
        """
        who = identity()
        with suppress(IndexError):
            known = _local[0]
            if known[0] is who:
                return known[1]
        chain, key = read_certificates(who.chain), read_key(who.key, None)
        made = cls(chain, algorithm_for(key.public_key()), None, note=who.note)
        made._key = key_pem(key)
        if who.own:
            made._check_profile()
        _local[:] = [(who, made)]
        return made

    @classmethod
    def from_files(
        cls,
        certificate: str | os.PathLike[str] | bytes,
        key: str | os.PathLike[str] | bytes,
        *,
        password: str | bytes | None = None,
        algorithm: str | None = None,
        timestamp: str | None = None,
    ) -> Signer:
        """Sign with a certificate and its key.

        Parameters
        ----------
        certificate : path or bytes
            The chain as PEM, the signer's own certificate first. It must allow signing in the way C2PA asks for: key
            usage "digital signature", and an extended key usage such as e-mail protection.
        key : path or bytes
            Its private key, PEM or DER.
        password : str or bytes, optional
            The key's, where it is encrypted.
        algorithm : str, optional
            For RSA keys "ps256" (as when left out), "ps384" or "ps512"; all others sign in one way.
        timestamp : str, optional
            Address of an RFC 3161 authority that says when. Each signature then asks it over the network.

        Raises
        ------
        ProvenanceError
            They cannot be read, do not belong together, are out of date or are of a kind that C2PA does not take.
        """
        chain, private = read_certificates(certificate), read_key(key, password)
        where = "The certificate" if isinstance(certificate, bytes) else str(certificate)
        check_pair(chain, private, where)
        made = cls(chain, algorithm_for(private.public_key(), algorithm), timestamp)
        made._key = key_pem(private)
        made._check_profile()
        return made

    @classmethod
    def from_callback(
        cls,
        sign: Callable[[bytes], bytes],
        certificate: str | os.PathLike[str] | bytes,
        *,
        algorithm: str,
        timestamp: str | None = None,
    ) -> Signer:
        """Sign with a key that stays where it is, such as in a hardware security module.

        Parameters
        ----------
        sign : callable
            Takes the bytes to be signed (not their hash) and returns the signature. For the "es" algorithms it may be
            DER, as most devices return it, or the two numbers one after the other, as COSE has it (RFC 9053, 2.1).
        certificate, timestamp
            As in `from_files`.
        algorithm : str
            "es256", "es384", "es512", "ps256", "ps384", "ps512" or "ed25519"; "ps" is RSA-PSS with MGF1 and a salt as
            long as the hash.

        Raises
        ------
        ProvenanceError
            The certificate cannot be used, or not with this algorithm.

        Notes
        -----
        c2pa reserves 10 kB for a signature that it does not make itself, so each picture grows by that much, and each
        of its descendants again.
        """
        chain = read_certificates(certificate)
        where = "The certificate" if isinstance(certificate, bytes) else str(certificate)
        if algorithm.lower() not in ALGORITHMS:
            raise ProvenanceError(f"There is no algorithm {algorithm!r}. Use one of {', '.join(ALGORITHMS)}.")
        check_chain(chain, where)
        check_dates(chain[0], where)
        made = cls(chain, algorithm_for(chain[0].public_key(), algorithm.lower()), timestamp)
        made._lent = sign
        return made

    def sign(self, builder: c2pa.Builder, mime: str, source: BytesIO, target: BytesIO) -> bytes:
        """Sign what a c2pa builder holds; return the manifest store, which is in `target` too.

        Raises
        ------
        ProvenanceError
            It cannot be signed: the clock is outside the certificate's dates, the callback failed, no authority
            answered. Whatever the callback raised is its cause.
        """
        import c2pa

        check_dates(self._leaf, f"The certificate of {self.name}")
        with self._guard:
            self._take_raised()
            try:
                return bytes(builder.sign(self._native(), mime, source, target))
            except c2pa.C2paError as error:
                raised = self._take_raised()
                if isinstance(raised, ProvenanceError) or (raised and not isinstance(raised, Exception)):
                    raise raised from None
                if raised is not None:
                    problem = f"What was to sign for {self.name} failed: {type(raised).__name__}: {raised}"
                    raise ProvenanceError(problem) from raised
                raise ProvenanceError(self._explain(str(error))) from None

    def _take_raised(self) -> BaseException | None:
        raised, self._raised = self._raised, None
        return raised

    def _explain(self, error: str) -> str:
        if self._timestamp and "http" in error:
            return (
                f"The timestamp authority {self._timestamp} did not answer, so nothing was signed. Try again, or leave "
                "timestamp out."
            )
        return f"The picture could not be signed: {error}."

    def _native(self) -> c2pa.Signer:
        """Return c2pa's signer, made anew in each process: one from before a fork is dead in the child."""
        if self._held is None or self._held[0] != os.getpid():
            self._held = os.getpid(), self._make()
        return self._held[1]

    def _make(self) -> c2pa.Signer:
        import c2pa

        try:
            if self._key is not None:
                address = self._timestamp.encode() if self._timestamp else None
                return c2pa.Signer.from_info(
                    c2pa.C2paSignerInfo(self._algorithm.encode(), self._chain, self._key, address)
                )
            kind = c2pa.C2paSigningAlg[self._algorithm.upper()]
            return c2pa.Signer.from_callback(self._borrow, kind, self._chain.decode("ascii"), self._timestamp)
        except c2pa.C2paError as error:
            raise ProvenanceError(f"c2pa cannot use the certificate of {self.name}: {error}") from None

    def _borrow(self, data: bytes) -> bytes:
        """Ask the callback. Nothing may be raised into the native code: what is raised waits for `sign`."""
        try:
            lent = self._lent(data) if self._lent is not None else b""
            if not isinstance(lent, bytes | bytearray | memoryview):
                raise ProvenanceError(f"What signs for {self.name} returned {type(lent).__name__}: it should be bytes.")  # noqa: TRY301
            return _checked(bytes(lent), data, self._leaf.public_key(), self._algorithm, self.name)
        except BaseException as error:  # noqa: BLE001 - an interrupt too
            self._raised = error
            return b""

    def _check_profile(self) -> None:
        """Sign a picture of one pixel, to find now what c2pa refuses in a certificate. Asks no authority."""
        from pochade.provenance.sign import try_out

        if self._timestamp is not None:
            return
        try:
            try_out(self)
        except ProvenanceError as error:
            raise ProvenanceError(
                f"The certificate of {self.name} cannot sign pictures ({error}) C2PA asks for the key usage “digital "
                "signature” and an extended key usage such as “e-mail protection”: have it issued with both."
            ) from None

    def __repr__(self) -> str:
        return f"Signer({self.name!r}, {self._algorithm!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A signer is not pickled, since its key must not travel: make one where it is needed.")


_local: list[tuple[Identity, Signer]] = []
_signers: WeakSet[Signer] = WeakSet()


def _after_fork() -> None:
    for one in list(_signers):  # a lock that another thread held while the process forked stays locked for ever
        one._guard = threading.RLock()  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _authority(address: str | None) -> str | None:
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or not address.isascii() or "\0" in address:
        raise ProvenanceError(f"timestamp={address!r} is no address of an authority: it should begin with https://.")
    return address


def _checked(signature: bytes, data: bytes, public: Any, algorithm: str, name: str) -> bytes:
    """Return a signature in the form that COSE has it, once it is known to be one of these bytes."""
    for form, der in _forms(signature, public):
        with suppress(InvalidSignature, ValueError):
            if isinstance(public, ec.EllipticCurvePublicKey):
                public.verify(der, data, ec.ECDSA(_HASHES[algorithm[2:]]()))
            elif isinstance(public, rsa.RSAPublicKey):
                digest = _HASHES[algorithm[2:]]()
                public.verify(der, data, padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), digest)
            else:
                public.verify(der, data)
            return form
    raise ProvenanceError(
        f"What signs for {name} returned {len(signature)} bytes that are no {algorithm} signature by the key of its "
        "certificate: check that the key and the certificate belong together, and that the data is not hashed twice."
    )


def _forms(signature: bytes, public: Any) -> Iterator[tuple[bytes, bytes]]:
    """Yield what a signature may be meant as: what COSE takes, and what cryptography checks."""
    if not isinstance(public, ec.EllipticCurvePublicKey):
        yield signature, signature
        return
    size = (public.curve.key_size + 7) // 8
    if len(signature) == 2 * size:
        numbers = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
        yield signature, encode_dss_signature(*numbers)
    with suppress(ValueError, OverflowError):
        first, second = decode_dss_signature(signature)
        yield first.to_bytes(size, "big") + second.to_bytes(size, "big"), signature
