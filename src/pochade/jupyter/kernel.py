"""What pochade asks of the kernel it runs in: is there one, has it subshells, and which shell hears the browser.

These few questions depend on the version of ipykernel, so they are answered in one place and nowhere else.
"""

from __future__ import annotations

import sys
from typing import Any


def kernel() -> Any | None:
    """Return the IPython kernel that this process is, or None in a terminal or a plain script."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None)


def in_kernel() -> bool:
    """Whether a front end that can show widgets may be listening."""
    return kernel() is not None


def has_subshells() -> bool:
    """Whether a browser message can be heard while a cell runs (ipykernel 7 and later)."""
    return bool(getattr(kernel(), "_supports_kernel_subshells", False))


def unpin(comm: Any) -> None:
    """Let each message of a comm be heard by the shell that the browser addressed it to.

    ipykernel 7.4 sends what comes in on a comm to the shell that last sent on it, which for a comm opened by a cell is
    the main shell: a Stop would wait for the running cell. Without this routing (7.3 has none) it arrives in
    milliseconds on the browser's own subshell.
    """
    if getattr(comm, "_reply_subshell_for", None) is not None:
        comm._reply_subshell_for = None  # noqa: SLF001 - ipykernel offers no other way to say it
