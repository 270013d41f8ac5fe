"""Loads the processors that read a prompt together with pictures, leaving out what would read films.

transformers reads pictures with Pillow alone, but some of its processors insist on a reader of films beside it, which
needs torchvision. No pipeline here is ever given a film, so these processors are loaded without that half, and
torchvision is not needed. It stands apart because it is knowledge about transformers, not about loading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["loader", "without_films"]

_FILMS = "video_processor"
_ONLY_WORDS = frozenset({"PixtralProcessor"})  # the pipelines that have one give it nothing but words


def loader(cls: Any, name: str) -> Any:
    """Return the class whose `from_pretrained` loads a tokenizer, a processor or a scheduler.

    Parameters
    ----------
    cls : type
        The class that the model's index names.
    name : str
        Its name; where a library is missing, transformers puts a stand-in of another name in its place.

    Returns
    -------
    type
        `cls` itself, or for a processor one that does without films; for one that is only ever given words, the class
        of its tokenizer.
    """
    if name in _ONLY_WORDS:
        from transformers.tokenization_utils_tokenizers import TokenizersBackend

        return TokenizersBackend
    attributes: Sequence[str] = cls.get_attributes() if hasattr(cls, "get_attributes") else ()
    return without_films(cls) if _FILMS in attributes else cls


def without_films(cls: Any) -> Any:
    """Derive from a processor's class one that takes no reader of films.

    Parameters
    ----------
    cls : type
        A processor made of ``image_processor``, ``tokenizer`` and ``video_processor``, in this order.

    Returns
    -------
    type
        Under the same name, so that folders which it saves look like those of `cls`. transformers learns from the
        constructor's parameters what a processor is made of, so it neither loads, checks nor saves the third.
    """

    def __init__(  # noqa: N807 - it becomes the constructor of the class below
        self: Any, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **_: Any
    ) -> None:
        cls.__init__(self, image_processor, tokenizer, None, chat_template=chat_template)

    return type(cls.__name__, (cls,), {"__init__": __init__, "__module__": cls.__module__, _FILMS: None})
