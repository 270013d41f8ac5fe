"""The bytes of a coverage-guided fuzzer, as the random draws that the grammars here are driven by.

It stands alone because that fuzzer changes bytes and sees what comes of it: every choice has to hang on a few of them,
in order, so that a small change of the bytes is a small change of the message.
"""

import random

__all__ = ["Drawn"]


class Drawn(random.Random):
    """A source of draws that reads them from bytes, and draws nothing but zeros after their end."""

    def __init__(self, data):
        self._data, self._place = data, 0
        super().__init__(0)

    def seed(self, *_ignored):
        """Nothing is drawn but the bytes."""

    def getrandbits(self, k):
        size = -(-k // 8)
        taken = self._data[self._place : self._place + size]
        self._place += size
        return int.from_bytes(taken.ljust(size, b"\0")) >> (8 * size - k)

    def random(self):
        return self.getrandbits(16) / 2**16
