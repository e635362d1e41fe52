"""Silences as a table: what each means, until when it holds, and which alerts it holds back now."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from growthos.render.pages import Cell, Column, Heading, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.silences import Listed, Silences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from growthos.render.output import Record

FIELDS = ("id", "matcher", "until", "active", "author", "reason", "created_at", "matches")
COLUMNS = (
    Column("Silence"),
    Column("Alerts"),
    Column("Until"),
    Column("Fires now", prose=True),
    Column("Author", rank=1),
    Column("Reason", prose=True),
)


def page(found: Silences) -> Page:
    if not found.silences:
        return (Heading("Nothing is silenced", "`growthos alerts silence ALERT --until 3d --reason TEXT` does it"),)
    active = sum(one.is_active for one in found.silences)
    over = f", {len(found.silences) - active} over" if active < len(found.silences) else ""
    head = f"{active} silence{'' if active == 1 else 's'}{over}"
    return (
        Heading(head, f"times in {found.zone}; `growthos alerts unsilence ID` ends one"),
        Table("", COLUMNS, tuple(_row(one, ZoneInfo(found.zone)) for one in found.silences)),
    )


def _row(one: Listed, zone: ZoneInfo) -> tuple[Cell, ...]:
    silence = one.silence
    return (
        Cell(silence.id, "" if one.is_active else "dim"),
        Cell(silence.matcher),
        Cell(f"{silence.until.astimezone(zone):%Y-%m-%d %H:%M}{'' if one.is_active else ' (over)'}"),
        Cell(", ".join(one.matches) or NOTHING),
        Cell(clean(silence.author)),
        Cell(clean(silence.reason)),
    )


def records(found: Silences) -> "Iterator[Record]":
    """One record a silence, the alerts in one field."""
    for one in found.silences:
        yield {**one.as_json(), "matches": " ".join(one.matches)}
