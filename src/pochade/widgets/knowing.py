"""What a session's model can do, for whoever cannot wait until it is known.

It stands alone because the small files of a model of the Hub may have to come over the network, and no view should wait
for its snapshot until they have: they are asked for on a thread of their own, and told of when they come.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.engine.families import Capabilities
    from pochade.session import Session

__all__ = ["Knowing"]

PATIENCE_SECONDS = 0.3
"""How long an answer is waited for; what lies on the disk is read in a small part of it."""
AGAIN_SECONDS = 10.0
"""How long a model that could not be asked is left alone."""

log = logging.getLogger(__name__)


class _Question:
    def __init__(self) -> None:
        self.found: Capabilities | None = None
        self.over = threading.Event()
        self.late = False


class Knowing:
    """Asks a session what its model can do; ``tell`` is called when an answer comes that was not waited for."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._known: str | None = None
        self._asking: str | None = None
        self._failed: tuple[str, float] | None = None

    def ask(self, session: Session) -> Capabilities | None:
        """Return what the model can do; None where that is not known yet, or cannot be."""
        if session.closed:
            return None
        model, question = session.model, _Question()
        with self._lock:
            known = self._known == model
            if not known and (self._asking == model or self._failed_lately(model)):
                return None
            self._asking = None if known else model
        if known:  # the session has it in memory then
            self._look(session, model, question)
            return question.found
        look = (session, model, question)
        threading.Thread(target=self._look, args=look, name="pochade-abilities", daemon=True).start()
        if not question.over.wait(PATIENCE_SECONDS):
            with self._lock:
                question.late = not question.over.is_set()
        return question.found

    def _failed_lately(self, model: str) -> bool:
        return self._failed is not None and self._failed[0] == model and time.monotonic() < self._failed[1]

    def _look(self, session: Session, model: str, question: _Question) -> None:
        try:
            question.found = session.capabilities
        except Exception:  # whatever it was, the model's own use will say it in words
            log.debug("What %r can do is not known.", model, exc_info=True)
        with self._lock:
            if self._asking == model:
                self._asking = None
            found = question.found is not None
            self._known, self._failed = (model, None) if found else (None, (model, time.monotonic() + AGAIN_SECONDS))
            question.over.set()
        if question.late and found:
            self._tell()
