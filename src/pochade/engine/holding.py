"""A model in memory: its components, the pipelines over them, and how all of it lies there.

It stands apart from `local.py`, which carries out paintings, because what is held can change under it: when memory runs
out, the components are taken one level down and everything around them is arranged anew. Worker thread only.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pochade.engine.claims import claim
from pochade.engine.latents import LAYOUTS
from pochade.engine.levers import apply
from pochade.engine.loading import load
from pochade.engine.memory import at_once, need, there_is
from pochade.engine.placing import arrange, free, lower, rest
from pochade.engine.preview import Preview
from pochade.engine.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from PIL import Image

    from pochade.engine.claims import Claim
    from pochade.engine.families import Capabilities
    from pochade.engine.levers import Applied, Levers
    from pochade.engine.memory import Plan
    from pochade.engine.painting import Painting
    from pochade.engine.rows import View
    from pochade.report import Report

__all__ = ["CPU_PIXELS", "TOGETHER", "Holding"]

TOGETHER = 4
"""At most so many pictures are painted in one call of a pipeline."""
CPU_PIXELS = 2_000_000
"""How many pixels one call paints on the CPU, all pictures together."""


class Holding:
    """One model in memory.

    Parameters
    ----------
    folder : Path
        What `save_pretrained` wrote or the Hub gave.
    model : Capabilities
        What the model can do.
    plan : Plan
        How it is to lie in memory.
    levers : Levers
        What makes painting faster.
    report : Report
        Told of every component that is loaded; a stop takes effect between two.

    Attributes
    ----------
    plan : Plan
        How it lies in memory now.
    preview : Preview
        The cheap decoder of its VAE.

    Raises
    ------
    ModelError
        If a file is missing or damaged, a weight is missing, or the components do not fit together.
    Cancelled
        If a stop was asked; what was loaded is dropped again.
    """

    def __init__(self, folder: Path, model: Capabilities, plan: Plan, levers: Levers, report: Report) -> None:
        loaded = load(folder, plan, report)
        self.plan = plan
        self._levers = levers
        self._prompt_layers = model.prompt_layers
        self._applied = self._apply(loaded.components)
        self._views = Views(loaded.components, loaded.settings, model.name, self._adopt)
        self.pipeline(model.family.views[0])  # parts that do not fit together are told now, not at the first picture
        self.preview = Preview(loaded.components["vae"], LAYOUTS[model.family.layout], model.factor)
        arrange(self.components, plan)
        self._need = need(folder, plan.dtype, pixels=math.prod(model.size.default))
        self._name = model.name
        self._claim = self._claimed()

    @property
    def components(self) -> dict[str, Any]:
        """Component name → model, tokenizer, processor or scheduler; None where an optional one is left out."""
        return self._views.components

    def pipeline(self, view: View) -> Any:
        """Return the pipeline of a view."""
        return self._views.get(view)

    def together(self, painting: Painting, view: View) -> int:
        """Say how many pictures of a painting to paint in one call, at least one."""
        count = min(len(painting.seeds), TOGETHER)
        pixels = math.prod(painting.size)
        if count == 1 or not view.batch or self.plan.waiting:
            return 1
        if self.plan.device == "cpu":
            return max(1, min(count, CPU_PIXELS // pixels))
        others = len(painting.references) + (painting.picture is not None)
        return at_once(self._need, there_is(self.plan.device).free, count, pixels, others)

    @contextmanager
    def working(self, pipeline: Any, *, size: tuple[int, int], pictures: int, steps: int) -> Iterator[None]:
        """Do one call of a pipeline inside, however it ends: so many pictures of a size, in so many steps."""
        try:
            with self._applied.call(pipeline, size=size, pictures=pictures, steps=steps):
                yield
        finally:
            rest(self.components)

    def expect(self, picture: Image.Image) -> None:
        """Say which picture is likely to be edited next; see `levers.Applied.expect`."""
        self._applied.expect(picture)

    def free(self) -> None:
        """Give memory back that nobody holds any more."""
        free(self.plan.device)

    def lower(self, report: Report) -> bool:
        """Go one level down after memory ran out, and let the turn say so; False if there is none below."""
        self._applied.release()
        plan = lower(self.components, self.plan)
        self.plan = plan or self.plan
        self._applied = self._apply(self.components)
        for pipeline in self._views:
            self._adopt(pipeline)
        if plan is not None:
            report.note(plan.sentence)
            if self._claim is not None:
                self._claim.drop()
            self._claim = self._claimed()
        return plan is not None

    def _claimed(self) -> Claim | None:
        """Tell other processes what is held of a card."""
        return None if self.plan.device == "cpu" else claim(self.plan.device, self._name, self.plan.size)

    def facts(self) -> dict[str, Any]:
        """Tell how the model lies in memory and what makes it fast, as JSON for a turn's record."""
        return {"memory": self.plan.level, "levers": self._applied.facts()}

    def _adopt(self, pipeline: Any) -> None:
        self._applied.adopt(pipeline)

    def _apply(self, components: Mapping[str, Any]) -> Applied:
        return apply(
            components, self._levers, self.plan.device, level=self.plan.level, prompt_layers=self._prompt_layers
        )
