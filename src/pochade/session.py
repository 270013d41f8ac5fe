"""A session: the conversation, as cells, clicks and the command line hold it.

It binds a model, a session file and a place in the tree of turns, turns what is asked into requests and hands them to
the device's worker. It paints nothing and shows nothing itself; every view follows its events.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Self, overload
from weakref import WeakMethod, WeakValueDictionary

from pochade.asking import complete
from pochade.conversation import Conversation
from pochade.engine.levers import chosen
from pochade.engine.local import engine_for
from pochade.engine.models import MINIATURE
from pochade.errors import Cancelled, StoreError
from pochade.jobs import Event, worker_for
from pochade.keeping import Keeping
from pochade.listeners import Listeners
from pochade.place import Place
from pochade.produce import produce
from pochade.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pochade.engine.families import Capabilities
    from pochade.engine.local import Engine
    from pochade.jobs import Job, Report
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

    Attributes
    ----------
    turns : Turns
        Every turn, oldest first.

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
    ) -> None:
        self._guard = threading.RLock()
        self._listeners = Listeners()
        self._studio: Studio | None = None
        self._closed = False
        self._keep_stopped = keep_stopped
        levers = chosen(compile=compile, attention=attention, cache=cache)
        self._engine_for = partial(engine_for, device=device, dtype=dtype, memory=memory, levers=levers)
        self._engine = None if model is None and path is not None else self._engine_for(model)
        self._model = self._engine.model if self._engine is not None else MINIATURE
        self._place = Place()
        self._keeping = Keeping(path)
        self.turns = Turns(lambda: self._keeping.store)
        if (older := _sessions.get(self.path)) is not None:
            older._leave()  # noqa: SLF001 - one of us; its file stays open, for us and for its turns
        if path is not None:
            self._continue()
        _sessions[self.path] = self

    def _continue(self) -> None:
        """Go on where the file says, with its model unless another was asked for."""
        store = self._keeping.opened(self._model)
        store.on_pick = WeakMethod(self._picked)
        if self._engine is None:
            self._model = store.meta("model") or MINIATURE
        elif store.writable:
            store.set_meta("model", self._model)
        self._place.recall(store)

    @property
    def path(self) -> Path:
        """The session file. A new session's is made by its first turn."""
        return self._keeping.path

    @property
    def writable(self) -> bool:
        """Whether new turns can be kept."""
        store = self._keeping.store
        return not self._closed and (store is None or store.writable)

    @property
    def holder(self) -> str | None:
        """Who else is writing the file; None where nobody is."""
        store = self._keeping.store
        return store.holder if store is not None else None

    @property
    def closed(self) -> bool:
        """Whether the session was closed, or its file taken over by a newer session of this process."""
        return self._closed

    @property
    def model(self) -> str:
        """The model: "miniature", a Hub repository or a folder."""
        return self._model

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do: its sizes, defaults and limits. `ModelError` if the model is gone."""
        return self._running().capabilities

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that wait or run, in order."""
        return self._listeners.jobs

    # What is asked of it; the words for it are in `Conversation`.

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
            Called with the job when it ends, on the worker thread.
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
        request = complete(prompt, task, options, current=self.current, turns=self.turns)
        store = self._keeping.writing(self._model)
        store.on_pick = WeakMethod(self._picked)
        keep = self._keep_stopped if keep_stopped is None else keep_stopped
        parent = self.turns[request.image_turn] if request.image_turn is not None else None

        def work(report: Report) -> Turn:
            try:
                turn = produce(request, parent, engine, store, report, keep_stopped=keep)
            except Cancelled as stop:
                if stop.turn is not None:
                    self._place.stay(store)
                raise
            if self._place.arrive(turn.id, moves, store):
                self._listeners.tell(Event("current", turn=turn))
            return turn

        worker, told = worker_for(engine.device), self._listeners
        return worker.submit(
            work, request=request, emit=told.tell, on_done=on_done, watched=told.watched, keep_preview=keep
        )

    # Where the conversation stands.

    @property
    def current(self) -> Turn | None:
        """The turn that `say` and `edit` go on from. Set it to a turn, an id or None to go on from there."""
        name = self._place.current
        return self.turns[name] if name is not None else None

    @current.setter
    def current(self, turn: Turn | str | None) -> None:
        self._go(lambda store: self._place.go(self.turns.id_of(turn), store))

    def _picked(self, turn: str) -> None:
        if not self._closed:
            self.current = turn

    def new(self) -> None:
        """Begin afresh: the next `say` makes a picture. Every turn stays."""
        self.current = None

    def undo(self) -> Turn | None:
        """Go back to what the current turn was made from, and return it; None before the first. Every turn stays."""
        self._check_open()
        left, store = self.current, self._keeping.store
        if left is not None and store is not None and store.writable and left.parent is not None:
            made_from = left.record.image_index
            if left.record.image_turn == left.parent.id and left.parent.picked != made_from:
                store.set_picked(left.parent.id, made_from, tell=False)  # it is told with the move
        return self._go(self._place.back)

    def redo(self) -> Turn | None:
        """Take back the last `undo`, and return the current turn."""
        return self._go(self._place.forward)

    def _go(self, move: Callable[[Store | None], None]) -> Turn | None:
        self._check_open()
        move(self._keeping.store)
        current = self.current
        self._listeners.tell(Event("current", turn=current))
        return current

    # What others see of it.

    def subscribe(
        self, listener: Callable[[Event], None], watching: Callable[[], bool] | None = None
    ) -> Callable[[], None]:
        """Have `listener` called with every event, on any thread; it must be quick. Returns what ends that.

        Where every `watching` says no, nobody looks: no previews are made, and a waiting cell tells its own progress.
        """
        return self._listeners.add(listener, watching)

    def studio(self) -> Studio:
        """Return the session's Studio; there is one, however often it is shown."""
        from pochade.widgets.studio import Studio

        with self._guard:
            if self._studio is None:
                self._studio = Studio(self)
            return self._studio

    def _ipython_display_(self) -> None:
        from pochade.jupyter.display import in_kernel, show

        if not in_kernel():
            raise NotImplementedError  # IPython then prints the repr
        show(self)

    def __len__(self) -> int:
        return len(self.turns)

    @overload
    def __getitem__(self, which: int | str) -> Turn: ...
    @overload
    def __getitem__(self, which: slice) -> tuple[Turn, ...]: ...
    def __getitem__(self, which: int | str | slice) -> Turn | tuple[Turn, ...]:
        return self.turns[which]

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __bool__(self) -> bool:
        return True  # an empty session is still a session

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
            self._keeping.close()

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
                self._engine = self._engine_for(self._model)
            return self._engine

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"This session is closed. Open it again with pochade.open({str(self.path)!r}).")


def open_already(path: Path) -> Session | None:
    """Return this process's session on a file (its resolved path), or None."""
    return _sessions.get(path)
