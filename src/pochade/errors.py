"""Every error that pochade raises on purpose, as one small tree.

It stands alone, and imports nothing of pochade's but `inert`, so that any part of the house can raise an error that a
caller can name without loading the rest. Each class also descends from the built-in error it resembles, so code that
knows nothing of pochade still catches it the usual way.

    PochadeError
    ├── RequestError (ValueError)           the request cannot be carried out as asked
    │   └── ImageError                      a picture or a mask that was given cannot be used
    ├── ModelError                          the model is unknown, damaged or of an unsupported kind
    │   └── OutOfMemoryError (MemoryError)  there is not enough memory for the model or the picture
    ├── StoreError (OSError)                the session file cannot be used
    │   └── ReadOnlyError                   the session file can be read but not written
    ├── ProvenanceError (OSError)           a picture cannot be signed, or a key or certificate cannot be used
    ├── Cancelled                           the job was stopped before it finished
    └── WouldBlockError (RuntimeError)      waiting here would never end
"""

from typing import TYPE_CHECKING

from pochade.inert import inert

if TYPE_CHECKING:
    from pochade.turn import Turn

__all__ = [
    "Cancelled",
    "ImageError",
    "ModelError",
    "OutOfMemoryError",
    "PochadeError",
    "ProvenanceError",
    "ReadOnlyError",
    "RequestError",
    "StoreError",
    "WouldBlockError",
]


class PochadeError(Exception):
    """Root of the tree: catching it catches every error that pochade raises on purpose."""

    def __str__(self) -> str:
        return inert(super().__str__())  # a sentence quotes names of files, models and people that strangers chose


class RequestError(PochadeError, ValueError):
    """The request cannot be carried out as asked; the message says what to ask instead."""


class ImageError(RequestError):
    """A picture or a mask that was given cannot be read or does not fit."""


class ModelError(PochadeError):
    """The model folder is unknown or damaged, or holds a kind of model that pochade does not run."""


class OutOfMemoryError(ModelError, MemoryError):
    """There is not enough memory for the model, or for a picture with it.

    Parameters
    ----------
    message : str
        What did not fit, and what to do.
    memory : str, optional
        The ``memory=`` of `Session.use` that needs less.

    Attributes
    ----------
    memory : str or None
        As given; None where nothing needs less.
    """

    def __init__(self, message: str, memory: str | None = None) -> None:
        super().__init__(message)
        self.memory = memory


class StoreError(PochadeError, OSError):
    """The session file is not one of pochade's, is damaged, or cannot be read or written."""


class ReadOnlyError(StoreError):
    """The session file can only be read: somebody else is writing it, or permission is missing."""


class ProvenanceError(PochadeError, OSError):
    """A picture cannot be signed, or its key, its certificate or its credentials cannot be used."""


class Cancelled(PochadeError):  # noqa: N818 - being stopped is an outcome, not a fault
    """The job was stopped, by code, by a click or by an interrupt, before it finished.

    Parameters
    ----------
    message : str
        What was stopped, and what became of it.
    turn : Turn, optional
        What was kept of it.

    Attributes
    ----------
    turn : Turn or None
        The stopped turn, with the pictures that there were by then, where it was asked to be kept; None where nothing
        was stored.
    """

    def __init__(self, message: str, turn: "Turn | None" = None) -> None:
        super().__init__(message)
        self.turn = turn


class WouldBlockError(PochadeError, RuntimeError):
    """A blocking call was made where waiting would hold up the very thing that it waits for."""
