"""The room of the settings: what the session paints with, and the model that it paints with.

It stands alone because these are the session's own values, which cells set too: a view only asks for a change, and
what it shows is what the session says afterwards.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pochade.engine.catalogue import CATALOGUE, MINIATURE
from pochade.engine.models import info_of
from pochade.errors import ModelError
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound
from pochade.widgets.cards import model_name

if TYPE_CHECKING:
    from pochade.engine.catalogue import ModelInfo
    from pochade.session import Session

INDEX = "model_index.json"


class SettingsRoom(Bound):
    """Answers "tune", "adopt", "models" and "use"; the session's events bring the new values to every view."""

    def _on_tune(self, message: p.Tune, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tune(message), seq=message.seq)

    def _on_adopt(self, message: p.Adopt, _buffers: list[bytes]) -> None:
        self.later(lambda: self._adopt(message), seq=message.seq)

    def _on_models(self, message: p.Models, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_models(message.seq), seq=message.seq)

    def _on_use(self, message: p.Use, _buffers: list[bytes]) -> None:
        # Another model's small files may come over the network; what is being painted is shown meanwhile.
        name = message.model.strip()
        use = self.telling(lambda: self._use(name), message.seq)
        threading.Thread(target=use, name="pochade-use", daemon=True).start()

    def _tune(self, message: p.Tune) -> None:
        try:
            self._session.settings.update(**{message.name: message.value})
        except Exception:
            self._tell_tuned([])  # the view showed its value at once: take it back to what the session has
            raise

    def _adopt(self, message: p.Adopt) -> None:
        """Take a turn's settings without its seed: the next picture is a new one made in the same way."""
        kept = {name: value for name, value in self._session[message.turn].settings.items() if name != "seed"}
        self._session.settings.update(**kept)

    def _use(self, model: str) -> None:
        notes: list[str] = []
        try:
            notes = list(self._session.use(model))
        finally:
            self.later(lambda: self._tell_tuned(notes))  # also where nothing changed: the view waits for an answer

    def _tell_models(self, seq: int) -> None:
        self.tell(p.ModelList(seq=seq, models=model_cards(self._session)))


def model_cards(session: Session) -> list[p.ModelCard]:
    """List the models that can be chosen; the session's own comes first where the catalogue does not know it."""
    current = info_of(session.model)
    cards = [_card(row, current=row is current) for row in CATALOGUE]
    if current is None:
        own = p.ModelCard(
            name=session.model,
            title=model_name(session),
            family=_family(session),
            licence="",
            commercial="limited",
            gigabytes=0.0,
            here=True,
            current=True,
        )
        cards.insert(0, own)
    return cards


def _card(row: ModelInfo, *, current: bool) -> p.ModelCard:
    return p.ModelCard(
        name=row.alias,
        title=row.hub.rpartition("/")[2] or row.alias.capitalize(),
        family=row.family,
        licence=row.licence,
        commercial=row.commercial,
        gigabytes=round(row.memory, 2),
        here=row.alias == MINIATURE or downloaded(row.hub, row.revision),
        current=current,
    )


def _family(session: Session) -> str:
    try:
        return session.capabilities.family.name
    except (ModelError, OSError):
        return ""


def downloaded(repository: str, revision: str | None) -> bool:
    """Whether a repository's index and weights lie in the Hub's cache, so that it needs no network."""
    from huggingface_hub import try_to_load_from_cache

    from pochade.engine.families import parts_of
    from pochade.engine.weights import weights_of

    found = try_to_load_from_cache(repository, INDEX, revision=revision)
    if not isinstance(found, str):
        return False
    folder = Path(found).parent
    try:
        heavy = [part for part in parts_of(folder) if weights_of(folder, part, "bfloat16").names]
    except ModelError:  # a part of the weights is missing
        return False
    return any(part.startswith(("transformer", "unet")) for part in heavy)
