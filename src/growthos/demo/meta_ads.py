"""Meta's ads: two to a campaign, and what each of them did of what its campaign did."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from growthos.demo.dice import LAST_DAY
from growthos.demo.records import Campaign, CampaignDay


class Ad(NamedTuple):
    """An ad of a campaign, in the campaign's one ad set. It delivers to `last`, with `share` of 100 of the campaign."""

    campaign: Campaign
    place: int
    name: str
    kind: str
    """The creative's object type."""
    status: str
    share: int
    last: date = LAST_DAY

    @property
    def id(self) -> str:
        return str(self.campaign.id + 20_000 + 1_000 * self.place)


PLANS = {
    101: (("Reel | The bag that lasts", "VIDEO", "", 63, LAST_DAY),
          ("Carousel | Best sellers", "SHARE", "ARCHIVED", 37, date(2026, 1, 31))),
    102: (("Dynamic | You looked at this", "SHARE", "", 70, LAST_DAY),
          ("Image | Still thinking?", "PHOTO", "", 30, LAST_DAY)),
    103: (("Reel | Gifts under $50", "VIDEO", "", 55, LAST_DAY),
          ("Image | Order by the 18th", "PHOTO", "DELETED", 45, date(2025, 12, 18))),
    104: (("Reel | New colours", "VIDEO", "", 58, LAST_DAY),
          ("Carousel | New colours", "SHARE", "PAUSED", 42, date(2026, 3, 8))),
}  # fmt: skip
"""By the campaign's last digits: name, kind, own status if it is not its campaign's, share, last day."""


def ads(campaigns: Iterable[Campaign]) -> list[Ad]:
    """The ads of Meta's campaigns. The first of each runs as long as the campaign does."""
    made = []
    for campaign in campaigns:
        stopped = "ACTIVE" if campaign.status == "ACTIVE" else f"CAMPAIGN_{campaign.status}"
        for place, (name, kind, own, share, last) in enumerate(PLANS.get(campaign.id % 1_000, ())):
            made.append(Ad(campaign, place, name, kind, own or stopped, share, last))
    return made


def adset(campaign: Campaign) -> dict[str, str]:
    """The one ad set of a campaign, as the campaign is."""
    stopped = "ACTIVE" if campaign.status == "ACTIVE" else f"CAMPAIGN_{campaign.status}"
    return {"id": str(campaign.id + 10_000), "name": f"{campaign.name} | All placements", "effective_status": stopped}


def split(row: CampaignDay, running: list[Ad]) -> Iterator[tuple[Ad, CampaignDay]]:
    """What each ad did on a day of its campaign: their sum is the campaign's, to the cent and to the click.

    Purchases are whole, so are cents; an ad's sales go by its purchases. The first ad has what the others leave.
    """
    first, *others = running
    left = row
    for ad in others:
        conversions = _part(row.conversions_micros, ad.share, 1_000_000)
        value = row.value_micros * conversions // row.conversions_micros if conversions else 0
        clicks = _part(row.clicks, ad.share)
        part = row._replace(
            spend_micros=_part(row.spend_micros, ad.share, 10_000),
            impressions=_part(row.impressions, ad.share),
            clicks=clicks,
            clicks_all=clicks + _part(row.clicks_all - row.clicks, ad.share),
            conversions_micros=conversions,
            value_micros=value // 10_000 * 10_000,
        )
        left = left._replace(
            spend_micros=left.spend_micros - part.spend_micros,
            impressions=left.impressions - part.impressions,
            clicks=left.clicks - part.clicks,
            clicks_all=left.clicks_all - part.clicks_all,
            conversions_micros=left.conversions_micros - part.conversions_micros,
            value_micros=left.value_micros - part.value_micros,
        )
        yield ad, part
    yield first, left


def _part(whole: int, share: int, unit: int = 1) -> int:
    return whole // unit * share // 100 * unit
