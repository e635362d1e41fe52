"""The vendors' sample answers by the thousand, each with one thing wrong in it, built into a warehouse at once.

A sample is an answer of golden/api, with records of every kind of which there is one. A copy of all samples has ids or
days of its own, so that what became of it can be told from what became of the others; one body of it may be spoilt.
Everything goes the way of a sync: segments by `raw.UnitWriter`, state from headers, `build`, the published file.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from growthos import connectors, settings, warehouse
from growthos.build import build
from growthos.connectors.terms import Page
from growthos.home import Home
from growthos.raw import BYTES_PER_SEGMENT, Header, UnitWriter
from growthos.state import State

GOLDEN = Path(__file__).parents[1] / "golden" / "api"
BEGUN = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
STRIDE = 4
"""How many days lie between two copies of a report."""
ACCOUNTS = {"shopify": "acme", "meta": "1001", "google_ads": "1234567890", "ga4": "987654321"}
HOLE = "@@hole@@"
BY_DAY = {
    *("account_insights", "ad_insights", "campaign_insights"),
    *("ad_metrics", "campaign_metrics", "customer_metrics", "keyword_metrics"),
    *("events", "totals", "traffic", "order_counts"),
}
ONE_FOR_ALL = {
    ("shopify", "shop"),
    ("meta", "account"),
    ("google_ads", "customer"),
    ("google_ads", "conversion_actions"),
}
"""Streams that have one record for the whole account: there is one copy of each."""

SAMPLED = date(2026, 11, 23)
ID = re.compile(r'(gid://shopify/\w+/|"(?:id|campaign_id|adset_id|ad_id|criterionId)": ")(\d+)(?=")')
DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)([01]\d)([-_]?)([0-3]\d)(?!\d)")
MARK = re.compile(r"(?<!\d)77(\d{5})(\d{4})(?!\d)")
PLACE, PAGE = re.compile(r"page .*?(\d+)/\d+$"), re.compile(r"/(\d+)$")
Place = tuple[str | int, ...]
Stream = tuple[str, str]


@cache
def samples() -> Mapping[Stream, Any]:
    """An answer for every page stream there is."""
    found = {
        (path.parent.name, path.stem): json.loads(path.read_text("utf-8"))["answer"]
        for path in sorted(GOLDEN.glob("*/*.json"))
    }
    [order] = found["shopify", "orders"]["data"]["orders"]["nodes"]
    order["email"] = None  # a guest's address is one for all copies
    [refund] = found["shopify", "refunds"]["data"]["nodes"]
    [item] = refund["refundLineItems"]["nodes"]
    refund["refundShippingLines"]["nodes"] = [_refunded_shipping(81)]
    refund["orderAdjustments"]["nodes"] = [_adjustment(91)]
    product = found["shopify", "products"]["data"]["products"]["nodes"][0]
    line = order["lineItems"]["nodes"][1] | {"id": "gid://shopify/LineItem/14321000003"}
    sent = order["shippingLines"]["nodes"][0] | {"id": "gid://shopify/ShippingLine/450000002"}
    variant = product["variants"]["nodes"][0] | {"id": "gid://shopify/ProductVariant/44400000009"}
    more = item | {"id": "gid://shopify/RefundLineItem/660000000002"}
    found["shopify", "orders_again"] = {"data": {"nodes": [_other(order)]}}
    for stream, parent, record, nested, node in (
        ("order_line_items", "order", order, "lineItems", line),
        ("order_shipping_lines", "order", order, "shippingLines", sent),
        ("refund_line_items", "refund", refund, "refundLineItems", more),
        ("refund_shipping_lines", "refund", refund, "refundShippingLines", _refunded_shipping(82)),
        ("refund_adjustments", "refund", refund, "orderAdjustments", _adjustment(92)),
        ("product_variants", "product", product, "variants", variant),
    ):
        listed = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [node]}
        told = {"id": record["id"], "updatedAt": record["updatedAt"], nested: listed}
        found["shopify", stream] = {"data": {parent: told}}
    return found


@cache
def _text(stream: Stream) -> str:
    return json.dumps(samples()[stream], ensure_ascii=False)


def _other(order: dict[str, Any]) -> dict[str, Any]:
    """The same order once more, as another one."""
    text = re.sub(r"(gid://shopify/(?:Order|LineItem|ShippingLine)/\d+)", r"\g<1>5", json.dumps(order))
    return {**json.loads(text), "refunds": []}


def _refunded_shipping(number: int) -> dict[str, Any]:
    money = {"subtotalAmountSet": "1.25", "taxAmountSet": "0.25"}
    return {"id": f"gid://shopify/RefundShippingLine/{number}"} | _money(money)


def _adjustment(number: int) -> dict[str, Any]:
    money = {"amountSet": "-2.5", "taxAmountSet": "-0.5"}
    return {"id": f"gid://shopify/OrderAdjustment/{number}", "reason": "REFUND_DISCREPANCY"} | _money(money)


def _money(amounts: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"shopMoney": {"amount": amount}} for name, amount in amounts.items()}


def streams() -> list[Stream]:
    """Every page stream."""
    return sorted(
        {(name, page) for name, one in connectors.find().items() for each in one.streams() for page in each.pages}
    )


def text_of(stream: Stream, number: int, answer: Any = None) -> str:
    """The sample of a stream as copy `number` has it; `answer` stands in for the sample."""
    text = _text(stream) if answer is None else json.dumps(answer, ensure_ascii=False)
    if stream in ONE_FOR_ALL:
        return text
    if stream[1] in BY_DAY:
        back = timedelta(days=STRIDE * number)
        text = DAY.sub(lambda it: f"{date(*map(int, it.group(1, 3, 5))) - back:%Y{it[2]}%m{it[4]}%d}", text)
    return ID.sub(lambda it: f"{it[1]}77{number:05d}{it[2][-4:]:0>4}", text)


def places(stream: Stream) -> list[Place]:
    """The path of everything in a sample; of a list of records, in the first of them."""
    found: list[Place] = []

    def walk(node: Any, place: Place) -> None:
        found.append(place)
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, (*place, key))
        elif isinstance(node, list) and node:
            walk(node[0], (*place, 0))

    walk(samples()[stream], ())
    return found[1:]


def at(stream: Stream, place: Place) -> Any:
    """What stands at a path of a sample."""
    node = samples()[stream]
    for key in place:
        node = node[key]
    return node


def spoilt(stream: Stream, number: int, place: Place, token: str | None) -> "Copy":
    """A copy with the text `token` in the place of the value at a path; None takes key and value away."""
    answer = deepcopy(samples()[stream])
    node = answer
    for key in place[:-1]:
        node = node[key]
    if token is None:
        del node[place[-1]]
    else:
        node[place[-1]] = HOLE
    text = text_of(stream, number, answer).replace(json.dumps(HOLE), token or "")
    what = f"{'.'.join(map(str, place))} = {'nothing' if token is None else token[:40]}"
    return Copy(number, stream, text.encode("utf-8", "surrogatepass"), what)


@dataclass(frozen=True)
class Copy:
    """All samples once more; `body` stands in for the one of `stream`."""

    number: int
    stream: Stream | None = None
    body: bytes | None = None
    what: str = ""


class Roomy(UnitWriter):
    """Writes a few large segments where a sync would write many."""

    def add(self, page: Page, fetched_at: datetime) -> None:
        if self._bytes < 4 * BYTES_PER_SEGMENT:
            self._pages.append((page, fetched_at))
            self._bytes += len(page.body)
        else:
            super().add(page, fetched_at)


@dataclass
class Mill:
    """A home whose raw files are made of copies of the samples of these sources."""

    root: Path
    sources: tuple[str, ...] = tuple(ACCOUNTS)
    copies: list[Copy] = field(default_factory=list)
    run: int = 0
    pages: dict[tuple[str, str, int], tuple[int, str]] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        return Home(self.root)

    def write(self, copies: Iterable[Copy]) -> None:
        """One more run: a complete unit of every stream with a page of each copy."""
        copies = list(copies)
        self.copies += copies
        self.run += 1
        state = State.read(self.root / "raw")[0]
        for name in self.sources:
            source = connectors.find()[name]
            for one in source.streams():
                header = self._header(state, source, one, max(copy.number for copy in copies))
                writer = Roomy(self.root / "raw", header)
                pages = [
                    ((name, page), copy)
                    for page in one.pages
                    for number, copy in enumerate(copies)
                    if copy.stream is None or copy.stream[0] == name
                    if number == 0 or (name, page) not in ONE_FOR_ALL or copy.stream == (name, page)
                ]
                for number, (stream, copy) in enumerate(pages):
                    self.pages[name, one.name, number] = (copy.number, one.name)
                    writer.add(_page(stream, copy), BEGUN)
                writer.finish(BEGUN)

    def _header(self, state: State, source: Any, stream: Any, most: int) -> Header:
        last = date(2026, 11, 24)
        days = {"first": str(last - timedelta(days=STRIDE * most + 8)), "last": str(last)}
        range_ = {"since": "2020-01-01T00:00:00+00:00", "until": BEGUN.isoformat()}
        account = ACCOUNTS[source.name]
        return Header(
            run=self.run,
            run_id=f"{self.run:016x}",
            source=source.name,
            account=account,
            stream=stream.name,
            seq=state.next_seq(source.name, account, stream.name),
            unit="all",
            part=0,
            final=False,
            started_at=BEGUN.isoformat(),
            finished_at=BEGUN.isoformat(),
            api_version=source.api_version,
            closed=str(last),
            time_zone="UTC",
            given=account,
            reached=(account,),
            **{"report": days, "cursor": range_, "snapshot": {}}[stream.mode],
        )

    def build(self) -> "Outcome":
        """Build, insist that all was published, and tell what became of the copies."""
        given = settings.demo()
        given = given.model_copy(update={"warehouse": given.warehouse.model_copy(update={"publish_staging": True})})
        state, damaged = State.read(self.root / "raw")
        assert not damaged
        built = build(self.home, given, state, f"{self.run:016x}", BEGUN)
        assert built.published, built.checks
        for rows in built.rows:
            assert rows.raw == rows.staged + rows.rejected + rows.duplicate, rows
        return outcome(self, built)

    def blamed(self, reject: Mapping[str, Any]) -> int | None:
        """The copy of a rejected record: by its mark or its day, or by where its page stands."""
        told = f"{reject['external_id']} {reject['payload']}"
        if found := MARK.search(told):
            return int(found[1])
        if place := (PAGE if reject["reason"] == "malformed_page" else PLACE).search(reject["external_id"]):
            numbers = [self.pages[key] for key in self.pages if key[0] == reject["source"] and key[2] == int(place[1])]
            spoilt = {copy.number: copy.stream for copy in self.copies}
            found = [one for one, unit in numbers if spoilt[one] and unit == _unit(*spoilt[one])]
            return next((one for one in found if spoilt[one] not in ONE_FOR_ALL), None)
        if found := DAY.search(told):
            return (SAMPLED - date(*map(int, found.group(1, 3, 5)))).days // STRIDE
        return None


def _page(stream: Stream, copy: Copy) -> Page:
    body = copy.body if copy.body is not None and copy.stream == stream else text_of(stream, copy.number).encode()
    asked = "created_at:>='2020-01-01T00:00:00Z'" if stream[1] == "order_ids" else ""
    return Page(stream=stream[1], body=body, request=f"POST {json.dumps({'query': asked})}", status=200, records=1)


Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Outcome:
    """What a build made of all copies: the rows of staging and the marts by copy and table, without what marks a copy.

    `rejects` are reasons by copy; those that nobody can be blamed for stand under None.
    """

    built: warehouse.Built
    rows: Mapping[int, Rows]
    rejects: Mapping[int | None, list[str]]


def outcome(mill: Mill, built: warehouse.Built) -> Outcome:
    """Sort the rows of what was published by the copies that they are of."""
    found: dict[int, Rows] = defaultdict(lambda: defaultdict(list))
    rejects: dict[int | None, list[str]] = defaultdict(list)
    for name, rows in _tables(mill.home).items():
        by_day = re.search(r"spend|traffic|events|control_totals|dim_(ad|campaign|keyword)", name) is not None
        for row in rows:
            if name == "stg_rejects":
                rejects[mill.blamed(row)].append(row["reason"])
            elif (number := _number(row, by_day=by_day)) is not None:
                found[number][name].append(_unmarked(row, number, by_day=by_day))
    for one in found.values():
        for rows in one.values():
            rows.sort(key=repr)
    return Outcome(built, found, rejects)


def _number(row: Mapping[str, Any], *, by_day: bool) -> int | None:
    marked = [MARK.search(value) for value in row.values() if isinstance(value, str)]
    if (number := next((int(one[1]) for one in marked if one), None)) is not None:
        return number
    day = (row.get("date") or row.get("date_key")) if by_day else None
    return None if day is None else (SAMPLED - day).days // STRIDE


def _unmarked(row: Mapping[str, Any], number: int, *, by_day: bool) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return MARK.sub(r"#\2", value)
        if by_day and isinstance(value, date) and not isinstance(value, datetime):
            return value + timedelta(days=STRIDE * number)
        return value

    return {name: plain(value) for name, value in row.items() if name not in ("order_number", "customer_number")}


def _unit(source: str, page: str) -> str:
    """The stream whose units hold these pages."""
    return next(one.name for one in connectors.find()[source].streams() if page in one.pages)


def _tables(home: Home) -> Rows:
    con = warehouse.connect(home.database)
    try:
        names = con.execute(
            "select schema_name, table_name from duckdb_tables() where table_name ~ '^(stg|fact|dim)_'"
            " and table_name not in ('dim_date', 'dim_channel')"
        ).fetchall()
        found = {}
        for schema, name in names:
            told = con.execute(f"from {schema}.{name}")
            columns = [one[0] for one in told.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in told.fetchall()]
        return found
    finally:
        con.close()
