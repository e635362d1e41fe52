"""Everything that is declared, as Markdown: for `explain` and for the README."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Literal

from growthos import connectors
from growthos.alerts import RULES
from growthos.connectors.base import Connector, Stream
from growthos.connectors.terms import Setting
from growthos.errors import UsageError
from growthos.guards import Guards, GuardValues
from growthos.kpis import ALIASES, KPIS
from growthos.measures import COUNTS, MEASURES
from growthos.measures.cohorts import COHORT_MEASURES
from growthos.measures.formulas import FORMULAS, Kpi, adds_up
from growthos.measures.reading import HORIZON
from growthos.money import places
from growthos.rules import Rule
from growthos.warehouse.sqlfiles import SQL, Model, find
from growthos.wording import multiple, percent, points

Kind = Literal["kpi", "alert", "check", "source", "reconciliation", "topic"]
RECONCILIATION = ("reconciliation", "reconcile")
UNITS = {
    "money": "money, in cents",
    "percent": "a share of one",
    "multiple": "a multiple",
    "days": "days",
    "count": "a count",
}
BETTER = {"higher": "higher is better", "lower": "lower is better", None: "neither way is better"}
MODES = {
    "snapshot": "read whole each time",
    "cursor": "what has changed since",
    "report": "by day, each day replaced whole",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is declared: its name, and what is to be said of it in Markdown."""

    kind: Kind
    name: str
    markdown: str

    def as_json(self) -> dict[str, Any]:
        """How every structure of `explain --format json` begins."""
        return {"schema_version": 1, "kind": self.kind, "name": self.name, "definition": self.markdown}


def names(kpis: Mapping[str, Kpi] = KPIS, rules: Mapping[str, Rule] = RULES) -> dict[str, str]:
    """Everything that has an entry, with a word on what it is."""
    return {
        **{name: kpi.label for name, kpi in kpis.items()},
        **dict.fromkeys(ALIASES, KPIS["cac"].label),
        **{name: rule.label for name, rule in rules.items()},
        **dict.fromkeys(_checks(), "check"),
        **{name: source.title for name, source in connectors.find().items()},
        **dict.fromkeys(RECONCILIATION, "our totals beside the sources' own"),
    }


def explain(name: str, known_kpis: Mapping[str, Kpi] = KPIS, known_rules: Mapping[str, Rule] = RULES) -> Entry:
    """The entry of that name; UsageError with the nearest where there is none."""
    checks = _checks()
    sources = connectors.find()
    name = name.lower()
    if name in ALIASES:
        name = "cac"
    if name in known_kpis:
        return Entry("kpi", name, _text(_kpi(known_kpis[name])))
    if name in known_rules:
        return Entry("alert", name, _text(_alert(known_rules[name])))
    if name in checks:
        return Entry("check", name, _text(_check(checks[name])))
    if name in sources:
        return Entry("source", name, _text(_source(sources[name])))
    if name in RECONCILIATION:
        return Entry("reconciliation", RECONCILIATION[0], _text(_reconciliation()))
    known = names(known_kpis, known_rules)
    near = get_close_matches(name.lower(), known, 1)
    raise UsageError(
        f"No KPI, alert, check or source is called {name!r}.{f' Did you mean {near[0]}?' if near else ''}",
        hint="" if near else f"Known are {', '.join(known)}.",
    )


def kpis() -> str:
    """A table of all KPIs."""
    rows = [
        (f"`{kpi.name}`", first_sentence(kpi.doc), UNITS[kpi.form], BETTER[kpi.better].removesuffix(" is better"))
        for kpi in KPIS.values()
    ]
    return _table(("KPI", "What it is", "Unit", "Better"), rows)


def alerts() -> str:
    """A table of all alert rules."""
    rows = [
        (f"`{rule.name}`", rule.severity, first_sentence(rule.doc), _line(rule), _scopes(rule))
        for rule in RULES.values()
    ]
    return _table(("Alert", "Severity", "Fires when", "Line", "Asked of"), rows)


def measures() -> str:
    """A table of what formulas of one's own can name: everything that adds up."""
    rows = [
        (
            f"`{name}`",
            "count" if name in COUNTS else "money",
            re.sub(r"\bN\b", str(HORIZON), f"{doc[0].upper()}{doc[1:]}."),
        )
        for name, doc in {**MEASURES, **COHORT_MEASURES}.items()
    ]
    sums = [(name, first_sentence(formula.__doc__ or "")) for name, (formula, _) in FORMULAS.items() if adds_up(name)]
    return _table(("Name", "Is", "What it is"), [*rows, *((f"`{name}`", "money", doc) for name, doc in sums)])


def checks() -> str:
    """A table of all checks."""
    rows = [(f"`{check.name}`", check.severity, check.doc) for check in _checks().values()]
    return _table(("Check", "Severity", "Rows that must not exist"), rows)


def sources() -> str:
    """A table of all sources and their streams."""
    rows = [
        (f"`{name}`", source.title, source.api_version, ", ".join(f"`{one.name}`" for one in source.streams()))
        for name, source in connectors.find().items()
    ]
    return _table(("Source", "API", "Version", "Streams"), rows)


def settings() -> str:
    """For each source a table of its settings."""
    return _tables({name: (source.title, source.settings) for name, source in connectors.find().items()})


def targets() -> str:
    """For each target of notifications a table of its settings, and one of the addresses that a sync pings."""
    from growthos.notify import TARGETS
    from growthos.settings.notify import HEARTBEAT

    known = {f"notify.{name}": (target.title, target.settings) for name, target in TARGETS.items()}
    return _tables({**known, "sync": ("Heartbeat", HEARTBEAT)})


