"""What comes back: parts and whole orders, early and late, goods and goodwill."""

from growthos.demo.dice import DAY, END, Dice, div_round
from growthos.demo.records import Adjustment, Line, Refund, RefundLine, RefundShipping, RestockType, ShippingLine

SHARE = 0.115
"""Of the orders that were paid, so many have a refund sooner or later."""
LATE = 30
"""A refund more than so many days after its order is late."""
BIG = 110
"""Lines of the one refund that is longer than a page."""


def usual(
    order: int, sold_at: int, lines: tuple[Line, ...], shipping: tuple[ShippingLine, ...], dice: Dice
) -> tuple[Refund, ...]:
    """The refunds of an ordinary order: mostly none."""
    if dice() > SHARE or all(line.is_gift_card for line in lines):
        return ()
    wait = LATE + 1 + int(dice() * 40) if dice() < 0.09 else 2 + int(dice() * dice() * 26)
    at = sold_at + wait * DAY + int(dice() * DAY * 0.9)
    if at >= END:
        return ()
    kind = dice()
    if kind < 0.12:
        return (goodwill(order, at, lines, 500 + int(dice() * 12) * 125),)
    restock: RestockType = "NO_RESTOCK" if dice() < 0.22 else "LEGACY_RESTOCK" if dice() < 0.05 else "RETURN"
    if kind < 0.45:
        return (everything(order, at, lines, shipping, restock),)
    first = some(order, at, lines, restock, dice)
    if kind > 0.93 and len(lines) > 1 and at + 3 * DAY < END:
        return (first, goodwill(order, at + 3 * DAY, lines, 300, number=1)) if first.lines else (first,)
    return (first,)


def goodwill(order: int, at: int, lines: tuple[Line, ...], cents: int, number: int = 0) -> Refund:
    """Money back and nothing returned: an adjustment without a line, never more than a fifth of the goods."""
    worth = sum(_paid(line) for line in lines if not line.is_gift_card)
    given = min(cents, worth // 5)
    refund = _id(order, number)
    adjustments = (Adjustment(refund + 9, "REFUND_DISCREPANCY", -given, 0),) if given else ()
    return Refund(refund, order, at, at, (), (), adjustments)


def everything(
    order: int, at: int, lines: tuple[Line, ...], shipping: tuple[ShippingLine, ...], restock: RestockType
) -> Refund:
    """The whole order, delivery included; now and then a fee is kept back."""
    refund = _id(order, 0)
    back = tuple(
        _line(refund, place, line, line.quantity, restock) for place, line in enumerate(lines) if not line.is_gift_card
    )
    sent = tuple(
        RefundShipping(refund + 1000 + place, one.discounted_cents, sum(one.taxes))
        for place, one in enumerate(shipping)
        if one.discounted_cents and not one.is_removed
    )
    kept = (
        (Adjustment(refund + 9, "RESTOCK", 250, 0),)
        if order % 7 == 0 and sum(one.subtotal_cents for one in back) > 500
        else ()
    )
    return Refund(refund, order, at, at, back, sent, kept)


def some(order: int, at: int, lines: tuple[Line, ...], restock: RestockType, dice: Dice) -> Refund:
    """One line of the order, or part of it."""
    refund = _id(order, 0)
    place = int(dice() * len(lines))
    line = lines[place]
    if line.is_gift_card:
        return goodwill(order, at, lines, 400)
    quantity = 1 + int(dice() * line.quantity)
    back = (_line(refund, place, line, quantity, restock),)
    # A refund that the bank has not settled: told as an adjustment that is none yet.
    open_ = (
        (Adjustment(refund + 9, "PENDING_REFUND_DISCREPANCY", -back[0].subtotal_cents, 0),) if order % 31 == 0 else ()
    )
    return Refund(refund, order, at, at + 60, back, (), open_)


def many(order: int, at: int, lines: tuple[Line, ...]) -> Refund:
    """The refund that is longer than a page."""
    refund = _id(order, 0)
    back = tuple(_line(refund, place, line, 1, "RETURN") for place, line in enumerate(lines[:BIG]))
    return Refund(refund, order, at, at, back, (), ())


def _id(order: int, number: int) -> int:
    return 990_000_000_000 + (order % 1_000_000_000) * 8 + number * 4


def _line(refund: int, place: int, line: Line, quantity: int, restock: RestockType) -> RefundLine:
    part = quantity == line.quantity
    subtotal = _paid(line) if part else _paid(line) * quantity // line.quantity
    tax = sum(line.taxes)
    taxed = tax if part else div_round(tax * quantity, line.quantity)
    return RefundLine(refund * 128 + place, line.id, quantity, restock, subtotal, taxed)


def _paid(line: Line) -> int:
    return line.quantity * line.unit_price_cents - sum(line.discounts)
