"""How a change is shared out among what made it: exact arithmetic that knows numbers and nothing of shops.

Effects are fractions and add up to the change before anything is rounded; they are rounded once, at the end, so that
they still add up. A factor that did not change has an effect of exactly 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from math import factorial, floor, prod

from growthos.measures.values import safe_div

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Quotient:
    """A numerator and a denominator in two periods."""

    numerator_before: int
    numerator: int
    denominator_before: int
    denominator: int


def product(before: Sequence[Fraction], now: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The effect of each factor on the change of their product, the same in whatever order the factors stand.

    Shapley value: the mean, over all orders in which n factors can change one after another, of what factor i does when
    its turn comes,

        sum over the sets S of other factors: |S|! (n - |S| - 1)! / n! * (now_i - before_i) * now of S * before of rest

    For two factors that is the change of one times the mean of the other. Changing them in one fixed order would give
    what they do together to whoever comes last; splitting by logarithms (LMDI) ends at a zero.

    Source: L. Shapley, A value for n-person games (1953), for this use A. Shorrocks, Decomposition procedures for
    distributional analysis, J. of Economic Inequality 11 (2013); for rates P. Das Gupta, Standardization and
    Decomposition of Rates (1993).
    """
    places = range(len(before))
    found = []
    for place in places:
        others = [one for one in places if one != place]
        mean = Fraction(0)
        for size in range(len(others) + 1):
            weight = Fraction(factorial(size) * factorial(len(others) - size), factorial(len(before)))
            for changed in combinations(others, size):
                mean += weight * prod(
                    (now[one] if one in changed else before[one] for one in others), start=Fraction(1)
                )
        found.append(mean * (now[place] - before[place]))
    return tuple(found)


def chain(before: Sequence[int], now: Sequence[int]) -> tuple[Fraction, ...]:
    """The effect of each step on the change of last / first, a step being a measure over the one before it.

    Spend, impressions, clicks, value: impressions per spend, clicks per impression, value per click, and `product` of
    these. The first is never 0. A step that cannot be told in one period, 0 out of 0, is taken to have been as in the
    other. A measure that is 0 while a later one is not, as clicks where somebody bought without one, is passed over,
    and the step after it counts from the one before.
    """
    last = len(now) - 1
    kept = [
        place
        for place in range(len(now))
        if place in {0, last} or all(period[place] or not any(period[place + 1 :]) for period in (before, now))
    ]
    steps = list(pairwise(kept))
    was, are = ([safe_div(period[end], period[start]) for start, end in steps] for period in (before, now))
    effects = product(
        [one if one is not None else other or Fraction(0) for one, other in zip(was, are, strict=True)],
        [one if one is not None else other or Fraction(0) for one, other in zip(are, was, strict=True)],
    )
    found = [Fraction(0)] * last
    for (_, end), effect in zip(steps, effects, strict=True):
        found[end - 1] = effect
    return tuple(found)


def by_volume(
    volume: tuple[int, int],
    amounts_before: Sequence[int],
    amounts: Sequence[int],
    average: Fraction | None,
) -> tuple[Fraction, ...]:
    """The effects of how many there were, of each amount for one of them, and of the mix, on the sum of the amounts.

    With n of them before and m now, an amount a before and b now, and `average` for one of them over the whole before:

        volume = (m - n) * average        each amount = b - m * a / n        mix = what remains

    What remains is (m - n) * (own average before - `average`): it is 0 for the whole, and for its parts says what came
    of more or fewer where an order is worth more or less. The volume effects of all parts add up to that of the whole.
    Where there were none before or are none now, an amount for one cannot be compared and has no effect.

    Volume at the old price, price at the new volume: the order that accountants use for price, volume and mix
    (C. Horngren, Cost Accounting, sales variances), and the one that a reader checks in the head.
    """
    n, m = volume
    change = sum(amounts) - sum(amounts_before)
    of_volume = Fraction(change) if average is None else (m - n) * average
    shares = [safe_div(a, n) if m else None for a in amounts_before]
    each = [Fraction(0) if a is None else b - m * a for a, b in zip(shares, amounts, strict=True)]
    return (of_volume, *each, change - of_volume - sum(each))


