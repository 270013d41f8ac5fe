"""FLUX.2 [dev], and the klein whose weights were trained to read its references once and keep what it made of them."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_TEXT = {"prompt_tokens": "max_sequence_length", "prompt_layers": "text_encoder_out_layers"}
_SIZE = SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048)

ROWS = (
    Family(
        name="FLUX.2 [dev]",
        text=View("Flux2Pipeline", words(references="image", **_TEXT), references=10),
        edit=View("Flux2Pipeline", words(picture="image", references="image", **_TEXT), references=9),
        mask=None,
        by="instruction",
        layout="flux2",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=8,
        distilled_guidance=2.5,
        prompt_tokens=512,
        size=_SIZE,
    ),
    # klein's own inpainting is no view here: it lets references look at the noise, which these weights never saw.
    Family(
        name="FLUX.2 klein KV",
        text=View("Flux2KleinKVPipeline", words(guidance=None, references="image", **_TEXT), references=10),
        edit=View(
            "Flux2KleinKVPipeline", words(guidance=None, picture="image", references="image", **_TEXT), references=9
        ),
        mask=None,
        by="instruction",
        layout="flux2",
        patch=2,
        steps=4,
        guidance=1.0,
        distilled_steps=4,
        distilled_guidance=1.0,
        prompt_tokens=512,
        size=_SIZE,
        kv=True,
    ),
)
