"""A session: the conversation, as cells, clicks and the command line hold it.

It binds a model, a session file and a place in the tree of turns, turns what is asked into requests and hands them to
the device's worker. It paints nothing and shows nothing itself; every view follows its events.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

from pochade.asking import complete
from pochade.choices import Choices, name_of
from pochade.conversation import Conversation
from pochade.engine.models import MINIATURE
from pochade.errors import Cancelled, StoreError
from pochade.jobs import Event, worker_for
from pochade.produce import produce
from pochade.provenance.stage import Signing, set_signing
from pochade.remedies import remedies_for
from pochade.settings import AS_SET, Settings, given
from pochade.store import default_folder
from pochade.store.keeping import Keeping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pochade.engine.families import Capabilities
    from pochade.engine.local import Engine
    from pochade.jobs import Job, Report
    from pochade.provenance.facts import Level
    from pochade.provenance.signer import Signer
    from pochade.request import Request, Task
    from pochade.store import Store
    from pochade.turn import Turn
    from pochade.widgets.studio import Studio

__all__ = ["Session", "open_already"]

_sessions: WeakValueDictionary[Path, Session] = WeakValueDictionary()  # by file: each has one session in a process


class Session(Conversation):
    """A conversation with one model, kept turn by turn in one file.

    Parameters
    ----------
    model : str, Path or None
        The folder of a diffusers model, a Hub repository "owner/name" or an alias such as "klein-4b". None is the
        packaged miniature, or the model of the file that is continued.
    path : str or Path, optional
        A session file to continue, or to make. Without it the session is new and is kept in the user's data folder,
        in a file that its first turn makes. A file that another session of this process has open is taken over from
        it; one that is open elsewhere can be looked at but not painted into.
    device : str, optional
        "cpu", "cuda" or "cuda:1". By default the CPU for the miniature, else "cuda" where there is one.
    dtype : str or torch.dtype, optional
        By default float32 on the CPU and bfloat16 elsewhere.
    memory : str
        How the model lies in memory: "auto" chooses by what is needed and what there is; "full", "model", "group",
        "fp8" or "quantised" force it. See `pochade.engine.memory`.
    compile : "auto", "regions" or "off"
        Whether the model's repeated blocks are compiled; "auto" does so on a graphics card where it will pay.
    attention : str
        "auto", "off", or the name of one of diffusers' attention backends.
    cache : str, optional
        A step cache that trades a little of the picture for speed, such as "taylorseer"; by default none.
    keep_stopped : bool
        Whether a turn that is stopped is kept too, with the pictures that were done by then or its last preview.
    provenance : "full", "minimal" or "off", optional
        What the Content Credentials of its pictures say: "minimal" leaves the words of prompts out, "off" signs
        nothing. By default as the file that is continued has it, else "full".
    signer : Signer, optional
        Who signs; by default this person's own keys, made on this machine at first use.

    Attributes
    ----------
    turns : Turns
        Every turn that was not deleted, oldest first.
    settings : Settings
        What requests are asked with where they do not say otherwise; kept in the file.

    Raises
    ------
    ModelError
        If there is no such model, device or dtype.
    RequestError
        If one of the other choices does not exist.
    StoreError
        If the file is not one of ours, is damaged or cannot be made.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        path: str | Path | None = None,
        device: str | None = None,
        dtype: object = None,
        memory: str = "auto",
        compile: str = "auto",  # noqa: A002 - what PyTorch calls it
        attention: str = "auto",
        cache: str | None = None,
        keep_stopped: bool = False,
        provenance: Level | None = None,
        signer: Signer | None = None,
    ) -> None:
        self._guard = threading.RLock()
        self._studio: Studio | None = None
        self._closed = False
        self._uses, self._used = itertools.count(1), 0  # of `use`: the next one's number, the last that won
        self._keep_stopped = keep_stopped
        self._signing = Signing.of(provenance, signer)
        self._choices = Choices.of(
            device=device, dtype=dtype, memory=memory, compile=compile, attention=attention, cache=cache
        )
        self._engine = None if model is None and path is not None else self._choices.engine(model)
        self._model = self._engine.model if self._engine is not None else MINIATURE
        super().__init__(Keeping(path))
        changed = partial(self._listeners.tell, Event("settings"))
        self.settings = Settings(lambda: self._keeping.store, self._check_open, changed)
        if (older := _sessions.get(self.path)) is not None:
            older._leave()  # noqa: SLF001 - one of us; its file stays open, for us and for its turns
        if path is not None:
            self._continue()
            store = self._keeping.opened(self._model)
            self._signing = Signing.of(provenance, signer, store.meta("provenance"))
            set_signing(store, self._signing)
            if store.writable and self.path.parent != default_folder():
                from pochade.provenance.index import remember  # few keep their sessions elsewhere

                remember(self.path)
        _sessions[self.path] = self

    def _continue(self) -> None:
        """Go on where the file says, with its model unless another was asked for."""
        store = self._keeping.opened(self._model)
        self._follow(store)
        if self._engine is None:
            self._model = store.meta("model") or MINIATURE
        elif store.writable:
            store.set_meta("model", self._model)
        self._place.recall(store)
        self.settings.recall(store, self._engine)

    @property
    def closed(self) -> bool:
        """Whether the session was closed, or its file taken over by a newer session of this process."""
        return self._closed

    @property
    def model(self) -> str:
        """The model: "miniature", a Hub repository or a folder."""
        return self._model

    @property
    def provenance(self) -> Level:
        """What the Content Credentials of its pictures say: "full", "minimal" or "off"."""
        return self._signing.level

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do: its sizes, defaults and limits. `ModelError` if the model is gone."""
        return self._running().capabilities

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in order."""
        return self._listeners.jobs

    # What is asked of it; the words for it are in `Conversation`, and where it stands in `Standing`.

    def submit(
        self,
        prompt: str | Request,
        *,
        task: Task | None = None,
        on_done: Callable[[Job], None] | None = None,
        keep_stopped: bool | None = None,
        **options: Any,
    ) -> Job:
        """Put a request in the queue and return at once.

        What is edited is settled now: a later change of `current` does not move a request that waits.

        Parameters
        ----------
        prompt : str or Request
            The words, or a complete request, which takes no other options.
        task : "generate" or "edit", optional
            By default what `say` would do.
        on_done : callable, optional
            Called with the job when it ends: on the worker's thread, or the one that stopped it before it was begun.
        keep_stopped : bool, optional
            As in `Session`, for this request alone. The error of a stopped job has the turn as its `turn`.
        **options
            Those of `generate` and `edit`.

        Returns
        -------
        Job
            ``job.result()`` waits, ``await job`` too, ``job.cancel()`` stops, ``job.move(0)`` puts it next in line.

        Raises
        ------
        RequestError, ModelError, StoreError, ReadOnlyError
            If it is clear already that it cannot be done.
        """
        engine, moves = self._running(), self._place.moves
        asked = partial(self.settings.for_request, engine=engine)
        request = complete(prompt, task, options, current=self.current, turns=self.turns, settings=asked)
        store = self._to_write()
        keep = self._keep_stopped if keep_stopped is None else keep_stopped
        parent, signing = self.turns[request.image_turn] if request.image_turn is not None else None, self._signing

        def work(report: Report) -> Turn:
            try:
                turn = produce(request, parent, engine, store, report, keep_stopped=keep, signing=signing)
            except Cancelled as stop:
                if stop.turn is not None:
                    self._place.stay(store)
                raise
            if self._place.arrive(turn.id, moves, store):
                self._listeners.tell(Event("current", turn=turn))
            return turn

        return worker_for(engine.device).submit(
            work,
            request=request,
            emit=self._listeners.tell,
            on_done=on_done,
            watched=self._listeners.watched,
            remedies=lambda error: remedies_for(error, request, engine.capabilities.size, engine.model),
            keep_preview=keep,
        )

    def use(
        self,
        model: str | Path | None = AS_SET,
        *,
        device: str | None = AS_SET,
        dtype: object = AS_SET,
        memory: str = AS_SET,
        compile: str = AS_SET,  # noqa: A002 - as in `Session`
        attention: str = AS_SET,
        cache: str | None = AS_SET,
    ) -> tuple[str, ...]:
        """Have later requests carried out by another model, or by this one in another way.

        What waits in the queue keeps what it was asked with. A model of the Hub is asked for its small files.

        Parameters
        ----------
        model, device, dtype, memory, compile, attention, cache
            As in `Session`. What is left out stays, but another model begins with a dtype, memory and cache of its own.

        Returns
        -------
        tuple of str
            Sentences about the settings that this model does not take, and that were dropped.

        Raises
        ------
        ModelError, RequestError
            If there is no such model, device or choice; everything is as it was.
        StoreError
            If the session is closed.
        """
        self._check_open()
        with self._guard:
            base, old, number = self._choices, self._model, self._used if model is AS_SET else next(self._uses)
        name = old if model is AS_SET else name_of(model)
        keywords = {"device": device, "dtype": dtype, "memory": memory}
        keywords |= {"compile": compile, "attention": attention, "cache": cache}
        choices = base.changed(given(keywords), other_model=name != old)
        engine = choices.engine(name)
        can = engine.capabilities  # this may take long, and a model that was asked for later be there sooner
        with self._guard:
            self._check_open()
            if number < self._used:
                return ()
            self._used, self._choices, self._engine, self._model = number, choices, engine, engine.model
            store = self._keeping.store
            if store is not None and store.writable:
                with suppress(StoreError):  # on a full disk it is used all the same, until the session is closed
                    store.set_meta("model", engine.model)
        said = self.settings.give_way(can)
        self._listeners.tell(Event("model", message=" ".join(said) or None))
        return said

    # What others see of it.

    def subscribe(
        self, listener: Callable[[Event], None], watching: Callable[[], bool] | None = None
    ) -> Callable[[], None]:
        """Have `listener` called with every event, on any thread; it must be quick. Returns what ends that.

        Where every `watching` says no, nobody looks: no previews are made, and a waiting cell tells its own progress.
        """
        return self._listeners.add(listener, watching)

    def studio(self, lang: str | None = None) -> Studio:
        """Return the session's Studio; there is one, however often it is shown.

        Parameters
        ----------
        lang : str, optional
            The language of its words: "en" or "zh", or "" for the browser's, which it is at first.
        """
        from pochade.widgets.studio import Studio

        with self._guard:
            if self._studio is None or self._studio.comm is None:  # somebody closed it, such as Widget.close_all()
                self._studio = Studio(self)
            if lang is not None:
                self._studio.lang = lang
            return self._studio

    def _ipython_display_(self) -> None:
        from pochade.jupyter.display import in_kernel, show

        if not in_kernel():
            raise NotImplementedError  # IPython then prints the repr
        show(self)

    def __repr__(self) -> str:
        if self._closed:
            return f"Session({self._model!r}, closed)"
        count = len(self)
        reading = "" if self.writable else ", read-only"
        return f"Session({self._model!r}, {count} turn{'' if count == 1 else 's'}{reading})"

    # Its end.

    def close(self) -> None:
        """Stop this session's work and let go of its file and model. Closing twice is no error."""
        try:
            self._leave()
        finally:
            if gone := self._keeping.close():
                from pochade.provenance.index import forget  # in few sessions something was deleted

                forget(self.path, gone)

    def _leave(self) -> None:
        """Stop work and say goodbye, but leave the file open."""
        with self._guard:
            already, self._closed = self._closed, True
        if already:
            return
        try:
            self._listeners.stop_jobs()
        finally:  # the wait may be interrupted
            if _sessions.get(self.path) is self:
                del _sessions[self.path]
            self._engine = None
            self._listeners.tell(Event("closed"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> Engine:
        with self._guard:
            self._check_open()
            if self._engine is None:
                self._engine = self._choices.engine(self._model)
            return self._engine

    def _to_write(self) -> Store:
        fresh, store = self._keeping.store is None, super()._to_write()
        if fresh:
            set_signing(store, self._signing)
        return store

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"This session is closed. Open it again with pochade.open({str(self.path)!r}).")


def open_already(path: Path) -> Session | None:
    """Return this process's session on a file (its resolved path), or None."""
    return _sessions.get(path)
