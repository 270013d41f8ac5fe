"""How much memory a model will need, how much there is, and which level of saving follows from the two.

It stands apart from loading so that all of this is known, and said, before a single weight is read: sizes come from the
headers of the weight files, and nothing here imports PyTorch unless a graphics card must be asked what it has free.
What a level then does to a model is `placing`'s business.

Levels, in the order in which "auto" tries them; the first three paint the very same picture:

    full        everything lies on the device
    model       parts wait in main memory and come to the card one at a time, whole
    group       parts come layer by layer, the next one while the last one works
    fp8         weights are kept in 8 bits and widened layer by layer; if need be they also wait in main memory
    quantised   weights are kept in 8 or 4 bits with scales, by torchao or bitsandbytes, where one is installed
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from pochade.engine import claims
from pochade.engine.needs import GB, LEVELS, SLACK, Level, Need, need
from pochade.errors import ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["GB", "LEVELS", "Level", "Need", "Plan", "There", "at_once", "check", "choose", "library_for", "lower"]
__all__ += ["need", "plan", "there_is", "told"]

ON_CPU: tuple[Level, ...] = ("full", "fp8", "quantised")
LIBRARIES = ("bitsandbytes", "torchao")
"""What quantises: the first keeps 4 bits a weight and is for graphics cards here, the second 8 bits anywhere."""


@dataclass(frozen=True)
class There:
    """What memory there is, in bytes: free now, and in all."""

    free: int
    total: int


@dataclass(frozen=True)
class Plan:
    """How a model is going to lie in memory.

    Attributes
    ----------
    level : str
        One of `LEVELS`.
    device : str
        Where it runs: "cpu", "cuda:0" and so on.
    dtype : str
        What it computes in.
    waiting : bool
        Whether weights wait in main memory until they are needed.
    library : str
        Which one quantises; "" at other levels.
    sentence : str
        What is needed and what there is, for people.
    size : int
        Bytes that it will hold of the device while it paints, for `claims`.
    """

    level: Level
    device: str
    dtype: str
    waiting: bool
    library: str
    sentence: str
    size: int = 0

    @property
    def note(self) -> str | None:
        """What a turn should say of it: nothing where everything fits."""
        return None if self.level == "full" else self.sentence


def there_is(device: str) -> There:
    """Say how much memory a device has free; on the CPU also within the limits of a container.

    A graphics card counts as free what PyTorch holds in reserve for this process.
    """
    if device == "cpu":
        from pochade.engine.host import main_memory

        return There(*main_memory())
    import torch

    free, total = torch.cuda.mem_get_info(torch.device(device))
    return There(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device), total)


def plan(
    folder: Path,
    device: str,
    dtype: str,
    *,
    name: str,
    pixels: int,
    asked: str = "auto",
) -> Plan:
    """Choose how the model in a folder will lie in memory. Reads headers, no weights.

    Parameters
    ----------
    folder, device, dtype, pixels
        See `need` and `Plan`.
    name : str
        What people call the model.
    asked : str
        "auto", or one of `LEVELS` to force it.

    Raises
    ------
    ModelError
        If there is too little memory even at the lowest level, naming who else holds some; if the choice is unknown or
        makes no sense on this device; if its library is missing; if a file is damaged.
    """
    check(asked, device)
    wanted = need(folder, dtype, pixels=pixels)
    main = there_is("cpu")
    there = main if device == "cpu" else there_is(device)
    return choose(wanted, there, main, device, dtype, name=name, asked=asked, holders=claims.holders(device))


def check(asked: str, device: str) -> None:
    """Refuse a `memory=` that cannot be meant.

    Raises
    ------
    ModelError
        If it is unknown, makes no sense on the device, or its library is missing.
    """
    if asked != "auto" and asked not in LEVELS:
        raise ModelError(f"There is no memory={asked!r}. Use {', '.join(map(repr, ('auto', *LEVELS)))}.")
    if device == "cpu" and asked in LEVELS and asked not in ON_CPU:
        raise ModelError(
            f"memory={asked!r} moves weights between main memory and a graphics card; on the CPU there is nothing to "
            f"move. Use {', '.join(map(repr, ('auto', *ON_CPU)))}."
        )
    if asked == "quantised" and not library_for(device):
        libraries = _libraries(device)
        raise ModelError(
            f'memory="quantised" needs {" or ".join(libraries)}, which is not installed: `pip install {libraries[0]}` '
            f"and start the kernel again, or use another level."
        )


def library_for(device: str) -> str:
    """Name the library that would quantise on a device; "" if none is installed."""
    return next((library for library in _libraries(device) if find_spec(library)), "")


def choose(
    wanted: Need,
    there: There,
    main: There,
    device: str,
    dtype: str,
    *,
    name: str,
    asked: str = "auto",
    holders: str = "",
) -> Plan:
    """Choose the first level that fits, or the one that was asked for.

    Parameters
    ----------
    wanted : Need
        Of the model.
    there, main : There
        Memory of the device and main memory.
    device, dtype, name, asked
        See `plan`.
    holders : str
        Who else holds memory there, as a sentence for the error.

    Raises
    ------
    ModelError
        If even the lowest level does not fit. A level that was asked for is refused only where its weights cannot lie
        in all the memory there is, free or not: what is beside them is an estimate.
    """
    whole = wanted.cpu("full") if device == "cpu" else wanted.device("full")
    facts = (
        f"{name} needs about {_gb(whole)} on {device} ({_gb(wanted.total)} of weights in {dtype}); "
        f"{_gb(there.free)} of {_gb(there.total)} are free there"
    )
    options = _options(wanted, device, [level for level in LEVELS if level == asked] or _usable(device))
    for option in options:
        limit = (there.total, main.total) if asked != "auto" else (there.free, main.free)
        beside = wanted.working if asked != "auto" else 0
        if option.device - beside <= limit[0] and option.host <= limit[1]:
            said = _sentence(facts, option, holders)
            return Plan(option.level, device, dtype, option.waiting, option.library, said, option.device)
    least = min(options, key=lambda option: option.device)
    also = "" if device == "cpu" else f" and {_gb(least.host)} of main memory, where {_gb(main.free)} are free"
    raise OutOfMemoryError(
        f"There is not enough memory: {facts}, and even with memory={least.level!r} it needs {_gb(least.device)}{also}."
        f" {holders}{_help(device, dtype, asked)}",
        None if asked == "auto" else "auto",
    )


def lower(now: Plan) -> Level | None:
    """Name the level below a plan's; None if there is none on its device or with what is installed."""
    below = LEVELS[LEVELS.index(now.level) + 1 :]
    return next((level for level in below if level in _usable(now.device)), None)


