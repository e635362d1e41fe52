"""The cohorts of a review: who ordered again and what they brought, as shades by month and as curves by age."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from growthos.kpis import KPIS, Kpi
from growthos.measures.months import HORIZONS, Cohorts, Horizon, Month
from growthos.measures.values import Value, shown
from growthos.render import cohort_page
from growthos.render.axis import Axis, fitted, units
from growthos.render.charts import BOTTOM, HEIGHT, LETTER, STEPS, TOP, WIDTH, Heat, Label
from growthos.render.pages import Block, Cell, Column, Note, Table
from growthos.render.values import amount
from growthos.wording import count

MONTHS = 12
"""As many months as are shown, the last ones."""
SHADES = 6
BESIDE = 8 * LETTER
"""Room for a month's name beside the end of its curve."""
ASIDE = 7
"""So far from the point."""
TITLES = {
    "retention_rate": ("Share of new customers who ordered again", "Ordered again, by age"),
    "ltv": ("Net revenue of a new customer (LTV)", "LTV, by age"),
}


@dataclass(frozen=True, slots=True)
class Curve:
    """A month's points, and the line through them; those with a name stand out, and have it beside the last point."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    beside: Label | None


@dataclass(frozen=True, slots=True)
class Curves:
    """A curve for each month over the days since the first order; the oldest month and the newest are named."""

    title: str
    told: str
    left: int
    right: int
    curves: tuple[Curve, ...]
    lines: tuple[Label, ...]
    ages: tuple[Label, ...]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Ages:
    """Curves side by side; what they draw stands in tables above them."""

    curves: tuple[Curves, ...]


def cohorts(found: Cohorts) -> Iterator[Block | Ages]:
    """Both tables, both drawings, and what they do not tell; or that there is nothing to tell."""
    months = found.months[-MONTHS:]
    ages = [at for at in range(len(HORIZONS)) if any(month.horizons[at].matured for month in months)]
    if not ages:
        yield Note(f"Nobody has been a customer for {HORIZONS[0]} days yet.", "dim")
        return
    currency = found.about.currency
    for name in TITLES:
        yield _table(months, ages, KPIS[name], currency)
    yield Ages(tuple(_curves(months, ages, KPIS[name], currency) for name in TITLES))
    yield Note(
        "By month of the first order and days since then, from all that is known through "
        f"{found.about.data_through}, whatever the days of this review. Empty where nobody's days are over.",
        "dim",
    )
    yield from (block for block in cohort_page.page(found) if isinstance(block, Note))
    if len(found.months) > MONTHS:
        yield Note(f"{len(found.months) - MONTHS} earlier months: see `growthos cohorts`.", "dim")


def _value(kpi: Kpi, horizon: Horizon) -> Value:
    return shown(horizon.repeat_rate if kpi.name == "retention_rate" else horizon.ltv, kpi.unit)


def _table(months: Sequence[Month], ages: Sequence[int], kpi: Kpi, currency: str) -> Table:
    most = max((_value(kpi, month.horizons[at]) or 0) for month in months for at in ages)
    rows = (
        (
            Cell(_name(month)),
            Cell(count(month.size)),
            *(_heat(_value(kpi, month.horizons[at]), most, kpi, currency) for at in ages),
            *(_costs(month, currency) if kpi.name == "ltv" else ()),
        )
        for month in months
    )
    costs = ("CAC", "LTV/CAC") if kpi.name == "ltv" else ()
    titles = ("New", *(f"{HORIZONS[at]} days" for at in ages), *costs)
    columns = (Column("Month"), *(Column(one, numeric=True) for one in titles))
    return Table(TITLES[kpi.name][0], columns, tuple(rows))


def _heat(value: Value, most: Value, kpi: Kpi, currency: str) -> Cell:
    """A cell as dark as its value is near to the greatest; what has no value is empty."""
    if value is None:
        return Cell("")
    share = Fraction(value) / Fraction(most) if most else Fraction(0)
    return Heat(amount(value, kpi, currency), level=max(0, int(share * SHADES)))


def _costs(month: Month, currency: str) -> Iterator[Cell]:
    yield Cell(amount(shown(month.cac, "cents"), KPIS["cac"], currency))
    yield Cell(amount(shown(month.ltv_to_cac, "ratio"), KPIS["mer"], currency), "strong")


def _curves(months: Sequence[Month], ages: Sequence[int], kpi: Kpi, currency: str) -> Curves:
    known = [[(at, value) for at in ages if (value := _value(kpi, month.horizons[at])) is not None] for month in months]
    heights = [units(kpi, value) for points in known for _, value in points]
    axis = fitted(kpi, currency, heights, STEPS) or Axis(1, 1, 0, ("", ""))
    left, right = LETTER * max(map(len, axis.labels)) + 2 * LETTER, WIDTH - BESIDE
    each = (HEIGHT - TOP - BOTTOM) / (axis.ups + axis.downs)
    wide = (right - left) / HORIZONS[ages[-1]]
    named = [number for number, points in enumerate(known) if points]
    curves = []
    for number, (month, points) in enumerate(zip(months, known, strict=True)):
        dots = tuple(
            (
                round(left + wide * HORIZONS[at], 1),
                round(TOP + each * (axis.ups - units(kpi, value) / axis.step), 1),
            )
            for at, value in points
        )
        path = " ".join(f"{x},{y}" for x, y in dots)
        name = _name(month) if number in {named[0], named[-1]} else ""
        curves.append(Curve(name, path, dots, _beside(name, dots, left) if name else None))
    return Curves(
        title=TITLES[kpi.name][1],
        told=_told(months, ages, kpi, currency),
        left=left,
        right=right,
        curves=tuple(one for one in curves if one.dots),
        lines=tuple(Label(text, round(TOP + each * place, 1), "end") for place, text in enumerate(axis.labels)),
        ages=tuple(Label(f"{HORIZONS[at]} days", round(left + wide * HORIZONS[at], 1)) for at in ages),
    )


def _beside(name: str, dots: Sequence[tuple[float, float]], left: int) -> Label:
    """A name after the last point; before one that is alone, where there is room: others go on after it."""
    last = dots[-1][0]
    return (
        Label(name, last - ASIDE, "end")
        if len(dots) == 1 and last - left > BESIDE
        else Label(name, last + ASIDE, "start")
    )


def _told(months: Sequence[Month], ages: Sequence[int], kpi: Kpi, currency: str) -> str:
    """The lowest month and the highest at the first age and at the last."""
    said = []
    for at in dict.fromkeys((ages[0], ages[-1])):
        values = {_name(month): value for month in months if (value := _value(kpi, month.horizons[at])) is not None}
        low, high = (choose(values, key=lambda name: values[name]) for choose in (min, max))
        lowest, highest = (amount(values[name], kpi, currency) for name in (low, high))
        between = f"{lowest} ({low}) to {highest} ({high})" if low != high else f"{lowest} ({low})"
        said.append(f"After {HORIZONS[at]} days {between}.")
    return " ".join(said)


def _name(month: Month) -> str:
    return f"{month.first:%Y-%m}"
