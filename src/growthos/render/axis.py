"""The axis of a KPI: round numbers from the lowest value to the highest, as few as fit, and how each is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from growthos.measures.formulas import Kpi
from growthos.measures.values import Value
from growthos.render.values import in_full

FRACTION = re.compile(r"\.(\d+)")
DIGITS = 6
MILLION = 10**DIGITS


@dataclass(frozen=True, slots=True)
class Axis:
    """From one label to the next it is `step` units; `labels` stand from above, `ups` of them above the zero."""

    step: int
    ups: int
    downs: int
    labels: tuple[str, ...]


def units(kpi: Kpi, value: Value) -> int:
    """Cents, days, or millionths of a ratio."""
    return int((value or 0) * (MILLION if kpi.unit == "ratio" else 1))


def fitted(kpi: Kpi, currency: str, heights: Sequence[int], most: int) -> Axis | None:
    """The axis on which all heights, in units, have room with at most so many steps; None where all are zero."""
    high, low = max(0, *heights, 0), min(0, *heights, 0)
    if not high - low:
        return None
    step = next(one for one in _round_numbers() if -(-high // one) + -(low // one) <= most)
    ups, downs = -(-high // step), -(low // step)
    return Axis(step, ups, downs, tuple(_labels(kpi, currency, [step * one for one in range(ups, -downs - 1, -1)])))


def _round_numbers() -> Iterator[int]:
    """What one likes to read at an axis: 1, 2, 5, 10, 20, 25, 50, 100, 200, …"""
    yield from (1, 2, 5)
    for power in count(1):
        yield from (10**power, 2 * 10**power, 25 * 10 ** (power - 1), 5 * 10**power)


def _labels(kpi: Kpi, currency: str, steps: Sequence[int]) -> list[str]:
    """The numbers at the axis, all with as many digits as one of them needs; of an amount all digits or none."""
    scale = -DIGITS if kpi.unit == "ratio" else 0
    texts = [in_full(Decimal(one).scaleb(scale), kpi.form, currency) for one in steps]
    fractions = [match[1] for text in texts if (match := FRACTION.search(text))]
    needed = max((len(one.rstrip("0")) for one in fractions), default=0)
    if needed and kpi.form == "money":
        return [text if FRACTION.search(text) else f"{text}.00" for text in texts]
    return [FRACTION.sub(lambda match: f".{match[1][:needed]}" if needed else "", text) for text in texts]
