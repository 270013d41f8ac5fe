"""Rows about the ruler itself: what the scorers miss, what they let pass, and how often they do not agree.

They are measured on true pictures that went through the model's own VAE, and on such pictures that are wrong in one
point: another thing, another colour, other clothes, one thing missing, one too many, one melted, another style. A table
read by a reader that nobody measured says nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from pochade.miniature import world
from pochade.miniature.scorer import letters
from pochade.miniature.scorer.agree import own_colour
from pochade.miniature.scorer.training import junk
from pochade.miniature.scorer.views import drawn
from pochade.miniature.wordbook import CARRIERS, HANZI, SHAPES, colourable

from .asked import find
from .row import Row

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    import numpy as np

    from pochade.miniature.world import Scene, Thing

    from .asked import Bench

__all__ = ["melted", "reader_rows", "spoilt"]

_WRONG = (
    "another thing",
    "another colour or other clothes",
    "a thing missing",
    "a thing too many",
    "a melted thing",
    "another style",
)


def reader_rows(bench: Bench) -> list[Row]:
    """Misses, false accepts and disagreement of the scorers of things, and both errors of the reader of letters."""
    rng, count = bench.rng("reader"), bench.count("reader")
    scenes = find(rng, bench.reach, count, lambda _: True)
    trips = bench.painter.round_trip(drawn(scenes, bench.scale))
    verdicts = [bench.judge.verdicts(p, s, strict=True) for p, s in zip(trips, scenes, strict=True)]
    missed = [
        not (all(v.right for v in each) and bench.judge.styled(p, s)) or bool(bench.judge.unasked(p, s))
        for each, p, s in zip(verdicts, trips, scenes, strict=True)
    ]
    styled = [miss for miss, scene in zip(missed, scenes, strict=True) if scene.style]
    in_styles = f"; of {len(styled)} pictures in a style {sum(styled)}" if styled else ""
    each = [v for of in verdicts for v in of]
    apart = sum(not v.agree for v in each)
    singles = [sum(not v.drawn for v in each), sum(v.learnt is False for v in each)]
    accepted, wrong, by_kind = _false_accepts(bench, rng, scenes)
    return [
        Row(
            "scorers: true pictures missed",
            value=sum(missed) / max(1, len(scenes)),
            count=len(scenes),
            goal=0.01,
            protocol="true pictures through the model's VAE that are refused, read as strictly as after an edit",
            remark=f"of {len(each)} things, synthesis missed {singles[0]}, the detector {singles[1]}{in_styles}",
        ),
        Row(
            "scorers: wrong pictures accepted",
            value=accepted / max(1, wrong),
            count=wrong,
            goal=0.01,
            protocol="such pictures with one thing wrong in them, or in another style, that are so read as right",
            remark=by_kind,
        ),
        Row(
            "scorers: disagreement on true things",
            value=apart / max(1, len(each)),
            count=len(each),
            protocol="things on which one scorer says yes and the other no",
            remark=f"{sum(v.learnt is None for v in each)} of names that the detector does not know",
        ),
        _letters_row(bench),
    ]


def _false_accepts(bench: Bench, rng: random.Random, scenes: Sequence[Scene]) -> tuple[int, int, str]:
    """Wrong pictures accepted, all wrong ones, and how many of each kind were."""
    accepted, asked = dict.fromkeys(_WRONG, 0), dict.fromkeys(_WRONG, 0)
    for index, scene in enumerate(scenes):
        kind = _WRONG[index % len(_WRONG)]
        picture = _spoilt_picture(bench, rng, scene, kind)
        if picture is not None:
            (trip,) = bench.painter.round_trip([picture])
            asked[kind] += 1
            judge = bench.judge
            accepted[kind] += judge.styled(trip, scene) and judge.all_there(trip, scene, strict=True)
    said = ", ".join(f"{kind} {accepted[kind]}/{asked[kind]}" for kind in _WRONG)
    return sum(accepted.values()), sum(asked.values()), said


def _spoilt_picture(bench: Bench, rng: random.Random, scene: Scene, kind: str) -> np.ndarray | None:
    if kind == "a melted thing" and scene.things:
        return melted(drawn([scene], bench.scale)[0], rng.choice(scene.things), rng, bench.scale)
    wrong = spoilt(rng, bench, scene, kind)
    return None if wrong is None else drawn([wrong], bench.scale)[0]


def spoilt(rng: random.Random, bench: Bench, scene: Scene, kind: str) -> Scene | None:
    """Make a scene in which one thing is not as it was asked; None where the scene gives no occasion."""
    if kind == "another style":
        others = [style for style in ("", *bench.reach.styles) if style != scene.style]
        return replace(scene, style=rng.choice(others)) if others else None
    if not scene.things:
        return None
    index = rng.randrange(len(scene.things))
    thing = scene.things[index]
    if kind == "a thing missing":
        return replace(scene, things=scene.things[:index] + scene.things[index + 1 :])
    if kind == "a thing too many":
        extra = _corner(rng, bench, scene)
        return None if extra is None else replace(scene, things=(*scene.things, extra))
    new = _other(rng, bench, thing) if kind == "another thing" else _other_look(rng, bench, thing)
    if new is None:
        return None
    return replace(scene, things=(*scene.things[:index], new, *scene.things[index + 1 :]))


def _other(rng: random.Random, bench: Bench, thing: Thing) -> Thing | None:
    if thing.name in CARRIERS:
        return None
    plain = [n for n in bench.reach.things if n != thing.name and (n not in SHAPES) == (thing.name not in SHAPES)]
    return replace(thing, name=rng.choice(plain), colour=thing.colour if thing.name in SHAPES else None, worn=())


def _other_look(rng: random.Random, bench: Bench, thing: Thing) -> Thing | None:
    if thing.worn:
        return replace(thing, worn=thing.worn[1:])
    if thing.colour in (None, *bench.reach.hues) and (thing.name in SHAPES or colourable(thing.name)):
        colours = [hue for hue in bench.reach.hues if hue not in (thing.colour, own_colour(thing.name))]
        return replace(thing, colour=rng.choice(colours)) if colours else None
    return None


def _corner(rng: random.Random, bench: Bench, scene: Scene) -> Thing | None:
    """Something more in a corner where nothing else is."""
    width, height = scene.size
    side = 56
    for x, y in rng.sample([(a, b) for a in (36, width - 36) for b in (40, height - 36)], 4):
        name = rng.choice([n for n in bench.reach.things if n not in SHAPES])
        extra = world.Thing(name, None, x, y, side)
        if not scene.overlay and all(world.apart(extra, other) for other in scene.things):
            return extra
    return None


def melted(picture: np.ndarray, thing: Thing, rng: random.Random, scale: float) -> np.ndarray:
    """Spoil a thing's part of a picture as the detector's junk is spoilt: warped, shuffled, or half of it mirrored."""
    left, top, right, bottom = (round(v * scale) for v in thing.box)
    left, top = max(0, left), max(0, top)
    out = picture.copy()
    part = torch.from_numpy(out[top:bottom, left:right].copy()).permute(2, 0, 1)[None].float()
    side = max(4, min(part.shape[-2:]) // 4 * 4)
    part = part[..., :side, :side]
    chance = torch.Generator().manual_seed(rng.randrange(2**31))
    spoils = junk(part.repeat(4, 1, 1, 1), part.flip(-1, -2).repeat(4, 1, 1, 1), chance)
    chosen = spoils[rng.choice((2, 3))]
    out[top : top + side, left : left + side] = chosen.clamp(0, 255).byte().permute(1, 2, 0).numpy()
    return out


def _letters_row(bench: Bench) -> Row:
    """True texts that are not read as they are, and texts with one letter changed that are."""
    name, protocol = (
        "letters: misread",
        "true texts that glyph matching refuses, and texts with one letter wrong that it takes",
    )
    if not bench.reach.text:
        return Row.untaught(name, protocol, 0.01)
    rng = bench.rng("letters")

    def fits(scene: Scene) -> bool:
        return sum(t.text is not None for t in scene.things) == 1 and not scene.style and not scene.overlay

    scenes = find(rng, bench.reach, bench.count("reader"), fits)
    wrong = missed = 0
    for scene in scenes:
        index = next(i for i, thing in enumerate(scene.things) if thing.text)
        changed = _misspelt(rng, bench, scene, index)
        true, false = bench.painter.round_trip(drawn([scene, changed], bench.scale))
        missed += not all(letters.spelt(true, scene, index, bench.scale))
        wrong += all(letters.spelt(false, scene, index, bench.scale))
    remark = f"{missed} true ones refused, {wrong} wrong ones taken, of {len(scenes)} each"
    return Row(
        name,
        value=(missed + wrong) / max(1, 2 * len(scenes)),
        count=2 * len(scenes),
        goal=0.01,
        protocol=protocol,
        remark=remark,
    )


def _misspelt(rng: random.Random, bench: Bench, scene: Scene, index: int) -> Scene:
    """A scene whose text has one character more, less or another, such that it looks different."""
    thing = scene.things[index]
    text = thing.text
    if text is None:
        raise ValueError(f"nothing is written on the {thing.name}")
    at = rng.choice([i for i, c in enumerate(text.words) if c != " "])
    others = bench.reach.letters or "ABCDEFGHKMNPRSTUVWXYZ"
    if not text.words.isascii():
        others = HANZI
    new = rng.choice(
        [c for c in others if c.isalnum() and c.lower() not in (text.words[at].lower(), "i", "l", "o", "1", "0")]
    )
    words = text.words[:at] + new + text.words[at + 1 :]
    things = (*scene.things[:index], replace(thing, text=replace(text, words=words)), *scene.things[index + 1 :])
    return replace(scene, things=things)
