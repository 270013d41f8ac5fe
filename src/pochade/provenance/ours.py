"""Which certificates are this person's: the serial numbers of those that signed here, and who made them.

It stands alone because a root says too little: under an authority's root stand the certificates of strangers as well as
one's own. What is kept is no secret, one line for each certificate, and stays when a key is taken away, so that
pictures that it signed are still known.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pochade.provenance.credentials import Certificate

__all__ = ["FILE", "known", "remember"]

FILE = "leaves.txt"
"""What holds them, in the folder of the keys: a kind and a serial number a line."""

_KINDS: dict[str, Certificate] = {"local": "local", "own": "own"}
_memory: dict[Path, dict[str, Certificate]] = {}


def remember(place: Path, chain: bytes, *, own: bool) -> None:
    """Note that a certificate signs here; for this process alone where the folder cannot be written.

    Parameters
    ----------
    place : pathlib.Path
        The folder of the keys.
    chain : bytes
        Certificates as PEM, the signer's own first.
    own : bool
        Whether the person put it in place.
    """
    from cryptography import x509

    serial = str(x509.load_pem_x509_certificates(chain)[0].serial_number)
    kind: Certificate = "own" if own else "local"
    if known(place).get(serial) == kind:
        return
    try:
        # One short line behind the others: two processes at once both get theirs in.
        with os.fdopen(os.open(place / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.write(f"{kind} {serial}\n")
    except OSError:
        _memory.setdefault(place, {})[serial] = kind


def known(place: Path) -> dict[str, Certificate]:
    """Return the serial numbers noted in a folder of keys, as decimal numbers, each with its kind."""
    found: dict[str, Certificate] = {}
    with suppress(OSError):
        for line in (place / FILE).read_bytes().decode("ascii", "replace").splitlines():
            kind, _, serial = line.partition(" ")
            if kind in _KINDS and serial.isdecimal():
                found[serial] = _KINDS[kind]
    return found | _memory.get(place, {})
