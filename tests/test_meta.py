"""Meta: its ads and control totals in staging, and all the ways in which its API is to be asked."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from warehouse_fixtures import Raw, build, home, meta_row, new

from growthos import warehouse

DAY = date(2026, 3, 20)
NEXT = DAY + timedelta(days=1)
AD = {"adset_id": "61", "ad_id": "71", "ad_name": "Reel"}


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    return made


def staged(raw: Raw, query: str) -> list[tuple]:
    """Build, and ask the staging tables."""
    build(raw, warehouse={"publish_staging": True})
    con = warehouse.connect(home(raw).database)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def rejected(raw: Raw) -> list[tuple]:
    """What the last build put aside."""
    with duckdb.connect(home(raw).warehouse, read_only=True) as con:
        return con.execute("select entity, reason from stg_rejects order by all").fetchall()


class TestStaging:
    def ads(self, raw: Raw, *rows: dict, days: tuple[date, ...] = (DAY,)) -> None:
        raw.page("meta", "ad_insights", {"data": list(rows)}, days=days)

    def test_an_ad_has_the_name_of_its_set_its_format_and_the_state_that_it_is_really_in(self, raw):
        """An ad that is on in a campaign that is not: `effective_status` says it."""
        ad = {"campaign_id": "11", "adset_id": "61", "name": "Reel", "creative": {"object_type": "VIDEO", "id": "9"}}
        on = ad | {"id": "71", "status": "ACTIVE", "effective_status": "CAMPAIGN_PAUSED"}
        gone = {"id": "72", "campaign_id": "11", "adset_id": "69", "name": "Old", "status": "DELETED"}
        raw.page("meta", "adsets", {"data": [{"id": "61", "name": "Broad"}]})
        raw.page("meta", "ads", {"data": [on, gone, {"name": "nobody"}]})
        raw.page("meta", "ads", {"data": [on | {"name": "Reel 2"}]})
        found = staged(
            raw,
            "select ad_id, account_id, campaign_id, ad_group_id, ad_group_name, name, format, status"
            " from staging.stg_meta__ads order by ad_id",
        )
        assert found == [
            ("71", "1001", "11", "61", "Broad", "Reel 2", "video", "CAMPAIGN_PAUSED"),
            ("72", "1001", "11", "69", None, "Old", None, "DELETED"),
        ]
        [bad] = staged(raw, "select staged, rejected, duplicate from run_rows where (source, entity) = ('meta', 'ads')")
        assert bad == (2, 1, 1)

    def test_an_ads_day_is_the_newest_units_and_its_purchases_go_by_one_name(self, raw):
        """The types overlap: of `purchase` and `omni_purchase` one counts, and windows are no more purchases."""
        bought = [
            {"action_type": "purchase", "value": "2", "7d_click": "2"},
            {"action_type": "omni_purchase", "value": "3", "1d_click": "1", "7d_click": "2", "1d_view": "1"},
        ]
        worth = [{"action_type": "omni_purchase", "value": "120.5", "7d_click": "80"}]
        first = meta_row("11", str(DAY), "1.00") | AD
        self.ads(raw, first, first | {"ad_id": "72"}, days=(DAY, NEXT))
        raw.loads[-1] = type(raw.loads[-1])("meta", "ad_insights", raw.loads[-1].path, (NEXT,))
        self.ads(raw, first | {"spend": "1.25", "actions": bought, "action_values": worth})
        found = staged(
            raw,
            "select ad_id, ad_group_id, ad_name, date, spend_original, clicks, clicks_all, conversions,"
            " conversion_value_original, attribution_window from staging.stg_meta__ad_spend",
        )
        assert found == [
            ("71", "61", "Reel", DAY, Decimal("1.25"), 20, 30, 3, Decimal("120.5"), "7d_click_1d_view")
        ]  # fmt: skip

    def test_ads_do_not_count_for_their_campaigns(self, raw):
        """Campaign rows alone are spend, however many ads there are."""
        raw.meta(meta_row("11", str(DAY), "7.00"), days=(DAY,))
        self.ads(raw, meta_row("11", str(DAY), "3.00") | AD)
        assert staged(raw, "select spend_cents from fact_spend") == [(700,)]

    def test_bad_ad_rows_are_put_aside(self, raw):
        good = meta_row("11", str(DAY)) | AD
        self.ads(raw, good, good | {"ad_id": None}, good | {"ad_id": "72", "spend": "1,5"})
        assert len(staged(raw, "from staging.stg_meta__ad_spend")) == 1
        assert rejected(raw) == [("ad_spend", "missing_required_field:ad_id"), ("ad_spend", "not_a_number:spend")]

    def test_control_totals_are_one_row_per_day_and_measure(self, raw):
        """What Meta leaves out is zero; clicks are link clicks, as in the spend that they are held against."""
        day = {"account_currency": "EUR", "date_start": str(DAY), "spend": "12.34", "impressions": "900"}
        raw.page(
            "meta", "account_insights", {"data": [day | {"clicks": "31", "inline_link_clicks": "20"}]}, days=(DAY,)
        )
        raw.page(
            "meta", "account_insights", {"data": [day | {"date_start": str(NEXT), "impressions": "?"}]}, days=(NEXT,)
        )
        found = staged(
            raw,
            "select account_id, date, measure, value, currency from staging.stg_meta__control_totals order by all",
        )
        assert found == [
            ("1001", DAY, "clicks", 20, None),
            ("1001", DAY, "impressions", 900, None),
            ("1001", DAY, "spend", Decimal("12.34"), "EUR"),
            ("1001", NEXT, "clicks", 0, None),
            ("1001", NEXT, "spend", Decimal("12.34"), "EUR"),
        ]
        assert rejected(raw) == [("control_totals", "not_a_number:impressions")]
