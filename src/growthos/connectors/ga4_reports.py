"""The reports that GA4 is asked for: what each is made of, and how a page of it is asked for."""

from dataclasses import dataclass

from growthos.period import Period

LIMIT = 100_000
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Report:
    """A property's days by some dimensions, of which `date` is the first; staging reads values by their place."""

    name: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]

    # POST /v1beta/properties/<property>:runReport
    def page(self, days: Period, offset: int, limit: int = LIMIT) -> dict[str, object]:
        """The body of a request. Rows come in the order of all dimensions, so that pages cannot overlap."""
        return {
            "dateRanges": [{"startDate": days.first.isoformat(), "endDate": days.last.isoformat()}],
            "dimensions": [{"name": name} for name in self.dimensions],
            "metrics": [{"name": name} for name in self.metrics],
            "orderBys": [{"dimension": {"dimensionName": name}} for name in self.dimensions],
            "offset": str(offset),
            "limit": str(limit),
            "keepEmptyRows": False,
            "returnPropertyQuota": True,
        }


TRAFFIC = Report(
    "traffic",
    ("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium"),
    (
        "sessions",
        "engagedSessions",
        "totalUsers",
        "newUsers",
        "itemViewEvents",
        "addToCarts",
        "checkouts",
        "ecommercePurchases",
        "purchaseRevenue",
    ),
)
TOTALS = Report("totals", ("date",), ("sessions", "totalUsers", "ecommercePurchases", "purchaseRevenue"))
EVENTS = Report("events", ("date", "eventName"), ("eventCount", "totalUsers", "keyEvents"))
REPORTS = (TRAFFIC, TOTALS, EVENTS)
