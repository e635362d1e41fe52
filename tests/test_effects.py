"""The arithmetic of effects: worked out on paper, and whatever the numbers, they add up to the change."""

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from math import floor, prod

import pytest

from growthos import kpis
from growthos.measures import effects, reading
from growthos.measures.effects import Quotient
from growthos.measures.formulas import outcome
from growthos.measures.splits import SPLITS, Move, alone
from growthos.measures.values import exact

NUMBERS = [name for name in reading.NOTHING if name != "payback"]


def chances(name: str = "") -> Iterator[random.Random]:
    """Dice of a hundred seeds."""
    for seed in range(100):
        yield random.Random(f"{name}{seed}")


@pytest.mark.parametrize(
    ("before", "now", "by_hand"),
    [
        # 2 x 3 = 6 -> 4 x 5 = 20: (4 - 2) times the mean of 3 and 5, (5 - 3) times the mean of 2 and 4.
        ((2, 3), (4, 5), (8, 6)),
        # 1 x 2 x 3 = 6 -> 2 x 2 x 5 = 20: 1 x 2 x mean(3, 5), nothing, 2 x 2 x mean(1, 2).
        ((1, 2, 3), (2, 2, 5), (8, 0, 6)),
        # 1 x 1 x 1 -> 2 x 2 x 2, a change of 7 that three equal factors share.
        ((1, 1, 1), (2, 2, 2), (Fraction(7, 3),) * 3),
        # To 0 and from 0, where logarithms end: 4 x 5 -> 0 x 5.
        ((4, 5), (0, 5), (-20, 0)),
    ],
)
def test_a_product_is_split_as_on_paper(before, now, by_hand):
    assert effects.product([Fraction(one) for one in before], [Fraction(one) for one in now]) == by_hand


def test_a_product_is_split_exactly_whatever_the_order_of_its_factors():
    """They add up, who did not change did nothing, and each is the mean over all orders of changing one by one."""
    for dice in chances():
        count = dice.randint(2, 5)
        before, now = ([Fraction(dice.randint(-3, 9), dice.randint(1, 9)) for _ in range(count)] for _ in range(2))
        now[dice.randrange(count)] = before[dice.randrange(count)]
        found = effects.product(before, now)

        assert sum(found) == prod(now) - prod(before)
        assert all(effect == 0 for effect, a, b in zip(found, before, now, strict=True) if a == b)
        places = dice.sample(range(count), count)
        assert effects.product([before[one] for one in places], [now[one] for one in places]) == tuple(
            found[one] for one in places
        )
        orders = list(permutations(range(count)))
        for place in range(count):
            turns = [_turn(before, now, order, place) for order in orders]
            assert found[place] == sum(turns) / len(orders)


def _turn(before: list[Fraction], now: list[Fraction], order: tuple[int, ...], place: int) -> Fraction:
    """What a factor does when those that stand before it in an order have changed."""
    done = order[: order.index(place)]
    others = prod(now[one] if one in done else before[one] for one in range(len(now)) if one != place)
    return others * (now[place] - before[place])


@pytest.mark.parametrize(
    ("before", "now", "by_hand"),
    [
        # Half the clicks for the same spend, each worth the same: 200 / 100 -> 100 / 100.
        ((100, 50, 200), (100, 25, 100), (-1, 0)),
        # No click, no sale: what a click would have brought cannot be told and is taken to be the same.
        ((100, 50, 200), (100, 0, 0), (-2, 0)),
        # Sales without a click, after ads that were only seen: clicks are passed over, 2 -> 1 is the later step's.
        ((100, 50, 200), (100, 0, 100), (0, -1)),
        ((100, 0, 0, 0), (100, 0, 0, 0), (0, 0, 0)),
    ],
)
def test_steps_are_told_as_far_as_they_can_be(before, now, by_hand):
    assert effects.chain(before, now) == by_hand


def test_steps_add_up_whatever_is_missing():
    for dice in chances():
        before, now = ([dice.choice((0, dice.randint(0, 50))) for _ in range(5)] for _ in range(2))
        before[0], now[0] = dice.randint(1, 9), dice.randint(1, 9)
        assert sum(effects.chain(before, now)) == Fraction(now[-1], now[0]) - Fraction(before[-1], before[0])


def test_volume_price_and_mix_are_those_on_paper():
    """4 orders of 100 -> 2 that bring 220, where an order of the whole shop brought 150.

    2 orders fewer: -2 x 150 = -300. Their value: 220 - 2 x 100 = 20. They were worth less than most: -2 x (100 - 150)
    = 100. Together 220 - 400 = -180.
    """
    assert effects.by_volume((4, 2), [400], [220], Fraction(150)) == (-300, 20, 100)
    assert effects.by_volume((4, 2), [400], [220], Fraction(100)) == (-200, 20, 0), "alone there is no mix"
    assert effects.by_volume((0, 2), [0], [220], Fraction(150)) == (300, 0, -80), "new ones have no value before"
    assert effects.by_volume((0, 2), [0], [220], None) == (220, 0, 0), "from nothing all comes of the orders"


