"""The alert rules of a home: the seven, as growthos.toml changes them, and then its own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING

from growthos.alerts import RULES
from growthos.kpis import Kpi
from growthos.measures import MEASURES
from growthos.measures.cohorts import COHORT_MEASURES
from growthos.measures.formulas import FORMULAS, adds_up
from growthos.measures.values import Format
from growthos.redact import glimpse
from growthos.rules import Line, Rule, above, below, falls, gains, loses, rises, waits

if TYPE_CHECKING:
    from growthos.own import Complain
    from growthos.settings.own import OwnRule

LINES: Mapping[str, Callable[[str], Line]] = {
    "below": below,
    "above": above,
    "falls": falls,
    "rises": rises,
    "loses": loses,
    "gains": gains,
}
OWN_ALONE = ("kpi", "label", "platforms", "min", "recommendation")
"""What one of the seven has by itself."""
VALUES: Mapping[Format, tuple[str, str, Decimal]] = {
    "money": (r"(-?\d{1,12}(?:\.\d{1,2})?)", "25.00", Decimal(100)),
    "percent": (r"(-?\d{1,6}(?:\.\d{1,4})?) ?%", "2.5%", Decimal("0.01")),
    "multiple": (r"(-?\d{1,6}(?:\.\d{1,6})?)", "1.5", Decimal(1)),
    "count": (r"(\d{1,12})", "25", Decimal(1)),
    "days": (r"(\d{1,6})", "25", Decimal(1)),
}
"""How the value of a KPI is written, an example, and how much one of it is in the KPI's own unit."""
SHARE = (r"(\d{1,6}(?:\.\d{1,4})?) ?%", "30%", Decimal("0.01"))
POINTS = (r"(\d{1,2}(?:\.\d{1,4})?) ?points?", "5 points", Decimal("0.01"))


def rules(
    given: "Mapping[str, OwnRule]", known: Mapping[str, Kpi], complain: "Complain | None" = None
) -> Mapping[str, Rule]:
    """The seven rules, as they are set, and a home's own, from the tables of `[rules]`; what is wrong is left out.

    `known` are the KPIs that a rule may watch.
    """
    if not given:
        return RULES
    found = dict(RULES)
    for name, one in given.items():
        try:
            found[name] = _changed(RULES[name], one) if name in RULES else _own(name, one, known)
        except _WrongError as error:
            if complain:
                complain(("rules", name, *error.key), str(error))
    return found


class _WrongError(ValueError):
    """What is wrong with a rule, and with which key of it."""

    def __init__(self, what: str, *key: str) -> None:
        super().__init__(what)
        self.key = key


def _changed(rule: Rule, given: "OwnRule") -> Rule:
    """One of the seven with another line, severity or patience, or switched off."""
    [verb] = [verb for verb, line in LINES.items() if _same(line("1"), rule.line)]
    for key in OWN_ALONE:
        if key in given.model_fields_set:
            raise _WrongError(f"{rule.name} has that by itself; {verb}, severity, for and enabled can be set", key)
    lines = {key: value for key in LINES if (value := getattr(given, key)) is not None}
    for other in lines.keys() - {verb}:
        raise _WrongError(f"the line of {rule.name} is set by {verb}", other)
    severity = given.severity or rule.severity
    return replace(
        rule,
        line=_line(verb, lines[verb], rule.kpi) if lines else rule.line,
        severity=severity,
        for_days=waits(severity) if given.for_days is None else given.for_days,
        enabled=given.enabled,
        usual=rule,
    )


def _same(one: Line, other: Line) -> bool:
    return (one.of, one.side) == (other.of, other.side)


def _own(name: str, given: "OwnRule", known: Mapping[str, Kpi]) -> Rule:
    if given.kpi is None:
        near = get_close_matches(name, RULES, 1)
        meant = f"; or did you mean {near[0]}?" if near else ""
        raise _WrongError(f'a rule of your own names the KPI that it watches: kpi = "aov"{meant}')
    if given.kpi not in known:
        near = get_close_matches(given.kpi.lower(), known, 1)
        raise _WrongError(f"{glimpse(given.kpi)} is no KPI" + (f"; did you mean {near[0]}?" if near else ""), "kpi")
    kpi = known[given.kpi]
    lines = {key: value for key in LINES if (value := getattr(given, key)) is not None}
    if len(lines) != 1:
        said = f"not both {' and '.join(lines)}" if lines else "and there is none"
        raise _WrongError(f"one of {', '.join(LINES)} draws the line, {said}")
    [(verb, text)] = lines.items()
    severity = given.severity or "warning"
    return Rule(
        name=name,
        label=given.label or name.replace("_", " ").capitalize(),
        severity=severity,
        kpi=kpi,
        line=_line(verb, text, kpi),
        platforms=bool(given.platforms),
        enough=lambda _case, _guards: True,
        always=lambda _case: False,
        doc=f"{kpi.label} crosses the line that growthos.toml draws.",
        for_days=waits(severity) if given.for_days is None else given.for_days,
        least=tuple((least, _adds_up(least) and count) for least, count in given.min.items()),
        advice=given.recommendation or "",
        enabled=given.enabled,
    )


def _line(verb: str, text: str, kpi: Kpi) -> Line:
    """A line from its text, which is written as the KPI is shown, or as a share or points of its move."""
    if verb in {"loses", "gains"} and kpi.form != "percent":
        other = "falls" if verb == "loses" else "rises"
        raise _WrongError(f'{kpi.name} is not shown in percent, so it has no points; write {other} = "30%"', verb)
    pattern, example, unit = {"falls": SHARE, "rises": SHARE, "loses": POINTS, "gains": POINTS}.get(
        verb, VALUES[kpi.form]
    )
    matched = re.fullmatch(pattern, text.strip())
    if not matched:
        raise _WrongError(f'{glimpse(text)} is no line for {kpi.name}; write {verb} = "{example}"', verb)
    amount = Decimal(matched[1]) * unit
    if verb == "falls" and amount >= 1:
        raise _WrongError("nothing falls by more than all of it; write less than 100%", verb)
    return LINES[verb](str(amount))


def _adds_up(name: str) -> bool:
    """Whether a name is a count or an amount that can be asked for, for the least of it; an error where it is not."""
    if name in {*MEASURES, *COHORT_MEASURES, *FORMULAS} and adds_up(name):
        return True
    near = get_close_matches(name.lower(), [*MEASURES, *COHORT_MEASURES], 1)
    raise _WrongError("is nothing that adds up" + (f"; did you mean {near[0]}?" if near else ""), "min", name)
