"""Builds the published database that a golden describes: its records come in as raw pages, by the real road.

A golden is a list of syncs; each says when it was, and what each source answered it. The records go into pages as the
connectors store them, the pages into complete units by `raw.UnitWriter`, and from there on all is growthos.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import golden_records as form
from golden_records import Record, instant

from growthos.connectors.ga4_reports import TRAFFIC
from growthos.connectors.terms import Page
from growthos.folders import make_home
from growthos.home import Home
from growthos.raw import Header, UnitWriter
from growthos.settings import Settings
from growthos.state import State
from growthos.warehouse import Built, Inputs, Source, build, connect

GOLDEN = Path(__file__).parents[1] / "golden" / "kpis"
PER_PAGE = 3
ACCOUNTS = {"shopify": "golden", "meta": "1001", "google_ads": "1234567890", "ga4": "334455667"}


@dataclass(frozen=True)
class Unit:
    """The pages of one stream in one sync; `days` where it is a report."""

    stream: str
    pages: list[Page]
    days: tuple[str, str] | None = None
    cursor: bool = False


def names() -> list[str]:
    return sorted(path.stem for path in GOLDEN.glob("*.json"))


def golden(name: str) -> Record:
    """A golden as it was written."""
    found: Record = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def altered(given: Record, changes: Sequence[Mapping[str, Any]]) -> Record:
    """The golden with other values at the places named, each a path like "syncs/0/shopify/orders/1001/lines/0/price".

    A part of a path is a key, the `id` of a record in a list, or its place in it. A change that changes nothing is an
    error of the golden.
    """
    made = copy.deepcopy(given)
    for change in changes:
        *way, last = change["at"].split("/")
        place: Any = made
        for part in way:
            place = _step(place, part)
        key = int(last) if isinstance(place, list) else last
        if place.get(key) == change["to"] if isinstance(place, dict) else place[key] == change["to"]:
            raise ValueError(f"{change['at']} is {change['to']} already")
        place[key] = change["to"]
    return made


def _step(place: Any, part: str) -> Any:
    if isinstance(place, dict):
        return place[part]
    named = [one for one in place if isinstance(one, dict) and one.get("id") == part]
    return named[0] if named else place[int(part)]


def build_golden(root: Path, given: Record) -> tuple[Home, Built]:
    """Write what the golden's syncs read, and build and publish it."""
    home = Home(root)
    make_home(home)
    settings = Settings.model_validate(given.get("settings", {}))
    segments, variants = [], set()
    for number, sync in enumerate(given["syncs"], start=1):
        for source, unit in units(sync, variants):
            segments += _write(home, sync, number, source, unit, State(segments))
    last, first = given["syncs"][-1], given["syncs"][0]
    at = instant(last["at"])
    through = at.astimezone(ZoneInfo(settings.reporting_timezone)).date() - timedelta(days=1)
    sources = [name for name in ACCOUNTS if any(name in sync for sync in given["syncs"])]
    inputs = Inputs(
        run_id=f"{len(given['syncs']):016x}",
        started_at=at,
        settings=settings,
        sources=tuple(Source(name=name, data_through=through, loaded_at=at, time_zone="UTC") for name in sources),
        history_lower_bound=date.fromisoformat(first["since"]) if "shopify" in sources else None,
        config_hash="golden",
    )
    return home, build(home, State(segments).loads(), inputs)


def opened(home: Home) -> Any:
    """A connection to what was published."""
    return connect(home.database)


def units(sync: Record, variants: set[str]) -> Iterator[tuple[str, Unit]]:
    """Every unit of one sync. `variants` are those that an earlier sync told; they are not told again."""
    strange = sync.keys() - ACCOUNTS.keys() - {"at", "since"}
    if strange:
        raise ValueError(f"a sync knows no {sorted(strange)}")
    for source, of in (("shopify", _shopify), ("meta", _meta), ("google_ads", _google), ("ga4", _ga4)):
        if source in sync:
            told = of(sync[source], sync, variants) if source == "shopify" else of(sync[source], sync)
            for unit in told:
                yield source, unit


