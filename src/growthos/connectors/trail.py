"""Notices a list that goes round in circles or never ends."""

import hashlib

from growthos.errors import UnavailableError

EMPTY_PAGES = 3


class Trail:
    """What has been seen of one paged list."""

    def __init__(self, source: str, what: str) -> None:
        self._source = source
        self._what = what
        self._cursors: set[str] = set()
        self._bodies: set[bytes] = set()
        self._empty = 0

    def step(self, cursor: str | None, body: bytes, records: int) -> str:
        """The cursor of the next page; UnavailableError where there can be no sensible one."""
        if not cursor:
            raise self._wrong("says that there is a next page and not where")
        if cursor in self._cursors:
            raise self._wrong("sends the same cursor twice")
        self._cursors.add(cursor)
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if records and digest in self._bodies:
            raise self._wrong("sends the same page twice")
        self._bodies.add(digest)
        self._empty = 0 if records else self._empty + 1
        if self._empty > EMPTY_PAGES:
            raise self._wrong(f"sends {self._empty} empty pages in a row")
        return cursor

    def _wrong(self, how: str) -> UnavailableError:
        return UnavailableError(
            self._source,
            f"{self._source} {how} while {self._what} are read, so their list has no end.",
            hint="This is theirs to mend. Nothing was lost; run the sync again later.",
        )
