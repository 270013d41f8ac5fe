"""Qwen-Image and what grew from it: instruction editing, pictures taken apart into layers, and 2.1 with transparency.

Guidance works in all of them only beside a negative prompt, which may be a blank. The editors would look at the edited
picture at a million pixels and some would paint as many: they are held to the size that was asked.
"""

from pochade.engine.rows import Family, View, words
from pochade.sizes import SizeRule

_BLANK = {"negative_prompt": " "}
_GUIDED = {"guidance": "true_cfg_scale", "negative": "negative_prompt"}
_CALL = {**_GUIDED, "prompt_tokens": "max_sequence_length"}
_HELD = (1024 * 1024,)

ROWS = (
    Family(
        name="Qwen-Image",
        text=View("QwenImagePipeline", words(**_CALL), fixed=_BLANK),
        edit=View(
            "QwenImageImg2ImgPipeline",
            words(picture="image", strength="strength", **_CALL),
            fixed={**_BLANK, "strength": 0.6},
        ),
        mask=View(
            "QwenImageInpaintPipeline",
            words(picture="image", mask="mask_image", strength="strength", **_CALL),
            fixed={**_BLANK, "strength": 1.0},
        ),
        by="strength",
        layout="qwen",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=512,
        size=SizeRule(default=(1328, 1328), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
    Family(
        name="Qwen-Image-Edit",
        text=None,
        edit=View("QwenImageEditPipeline", words(picture="image", **_GUIDED), fixed=_BLANK, held=_HELD),
        mask=View(
            "QwenImageEditInpaintPipeline",
            words(picture="image", mask="mask_image", strength="strength", **_GUIDED),
            fixed={**_BLANK, "strength": 1.0},
            held=_HELD,
        ),
        by="instruction",
        layout="qwen",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=None,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
    # The later editors (2509, 2511). They were trained on up to three pictures, of which the edited one is the first.
    Family(
        name="Qwen-Image-Edit Plus",
        text=None,
        edit=View(
            "QwenImageEditPlusPipeline",
            words(picture="image", references="image", **_GUIDED),
            fixed=_BLANK,
            references=2,
            held=_HELD,
        ),
        mask=None,
        by="instruction",
        layout="qwen",
        patch=2,
        steps=40,
        guidance=4.0,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=None,
        size=SizeRule(default=(1024, 1024), multiple=16, min_side=64, max_side=2048, max_pixels=2048 * 2048),
    ),
    # Its prompt describes the picture, it does not command. With several pictures in one call it cuts the list of
    # their layers in the wrong places, so they are painted one by one.
    Family(
        name="Qwen-Image-Layered",
        text=None,
        edit=View(
            "QwenImageLayeredPipeline",
            words(width=None, height=None, picture="image", **_CALL),
            fixed=_BLANK,
            batch=False,
            held=(640 * 640,),
            layers=True,
        ),
        mask=None,
        by="instruction",
        layout="layered",
        patch=2,
        steps=50,
        guidance=4.0,
        distilled_steps=50,
        distilled_guidance=4.0,
        prompt_tokens=512,
        size=SizeRule(default=(640, 640), multiple=16, min_side=64, max_side=2048, max_pixels=1024 * 1024),
        transparent=True,
    ),
    # The edited picture and its references are read at the area that is painted, so that pixels keep their place; its
    # reader enlarges anything under 256×256, which then fits no more.
    Family(
        name="Qwen-Image 2.1",
        text=View(
            "QwenImage21Pipeline",
            words(references="image", side="output_resolution", **_GUIDED),
            fixed=_BLANK,
            references=10,
        ),
        edit=View(
            "QwenImage21Pipeline",
            words(picture="image", references="image", side="output_resolution", **_GUIDED),
            fixed=_BLANK,
            references=9,
        ),
        mask=None,
        by="instruction",
        layout="tokens",
        patch=2,
        steps=40,
        guidance=1.0,
        distilled_steps=8,
        distilled_guidance=1.0,
        prompt_tokens=None,
        size=SizeRule(default=(2048, 2048), multiple=32, min_side=256, max_side=2752, max_pixels=2400 * 1792),
        transparent=True,
        transparent_prompt=(
            "This is an RGBA image with transparency. {}. "
            "The image has alpha channel and the background is transparent."
        ),
        kv=True,
    ),
)
