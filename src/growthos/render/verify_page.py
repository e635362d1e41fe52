"""What `verify` found: a row for each source, below it each damage in full and what to do about it."""

from collections.abc import Iterator

from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table, Tone
from growthos.render.text import clean
from growthos.verify import Finding, Held, Verification
from growthos.wording import size

COLUMNS = (
    Column("Source"),
    Column("Files", numeric=True),
    Column("Size", numeric=True, rank=1),
    Column("Complete units", numeric=True, rank=2),
    Column("Unfinished", numeric=True, rank=3),
    Column("Damaged", numeric=True),
)
FIELDS = ("severity", "kind", "source", "account", "stream", "unit", "file", "message", "hint")


def page(found: Verification) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Verification) -> Iterator[Block]:
    read = "every byte read" if found.data_read else "headers read; --read-data reads every byte"
    home = clean(found.home, limit=None)
    yield Heading(f"Verify: {_tally(found)}", f"{home}, {found.at:%Y-%m-%d %H:%M} UTC; {read}")
    if found.held:
        yield Table("", COLUMNS, tuple(_row(one) for one in found.held))
    for one in found.findings:
        tone: Tone = "bad" if one.severity == "error" else "warn"
        yield Note(clean(f"{_where(one)}: {one.message}", limit=None), tone)
        yield Note(f"  {clean(one.hint, limit=None)}", tone)


def _tally(found: Verification) -> str:
    errors, all_ = len(found.damage), len(found.findings)
    counts = ((word, number) for word, number in (("error", errors), ("warning", all_ - errors)) if number)
    return " and ".join(f"{number:,} {word}{'' if number == 1 else 's'}" for word, number in counts) or "all is well"


def _row(one: Held) -> tuple[Cell, ...]:
    return (
        Cell(clean(one.source)),
        Cell(f"{one.files:,}"),
        Cell(size(one.size)),
        Cell(f"{one.units:,}"),
        Cell(f"{one.unfinished:,}"),
        Cell(f"{one.damaged:,}", "bad" if one.damaged else "good"),
    )


def _where(one: Finding) -> str:
    """Source, account, stream and unit as far as they are known, else the file."""
    place = "/".join(part for part in (one.source, one.account, one.stream) if part)
    return f"{place} {one.unit}".strip() or one.file
