"""Orders of every kind, one after the other."""

from growthos.demo import refunds
from growthos.demo.carts import Carts
from growthos.demo.dice import DAY, END, FIRST_DAY, START, every, stream
from growthos.demo.marketing import CAMPAIGNS, NEW, Demand
from growthos.demo.people import PLACES, People, Person
from growthos.demo.records import Line, Order, Product, Refund, ShippingLine
from growthos.demo.touches import NOTHING, draw, table

LONG_DAY = 100
"""The day, counted from the first, on which it comes."""
LONG_KEPT = 6
"""So many days later most of it comes back."""
MIDNIGHTS = (0, 30, 60, 110, 166, 173)
"""Days whose first order comes at 00:00:00Z and whose last one at 23:59:59Z."""
UNPAID = ("PENDING", "AUTHORIZED", "PARTIALLY_PAID")
APP = "4580111"
"""What Shopify calls an app that makes orders: here, one for subscriptions."""


class Till:
    """Takes the orders, in the order in which they come."""

    def __init__(self, seed: int, products: tuple[Product, ...], people: People) -> None:
        self.people = people
        self.carts = Carts(seed, products)
        self.who, self.way, self.back = (stream(seed, thing) for thing in ("who", "way", "refunds"))
        self.touches = table(CAMPAIGNS)
        self.count = 0
        self.brought: dict[int, int] = {}
        """The place of the campaign that truly brought an order, by order id."""

    def day(self, wanted: Demand) -> list[Order]:
        """All orders of one day, by time."""
        slots = [(channel, place) for channel, place, count in wanted.orders for _ in range(count)]
        dice = self.who
        number = (wanted.day - FIRST_DAY).days
        times = sorted(int(DAY * dice() ** 0.7) for _ in slots)
        # Shuffled by the dice, so that channels come in no order.
        slots = [slots[place] for _, place in sorted((dice(), place) for place in range(len(slots)))]
        if number in MIDNIGHTS and slots:
            times[0], times[-1] = 0, DAY - 1
        if number == LONG_DAY:
            slots[0] = ("other", None)
        midnight = START + number * DAY
        return [self.take(midnight + at, *slot, long=number == LONG_DAY and first == 0)
                for first, (at, slot) in enumerate(zip(times, slots, strict=True))]  # fmt: skip

    def take(self, at: int, channel: str, campaign: int | None, *, long: bool) -> Order:
        """One order."""
        number = self.count
        self.count += 1
        order_id = 5_600_000_000_000 + number * 1024
        if campaign is not None:
            self.brought[order_id] = campaign
        source = _source(channel, number, long=long)
        test = every(number, 500, 250)
        person, email = self._buyer(at, channel, source)
        country, region, tax_bps, currency = person.place if person else PLACES[int(self.who() * len(PLACES))]
        touch = NOTHING if source != "web" else draw(self.touches[channel, campaign], self.way)
        lines = self.carts.lines(number, at, tax_bps, new=person is not None and person.orders == 0, long=long)
        shipping = self.carts.shipping(order_id, number, lines, tax_bps, at_till=channel == "pos")
        cancelled_at = at + 3600 + int(self.back() * 40_000) if every(number, 45, 22) else None
        back: tuple[Refund, ...] = ()
        if every(number, 400, 210) or (cancelled_at and number % 4 == 2):
            status = "VOIDED"
        elif every(number, 210, 5):
            status = UNPAID[number // 210 % 3]
        else:
            back = self._given_back(order_id, at, lines, shipping, cancelled_at, long=long, test=test)
            status = _status(lines, back)
        # An imported order was sold before this shop heard of it.
        created = at + 9 * DAY if every(number, 1700, 850) else at
        if person:
            person.orders += 0 if test else 1
            person.last_at = max(person.last_at, created)
        subtotal = sum(line.quantity * line.unit_price_cents - sum(line.discounts) for line in lines)
        charged = [one for one in shipping if not one.is_removed]
        tax = sum(sum(line.taxes) for line in lines) + sum(sum(one.taxes) for one in charged)
        tip = 350 if source == "pos" and number % 3 == 0 else 0
        duties = subtotal * 5 // 100 if country in {"DE", "GB"} and number % 2 == 0 else 0
        fees = 150 if every(number, 800, 444) else 0
        return Order(
            id=order_id,
            name=f"#{1001 + number}",
            created_at=created,
            processed_at=at,
            updated_at=_updated(created, number, cancelled_at, back),
            cancelled_at=cancelled_at,
            test=test,
            edited=every(number, 1500, 700),
            financial_status=status,
            source_name=source,
            presentment_currency=currency,
            customer_id=person.id if person else None,
            email=email,
            country=country if shipping else None,
            region=region if shipping else None,
            visit=touch.visit,
            landing_page=touch.landing_page,
            referrer=touch.referrer,
            lines=lines,
            shipping=shipping,
            refunds=back,
            tip_cents=tip,
            duties_cents=duties,
            fees_cents=fees,
            subtotal_cents=subtotal,
            tax_cents=tax,
            total_cents=subtotal + sum(one.discounted_cents for one in charged) + tax + tip + duties + fees,
            channel=channel,
            campaign=touch.campaign,
        )

    def _buyer(self, at: int, channel: str, source: str) -> tuple[Person | None, str | None]:
        """The buyer's record and the address typed; neither for a passer-by at the till."""
        chance = self.who() * 100
        if source == "pos" and chance >= 45:
            return None, None
        if chance >= NEW[channel]:
            person = self.people.regular()
        elif source == "web" and self.who() < 0.18:
            return None, self.people.guest()
        else:
            person = self.people.newcomer(at)
        return person, person.email

    def _given_back(
        self,
        order_id: int,
        at: int,
        lines: tuple[Line, ...],
        shipping: tuple[ShippingLine, ...],
        cancelled_at: int | None,
        *,
        long: bool,
        test: bool,
    ) -> tuple[Refund, ...]:
        if cancelled_at:
            return (refunds.everything(order_id, min(cancelled_at, END - 1), lines, shipping, "CANCEL"),)
        if long:
            return (refunds.many(order_id, at + LONG_KEPT * DAY, lines),)
        return () if test else refunds.usual(order_id, at, lines, shipping, self.back)


def _source(channel: str, number: int, *, long: bool) -> str:
    """What Shopify calls the door that an order came in by: a draft, an app, the till, the web."""
    if channel == "pos":
        return "pos"
    if long or (channel == "other" and number % 3 == 1):
        return "shopify_draft_order"
    return APP if channel == "other" and number % 3 == 2 else "web"


def _status(lines: tuple[Line, ...], back: tuple[Refund, ...]) -> str:
    """Whether everything, something or nothing was given back of an order that was paid."""
    if not back:
        return "PAID"
    units = sum(line.quantity for one in back for line in one.lines)
    return "REFUNDED" if units == sum(line.quantity for line in lines) else "PARTIALLY_REFUNDED"


def _updated(created: int, number: int, cancelled_at: int | None, back: tuple[Refund, ...]) -> int:
    """The last change: the parcel's, or what was given back, but none after the history."""
    sent = created + 3600 + (number * 7919) % (3 * DAY)
    return min(END - 1, max(sent, cancelled_at or 0, *(refund.processed_at + 5 for refund in back)))
