"""What every connector promises, asked of every connector there is."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest

from growthos import connectors, demo
from growthos.clock import DemoClock
from growthos.connectors.api import Api
from growthos.connectors.base import Stream
from growthos.connectors.days import halves
from growthos.connectors.terms import Page, Watch, Window
from growthos.errors import CredentialsError, PatienceError, SettingsError, UnavailableError
from growthos.period import Period

GOLDEN = Path(__file__).parents[1] / "golden" / "api"
AFTER = datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
SAMPLES = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCES = [pytest.param(one, id=name) for name, one in connectors.find().items()]
STREAMS = [
    pytest.param(one, stream, id=f"{name}.{stream.name}")
    for name, one in connectors.find().items()
    for stream in one.streams()
]
ONE_PAGE = {
    *("shopify.shop", "shopify.order_counts"),
    *("meta.account", "meta.account_insights", "meta.adsets", "meta.ad_insights"),
    *("ga4.totals", "ga4.events"),
}
"""What the demo answers in a single page."""
PAGED = [one for one in STREAMS if one.id not in ONE_PAGE and "google_ads" not in one.id]
KEYS = {
    "order_line_items": ("data", "order", "lineItems", "nodes"),
    "order_shipping_lines": ("data", "order", "shippingLines", "nodes"),
    "orders": ("data", "orders", "nodes"),
    "refunds": ("data", "nodes"),
    "refund_line_items": ("data", "refund", "refundLineItems", "nodes"),
    "order_ids": ("data", "orderIds", "nodes"),
    "customers": ("data", "customers", "nodes"),
    "products": ("data", "products", "nodes"),
    "product_variants": ("data", "product", "variants", "nodes"),
    "inventory_items": ("data", "inventoryItems", "nodes"),
    "traffic": ("rows",),
    "totals": ("rows",),
    "events": ("rows",),
    "campaign_insights": ("data",),
}
"""Where the records of a page stand; of a stream that is not named here, the page itself or its `data` is meant."""


@cache
def shop():
    return demo.make_shop()


def window(stream: Stream) -> Window:
    """Enough of the demo's days for several pages."""
    if stream.mode == "report":
        last = demo.LAST_DAY
        return Window(first=last - timedelta(days=min(30, stream.widest.days - 1)), last=last)
    if stream.name == "orders":
        return Window(since=datetime(2026, 3, 15, tzinfo=UTC), until=AFTER)
    return Window()


def read(source, stream, transport, clock=None, watch=None, values=None) -> list[Page]:
    """All pages of the stream's first account."""
    clock = clock or DemoClock(AFTER)
    one = source(values or demo.settings()[source.name])
    with Api(one, transport=transport, clock=clock, watch=watch or Watch()) as api:
        return list(stream.read(one, api, one.accounts()[0], window(stream)))


def calm(clock: DemoClock) -> httpx.BaseTransport:
    return demo.transport(shop, clock.now)


def records(page: Page) -> list[object]:
    """The records of a page, none of them null."""
    found = json.loads(page.body)
    if isinstance(found, list):
        return [row for chunk in found for row in chunk.get("results", [])]
    if page.stream == "order_counts":
        return [{"id": day, **count} for day, count in found["data"].items()]
    path = KEYS.get(page.stream, ("data",) if isinstance(found.get("data"), list) else ())
    for key in path:
        found = found.get(key, [])
    return [one for one in found if one is not None] if isinstance(found, list) else [found]


def identity(record: dict) -> str:
    """What tells a record from the others of its list."""
    if "dimensionValues" in record:
        return json.dumps(record["dimensionValues"])
    if "date_start" in record:
        return f"{record.get('ad_id') or record.get('campaign_id')} {record['date_start']}"
    return record.get("id") or json.dumps(record, sort_keys=True)


def contents(pages: list[Page]) -> list[tuple[str, str]]:
    return [(page.stream, json.dumps(one, sort_keys=True)) for page in pages for one in records(page)]


