"""The numbers of one window, read once for every KPI: two queries, whatever is asked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from growthos import measures
from growthos.errors import UsageError
from growthos.measures import About, Level, cohorts
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

HORIZON = 30
WEEK = 7

ADS = """
    select ad_key, ads.name, coalesce(campaigns.name, campaign_key), channel_key
    from dim_ad as ads
    join dim_campaign as campaigns using (campaign_key)
    order by ad_key
"""
RETURNED = """
    select coalesce(title, sku, product_key), sum(returns_cents)::bigint as returns
    from fact_refunds
    join dim_product using (product_key)
    where is_counted and product_key != 'unknown' and date_key between $first and $last
    group by product_key, title, sku
    having returns > 0
    order by returns desc, product_key
"""
ChannelDays = Mapping[tuple[date, int], measures.Sums]
"""The measures of days by channel, as `measures.read_channel_days` gives them."""

# All measures of a channel, a campaign, a day or the whole, by name. `payback` is the only one that may be None.
Group = Mapping[str, int | None]
NOTHING: Group = {**dict.fromkeys((*measures.MEASURES, *cohorts.COHORT_MEASURES), 0), "payback": None}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The measures of one window: of the whole, of each channel in which anything happened, of each campaign.

    `campaigns` is None where they were not asked for, and so is `ads`: those of each ad, or of each keyword.
    """

    period: Period
    whole: Group
    channels: Mapping[str, Group]
    paid: frozenset[str]
    campaigns: Mapping[str, Group] | None = None
    ads: Mapping[str, Group] | None = None

    def channel(self, slug: str) -> Group:
        """A channel's measures; zeros where nothing happened in it."""
        return self.channels.get(slug, NOTHING)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign's measures in two windows, `now` and `before`; or those of one of its ads."""

    name: str
    channel: str
    now: Group
    before: Group


def window(about: About, start: date | str | None, end: date | str | None, days: int = WEEK) -> Period:
    """The days asked for: by default the `days` days up to the last complete one. Nobody asks the clock."""
    last = _day(end) if end is not None else about.last_day()
    first = _day(start) if start is not None else last - timedelta(days=days - 1)
    if first > last:
        raise UsageError(
            f"The window starts on {first}, after its end on {last}.", hint="Give a start that is not after the end."
        )
    return Period(first, last)


def read(con: "DuckDBPyConnection", about: About, period: Period, horizon_days: int | None = HORIZON) -> Numbers:
    """The measures of a window and of the cohort that completes its horizon in it, for all channels.

    Without a horizon no cohort is read, and its measures are 0.
    """
    if horizon_days is not None and horizon_days < 0:
        raise UsageError(f"A horizon of {horizon_days} days is none.", hint="Give 0 or more days.")
    sums = measures.read(con, period)
    members = {} if horizon_days is None else cohorts.read(con, period, horizon_days)
    return _numbers(about, period, sums, members, horizon_days or 0)


def read_over_time(
    con: "DuckDBPyConnection",
    about: About,
    periods: Sequence[Period],
    *,
    channels: bool = False,
    horizon_days: int = HORIZON,
) -> list[Numbers]:
    """The measures of periods that follow one another, each as `read` gives them, in two queries for all of them.

    Channels are told apart where they are asked for.
    """
    window = Period(periods[0].first, periods[-1].last)
    sums: Mapping[tuple[Any, Any], measures.Sums]
    members: Mapping[tuple[Any, Any], cohorts.Cohort]
    if channels:
        sums = measures.read_channel_days(con, window)
        members = cohorts.read_channel_days(con, window, horizon_days)
    else:
        sums = {(day, None): one for day, one in measures.read(con, window, "date_key").items()}
        members = {(day, None): one for day, one in cohorts.read(con, window, horizon_days, "window_day").items()}
    groups, cohorts_ = _together(sums, periods), _together(members, periods)
    return [
        _numbers(
            about,
            period,
            {key: measures.add(found) for key, found in groups[period].items()},
            {key: cohorts.together(found, horizon_days) for key, found in cohorts_[period].items()},
            horizon_days,
        )
        for period in periods
    ]


def read_windows(
    con: "DuckDBPyConnection", about: About, periods: Sequence[Period], horizon_days: int | None = None
) -> list[Numbers]:
    """The measures of windows that may overlap, each as `read` gives them, in one query for all.

    With a horizon there is a second one, for their cohorts.
    """
    reached = Period(min(one.first for one in periods), max(one.last for one in periods))
    sums = measures.read_channel_days(con, reached)
    if horizon_days is None:
        return of_windows(about, sums, periods)
    return of_windows(about, sums, periods, cohorts.read_channel_days(con, reached, horizon_days), horizon_days)


