"""The command line.

`pochade --help` answers at once: whatever is heavy is imported inside a command.
"""

from pochade.cli import bench, lab, paint
from pochade.cli.app import app

__all__ = ["app", "bench", "lab", "main", "paint"]


def main() -> None:
    """Run the command line."""
    app()
