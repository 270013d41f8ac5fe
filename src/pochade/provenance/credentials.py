"""What a picture's Content Credentials say, as plain values: who, when, with what, from what, and whether it holds.

It stands alone, and imports nothing that reads a file, so that the Studio, the search and the command line can pass
these values about without c2pa. Nothing in them is to be believed beyond what `Credentials.state` says, and text in
them comes from strangers: it is shown through `words()` or the HTML, which make it harmless.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

__all__ = ["Action", "Certificate", "Credentials", "Ingredient", "Made", "Stamp", "State"]

State = Literal["trusted", "valid", "invalid", "none"]
Certificate = Literal["local", "own"]
Stamp = Literal["trusted", "unknown"]
Made = Literal["ai", "composite", "untouched", "other", "unknown"]


@dataclasses.dataclass(frozen=True)
class Action:
    """One thing that was done to a picture, as its signer says.

    Attributes
    ----------
    kind : str
        C2PA's own name, such as ``"c2pa.edited"``.
    words : str
        The same in a word or two: ``"changed"``.
    agent : str or None
        The software that did it, with its version where it says one.
    when : datetime.datetime or None
        When, by the signer's own clock; with a time zone.
    source_type : str or None
        The last word of the digital source type, such as ``"trainedAlgorithmicMedia"``.
    """

    kind: str
    words: str
    agent: str | None = None
    when: datetime | None = None
    source_type: str | None = None


@dataclasses.dataclass(frozen=True)
class Ingredient:
    """A picture that another one was made from.

    Attributes
    ----------
    relationship : str
        ``"parentOf"`` for the picture that was changed, ``"inputTo"`` for one that was only looked at,
        ``"componentOf"`` for one that was placed into it.
    title : str or None
        What the signer called it.
    credentials : Credentials
        Its own; of state "none" where it carried none.
    matched : bool
        Whether the signer of the picture that was made from it recorded that its pixels were the ones its credentials
        are about. Its credentials alone cannot show that: the pixels are not in this file.
    """

    relationship: str
    title: str | None
    credentials: Credentials
    matched: bool = False


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What one picture's Content Credentials say, and whether they hold.

    Attributes
    ----------
    state : str
        Of the picture's own manifest. ``"trusted"``: it holds, and was signed with a certificate of this person's, as
        `certificate` tells. ``"valid"``: it holds, but who signed it is not known here. ``"invalid"``: it does not
        hold, as `problems` tells. ``"none"``: the picture carries none.
    title, mime : str or None
        What the picture is called, and its kind of file.
    when : datetime.datetime or None
        When it was signed or made; with a time zone.
    timestamp : str or None
        Who says `when`. ``"trusted"``: a time-stamping authority that is known here; ``"unknown"``: a service that
        anybody may run; None: the signer's own clock.
    signer : str or None
        The name in the certificate. Anybody can write any name there unless `state` is "trusted".
    ours : bool
        Whether it holds, and was signed with a certificate of this person's.
    certificate : str or None
        Of this person's certificates the one it was signed with: ``"local"``, made by pochade on this computer, or
        ``"own"``, put in place by the person. It may stand in credentials that do not hold: then what was signed is
        another thing than what they say now. None for everybody else's.
    software, model : str or None
        The program that signed it, with its version, and the model that painted it.
    made : str
        ``"ai"``: painted by a model. ``"composite"``: a picture changed by a model. ``"untouched"``: opened, and no
        pixel changed. ``"other"``: something else, such as a photograph; ``"unknown"``: it does not say.
    actions : tuple of Action
        What was done, in order.
    data : mapping
        What pochade wrote about the turn, parsed and checked; empty for others' pictures, and where it is damaged.
    prompt, session, turn, index
        Taken from `data`; None where it does not say.
    problems : tuple of str
        Sentences, each with C2PA's code in brackets; empty when nothing is wrong.
    ingredients : tuple of Ingredient
        What it was made from, each with its own.
    size : int
        Bytes of all of it in the file; 0 on ingredients.
    label : str or None
        The manifest's name in the file; two places in the tree with one label are one picture.
    repeated : bool
        Whether this manifest's own ingredients stand at another place of the tree, and therefore not here again.
    """

    state: State
    title: str | None = None
    mime: str | None = None
    when: datetime | None = None
    timestamp: Stamp | None = None
    signer: str | None = None
    ours: bool = False
    certificate: Certificate | None = None
    software: str | None = None
    model: str | None = None
    made: Made = "unknown"
    actions: tuple[Action, ...] = ()
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
    prompt: str | None = None
    session: str | None = None
    turn: str | None = None
    index: int | None = None
    problems: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    size: int = 0
    label: str | None = None
    repeated: bool = False

    @property
    def sound(self) -> bool:
        """Whether the picture has credentials that hold, and no picture it was made from has any that do not."""
        return self.state in {"trusted", "valid"} and all(one.state != "invalid" for one in self.walk())

    @property
    def timestamped(self) -> bool:
        """Whether a time-stamping authority that is known here says `when`."""
        return self.timestamp == "trusted"

    def walk(self) -> Iterator[Credentials]:
        """Go through these credentials and those of everything the picture was made from, nearest first."""
        row = [self]
        while row:
            yield from row
            row = [ingredient.credentials for one in row for ingredient in one.ingredients]

    def words(self) -> str:
        """Return the whole tree in words, many lines; text of strangers is made harmless for a terminal."""
        from pochade.provenance.shown import words

        return words(self)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it: times in ISO 8601, ingredients as dictionaries, the properties too."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        plain["sound"], plain["timestamped"] = self.sound, self.timestamped
        plain["when"] = None if self.when is None else self.when.isoformat()
        plain["data"] = dict(self.data)
        plain["problems"] = list(self.problems)
        plain["actions"] = [
            dataclasses.asdict(action) | {"when": None if action.when is None else action.when.isoformat()}
            for action in self.actions
        ]
        plain["ingredients"] = [
            {"relationship": one.relationship, "title": one.title, "matched": one.matched}
            | {"credentials": one.credentials.as_dict()}
            for one in self.ingredients
        ]
        return plain

    def __str__(self) -> str:
        return self.words()

    def __repr__(self) -> str:
        from pochade.provenance.shown import brief

        return brief(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from pochade.provenance.shown import html, words

        return {"text/plain": words(self), "text/html": html(self)}
