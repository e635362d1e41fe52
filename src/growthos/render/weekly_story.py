"""What happened in the days of a review and why, in sentences with their numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from growthos.kpis import KPIS
from growthos.measures.values import Format
from growthos.measures.why import Effect, Scope, Why
from growthos.render import alert_page, why_page
from growthos.render.pages import Block, Cell, Note, Panel, Table
from growthos.render.text import clean
from growthos.render.values import movement, pp, written
from growthos.weekly import Review
from growthos.wording import count, money, multiple, percent

JUDGED = {"good": "better", "bad": "worse"}
CAUSES, PLACES = 3, 3
"""As many causes, channels and campaigns as the sentences name."""


@dataclass(frozen=True, slots=True)
class Panels:
    """Panels side by side."""

    panels: tuple[Panel, ...]


def story(found: Review) -> Iterator[Block | Panels]:
    """A summary, what fires with what to do about it, and why the headline KPI that moved most did so."""
    yield Note(_summary(found))
    yield from asked(found)
    if found.alerts.firing:
        yield Panels(tuple(block for block in alert_page.page(found.alerts) if isinstance(block, Panel)))
    else:
        yield Note("No alert fires.", "good")
    if found.why is not None:
        yield from (Note(text) for text in _cause(found.why))
        yield _causes(found.why)


def judged(cell: Cell) -> Cell:
    """How something moved, and whether that is good, in a word: not everybody sees the colour."""
    word = JUDGED.get(cell.tone)
    return Cell(f"{cell.text}, {word}", cell.tone) if word else cell


def asked(found: Review) -> Iterator[Note]:
    """Which days the rules were asked about, where they are others than those of the review."""
    window = found.alerts.window
    if window != found.report.period:
        yield Note(f"The alerts are of {len(window)} days, {window.first} to {window.last}.")


def _summary(found: Review) -> str:
    """What was sold, what the ads cost, and what is left."""
    currency = found.report.currency
    margin, spend, net = (found.row(name) for name in ("contribution_margin", "ad_spend", "revenue_net"))
    orders, before = (numbers.whole["orders"] or 0 for numbers in (found.report.now, found.report.before))
    left, left_before = (
        money(int(one.components["contribution_after_ads"] or 0), currency) for one in (margin.now, margin.before)
    )
    move = movement(KPIS["revenue_net"], net.now.value, net.before.value, net.change, net.delta).text
    return (
        f"{_orders(orders)} brought {money(int(net.now.value or 0), currency)} of net revenue"
        f"{f' ({move})' if move.endswith('%') else ''}; before, it was {_orders(before)} and "
        f"{money(int(net.before.value or 0), currency)}. Ads cost {money(int(spend.now.value or 0), currency)}. After "
        f"goods, shipping, payment and ads {left} is left, before {left_before}."
    )


def _cause(why: Why) -> Iterator[str]:
    """The headline KPI that moved most, and what moved it."""
    row, form, currency = why.row, why.kpi.form, why.report.currency
    now, before = (written(one.value, form, currency) for one in (row.now, row.before))
    delta: int | Decimal = row.delta or 0
    said = f"Of the headline KPIs, {lower(why.kpi.label)} moved most: {before} before, {now} now"
    yield f"{said}, {percent(row.change, signed=True)}." if row.change is not None else f"{said}."
    causes = "; ".join(_did(why, one) for one in why.effects[:CAUSES] if one.effect)
    if causes:
        way = "took it down" if delta < 0 else "raised it"
        yield f"What {way} by {_roughly(max(delta, -delta), form, currency)}: {causes}."
    for by, scopes in (("channel", why.channels), ("campaign", why.campaigns or {})):
        if told := "; ".join(_part(why, one) for one in list(scopes.values())[:PLACES] if one.effect):
            yield f"Where, by {by}: {told}."
    if why.turn is not None:
        value, was = (written(one, form, currency) for one in (why.turn.now, why.turn.before))
        way = "fall" if delta < 0 else "rise"
        yield f"The largest {way} from one day to the next was on {why.turn.day}: {was} to {value}."


def _causes(why: Why) -> Table:
    """All causes with all digits, as the first table of `why` has them."""
    table = next(block for block in why_page.page(why) if isinstance(block, Table))
    rows = ((cause, before, now, judged(effect), share) for cause, before, now, effect, share in table.rows)
    return Table("", table.columns, tuple(rows))


def _did(why: Why, one: Effect) -> str:
    """A cause, from what to what it went, and what that did."""
    form, currency = one.cause.form, why.report.currency
    values = f" ({written(one.before, form, currency)} to {written(one.now, form, currency)})" if form else ""
    return f"{lower(one.cause.label)}{values} {_effect(why, one)}"


def _part(why: Why, one: Scope) -> str:
    form, currency = why.kpi.form, why.report.currency
    values = f"{written(one.before, form, currency)} to {written(one.now, form, currency)}"
    return f"{clean(one.name)} ({values}) {_effect(why, one)}"


def _effect(why: Why, one: Effect | Scope) -> str:
    share = "" if one.share is None else f", {percent(one.share)} of it"
    return f"{_roughly(one.effect, why.kpi.form, why.report.currency, signed=True)}{share}"


def _roughly(value: int | Decimal, form: Format, currency: str, *, signed: bool = False) -> str:
    """A difference with as many digits as a sentence needs; the table below has all."""
    match form:
        case "money":
            return money(int(value), currency, signed=signed)
        case "percent":
            return pp(Decimal(value)) if signed else pp(Decimal(value)).removeprefix("+")
        case "multiple":
            return multiple(Decimal(value), signed=signed)
    return f"{int(value):+,}" if signed else f"{int(value):,}"


def lower(label: str) -> str:
    """A label within a sentence; an abbreviation stays as it is."""
    return label if label.split(maxsplit=1)[0].isupper() else label[:1].lower() + label[1:]


def _orders(number: int) -> str:
    return f"{count(number)} order{'' if number == 1 else 's'}"
