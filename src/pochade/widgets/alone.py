"""What the parts that a person puts into layouts of their own share beyond `Part`.

Such a part calls functions that a person wrote. So it has a thread for the calls: there a function may wait, even for a
picture, and the part still answers its views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from pochade.errors import StoreError
from pochade.turn import Turn
from pochade.widgets.courier import Courier, Task
from pochade.widgets.part import Part

if TYPE_CHECKING:
    from pochade.session import Session

__all__ = ["Alone", "TurnKey", "known"]


class Alone(Part):
    """A part on its own, for `HBox`, `VBox` and `link`."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self._calls = Courier(f"{given[-1]}-calls")
        super().__init__(*given, **options)  # a name, and before it a session where the part follows one

    def call(self, task: Task, seq: int | None = None) -> None:
        """Do something that may end in a person's own function, on the thread that has time for it."""
        self._calls.post(self.telling(task, seq))

    def retire(self) -> None:
        """Keep no thread while there is nothing to do."""
        self._calls.retire()
        super().retire()

    def close(self) -> None:
        """Take it off every page."""
        if "_calls" in vars(self):  # absent when making the widget failed before it began
            self._calls.close()
        super().close()


class TurnKey(traitlets.Unicode):  # type: ignore[type-arg, misc, unused-ignore]
    """The id of a turn, or None; a turn given for it counts as its id."""

    def __init__(self) -> None:
        super().__init__(None, allow_none=True)

    def validate(self, obj: Any, value: Any) -> Any:
        """Read a turn as its id."""
        return super().validate(obj, value.id if isinstance(value, Turn) else value)


def known(session: Session, turn: str | None) -> str | None:
    """Return the id of a turn of this session.

    Raises
    ------
    TraitError
        If the session has no turn of that id, living or deleted, or is closed.
    """
    try:
        missing = turn is not None and not session.turns.has(turn)
    except StoreError as error:
        raise traitlets.TraitError(str(error)) from error
    if missing:
        raise traitlets.TraitError(f"This session has no turn {turn!r}.")
    return turn
