"""Messages as a coverage-guided fuzzer draws them: `python atheris_messages.py -max_total_time=60`, with atheris."""

import sys

import atheris

with atheris.instrument_imports(include=["pochade"]):
    from pochade.widgets import protocol as p

from drawn import Drawn
from grammar import Grammar


def one(data):
    """Draw some messages from the bytes, and take them in at the gate."""
    grammar = Grammar(Drawn(data))
    for _ in range(3):
        try:
            message = p.accept(grammar.message()[0])
        except p.Refused as refused:
            str(refused).encode()
        else:
            message.model_dump_json()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
