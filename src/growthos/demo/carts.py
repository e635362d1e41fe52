"""What lies in a cart, what is taken off, and what sending it costs."""

from growthos.demo.dice import day_of, div_round, every, stream
from growthos.demo.marketing import PEAK_FIRST, PEAK_LAST
from growthos.demo.records import Line, Product, ShippingLine, Variant

LONG_LINES = 140
"""Lines of the one order that is longer than a page."""
FREE_FROM = 9_000
"""Delivery is free from here on, in cents."""


class Carts:
    """Fills carts from the shelves and works out discounts, tax and delivery, to the cent."""

    def __init__(self, seed: int, products: tuple[Product, ...]) -> None:
        self.taste, self.money = stream(seed, "cart"), stream(seed, "money")
        *shelves, gifts = products
        self.goods = [(product, variant) for product in shelves for variant in product.variants[:5]]
        self.gifts = [(gifts, variant) for variant in gifts.variants]

    def lines(self, number: int, at: int, tax_bps: int, *, new: bool, long: bool) -> tuple[Line, ...]:
        """The lines of order `number`; new customers have a code of their own."""
        dice, goods = self.taste, self.goods
        chance = dice()
        count = 1 if chance < 0.53 else 2 if chance < 0.81 else 3 if chance < 0.94 else 4 + int(dice() * 2)
        picked: list[tuple[Product, Variant, int]] = []
        if long:
            count = LONG_LINES
        for _ in range(count):
            product, variant = goods[int(len(goods) * dice() ** 1.4)]
            chance = dice()
            picked.append((product, variant, 1 if chance < 0.84 else 2 if chance < 0.96 else 3 + int(dice() * 2)))
        if every(number, 380, 190):
            picked = [(*self.gifts[number % 4], 1)]
        elif every(number, 330, 100):
            picked.append((*self.gifts[number % 3], 1))
        nets = [0 if product.is_gift_card else variant.price_cents * units for product, variant, units in picked]
        cuts: list[tuple[int, ...]] = [()] * len(picked)
        self._own_cut(nets, cuts)
        self._code(number, at, nets, cuts, new=new)
        return tuple(
            Line(
                14_000_000_000_000 + number * 32_768 + place,
                product.title,
                variant.sku,
                # Now and then an article, or only its size, has been deleted since.
                None if (gone := (number * 7 + place) % 260) == 99 else product.id,
                None if gone in (99, 180) else variant.id,
                None if gone == 99 else product.category,
                product.is_gift_card,
                product.requires_shipping,
                units,
                variant.price_cents,
                cuts[place],
                (div_round(nets[place] * tax_bps, 10_000),) if tax_bps and not product.is_gift_card else (),
            )
            for place, (product, variant, units) in enumerate(picked)
        )

    def _own_cut(self, nets: list[int], cuts: list[tuple[int, ...]]) -> None:
        """An offer on one line: a seventh of the orders have one."""
        if self.money() < 0.14:
            cut = nets[0] * (10 + int(self.money() * 3) * 5) // 100
            if cut:
                cuts[0] = (cut,)
                nets[0] -= cut

    def _code(self, number: int, at: int, nets: list[int], cuts: list[tuple[int, ...]], *, new: bool) -> None:
        """A code on the order, spread over its lines to the cent."""
        peak = PEAK_FIRST <= day_of(at) <= PEAK_LAST
        chance, total = self.money(), sum(nets)
        if every(number, 450, 300):
            # A replacement: the goods cost nothing.
            off = total
        elif peak and chance < 0.5:
            off = total * 20 // 100
        elif new and chance < 0.3:
            off = total * 10 // 100
        elif chance > 0.9:
            off = min(1_500, total // 3)
        else:
            return
        left, worth = off, total
        for place, net in enumerate(nets):
            part = left * net // worth if worth else 0
            if place == len(nets) - 1:
                part = min(left, net)
            if part:
                cuts[place] = (*cuts[place], part)
                nets[place] = net - part
            left, worth = left - part, worth - net

    def shipping(
        self, order_id: int, number: int, lines: tuple[Line, ...], tax_bps: int, *, at_till: bool
    ) -> tuple[ShippingLine, ...]:
        """How the goods get to the buyer; empty where there is nothing to send."""
        if at_till or not any(line.requires_shipping for line in lines):
            return ()
        if every(number, 90, 40):
            return (ShippingLine(order_id + 1, 0, 0, (), is_removed=False, is_pickup=True),)
        goods = sum(line.quantity * line.unit_price_cents - sum(line.discounts) for line in lines)
        price = 0 if goods >= FREE_FROM else 595
        charged = price
        chance = self.money()
        if chance < 0.12:
            # A code for free delivery, or for half of it.
            charged = 0 if chance < 0.08 else price // 2
        taxes = (div_round(charged * tax_bps, 10_000),) if charged and tax_bps in {888, 650} else ()
        line = ShippingLine(order_id + 1, charged, price, taxes, is_removed=False, is_pickup=False)
        if every(number, 1500, 700):
            # Edited: express was chosen, then taken off.
            return (line, ShippingLine(order_id + 2, 1995, 1995, (), is_removed=True, is_pickup=False))
        return (line,)
