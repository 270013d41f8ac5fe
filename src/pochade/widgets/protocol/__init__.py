"""The messages between a browser view and the kernel, each way, as pydantic models.

Everything that a browser sends is hostile until one of the models in `incoming` has accepted it, so each field has one
of the `limits`; what the kernel answers is in `outgoing`, made of `cards`. The TypeScript types in
``js/src/protocol.ts`` are written from the same models (``python -m pochade.widgets.protocol``), so the two sides
cannot drift apart unnoticed. No field is called ``id``: the comm layer keeps a table of those.
"""

from pochade.widgets.protocol.cards import *  # noqa: F403
from pochade.widgets.protocol.cards import __all__ as _cards
from pochade.widgets.protocol.incoming import *  # noqa: F403
from pochade.widgets.protocol.incoming import __all__ as _incoming
from pochade.widgets.protocol.limits import *  # noqa: F403
from pochade.widgets.protocol.limits import __all__ as _limits
from pochade.widgets.protocol.outgoing import *  # noqa: F403
from pochade.widgets.protocol.outgoing import __all__ as _outgoing

__all__ = [*_cards, *_incoming, *_limits, *_outgoing]  # noqa: PLE0604 - these are lists of names
