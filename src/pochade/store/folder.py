"""Where a person's sessions lie when they gave them no name: which there are, and which of them was written last.

It stands apart from `file.py` because it is about a folder of files and opens each only to ask it something.
"""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pochade.errors import StoreError
from pochade.store.database import absolute, is_open, must_hold
from pochade.store.file import Store
from pochade.store.filing import check_header, discard, discard_drafts, held_by

__all__ = ["SUFFIX", "Listed", "catalogue", "default_folder", "latest", "remove"]

SUFFIX = ".pochade"

_LAST = 2**62  # a number above that of every turn


@dataclass(frozen=True)
class Listed:
    """What a list of sessions says of one.

    Attributes
    ----------
    path : Path
        The file.
    size : int
        Its bytes.
    written : float
        When it was written last, in seconds since 1970 (UTC).
    turns : int
        How many turns it has, without those that were deleted.
    prompt : str or None
        The first words of the newest turn, as they were typed; None where there is none.
    model : str or None
        The model that it goes on with.
    holder : str or None
        Who is writing it at the moment.
    problem : str or None
        Why it cannot be read; then the rest is not known.
    """

    path: Path
    size: int
    written: float
    turns: int = 0
    prompt: str | None = None
    model: str | None = None
    holder: str | None = None
    problem: str | None = None


def default_folder() -> Path:
    """Return the folder of autosaved sessions: below ``POCHADE_HOME`` if that is set, else below the user's data."""
    home = os.environ.get("POCHADE_HOME") or platformdirs.user_data_dir("pochade", appauthor=False)
    return Path(home).expanduser().resolve() / "sessions"


def latest(notebook: str | None) -> Path | None:
    """Find the autosaved session with turns that was written last.

    Parameters
    ----------
    notebook : str or None
        Only sessions of this notebook (their ``meta("notebook")``, which is ``JPY_SESSION_NAME``); None: of any.

    Returns
    -------
    pathlib.Path or None
        None where there is no such session. Files that cannot be read are passed over.
    """
    for path in _newest_first():
        with suppress(StoreError), closing(Store.open(path, readonly=True)) as store:
            if notebook in (None, store.meta("notebook")) and len(store):
                return path
    return None


def catalogue() -> Iterator[Listed]:
    """Go through the autosaved sessions, the one that was written last first; damaged ones are among them.

    What was begun there and never finished, because somebody was killed, is removed.
    """
    discard_drafts(default_folder())
    for path in _newest_first():
        try:
            facts = path.stat()
        except OSError:  # removed since it was listed
            continue
        size, written = facts.st_size, facts.st_mtime
        try:
            with Store.open(path, readonly=True) as store:
                newest = store.outline(limit=1, before=_LAST)
                prompt = str(newest[0].prompt) if newest else None
                yield Listed(path, size, written, len(store), prompt, store.meta("model"), held_by(path))
        except StoreError as error:
            yield Listed(path, size, written, problem=str(error))


def remove(path: str | os.PathLike[str]) -> None:
    """Delete a session file, with what belongs to it; of a symbolic link only the link.

    In the folder of autosaved sessions it may be anything that has the name of one, such as an empty file.

    Raises
    ------
    ReadOnlyError
        Somebody is writing it, or it may not be written.
    StoreError
        It is no session file, or cannot be deleted.
    """
    if Path(path).is_symlink():
        _unlink(Path(path))
        return
    where = absolute(path)
    if not is_open(where) and where.parent != default_folder():
        check_header(where)
    holding = must_hold(where)
    try:
        _unlink(where)
    finally:
        holding.release()
    discard(where)
    discard_drafts(where.parent)


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StoreError(f"{path} cannot be deleted: {error.strerror or error}.") from error


def _newest_first() -> list[Path]:
    return sorted(default_folder().glob(f"*{SUFFIX}"), key=_written, reverse=True)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # removed since it was listed
        return 0
