"""Google Ads below the campaign: ads, keywords, the account's own totals, and how they get into staging."""

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import demo_asking as ask
import pytest
from warehouse_fixtures import Raw, google_row, new, staged

from growthos import demo
from growthos.connectors import google_ads_queries as queries
from growthos.demo.google_ads_groups import GROUPS, by_ads, by_keywords

DAY = "2026-03-20"
ALL = {"first": demo.FIRST_DAY, "last": demo.LAST_DAY}
PERFORMANCE_MAX = 20110000003


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    made = new(tmp_path)
    made.shop()
    made.google(google_row("21", DAY))
    return made


@pytest.fixture(scope="module")
def asked() -> ask.Caller:
    return ask.Caller(demo.make_shop(42))


def told(asked: ask.Caller, query: str) -> list[dict[str, Any]]:
    return [row for chunk in asked.google(query) for row in chunk.get("results", ())]


def ad_row(ad: str, day: str, micros: str = "10000000", group: str = "31", **metrics: Any) -> dict[str, Any]:
    own = {"adGroup": {"id": group}, "adGroupAd": {"ad": {"id": ad}}}
    return google_row("21", day, micros, **metrics) | own


def keyword_row(group: str, criterion: str, day: str, micros: str = "10000000", **metrics: Any) -> dict[str, Any]:
    keyword = {"criterionId": criterion, "keyword": {"text": "lamp", "matchType": "EXACT"}}
    return google_row("21", day, micros, **metrics) | {"adGroup": {"id": group}, "adGroupCriterion": keyword}


def staging(raw: Raw, entity: str, columns: str) -> list[tuple[Any, ...]]:
    return staged(raw, f"select {columns} from staging.stg_google_ads__{entity} order by all")


