"""KPIs of a window beside those of the window before, and the report that `kpis` prints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from growthos import measures
from growthos.errors import UsageError
from growthos.measures import cohorts, quality, reading
from growthos.measures.formulas import KPIS, Kpi
from growthos.measures.notices import COHORT_SPEND, VISITS, Notice, notices
from growthos.measures.reading import HORIZON, Numbers
from growthos.measures.values import Better, KpiResult, Part, Value, safe_div, shown
from growthos.money import places
from growthos.period import Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

By = Literal["channel", "campaign", "ad", "keyword"]
SPARKLINE = range(7, 29)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One KPI now and in the days before.

    `change` is relative to the value before, from unrounded values: None where either is missing or there was nothing
    before. `delta` is the difference, for ratios in points. `days` are its values day by day.
    """

    kpi: Kpi
    now: KpiResult
    before: KpiResult
    change: Decimal | None
    delta: Value
    days: tuple[Value, ...] = ()

    @property
    def better(self) -> Better | None:
        """Which way is good news."""
        return self.kpi.better

    def as_json(self) -> dict[str, Any]:
        """Its values, as all that programs read of it begins."""
        return {
            "unit": self.now.unit,
            "value": self.now.value,
            "numerator": self.now.numerator,
            "denominator": self.now.denominator,
            "previous": self.before.value,
            "change": self.change,
            "delta": self.delta,
            "better": self.better,
        }


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad or a keyword: its name, and the key of the campaign that it is in."""

    name: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `kpis` shows. `channels` and `campaigns` are names by slug and by key, for headings.

    `ads` are the ads or the keywords by key, those with most spend first. `now` and `before` are what it was made of.
    """

    period: Period
    previous: Period
    timezone: str
    currency: str
    data_through: date | None
    warnings: tuple[Notice, ...]
    rows: tuple[Comparison, ...]
    by: By | None
    channels: Mapping[str, str]
    campaigns: Mapping[str, str]
    ads: Mapping[str, Ad]
    now: Numbers = field(repr=False)
    before: Numbers = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """The structure of `kpis --format json`: cents and days whole numbers, ratios Decimals, None where null."""
        return {**self.heading(), "kpis": [self._row(row) for row in self.rows]}

    def heading(self) -> dict[str, Any]:
        """The window, what it is compared with, and what a reader has to know, as every JSON of KPIs begins."""
        return {
            "schema_version": 1,
            "since": self.period.first.isoformat(),
            "until": self.period.last.isoformat(),
            "previous": {"since": self.previous.first.isoformat(), "until": self.previous.last.isoformat()},
            "timezone": self.timezone,
            "currency": self.currency,
            "data_through": self.data_through.isoformat() if self.data_through else None,
            "warnings": [{"code": notice.code, "message": notice.message} for notice in self.warnings],
        }

    def _row(self, row: Comparison) -> dict[str, Any]:
        found: dict[str, Any] = {"name": row.now.name, **row.as_json(), "components": dict(row.now.components)}
        if self.by == "channel":
            found["by_channel"] = _parts(row.now.by_channel or {})
        if self.by == "campaign" and row.now.by_campaign is not None:
            found["by_campaign"] = _parts(row.now.by_campaign)
        if self.by in {"ad", "keyword"} and row.now.by_ad is not None:
            parts = _parts(row.now.by_ad)
            found[f"by_{self.by}"] = {
                key: {"name": ad.name, "campaign_key": ad.campaign, **parts[key]} for key, ad in self.ads.items()
            }
        return found


