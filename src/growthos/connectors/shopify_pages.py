"""The little of Shopify's answers that must be understood: what is there, what it is a version of, what is cut off."""

from dataclasses import dataclass, field

from growthos.connectors.camel import Camel


@dataclass(frozen=True, slots=True)
class Row:
    """A record that is only counted."""


@dataclass(frozen=True, slots=True)
class PageInfo(Camel):
    """Whether a list goes on, and where."""

    has_next_page: bool
    end_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Nested(Camel):
    """A list inside a record, of which only its end must be known: reading its rows would cost as much as the rest."""

    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class Counted(Camel):
    """More of a list inside a record."""

    page_info: PageInfo
    nodes: list[Row | None]


@dataclass(frozen=True, slots=True)
class Id:
    """Another record, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Journey:
    """Whether Shopify has worked out how the customer came."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Node(Camel):
    """A record of any kind: its id, its version, the lists inside it."""

    id: str
    updated_at: str | None = None
    created_at: str | None = None
    customer_journey_summary: Journey | None = None
    refunds: list[Id] = field(default_factory=list)
    line_items: Nested | None = None
    shipping_lines: Nested | None = None
    refund_line_items: Nested | None = None
    refund_shipping_lines: Nested | None = None
    order_adjustments: Nested | None = None
    variants: Nested | None = None

    @property
    def number(self) -> int:
        """The number at the end of the id."""
        tail = self.id.rpartition("/")[2]
        return int(tail) if tail.isascii() and tail.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Parent(Camel):
    """A record of which more of one list was asked for."""

    id: str
    updated_at: str | None = None
    line_items: Counted | None = None
    shipping_lines: Counted | None = None
    refund_line_items: Counted | None = None
    refund_shipping_lines: Counted | None = None
    order_adjustments: Counted | None = None
    variants: Counted | None = None

    @property
    def records(self) -> int:
        """How many records of the list there are."""
        lists = (
            self.line_items,
            self.shipping_lines,
            self.refund_line_items,
            self.refund_shipping_lines,
            self.order_adjustments,
            self.variants,
        )
        return sum(row is not None for one in lists if one is not None for row in one.nodes)


@dataclass(frozen=True, slots=True)
class Connection(Camel):
    """A page of a list."""

    page_info: PageInfo
    nodes: list[Node | None]

    @property
    def there(self) -> list[Node]:
        """The records that are shown; one that the app may not see stands in the list as nothing."""
        return [one for one in self.nodes if one is not None]


@dataclass(frozen=True, slots=True)
class Shop(Camel):
    """The shop itself."""

    iana_timezone: str
    currency_code: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """A permission of the app."""

    handle: str


@dataclass(frozen=True, slots=True)
class Installation(Camel):
    """What the app may read."""

    access_scopes: list[Scope] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Data(Camel):
    """The answer to any of our operations: a list, records by id, or one record."""

    orders: Connection | None = None
    order_ids: Connection | None = None
    customers: Connection | None = None
    products: Connection | None = None
    inventory_items: Connection | None = None
    nodes: list[Node | None] | None = None
    order: Parent | None = None
    refund: Parent | None = None
    product: Parent | None = None
    shop: Shop | None = None
    current_app_installation: Installation | None = None

    @property
    def records(self) -> int:
        """How many records an answer holds, whatever was asked for."""
        for part in (self.orders, self.order_ids, self.customers, self.products, self.inventory_items):
            if part is not None:
                return len(part.there)
        for one in (self.order, self.refund, self.product):
            if one is not None:
                return one.records
        return sum(one is not None for one in self.nodes or ()) or int(self.shop is not None)


@dataclass(frozen=True, slots=True)
class Throttle(Camel):
    """The bucket of points: how many there are, and how many come back in a second."""

    maximum_available: float
    currently_available: float
    restore_rate: float


@dataclass(frozen=True, slots=True)
class Cost(Camel):
    """What a query was charged at first."""

    requested_query_cost: float | None = None
    throttle_status: Throttle | None = None


@dataclass(frozen=True, slots=True)
class Extensions:
    """What stands beside the data."""

    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class Said:
    """Any answer. Errors are the judge's business."""

    data: Data
    extensions: Extensions = field(default_factory=Extensions)
