"""Notices a list that goes round in circles or never ends."""

import hashlib
from typing import Final

from growthos.errors import UnavailableError

EMPTY_PAGES: Final = 3
MOST_PAGES: Final = 30_000
"""More than any list has, its pages however small."""


class Trail:
    """What has been seen of one paged list."""

    def __init__(self, source: str, what: str) -> None:
        self._source = source
        self._what = what
        self._cursors: set[str] = set()
        self._bodies: set[bytes] = set()
        self._empty = 0
        self._pages = 0

    def step(self, cursor: str | None, told: bytes, records: int, new: int | None = None) -> str:
        """The cursor of the next page; UnavailableError where there can be no sensible one.

        `told` is what a page says, but for what differs each time it is said. `new` are those of its records that no
        page before had, where that is known.
        """
        self._pages += 1
        if not cursor:
            raise self._wrong("says that there is a next page and not where")
        if cursor in self._cursors:
            raise self._wrong("sends the same cursor twice")
        self._cursors.add(cursor)
        digest = hashlib.blake2b(told, digest_size=16).digest()
        if records and digest in self._bodies:
            raise self._wrong("sends the same page twice")
        self._bodies.add(digest)
        self._empty = 0 if (records if new is None else new) else self._empty + 1
        if self._empty > EMPTY_PAGES:
            what = "pages without anything new" if records else "empty pages"
            raise self._wrong(f"sends {self._empty} {what} in a row")
        if self._pages >= MOST_PAGES:
            raise self._wrong(f"goes on after {self._pages:,} pages")
        return cursor

    def _wrong(self, how: str) -> UnavailableError:
        return UnavailableError(
            self._source,
            f"{self._source} {how} while {self._what} are read, so their list has no end.",
            hint="This is theirs to mend. Nothing was lost.",
        )