@pytest.mark.parametrize(("source", "stream"), STREAMS)
class TestEveryStream:
    def test_reads_every_record_once(self, source, stream):
        clock = DemoClock(AFTER)
        pages = read(source, stream, calm(clock), clock)

        found = [(page.stream, identity(one)) for page in pages for one in records(page)]
        assert found
        assert len(found) == len(set(found))
        assert sum(page.records for page in pages) == len(found)
        assert {page.stream for page in pages} <= set(stream.pages)

    def test_waits_when_told_to(self, source, stream):
        """Told that the source is busy, in the source's own words, it waits, asks again and loses nothing."""
        clock = DemoClock(AFTER)
        expected = contents(read(source, stream, calm(clock), clock))

        clock, calls = DemoClock(AFTER), []
        open_for_business = calm(clock)
        turns = iter(["open", "busy"] if source.name in {"ga4", "google_ads", "shopify"} else ["busy"])

        def answer(request: httpx.Request) -> httpx.Response:
            if next(turns, "open") == "busy":
                return demo.FACES[source.name].BUSY
            return open_for_business.handle_request(request)

        pages = read(source, stream, httpx.MockTransport(answer), clock, Watch(call=calls.append))

        assert contents(pages) == expected
        assert [call.verdict for call in calls].count("throttled") == 1
        refused = next(i for i, call in enumerate(calls) if call.verdict == "throttled")
        assert calls[refused + 1].waited >= 1
        assert calls[refused + 1].operation == calls[refused].operation
        assert calls[refused + 1].attempt == 2

    def test_says_when_it_is_denied(self, source, stream):
        """It says whose credentials are refused, and which setting to mend; and it does not insist."""
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return demo.FACES[source.name].DENIED

        with pytest.raises(CredentialsError, match=f"^{source.name} does not accept") as caught:
            read(source, stream, httpx.MockTransport(answer))

        named = [one.env for one in source.settings if one.secret and one.env in caught.value.hint]
        assert named
        assert len(asked) == 1

    def test_keeps_every_secret_to_itself(self, source, stream):
        """No page, request line or message holds a secret, not even where the source sends one back."""
        clock, told = DemoClock(AFTER), []
        watch = Watch(call=lambda call: told.append(repr(call)), notice=lambda *said: told.append(repr(said)))
        pages = read(source, stream, calm(clock), clock, watch)

        values = demo.settings()[source.name]
        secrets = [values[one.name] for one in source.settings if one.secret and one.name in values]
        assert secrets
        for secret in secrets:
            assert not any(secret.encode() in page.body for page in pages)
            assert not any(secret in page.request for page in pages)
            assert not any(secret in line for line in told)

    def test_explains_itself(self, source, stream):
        """A connector and its streams have docstrings; the documentation is made of them."""
        assert source.__doc__
        assert stream.doc
        assert all(one.help for one in source.settings)


@pytest.mark.parametrize(("source", "stream"), PAGED)
def test_stops_where_a_list_goes_round_in_circles(source, stream):
    """A source that sends its first page for ever is found out at once, and the page is not read a third time."""
    clock = DemoClock(AFTER)
    honest, first = calm(clock), {}

    def answer(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return honest.handle_request(request)
        body = json.loads(request.content or b"{}")
        key = body.get("operationName", request.url.path)
        if key not in first:
            first[key] = honest.handle_request(request)
            first[key].read()
        return httpx.Response(200, headers=first[key].headers, content=first[key].content)

    calls = []
    with pytest.raises(UnavailableError, match=r"twice|another number"):
        read(source, stream, httpx.MockTransport(answer), clock, Watch(call=calls.append))
    assert len(calls) < 12


@pytest.mark.parametrize("source", SOURCES)
class TestEverySource:
    def test_names_what_is_missing(self, source):
        """With nothing set it says what it needs; with the demo's settings, nothing."""
        assert source.missing({})
        assert set(source.missing({})) <= {one.env for one in source.settings}
        assert not source.missing(demo.settings()[source.name])
        assert not source.partly({})
        assert not source.partly(demo.settings()[source.name])
        assert not source.partly({one.name: "http://127.0.0.1:1" for one in source.settings if one.address})

    def test_half_set_is_not_connected(self, source):
        for name in demo.settings()[source.name]:
            if source.missing({name: "x"}):
                assert source.partly({name: "x"}) is not next(s.shared for s in source.settings if s.name == name)

    def test_its_accounts_are_fit_for_folders(self, source):
        accounts = source(demo.settings()[source.name]).accounts()
        assert accounts
        assert all(one.isascii() and one.replace("-", "").replace("_", "").isalnum() for one in accounts)
        assert all(one == one.lower() for one in accounts)

    def test_every_address_can_be_replaced(self, source):
        """The path stays the official one, behind whatever scheme and host the settings name."""
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.url)
            return httpx.Response(500)

        addresses = {one.name: "http://127.0.0.1:8123" for one in source.settings if one.address}
        with pytest.raises((UnavailableError, PatienceError)):
            read(
                source,
                source.streams()[0],
                httpx.MockTransport(answer),
                values=demo.settings()[source.name] | addresses,
            )
        assert asked
        assert {(url.scheme, url.host, url.port) for url in asked} == {("http", "127.0.0.1", 8123)}


SAMPLE_FILES = sorted(GOLDEN.glob("*/*.json"))


