"""What a big shop is made of: the demo shop's records as moulds, who stands where in time, and the day that follows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import count, takewhile
from typing import Any, NamedTuple

from pydantic_core import to_json

from growthos.demo import refunds
from growthos.demo import shopify_records as write
from growthos.demo.amounts import iso
from growthos.demo.dice import DAY, DAYS, END, LAST_DAY, START, day_of
from growthos.demo.records import CampaignDay, Customer, Order, Product, TrafficRow

LONGEST, LINES = 4, 5
"""Orders with more lines than this are left out; a page has room for so many lines of an order."""
BLOCK = 256
"""So many orders that follow each other are alike in no way that a packer would see."""
NEARER = 4
"""An order that nothing was given back of is sent so many times sooner than in the demo shop."""
RESTATED = 28
LATER = 30
"""So many days of the demo shop's history are left for the days that follow: its ads end with it."""
LAST = END - LATER * DAY
"""The first instant after a big shop's last whole day."""
NEW = 9000
"""The copies that a later day brings are numbered from here on."""
DIGITS = 13
"""Of a customer's number in the demo shop."""
MARK = "\x01"
NUMBER = re.compile(
    r"(gid://shopify/(?:Order|LineItem|ShippingLine|Customer|Refund|RefundLineItem|RefundShippingLine|OrderAdjustment)/"
    r'|"name":"#)(?=\d)'
)
MAILBOX = re.compile(r"(?=@example\.com)", re.IGNORECASE)
INSTANT = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')


class Mould(NamedTuple):
    """A record as JSON, with MARK where a copy's number goes and `%s` where its instants go."""

    text: str
    instants: tuple[int, ...]


class Pattern:
    """An order of the demo shop at its place in a longer history; what was before its last change lies nearer to it."""

    def __init__(self, order: Order, updated: int) -> None:
        self.order, self.updated = order, updated
        self.near = 1 if order.refunds else NEARER

    def instant(self, at: int) -> int:
        """An instant of the order."""
        return self.updated - (self.order.updated_at - at) // self.near

    @cached_property
    def created(self) -> int:
        return self.instant(self.order.created_at)

    @cached_property
    def mould(self) -> Mould:
        return mould(write.order(self.order, LINES, personal=True), self.instant)

    @cached_property
    def refunds(self) -> tuple[Mould, ...]:
        return tuple(mould(write.refund(back, LINES), self.instant) for back in self.order.refunds)

    @property
    def refunded_cents(self) -> int:
        return sum(map(write.refunded, self.order.refunds))


class Place(NamedTuple):
    """One order: when it was last changed, what it is like, and the number of its copy."""

    at: int
    pattern: Pattern
    copy: int


def fill(mould: Mould, copy: int, shift: int) -> str:
    """The record of a copy, all its instants `shift` seconds later."""
    return (mould.text % tuple([iso(one + shift) for one in mould.instants])).replace(MARK, str(copy))


