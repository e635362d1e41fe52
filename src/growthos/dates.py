"""Days as a person writes them at the command line: 2026-03-29, 7d, yesterday, mtd, last-month."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from growthos.errors import UsageError
from growthos.period import Period

EXAMPLES = "Write a day as 2026-03-29, or 7d, yesterday, mtd or last-month."
WEEK = 7
LONGEST = 3660
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
COUNT = re.compile(r"([0-9]{1,6})d")
SPAN = re.compile(r"([1-9][0-9]{0,3})([hd])")


@dataclass(frozen=True, slots=True)
class Today:
    """The day it is in the reporting zone; from it the words are understood."""

    day: date

    @classmethod
    def at(cls, now: datetime, zone: str) -> "Today":
        return cls(now.astimezone(ZoneInfo(zone)).date())

    def words(self) -> dict[str, Period]:
        """What each word means. The month to date holds today, which is never complete."""
        month = self.day.replace(day=1)
        yesterday = self.day - timedelta(days=1)
        before = month - timedelta(days=1)
        return {
            "yesterday": Period(yesterday, yesterday),
            "mtd": Period(month, self.day),
            "last-month": Period(before.replace(day=1), before),
        }


def resolve(since: str | None, until: str | None, data_through: date, today: Today, option: str = "--since") -> Period:
    """The window of a report: by default the seven days up to `data_through`.

    `7d` ends at `until`. `yesterday` and `last-month` end where the day or month ends, `mtd` with the last complete
    day of the month; with an `until` of their own they only begin the window. A date alone ends at `data_through`.
    `option` is where the first day was given.
    """
    last = day(until, today, "--until") if until is not None else data_through
    words = today.words()
    if since is None:
        first = last - timedelta(days=WEEK - 1)
    elif since in words:
        first = words[since].first
        if until is None:
            complete = since == "mtd" and first <= data_through < words[since].last
            last = data_through if complete else words[since].last
    else:
        first = _first(since, last, option)
    if first > last:
        said = f"ends on {last}" if until else f"ends with the data, on {last}"
        raise UsageError(f"{option} {since} leaves no day: the window {said}.", hint=EXAMPLES)
    return Period(first, last)


def since_when(
    since: str | None, until: str | None, today: Today, option: str = "--since"
) -> tuple[date | None, date | None]:
    """The bounds of a sync: `7d` ends at `until`, else today, and no word sets an end of its own."""
    last = day(until, today, "--until") if until is not None else None
    if since is None:
        return None, last
    words = today.words()
    first = words[since].first if since in words else _first(since, last or today.day, option)
    if last is not None and first > last:
        raise UsageError(f"{option} {since} begins after --until, {last}.", hint=EXAMPLES)
    if first > today.day:
        raise UsageError(f"{option} {since} lies in the future; today is {today.day}.", hint=EXAMPLES)
    return first, last


def day(text: str, today: Today, option: str) -> date:
    """One day, for `--until`: a date, yesterday, or the last day of last month."""
    words = today.words()
    if text in {"yesterday", "last-month"}:
        return words[text].last
    if not ISO.fullmatch(text):
        meant = "is no day" if COUNT.fullmatch(text) or text in words else "is no date"
        raise UsageError(f"{option} {text!r} {meant}.", hint="Write a day as 2026-03-29, or yesterday or last-month.")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no date: there is no such day.", hint=EXAMPLES) from None
    if not EARLIEST <= found <= LATEST:
        raise UsageError(f"{option} {text!r} is out of range: {EARLIEST} to {LATEST}.", hint=EXAMPLES)
    return found


def _first(since: str, last: date, option: str) -> date:
    count = COUNT.fullmatch(since)
    if count:
        days = int(count[1])
        if not 1 <= days <= LONGEST:
            raise UsageError(f"{option} {since!r} is out of range: 1d to {LONGEST}d.", hint=EXAMPLES)
        return last - timedelta(days=days - 1)
    if not ISO.fullmatch(since):
        raise UsageError(f"{option} {since!r} is no date.", hint=EXAMPLES)
    return day(since, Today(last), option)


def span(text: str) -> timedelta | None:
    """How long something lasts, in whole hours or days: 24h, 7d. None where it is written in another way."""
    found = SPAN.fullmatch(text)
    if found is None:
        return None
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))


def span_text(length: timedelta) -> str:
    """A length of whole hours as `span` reads it: in days where that is several of them."""
    days, rest = divmod(length, timedelta(days=1))
    return f"{days}d" if days > 1 and not rest else f"{length // timedelta(hours=1)}h"


def check(since: str | None, until: str | None, today: Today, option: str = "--since") -> None:
    """UsageError where a window cannot be understood, before anything is opened."""
    if until is None:
        since_when(since, None, today, option)
    else:
        resolve(since, until, today.day, today, option)
