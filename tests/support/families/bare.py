"""Compares pochade's pictures with what diffusers makes when it is called by hand.

It stands apart from the contract because it needs each pipeline's own keywords, typed out: they are what the rows of
the table of families must come to.
"""

from __future__ import annotations

from typing import Any, ClassVar

from PIL import Image

from families.contract import PROMPT, SIDE, apart, hole, scene

AREAS = (1024 * 1024, 640 * 640)
"""Areas that some pipelines would work at instead of the size that was asked."""

SIZE = {"width": SIDE, "height": SIDE}
PICTURE = {"image": scene()}
MASK = {**PICTURE, "mask_image": hole()}


class AsBare:
    """One more test for a class that keeps the contract.

    Attributes
    ----------
    bare : mapping
        Task → what the pipeline is told besides the prompt, the number of steps and the seed.
    """

    bare: ClassVar[dict[str, dict[str, Any]]]

    def test_the_picture_is_the_one_that_diffusers_makes_when_called_by_hand(self, engine, task):
        import torch

        from pochade.engine.noise import fp32_noise
        from pochade.engine.quiet import quiet
        from pochade.engine.sizing import held

        pipeline = engine.pipeline(task)
        with quiet(), fp32_noise(pipeline), held(pipeline, AREAS, (SIDE, SIDE)):
            [bare] = pipeline(
                prompt=PROMPT,
                num_inference_steps=self.steps,
                generator=torch.Generator().manual_seed(5),
                **self.bare[task],
            ).images
        if bare.mode == "RGBA":
            bare = Image.alpha_composite(Image.new("RGBA", bare.size, "white"), bare).convert("RGB")
        [painted] = self.paint(engine, task, seeds=(5,))
        assert apart(painted, bare) == 0
