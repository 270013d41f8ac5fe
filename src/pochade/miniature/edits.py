"""How scenes of the miniature's world are changed: one function a kind of edit.

An edit makes a new scene in which everything that it does not name is the same, to the pixel. That is what a model must
learn (leave the rest alone), and what the evaluation can therefore check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import layouts, looks, world
from .layouts import PLACES, RELATIONS, even
from .reach import EDITS as KINDS
from .wordbook import FACES, HANZI_FONT, SHAPES, colourable
from .world import FULL, Scene, Thing, apart, held_out, hidden, inside, is_held_out, legible, relations, roomy, within

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from .world import Reach

#: styles that keep colours: in others "make it red" could not be seen
COLOURFUL = frozenset({"", "flat", "pixel art", "oil", "watercolour"})
#: so many scenes are tried before a kind of edit is called impossible
_TRIES = 20_000


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
        The thing that is named (after a replacement: the old one); the only one of its name, but for a ``"count"``.
    argument : str
        What it becomes, gets, or where it goes: a name, colour, place, background, style, number or text. Of an added
        thing ``"relation|name"`` (the target is what it stands beside) or ``"place|name"``; of a game's interface the
        parts that appear, joined by ``|``.
    parts : tuple of Edit
        Of ``"two"``: the edits that follow one another.
    """

    kind: str
    before: Scene
    after: Scene
    target: Thing | None
    argument: str
    parts: tuple[Edit, ...] = ()

    @property
    def held_out(self) -> bool:
        """Whether this combination of kind, target and argument is kept from training."""
        if self.parts:
            return any(part.held_out for part in self.parts) or held_out("two", *(part.kind for part in self.parts))
        if self.kind in {"background", "text"}:
            return False  # these count in the scene that they make
        if self.kind == "add" and self.target:  # what it brings about is held out too, from whichever side it is said
            where, name = self.argument.split("|")
            if where in RELATIONS and any(held_out(*key) for key in relations(name, where, self.target.name)):
                return True
        named = self.target or (self.before.things[0] if self.kind in {"style", "overlay"} else None)
        return held_out(self.kind, named and named.name, self.argument)


def _swap(scene: Scene, old: Thing, new: Thing | None, *, placed: bool = True) -> Scene:
    """Put a thing in another's stead; where its place changes, the scene's layout says nothing any more."""
    things = tuple(new if thing is old else thing for thing in scene.things)
    after = replace(scene, things=tuple(t for t in things if t is not None))
    return after if placed else replace(after, layout="")


def _named(scene: Scene) -> list[Thing]:
    """Say which things one word is enough for: those that are the only ones of their name."""
    names = [thing.name for thing in scene.things]
    return [thing for thing in scene.things if names.count(thing.name) == 1]


def _free(scene: Scene, thing: Thing, old: Thing | None = None) -> bool:
    """Whether a thing would be seen whole: on the canvas, and clear of all but the one that it takes the place of."""
    clear = within(thing, scene) and all(apart(thing, other) for other in scene.things if other is not old)
    return clear and (not scene.overlay or roomy(replace(scene, things=(thing,))))


def _new(rng: random.Random, scene: Scene, reach: Reach, spot: layouts.Spot) -> Thing | None:
    """A thing that is not there yet, at a spot."""
    name = world.some_names(rng, reach, 1, spot[2])[0]
    if name in {t.name for t in scene.things} or (scene.style and name in reach.carriers):
        return None  # most styles make writing unreadable
    return world.made(rng, reach, scene, name, spot)


