"""What every family of models owes pochade, whatever pipeline is behind it; one subclass a family fills in its facts.

A test module writes ``class TestXL(Contract)`` and names the builder of a tiny folder; all tests of the contract then
run on one engine, over whatever the family can do. What is only true of one family is tested beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pochade.engine.local import Engine
    from pochade.engine.painting import Painting
    from pochade.report import Progress

PROMPT = "a red cat"
SIDE = 64


def scene(side: int = SIDE, colour: str = "#2850c8") -> Image.Image:
    """Draw a picture of a few large shapes, which survives a VAE."""
    picture = Image.new("RGB", (side, side), colour)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((side // 8, side // 8, side * 5 // 8, side * 7 // 8), fill="#dc3c1e")
    draw.rectangle((side * 5 // 8, 0, side, side // 2), fill="#faf05a")
    return picture


def hole(side: int = SIDE) -> Image.Image:
    """Draw a mask that opens the right half."""
    mask = Image.new("L", (side, side), 0)
    mask.paste(255, (side // 2, 0, side, side))
    return mask


def pixels(picture: Image.Image) -> np.ndarray:
    """Return a picture's levels as whole numbers, (H, W, channels)."""
    return np.asarray(picture).astype(int)


def apart(one: Image.Image, other: Image.Image) -> float:
    """Return the largest difference between two pictures of one size, in levels."""
    return float(np.abs(pixels(one) - pixels(other)).max())


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two arrays of one shape, -1 to 1."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def bare_picture(engine: Engine, task: str, **keywords: Any) -> Image.Image:
    """Call the pipeline behind a task as diffusers' documentation would, for seed 5 and the usual prompt."""
    import torch

    from pochade.engine.noise import fp32_noise
    from pochade.engine.quiet import quiet

    pipeline = engine.pipeline(task)
    with fp32_noise(pipeline), quiet():
        return pipeline(prompt=PROMPT, generator=torch.Generator("cpu").manual_seed(5), **keywords).images[0]


