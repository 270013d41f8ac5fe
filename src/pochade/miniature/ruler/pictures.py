"""Rows of pictures painted from words alone: the six GenEval tags, the grid, exact colours, and the canvas's shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pochade.imaging.colour import delta_e, to_lab
from pochade.miniature.looks import hex_code
from pochade.miniature.reach import BUCKETS
from pochade.miniature.scorer import synthesis
from pochade.miniature.scorer.views import drawn
from pochade.miniature.wordbook import CARRIERS, SCENES, SHAPES, rgb

from .asked import find
from .row import Row, design_effect

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from pochade.miniature.scorer.agree import Judge
    from pochade.miniature.world import Scene

    from .asked import Bench

__all__ = ["TAGS", "bucket_rows", "cut_at_an_edge", "grid_rows", "hex_rows", "read_tag", "tag_of", "tag_rows"]

#: GenEval's tags and how many of its 553 prompts each has (Ghosh, Hajishirzi and Schmidt 2023)
TAGS = {
    "single object": 80,
    "two objects": 99,
    "counting": 80,
    "colours": 94,
    "position": 100,
    "colour attribution": 100,
}
_TAG_PROTOCOL = "held-out prompts of the tag; everything asked for is found by both scorers, and nothing else"
_TWO_PROTOCOL = "places are not judged but for both being there: either may be left, the other right"
_NEAR = 5.0  #: CIEDE2000 up to which an exact colour is met
_EDGE_CLEAR = 0.97  #: share of the border that must look like the background


def tag_of(scene: Scene) -> str | None:
    """The GenEval tag that a scene's prompt belongs to; None where it is of none."""
    things = scene.things
    if scene.style or scene.overlay or any(t.worn or t.name in CARRIERS for t in things):
        return None
    colours, named = [t.colour for t in things], [t.colour is not None and t.name not in SHAPES for t in things]
    tag = None
    if scene.layout.startswith("count"):
        tag = "counting" if len(things) > 1 else None
    elif len(things) == 1:
        tag = "colours" if named[0] else "single object" if colours[0] is None else None
    elif len(things) == 2 and all(colours):
        tag = "colour attribution" if colours[0] != colours[1] else None
    elif len(things) == 2 and not any(named):
        tag = "position" if scene.layout.startswith("relation") else "two objects"
    return tag


def _two(scene: Scene) -> Scene | None:
    """A row of two things out of a pair in relation, for the tag that asks for no places."""
    return replace(scene, layout="row") if scene.layout.startswith("relation to") else None


def tag_rows(bench: Bench) -> list[Row]:
    """The six tags, and all together."""
    rows: list[Row] = []
    everything: list[tuple[int, int]] = []
    reach = replace(bench.reach, most=max(2, bench.reach.most))
    for number, (tag, prompts) in enumerate(TAGS.items()):
        rng = bench.rng(tag)
        wanted = max(1, round(prompts * min(1.0, bench.count("tags") / sum(TAGS.values()))))
        fits = lambda scene, tag=tag: tag_of(scene) == tag  # noqa: E731
        scenes = find(rng, reach, wanted, fits, change=_two if tag == "two objects" else None)
        protocol = f"{_TAG_PROTOCOL}; {_TWO_PROTOCOL}" if tag == "two objects" else _TAG_PROTOCOL
        if not scenes:
            rows.append(Row.untaught(tag, protocol, 0.75))
            continue
        good, singly = [0] * len(scenes), []
        for turn in range(bench.repeats):
            seed = 100_000 * (number + 1) + 10_000 * turn
            painted = bench.painted(bench.words(rng, scenes), scenes, seed)
            for index, (picture, scene) in enumerate(zip(painted, scenes, strict=True)):
                found, whole = read_tag(bench.judge, picture, scene)
                singly += found
                good[index] += whole
        remark = f"{np.mean(singly):.0%} of the things alone"
        prompts_right = [(right, bench.repeats) for right in good]
        rows.append(_clustered(tag, prompts_right, protocol, 0.75, remark))
        everything += prompts_right
    missing = [row.name for row in rows if not row.taught]
    remark = f"without {', '.join(missing)}: not taught" if missing else ""
    return [*rows, _clustered("six tags together", everything, "the six rows above", 0.85, remark)]


def _clustered(name: str, clusters: Sequence[tuple[int, int]], protocol: str, goal: float, remark: str) -> Row:
    """A row of answers that belong together in clusters: how many are right in each, and how many it has."""
    right, count = (sum(each[which] for each in clusters) for which in (0, 1))
    return Row(name, right, count, protocol, goal, remark, effect=design_effect(clusters))


def read_tag(judge: Judge, picture: np.ndarray, scene: Scene) -> tuple[list[bool], bool]:
    """Which things of a tag's prompt a picture shows, and whether all of them are there and nothing else.

    A prompt of two objects says no places, so that either may stand on either side.
    """
    tried = [scene]
    if tag_of(scene) == "two objects":
        first, second = scene.things
        tried.append(
            replace(scene, things=(replace(first, x=second.x, y=second.y), replace(second, x=first.x, y=first.y)))
        )
    readings = []
    for each in tried:
        found = judge.shows(picture, each)
        if all(found) and not judge.unasked(picture, each):
            return found, True
        readings.append(found)
    return max(readings, key=sum), False


