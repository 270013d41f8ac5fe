"""What a model takes of memory, worked out from the headers of its weight files before a single weight is read.

It stands apart from `memory.py`, which weighs this against what there is: here is arithmetic on sizes alone, each
factor with where it comes from. Nothing imports PyTorch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from pochade.engine.weights import tensors, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pochade.engine.weights import Tensor

__all__ = ["GB", "LEVELS", "SIZES", "SLACK", "Level", "Need", "kept_whole", "need"]

GB = 1_000_000_000
Level = Literal["full", "model", "group", "fp8", "quantised"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""The levels of saving, in the order in which they are tried; `memory` says what they mean."""

SIZES = MappingProxyType({"float32": 4, "bfloat16": 2, "float16": 2})
"""dtype → bytes of one number."""

SLACK = 1.05
"""What allocators lose between the blocks that they hand out."""

_BYTES = MappingProxyType({"bitsandbytes": 0.57, "torchao": 1.02})  # of one weight, with its share of the scales

# Numbers alive at once for each pixel of the picture, the weights not counted. Counted on the true architectures with
# their tensors on the "meta" device, at 1024×1024 and 512×512 alike: AutoencoderKL and Flux2's decode at 3.0 times the
# width of their last level but one, AutoencoderDC at 3.3 times, AutoencoderKLQwenImage at 18 times its base width; one
# step of klein-4b keeps 295, of FLUX.1 230, of SDXL with guidance 160.
_DECODING = 3.5
_DECODING_BASE = 18
_DECODING_UNKNOWN = 1800
_DECODING_USUAL = 900
_STEP = 300
_ON_CPU = 1.5  # convolutions keep rearranged copies there: 1.4 times was measured on the miniature


def kept_whole(part: str, name: str = "") -> bool:
    """Whether a component, or one tensor or layer of it, keeps its precision at the levels "fp8" and "quantised".

    The VAE is small and shows every rounding; norms and embeddings are few and steer everything after them. (A text
    encoder's own precision is also read off its first weight, an embedding.)
    """
    words = ("norm", "embed", "shared", "proj_in", "proj_out", "lm_head", "wo.")
    return part.startswith("vae") or any(word in f"{name}." for word in words)


