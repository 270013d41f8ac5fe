"""From c2pa's report about a file to `Credentials`: every field looked at, no type believed.

It stands alone because a manifest is a stranger's text even where its signature holds, and because what c2pa calls
trusted is not the whole answer: a picture whose *source* was tampered with is reported as trusted, and the failure
stands only in what the ingredient recorded, or in a difference to it, or nowhere at all where anybody in the file
recorded it in a wrong place. Here the manifests are followed back to the first, and everything recorded counts.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import TYPE_CHECKING, Any

from pochade.provenance.assertions import actions_of, made_of, moment, said_of, text, turn_of, when_of
from pochade.provenance.credentials import Credentials, Ingredient
from pochade.provenance.reasons import SOFT, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from pochade.provenance.credentials import Certificate, Stamp, State

    Differences = dict[tuple[str, str], list[tuple[object, bool]]]

__all__ = ["ANCESTOR", "DEPTH", "MOST", "told"]

DEPTH = 100
"""How far back pictures are followed, in steps."""
MOST = 1000
"""How many pictures one tree shows."""

ANCESTOR = "A picture that it was made from does not match its own credentials; the tree shows which (ingredient)."
"""What is wrong with a picture of which nothing else is."""

_PROBLEMS = 12  # sentences about one picture
_TRUSTED, _UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_STAMPED = "timeStamp.trusted"
_LISTS = ("success", "informational", "failure")
# Findings that speak against a picture are c2pa's own, begin like one of these, and are none of those that follow.
_AGAINST = {"algorithm", "assertion", "claim", "claimSignature", "general", "ingredient", "manifest"}
_AGAINST |= {"signingCredential"}
_HARMLESS = (SOFT - {_UNTRUSTED}) | {
    _TRUSTED,
    "algorithm.deprecated",
    "assertion.accessible",
    "assertion.bmffHash.additionalExclusionsPresent",  # c2pa says it of every AVIF, its own too
    "assertion.bmffHash.match",
    "assertion.boxesHash.match",
    "assertion.collectionHash.match",
    "assertion.dataHash.match",
    "assertion.hashedURI.match",
    "assertion.multiAssetHash.match",
    "claimSignature.insideValidity",
    "claimSignature.validated",
    "ingredient.claimSignature.validated",
    "ingredient.manifest.validated",
    "ingredient.unknownProvenance",
    "manifest.unknownProvenance",
    "signingCredential.ocsp.notRevoked",
}


@dataclasses.dataclass
class _Place:
    """One picture's place in the tree, before its `Credentials` are made."""

    label: str | None
    codes: _Codes
    depth: int
    relationship: str = ""
    title: str | None = None
    mime: str | None = None
    matched: bool = False
    children: list[_Place] = dataclasses.field(default_factory=list)
    repeated: bool = False


@dataclasses.dataclass
class _Codes:
    """What was found out about one picture, by C2PA's codes."""

    good: set[str] = dataclasses.field(default_factory=set)
    today: set[str] = dataclasses.field(default_factory=set)
    bad: dict[str, None] = dataclasses.field(default_factory=dict)

    def add(self, findings: object, *, believe: bool = True, today: bool = False) -> None:
        """Add a table of success, informational and failure; what others found good is believed only if asked to."""
        table = _map(findings)
        bad = _codes(table.get("failure"))
        good = _codes(table.get("success")) if believe else []
        if _TRUSTED in good:  # the newest word counts: who was unknown to the signer may be known here
            self.bad.pop(_UNTRUSTED, None)
        if _UNTRUSTED in bad:
            self.good.discard(_TRUSTED)
        self.bad.update(dict.fromkeys(bad))
        self.good.update(good)
        self.today.update(good if today else ())

    @property
    def broken(self) -> list[str]:
        return [code for code in self.bad if code not in SOFT]

    @property
    def trusted(self) -> bool:
        return _TRUSTED in self.good and _UNTRUSTED not in self.bad