def grid_rows(bench: Bench) -> list[Row]:
    """Sixteen things in a grid: cells and whole grids."""
    names = ("16-object grid: cells", "16-object grid: whole")
    protocol = "a 4×4 grid with an attribute for each thing, all sixteen named in the prompt"
    rng, layout = bench.rng("grid"), "grid 4x4"
    if layout not in bench.reach.layouts:
        return [Row.untaught(name, protocol, goal) for name, goal in zip(names, (0.8, 0.1), strict=True)]
    only = replace(bench.reach, layouts=(layout,), styles=(), overlays=())
    scenes = find(rng, only, bench.count("grid"), lambda scene: scene.layout == layout)
    painted = bench.painted(bench.words(rng, scenes), scenes, 700_000)
    found = [bench.judge.shows(p, s) for p, s in zip(painted, scenes, strict=True)]
    grids = [(sum(each), len(each)) for each in found]
    return [
        Row(names[0], sum(map(sum, found)), sum(map(len, found)), protocol, 0.8, effect=design_effect(grids)),
        Row(names[1], sum(map(all, found)), len(found), protocol, 0.1),
    ]


def hex_rows(bench: Bench) -> list[Row]:
    """Backgrounds and plain shapes in exact colours."""
    goal, rows = 0.85, []
    for what in ("background", "shape"):
        name, rng = f"hex {what} within ΔE00 5", bench.rng(f"hex {what}")
        protocol = f"a held-out prompt with a random code for the {what}; median colour against the code"
        scenes = _coded(bench, rng, what) if _codes_taught(bench, what) else []
        if not scenes:
            rows.append(Row.untaught(name, protocol, goal))
            continue
        painted = bench.painted(bench.words(rng, scenes), scenes, 800_000)
        apart = [_apart(p, s, what, bench.scale) for p, s in zip(painted, scenes, strict=True)]
        true = bench.painter.round_trip(drawn(scenes, bench.scale))
        floor = np.median([_apart(p, s, what, bench.scale) for p, s in zip(true, scenes, strict=True)])
        remark = f"median {np.median(apart):.1f} (goal 2.5), the VAE alone {floor:.1f}"
        rows.append(Row(name, sum(d <= _NEAR for d in apart), len(apart), protocol, goal, remark))
    return rows


def _codes_taught(bench: Bench, what: str) -> bool:
    return bench.reach.hex if what == "background" else "hex" in bench.reach.fills


def _coded(bench: Bench, rng: random.Random, what: str) -> list[Scene]:
    """Held-out scenes of one thing, with a code where it is wanted."""

    def change(scene: Scene) -> Scene | None:
        thing = scene.things[0]
        if len(scene.things) != 1 or scene.style or scene.overlay or thing.text:
            return None
        if what == "background":
            return replace(scene, background=hex_code(rng))
        if thing.name not in SHAPES:
            return None
        code = hex_code(rng)
        return replace(scene, things=(replace(thing, colour=code),)) if _differ(code, scene.background) else None

    return find(rng, bench.reach, bench.count("hex"), lambda _: True, change=change)


def _differ(code: str, background: str) -> bool:
    """Whether a shape of this colour can be seen on a plain background at all."""
    if background.startswith("gradient") or background in SCENES:
        return False
    return float(delta_e(to_lab(rgb(code)), to_lab(rgb(background)))) > 20


def _apart(picture: np.ndarray, scene: Scene, what: str, scale: float) -> float:
    if what == "background":
        return synthesis.background_difference(picture, scene, scale)
    thing = scene.things[0]
    return synthesis.colour_difference(picture, thing, rgb(thing.colour or "red"), scale)


def cut_at_an_edge(picture: np.ndarray, scene: Scene, scale: float) -> bool:
    """Whether something stands on a picture's border, where only background was asked for."""
    (true,) = drawn([replace(scene, things=())], scale)
    border = np.zeros(picture.shape[:2], bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    free = float(np.median(delta_e(to_lab(picture[border]), to_lab(true[border]))))
    apart = delta_e(to_lab(picture[border]), to_lab(true[border]))
    return bool((apart <= max(15.0, 2 * free)).mean() < _EDGE_CLEAR)


def bucket_rows(bench: Bench) -> list[Row]:
    """Every shape of canvas: nothing that was asked for is cut at an edge."""
    rows, protocol = [], "held-out prompts; nothing stands on the picture's border"
    for bucket in BUCKETS:
        name = f"aspect {bucket}: nothing cut at an edge"
        if bucket not in bench.reach.buckets:
            rows.append(Row.untaught(name, protocol, 0.95))
            continue
        rng = bench.rng(bucket)
        scenes = find(rng, bench.reach, bench.count("bucket"), _inside, bucket)
        painted = bench.painted(bench.words(rng, scenes), scenes, 900_000)
        whole = [not cut_at_an_edge(p, s, bench.scale) for p, s in zip(painted, scenes, strict=True)]
        right = _share(bench, painted, scenes)
        rows.append(Row(name, sum(whole), len(whole), protocol, 0.95, f"everything right in {right:.0%}"))
    return rows


def _inside(scene: Scene) -> bool:
    """Whether a scene's things keep clear of the border, and its background is all that should be there."""
    width, height = scene.size
    if scene.style or scene.overlay:
        return False
    boxes = [t.extent for t in scene.things]
    return all(b[0] > 1 and b[1] > 1 and b[2] < width - 1 and b[3] < height - 1 for b in boxes)


def _share(bench: Bench, painted: Sequence[np.ndarray], scenes: Sequence[Scene]) -> float:
    return float(np.mean([all(bench.judge.shows(p, s)) for p, s in zip(painted, scenes, strict=True)]))
