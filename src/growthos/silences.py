"""Silences: who wants to hear nothing of which alerts, until when and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from growthos import dates, measures
from growthos.alert_book import MATCHER, Silence, is_meant
from growthos.errors import UsageError
from growthos.rules import ALL, Rule

HINT = "Write a rule, such as roas_below_one; one scope of it, roas_below_one:meta; or * for any piece of a name."
WHEN = "Write a day to come, which it holds to the end of, as 2026-04-06; or how long it holds: 12h, 3d."


@dataclass(frozen=True, slots=True)
class Listed:
    """A silence, whether it still holds, and which alerts that fire now it holds back or would."""

    silence: Silence
    is_active: bool
    matches: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        one = self.silence
        return {
            "id": one.id,
            "matcher": one.matcher,
            "until": one.until,
            "active": self.is_active,
            "author": one.author,
            "reason": one.reason,
            "created_at": one.created_at,
            "matches": list(self.matches),
        }


@dataclass(frozen=True, slots=True)
class Silences:
    """Those of a home, the one that ends first before the others."""

    silences: tuple[Listed, ...]
    zone: str

    def as_json(self) -> dict[str, Any]:
        """The structure of `alerts silences --format json`."""
        return {"schema_version": 1, "silences": [one.as_json() for one in self.silences]}


def listed(
    silences: Sequence[Silence], firing: Collection[str], zone: str, now: datetime, *, every: bool = False
) -> Silences:
    """The silences that hold, beside the alerts that fire, by fingerprint; with `every`, also those that are over."""
    return Silences(
        tuple(
            Listed(one, one.is_active(now), tuple(sorted(filter(one.matches, firing))))
            for one in sorted(silences, key=lambda one: one.until)
            if every or one.is_active(now)
        ),
        zone,
    )


def begun(
    matcher: str,
    until: str,
    reason: str,
    author: str,
    rules: Mapping[str, Rule],
    paid: Collection[str] | None,
    zone: str,
    now: datetime,
) -> Silence:
    """A new silence; UsageError where it means no rule or scope, is over already, or nobody says why.

    `paid` are the channels that rules ask about; None where nobody knows them yet.
    """
    if not reason.strip():
        raise UsageError("--reason says nothing.", hint="Say in a few words why, for who wonders about it later.")
    return Silence(
        id=token_hex(4),
        matcher=_matcher(matcher, rules, paid),
        created_at=now,
        until=_until(until, zone, now),
        author=author.strip(),
        reason=reason.strip(),
    )


def chosen(silences: Sequence[Silence], begin: str, now: datetime) -> Silence:
    """The silence that holds and whose id begins so; UsageError where there is none, or more than one."""
    found = [one for one in silences if begin and one.id.startswith(begin.lower()) and one.is_active(now)]
    if len(found) != 1:
        said = "No silence that holds has" if not found else f"{len(found)} silences have"
        raise UsageError(f"{said} an id that begins with {begin!r}.", hint="`growthos alerts silences` shows them.")
    return found[0]


def _matcher(given: str, rules: Mapping[str, Rule], paid: Collection[str] | None) -> str:
    matcher = given.strip().lower()
    if not MATCHER.fullmatch(matcher):
        raise UsageError(f"{given!r} names no alert.", hint=HINT)
    name, _, scope = matcher.partition(":")
    meant = [rule for rule in rules.values() if is_meant(name, rule.name)]
    if not meant:
        raise UsageError(f"There is no alert {name!r}.", hint=measures.near(name, rules))
    scopes = dict.fromkeys([ALL, *(paid or () if any(rule.platforms for rule in meant) else ())])
    if scope and paid is not None and not any(is_meant(scope, one) for one in scopes):
        raise UsageError(f"The alert {name!r} has no scope {scope!r}.", hint=measures.near(scope, scopes))
    return matcher


def _until(given: str, zone: str, now: datetime) -> datetime:
    """The first instant that it does not hold for: after the length that was given, or when that day is over."""
    if lasts := dates.span(given):
        return now + lasts
    try:
        day = dates.day(given, dates.Today.at(now, zone), "--until")
    except UsageError as error:
        raise UsageError(error.message, hint=WHEN) from None
    over = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(now.tzinfo)
    if over <= now:
        raise UsageError(f"--until {given} is over already.", hint=WHEN)
    return over
