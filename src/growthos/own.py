"""A home's own KPIs: what growthos.toml declares, made into what is declared in the code, or told what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from growthos.kpis import KPIS, Kpi
from growthos.measures import ADS, COUNTS, MEASURES
from growthos.measures.cohorts import COHORT_MEASURES
from growthos.measures.expressions import Expression, FormulaError, Meaning, parse
from growthos.measures.formulas import FORMULAS, one_of, outcome
from growthos.measures.reading import NOTHING
from growthos.measures.values import Days, Format, Outcome, Unit

if TYPE_CHECKING:
    from growthos.settings.own import OwnKpi

UNITS: Mapping[Format, Unit] = {"money": "cents", "percent": "ratio", "multiple": "ratio", "count": "count"}
HUNDRED = 100
Complain = Callable[[tuple[str, ...], str], None]
"""Takes the keys of a setting, and what is wrong with it."""


def kpis(given: "Mapping[str, OwnKpi]", complain: Complain | None = None) -> Mapping[str, Kpi]:
    """The eighteen KPIs and then a home's own, from the tables of `[kpis]`; what is wrong is told and left out."""
    if not given:
        return KPIS
    reader = _Reader(given, complain or (lambda _keys, _what: None))
    found = {name: reader.expression(name) for name in given}
    return {**KPIS, **{name: _kpi(name, given[name], one) for name, one in found.items() if one is not None}}


def taken() -> set[str]:
    """The names that mean something already, so that no KPI may have them."""
    from growthos import catalog

    return {*catalog.names(), *MEASURES, *COHORT_MEASURES, *FORMULAS}


def _kpi(name: str, given: "OwnKpi", expression: Expression) -> Kpi:
    def formula(*values: int) -> Outcome:
        return expression.outcome(values, UNITS[given.unit])

    about = given.about or f"{given.label}, as growthos.toml has it."
    made = Kpi(
        name=name,
        label=given.label,
        unit=UNITS[given.unit],
        form=given.unit,
        better=given.better,
        formula=formula,
        inputs=expression.names,
        components=(),
        ads=False,
        paid_only=False,
        doc=f"{about}\n\nFormula: {expression.written}. By channel: the same of the channel's own numbers.",
        expression=expression,
    )
    return replace(made, ads=made.made_of <= set(ADS))


class _ToldError(FormulaError):
    """What a formula names is wrong itself, which is told already."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads formulas that may name one another. `read` has None for those that are wrong."""

    given: "Mapping[str, OwnKpi]"
    complain: Complain
    read: dict[str, Expression | None] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def expression(self, name: str) -> Expression | None:
        """The formula of one of them; what is wrong with it is told once."""
        if name not in self.read:
            self.path.append(name)
            self.read[name] = self._parsed(name)
            self.path.pop()
        return self.read[name]

    def _parsed(self, name: str) -> Expression | None:
        given = self.given[name]
        try:
            found = parse(given.formula, self._meaning)
        except FormulaError as error:
            if not isinstance(error, _ToldError):
                self.complain(("kpis", name, "formula"), str(error))
            return None
        if wrong := _wrong_unit(found, given.unit):
            self.complain(("kpis", name, "unit"), wrong)
            return None
        return found

    def _meaning(self, name: str) -> Meaning:
        if name in self.path:
            raise FormulaError(f"is made of itself: {' -> '.join([*self.path[self.path.index(name) :], name])}")
        if name not in self.given:
            return _measured(name, self.given)
        found = self.expression(name)
        if found is None:
            raise _ToldError
        if found.meaning is None:
            raise _quotient(name, found.written)
        return found.meaning


def _measured(name: str, own: Mapping[str, object]) -> Meaning:
    """What a name stands for that every home knows."""
    if name in MEASURES or name in COHORT_MEASURES:
        return Meaning({(name,): Fraction(1, one_of(name))}, 0 if name in COUNTS else 1, name)
    if name not in FORMULAS:
        near = get_close_matches(name.lower(), [*own, *MEASURES, *COHORT_MEASURES, *FORMULAS], 1)
        raise FormulaError(f"names {name}, which nothing measures" + (f"; did you mean {near[0]}?" if near else ""))
    found = outcome(name, NOTHING)
    if isinstance(found, int):
        return Meaning({(name,): Fraction(1)}, 1, name)
    if isinstance(found, Days):
        raise FormulaError(f"names {name}, which is a day that was searched for; it cannot be added or divided")
    raise _quotient(name, KPIS[name].written if name in KPIS else " / ".join(FORMULAS[name][1]))


def _quotient(name: str, written: str) -> FormulaError:
    return FormulaError(f"names {name}, which is a quotient; write what it is made of: {written}")


def _wrong_unit(found: Expression, form: Format) -> str:
    """What is wrong with the unit of a formula, as far as it can be known; empty where nothing is."""
    quotient = found.denominator is not None and any(found.denominator)
    if form in {"percent", "multiple"} and found.denominator is None:
        return f"is {form}, and the formula divides nothing"
    if form == "count" and quotient:
        return "is count, which is whole, and the formula is a quotient"
    if found.money not in {None, 1 if form == "money" else 0}:
        gives = {0: "a share or a multiple" if quotient else "a count", 1: "an amount of money"}
        return f"is {form}, and the formula gives {gives.get(found.money or 0, 'neither money nor a share of it')}"
    if form == "percent" and _times_hundred(found):
        return "is percent, which is shown times 100 by itself: leave the 100 out of the formula"
    return ""


def _times_hundred(found: Expression) -> bool:
    """Whether everything above the line of a quotient is taken a hundred times over."""
    times = [Fraction(factor, found.scale) * prod(map(one_of, names)) for names, factor in found.numerator.items()]
    return bool(times) and not any(one % HUNDRED for one in times)
