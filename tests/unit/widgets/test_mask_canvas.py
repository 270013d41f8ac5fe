import io
import re

import pytest
from PIL import Image

from pochade import paint_mask
from pochade.errors import ImageError


@pytest.fixture
def heard(monkeypatch):
    messages = []
    monkeypatch.setattr(
        "pochade.widgets.mask.MaskCanvas.send", lambda _, content, buffers=None: messages.append((content, buffers))
    )
    return messages


def say(canvas, content, *buffers):
    canvas._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])
    assert canvas._courier.flush()


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def paint(canvas, mask):
    say(canvas, {"kind": "chunk", "seq": 1, "upload": 1, "index": 0, "count": 1}, png(mask))
    say(canvas, {"kind": "paint", "seq": 2, "upload": 1})


@pytest.mark.usefixtures("heard")
def test_what_is_painted_is_the_mask_to_the_bit():
    canvas = paint_mask(Image.new("RGB", (40, 30), "red"))
    mask = Image.new("L", (40, 30), 0)
    mask.paste(255, (1, 2, 9, 11))
    paint(canvas, mask)
    assert canvas.mask.mode == "L"
    assert canvas.mask.tobytes() == mask.tobytes()


@pytest.mark.usefixtures("heard")
def test_nothing_painted_is_an_empty_mask_of_the_pictures_size():
    canvas = paint_mask(Image.new("RGB", (40, 30), "red"))
    assert canvas.mask.size == (40, 30)
    assert canvas.mask.getbbox() is None


def test_a_new_view_is_given_the_picture_and_what_is_painted(heard):
    canvas = paint_mask(Image.new("RGB", (40, 30), "red"))
    say(canvas, {"kind": "hello", "seq": 1})
    assert heard[-1][0] == {"kind": "canvas", "seq": 1, "width": 40, "height": 30, "painted": False}
    mask = Image.new("L", (40, 30), 0)
    mask.putpixel((3, 4), 255)
    paint(canvas, mask)
    say(canvas, {"kind": "hello", "seq": 5})
    message, buffers = heard[-1]
    assert message["painted"] is True
    assert Image.open(io.BytesIO(buffers[0])).size == (40, 30)
    assert Image.open(io.BytesIO(buffers[1])).tobytes() == mask.tobytes()


def test_a_mask_of_another_size_is_refused_with_both_sizes(heard):
    canvas = paint_mask(Image.new("RGB", (40, 30), "red"))
    paint(canvas, Image.new("L", (41, 30), 255))
    assert re.search("41×30.*40×30", heard[-1][0]["message"])
    assert canvas.mask.getbbox() is None


def test_the_canvas_itself_is_accepted_as_a_mask(session):
    turn = session.generate("a cat")
    canvas = paint_mask(turn)
    mask = Image.new("L", turn.size, 0)
    mask.paste(255, (1, 2, 9, 11))
    paint(canvas, mask)
    assert session.edit("a dog", mask=canvas).mask.tobytes() == mask.tobytes()


def test_a_canvas_without_a_picture_is_refused():
    with pytest.raises(ImageError):
        paint_mask(b"")


def test_its_repr_is_the_same_every_time():
    assert repr(paint_mask(Image.new("RGB", (40, 30)))) == "MaskCanvas(40×30)"
