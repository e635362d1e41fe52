"""Ads and keywords: what the marts know of them, and how they stand beside the campaigns they are in."""

from pathlib import Path
from typing import Any

import pytest
from detail_fixtures import Staged
from warehouse_fixtures import Raw, build, google_row, meta_row, new, rows

DAY = "2026-03-20"
BEFORE = "2026-03-19"


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    made.meta(meta_row("11", BEFORE), meta_row("11", DAY))
    made.google(google_row("21", DAY))
    return made


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Staged:
    made = Staged(tmp_path, monkeypatch)
    made.drop("ads", "ad_spend", "keywords", "keyword_spend")
    return made


def ad(number: str, campaign: str = "11", **more: Any) -> dict[str, Any]:
    given = {"account_id": "1001", "ad_group_id": "5", "ad_group_name": "Broad", "format": "video", "status": "ACTIVE"}
    return given | {"campaign_id": campaign, "ad_id": number, "name": f"Ad {number}"} | more


def ad_day(number: str, day: str = DAY, spend: str = "4.00", campaign: str = "11", **more: Any) -> dict[str, Any]:
    given = {"account_id": "1001", "ad_group_id": "5", "ad_name": f"Ad {number}", "currency": "EUR", "clicks_all": 9}
    counts = {"impressions": 400, "clicks": 8, "conversions": "1", "conversion_value_original": "12.5"}
    return given | counts | {"campaign_id": campaign, "ad_id": number, "spend_original": spend, "date": day} | more


def keyword(number: str, text: str = "tin robot", **more: Any) -> dict[str, Any]:
    given = {"account_id": "1234567890", "campaign_id": "21", "ad_group_id": number.partition("~")[0]}
    return given | {"keyword_id": number, "text": text, "match_type": "EXACT"} | more


def keyword_day(number: str, spend: str = "3.00", **more: Any) -> dict[str, Any]:
    measured = {"spend_original": spend, "impressions": 300, "clicks": 6, "conversions": "0.5", "date": DAY}
    return keyword(number) | measured | {"currency": "EUR", "conversion_value_original": "10"} | more


