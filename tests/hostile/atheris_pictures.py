"""Picture files as a coverage-guided fuzzer draws them: `python atheris_pictures.py -max_total_time=60`, with atheris.

The first byte chooses between the bytes as they are and a file of the grammar's that they spoil.
"""

import sys

import atheris

with atheris.instrument_imports(include=["pochade", "PIL"]):
    from damage import damaged, fed, readers

from drawn import Drawn

READERS = {name: read for name, read in readers().items() if name in {"load_image", "take_mask", "carried", "verify"}}


def one(data):
    """Give one file to everything that reads pictures."""
    file = damaged(Drawn(data[1:])) if data[:1] < b"\x80" else data[1:]
    for name, read in READERS.items():
        if (wrong := fed(file, read)) not in {None, "read"}:
            raise AssertionError(f"{name}: {wrong}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
