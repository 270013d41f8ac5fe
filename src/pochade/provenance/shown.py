"""Content Credentials in words and as HTML, for a person who has never heard of them.

It stands alone because the terminal, the notebook and the command line tell the same story in the same order, and
because nearly every word of it comes from a stranger: `inert` makes it harmless for a terminal, and in HTML each
foreign text is escaped and set apart in its own direction. The HTML has no script and no address, and takes the
notebook's colours where there are any.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pochade.inert import inert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pochade.provenance.credentials import Credentials, Ingredient

__all__ = ["MARKS", "brief", "headline", "html", "words"]

MARKS = {"trusted": "✓", "valid": "✓", "invalid": "✗", "none": "–"}
"""A sign for each state; the words beside it say the same."""

_PROMPT, _PROMPT_BEFORE, _NAME = 2000, 160, 120  # characters shown of a prompt, of an earlier one, of a name
_ENTRIES = 200  # earlier pictures shown

_STATES = {
    "valid": "its credentials hold; who signed it is not known to this computer",
    "invalid": "DOES NOT HOLD",
    "none": "carries no credentials",
}
_SIGNED = {"local": "signed on this computer", "own": "signed with your own certificate"}
_MADE = {
    "ai": "painted by an AI model",
    "composite": "a picture changed by an AI model",
    "untouched": "opened and left as it was: no pixel was changed",
    "other": "not said to be made by an AI model",
    "unknown": None,
}
_RELATIONS = {"parentOf": "changed from", "inputTo": "with a look at", "componentOf": "with a part of"}
_COLOURS = {
    "trusted": "var(--jp-success-color1, #2e7d32)",
    "valid": "var(--jp-info-color1, #0277bd)",
    "invalid": "var(--jp-error-color1, #d32f2f)",
    "none": "var(--jp-border-color1, #8a8a8a)",
}
_OURS = {
    "local": (
        "The key was made by pochade on this computer: it shows that the picture and these words belong together "
        "and come from here, not who the person is."
    ),
    "own": "This is your own certificate: it shows that the picture and these words belong together and come from you.",
}
_NOT_OURS = {
    "local": "The certificate was made by pochade on this computer, but it does not vouch for what this file is now.",
    "own": "The certificate is your own, but it does not vouch for what this file is now.",
}
_CLOCKS = {
    "trusted": "says a time-stamping authority",
    "unknown": "says a time-stamping service not known here",
    None: "by the signer's own clock",
}


def brief(credentials: Credentials) -> str:
    """Return one line that is the same for the same credentials: what a repr shows."""
    parts = [f"Credentials({credentials.state!r}"]
    if credentials.state != "none":
        parts += [repr(inert(credentials.title, limit=_NAME))] if credentials.title else []
        parts += [f"made={credentials.made!r}"]
    if credentials.ingredients:
        parts += [f"{len(credentials.ingredients)} ingredient{'s' if len(credentials.ingredients) > 1 else ''}"]
    if credentials.state != "none" and not credentials.sound:
        parts += ["not sound"]
    return ", ".join(parts) + ")"


def headline(credentials: Credentials) -> str:
    """Return the answer in one or two sentences, without a word of the picture's own."""
    if credentials.state == "none":
        return (
            "This picture carries no Content Credentials. They are lost when a program saves it anew without them: "
            "pochade.find may still know it."
        )
    if credentials.state == "invalid":
        return "The Content Credentials of this picture DO NOT HOLD. Nothing that they say can be relied upon."
    if not credentials.sound:
        return (
            "The credentials of this picture hold, but it was made from a picture whose own DO NOT: "
            "what came before cannot be relied upon."
        )
    if credentials.state == "trusted":
        how = _SIGNED[credentials.certificate or "local"]
        return f"The Content Credentials of this picture hold: nothing was changed since it was {how}."
    return (
        "The signature holds: nothing was changed since it was signed. Who signed it is not known to this computer, "
        "and anybody can put any name into a certificate."
    )


