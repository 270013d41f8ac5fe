"""Runs diffusers pipelines on this machine.

One engine holds one model in memory for every session that uses it. Loading and painting happen on the device's worker
thread and nowhere else; what can be told without the weights (`capabilities`) may be asked from anywhere. Every picture
has a generator of its own, on the CPU, so picture k of a request starts from the very noise that seed + k gives alone,
on every device and in every precision.
"""

from __future__ import annotations

import math
import re
import threading
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from PIL import Image

from pochade import __version__
from pochade.engine.calling import choose, keywords
from pochade.engine.families import Capabilities, capabilities_of
from pochade.engine.fetching import fetch
from pochade.engine.levers import Levers
from pochade.engine.loading import check_device, fingerprint
from pochade.engine.memory import check, lower, plan
from pochade.engine.models import MINIATURE, default_device, find_model
from pochade.engine.words import nearest, unknown_note, unknown_words
from pochade.errors import ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from pochade.engine.holding import Holding
    from pochade.engine.painting import Painting
    from pochade.engine.rows import Task, View
    from pochade.engine.running import Run
    from pochade.engine.watch import Watch
    from pochade.report import Report

PACKAGES = ("diffusers", "torch", "transformers")
DTYPES = ("float32", "bfloat16", "float16")


class Engine:
    """One model on one device.

    Parameters
    ----------
    model : str, Path or None
        A folder, a Hub repository or alias, or None for the packaged miniature.
    device : str
        "cpu", "cuda:0" and so on.
    dtype : str
        "float32", "bfloat16" or "float16".
    memory : str
        "auto", or one of `memory.LEVELS` to force how the model lies in memory.
    levers : Levers
        What makes painting faster; see `levers.chosen`.

    Attributes
    ----------
    model : str
        What turns record as their model: "miniature", the repository or the folder.
    device, dtype, memory, levers
        As given.

    Raises
    ------
    ModelError
        If there is no such model.
    """

    def __init__(
        self,
        model: str | Path | None,
        device: str,
        dtype: str,
        memory: str = "auto",
        levers: Levers = Levers(),  # noqa: B008 - it is frozen
    ) -> None:
        self._place = find_model(model)
        self.model = MINIATURE if model in (None, MINIATURE) else str(self._place)
        self.device = device
        self.dtype = dtype
        self.memory = memory
        self.levers = levers
        self._held: Holding | None = None
        self._versions: dict[str, str] = {}
        self._capabilities: Capabilities | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this model can do, from its small files alone (a Hub model's are fetched)."""
        if self._capabilities is None:  # no lock: threads that look at the same time find the same
            self._capabilities = capabilities_of(fetch(self._place, weights=False))
        return self._capabilities

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._held is not None

    @property
    def versions(self) -> dict[str, str]:
        """What a picture depends on: packages, precision, device, the weights' hash. Empty until they are loaded."""
        return dict(self._versions)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and bytes of the weight files; "" until they are loaded."""
        return self._versions.get("weights", "")

    def load(self, report: Report) -> None:
        """Bring the weights into memory; does nothing when they are. Worker thread only.

        Raises
        ------
        ModelError
            If a file is missing or damaged, a weight is missing, or the device is not there.
        Cancelled
            If a stop was asked; what was loaded is dropped again.
        """
        if self.loaded:
            return
        model = self.capabilities
        folder = fetch(self._place, weights=True, dtype=self.dtype, report=report)
        report.stage("loading")
        from pochade.engine.holding import Holding
        from pochade.engine.placing import free

        check_device(self.device)
        free(self.device)  # a model whose session was closed may lie in cycles that nobody has collected yet
        pixels = math.prod(model.size.default)
        how = plan(folder, self.device, self.dtype, name=model.name, pixels=pixels, asked=self.memory)
        if how.note:
            report.note(how.note)
        held = Holding(folder, model, how, self.levers, report)
        self._versions = {
            "pochade": __version__,
            **{package: version(package) for package in PACKAGES},
            "device": self.device,
            "dtype": self.dtype,
            "weights": fingerprint(folder, report),
        }
        self._held = held

    def expect(self, picture: Image.Image) -> None:
        """Say which picture is likely to be edited next, so that it can be read ahead. Worker thread only."""
        if self._held is not None:
            self._held.expect(picture)

    def pipeline(self, task: Task = "text") -> Any:
        """Return the diffusers pipeline that carries out a task. Worker thread only, after `load`.

        Raises
        ------
        RequestError
            If the model cannot do the task.
        """
        return self._loaded.pipeline(self.capabilities.check(task))

    def notes(self, prompt: str) -> list[str]:
        """Say what of a prompt this model will not take in: words it was not taught, an end it does not read.

        Worker thread only, after `load`.
        """
        model = self.capabilities
        notes = []
        unknown = unknown_words(prompt, model.vocabulary, model.near)
        if unknown:
            near = {word: nearest(word, model.vocabulary, model.lists, model.near) for word in unknown}
            notes.append(unknown_note(model.name, unknown, near))
        count, limit = self._tokens(prompt)
        if limit and count > limit:
            notes.append(f"The prompt is {count} tokens long and {model.name} reads {limit}: its end was cut.")
        return notes

    def facts(self, painting: Painting) -> dict[str, Any]:
        """Tell how a painting was carried out, as JSON for the turn's record. Worker thread only, after `paint`.

        Returns
        -------
        dict
            ``family``, ``pipeline``, ``scheduler`` (names), ``sigmas`` (noise levels from the first step to the end;
            ``timesteps`` instead for schedulers that count in those), ``dtype``, ``device``, ``memory`` (the level) and
            ``levers`` (what was in force).
        """
        from pochade.engine.watch import schedule

        _, view = choose(painting, self.capabilities)
        scheduler = self._loaded.pipeline(view).scheduler
        return {
            "family": self.capabilities.family.name,
            "pipeline": view.pipeline,
            "scheduler": type(scheduler).__name__,
            **schedule(scheduler),
            "dtype": self.dtype,
            "device": self.device,
            **self._loaded.facts(),
        }

    def paint(self, painting: Painting, report: Report) -> Iterator[Image.Image]:
        """Paint one picture for every seed, several in one call where the view and the memory allow it.

        Worker thread only. A picture that is painted beside others starts from the same noise as alone, but sums are
        taken in another order: of sixteen pictures of the miniature's, 19 of 786,432 values came out one level off.

        Parameters
        ----------
        painting : Painting
            What to paint.
        report : Report
            Where progress goes and a stop comes from.

        Yields
        ------
        PIL.Image.Image
            RGB pictures, or RGBA ones where the painting asks for transparency, of the painting's size, in the order
            of the seeds, each as soon as it is done.

        Raises
        ------
        RequestError
            If the model cannot do this; nothing was painted then.
        Cancelled
            Within one step of a stop; the engine can be used again.
        ModelError
            If the model's numbers become NaN or infinite, naming the step: never a black picture. If memory is too
            small, or the device fails.
        """
        _, view = choose(painting, self.capabilities)
        self.load(report)
        report.stage("painting")
        from pochade.engine.running import OutOfMemory

        holding = self._loaded
        rest, together, steps = list(painting.seeds), holding.together(painting, view), 0
        lowered = False
        while rest:
            watch = self._watch(painting, report, steps, calls=-(-len(rest) // together))
            try:
                pictures = self._run(painting, view).paint(rest[:together], watch)
            except OutOfMemory:
                pictures = []
            if not pictures:  # out here nothing of the call is held any more
                holding.free()
                lowered = self._with_less(painting, report, together, lowered=lowered)
                together = 1
                continue
            steps += watch.done
            del rest[: len(pictures)]
            for picture in pictures:
                yield self._fitted(picture, painting.size, report)

    @property
    def _loaded(self) -> Holding:
        if self._held is None:
            raise RuntimeError("The engine was used before `load`.")
        return self._held

    def _run(self, painting: Painting, view: View) -> Run:
        """Set one call up: the pipeline and everything that it is told."""
        from pochade.engine.running import Run

        return Run(
            holding=self._loaded,
            view=view,
            call=keywords(painting, view, self.capabilities),
            size=painting.size,
            steps=painting.steps,
            transparent=painting.transparent,
            name=self.capabilities.name,
            device=self.device,
            advice=self._advice,
        )

    def _watch(self, painting: Painting, report: Report, before: int, *, calls: int) -> Watch:
        """Say what happens at every step of a call, `before` steps having been done and so many calls being left."""
        from pochade.engine.watch import Watch

        if report.wants_preview():
            self._loaded.preview.prepare()  # not in the middle of the first step that somebody looks at

        def stepped(done: int, total: int) -> None:
            report.step(before + done, before + calls * total)

        def broken(done: int, total: int) -> str:
            return f"{self._broken} at step {done} of {total}. {self._advice}"

        def looked(guess: Tensor) -> None:
            report.preview(self._loaded.preview.draw(guess, painting.size))

        return Watch(stepped, broken, looked, report.wants_preview, report.check)

    def _with_less(self, painting: Painting, report: Report, together: int, *, lowered: bool) -> bool:
        """Say whether the model was taken a level down in this painting, after a call that did not fit in memory.

        Pictures that were painted together are tried one by one first, then the model goes down, once.
        """
        if together > 1:
            return lowered
        if not lowered and self._loaded.lower(report):
            return True
        raise OutOfMemoryError(
            f"{self.device} has not enough memory for a picture of {painting.size[0]}×{painting.size[1]} with "
            f"{self.capabilities.name}: ask for a smaller size or fewer references, or free memory there.",
            lower(self._loaded.plan),
        )

    def _fitted(self, picture: Image.Image, size: tuple[int, int], report: Report) -> Image.Image:
        """Bring a picture to its size where a pipeline chose another, and say so."""
        if picture.size == size:
            return picture
        report.note(
            f"{self.capabilities.name} painted {picture.width}×{picture.height}; that was resampled to "
            f"{size[0]}×{size[1]}."
        )
        return picture.resize(size, Image.Resampling.LANCZOS)

    def _tokens(self, prompt: str) -> tuple[int, int]:
        """Count a prompt's tokens and say how many are read; 0 where nobody knows.

        With several tokenizers the last one counts: the others, of CLIP, read only the beginning in any case.
        """
        components = self._loaded.components
        names = [name for name in ("tokenizer_3", "tokenizer_2", "tokenizer") if components.get(name) is not None]
        if not names:
            return 0, 0
        tokenizer = components[names[0]]
        tokenizer = getattr(tokenizer, "tokenizer", tokenizer)  # a processor holds one
        text = prompt
        if getattr(tokenizer, "chat_template", None):
            chat = [{"role": "user", "content": prompt}]
            with suppress(Exception):  # the model's own template; a count is not worth the picture
                text = tokenizer.apply_chat_template(
                    chat, tokenize=False, add_generation_prompt=True, enable_thinking=False
                )
        limit = self.capabilities.prompt_tokens or tokenizer.model_max_length
        return len(tokenizer(text)["input_ids"]), limit

    @property
    def _broken(self) -> str:
        return f"The numbers of {self.capabilities.name} became NaN or infinite"

    @property
    def _advice(self) -> str:
        remedy = 'dtype="float32", ' if self.dtype != "float32" else ""
        return f"No picture was made. Try {remedy}a lower guidance or another seed; damaged weights do this too."


_engines: WeakValueDictionary[tuple[Path | str, str, str, str, Levers], Engine] = WeakValueDictionary()
_lock = threading.Lock()


def engine_for(
    model: str | Path | None = None,
    device: str | None = None,
    dtype: object = None,
    memory: str = "auto",
    levers: Levers = Levers(),  # noqa: B008 - it is frozen
) -> Engine:
    """Return this process's engine for a model; it lives as long as somebody holds it.

    Parameters
    ----------
    model : str, Path or None
        See `Engine`.
    device : str or None
        None: the CPU for the miniature, else "cuda" where there is one.
    dtype : str, torch.dtype or None
        None: float32 on the CPU, where bfloat16 is slow, and bfloat16 elsewhere.
    memory, levers
        See `Engine`.

    Raises
    ------
    ModelError
        If there is no such model, device, dtype or way to lie in memory.
    """
    device = device or default_device(model)
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise ModelError(f'There is no device {device!r}. Use "cpu", "cuda" or "cuda:0".')
    name = str(dtype).removeprefix("torch.") if dtype is not None else "float32" if device == "cpu" else "bfloat16"
    if name not in DTYPES:
        raise ModelError(f"A model cannot be run in dtype={name!r}. Use one of {', '.join(DTYPES)}.")
    device = "cuda:0" if device == "cuda" else device
    check(memory, device)
    key = (find_model(model), device, name, memory, levers)
    with _lock:
        engine = _engines.get(key)
        if engine is None:
            engine = _engines[key] = Engine(model, device, name, memory, levers)
        return engine
