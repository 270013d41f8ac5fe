"""Rows of pictures made from pictures: single edits, conversations, and references."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pochade.miniature import edits, talks
from pochade.miniature.reach import EDITS, REFERENCES
from pochade.miniature.scorer import letters
from pochade.miniature.scorer.views import drawn
from pochade.miniature.words.wording import Wording

from .row import Row, design_effect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pochade.miniature.talks import Talk
    from pochade.miniature.world import Scene, Thing

    from .asked import Bench

__all__ = ["conversation_rows", "edit_rows", "facts_of", "kept_psnr", "reference_rows", "scene_right", "turn_right"]

_EDIT = "one held-out instruction on a true picture; afterwards everything in it is right, also what was not named"
_TALK = "ten instructions in a row, each on the model's own last picture"
_TURNS = ((3, 0.80, 0.90), (5, 0.78, 0.85), (10, 0.70, 0.70))
_BLEND = "two true pictures and one held-out instruction; everything in the result is right"


def scene_right(bench: Bench, picture: np.ndarray, scene: Scene) -> bool:
    """Whether a picture is a scene in all: its things and no other, their texts, its background, style and overlay."""
    return all(facts_of(bench, picture, scene).values()) and not _unasked(bench, picture, scene)


def _unasked(bench: Bench, picture: np.ndarray, scene: Scene) -> list[Thing]:
    """Places with something on them that nobody asked for; what lies under a game's interface is that one's business.

    Its parts are small and full of detail: painted a little softer than drawn, they are there (`_overlay` says so), and
    yet nothing in the scene explains them to the pixel.
    """
    places = bench.judge.unasked(picture, scene)
    if not places or not scene.overlay:
        return places
    over = np.not_equal(*drawn([scene, replace(scene, overlay=())], bench.scale)).any(-1)
    outside = []
    for place in places:
        left, top, right, bottom = (max(0, round(edge * bench.scale)) for edge in place.box)
        if over[top:bottom, left:right].mean() < 0.25:
            outside.append(place)
    return outside


def facts_of(bench: Bench, picture: np.ndarray, scene: Scene) -> dict[object, bool]:
    """Everything that a scene says, and whether a picture shows it; a thing of no given colour is in its own."""
    facts: dict[object, bool] = {}
    found = bench.judge.shows(picture, scene, strict=True)
    for index, (thing, shown) in enumerate(zip(scene.things, found, strict=True)):
        facts[thing] = shown and all(letters.spelt(picture, scene, index, bench.scale))
    ground = bench.judge.background(picture, replace(scene, overlay=()))
    facts["background", scene.background, scene.style] = ground and bench.judge.styled(picture, scene)
    for part in scene.overlay:
        facts["overlay", part] = _overlay(picture, scene, part, bench.scale)
    return facts


def _overlay(picture: np.ndarray, scene: Scene, part: str, scale: float) -> bool:
    """Whether a part of a game's interface is there: its pixels are nearer to the scene with it than without it."""
    without = replace(scene, overlay=tuple(p for p in scene.overlay if p != part))
    true, bare = (p.astype(float) for p in drawn([scene, without], scale))
    where = (true != bare).any(-1)
    near, far = (np.abs(picture[where] - p[where]).mean() for p in (true, bare))
    return bool(where.any() and near < 0.5 * far)


def turn_right(bench: Bench, picture: np.ndarray, before: Scene, after: Scene, facts: Mapping[object, bool]) -> bool:
    """Whether a turn did what it was asked: what is new is right, and what went is no longer where it was.

    Parameters
    ----------
    bench : Bench
        Reads the picture.
    picture : numpy.ndarray
        RGB, ``(height, width, 3)``, uint8: the turn's.
    before, after : Scene
        What was asked for until the turn, and since.
    facts : mapping
        From `facts_of`, for the picture and the scene after.
    """
    known = {*before.things, ("background", before.background, before.style), *(("overlay", p) for p in before.overlay)}
    if not all(shown for fact, shown in facts.items() if fact not in known):
        return False
    gone = [thing for thing in before.things if thing not in after.things]
    return not any(_meet(place, thing) for place in _unasked(bench, picture, after) for thing in gone)


