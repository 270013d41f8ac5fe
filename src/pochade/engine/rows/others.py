"""Z-Image, GLM-Image and LongCat-Image."""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_Z_IMAGE = {"negative": "negative_prompt", "prompt_tokens": "max_sequence_length"}

ROWS = (
    Family(
        name="Z-Image",
        text=View("ZImagePipeline", words(**_Z_IMAGE)),
        edit=View(
            "ZImageImg2ImgPipeline",
            words(picture="image", strength="strength", **_Z_IMAGE),
            fixed={"strength": 0.6},
        ),
        mask=View(
            "ZImageInpaintPipeline",
            words(picture="image", mask="mask_image", strength="strength", **_Z_IMAGE),
            fixed={"strength": 1.0},
        ),
        by="strength",
        layout="plain",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=9,
        distilled_guidance=0.0,
        prompt_tokens=512,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
        distilled_by={"shift": 3.0},
    ),
    # A language model first samples a sketch of tokens, from PyTorch's own generators and for the first picture of a
    # call alone; its tokens are 32 pixels wide. It reads pictures too, but with transformers 5.23 diffusers 0.42.1
    # loses their shape on the way and fails, so there is no editing.
    Family(
        name="GLM-Image",
        text=View("GlmImagePipeline", words(), batch=False, ambient=True),
        edit=None,
        mask=None,
        by="instruction",
        layout="plain-statistics",
        patch=2,
        steps=50,
        guidance=1.5,
        distilled_steps=50,
        distilled_guidance=1.5,
        prompt_tokens=None,
        size=SizeRule(default=(1024, 1024), multiple=32, min_side=512, max_side=2048, max_pixels=2048 * 2048),
        multiple=32,
    ),
    # Rewriting prompts is not the painter's work here: what a turn records is what was painted.
    Family(
        name="LongCat-Image",
        text=View("LongCatImagePipeline", words(negative="negative_prompt"), fixed={"enable_prompt_rewrite": False}),
        edit=None,
        mask=None,
        by="instruction",
        layout="flux",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=512,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
    Family(
        name="LongCat-Image-Edit",
        text=None,
        edit=View(
            "LongCatImageEditPipeline",
            words(width=None, height=None, picture="image", negative="negative_prompt"),
            held=(1024 * 1024,),
        ),
        mask=None,
        by="instruction",
        layout="flux",
        patch=2,
        steps=50,
        guidance=4.5,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=512,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
)
