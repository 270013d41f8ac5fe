"""FLUX.2 klein: text, edits and several references in one pipeline, and that pipeline's own inpainting."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_TEXT = {"prompt_tokens": "max_sequence_length", "prompt_layers": "text_encoder_out_layers"}

ROWS = (
    Family(
        name="FLUX.2 klein",
        text=View("Flux2KleinPipeline", words(references="image", **_TEXT), references=10),
        edit=View("Flux2KleinPipeline", words(picture="image", references="image", **_TEXT), references=9),
        # All of the masked place is painted anew: the picture is there as a reference in any case.
        mask=View(
            "Flux2KleinInpaintPipeline",
            words(picture="image", mask="mask_image", references="image_reference", strength="strength", **_TEXT),
            fixed={"strength": 1.0},
            references=1,
            max_pixels=1024 * 1024,
        ),
        by="instruction",
        layout="flux2",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=4,
        distilled_guidance=1.0,
        prompt_tokens=512,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
)
