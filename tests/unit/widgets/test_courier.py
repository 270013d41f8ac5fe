import logging
import threading
import time

from pochade.widgets.courier import Courier


def test_letters_are_carried_in_order_on_another_thread():
    courier, carried = Courier("test"), []
    for number in range(50):
        courier.post(lambda number=number: carried.append((number, threading.current_thread())))
    assert courier.flush()
    assert [number for number, _ in carried] == list(range(50))
    assert all(thread is not threading.main_thread() for _, thread in carried)
    courier.close()


def test_a_slot_carries_only_the_latest_and_keeps_its_distance():
    courier, carried = Courier("test"), []
    courier.slot("preview", lambda: 0.2)
    courier.latest("preview", lambda: carried.append((0, time.monotonic())))
    assert courier.flush()
    for number in range(1, 20):
        courier.latest("preview", lambda number=number: carried.append((number, time.monotonic())))
    assert courier.flush()
    assert [number for number, _ in carried] == [0, 19]
    assert carried[1][1] - carried[0][1] >= 0.19
    courier.close()


def test_a_letter_can_make_what_waits_in_a_slot_stale():
    courier, carried = Courier("test"), []
    courier.slot("preview", lambda: 0.2)
    courier.latest("preview", lambda: carried.append("first"))
    assert courier.flush()
    courier.latest("preview", lambda: carried.append("stale"))
    courier.post(lambda: carried.append("done"), dropping=("preview",))
    assert courier.flush()
    assert carried == ["first", "done"]
    courier.close()


def test_a_retired_courier_still_carries_and_keeps_no_thread_between():
    courier, carried = Courier("test"), []
    for number in range(3):
        courier.post(lambda number=number: carried.append((number, threading.current_thread())))
        courier.retire()
        assert courier.flush()
        carried[-1][1].join(60.0)
        assert not carried[-1][1].is_alive()
    assert [number for number, _ in carried] == [0, 1, 2]


def test_a_task_that_fails_does_not_end_the_carrying(caplog):
    courier, carried = Courier("test"), []
    with caplog.at_level(logging.CRITICAL):
        courier.post(lambda: 1 / 0)
        courier.post(lambda: carried.append("next"))
        assert courier.flush()
    assert carried == ["next"]
    courier.close()
