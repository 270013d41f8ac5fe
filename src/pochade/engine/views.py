"""Several pipelines over one copy of the weights.

diffusers has one class for painting from words, another for changing a picture and a third for filling a mask; all of
them are thin code around the same components. A view is such a pipeline, made the first time it is needed. diffusers'
own `from_pipe` is not used: it casts shared bfloat16 weights to float32 (diffusers 0.42.1).
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pochade.engine.quiet import quiet
from pochade.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pochade.engine.rows import View

__all__ = ["Views"]


class Views:
    """The pipelines of one model.

    Parameters
    ----------
    components : mapping
        Component name → the loaded model, tokenizer, processor or scheduler.
    settings : mapping
        What the folder's index says besides its components; a view's own `init` comes on top.
    name : str
        What the model is called, for errors.
    made : callable
        Given every pipeline once, before its first call.
    """

    def __init__(
        self, components: Mapping[str, Any], settings: Mapping[str, Any], name: str, made: Callable[[Any], None]
    ) -> None:
        self.components = dict(components)
        self._settings = dict(settings)
        self._name = name
        self._tell = made
        self._made: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Any]:
        """Go through the pipelines that were made so far."""
        return iter(self._made.values())

    def get(self, view: View) -> Any:
        """Return the pipeline of a view: one for every class, with a scheduler of its own.

        Raises
        ------
        ModelError
            If this diffusers has no such class, or the components do not fit it.
        """
        if view.pipeline not in self._made:
            with quiet():
                pipeline = self._make(view)
            self._tell(pipeline)
            self._made[view.pipeline] = pipeline
        return self._made[view.pipeline]

    def _make(self, view: View) -> Any:
        cls = getattr(import_module("diffusers"), view.pipeline, None)
        if cls is None:
            raise ModelError(f"{self._name} needs diffusers.{view.pipeline}; this diffusers has none. Upgrade it.")
        takes = inspect.signature(cls.__init__).parameters
        given = {part: component for part, component in self.components.items() if part in takes}
        if "scheduler" in given:  # schedulers count steps: two views must not share one
            scheduler = given["scheduler"]
            given["scheduler"] = type(scheduler).from_config(scheduler.config)
        given.update({part: None for part in cls._optional_components if part in takes and part not in given})
        settings = {key: value for key, value in {**self._settings, **view.init}.items() if key in takes}
        try:
            pipeline = cls(**given, **settings)
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"The parts of {self._name} do not fit together in {view.pipeline}: {error}. Copy or download the "
                f"model again."
            ) from error
        pipeline.set_progress_bar_config(disable=True)
        return pipeline
