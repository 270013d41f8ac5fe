"""Stable Diffusion 1.5, 2, XL and 3, turbo or not, and the checkpoints that only inpaint or only refine."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_NEGATIVE = {"negative": "negative_prompt"}
_CHANGED = {"picture": "image", "strength": "strength", **_NEGATIVE}
_MASKED = {**_CHANGED, "mask": "mask_image"}
_UNSIZED = {"width": None, "height": None}  # these take the picture's own size

# Added noise is all that makes room for a change: enough to change the thing, not so much that the scene is lost.
_EDIT = {"strength": 0.75}
_MASK = {"strength": 0.9}
_ANEW = {"strength": 1.0}

# pochade returns no blacked-out pictures and hides no watermark that depends on what else is installed.
_UNCHECKED = {"requires_safety_checker": False}
_UNMARKED = {"add_watermarker": False}

_READS = {"prompt_tokens": "max_sequence_length"}

# Neither the index nor the U-Net of a model distilled to a few steps says so; how its steps are spaced does.
_FEW_STEPS = {"timestep_spacing": "trailing"}

_HALF_MEGAPIXEL = SizeRule(default=(512, 512), multiple=8, min_side=256, max_side=1536, max_pixels=1024 * 1024)
_MEGAPIXELS = SizeRule(default=(1024, 1024), multiple=8, min_side=256, max_side=2048, max_pixels=2048 * 2048)

ROWS = (
    Family(
        name="Stable Diffusion",
        text=View("StableDiffusionPipeline", words(**_NEGATIVE), init=_UNCHECKED),
        edit=View("StableDiffusionImg2ImgPipeline", words(**_CHANGED, **_UNSIZED), fixed=_EDIT, init=_UNCHECKED),
        mask=View("StableDiffusionInpaintPipeline", words(**_MASKED), fixed=_MASK, init=_UNCHECKED),
        by="strength",
        layout="plain",
        patch=1,
        steps=50,
        guidance=7.5,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=None,
        size=_HALF_MEGAPIXEL,
        sample="unet",
        distilled_by=_FEW_STEPS,
    ),
    Family(
        name="Stable Diffusion inpainting",
        text=None,
        edit=None,
        mask=View("StableDiffusionInpaintPipeline", words(**_MASKED), fixed=_ANEW, init=_UNCHECKED),
        by="strength",
        layout="plain",
        patch=1,
        steps=50,
        guidance=7.5,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=None,
        size=_HALF_MEGAPIXEL,
        sample="unet",
        indexes=("StableDiffusionInpaintPipeline",),  # a U-Net that wants the mask and the masked picture as well
    ),
    Family(
        name="Stable Diffusion XL",
        text=View("StableDiffusionXLPipeline", words(**_NEGATIVE), init=_UNMARKED),
        edit=View("StableDiffusionXLImg2ImgPipeline", words(**_CHANGED, **_UNSIZED), fixed=_EDIT, init=_UNMARKED),
        mask=View("StableDiffusionXLInpaintPipeline", words(**_MASKED), fixed=_MASK, init=_UNMARKED),
        by="strength",
        layout="plain",
        patch=1,
        steps=50,
        guidance=5.0,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=None,
        size=_MEGAPIXELS,
        sample="unet",
        distilled_by=_FEW_STEPS,
    ),
    Family(
        name="Stable Diffusion XL inpainting",
        text=None,
        edit=None,
        # Not quite 1: from noise alone this one paints flat colours.
        mask=View("StableDiffusionXLInpaintPipeline", words(**_MASKED), fixed={"strength": 0.99}, init=_UNMARKED),
        by="strength",
        layout="plain",
        patch=1,
        steps=50,
        guidance=8.0,
        distilled_steps=50,
        distilled_guidance=8.0,
        prompt_tokens=None,
        size=_MEGAPIXELS,
        sample="unet",
        indexes=("StableDiffusionXLInpaintPipeline",),
    ),
    Family(
        name="Stable Diffusion XL refiner",
        text=None,
        edit=View(
            "StableDiffusionXLImg2ImgPipeline",
            words(**_CHANGED, **_UNSIZED),
            fixed={"strength": 0.3},
            init=_UNMARKED,
        ),
        mask=None,
        by="strength",
        layout="plain",
        patch=1,
        steps=50,
        guidance=5.0,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=None,
        size=_MEGAPIXELS,
        sample="unet",
        indexes=("StableDiffusionXLImg2ImgPipeline",),
    ),
    Family(
        name="Stable Diffusion 3",
        text=View("StableDiffusion3Pipeline", words(**_NEGATIVE, **_READS)),
        # With n generators it cuts its one picture into n, and encodes nothing at all n − 1 times.
        edit=View("StableDiffusion3Img2ImgPipeline", words(**_CHANGED, **_READS), fixed=_EDIT, batch=False),
        mask=View("StableDiffusion3InpaintPipeline", words(**_MASKED, **_READS), fixed=_MASK),
        by="strength",
        layout="plain",
        patch=2,
        steps=28,
        guidance=5.0,
        distilled_steps=4,
        distilled_guidance=0.0,
        prompt_tokens=256,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=256, max_side=2048, max_pixels=2048 * 1024),
    ),
)
