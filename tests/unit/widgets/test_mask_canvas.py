import io
import re
import threading

import numpy as np
import pytest
import traitlets
from PIL import Image

from pochade import paint_mask
from pochade.errors import ImageError
from pochade.widgets.mask import MaskCanvas
from pochade.widgets.protocol import PROTOCOL

PATIENCE = 60.0


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def paint(canvas, view, mask):
    """Do what the browser does when a stroke ends, and wait until everybody has heard of it."""
    upload = view.say("chunk", [png(mask)], upload=7, index=0, count=1)
    seq = view.say("paint", upload=7)
    assert canvas._courier.flush(PATIENCE)
    assert canvas._calls.flush(PATIENCE)
    assert upload < seq
    return seq


def blot(size=(40, 30), box=(1, 2, 9, 11), level=255):
    mask = Image.new("L", size, 0)
    mask.paste(level, box)
    return mask


@pytest.fixture
def canvas():
    made = paint_mask(Image.new("RGB", (40, 30), "red"))
    yield made
    made.close()


@pytest.fixture
def view(canvas, view_of):
    return view_of(canvas)


def test_what_is_painted_is_the_mask_to_the_bit(canvas, view):
    levels = np.random.default_rng(3).integers(0, 256, (30, 40), dtype=np.uint8)
    paint(canvas, view, Image.fromarray(levels))
    assert canvas.mask.mode == "L"
    assert np.array_equal(np.asarray(canvas.mask), levels)


def test_nothing_painted_is_an_empty_mask_of_the_pictures_size(canvas):
    assert canvas.mask.size == (40, 30)
    assert canvas.mask.getbbox() is None
    assert (canvas.painted, canvas.version) == (0.0, 0)


def test_hellos_that_pile_up_get_few_answers(canvas, view):
    hold, held = threading.Event(), threading.Event()
    canvas.later(lambda: held.set() or hold.wait(PATIENCE))
    assert held.wait(PATIENCE)
    for _ in range(6):
        seq = view.say("hello")
    hold.set()
    assert [message["seq"] for message, _ in view.all("canvas")] == [seq]


def test_an_observer_may_wait_for_another_thread_that_reads_the_mask(canvas):
    read = []

    def look(_change):
        reader = threading.Thread(target=lambda: read.append(canvas.mask), daemon=True)
        reader.start()
        reader.join(5.0)

    canvas.observe(look, "version")
    canvas.mask = blot()
    assert [mask.getbbox() for mask in read] == [blot().getbbox()]
    assert canvas.version == 1


def test_an_observer_hears_of_each_mask_once_and_can_read_it_then(canvas, view):
    heard = []
    canvas.observe(lambda change: heard.append((change.new, canvas.version, canvas.mask.getbbox())), "painted")
    paint(canvas, view, blot(box=(0, 0, 20, 30)))
    paint(canvas, view, blot(box=(20, 0, 40, 30)))
    view.say("paint", upload=None)
    assert canvas._courier.flush(PATIENCE)
    assert canvas._calls.flush(PATIENCE)
    assert heard == [(0.5, 1, (0, 0, 20, 30)), (0.5, 2, (20, 0, 40, 30)), (0.0, 3, None)]


def test_an_observer_may_wait_for_a_picture_and_holds_nobody_up(session, view_of):
    turn = session.generate("a cat")
    canvas = paint_mask(turn)
    view, made, go_on = view_of(canvas), [], threading.Event()

    def edit(_change):
        assert go_on.wait(PATIENCE)
        made.append(session.edit("a dog", mask=canvas))

    canvas.observe(edit, "painted")
    view.say("chunk", [png(blot(turn.size))], upload=1, index=0, count=1)
    view.say("paint", upload=1)
    seq = view.say("ping")
    assert seq in {message["seq"] for message, _ in view.all("pong")}, "the canvas answers while its observer waits"
    go_on.set()
    assert canvas._calls.flush(PATIENCE)
    assert made[0].mask.tobytes() == blot(turn.size).tobytes()


def test_what_an_observer_gets_wrong_is_said_on_the_canvas(canvas, view):
    canvas.observe(lambda _change: {}["nothing"], "painted")
    paint(canvas, view, blot())
    assert "nothing" in view.last("trouble")[0]["message"]
    assert canvas.mask.getbbox() == (1, 2, 9, 11)


def test_a_new_view_is_given_the_picture_and_what_is_painted(canvas, view):
    seq = view.say("hello")
    message, buffers = view.last("canvas")
    serial = message.pop("serial")
    first = {"protocol": PROTOCOL, "width": 40, "height": 30, "label": "", "pictured": True}
    assert message == first | {"kind": "canvas", "seq": seq, "painted": False, "version": 0}
    assert len(buffers) == 1
    paint(canvas, view, blot())
    seq = view.say("hello")
    message, buffers = view.last("canvas")
    assert message.pop("serial") > serial
    assert message == first | {"kind": "canvas", "seq": seq, "painted": True, "version": 1}
    assert Image.open(io.BytesIO(buffers[0])).size == (40, 30)
    assert Image.open(io.BytesIO(buffers[1])).tobytes() == blot().tobytes()