def _add(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    if len(scene.things) >= max(3, reach.most):
        return None
    width, height = scene.size
    unit = min(scene.size) / 256
    anchors = _named(scene)
    if anchors and rng.random() < (0.7 if len(scene.things) == 1 else 0.4):
        anchor = rng.choice(anchors)
        where = rng.choice(list(RELATIONS))
        dx, dy = RELATIONS[where]
        left, top, right, bottom = anchor.extent
        room = {(-1, 0): left, (1, 0): width - right, (0, -1): top, (0, 1): height - bottom}[dx, dy]
        if room < 44 * unit:
            return None
        side = even(max(56 * unit, min(100 * unit, room)))
        x = anchor.x if not dx else left - side / 2 if dx < 0 else right + side / 2
        y = anchor.y if not dy else top - side / 2 if dy < 0 else bottom + side / 2
        x, y = inside(scene, x, y, side, 4)
    else:
        anchor, where = None, rng.choice(list(PLACES)[5:])
        side = even(68 * unit)
        across, down = PLACES[where]
        x, y = inside(scene, width * (across > 0.5), height * (down > 0.5), side, even(6 * unit))
    new = _new(rng, scene, reach, (x, y, side))
    if new is None or not _free(scene, new) or hidden((new,), scene.background):
        return None
    after = replace(scene, things=(*scene.things, new), layout="")
    return Edit("add", scene, after, anchor, f"{where}|{new.name}")


def _remove(rng: random.Random, scene: Scene, _reach: Reach) -> Edit | None:
    targets = _named(scene)
    if len(scene.things) < 2 or not targets:
        return None
    target = rng.choice(targets)
    return Edit("remove", scene, _swap(scene, target, None, placed=False), target, "")


def _recolour(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    targets = [t for t in _named(scene) if t.text is None and (t.name in SHAPES or (colourable(t.name) and reach.hues))]
    if not targets or scene.style not in COLOURFUL:
        return None
    target = rng.choice(targets)
    shape = target.name in SHAPES
    colour = looks.some_fill(rng, reach, scene.background) if shape else rng.choice(reach.hues)
    same = colour in (target.colour, None if target.colour or shape else looks.own_hue(target.name))
    if same or not looks.stands_out(colour, scene.background):
        return None
    return Edit("recolour", scene, _swap(scene, target, replace(target, colour=colour)), target, colour)


def _background(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    background = looks.some_background(rng, reach)
    if background == scene.background or hidden(scene.things, background) or scene.style not in COLOURFUL:
        return None
    return Edit("background", scene, replace(scene, background=background), None, background)


def _move(rng: random.Random, scene: Scene, _reach: Reach) -> Edit | None:
    targets = [thing for thing in _named(scene) if thing.side <= min(scene.size) * 0.66]
    if not targets:
        return None
    target, place = rng.choice(targets), rng.choice(list(PLACES))
    across, down = PLACES[place]
    x, y = inside(scene, scene.size[0] * across, scene.size[1] * down, target.side, 4)
    new = replace(target, x=x, y=y)
    new = replace(new, y=y + even(max(0, 2 - new.extent[1])))  # lower, where a hat would leave the canvas
    if abs(x - target.x) + abs(new.y - target.y) < 32 or not _free(scene, new, target):
        return None
    return Edit("move", scene, _swap(scene, target, new, placed=False), target, place)


def _replace(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    targets = _named(scene)
    if not targets:
        return None
    target = rng.choice(targets)
    new = _new(rng, scene, reach, (target.x, target.y, target.side))
    if new is None:
        return None
    if new.name not in SHAPES and new.text is None:  # ink was chosen for the colour that it stands on
        new = replace(new, colour=None, worn=())
    if not _free(scene, new, target) or hidden((new,), scene.background):
        return None
    return Edit("replace", scene, _swap(scene, target, new), target, new.name)


def _resize(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    targets = _named(scene)
    if not targets:
        return None
    target, word = rng.choice(targets), rng.choice(("bigger", "smaller"))
    side = even(target.side * (1.4 if word == "bigger" else 0.65))
    if not 48 <= side <= min(scene.size) * 0.9:
        return None
    x, y = inside(scene, target.x, target.y, side) if len(scene.things) == 1 else (target.x, target.y)
    new = replace(target, side=side, x=x, y=y)
    if not _free(scene, new, target) or not legible(new, reach):
        return None
    return Edit("resize", scene, _swap(scene, target, new, placed=False), target, word)


def _wearing(scene: Scene, target: Thing, item: str) -> Edit | None:
    new = replace(target, worn=looks.dressed((*target.worn, item)))
    return Edit("wear", scene, _swap(scene, target, new), target, item) if _free(scene, new, target) else None


def _lacks(thing: Thing, reach: Reach) -> list[str]:
    """What a thing could still wear: at most one of each kind of place."""
    taken = {looks.slot(item) for item in thing.worn}
    return [item for item in reach.worn if thing.name in FACES and looks.slot(item) not in taken]


def _wear(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    targets = [thing for thing in _named(scene) if _lacks(thing, reach)]
    if not targets:
        return None
    target = rng.choice(targets)
    return _wearing(scene, target, rng.choice(_lacks(target, reach)))


def _take_off(rng: random.Random, scene: Scene, _reach: Reach) -> Edit | None:
    targets = [thing for thing in _named(scene) if thing.worn]
    if not targets:
        return None
    target = rng.choice(targets)
    item = rng.choice(target.worn)
    new = replace(target, worn=tuple(w for w in target.worn if w != item))
    return Edit("take off", scene, _swap(scene, target, new), target, item)


def _count(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    """Another number of the one kind of thing that is there, placed as that number always is."""
    first = scene.things[0]
    seen = {(thing.name, thing.colour, thing.worn) for thing in scene.things}
    numbers = [layout for layout in reach.layouts if layout.startswith("count")]
    ways = [n for n in numbers if int(n.split()[1]) not in (len(scene.things), *range(reach.most + 1, 99))]
    if len(seen) > 1 or first.text or not ways:
        return None
    layout = rng.choice(ways)
    spots = layouts.counted(scene.size, int(layout.split()[1]))
    things = tuple(replace(first, x=x, y=y, side=side) for x, y, side in spots)
    after = replace(scene, things=(), layout=layout)
    for thing in things:
        if not _free(after, thing):
            return None
        after = replace(after, things=(*after.things, thing))
    return Edit("count", scene, after, first, layout.split()[1])


def _style(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    styles = [style for style in reach.styles if style != (scene.style or "flat")]
    if not styles or any(thing.text for thing in scene.things):
        return None
    style = rng.choice(styles)
    return Edit("style", scene, replace(scene, style=style), None, style)


def _text(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    targets = [thing for thing in _named(scene) if thing.text]
    if not targets:
        return None
    target = rng.choice(targets)
    old, written = target.text, looks.some_text(rng, reach, target.name, target.side, target.colour)
    if not old or not written or written[0] == old.words or (written[1] == HANZI_FONT) != (old.font == HANZI_FONT):
        return None  # the script stays, and with it font and ink
    new = replace(target, text=replace(old, words=written[0]))
    return Edit("text", scene, _swap(scene, target, new), target, written[0]) if legible(new, reach) else None


def _overlay(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    lacking = [part for part in reach.overlays if part not in scene.overlay]
    if not lacking or not roomy(scene):
        return None
    number = rng.choice((1, 1, 2, len(lacking)))
    chosen = set(rng.sample(lacking, min(number, len(lacking))))
    new = tuple(part for part in lacking if part in chosen)
    overlay = tuple(part for part in reach.overlays if part in scene.overlay or part in chosen)
    return Edit("overlay", scene, replace(scene, overlay=overlay), None, "|".join(new))


def _two(rng: random.Random, scene: Scene, reach: Reach) -> Edit | None:
    """Two edits of different kinds in one sentence, or two things put on one face."""
    first: Edit | None
    second: Edit | None
    if "wear" in reach.edits and rng.random() < 0.3:
        first = _wear(rng, scene, reach)
        if first is None or first.target is None:
            return None
        target = first.after.things[scene.things.index(first.target)]
        items = _lacks(target, reach)
        second = _wearing(first.after, target, rng.choice(items)) if items else None
    else:
        kinds = [kind for kind in reach.edits if kind not in {"two", "count", "resize"}]
        if len(kinds) < 2:
            return None
        one, other = rng.sample(kinds, 2)
        first = EDITS[one](rng, scene, reach)
        second = EDITS[other](rng, first.after, reach) if first else None
        if first and second and second.target not in (None, *scene.things):
            return None  # the second names nothing that the first has made or changed
    if first is None or second is None:
        return None
    return Edit("two", scene, second.after, None, "", (first, second))


#: kind of edit → a function that makes one on a scene, or None where the scene gives no occasion
EDITS: dict[str, Callable[[random.Random, Scene, Reach], Edit | None]] = dict(
    zip(
        KINDS,
        (
            *(_add, _remove, _recolour, _background, _move, _replace, _resize, _wear, _take_off),
            *(_count, _style, _text, _overlay, _two),
        ),
        strict=True,
    )
)
#: how often each kind is drawn where all are taught
SHARES = dict(zip(KINDS, (3, 1.5, 2, 2, 2, 2.5, 1, 2, 1.5, 1, 4, 1.5, 0.8, 1.5), strict=True))


def draw_kind(rng: random.Random, reach: Reach) -> str:
    """Draw a kind of edit that is taught."""
    return rng.choices(reach.edits, [SHARES[kind] for kind in reach.edits])[0]


def sample_edit(
    rng: random.Random,
    kind: str | None = None,
    *,
    reach: Reach = FULL,
    wanted: bool = False,
    bucket: str | None = None,
) -> Edit:
    """Invent a scene and one change to it.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.
    kind : str, optional
        A key of `EDITS`; None draws one.
    reach : Reach
        The part of the world that may occur.
    wanted : bool
        Whether the combination is to be one that is held out of training (True: measuring) or not (False: training).
    bucket : str, optional
        The canvas's shape; None takes the reach's first.

    Raises
    ------
    ValueError
        No scene within the reach gives occasion for such an edit.
    """
    chosen = kind or draw_kind(rng, reach)
    for attempt in range(_TRIES):
        if not kind and attempt % 40 == 39:
            chosen = draw_kind(rng, reach)  # where things are few, there is nothing to remove
        edit = EDITS[chosen](rng, world.sample(rng, reach, bucket), reach)
        if edit and (edit.held_out or is_held_out(edit.before) or is_held_out(edit.after)) == wanted:
            return edit
    raise ValueError(f"No scene within this reach can be changed by an edit of the kind {chosen!r}.")
