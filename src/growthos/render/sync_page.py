"""What a sync came to: new records, what failed and why, what was built, and what to do next."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from growthos.last_build import PASSED, Check
from growthos.render.check_page import failures
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import clean
from growthos.settings import Settings, not_connected

if TYPE_CHECKING:
    from growthos.outcome import SyncReport
    from growthos.sync import SourceReport
    from growthos.warehouse import Built

COLUMNS = (
    Column("Source"),
    Column("Records", numeric=True),
    Column("Segments", numeric=True, rank=1),
    Column("Pages", numeric=True, rank=2),
    Column("Rejected", numeric=True, rank=3),
)


def page(report: "SyncReport", settings: Settings, *, demo: bool = False, quiet: bool = False) -> Page:
    """Quiet: nothing where all went well, and no table."""
    return tuple(_blocks(report, settings, demo=demo, quiet=quiet))


def next_step(report: "SyncReport", *, demo: bool) -> Page:
    """What to do after it."""
    return (Note(_next(report, demo=demo)),)


def _blocks(report: "SyncReport", settings: Settings, *, demo: bool, quiet: bool) -> Iterator[Block]:
    rejected = report.built.rejected if report.built else {}
    if not quiet or report.exit_code:
        yield Heading(_headline(report, sum(rejected.values())))
    if not quiet and any(source.pages for source in report.sources):
        yield Table("", COLUMNS, tuple(_row(source, rejected) for source in report.sources))
    yield from _errors(report.sources)
    for lost in report.lost:
        yield Note(clean(f"{lost}.", limit=None), "bad")
    if report.built is not None:
        yield from _build(report.built, quiet=quiet)
    if quiet and report.exit_code:
        yield Note(f"More: growthos runs {report.run_id[:8]}", "dim")
    if quiet:
        return
    if not demo and report.sources:
        for name, missing in not_connected(settings).items():
            yield Note(f"{name} is not connected: set {', '.join(missing)}.", "dim")


def _headline(report: "SyncReport", rejected: int) -> str:
    if not report.sources:
        return f"Built again from the raw files; {_many(rejected, 'row')} rejected"
    names = ", ".join(source.name for source in report.sources)
    records = sum(source.records for source in report.sources)
    failed = [source.name for source in report.sources if source.errors]
    if not records and not failed and report.built is None:
        return f"Nothing new from {names}; no file has changed"
    if not records and not failed:
        return f"Nothing new from {names}; built again, for files, settings or the SQL have changed"
    segments = sum(len(source.segments) for source in report.sources)
    unread = [source.name for source in report.sources if source.cut_off]
    told = {"failed": [name for name in failed if name not in unread], "not read to the end": unread}
    partly = "".join(f"; {', '.join(of)} {how}" for how, of in told.items() if of)
    read = f"{_many(records, 'record')} in {_many(segments, 'segment')}"
    return f"Synced {names}: {read}, {_many(rejected, 'row')} rejected{partly}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _row(source: "SourceReport", rejected: Mapping[str, int]) -> tuple[Cell, ...]:
    return (
        Cell(source.name, "bad" if source.errors else ""),
        Cell(f"{source.records:,}"),
        Cell(f"{len(source.segments):,}"),
        Cell(f"{source.pages:,}"),
        Cell(f"{rejected.get(source.name, 0):,}"),
    )


def _errors(sources: "tuple[SourceReport, ...]") -> Iterator[Note]:
    for source in sources:
        for error in source.errors:
            said = error.message if source.name in error.message else f"{source.name}: {error.message}"
            yield Note(clean(said, limit=None), "bad")
            if error.hint:
                yield Note(f"  {clean(error.hint, limit=None)}", "bad")


def _build(built: "Built", *, quiet: bool) -> Iterator[Note]:
    checks = tuple(
        Check(one.name, one.severity, one.status, one.failing_rows, one.sample, one.message) for one in built.checks
    )
    failed = tuple(one for one in checks if one.status != PASSED)
    critical = tuple(one for one in failed if one.severity == "critical")
    if not built.published:
        yield Note("Not published: a critical check failed. What people read is as it was before.", "bad")
        yield from failures(critical)
        return
    if quiet:
        return
    yield Note(
        f"Published, data through {built.data_through or 'no day yet'}; "
        f"{len(checks) - len(failed)} of {len(checks)} checks passed.",
        "good" if not failed else "warn",
    )
    for message in built.warnings:
        yield Note(f"  {clean(message.message, limit=None)}", "warn")


def _next(report: "SyncReport", *, demo: bool) -> str:
    if report.built is not None and not report.built.published:
        return "Next: growthos checks"
    failed = [source for source in report.sources if source.errors]
    if failed:
        then = "which goes on from there" if all(source.cut_off for source in failed) else "once that is mended"
        return f"Next: growthos sync {' '.join(source.name for source in failed)}, {then}"
    return "Next: growthos --demo kpis --by channel" if demo else "Next: growthos kpis --since 7d"
