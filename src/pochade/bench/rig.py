"""A session on a model, and beside it the same weights as diffusers alone would have them.

It stands apart because this is what makes two halves of a pair alike: both run on the device's worker thread, start
from the same seed, are told the same keywords and give PIL pictures. What differs is pochade.
"""

from __future__ import annotations

import math
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pochade.bench.shaped import again, draw, drawn_like, write
from pochade.engine.calling import choose, keywords
from pochade.engine.painting import Painting
from pochade.errors import RequestError
from pochade.jobs import worker_for
from pochade.report import Report
from pochade.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from PIL import Image

    from pochade.engine.families import Capabilities
    from pochade.engine.local import Engine
    from pochade.engine.views import Views
    from pochade.turn import Turn

__all__ = ["Rig", "rig_on"]


class Rig:
    """What a comparison is made with.

    Parameters
    ----------
    session : Session
        A new one, whose model is loaded.
    views : Views
        Pipelines over the same weights that pochade has not touched.
    size : tuple of int
        Width and height of every picture.

    Attributes
    ----------
    session, size
        As given.
    steps : int
        How many steps every picture takes: the model's own number.
    """

    def __init__(self, session: Session, views: Views, size: tuple[int, int]) -> None:
        self.session = session
        self.size = size
        self.steps = session.capabilities.steps
        self._views = views
        self._engine = session._running()  # noqa: SLF001 - what is measured is inside

    @property
    def device(self) -> str:
        """Where pictures are painted."""
        return self._engine.device

    def at(self, size: tuple[int, int]) -> Rig:
        """Return the same rig for pictures of another size."""
        return Rig(self.session, self._views, size)

    def painting(self, prompt: str, seeds: Sequence[int], picture: Image.Image | None = None) -> Painting:
        """Say what `bare` and `engine` are to paint."""
        guidance = self.session.capabilities.guidance
        return Painting(prompt, self.size, tuple(seeds), self.steps, guidance, picture=picture)

    def bare(self, painting: Painting) -> tuple[float, list[Image.Image]]:
        """Call the pipeline as anybody would with diffusers alone; return seconds and pictures."""
        import torch

        from pochade.engine.noise import fp32_noise
        from pochade.engine.quiet import quiet

        _, view = choose(painting, self.session.capabilities)

        def call(_report: Report) -> tuple[float, list[Image.Image]]:
            pipeline = self._views.get(view)
            self._engine._loaded._applied.wait()  # noqa: SLF001 - what pochade does in advance must not disturb
            started = time.perf_counter()
            noise = [torch.Generator("cpu").manual_seed(seed) for seed in painting.seeds]
            several: dict[str, Any] = {"num_images_per_prompt": len(noise)} if len(noise) > 1 else {}
            several["generator"] = noise if len(noise) > 1 else noise[0]
            with quiet(), fp32_noise(pipeline):  # so that pictures can be compared in any precision
                pictures = pipeline(**keywords(painting, view, self.session.capabilities), **several).images
            return time.perf_counter() - started, list(pictures)

        return worker_for(self.device).call(call)

    def engine(self, painting: Painting) -> tuple[float, list[Image.Image]]:
        """Paint with pochade's engine alone, without the road to a kept turn; return seconds and pictures."""

        def call(report: Report) -> tuple[float, list[Image.Image]]:
            started = time.perf_counter()
            pictures = list(self._engine.paint(painting, report))
            return time.perf_counter() - started, pictures

        return worker_for(self.device).call(call)

    def generate(self, prompt: str, seed: int, n: int = 1) -> tuple[float, list[Image.Image]]:
        """Make pictures through the session; return seconds, until they are kept, and the pictures."""
        started = time.perf_counter()
        turn = self.session.generate(prompt, seed=seed, n=n, size=self.size, steps=self.steps)
        return time.perf_counter() - started, list(turn.images)

    def edit(self, prompt: str, seed: int) -> tuple[float, list[Image.Image]]:
        """Change the current picture through the session, taking the whole answer; return seconds and the picture."""
        started = time.perf_counter()
        turn = self.session.edit(prompt, seed=seed, steps=self.steps, keep="none")
        return time.perf_counter() - started, [turn.image]

    @property
    def current(self) -> Turn:
        """The turn that `edit` goes on from."""
        turn = self.session.current
        if turn is None:
            raise RuntimeError("Nothing was painted yet.")
        return turn


