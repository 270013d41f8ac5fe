"""How scenes of the miniature's world are changed: one function a kind of edit.

An edit makes a new scene in which everything that it does not name is the same, to the pixel. That is what a model must
learn (leave the rest alone), and what the evaluation can therefore check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .vocabulary import FACES, HUES, NAMES, SHAPES, WORN, colourable
from .world import (
    PLACES,
    RELATIONS,
    SIDE,
    Scene,
    Thing,
    held_out,
    is_held_out,
    placed,
    sample,
    some_background,
    some_look,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass(frozen=True)
class Edit:
    """A change from one scene to another.

    Attributes
    ----------
    kind : str
        A key of `EDITS`.
    before, after : Scene
        Everything that the edit does not name is the same in both, to the pixel.
    target : Thing or None
        The thing that is named (after a replacement: the old one).
    argument : str
        What it becomes, gets, or where it goes: a name, colour, place or background.
    """

    kind: str
    before: Scene
    after: Scene
    target: Thing | None
    argument: str

    @property
    def held_out(self) -> bool:
        """Whether this combination of kind, target and argument is kept from training."""
        return self.kind != "background" and held_out(self.kind, self.target and self.target.name, self.argument)


def _swap(scene: Scene, old: Thing, new: Thing | None) -> Scene:
    things = tuple(new if thing is old else thing for thing in scene.things)
    return replace(scene, things=tuple(t for t in things if t is not None))


def _add(rng: random.Random, scene: Scene) -> Edit | None:
    taken = {thing.name for thing in scene.things}
    name = rng.choice([n for n in NAMES if n not in taken])
    if len(scene.things) >= 3:
        return None
    if len(scene.things) == 1 and rng.random() < 0.7:
        anchor = scene.things[0]
        relation = rng.choice(list(RELATIONS))
        dx, dy = RELATIONS[relation]
        room = {
            (-1, 0): anchor.box[0],
            (1, 0): SIDE - anchor.box[2],
            (0, -1): anchor.box[1],
            (0, 1): SIDE - anchor.box[3],
        }[dx, dy]
        if (anchor.worn and dy == -1) or room < 22:
            return None
        side = max(28, min(50, room))
        margin = side // 2 + 2
        x = min(max(anchor.x + dx * (anchor.side + side) // 2, margin), SIDE - margin)
        y = min(max(anchor.y + dy * (anchor.side + side) // 2, margin), SIDE - margin)
        new = replace(placed(rng, scene.background, name, 0, 0, 0), x=x, y=y, side=side)
        return Edit("add", scene, replace(scene, things=(*scene.things, new)), anchor, f"{relation}|{name}")
    place = rng.choice(list(PLACES)[5:])
    x, y = PLACES[place]
    x, y, side = (20 if x < 64 else 108), (20 if y < 64 else 108), 34
    if any(abs(t.x - x) < (t.side + side) // 2 - 6 and abs(t.y - y) < (t.side + side) // 2 - 6 for t in scene.things):
        return None
    new = replace(placed(rng, scene.background, name, 0, 0, 0), x=x, y=y, side=side, worn=())
    return Edit("add", scene, replace(scene, things=(*scene.things, new)), None, f"{place}|{name}")


def _remove(rng: random.Random, scene: Scene) -> Edit | None:
    if len(scene.things) < 2:
        return None
    target = rng.choice(scene.things)
    return Edit("remove", scene, _swap(scene, target, None), target, "")


def _recolour(rng: random.Random, scene: Scene) -> Edit | None:
    targets = [t for t in scene.things if colourable(t.name)]
    if not targets:
        return None
    target = rng.choice(targets)
    colour = rng.choice([c for c in HUES if c not in (target.colour, scene.background)])
    return Edit("recolour", scene, _swap(scene, target, replace(target, colour=colour)), target, colour)


def _background(rng: random.Random, scene: Scene) -> Edit | None:
    background = some_background(rng)
    if background == scene.background or any(t.colour == background for t in scene.things):
        return None
    return Edit("background", scene, replace(scene, background=background), None, background)


def _move(rng: random.Random, scene: Scene) -> Edit | None:
    if len(scene.things) > 1 or scene.things[0].side > 84:
        return None
    target = scene.things[0]
    place = rng.choice(list(PLACES))
    half = target.side // 2 + 2
    x, y = (min(max(v, half), SIDE - half) for v in PLACES[place])
    if abs(x - target.x) + abs(y - target.y) < 16:
        return None
    return Edit("move", scene, _swap(scene, target, replace(target, x=x, y=y)), target, place)


def _replace(rng: random.Random, scene: Scene) -> Edit | None:
    target = rng.choice(scene.things)
    taken = {thing.name for thing in scene.things}
    name = rng.choice([n for n in NAMES if n not in taken])
    colour, _ = some_look(rng, name, scene.background) if name in SHAPES else (None, ())
    return Edit(
        "replace", scene, _swap(scene, target, replace(target, name=name, colour=colour, worn=())), target, name
    )


def _resize(rng: random.Random, scene: Scene) -> Edit | None:
    if len(scene.things) > 1:
        return None
    target = scene.things[0]
    word = rng.choice(("bigger", "smaller"))
    side = round(target.side * (1.4 if word == "bigger" else 0.65))
    if not 30 <= side <= 112:
        return None
    half = side // 2
    x, y = min(max(target.x, half), SIDE - half), min(max(target.y, half), SIDE - half)
    return Edit("resize", scene, _swap(scene, target, replace(target, side=side, x=x, y=y)), target, word)


def _wear(rng: random.Random, scene: Scene) -> Edit | None:
    targets = [t for t in scene.things if t.name in FACES and len(t.worn) < 2]
    if not targets:
        return None
    target = rng.choice(targets)
    hats = [w.name for w in WORN if w.name != "glasses"]
    item = rng.choice(
        ["glasses"] if any(h in target.worn for h in hats) else hats if target.worn else [*hats, "glasses"]
    )
    worn = tuple(sorted((*target.worn, item), key=lambda w: w == "glasses"))
    return Edit("wear", scene, _swap(scene, target, replace(target, worn=worn)), target, item)


def _take_off(rng: random.Random, scene: Scene) -> Edit | None:
    targets = [t for t in scene.things if t.worn]
    if not targets:
        return None
    target = rng.choice(targets)
    item = rng.choice(target.worn)
    worn = tuple(w for w in target.worn if w != item)
    return Edit("take off", scene, _swap(scene, target, replace(target, worn=worn)), target, item)


#: kind of edit → a function that makes one on a scene, or None where the scene gives no occasion
EDITS: dict[str, Callable[[random.Random, Scene], Edit | None]] = {
    "add": _add,
    "remove": _remove,
    "recolour": _recolour,
    "background": _background,
    "move": _move,
    "replace": _replace,
    "resize": _resize,
    "wear": _wear,
    "take off": _take_off,
}


def sample_edit(rng: random.Random, kind: str | None = None, *, wanted: bool = False) -> Edit:
    """Invent a scene and one change to it.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.
    kind : str, optional
        A key of `EDITS`; None draws one.
    wanted : bool
        Whether the combination is to be one that is held out of training (True: measuring) or not (False: training).
    """
    chosen = kind or rng.choices(list(EDITS), (3, 1.5, 2, 2, 2, 2.5, 1, 2, 0.8))[0]
    while True:
        edit = EDITS[chosen](rng, sample(rng))
        if edit and (edit.held_out or is_held_out(edit.before) or is_held_out(edit.after)) == wanted:
            return edit