def _shopify(told: Record, sync: Record, variants: set[str]) -> Iterator[Unit]:
    currency = told.get("currency", "USD")
    made = [form.order(one, currency) for one in told.get("orders", ())]
    orders, refunds = [one for one, _, _ in made], [one for _, some, _ in made for one in some]
    products = {one["id"]: one for _, _, some in made for one in some if one["id"] not in variants}
    variants.update(products)
    items = [one["variants"]["nodes"][0]["inventoryItem"] for one in products.values()]
    items += [
        form.inventory_item(one["variant"], one["unit_cost"], currency, sync["at"]) for one in told.get("costs", ())
    ]
    customers = [form.customer(one) for one in told.get("customers", ())]
    yield Unit("shop", [_graphql("shop", "GrowthShop", _shop(currency), 1)])
    yield Unit(
        "orders",
        _listed("orders", "GrowthOrders", "orders", orders)
        + [_graphql("refunds", "GrowthRefunds", {"nodes": some}, len(some)) for some in _pages(refunds) if some],
        cursor=True,
    )
    yield Unit("customers", _listed("customers", "GrowthCustomers", "customers", customers), cursor=True)
    yield Unit("products", _listed("products", "GrowthProducts", "products", list(products.values())), cursor=True)
    yield Unit(
        "inventory_items", _listed("inventory_items", "GrowthInventoryItems", "inventoryItems", items), cursor=True
    )


def _shop(currency: str) -> Record:
    return {
        "shop": {
            "id": form.gid("Shop", 1),
            "name": "Golden",
            "myshopifyDomain": "golden.myshopify.com",
            "currencyCode": currency,
            "ianaTimezone": "UTC",
            "primaryDomain": {"host": "golden.example"},
        },
        "currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}, {"handle": "read_all_orders"}]},
    }


def _listed(stream: str, operation: str, field: str, records: Sequence[Record]) -> list[Page]:
    """A list in pages of a few records each, so that every list of some length has several."""
    pages = _pages(records)
    return [
        _graphql(stream, operation, {field: form.page_of(some, f"c{n}" if n < len(pages) else None)}, len(some), some)
        for n, some in enumerate(pages, start=1)
    ]


def _pages(records: Sequence[Record]) -> list[Sequence[Record]]:
    return [records[n : n + PER_PAGE] for n in range(0, len(records), PER_PAGE)] or [records]


def _graphql(stream: str, operation: str, data: Record, count: int, versions: Sequence[Record] = ()) -> Page:
    newest = max((one["updatedAt"] for one in versions), default=None)
    return _page(stream, {"data": data}, f"POST graphql.json {operation}", count, newest)


def _meta(told: Record, sync: Record) -> Iterator[Unit]:
    account, currency = ACCOUNTS["meta"], told.get("currency", "USD")
    rows = [form.meta_row(one, account, currency) for one in told["rows"]]
    campaigns = [
        {
            "id": key,
            "account_id": account,
            "name": told.get("campaigns", {}).get(key, f"Campaign {key}"),
            "objective": "OUTCOME_SALES",
            "status": "ACTIVE",
            "effective_status": "ACTIVE",
        }
        for key in sorted({row["campaign_id"] for row in rows} | told.get("campaigns", {}).keys())
    ]
    itself = {"id": f"act_{account}", "account_id": account, "name": "G", "currency": currency, "timezone_name": "UTC"}
    yield Unit("account", [_page("account", itself, "GET account", 1)])
    yield Unit("campaigns", [_edge("campaigns", campaigns, more=False)])
    pages = _pages(rows)
    insights = [_edge("campaign_insights", some, more=n < len(pages)) for n, some in enumerate(pages, start=1)]
    yield Unit("campaign_insights", insights, days=_days(told, sync))


