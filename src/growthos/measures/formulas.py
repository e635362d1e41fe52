"""How a KPI is declared: a formula whose parameters say what it is made of, measures or other formulas."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, cast

from growthos import measures
from growthos.measures import reading
from growthos.measures.expressions import Expression
from growthos.measures.reading import HORIZON, Group, Numbers
from growthos.measures.values import (
    Better,
    Format,
    KpiResult,
    Outcome,
    Part,
    Unit,
    Value,
    exact,
    safe_div,
    shown,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Formula = Callable[..., Outcome]
MILLION = 1_000_000


@dataclass(frozen=True)
class Kpi:
    """A declared KPI. Called with a connection to the published database it answers for one window.

    `unit` is what the value counts, `form` how it is shown, `better` which way is good news (None: neither).
    `ads` ones can be asked per campaign, ad and keyword; `paid_only` ones per channel only for those that are paid for.
    `expression` is the formula of a home's own KPI as it was read from its settings, None for those declared here.
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
    expression: Expression | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.doc)
        object.__setattr__(self, "__name__", self.name)

    @property
    def written(self) -> str:
        """The formula as its docstring writes it, in the names of what it is made of."""
        return " ".join(self.doc.rpartition("Formula: ")[2].partition(". By channel")[0].split())

    @property
    def made_of(self) -> set[str]:
        """The measures that its value is made of in the end."""
        return set().union(*map(made_of, self.inputs))

    @property
    def rests_on(self) -> set[str]:
        """The measures behind its value and behind what is shown beside it."""
        return self.made_of.union(*map(made_of, self.components))

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
            components={name: as_shown(name, group) for name in self.components},
            by_channel=None if channel else self._parts(numbers.channels, numbers.paid),
            by_campaign=self._parts(numbers.campaigns) if self.ads and numbers.campaigns is not None else None,
            by_ad=self._parts(numbers.ads) if self.ads and numbers.ads is not None else None,
            exact=exact(self.outcome(group)),
        )

    def outcome(self, group: Group) -> Outcome:
        """What it comes to, not rounded, from one group's measures."""
        return self.formula(*(outcome(one, group) for one in self.inputs))

    def part(self, group: Group) -> Part:
        """Its value, numerator and denominator from one group's measures."""
        found = self.outcome(group)
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


def made_of(name: str) -> set[str]:
    """The measures that a formula is made of in the end; of a measure, itself."""
    return set().union(*map(made_of, FORMULAS[name][1])) if name in FORMULAS else {name}


def adds_up(name: str) -> bool:
    """Whether a formula or measure is a sum; a quotient or a count of days is none."""
    return isinstance(outcome(name, reading.NOTHING), int)


def one_of(name: str) -> int:
    """What a measure comes to where there is one of it: counts that are not whole are in millionths."""
    return MILLION if name in measures.MILLIONTHS else 1


def as_shown(name: str, group: Group) -> Value:
    """A KPI, formula or measure by its name, rounded once."""
    if name in KPIS:
        return KPIS[name].part(group).value
    found = outcome(name, group)
    if name in measures.MILLIONTHS:
        return shown(safe_div(whole(name, group), one_of(name)), "count")
    return found if isinstance(found, int) else shown(exact(found), found.unit)
