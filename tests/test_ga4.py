"""GA4's reports in staging: the day as a whole, events by name, and what Google keeps back."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import demo_asking as ask
import httpx
import pytest
from kpi_fixtures import LAST_DAY, Shop, day
from warehouse_fixtures import Raw, build, new, report_row, rows, staged, traffic_row

from growthos import demo, kpis
from growthos.connectors.ga4_reports import EVENTS, TOTALS, TRAFFIC

DAY = "2026-03-20"
ON, NEXT = "20260320", "20260321"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    made.traffic(traffic_row(DAY, "Direct", "(direct)", "(none)", "100"))
    return made


@pytest.fixture(scope="module")
def asked() -> ask.Caller:
    return ask.Caller(demo.make_shop(42))


class TestStaging:
    TOTALS = "select date, measure, value, currency from staging.stg_ga4__control_totals order by all"

    def test_the_day_as_a_whole_is_one_row_a_measure(self, raw):
        raw.report("totals", report_row((ON,), ("100", "80", "3", "30.125")))
        day = date(2026, 3, 20)
        assert staged(raw, self.TOTALS) == [
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
        assert [row[:3] for row in staged(raw, self.TOTALS) if row[1] == "sessions"] == [
            (first, "sessions", 1),
            (second, "sessions", 2),
        ]

    def test_what_cannot_be_read_is_put_aside_with_its_reason(self, raw):
        raw.report("totals", report_row(("(other)",), ("1", "1", "1", "1")), report_row((ON,), ("x", "1", "1", "1")))
        raw.report("events", report_row(("(other)", "purchase"), ("1",)), report_row((ON, ""), ("1",)))
        raw.report("events", report_row((ON, "purchase"), ("1", "1", "many")), report_row((ON, "scroll"), ()))
        found = staged(raw, "select entity, external_id, reason from staging.stg_rejects order by all")
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

    QUALITY = "select * from traffic_quality order by date_key"

    def test_only_days_with_a_mark_of_googles_have_a_row(self, raw):
        sample = {"samplesReadCount": "500", "samplingSpaceSize": "2000"}
        first, second = date(2026, 3, 20), date(2026, 3, 21)
        raw.report("traffic", report_row((ON,), ("1",)), days=[first], dataLossFromOtherRow=True)
        raw.report("traffic", days=[second], subjectToThresholding=True, samplingMetadatas=[sample])
        raw.report("traffic", days=[date(2026, 3, 22)], subjectToThresholding=False, samplingMetadatas=[])
        assert rows(raw, self.QUALITY) == [
            (first, "77", True, False, False, None, None),
            (second, "77", False, True, True, 500, 2000),
        ]

    def test_a_page_marks_the_days_it_was_asked_for_and_no_others(self, raw):
        """In a unit that was read day by day, a day without rows is known from its request alone."""
        days = [date(2026, 3, 20), date(2026, 3, 21), date(2026, 3, 22)]
        asked = "POST /v1beta/properties/2026031920:runReport startDate 2026-03-21 endDate 2026-03-21 offset 0"
        raw.page("ga4", "traffic", {"metadata": {"subjectToThresholding": True}}, days=days, request=asked)
        assert [row[0] for row in rows(raw, self.QUALITY)] == [days[1]]

    def test_a_unit_marks_only_the_days_for_which_it_is_the_newest(self, raw):
        asked = "POST /v1beta/properties/77:runReport startDate 2026-03-20 endDate 2026-03-21 offset 0"
        body = {"metadata": {"dataLossFromOtherRow": True}}
        raw.page("ga4", "traffic", body, days=[date(2026, 3, 20)], request=asked)
        raw.report("traffic", days=[date(2026, 3, 21)])
        assert [row[0] for row in rows(raw, self.QUALITY)] == [date(2026, 3, 20)]

    def test_the_other_row_is_in_channel_other(self, raw):
        raw.traffic(traffic_row(DAY, "(other)", "(other)", "(other)", "9"))
        query = "select sessions from fact_traffic join dim_channel using (channel_key) where slug = 'other'"
        assert rows(raw, query) == [(9,)]

    @pytest.mark.long
    def test_revenue_is_in_the_shops_currency_or_empty_and_said(self, raw):
        """A property may count in another currency than the shop; no KPI rests on its revenue, so all is published."""
        row = traffic_row(DAY, "Email", "klaviyo", "email", "5", *("0",) * 7, "10.00")
        raw.report("traffic", row, days=[date(2026, 3, 20)], currencyCode="USD")
        query = "select purchase_revenue_cents from fact_traffic where channel_group = 'Email'"
        assert rows(raw, query, fx={"USD": "0.9"}) == [(900,)]
        built = build(raw)
        assert built.published
        [said] = [one.message for one in built.warnings if one.code == "ga4_currency"]
        assert "revenue in USD; days without an exchange rate for it, whose purchase revenue stands empty: 1." in said
        assert rows(raw, query) == [(None,)]

    def test_a_page_that_does_not_tell_its_currency_is_in_the_one_told_last(self, raw):
        row = traffic_row(DAY, "Email", "klaviyo", "email", "5", *("0",) * 7, "10.00")
        raw.report("traffic", days=[date(2026, 3, 19)], currencyCode="USD")
        raw.report("traffic", row, days=[date(2026, 3, 20)], currencyCode=None)
        query = "select purchase_revenue_cents from fact_traffic where channel_group = 'Email'"
        assert rows(raw, query, fx={"USD": "0.9"}) == [(900,)]

    def test_values_stand_where_the_reports_ask_for_them(self):
        """Staging reads by place; so these are the places."""
        assert TRAFFIC.dimensions == ("date", "sessionDefaultChannelGroup", "sessionSource", "sessionMedium")
        assert TRAFFIC.metrics[::7] == ("sessions", "ecommercePurchases")
        assert TOTALS.metrics == ("sessions", "totalUsers", "ecommercePurchases", "purchaseRevenue")
        assert EVENTS.dimensions + EVENTS.metrics == ("date", "eventName", "eventCount", "totalUsers", "keyEvents")


class TestKpis:
    """The marks beside the KPIs that rest on visits."""

    @pytest.fixture
    def shop(self):
        shop = Shop()
        shop.visits(LAST_DAY, 100, purchases=2)
        return shop

    def told(self, shop, *names):
        report = kpis.report(shop.con, names=names or None, days=False)
        return {one.code: one.message for one in report.warnings}

    def mark(self, shop, number, **flags):
        flags = {"data_loss": False, "thresholded": False, "sampled": False} | flags
        shop.put("traffic_quality", date_key=day(number), account_id="77", **flags)

    def test_what_google_says_of_the_days_stands_beside_the_conversion_rate(self, shop):
        self.mark(shop, 27, sampled=True, samples_read=100, sampling_space=1000)
        self.mark(shop, 28, sampled=True, samples_read=400, sampling_space=1000, thresholded=True)
        self.mark(shop, 29, data_loss=True)
        assert self.told(shop, "conversion_rate") == {
            "ga4_sampled": "GA4 sampled 2 of the 7 days, reading 25.0% of the events: visits and conversion_rate are"
            " estimates.",
            "ga4_thresholded": "GA4 kept small groups of visitors back on 1 of the 7 days: some visits are missing.",
            "ga4_other_row": "GA4 put visits of different origin together on 1 of the 7 days, as (other): they stand"
            " in channel other.",
        }
        assert set(self.told(shop)) >= {"ga4_sampled", "ga4_thresholded", "ga4_other_row"}

    def test_two_properties_make_no_two_days(self, shop):
        self.mark(shop, 29, thresholded=True)
        shop.put("traffic_quality", date_key=day(29), account_id="78", thresholded=True, sampled=True)
        told = self.told(shop, "conversion_rate")
        assert " 1 of the 7 days" in told["ga4_thresholded"]
        assert told["ga4_sampled"] == "GA4 sampled 1 of the 7 days: visits and conversion_rate are estimates."

    def test_other_kpis_and_other_days_are_left_alone(self, shop):
        self.mark(shop, 29, thresholded=True)
        assert self.told(shop, "revenue_net", "cac") == {}
        shop.con.execute("update traffic_quality set date_key = date '2026-03-22'")
        assert self.told(shop, "conversion_rate") == {}

    def test_users_are_in_no_number(self, shop):
        """They do not add up over days or channels: whatever stands there, every KPI stays as it is."""
        before = kpis.report(shop.con, by="channel", days=False)
        shop.con.execute("update fact_traffic set users = 1000 * users + 7, new_users = 13")
        assert kpis.report(shop.con, by="channel", days=False) == before
        shop.con.execute("update fact_traffic set sessions = sessions + 1")
        assert kpis.report(shop.con, by="channel", days=False) != before


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