def _edge(stream: str, records: Sequence[Record], *, more: bool) -> Page:
    paging: Record = {"cursors": {"before": "MA", "after": "MQ"}}
    if more:
        paging["next"] = "https://graph.facebook.com/v26.0/act_1001/insights?after=MQ"
    return _page(stream, {"data": list(records), "paging": paging}, f"GET {stream}", len(records))


def _google(told: Record, sync: Record) -> Iterator[Unit]:
    account, currency = ACCOUNTS["google_ads"], told.get("currency", "USD")
    rows = [form.google_row(one, account, currency) for one in told["rows"]]
    named = {row["campaign"]["id"]: row["campaign"] for row in rows}
    campaigns = [
        {"customer": {"resourceName": f"customers/{account}", "id": account}, "campaign": one} for one in named.values()
    ]
    itself = {
        "resourceName": f"customers/{account}",
        "id": account,
        "descriptiveName": "Golden",
        "currencyCode": currency,
        "timeZone": "UTC",
        "manager": False,
        "testAccount": False,
        "autoTaggingEnabled": True,
        "status": "ENABLED",
    }
    yield Unit("customer", [_stream("customer", [{"customer": itself}])])
    yield Unit("campaigns", [_stream("campaigns", campaigns)])
    yield Unit("conversion_actions", [_stream("conversion_actions", [])])
    yield Unit("campaign_metrics", [_stream("campaign_metrics", rows)], days=_days(told, sync))


def _stream(name: str, rows: Sequence[Record]) -> Page:
    """An answer of searchStream: a list of chunks, of which one without a row has no results at all."""
    chunks = [{"results": list(some), "requestId": "x"} if some else {"requestId": "x"} for some in _pages(rows)]
    return _page(name, chunks, "POST googleAds:searchStream", len(rows))


def _ga4(told: Record, sync: Record) -> Iterator[Unit]:
    rows = [form.traffic_row(one) for one in told["rows"]]
    metadata = {"currencyCode": told.get("currency", "USD"), "timeZone": "UTC"}
    headers = {
        "dimensionHeaders": [{"name": name} for name in TRAFFIC.dimensions],
        "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in TRAFFIC.metrics],
    }
    found = [headers | ({"rows": list(some), "rowCount": len(rows)} if some else {}) for some in _pages(rows)]
    pages = [
        _page("traffic", one | {"metadata": metadata, "kind": "analyticsData#runReport"}, "POST runReport", len(rows))
        for one in found
    ]
    yield Unit("traffic", pages, days=_days(told, sync))


def _days(told: Record, sync: Record) -> tuple[str, str]:
    """The days that a report speaks for: those it names, else all from the sync's first to the day before it."""
    first, last = told.get("days", (sync["since"], str(instant(sync["at"]).date() - timedelta(days=1))))
    strange = [one["date"] for one in told["rows"] if not first <= one["date"] <= last]
    if strange:
        raise ValueError(f"rows of {strange} in a report of {first} to {last}")
    return first, last


def _page(stream: str, body: object, request: str, records: int, newest: str | None = None) -> Page:
    return Page(stream, json.dumps(body).encode(), request, 200, records, newest=newest)


def _write(home: Home, sync: Record, run: int, source: str, unit: Unit, state: State) -> list[Any]:
    account, at = ACCOUNTS[source], sync["at"]
    until = instant(at).isoformat() if unit.cursor else None
    since = f"{sync['since']}T00:00:00+00:00" if unit.stream == "orders" else None
    first, last = unit.days or (None, None)
    header = Header(
        run=run,
        run_id=f"{run:016x}",
        source=source,
        account=account,
        stream=unit.stream,
        seq=state.next_seq(source, account, unit.stream),
        unit=f"{first or since or ''}..{last or until or ''}",
        part=0,
        final=False,
        started_at=instant(at).isoformat(),
        finished_at=instant(at).isoformat(),
        api_version="golden",
        first=first,
        last=last,
        since=since,
        until=until,
        closed=last,
    )
    writer = UnitWriter(home.raw, header)
    for page in unit.pages:
        writer.add(page, instant(at))
    writer.finish(instant(at))
    return writer.written