def told(device: str, level: Level) -> str:
    """Say that memory ran out and how the work goes on."""
    return f'{device} ran out of memory; the work went on with memory="{level}": {_WHAT[level]}.'


def at_once(wanted: Need, free: int, pictures: int, pixels: int, references: int = 0) -> int:
    """Say how many of some pictures can be painted at once in the memory that is free, at least one."""
    each = SLACK * wanted.working_for(pixels, references)
    return max(1, min(pictures, int(free / each)))


def _libraries(device: str) -> tuple[str, ...]:
    return LIBRARIES if device != "cpu" else ("torchao",)


def _usable(device: str) -> list[Level]:
    """List the levels that "auto" may take on a device with what is installed."""
    levels = LEVELS if device != "cpu" else ON_CPU
    return [level for level in levels if level != "quantised" or library_for(device)]


@dataclass(frozen=True)
class _Option:
    level: Level
    waiting: bool
    library: str
    device: int
    host: int


def _options(wanted: Need, device: str, levels: list[Level]) -> list[_Option]:
    """Spell out the ways to lie in memory, the fastest first."""
    found = []
    for level in levels:
        library = library_for(device) if level == "quantised" else ""
        known = library or "torchao"
        if device == "cpu":
            found.append(
                _Option(level, waiting=False, library=library, device=wanted.cpu(level, library=known), host=0)
            )
            continue
        for waiting in (False, True) if level in {"fp8", "quantised"} else (level != "full",):
            on_device = wanted.device(level, waiting=waiting, library=known)
            in_main = wanted.host(level, waiting=waiting, library=known)
            found.append(_Option(level, waiting=waiting, library=library, device=on_device, host=in_main))
    return found


_WHAT = MappingProxyType(
    {
        "full": "everything lies on the device",
        "model": "parts wait in main memory until it is their turn, the picture stays the same",
        "group": "layers come from main memory as they are needed, the picture stays the same",
        "fp8": "weights are kept in 8 bits, which changes pictures slightly",
        "quantised": "weights are kept in fewer bits, which changes pictures slightly",
    }
)


def _sentence(facts: str, option: _Option, holders: str) -> str:
    if option.level == "full":
        return f"{facts}."
    chosen = f'With memory="{option.level}" it needs about {_gb(option.device)}: {_WHAT[option.level]}.'
    return f"{facts}. {chosen} {holders}".strip()


def _help(device: str, dtype: str, asked: str) -> str:
    ways = ["close other programs", "ask for a smaller picture"]
    if dtype == "float32":
        ways.append('use dtype="bfloat16"')
    if device != "cpu" and library_for(device) != LIBRARIES[0]:
        ways.append(f'install {LIBRARIES[0]} for memory="quantised"')
    ways.append("use a smaller model")
    forced = ' If you know better, force it, for example with memory="full".' if asked == "auto" else ""
    return f"{', '.join(ways).capitalize()}.{forced}"


def _gb(size: int) -> str:
    return f"{size / GB:.1f} GB" if size >= GB / 10 else f"{size / 1e6:.0f} MB"