@pytest.mark.parametrize("file", SAMPLE_FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_reads_the_vendors_sample(file):
    """Each source's sample answer becomes a page, byte for byte, and asks for nothing more than its own request."""
    source, name, sample = file.parent.name, file.stem, json.loads(file.read_text("utf-8"))
    connector = connectors.find()[source]
    stream = next(one for one in connector.streams() if name in one.pages)
    body, asked = json.dumps(sample["answer"]).encode(), []
    orders = (GOLDEN / "shopify" / "orders.json").read_text("utf-8")

    def answer(request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return httpx.Response(200, json={"access_token": "sample-token", "expires_in": 3599})
        operation = json.loads(request.content or b"{}").get("operationName")
        if name == "refunds" and operation == "GrowthOrders":
            return httpx.Response(200, json=json.loads(orders)["answer"])
        if name == "orders" and operation == "GrowthRefunds":
            return httpx.Response(200, json={"data": {"nodes": [None]}})
        asked.append(request)
        return httpx.Response(200, content=body)

    settings = demo.settings()[source] | {
        "shopify": {"shop_domain": "acme.myshopify.com"},
        "meta": {"ad_account_id": "1001", "app_secret": ""},
        "google_ads": {"customer_id": "123-456-7890"},
        "ga4": {"property_id": "987654321"},
    }.get(source, {})
    one = connector(settings)
    told = sample["request"]
    days = {
        **dict.fromkeys(
            ("campaign_insights", "account_insights", "ad_insights"),
            Window(first=date(2026, 11, 20), last=date(2026, 11, 20)),
        ),
        "campaign_metrics": Window(first=date(2026, 11, 21), last=date(2026, 11, 21)),
        "customer_metrics": Window(first=date(2026, 11, 21), last=date(2026, 11, 21)),
        "ad_metrics": Window(first=date(2026, 11, 21), last=date(2026, 11, 21)),
        "keyword_metrics": Window(first=date(2026, 11, 21), last=date(2026, 11, 21)),
        "traffic": Window(first=date(2026, 11, 22), last=date(2026, 11, 22)),
        "totals": Window(first=date(2026, 11, 22), last=date(2026, 11, 22)),
        "events": Window(first=date(2026, 11, 22), last=date(2026, 11, 22)),
        "orders": Window(since=datetime(2026, 11, 1, tzinfo=UTC), until=datetime(2026, 11, 23, tzinfo=UTC)),
        "customers": Window(since=datetime(2026, 11, 8, tzinfo=UTC)),
        "order_counts": Window(first=date(2026, 11, 20), last=date(2026, 11, 21)),
        "order_ids": Window(since=datetime(2026, 1, 1, tzinfo=UTC)),
    }
    with Api(one, transport=httpx.MockTransport(answer), clock=DemoClock(SAMPLES)) as api:
        pages = list(stream.read(one, api, one.accounts()[0], days.get(name, Window())))

    [page] = [page for page in pages if page.stream == name]
    assert page.body == body
    assert page.records == len(records(page)) > 0
    assert sample["found_at"].startswith("https://")
    assert page.time_zone == {"shop": "Europe/Berlin", "account": "Europe/Berlin", "customer": "Europe/Berlin",
                              **dict.fromkeys(("traffic", "totals", "events"), "Europe/Berlin")}.get(name)  # fmt: skip
    assert page.lookback_days == (45 if name == "conversion_actions" else None)
    [request] = asked
    assert request.url.path == told["path"]
    if "params" in told:
        assert dict(request.url.params) == told["params"]
    if "body" in told:
        assert json.loads(request.content) == told["body"]
    if "variables" in told:
        assert json.loads(request.content)["variables"] == told["variables"]
        assert json.loads(request.content)["operationName"] == told["operation"]


WRONG = [
    ("shopify", {"shop_domain": "www.acme.example"}, "SHOPIFY_SHOP_DOMAIN"),
    ("meta", {"ad_account_id": "act_1001,acme"}, "META_AD_ACCOUNT_ID"),
    ("google_ads", {"customer_id": "123-456-789"}, "GOOGLE_ADS_CUSTOMER_ID"),
    ("google_ads", {"customer_id": "1234567890", "login_customer_id": "manager"}, "GOOGLE_ADS_LOGIN_CUSTOMER_ID"),
    ("ga4", {"property_id": "G-ABC123"}, "GA4_PROPERTY_ID"),
]


@pytest.mark.parametrize(("source", "values", "setting"), WRONG, ids=[f"{one[0]}-{one[2]}" for one in WRONG])
def test_an_account_that_cannot_be_one_is_refused_by_name(source, values, setting):
    with pytest.raises(SettingsError, match=setting) as caught:
        connectors.find()[source](values)
    assert caught.value.hint


def test_several_accounts_are_read_one_by_one_however_they_are_written():
    found = connectors.find()
    assert found["meta"]({"ad_account_id": "act_1001, 1002"}).accounts() == ("1001", "1002")
    assert found["google_ads"]({"customer_id": "123-456-7890,1112223333"}).accounts() == ("1234567890", "1112223333")
    assert found["ga4"]({"property_id": "properties/42"}).accounts() == ("42",)


@pytest.mark.parametrize(("source", "stream"), [("meta", "campaign_insights"), ("google_ads", "campaign_metrics")])
def test_days_that_are_no_longer_kept_are_not_asked_for(source, stream):
    """37 months are kept by day, on the 15th of March back to the 15th of February; a day more is an error."""
    connector = connectors.find()[source]
    [asked_for] = [one for one in connector.streams() if one.name == stream]
    clock, asked, notices = DemoClock(datetime(2026, 3, 15, tzinfo=UTC)), [], []
    honest = calm(clock)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("time_range", "") + request.content.decode())
        return honest.handle_request(request)

    one = connector(demo.settings()[source])
    watch = Watch(notice=lambda code, _: notices.append(code))
    with Api(one, transport=httpx.MockTransport(answer), clock=clock, watch=watch) as api:
        account = one.accounts()[0]
        list(asked_for.read(one, api, account, Window(first=date(2023, 1, 20), last=date(2023, 2, 20))))
        assert "2023-02-16" in asked[-1]
        assert "2023-01-20" not in asked[-1]
        before = len(asked)
        assert not list(asked_for.read(one, api, account, Window(first=date(2022, 12, 1), last=date(2023, 2, 15))))
        assert len(asked) == before
    # Both have several reports by day, and say it once an account.
    assert notices == ["history_clamped"]


def test_another_version_than_asked_for_is_told_once():
    """Shopify answers an expired version silently by a newer one."""
    clock, notices = DemoClock(AFTER), []
    honest = calm(clock)

    def answer(request: httpx.Request) -> httpx.Response:
        found = honest.handle_request(request)
        found.headers["X-Shopify-API-Version"] = "2027-01"
        return found

    connector = connectors.find()["shopify"]
    watch = Watch(notice=lambda *said: notices.append(said))
    read(connector, connector.products, httpx.MockTransport(answer), clock, watch)
    assert [code for code, _ in notices] == ["api_version"]
    assert "2027-01" in notices[0][1]


PAGES = {
    "shopify": {
        "shop": {"shop"},
        "orders": {
            *("orders", "order_line_items", "order_shipping_lines", "orders_again"),
            *("refunds", "refund_line_items", "refund_shipping_lines", "refund_adjustments"),
        },
        "customers": {"customers"},
        "products": {"products", "product_variants"},
        "inventory_items": {"inventory_items"},
        "order_counts": {"order_counts"},
        "order_ids": {"order_ids"},
    },
    "meta": {
        name: {name}
        for name in ("account", "campaigns", "campaign_insights", "account_insights", "adsets", "ads", "ad_insights")
    },
    "google_ads": {
        name: {name}
        for name in (
            *("customer", "campaigns", "conversion_actions", "campaign_metrics", "customer_metrics"),
            *("ads", "keywords", "ad_metrics", "keyword_metrics"),
        )
    },
    "ga4": {name: {name} for name in ("traffic", "totals", "events")},
}


@pytest.mark.parametrize("source", PAGES)
def test_the_pages_that_staging_reads_are_declared(source):
    """A stream's declaration names every kind of page in its units, its own first."""
    streams = connectors.find()[source].streams()
    assert {one.name: set(one.pages) for one in streams} == PAGES[source]
    assert all(one.pages[0] == one.name and one.widest != timedelta(0) for one in streams)


@pytest.mark.parametrize("length", range(1, 93))
def test_a_range_that_is_too_much_is_cut_in_two_and_loses_no_day(length):
    days = Period.ending(date(2026, 3, 29), days=length)
    cut = halves(days)
    assert (cut is None) == (length == 1)
    if cut:
        assert [*cut[0], *cut[1]] == list(days)
        assert abs(len(cut[0]) - len(cut[1])) <= 1


def test_finding_connectors_loads_no_http_client():
    """Every start of the command finds the connectors; what speaks HTTP is loaded when a source is asked."""
    import subprocess
    import sys

    asked = "import sys; from growthos.connectors import find; find(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    assert {"httpx", "pydantic", "tenacity", "google.auth", "ssl"} & set(loaded.split()) == set()
    assert "growthos.connectors.shopify" in loaded.split()
