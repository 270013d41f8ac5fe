"""Who holds memory of which device: a small file for every model that a process has loaded.

It stands apart from `memory.py` because it is between processes: two kernels that want one graphics card cannot see
each other, and "out of memory" names nobody. A claim keeps nobody out. Each is held by a lock that the system lets go
with its process, so that what a killed kernel left behind is recognised and swept away by whoever looks next.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import stat
import sys
import tempfile
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

__all__ = ["Claim", "Holder", "claim", "held", "holders"]

_NOTEBOOK = "JPY_SESSION_NAME"


@dataclass(frozen=True)
class Holder:
    """What a claim tells.

    Attributes
    ----------
    process : int
        Its number.
    notebook : str
        The file name of its notebook, or "".
    model : str
        What it has loaded.
    size : int
        Bytes on the device.
    """

    process: int
    notebook: str
    model: str
    size: int


class Claim:
    """A claim of this process; it ends with `drop`, with the object, or with the process."""

    def __init__(self, path: Path | None, lock: FileLock | None) -> None:
        self._end = weakref.finalize(self, _drop, path, lock)

    def drop(self) -> None:
        """Give it up; may be called more than once."""
        self._end()


def claim(device: str, model: str, size: int) -> Claim:
    """Say that this process has a model on a device.

    Parameters
    ----------
    device : str
        "cpu", "cuda:0" and so on.
    model : str
        What people call it.
    size : int
        Bytes that it holds there.

    Returns
    -------
    Claim
        To be kept as long as the model is loaded. Where no claim can be written, one that nobody sees.
    """
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _ours(folder):
            return Claim(None, None)
        path = folder / f"{_key(device)}-{os.getpid()}-{secrets.token_hex(3)}.json"
        lock = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False)
        lock.acquire()
        notebook = Path(os.environ.get(_NOTEBOOK, "")).name
        told = {"node": platform.node(), "process": os.getpid(), "notebook": notebook, "model": model, "size": size}
        path.write_text(json.dumps(told), encoding="utf-8")
    except (OSError, RuntimeError, Timeout):  # a help that cannot be given is no reason to paint nothing
        return Claim(None, None)
    return Claim(path, lock)


def held(device: str) -> list[Holder]:
    """List the claims on a device, those of this process too, the largest first; dead ones are swept away."""
    found = []
    with suppress(OSError, RuntimeError):
        folder = _folder()
        if not _ours(folder):
            return []
        for path in sorted(folder.glob(f"{_key(device)}-*.json")):
            holder = _read(path)
            if holder is not None and (holder.process == os.getpid() or not _swept(path)):
                found.append(holder)
    return sorted(found, key=lambda holder: -holder.size)


def holders(device: str) -> str:
    """Say in sentences who holds memory of a device and how to get it back; "" if nobody does that is known."""
    return "".join(f"{_sentence(holder)} " for holder in held(device))


def _sentence(holder: Holder) -> str:
    what = f"{holder.model}, {holder.size / 1e9:.1f} GB"
    if holder.process == os.getpid():
        return f"This kernel itself holds {what}: close the sessions that use it."
    who = f"The kernel of {holder.notebook}" if holder.notebook else "Another Python"
    return f"{who} (process {holder.process}) holds {what}: close that session or shut that kernel down."


def _folder() -> Path:
    """Below ``POCHADE_HOME`` if that is set, else where the system keeps what ends with a login or a start."""
    home = os.environ.get("POCHADE_HOME")
    if home:
        return Path(home).expanduser() / "claims"
    if sys.platform != "linux" or os.environ.get("XDG_RUNTIME_DIR"):
        return platformdirs.user_runtime_path("pochade", appauthor=False) / "claims"
    return Path(tempfile.gettempdir(), f"pochade-{os.getuid()}", "claims")


def _ours(folder: Path) -> bool:
    """Whether a folder is this person's own: in a shared place for temporary files somebody may have made it first."""
    if sys.platform == "win32":
        return True
    told = folder.lstat(), folder.parent.lstat()
    return all(stat.S_ISDIR(one.st_mode) and one.st_uid == os.getuid() for one in told)


def _key(device: str) -> str:
    """Name a device alike in every process: "cuda:0" is another card where some are hidden from a process."""
    if device.startswith("cuda"):
        import torch

        return f"cuda-{torch.cuda.get_device_properties(torch.device(device)).uuid}"
    return device.replace(":", "-")


def _read(path: Path) -> Holder | None:
    """Read a claim of this machine; whatever else may lie there is passed over."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["node"] != platform.node():
            return None
        return Holder(int(told["process"]), str(told["notebook"]), str(told["model"]), int(told["size"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _swept(path: Path) -> bool:
    """Take a claim away if its process is dead: then its lock is free."""
    lock = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except (Timeout, OSError):
        return False
    _drop(path, lock)
    return True


def _drop(path: Path | None, lock: FileLock | None) -> None:
    """Remove the claim first and its lock after, so that a claim without a lock is always a dead one."""
    if path is None or lock is None:
        return
    with suppress(OSError):
        path.unlink(missing_ok=True)
    lock.release()
    with suppress(OSError):  # on Windows somebody may be looking at it just now
        Path(lock.lock_file).unlink(missing_ok=True)
