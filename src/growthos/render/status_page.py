"""How a home stands: one line an account, below it what is wrong or unfinished, and what to do next."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from growthos.coverage import FORGOTTEN
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.status import Account, Source, Status
from growthos.wording import age

if TYPE_CHECKING:
    from growthos.render.output import Record

COLUMNS = (
    Column("Source"),
    Column("Account", rank=2),
    Column("Complete through"),
    Column("Last read"),
    Column("Records", numeric=True, rank=1),
    Column("Quota left", rank=3),
)
FIELDS = (
    "source",
    "account",
    "connected",
    "data_through",
    "read_at",
    "stale",
    "records",
    "days_read_again",
    "unfinished",
    "errors",
    "quotas",
)
FEW_QUOTAS = 3


def page(found: Status) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Status) -> Iterator[Block]:
    ready = [one for one in found.sources if one.connected]
    build = found.build
    through = f"data through {build.data_through}" if build and build.data_through else "nothing read yet"
    head = f"{len(ready)} of {len(found.sources)} {'source is' if len(found.sources) == 1 else 'sources are'} connected"
    yield Heading(f"{head}, {through}", _below(found))
    rows = tuple(row for one in found.sources for row in _rows(one, found.at))
    if rows:
        yield Table("", COLUMNS, rows)
    yield from _remarks(found)
    yield Note(f"Next: {found.next_step}", "dim")


def _below(found: Status) -> str:
    said = [clean(found.home, limit=None), f"{found.at:%Y-%m-%d %H:%M} UTC"]
    if found.last_run is not None:
        ended = "ended well" if found.last_run.exit_code == 0 else f"ended with exit code {found.last_run.exit_code}"
        said.append(f"the last run {ended}, {_ago(found.last_run.finished_at, found.at)}")
    return "; ".join(said)


def _rows(one: Source, now: datetime) -> Iterator[tuple[Cell, ...]]:
    if not one.accounts:
        state = "not read yet" if one.connected else "not connected"
        yield (Cell(one.name), Cell(""), Cell(NOTHING), Cell(state, "dim"), Cell(NOTHING), Cell(""))
    for number, account in enumerate(one.accounts):
        yield (
            Cell(one.name if number == 0 else ""),
            Cell(clean(account.name)),
            Cell(str(account.data_through or NOTHING)),
            _read(one, account, now),
            Cell(f"{account.records:,}"),
            Cell(_quotas(one) if number == 0 else ""),
        )


def _read(one: Source, account: Account, now: datetime) -> Cell:
    if account.read_at is None:
        return Cell(NOTHING)
    old = one.connected and now - account.read_at > FORGOTTEN
    left = "" if one.connected else ", no longer connected"
    return Cell(_ago(account.read_at, now) + left, "bad" if old else "" if one.connected else "dim")


def _quotas(one: Source) -> str:
    some = [f"{clean(name)} {left:,.0f}" for name, left in list(one.quotas.items())[:FEW_QUOTAS]]
    return ", ".join([*some, "…"] if len(one.quotas) > FEW_QUOTAS else some)


def _remarks(found: Status) -> Iterator[Note]:
    if found.running is not None:
        process = f", process {found.running}" if found.running else ""
        yield Note(f"A run is at work now{process}; what it has read so far is counted.", "warn")
    for one in found.sources:
        yield from _of(one, found.at)
    if found.damaged:
        files = "1 raw file is" if found.damaged == 1 else f"{found.damaged:,} raw files are"
        yield Note(f"{files} damaged; the next sync sets them aside and reads their days again.", "warn")
    for lost in found.lost:
        place = f"{lost.aside.source} {clean(lost.aside.account)}: {lost.aside.stream} of {lost.unit}"
        yield Note(f"{place} was damaged and has not been read again; the next sync asks for it.", "bad")
    if found.build is not None and not found.build.published:
        failed = ", ".join(check.name for check in found.build.blocking) or "a critical check"
        yield Note(f"The last build was not published: {failed} failed.", "bad")
    if found.zones is not None:
        yield Note(clean(found.zones.message, limit=None), "warn")
        yield Note(f"  {clean(found.zones.hint, limit=None)}", "warn")
    if days := max((account.read_again for one in found.sources for account in one.accounts), default=0):
        yield Note(f"Up to {days:,} days were read again: `growthos status --restatements` tells what changed.", "dim")


def _of(one: Source, now: datetime) -> Iterator[Note]:
    if one.stale(now) and one.read_at:
        yield Note(f"{one.name} was last read {_ago(one.read_at, now)}; does anything still run it?", "bad")
    for error in one.errors:
        said = "was cut off" if one.cut_off else "failed"
        yield Note(f"{one.name} {said} in the last run: {clean(error, limit=None)}", "bad")
    if one.ends_soon(now):
        said = f"{one.name}: version {one.api_version} of its API ends about {one.sunset}"
        yield Note(f"{said}; install a newer growthos before that day.", "warn")
    for account in one.accounts:
        for left in account.unfinished:
            missing = f"{left.stream} from {left.first} to {left.last} is missing"
            again = f"`growthos sync {one.name} {left.command}`"
            yield Note(f"{one.name} {clean(account.name)}: a backfill is unfinished, {missing}: {again}", "warn")


def _ago(at: datetime, now: datetime) -> str:
    return f"{age(now - at)} ago"


def records(found: Status) -> "Iterator[Record]":
    """One record an account; a source without one has a record of its own."""
    for one in found.sources:
        common = {
            "source": one.name,
            "connected": one.connected,
            "stale": one.stale(found.at),
            "errors": " ".join(one.errors),
            "quotas": " ".join(f"{name}={left:g}" for name, left in one.quotas.items()),
        }
        for account in one.accounts or (Account("", None, None, 0, None, (), 0),):
            told = account.as_json()
            left = " ".join(f"{part.stream}:{part.first}..{part.last}" for part in account.unfinished)
            yield common | told | {"unfinished": left}