def told(
    report: dict[str, Any], *, mime: str, size: int, changed: bool, ours: Mapping[str, Certificate]
) -> Credentials:
    """Turn c2pa's report into credentials.

    Parameters
    ----------
    report : dict
        What its Reader gives as JSON.
    mime : str
        The file's kind.
    size : int
        Bytes of the manifest store.
    changed : bool
        Whether bytes that no signature covers are other than pochade writes them. It counts only where the signed claim
        says that pochade wrote them.
    ours : mapping
        The serial numbers of this person's certificates, each with its kind. That a chain ends at a root which is
        trusted here is not enough: other people's may as well.
    """
    manifests = {
        name: manifest for name, manifest in _map(report.get("manifests")).items() if isinstance(manifest, dict)
    }
    results = _map(report.get("validation_results"))
    codes = _Codes()
    codes.add(results.get("activeManifest"), today=True)
    if not results:
        codes.bad.update(dict.fromkeys(_codes(report.get("validation_status"))))
    if report.get("validation_state") not in {"Valid", "Trusted"} and not codes.broken:
        codes.bad.update(dict.fromkeys(_delta_failures(results)) or {"manifest.unreadable": None})
    active = report.get("active_manifest")
    label = active if isinstance(active, str) and active in manifests else None
    if label is None:
        codes.bad["claim.missing"] = None
    elif changed and _wrote_it(manifests[label]):
        codes.bad["org.pochade.unsigned"] = None
    root = _Place(label, codes, 0, mime=mime)
    places, unseen = _grow(root, manifests, _differences(manifests, results), _misplaced(manifests))
    made: dict[int, Credentials] = {}
    for place in reversed(places):
        children = tuple(_ingredient(one, made.pop(id(one))) for one in place.children)
        made[id(place)] = _credentials(place, manifests.get(place.label or "", {}), children, ours)
    own = made[id(root)]
    problems, ingredients = list(own.problems), own.ingredients
    if unseen is not None:
        ingredients = (*ingredients, unseen)
    if not problems and any(one.credentials.state == "invalid" for one in _all(ingredients)):
        problems.append(ANCESTOR)
    return dataclasses.replace(own, size=size, problems=tuple(problems), ingredients=ingredients)


def _ingredient(place: _Place, own: Credentials) -> Ingredient:
    return Ingredient(place.relationship, place.title, own, place.matched)


def _grow(
    root: _Place, manifests: dict[str, dict[str, Any]], differences: Differences, misplaced: dict[str, list[str]]
) -> tuple[list[_Place], Ingredient | None]:
    """Follow the ingredients, nearest first, each manifest's once; what there are too many of is summed up as one."""
    places, grown, waiting, unseen = [root], set[str](), deque([root]), list[_Codes]()
    while waiting:
        place = waiting.popleft()
        if place.label is None:
            continue
        rows = _rows(manifests[place.label].get("ingredients"))
        if place.label in grown:
            place.repeated = bool(rows)
            continue
        grown.add(place.label)
        for row in rows:
            child = _child(place, row, manifests, differences, misplaced)
            if len(places) >= MOST or place.depth >= DEPTH:
                unseen.append(child.codes)
                continue
            place.children.append(child)
            places.append(child)
            waiting.append(child)
    if not unseen:
        return places, None
    # Those behind the ones left out were not looked at one by one; a failure anywhere in the file counts against them.
    behind = [label for label in manifests if label not in grown]
    unseen += [
        _child(_Place(label, _Codes(), 0), row, manifests, differences, misplaced).codes
        for label in behind
        for row in _rows(manifests[label].get("ingredients"))
    ]
    broken = list(dict.fromkeys(code for codes in unseen for code in codes.broken))
    problems = tuple(reason(code) for code in broken[:_PROBLEMS])
    rest = Credentials("invalid" if broken else "none", problems=problems)
    return places, Ingredient("inputTo", f"{len(unseen)} more pictures, not shown one by one", rest)