class Contract:
    """The tests. A subclass sets what is not the usual.

    Attributes
    ----------
    build : callable
        Builder of the family's tiny folder: path → path.
    tasks : tuple of str
        What the family must be able to do: "text", "edit", "mask".
    references : mapping
        Task → how many references it takes besides the picture; 0 where a task is not named.
    steps, guidance : int, float
        What the pictures here are painted with.
    strengths : tuple of str
        Tasks that take a strength.
    guided : bool
        Whether guidance changes the picture.
    negative : bool
        Whether negative prompts are taken.
    whole : bool
        Whether a prompt is read to its end, however long.
    transparent : bool
        Whether RGBA is painted, if asked for.
    calls : int
        How many steps the scheduler takes for `steps` of a whole painting, where some scheduler takes more.
    exact : bool
        Whether the scheduler ends without noise, so that the last guess of the picture is the picture.
    blends : bool
        Whether its inpainting keeps the picture outside the mask, but for what the VAE loses.
    likeness : float or None
        Least correlation of the last preview with the picture; None where the tiny VAE decodes nonsense.
    """

    build: ClassVar[Callable[[Path], Path]]
    tasks: ClassVar[tuple[str, ...]] = ("text", "edit", "mask")
    references: ClassVar[dict[str, int]] = {}
    steps: ClassVar[int] = 2
    guidance: ClassVar[float] = 3.0
    strengths: ClassVar[tuple[str, ...]] = ()
    guided: ClassVar[bool] = True
    negative: ClassVar[bool] = True
    whole: ClassVar[bool] = False
    transparent: ClassVar[bool] = False
    calls: ClassVar[int | None] = None
    exact: ClassVar[bool] = True
    blends: ClassVar[bool] = True
    likeness: ClassVar[float | None] = None

    def __init_subclass__(cls, **more: Any) -> None:
        """Leave out the tests of what this family does not have."""
        super().__init_subclass__(**more)
        absent = {
            "test_with_less_strength_more_of_the_picture_stays": not cls.strengths,
            "test_a_strength_that_leaves_no_step_is_refused": not cls.strengths,
            "test_white_in_a_mask_is_what_changes": "mask" not in cls.tasks or not cls.blends or cls.likeness is None,
        }
        for name in (name for name, is_absent in absent.items() if is_absent):
            setattr(cls, name, None)

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Run tests with an argument `task` for every task, with `strong` for every one that takes a strength."""
        for argument, tasks in (("task", self.tasks), ("strong", self.strengths)):
            if argument in metafunc.fixturenames:
                metafunc.parametrize(argument, tasks)

    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, tmp_path_factory):
        from pochade.engine.local import Engine
        from pochade.report import Report

        name = cls.__name__.removeprefix("Test").casefold()
        loaded = Engine(cls.build(tmp_path_factory.mktemp("family") / name), "cpu", "float32")
        loaded.load(Report())
        return loaded

    def painting(self, task: str, **changes: Any) -> Painting:
        """Say what is to be painted for a task, with `changes`."""
        from pochade.engine.painting import Painting

        said: dict[str, Any] = {
            "prompt": PROMPT,
            "size": (SIDE, SIDE),
            "seeds": (5,),
            "steps": self.steps,
            "guidance": self.guidance,
            "picture": None if task == "text" else scene(),
            "mask": hole() if task == "mask" else None,
        }
        if task in self.strengths:
            said["strength"] = 1.0
        return Painting(**{**said, **changes})

    def paint(self, engine: Engine, task: str, report: Any = None, **changes: Any) -> list[Image.Image]:
        """Paint, and return the pictures in the order of the seeds."""
        from pochade.report import Report

        return list(engine.paint(self.painting(task, **changes), report or Report()))

    def test_it_can_do_what_the_family_is_said_to_do_and_nothing_else(self, engine):
        model = engine.capabilities
        can = {"text": model.can_paint, "edit": model.can_edit, "mask": model.can_mask}
        assert tuple(task for task, able in can.items() if able) == self.tasks
        assert {task: model.references(task) for task in self.tasks if model.references(task)} == self.references
        assert tuple(task for task in self.tasks if model.takes("strength", task)) == self.strengths
        assert (model.negative, model.transparent) == (self.negative, self.transparent)

    def test_what_it_cannot_do_is_refused_with_what_it_can(self, engine):
        from pochade.errors import RequestError

        said = engine.capabilities.tasks()
        refused: list[tuple[str, dict[str, Any]]] = [
            (task, {}) for task in ("text", "edit", "mask") if task not in self.tasks
        ]
        for task in self.tasks:
            refused.append((task, {"references": (scene(),) * (self.references.get(task, 0) + 2)}))
            if not self.negative:
                refused.append((task, {"negative": "a dog"}))
            if task not in self.strengths:
                refused.append((task, {"strength": 0.5}))
            if not self.transparent:
                refused.append((task, {"transparent": True}))
        for task, changes in refused:
            with pytest.raises(RequestError) as caught:
                self.paint(engine, task, **changes)
            assert said in str(caught.value), (task, changes)

    def test_the_picture_has_the_size_that_was_asked(self, engine, task):
        wide = (SIDE * 3 // 2, SIDE)
        changes: dict[str, Any] = {"size": wide}
        if task != "text":
            changes["picture"] = scene().resize(wide)
        if task == "mask":
            changes["mask"] = hole().resize(wide)
        [painted] = self.paint(engine, task, **changes)
        assert painted.size == wide
        assert painted.mode == "RGB"
        assert np.ptp(pixels(painted)) > 16

    def test_a_seed_gives_the_same_picture_again_and_another_seed_another(self, engine, task):
        [first], [again], [other] = (self.paint(engine, task, seeds=(seed,)) for seed in (5, 5, 6))
        assert apart(first, again) == 0
        assert apart(first, other) > 2

    def test_picture_k_of_n_is_the_picture_that_its_seed_gives_alone(self, engine, task):
        several = self.paint(engine, task, seeds=(5, 6, 7))
        alone = [self.paint(engine, task, seeds=(seed,))[0] for seed in (5, 6, 7)]
        assert max(map(apart, several, alone)) <= 1

    def test_prompt_and_pictures_reach_the_model(self, engine, task):
        usual = {"steps": 4, "strength": 0.6} if task in self.strengths else {}  # all of the noise hides the picture
        changes: list[dict[str, Any]] = [{}, {"prompt": "2 blue dogs, in the rain!"}]
        if self.guided:
            changes.append({"guidance": self.guidance + 3})
        if task != "text":
            changes.append({"picture": scene(colour="#20a040")})
        if task == "mask":
            changes.append({"mask": ImageChops.invert(hole())})
        count = self.references.get(task, 0)
        dark, bright = scene(colour="#101010"), scene(colour="#f0e0f0")
        changes += [{"references": (dark,)}, {"references": (bright,)}][: 2 * count]
        if count > 1:
            changes += [{"references": (dark, bright)}, {"references": (bright, dark)}]
        if self.negative:
            changes.append({"negative": "a dog"})
        pictures = [self.paint(engine, task, **usual, **change)[0] for change in changes]
        for place, picture in enumerate(pictures):
            for before, earlier in enumerate(pictures[:place]):
                assert apart(picture, earlier) > 0, (changes[place], changes[before])

    def test_white_in_a_mask_is_what_changes(self, engine):
        [painted] = self.paint(engine, "mask")
        closed, opened = np.s_[:, : SIDE * 3 // 8], np.s_[:, SIDE * 5 // 8 :]
        before, after = pixels(scene()), pixels(painted)
        assert alike(after[closed], before[closed]) > 0.7 > alike(after[opened], before[opened]) + 0.3

    def test_with_less_strength_more_of_the_picture_stays(self, engine, strong):
        little, much = (self.paint(engine, strong, steps=8, strength=strength)[0] for strength in (0.25, 1.0))
        if self.likeness is None:
            assert apart(little, much) > 2
        else:
            inside = np.s_[:, SIDE // 2 :]
            before = pixels(scene())[inside]
            assert alike(pixels(little)[inside], before) > alike(pixels(much)[inside], before) + 0.1

    def test_a_strength_that_leaves_no_step_is_refused(self, engine, strong):
        from pochade.errors import RequestError

        with pytest.raises(RequestError, match="strength"):
            self.paint(engine, strong, steps=2, strength=0.2)

    def test_a_prompt_that_is_too_long_is_told_and_a_short_one_is_not(self, engine):
        assert engine.notes(PROMPT) == []
        notes = engine.notes("a cat on a mat, " * 500)
        assert ["end was cut" in note for note in notes] == [True] * (not self.whole)

    def test_progress_counts_every_step_of_every_picture(self, engine, task):
        from pochade.report import Report

        seen: list[Progress] = []
        self.paint(engine, task, Report(seen.append), seeds=(1, 2))
        marks = [
            (progress.step, progress.steps) for progress in seen if progress.stage == "painting" and progress.steps
        ]
        steps, total = [step for step, _ in marks], {total for _, total in marks}
        assert steps == sorted(set(steps))
        assert steps[-1:] == list(total)
        assert steps[-1] % (self.calls or self.steps) == 0

    def test_a_stop_takes_effect_within_one_step_and_leaves_the_engine_usable(self, engine, task):
        from pochade.errors import Cancelled
        from pochade.report import Report

        [before] = self.paint(engine, task)
        steps: list[int] = []

        def stop_after_two(progress: Progress) -> None:
            if progress.stage == "painting":
                steps.append(progress.step)
            if progress.step == 2 and progress.stage == "painting":
                report.cancel()

        report = Report(stop_after_two)
        with pytest.raises(Cancelled):
            self.paint(engine, task, report, steps=40)
        assert steps[-1] == 2
        [after] = self.paint(engine, task)
        assert apart(before, after) == 0

    def test_every_step_is_previewed_and_the_last_preview_is_the_picture_to_be(self, engine, task, monkeypatch):
        import torch

        from pochade.engine.preview import Preview
        from pochade.report import Report

        drawn: list[tuple[Any, Any]] = []
        own = Preview.draw

        def draw(preview: Any, guess: Any, size: tuple[int, int]) -> Image.Image:
            drawn.append((preview, guess.clone()))
            return own(preview, guess, size)

        monkeypatch.setattr(Preview, "draw", draw)
        monkeypatch.setattr("pochade.report.PREVIEW_SECONDS", 0.0)
        shown: list[Image.Image] = []
        [picture] = self.paint(engine, task, Report(previewed=shown.append))
        assert len(shown) == (self.calls or self.steps)
        assert {preview.mode for preview in shown} == {"RGB"}
        assert {preview.width for preview in shown} == {preview.height for preview in shown}
        if task != "mask" and self.exact:  # inpainting may lay the old picture around the new one after the last step
            preview, guess = drawn[-1]
            with torch.no_grad():
                decoded = self.decode(preview._vae, preview._layout.to_vae(guess, (SIDE, SIDE), preview._vae))
            assert np.abs(decoded - pixels(picture.convert("RGB"))).max() <= 1
        if self.likeness is not None:
            small = picture.convert("RGB").resize(shown[-1].size, Image.Resampling.BOX)
            inside = np.s_[:, shown[-1].width // 2 :]
            assert alike(pixels(shown[-1])[inside], pixels(small)[inside]) > self.likeness

    def decode(self, vae: Any, latents: Any) -> np.ndarray:
        """Decode latents, (1, C, H, W) as the VAE has them, to levels (H, W, 3)."""
        if hasattr(vae.config, "temperal_downsample"):
            latents = latents.unsqueeze(2)
        colours = vae.decode(latents.to(vae.dtype)).sample
        colours = colours[:, :, 0] if colours.ndim == 5 else colours
        levels = ((colours[0, :3].float() / 2 + 0.5).clamp(0, 1) * 255).round()
        return levels.movedim(0, -1).numpy().astype(int)
