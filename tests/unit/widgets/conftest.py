"""A browser's end of the line, without a browser."""

import pytest

from pochade.widgets.protocol import PROTOCOL

PATIENCE = 60.0
ASK = {"base": None, "index": 0, "source": None, "mask": None, "extend": None, "references": []}


class View:
    """A browser's end of the line: it says messages and keeps what it hears."""

    def __init__(self, part, monkeypatch):
        self.part = part
        self.heard = []
        self.seq = 1_000  # what tests say by hand has smaller numbers
        monkeypatch.setattr(part, "send", lambda content, buffers=None: self.heard.append((content, buffers or [])))

    def say(self, kind, buffers=(), **fields):
        """Say a message, with what a view usually says in fields that are left out; returns its number."""
        self.seq += 1
        usual = {"hello": {"protocol": PROTOCOL}, "ask": ASK}.get(kind, {})
        fields = usual | fields
        self.say_raw({"kind": kind, "seq": self.seq, **fields}, buffers)
        return self.seq

    def say_raw(self, content, buffers=()):
        self.part._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])

    def all(self, kind):
        assert self.part._courier.flush(PATIENCE)
        return [(content, buffers) for content, buffers in self.heard if content["kind"] == kind]

    def last(self, kind):
        return self.all(kind)[-1]


@pytest.fixture
def view_of(monkeypatch):
    """Make the browser's end of a widget's line."""
    return lambda part: View(part, monkeypatch)


@pytest.fixture
def view(session, view_of):
    """The browser's end of the Studio's line."""
    return view_of(session.studio())