def words(credentials: Credentials) -> str:
    """Return the whole story, many lines of plain text."""
    lines = [f"{MARKS[credentials.state] if _calm(credentials) else '✗'} {headline(credentials)}"]
    lines += [f"  ! {inert(problem)}" for problem in credentials.problems]
    facts = list(_facts(credentials))
    width = max((len(name) for name, _ in facts), default=0)
    lines += [f"  {name:<{width}}  {value}" for name, value in facts]
    if credentials.ingredients:
        lines += ["", "Made from:"]
        tree = list(_tree(credentials, "  "))
        lines += tree[:_ENTRIES]
        if len(tree) > _ENTRIES:
            lines.append(f"  … and {len(tree) - _ENTRIES} more lines; as_dict() has them all.")
    return "\n".join(lines)


def html(credentials: Credentials) -> str:
    """Return the whole story as HTML: styled where it stands, for a light and a dark page."""
    colour = _COLOURS[credentials.state if _calm(credentials) else "invalid"]
    mark = MARKS[credentials.state] if _calm(credentials) else "✗"
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="text-align:left;vertical-align:top;padding:1px 1em 1px 0;'
        f'font-weight:normal;opacity:.75;white-space:nowrap">{escape(name)}</th>'
        f'<td style="text-align:left;padding:1px 0;overflow-wrap:anywhere"><bdi>{escape(value)}</bdi></td></tr>'
        for name, value in _facts(credentials)
    )
    table = (
        f'<table style="border:0;border-collapse:collapse;margin:.4em 0;color:inherit">{rows}</table>' if rows else ""
    )
    below, left = _branches(credentials, _ENTRIES)
    more = f"<div>… and {-left} more; as_dict() has them all.</div>" if left < 0 else ""
    tree = f"<div>Made from:</div>{below}{more}" if below else ""
    return (
        f'<div style="border-left:4px solid {colour};padding:.2em .8em;color:var(--jp-content-font-color1, inherit);'
        'font-family:var(--jp-content-font-family, system-ui, sans-serif);font-size:13px;line-height:1.5">'
        f'<div style="font-weight:600"><span aria-hidden="true">{mark} </span>{escape(headline(credentials))}</div>'
        f"{_worries(credentials)}{table}{tree}</div>"
    )


def _calm(credentials: Credentials) -> bool:
    return credentials.state == "none" or credentials.sound


def _facts(credentials: Credentials) -> Iterator[tuple[str, str]]:
    """Go through what is said, each with its name; every value is harmless for a terminal."""
    if credentials.state == "none" and credentials.label is None:
        return
    if credentials.title:
        yield "what", inert(credentials.title, limit=_NAME)
    if made := _made(credentials):
        yield "made", made
    if credentials.when:
        yield "when", f"{_time(credentials.when)}, {_CLOCKS[credentials.timestamp]}"
    yield "who", _who(credentials)
    if with_ := ", ".join(_with(credentials)):
        yield "with", with_
    if credentials.prompt:
        yield "asked", f"“{inert(credentials.prompt, limit=_PROMPT)}”"
    if credentials.turn:
        place = f"{inert(credentials.turn, limit=_NAME)}"
        place += f", picture {credentials.index + 1}" if credentials.index is not None else ""
        place += f", of session {inert(credentials.session, limit=_NAME)}" if credentials.session else ""
        yield "turn", place
    if credentials.actions:
        yield "done", ", then ".join(inert(action.words, limit=_NAME) for action in credentials.actions)


def _made(credentials: Credentials) -> str | None:
    made = _MADE[credentials.made]
    return made if made is None or credentials.ours else f"{made}, says its signer"


def _who(credentials: Credentials) -> str:
    name = inert(credentials.signer, limit=_NAME) if credentials.signer else "nobody is named"
    if credentials.certificate:
        return f"{name}. {(_OURS if credentials.ours else _NOT_OURS)[credentials.certificate]}"
    return f"{name}, as the certificate says" if credentials.signer else name


