"""How answers have changed as a page: what numbers rest on first, and what was looked at below."""

import re
from collections.abc import Iterator

from growthos.drift import Change, Drift
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table, Tone
from growthos.render.text import NOTHING, clean

_OUTSIDE = re.compile(r"^((\[\]\.)?(data\.)?(\w+\.)?(nodes|results|rows|data)\[\]|data)\.(?=.)")
"""Where the records of a page are: what stands before a field of one."""
CHANGES = (
    Column("Source", rank=2),
    Column("Stream"),
    Column("Change"),
    Column("Field", prose=True),
    Column("Before", rank=1, prose=True),
    Column("Now", prose=True),
    Column("Read", rank=3),
    Column("First seen", rank=4),
)
FIELDS = ("source", "stream", "change", "path", "read", "before", "now", "file", "page")


def page(found: Drift) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Drift) -> Iterator[Block]:
    pages, before = sum(one.pages for one in found.looked), sum(one.before for one in found.looked)
    yield Heading(
        f"Schema: {_tally(found)}",
        f"{pages:,} pages of the newest runs of {len(found.looked)} streams, held against {before:,} of earlier ones "
        "and against what staging reads",
    )
    if found.changes:
        order = sorted(found.changes, key=lambda one: (not one.matters, one.source, one.stream, one.path))
        yield Table("", CHANGES, tuple(_row(one) for one in order))
    if found.matters:
        yield Note(
            "Where staging cannot read a value its row is put aside: `growthos checks` and `sync` count them.", "warn"
        )
    if not before:
        yield Note(
            "There is only one run so far: fields and words that are new will be told from the next one on.", "dim"
        )


def _tally(found: Drift) -> str:
    if not found.changes:
        return "the answers are as they were"
    matters, rest = len(found.matters), len(found.changes) - len(found.matters)
    told = [f"{matters} that numbers may rest on"] if matters else []
    return f"{matters + rest} change{'' if matters + rest == 1 else 's'}" + "".join(f", {one}" for one in told)


def _row(one: Change) -> tuple[Cell, ...]:
    tone: Tone = "bad" if one.matters else "warn" if one.read else ""
    seen = f"{one.sight.file[:10]} page {one.sight.page}" if one.sight else NOTHING
    return (
        Cell(clean(one.source)),
        Cell(clean(one.stream)),
        Cell(one.kind, tone),
        Cell(clean(_OUTSIDE.sub("", one.path)) or "the page"),
        Cell(clean(one.before) or NOTHING),
        Cell(clean(one.now) or NOTHING),
        Cell("yes" if one.read else "no"),
        Cell(clean(seen)),
    )
