"""A shop of any size, written into a home's raw folder as a first sync would have left it, and days that follow it.

    python tests/big_shop.py --orders 1000000 --days 400 --home DIR [--seed N]
    python tests/big_shop.py --change 2000 --home DIR

The orders, refunds and customers are the demo shop's, many times over, with ids and times of their own; ads and traffic
are the demo shop's days, as much larger as the shop sold more. The program's own reading writes it all, with its own
plan: only the pages of orders, customers and counts are put together here, as they are many.
What must come of it stands in `truth.json` beside the raw folder.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from big_shop_records import LAST, LINES, Mould, Place, Timeline, at_scale, changed, fill, mould

from growthos import demo, settings
from growthos.clock import DemoClock
from growthos.connectors import find
from growthos.connectors.api import Api
from growthos.connectors.shopify_cost import MOST
from growthos.connectors.shopify_counts import OPERATION, alias
from growthos.connectors.shopify_reader import instant, request
from growthos.connectors.terms import Page, Window
from growthos.demo import shopify_records as write
from growthos.demo.amounts import iso
from growthos.demo.dice import DAY, day_of
from growthos.demo.records import Customer
from growthos.period import Period
from growthos.state import State
from growthos.sync import Run, read_source

PAGE = 250
COST = (
    '"extensions":{"cost":{"requestedQueryCost":520,"actualQueryCost":520,"throttleStatus":'
    '{"maximumAvailable":2000.0,"currentlyAvailable":1480.0,"restoreRate":100.0}}}}'
)
Read = Callable[[Any, Any, str, Window], Iterator[Page]]


@dataclass
class Truth:
    """How a big shop was asked for, and what the marts must hold of it.

    All counts are of orders of every kind. `by_day` counts them by the day they were created, in days since 1970;
    `changes` are the numbers of new orders of the days that followed.
    """

    orders: int
    days: int
    seed: int
    lines: int = 0
    refunds: int = 0
    total_cents: int = 0
    refunded_cents: int = 0
    customers: int = 0
    by_day: dict[int, int] = field(default_factory=dict)
    changes: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, home: Path) -> "Truth":
        """The truth about a home that was made here."""
        told = json.loads((home / "truth.json").read_text())
        told["by_day"] = {int(day): count for day, count in told["by_day"].items()}
        return cls(**told)

    def keep(self, home: Path) -> None:
        """Write it down beside the raw folder."""
        (home / "truth.json").write_text(json.dumps(asdict(self)))

    @property
    def now(self) -> datetime:
        """When the last sync is: half an hour after the last whole day."""
        return datetime.fromtimestamp(LAST + len(self.changes) * DAY + 1800, UTC)


def make(home: Path, orders: int, days: int = 400, seed: int = demo.SEED) -> Truth:
    """A new home whose raw folder holds a shop of so many orders, made in the `days` days up to the demo's last."""
    truth = Truth(orders, days, seed)
    timeline = Timeline(demo.make_shop(seed), orders, days)
    desk = Desk(timeline, truth)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "growthos.toml").write_text(_toml(days))
    (home / "growthos.toml").chmod(0o600)
    read(home, truth, {"orders": desk.orders, "customers": desk.customers, "order_counts": desk.order_counts},
         lambda: at_scale(timeline, truth.by_day))  # fmt: skip
    for pattern, times in timeline.uses():
        truth.lines += times * len(pattern.order.lines)
        truth.refunds += times * len(pattern.order.refunds)
        truth.total_cents += times * pattern.order.total_cents
        truth.refunded_cents += times * pattern.refunded_cents
    truth.keep(home)
    return truth


