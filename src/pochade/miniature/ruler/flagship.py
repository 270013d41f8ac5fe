"""Rows of the conversation that people see first: a cat, its hat and its monocle, a game's scene, the game's interface.

It is the one that shows what pochade is for, so how often it comes out right is measured by itself, in every language
that is taught. Training is free to meet it (`world.SHOWN`): this is no row of what was held out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pochade.miniature import layouts
from pochade.miniature.edits import Edit
from pochade.miniature.talks import Talk
from pochade.miniature.words.wording import Wording
from pochade.miniature.world import Scene, Thing

from .changes import facts_of, scene_right, turn_right
from .report import LANGUAGES
from .row import Row

if TYPE_CHECKING:
    from pochade.miniature.reach import Reach

    from .asked import Bench

__all__ = ["flagship", "flagship_rows"]

_TURNS = ("cat", "hat", "monocle", "game scene", "interface")
_PROTOCOL = (
    "a cat on blue; a top hat; a monocle; pixel art; a health bar and a minimap: each on the model's own last picture, "
    "in many wordings; everything in the last picture is right"
)


def flagship(reach: Reach) -> Talk | None:
    """The conversation; None where a part of it is not taught."""
    cat = Thing("cat", None, *layouts.single((256, 256)))
    hatted, monocled = (replace(cat, worn=worn) for worn in (("top hat",), ("top hat", "monocle")))
    parts = "health bar", "minimap"
    wanted = {"cat": reach.names, "blue": reach.colours, "pixel art": reach.styles, "": reach.layouts}
    wanted |= dict.fromkeys(parts, reach.overlays) | dict.fromkeys(monocled.worn, reach.worn)
    wanted |= dict.fromkeys(("wear", "style", "overlay"), reach.edits)
    if not all(word in known for word, known in wanted.items()):
        return None
    plain = Scene("blue", (cat,))
    hat, monocle = replace(plain, things=(hatted,)), replace(plain, things=(monocled,))
    game = replace(monocle, style="pixel art")
    interface = replace(game, overlay=parts)
    return Talk(
        (plain, hat, monocle, game, interface),
        (
            Edit("wear", plain, hat, cat, "top hat"),
            Edit("wear", hat, monocle, hatted, "monocle"),
            Edit("style", monocle, game, None, "pixel art"),
            Edit("overlay", game, interface, None, "|".join(parts)),
        ),
    )


def flagship_rows(bench: Bench) -> list[Row]:
    """How often the last picture is right in all, in each language; and each turn by itself."""
    talk = flagship(bench.reach)
    rows = []
    for number, (language, spoken) in enumerate(LANGUAGES.items()):
        name = f"the first conversation, in {spoken}"
        if talk is None or language not in bench.reach.languages:
            rows.append(Row.untaught(name, _PROTOCOL))
            continue
        wording, held = Wording(bench.rng(name), language=language), bench.count("flagship")
        right, turns = 0, [0] * len(talk.scenes)
        for index in range(held):
            seed = 6_000_000 + 100_000 * number + 10 * index
            (picture,) = bench.painter([wording.scene(talk.scenes[0])], seed=seed)
            turns[0] += scene_right(bench, picture, talk.scenes[0])
            for turn, edit in enumerate(talk.edits, 1):
                (picture,) = bench.painter([wording.edit(edit)], [picture], seed=seed + turn)
                turns[turn] += turn_right(bench, picture, edit.before, edit.after, facts_of(bench, picture, edit.after))
            right += scene_right(bench, picture, talk.scenes[-1])
        remark = ", ".join(f"{name} {count / held:.0%}" for name, count in zip(_TURNS, turns, strict=True))
        rows.append(Row(name, right, held, _PROTOCOL, remark=remark))
    return rows
