"""Sana and its distilled Sprint: 32 pixels to a latent pixel, so large pictures are cheap."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_READS = {"prompt_tokens": "max_sequence_length"}
_AS_ASKED = {"use_resolution_binning": False}  # otherwise another size is painted and the answer cut to fit
_UP_TO_4K = SizeRule(default=(1024, 1024), multiple=32, min_side=256, max_side=4096, max_pixels=4096 * 4096)

ROWS = (
    Family(
        name="Sana",
        text=View("SanaPipeline", words(negative="negative_prompt", **_READS), fixed=_AS_ASKED),
        edit=None,
        mask=None,
        by="strength",
        layout="plain",
        patch=1,
        steps=20,
        guidance=4.5,
        distilled_steps=20,
        distilled_guidance=4.5,
        prompt_tokens=300,
        size=_UP_TO_4K,
        sample="transformer",
    ),
    Family(
        name="Sana Sprint",
        # The place of a middle step is only taken with exactly two steps; even spacing is right for any number.
        text=View("SanaSprintPipeline", words(**_READS), fixed={**_AS_ASKED, "intermediate_timesteps": None}),
        edit=View(
            "SanaSprintImg2ImgPipeline",
            words(picture="image", strength="strength", **_READS),
            fixed={**_AS_ASKED, "intermediate_timesteps": None, "strength": 0.75},
        ),
        mask=None,
        by="strength",
        layout="plain",
        patch=1,
        steps=4,
        guidance=4.5,
        distilled_steps=4,
        distilled_guidance=4.5,
        prompt_tokens=300,
        size=_UP_TO_4K,
        sample="transformer",
    ),
)
