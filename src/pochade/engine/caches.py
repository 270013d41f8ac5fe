"""Remembers what a function gave for the very same arguments: prompts' embeddings, pictures' latents, positions.

It stands apart because it knows nothing of models: it compares, keeps and forgets. Arguments are compared number by
number and not by a hash, so an answer is only ever given again for the same numbers, and nothing leaves the device.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

__all__ = ["Memo"]

_PLAIN = (str, int, float, bool, type(None), torch.dtype, torch.device)


class _Unknown(Exception):  # noqa: N818 - says that an argument cannot be compared; never leaves this module
    """An argument is of a kind that cannot be compared."""


@dataclass(frozen=True)
class _Kept:
    """One answer, with the tensors among its arguments and the memory of both in bytes."""

    key: Hashable
    tensors: list[Tensor]
    answer: Any
    size: int


class Memo:
    """Answers of functions that depend on nothing but their arguments; the least recently used go first.

    For one thread at a time.

    Parameters
    ----------
    room : int
        How many bytes the kept arguments and answers may take together. An answer that alone is larger is not kept.
    entries : int
        How many answers are kept at most.
    fresh : bool
        Whether every answer is given as a copy of its own. Otherwise the very same tensors are given again, for callers
        that never write into them.

    Attributes
    ----------
    hits, misses : int
        How often an answer was known, and how often it had to be worked out.
    size : int
        What is kept now, in bytes.
    """

    def __init__(self, room: int, *, entries: int = 16, fresh: bool = True) -> None:
        self._room = room
        self._entries = entries
        self._fresh = fresh
        self._kept: list[_Kept] = []
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        """What is kept now, in bytes."""
        return sum(kept.size for kept in self._kept)

    def forget(self) -> None:
        """Give all memory back."""
        self._kept.clear()

    def over(self, function: Callable[..., Any], name: str = "") -> Callable[..., Any]:
        """Wrap a function so that known arguments are answered from memory.

        Parameters
        ----------
        function : callable
            It must always give the same answer to the same arguments. Arguments may be tensors, pictures, plain values,
            and lists, tuples and mappings of those; with any other argument it is simply called.
        name : str
            Keeps the answers of several functions apart.
        """

        @functools.wraps(function)
        def remembered(*args: Any, **more: Any) -> Any:
            tensors: list[Tensor] = []
            try:
                key = (name, _key((args, more), tensors))
            except _Unknown:
                return function(*args, **more)
            for index, kept in enumerate(self._kept):
                if kept.key == key and all(map(torch.equal, kept.tensors, tensors)):
                    self._kept.insert(0, self._kept.pop(index))
                    self.hits += 1
                    return _copied(kept.answer) if self._fresh else kept.answer
            self.misses += 1
            mine = [tensor.clone() for tensor in tensors]  # before the function can write into them
            answer = function(*args, **more)
            self._keep(_Kept(key, mine, _copied(answer) if self._fresh else answer, _bytes(answer) + _bytes(mine)))
            return answer

        return remembered

    def _keep(self, new: _Kept) -> None:
        room = self._room - new.size
        if room < 0:
            return
        while self.size > room or len(self._kept) >= self._entries:
            self._kept.pop()
        self._kept.insert(0, new)


def _key(value: Any, tensors: list[Tensor]) -> Hashable:
    """Say what an argument is, leaving out the numbers of its tensors, which are collected."""
    if isinstance(value, Tensor):
        tensors.append(value)
        return (Tensor, tuple(value.shape), value.dtype, value.device)
    if isinstance(value, _PLAIN):
        return (type(value), value)
    if isinstance(value, (list, tuple)):
        return (type(value), tuple(_key(item, tensors) for item in value))
    if isinstance(value, Mapping):
        return (type(value), tuple((name, _key(item, tensors)) for name, item in value.items()))
    if isinstance(value, Image.Image):
        tensors.append(torch.frombuffer(bytearray(value.tobytes()), dtype=torch.uint8))
        return (Image.Image, value.mode, value.size)
    raise _Unknown


def _parts(value: Any) -> Iterator[Any]:
    """Go through what an answer is made of; nothing for a leaf."""
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (getattr(value, field.name) for field in fields(value))
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        yield from vars(value).values()


def _bytes(value: Any) -> int:
    """Count the memory of all tensors in an answer."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return sum(map(_bytes, _parts(value)))


def _copied(value: Any) -> Any:
    """Copy an answer and the tensors in it: diffusers' outputs, distributions, and what plain Python has."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, _PLAIN):
        return value
    if type(value) is dict:
        return {name: _copied(item) for name, item in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(map(_copied, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _copied(getattr(value, field.name)) for field in fields(value)})
    twin = copy.copy(value)
    for name, item in vars(value).items():
        setattr(twin, name, _copied(item))
    return twin
