"""A shop whose raw files change by chance, day after day.

Everything that may reach the rows of other orders happens: customers that turn up for a guest's e-mail, costs and
categories that change, campaigns that share a name, orders that are gone, rejected or given back, lost segments.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from warehouse_fixtures import (
    Raw,
    customer,
    inventory_item,
    line,
    meta_row,
    order,
    product,
    refund,
    refund_line,
    traffic_row,
)

FIRST = date(2026, 1, 5)
NAMES = ("Spring", "Spring", "Always+On", "winter sale")
CUSTOMER = 1001
"""The first one's number: an order may have the same, for numbers tell apart only what is of one kind."""
EMAILS = tuple(f"p{number}@example.com" for number in range(9))


@dataclass
class ChangingShop:
    """`step` lets a day pass; the loads of `raw` are then those that count."""

    raw: Raw
    chance: random.Random
    day: int = 0
    clock: int = 0
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_number: int = 1000
    owed: list[dict[str, Any]] = field(default_factory=list)

    def begin(self) -> None:
        """A shop with some history."""
        self.raw.shop()
        self.raw.products(*(product(number, cost="3.00" if number % 2 else None) for number in range(1, 7)))
        self.raw.customers(
            *(customer(CUSTOMER + number, "2025-06-01", orders=2, email=EMAILS[number]) for number in range(4))
        )
        self._spend(20)
        self._traffic(20)
        for _ in range(6):
            self.day += 1
            self._buy(self.chance.randint(3, 6))

    def step(self) -> list[str]:
        """One more sync; the names of what happened in it."""
        self.day += 1
        self.raw.run += 1
        happenings = [
            self._buy, self._buy, self._edit, self._edit, self._give_back, self._serve, self._meet, self._meet,
            self._cost, self._category, self._spend, self._traffic, self._list, self._lose, self._spoil,
            self._spoil_page, self._rename,
        ]  # fmt: skip
        chosen = self.chance.sample(happenings, self.chance.randint(1, 4))
        for happening in chosen:
            happening()
        return [one.__name__ for one in chosen]

    def _now(self) -> str:
        self.clock += 1
        at = datetime.combine(FIRST, time.min) + timedelta(days=self.day, seconds=self.clock)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def _buy(self, count: int = 0) -> None:
        made = []
        for _ in range(count or self.chance.randint(1, 3)):
            self.next_number += 1
            made.append(self._order(self.next_number, self._now()))
        self.raw.orders(*made)

    def _order(self, number: int, at: str, **more: Any) -> dict[str, Any]:
        chance = self.chance
        lines = [
            line(
                10 * number + place,
                f"{chance.randint(5, 40)}.{chance.randint(0, 99):02d}",
                quantity=chance.randint(1, 3),
                variant=chance.choice((1, 2, 3, 4, 5, 6, 77, None)),
                product=chance.choice((1, 2, 3, 88)),
                kind=chance.choice(("Beauty", "Toys")),
            )
            for place in range(chance.randint(1, 3))
        ]
        buyer = chance.choice((None, None, 0, 1, 2, 3, 4, 5))
        told = {"customer_id": CUSTOMER + buyer} if buyer is not None else {}
        name = chance.choice((*NAMES, "101", "102", "nobody"))
        page = chance.choice((None, f"https://toyshop.example/?utm_source=facebook&utm_medium=cpc&utm_campaign={name}"))
        made = order(
            number, at, *lines, **(told | {"email": chance.choice((None, *EMAILS)), "landingPageUrl": page} | more)
        )
        self.orders[number] = made
        return made

    def _edit(self) -> None:
        number = self.chance.choice(list(self.orders))
        before = self.orders[number]
        what = self.chance.randint(0, 4)
        if what == 0:
            made = before | {"updatedAt": self._now(), "cancelledAt": self._now()}
        elif what == 1:
            made = before | {"updatedAt": self._now(), "email": self.chance.choice(EMAILS)}
        elif what == 2:
            made = self._order(
                number, before["createdAt"], updatedAt=self._now(), edited=True, refunds=before["refunds"]
            )
        elif what == 3:
            made = before | {"updatedAt": self._now(), "customer": {"id": f"gid://shopify/Customer/{CUSTOMER + 2}"}}
        else:  # an old version, read late
            self.raw.orders(before | {"updatedAt": "2026-01-01T00:00:00Z", "name": "stale"})
            return
        self.orders[number] = made
        self.raw.orders(made, again=self.chance.random() < 0.3)

    def _give_back(self) -> None:
        number = self.chance.choice(list(self.orders))
        before = self.orders[number]
        refund_id = 5 * number + len(before["refunds"])
        one = before["lineItems"]["nodes"][0]
        line_number = int(one["id"].rpartition("/")[2])
        at = self._now()
        made = before | {"updatedAt": at, "refunds": [*before["refunds"], {"id": f"gid://shopify/Refund/{refund_id}"}]}
        self.orders[number] = made
        self.raw.orders(made)
        given = refund(
            refund_id, at, refund_line(refund_id, line_number, one["originalUnitPriceSet"]["shopMoney"]["amount"])
        )
        if self.chance.random() < 0.7:
            self.raw.refunds(given)
        else:
            self.owed.append(given)

    def _serve(self) -> None:
        """What was not there when its order was read is served after all."""
        if self.owed:
            self.raw.refunds(self.owed.pop())

    def _meet(self) -> None:
        """A customer's record comes or changes, with an e-mail that a guest or another customer may have."""
        number = CUSTOMER + self.chance.randint(0, 7)
        at = self._now()
        created = self.chance.choice(("2025-06-01", "2024-06-01"))
        told = customer(number, created, orders=self.chance.randint(0, 5), email=self.chance.choice((None, *EMAILS)))
        self.raw.customers(told | {"updatedAt": at})

    def _cost(self) -> None:
        number, cost = self.chance.randint(1, 6), self.chance.choice((None, "3.00", "4.10"))
        if self.chance.random() < 0.5:
            self.raw.inventory(inventory_item(number, cost, self._now()))
        else:
            self.raw.products(product(number, cost, updatedAt=self._now()))

    def _category(self) -> None:
        number = self.chance.choice((1, 2, 3, 77))
        self.raw.products(
            product(number, None, kind=self.chance.choice(("Beauty", "Toys", "Food")), updatedAt=self._now())
        )

    def _spend(self, days: int = 3) -> None:
        """The last days, read again: campaigns 101 and 102 share a name, and one may fall silent."""
        asked = [FIRST + timedelta(days=self.day - back) for back in range(days)]
        rows = [
            meta_row(campaign, str(day), f"{self.chance.randint(1, 20)}.50", campaign_name=name)
            for day in asked
            for campaign, name in zip(("101", "102", "103", "104"), NAMES, strict=True)
            if self.chance.random() < 0.7
        ]
        self._replace("campaign_insights", asked)
        self.raw.meta(*rows, days=asked)

    def _rename(self) -> None:
        day = FIRST + timedelta(days=self.day)
        self._replace("campaign_insights", [day])
        self.raw.meta(meta_row("104", str(day), "2.00", campaign_name=self.chance.choice(NAMES)), days=[day])

    def _traffic(self, days: int = 3) -> None:
        asked = [FIRST + timedelta(days=self.day - back) for back in range(days)]
        self._replace("traffic", asked)
        rows = [
            traffic_row(str(day), "Direct", "(direct)", "(none)", str(self.chance.randint(20, 90))) for day in asked
        ]
        self.raw.traffic(*rows, days=asked)

    def _replace(self, stream: str, days: list[date]) -> None:
        kept = []
        for load in self.raw.loads:
            if load.stream == stream and load.days is not None:
                left = tuple(day for day in load.days if day not in days)
                if left:
                    kept.append(replace(load, days=left))
            else:
                kept.append(load)
        self.raw.loads = kept

    def _list(self) -> None:
        """The ids of all orders that there are; some are gone."""
        self.raw.loads = [load for load in self.raw.loads if load.stream != "order_ids"]
        there = [number for number in self.orders if self.chance.random() < 0.95]
        self.raw.order_ids(*there, since="2026-01-01T00:00:00Z")

    def _lose(self) -> None:
        """A segment of orders or customers is damaged and set aside."""
        lost = self.chance.choice([load for load in self.raw.loads if load.stream in {"orders", "customers"}])
        self.raw.loads.remove(lost)

    def _spoil(self) -> None:
        """An order that cannot be read as it is; it may be mended by a later edit."""
        number = self.chance.choice(list(self.orders))
        self.raw.orders(self.orders[number] | {"updatedAt": self._now(), "processedAt": "no time"})

    def _spoil_page(self) -> None:
        self.raw.page("shopify", "orders", b'{"data": {"orders": ')
