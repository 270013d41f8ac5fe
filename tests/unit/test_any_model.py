"""The same lines of a notebook run on any family, the whole road; what a model cannot do it says, with what it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from families import flux1, flux2, others, qwen, sana, stable
from PIL import Image

from pochade import RequestError, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OTHERS = (
    flux1.flux, flux1.kontext, flux1.fill, flux1.chroma,
    flux2.klein_kv, flux2.dev,
    qwen.edit, qwen.edit_plus, qwen.layered, qwen.image21,
    others.glm_image, others.longcat, others.longcat_edit,
    sana.sana, sana.sprint,
    stable.sd15, stable.sd15_inpainting, stable.sdxl_refiner, stable.sd3,
)  # fmt: skip
ALL = [
    *(pytest.param(build, id=build.__name__) for build in (flux2.klein, qwen.image, others.z_image, stable.sdxl)),
    *(pytest.param(build, id=build.__name__, marks=pytest.mark.families) for build in OTHERS),
]


@pytest.fixture(params=ALL)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    build: Callable[[Path], Path] = request.param
    folder = tmp_path / "model"
    folder.mkdir()
    with Session(build(folder), device="cpu") as opened:
        yield opened


def attempt(can: bool, ask: Callable[..., Any], *what: Any, **options: Any) -> Any:  # noqa: FBT001
    """Ask for something that works, or that is refused with what would."""
    if can:
        return ask(*what, steps=4, seed=3, **options)
    with pytest.raises(RequestError, match="It can: "):
        ask(*what, steps=4, seed=3, **options)
    return None


def test_the_same_lines_run_on_every_model(session: Session) -> None:
    model = session.capabilities
    side = max(64, model.size.min_side)
    photo = Image.linear_gradient("L").resize((side, side)).convert("RGB")

    first = attempt(model.can_paint, session.generate, "a lighthouse", size=(side, side))
    several = attempt(model.can_paint, session.generate, "a lighthouse", size=(side, side), n=2)
    if first is not None:
        assert first.image.size == (side, side)
        assert several.pick(1).png == session.current.png
    base = first if first is not None else photo

    edited = attempt(model.can_edit, session.edit, "make it stormy", image=base)
    if edited is not None and edited.changed is not None:
        outside = np.asarray(edited.changed) == 0
        assert np.array_equal(np.asarray(edited.source)[outside], np.asarray(edited)[outside])

    box = (8, 8, 40, 24)
    boxed = attempt(model.can_edit or model.can_mask, session.edit, "a red boat", image=base, mask=box)
    if boxed is not None:
        outside = np.ones((side, side), dtype=bool)
        outside[box[1] : box[3], box[0] : box[2]] = False
        assert np.array_equal(np.asarray(boxed.source)[outside], np.asarray(boxed)[outside])

    with_reference = model.references("edit") > 0
    attempt(with_reference, session.edit, "the boat of image 2", image=base, references=[photo])
    grown = attempt(model.can_edit or model.can_mask, session.edit, "more sea", image=base, extend=(0, 0, side, 0))
    if grown is not None:
        assert grown.size == (2 * side, side)
        assert np.array_equal(np.asarray(grown)[:, :side], np.asarray(grown.source))
    cut = attempt(model.can_paint, session.generate, "a boat", size=(side, side), background="transparent")
    if cut is not None:
        assert cut.image.mode == "RGBA" or any("kept opaque" in note for note in cut.notes)


def test_a_turns_code_paints_the_same_picture_again_on_every_model(session: Session) -> None:
    model = session.capabilities
    side = max(64, model.size.min_side)
    photo = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    if model.can_paint:
        turn = session.generate("a lighthouse", size=(side, side), steps=4, seed=5)
    else:
        turn = session.edit("a lighthouse", image=photo, mask=(8, 8, 40, 24), steps=4, seed=5)
    again = eval(turn.code(), {"s": session})  # noqa: S307 - it is our own code, and running it is the promise
    assert again.pixels == turn.pixels