@contextmanager
def rig_on(
    model: str | Path | None = None,
    *,
    shape: str | None = None,
    size: tuple[int, int] | None = None,
    **choices: Any,
) -> Iterator[Rig]:
    """Load a model, and make untouched pipelines over the same weights.

    Parameters
    ----------
    model : str, Path or None
        The packaged miniature by default.
    shape : str, optional
        Instead of a model: the architecture of one with drawn weights, see `shapes.SHAPES`.
    size : tuple of int, optional
        Of every picture; by default the model's own.
    **choices
        ``device``, ``dtype``, ``compile``, ``attention`` and so on, as for `Session`.

    Raises
    ------
    ModelError
        If there is no such model or shape, or too little memory, saying what is needed.
    RequestError
        If the model cannot paint this size.
    """
    with tempfile.TemporaryDirectory() as folder:
        chosen = model if shape is None else write(shape, Path(folder, shape), _dtype(choices))
        with Session(chosen, **choices) as session:
            engine = session._running()  # noqa: SLF001 - what is measured is inside
            worker = worker_for(engine.device)
            worker.call(engine.load)
            parts = worker.call(lambda _report: engine.pipeline().components)
            if shape is not None:
                worker.call(lambda _report: draw(parts))
            views = worker.call(lambda _report: _untouched(engine, parts, drawn=shape is not None))
            yield Rig(session, views, _allowed(size, session.capabilities))


def _allowed(size: tuple[int, int] | None, model: Capabilities) -> tuple[int, int]:
    """Return a size that needs no work before or after the model's: the halves of a pair do the same."""
    rule = model.size
    if size is None:
        return rule.default
    if not (size[0] in rule.sides and size[1] in rule.sides and math.prod(size) <= rule.max_pixels):
        raise RequestError(f"{model.name} does not paint {size[0]}×{size[1]} by itself; it takes {rule.limit}.")
    return size


def _dtype(choices: dict[str, Any]) -> str:
    """Say what weights are made in where nobody says it, as the engine decides."""
    asked = choices.get("dtype")
    if asked is not None:
        return str(asked).removeprefix("torch.")
    return "bfloat16" if str(choices.get("device") or "cpu").startswith("cuda") else "float32"


def _untouched(engine: Engine, parts: Mapping[str, Any], *, drawn: bool) -> Views:
    """Make an engine's model once more, without levers, and let it use the engine's weights; on the worker's thread.

    The VAE's weights are copied, for pochade lays them out in another order; those of a text encoder's layers that
    pochade drops are only here.
    """
    import torch

    from pochade.engine.fetching import fetch
    from pochade.engine.loading import load
    from pochade.engine.memory import plan
    from pochade.engine.views import Views

    model = engine.capabilities
    folder = fetch(engine._place, weights=True, dtype=engine.dtype)  # noqa: SLF001 - the same files
    how = plan(folder, engine.device, engine.dtype, name=model.name, pixels=math.prod(model.size.default), asked="full")
    made = again(folder, parts) if drawn else load(folder, replace(how, device="cpu"), Report())
    for name, part in made.components.items():
        if not isinstance(part, torch.nn.Module):
            continue
        own = dict(parts[name].named_parameters())
        for path, weight in list(part.named_parameters()):
            theirs = own.get(path)
            if theirs is None:
                data = drawn_like(weight, engine) if drawn else weight.data.to(engine.device)
            else:
                data = theirs.data.clone(memory_format=torch.contiguous_format) if name == "vae" else theirs.data
            owner, _, last = path.rpartition(".")
            setattr(part.get_submodule(owner), last, torch.nn.Parameter(data, requires_grad=False))
        tie: Any = getattr(part, "tie_weights", None)
        if tie is not None:
            tie()
        part.to(engine.device)
        part.load_state_dict(dict(parts[name].named_buffers()), strict=False)
    return Views(made.components, made.settings, model.name, lambda _pipeline: None)
