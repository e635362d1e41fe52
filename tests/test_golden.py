"""Each KPI equals what a person worked out on paper from a handful of API records.

The paper is `golden/kpis/`: records, a window, the calculation in words, the numbers. A golden is changed by somebody
who has done the sum again, never by a program.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from golden_harness import altered, build_golden, golden, names, opened, units
from golden_kinds import KINDS, NAMED
from golden_records import Record
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode, parse

from growthos import kpis
from growthos.connectors.ga4_reports import TRAFFIC
from growthos.connectors.google_ads import CAMPAIGN_METRICS, CAMPAIGNS
from growthos.connectors.google_ads import CUSTOMER as GOOGLE_CUSTOMER
from growthos.connectors.meta import ACCOUNT_FIELDS, CAMPAIGN_FIELDS
from growthos.connectors.meta_reports import CAMPAIGN_INSIGHTS
from growthos.connectors.shopify_queries import OPERATIONS

# Tiny shops have days without a row, and Sundays without news.
QUIET = {"date_continuity", "freshness"}


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Callable[..., tuple[Any, Any]]:
    """The published database of a golden, plain or altered; each is built once."""

    @cache
    def build(name: str, which: str = "plain") -> tuple[Any, Any]:
        given = golden(name)
        changes = [given["moves"], *given["stays"]] if which == "altered" else []
        home, result = build_golden(tmp_path_factory.mktemp(f"{name}-{which}"), altered(given, changes))
        return opened(home), result

    return build


def numbers(con: Any, name: str, case: Record) -> Record:
    """What the KPI answers, in the shape of a golden's case."""
    options = {"horizon_days": case["horizon_days"]} if "horizon_days" in case else {}
    told = getattr(kpis, name)(con, *(case["window"] or (None, None)), **options)
    return {
        "value": told.value,
        "numerator": told.numerator,
        "denominator": told.denominator,
        "components": dict(told.components),
        "by_channel": {slug: [part.value, part.numerator, part.denominator] for slug, part in told.by_channel.items()},
    }


def expected(case: Record) -> Record:
    """The case's numbers; ratios are written in quotes, so that they are exact."""
    return {key: exact(case[key]) for key in ("value", "numerator", "denominator", "components", "by_channel")}


def exact(written: Any) -> Any:
    if isinstance(written, dict):
        return {key: exact(value) for key, value in written.items()}
    if isinstance(written, list):
        return [exact(value) for value in written]
    return Decimal(written) if isinstance(written, str) else written


CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}")  # one line per hand calculation
    for name in names()
    for case in golden(name)["cases"]
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_kpi_is_what_a_person_gets_on_paper(built, name, case):
    """Value, numerator, denominator, components and every channel, to the cent."""
    con, _ = built(name)
    assert numbers(con, name, case) == expected(case), "\n".join(case["by_hand"])


def test_every_kpi_has_been_worked_out_by_hand():
    assert set(names()) == set(kpis.KPIS)
    for name in names():
        given = golden(name)
        assert given["kpi"] == name
        assert given["stays"], f"{name} has no record that must not count"
        assert all(case["by_hand"] for case in given["cases"])


@pytest.mark.long
@pytest.mark.parametrize("name", names())
def test_one_record_moves_the_number_and_those_that_do_not_count_move_nothing(built, name):
    """A record that counts is changed, and with it every one that must not count: the number moves by the one alone."""
    given = golden(name)
    con, result = built(name, "altered")
    told = numbers(con, name, given["cases"][0])
    assert result.published
    assert [told["value"], told["numerator"], told["denominator"]] == exact(given["moves"]["then"])
    assert told["value"] != exact(given["cases"][0]["value"])
    for number in {change["case"] for change in given["stays"] if "case" in change}:
        assert numbers(con, name, given["cases"][number]) == expected(given["cases"][number])


