"""What the shop knows: its records, with the unit of every field.

Money is an integer number of cents of the shop's currency, unless the name says micros (millionths).
Instants are whole seconds since 1970-01-01T00:00:00Z; days are dates in UTC.
Ids are the vendors' numbers. None means that the shop does not have the thing, never zero.
"""

from datetime import date
from typing import Literal, NamedTuple

RestockType = Literal["RETURN", "CANCEL", "NO_RESTOCK", "LEGACY_RESTOCK"]


class Variant(NamedTuple):
    """A thing that can be bought."""

    id: int
    product_id: int
    title: str
    sku: str
    price_cents: int
    inventory_item_id: int
    unit_cost_cents: int | None
    """What one piece costs the shop, since the shop began. 0 is a recorded cost, None is none."""
    cost_updated_at: int


class Product(NamedTuple):
    """Variants that are one article."""

    id: int
    title: str
    vendor: str
    category: str
    """`productType` as typed by the shop: upper and lower case mixed, sometimes empty."""
    is_gift_card: bool
    requires_shipping: bool
    updated_at: int
    variants: tuple[Variant, ...]


class Line(NamedTuple):
    """One article of an order."""

    id: int
    title: str
    sku: str
    product_id: int | None
    """None where the product was deleted since; `category` is then lost as well."""
    variant_id: int | None
    """None where the variant was deleted since."""
    category: str | None
    """The product's category, None without a product."""
    is_gift_card: bool
    requires_shipping: bool
    quantity: int
    """Units ordered, those removed or returned later included."""
    unit_price_cents: int
    """Price of one unit before discounts and tax."""
    discounts: tuple[int, ...]
    """Cents taken off the whole line, one figure per discount: of the line itself first, then of order codes."""
    taxes: tuple[int, ...]
    """Cents of tax on the whole line; not part of the price."""


class ShippingLine(NamedTuple):
    """Delivery as it was charged."""

    id: int
    discounted_cents: int
    """What was charged, after shipping discounts, before tax."""
    original_cents: int
    taxes: tuple[int, ...]
    is_removed: bool
    """Taken off the order by an edit: it counts nowhere."""
    is_pickup: bool
    """The buyer comes for the goods: nothing is sent, nothing is paid for sending."""


class RefundLine(NamedTuple):
    """Units of one order line, given back."""

    id: int
    line_id: int
    quantity: int
    restock_type: RestockType
    """NO_RESTOCK: the goods do not come back."""
    subtotal_cents: int
    """Money given back for the goods, after discounts, before tax; positive."""
    tax_cents: int


class RefundShipping(NamedTuple):
    """Delivery, given back; positive, before tax."""

    id: int
    subtotal_cents: int
    tax_cents: int


class Adjustment(NamedTuple):
    """What a refund has beside goods and delivery: -1000 is a goodwill credit of 10.00, +500 a fee kept back."""

    id: int
    reason: str
    amount_cents: int
    tax_cents: int


class Refund(NamedTuple):
    """Money given back on one day."""

    id: int
    order_id: int
    created_at: int
    """The refund's day is the day of this instant."""
    processed_at: int
    lines: tuple[RefundLine, ...]
    shipping: tuple[RefundShipping, ...]
    adjustments: tuple[Adjustment, ...]


class Visit(NamedTuple):
    """The last visit before an order, as Shopify remembers it."""

    landing_page: str | None
    referrer: str | None
    source: str
    source_type: str | None
    utm: tuple[str | None, str | None, str | None] | None
    """utm_source, utm_medium, utm_campaign; None where Shopify kept none, though the landing page may have them."""


class Order(NamedTuple):
    """One order, of whatever kind."""

    id: int
    name: str
    created_at: int
    processed_at: int
    """When the sale was made: the order's instant. Earlier than `created_at` where it was imported."""
    updated_at: int
    cancelled_at: int | None
    test: bool
    edited: bool
    financial_status: str
    source_name: str
    presentment_currency: str
    """What the buyer saw and paid in; all figures here are in the shop's currency."""
    customer_id: int | None
    email: str | None
    """As typed: blanks and capitals included."""
    country: str | None
    region: str | None
    """Of the shipping address: ISO country and province."""
    visit: Visit | None
    landing_page: str | None
    referrer: str | None
    """The order's own landing page and referrer, which count where the visit lacks them."""
    lines: tuple[Line, ...]
    shipping: tuple[ShippingLine, ...]
    refunds: tuple[Refund, ...]
    tip_cents: int
    duties_cents: int
    fees_cents: int
    """Additional fees."""
    subtotal_cents: int
    """All lines after discounts, gift cards included, before tax: sum of quantity x price - discounts."""
    tax_cents: int
    """Tax of lines and delivery."""
    total_cents: int
    """subtotal + delivery + tax + duties + tip + fees."""
    channel: str
    """Slug of the channel that its last touch tells, by the rules every reader is given."""
    campaign: str | None
    """`meta:<id>` or `google:<id>` where the last touch names the campaign, else None."""


class Customer(NamedTuple):
    """A customer with a record at the shop."""

    id: int
    created_at: int
    updated_at: int
    email: str
    country: str
    region: str | None
    number_of_orders: int
    """Orders ever, those before the shop's history included, test orders not."""


class Campaign(NamedTuple):
    """A campaign and the plan behind it."""

    platform: Literal["meta", "google"]
    id: int
    name: str
    status: str
    """As the platform says it today."""
    kind: str
    """Meta's objective, Google's channel type."""
    first: date
    last: date
    """It delivers from `first` to `last`, both included."""
    daily_budget_cents: int
    """Of an ordinary day; seasons raise it."""
    cost_per_click_cents: int
    clicks_per_100k: int
    """Clicks per 100,000 impressions, about."""
    orders_per_100k: int
    """Orders per 100,000 clicks, about."""

    @property
    def key(self) -> str:
        """`meta:<id>` or `google:<id>`."""
        return f"{self.platform}:{self.id}"


class CampaignDay(NamedTuple):
    """What a campaign did on one day, by the platform's own count. Days without delivery have no row."""

    day: date
    campaign: Campaign
    spend_micros: int
    """Millionths of the account's currency (the shop's). Meta bills whole cents, Google does not."""
    impressions: int
    clicks: int
    """Clicks that lead to the shop."""
    clicks_all: int
    """Likes and profile taps included (Meta); the same as `clicks` at Google."""
    conversions_micros: int
    """Millionths of a purchase that the platform claims; whole at Meta."""
    value_micros: int
    """Millionths of the currency: sales that the platform claims; whole cents at Meta."""


class TrafficRow(NamedTuple):
    """Sessions of one day from one source and medium, as GA4 counts them."""

    day: date
    group: str
    source: str
    medium: str
    sessions: int
    engaged: int
    users: int
    new_users: int
    item_views: int
    add_to_carts: int
    checkouts: int
    purchases: int
    revenue_cents: int


class EventRow(NamedTuple):
    """What happened on one day under one name, as GA4 counts it."""

    day: date
    name: str
    times: int
    users: int
    key_events: int


class Anomaly(NamedTuple):
    """Something that went wrong, and the shop knows what."""

    first: date
    what: str


class Cause(NamedTuple):
    """Something that happened from one day to another and shows in the shop's numbers.

    `channel` is the one in which it shows beside the whole; empty where it shows in any.
    """

    first: date
    last: date
    what: str
    channel: str = ""
