"""Whether the raw files are whole, and the database made of them: what `verify` prints. Nothing is changed on disk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from growthos import raw_files
from growthos.build import is_stale, published_fingerprint
from growthos.clock import Clock
from growthos.errors import BusyError, DamagedDataError, ExitCode, NoDataError
from growthos.home import Home
from growthos.losses import Loss, broken, losses
from growthos.quarantine import segments
from growthos.raw import DamagedSegmentError, Segment
from growthos.raw_bundle import Contents
from growthos.raw_check import verify as verify_segment
from growthos.state import State

if TYPE_CHECKING:
    from growthos.settings import Settings

AGAIN = "`growthos sync` reads it again, if the source still has it."
ANEW = "Run `growthos rebuild`: it makes the file anew from the raw files, without asking any source."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. Errors are damage; a warning is worth a look."""

    severity: Literal["error", "warning"]
    kind: str
    message: str
    hint: str
    source: str = ""
    account: str = ""
    stream: str = ""
    unit: str = ""
    file: str = ""

    def as_json(self) -> dict[str, str]:
        names = ("severity", "kind", "source", "account", "stream", "unit", "file", "message", "hint")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a source. `unfinished` counts the attempts that did not come to their end."""

    source: str
    files: int
    size: int
    units: int
    unfinished: int
    damaged: int

    def as_json(self) -> dict[str, str | int]:
        names = ("source", "files", "size", "units", "unfinished", "damaged")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what was found. `data_read`: whether every byte was, or the headers alone."""

    home: Path
    at: datetime
    data_read: bool
    held: tuple[Held, ...]
    findings: tuple[Finding, ...]

    @property
    def damage(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DAMAGED if self.damage else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """The structure of `verify --format json`."""
        return {
            "schema_version": 1,
            "home": str(self.home),
            "at": self.at,
            "data_read": self.data_read,
            "damaged": bool(self.damage),
            "sources": [one.as_json() for one in self.held],
            "findings": [one.as_json() for one in self.findings],
        }


def verify(home: Home, settings: "Settings", clock: Clock, *, read_data: bool = False) -> Verification:
    """Look at every header, or with `read_data` at every byte, and at what the published database was made of."""
    whole, wrong, replaced = _read(home, read_data=read_data)
    aside = ((one.source, one.account, one.stream, one.seq) for one in segments(home))
    state = State(whole)
    found = (
        *wrong,
        *(_lost(home, one) for one in losses(home, state)),
        *_gaps(state, [*_stood(wrong), *aside, *replaced]),
        *_database(home, settings, state, read_data=read_data),
    )
    names = sorted({one.header.source for one in whole} | {one.source for one in wrong})
    held = tuple(_held(name, whole, state, wrong) for name in names)
    return Verification(home.root, clock.now(), read_data, held, found)


def _read(home: Home, *, read_data: bool) -> tuple[list[Segment], list[Finding], list[tuple[str, str, str, int]]]:
    """The segments, the damage, and under which numbers files stood that others replaced."""

    def read(path: Path) -> Contents:
        try:
            return verify_segment(path, bodies=True) if read_data else raw_files.read(path)
        except FileNotFoundError:
            raise
        except OSError as problem:
            raise DamagedSegmentError(f"{path.name}: {problem.strerror or problem}") from problem

    files = raw_files.look(home.raw, read)
    wrong = [_damaged(home, path, str(why)) for path, why in files.damaged]
    return list(files.segments), wrong, [_number(home, path) for path in files.gone]


def _damaged(home: Home, path: Path, why: str) -> Finding:
    source, account, stream, _ = path.relative_to(home.raw).parts
    hint = f"Run `growthos rebuild`: it sets the file aside and builds from the rest. Then {AGAIN}"
    file = str(path.relative_to(home.root))
    return Finding("error", "damaged_file", why, hint, source, account, stream, _unit(path), file)


def _unit(path: Path) -> str:
    """The unit of a damaged file, where its header still tells."""
    try:
        first, *others = raw_files.read(path).headers
    except (DamagedSegmentError, OSError):
        return ""
    return "" if others else first.unit


def _lost(home: Home, loss: Loss) -> Finding:
    aside = loss.aside
    place = str(aside.path.relative_to(home.root))
    gone = f"what it held is gone and nothing has read it since: {_range(loss)}"
    hint = f"{AGAIN} Where it has not, the numbers stay without it; delete {place} to be told no more."
    unit = loss.unit if aside.header else ""
    return Finding("error", "lost_unit", gone, hint, aside.source, aside.account, aside.stream, unit, place)


def _range(loss: Loss) -> str:
    if loss.days:
        return f"{loss.days[0]} to {loss.days[-1]}"
    return loss.unit


def _stood(wrong: Iterable[Finding]) -> Iterator[tuple[str, str, str, int]]:
    """Where the damaged files stand, and under which numbers."""
    for one in wrong:
        yield one.source, one.account, one.stream, int(Path(one.file).name.partition("-")[0])


def _number(home: Home, path: Path) -> tuple[str, str, str, int]:
    source, account, stream, name = path.relative_to(home.raw).parts
    return source, account, stream, int(name.partition("-")[0])


def _gaps(state: State, accounted: Sequence[tuple[str, str, str, int]]) -> Iterator[Finding]:
    """Numbers that no file bears any more, but for those `accounted` for: damaged, set aside, replaced."""
    numbers: dict[tuple[str, str, str], set[int]] = {}
    for header in state.headers():
        numbers.setdefault((header.source, header.account, header.stream), set()).add(header.seq)
    for key, present in sorted(numbers.items()):
        known = present | {number for *of, number in accounted if tuple(of) == key}
        gone = [number for number in range(1, max(known)) if number not in known]
        if not gone:
            continue
        said = f"{_count(len(gone))} of {max(known):,} gone: number {_few(gone)}"
        if broken(state.units(*key)):
            yield Finding("error", "gap", f"{said}; something that was read is missing", AGAIN, *key)
        else:
            yield Finding("warning", "gap", f"{said}; what is left has no gap", "Nothing needs to be done.", *key)


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"


def _few(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    return shown + (f" and {len(numbers) - 5:,} more" if len(numbers) > 5 else "")  # noqa: PLR2004 - as many as shown


def _database(home: Home, settings: "Settings", state: State, *, read_data: bool) -> Iterator[Finding]:
    """Whether what people read can be read, and was made of just these raw files."""
    from growthos import warehouse

    file = home.database.name
    try:
        con = warehouse.connect(home.database)
    except NoDataError:
        if state.keys():
            yield Finding("warning", "database", "nothing is published yet", "Run `growthos rebuild`.", file=file)
        return
    except BusyError as busy:
        yield Finding("warning", "database", busy.message, busy.hint, file=file)
        return
    except DamagedDataError as damage:
        yield Finding("error", "database", damage.message, damage.hint, file=file)
        return
    try:
        problem = _unreadable(con) if read_data else ""
    finally:
        con.close()
    if problem:
        yield Finding("error", "database", f"{home.database} is damaged: {problem}", ANEW, file=file)
    elif is_stale(published_fingerprint(home), settings, state):
        said = "it was made of other raw files, settings or SQL than there are now"
        yield Finding("warning", "database", said, "Run `growthos sync` or `growthos rebuild`.", file=file)


def _unreadable(con: Any) -> str:
    """Why a table cannot be read to its end; empty where all can."""
    import duckdb

    try:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            con.execute(f'select bit_xor(hash(rows)) from "{schema}"."{table}" as rows').fetchall()  # noqa: S608
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return ""


def _held(name: str, whole: Iterable[Segment], state: State, wrong: Iterable[Finding]) -> Held:
    own = [one for one in whole if one.header.source == name]
    files = {one.path for one in own}
    counted = {one.header for unit in state.all_units(name) for one in unit.segments}
    return Held(
        source=name,
        files=len(files),
        size=sum(path.stat().st_size for path in files),
        units=sum(1 for _ in state.all_units(name)),
        unfinished=len({(one.header.run_id, one.header.unit) for one in own if one.header not in counted}),
        damaged=sum(one.source == name for one in wrong),
    )