def of_windows(
    about: About,
    sums: ChannelDays,
    periods: Sequence[Period],
    members: Mapping[tuple[date, int], cohorts.Cohort] | None = None,
    horizon_days: int = 0,
) -> list[Numbers]:
    """The same from days that are already read; `members` are the cohorts that complete their horizon on each."""
    days, new = _by_day(sums), _by_day(members or {})
    return [
        _numbers(
            about,
            period,
            {key: measures.add(found) for key, found in _of_days(days, period).items()},
            {key: cohorts.together(found, horizon_days) for key, found in _of_days(new, period).items()},
            horizon_days,
        )
        for period in periods
    ]


def _by_day(found: Mapping[tuple[date, int], T]) -> dict[date, dict[object, T]]:
    days: dict[date, dict[object, T]] = defaultdict(dict)
    for (day, key), one in found.items():
        days[day][key] = one
    return days


def _of_days(days: Mapping[date, Mapping[object, T]], period: Period) -> dict[object, list[T]]:
    """For each key what the days of a period have."""
    groups: dict[object, list[T]] = defaultdict(list)
    for day in period:
        for key, one in days.get(day, {}).items():
            groups[key].append(one)
    return groups


def _together(found: Mapping[tuple[Any, Any], T], periods: Sequence[Period]) -> dict[Period, dict[object, list[T]]]:
    """For each period and key what its days have."""
    groups: dict[Period, dict[object, list[T]]] = {period: {} for period in periods}
    period_of = {day: period for period in periods for day in period}
    for (day, key), one in found.items():
        groups[period_of[day]].setdefault(key, []).append(one)
    return groups


def _numbers(
    about: About,
    period: Period,
    sums: Mapping[object, measures.Sums],
    members: Mapping[object, cohorts.Cohort],
    horizon_days: int,
) -> Numbers:
    """The measures of a window from those of its channels."""
    channels = {}
    for key, channel in about.channels.items():
        found, cohort = sums.get(key), members.get(key)
        if (found and any(found.values())) or (cohort and cohort.sums["cohort_size"]):
            channels[channel.slug] = _group(found, cohort)
    return Numbers(
        period=period,
        whole=_group(measures.add(sums.values()), cohorts.together(members.values(), horizon_days)),
        channels=channels,
        paid=frozenset(about.paid),
    )


def read_days(con: "DuckDBPyConnection", period: Period, horizon_days: int = HORIZON) -> list[Group]:
    """The measures of each day of a period, in order, each day a window of its own."""
    sums = measures.read(con, period, "date_key")
    members = cohorts.read(con, period, horizon_days, "window_day")
    return [_group(sums.get(day), members.get(day)) for day in period]


def read_ads(con: "DuckDBPyConnection", period: Period, level: Level = "campaign") -> dict[str, Group]:
    """The measures of ads, per campaign, ad or keyword that had any."""
    return {str(key): _group(sums, None) for key, sums in measures.read_ads(con, period, level).items()}


def read_campaigns(con: "DuckDBPyConnection", period: Period) -> dict[str, Group]:
    """The measures of orders, refunds and ads, per campaign that had any."""
    return {str(key): _group(sums, None) for key, sums in measures.read_campaigns(con, period).items()}


def campaigns(
    con: "DuckDBPyConnection", about: About, now: Period, before: Period, *, orders: bool = False
) -> dict[str, Campaign]:
    """Every campaign that did anything in one of two windows, by key; with `orders`, also what was sold through it."""
    this, last = (read_campaigns(con, period) if orders else read_ads(con, period) for period in (now, before))
    rows = con.execute("select campaign_key, name, channel_key from dim_campaign order by campaign_key").fetchall()
    return {
        key: Campaign(name or key, about.channels[channel].slug, this.get(key, NOTHING), last.get(key, NOTHING))
        for key, name, channel in rows
        if key in this or key in last
    }


def ads(con: "DuckDBPyConnection", about: About, now: Period, before: Period) -> list[Campaign]:
    """Every ad that did anything in both windows, named with its campaign."""
    this, last = (read_ads(con, period, "ad") for period in (now, before))
    return [
        Campaign(f"{name or key} ({campaign})", about.channels[channel].slug, this[key], last[key])
        for key, name, campaign, channel in con.execute(ADS).fetchall()
        if key in this and key in last
    ]


def returned(con: "DuckDBPyConnection", period: Period) -> dict[str, int]:
    """Returns in cents by product, the most first; those that name none are left out."""
    return dict(con.execute(RETURNED, {"first": period.first, "last": period.last}).fetchall())


def _group(sums: measures.Sums | None, cohort: cohorts.Cohort | None) -> Group:
    if cohort is None:
        return {**NOTHING, **(sums or {})}
    return {**NOTHING, **(sums or {}), **cohort.sums, "payback": cohort.payback}


def _day(given: date | str) -> date:
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is no date.", hint="Write it as 2026-03-29.") from None