def _with(credentials: Credentials) -> Iterator[str]:
    if credentials.software:
        yield inert(credentials.software, limit=_NAME)
    if credentials.model:
        yield f"model {inert(credentials.model, limit=_NAME)}"
    if isinstance(weights := credentials.data.get("weights"), str):
        yield f"weights {inert(weights, limit=12)}"


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S} UTC" if when.utcoffset() is not None else f"{when:%Y-%m-%d %H:%M:%S}"


def _tree(child: Credentials, margin: str) -> Iterator[str]:
    for number, ingredient in enumerate(child.ingredients, 1):
        last = number == len(child.ingredients)
        inner = margin + ("   " if last else "│  ")
        yield f"{margin}{'└─' if last else '├─'} {MARKS[ingredient.credentials.state]} {_entry(ingredient, child)}"
        yield from (f"{inner}! {inert(problem)}" for problem in ingredient.credentials.problems)
        if told := _told(ingredient.credentials):
            yield f"{inner}{told}"
        yield from _tree(ingredient.credentials, inner)


def _entry(ingredient: Ingredient, child: Credentials) -> str:
    """Return what the picture made from it calls it, and how it stands, of which nobody else can say whose pixels."""
    relation = _RELATIONS.get(ingredient.relationship, inert(ingredient.relationship, limit=_NAME))
    own = ingredient.credentials
    title = ingredient.title or own.title
    stands = (
        _STATES[own.state] if own.state != "trusted" else f"its credentials hold; {_SIGNED[own.certificate or 'local']}"
    )
    if own.state in {"trusted", "valid"}:
        if not ingredient.matched:
            stands += "; nobody checked that these were its pixels"
        elif not child.ours:
            signer = inert(child.signer, limit=_NAME) if child.signer else "its signer"
            stands += f"; that these were its pixels, {signer} says"
    return f"{relation} {inert(title, limit=_NAME) if title else 'a picture'}: {stands}"


def _told(credentials: Credentials) -> str:
    """Return in one line what an earlier picture says of itself; nothing of the words where it carries none."""
    if credentials.label is None:
        return ""
    parts = [_made(credentials) or ""]
    parts += [_time(credentials.when)] if credentials.when else []
    parts += [inert(credentials.software, limit=_NAME)] if credentials.software else []
    parts += (
        [f"signed by {inert(credentials.signer, limit=_NAME)}"] if credentials.signer and not credentials.ours else []
    )
    parts += [f"“{inert(credentials.prompt, limit=_PROMPT_BEFORE)}”"] if credentials.prompt else []
    parts += ["what it was made from stands at its other place"] if credentials.repeated else []
    return " · ".join(part for part in parts if part)


def _branches(child: Credentials, left: int) -> tuple[str, int]:
    """Return the list of ingredients, and how many entries may still follow; below 0 as many as were left out."""
    pieces = []
    for ingredient in child.ingredients:
        left -= 1
        below, after = _branches(ingredient.credentials, left)
        if left >= 0:
            state = ingredient.credentials.state
            told = _told(ingredient.credentials)
            pieces.append(
                f'<li style="border-left:3px solid {_COLOURS[state]};padding-left:.6em;margin:.3em 0">'
                f'<span aria-hidden="true">{MARKS[state]} </span><bdi>{escape(_entry(ingredient, child))}</bdi>'
                f"{_worries(ingredient.credentials)}"
                + (f'<div style="opacity:.75;overflow-wrap:anywhere"><bdi>{escape(told)}</bdi></div>' if told else "")
                + f"{below}</li>"
            )
        left = after
    if not pieces:
        return "", left
    return f'<ul style="list-style:none;margin:0;padding-left:1em">{"".join(pieces)}</ul>', left


def _worries(credentials: Credentials) -> str:
    return "".join(f"<div><bdi>{escape(inert(problem))}</bdi></div>" for problem in credentials.problems)
