"""How a scene, an edit or a blend of the miniature's world is put into words, in whichever language is wanted.

Each has many wordings, terse to flowery; a seeded choice gives one. The first wording of each (`plain=True`) is the
clearest, which the evaluation and the examples use. Whatever the wording, it says all that makes one picture right and
another wrong: a prompt that leaves that open cannot be learnt from or measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chinese import Chinese
from .english import English

if TYPE_CHECKING:
    import random

    from pochade.miniature.edits import Edit
    from pochade.miniature.talks import Blend
    from pochade.miniature.world import Scene

    from .speech import Speaker

#: language → who speaks it
SPEAKERS: dict[str, type[Speaker]] = {"en": English, "zh": Chinese}


class Wording:
    """Puts the world into words.

    Parameters
    ----------
    rng : random.Random
        Chooses among the wordings.
    plain : bool
        Always the first wording, without flourishes.
    language : str
        ``"en"`` or ``"zh"``.

    Raises
    ------
    ValueError
        If the language is neither.
    """

    def __init__(self, rng: random.Random, *, plain: bool = False, language: str = "en") -> None:
        if language not in SPEAKERS:
            raise ValueError(f"The miniature has no words in {language!r}: give one of {', '.join(SPEAKERS)}.")
        self._speaker = SPEAKERS[language](rng, plain=plain)

    def scene(self, scene: Scene) -> str:
        """A whole prompt for a scene."""
        return self._speaker.ended(self._speaker.scene(scene))

    def edit(self, edit: Edit) -> str:
        """The instruction for an edit."""
        return self._speaker.ended(self._speaker.edit(edit))

    def blend(self, blend: Blend) -> str:
        """The instruction for a picture that is made from two others."""
        return self._speaker.ended(self._speaker.blend(blend))
