"""What to say when a rule of a home's own fires: the KPI, what moved it, and what growthos.toml says is to be done."""

from collections.abc import Iterator
from fractions import Fraction

from growthos.advice.sentences import Sentence, Week
from growthos.measures import COUNTS
from growthos.measures.formulas import as_shown
from growthos.measures.splits import Move, split_of
from growthos.measures.values import Format, shown
from growthos.rules import ALL, Case, Rule, Verdict
from growthos.wording import NOTHING

MOST = 3
"""As many causes as a sentence bears."""
LEAST = 100
"""A cause that did less than a hundredth of what the first one did is not worth a word."""


def crossed(say: Sentence, rule: Rule, case: Case, verdict: Verdict, week: Week) -> str:
    """The value, what it was, and the causes that moved it most, or what it is made of where it cannot be split."""
    kpi = rule.kpi
    where = "" if case.scope == ALL else f"{week.name(case.scope)}: "
    text = (
        f"{where}{kpi.label} is {_said(say, 'current', verdict.current, kpi.form)}, "
        f"the week before {_said(say, 'previous', verdict.previous, kpi.form)}."
    )
    why = "; ".join(_causes(say, rule, case, verdict) or _parts(say, rule, case))
    return " ".join(part for part in (text, f"{why[:1].upper()}{why[1:]}." if why else "", rule.advice) if part)


def _causes(say: Sentence, rule: Rule, case: Case, verdict: Verdict) -> list[str]:
    split = split_of(rule.kpi)
    if split is None or verdict.current is None or verdict.previous is None:
        return []
    move = Move(case.last, case.this)
    moved = sorted(zip(split.causes, split.effects(move, move), strict=True), key=lambda one: -abs(one[1]))
    told = []
    for cause, effect in moved[:MOST]:
        if abs(effect) * LEAST >= abs(moved[0][1]) > 0:
            before, now = (_exact(cause.value(group)) for group in (case.last, case.this))
            values = _from_to(say, cause.name, before, now, cause.form) if cause.form else ""
            made = _moved(say, f"{cause.name}_effect", effect, rule.kpi.form)
            told.append(f"{cause.label.lower()}{values} makes {made}")
    return told


def _parts(say: Sentence, rule: Rule, case: Case) -> Iterator[str]:
    for name in (one for one in rule.kpi.inputs if one != "payback"):
        before, now = (_exact(as_shown(name, group)) for group in (case.last, case.this))
        form: Format = "count" if name in COUNTS else "money"
        words = name.replace("_", " ")
        yield f"{words}{_from_to(say, name, before, now, form)}"


def _from_to(say: Sentence, name: str, before: Fraction | None, now: Fraction | None, form: Format) -> str:
    return f" {_said(say, f'{name}_before', before, form)} -> {_said(say, f'{name}_now', now, form)}"


def _exact(value: object) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def _said(say: Sentence, name: str, value: Fraction | None, form: Format) -> str:
    """A value as its form is written."""
    match form:
        case "money":
            return say.money(name, value)
        case "percent":
            return say.percent(name, value, digits=2)
        case "multiple":
            return say.multiple(name, value)
    whole = shown(value, "count")
    if whole is None:
        return NOTHING
    number = say.count(name, int(whole))
    return f"{number} day{'' if whole == 1 else 's'}" if form == "days" else number


def _moved(say: Sentence, name: str, effect: Fraction, form: Format) -> str:
    """An effect with its sign; one on a share in points."""
    sign = "+" if effect > 0 else "-"
    if form == "percent":
        return f"{sign}{say.points(name, effect, digits=2)} points"
    return f"{sign}{_said(say, name, effect, form).removeprefix('-')}"