def _tables(known: Mapping[str, tuple[str, Sequence[Setting]]]) -> str:
    return "\n\n".join(f"**{title}**, `[{name}]`\n\n{_settings(given)}" for name, (title, given) in known.items())


def _kpi(kpi: Kpi) -> Iterator[str]:
    yield f"# {kpi.label} (`{kpi.name}`)"
    yield kpi.doc
    facts = [f"Unit: {UNITS[kpi.form]}; {BETTER[kpi.better]}.", f"Made of: {_names(kpi.inputs)}."]
    if kpi.components:
        facts.append(f"Shown beside it: {_names(kpi.components)}.")
    if kpi.name == "cac":
        facts.append(f"Also answers to {_names(ALIASES)}.")
    yield _list(facts)


def _alert(rule: Rule) -> Iterator[str]:
    yield f"# {rule.label} (`{rule.name}`)"
    if _set(rule):
        yield f"As growthos.toml sets it, this fires when {_line(rule)}. The words below speak of the usual line."
    yield rule.doc
    yield _list(
        [
            f"Severity: {rule.severity}.",
            f"Watches `{rule.kpi.name}`, 7 days against the 7 before; asked of {_scopes(rule)}.",
            f"Fires when {_line(rule)}{_set(rule)}.",
            *(f"Guard: at least {count:,} {name} in both weeks." for name, count in rule.least),
            *(["Switched off in growthos.toml: it is not asked."] if not rule.enabled else []),
            *(f"Guard `[alerts] {name}`, {value:,} unless set: {doc}" for name, value, doc in _guards(rule)),
        ]
    )


def _check(check: Model) -> Iterator[str]:
    yield f"# `{check.name}`"
    yield check.doc
    yield _list([f"Severity: {check.severity}.", f"File: `{check.label}`. Its rows are those that must not exist."])
    yield f"```sql\n{check.query.strip()}\n```"


def _source(source: type[Connector]) -> Iterator[str]:
    yield f"# {source.title} (`{source.name}`)"
    yield inspect.cleandoc(source.__doc__ or "")
    yield f"API version {source.api_version}."
    yield "## Settings"
    yield _settings(source.settings)
    yield "## Streams"
    yield _table(("Stream", "Read", "What it is"), [_stream(one) for one in source.streams()])


def _reconciliation() -> Iterator[str]:
    """How the marts compare a day, and how near is near enough, as their own files say it."""
    import duckdb

    marts = find(SQL, "marts")
    yield "# Reconciliation (`reconciliation`)"
    yield marts["reconciliation"].doc
    yield marts["tolerances"].doc
    with duckdb.connect() as con:
        rows = con.execute(marts["tolerances"].query).fetchall()
    yield _table(("Measure", "Near enough", "Because"), [(f"`{row[0]}`", _near(*row[1:4]), row[4]) for row in rows])
    yield "See `growthos reconcile`, and the table `reconciliation` of the database."


def _near(unit: str, at_least: int, per_mille: int) -> str:
    """A tolerance in words: 0.5%, at least 1.00."""
    if not at_least:
        return "exactly"
    least = places(Fraction(at_least, 100), 2) if unit == "cents" else at_least
    return f"{percent(Fraction(per_mille, 1000))}, at least {least}"


def _stream(one: Stream) -> tuple[str, str, str]:
    return f"`{one.name}`", MODES[one.mode], first_sentence(one.doc)


def _settings(given: Sequence[Setting]) -> str:
    rows = [
        (f"`{one.name}`", f"`{one.env}`", one.help + (" Secret." if one.secret else ""), "yes" if one.required else "")
        for one in given
    ]
    return _table(("Setting", "Variable", "What it is", "Required"), rows)


def _checks() -> dict[str, Model]:
    return find(SQL, "checks")


def _line(rule: Rule) -> str:
    line = rule.line
    word = "above" if line.side == "above" else "below"
    if line.of == "value":
        return f"it is {word} {_value(rule)}"
    verb = "falls" if line.side == "below" else "rises"
    if line.of == "points":
        return f"it {verb} by more than {points(line.threshold)} percentage points"
    return f"it {verb} by more than {percent(abs(line.threshold))}"


def _value(rule: Rule) -> str:
    """A threshold as the KPI is shown, an amount without its currency."""
    value = rule.line.threshold
    match rule.kpi.form:
        case "money":
            return f"{places(Fraction(value) / 100, 2):,}"
        case "percent":
            return percent(value)
        case "multiple":
            return multiple(value)
    return f"{int(value):,}"


def _set(rule: Rule) -> str:
    """What of a rule is set, and what it is unless it is."""
    usual = rule.usual
    if usual is None or usual.line == rule.line:
        return ""
    return f", as growthos.toml sets it; unless it is set, when {_line(usual)}"


def _scopes(rule: Rule) -> str:
    return "all channels together, and each paid channel with spend" if rule.platforms else "all channels together"


def _guards(rule: Rule) -> Iterator[tuple[str, int, str]]:
    """The guards whose own words name the rule."""
    defaults = Guards()
    for name in Guards.__dataclass_fields__:
        doc = inspect.getdoc(getattr(GuardValues, name)) or ""
        if rule.name in doc:
            yield name, getattr(defaults, name), doc.partition(", for ")[0] + "."


def first_sentence(doc: str) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join(doc.split("\n\n", maxsplit=1)[0].split())


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in names)


def _list(facts: Sequence[str]) -> str:
    return "\n".join(f"- {fact}" for fact in facts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _text(parts: Iterator[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
