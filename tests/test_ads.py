"""Ads and keywords: what the marts know of them, and how they stand beside the campaigns they are in."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from detail_fixtures import Staged
from kpi_fixtures import FIRST_DAY, LAST_DAY, WEEK_BEFORE, Shop
from rich.console import Console
from warehouse_fixtures import Raw, build, google_row, meta_row, new, rows

from growthos import cli, kpis
from growthos.measures.comparison import Report
from growthos.period import Period
from growthos.render import kpi_page, output, screen
from growthos.render.pages import Note, Table

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


@pytest.mark.parametrize(
    ("ads", "says"),
    [
        (["9.96"], None),
        (["990.00"], None),
        (["4.00", "981.00"], "1 campaign add up to 98.5 % of what it spent"),
        (["1016.00"], "1 campaign add up to 101.6 % of what it spent"),
    ],
)
def test_ads_that_are_not_what_their_campaign_spent_are_told(
    raw: Raw, staged: Staged, ads: list[str], says: str | None
) -> None:
    """Half a percent or a unit is rounding; a campaign without ads is left out."""
    whole = "10.00" if ads == ["9.96"] else "994.90" if ads == ["990.00"] else "1000.00"
    days = (date(2026, 3, 25),)
    raw.meta(meta_row("11", "2026-03-25", whole), meta_row("12", "2026-03-25", "500.00"), days=days)
    found = [ad_day(str(number), "2026-03-25", spend=spend) for number, spend in enumerate(ads)]
    staged.put("meta", "ad_spend", *found)
    told = [one.message for one in build(raw).warnings if one.code == "ads_and_campaigns"]
    end = "; totals are the campaigns' own."
    assert told == ([f"meta: in the last 28 days the ads of {says}{end}"] if says else [])


WEEK = Period(FIRST_DAY, LAST_DAY)


def spent(shop: Shop, level: str, number: str, campaign: str, spend: int, name: str = "", **counts: int) -> None:
    """An ad or a keyword, and a day of it."""
    key = f"{campaign.partition(':')[0]}:{'ad:' if level == 'ad' else ''}{number}"
    more = {"name": name} if level == "ad" else {"text": name, "match_type": counts.pop("match", "BROAD")}
    shop.put(f"dim_{level}", **{f"{level}_key": key, "campaign_key": campaign}, **more)
    day = counts.pop("day", FIRST_DAY)
    given = {"impressions": 0, "clicks": 0, "conversion_value_cents": 0} | counts
    where = {f"{level}_key": key, "campaign_key": campaign, "channel_key": 1, "date_key": day, "spend_cents": spend}
    shop.put(f"fact_{level}_spend", **where, **given)


@pytest.fixture
def shop() -> Shop:
    """Two campaigns with ads, the first of which spent more than its ads; one with keywords; one with neither."""
    made = Shop()
    made.ads(FIRST_DAY, 10000, campaign="meta:1", impressions=1000, clicks=50, value=15000)
    made.ads(FIRST_DAY, 3000, campaign="meta:2", impressions=400, clicks=4, value=9000)
    made.ads(FIRST_DAY, 20000, campaign="google:7", impressions=100, clicks=10, value=20000)
    spent(made, "ad", "11", "meta:1", 6000, "Reel", impressions=600, clicks=30, conversion_value_cents=3000)
    spent(made, "ad", "12", "meta:1", 2000, "", impressions=100, clicks=0, conversion_value_cents=9000)
    spent(made, "ad", "21", "meta:2", 3000, "[bold]\x1b[2JLoud", impressions=400, clicks=4)
    spent(made, "ad", "31", "meta:2", 900, "Old", day=WEEK_BEFORE)
    spent(made, "keyword", "5~1", "google:7", 700, "tin robot", match="EXACT")
    spent(made, "keyword", "6~1", "google:7", 900, "tin robot", match="PHRASE")
    spent(made, "keyword", "6~2", "google:7", 800, "robots")
    return made


def lines(report: Report) -> list[str]:
    """The rows of the last table, cells apart by bars."""
    *_, table = [block for block in kpi_page.page(report) if isinstance(block, Table)]
    return [" | ".join(cell.text for cell in row) for row in table.rows]


def test_an_ads_kpis_are_its_own_and_the_whole_stays_that_of_the_campaigns(shop: Shop) -> None:
    """Ads of 110.00 in campaigns of 330.00: an ad is a closer look, never a part of the total."""
    report = kpis.report(shop.con, WEEK, ["ad_spend", "roas", "ctr", "cpc", "cpm", "aov"], by="ad")
    found = {row["name"]: row for row in report.as_json()["kpis"]}
    assert found["ad_spend"]["value"] == 33000
    assert "by_ad" not in found["aov"]
    assert "by_campaign" not in found["ad_spend"]
    ads = found["ad_spend"]["by_ad"]
    assert list(ads) == ["meta:ad:11", "meta:ad:21", "meta:ad:12"]
    reel = {"name": "Reel", "campaign_key": "meta:1"}
    assert ads["meta:ad:11"] == reel | {"value": 6000, "numerator": 6000, "denominator": None}
    assert ads["meta:ad:12"]["name"] == "meta:ad:12"
    values = {name: str(found[name]["by_ad"]["meta:ad:11"]["value"]) for name in ("roas", "ctr", "cpc", "cpm")}
    assert values == {"roas": "0.500000", "ctr": "0.050000", "cpc": "200", "cpm": "10000"}
    assert found["cpc"]["by_ad"]["meta:ad:12"]["value"] is None


def test_ads_stand_below_their_campaign_in_the_order_of_the_first_kpi(shop: Shop) -> None:
    """What no ad has is there too: a campaign without any is spend that lower levels do not know: trap 19."""
    report = kpis.report(shop.con, WEEK, ["ad_spend", "roas"], by="ad")
    assert lines(report) == [
        "google:7 | $200.00 | 1.00x",
        "meta:1 | $100.00 | 1.50x",
        "– Reel | $60.00 | 0.50x",  # noqa: RUF001
        "– meta:ad:12 | $20.00 | 4.50x",  # noqa: RUF001
        "meta:2 | $30.00 | 3.00x",
        "– [bold]�[2JLoud | $30.00 | 0.00x",  # noqa: RUF001
    ]
    assert Note("Campaigns without ads, such as Performance Max, are spend that no ad has.", "dim") in kpi_page.page(
        report
    )
    assert [line.split(" | ")[0] for line in lines(kpis.report(shop.con, WEEK, ["roas"], by="ad"))[:2]] == [
        "meta:2",
        "– [bold]�[2JLoud",  # noqa: RUF001
    ]


def test_a_keyword_is_written_as_google_writes_it_under_the_campaigns_that_have_some(shop: Shop) -> None:
    report = kpis.report(shop.con, WEEK, ["ad_spend"], by="keyword")
    assert lines(report) == [
        "google:7 | $200.00",
        '– "tin robot" | $9.00',  # noqa: RUF001
        "– robots | $8.00",  # noqa: RUF001
        "– [tin robot] | $7.00",  # noqa: RUF001
    ]
    [row] = report.as_json()["kpis"]
    assert list(row["by_keyword"]) == ["google:6~1", "google:6~2", "google:5~1"]
    assert row["by_keyword"]["google:5~1"]["campaign_key"] == "google:7"


def test_a_table_shows_thirty_ads_and_says_how_many_more_there_are(shop: Shop) -> None:
    for number in range(100, 130):
        spent(shop, "ad", str(number), "meta:2", number, f"Ad {number}")
    report = kpis.report(shop.con, WEEK, ["ad_spend"], by="ad")
    shown = [line for line in lines(report) if line.startswith("–")]  # noqa: RUF001
    assert len(shown) == 30
    assert not any(line.startswith("– Ad 102 ") for line in shown)  # noqa: RUF001
    note = "3 more ads with less spend; --format csv or json has all."
    assert Note(note, "dim") in kpi_page.page(report)
    text = output.as_csv(kpi_page.fields(report), kpi_page.records(report)).splitlines()
    assert len(text) == 1 + 1 + 33
    assert text[0].endswith(",better,name,campaign_key")
    assert text[2] == "ad_spend,meta:ad:11,cents,6000,6000,,,,,,Reel,meta:1"


@pytest.mark.parametrize("width", [50, 80, 120])
def test_no_number_of_an_ad_is_cut_however_narrow_the_terminal(shop: Shop, width: int) -> None:
    spent(shop, "ad", "99", "meta:2", 123_456_789, "An ad with a long name, as ads have them")
    drawn = StringIO()
    console = Console(file=drawn, width=width, color_system=None, force_terminal=True)
    text = screen.draw(kpi_page.page(kpis.report(shop.con, WEEK, by="ad")), console)
    assert "$1,234,567.89" in text
    assert "…" not in text
    assert max(map(len, text.splitlines()[-12:])) <= max(width, 80)


def test_without_an_ad_it_says_so(shop: Shop) -> None:
    quiet = kpis.report(shop.con, Period(LAST_DAY, LAST_DAY), ["ad_spend"], by="ad")
    assert Note("No ad did anything in these days.", "dim") in kpi_page.page(quiet)


def test_a_word_that_is_no_dimension_is_refused_with_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["--home", str(tmp_path), "kpis", "--by", "keywords"]) == 2
    assert "Did you mean keyword?" in capsys.readouterr().err
