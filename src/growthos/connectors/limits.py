"""Rate limits that the project keeps by itself: at most so many attempts in any so many seconds.

`Turns` keeps them within one run, where it can count an attempt from its answer on. A `Ledger` keeps them across
processes and homes, in a file.
"""

import hashlib
import sqlite3
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from growthos.clock import Clock
from growthos.connectors.terms import Limit, Source
from growthos.errors import CannotWriteError

if TYPE_CHECKING:
    from pyrate_limiter import SQLiteBucket

SLACK = 1.05
INSTANT = 1e-6
SHORTEST_WAIT = 0.005


class Turns:
    """Counts attempts, successful or not, in sliding windows 5 % longer than the limits'."""

    def __init__(self, limits: Iterable[Limit], clock: Clock) -> None:
        self._clock = clock
        self._windows = [(limit.seconds * SLACK, deque[float](maxlen=limit.calls)) for limit in limits]

    def wait(self) -> float:
        """Seconds until the next attempt may start."""
        now = self._clock.monotonic()
        waits = [turns[0] + seconds - now for seconds, turns in self._windows if len(turns) == turns.maxlen]
        longest = max(waits, default=0.0)
        return longest if longest > INSTANT else 0.0

    def take(self) -> None:
        """Count an attempt that starts now."""
        now = self._clock.monotonic()
        for _, turns in self._windows:
            turns.append(now)

    def settle(self) -> None:
        """Count the last attempt from now, when it is over: it arrived by now, and when before, nobody can tell."""
        now = self._clock.monotonic()
        for _, turns in self._windows:
            turns[-1] = now


class Ledger:
    """Attempts of all processes that share a file; `key` names what the server counts by."""

    def __init__(self, path: Path, key: str, limits: Iterable[Limit], clock: Clock) -> None:
        """Opens the file, or makes it; one that is damaged is begun anew."""
        self._clock = clock
        self._key = _short(key)
        self._last: int | None = None
        self._rates = sorted((limit.seconds * SLACK, limit.calls) for limit in limits)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for one in (path, path.with_name(f"{path.name}.lock")):
                one.touch(mode=0o600)
        except OSError as error:
            raise CannotWriteError(
                f"Calls cannot be counted in {path}: {error.strerror}.",
                hint="Mend its folder, or name another in `[limits] file`. No source was asked.",
            ) from error
        try:
            self._bucket = self._open(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._bucket = self._open(path)

    def take(self) -> float:
        """Count an attempt that starts now, and give 0; where none may, count none and give the seconds to wait."""
        from pyrate_limiter import RateItem

        item = RateItem(self._key, self._now())
        if self._bucket.put(item):
            self._last = item.timestamp
            return 0.0
        wait = self._bucket.waiting(item)
        return max(SHORTEST_WAIT, wait / 1000) if isinstance(wait, int) else SHORTEST_WAIT

    def settle(self) -> None:
        """Count the last attempt from now, when it is over: a machine at its limit may have sent it late."""
        if self._last is None:
            return
        table = f"attempts_{self._key}"
        with self._bucket.lock:
            self._bucket.conn.execute(
                f"update '{table}' set item_timestamp = ? where rowid = ("  # noqa: S608  our own name
                f"select rowid from '{table}' where item_timestamp = ? limit 1)",
                (self._now(), self._last),
            )
            self._bucket.conn.commit()
        self._last = None

    def close(self) -> None:
        """Let go of the file."""
        self._bucket.close()  # type: ignore[no-untyped-call]

    def _open(self, path: Path) -> "SQLiteBucket":
        from pyrate_limiter import Rate, SQLiteBucket

        rates = [Rate(calls, int(seconds * 1000)) for seconds, calls in self._rates]
        table = f"attempts_{self._key}"
        bucket = SQLiteBucket.init_from_file(rates, table=table, db_path=str(path), use_file_lock=True)
        with bucket.lock:
            # A clock that was ahead once would block for as long.
            bucket.conn.execute(f"delete from '{table}' where item_timestamp > ?", (self._now(),))  # noqa: S608
            bucket.conn.commit()
        bucket.leak(self._now())
        return bucket

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def key_of(source: Source) -> str:
    """What the attempts at a source are counted under: its address, and what its server counts by."""
    return f"{source.base_url} {source.counted_by()}"


def counted(path: Path, key: str) -> list[float]:
    """When the attempts that a ledger's file knows of a key were made, in seconds, in order; nothing is changed."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute(f"select item_timestamp from 'attempts_{_short(key)}' order by 1").fetchall()  # noqa: S608
    except sqlite3.Error:
        return []
    return [stamp / 1000 for (stamp,) in rows]


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
