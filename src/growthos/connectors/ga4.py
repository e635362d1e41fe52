"""Google Analytics 4, by the Data API: sessions and the funnel by day, channel group, source and medium."""

API_VERSION = "v1beta"
DIMENSIONS = ("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium")
METRICS = (
    "sessions",
    "engagedSessions",
    "totalUsers",
    "newUsers",
    "itemViewEvents",
    "addToCarts",
    "checkouts",
    "ecommercePurchases",
    "purchaseRevenue",
)
LIMIT = 100_000


# POST /v1beta/properties/<property>:runReport
def report(first: str, last: str, offset: int, limit: int = LIMIT) -> dict[str, object]:
    """The body of one page of the traffic report for the days `first` to `last`."""
    return {
        "dateRanges": [{"startDate": first, "endDate": last}],
        "dimensions": [{"name": name} for name in DIMENSIONS],
        "metrics": [{"name": name} for name in METRICS],
        "orderBys": [{"dimension": {"dimensionName": name}} for name in DIMENSIONS],
        "offset": str(offset),
        "limit": str(limit),
        "keepEmptyRows": False,
        "returnPropertyQuota": True,
    }