class Timeline:
    """So many orders in so many days: whole copies of the demo shop's orders, and a part of one more."""

    def __init__(self, shop: Any, orders: int, days: int) -> None:
        self.shop, self.days = shop, days
        self.start = LAST - days * DAY
        taken = [one for one in shop.orders if len(one.lines) <= LONGEST]
        placed = (Pattern(one, self.instant(one.updated_at)) for one in taken)
        self.patterns = sorted(placed, key=lambda one: one.updated)
        self.whole, rest = divmod(orders, len(self.patterns))
        self.part = {place * len(self.patterns) // rest for place in range(rest)} if rest else set[int]()

    def instant(self, at: int) -> int:
        """An instant of the demo shop's history, stretched; what was before it is as far before this one."""
        return self.start + (at - START if at < START else (at - START) * self.days // DAYS)

    def uses(self) -> Iterator[tuple[Pattern, int]]:
        """How often each pattern is used."""
        return ((one, self.whole + (place in self.part)) for place, one in enumerate(self.patterns))

    def places(self, *, first_copy: bool = False) -> Iterator[Place]:
        """All orders, or those of the first copy, by when they were changed last."""
        for first in range(0, len(self.patterns), BLOCK):
            block = self.patterns[first : first + BLOCK]
            part = [one for place, one in enumerate(block, first) if place in self.part]
            low = block[0].updated
            high = self.patterns[first + BLOCK].updated if first + BLOCK < len(self.patterns) else LAST
            orders, number = self.whole * len(block) + len(part), 0
            for copy in range(1, 2 if first_copy else self.whole + 2):
                for pattern in block if copy <= self.whole else part:
                    yield Place(low + number * (high - low) // orders, pattern, copy)
                    number += 1

    def customers(self) -> Iterator[tuple[Customer, int]]:
        """Everybody with a record, and the number of the copy; in a part of one, those who bought and how often."""
        for copy in range(1, self.whole + 1):
            for one in self.shop.customers:
                yield one, copy
        part = [one.order for place, one in enumerate(self.patterns) if place in self.part]
        ever, here = _bought(self.shop.orders), _bought(part)
        for one in self.shop.customers:
            if one.id in here:
                yield one._replace(number_of_orders=one.number_of_orders - ever[one.id] + here[one.id]), self.whole + 1


def mould(record: Any, instant: Callable[[int], int]) -> Mould:
    """A record of the demo shop as a mould, its instants moved."""
    text = MAILBOX.sub(f".{MARK}", NUMBER.sub(rf"\g<1>{MARK}", to_json(record).decode())).replace("%", "%%")
    told = [int(datetime.fromisoformat(one[1]).timestamp()) for one in INSTANT.finditer(text)]
    return Mould(INSTANT.sub('"%s"', text), tuple(map(instant, told)))


def _bought(orders: list[Order]) -> Counter[int]:
    return Counter(one.customer_id for one in orders if one.customer_id and not one.test)


def at_scale(timeline: Timeline, by_day: dict[int, int], *, restated_from: int = 10**9) -> Any:
    """The demo shop's ads and traffic, stretched over the days of `by_day` and as much larger as more was sold.

    From the day `restated_from` on (in days since 1970) the platforms claim a fiftieth more.
    """
    shop, first = timeline.shop, timeline.start // DAY
    sold = Counter(one.created_at // DAY for one in shop.orders)
    ads, visits = dict[int, list[CampaignDay]](), dict[int, list[TrafficRow]]()
    for row in shop.campaign_days:
        ads.setdefault((row.day - day_of(0)).days, []).append(row)
    for seen in shop.traffic:
        visits.setdefault((seen.day - day_of(0)).days, []).append(seen)
    campaigns = {
        one.id: one._replace(
            first=day_of(timeline.instant((one.first - day_of(0)).days * DAY)),
            last=day_of(timeline.instant((one.last - day_of(0)).days * DAY + DAY)) if one.last < LAST_DAY else one.last,
        )
        for one in shop.campaigns
    }
    campaign_days, traffic = list[CampaignDay](), list[TrafficRow]()
    part = _Rest()
    for day in range(first, max(by_day, default=0) + 1):
        like = START // DAY + min((day - first) * DAYS // timeline.days, DAYS - 1)
        scale, claim = max(1, by_day.get(day, 0)) / sold[like], 1.02 if day >= restated_from else 1.0
        for row in ads.get(like, ()):
            meta = row.campaign.platform == "meta"
            grow = part(row.campaign.id, scale)
            campaign_days.append(
                CampaignDay(
                    day_of(day * DAY),
                    campaigns[row.campaign.id],
                    grow(row.spend_micros // 10_000) * 10_000,
                    *map(grow, row[3:6]),
                    grow(row.conversions_micros // 1_000_000 * claim) * 1_000_000
                    if meta
                    else grow(row.conversions_micros * claim),
                    grow(row.value_micros // 10_000 * claim) * 10_000,
                )
            )
        for seen in visits.get(like, ()):
            traffic.append(TrafficRow(day_of(day * DAY), *seen[1:4], *map(part(seen[1:4], scale), seen[4:])))
    return replace(
        shop,
        orders=(),
        customers=(),
        campaigns=tuple(campaigns.values()),
        campaign_days=tuple(campaign_days),
        traffic=tuple(traffic),
        memory={},
    )


class _Rest:
    """Makes figures larger or smaller, and whole; what is left of one is added to the next of its kind."""

    def __init__(self) -> None:
        self.left: dict[tuple[Any, int], float] = {}

    def __call__(self, kind: Any, scale: float) -> Callable[[float], int]:
        """For the figures of one row, in their order."""
        numbers = count()

        def grow(figure: float) -> int:
            key = kind, next(numbers)
            exact = figure * scale + self.left.get(key, 0.5)
            self.left[key] = exact - int(exact)
            return int(exact)

        return grow


def changed(
    timeline: Timeline, orders: int, earlier: Sequence[int], by_day: dict[int, int]
) -> tuple[list[Order], list[Order], Any]:
    """What the day after the last one brings: new orders, old ones with a late refund, and the shop that tells of it.

    `earlier` are the numbers of new orders of such days before. The shop knows of orders and customers those alone that
    are new or changed; three products have a new cost.
    """
    number = len(earlier)
    copy, midnight = NEW + number, LAST + number * DAY
    old = list(timeline.places(first_copy=True))
    new = [
        _new(like, f"{copy}{place // len(old) or ''}", buyer, midnight + place * (DAY - 7200) // orders)
        for place, (like, buyer) in enumerate(_likes(old, orders, number))
    ]
    sound = [one for one in old if not one.pattern.order.refunds and not one.pattern.order.cancelled_at]
    few = min(orders // 20, len(sound))
    edited = [
        _edited(sound[(place * len(sound) // few + number) % len(sound)], midnight + place * DAY // few)
        for place in range(few)
    ]
    sold = Counter(one.created_at // DAY for one in new)
    people = {one.id: one for one in timeline.shop.customers}
    people |= {one.id: one for one, _ in takewhile(lambda told: told[1] == 1, timeline.customers())}
    people = {key: one._replace(created_at=timeline.instant(one.created_at)) for key, one in people.items()}
    before = Counter(
        int(f"1{like.customer_id}")
        for day, count in enumerate(earlier)
        for like, buyer in _likes(old, count, day)
        if buyer == 1 and like.customer_id and not like.test
    )
    customers = [
        _buyer(people[int(str(key)[-DIGITS:])], key, str(key)[:-DIGITS], times + before[key], midnight + DAY - 1)
        for key, times in _bought(new).items()
    ]
    products = list(timeline.shop.products)
    for place in range(number * 3, number * 3 + 3):
        products[place] = _dearer(products[place], midnight + 60)
    shop = replace(
        at_scale(timeline, {**by_day, **sold}, restated_from=midnight // DAY - RESTATED),
        orders=(*new, *edited),
        customers=tuple(customers),
        products=tuple(products),
    )
    return new, edited, shop


def _likes(old: Sequence[Place], orders: int, number: int) -> Iterator[tuple[Order, int]]:
    """What the new orders of such a day are like, and the copy of who buys: a tenth are somebody new."""
    for place in range(orders):
        yield old[(place + 17 * number) % len(old)].pattern.order, NEW + number if place % 10 == 0 else 1


def _dearer(one: Product, at: int) -> Product:
    """A product whose variants cost a twentieth more from now on."""
    return one._replace(
        updated_at=at,
        variants=tuple(
            variant._replace(
                unit_cost_cents=variant.unit_cost_cents and variant.unit_cost_cents * 21 // 20, cost_updated_at=at
            )
            for variant in one.variants
        ),
    )


def _new(like: Order, copy: str, buyer: int, at: int) -> Order:
    """An order like one that was, made at `at`, by somebody known or by somebody new; nothing of it was given back."""
    cancelled = at + 3600 if like.cancelled_at else None
    return _lifted(like, copy)._replace(
        created_at=at,
        processed_at=at,
        updated_at=cancelled or at + 900,
        cancelled_at=cancelled,
        customer_id=int(f"{buyer}{like.customer_id}") if like.customer_id else None,
        email=like.email and MAILBOX.sub(f".{buyer}", like.email),
        refunds=(),
        financial_status="PAID" if like.refunds else like.financial_status,
    )


def _edited(place: Place, at: int) -> Order:
    """An order of the first copy of which everything is given back at `at`."""
    like, shift = place.pattern.order, place.at - place.pattern.updated
    one = _lifted(like, "1")
    back = refunds.everything(like.id, at - 5, one.lines, one.shipping, "RETURN")
    return one._replace(
        created_at=place.pattern.created + shift,
        processed_at=place.pattern.instant(like.processed_at) + shift,
        updated_at=at,
        refunds=(back._replace(order_id=one.id),),
        financial_status="REFUNDED",
    )


def _lifted(one: Order, copy: str) -> Order:
    """An order with the ids of a copy."""
    return one._replace(
        id=int(f"{copy}{one.id}"),
        name=f"#{copy}{one.name[1:]}",
        customer_id=int(f"{copy}{one.customer_id}") if one.customer_id else None,
        email=one.email and MAILBOX.sub(f".{copy}", one.email),
        lines=tuple(line._replace(id=int(f"{copy}{line.id}")) for line in one.lines),
        shipping=tuple(line._replace(id=int(f"{copy}{line.id}")) for line in one.shipping),
    )


def _buyer(like: Customer, key: int, copy: str, times: int, at: int) -> Customer:
    """The record of somebody who bought on the last day: of the first copy, or new."""
    known = copy == "1"
    return like._replace(
        id=key,
        email=MAILBOX.sub(f".{copy}", like.email),
        created_at=like.created_at if known else at - DAY + 1,
        updated_at=at,
        number_of_orders=like.number_of_orders + times if known else times,
    )
