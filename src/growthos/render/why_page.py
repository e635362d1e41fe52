"""Why a KPI changed, as a page: a table of causes, and where they were at work; all digits, so that they add up."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from growthos.measures.splits import MIX
from growthos.measures.why import Effect, Scope, Why
from growthos.render.kpi_page import heading
from growthos.render.pages import Block, Cell, Column, Note, Page, Table
from growthos.render.text import NOTHING, clean
from growthos.render.values import in_full, moved, tone, written
from growthos.wording import percent

if TYPE_CHECKING:
    from growthos.render.output import Record

CAUSES = (
    Column("Cause"),
    Column("Before", numeric=True, rank=2),
    Column("Now", numeric=True, rank=1),
    Column("Effect", numeric=True),
    Column("Share", numeric=True, rank=3),
)
FIELDS = ("kpi", "unit", "by", "scope", "name", "cause", "cause_unit", "previous", "value", "effect", "share")
MOST = 8
"""As many channels or campaigns as a table shows one by one; JSON and CSV have all."""


def page(found: Why, *, demo: bool = False) -> Page:
    """Heading, the change in a line, causes, channels, campaigns, warnings, and what to ask next."""
    return tuple(_blocks(found, demo=demo))


def _blocks(found: Why, *, demo: bool) -> Iterator[Block]:
    yield heading(f"{found.kpi.label}: why it changed", found.report)
    yield Note(_change(found))
    if found.effects:
        yield Table("", CAUSES, tuple(_cause(found, one) for one in found.effects))
        yield from _scopes(found, "channel", found.channels)
        yield from _scopes(found, "campaign", found.campaigns or {})
        if found.campaigns is None:
            yield Note("Not known by campaign.", "dim")
    for warning in found.report.warnings:
        yield Note(clean(warning.message, limit=None), "warn")
    following = found.effects[0].cause.next if found.row.delta and found.effects else ""
    if following not in {"", found.kpi.name}:
        yield Note(f"Next: growthos {'--demo ' if demo else ''}why {following}", "dim")


def _change(found: Why) -> str:
    """The value, what it was, how it changed, and on which day most."""
    row, form, currency = found.row, found.kpi.form, found.report.currency
    said = f"{in_full(row.now.value, form, currency)}, before {in_full(row.before.value, form, currency)}"
    if row.delta is None:
        return f"{said}."
    said += f": {moved(row.delta, form, currency)}"
    if row.change is not None and form != "percent":
        said += f", {percent(row.change, signed=True)}"
    if found.turn is None:
        return f"{said}."
    way = "fall" if row.delta < 0 else "rise"
    before, now = (written(one, form, currency) for one in (found.turn.before, found.turn.now))
    return f"{said}. The largest {way} from one day to the next was on {found.turn.day}, {before} to {now}."


def _cause(found: Why, one: Effect) -> tuple[Cell, ...]:
    form, currency = one.cause.form, found.report.currency
    before, now = (written(value, form, currency) if form else "" for value in (one.before, one.now))
    label = one.cause.label
    if one.cause is MIX:
        label += " of channels" if found.campaigns is None else " of channels and campaigns"
    return (Cell(label), Cell(before), Cell(now), _effect(found, one.effect), Cell(_share(one.share)))


def _scopes(found: Why, by: str, scopes: Mapping[str, Scope]) -> Iterator[Table]:
    """Where it came from: each place with its own KPI, its part in the change, and what each cause did there.

    On a narrow terminal the causes that did least give way.
    """
    shown = [one for one in scopes.values() if any(effect.effect for effect in one.effects)]
    if not shown:
        return
    causes = [one.cause for one in found.effects]
    form, currency = found.kpi.form, found.report.currency
    rows = []
    for one in shown[: MOST if len(shown) > MOST + 1 else None]:
        before, now = (written(value, form, currency) for value in (one.before, one.now))
        rows.append((Cell(clean(one.name)), Cell(before), Cell(now), *_row(found, [one])))
    if others := shown[len(rows) :]:
        rows.append((Cell(f"{len(others)} others"), Cell(""), Cell(""), *_row(found, others)))
    columns = (
        Column(f"By {by}"),
        Column("Before", numeric=True, rank=2),
        Column("Now", numeric=True, rank=1),
        Column("Effect", numeric=True),
        *(Column(cause.label, numeric=True, rank=3 + place) for place, cause in enumerate(causes)),
    )
    yield Table("", columns, tuple(rows))


def _row(found: Why, scopes: Sequence[Scope]) -> tuple[Cell, ...]:
    """The part of some scopes in the change, and in what each cause did, in the order of the causes of the whole."""
    each = [{one.cause: one.effect for one in scope.effects} for scope in scopes]
    sums = [sum(Decimal(effects[one.cause]) for effects in each) for one in found.effects]
    return (_effect(found, sum(sums, Decimal(0))), *(Cell(_moved(found, one)) for one in sums))


def _effect(found: Why, effect: int | Decimal) -> Cell:
    return Cell(_moved(found, effect), tone(found.kpi, effect))


def _moved(found: Why, effect: int | Decimal) -> str:
    return moved(effect, found.kpi.form, found.report.currency)


def _share(share: Decimal | None) -> str:
    return NOTHING if share is None else percent(share)


def records(found: Why) -> "Iterator[Record]":
    """One record for each cause, of the whole and then of each channel and campaign; cents as whole numbers."""
    yield from _records(found, "", "all", "", found.effects)
    for by, scopes in (("channel", found.channels), ("campaign", found.campaigns or {})):
        for key, one in scopes.items():
            yield from _records(found, by, key, one.name, one.effects)


def _records(found: Why, by: str, scope: str, name: str, effects: Sequence[Effect]) -> "Iterator[Record]":
    for one in effects:
        yield {
            "kpi": found.kpi.name,
            "unit": found.kpi.unit,
            "by": by,
            "scope": scope,
            "name": name,
            "cause": one.cause.name,
            "cause_unit": one.cause.unit,
            "previous": one.before,
            "value": one.now,
            "effect": one.effect,
            "share": one.share,
        }
