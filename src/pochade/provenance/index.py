"""Which pictures lie in which of this person's session files: a small database beside the sessions, made from them.

It stands alone because it holds nothing of its own: no prompt, no picture, only paths, ids, hashes and fingerprints.
Whatever is missing, damaged or out of date in it is read again from the session files, and where it cannot be written
it is kept in memory instead, so that a search always has an answer and never an excuse.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import platformdirs

from pochade.errors import ImageError, StoreError
from pochade.imaging.load import load_image
from pochade.provenance.fingerprint import LENGTH, VERSION, fingerprint
from pochade.provenance.shelf import connected, elsewhere, note, opened, recovered, strike, writing
from pochade.store import SUFFIX, Store, default_folder
from pochade.store.keeping import held

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from pochade.provenance.likeness import Alike
    from pochade.store.reading import Imprint

    Report = Callable[[str, int, int], None]

__all__ = ["Index", "Spot", "Synced", "forget", "index_path", "mine", "reading", "remember"]

_Answer = TypeVar("_Answer")

_AT_ONCE = 100  # pictures, about, taken in by one transaction: an interrupt loses no more
_YOUNG_SECONDS = 2  # a file whose time is no older may change once more without another time
_HURRIED_SECONDS = 0.2


class Spot(NamedTuple):
    """Where a picture is.

    Attributes
    ----------
    path : pathlib.Path
        The session file.
    turn : str
        The turn's id in it.
    place : int
        Which of the turn's pictures, from 0.
    created : float
        When the turn was finished, in seconds since 1970 (UTC).
    """

    path: Path
    turn: str
    place: int
    created: float


class Synced(NamedTuple):
    """What came of bringing the index up to date.

    Attributes
    ----------
    looked : int
        Session files that were new or had changed.
    passed_over : tuple of str
        A sentence for every file that could not be read, at whatever time that was found out.
    in_memory : bool
        Whether the index could not be kept on the disk.
    """

    looked: int
    passed_over: tuple[str, ...]
    in_memory: bool


class Index:
    """The index at a place on the disk, open. Every method may be called by any thread.

    Parameters
    ----------
    path : pathlib.Path
        Where; made with its folder if it is not there, for its owner's eyes only, and made anew if it is damaged or of
        another version. Where that cannot be, it is kept in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.RLock()
        self._seen: tuple[int, int] | None = None
        self._looks: tuple[list[str], npt.NDArray[np.uint64]] | None = None
        self._db, self.in_memory = opened(path)

    def sync(self, report: Report | None = None) -> Synced:
        """Bring the index up to date with the session files.

        A file is read only if its size or time is not what it was. Fingerprints come from the files; those that are
        missing there are computed, which takes longer.

        Parameters
        ----------
        report : callable, optional
            Called with a file's name, how many of its new pictures were taken in, and how many there are.
        """
        looked, passed_over = self._ask(lambda db: _sync(db, self.path, report))
        return Synced(looked, passed_over, self.in_memory)

    def revive(self) -> None:
        """Leave the memory for the file where that can be used again; quick."""
        with self._guard:
            if self.in_memory:
                db, in_memory = opened(self.path, _HURRIED_SECONDS)
                if in_memory:
                    db.close()
                else:
                    self._db.close()
                    self._db, self.in_memory, self._looks = db, False, None

    def by_bytes(self, hash: str) -> list[Spot]:  # noqa: A002 - as the store calls it
        """Where the bytes of this hash are, oldest first."""
        return self._spots("picture.hash = ?", (hash,))

    def by_pixels(self, *hashes: str) -> list[Spot]:
        """Where pictures with one of these pixel hashes are, oldest first."""
        return self._spots(f"picture.pixels IN ({','.join('?' * len(hashes))})", hashes)

    def by_turn(self, session: str, turn: str, place: int | None = None) -> list[Spot]:
        """Where a turn of a session is, by the session's own id: in its file, and in copies of that."""
        if not session:
            return []
        which = "file.session = ? AND picture.turn = ?" + ("" if place is None else " AND picture.place = ?")
        return self._spots(which, (session, turn) if place is None else (session, turn, place))

    def alike(self, image: Image.Image, limit: int = 10) -> list[tuple[Alike, Spot]]:
        """Pictures whose fingerprints look like this one, best first; of equal scores the oldest first."""
        from pochade.provenance.likeness import alike

        hashes, stored = self._ask(self._matrix)
        found = [(one, spot) for one in alike(image, stored, limit) for spot in self.by_bytes(hashes[one.column])]
        return sorted(found, key=lambda one: (-one[0].score, one[1].created))

    def __len__(self) -> int:
        return self._ask(lambda db: int(db.execute("SELECT count(*) FROM picture").fetchone()[0]))

    def close(self) -> None:
        """Let go of the file."""
        with self._guard:
            self._db.close()

    def _ask(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """Do something with the database, made anew first where it turns out to be of no use."""
        with self._guard:
            try:
                return work(self._db)
            except sqlite3.Error as error:
                if self.in_memory:
                    raise
                self._db, self.in_memory = recovered(self._db, self.path, error)
                self._looks = None
                _sync(self._db, self.path, None)
                return work(self._db)

    def _matrix(self, db: sqlite3.Connection) -> tuple[list[str], npt.NDArray[np.uint64]]:
        """Every fingerprint with its picture's hash; read again only when somebody changed the index."""
        from pochade.provenance.likeness import matrix

        now = db.execute("PRAGMA data_version").fetchone()[0], db.total_changes
        if self._looks is None or self._seen != now:
            rows = db.execute("SELECT hash, value FROM look WHERE length(value) = ? ORDER BY hash", (LENGTH,))
            hashes, values = [], []
            for name, value in rows:
                hashes.append(name)
                values.append(value)
            self._looks, self._seen = (hashes, matrix(values)), now
        return self._looks

    def _spots(self, which: str, parameters: tuple[object, ...]) -> list[Spot]:
        asked = f"""SELECT file.path, picture.turn, picture.place, picture.created
            FROM picture JOIN file ON file.id = picture.file
            WHERE {which} ORDER BY picture.created, file.path, picture.place"""  # noqa: S608 - our own words
        rows = self._ask(lambda db: db.execute(asked, parameters).fetchall())
        return [Spot(Path(path), turn, place, created) for path, turn, place, created in rows]


def index_path() -> Path:
    """Where this person's index is: below ``POCHADE_HOME`` if that is set, else below the user's data."""
    home = os.environ.get("POCHADE_HOME") or platformdirs.user_data_dir("pochade", appauthor=False)
    return Path(home).expanduser().resolve() / "index.sqlite"


_mine: dict[Path, tuple[int, Index]] = {}
_mine_guard = threading.Lock()


def mine() -> Index:
    """Return this person's index, opened once in a process. A child that was forked opens its own."""
    path = index_path()
    with _mine_guard:
        pid, index = _mine.get(path, (0, None))
        if index is None or pid != os.getpid():
            index = Index(path)
            _mine[path] = os.getpid(), index
        index.revive()
        return index


def remember(path: Path) -> None:
    """Have this person's index know of a session file, wherever it lies. It is quick, and no failure is worth telling.

    Parameters
    ----------
    path : pathlib.Path
        The file. In the folder of autosaved sessions it would be found anyway.
    """
    with suppress(OSError, RuntimeError, ValueError):
        where = Path(path).expanduser().resolve()
        if where.parent != default_folder():
            note(index_path(), str(where))


def forget(path: Path, turns: Collection[str] | None = None) -> None:
    """Have this person's index know nothing more of turns, or of a file: at once, not only at the next search.

    It is quick, and no failure is worth telling: whatever is gone by then, the next search forgets.

    Parameters
    ----------
    path : pathlib.Path
        The session file.
    turns : collection of str, optional
        Ids of turns that were deleted; None where the file itself was.
    """
    with suppress(OSError, RuntimeError, ValueError, sqlite3.Error):
        name, place = str(Path(path).expanduser().resolve()), index_path()
        if turns is None:
            strike(place, (name,))
        if place.exists():
            with closing(connected(place, _HURRIED_SECONDS)) as db, writing(db):
                _forget(db, name, turns)


def _forget(db: sqlite3.Connection, name: str, turns: Collection[str] | None) -> None:
    file = "picture.file = (SELECT id FROM file WHERE path = ?)"
    which = f"{file} AND picture.turn = ?"
    rows = [(name,)] if turns is None else [(name, turn) for turn in turns]
    asked = f"SELECT hash FROM picture WHERE {file if turns is None else which}"  # noqa: S608 - our own words
    hashes = [found for row in rows for found in db.execute(asked, row)]
    if turns is None:
        db.execute("DELETE FROM file WHERE path = ?", (name,))
    else:
        db.executemany(f"DELETE FROM picture WHERE {which}", rows)  # noqa: S608 - our own words
        db.execute("UPDATE file SET changed = -1 WHERE path = ?", (name,))  # what is said here is to be checked there
    db.executemany("DELETE FROM look WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM picture WHERE hash = ?1)", hashes)


# Bringing it up to date.


def _sync(db: sqlite3.Connection, place: Path, report: Report | None) -> tuple[int, tuple[str, ...]]:
    """Read what has changed; return how many files had, and what is to be said about those that cannot be read."""
    known = {row[0]: row[1:] for row in db.execute("SELECT path, id, size, changed, failed FROM file")}
    looked, missing, gone, passed_over = 0, [], [], []
    for name in sorted({str(path) for path in default_folder().glob(f"*{SUFFIX}")} | set(known) | elsewhere(place)):
        number, size, changed, failed = known.get(name, (None, -1, -1, None))
        if name.encode(errors="replace").decode() != name:
            passed_over.append(f"{name!a}: the index knows only names that can be written as UTF-8. Rename it.")
            continue
        try:
            found = Path(name).stat()
        except (OSError, ValueError) as error:
            missing.append((name,))
            if isinstance(error, ValueError) or (isinstance(error, FileNotFoundError) and Path(name).parent.is_dir()):
                gone.append(name)
            else:  # a drive that is away, say: its list is what remembers it
                passed_over.append(f"{name} cannot be reached now: {error.strerror or error}.")
            continue
        if (found.st_size, found.st_mtime_ns) != (size, changed):
            looked += 1
            settled = time.time_ns() - found.st_mtime_ns > _YOUNG_SECONDS * 10**9
            failed = _take_in(db, Path(name), number, report)
            with writing(db):
                db.execute(
                    "UPDATE file SET size = ?, changed = ?, failed = ? WHERE path = ?",
                    (found.st_size, found.st_mtime_ns if settled else -1, failed, name),
                )
        if failed is not None:
            passed_over.append(failed)
    if looked or missing:
        with writing(db):
            db.executemany("DELETE FROM file WHERE path = ?", missing)
            db.execute("DELETE FROM look WHERE hash NOT IN (SELECT hash FROM picture)")
    with suppress(OSError):
        strike(place, gone)
    return looked, tuple(passed_over)


def _take_in(db: sqlite3.Connection, path: Path, number: int | None, report: Report | None) -> str | None:
    """Take in one session file; return why it was passed over, if it was."""
    with writing(db):
        if number is None:
            db.execute("INSERT OR IGNORE INTO file (path) VALUES (?)", (str(path),))
            number = db.execute("SELECT id FROM file WHERE path = ?", (str(path),)).fetchone()[0]
    try:
        with reading(path) as store:
            session, imprints, gone = _news(db, store, number)
            with writing(db):
                db.execute("UPDATE file SET session = ? WHERE id = ?", (session, number))
                if gone is None:
                    db.execute("DELETE FROM picture WHERE file = ?", (number,))
                    db.execute("UPDATE file SET last = 0 WHERE id = ?", (number,))
                else:
                    db.executemany("DELETE FROM picture WHERE file = ? AND turn = ?", [(number, one) for one in gone])
            done = 0
            for part in _parts(imprints):
                _insert(db, number, part, _looks(db, store, part))
                done += len(part)
                if report is not None:
                    report(path.name, done, len(imprints))
    except (StoreError, ValueError, TypeError, OverflowError) as error:  # a file from elsewhere may hold anything
        with writing(db):
            db.execute("DELETE FROM picture WHERE file = ?", (number,))
            db.execute("UPDATE file SET session = '', last = 0 WHERE id = ?", (number,))
        return str(error) if isinstance(error, StoreError) else f"{path} is damaged: its turns cannot be read."
    return None


def _parts(imprints: list[Imprint]) -> Iterator[list[Imprint]]:
    """What one transaction takes in: whole turns, since the last one's number says where to go on."""
    start = 0
    for end in range(1, len(imprints) + 1):
        if end == len(imprints) or (end - start >= _AT_ONCE and imprints[end][0] != imprints[end - 1][0]):
            yield imprints[start:end]
            start = end


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """Open a session file to read. One that this process writes is asked through the connection that writes it.

    Opening such a file a second time and closing it again would cost the first connection its locks (POSIX).
    """
    if (live := held(path)) is not None:
        yield live
    else:
        with closing(Store.open(path, readonly=True)) as store:
            yield store


def _news(db: sqlite3.Connection, store: Store, number: int) -> tuple[str, list[Imprint], set[str] | None]:
    """The session's id, the pictures to take in, and the turns that are gone: None where everything is read anew."""
    session = store.session_id
    before, last = db.execute("SELECT session, last FROM file WHERE id = ?", (number,)).fetchone()
    if session and session == before:
        had = {row[0] for row in db.execute("SELECT DISTINCT turn FROM picture WHERE file = ?", (number,))}
        living, fresh = set(store.ids()), list(store.fingerprints(last))
        if living <= had | {imprint[1] for imprint in fresh}:  # else some were restored
            return session, fresh, had - living
    return session, list(store.fingerprints()), None


def _looks(db: sqlite3.Connection, store: Store, imprints: list[Imprint]) -> list[tuple[str, bytes]]:
    """The fingerprints of pictures by hash: as the file has them, else computed; none where there is no picture."""
    looks = []
    for _, _, _, _, name, _, version, value in imprints:
        if version == VERSION and isinstance(value, bytes) and len(value) == LENGTH:
            looks.append((name, value))
        elif db.execute("SELECT 1 FROM look WHERE hash = ?", (name,)).fetchone() is None:
            with suppress(ImageError, StoreError, KeyError):
                looks.append((name, fingerprint(load_image(store.blob(name)))))
    return looks


def _insert(db: sqlite3.Connection, number: int, imprints: list[Imprint], looks: list[tuple[str, bytes]]) -> None:
    with writing(db):
        for last, turn, created, place, name, pixels, *_ in imprints:
            if not (isinstance(turn, str) and isinstance(name, str) and isinstance(pixels, str | None)):
                raise TypeError(f"turn {turn!r} is not what a session file holds")
            db.execute(
                "INSERT OR REPLACE INTO picture (file, turn, place, created, hash, pixels) VALUES (?, ?, ?, ?, ?, ?)",
                (number, turn, int(place), float(created), name, pixels),
            )
            db.execute("UPDATE file SET last = max(last, ?) WHERE id = ?", (last, number))
        db.executemany("INSERT OR IGNORE INTO look (hash, value) VALUES (?, ?)", looks)