def difference(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    """How far a value moved, unrounded; None where either side is missing."""
    return None if now is None or before is None else now - before


def relative(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    """How far a value moved, as a share of what it was before: falling is negative for negative values, too."""
    moved = difference(now, before)
    if moved is None or not before:
        return None
    return safe_div(moved, abs(before))


def compare(kpi: Kpi, now: KpiResult, before: KpiResult, *, days: tuple[Value, ...] = ()) -> Comparison:
    """One KPI of two windows, side by side."""
    change = relative(now.exact, before.exact)
    return Comparison(
        kpi=kpi,
        now=now,
        before=before,
        change=None if change is None else places(change),
        delta=shown(difference(now.exact, before.exact), now.unit),
        days=days,
    )


def find(name: str, known: Mapping[str, Kpi] = KPIS) -> Kpi:
    """The KPI of that name or alias among those that are known; UsageError with a near match where there is none."""
    real = "cac" if name.lower() in {"blended_cac", "channel_cac"} else name.lower()
    if real not in known:
        raise UsageError(f"There is no KPI {name!r}.", hint=measures.near(name, known))
    return known[real]


def report(
    con: "DuckDBPyConnection",
    period: Period | None = None,
    names: Iterable[str] | None = None,
    by: By | None = None,
    *,
    horizon_days: int = HORIZON,
    days: bool = True,
    known: Mapping[str, Kpi] = KPIS,
) -> Report:
    """The KPIs of a period against the period of the same length before it; all that are known unless some are named.

    Without a period, the seven days up to the last complete one. `channel_cac` implies `by` channel. `days` adds the
    values day by day: those of the period, at least seven and at most the last 28.
    """
    asked = list(names or known)
    wanted = list({kpi.name: kpi for kpi in (find(name, known) for name in asked)}.values())
    behind = set().union(*(kpi.rests_on for kpi in wanted))
    if "channel_cac" in (name.lower() for name in asked) and by is None:
        by = "channel"
    about = measures.about(con)
    period = period or reading.window(about, None, None)
    now, before = (reading.read(con, about, one, horizon_days) for one in (period, period.before()))
    match by:
        case "campaign":
            now = replace(now, campaigns=reading.read_ads(con, period))
        case "ad" | "keyword":
            campaigns, ads = (reading.read_ads(con, period, level) for level in ("campaign", by))
            dearest_first = sorted(ads.items(), key=lambda item: (-(item[1]["spend"] or 0), item[0]))
            now = replace(now, campaigns=campaigns, ads=dict(dearest_first))
    silent = cohorts.days_without_spend(con, period, horizon_days) if COHORT_SPEND in behind else 0
    marks = quality.read(con, period) if about.flagged and VISITS & behind else None
    each = _sparklines(con, period, wanted, horizon_days) if days else {}
    return Report(
        period=period,
        previous=period.before(),
        timezone=about.timezone,
        currency=about.currency,
        data_through=about.data_through,
        warnings=tuple(notices(about, now, before, behind, silent_days=silent, quality=marks)),
        rows=tuple(compare(kpi, kpi.of(now), kpi.of(before), days=each.get(kpi.name, ())) for kpi in wanted),
        by=by,
        channels={channel.slug: channel.name for channel in about.channels.values() if channel.slug in now.channels},
        campaigns=_names(con, now),
        ads=_ads(con, now, KEYWORDS if by == "keyword" else ADS),
        now=now,
        before=before,
    )


def _sparklines(
    con: "DuckDBPyConnection", period: Period, wanted: Iterable[Kpi], horizon_days: int
) -> dict[str, tuple[Value, ...]]:
    length = min(max(len(period), SPARKLINE.start), SPARKLINE.stop - 1)
    groups = reading.read_days(con, Period(period.last - timedelta(days=length - 1), period.last), horizon_days)
    return {kpi.name: tuple(kpi.part(group).value for group in groups) for kpi in wanted}


def _names(con: "DuckDBPyConnection", numbers: Numbers) -> dict[str, str]:
    if not numbers.campaigns:
        return {}
    names: dict[str, str] = dict(con.execute("select campaign_key, name from dim_campaign").fetchall())
    return {key: names.get(key) or key for key in numbers.campaigns}


# A keyword is written as Google writes it: [exactly this], "this phrase", or this and what is like it.
ADS = "select ad_key, name, campaign_key from dim_ad"
KEYWORDS = """
    select
        keyword_key,
        case upper(match_type) when 'EXACT' then '[' || text || ']' when 'PHRASE' then '"' || text || '"' else text end,
        campaign_key
    from dim_keyword
"""


def _ads(con: "DuckDBPyConnection", numbers: Numbers, query: str) -> dict[str, Ad]:
    if not numbers.ads:
        return {}
    known = {key: Ad(name or key, campaign) for key, name, campaign in con.execute(query).fetchall()}
    return {key: known[key] for key in numbers.ads}


def _parts(parts: Mapping[str, Part]) -> dict[str, Any]:
    return {
        key: {"value": part.value, "numerator": part.numerator, "denominator": part.denominator}
        for key, part in parts.items()
    }