def test_rates_and_mix_are_those_on_paper():
    """Spend 100 and 100, sales 300 and 100: 2. Then spend 100 and 300, sales 200 and 300: 1.25.

    The first: its share .5 -> .25, its quotient 3 -> 2. -1 x .375 = -.375, and -.25 x (2.5 - 1.625) = -.21875.
    The second: its share .5 -> .75, its quotient 1 -> 1. 0, and .25 x (1 - 1.625) = -.15625. Together -.75.
    """
    whole = Quotient(400, 500, 200, 400)
    first = effects.by_rate(Quotient(300, 200, 100, 100), whole, [Fraction(-1)])
    second = effects.by_rate(Quotient(100, 300, 100, 300), whole, [Fraction(0)])
    assert first == (Fraction("-.375"), Fraction("-.21875"))
    assert second == (0, Fraction("-.15625"))


def test_numerator_and_denominator_are_those_on_paper():
    """100 for 10 -> 120 for 8: 10 -> 15. 20 x mean(1/10, 1/8) = 2.25, and 110 x (1/8 - 1/10) = 2.75."""
    whole = Quotient(100, 120, 10, 8)
    assert effects.by_terms(whole, whole) == (Fraction("2.25"), Fraction("2.75"))
    assert effects.by_terms(Quotient(60, 80, 6, 6), whole) == (Fraction("2.25"), 0)
    assert effects.by_terms(Quotient(40, 40, 4, 2), whole) == (0, Fraction("2.75"))


@pytest.mark.parametrize(
    ("total", "parts", "by_hand"),
    [
        (10, ("3.3", "3.3", "3.4"), [3, 3, 4]),
        (1, ("0", "0.5", "0.5"), [0, 1, 0]),
        (-1, ("-0.5", "-0.5"), [0, -1]),
        (-7, ("-3.75", "-3.25", "0"), [-4, -3, 0]),
        (2, ("0.75", "0.75"), [1, 1]),  # the sum is 1.5, rounded to 2 once
        (0, (), []),
    ],
)
def test_parts_are_rounded_so_that_they_add_up(total, parts, by_hand):
    assert effects.apportion(total, [Fraction(one) for one in parts]) == by_hand


def test_a_table_is_rounded_over_other_columns_where_it_must_be():
    """Row by row the halves go to the left; with none wanted in the first column, the unit goes on to the second, where
    there is one already, and this one to the third.
    """
    half = Fraction(1, 2)
    rows = [[half, half, Fraction(0)], [Fraction(0), half, half]]
    assert [effects.apportion(1, row) for row in rows] == [[1, 0, 0], [0, 1, 0]]
    assert effects.settle(rows, 1) == [[1, 0, 0], [0, 1, 0]]
    assert effects.settle(rows, 0) == [[0, 1, 0], [0, 0, 1]]


def test_a_rounded_table_keeps_its_sums():
    """Rows exactly, the first column as told, every other within a unit, no cell by a unit, whole cells as they are."""
    for dice in chances():
        width = dice.randint(2, 5)
        rows = []
        for _ in range(dice.randint(1, 30)):
            row = [Fraction(dice.randint(-90, 90), dice.choice((1, 2, 3, 7))) for _ in range(width - 1)]
            rows.append([*row, floor(sum(row)) - sum(row)])
            dice.shuffle(rows[-1])
        columns = [sum(column) for column in zip(*rows, strict=True)]
        for first in {floor(columns[0]), -floor(-columns[0])}:
            found = effects.settle(rows, first)
            assert [sum(cells) for cells in found] == [sum(row) for row in rows]
            sums = [sum(column) for column in zip(*found, strict=True)]
            assert sums[0] == first
            assert all(abs(a - b) < 1 for a, b in zip(sums, columns, strict=True))
            for cells, row in zip(found, rows, strict=True):
                assert all(abs(cell - value) < 1 for cell, value in zip(cells, row, strict=True))


@pytest.mark.parametrize("name", SPLITS)
def test_the_parts_of_any_shop_add_up_to_its_change(name):
    """Exactly, whatever is 0, and whichever parts come or go; what did not move did nothing."""
    for dice in chances(name):
        parts = [Move(*(_group(dice) for _ in range(2))) for _ in range(dice.randint(1, 6))]
        whole = Move(_sum([one.before for one in parts]), _sum([one.now for one in parts]))
        values = [exact(outcome(kpis.KPIS[name].name, group)) for group in (whole.before, whole.now)]
        if None in values:
            continue
        found = [SPLITS[name].effects(part, whole) for part in parts]

        assert sum(sum(one) for one in found) == values[1] - values[0]
        assert all(len(one) == len(SPLITS[name].causes) for one in found)
        still = SPLITS[name].effects(Move(whole.now, whole.now), Move(whole.now, whole.now))
        assert set(still) == {0}


def _group(dice: random.Random) -> dict[str, int]:
    return {name: dice.choice((0, dice.randint(1, 9), dice.randint(1, 10**6))) for name in NUMBERS}


def _sum(groups: list[reading.Group]) -> dict[str, int]:
    return {name: sum(group[name] or 0 for group in groups) for name in NUMBERS}


def test_alone_there_is_no_mix():
    dice = random.Random(1)
    before, now = ({name: dice.randint(1, 999) for name in NUMBERS} for _ in range(2))
    mixes = [alone(name, before, now).get("mix", 0) for name in SPLITS]
    assert set(mixes) == {0}
