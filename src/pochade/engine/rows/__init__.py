"""What a row of the table of models is made of; the modules beside this one hold nothing but rows.

Families of models differ in words and numbers, not in code. A row writes those down, so that adding a model is adding
data; whatever acts on rows (`families`, `calling`, `views`, `latents`) knows no family by name. It stands apart from
`families` because rows are read before the table that they make up exists.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pochade.sizes import SizeRule

__all__ = ["TASKS", "WORDS", "Family", "Task", "View", "words"]

Task = Literal["text", "edit", "mask"]
TASKS: tuple[Task, ...] = ("text", "edit", "mask")
"""What can be asked of a model: a picture from words, a changed picture, a picture changed inside a mask."""

WORDS = frozenset(
    {
        "prompt",
        "negative",
        "width",
        "height",
        "steps",
        "guidance",
        "strength",
        "picture",
        "mask",
        "references",
        "prompt_tokens",
        "prompt_layers",
        "area",
        "side",
    }
)
"""Every word that pochade may say to a pipeline; see `View.words`."""


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class View:
    """One diffusers pipeline class, as pochade calls it.

    Attributes
    ----------
    pipeline : str
        Name of the class in diffusers.
    words : mapping
        pochade's word → the keyword of the pipeline's call. A word that is missing cannot be said to this pipeline:
        what it would change is refused, or left out where that is harmless (`width`, `height`, `prompt_tokens`).
        `picture` and `references` with one keyword between them make one list, the picture first; `picture` with a
        keyword of its own is passed bare, `references` always as a list. `area` is width × height in pixels and
        `side` the rounded side of the square of that area, for pipelines that otherwise choose a size themselves.
    fixed : mapping
        Keywords passed with every call; what a request says comes on top.
    also : mapping
        Word → keywords that go with it whenever it is said; `transparent` counts as a word here.
    references : int
        How many pictures one call takes besides the edited one.
    batch : bool
        Whether `num_images_per_prompt=n` with n generators paints n pictures of which each is the one that its
        generator gives alone.
    parts : tuple of str
        Components without which the view cannot be made and that not every folder of the family has.
    init : mapping
        Keywords of the class besides its components, where the folder's index must not decide.
    layers : bool
        Whether each answer is a stack of RGBA layers, the lowest first; pochade lays them on each other, and leaves the
        lowest, the background, away where transparency is asked for.
    ambient : bool
        Whether the pipeline draws from PyTorch's process-wide generators too: they are seeded for the call and put
        back after it.
    held : tuple of int
        Areas in pixels at which the pipeline would work by itself, and is held to the painting's size instead; see
        `sizing`.
    max_pixels : int or None
        The area above which the pipeline shrinks the picture that it is given, and paints no larger one.
    """

    pipeline: str
    words: Mapping[str, str]
    fixed: Mapping[str, Any] = field(default_factory=_nothing)
    also: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing)
    references: int = 0
    batch: bool = True
    parts: tuple[str, ...] = ()
    init: Mapping[str, Any] = field(default_factory=_nothing)
    layers: bool = False
    ambient: bool = False
    held: tuple[int, ...] = ()
    max_pixels: int | None = None


@dataclass(frozen=True)
class Family:
    """One kind of model: every pipeline that its folders can be used with, and the numbers they are used with.

    Attributes
    ----------
    name : str
        As people say it.
    text, edit, mask : View or None
        How it paints from words, changes a whole picture, and changes one inside a mask; None where it cannot.
    by : str
        How `edit` works: "instruction", told what to change; or "strength", noise is added to the picture and removed
        again, so the prompt must describe the whole result.
    layout : str
        How latents lie in memory: a name of `latents.LAYOUTS`.
    patch : int
        Side of the square of latent pixels that becomes one token; 1 where there are no tokens.
    steps, guidance : int, float
        What the family's full models are called with when nobody says otherwise.
    distilled_steps, distilled_guidance : int, float
        The same for distilled models: those whose index says `is_distilled`, whose scheduler says what
        `distilled_by` does, or that are called so.
    prompt_tokens : int or None
        How many tokens of a prompt are read; None where the call has no such knob.
    size : SizeRule
        Sizes in pixels. Its multiple is replaced by the VAE's factor times `patch`, unless `multiple` is given.
    indexes : tuple of str
        Class names in model_index.json whose folders are of this family, besides those of its views. A name given here
        wins over a view of another family.
    transparent : bool
        Whether it paints RGBA by itself.
    transparent_prompt : str or None
        How the prompt asks for transparency, with "{}" for the prompt itself; None where words make no difference.
    kv : bool
        Whether its pipeline keeps the references' keys and values from step to step by itself.
    multiple : int or None
        Every side is a multiple of this many pixels, where it is not what VAE and patch say.
    vae_factor : int or None
        Pixels per latent pixel, where vae/config.json does not tell.
    sample : str or None
        The component whose configuration has a `sample_size`: the side, in latent pixels, of the square that the
        weights were trained on. It takes the place of the default size.
    distilled_by : mapping
        Settings of the scheduler that the family's distilled models have and its others have not.
    """

    name: str
    text: View | None
    edit: View | None
    mask: View | None
    by: Literal["instruction", "strength"]
    layout: str
    patch: int
    steps: int
    guidance: float
    distilled_steps: int
    distilled_guidance: float
    prompt_tokens: int | None
    size: SizeRule
    indexes: tuple[str, ...] = ()
    transparent: bool = False
    transparent_prompt: str | None = None
    kv: bool = False
    multiple: int | None = None
    vae_factor: int | None = None
    sample: str | None = None
    distilled_by: Mapping[str, Any] = field(default_factory=_nothing)

    def view(self, task: Task) -> View | None:
        """Return the view that carries out a task, or None."""
        return {"text": self.text, "edit": self.edit, "mask": self.mask}[task]

    @property
    def views(self) -> tuple[View, ...]:
        """The views that there are, in the order text, edit, mask."""
        return tuple(view for view in (self.text, self.edit, self.mask) if view is not None)


def words(**more: str | None) -> Mapping[str, str]:
    """Spell a view's words: what nearly every pipeline calls the same, and `more`; None takes a word away."""
    usual = {
        "prompt": "prompt",
        "width": "width",
        "height": "height",
        "steps": "num_inference_steps",
        "guidance": "guidance_scale",
    }
    said = {**usual, **more}
    return MappingProxyType({word: keyword for word, keyword in said.items() if keyword is not None})
