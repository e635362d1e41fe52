"""Past runs: a line for each and, below, what went wrong; or one of them in full."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from growthos.past_runs import PastRun, PastRuns, Read
from growthos.render import restatement_page
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table, Tone
from growthos.render.text import NOTHING, clean
from growthos.wording import count, span

if TYPE_CHECKING:
    from growthos.render.output import Record

TONES: dict[str, Tone] = {"ok": "good", "partial": "warn", "running": "", "failed": "bad", "broken off": "bad"}
STARTED, STATUS = Column("Started"), Column("Status")
TOOK = Column("Took", numeric=True, rank=2)
READ = Column("Records read", prose=True)
RESTATED = Column("Restated", numeric=True, rank=1)
RUN = Column("Run")
SOURCES = (
    Column("Source"),
    Column("Records", numeric=True),
    Column("Segments", numeric=True, rank=1),
    Column("Pages", numeric=True, rank=2),
    Column("Rejected", numeric=True, rank=3),
    Column("Took", numeric=True, rank=4),
    Column("Waited", numeric=True, rank=5),
)
FIELDS = (
    *("run_id", "command", "status", "exit_code", "started_at", "finished_at", "seconds"),
    *("records", "published", "data_through", "restated_days", "why"),
)
SOURCE_FIELDS = ("run_id", "name", "records", "pages", "segments", "rejected", "seconds", "waited", "errors")
SIMULATED = "; the demo's clock is simulated"
SHORT = 8
"""So much of an id tells a run from all others of a home."""


def page(found: PastRuns, *, demo: bool = False) -> Page:
    return tuple(_blocks(found, demo=demo))


def in_full(run: PastRun, *, demo: bool = False) -> Page:
    return tuple(_full(run, demo=demo))


def _blocks(found: PastRuns, *, demo: bool) -> Iterator[Block]:
    home = clean(found.home.root, limit=None)
    if not found.runs:
        yield Heading("No run has left a report", home)
        return
    bad = [run for run in found.runs if not run.ended_well]
    number = len(found.runs)
    head = "The last run" if number == 1 else f"The last {number:,} runs"
    said = f"{len(bad):,} did not end well" if bad else "all is well"
    yield Heading(f"{head}: {said}", f"{home}; times in UTC{SIMULATED if demo else ''}")
    looked = any(run.restated is not None for run in found.runs)
    columns = (STARTED, STATUS, TOOK, READ, *([RESTATED] if looked else []), RUN)
    yield Table("", columns, tuple(_row(run, restated=looked) for run in found.runs))
    for run in bad:
        yield from _wrong(run, f"{run.started_at:%Y-%m-%d %H:%M} {run.status}: ")


def _row(run: PastRun, *, restated: bool) -> tuple[Cell, ...]:
    read = ", ".join(f"{clean(one.name)} {count(one.records)}" for one in run.sources if one.records)
    days = NOTHING if run.restated is None else count(run.restated.days)
    return (
        Cell(f"{run.started_at:%Y-%m-%d %H:%M}"),
        Cell(run.status, TONES.get(run.status, "warn")),
        Cell(_took(run.seconds)),
        Cell(read or ("nothing new" if run.sources else "rebuild" if run.command == "rebuild" else NOTHING)),
        *([Cell(days)] if restated else []),
        Cell(clean(run.run_id[:SHORT])),
    )


def _wrong(run: PastRun, head: str = "") -> Iterator[Note]:
    """What went wrong, and what to do where that is known."""
    why = run.why or ("it came to no end: it was killed, or the power failed.",)
    yield from (Note(f"{head}{clean(one, limit=None)}", "bad") for one in why)
    if run.hint:
        yield from (Note(f"  {clean(line, limit=None)}", "bad") for line in run.hint.splitlines())


def _full(run: PastRun, *, demo: bool) -> Iterator[Block]:
    code = "" if run.exit_code is None else f", exit code {run.exit_code}"
    begun = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
    ended = f", {_took(run.seconds)}" if run.finished_at else ""
    yield Heading(
        f"{clean(run.command)} {clean(run.run_id)}: {run.status}{code}", f"{begun}{ended}{SIMULATED if demo else ''}"
    )
    if run.sources:
        yield Table("", SOURCES, tuple(_source(one) for one in run.sources))
    if not run.ended_well:
        yield from _wrong(run)
    if run.published:
        yield Note(f"Published, data through {run.data_through or 'no day yet'}.", "good")
    elif run.published is None and run.finished_at:
        yield Note("Nothing was built.", "dim")
    yield from (Note(f"{clean(source)}: {clean(message, limit=None)}", "warn") for source, message in run.notices)
    if run.restated is not None and not run.restated.changes:
        yield Note("It told no day anew.", "dim")
    elif run.restated is not None:
        yield from restatement_page.changes(run.restated)


def _source(one: Read) -> tuple[Cell, ...]:
    return (
        Cell(clean(one.name), "bad" if one.errors else ""),
        Cell(count(one.records)),
        Cell(count(one.segments)),
        Cell(count(one.pages)),
        Cell(count(one.rejected)),
        Cell(_took(one.seconds)),
        Cell(_took(one.waited)),
    )


def _took(seconds: float | None) -> str:
    return NOTHING if seconds is None else span(seconds)


def records(found: PastRuns) -> "Iterator[Record]":
    """One record a run."""
    for run in found.runs:
        told = run.as_json()
        records = sum(one.records for one in run.sources)
        yield {name: told[name] for name in FIELDS if name in told} | {"records": records, "why": " ".join(run.why)}


def source_records(run: PastRun) -> "Iterator[Record]":
    """One record a source."""
    for one in run.sources:
        yield one.as_json() | {"run_id": run.run_id, "errors": " ".join(one.errors)}