def _meet(place: Thing, thing: Thing) -> bool:
    """Whether a place that nothing explains lies where a thing was."""
    a, b = place.box, thing.extent
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def kept_psnr(before: np.ndarray, after: np.ndarray, same: np.ndarray) -> float:
    """PSNR in decibels between two pictures over a part of them; not a number where that part is empty."""
    if not same.any():
        return float("nan")
    error = np.square(before[same].astype(float) - after[same].astype(float)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def edit_rows(bench: Bench) -> list[Row]:
    """Single edits of true pictures, a row for each kind."""
    return _each(bench, Row("edit", protocol=_EDIT, goal=0.8), EDITS, bench.reach.edits, 2_000_000, _edited)


def _each(
    bench: Bench,
    row: Row,
    kinds: Sequence[str],
    taught: Sequence[str],
    seed: int,
    measured: Callable[[Bench, Row, str, int], Row],
) -> list[Row]:
    """Give a row for each kind, ``measured`` with a seed of its own where the weights were taught it."""
    rows = []
    for number, kind in enumerate(kinds):
        name = f"{row.name}: {kind}"
        if kind in taught:
            rows.append(measured(bench, replace(row, name=name), kind, seed + 10_000 * number))
        else:
            rows.append(Row.untaught(name, row.protocol, row.goal))
    return rows


def _edited(bench: Bench, row: Row, kind: str, seed: int) -> Row:
    """Measure one kind of edit."""
    rng = bench.rng(kind)
    found = [edits.sample_edit(rng, kind, reach=bench.reach, wanted=True) for _ in range(bench.count("edit"))]
    wording = Wording(rng)
    words = [wording.edit(e) for e in found]
    before = drawn([e.before for e in found], bench.scale)
    after = drawn([e.after for e in found], bench.scale)
    painted = []
    for noise, (prompt, source, edit) in enumerate(zip(words, before, found, strict=True), seed):
        painted += bench.painter([prompt], [source], seed=noise, bucket=edit.after.bucket)
    right = sum(scene_right(bench, p, e.after) for p, e in zip(painted, found, strict=True))
    return replace(row, right=right, count=len(found), remark=_kept(bench, before, after, painted))


def _kept(
    bench: Bench, before: Sequence[np.ndarray], after: Sequence[np.ndarray], painted: Sequence[np.ndarray]
) -> str:
    """How well what an edit does not change was kept, beside what the VAE alone keeps of it."""
    same = [(b == a).all(-1) for b, a in zip(before, after, strict=True)]
    trips = bench.painter.round_trip(before)
    pairs = [
        (kept_psnr(b, p, s), kept_psnr(b, t, s))
        for b, p, t, s in zip(before, painted, trips, same, strict=True)
        if s.mean() > 0.05
    ]
    if not pairs:
        return ""
    kept, floor = np.mean(pairs, 0)
    return f"unchanged area {kept:.1f} dB, the VAE alone {floor:.1f} dB"


@dataclass
class _Turn:
    """What is counted at one turn of all conversations."""

    right: int = 0
    turns: int = 0
    kept: list[tuple[int, int]] = field(default_factory=list)  #: of each talk: facts still right, of how many


def conversation_rows(bench: Bench) -> list[Row]:
    """Conversations: this turn's edit, and what was right before, at turns 3, 5 and 10."""
    names = [(f"conversation, turn {t}: this turn's edit", f"conversation, turn {t}: facts kept") for t, _, _ in _TURNS]
    protocols = (
        f"{_TALK}; what this turn changed is right in the picture, and what went is gone",
        f"{_TALK}; of the facts that were right when they came, those that are still right",
    )
    if not bench.reach.edits:
        return [
            Row.untaught(name, protocol, goal)
            for both, (_, *goals) in zip(names, _TURNS, strict=True)
            for name, protocol, goal in zip(both, protocols, goals, strict=True)
        ]
    rng, seen = bench.rng("conversation"), {turn: _Turn() for turn, _, _ in _TURNS}
    wording = Wording(rng)
    for number in range(bench.count("conversation")):
        talk = talks.sample_talk(rng, bench.reach, _TURNS[-1][0], wanted=True)
        _follow(bench, wording, talk, 3_000_000 + 100 * number, seen)
    rows = []
    for both, (turn, edit_goal, kept_goal) in zip(names, _TURNS, strict=True):
        one = seen[turn]
        rows.append(Row(both[0], one.right, one.turns, protocols[0], edit_goal))
        kept, facts = (sum(each[which] for each in one.kept) for which in (0, 1))
        rows.append(Row(both[1], kept, facts, protocols[1], kept_goal, effect=design_effect(one.kept)))
    return rows


def _follow(bench: Bench, wording: Wording, talk: Talk, seed: int, seen: dict[int, _Turn]) -> None:
    """Hold one conversation and count at the turns that are asked for."""
    bucket = talk.scenes[0].bucket
    (picture,) = bench.painter([wording.scene(talk.scenes[0])], seed=seed, bucket=bucket)
    facts = facts_of(bench, picture, talk.scenes[0])
    good = {fact for fact, shown in facts.items() if shown}  # right when they came, and still asked for
    for turn, (edit, scene) in enumerate(zip(talk.edits, talk.scenes[1:], strict=True), 1):
        (picture,) = bench.painter([wording.edit(edit)], [picture], seed=seed + turn, bucket=bucket)
        before, facts = set(facts), facts_of(bench, picture, scene)
        new = {fact for fact in facts if fact not in before}
        good &= set(facts)
        if turn in seen:
            one, done = seen[turn], turn_right(bench, picture, edit.before, edit.after, facts)
            one.right, one.turns = one.right + done, one.turns + 1
            one.kept.append((sum(facts[fact] for fact in good), len(good)))
        good |= {fact for fact in new if facts[fact]}


def reference_rows(bench: Bench) -> list[Row]:
    """Pictures made from two others, a row for each kind."""
    asked = Row("references", protocol=_BLEND, goal=0.6)
    return _each(bench, asked, REFERENCES, bench.reach.references, 4_000_000, _blended)


def _blended(bench: Bench, row: Row, kind: str, seed: int) -> Row:
    """Measure one kind of picture made from two others."""
    rng = bench.rng(kind)
    blends = [talks.sample_blend(rng, bench.reach, kind, wanted=True) for _ in range(bench.count("reference"))]
    wording, right = Wording(rng), 0
    for noise, blend in enumerate(blends, seed):
        sources = drawn(blend.sources, bench.scale)
        (picture,) = bench.painter.from_sources([wording.blend(blend)], [sources], noise, blend.after.bucket)
        right += scene_right(bench, picture, blend.after)
    return replace(row, right=right, count=len(blends))
