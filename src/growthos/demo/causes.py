"""What the shop knows of its own numbers: why they are not the same on every day."""

from collections.abc import Iterator
from datetime import timedelta

from growthos.demo.carts import LONG_LINES
from growthos.demo.dice import FIRST_DAY, LAST_DAY
from growthos.demo.marketing import ANOMALY, CAMPAIGNS, PEAKS
from growthos.demo.orders import LONG_DAY, LONG_KEPT
from growthos.demo.records import Cause


def known() -> tuple[Cause, ...]:
    """Everything that happened, by day; the same whatever the seed."""
    return tuple(sorted(_known()))


def _known() -> Iterator[Cause]:
    yield Cause(ANOMALY.first, LAST_DAY, ANOMALY.what)
    for first, last, _, what in PEAKS:
        yield Cause(first, last, what)
    for one in CAMPAIGNS:
        if (one.first, one.last) != (FIRST_DAY, LAST_DAY):
            yield Cause(one.first, one.last, f"The campaign {one.name}.", one.platform)
    sold = FIRST_DAY + timedelta(days=LONG_DAY)
    back = sold + timedelta(days=LONG_KEPT)
    yield Cause(sold, sold, f"One order of {LONG_LINES} lines.")
    yield Cause(back, back, f"Most of the order of {LONG_LINES} lines comes back.")