@pytest.mark.parametrize("name", names())
def test_every_check_passes_on_a_golden(built, name):
    """All ten ran, and nothing but days without a row is remarked on, unless the golden says what."""
    _, result = built(name)
    assert result.published
    assert len(result.checks) == 10
    remarked = {check.name for check in result.checks if check.status != "pass"}
    assert remarked - QUIET == set(golden(name).get("warns", []))
    assert all(check.severity == "warning" for check in result.checks if check.name in remarked)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_channels_of_a_hand_calculation_add_up(name, case):
    """Numerators and denominators of all channels are those of the whole; for MER only paid ones are shown."""
    if name == "mer":
        assert case["by_channel"].keys() <= {"meta", "google", "paid_other"}
        return
    parts = list(case["by_channel"].values())
    assert sum(part[1] for part in parts) == case["numerator"]
    assert sum(part[2] or 0 for part in parts) == (case["denominator"] or 0)


def test_every_kind_of_record_that_the_definitions_name_has_its_golden():
    assert set(KINDS) == set(re.split(r"; ?", NAMED))


@pytest.mark.parametrize("kind", KINDS)
def test_a_golden_has_the_kind_of_record_it_is_named_for(kind):
    name, has = KINDS[kind]
    assert has(golden(name))


# What the harness fills in is what the connectors ask for.


def selection(operation: str) -> Record:
    """The fields that an operation asks for, as nested dictionaries."""
    document = parse(OPERATIONS[operation])
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}

    def fields(of: SelectionSetNode | None) -> Record:
        found: Record = {}
        for node in of.selections if of else ():
            if isinstance(node, FieldNode):
                found[node.name.value] = fields(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                found |= fields(fragments[node.name.value].selection_set)
        return found

    return fields(document.definitions[0].selection_set)


def differences(told: Any, asked: Record, where: str = "data") -> Iterator[str]:
    """Fields that are in one and not in the other; null stands for whatever it might have been."""
    if isinstance(told, list):
        for one in told:
            yield from differences(one, asked, where)
    elif isinstance(told, dict):
        yield from (f"{where}: {name}" for name in told.keys() ^ asked.keys())
        for name in told.keys() & asked.keys():
            yield from differences(told[name], asked[name], f"{where}.{name}")
    elif told is not None and asked:
        yield f"{where} is no object"


def gaql(statement: str) -> set[str]:
    """The paths of a statement's SELECT, as REST writes them."""
    asked = statement.removeprefix("SELECT ").partition(" FROM ")[0].replace(" ", "").split(",")
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), one) for one in asked}


@pytest.mark.parametrize("name", names())
def test_a_golden_holds_what_is_asked_for_and_nothing_else(name):
    """To the field: a record is as the connector's own query would get it."""
    variants: set[str] = set()
    google = {"customer": GOOGLE_CUSTOMER, "campaigns": CAMPAIGNS, "campaign_metrics": CAMPAIGN_METRICS}
    meta = {"account": ACCOUNT_FIELDS, "campaigns": CAMPAIGN_FIELDS, "campaign_insights": CAMPAIGN_INSIGHTS.fields}
    for sync in golden(name)["syncs"]:
        for source, unit in units(sync, variants):
            for page in unit.pages:
                told = json.loads(page.body)
                if source == "shopify":
                    assert not list(differences(told["data"], selection(page.request.split()[-1])))
                elif source == "meta":
                    for one in [told] if page.stream == "account" else told["data"]:
                        assert one.keys() <= set(meta[page.stream].split(","))
                elif source == "google_ads":
                    for row in [row for chunk in told for row in chunk.get("results", ())]:
                        paths = {f"{key}.{field}" for key, part in row.items() for field in part}
                        without_names = {path for path in paths if not path.endswith(".resourceName")}
                        assert without_names == gaql(google[page.stream])
                else:
                    for row in told.get("rows", ()):
                        assert len(row["dimensionValues"]) == len(TRAFFIC.dimensions)
                        assert len(row["metricValues"]) == len(TRAFFIC.metrics)
