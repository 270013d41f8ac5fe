"""What a person asks of a session: `say`, `generate`, `edit` and `again`, each of which waits for its turn.

They stand apart from `session.py` because they are words only: every one of them is `submit` and a wait. Their keywords
are the attributes of a `Request`; those that a session has settings for say `AS_SET` where they are left out.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Unpack

from pochade.again import once_more
from pochade.errors import RequestError
from pochade.hints import Hints, hints_for
from pochade.request import Request
from pochade.settings import AS_SET, given
from pochade.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.engine.local import Engine
    from pochade.jobs import Job
    from pochade.knobs import Background, Keep
    from pochade.remedies import Remedy
    from pochade.request import Margins, Options, Task
    from pochade.settings import Settings
    from pochade.turn import Turn

__all__ = ["Conversation"]


class Conversation(Standing):
    """The words of a session, wherever it stands; `Session` knows how to carry them out."""

    settings: Settings

    @abstractmethod
    def _running(self) -> Engine:
        """Return the engine that later requests are carried out by."""

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that later requests are carried out by."""

    @abstractmethod
    def submit(
        self,
        prompt: str | Request,
        *,
        task: Task | None = None,
        on_done: Callable[[Job], None] | None = None,
        keep_stopped: bool | None = None,
        **options: Any,
    ) -> Job:
        """Put a request in the queue and return at once."""

    @abstractmethod
    def use(self, *, memory: str = AS_SET) -> tuple[str, ...]:
        """Have later requests carried out in another way."""

    def say(self, prompt: str, **options: Unpack[Options]) -> Turn:
        """Edit the current picture, or make one where there is none. Options are those of `generate` and `edit`."""
        return self.submit(prompt, **options).result()

    def generate(
        self,
        prompt: str,
        *,
        n: int = AS_SET,
        size: tuple[int, int] | str | None = AS_SET,
        seed: int | None = AS_SET,
        steps: int | None = AS_SET,
        guidance: float | None = AS_SET,
        negative: str | None = AS_SET,
        background: Background = AS_SET,
        references: object = (),
    ) -> Turn:
        """Make a new picture from words. What is left out is as `Session.settings` has it.

        Parameters
        ----------
        prompt : str
            What to paint. References are "image 1", "image 2" and so on in it.
        n : int
            How many pictures, 1 to 16; picture k is painted from ``seed + k``. `Turn.pick` chooses one to go on from.
        size : (int, int) or str, optional
            Width and height in pixels, "640x480", a ratio such as "16:9", "square", "landscape" or "portrait", an area
            such as "1MP", or a shape and an area.
        seed : int, optional
            Same seed, same picture. Drawn, and recorded, when left out.
        steps : int, optional
            Denoising steps; by default the model's own number.
        guidance : float, optional
            How strictly the prompt is followed; by default the model's own value.
        negative : str, optional
            What should not be in the picture, for models that read it.
        background : "auto", "opaque" or "transparent"
            "transparent" leaves the ground out: the picture is RGBA.
        references : picture or sequence of pictures
            Pictures to go by, of any kind: PIL, array, tensor, path, bytes, figure or turn.

        Returns
        -------
        Turn
            The finished turn, which is now the current one.

        Raises
        ------
        RequestError
            If it cannot be carried out as asked; the message says what to ask instead.
        ReadOnlyError
            If the session can only be looked at.
        WouldBlockError
            On a thread that must not wait, such as a button's; use `submit` with ``on_done``.
        Cancelled
            If it was stopped, from a Studio or by code.
        """
        asked: dict[str, Any] = {"n": n, "size": size, "seed": seed, "steps": steps, "guidance": guidance}
        asked |= {"negative": negative, "background": background, "references": references}
        return self.submit(prompt, task="generate", **asked).result()

    def edit(
        self,
        prompt: str,
        *,
        image: object = None,
        mask: object = None,
        references: object = (),
        keep: Keep = AS_SET,
        changed: object = None,
        extend: Margins | str | None = None,
        n: int = AS_SET,
        seed: int | None = AS_SET,
        steps: int | None = AS_SET,
        guidance: float | None = AS_SET,
        negative: str | None = AS_SET,
        strength: float | None = AS_SET,
        background: Background = AS_SET,
    ) -> Turn:
        """Change a picture by words. What is left out is as `Session.settings` has it.

        Parameters
        ----------
        prompt : str
            What to change. The picture is "image 1" in it, references follow.
        image : picture, optional
            What to change it in: a turn or a picture of any kind. By default the current turn's.
        mask : mask, optional
            Where to change it; every byte outside stays. A picture as large as `image`, white where it may change, an
            array, a box ``(left, top, right, bottom)`` in pixels, ``{"ellipse": box}``, ``{"polygon": [(x, y), …]}``, a
            picture whose opacity is the mask, or a turn or canvas that has one.
        references : picture or sequence of pictures
            Pictures to go by.
        keep : "auto" or "none"
            Without a mask: "auto" lays the answer exactly on the picture, finds what truly changed (`Turn.changed`) and
            keeps the picture's own bytes elsewhere, unless nearly everything changed; "none" takes the whole answer.
        changed : mask, optional
            What to take for changed, where what was found was wrong.
        extend : (int, int, int, int) or str, optional
            Paint on beyond the edges: by so many pixels to the left, top, right and bottom, or until the picture has
            the shape ``"16:9"``. The picture's own pixels stay.
        n, seed, steps, guidance, negative, background
            As in `generate`.
        strength : float, optional
            For models that edit by adding noise: how much of the picture is painted anew, above 0 up to 1.

        Returns
        -------
        Turn
            The finished turn, of the picture's size. It raises what `generate` raises.
        """
        asked: dict[str, Any] = {"n": n, "seed": seed, "steps": steps, "guidance": guidance, "negative": negative}
        asked |= {"strength": strength, "background": background, "references": references}
        asked |= {"image": image, "mask": mask, "keep": keep, "changed": changed, "extend": extend}
        return self.submit(prompt, task="edit", **asked).result()

    def again(self, turn: Turn | str | Request, *, seed: int | None = AS_SET, **changes: Any) -> Turn:
        """Ask for a turn once more, as its record says it was asked; the same seed paints the same picture.

        Parameters
        ----------
        turn : Turn, str or Request
            The turn, its id, or a request such as ``job.request``. `Session.settings` have no say in it.
        seed : int, optional
            Another seed; None draws one. Left out, it is the same.
        **changes
            Options of `generate` or `edit` that are to be other ones, and ``prompt``.

        Returns
        -------
        Turn
            The finished turn, which is now the current one. It raises what `generate` raises.
        """
        return self.submit_again(turn, seed=seed, **changes).result()

    def submit_again(
        self,
        turn: Turn | str | Request,
        *,
        seed: int | None = AS_SET,
        on_done: Callable[[Job], None] | None = None,
        keep_stopped: bool | None = None,
        **changes: Any,
    ) -> Job:
        """Put what `again` asks for in the queue and return at once; the rest is as in `submit`."""
        what = turn if isinstance(turn, Request) else self.turns[self.turns.id_of(turn) or ""]
        request = once_more(what, {"seed": seed, **changes}, self.turns)
        return self.submit(request, on_done=on_done, keep_stopped=keep_stopped)

    def check(
        self,
        prompt: str,
        task: Task | None = None,
        *,
        references: int = 0,
        mask: bool = False,
        size: tuple[int, int] | str | None = AS_SET,
        negative: str | None = AS_SET,
        strength: float | None = AS_SET,
    ) -> Hints:
        """Say what the model does not know of a prompt, and what cannot be done; no weights are loaded for it.

        Parameters
        ----------
        prompt : str
            The words so far; they may be none.
        task : "generate" or "edit", optional
            By default what `say` would do.
        references : int
            How many references come with it.
        mask : bool
            Whether a mask does.
        size, negative, strength
            As in `generate` and `edit`; what is left out is as `settings` has it.

        Raises
        ------
        ModelError
            If the model is gone.
        """
        current = self.current
        task = task or ("generate" if current is None else "edit")
        engine, picture = self._running(), None if current is None else current.size
        values = self.settings.in_force(task, engine, references=references, mask=mask, picture=picture)
        values |= given({"size": size, "negative": negative, "strength": strength})
        return hints_for(prompt, task, engine.capabilities, values, references=references, mask=mask, picture=picture)

    def retry(self, job: Job, remedy: Remedy | None = None, *, on_done: Callable[[Job], None] | None = None) -> Job:
        """Put the request of a job in the queue once more.

        Parameters
        ----------
        job : Job
            One that has failed or was stopped.
        remedy : Remedy, optional
            One of ``job.remedies``: what is to be done in another way this time.
        on_done : callable, optional
            As in `submit`.

        Raises
        ------
        RequestError, ModelError, StoreError, ReadOnlyError
            If it is clear already that it cannot be done, or the remedy is another model's.
        """
        changes = dict(remedy.changes) if remedy is not None else {}
        if remedy is not None and remedy.model not in (None, self.model):
            raise RequestError(
                f"That is a way on for {remedy.model}, and {self.model} is in use now: retry the job without it."
            )
        if "memory" in changes:
            self.use(memory=changes.pop("memory"))
        return self.submit_again(job.request, on_done=on_done, **changes)
