"""A session's settings: what its requests are asked with where they do not say otherwise.

They stand apart from `session.py` because cells and views change the same values at the same time: a change is checked
and made as a whole, written into the session file, and told.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, overload

from pochade.errors import ImageError, ModelError, RequestError, StoreError
from pochade.imaging.fit import Fit
from pochade.knobs import Background, Keep, Knobs
from pochade.sizes import resolve_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pochade.engine.families import Capabilities
    from pochade.engine.local import Engine
    from pochade.engine.rows import Task as Kind
    from pochade.request import Request, Task
    from pochade.store import Store

__all__ = ["AS_SET", "Settings", "given", "kind_of", "untaken"]

_KEY = "settings"
_NOT_FOR = {"generate": ("strength", "keep"), "edit": ("size",)}
_BY_VIEW = {"negative", "strength"}  # what models take for some tasks and not for others

T = TypeVar("T")


class _AsSet:
    def __repr__(self) -> str:
        return "AS_SET"


AS_SET: Final[Any] = _AsSet()
"""The value of a keyword that was not given: what was set before stays in force."""


def given(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the keywords that nobody gave."""
    return {name: value for name, value in keywords.items() if value is not AS_SET}


class _Setting(Generic[T]):
    """One attribute of `Settings`: setting it changes the whole."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, settings: None, owner: type) -> Self: ...
    @overload
    def __get__(self, settings: Settings, owner: type) -> T: ...
    def __get__(self, settings: Settings | None, owner: type) -> T | Self:
        return self if settings is None else settings.as_dict()[self._name]

    def __set__(self, settings: Settings, value: T | None) -> None:
        settings.update(**{self._name: value})


class Settings:
    """What a session's requests are asked with where they do not say otherwise; `Session.settings` is one.

    A keyword of `say`, `generate`, `edit` or `submit` wins over it, None too. Setting an attribute to None goes back to
    what it is when nothing was set.

    Attributes
    ----------
    n : int
        How many pictures; 1 when nothing was set.
    size : (int, int), str or None
        As in `Session.generate`; None is the model's own. Edits keep the size of their picture.
    seed : int or None
        Of the first picture; None draws one for every request.
    steps, guidance : int or None, float or None
        None is the model's own.
    strength : float or None
        For edits by models that add noise; None is pochade's own.
    negative : str or None
        What should not be in the picture.
    background : "auto", "opaque" or "transparent"
        "auto" when nothing was set.
    keep : "auto" or "none"
        For edits without a mask; "auto" when nothing was set.
    """

    n = _Setting[int]()
    size = _Setting["tuple[int, int] | str | None"]()
    seed = _Setting["int | None"]()
    steps = _Setting["int | None"]()
    guidance = _Setting["float | None"]()
    strength = _Setting["float | None"]()
    negative = _Setting["str | None"]()
    background = _Setting[Background]()
    keep = _Setting[Keep]()

    def __init__(self, store: Callable[[], Store | None], check: Callable[[], None], tell: Callable[[], None]) -> None:
        self._guard = threading.RLock()
        self._values = Knobs()
        self._store = store
        self._check = check
        self._tell = tell

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and name not in Knobs.model_fields:  # a slip of the pen would set nothing
            Knobs(**{name: value})
        super().__setattr__(name, value)

    def update(self, **changes: Any) -> None:
        """Change several settings, all of them or, where one cannot be used, none.

        Parameters
        ----------
        **changes
            The attributes by name; None goes back to what it is when nothing was set.

        Raises
        ------
        RequestError
            If one of them cannot be used; the message says what was wrong and what to do.
        StoreError
            If the session is closed.
        """
        self._check()
        with self._guard:
            wanted = {**self.as_dict(), **changes}
            values = Knobs(**{name: value for name, value in wanted.items() if value is not None})
            changed, self._values = values != self._values, values
            if changed:
                self.keep_in_file()
        if changed:
            self._tell()

    def reset(self) -> None:
        """Go back to what is in force when nothing was set."""
        self.update(**dict.fromkeys(Knobs.model_fields))

    def as_dict(self) -> dict[str, Any]:
        """Return every setting by its name."""
        values = self._values
        return {name: getattr(values, name) for name in Knobs.model_fields}

    def for_request(self, request: Request, engine: Engine) -> dict[str, Any]:
        """Return what `in_force` does for a request whose pictures are there."""
        picture = None if request.image is None else request.image.size
        if picture is not None and request.extend is not None:
            left, top, right, bottom = request.extend
            picture = picture[0] + left + right, picture[1] + top + bottom
        mask = request.mask is not None or request.extend is not None
        return self.in_force(request.task, engine, references=len(request.references), mask=mask, picture=picture)

    def in_force(
        self,
        task: Task,
        engine: Engine,
        *,
        references: int = 0,
        mask: bool = False,
        picture: tuple[int, int] | None = None,
    ) -> dict[str, Any]:
        """Return what was set and has a meaning for a request, by name.

        What a model takes for other requests only is left out; what it takes for none is not, so that it says so.

        Parameters
        ----------
        task : "generate" or "edit"
            What is to be done.
        engine : Engine
            Who is going to do it.
        references, mask, picture
            As in `kind_of`.
        """
        found = {name: value for name, value in self._said().items() if name not in _NOT_FOR[task]}
        for name in _BY_VIEW & found.keys():
            model = engine.capabilities
            kind = kind_of(task, model, references=references, mask=mask, picture=picture)
            if getattr(model, name) and not model.takes(name, kind):
                del found[name]
        return found

    def give_way(self, model: Capabilities) -> tuple[str, ...]:
        """Drop what a model cannot take, and return a sentence about each."""
        dropped = untaken(self.as_dict(), model)
        self.update(**dict.fromkeys(dropped))
        return tuple(dropped.values())

    def keep_in_file(self) -> None:
        """Write what was set into the session file, if there is one that can be written."""
        store = self._store()
        if store is None or not store.writable:
            return
        said = self._said()
        with suppress(StoreError):  # as for the place in the tree: the turns are safe, and tell what was really used
            store.set_meta(_KEY, json.dumps(said) if said else None)

    def recall(self, store: Store, engine: Engine | None = None) -> None:
        """Take what the file says was set. It may come from elsewhere and say anything; what is no setting is none.

        Given another engine than the one that they were set for, what that cannot take is left out.
        """
        kept: Any = None
        with suppress(ValueError, RecursionError):
            kept = json.loads(store.meta(_KEY) or "null")
        found: dict[str, Any] = {}
        for name in Knobs.model_fields if isinstance(kept, dict) else ():
            if kept.get(name) is not None:
                with suppress(RequestError):
                    Knobs(**{**found, name: kept[name]})
                    found[name] = kept[name]
        if found and engine is not None:
            with suppress(ModelError, OSError):  # whatever is asked of that model will say so
                found = {name: found[name] for name in found.keys() - untaken(found, engine.capabilities).keys()}
        with self._guard:
            self._values = Knobs(**found)

    def _said(self) -> dict[str, Any]:
        unset = Knobs()
        return {name: value for name, value in self.as_dict().items() if value != getattr(unset, name)}

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self._said().items())})"


def kind_of(
    task: Task,
    model: Capabilities,
    *,
    references: int = 0,
    mask: bool = False,
    picture: tuple[int, int] | None = None,
) -> Kind:
    """Say which of a model's tasks a request is, before it is complete; `planning` settles it in the same way.

    Parameters
    ----------
    task : "generate" or "edit"
        What is asked for.
    model : Capabilities
        What the model can do.
    references : int
        How many references there are.
    mask : bool
        Whether there is a mask, or the picture is extended.
    picture : (int, int), optional
        Width and height of the picture that is edited, as it is extended, pixels.
    """
    size = picture or model.size.default
    with suppress(ImageError):  # of a shape that cannot be worked on: the request will be refused for that
        size = Fit.plan(size, model.size).work
    inside = task == "edit" and mask and model.masks(size, references)
    return model.task(picture=task == "edit", mask=inside, references=references)


def untaken(values: Mapping[str, Any], model: Capabilities) -> dict[str, str]:
    """Find the settings that a model cannot take, each with a sentence that says why.

    Parameters
    ----------
    values : mapping
        Settings by name.
    model : Capabilities
        What the model can do.
    """
    reasons: dict[str, str] = {}
    if values.get("strength") is not None and not model.strength:
        reasons["strength"] = f"{model.name} knows no strength."
    if values.get("negative") is not None and not model.negative:
        reasons["negative"] = f"{model.name} reads no negative prompt."
    try:
        resolve_size(values.get("size"), model.size)
    except RequestError as error:
        reasons["size"] = str(error)
    return {name: f"The setting {name}={values[name]!r} was dropped: {reason}" for name, reason in reasons.items()}
