"""Ranges of days that a report is asked for, and how they are cut when they are too much."""

from calendar import monthrange
from datetime import date, timedelta

from growthos.period import Period

MONTHS_KEPT = 37


def halves(days: Period) -> tuple[Period, Period] | None:
    """The two halves of a range; None where it is a single day."""
    if len(days) == 1:
        return None
    first, *rest = days.chunks((len(days) + 1) // 2)
    return first, rest[0]


def earliest(today: date) -> date:
    """The first day that Meta and Google Ads surely report by day: they keep 37 months, and refuse a day more."""
    months = today.year * 12 + today.month - 1 - MONTHS_KEPT
    year, month = divmod(months, 12)
    length = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, length)) + timedelta(days=1)


def kept(days: Period, today: date) -> Period | None:
    """What of a range is still kept, None where nothing is."""
    first = max(days.first, earliest(today))
    return Period(first, days.last) if first <= days.last else None
