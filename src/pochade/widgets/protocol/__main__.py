"""Writes ``js/src/protocol.ts`` in the checkout that this module lives in."""

from pathlib import Path

from pochade.widgets.protocol.typescript import typescript

if __name__ == "__main__":
    (Path(__file__).parents[4] / "js" / "src" / "protocol.ts").write_text(typescript(), encoding="utf-8")
