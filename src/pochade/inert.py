"""Text of a stranger's, made harmless where it is shown: prompts, titles and file names that pochade did not write.

A terminal obeys escape sequences, a log is read line by line, and a bidirectional control turns a file name round, so
nothing of foreign origin goes into either as it is. It stands alone because every part that says something to a person
needs it, and must be able to load it for next to nothing.
"""

import unicodedata

__all__ = ["inert"]

_ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"
_ZWJ = "\u200d"
_PRESENTATION = "\ufe0f"
_LINES_AND_TABS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
# Categories with nothing to see, or nothing that every machine sees alike: controls, formats, surrogate halves,
# private and unassigned characters.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Letters and marks by their category, with nothing to see all the same (Unicode: Default_Ignorable_Code_Point).
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
# Scripts without capitals; some of them (Persian, Hindi) spell with joiners.
_UNCASED = frozenset({"Lo", "Mn", "Mc"})
# Set aside for pictographs as a whole: one that is younger than Python's tables is a picture, not a trick.
_PICTOGRAPHS = range(0x1F000, 0x1FB00)


def inert(text: str, *, limit: int | None = None) -> str:
    r"""Text that does nothing but be read, on one line.

    Line ends and tabs become a space each. Every other character that acts or hides - escape and the other control
    characters, direction marks and overrides, zero-width characters, surrogate halves, characters that are private or
    not assigned - is shown as Python would write it, such as ``\x1b`` or ``\u202e``. Joiners stay where writing
    needs them: inside an emoji, and between letters of scripts that have no capitals. It is for eyes only: a backslash
    of the text's own stays as it is, so there is no way back.

    Parameters
    ----------
    text : str
        Anything, of any length.
    limit : int, optional
        The most characters to give, at least 1; what is longer ends in "…", and no escape is cut in two.

    Returns
    -------
    str
        Printable characters only, and encodable as UTF-8. It is no markup of any kind: HTML and rich still want
        their own escaping.
    """
    if text.isascii() and text.isprintable():
        return text if limit is None or len(text) <= limit else text[: limit - 1] + _ELLIPSIS
    shown: list[str] = []
    length = 0
    for place, character in enumerate(text):
        piece = _shown(text, place, character)
        if limit is not None and length + len(piece) > limit:
            return _cut(shown, length, limit)
        shown.append(piece)
        length += len(piece)
    return "".join(shown)


def _shown(text: str, place: int, character: str) -> str:
    if " " <= character <= "~":
        return character
    if character in _LINES_AND_TABS:
        return " "
    return _escape(character) if _acts(text, place, character) else character


def _acts(text: str, place: int, character: str) -> bool:
    """Whether the character here does or hides anything."""
    if character in _JOINERS:
        return not _joins(text, place)
    if _is_selector(character):
        # One chooses how the sign before it looks; a row of them can carry a hidden message.
        return place == 0 or text[place - 1].isspace() or _is_selector(text[place - 1])
    if unicodedata.category(character) in _UNSEEN:
        return not _is_young_pictograph(character)
    return character in _BLANK


def _joins(text: str, place: int) -> bool:
    """Whether the joiner here is part of how a word or an emoji is written."""
    if place == 0 or place + 1 == len(text):
        return False
    before, after = text[place - 1], text[place + 1]
    if text[place] == _ZWJ and _is_pictograph(after):
        return before == _PRESENTATION or _is_pictograph(before)
    return unicodedata.category(before) in _UNCASED and unicodedata.category(after) in _UNCASED


def _is_pictograph(character: str) -> bool:
    return unicodedata.category(character) == "So" or ord(character) in _PICTOGRAPHS


def _is_young_pictograph(character: str) -> bool:
    return ord(character) in _PICTOGRAPHS and unicodedata.category(character) == "Cn"


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _escape(character: str) -> str:
    point = ord(character)
    if point <= 0xFF:  # noqa: PLR2004 - what fits two digits
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"  # noqa: PLR2004 - what fits four


def _cut(shown: list[str], length: int, limit: int) -> str:
    while shown and (length + len(_ELLIPSIS) > limit or shown[-1] in _JOINERS):
        length -= len(shown.pop())
    return "".join(shown) + _ELLIPSIS