@dataclass(frozen=True)
class Need:
    """What a model takes of memory, in bytes.

    Attributes
    ----------
    weights : mapping
        Component → its weights as they will lie in memory.
    eight : mapping
        The same at the level "fp8".
    linear : mapping
        Component → how many weights the level "quantised" can shorten.
    itemsize : int
        Bytes of one number in the dtype that the model computes in.
    layer : int
        The largest single tensor.
    per_pixel : int
        Numbers alive while one pixel is decoded.
    pixels : int
        Of the picture that all of this is worked out for.
    """

    weights: Mapping[str, int]
    eight: Mapping[str, int]
    linear: Mapping[str, int]
    itemsize: int
    layer: int
    per_pixel: int
    pixels: int

    @classmethod
    def estimated(cls, weights: Mapping[str, int], *, pixels: int, itemsize: int) -> Need:
        """Work it out from the sizes of the components alone, where there are no files to look at."""
        readers = weights.get("text_encoder", 0)
        return cls(
            weights=weights,
            eight={part: size if kept_whole(part) else size // itemsize for part, size in weights.items()},
            linear={part: 0 if kept_whole(part) else size // itemsize for part, size in weights.items()},
            itemsize=itemsize,
            layer=max(readers // 12, max(weights.values(), default=0) // 40),  # an embedding; a layer of many
            per_pixel=_DECODING_USUAL,
            pixels=pixels,
        )

    @property
    def total(self) -> int:
        """All weights."""
        return sum(self.weights.values())

    @property
    def largest(self) -> int:
        """The weights of the largest component."""
        return max(self.weights.values(), default=0)

    @property
    def working(self) -> int:
        """Beside the weights, for one picture without references."""
        return self.working_for(self.pixels)

    def working_for(self, pixels: int, references: int = 0) -> int:
        """Beside the weights, for one picture of so many pixels with so many references of its size.

        An estimate: it grows with the pixels, as attention does that never holds the whole matrix; steps and decoding
        follow each other, so the larger of the two counts.
        """
        return pixels * max(self.per_pixel, _STEP * (1 + references)) * self.itemsize

    def device(self, level: Level, *, waiting: bool = False, library: str = "torchao") -> int:
        """Bytes on the device at a level, for one picture.

        Parameters
        ----------
        level : str
            One of `LEVELS`.
        waiting : bool
            At "fp8" and "quantised": whether the weights wait in main memory.
        library : str
            Which one quantises.
        """
        stays = sum(size for part, size in self.weights.items() if kept_whole(part))
        if level == "full":
            bare = self.total
        elif level == "model" or (level == "quantised" and waiting):
            parts = self.weights if level == "model" else self.quantised(library)
            bare = max((size for part, size in parts.items() if not kept_whole(part)), default=0) + stays
        elif level == "group" or (level == "fp8" and waiting):
            bare = stays + 2 * self.layer  # the layer that works and the next one
        else:
            bare = self.layer + sum((self.eight if level == "fp8" else self.quantised(library)).values())
        return int(SLACK * (bare + self.working))

    def host(self, level: Level, *, waiting: bool = False, library: str = "torchao") -> int:
        """Bytes of main memory at a level while the device is a graphics card."""
        if level == "full" or (level in {"fp8", "quantised"} and not waiting):
            return self.largest  # parts pass through on their way
        if level in {"model", "group"}:
            return self.total
        return sum((self.eight if level == "fp8" else self.quantised(library)).values()) + self.largest

    def cpu(self, level: Level, *, library: str = "torchao") -> int:
        """Bytes of main memory at a level while the model runs on the CPU."""
        working = int(_ON_CPU * self.working)
        if level == "full":
            return int(SLACK * (self.total + working))
        kept = sum((self.eight if level == "fp8" else self.quantised(library)).values())
        return int(SLACK * (kept + max(self.largest, self.layer + working)))  # a part is shortened once loaded

    def quantised(self, library: str) -> dict[str, int]:
        """Bytes of each component once a library has shortened it."""
        return {
            part: int(size - self.linear[part] * (self.itemsize - _BYTES[library]))
            for part, size in self.weights.items()
        }


def need(folder: Path, dtype: str, *, pixels: int) -> Need:
    """Work out what the model in a folder will need, from the headers of its files.

    Parameters
    ----------
    folder : Path
        What `save_pretrained` wrote or the Hub gave.
    dtype : str
        "float32", "bfloat16" or "float16": what real numbers are cast to.
    pixels : int
        Width × height of the picture.

    Raises
    ------
    ModelError
        If a file is damaged, by name.
    """
    from pochade.engine.families import parts_of

    itemsize = SIZES[dtype]
    weights, eight, linear, layer = {}, {}, {}, 0
    for part in parts_of(folder):
        found = [tensor for name in weights_of(folder, part, dtype).names for tensor in tensors(folder / part / name)]
        if found:
            short = sum(tensor.count for tensor in found if _shortened(part, tensor))
            weights[part] = sum(tensor.count * (itemsize if tensor.floating else tensor.itemsize) for tensor in found)
            eight[part] = weights[part] - short * (itemsize - 1)
            linear[part] = short
            layer = max(layer, *(tensor.count * itemsize for tensor in found))
    return Need(weights, eight, linear, itemsize, layer, _per_pixel(folder / "vae" / "config.json"), pixels)


def _shortened(part: str, tensor: Tensor) -> bool:
    return tensor.floating and len(tensor.shape) > 1 and not kept_whole(part, tensor.name)


def _per_pixel(path: Path) -> int:
    """Numbers alive per pixel while a VAE decodes, from its configuration."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _DECODING_UNKNOWN
    widths = config.get("decoder_block_out_channels") or config.get("block_out_channels")
    if isinstance(widths, list) and widths:
        return int(_DECODING * widths[min(1, len(widths) - 1)])
    base = config.get("decoder_base_dim") or config.get("base_dim")
    return _DECODING_BASE * base if isinstance(base, int) else _DECODING_UNKNOWN
