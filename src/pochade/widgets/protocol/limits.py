"""The limits of what a browser may send, and the numbers that both sides go by.

It stands alone so that the messages are only messages: what a field may hold is read, and changed, in one place.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pochade.request import MAX_PICTURES, MAX_PROMPT

__all__ = ["CHUNK_BYTES", "MAX_CHUNKS", "MAX_SEQ", "MAX_THUMBS", "PROTOCOL"]

PROTOCOL = 2
"""Grows with every change that an older bundle would misread; a view of another number is told to start afresh."""
CHUNK_BYTES = 2_000_000
"""The most bytes of an upload that one message carries; a socket drops messages over 10 MB, marimo's over 4 MB."""
MAX_CHUNKS = 32
MAX_SEQ = 2**53 - 1
MAX_THUMBS = 64
MAX_QUERY = 200
MAX_NAME = 200
MAX_MARGIN = 16_384

Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
Key = Annotated[str, Field(min_length=1, max_length=64)]
Upload = Annotated[int, Field(ge=0, le=MAX_SEQ)]
Index = Annotated[int, Field(ge=0, lt=MAX_PICTURES)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)]
Margin = Annotated[int, Field(ge=0, le=MAX_MARGIN)]
