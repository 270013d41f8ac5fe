"""Pictures to sign, facts about them, other people's certificates, and c2pa's own reader to hold the result against."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any, NamedTuple

import c2pa
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from pochade.provenance.facts import Facts, Source
from pochade.provenance.sign import context, mime_of, sign
from pochade.provenance.signer import Signer

MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
RECIPE = {"prompt": "a red house beside the lake", "negative": "no fog", "rewritten": "one red house", "seed": 7}
VERSIONS = {"pochade": "0.1.0", "torch": "2.13.0", "device": "cpu", "weights": "ab" * 32}
KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
_PEM = serialization.Encoding.PEM


class Papers(NamedTuple):
    key: Any
    chain: bytes
    root: str

    def pem(self, password: bytes | None = None) -> bytes:
        locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, locked)


def papers(algorithm="es256", *, first="2024-01-01", last="2090-01-01", name="Ann", mail=True) -> Papers:
    """A root and a leaf as an organisation would hand them out."""
    above, key = KEYS["es256"](), KEYS[algorithm]()
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (f"{name}'s root", name))
    off = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    off |= {"encipher_only": False, "decipher_only": False}
    dates = [dt.datetime.fromisoformat(one).replace(tzinfo=dt.UTC) for one in (first, last)]

    def sheet(who, public, *, ca):
        usage = x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **off)
        made = x509.CertificateBuilder(issuer, who, public, x509.random_serial_number(), *dates)
        made = made.add_extension(x509.BasicConstraints(ca, None), critical=True)
        made = made.add_extension(usage, critical=True)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
        made = made.add_extension(identifier, critical=False)
        if not ca and mail:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        return made.sign(above, hashes.SHA256()).public_bytes(_PEM)

    root = sheet(issuer, above.public_key(), ca=True)
    return Papers(key, sheet(subject, key.public_key(), ca=False) + root, root.decode())


def picture(kind="PNG", size=64) -> bytes:
    small = np.random.default_rng(3).integers(0, 255, (size // 8, size // 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((size, size)).save(file, kind)
    return file.getvalue()


def facts(*sources, task="generate", made="ai", recipe=None, **more) -> Facts:
    said = {"session": "5" * 32, "turn": "k3f9", "index": 0, "model": "miniature", "versions": VERSIONS}
    said |= {"created": 1_790_000_000.5, "title": "turn k3f9", **more}
    return Facts(task=task, made=made, sources=tuple(sources), recipe=RECIPE if recipe is None else recipe, **said)


def read(data: bytes, mime: str, anchor: str = "") -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The state that c2pa's reader gives, the active manifest, and everything."""
    with c2pa.Reader(mime, io.BytesIO(data), context=context(anchor)) as reader:
        told = json.loads(reader.json())
        return reader.get_validation_state(), told["manifests"][told["active_manifest"]], told


def said(manifest: dict[str, Any], label: str) -> dict[str, Any] | None:
    return next((one["data"] for one in manifest["assertions"] if one["label"] == label), None)


def own(*sources, kind="PNG", level="full", **more):
    return sign(picture(kind), MIMES[kind], facts(*sources, **more), level, Signer.local())


def source(data, relationship="parentOf", title="turn a2"):
    return Source(data, mime_of(data) or "image/png", relationship, title)
