"""Signed test pictures, made with c2pa itself: certificates of any age, chains, sources, and whatever else is said."""

from __future__ import annotations

import functools
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import c2pa
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from pochade.provenance import keys, ours

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
POCHADE = {"name": "pochade", "version": "0.1"}


class Person(NamedTuple):
    """Who signs: a certificate chain and a key, both PEM, and the root."""

    chain: bytes
    key: bytes
    anchor: str


def person(name: str = "Ada", *, lasts: timedelta = timedelta(days=3650), serial: int | None = None) -> Person:
    now, pem = datetime.now(UTC), serialization.Encoding.PEM
    above, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, forever = f"{name}'s root", now + timedelta(7000)
    root = _certificate(issuer, issuer, above, above, now - timedelta(9), forever, ca=True)
    leaf = _certificate(name, issuer, own, above, now - timedelta(1), now + lasts, ca=False, serial=serial)
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Person(leaf.public_bytes(pem) + root.public_bytes(pem), key, root.public_bytes(pem).decode())


def _certificate(name, issuer, own, above, start, end, *, ca, serial=None):
    unused = "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"
    usage = dict.fromkeys((*unused, "decipher_only"), False)
    made = (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(_called(issuer))
        .public_key(own.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if not ca:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        made = made.add_extension(mail, critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False
        )
    return made.sign(above, hashes.SHA256())


def _called(name):
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "The tests")]
    )


@functools.cache
def ada() -> Person:
    """Somebody whose certificate holds for years."""
    return person("Ada")


def settle(who: Person, *, own: bool = False) -> None:
    """Let somebody be whose computer this is: what they sign is signed here."""
    place = keys.folder()
    place.mkdir(parents=True, exist_ok=True)
    (place / "anchors.pem").write_text(who.anchor)
    ours.remember(place, who.chain, own=own)


def picture(seed: int = 0, size: int = 64, kind: str = "PNG") -> bytes:
    """Return a picture file of coloured squares."""
    squares = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(squares).resize((size, size)).save(buffer, kind, **({"quality": 90} if kind != "PNG" else {}))
    return buffer.getvalue()


def turn(**said: Any) -> dict[str, Any]:
    """Return what pochade writes about a turn."""
    return {"v": 1, "session": "5e55", "turn": "k3f9", "index": 0, "model": "tiny", "created": 1.7e9, **said}


def signed(
    data: bytes | None = None,
    who: Person | None = None,
    *,
    sources: tuple[tuple[str, str, bytes], ...] = (),
    said: Any = None,
    actions: list[dict[str, Any]] | None = None,
    title: str = "turn k3f9",
    agent: dict[str, str] | None = None,
    mime: str = "image/png",
    remote: str | None = None,
) -> bytes:
    """Sign a picture.

    `sources` are (relationship, title, file); `said` goes into pochade's own assertion, a str as it is; `remote` puts
    the manifest elsewhere, so that the file only names the address.
    """
    who, agent = who or ada(), agent or POCHADE
    if actions is None:
        actions = [{"action": "c2pa.created", "softwareAgent": agent, "digitalSourceType": AI}]
        if any(relationship == "parentOf" for relationship, _, _ in sources):
            of = {"parameters": {"ingredientIds": ["s0"]}}
            changed = {"action": "c2pa.edited", "softwareAgent": agent, "digitalSourceType": AI}
            actions = [{"action": "c2pa.opened"} | of, changed | of]
    words = said if isinstance(said, str) else json.dumps(turn() if said is None else said)
    definition = {
        "title": title,
        "format": mime,
        "claim_generator_info": [agent],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": "org.pochade.turn", "data": {"json": words}},
        ],
    }
    settings = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, who.chain, who.key, None)
    out = io.BytesIO()
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(definition, context=context) as builder,
    ):
        if remote:
            builder.set_remote_url(remote)
            builder.set_no_embed()
        for number, (relationship, name, source) in enumerate(sources):
            described = {"relationship": relationship, "title": name} | dict.fromkeys(
                ("label", "instance_id"), f"s{number}"
            )
            builder.add_ingredient(described, "image/png", io.BytesIO(source))
        builder.sign(signer, mime, io.BytesIO(data or picture()), out)
    return out.getvalue()


def tampered(data: bytes, place: int | None = None, by: int = 1) -> bytes:
    """Change one byte of a file: of a PNG's pixels, unless a place is given."""
    changed = bytearray(data)
    changed[data.rfind(b"IDAT") + 40 if place is None else place] ^= by
    return bytes(changed)
