"""What a run tells of the alerts, before anybody decides how it is sent."""

from datetime import date

import pytest

from growthos.messages import Due, Message
from growthos.period import Period

WEEK = Period(date(2026, 3, 23), date(2026, 3, 29))


def due(severity="critical"):
    return Due("revenue_drop:all", "Net revenue drop", severity, "all channels", "", "", date(2026, 3, 29))


@pytest.mark.parametrize(
    ("alerts", "resolved", "said"),
    [
        (["critical"], 0, "1 critical"),
        (["critical", "critical", "warning"], 1, "2 critical, 1 warning, 1 resolved"),
        (["warning", "warning", "info"], 0, "2 warnings, 1 info"),
        ([], 3, "3 resolved"),
    ],
)
def test_the_title_counts_what_is_told_and_names_the_home_and_the_day(alerts, resolved, said):
    message = Message(
        "myshop", WEEK, WEEK.before(), "UTC", tuple(due(one) for one in alerts), tuple(due() for _ in range(resolved))
    )
    assert message.title == f"myshop: {said} (2026-03-29)"
