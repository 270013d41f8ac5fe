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
from pochade.settings import untaken
from pochade.widgets import protocol as p
from pochade.widgets.bound import Bound
from pochade.widgets.cards import model_name

if TYPE_CHECKING:
    from pochade.engine.catalogue import ModelInfo
    from pochade.session import Session
    from pochade.widgets.courier import Task

INDEX = "model_index.json"


class SettingsRoom(Bound):
    """Answers "tune", "adopt", "models" and "use"; the session's events bring the new values to every view."""

    def __init__(self, session: Session, name: str, **options: object) -> None:
        self._changes = 0  # of the model, on their way
        self._held: list[Task] = []
        super().__init__(session, name, **options)

    def _on_tune(self, message: p.Tune, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tune(message), seq=message.seq)

    def _on_adopt(self, message: p.Adopt, _buffers: list[bytes]) -> None:
        self.later(lambda: self._adopt(message), seq=message.seq)

    def _on_models(self, message: p.Models, _buffers: list[bytes]) -> None:
        self.later(lambda: self._tell_models(message.seq), seq=message.seq)

    def _on_use(self, message: p.Use, _buffers: list[bytes]) -> None:
        self.later(lambda: self._begin_use(message), seq=message.seq)

    def _tune(self, message: p.Tune) -> None:
        try:
            self._session.settings.update(**{message.name: message.value})
        except Exception:
            self._tell_tuned([])  # the view showed its value at once: take it back to what the session has
            raise

    def _adopt(self, message: p.Adopt) -> None:
        """Take a turn's settings without its seed: the next picture is a new one made in the same way.

        What the model does by itself stays unset, so that another model does what is its own; steps and guidance are
        never another model's.
        """
        turn, can = self._session[message.turn], self._session.capabilities
        kept = turn.settings
        dropped = untaken(kept, can)
        usual = {"steps": can.steps, "guidance": can.guidance, "size": can.size.default}
        strange = ("steps", "guidance") if turn.model != self._session.model else ()
        unset = {"seed", *dropped, *strange, *(name for name, value in usual.items() if kept.get(name) == value)}
        changes = {name: None if name in unset else value for name, value in kept.items() if name != "seed"}
        self._session.settings.update(**changes)
        if dropped:
            self.later(lambda: self._tell_tuned(list(dropped.values())))

    def settled(self, task: Task, seq: int) -> None:
        """Do something once no other model is on its way: what is asked for after a change is meant for that model.

        This and whatever else has to do with changes is done by the courier, so everything stays in its order.
        """
        if self._changes:
            self._held.append(self.telling(task, seq))
        else:
            task()

    def _begin_use(self, message: p.Use) -> None:
        # Another model's small files may come over the network; what is being painted is shown meanwhile.
        name = message.model.strip()
        use = self.telling(lambda: self._use(name), message.seq)
        self._changes += 1
        threading.Thread(target=use, name="pochade-use", daemon=True).start()

    def _end_use(self, notes: list[str]) -> None:
        self._changes -= 1
        held = []
        if not self._changes:
            held, self._held = self._held, []
        try:
            self._tell_tuned(notes)  # also where nothing changed: the view waits for an answer
        finally:
            for task in held:
                task()

    def _use(self, model: str) -> None:
        notes: list[str] = []
        try:
            notes = list(self._session.use(model))
        finally:
            self.later(lambda: self._end_use(notes))

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
