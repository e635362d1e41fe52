"""What a KPI is: a formula over named sums, and the one place that divides.

A formula's parameters say what it is made of: measures, or other formulas. It returns a whole number where the KPI
adds up, a `Ratio` where it does not, `Days` where it is a count of days. What happens when there is nothing to divide
by is decided once, in `safe_div`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from growthos import measures, reading
from growthos.money import div_round, places
from growthos.reading import HORIZON, Group, Numbers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Unit = Literal["cents", "ratio", "days"]
Better = Literal["higher", "lower"]
Format = Literal["money", "percent", "multiple", "days"]
Value = int | Decimal | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient before it is rounded. `positive`: without meaning unless the denominator is above zero."""

    numerator: int
    denominator: int
    unit: Unit = "ratio"
    positive: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days or None, with what it was found from."""

    days: int | None
    numerator: int
    denominator: int
    unit: Unit = "days"


Outcome = int | Ratio | Days
Formula = Callable[..., Outcome]


def safe_div(numerator: int | Fraction, denominator: int | Fraction) -> Fraction | None:
    """The exact quotient; None over zero, for "no spend" is not "a return of 0". The only place that divides."""
    return Fraction(numerator, denominator) if denominator else None


def exact(outcome: Outcome) -> Fraction | None:
    """The value before it is rounded."""
    if isinstance(outcome, int):
        return Fraction(outcome)
    if isinstance(outcome, Days):
        return None if outcome.days is None else Fraction(outcome.days)
    if outcome.positive and outcome.denominator <= 0:
        return None
    return safe_div(outcome.numerator, outcome.denominator)


def shown(value: Fraction | None, unit: Unit) -> Value:
    """A value rounded once: cents and days whole, ratios to six places, halves away from zero."""
    if value is None:
        return None
    return places(value) if unit == "ratio" else div_round(value.numerator, value.denominator)


@dataclass(frozen=True, slots=True)
class Part:
    """One value with what it was made from: a channel's, a campaign's, a day's."""

    value: Value
    numerator: int
    denominator: int | None


@dataclass(frozen=True, slots=True)
class KpiResult:
    """One KPI of one window. `value` is rounded; `exact` is not, and is what comparisons use."""

    name: str
    unit: Unit
    value: Value
    start_date: date
    end_date: date
    numerator: int
    denominator: int | None
    components: Mapping[str, Value]
    by_channel: Mapping[str, Part] | None = None
    by_campaign: Mapping[str, Part] | None = None
    exact: Fraction | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Kpi:
    """A declared KPI. Called with a connection to the published database it answers for one window.

    `unit` is what the value counts, `form` how it is shown, `better` which way is good news (None: neither).
    `ads` ones can be asked per campaign; `paid_only` ones per channel only for channels that are paid for.
    """

    name: str
    label: str
    unit: Unit
    form: Format
    better: Better | None
    formula: Formula
    inputs: tuple[str, ...]
    components: tuple[str, ...]
    ads: bool
    paid_only: bool
    doc: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.doc)
        object.__setattr__(self, "__name__", self.name)

    def __call__(
        self,
        con: "DuckDBPyConnection",
        start_date: date | str | None = None,
        end_date: date | str | None = None,
        *,
        channel: str | None = None,
        horizon_days: int = HORIZON,
    ) -> KpiResult:
        """The KPI of a window, by default of the seven days up to the last complete one; of all channels or of one."""
        about = measures.about(con)
        period = reading.window(about, start_date, end_date)
        if channel is not None:
            about.channel(channel)
        return self.of(reading.read(con, about, period, horizon_days=horizon_days), channel=channel)

    def of(self, numbers: Numbers, *, channel: str | None = None) -> KpiResult:
        """The KPI from sums that are already read."""
        group = numbers.whole if channel is None else numbers.channel(channel)
        whole = self.part(group)
        return KpiResult(
            name=self.name,
            unit=self.unit,
            value=whole.value,
            start_date=numbers.period.first,
            end_date=numbers.period.last,
            numerator=whole.numerator,
            denominator=whole.denominator,
            components={name: _component(name, group) for name in self.components},
            by_channel=None if channel else self._parts(numbers.channels, numbers.paid),
            by_campaign=self._parts(numbers.campaigns) if self.ads and numbers.campaigns is not None else None,
            exact=exact(outcome(self.name, group)),
        )

    def part(self, group: Group) -> Part:
        """Its value, numerator and denominator from one group's measures."""
        found = outcome(self.name, group)
        if isinstance(found, int):
            return Part(found, found, None)
        return Part(shown(exact(found), self.unit), found.numerator, found.denominator)

    def _parts(self, groups: Mapping[str, Group], paid: frozenset[str] = frozenset()) -> dict[str, Part]:
        return {key: self.part(group) for key, group in groups.items() if key in paid or not self.paid_only}


KPIS: dict[str, Kpi] = {}
FORMULAS: dict[str, tuple[Formula, tuple[str, ...]]] = {}


def kpi(
    unit: Unit,
    form: Format,
    label: str,
    *,
    better: Better | None,
    components: tuple[str, ...] = (),
    ads: bool = False,
    paid_only: bool = False,
) -> Callable[[Formula], Kpi]:
    """Declare the formula below as a KPI; its name and docstring become the KPI's."""

    def declare(formula: Formula) -> Kpi:
        name = part(formula).__name__
        made = Kpi(
            name=name,
            label=label,
            unit=unit,
            form=form,
            better=better,
            formula=formula,
            inputs=FORMULAS[name][1],
            components=components,
            ads=ads,
            paid_only=paid_only,
            doc=inspect.cleandoc(formula.__doc__ or ""),
        )
        KPIS[name] = made
        return made

    return declare


def part(formula: Formula) -> Formula:
    """Declare the formula below as something that KPIs are made of, or show beside their value."""
    FORMULAS[formula.__name__] = (formula, tuple(inspect.signature(formula).parameters))
    return formula


def outcome(name: str, group: Group) -> Outcome:
    """A formula or measure by its name, worked out from one group's measures."""
    if name not in FORMULAS:
        return cast("int", group[name])
    formula, inputs = FORMULAS[name]
    return formula(*(outcome(one, group) for one in inputs))


def whole(name: str, group: Group) -> int:
    """A formula or measure that adds up, by its name."""
    return cast("int", outcome(name, group))


def _component(name: str, group: Group) -> Value:
    found = outcome(name, group)
    return found if isinstance(found, int) else shown(exact(found), found.unit)
