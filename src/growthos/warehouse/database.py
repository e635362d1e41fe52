"""DuckDB, opened in one way only: no network, no files but the home's, no settings that change under our feet."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos.errors import BusyError, CannotWriteError, DamagedDataError, ExitCode, NewerError, NoDataError, SqlError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE: Final = "v1.2.0"
NEWEST: Final = "v1.4.0"
"""Of a large home's working database, which nobody else reads: a checkpoint writes no table anew that is as it was."""
WORKING: Final = "working"
"""As what the working database of a large home is attached."""
ROWS: Final = 32768
"""In a row group of what a large home's builds add to: a checkpoint writes the last one anew, and memory holds some."""
SCHEMA: Final = 1
"""Of the published tables: a greater one is a newer growthos's, which may mean by them what we do not know."""
_SYSTEM: Final = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR),
    errno.EFBIG,
)
"""What the system says of a file that it does not open or read, and that is not damaged for that."""
_SMALL: Final = 100 * 1024 * 1024
_NOT_FOR_LACK_OF_ROOM: Final = (os.strerror(errno.EIO), "Out of Memory", "failed to allocate")


def threads(size: int) -> int:
    """One below 100 MB, where a second thread costs more than it brings, else two."""
    return 1 if size < _SMALL else 2


def connect(path: Path, *, read_only: bool = True, writes: Path | None = None) -> "DuckDBPyConnection":
    """The published database, for reading; `writes` is the one folder in which files of what is read may be made.

    Raises NoDataError where there is none yet, BusyError while somebody writes to it, DamagedDataError where the file
    is broken or not one of ours, NewerError where it is a newer growthos's.
    """
    if not path.exists():
        raise NoDataError(
            "no data yet: run `growthos sync`, or `growthos demo`", hint=f"There is no {path}; it comes with a sync."
        )
    size = path.stat().st_size
    con = open_file(path, home=path.parent, read_only=read_only, threads=threads(size), writes=writes)
    import duckdb

    try:
        made = con.execute("select split_part(config_hash, '-', 1) from run_info").fetchall()
    except duckdb.Error as error:
        con.close()
        raise refused(path, error) from error
    if any(schema and schema.isdecimal() and int(schema) > SCHEMA for (schema,) in made):
        con.close()
        raise NewerError(path)
    return con


def open_file(
    path: Path, *, home: Path, read_only: bool, threads: int, writes: Path | None = None
) -> "DuckDBPyConnection":
    """A database file of `home`, created where it is not there and may be written; else `writes` is all it touches."""
    import duckdb

    spill = home / "work" / "spill"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": "600MB",
        "storage_compatibility_version": STORAGE,
        "temp_directory": str(spill),
        "max_temp_directory_size": "20GB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "force_compression": "uncompressed" if threads == 1 else "auto",  # a small file is quicker as it is
    }
    try:
        con = duckdb.connect(path, read_only=read_only, config=settings)
    except duckdb.Error as error:
        raise refused(path, error) from error
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    if reach := writes if read_only else home:  # who only reads has all he needs in the file
        con.execute(f"set allowed_directories = [{literal(str(reach))}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def cannot_build(place: Path, error: Exception) -> CannotWriteError:
    """What to tell where DuckDB gave up: the disk is full, the disk is broken, or memory does not suffice."""
    said = str(error).splitlines()[0]
    made = CannotWriteError(
        f"The warehouse could not be built in {place}: {said}",
        hint="Nothing that was there is lost. Make room, then run `growthos rebuild`.",
    )
    if any(words in said for words in _NOT_FOR_LACK_OF_ROOM):
        made.code = ExitCode.IO_ERROR
    return made


def is_of_the_machine(error: Exception) -> bool:
    """Whether a statement failed for want of room, memory or a disk that works, or was broken off; else it is wrong."""
    import duckdb

    return isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException) or any(
        os.strerror(number) in str(error) for number in _SYSTEM
    )


def is_damage(error: Exception) -> bool:
    """Whether a statement failed for what it read: a database file that is not as it was written."""
    import duckdb

    broken = duckdb.FatalException | duckdb.SerializationException | duckdb.InternalException
    return isinstance(error, broken) or "orrupt" in str(error)


@contextmanager
def naming(label: str) -> Iterator[None]:
    """Tell of a wrong statement as of what `label` names; what is the machine's or the file's goes on as it is."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        if is_of_the_machine(error) or is_damage(error):
            raise
        raise SqlError(f"{label} failed: {error}") from error


def literal(text: str) -> str:
    """Text as SQL writes it, where a statement takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name of a column or a table as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def refused(path: Path, error: Exception) -> Exception:
    """What it means that a database file cannot be opened or read: busy, newer than we are, refused, or damaged."""
    said = str(error)
    if "could not set lock" in said.lower():
        return BusyError(
            f"{path} is open for writing in another program.",
            hint="Close that program, or wait until its run has ended, and try again.",
        )
    if "created with a newer version" in said:
        return NewerError(path)
    for number in _SYSTEM:
        if os.strerror(number) in said:
            return OSError(number, os.strerror(number), str(path))
    return _damaged(path)


def _damaged(path: Path) -> DamagedDataError:
    return DamagedDataError(
        f"{path} cannot be read as a database of growthos.",
        hint="Run `growthos rebuild`: it makes the file anew from the raw files, without asking any source.",
    )