def test_an_ad_bears_its_platforms_number_and_stands_in_its_campaign(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ads", ad("7"))
    staged.put("google_ads", "ads", ad("7", "21", name=None, ad_group_name="Brand", format="responsive_search_ad"))
    assert rows(raw, "from dim_ad order by ad_key") == [
        ("google:ad:7", "google:21", "5", "Brand", "7", None, "responsive_search_ad"),
        ("meta:ad:7", "meta:11", "5", "Broad", "7", "Ad 7", "video"),
    ]


def test_an_ad_known_only_by_its_spend_is_called_as_it_was_last(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ads", ad("8"))
    staged.put("meta", "ad_spend", ad_day("9", DAY, ad_name="New name"), ad_day("9", BEFORE, ad_name="Old name"))
    assert rows(raw, "from dim_ad order by ad_key") == [
        ("meta:ad:8", "meta:11", "5", "Broad", "8", "Ad 8", "video"),
        ("meta:ad:9", "meta:11", "5", None, "9", "New name", None),
    ]


def test_a_campaign_that_only_its_ads_or_keywords_name_is_there_without_a_name(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ads", ad("8", "12"), ad("9", "12"))
    staged.put("meta", "ad_spend", ad_day("10", campaign="13"))
    staged.put("google_ads", "keywords", keyword("31~1", campaign_id="22"))
    found = "select campaign_key, account_id, name, channel_key from dim_campaign where name is null order by all"
    assert rows(raw, found) == [("google:22", "1234567890", None, 2), *(
        (f"meta:{number}", "1001", None, 1) for number in (12, 13)
    )]  # fmt: skip


def test_a_keyword_is_told_apart_by_its_ad_group_as_well(raw: Raw, staged: Staged) -> None:
    """A criterion's number is one text with one match type, wherever it is used: trap 51."""
    staged.put("google_ads", "keywords", keyword("31~900"), keyword("32~900"))
    staged.put("google_ads", "keyword_spend", keyword_day("31~900", "3.00"), keyword_day("32~900", "4.00"))
    assert rows(raw, "from dim_keyword order by keyword_key") == [
        ("google:31~900", "google:21", "tin robot", "EXACT"),
        ("google:32~900", "google:21", "tin robot", "EXACT"),
    ]
    assert rows(raw, "select keyword_key, spend_cents from fact_keyword_spend order by keyword_key") == [
        ("google:31~900", 300),
        ("google:32~900", 400),
    ]


def test_a_keyword_known_only_by_its_spend_is_there(raw: Raw, staged: Staged) -> None:
    staged.put("google_ads", "keyword_spend", keyword_day("31~900"))
    assert rows(raw, "from dim_keyword") == [("google:31~900", "google:21", "tin robot", "EXACT")]


def test_ads_and_keywords_have_the_measures_of_campaigns_in_tables_of_their_own(raw: Raw, staged: Staged) -> None:
    """What ads and keywords spent is in no total: the campaigns' rows are what they were."""
    staged.put("meta", "ad_spend", ad_day("8", attribution_window="7d_click"))
    staged.put("google_ads", "keyword_spend", keyword_day("31~900", spend="0.004999"))
    spent = "spend_cents, impressions, clicks, clicks_all, conversions::varchar, conversion_value_cents"
    found = rows(raw, f"select ad_key, campaign_key, channel_key, {spent}, attribution_window from fact_ad_spend")
    assert found == [("meta:ad:8", "meta:11", 1, 400, 400, 8, 9, "1.000000", 1250, "7d_click")]
    found = rows(raw, f"select keyword_key, campaign_key, channel_key, {spent} from fact_keyword_spend")
    assert found == [("google:31~900", "google:21", 2, 0, 300, 6, 6, "0.500000", 1000)]
    assert rows(raw, "select campaign_key, sum(spend_cents)::bigint from fact_spend group by all order by all") == [
        ("google:21", 1000),
        ("meta:11", 2000),
    ]


def test_an_ads_money_is_converted_as_its_campaigns_is(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ad_spend", ad_day("8", spend="10.00", currency="GBP"))
    staged.put("google_ads", "keyword_spend", keyword_day("31~900", spend="1.11", currency=None))
    raw.page("google_ads", "customer", [{"results": [{"customer": {"id": "1234567890", "currencyCode": "GBP"}}]}])
    money = " union all ".join(f"select spend_cents, currency from fact_{one}_spend" for one in ("ad", "keyword"))
    assert rows(raw, money, fx={"GBP": "1.2"}) == [(1200, "GBP"), (133, "GBP")]


def test_an_ad_whose_currency_has_no_rate_is_not_published(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ad_spend", ad_day("8", currency="SEK"))
    built = build(raw)
    assert not built.published
    [found] = [one for one in built.checks if one.blocks]
    assert (found.name, found.sample) == ("currency_consistency", (f"stg__ad_spend meta:ad:8 {DAY} SEK",))


def test_a_day_that_only_an_ad_has_is_in_the_calendar(raw: Raw, staged: Staged) -> None:
    staged.put("meta", "ad_spend", ad_day("8", "2024-01-01"))
    assert rows(raw, "select min(date_key)::varchar from dim_date") == [("2024-01-01",)]


def test_each_check_looks_at_ads_and_keywords_too(raw: Raw, staged: Staged) -> None:
    """A day twice, an ad of two accounts, an amount below zero, more clicks than impressions, a member that is lost."""
    staged.put("meta", "ad_spend", ad_day("8"), ad_day("8"), ad_day("9", spend="-1"))
    twice = keyword("31~1"), keyword("31~1")
    staged.put("google_ads", "keywords", *twice)
    staged.put("google_ads", "keyword_spend", keyword_day("31~2", clicks=301), keyword_day("31~3"))
    file = staged.folder / "marts/dim_keyword.sql"
    file.write_text(file.read_text() + "where keyword_key != 'google:31~3'\n")
    late = staged.folder / "marts/fact_keyword_spend.sql"
    late.write_text(late.read_text().replace("inner join dim_keyword", "left join dim_keyword"))
    late.write_text(late.read_text().replace("inner join dim_campaign", "left join dim_campaign"))
    late.write_text(
        late.read_text().replace(
            "spend.conversion_value_cents,", "nullif(spend.conversion_value_cents, 1000) as conversion_value_cents,"
        )
    )
    found = {one.name: set(one.sample) for one in build(raw).checks if one.status == "fail"}
    assert found["unique_grain"] == {f"fact_ad_spend meta:ad:8 {DAY}", "dim_keyword google:31~1"}
    assert found["amounts_in_range"] >= {f"fact_ad_spend meta:ad:9 {DAY}", f"fact_keyword_spend google:31~2 {DAY}"}
    assert found["referential_integrity"] == {f"fact_keyword_spend.keyword_key google:31~3 {DAY}"}
    assert f"fact_keyword_spend google:31~2 {DAY}" in found["revenue_not_null"]