def by_rate(part: Quotient, whole: Quotient, steps: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The effects of one part's own steps, and of the mix, on the change of the whole's quotient.

    The whole's quotient is the mean of those of its parts, weighted by their shares of the denominator. `steps` add up
    to the change of the part's own quotient, 0 where it has none before or none now:

        step = mean share * step        mix = change of the share * (mean quotient of the part - that of the whole)

    Over all parts that is the change of the whole. The mix of a part that came or went is all that it did.

    Source: E. Kitagawa, Components of a difference between two rates, J. Am. Stat. Assoc. 50 (1955).
    """
    share_before = _over(part.denominator_before, whole.denominator_before)
    share = _over(part.denominator, whole.denominator)
    rate_before = _over(whole.numerator_before, whole.denominator_before)
    rate = _over(whole.numerator, whole.denominator)
    moved = _over(part.numerator, whole.denominator) - _over(part.numerator_before, whole.denominator_before)
    own = [(share_before + share) * HALF * step for step in steps]
    return (*own, moved - (share - share_before) * (rate_before + rate) * HALF - sum(own))


def by_terms(part: Quotient, whole: Quotient) -> tuple[Fraction, Fraction]:
    """The effects of one part's numerator and of its denominator on the change of the whole's quotient.

    `product` of the numerator and one over the denominator, for the whole; each is shared out among the parts by how
    far theirs moved. There is no mix.
    """
    over_before, over = _over(1, whole.denominator_before), _over(1, whole.denominator)
    numerator = (part.numerator - part.numerator_before) * (over_before + over) * HALF
    mean = (whole.numerator_before + whole.numerator) * HALF
    return numerator, -(part.denominator - part.denominator_before) * mean * over_before * over


def _over(numerator: int, denominator: int) -> Fraction:
    """A quotient of the whole: it has one in both periods, or there would be no change to split."""
    return safe_div(numerator, denominator) or Fraction(0)


def apportion(total: int, parts: Sequence[Fraction]) -> list[int]:
    """The parts in whole units that add up to `total`, which is less than one unit for each broken part from their sum.

    Largest remainders (Hamilton): each is rounded down, and the units that are missing go to those that lost most, the
    earlier one where two lost the same. A whole part stays what it is.
    """
    found = [floor(part) for part in parts]
    lost = sorted(range(len(parts)), key=lambda place: found[place] - parts[place])
    for place in lost[: total - sum(found)]:
        found[place] += 1
    return found


def settle(rows: Sequence[Sequence[Fraction]], first: int) -> list[list[int]]:
    """A table in whole units: rows keep their sums, which are whole, and each column is within a unit of its own sum.

    The first column adds up to `first`. No cell moves by a whole unit, and whole cells stay what they are. Each row is
    apportioned; then, as long as a column is off, a unit goes from one column to another within a row where both may
    round either way, over other columns if need be. There is always a way.

    Source: L. Cox, L. Ernst, Controlled rounding, INFOR 20 (1982).
    """
    cells = [apportion(int(sum(row)), row) for row in rows]
    exact = [sum(column) for column in zip(*rows, strict=True)]
    low = [first, *(floor(one) for one in exact[1:])]
    high = [first, *(-floor(-one) for one in exact[1:])]
    while True:
        sums = [sum(column) for column in zip(*cells, strict=True)]
        over = [place for place, one in enumerate(sums) if one > high[place]]
        under = [place for place, one in enumerate(sums) if one < low[place]]
        if not over and not under:
            return cells
        givers = over or [place for place, one in enumerate(sums) if one > low[place]]
        takers = [place for place, one in enumerate(sums) if one < high[place]] if over else under
        for row, giver, taker in _way(rows, cells, givers, takers):
            cells[row][giver] -= 1
            cells[row][taker] += 1


def _way(
    rows: Sequence[Sequence[Fraction]], cells: Sequence[Sequence[int]], givers: list[int], takers: list[int]
) -> list[tuple[int, int, int]]:
    """The shortest way for a unit from a column that gives to one that takes: (row, from, to) for each step."""
    ways: dict[int, list[tuple[int, int, int]]] = {giver: [] for giver in givers}
    for here in (waiting := list(ways)):
        if here in takers:
            return ways[here]
        for number, (row, cell) in enumerate(zip(rows, cells, strict=True)):
            if cell[here] > row[here]:
                for there in (one for one in range(len(row)) if cell[one] < row[one] and one not in ways):
                    ways[there] = [*ways[here], (number, here, there)]
                    waiting.append(there)
    raise ArithmeticError("no way: a row does not add up to a whole number")
