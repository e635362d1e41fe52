"""Values as people read them: amounts in the shop's currency, shares, multiples, days, and how they moved."""

from decimal import Decimal

from growthos.comparison import Comparison
from growthos.formulas import KPIS, Kpi
from growthos.render.pages import Cell, Tone
from growthos.render.text import NOTHING
from growthos.values import Value
from growthos.wording import money, multiple, percent, points


def amount(value: Value, kpi: Kpi, currency: str) -> str:
    """A KPI's value."""
    if value is None:
        return NOTHING
    match kpi.form:
        case "money":
            return money(int(value), currency)
        case "percent":
            return percent(Decimal(value))
        case "multiple":
            return multiple(Decimal(value))
        case "days":
            return f"{value} {'day' if value == 1 else 'days'}"


def moved(row: Comparison) -> Cell:
    """How a KPI moved: shares by points, everything else by its part; in the colour of what is better."""
    return movement(KPIS[row.now.name], row.now.value, row.before.value, row.change, row.delta)


def movement(kpi: Kpi, now: Value, before: Value, change: Decimal | None, delta: Value) -> Cell:
    if now is None or (before is None and not now):
        return Cell(NOTHING, "dim")
    if not before:
        return Cell("new" if now else NOTHING, "dim")
    if kpi.form == "percent":
        if delta is None:
            return Cell(NOTHING, "dim")
        sign = "+" if delta > 0 else "-" if delta < 0 else ""
        return Cell(f"{sign}{points(Decimal(delta))} pp", tone(kpi, delta))
    if change is None:
        return Cell(NOTHING, "dim")
    return Cell(percent(change, signed=True), tone(kpi, change))


def tone(kpi: Kpi, move: Value) -> Tone:
    """Good, bad or neither: most KPIs should rise, costs should fall, ad spend is what one makes of it."""
    if not move or kpi.better is None:
        return ""
    return "good" if (move > 0) == (kpi.better == "higher") else "bad"