def next_day(home: Path, count: int) -> tuple[Truth, Any]:
    """The truth one day later, and the shop as it answers then: so many new orders, and what else a day brings.

    A twentieth as many old orders have a late refund, four weeks of ads are restated, a few customers and products are
    new or changed. It is the same day whatever the size of the shop.
    """
    truth = Truth.of(home)
    timeline = Timeline(demo.make_shop(truth.seed), truth.orders, truth.days)
    new, edited, shop = changed(timeline, count, truth.changes, truth.by_day)
    truth.changes.append(count)
    for one in new:
        truth.by_day[one.created_at // DAY] = truth.by_day.get(one.created_at // DAY, 0) + 1
        truth.lines += len(one.lines)
        truth.total_cents += one.total_cents
    for one in edited:
        truth.refunds += len(one.refunds)
        truth.refunded_cents += sum(map(write.refunded, one.refunds))
    truth.customers += sum(one.created_at >= LAST for one in shop.customers)
    return truth, shop


def change(home: Path, count: int) -> Truth:
    """One more daily sync, its segments alone: nothing is built."""
    truth, shop = next_day(home, count)
    read(home, truth, {"order_counts": Desk(None, truth).order_counts}, lambda: shop)
    truth.keep(home)
    return truth


def read(home: Path, truth: Truth, own: dict[str, Read], shop: Callable[[], Any]) -> None:
    """Read all sources into the raw folder as a sync does; streams in `own` are read by it, the others from faces."""
    given, clock = settings.demo().sources, DemoClock(truth.now)
    state, _ = State.read(home / "raw")
    for name in ("shopify", *sorted(find().keys() - {"shopify"})):  # the others' days are as large as there were orders
        run = Run(
            root=home / "raw",
            state=state.of(name),
            clock=clock,
            now=truth.now,
            number=state.last_run + 1,
            run_id=f"{state.last_run + 1:016x}",
            client_zone="UTC",
            since=None,
            until=None,
            history=truth.days,
            on_page=lambda *_: None,
        )
        connector = find()[name](given[name])
        streams = tuple(replace(one, read=own.get(one.name, one.read)) for one in type(connector).streams())
        connector.streams = lambda streams=streams: streams
        with Api(connector, transport=demo.transport(shop, clock.now), clock=clock) as api:
            report = read_source(connector, api, run)
        if report.errors:
            raise report.errors[0]


class Desk:
    """Puts together the pages that are many: what Shopify's face would say, from moulds."""

    def __init__(self, timeline: Timeline | None, truth: Truth) -> None:
        self.timeline, self.truth = timeline, truth
        self.coming: Iterator[Place] = timeline.places() if timeline else iter(())
        self.by_day: Counter[int] = Counter()

    def orders(self, _connector: Any, _api: Any, _account: str, window: Window) -> Iterator[Page]:
        """The orders of a window and their refunds; windows are asked for in the order of time."""
        low, end = window.since, int(window.until.timestamp())
        query = f"updated_at:>='{instant(low)}' updated_at:<'{instant(window.until)}'"
        after, refunds, ids = None, list[str](), list[str]()
        places = self._until(end)
        page = list(islice(places, PAGE))
        while True:
            nodes = []
            for at, pattern, copy in page:
                shift = at - pattern.updated
                nodes.append(fill(pattern.mould, copy, shift))
                refunds += [fill(one, copy, shift) for one in pattern.refunds]
                ids += [f"gid://shopify/Refund/{copy}{one.id}" for one in pattern.order.refunds]
                self.by_day[(pattern.created + shift) // DAY] += 1
            newest = iso(page[-1].at) if page else None
            further = list(islice(places, PAGE))
            asked = {"first": PAGE, "lineItems": LINES, "after": after, "query": query}
            after = write.cursor(page[-1].at) if page else None
            yield _list_page("orders", "GrowthOrders", asked, nodes, after, more=bool(further), newest=newest)
            while len(ids) >= MOST["GrowthRefunds"] or (ids and not further):
                most = MOST["GrowthRefunds"]
                yield _refunds_page(ids[:most], refunds[:most], newest)
                ids, refunds = ids[most:], refunds[most:]
            if not further:
                break
            page = further
        self.truth.by_day = dict(self.by_day)

    def customers(self, _connector: Any, _api: Any, _account: str, _window: Window) -> Iterator[Page]:
        """All customers, by number."""
        moulds: dict[Customer, Mould] = {}
        after = None
        everybody = self.timeline.customers()
        page = list(islice(everybody, PAGE))
        while True:
            nodes, newest = [], 0
            for one, copy in page:
                if one not in moulds:
                    moulds[one] = mould(write.customer(one, personal=True), self.timeline.instant)
                nodes.append(fill(moulds[one], copy, 0))
                newest = max(newest, moulds[one].instants[1])
            self.truth.customers += len(nodes)
            further = list(islice(everybody, PAGE))
            asked = {"first": PAGE, "after": after, "query": None}
            after = write.cursor(self.truth.customers)
            newest_text = iso(newest) if nodes else None
            yield _list_page(
                "customers", "GrowthCustomers", asked, nodes, after, more=bool(further), newest=newest_text
            )
            if not further:
                return
            page = further

    def order_counts(self, _connector: Any, _api: Any, _account: str, window: Window) -> Iterator[Page]:
        """How many orders were created on each day."""
        days = Period(window.first, window.last)
        told = {alias(day): {"count": self._count(day), "precision": "EXACT"} for day in days}
        body = f'{{"data":{json.dumps(told, separators=(",", ":"))},{COST}'.encode()
        asked = request(OPERATION, {"first": str(days.first), "last": str(days.last)})
        yield Page("order_counts", body, asked, 200, len(told))

    def _count(self, day: Any) -> int:
        return self.truth.by_day.get((day - day_of(0)).days, 0)

    def _until(self, end: int) -> Iterator[Place]:
        for place in self.coming:
            if place.at >= end:
                self.coming = chain([place], self.coming)
                return
            yield place


def _list_page(
    name: str, operation: str, asked: dict[str, Any], nodes: list[str], cursor: str | None, *, more: bool,
    newest: str | None,
) -> Page:  # fmt: skip
    told = json.dumps({"hasNextPage": more, "endCursor": cursor}, separators=(",", ":"))
    body = f'{{"data":{{"{name}":{{"pageInfo":{told},"nodes":[{",".join(nodes)}]}}}},{COST}'.encode()
    return Page(name, body, request(operation, asked), 200, len(nodes), newest=newest)


def _refunds_page(ids: list[str], nodes: list[str], newest: str | None) -> Page:
    body = f'{{"data":{{"nodes":[{",".join(nodes)}]}},{COST}'.encode()
    return Page(
        "refunds", body, request("GrowthRefunds", {"ids": ids, "refundLines": LINES}), 200, len(nodes), newest=newest
    )


def _toml(days: int) -> str:
    """The settings of the demo shop's sources, and a history of so many days."""
    tables = {"sync": {"history": days}, **settings.demo().sources}
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--orders", type=int, help="how many orders the shop has")
    parser.add_argument("--days", type=int, default=400, help="in how many days")
    parser.add_argument("--seed", type=int, default=demo.SEED)
    parser.add_argument("--change", type=int, help="add a day of so many new orders to a home that was made here")
    asked = parser.parse_args()
    if (asked.orders is None) == (asked.change is None):
        parser.error("either --orders or --change")
    truth = make(asked.home, asked.orders, asked.days, asked.seed) if asked.orders else change(asked.home, asked.change)
    print(json.dumps({name: value for name, value in asdict(truth).items() if name != "by_day"}))  # noqa: T201


if __name__ == "__main__":
    main()
