"""The checks of the last build as a page, and the banner where that build was not published."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from growthos.last_build import PASSED, Check, LastBuild
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table, Tone
from growthos.render.text import NOTHING, clean
from growthos.wording import age

if TYPE_CHECKING:
    from growthos.render.output import Record

COLUMNS = (
    Column("Check"),
    Column("Severity", rank=1),
    Column("Result"),
    Column("Rows", numeric=True, rank=2),
)
FIELDS = ("name", "severity", "status", "failing_rows", "sample", "message")


def page(last: LastBuild) -> Page:
    """A table of all checks, the failed ones with their keys, and what came of the build."""
    return tuple(_blocks(last))


def _blocks(last: LastBuild) -> Iterator[Block]:
    failed = [one for one in last.checks if one.status != PASSED]
    passed = len(last.checks) - len(failed)
    when = f", {last.finished_at:%Y-%m-%d %H:%M} UTC" if last.finished_at else ""
    fate = "published" if last.published else "not published"
    yield Heading(f"Checks of the last build{when}", f"{passed} of {len(last.checks)} passed; {fate}")
    yield Table("", COLUMNS, tuple(_row(one) for one in last.checks))
    for one in failed:
        yield Note(_evidence(one), _tone(one))


def _row(check: Check) -> tuple[Cell, ...]:
    result = "passed" if check.status == PASSED else "failed" if check.status == "fail" else "broken"
    rows = f"{check.failing_rows:,}" if check.status != "error" else NOTHING
    return (Cell(check.name), Cell(check.severity), Cell(result, _tone(check)), Cell(rows))


def _tone(check: Check) -> Tone:
    if check.status == PASSED:
        return "good"
    return "bad" if check.severity == "critical" else "warn"


def banner(last: LastBuild, shown: LastBuild, now: datetime) -> Page:
    """What failed, and how old the numbers are that stand in its place."""
    failed = ", ".join(f"{one.name} ({_count(one)})" for one in last.blocking) or "a critical check"
    old = ""
    if shown.finished_at:
        made = shown.finished_at if shown.finished_at.tzinfo else shown.finished_at.replace(tzinfo=UTC)
        old = f", made {age(now - made)} ago"
    return (
        Note(f"The last build was not published. Failed: {failed}.", "bad"),
        Note(f"These numbers reach to {shown.data_through or 'no day'}{old}. See `growthos checks`.", "bad"),
    )


def failures(checks: "tuple[Check, ...]") -> Iterator[Note]:
    """Each failed check with its count and up to five keys."""
    for one in checks:
        yield Note(f"  {_evidence(one)}", _tone(one))


def _evidence(check: Check) -> str:
    keys = f" First keys: {clean(', '.join(check.sample))}." if check.sample else ""
    return f"{check.name} ({check.severity}): {clean(check.message, limit=None)}{keys}"


def _count(check: Check) -> str:
    return (
        "it could not run"
        if check.status == "error"
        else f"{check.failing_rows:,} {'row' if check.failing_rows == 1 else 'rows'}"
    )


def records(last: LastBuild) -> "Iterator[Record]":
    """One record a check, its keys in one cell."""
    for one in last.checks:
        yield {**one.as_json(), "sample": " ".join(one.sample)}
