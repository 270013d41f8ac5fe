"""The learnt scorer: a small network that names what a window of a picture shows, or says that it is melted or nothing.

`training` makes its weights; beside them the file names the part of the world that they were trained on. What a
detector does not know it says nothing about, and the other scorer then decides alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from pochade.errors import ModelError

from .views import frame, padded, window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pochade.miniature.world import Thing

__all__ = ["SIDE", "Detector", "Guess", "Labels", "Network", "packaged"]

SIDE = 40  #: side of the window that the network sees, pixels
_SURE = 0.9  #: chance from which something is surely worn; below the rest of it, it surely is not
_WIDTHS = (24, 48, 96, 160, 144)


@dataclass(frozen=True)
class Labels:
    """What a detector can say: names of things, colours, and what is worn."""

    names: tuple[str, ...]
    colours: tuple[str, ...]
    worn: tuple[str, ...]

    @property
    def junk(self) -> int:
        """The class of a melted thing."""
        return len(self.names)

    @property
    def nothing(self) -> int:
        """The class of background."""
        return len(self.names) + 1


class Network(nn.Module):
    """Five convolutions and three heads: name, colour, and each worn item by itself.

    Parameters
    ----------
    labels : Labels
        Names (junk and nothing are added), colours (the drawing's own is added) and worn items.
    """

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        channels = (3, *_WIDTHS)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 5 if i == 0 else 3, stride=2 if i < 2 else 1, padding=2 if i == 0 else 1)
            for i, (a, b) in enumerate(pairwise(channels))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in _WIDTHS)
        self.name = nn.Linear(2 * _WIDTHS[-1], len(labels.names) + 2)
        self.colour = nn.Linear(2 * _WIDTHS[-1], len(labels.colours) + 1)
        self.worn = nn.Linear(2 * _WIDTHS[-1], max(1, len(labels.worn)))

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of names, colours and worn items for windows ``(N, 3, 40, 40)`` in [−1, 1]."""
        x = windows
        for index, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = F.relu(norm(convolution(x)))
            if index == 2:
                x = F.max_pool2d(x, 2)
        seen = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        return self.name(seen), self.colour(seen), self.worn(seen)


@dataclass(frozen=True)
class Guess:
    """What the detector sees in a window.

    Attributes
    ----------
    name : str or None
        The thing; None where the window shows something melted or nothing.
    colour : str or None
        The colour that it was given; None is the drawing's own.
    worn, perhaps : frozenset of str
        What it surely wears, and what it may wear (thin glasses are hard to see); the first is part of the second.
    sure : float
        Probability of the name.
    thing : float
        Probability that the window shows any thing at all, whole or melted.
    """

    name: str | None
    colour: str | None
    worn: frozenset[str]
    perhaps: frozenset[str]
    sure: float
    thing: float


class Detector:
    """A trained detector, read from its file.

    Parameters
    ----------
    path : Path
        Written by `training`.

    Attributes
    ----------
    labels : Labels
        What it can say.
    styles : tuple of str
        The styles of the pictures that it was trained on, beside none.

    Raises
    ------
    ModelError
        The file is missing or is not a detector's.
    """

    def __init__(self, path: Path) -> None:
        try:
            with safe_open(path, framework="pt") as file:
                metadata: dict[str, str] = file.metadata() or {}
                weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
            self.labels = Labels(**{key: tuple(words) for key, words in json.loads(metadata["labels"]).items()})
            self.styles = tuple(json.loads(metadata.get("styles", "[]")))
            self._network = Network(self.labels).eval()
            self._network.load_state_dict(weights)
        except (OSError, KeyError, ValueError, RuntimeError, TypeError, SafetensorError) as error:
            raise ModelError(
                f"The detector's weights at {path} are missing or damaged. Install pochade again, or train them with "
                "`python -m pochade.miniature.scorer.training`."
            ) from error

    def knows(self, thing: Thing, style: str = "") -> bool:
        """Whether it was trained on the thing's name, and on pictures in that style."""
        return thing.name in self.labels.names and style in ("", *self.styles)

    def look(self, picture: np.ndarray, things: Sequence[Thing], scale: float) -> list[Guess]:
        """Name what stands where the things should; the things give places and sizes, not the answer."""
        if not things:
            return []
        whole = padded(picture)
        views = []
        for thing in things:  # a model paints a thing a little beside its place, or a little larger
            left, top, right, bottom = frame(thing, scale)
            step, grow = thing.side * scale * 0.08, (right - left) * 0.06
            for dx, dy, more in ((0, 0, 0), (-step, 0, 0), (step, 0, 0), (0, -step, 0), (0, step, 0), (0, 0, grow)):
                box = (left + dx - more, top + dy - more, right + dx + more, bottom + dy + more)
                views.append(window(whole, box, (SIDE, SIDE)))
        pixels = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.no_grad():
            names, colours, worn = self._network(pixels)
        names, colours, worn = (row.unflatten(0, (len(things), -1)).float() for row in (names, colours, worn))
        chances = names.softmax(-1).mean(1)
        tints, items = colours.softmax(-1).mean(1).argmax(-1), worn.sigmoid().mean(1)
        return [self._guess(*row) for row in zip(chances, tints, items, strict=True)]

    def _guess(self, chances: Tensor, tint: Tensor, items: Tensor) -> Guess:
        labels, best = self.labels, int(chances.argmax())
        return Guess(
            name=labels.names[best] if best < labels.junk else None,
            colour=labels.colours[int(tint)] if int(tint) < len(labels.colours) else None,
            worn=frozenset(w for w, chance in zip(labels.worn, items.tolist(), strict=False) if chance > _SURE),
            perhaps=frozenset(w for w, chance in zip(labels.worn, items.tolist(), strict=False) if chance > 1 - _SURE),
            sure=float(chances[best]),
            thing=float(1 - chances[labels.nothing]),
        )


@lru_cache(maxsize=1)
def packaged() -> Detector:
    """The detector that is packaged with pochade."""
    return Detector(Path(str(files(__package__))) / "detector.safetensors")