class TestStaging:
    def test_an_ad_is_called_by_its_name_or_its_first_headline(self, raw):
        above = {"campaign": {"id": "21"}, "adGroup": {"id": "31", "name": "Lamps"}}
        search = {"id": "1", "type": "RESPONSIVE_SEARCH_AD", "responsiveSearchAd": {
            "headlines": [{"text": "Lamps that last"}, {"text": "Now"}]
        }}  # fmt: skip
        image = {"id": "2", "type": "IMAGE_AD", "name": "Banner"}
        raw.page("google_ads", "ads", [{"results": [
            above | {"adGroupAd": {"ad": search, "status": "ENABLED"}},
            above | {"adGroupAd": {"ad": image, "status": "REMOVED"}},
            above | {"adGroupAd": {"status": "PAUSED"}},
        ]}])  # fmt: skip
        assert staging(
            raw, "ads", "account_id, campaign_id, ad_group_id, ad_group_name, ad_id, name, format, status"
        ) == [
            ("1234567890", "21", "31", "Lamps", "1", "Lamps that last", "RESPONSIVE_SEARCH_AD", "ENABLED"),
            ("1234567890", "21", "31", "Lamps", "2", "Banner", "IMAGE_AD", "REMOVED"),
        ]
        assert staged(raw, "select entity, reason from staging.stg_rejects") == [
            ("ads", "missing_required_field:ad_id")
        ]

    def test_one_criterion_in_two_ad_groups_is_two_keywords(self, raw):
        keyword = {"criterionId": "7", "keyword": {"text": "lamp", "matchType": "EXACT"}, "status": "ENABLED"}
        raw.page("google_ads", "keywords", [{"results": [
            {"campaign": {"id": "21"}, "adGroup": {"id": group}, "adGroupCriterion": keyword} for group in ("31", "32")
        ]}])  # fmt: skip
        raw.page("google_ads", "keyword_metrics", [{"results": [
            keyword_row("31", "7", DAY, "1000000"), keyword_row("32", "7", DAY, "2000000"),
        ]}])  # fmt: skip
        assert staging(raw, "keywords", "keyword_id, ad_group_id, criterion_id, text, match_type, status") == [
            ("31~7", "31", "7", "lamp", "EXACT", "ENABLED"),
            ("32~7", "32", "7", "lamp", "EXACT", "ENABLED"),
        ]
        assert staging(raw, "keyword_spend", "keyword_id, text, currency, spend_original::varchar") == [
            ("31~7", "lamp", "EUR", "1.000000"),
            ("32~7", "lamp", "EUR", "2.000000"),
        ]

    def test_a_double_becomes_the_decimal_it_stands_for(self, raw):
        """A fraction of a conversion comes as a double; what is staged is exact to the last place that is kept."""
        doubles = [
            (0.1 + 0.2, "0.300000", "0.300000000000"),
            (1e-7, "0.000000", "0.000000100000"),
            (3.5, "3.500000", "3.500000000000"),
            (2, "2.000000", "2.000000000000"),
            (1.1 * 3, "3.300000", "3.300000000000"),
            (5e-7, "0.000001", "0.000000500000"),
            (123456.789, "123456.789000", "123456.789000000000"),
        ]
        sent = [(f"2{n}", {"conversions": one, "conversionsValue": one}) for n, (one, *_) in enumerate(doubles, 1)]
        raw.google(*(google_row(campaign, DAY, **metrics) for campaign, metrics in sent))
        ads = [ad_row(campaign, DAY, **metrics) for campaign, metrics in sent]
        raw.page("google_ads", "ad_metrics", [{"results": ads}])
        keywords = [keyword_row("31", campaign, DAY, **metrics) for campaign, metrics in sent]
        raw.page("google_ads", "keyword_metrics", [{"results": keywords}])
        for entity, key in (("spend", "campaign_id"), ("ad_spend", "ad_id"), ("keyword_spend", "criterion_id")):
            found = staging(raw, entity, f"{key}, conversions::varchar, conversion_value_original::varchar")
            assert found == [(f"2{n}", count, value) for n, (_, count, value) in enumerate(doubles, 1)], entity

    def test_a_day_read_again_replaces_what_was_there(self, raw):
        """A row that Google no longer sends for a day is gone with the day's older answer."""
        days = (date(2026, 3, 20), date(2026, 3, 21))
        for stream, make in (
            ("ad_metrics", ad_row),
            ("keyword_metrics", lambda one, day, **m: keyword_row("31", one, day, **m)),
        ):
            first = [make("1", DAY), make("2", DAY), make("1", "2026-03-21")]
            raw.page("google_ads", stream, [{"results": first}], days=days[1:])
            raw.page("google_ads", stream, [{"results": [make("1", DAY, clicks="99")]}], days=days[:1])
        assert staging(raw, "ad_spend", "ad_id, date::varchar, clicks") == [("1", DAY, 99), ("1", "2026-03-21", 20)]
        assert staging(raw, "keyword_spend", "criterion_id, date::varchar, clicks") == [
            ("1", DAY, 99),
            ("1", "2026-03-21", 20),
        ]

    def test_the_account_says_three_things_of_a_day(self, raw):
        day = {"customer": {"currencyCode": "EUR"}, "segments": {"date": DAY}}
        raw.page("google_ads", "customer_metrics", [{"results": [
            day | {"metrics": {"impressions": "1000", "clicks": "20", "costMicros": "10004999"}},
            day | {"metrics": {"impressions": "1", "clicks": "1.5"}, "segments": {"date": "2026-03-21"}},
        ]}])  # fmt: skip
        assert staging(
            raw, "control_totals", "source, account_id, date::varchar, measure, value::varchar, currency"
        ) == [
            ("google_ads", "1234567890", DAY, "clicks", "20.000000000000", None),
            ("google_ads", "1234567890", DAY, "impressions", "1000.000000000000", None),
            ("google_ads", "1234567890", DAY, "spend", "10.004999000000", "EUR"),
            ("google_ads", "1234567890", "2026-03-21", "impressions", "1.000000000000", None),
        ]
        assert staged(raw, "select entity, reason from staging.stg_rejects order by all") == [
            ("control_totals", "missing_required_field:spend"),
            ("control_totals", "not_a_number:clicks"),
        ]


