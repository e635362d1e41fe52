"""The program itself, `growthos --demo …`, on a small shop, with something that goes wrong at its N-th operation.

Run as a script it is a nursery: it imports everything once, then forks a process for each line on its standard input,
so that starting costs nothing. Operations are what changes the disk or the database: files opened to be written,
writes, flushes, renames, removals, folders made, statements, connections closed. With `alone` as its argument it does
one run itself, to be watched from outside.
"""

import contextlib
import errno
import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import pyarrow.parquet as pq
from small_shop import DAYS, START
from test_windows import as_first_told, as_told_later, with_a_late_refund

from growthos import cli, demo, pipeline, settings, warehouse  # noqa: F401 - imported once, for all that are forked
from growthos.cli import app  # noqa: F401
from growthos.cli.session import Session
from growthos.clock import DemoClock
from growthos.connectors import api  # noqa: F401

SIGNALS: Final = {"sigterm": signal.SIGTERM, "sigint": signal.SIGINT}
ERRORS: Final = {"enospc": errno.ENOSPC, "eio": errno.EIO}
CHANGES: Final = ("fsync", "rename", "replace", "unlink", "remove", "mkdir", "rmdir", "truncate", "ftruncate", "link")
ASKS: Final = {"select", "from", "with", "set", "--", "describe", "show"}
"""Statements that begin so change nothing."""


@dataclass
class Fault:
    """Counts operations and does `action` at each that `strikes`; `told` gets the kinds of those it struck."""

    action: str
    strikes: Callable[[int], bool]
    told: Path | None = None
    count: int = 0

    def point(self, kind: str) -> None:
        """An operation is about to happen."""
        self.count += 1
        if not self.strikes(self.count):
            return
        self.tell(kind)
        if self.action == "note":
            return
        if self.action == "kill":
            os._exit(137)
        if self.action in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self.action])
            return
        number = ERRORS[self.action]
        if kind.startswith("duckdb"):
            raise duckdb.IOException(f"IO Error: Could not write file: {os.strerror(number)}")
        raise OSError(number, os.strerror(number))

    def tell(self, kind: str) -> None:
        if self.told:
            with self.told.open("a", encoding="utf-8") as file:
                file.write(f"{self.count} {kind}\n")


class Connection:
    """A connection to DuckDB; each statement that changes something is an operation."""

    def __init__(self, inner: Any, fault: Fault) -> None:
        self._inner, self._fault = inner, fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def execute(self, *given: Any, **more: Any) -> Any:
        if (word := str(given[0]).split(maxsplit=1)[0].lower()) not in ASKS:
            self._fault.point(f"duckdb {word}")
        return self._inner.execute(*given, **more)

    def executemany(self, *given: Any, **more: Any) -> Any:
        self._fault.point("duckdb executemany")
        return self._inner.executemany(*given, **more)

    def close(self) -> None:
        self._fault.point("duckdb close")
        self._inner.close()


class File:
    """A file that is written to; its first, second, fourth, eighth … write is an operation."""

    def __init__(self, inner: Any, fault: Fault) -> None:
        self._inner, self._fault = inner, fault
        self._writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def write(self, data: Any) -> int:
        self._writes += 1
        try:
            if self._writes.bit_count() == 1:
                self._fault.point("write")
        except OSError:
            self._inner.write(data[: len(data) // 2])  # a disk that is full took a part of it
            self._inner.flush()
            raise
        written: int = self._inner.write(data)
        return written


def install(fault: Fault) -> None:
    """Put the fault's counter before everything that changes the disk or the database."""

    def counted(kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*given: Any, **more: Any) -> Any:
            fault.point(kind)
            return function(*given, **more)

        return call

    for name in CHANGES:
        setattr(os, name, counted(name, getattr(os, name)))
    plain_open, plain_fdopen, plain_connect = os.open, os.fdopen, duckdb.connect

    def opened(path: Any, flags: int, *given: Any, **more: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and not str(path).startswith(os.devnull):
            fault.point("open")
        return plain_open(path, flags, *given, **more)

    def file(*given: Any, **more: Any) -> Any:
        made = plain_fdopen(*given, **more)
        return File(made, fault) if made.writable() else made

    def connected(*given: Any, **more: Any) -> Any:
        fault.point("duckdb connect")
        return Connection(plain_connect(*given, **more), fault)

    os.open, os.fdopen, duckdb.connect = opened, file, connected
    pq.write_table = counted("write_table", pq.write_table)


def scenes() -> dict[str, tuple[Any, DemoClock]]:
    """What the shop tells, and when: as it was first told, and a day later, when days have been told anew."""
    later = START + timedelta(days=1)
    return {
        "first": (as_first_told(), DemoClock(START)),
        "later": (with_a_late_refund(as_told_later()), DemoClock(later)),
    }


def run(asked: dict[str, Any], told: dict[str, tuple[Any, DemoClock]]) -> None:
    """One command, in this process, which ends with it."""
    shop, clock = told[asked["scene"]]
    given = settings.demo().model_copy(update={"sync": settings.Sync(history=DAYS)})
    demo.make_shop = lambda _: shop
    settings.demo = lambda: given
    Session.clock = property(lambda _: clock)
    if asked.get("large"):
        warehouse.LARGE = 0
    if action := asked.get("action"):
        strikes = asked["at"].__eq__ if "at" in asked else bool
        install(Fault(action, strikes, Path(asked["told"])))
    sys.argv = ["growthos", "--home", asked["home"], "--demo", *asked["command"]]
    cli.main()


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def nursery() -> None:
    """Fork a process for each line, say its number, and when it has ended how it ended and how large it was."""
    told = scenes()
    gc.collect()
    gc.freeze()
    say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output, 1), (output, 2)):
                os.dup2(source, target)
            os.closerange(3, 64)
            with contextlib.suppress(BaseException):
                run(asked, told)
            os._exit(99)
        say(child)
        _, status, used = os.wait4(child, 0)
        say(os.waitstatus_to_exitcode(status), used.ru_maxrss)


if __name__ == "__main__":
    if sys.argv[1:2] == ["alone"]:
        run(json.loads(sys.argv[2]), scenes())
    nursery()
