"""How much to ask Shopify for at once, and when: a query is charged in points that come back with time.

How the points of a query are counted is not published, so each answer teaches what the next page may be.
"""

from dataclasses import dataclass

from growthos.connectors.shopify_pages import Cost, Throttle

TARGET = 950.0
"""Points of a page; a query of more than 1,000 is refused."""
SHARE = 0.8
LARGEST = 250
START = {
    "GrowthOrders": 5,
    "GrowthOrdersAgain": 5,
    "GrowthRefunds": 20,
    "GrowthCustomers": 50,
    "GrowthProducts": 10,
    "GrowthInventoryItems": 100,
    "GrowthOrderCounts": 31,
    "GrowthOrderIds": 250,
}
OTHERS_START = 50
INNER = {
    "GrowthOrders": "lineItems",
    "GrowthOrdersAgain": "lineItems",
    "GrowthRefunds": "refundLines",
    "GrowthProducts": "variants",
}
"""The list inside the records of an operation, of which more or less may be asked."""
INNER_START = {"GrowthProducts": 10}
OTHERS_INNER = 5
CROWDED = 0.2
MOST = {"GrowthOrdersAgain": 50, "GrowthRefunds": 50, "GrowthOrderCounts": 62}


@dataclass(slots=True)
class Size:
    """The page size of one operation, of the lists inside, and what its last page cost each record."""

    outer: int
    inner: int
    points_each: float = 0.0


class Meter:
    """Page sizes by operation, and the `bucket` as the last answer told it."""

    def __init__(self) -> None:
        self._sizes: dict[str, Size] = {}
        self.bucket: Throttle | None = None
        self._told_at = 0.0

    def size(self, operation: str) -> Size:
        """How many records to ask for, and how many of each list inside them."""
        if operation not in self._sizes:
            inner = INNER_START.get(operation, OTHERS_INNER) if operation in INNER else 1
            self._sizes[operation] = Size(START.get(operation, OTHERS_START), inner)
        return self._sizes[operation]

    def wait(self, operation: str, now: float) -> float:
        """Seconds until the bucket holds what the next page of this operation is expected to cost."""
        bucket, size = self.bucket, self.size(operation)
        if bucket is None or bucket.restore_rate <= 0:
            return 0.0
        expected = min(size.points_each * size.outer, bucket.maximum_available)
        restored = bucket.currently_available + bucket.restore_rate * (now - self._told_at)
        return max(0.0, (expected - restored) / bucket.restore_rate)

    def see(self, cost: Cost, now: float) -> None:
        """Take in what is left in the bucket."""
        if cost.throttle_status is not None:
            self.bucket, self._told_at = cost.throttle_status, now

    def learn(self, operation: str, asked: int, cost: Cost, now: float) -> None:
        """Take in what a page of `asked` records cost; the next may be up to twice as large, or smaller."""
        size, points = self.size(operation), cost.requested_query_cost
        self.see(cost, now)
        if not points or asked < 1:
            return
        size.points_each = points / asked
        fits = int(self._target / size.points_each)
        largest = MOST.get(operation, LARGEST)
        if fits > size.outer:
            size.outer = min(fits, 2 * size.outer, largest) if asked == size.outer else size.outer
        else:
            size.outer = max(1, fits)

    def cut_off(self, operation: str, share: float) -> None:
        """Of so many records the list inside was cut off: where they are many, ask for more of it from now on.

        Each list that is cut off costs a request of its own. Where the page can hold no more records and the points
        are there, more of the list is asked for though few are cut off.
        """
        size = self.size(operation)
        is_full = size.outer >= MOST.get(operation, LARGEST) and 2 * size.points_each * size.outer <= self._target
        if size.inner < LARGEST and (share > CROWDED or (share > 0 and is_full)):
            size.inner = min(LARGEST, 2 * size.inner)
            size.points_each *= 2
            size.outer = size.outer if is_full else max(1, size.outer // 2)

    @property
    def _target(self) -> float:
        return min(TARGET, SHARE * self.bucket.maximum_available) if self.bucket else TARGET

    def halve(self, operation: str) -> bool:
        """Ask for half as much from now on; False where it is a single record of a single line already."""
        size = self.size(operation)
        if size.outer > 1:
            size.outer //= 2
        elif size.inner > 1:
            size.inner //= 2
        else:
            return False
        return True
