"""What stands where a session stood, once it is closed: a view may stay on its page, the session need not.

It stands alone because every part that followed a session has one. It says the little that such a view still shows, and
answers whatever else is asked of it as the closed session would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from pochade.errors import StoreError

if TYPE_CHECKING:
    from pochade.session import Session

__all__ = ["ended"]


class _Ended:
    """A closed session's name and nothing of its file, its jobs or its model."""

    closed = True
    writable = False
    holder = None
    jobs = ()

    def __init__(self, session: Session) -> None:
        vars(self).update(path=session.path, model=session.model)

    def __getattr__(self, name: str) -> NoReturn:
        self._refuse()

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse()

    def __getitem__(self, which: object) -> Any:
        self._refuse()

    def _refuse(self) -> NoReturn:
        path = str(vars(self).get("path", ""))
        raise StoreError(f"This session is closed. Open it again with pochade.open({path!r}).")


def ended(session: Session) -> Session:
    """Return what is kept of a session that was closed."""
    return cast("Session", _Ended(session))
