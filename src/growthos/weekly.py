"""The business review of some days: what `report` shows, put together from what the other commands show one by one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from growthos import kpis, last_build, measures, reconcile
from growthos.alert_report import AlertReport
from growthos.explanation import READ, Reading
from growthos.kpis import Comparison, Kpi, Report
from growthos.last_build import LastBuild
from growthos.measures import months, reading, series
from growthos.measures.formulas import as_shown
from growthos.measures.months import Cohorts
from growthos.measures.reading import Group
from growthos.measures.series import Series
from growthos.measures.splits import SPLITS
from growthos.measures.values import Value, safe_div
from growthos.measures.why import Why, why
from growthos.period import Period
from growthos.reconcile import Reconciliation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEADLINES = (
    "revenue_net",
    "contribution_margin",
    "ad_spend",
    "roas",
    "cac",
    "conversion_rate",
    "aov",
    "new_customer_share",
)
DRAWN = ("revenue_net", "ad_spend", "roas", "conversion_rate")
LEAST = timedelta(days=8 * 7)
"""As many days are drawn at least."""
CHANNELS = ("revenue_net", "orders", "aov", "new_customers", "ad_spend", "roas", "mer", "cac", "conversion_rate")
CAMPAIGNS = ("ad_spend", "roas", "revenue_net", "orders", "new_customers", "cac", "ctr", "cpc")
FUNNEL: dict[str, str | None] = {
    "sessions": None,
    "item_views": "view_rate",
    "add_to_carts": "cart_rate",
    "checkouts": "checkout_rate",
    "purchases": "purchase_rate",
}
"""The steps from a visit to a purchase, each with its rate over the one before."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a campaign: KPIs and counts by name, now and before."""

    name: str
    channel: str
    now: Mapping[str, Value]
    before: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the funnel; `rate` is its share of the step before, None of the first."""

    name: str
    now: int
    before: int
    rate: Value
    rate_before: Value


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a review: of which shop, with which version, by which command, and when."""

    shop: str
    version: str
    command: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """What `report` shows of a shop. `why` is of the headline KPI that moved most, None where none moved.

    `last` is the last build: where it was not published, the numbers are those of `shown`, the one before, which run
    `run_id` made. `errors` are the sources that failed in the last run, each with what it said.
    """

    asking: Asking
    run_id: str
    report: Report
    alerts: AlertReport
    why: Why | None
    series: Mapping[str, Series]
    channels: tuple[Place, ...]
    campaigns: tuple[Place, ...]
    funnel: tuple[Step, ...]
    cohorts: Cohorts
    last: LastBuild
    shown: LastBuild
    readings: tuple[Reading, ...]
    errors: tuple[tuple[str, str], ...]
    reconciliation: Reconciliation

    def row(self, name: str) -> Comparison:
        """One KPI now and before."""
        return next(row for row in self.report.rows if row.now.name == name)


def review(
    con: "DuckDBPyConnection",
    period: Period,
    asking: Asking,
    alerts: AlertReport,
    last: LastBuild | None = None,
    errors: Iterable[tuple[str, str]] = (),
    *,
    known: Mapping[str, Kpi] = kpis.KPIS,
) -> Review:
    """The review of a period, with its alerts and the KPIs that the home knows.

    `last` and `errors` are what the last run left, whether it was published or not.
    """
    found = kpis.report(con, period, known=known)
    moved = _moved_most(found.rows)
    shown = last_build.from_database(con)
    about = measures.about(con)
    campaigns = reading.campaigns(con, about, found.period, found.previous, orders=True)
    names = {channel.slug: channel.name for channel in about.channels.values()}
    [(run_id,)] = con.execute("select run_id from run_info").fetchall()
    return Review(
        asking=asking,
        run_id=run_id,
        report=found,
        alerts=alerts,
        why=why(con, moved, period) if moved else None,
        series={one.kpi.name: one for one in series.together(con, HEADLINES, _drawn(con, found))},
        channels=tuple(_channels(found, names)),
        campaigns=tuple(
            _by_size(
                (
                    _place(one.name, names[one.channel], CAMPAIGNS, one.now, one.before)
                    for one in campaigns.values()
                    if any(group[name] for group in (one.now, one.before) for name in ("spend", "impressions"))
                ),
                "ad_spend",
            )
        ),
        funnel=tuple(_funnel(found.now.whole, found.before.whole)),
        cohorts=months.read(con),
        last=last or shown,
        shown=shown,
        readings=tuple(
            Reading(source, through, read_at and read_at.replace(tzinfo=UTC))
            for source, through, read_at in con.execute(READ).fetchall()
        ),
        errors=tuple(errors),
        reconciliation=reconcile.reconcile(con, period),
    )


def _moved_most(rows: Sequence[Comparison]) -> str | None:
    """The headline KPI whose move is the largest share of the greater of its two values: halving counts as doubling."""
    moves = {row.now.name: _move(row) for row in rows if row.now.name in HEADLINES and row.now.name in SPLITS}
    known = {name: move for name, move in moves.items() if move}
    return max(known, key=lambda name: known[name]) if known else None


def _move(row: Comparison) -> Fraction:
    now, before = row.now.exact, row.before.exact
    if now is None or before is None:
        return Fraction(0)
    return safe_div(abs(now - before), max(abs(now), abs(before))) or Fraction(0)


def _drawn(con: "DuckDBPyConnection", found: Report) -> Period:
    """The days of the charts: those of the review and those before, eight weeks at least, from the first orders on."""
    first = min(found.previous.first, found.period.last - LEAST + timedelta(days=1))
    return series.recent(con, Period(first, found.period.last))


def _channels(found: Report, names: Mapping[str, str]) -> Iterator[Place]:
    slugs = dict.fromkeys((*found.now.channels, *found.before.channels))
    places = (_place(names[slug], "", CHANNELS, found.now.channel(slug), found.before.channel(slug)) for slug in slugs)
    yield from _by_size(places, "revenue_net")


def _place(name: str, channel: str, columns: Collection[str], now: Group, before: Group) -> Place:
    return Place(name, channel, *({one: as_shown(one, group) for one in columns} for group in (now, before)))


def _by_size(places: Iterable[Place], name: str) -> list[Place]:
    """Those with the greatest value first, then those that had it before."""
    return sorted(places, key=lambda one: (-(one.now[name] or 0), -(one.before[name] or 0), one.name))


def _funnel(now: Group, before: Group) -> Iterator[Step]:
    for name, rate in FUNNEL.items():
        rates = [None if rate is None else as_shown(rate, group) for group in (now, before)]
        yield Step(name, now[name] or 0, before[name] or 0, *rates)
