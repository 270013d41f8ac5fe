"""One measured number, and all of them as a table for people and as plain data for programs.

It stands apart because it measures nothing: whatever is measured, anywhere in this package, becomes a `Figure`.
"""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Figure", "as_data", "as_table", "machine"]

PACKAGES = ("pochade", "torch", "diffusers", "transformers")


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    name : str
        Which row it is.
    what : str
        What was measured, in words.
    value : float or None
        The median, in `unit`; None where it does not apply to this model or this installation.
    unit : str
        "s", "ms", "%", "×", "steps", "MB" or "kB".
    limit : float or None
        What it should keep to on an idle machine; None where it is only told.
    bound : "at most" or "at least"
        On which side of the limit it should be.
    bare, pochade : float or None
        Where the two are compared: seconds of diffusers called by hand, and of pochade; medians.
    apart : tuple of float or None
        Where pictures are compared: the largest difference of two 8-bit values, and the share of values that differ.
    """

    name: str
    what: str
    value: float | None
    unit: str
    limit: float | None = None
    bound: Literal["at most", "at least"] = "at most"
    bare: float | None = None
    pochade: float | None = None
    apart: tuple[float, float] | None = None

    @property
    def within(self) -> bool | None:
        """Whether the limit is kept; None where there is no value or no limit."""
        if self.value is None or self.limit is None:
            return None
        return self.value <= self.limit if self.bound == "at most" else self.value >= self.limit


def machine(device: str = "cpu") -> dict[str, Any]:
    """Say where and with what was measured.

    Parameters
    ----------
    device : str
        What was painted on; a graphics card is told by its name.

    Returns
    -------
    dict
        ``platform``, ``cores``, ``threads`` (of PyTorch), ``load`` (of the last minute, None where nobody knows),
        ``python``, ``device`` and the versions of the packages that matter.
    """
    import torch

    return {
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        **{name: _version(name) for name in PACKAGES},
    }


def as_data(figures: Sequence[Figure], where: dict[str, Any], model: str) -> dict[str, Any]:
    """Gather everything as plain data: ``machine``, ``model`` and ``figures`` (row → its fields and `within`)."""
    return {
        "machine": where,
        "model": model,
        "figures": {figure.name: {**asdict(figure), "within": figure.within} for figure in figures},
    }


def as_table(figures: Sequence[Figure], where: dict[str, Any], model: str) -> Table:
    """Lay figures out for people."""
    title = f"pochade on {where['device']}: {model}, torch {where['torch']}, {where['threads']} threads"
    table = Table(title=title)
    for heading in ("", "diffusers", "pochade", "measured", "limit", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for figure in figures:
        value = "—" if figure.value is None else f"{figure.value:.3g} {figure.unit}"
        sign = "≤" if figure.bound == "at most" else "≥"
        limit = "" if figure.limit is None else f"{sign} {figure.limit:g} {figure.unit}"
        what = figure.what if figure.apart is None else f"{figure.what} ({_apart(*figure.apart)})"
        verdict = {True: "✓", False: "no", None: ""}[figure.within]
        table.add_row(what, _seconds(figure.bare), _seconds(figure.pochade), value, limit, verdict)
    return table


def _apart(largest: float, share: float) -> str:
    """Say how far two pictures are apart."""
    if not largest:
        return "same pictures, byte for byte"
    return f"pictures differ by at most {largest:g} in {100 * share:.2g} % of values"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{1000 * value:.0f} ms" if value < 10 else f"{value:.1f} s"  # noqa: PLR2004


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