def _child(
    parent: _Place,
    row: dict[str, Any],
    manifests: dict[str, dict[str, Any]],
    differences: Differences,
    misplaced: dict[str, list[str]],
) -> _Place:
    codes = _Codes()
    recorded = _map(row.get("validation_results"))
    # Good things that a signer recorded are taken back below where c2pa finds otherwise: it records the difference.
    codes.add(recorded.get("activeManifest"))
    matched = any(code.startswith("assertion.") and code.endswith("Hash.match") for code in codes.good)
    codes.bad.update(dict.fromkeys(_codes(row.get("validation_status"))))
    label = row.get("active_manifest")
    if isinstance(label, str):
        codes.add({"failure": [{"code": code} for code in misplaced.get(label, [])]})
    for findings, today in differences.get((parent.label or "", text(row.get("label")) or ""), []):
        codes.add(findings, believe=today, today=today)
    if not isinstance(label, str) or label not in manifests:
        if label is not None or row.get("manifest_data"):
            codes.bad.setdefault("ingredient.manifest.missing")
        label = None
    relationship = text(row.get("relationship"), 40) or "inputTo"
    title, mime = text(row.get("title")), text(row.get("format"), 80)
    return _Place(label, codes, parent.depth + 1, relationship, title, mime, matched)


def _misplaced(manifests: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return what speaks against a manifest and was recorded elsewhere than among the failures of its own place.

    c2pa leaves out what it finds today wherever an ingredient recorded the same code and address, in whatever list. So
    whoever wants a forged ancestor to pass records the failure as a success, or about something that does not exist.
    Only the failures that a signer recorded of an ingredient itself belong to that place alone: the same manifest may
    stand at another place with pixels that hold.
    """
    found: dict[str, dict[str, None]] = {}
    for manifest in manifests.values():
        for row in _rows(manifest.get("ingredients")):
            own = text(row.get("active_manifest"))
            for finding, itself in _recorded(row):
                code = text(finding.get("code"), 80) or ""
                if code.partition(".")[0] not in _AGAINST or code in _HARMLESS:
                    continue
                about = _about(text(finding.get("url")) or "", manifests) or own
                if about is not None and not (itself and about == own and finding.get("success") is not True):
                    found.setdefault(about, {})[code] = None
    return {label: list(codes) for label, codes in found.items()}


def _recorded(row: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Go through everything recorded in an ingredient; with each whether it is a failure of the ingredient itself."""
    for finding in _rows(row.get("validation_status")):
        yield finding, True
    recorded = _map(row.get("validation_results"))
    tables = [recorded.get("activeManifest"), *_rows(recorded.get("ingredientDeltas"))]
    for number, table in enumerate(tables):
        findings = _map(table if number == 0 else _map(table).get("validationDeltas"))
        for kind in _LISTS:
            for finding in _rows(findings.get(kind)):
                yield finding, number == 0 and kind == "failure"


def _about(url: str, manifests: dict[str, dict[str, Any]]) -> str | None:
    """Return the manifest that an address leads to; None where it leads to none of this file."""
    named = next((part for part in url.split("/") if part in manifests), None)
    return named or next((label for label in manifests if label in url), None)


def _differences(manifests: dict[str, dict[str, Any]], results: dict[str, Any]) -> Differences:
    """Return what was found to differ, by manifest and the name of its ingredient's assertion.

    c2pa's own findings of today are believed. What signers recorded about pictures further back counts only against
    them: nobody is trusted because somebody else once was told so.
    """
    found: Differences = {}
    rows: list[tuple[dict[str, Any], bool]] = []
    for manifest in manifests.values():
        for ingredient in _rows(manifest.get("ingredients")):
            recorded = _map(ingredient.get("validation_results"))
            rows += [(row, False) for row in _rows(recorded.get("ingredientDeltas"))]
    rows += [(row, True) for row in _rows(results.get("ingredientDeltas"))]
    for row, believe in rows:
        parts = (text(row.get("ingredientAssertionURI")) or "").split("/")
        if len(parts) >= 3:  # noqa: PLR2004 - manifest, assertion store, assertion
            found.setdefault((parts[-3], parts[-1]), []).append((row.get("validationDeltas"), believe))
    return found


def _delta_failures(results: dict[str, Any]) -> list[str]:
    rows = _rows(results.get("ingredientDeltas"))
    codes = [code for row in rows for code in _codes(_map(row.get("validationDeltas")).get("failure"))]
    return [code for code in dict.fromkeys(codes) if code not in SOFT]


def _credentials(
    place: _Place, manifest: dict[str, Any], ingredients: tuple[Ingredient, ...], ours: Mapping[str, Certificate]
) -> Credentials:
    codes, broken = place.codes, place.codes.broken
    certificate = _certificate(manifest, codes, ours)
    state: State = "invalid" if broken else "none" if place.label is None else "trusted" if certificate else "valid"
    problems = tuple(reason(code) for code in broken[:_PROBLEMS])
    if place.label is None:
        return Credentials(state, title=place.title, mime=place.mime, problems=problems)
    actions = actions_of(manifest)
    data = turn_of(manifest)
    if data is None:
        problems = (*problems, "What pochade wrote about it cannot be read (org.pochade.turn).")
        data = {}
    when, stamp = _moment(manifest, codes)
    return Credentials(
        state,
        title=text(manifest.get("title")) or place.title,
        mime=text(manifest.get("format"), 80) or place.mime,
        when=when or when_of(actions, data),
        timestamp=stamp,
        signer=_signer(_map(manifest.get("signature_info"))),
        ours=state == "trusted",
        certificate=certificate,
        software=_software(manifest),
        model=data.get("model"),
        made=made_of(actions, data),
        actions=actions,
        data=data,
        prompt=data.get("prompt"),
        session=data.get("session"),
        turn=data.get("turn"),
        index=data.get("index"),
        problems=problems,
        ingredients=ingredients,
        label=place.label,
        repeated=place.repeated,
    )


def _certificate(manifest: dict[str, Any], codes: _Codes, ours: Mapping[str, Certificate]) -> Certificate | None:
    """Return which of this person's certificates signed; None for others', and where the signature is not one."""
    if not codes.trusted or any(code.startswith("claim") for code in codes.broken):
        return None
    return ours.get(text(_map(manifest.get("signature_info")).get("cert_serial_number"), 80) or "")


def _moment(manifest: dict[str, Any], codes: _Codes) -> tuple[datetime | None, Stamp | None]:
    """Return the time stamp's time, and who says it: what others found out about its authority counts for nothing."""
    when = moment(_map(manifest.get("signature_info")).get("time"))
    return when, None if when is None else "trusted" if _STAMPED in codes.today else "unknown"


def _signer(info: dict[str, Any]) -> str | None:
    name, organisation = text(info.get("common_name"), 200), text(info.get("issuer"), 200)
    if name and organisation and name != organisation:
        return f"{name} ({organisation})"
    return name or organisation


def _software(manifest: dict[str, Any]) -> str | None:
    rows = _rows(manifest.get("claim_generator_info"))
    return said_of(rows[0]) if rows else text(manifest.get("claim_generator"), 200)


def _wrote_it(manifest: dict[str, Any]) -> bool:
    rows = _rows(manifest.get("claim_generator_info"))
    return bool(rows) and rows[0].get("name") == "pochade"


def _all(ingredients: tuple[Ingredient, ...]) -> Iterable[Ingredient]:
    waiting = list(ingredients)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.credentials.ingredients


def _codes(rows: object) -> list[str]:
    return [code for row in _rows(rows) if (code := text(row.get("code"), 80)) and row.get("success") is not True]


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: object) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
