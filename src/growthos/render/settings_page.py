"""The settings that are in force: what somebody said, and what holds where nobody did."""

from collections.abc import Iterator

from growthos.render.output import Record
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.settings.in_force import AllInForce, InForce
from growthos.settings.template import literal

COLUMNS = (
    Column("Setting"),
    Column("Value", prose=True),
    Column("From"),
    Column("Default", rank=1),
    Column("What it is", rank=2, prose=True),
)
FIELDS = ("name", "value", "default", "is_set", "origin", "variable", "secret", "help")


def page(found: AllInForce) -> Page:
    return tuple(_blocks(found))


def records(found: AllInForce) -> Iterator[Record]:
    """One a setting; lists and tables as growthos.toml writes them."""
    for one in found.settings:
        yield {
            name: literal(value) if isinstance(value, list | dict) else value for name, value in one.as_json().items()
        }


def _blocks(found: AllInForce) -> Iterator[Block]:
    said, number = sum(one.is_set for one in found.settings), len(found.settings)
    head = f"{said} of {number} {'setting is' if number == 1 else 'settings are'} set"
    others = "; for the rest the defaults hold" if said < number else ""
    yield Heading(f"{head}{others}", clean(found.home.root, limit=None))
    yield Table("", COLUMNS, tuple(_row(one) for one in found.settings))
    if found.left_out:
        tables, one = ", ".join(found.left_out), found.left_out[0]
        yield Note(f"Nothing is set of {tables}; `growthos settings {one}` shows what may be.", "dim")


def _row(one: InForce) -> tuple[Cell, ...]:
    value = "not shown" if one.secret and one.is_set else _text(one.value)
    return (
        Cell(clean(one.name)),
        Cell(clean(value, limit=None), "" if one.is_set else "dim"),
        Cell(clean(one.origin), "" if one.is_set else "dim"),
        Cell(clean(_text(one.default), limit=None), "dim"),
        Cell(one.help, "dim"),
    )


def _text(value: object) -> str:
    return NOTHING if value is None else literal(value)
