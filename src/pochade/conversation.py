"""What a person asks of a session: `say`, `generate` and `edit`, each of which waits for its turn.

They stand apart from `session.py` because they are words only: every one of them is `submit` and a wait. Their keywords
are the attributes of a `Request`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from pochade.jobs import Job
    from pochade.request import Background, Keep, Margins, Options, Request, Task
    from pochade.turn import Turn

__all__ = ["Conversation"]


class Conversation(ABC):
    """The words of a session; `Session` knows how to carry them out."""

    @abstractmethod
    def submit(
        self,
        prompt: str | Request,
        *,
        task: Task | None = None,
        on_done: Callable[[Job], None] | None = None,
        **options: Any,
    ) -> Job:
        """Put a request in the queue and return at once."""

    def say(self, prompt: str, **options: Unpack[Options]) -> Turn:
        """Edit the current picture, or make one where there is none. Options are those of `generate` and `edit`."""
        return self.submit(prompt, **options).result()

    def generate(
        self,
        prompt: str,
        *,
        n: int = 1,
        size: tuple[int, int] | str | None = None,
        seed: int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        negative: str | None = None,
        background: Background = "auto",
        references: object = (),
    ) -> Turn:
        """Make a new picture from words.

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
        keep: Keep = "auto",
        changed: object = None,
        extend: Margins | str | None = None,
        n: int = 1,
        seed: int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        negative: str | None = None,
        strength: float | None = None,
        background: Background = "auto",
    ) -> Turn:
        """Change a picture by words.

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
