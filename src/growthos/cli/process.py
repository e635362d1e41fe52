"""The process around a command: who may read its files, how signals end it, what its streams can show."""

import codecs
import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

from growthos import interrupt
from growthos.cli import streams
from growthos.errors import ExitCode, GrowthError
from growthos.typed import as_typed, choose

if TYPE_CHECKING:
    from growthos.cli.session import Session

PLAIN = {
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "…": "...",
    "·": "-",
    "→": "->",
    "•": "*",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "“": '"',
    "”": '"',
    "€": "EUR ",
    "£": "GBP ",
    "¥": "JPY ",
    "▲": "+",
    "▼": "-",
    "✓": "ok",
    "✗": "x",
    "│": "|",
    "─": "-",
    "┤": "|",
    "├": "+",
    "└": "+",
} | dict(zip("▁▂▃▄▅▆▇█", "_.,-=+*#", strict=True)) | {
    chr(0x2800 + dots): " ..::++##"[dots.bit_count()] for dots in range(256)
}  # fmt: skip
PR_SET_DUMPABLE = 4
SECONDS_TO_END = 1.8
TICK_SECONDS = 0.02
SHOW_CURSOR = "\x1b[?25h"
DENIED = {
    *(errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EISDIR, errno.ENOTDIR),
    *(errno.ELOOP, errno.ENAMETOOLONG, errno.EFBIG),
}
SPENT = {
    errno.EMFILE: "Close what else runs, or allow this user more open files (`ulimit -n`).",
    errno.ENFILE: "Close what else runs: this machine has no more open files to give.",
    errno.ENOMEM: "Close what else runs: this machine has no more memory to give.",
    errno.EIO: "Look at the disk.",
}

_received: list[int] = []
_sessions: "list[Session]" = []


def prepare() -> None:
    """Files for the owner alone; all streams open; a first signal ends the command in order, a second one at once.

    Signals are noted by a thread of their own, whatever the others are doing, and raise nothing.
    """
    os.umask(0o077)
    codecs.register_error("growthos", _plain)
    streams.open_all()
    sys.excepthook = lambda _, error, __: _uncaught(error)
    threading.excepthook = lambda told: _uncaught(told.exc_value)
    sys.unraisablehook = lambda told: _uncaught(told.exc_value)
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    threading.Thread(target=_listen, args=(heard,), daemon=True).start()


def close_memory() -> None:
    """No core dump, and no look into this process for others of the same user: secrets are in its memory."""
    if sys.platform != "linux":
        return
    import ctypes
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def signalled(left: str = "What was read is kept; the next run goes on from there.") -> int | None:
    """The exit code of the signal that ended the command, None where there was none; `left` is how things are left."""
    if not _received:
        return None
    _say(f"Interrupted. {as_typed(left)}")
    return _code()


def tell(error: Exception, arguments: Sequence[str]) -> int:
    """What happened, and below it what to do; the exit code of it."""
    match error:
        case GrowthError():
            return _tell_known(error)
        case OSError():
            return _tell_system(error, arguments)
        case MemoryError():
            return _tell_memory(error)
    return tell_bug(error, arguments)


def _tell_known(error: GrowthError) -> int:
    _say(as_typed(error.message))
    if error.hint:
        _say("\n".join(f"  {line}" for line in as_typed(error.hint).splitlines()))
    _trace(error)
    return error.code


def _tell_system(error: OSError, arguments: Sequence[str]) -> int:
    """An error of the system that nobody below could say more about."""
    reason = error.strerror or str(error)
    if advice := SPENT.get(error.errno or 0):
        _say(f"{error.filename or 'The home'} cannot be read or written: {reason}.")
        _say(f"  {advice} Nothing published was touched; then run the same command again.")
        return ExitCode.IO_ERROR
    if error.errno not in DENIED:
        return tell_bug(error, arguments)
    _say(f"{error.filename or 'The home'} cannot be used: {reason}.")
    _say("  Look at its name, its owner and the space on the disk. Nothing published was touched.")
    return ExitCode.CANNOT_WRITE


def _tell_memory(error: MemoryError) -> int:
    """The system gave us no more memory."""
    _say("There is not enough memory.\n  Nothing that was there is lost. Make room, then run the same command again.")
    _trace(error)
    return ExitCode.IO_ERROR


def tell_bug(error: Exception, arguments: Sequence[str]) -> int:
    """A defect of ours: short, with where to look; the traceback only for those who ask with -v."""
    _say(f"This is a bug in growthos: {type(error).__name__} in `growthos {' '.join(arguments)}`.")
    try:
        log = _sessions[-1].record(error) if _sessions else None
    except OSError:
        log = None
    _say(f"  Please report it with the end of {log}." if log else "  Please report it with what `growthos -v` shows.")
    _trace(error)
    return ExitCode.BUG


def begin(session: "Session") -> None:
    """Remember whose run this is: where a bug is logged, and whether it is shown; no secret of another is known."""
    from growthos.redact import SECRETS

    SECRETS.forget()
    _sessions.append(session)
    choose(session.chosen)


def raw_csv() -> bool:
    """Whether this run was told that its CSV is for programs."""
    return bool(_sessions) and _sessions[-1].raw_csv


def _trace(error: BaseException) -> None:
    if _sessions and _sessions[-1].verbose:
        _uncaught(error)


def _uncaught(error: BaseException | None) -> None:
    """In full, and through the same door as every other word: no secret, nothing that moves a cursor."""
    import traceback

    _say("".join(traceback.format_exception(error)))


def _say(text: str) -> None:
    from growthos.render.text import clean

    sys.stderr.write("\n".join(clean(line, limit=None) for line in text.splitlines()) + "\n")


def _listen(heard: int) -> None:
    """Wait for a signal. A run that writes has a moment to end by itself; whatever else is at work ends here."""
    _received.extend(os.read(heard, 1))
    if interrupt.is_in_order():
        interrupt.ask()
        until = monotonic() + SECONDS_TO_END
        while monotonic() < until and not select.select([heard], [], [], TICK_SECONDS)[0]:
            interrupt.break_off()
        _leave()
    _leave("Interrupted.\n")


def _leave(word: str = "") -> NoReturn:
    """End at once, with a last word where there is room for it: a reader that stands still keeps nobody here.

    Nothing that was published is half done at any instant.
    """
    word += SHOW_CURSOR if os.isatty(streams.STDERR) else ""
    with suppress(OSError):
        if word and select.select([], [streams.STDERR], [], 0)[1]:
            os.write(streams.STDERR, word.encode())
    os._exit(_code())


def _code() -> int:
    return ExitCode.TERMINATED if _received[0] == signal.SIGTERM else ExitCode.INTERRUPTED


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Characters that a stream cannot show, in those that it can."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(PLAIN.get(one, "?") for one in missing), error.end
