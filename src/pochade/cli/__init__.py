"""The command line.

`pochade --help` answers at once: whatever is heavy is imported inside a command.
"""

from pochade.cli import bench, files, find, lab, paint, verify
from pochade.cli.app import app

__all__ = ["app", "bench", "files", "find", "lab", "main", "paint", "verify"]


def main() -> None:
    """Run the command line."""
    app()