def test_a_view_is_told_which_version_its_mask_is(canvas, view):
    seq = paint(canvas, view, blot())
    assert view.last("painted")[0]["seq"] == seq
    assert view.last("painted")[0]["version"] == canvas.version == 1


def test_a_mask_set_in_code_reaches_every_view_without_the_picture_again(canvas, view):
    canvas.mask = (0, 0, 10, 30)
    assert canvas.painted == 0.25
    message, buffers = view.last("canvas")
    assert (message["seq"], message["pictured"], message["version"]) == (None, False, 1)
    assert Image.open(io.BytesIO(buffers[0])).getbbox() == (0, 0, 10, 30)
    canvas.mask = None
    assert (canvas.painted, canvas.version) == (0.0, 2)
    assert view.last("canvas")[0]["painted"] is False


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_a_mask_goes_in_as_it_came_out(canvas, level):
    canvas.mask = Image.new("L", (40, 30), level)
    assert canvas.mask.tobytes() == bytes([level]) * 1200


def test_a_mask_that_does_not_fit_is_refused_and_the_old_one_stays(canvas):
    canvas.mask = blot()
    with pytest.raises(ImageError, match="41×30"):
        canvas.mask = Image.new("L", (41, 30), 255)
    assert canvas.mask.tobytes() == blot().tobytes()
    assert canvas.version == 1


def test_another_picture_of_the_same_size_keeps_the_mask(canvas, view):
    canvas.mask = blot()
    canvas.image = np.full((30, 40, 3), 9, np.uint8)
    message, buffers = view.last("canvas")
    assert (message["pictured"], message["painted"], message["version"]) == (True, True, 1)
    assert Image.open(io.BytesIO(buffers[0])).getpixel((0, 0)) == (9, 9, 9)
    assert canvas.mask.tobytes() == blot().tobytes()


def test_another_picture_of_another_size_begins_with_nothing_painted(canvas, view):
    canvas.mask = blot()
    canvas.image = Image.new("RGB", (20, 50))
    assert canvas.mask.size == (20, 50)
    assert (canvas.painted, canvas.version) == (0.0, 2)
    message = view.last("canvas")[0]
    assert (message["width"], message["height"], message["version"]) == (20, 50, 2)


def test_the_picture_of_a_turn_is_called_by_its_prompt(session, view_of):
    canvas = paint_mask(session.generate("a cat in a hat"))
    view = view_of(canvas)
    view.say("hello")
    assert view.last("canvas")[0]["label"] == "a cat in a hat"


def test_a_mask_of_another_size_from_a_view_is_refused_with_both_sizes(canvas, view):
    paint(canvas, view, Image.new("L", (41, 30), 255))
    assert re.search("41×30.*40×30", view.last("trouble")[0]["message"])
    assert canvas.mask.getbbox() is None
    assert canvas.version == 0


@pytest.mark.parametrize(
    "hostile",
    [
        {"kind": "paint", "seq": 1, "upload": 99},
        {"kind": "paint", "seq": 1, "upload": "99"},
        {"kind": "paint", "seq": -1, "upload": None},
        {"kind": "chunk", "seq": 1, "upload": 1, "index": 0, "count": 1},
        {"kind": "ask", "seq": 1, "prompt": "a cat"},
        {"kind": "canvas", "seq": 1},
        "paint",
        None,
    ],
)
def test_a_message_that_no_view_sends_is_refused_in_words_and_changes_nothing(canvas, view, hostile):
    view.say_raw(hostile)
    assert view.last("trouble")[0]["message"].endswith(".")
    assert canvas.version == 0


def test_a_page_cannot_say_how_much_is_painted(canvas):
    canvas.set_state({"painted": 0.5, "version": 9, "part": "studio", "_esm": "alert(1)", "lang": "zh"})
    assert (canvas.painted, canvas.version, canvas.part, canvas.lang) == (0.0, 0, "mask", "zh")
    assert "alert" not in canvas._esm[:20]
    with pytest.raises(traitlets.TraitError):
        canvas.painted = 0.5


def test_the_canvas_itself_is_accepted_as_a_mask(session):
    turn = session.generate("a cat")
    canvas = paint_mask(turn)
    canvas.mask = blot(turn.size)
    assert session.edit("a dog", mask=canvas).mask.tobytes() == blot(turn.size).tobytes()


def test_a_canvas_without_a_picture_is_refused():
    with pytest.raises(ImageError):
        paint_mask(b"")


def test_it_takes_a_layout_a_language_and_a_first_mask():
    canvas = MaskCanvas(Image.new("RGB", (40, 30)), mask=(0, 0, 20, 30), lang="zh", layout={"width": "50%"})
    assert (canvas.painted, canvas.lang, canvas.layout.width) == (0.5, "zh", "50%")


def test_its_repr_is_the_same_every_time(canvas):
    assert repr(canvas) == "MaskCanvas(40×30)"
