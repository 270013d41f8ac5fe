"""What can be asked of an open session file without changing it: its turns, its pictures, what is known of them.

It stands apart from `file.py`, which writes, because all of it works just the same in a file that may only be read, of
an older layout too.
"""

import sqlite3
from collections.abc import Collection, Iterator

from pochade.errors import StoreError
from pochade.imaging.load import byte_hash
from pochade.store import marks, records
from pochade.store.database import Database
from pochade.store.outline import Twig, twigs
from pochade.store.records import TurnRecord

__all__ = ["Imprint", "Reading"]

_AT_ONCE = 200  # turns whose fingerprints are read together: 2 MB at most

Imprint = tuple[int, str, float, int, str, str | None, int | None, bytes | None]
"""One picture of a turn: the turn's number, id and time, the picture's place in it, its hash, the hash of its pixels,
and where it has a fingerprint that one's version and value."""


class Reading(Database):
    """A session file that is asked; every method may be called by any thread."""

    @property
    def session_id(self) -> str:
        """The session's own name, 32 hexadecimal digits, which a copy of the file has too.

        Empty where a file of an older layout, which has none yet, is only read.
        """
        return self.meta("session") or ""

    def get(self, id: str) -> TurnRecord:  # noqa: A002
        """Return the turn of this id, deleted or not; KeyError if there is none."""
        found = self._records("WHERE id = ?", (id,))
        if not found:
            raise KeyError(f"{self.path.name} has no turn {id!r}")
        return found[0]

    def ids(self) -> list[str]:
        """Return the ids of all turns that were not deleted, oldest first."""
        return self._ids("{living} ORDER BY number")

    def page(self, offset: int, limit: int) -> list[TurnRecord]:
        """Return up to `limit` turns that were not deleted, oldest first, leaving out the first `offset`."""
        numbers = "SELECT number FROM turn WHERE {living} ORDER BY number LIMIT ? OFFSET ?"
        return self._records(f"WHERE number IN ({numbers}) ORDER BY number", (limit, offset))

    def children(self, id: str) -> list[str]:  # noqa: A002
        """Return the ids of the turns that grew from this one and were not deleted, oldest first."""
        return self._ids("parent = ? AND {living} ORDER BY number", (id,))

    def offspring(self, id: str) -> list[str]:  # noqa: A002
        """Return the ids of `children`, and of those that grew from this one past turns that were deleted since."""
        with self.asking() as db:
            return marks.offspring(db, id)

    def deleted(self) -> list[TurnRecord]:
        """Return the turns that can be restored, the one that was deleted last at the end."""
        with self.asking() as db:
            return records.select(db, "WHERE deleted IS NOT NULL ORDER BY deleted", ()) if marks.marked(db) else []

    def removable(self, wanted: Collection[str] = ()) -> list[TurnRecord]:
        """Return the deleted turns that `purge` would remove, oldest first."""
        with self.asking() as db:
            names = marks.removable(db, wanted)[0] if marks.marked(db) else []
        return [self.get(name) for name in names]

    def nearest(self, id: str | None) -> str | None:  # noqa: A002
        """Return this id, or that of the nearest turn it grew from, that was not deleted; None where there is none."""
        with self.asking() as db:
            return marks.nearest(db, id)

    def find(self, words: str, *, starred: bool = False, limit: int | None = None) -> list[TurnRecord]:
        """Return the turns whose prompt, or what was made of it, has every one of these words; newest first.

        Parameters
        ----------
        words : str
            Parted by spaces, in upper or lower case, in full or in part; none find every turn.
        starred : bool
            Only starred ones.
        limit : int, optional
            How many at most.
        """
        with self.asking() as db:
            which, folded = marks.matching(db, words, starred=starred)
            most = -1 if limit is None else limit
            return records.select(db, f"WHERE {which} ORDER BY number DESC LIMIT ?", (folded, most))

    def search(self, words: str, *, starred: bool = False, limit: int = 500) -> tuple[list[Twig], int]:
        """Return what `find` finds in outline, the newest `limit` of them, and how many there are in all."""
        with self.asking() as db:
            which, folded = marks.matching(db, words, starred=starred)
            asked = f"SELECT number FROM turn WHERE {which} ORDER BY number DESC"  # noqa: S608 - our own words
            numbers = [row[0] for row in db.execute(asked, (folded,))]
            wanted = f"AND number IN ({','.join(map(str, numbers[:limit]))}) ORDER BY number DESC"
            return twigs(db, wanted, ()), len(numbers)

    def outline(self, after: int = 0, limit: int = 500, *, before: int | None = None) -> list[Twig]:
        """Return the outline of up to `limit` turns, oldest first: the next after a number, or the last before one."""
        with self.asking() as db:
            if before is None:
                return twigs(db, "AND number > ? ORDER BY number LIMIT ?", (after, limit))
            return twigs(db, "AND number > ? AND number < ? ORDER BY number DESC LIMIT ?", (after, before, limit))[::-1]

    def twig(self, id: str) -> Twig:  # noqa: A002
        """Return the outline of one turn; KeyError if there is none, or it was deleted."""
        with self.asking() as db:
            found = twigs(db, "AND id = ?", (id,))
        if not found:
            raise KeyError(f"{self.path.name} has no turn {id!r}")
        return found[0]

    def __len__(self) -> int:
        with self.asking() as db:
            asked = f"SELECT count(*) FROM turn WHERE {marks.living(db)}"  # noqa: S608 - our own words
            return int(db.execute(asked).fetchone()[0])

    def __bool__(self) -> bool:
        return True  # a file without a turn is a file all the same

    def __contains__(self, id: object) -> bool:  # noqa: A002
        """Whether there is a turn of this id, deleted or not."""
        return bool(self._column("SELECT id FROM turn WHERE id = ?", (id,)))

    def blob(self, hash: str) -> bytes:  # noqa: A002
        """Return the bytes of this hash; KeyError if there are none, StoreError if they are not what was stored."""
        with self.asking() as db:
            row = db.execute("SELECT bytes FROM blob WHERE hash = ?", (hash,)).fetchone()
        if row is None:
            raise KeyError(f"{self.path.name} has no picture {hash!r}")
        data = row[0] if isinstance(row[0], bytes) else b""
        if byte_hash(data) != hash:
            raise StoreError(f"{self.path} is damaged: picture {hash[:8]}… is not what was stored. Restore a copy.")
        return data

    def pixels(self, hash: str) -> str | None:  # noqa: A002
        """Return the hash of the pixels that the bytes of this hash show; None where there are none, or no picture."""
        found = self._column("SELECT pixels FROM blob WHERE hash = ?", (hash,))
        return found[0] if found else None

    def fingerprints(self, after: int = 0) -> Iterator[Imprint]:
        """Go through the pictures of all turns that were not deleted, with their fingerprints, in order.

        Parameters
        ----------
        after : int
            Only turns whose number is above this; go on from the last one's to see what came since.

        Yields
        ------
        tuple
            Of each picture: number, id and time of its turn, its place in it from 0, hash of its bytes, of its pixels,
            and version and value of its fingerprint, both None where it has none.
        """
        while True:
            with self.asking() as db:
                # The end of this stretch is a number, so that it is the same for both questions.
                asked = f"SELECT number FROM turn WHERE {marks.living(db)} AND number > ? ORDER BY number LIMIT ?"  # noqa: S608 - our own words
                numbers = [row[0] for row in db.execute(asked, (after, _AT_ONCE))]
                if not numbers:
                    return
                found = db.execute(_imprints(db), (after, numbers[-1])).fetchall()
            yield from found
            after = numbers[-1]

    def _records(self, which: str, parameters: tuple[object, ...]) -> list[TurnRecord]:
        with self.asking() as db:
            return records.select(db, which.format(living=marks.living(db)), parameters)

    def _ids(self, which: str, parameters: tuple[object, ...] = ()) -> list[str]:
        with self.asking() as db:
            asked = f"SELECT id FROM turn WHERE {which}".format(living=marks.living(db))  # noqa: S608 - our own words
            return [row[0] for row in db.execute(asked, parameters)]


def _imprints(db: sqlite3.Connection) -> str:
    known = records.has_fingerprints(db)
    value = "fingerprint.version, fingerprint.value" if known else "NULL, NULL"
    joined = "LEFT JOIN fingerprint ON fingerprint.hash = picture.hash" if known else ""
    return f"""
        SELECT turn.number, turn.id, turn.created, picture.place, picture.hash, blob.pixels, {value}
        FROM turn
        JOIN picture ON picture.turn = turn.id AND picture.role = 'image'
        JOIN blob ON blob.hash = picture.hash
        {joined}
        WHERE {marks.living(db)} AND turn.number > ? AND turn.number <= ?
        ORDER BY turn.number, picture.place
    """  # noqa: S608 - our own words
