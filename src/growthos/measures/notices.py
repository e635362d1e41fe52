"""What a reader of the KPIs has to know: days that the data do not cover, costs that are assumed, visits not seen."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from growthos.measures import About
from growthos.measures.quality import Quality
from growthos.measures.reading import Numbers
from growthos.measures.values import safe_div
from growthos.wording import percent

ENOUGH_ORDERS = 10
A_DAY = timedelta(days=1)
EXPECTED_COVERAGE = (Fraction(6, 10), Fraction(11, 10))
COHORT_SPEND = "cohort_spend"
COSTED = {"cogs_sold", "cogs_reversed", "first_contribution", "cohort_contribution", "payback"}
VISITS = frozenset({"sessions", "item_views", "add_to_carts", "checkouts", "purchases"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One warning: `code` for a program, `message` for a person."""

    code: str
    message: str


def notices(
    about: About,
    now: Numbers,
    before: Numbers,
    behind: Collection[str],
    *,
    silent_days: int = 0,
    quality: Quality | None = None,
) -> Iterator[Notice]:
    """The warnings that belong to two windows of KPIs that rest on these measures.

    `silent_days`: days on which the cohort was new and for which no ad spend is loaded. `quality`: GA4's marks on the
    days of the window, where it has any and a KPI rests on its visits.
    """
    yield from coverage(about, now, before)
    if COHORT_SPEND in behind and silent_days:
        yield Notice(
            "cohort_spend_missing",
            f"No ad spend is loaded for {silent_days} of the {len(now.period)} days on which the customers "
            "of the cohort were new; those days count as free.",
        )
    share = _share(now, "margin_costed", "gross")
    if share and COSTED.intersection(behind):
        yield Notice(
            "margin_costed",
            f"{percent(share)} of gross revenue has no unit cost and is costed by its category's margin.",
        )
    seen = _share(now, "purchases", "orders")
    low, high = EXPECTED_COVERAGE
    tracked = VISITS.intersection(behind) and now.whole["sessions"] and (now.whole["orders"] or 0) >= ENOUGH_ORDERS
    if tracked and seen is not None and not low <= seen <= high:
        yield Notice(
            "ga4_coverage",
            f"GA4 saw {now.whole['purchases']} purchases where the shop had {now.whole['orders']} orders, "
            f"{percent(seen)} of them; {percent(low)} to {percent(high)} is usual.",
        )
    if quality:
        yield from _marks(quality, len(now.period))


def coverage(about: About, now: Numbers, before: Numbers) -> Iterator[Notice]:
    """Whether the data cover the days that are asked for and compared with, and which source holds the others back.

    A day apart is nothing: it may be another day already where an account is.
    """
    through, start = about.data_through, about.history_start
    newest = max((day for day in about.reached.values() if day), default=None)
    late = [
        f"{name} is complete through {day}" if day else f"{name} has no complete day"
        for name, day in about.reached.items()
        if newest and (not day or newest - day > A_DAY)
    ]
    if late:
        yield Notice("source_behind", f"{', '.join(late)}; the other sources are through {newest}.")
    if through is not None and now.period.last > through:
        yield Notice(
            "window_past_data",
            f"The window ends on {now.period.last}, but not every source is complete after {through}.",
        )
    if start is not None and before.period.first < start:
        yield Notice(
            "window_before_history",
            f"The comparison starts on {before.period.first}, before the first orders that are loaded ({start}).",
        )


def _marks(quality: Quality, days: int) -> Iterator[Notice]:
    """What GA4 itself says is not whole in the visits of these days."""
    share = safe_div(quality.read, quality.space)
    read = f", reading {percent(share)} of the events" if share is not None else ""
    marks = {
        "ga4_sampled": (quality.sampled, "sampled", f"{read}: visits and conversion_rate are estimates."),
        "ga4_thresholded": (quality.thresholded, "kept small groups of visitors back on", ": some visits are missing."),
        "ga4_other_row": (
            quality.other_row,
            "put visits of different origin together on",
            ", as (other): they stand in channel other.",
        ),
    }
    for code, (count, did, so) in marks.items():
        if count:
            yield Notice(code, f"GA4 {did} {count} of the {days} days{so}")


def _share(numbers: Numbers, part: str, whole: str) -> Fraction | None:
    return safe_div(numbers.whole[part] or 0, numbers.whole[whole] or 0)
