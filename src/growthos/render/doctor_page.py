"""What the doctor found as one table, area by area; below it what is wrong in full, and what to do."""

from collections.abc import Iterator
from itertools import pairwise

from growthos.doctor import Diagnosis
from growthos.doctor.remarks import Remark
from growthos.render.findings import advice, short, state, tally
from growthos.render.pages import Block, Cell, Column, Heading, Page, Table
from growthos.render.text import clean

COLUMNS = (
    Column("Area", rank=1),
    Column("Source"),
    Column("Account", rank=2),
    Column("What"),
    Column("State"),
    Column("Found", prose=True),
)
FIELDS = ("area", "source", "account", "subject", "state", "said", "hint")


def page(found: Diagnosis) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Diagnosis) -> Iterator[Block]:
    home = clean(found.home, limit=None)
    yield Heading(f"Doctor: {tally([one.finding for one in found.remarks])}", f"{home}, {found.at:%Y-%m-%d %H:%M} UTC")
    firsts = [True, *(one.area != next_.area for one, next_ in pairwise(found.remarks))]
    yield Table("", COLUMNS, tuple(_row(one, first) for one, first in zip(found.remarks, firsts, strict=True)))
    for one in found.remarks:
        yield from advice(f"{_whose(one)} {one.finding.subject}".strip(), one.finding)


def _row(one: Remark, first: bool) -> tuple[Cell, ...]:
    return (
        Cell(one.area if first else "", "dim"),
        Cell(clean(one.source)),
        Cell(clean(one.finding.account)),
        Cell(clean(one.finding.subject)),
        state(one.finding),
        Cell(short(one.finding)),
    )


def _whose(one: Remark) -> str:
    return clean(f"{one.source} {one.finding.account}".strip())