class TestDemo:
    """What the demo's face says, summed up by somebody who does not know how it was shared out."""

    def test_ads_have_all_of_their_campaign_and_keywords_a_part(self, asked):
        campaigns, ads, keywords = (
            self.by_campaign(told(asked, query.format(**ALL)))
            for query in (queries.CAMPAIGN_METRICS, queries.AD_METRICS, queries.KEYWORD_METRICS)
        )
        search = {key: figures for key, figures in campaigns.items() if key[0] != str(PERFORMANCE_MAX)}
        assert ads == search
        assert keywords.keys() == search.keys()
        assert all(part <= whole for key in search for part, whole in zip(keywords[key], search[key], strict=True))
        assert sum(one[0] for one in keywords.values()) < sum(one[0] for one in search.values())

    def test_the_account_has_the_sum_of_all_campaigns(self, asked):
        by_day: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for (_, day), figures in self.by_campaign(told(asked, queries.CAMPAIGN_METRICS.format(**ALL))).items():
            by_day[day] = [one + more for one, more in zip(by_day[day], figures[:3], strict=True)]
        account = {
            row["segments"]["date"]: [Decimal(row["metrics"][name]) for name in ("costMicros", "impressions", "clicks")]
            for row in told(asked, queries.CUSTOMER_METRICS.format(**ALL))
        }
        assert account == by_day

    def test_what_has_no_results_has_no_row_and_is_listed(self, asked):
        """A keyword for which nobody searched is known, and is in no day."""
        listed = {self.keyword(row) for row in told(asked, queries.KEYWORDS)}
        shown = {self.keyword(row) for row in told(asked, queries.KEYWORD_METRICS.format(**ALL))}
        assert shown < listed
        assert all(int(row["metrics"]["impressions"]) > 0 for row in told(asked, queries.KEYWORD_METRICS.format(**ALL)))

    def test_negative_keywords_are_there_and_are_not_asked_for(self, asked):
        everything = re.sub(r" AND ad_group_criterion\.negative = FALSE", "", queries.KEYWORDS)
        negative = {
            (group.id, one.id) for some in GROUPS.values() for group in some for one in group.keywords if one.negative
        }
        listed = {self.keyword(row) for row in told(asked, everything)}
        assert len(negative) == 3
        assert listed - {self.keyword(row) for row in told(asked, queries.KEYWORDS)} == negative

    def test_a_criterion_is_in_two_ad_groups(self, asked):
        groups = Counter(criterion for _, criterion in {self.keyword(row) for row in told(asked, queries.KEYWORDS)})
        assert max(groups.values()) == 2

    def test_performance_max_has_neither_ads_nor_keywords(self):
        assert PERFORMANCE_MAX not in GROUPS
        for row in demo.make_shop(42).campaign_days:
            if row.campaign.id == PERFORMANCE_MAX:
                assert not list(by_ads(row))
                assert not list(by_keywords(row))

    @staticmethod
    def keyword(row: dict[str, Any]) -> tuple[int, int]:
        return int(row["adGroup"]["id"]), int(row["adGroupCriterion"]["criterionId"])

    @staticmethod
    def by_campaign(found: list[dict[str, Any]]) -> dict[tuple[str, str], list[Decimal]]:
        """Cost, impressions, clicks, conversions and their value, exact, by campaign and day."""
        sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
        for row in found:
            key, metrics = (row["campaign"]["id"], row["segments"]["date"]), row["metrics"]
            names = ("costMicros", "impressions", "clicks", "conversions", "conversionsValue")
            sums[key] = [one + Decimal(str(metrics[name])) for one, name in zip(sums[key], names, strict=True)]
        return dict(sums)
