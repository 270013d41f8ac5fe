"""Why credentials do not hold, in words: C2PA's codes and the sentence for each.

It stands alone as the one place where these sentences are kept; the code stays in brackets behind each, so that
somebody who knows C2PA, or a search engine, can go on from there.
"""

from pochade.inert import inert

__all__ = ["SOFT", "reason"]

SOFT = frozenset(
    {
        "signingCredential.untrusted",
        "signingCredential.ocsp.inaccessible",
        "signingCredential.ocsp.skipped",
        "signingCredential.ocsp.unknown",
        "timeStamp.untrusted",
        "timeOfSigning.outsideValidity",
    }
)
"""Codes that say that something is not known here, and nothing about whether the picture is as it was signed."""

_CHANGED = "The picture or its file was changed after it was signed: its bytes are not the ones that were signed"
_SENTENCES = {
    "assertion.dataHash.mismatch": _CHANGED,
    "assertion.bmffHash.mismatch": _CHANGED,
    "assertion.boxesHash.mismatch": _CHANGED,
    "assertion.collectionHash.mismatch": _CHANGED,
    "assertion.multiAssetHash.mismatch": _CHANGED,
    "assertion.dataHash.malformed": "What ties the credentials to the picture is damaged",
    "assertion.hardBinding.missing": "Nothing ties these credentials to the picture",
    "claim.hardBindings.missing": "Nothing ties these credentials to the picture",
    "assertion.hashedURI.mismatch": "Something that the credentials say was changed after it was signed",
    "assertion.missing": "Something that the credentials said was taken out",
    "assertion.undeclared": "Something was added to the credentials after they were signed",
    "assertion.inaccessible": "Something that the credentials say cannot be read",
    "assertion.notRedacted": "Something that the credentials said was taken out, though its signer did not allow that",
    "assertion.selfRedacted": "The credentials take out what they say themselves",
    "assertion.required.missing": "The credentials do not say what was done to the picture, which they must",
    "assertion.action.malformed": "What the credentials say about how the picture was made is damaged",
    "assertion.action.ingredientMismatch": "The credentials name a source that they do not have",
    "assertion.action.redacted": "What the credentials say about how the picture was made was taken out",
    "assertion.cbor.invalid": "Part of the credentials is damaged",
    "assertion.json.invalid": "Part of the credentials is damaged",
    "claim.missing": "The credentials lack their claim, the list of what is signed",
    "claim.malformed": "The claim, the list of what is signed, is damaged",
    "claim.multiple": "The credentials have more than one claim",
    "claim.cbor.invalid": "The claim, the list of what is signed, is damaged",
    "claimSignature.missing": "The signature is missing",
    "claimSignature.mismatch": "The signature does not fit what was signed: the credentials were changed or forged",
    "claimSignature.outsideValidity": "It was signed when the certificate was not valid",
    "signingCredential.expired": "The certificate has expired, and no time stamp proves that it was signed before",
    "signingCredential.invalid": "The certificate it was signed with is not one for signing pictures",
    "signingCredential.ocsp.revoked": "The certificate it was signed with has been revoked",
    "algorithm.unsupported": "It was signed by a method that is not known",
    "algorithm.deprecated": "It was signed by a method that is no longer safe",
    "timeStamp.mismatch": "The time stamp belongs to something else",
    "timeStamp.malformed": "The time stamp is damaged",
    "timeStamp.outsideValidity": "The time stamp was made when its authority's certificate was not valid",
    "ingredient.manifest.mismatch": "The credentials of a picture it was made from were changed afterwards",
    "ingredient.manifest.missing": "The credentials of a picture it was made from were taken out",
    "ingredient.claimSignature.mismatch": "The signature of a picture it was made from was changed afterwards",
    "ingredient.claimSignature.missing": "The signature of a picture it was made from was taken out",
    "ingredient.hashedURI.mismatch": "A picture it was made from is not the one that was signed",
    "ingredient.unknownProvenance": "It is not known where a picture it was made from comes from",
    "manifest.multipleParents": "It claims to be grown from more than one picture",
    "manifest.update.invalid": "A later addition to the credentials is not a valid one",
    "manifest.inaccessible": "The credentials lie elsewhere, and pochade asks nobody for them",
    "manifest.unreadable": "The credentials do not hold",
    "org.pochade.unsigned": "The credentials were changed after they were written, in bytes that no signature covers",
    "general.error": "The credentials cannot be checked",
}


def reason(code: str) -> str:
    """Return the sentence for one of C2PA's codes, with the code in brackets."""
    words = _SENTENCES.get(code)
    if words is None and code.startswith("ingredient."):
        words = "The credentials of a picture it was made from do not hold"
    return f"{words or 'The credentials do not hold'} ({inert(code, limit=80)})."
