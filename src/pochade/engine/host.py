"""How much main memory there is for this process, in a container too.

It stands apart from `memory.py` because containers tell it in files of their own: inside one, the machine's free memory
says nothing about when the process is killed. Control groups are described in the Linux kernel's
Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import psutil

__all__ = ["main_memory"]

_ROOT = Path("/sys/fs/cgroup")
_SELF = Path("/proc/self/cgroup")


def main_memory(root: Path = _ROOT, self: Path = _SELF) -> tuple[int, int]:
    """Say how many bytes of main memory are free for this process, and how many there are in all.

    Parameters
    ----------
    root, self : Path
        Where the kernel tells of control groups; only tests name others.
    """
    machine = psutil.virtual_memory()
    free, total = int(machine.available), int(machine.total)
    for folder, limit, used, cache in _groups(root, self):
        allowed, taken = _number(folder / limit), _number(folder / used)
        if allowed is not None and taken is not None and allowed < machine.total:
            spare = allowed - taken + _field(folder / "memory.stat", cache)
            free, total = min(free, max(0, spare)), min(total, allowed)
    return free, total


def _groups(root: Path, self: Path) -> list[tuple[Path, str, str, str]]:
    """Name the folders that may limit this process, from its own group up to the root."""
    try:
        lines = self.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _number_of, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            place, names = root, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            place = root / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        found += [(place / folder, *names) for folder in (own, *own.parents) if ".." not in folder.parts]
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or "max"
        return None


def _field(path: Path, name: str) -> int:
    """Read one line of a table: bytes that the kernel would give up at once."""
    try:
        rows = dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())
        return int(rows.get(name, 0))
    except (OSError, ValueError):
        return 0
