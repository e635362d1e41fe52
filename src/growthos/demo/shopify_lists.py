"""Lists as Shopify pages them: sorted by version or number, filtered by a search string, cut by cursors."""

import json
import re
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from growthos.demo.dice import DAY

Json = dict[str, Any]
TERM = re.compile(r"(\w+):(>=|<=|>|<|)'?([^'\s]+)'?")
COUNT = re.compile(r"(\w+): ordersCount\(query: \"created_at:>='([^']+)' created_at:<'([^']+)'\", limit: null\)")


class Shelf:
    """A list in the order in which it is paged, with the keys it is paged and filtered by."""

    def __init__(
        self, items: Sequence[Any], version: Callable[[Any], int], number: Callable[[Any], int], by: str
    ) -> None:
        keyed = sorted((version(one) if by == "updated_at" else 0, number(one), version(one), one) for one in items)
        self.keys = [(one[0], one[1]) for one in keyed]
        self.versions = [one[2] for one in keyed]
        self.items = [one[3] for one in keyed]

    def page(
        self, asked: Mapping[str, Any], within: Mapping[str, tuple[int, int]], record: Callable[[Any], Json]
    ) -> Json:
        """The page after a cursor, of the records whose version and number lie within bounds."""
        start = bisect_right(self.keys, _key(asked["after"])) if asked.get("after") else 0
        low, high = within["time"]
        first, last = within["id"]
        found: list[int] = []
        for place in range(start, len(self.items)):
            if low <= self.versions[place] < high and first <= self.keys[place][1] < last:
                found.append(place)
                if len(found) > asked["first"]:
                    break
        page = found[: asked["first"]]
        end = _cursor(self.keys[page[-1]]) if page else None
        return {
            "pageInfo": {"hasNextPage": len(found) > len(page), "endCursor": end},
            "nodes": [record(self.items[place]) for place in page],
        }


def counts(query: str, created: Sequence[int]) -> Json:
    """How many of these instants, in order, lie within each range that a query names, by the range's alias."""

    def before(text: str) -> int:
        return bisect_left(created, int(datetime.fromisoformat(text).timestamp()))

    return {
        alias: {"count": before(until) - before(since), "precision": "EXACT"}
        for alias, since, until in COUNT.findall(query)
    }


def bounds(query: str, *, whole_days: bool) -> dict[str, tuple[int, int]]:
    """What a search string lets through: from a number on, up to before a number, for the id and for the time."""
    limits = {"time": (0, 1 << 62), "id": (0, 1 << 62)}
    for field, how, text in TERM.findall(query):
        number = int(text) if field == "id" else int(datetime.fromisoformat(text).timestamp())
        step = 1
        if whole_days and field == "updated_at":
            # Shopify matches customers by the day alone.
            number, step = number // DAY * DAY, DAY
        which = "id" if field == "id" else "time"
        low, high = limits[which]
        above, below = number + step, number
        match how:
            case ">=":
                low = max(low, number)
            case ">":
                low = max(low, above)
            case "<=":
                high = min(high, above)
            case "<":
                high = min(high, below)
            case _:
                low, high = max(low, number), min(high, above)
        limits[which] = low, high
    return limits


def _cursor(key: tuple[int, int]) -> str:
    return b64encode(f'{{"last_id":{key[1]},"last_value":{key[0]}}}'.encode()).decode()


def _key(text: str) -> tuple[int, int]:
    told = json.loads(b64decode(text))
    return told["last_value"], told["last_id"]
