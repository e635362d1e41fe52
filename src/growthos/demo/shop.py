"""The one truth behind all faces: campaigns bring visits, visits bring orders, some come back, and one day it breaks.

The same seed is the same shop, to the byte, on any machine that runs the same Python.
"""

from dataclasses import dataclass, field
from typing import Any

from growthos.demo import catalogue, delivery, marketing, traffic
from growthos.demo.dice import DAYS, END, FIRST_DAY, LAST_DAY, START
from growthos.demo.orders import Till
from growthos.demo.people import People
from growthos.demo.records import Anomaly, Campaign, CampaignDay, Customer, Order, Product, TrafficRow, Variant
from growthos.demo.touches import DOMAIN, MYSHOPIFY

__all__ = ["DAYS", "END", "FIRST_DAY", "LAST_DAY", "SEED", "START", "Shop", "make"]

SEED = 42


@dataclass(frozen=True, eq=False)
class Shop:
    """Everything that happened from FIRST_DAY to LAST_DAY; `records` says what each field means."""

    seed: int
    products: tuple[Product, ...]
    customers: tuple[Customer, ...]
    """With a record, by id; guests are known by the address of their orders only."""
    orders: tuple[Order, ...]
    """All of them, those that do not count included, by id, which is the order in which they were taken."""
    campaigns: tuple[Campaign, ...]
    campaign_days: tuple[CampaignDay, ...]
    """By day and campaign; a day without delivery has none."""
    traffic: tuple[TrafficRow, ...]
    """By day, group, source and medium."""
    anomaly: Anomaly
    name: str = "Harbor & Pine"
    domain: str = DOMAIN
    myshopify_domain: str = MYSHOPIFY
    currency: str = "USD"
    time_zone: str = "UTC"
    """Of the shop, the ad accounts and the GA4 property alike."""
    memory: dict[str, Any] = field(default_factory=dict, repr=False)
    """What the faces remember of their callers; no part of the truth."""

    def variants(self) -> dict[int, Variant]:
        """Every variant by its id."""
        return {variant.id: variant for product in self.products for variant in product.variants}


def make(seed: int = SEED) -> Shop:
    """The shop of this seed."""
    products = catalogue.make(seed)
    days = marketing.demand(seed)
    people = People(seed)
    till = Till(seed, products, people)
    orders = tuple(order for day in days for order in till.day(day))
    return Shop(
        seed=seed,
        products=products,
        customers=people.records(),
        orders=orders,
        campaigns=marketing.CAMPAIGNS,
        campaign_days=delivery.make(seed, days, orders, till.brought),
        traffic=traffic.make(seed, days, orders),
        anomaly=marketing.ANOMALY,
    )
