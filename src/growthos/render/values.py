"""Values as people read them: amounts in the shop's currency, shares, multiples, days, and how they moved."""

from decimal import Decimal
from fractions import Fraction

from growthos.measures.formulas import Kpi
from growthos.measures.values import Format, Value
from growthos.money import places
from growthos.render.pages import Cell, Tone
from growthos.render.text import NOTHING
from growthos.wording import count, money, multiple, percent, sign

SMALL = Decimal("0.1")  # below ten percent a second digit says something


def amount(value: Value, kpi: Kpi, currency: str) -> str:
    """A KPI's value."""
    return written(value, kpi.form, currency)


def written(value: Value, form: Format, currency: str) -> str:
    """A value of that form."""
    if value is None:
        return NOTHING
    match form:
        case "money":
            return money(int(value), currency)
        case "percent":
            return percent(Decimal(value), digits=1 if abs(Decimal(value)) >= SMALL else 2)
        case "multiple":
            return multiple(Decimal(value))
        case "days":
            return f"{value} {'day' if value == 1 else 'days'}"
        case "count":
            return count(int(value))


def in_full(value: Value, form: Format, currency: str) -> str:
    """A value to the last digit that JSON has, so that a reader can add up what is shown."""
    if value is None:
        return NOTHING
    match form:
        case "money":
            return money(int(value), currency, hundredths=True)
        case "percent":
            return percent(Decimal(value), digits=4)
        case "multiple":
            return multiple(Decimal(value), digits=6)
    return written(value, form, currency)


def moved(move: Value, form: Format, currency: str) -> str:
    """A difference to the last digit that JSON has, with its sign: `-$10,540.28`, `-1.4632 pp`, `-0.812345x`."""
    if move is None:
        return NOTHING
    match form:
        case "money":
            return money(int(move), currency, signed=True, hundredths=True)
        case "percent":
            return pp(Decimal(move), digits=4)
        case "multiple":
            return multiple(Decimal(move), signed=True, digits=6)
    return f"{int(move):+,}"


def movement(kpi: Kpi, now: Value, before: Value, change: Decimal | None, delta: Value) -> Cell:
    """How a KPI moved: shares by points, everything else by its part; in the colour of what is better.

    What rounds to nothing did not move.
    """
    if now is None or before is None:
        return Cell(NOTHING, "dim")
    if not before:
        return Cell("new" if now else NOTHING, "dim")
    if kpi.form == "percent":
        if delta is None:
            return Cell(NOTHING, "dim")
        return _moved(pp(Decimal(delta)), tone(kpi, delta))
    if change is None:
        return Cell(NOTHING, "dim")
    return _moved(percent(change, signed=True), tone(kpi, change))


def _moved(text: str, tone: Tone) -> Cell:
    return Cell(text, tone) if text.startswith(("+", "-")) else Cell("unchanged", "dim")


def pp(move: Decimal, *, digits: int | None = None) -> str:
    """The difference of two shares in percentage points: `-0.53 pp`, `+12.4 pp`."""
    if digits is None:
        digits = 1 if abs(move) >= SMALL or not move else 2
    shown = places(abs(Fraction(move)) * 100, digits)
    return f"{sign(move, shown, signed=True)}{shown:f} pp"


def tone(kpi: Kpi, move: Value) -> Tone:
    """Good, bad or neither: most KPIs should rise, costs should fall, ad spend is what one makes of it."""
    if not move or kpi.better is None:
        return ""
    return "good" if (move > 0) == (kpi.better == "higher") else "bad"
