"""FLUX.1, its editing and filling models (Kontext, Fill), and Chroma, which was made from it."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_READS = {"prompt_tokens": "max_sequence_length"}
_NEGATIVE = {"negative": "negative_prompt", **_READS}
_CHANGED = {"picture": "image", "strength": "strength"}
_MASKED = {**_CHANGED, "mask": "mask_image"}

# These models take guidance as a number that they were taught; a negative prompt needs a second pass that they were
# not taught, and which must be asked for. Twice the difference is enough to steer and not yet enough to burn colours.
_SECOND_PASS = {"negative": {"true_cfg_scale": 2.0}}

# Kontext otherwise paints every shape at one megapixel, and stretches what it is given to one of seventeen sizes.
_AS_ASKED = {"area": "max_area", **_NEGATIVE}
_UNSTRETCHED = {"_auto_resize": False}

_UP_TO_TWO_MEGAPIXELS = SizeRule(default=(1024, 1024), multiple=16, min_side=256, max_side=2048, max_pixels=2048 * 1024)

ROWS = (
    Family(
        name="FLUX.1",
        text=View("FluxPipeline", words(**_NEGATIVE), also=_SECOND_PASS),
        edit=View("FluxImg2ImgPipeline", words(**_CHANGED, **_NEGATIVE), fixed={"strength": 0.75}, also=_SECOND_PASS),
        mask=View("FluxInpaintPipeline", words(**_MASKED, **_NEGATIVE), fixed={"strength": 0.9}, also=_SECOND_PASS),
        by="strength",
        layout="flux",
        patch=2,
        steps=28,
        guidance=3.5,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=512,
        size=_UP_TO_TWO_MEGAPIXELS,
        distilled_by={"use_dynamic_shifting": False},  # schnell
    ),
    Family(
        name="FLUX.1 Kontext",
        # One picture: a second one in the list would be a second picture to paint, not a reference.
        text=View(
            "FluxKontextPipeline",
            words(references="image", **_AS_ASKED),
            fixed=_UNSTRETCHED,
            also=_SECOND_PASS,
            references=1,
        ),
        edit=View("FluxKontextPipeline", words(picture="image", **_AS_ASKED), fixed=_UNSTRETCHED, also=_SECOND_PASS),
        mask=View(
            "FluxKontextInpaintPipeline",
            words(references="image_reference", **_MASKED, **_AS_ASKED),
            fixed={"strength": 1.0, **_UNSTRETCHED},
            also=_SECOND_PASS,
            references=1,
        ),
        by="instruction",
        layout="flux",
        patch=2,
        steps=28,
        guidance=2.5,
        distilled_steps=28,
        distilled_guidance=2.5,
        prompt_tokens=512,
        # Beyond the area that it was taught, the answer drifts against the picture.
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=256, max_side=2048, max_pixels=1280 * 1024),
    ),
    Family(
        name="FLUX.1 Fill",
        text=None,
        edit=None,
        mask=View("FluxFillPipeline", words(**_MASKED, **_READS), fixed={"strength": 1.0}),
        by="strength",
        layout="flux",
        patch=2,
        steps=50,
        guidance=30.0,
        distilled_steps=50,
        distilled_guidance=30.0,
        prompt_tokens=512,
        size=_UP_TO_TWO_MEGAPIXELS,
    ),
    Family(
        name="Chroma",
        text=View("ChromaPipeline", words(**_NEGATIVE)),
        edit=View("ChromaImg2ImgPipeline", words(**_CHANGED, **_NEGATIVE), fixed={"strength": 0.75}),
        mask=None,  # ChromaInpaintPipeline asks the transformer for a setting that it does not have (diffusers 0.42.1)
        by="strength",
        layout="flux",
        patch=2,
        steps=40,
        guidance=3.0,
        distilled_steps=40,
        distilled_guidance=3.0,
        prompt_tokens=512,
        size=_UP_TO_TWO_MEGAPIXELS,
        indexes=("ChromaInpaintPipeline",),
    ),
)
