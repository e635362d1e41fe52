"""What the shop's search campaigns are made of: ad groups, ads and keywords, and what each had of a campaign's day.

Performance Max has none of them, so what ads and keywords cost is less than what the account cost.
"""

from collections.abc import Iterator
from operator import sub
from typing import Literal, NamedTuple

from growthos.demo.records import CampaignDay


class Ad(NamedTuple):
    """A responsive search ad; `percent` is its share of the campaign, and the last one's share is the rest."""

    id: int
    status: str
    headlines: tuple[str, ...]
    percent: int


class Keyword(NamedTuple):
    """What is bid on, or what keeps ads away where it is `negative`. The id is its own only within the ad group."""

    id: int
    text: str
    match: Literal["EXACT", "PHRASE", "BROAD"]
    status: str
    percent: int
    """Its share of the campaign; 0 where nobody ever searched for it. The shares of a campaign are less than all."""
    negative: bool = False


class AdGroup(NamedTuple):
    """Ads and the keywords that show them."""

    id: int
    name: str
    ads: tuple[Ad, ...]
    keywords: tuple[Keyword, ...]


GROUPS = {
    20110000001: (
        AdGroup(
            143000000011,
            "Brand terms",
            (
                Ad(711000000011, "ENABLED", ("Harbor & Pine Official Store", "Free Delivery Over $75"), 62),
                Ad(711000000012, "ENABLED", ("Harbor & Pine - Made to Last", "Shop the Collection"), 38),
            ),
            (
                Keyword(300000001, "harbor and pine", "EXACT", "ENABLED", 71),
                Keyword(300000002, "harbor pine shop", "PHRASE", "ENABLED", 19),
                Keyword(300000003, "harbour & pine", "EXACT", "PAUSED", 0),
                Keyword(300000009, "jobs", "BROAD", "ENABLED", 0, negative=True),
            ),
        ),
    ),
    20110000002: (
        AdGroup(
            143000000021,
            "Apparel",
            (Ad(711000000021, "ENABLED", ("Merino Sweaters & Jackets", "New This Season"), 57),),
            (
                Keyword(300000021, "merino sweater", "PHRASE", "ENABLED", 33),
                Keyword(300000022, "sustainable gifts", "BROAD", "ENABLED", 17),
                Keyword(300000029, "free", "BROAD", "ENABLED", 0, negative=True),
            ),
        ),
        AdGroup(
            143000000022,
            "Home",
            (Ad(711000000022, "ENABLED", ("Lamps, Vases & Blankets", "Slow Living, Fast Delivery"), 43),),
            (Keyword(300000022, "sustainable gifts", "BROAD", "ENABLED", 38),),
        ),
    ),
    20110000004: (
        AdGroup(
            143000000041,
            "Gift ideas",
            (
                Ad(711000000041, "ENABLED", ("Gifts They Will Keep", "Order by Dec 20"), 55),
                Ad(711000000042, "PAUSED", ("Gift Cards in a Minute", "From $25"), 45),
            ),
            (
                Keyword(300000041, "gift ideas", "BROAD", "ENABLED", 44),
                Keyword(300000042, "christmas gifts", "PHRASE", "ENABLED", 31),
                Keyword(300000043, "gift card", "EXACT", "ENABLED", 15),
                Keyword(300000049, "wholesale", "BROAD", "ENABLED", 0, negative=True),
            ),
        ),
    ),
}
"""By the campaign's id."""


def by_ads(row: CampaignDay) -> Iterator[tuple[AdGroup, Ad, CampaignDay]]:
    """A campaign's day shared out among its ads, to the last micro."""
    ads = [(group, ad) for group in GROUPS.get(row.campaign.id, ()) for ad in group.ads]
    left = row
    for group, ad in ads[:-1]:
        part = _share(row, ad.percent)
        left = _less(left, part)
        yield group, ad, part
    if ads:
        yield *ads[-1], left


def by_keywords(row: CampaignDay) -> Iterator[tuple[AdGroup, Keyword, CampaignDay]]:
    """What of a campaign's day its keywords had; some is left over, for searches that no keyword names."""
    for group in GROUPS.get(row.campaign.id, ()):
        for keyword in group.keywords:
            if keyword.percent:
                yield group, keyword, _share(row, keyword.percent)


def _share(row: CampaignDay, percent: int) -> CampaignDay:
    day, campaign, spend, impressions, clicks, clicks_all, conversions, value = row
    return CampaignDay(
        day,
        campaign,
        spend * percent // 100,
        impressions * percent // 100,
        clicks * percent // 100,
        clicks_all * percent // 100,
        conversions * percent // 100,
        value * percent // 100,
    )


def _less(row: CampaignDay, part: CampaignDay) -> CampaignDay:
    return CampaignDay(row.day, row.campaign, *map(sub, row[2:], part[2:]))
