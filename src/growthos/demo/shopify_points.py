"""What a query costs, in points: as observed on the live API, since the exact curve is not published.

A scalar costs nothing, money neither, an object one point, and a list of at most n records `2 + floor(2 ln n)` times
one of them. A query may cost 1,000 points; a bucket of 2,000 fills again by 100 a second.
"""

from collections.abc import Mapping
from datetime import datetime
from math import log
from typing import Any

MOST = 1_000
BUCKET, RATE = 2_000.0, 100.0

LINE, SHIPPING_LINE, VARIANT, CUSTOMER = 5, 2, 2, 3
"""Points of a record and of the objects in it: a line has its product, variant, discounts and taxes."""
ORDER = 7
"""Customer, address, journey, visit, tags, refunds, and the order itself; its lists come on top."""
REFUND = 2
FEW = 3
"""How many shipping lines, or adjustments, the queries ask for beside the longer list."""


def listed(count: int) -> int:
    """How many records' worth a list of at most `count` records costs."""
    return 2 + int(2 * log(count)) if count > 0 else 0


def cost(operation: str, asked: Mapping[str, Any], count: int) -> int | None:
    """Points of an operation that is about `count` records; None where it is unknown."""
    order = ORDER + listed(asked.get("lineItems", 0)) * LINE + listed(FEW) * SHIPPING_LINE
    refund = REFUND + listed(asked.get("refundLines", 0)) * 2 + 2 * listed(FEW)
    product = 1 + listed(asked.get("variants", 0)) * VARIANT
    costs = {
        "GrowthShop": 4,
        "GrowthOrders": listed(count) * order,
        "GrowthOrdersAgain": count * order,
        "GrowthOrderIds": listed(count),
        "GrowthOrderCounts": count,
        "GrowthOrderLineItems": 1 + listed(count) * LINE,
        "GrowthOrderShippingLines": 1 + listed(count) * SHIPPING_LINE,
        "GrowthRefunds": count * refund,
        "GrowthRefundLineItems": 1 + listed(count) * 2,
        "GrowthRefundShippingLines": 1 + listed(count),
        "GrowthRefundAdjustments": 1 + listed(count),
        "GrowthCustomers": listed(count) * CUSTOMER,
        "GrowthProducts": listed(count) * product,
        "GrowthProductVariants": 1 + listed(count) * VARIANT,
        "GrowthInventoryItems": listed(count),
    }
    return costs.get(operation)


class Bucket:
    """The points of one caller.

    Whether a query may run is decided by the true level, which follows the clock. What good answers tell is the
    level as it would be had the caller waited no longer than it must: never more than the truth, and the same for
    the same questions whenever they are asked.
    """

    def __init__(self, now: datetime) -> None:
        self.level = self.told = BUCKET
        self.at = now

    def take(self, requested: int, actual: int, now: datetime) -> bool:
        """Charge a query, or say that it has to wait."""
        self.level = min(BUCKET, self.level + RATE * max(0.0, (now - self.at).total_seconds()))
        self.at = now
        if self.level < requested:
            return False
        self.level -= actual
        self.told = min(max(self.told, requested) - actual, self.level)
        return True


def told(requested: int, actual: int | None, available: float) -> dict[str, Any]:
    """The `extensions` of an answer."""
    return {
        "cost": {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": BUCKET,
                "currentlyAvailable": float(int(available)),
                "restoreRate": RATE,
            },
        }
    }
