"""GA4's reports in staging: the day as a whole, events by name, and what Google keeps back."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import demo_asking as ask
import httpx
import pytest
from warehouse_fixtures import Raw, new, report_row, rows, traffic_row

from growthos import demo
from growthos.connectors.ga4_reports import EVENTS, TOTALS, TRAFFIC

DAY = "2026-03-20"
ON, NEXT = "20260320", "20260321"
STAGED = {"warehouse": {"publish_staging": True}}


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    made.traffic(traffic_row(DAY, "Direct", "(direct)", "(none)", "100"))
    return made


@pytest.fixture(scope="module")
def asked() -> ask.Caller:
    return ask.Caller(demo.make_shop(42))


def table(raw: Raw, query: str) -> list[tuple[Any, ...]]:
    return rows(raw, query, **STAGED)


class TestStaging:
    TOTALS = "select date, measure, value, currency from staging.stg_ga4__control_totals order by all"

    def test_the_day_as_a_whole_is_one_row_a_measure(self, raw):
        raw.report("totals", report_row((ON,), ("100", "80", "3", "30.125")))
        day = date(2026, 3, 20)
        assert table(raw, self.TOTALS) == [
            (day, "purchase_revenue", Decimal("30.125"), "EUR"),
            (day, "purchases", 3, None),
            (day, "sessions", 100, None),
            (day, "users", 80, None),
        ]

    def test_a_day_read_again_is_replaced(self, raw):
        """What the newest unit says of a day holds, even where it has no row for it any more."""
        first, second = date(2026, 3, 20), date(2026, 3, 21)
        raw.report("totals", report_row((ON,), ("1",) * 4), report_row((NEXT,), ("1",) * 4), days=[first])
        raw.report("totals", report_row((NEXT,), ("2",) * 4), days=[second])
        assert [row[:3] for row in table(raw, self.TOTALS) if row[1] == "sessions"] == [
            (first, "sessions", 1),
            (second, "sessions", 2),
        ]

    def test_what_cannot_be_read_is_put_aside_with_its_reason(self, raw):
        raw.report("totals", report_row(("(other)",), ("1", "1", "1", "1")), report_row((ON,), ("x", "1", "1", "1")))
        raw.report("events", report_row(("(other)", "purchase"), ("1",)), report_row((ON, ""), ("1",)))
        raw.report("events", report_row((ON, "purchase"), ("1", "1", "many")), report_row((ON, "scroll"), ()))
        found = table(raw, "select entity, external_id, reason from staging.stg_rejects order by all")
        assert found == [
            ("control_totals", "77/(other)/purchase_revenue", "not_a_time:date"),
            ("control_totals", "77/(other)/purchases", "not_a_time:date"),
            ("control_totals", "77/(other)/sessions", "not_a_time:date"),
            ("control_totals", "77/(other)/users", "not_a_time:date"),
            ("control_totals", "77/20260320/sessions", "not_a_number:sessions"),
            ("events", "77/(other)/purchase", "not_a_time:date"),
            ("events", "77/20260320/", "missing_required_field:event_name"),
            ("events", "77/20260320/purchase", "not_a_number:key_events"),
            ("events", "77/20260320/scroll", "missing_required_field:event_count"),
        ]

    def test_events_are_published_by_day_and_name(self, raw):
        raw.report("events", report_row((ON, "purchase"), ("7", "6", "7.5")), report_row((ON, "(other)"), ("9", "2")))
        raw.report("events", report_row((ON, "purchase"), ("8", "7", "8.5")))
        assert rows(raw, "select * from fact_events order by event_name") == [
            (date(2026, 3, 20), "77", "(other)", 9, 2, 0),
            (date(2026, 3, 20), "77", "purchase", 8, 7, Decimal("8.5")),
        ]

    def test_values_stand_where_the_reports_ask_for_them(self):
        """Staging reads by place; so these are the places."""
        assert TRAFFIC.dimensions == ("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium")
        assert TRAFFIC.metrics[::7] == ("sessions", "ecommercePurchases")
        assert TOTALS.metrics == ("sessions", "totalUsers", "ecommercePurchases", "purchaseRevenue")
        assert EVENTS.dimensions + EVENTS.metrics == ("date", "eventName", "eventCount", "totalUsers", "keyEvents")


class TestDemo:
    @pytest.fixture
    def visits(self, asked):
        [page] = asked.ga4_pages(date(2026, 3, 1), date(2026, 3, 3), EVENTS.dimensions, EVENTS.metrics)
        return {tuple(value["value"] for value in row["dimensionValues"]): row["metricValues"] for row in page["rows"]}

    def test_events_are_the_same_visits_by_name(self, asked, visits):
        """What happened on a day under a name is what the rows of that day count of it."""
        names = {"session_start": "sessions", "view_item": "itemViewEvents", "purchase": "ecommercePurchases"}
        names |= {"add_to_cart": "addToCarts", "begin_checkout": "checkouts"}
        [page] = asked.ga4_pages(date(2026, 3, 1), date(2026, 3, 3), ("date",), tuple(names.values()))
        told = {
            (row["dimensionValues"][0]["value"], name): int(value["value"])
            for row in page["rows"]
            for name, value in zip(names, row["metricValues"], strict=True)
        }
        assert {key: int(values[0]["value"]) for key, values in visits.items()} == told
        assert len(told) == 15

    def test_purchases_are_its_key_events_and_nobody_is_counted_twice(self, visits):
        for (_, name), (count, users, key) in visits.items():
            assert int(key["value"]) == (int(count["value"]) if name == "purchase" else 0)
            assert 0 < int(users["value"]) <= int(count["value"])

    def test_names_of_the_other_report_are_refused(self, asked):
        """Sessions by event name count a session once for each of its events."""
        with pytest.raises(httpx.HTTPStatusError, match="400"):
            list(asked.ga4_pages(date(2026, 3, 1), date(2026, 3, 1), ("date", "eventName"), ("sessions",)))
